/* SPDX-License-Identifier: Apache-2.0 */
/* From the checkpoint through the log's files into the stream: each record once, in order. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/catchup.h"

enum { TEXT_MAX = 4 * 1024 * 1024, BASE = 1000000 };

static char folder[64], path[96], *got, *warm;
static struct catchup *catchup;
static enum catchup_state state;
static int64_t now;

static void begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/capwatch-catchup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/audit.log", folder);
	got = calloc(1, TEXT_MAX);
	warm = calloc(1, TEXT_MAX);
	now = 1;
}

static void end(void)
{
	char name[128];

	catchup_free(catchup);
	catchup = NULL;
	unlink(path);
	for (int i = 1; i < 5; i++) {
		snprintf(name, sizeof(name), "%s.%d", path, i);
		unlink(name);
	}
	rmdir(folder);
	free(got);
	free(warm);
}

/* The record of this serial, a second after the one before. */
static const char *record(unsigned serial)
{
	static char text[4][128];
	static unsigned next;
	char *line = text[next++ % 4];

	snprintf(line, 128, "type=CAPSET msg=audit(%u.000:%u): pid=%u cap_pi=0\n", BASE + serial,
		 serial, serial);
	return line;
}

static void append(const char *name, const char *text)
{
	FILE *file = fopen(name, "a");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void log_records(unsigned first, unsigned last)
{
	FILE *file = fopen(path, "a");

	for (unsigned serial = first; serial <= last; serial++)
		fputs(record(serial), file);
	fclose(file);
}

static struct checkpoint at(unsigned serial)
{
	const char *line = record(serial);

	return (struct checkpoint){.time = (int64_t)(BASE + serial) * 1000,
				   .serial = serial,
				   .line = checkpoint_line_key(line, strlen(line) - 1)};
}

static void resume_at(unsigned serial)
{
	struct checkpoint from = at(serial);

	catchup = catchup_new(path, &from, 0);
}

/* Until it waits or is over; got and warm have what was given. */
static void step(void)
{
	struct catchup_piece piece;

	while ((state = catchup_step(catchup, now, &piece)) <= CATCHUP_PIECE)
		if (state == CATCHUP_PIECE)
			strncat(piece.warm ? warm : got, piece.bytes, piece.length);
	if (state == CATCHUP_DONE || state == CATCHUP_BROKEN) {
		size_t length;
		const char *rest = catchup_rest(catchup, &length);

		strncat(got, rest, length);
	}
}

static void stream(const char *text)
{
	catchup_take_stream(catchup, text, strlen(text));
}

static void expect(unsigned first, unsigned last)
{
	char *wanted = calloc(1, TEXT_MAX), *to = wanted;

	for (unsigned serial = first; serial <= last; serial++)
		to = stpcpy(to, record(serial));
	ck_assert_str_eq(got, wanted);
	free(wanted);
}

START_TEST(test_log_after_the_checkpoint_then_the_stream)
{
	log_records(1, 6);
	resume_at(3);
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS);
	expect(4, 6);
	ck_assert_ptr_nonnull(strstr(warm, record(1)));
	ck_assert_ptr_nonnull(strstr(warm, record(3)));
	ck_assert(catchup_is_even(catchup));
	stream(record(6));
	stream(record(7));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(4, 7);
	ck_assert_ptr_null(catchup_gap(catchup));
}
END_TEST

START_TEST(test_stream_that_begins_amid_a_record)
{
	log_records(1, 6);
	resume_at(2);
	stream(strchr(record(5), 'm'));
	stream(record(6));
	stream(record(7));
	stream(record(8));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(3, 8);
}
END_TEST

START_TEST(test_part_of_a_record_that_looks_like_one_is_not_taken)
{
	static const char forged[] = "type=CAPSET msg=audit(9999999.000:99): pid=1 cap_pi=0\n";

	log_records(1, 6);
	append(path, "type=USER msg=audit(1000007.000:7): pid=9 msg='");
	append(path, forged);
	resume_at(5);
	stream(forged);
	stream(record(8));
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS); /* 8 is about to be written */
	log_records(8, 8);
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	ck_assert_ptr_null(strstr(got, "\ntype=CAPSET msg=audit(9999999"));
	ck_assert_ptr_nonnull(strstr(got, record(8)));
}
END_TEST

START_TEST(test_auditd_that_writes_its_log_late)
{
	log_records(1, 4);
	resume_at(4);
	step();
	stream(record(7)); /* 5 and 6 were read by the one before us */
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS);
	ck_assert_str_eq(got, "");
	log_records(5, 7);
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(5, 7);
}
END_TEST

