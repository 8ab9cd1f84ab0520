/* SPDX-License-Identifier: Apache-2.0 */
/* A recording's bytes: the same by each way, from anywhere in it, and of a file that is cut. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/input.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	FILE_MAX = (2 * INPUT_TURNS + 1) * INPUT_WINDOW + 77, /* more than is tried */
	MORE = 1000,
};

static const enum input_way ways[] = {INPUT_CHEAPER, INPUT_READ, INPUT_MAP};

static int file;
static char *wanted;

/* What was handed on, and what is done to the file at the first byte behind a place of it. */
struct taken {
	char *bytes;
	size_t length;
	size_t act_at;
	off_t grow_to, cut_to; /* 0: not */
};

static void begin(void)
{
	file = memfd_create("input", 0);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(fchmod(file, 0600), 0);
	wanted = malloc(FILE_MAX + MORE);
	ck_assert_ptr_nonnull(wanted);
	srand(1);
	for (size_t i = 0; i < FILE_MAX + MORE; i++)
		wanted[i] = (char)(1 + rand() % 255);
}

static void end(void)
{
	close(file);
	free(wanted);
}

static void write_file(size_t length)
{
	ck_assert_int_eq(ftruncate(file, 0), 0);
	for (size_t at = 0; at < length;) {
		ssize_t put = pwrite(file, wanted + at, length - at, (off_t)at);

		ck_assert_int_gt(put, 0);
		at += (size_t)put;
	}
}

static void act(struct taken *taken)
{
	if (taken->length < taken->act_at)
		return;
	if (taken->cut_to)
		ck_assert_int_eq(ftruncate(file, taken->cut_to), 0);
	if (taken->grow_to)
		write_file((size_t)taken->grow_to);
	taken->cut_to = taken->grow_to = 0;
}

static void take(void *ctx, const char *bytes, size_t length)
{
	struct taken *taken = ctx;

	ck_assert_uint_le(length, INPUT_PIECE);
	ck_assert_uint_le(taken->length + length, FILE_MAX + MORE);
	act(taken);
	memcpy(taken->bytes + taken->length, bytes, length);
	taken->length += length;
}

static struct taken new_taken(void)
{
	struct taken taken = {.bytes = malloc(FILE_MAX + MORE)};

	ck_assert_ptr_nonnull(taken.bytes);
	return taken;
}

static void check_all(enum input_way way, size_t from, size_t length)
{
	struct taken taken = new_taken();
	struct error err = {""};

	ck_assert_int_eq(lseek(file, (off_t)from, SEEK_SET), (off_t)from);
	ck_assert_int_eq(input_read(file, way, take, &taken, &err), 0);
	ck_assert_str_eq(err.text, "");
	ck_assert_uint_eq(taken.length, length - from);
	ck_assert_mem_eq(taken.bytes, wanted + from, taken.length);
	free(taken.bytes);
}

START_TEST(test_each_way_hands_on_all_bytes_in_order)
{
	static const size_t lengths[] = {
		0, 1, INPUT_PIECE + 1, INPUT_WINDOW - 1, INPUT_WINDOW, 2 * INPUT_WINDOW, FILE_MAX};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		write_file(lengths[i]);
		check_all(ways[_i], 0, lengths[i]);
	}
	check_all(ways[_i], 4096, FILE_MAX);
	check_all(ways[_i], 123, FILE_MAX); /* where nothing can be mapped */
}
END_TEST

START_TEST(test_what_is_written_meanwhile_is_read_too)
{
	struct taken taken = new_taken();
	struct error err = {""};

	write_file(FILE_MAX - INPUT_WINDOW);
	taken.act_at = INPUT_WINDOW;
	taken.grow_to = FILE_MAX;
	ck_assert_int_eq(input_read(file, ways[_i], take, &taken, &err), 0);
	ck_assert_uint_eq(taken.length, FILE_MAX);
	ck_assert_mem_eq(taken.bytes, wanted, FILE_MAX);
	free(taken.bytes);
}
END_TEST

START_TEST(test_pipe_is_read)
{
	struct taken taken = new_taken();
	struct error err = {""};
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], wanted, 1000), 1000);
	close(ends[1]);
	ck_assert_int_eq(input_read(ends[0], INPUT_MAP, take, &taken, &err), 0);
	ck_assert_uint_eq(taken.length, 1000);
	ck_assert_mem_eq(taken.bytes, wanted, 1000);
	close(ends[0]);
	free(taken.bytes);
}
END_TEST

