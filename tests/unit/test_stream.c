/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/stream.h"

enum { RECORD = 400 }; /* bytes, its newline included */

static struct stream *stream;
static int auditd, ours;
static uint64_t written; /* records */

static void begin_on(int ends[2], int write_end)
{
	auditd = ends[write_end];
	ours = ends[1 - write_end];
	written = 0;
	stream = stream_new(ours);
	ck_assert_ptr_nonnull(stream);
}

static void setup(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	begin_on(ends, 0);
}

static void teardown(void)
{
	stream_free(stream);
	close(auditd);
	close(ours);
}

static void say(const char *text)
{
	ck_assert_int_eq(write(auditd, text, strlen(text)), (ssize_t)strlen(text));
}

/* "N ....\n", as one write; false when auditd would wait */
static bool write_record(void)
{
	char record[RECORD + 1];

	snprintf(record, sizeof(record), "%-*lu\n", RECORD - 1, (unsigned long)written);
	if (send(auditd, record, RECORD, MSG_DONTWAIT) < 0)
		return false;
	written++;
	return true;
}

/* Everything kept, taken out in pieces of this size. */
static char *judged(size_t piece)
{
	char *text = calloc(1, stream_waiting(stream) + 1), *at = text;
	const char *bytes;
	size_t length;

	ck_assert_ptr_nonnull(text);
	while ((length = stream_peek(stream, &bytes, piece)) > 0) {
		memcpy(at, bytes, length);
		at += length;
		stream_consume(stream, length);
	}
	return text;
}

START_TEST(test_what_came_is_kept_until_it_is_judged_and_reading_waits_for_nothing)
{
	char *text;

	ck_assert_int_eq(stream_read(stream, NULL), 0);
	say("one\ntw");
	ck_assert_int_eq(stream_read(stream, NULL), 6);
	say("o\n");
	ck_assert_int_eq(stream_read(stream, NULL), 2);
	ck_assert_uint_eq(stream_waiting(stream), 8);
	text = judged(3);
	ck_assert_str_eq(text, "one\ntwo\n");
	free(text);
	ck_assert_int_eq(stream_read(stream, NULL), 0);
	ck_assert(!stream_is_over(stream));
}
END_TEST

/* A record is given whole where the piece has an end of one. */
START_TEST(test_a_piece_ends_with_a_record)
{
	static const struct {
		size_t piece, length;
	} pieces[] = {{20, 14}, {14, 14}, {13, 8}, {8, 8}, {7, 4}, {4, 4}, {3, 3}};
	const char *bytes;

	say("one\ntwo\nthree\n");
	stream_read(stream, NULL);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		ck_assert_uint_eq(stream_peek(stream, &bytes, pieces[i].piece), pieces[i].length);
}
END_TEST

START_TEST(test_a_pipe_is_read_without_waiting_too)
{
	int ends[2];
	char *text;

	teardown();
	ck_assert_int_eq(pipe(ends), 0);
	begin_on(ends, 1);
	ck_assert_int_eq(stream_read(stream, NULL), 0);
	say("record\n");
	ck_assert_int_eq(stream_read(stream, NULL), 7);
	text = judged(100);
	ck_assert_str_eq(text, "record\n");
	free(text);
}
END_TEST

START_TEST(test_it_is_over_when_what_came_before_the_end_is_judged)
{
	say("last\n");
	shutdown(auditd, SHUT_WR);
	ck_assert_int_eq(stream_read(stream, NULL), 5);
	ck_assert_int_eq(stream_read(stream, NULL), 0);
	ck_assert(!stream_is_over(stream));
	free(judged(100));
	ck_assert(stream_is_over(stream));
}
END_TEST

START_TEST(test_a_failed_reading_ends_it_and_says_why)
{
	struct error err = {""};

	close(ours);
	ck_assert_int_eq(stream_read(stream, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "reading the audit stream"));
	ck_assert(stream_is_over(stream));
	ours = dup(auditd);
}
END_TEST

/* Reads as long as there is room, and then for so many records more. */
static void flood(uint64_t records)
{
	while (written < records)
		if (!write_record())
			ck_assert_int_gt(stream_read(stream, NULL), 0);
	while (stream_read(stream, NULL) > 0)
		;
}

/* How many of them are there, each whole and in order; the last number in *last. */
static uint64_t count_whole(const char *text, uint64_t *last)
{
	uint64_t count = 0, previous = 0;

	for (; *text; text += RECORD, count++) {
		uint64_t number = strtoull(text, NULL, 10);

		ck_assert(memchr(text, '\n', RECORD) == text + RECORD - 1);
		ck_assert(count == 0 || number > previous);
		previous = number;
	}
	*last = previous;
	return count;
}