START_TEST(test_log_that_never_shows_the_stream_is_a_gap)
{
	const char *gap;

	log_records(1, 4);
	resume_at(4);
	stream(record(7));
	stream(record(8));
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS);
	now += CATCHUP_PATIENCE_MS;
	step();
	ck_assert_int_eq(state, CATCHUP_BROKEN);
	gap = catchup_gap(catchup);
	ck_assert_ptr_nonnull(gap);
	ck_assert_ptr_nonnull(strstr(gap, "serial 4"));
	ck_assert_ptr_nonnull(strstr(gap, "serial 7"));
	ck_assert_ptr_null(catchup_gap(catchup));
	expect(8, 8); /* 7 may have been part of a line */
}
END_TEST

START_TEST(test_ends_of_events_are_in_the_stream_alone_and_kept)
{
	static const char eoe[] = "type=EOE msg=audit(1000006.000:6): \n";

	log_records(1, 6);
	resume_at(5);
	stream(record(6));
	stream(eoe);
	stream(record(7));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	ck_assert_ptr_nonnull(strstr(got, eoe));
	ck_assert(strstr(got, record(6)) < strstr(got, eoe));
	ck_assert(strstr(got, eoe) < strstr(got, record(7)));
}
END_TEST

START_TEST(test_records_that_the_queue_dropped_come_from_the_log)
{
	log_records(1, 8);
	resume_at(2);
	stream(record(4));
	stream(record(7));
	stream(record(9));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(3, 9);
}
END_TEST

static void rotate(int files)
{
	char from[128], to[128];

	for (int i = files - 1; i > 0; i--) {
		snprintf(from, sizeof(from), "%s.%d", path, i);
		snprintf(to, sizeof(to), "%s.%d", path, i + 1);
		rename(from, to);
	}
	snprintf(to, sizeof(to), "%s.1", path);
	ck_assert_int_eq(rename(path, to), 0);
}

START_TEST(test_rotated_files_are_read_in_their_order)
{
	log_records(1, 4);
	rotate(1);
	log_records(5, 8);
	rotate(2);
	log_records(9, 10);
	resume_at(3);
	step();
	expect(4, 10);
}
END_TEST

/* The newer file may be shorter or longer than where the checkpoint lay in the older one. */
START_TEST(test_checkpoint_on_the_last_line_of_a_rotated_file)
{
	log_records(1, 30);
	rotate(1);
	log_records(31, 35);
	resume_at(30);
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS);
	expect(31, 35);
	ck_assert_ptr_null(strstr(warm, record(31)));
	stream(record(35));
	stream(record(36));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(31, 36);
}
END_TEST

START_TEST(test_log_that_is_rotated_behind_the_checkpoint)
{
	log_records(1, 30);
	resume_at(30);
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS);
	rotate(1);
	log_records(31, 35);
	step();
	expect(31, 35);
}
END_TEST

/* The file that is searched has then the name that the one before it had. */
START_TEST(test_rotation_while_the_checkpoint_is_looked_for)
{
	struct catchup_piece piece;

	log_records(1, 9);
	rotate(1);
	log_records(10, 2 * CATCHUP_PIECE_MAX / (unsigned)strlen(record(1000)));
	resume_at(12);
	ck_assert_int_eq(catchup_step(catchup, now, &piece), CATCHUP_MORE);
	rotate(2);
	step();
	ck_assert_int_eq(strncmp(warm, record(1), strlen(record(1))), 0);
	ck_assert_ptr_nonnull(strstr(warm, record(12)));
	ck_assert_ptr_null(strstr(warm, record(13)));
	ck_assert_int_eq(strncmp(got, record(13), strlen(record(13))), 0);
}
END_TEST

START_TEST(test_rotation_while_it_waits)
{
	log_records(1, 4);
	resume_at(2);
	step();
	log_records(5, 5);
	rotate(1);
	step();
	ck_assert_int_eq(state, CATCHUP_WAITS);
	log_records(6, 7);
	rotate(2);
	log_records(8, 8);
	step();
	expect(3, 8);
	stream(record(8));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(3, 8);
}
END_TEST

START_TEST(test_log_that_was_rotated_away_is_a_gap_with_its_range)
{
	const char *gap;

	log_records(10, 14);
	resume_at(3);
	step();
	expect(10, 14);
	gap = catchup_gap(catchup);
	ck_assert_ptr_nonnull(gap);
	ck_assert_ptr_nonnull(strstr(gap, "serial 3"));
	ck_assert_ptr_nonnull(strstr(gap, "serial 10"));
	ck_assert_ptr_nonnull(strstr(gap, "rotated"));
}
END_TEST

START_TEST(test_checkpoint_that_auditd_never_wrote_goes_by_the_order)
{
	log_records(1, 4);
	log_records(6, 8); /* 5 was sent, then auditd was killed */
	resume_at(5);
	step();
	expect(6, 8);
	ck_assert_ptr_null(catchup_gap(catchup));
}
END_TEST

/* On a collector: each of its nodes has a clock and serials of its own, and what waited on its disk
 * comes late. */