static void check_cut(size_t act_at, off_t cut_to)
{
	struct taken taken = new_taken();
	struct error err = {""};
	struct sigaction before, after;

	write_file(FILE_MAX);
	taken.act_at = act_at;
	taken.cut_to = cut_to;
	sigaction(SIGBUS, NULL, &before);
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	ck_assert_int_eq(input_read(file, INPUT_MAP, take, &taken, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cut while it was read"));
	ck_assert_mem_eq(taken.bytes, wanted, cut_to);
	/* the piece in hand ends, no other follows */
	ck_assert_uint_le(taken.length,
			  INPUT_PIECE + (act_at > (size_t)cut_to ? act_at : (size_t)cut_to));
	sigaction(SIGBUS, NULL, &after);
	ck_assert_ptr_eq((void *)after.sa_handler, (void *)before.sa_handler);
	free(taken.bytes);
}

START_TEST(test_file_that_is_cut_while_mapped_is_an_error_and_no_crash)
{
	check_cut(0, 4096);
	check_cut(INPUT_PIECE, INPUT_PIECE + 8192);
	check_cut(INPUT_WINDOW, INPUT_WINDOW); /* a window that is mapped, and not there */
	check_cut(2 * INPUT_WINDOW, INPUT_WINDOW);
}
END_TEST

/* By that it is seen that it is not mapped. */
static void check_cut_while_read(enum input_way way)
{
	struct taken taken = new_taken();
	struct error err = {""};

	write_file(FILE_MAX);
	taken.cut_to = INPUT_WINDOW;
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	ck_assert_int_eq(input_read(file, way, take, &taken, &err), 0);
	ck_assert_uint_eq(taken.length, INPUT_WINDOW);
	free(taken.bytes);
}

START_TEST(test_file_that_is_cut_while_read_ends_there)
{
	check_cut_while_read(INPUT_READ);
}
END_TEST

START_TEST(test_file_that_others_may_change_is_not_mapped)
{
	ck_assert_int_eq(fchmod(file, 0620), 0);
	check_cut_while_read(INPUT_MAP);
	ck_assert_int_eq(fchmod(file, 0602), 0);
	check_cut_while_read(INPUT_MAP);
	ck_assert_int_eq(fchmod(file, 0644), 0);
	if (geteuid() != 0) /* only root can give it to another */
		return;
	ck_assert_int_eq(fchown(file, 1, 0), 0);
	check_cut_while_read(INPUT_MAP);
}
END_TEST

START_TEST(test_what_can_not_be_read_is_an_error)
{
	struct taken taken = new_taken();
	struct error err = {""};

	ck_assert_int_eq(input_read(-1, INPUT_CHEAPER, take, &taken, &err), -1);
	ck_assert_str_eq(err.text, strerror(EBADF));
	ck_assert_uint_eq(taken.length, 0);
	free(taken.bytes);
}
END_TEST

static void touch_what_is_not_there(void *ctx, const char *bytes, size_t length)
{
	const volatile char *elsewhere = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file,
					      FILE_MAX - 77);

	(void)ctx, (void)bytes, (void)length;
	(void)elsewhere[0];
}

START_TEST(test_bus_error_elsewhere_kills_as_ever)
{
	struct error err = {""};

	signal(SIGBUS, SIG_DFL); /* a sanitizer has one of its own */
	write_file(FILE_MAX - 77);
	input_read(file, INPUT_MAP, touch_what_is_not_there, NULL, &err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("input");
	TCase *tc = tcase_create("input");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, test_each_way_hands_on_all_bytes_in_order, 0, COUNT(ways));
	tcase_add_loop_test(tc, test_what_is_written_meanwhile_is_read_too, 0, COUNT(ways));
	tcase_add_test(tc, test_pipe_is_read);
	tcase_add_test(tc, test_file_that_is_cut_while_mapped_is_an_error_and_no_crash);
	tcase_add_test(tc, test_file_that_is_cut_while_read_ends_there);
	tcase_add_test(tc, test_file_that_others_may_change_is_not_mapped);
	tcase_add_test(tc, test_what_can_not_be_read_is_an_error);
	tcase_add_test_raise_signal(tc, test_bus_error_elsewhere_kills_as_ever, SIGBUS);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