START_TEST(test_auditd_never_waits_and_what_is_too_much_is_counted)
{
	const uint64_t all = STREAM_AHEAD_MAX / RECORD + 5000;
	uint64_t kept, last;
	char *text;

	flood(all);
	ck_assert_uint_le(stream_waiting(stream), STREAM_AHEAD_MAX);
	ck_assert_uint_gt(stream_waiting(stream), STREAM_AHEAD_MAX - RECORD);
	text = judged(4096);
	kept = count_whole(text, &last);
	ck_assert_uint_eq(last, kept - 1); /* the oldest: as they came, up to the bound */
	ck_assert_uint_eq(kept + stream_take_dropped(stream), all);
	ck_assert_uint_eq(stream_take_dropped(stream), 0);
	free(text);
}
END_TEST

START_TEST(test_records_are_kept_again_from_a_whole_one_on_once_half_is_judged)
{
	const uint64_t too_many = STREAM_AHEAD_MAX / RECORD + 5000;
	uint64_t kept, last;
	const char *bytes;
	char *text;

	flood(too_many);
	/* not before */
	stream_consume(stream, stream_peek(stream, &bytes, RECORD));
	flood(too_many + 10);
	ck_assert_uint_lt(stream_waiting(stream), STREAM_AHEAD_MAX - RECORD);
	/* in the middle of one */
	say("cut");
	ck_assert_int_eq(stream_read(stream, NULL), 3);
	while (stream_waiting(stream) > STREAM_AHEAD_MAX / 2)
		stream_consume(stream, stream_peek(stream, &bytes, RECORD));
	flood(too_many + 20);
	text = judged(4096);
	kept = count_whole(text, &last);
	ck_assert_uint_eq(last, too_many + 19);
	ck_assert_uint_gt(kept, STREAM_AHEAD_MAX / RECORD / 2);
	free(text);
}
END_TEST

START_TEST(test_a_record_longer_than_all_that_is_kept_is_thrown_away_whole)
{
	char part[STREAM_CHUNK];
	size_t sent = 0;
	char *text;

	memset(part, 'x', sizeof(part));
	while (sent <= STREAM_AHEAD_MAX) {
		ssize_t more = send(auditd, part, sizeof(part), MSG_DONTWAIT);

		sent += more > 0 ? (size_t)more : 0;
		stream_read(stream, NULL);
	}
	say("x\nnext\n");
	stream_read(stream, NULL);
	text = judged(4096);
	ck_assert_str_eq(text, "next\n");
	ck_assert_uint_eq(stream_take_dropped(stream), 1);
	free(text);
}
END_TEST

/* Of the pages from there on, how many are in memory. */
static size_t resident_pages(const char *from, size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;
	static unsigned char there[STREAM_AHEAD_MAX / 1024];

	ck_assert_int_eq(mincore((void *)((uintptr_t)from & ~(page - 1)), length, there), 0);
	for (size_t i = 0; i < length / page; i++)
		count += there[i] & 1;
	return count;
}

START_TEST(test_after_a_flood_the_memory_is_given_back)
{
	enum { FLOOD = 1024 * 1024 };
	const char *begin;

	flood(FLOOD / RECORD);
	stream_peek(stream, &begin, 1);
	ck_assert_uint_gt(resident_pages(begin, FLOOD / 2), 100);
	free(judged(4096));
	ck_assert_uint_le(resident_pages(begin + FLOOD / 2, FLOOD / 2), 1);
	/* and it is used again */
	flood(2 * (FLOOD / RECORD));
	ck_assert_uint_eq(stream_waiting(stream), FLOOD / RECORD * RECORD);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tcase = tcase_create("stream");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       test_what_came_is_kept_until_it_is_judged_and_reading_waits_for_nothing);
	tcase_add_test(tcase, test_a_piece_ends_with_a_record);
	tcase_add_test(tcase, test_a_pipe_is_read_without_waiting_too);
	tcase_add_test(tcase, test_it_is_over_when_what_came_before_the_end_is_judged);
	tcase_add_test(tcase, test_after_a_flood_the_memory_is_given_back);
	tcase_add_test(tcase, test_a_failed_reading_ends_it_and_says_why);
	tcase_add_test(tcase, test_auditd_never_waits_and_what_is_too_much_is_counted);
	tcase_add_test(tcase, test_records_are_kept_again_from_a_whole_one_on_once_half_is_judged);
	tcase_add_test(tcase, test_a_record_longer_than_all_that_is_kept_is_thrown_away_whole);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