START_TEST(test_older_records_of_a_node_do_not_hide_the_checkpoint)
{
	FILE *file;

	log_records(3000, 3000);
	file = fopen(path, "a");
	for (unsigned serial = 1; serial <= 2900; serial++)
		fprintf(file, "node=far %s", record(serial));
	fclose(file);
	resume_at(3000);
	step();
	ck_assert(strcmp(warm, record(3000)) == 0);
	ck_assert_ptr_nonnull(strstr(got, record(1)));
	ck_assert_ptr_nonnull(strstr(got, record(2900)));
}
END_TEST

START_TEST(test_log_that_is_not_there_is_a_gap)
{
	resume_at(3);
	stream(record(4));
	step();
	ck_assert_int_eq(state, CATCHUP_BROKEN);
	ck_assert_ptr_nonnull(strstr(catchup_gap(catchup), path));
	expect(4, 4);
}
END_TEST

START_TEST(test_stream_beyond_the_bound_is_taken_from_the_log)
{
	log_records(1, 4);
	resume_at(4);
	step();
	for (unsigned serial = 5; serial < 5 + CATCHUP_STREAM_MAX / 40; serial++)
		stream(record(serial));
	log_records(5, 5 + CATCHUP_STREAM_MAX / 40);
	stream(record(5 + CATCHUP_STREAM_MAX / 40));
	stream(record(6 + CATCHUP_STREAM_MAX / 40));
	step();
	ck_assert_int_eq(state, CATCHUP_DONE);
	expect(5, 6 + CATCHUP_STREAM_MAX / 40);
}
END_TEST

START_TEST(test_an_earlier_boot_is_told_apart)
{
	struct checkpoint from = at(2);
	struct catchup_piece piece;
	bool before = false, after = false;

	log_records(1, 6);
	catchup = catchup_new(path, &from, (int64_t)(BASE + 5) * 1000);
	while ((state = catchup_step(catchup, now, &piece)) <= CATCHUP_PIECE) {
		if (state != CATCHUP_PIECE)
			continue;
		before |= piece.before_boot && memmem(piece.bytes, piece.length, ":4)", 3);
		ck_assert(!piece.before_boot || !memmem(piece.bytes, piece.length, ":5)", 3));
		after |= !piece.before_boot && memmem(piece.bytes, piece.length, ":5)", 3);
	}
	ck_assert(before && after);
}
END_TEST

/* A sensor that ends soon after a boot: what lies before its checkpoint is of both boots. */
START_TEST(test_an_earlier_boot_is_told_apart_before_the_checkpoint)
{
	struct checkpoint from = at(5);
	struct catchup_piece piece;
	bool before = false, after = false;

	log_records(1, 6);
	catchup = catchup_new(path, &from, (int64_t)(BASE + 3) * 1000);
	while ((state = catchup_step(catchup, now, &piece)) <= CATCHUP_PIECE) {
		if (state != CATCHUP_PIECE)
			continue;
		before |= piece.before_boot && memmem(piece.bytes, piece.length, ":2)", 3);
		ck_assert(piece.before_boot || !memmem(piece.bytes, piece.length, ":2)", 3));
		ck_assert(!piece.before_boot || !memmem(piece.bytes, piece.length, ":3)", 3));
		after |= piece.warm && memmem(piece.bytes, piece.length, ":3)", 3);
	}
	ck_assert(before && after);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("catchup");
	TCase *tcase = tcase_create("catchup");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_log_after_the_checkpoint_then_the_stream);
	tcase_add_test(tcase, test_stream_that_begins_amid_a_record);
	tcase_add_test(tcase, test_part_of_a_record_that_looks_like_one_is_not_taken);
	tcase_add_test(tcase, test_auditd_that_writes_its_log_late);
	tcase_add_test(tcase, test_log_that_never_shows_the_stream_is_a_gap);
	tcase_add_test(tcase, test_ends_of_events_are_in_the_stream_alone_and_kept);
	tcase_add_test(tcase, test_records_that_the_queue_dropped_come_from_the_log);
	tcase_add_test(tcase, test_rotated_files_are_read_in_their_order);
	tcase_add_test(tcase, test_checkpoint_on_the_last_line_of_a_rotated_file);
	tcase_add_test(tcase, test_log_that_is_rotated_behind_the_checkpoint);
	tcase_add_test(tcase, test_rotation_while_the_checkpoint_is_looked_for);
	tcase_add_test(tcase, test_rotation_while_it_waits);
	tcase_add_test(tcase, test_log_that_was_rotated_away_is_a_gap_with_its_range);
	tcase_add_test(tcase, test_checkpoint_that_auditd_never_wrote_goes_by_the_order);
	tcase_add_test(tcase, test_older_records_of_a_node_do_not_hide_the_checkpoint);
	tcase_add_test(tcase, test_log_that_is_not_there_is_a_gap);
	tcase_add_test(tcase, test_stream_beyond_the_bound_is_taken_from_the_log);
	tcase_add_test(tcase, test_an_earlier_boot_is_told_apart);
	tcase_add_test(tcase, test_an_earlier_boot_is_told_apart_before_the_checkpoint);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
