/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines end: each way of finding them, over windows, and back. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/lines.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { TEXT_SIZE = 5 * LINES_WINDOW + 77 };

static char *text;
static struct lines lines;

/* Of lines so long on average; with 1 nearly every byte is a newline. */
static void write_text(int seed, int average)
{
	srand((unsigned)seed);
	for (size_t i = 0; i < TEXT_SIZE; i++)
		text[i] = rand() % average == 0 ? '\n' : (char)(rand() % 256);
}

static void begin(void)
{
	text = malloc(TEXT_SIZE); /* its bounds are the sanitizer's to keep */
	ck_assert_ptr_nonnull(text);
	lines_init(&lines);
}

static void end(void)
{
	free(text);
}

static const int averages[] = {1, 2, 7, 60, 200, 3000, 1000000};

START_TEST(test_each_way_finds_what_memchr_finds)
{
	static const size_t lengths[] = {0, 1, 31, 32, 63, 64, 65, 127, 128, 1000, LINES_WINDOW};
	static uint16_t found[LINES_WINDOW + 1], wanted[LINES_WINDOW + 1];
	lines_find_fn ways[LINES_WAYS_MAX];
	size_t way_count = lines_ways(ways);

	if (way_count < LINES_WAYS_MAX)
		printf("test_lines: %zu of %d ways: this processor has no more\n", way_count,
		       LINES_WAYS_MAX);
	for (size_t i = 0; i < COUNT(lengths) * 9; i++) {
		const char *from = text + i % 9, *at = from, *newline;
		size_t length = lengths[i / 9], count = 0;
		write_text((int)i, averages[_i]);
		for (; (newline = memchr(at, '\n', (size_t)(from + length - at))); at = newline + 1)
			wanted[count++] = (uint16_t)(newline - from);
		for (size_t way = 0; way < way_count; way++) {
			ck_assert_uint_eq(ways[way](from, length, found), count);
			ck_assert_mem_eq(found, wanted, count * sizeof(*found));
		}
	}
}
END_TEST

static const char *next_newline(const char *at)
{
	return memchr(at, '\n', (size_t)(text + TEXT_SIZE - at));
}

START_TEST(test_each_end_is_found_over_all_windows)
{
	lines_find_fn ways[LINES_WAYS_MAX];
	const char *at, *newline;

	for (size_t i = lines_ways(ways); i-- > 0;) {
		lines.find = ways[i];
		write_text(_i, averages[_i]);
		lines_begin(&lines, text, text + TEXT_SIZE);
		for (at = text; (newline = next_newline(at)) != NULL; at = newline + 1)
			ck_assert_ptr_eq(lines_end(&lines, at), newline);
		ck_assert_ptr_null(lines_end(&lines, at));
		ck_assert_ptr_null(lines_end(&lines, at));
	}
}
END_TEST

START_TEST(test_lines_may_be_passed_over_and_gone_back_to)
{
	const char *at = text;

	write_text(_i, averages[_i]);
	lines_begin(&lines, text, text + TEXT_SIZE);
	for (int step = 0; step < 5000; step++) {
		size_t offset = (size_t)(at - text);
		if (rand() % 4 == 0) {
			offset -= (size_t)rand() % (offset + 1) % (2 * LINES_WINDOW);
			lines_go_back(&lines, text + offset);
		} else {
			offset += (size_t)rand() % 700;
		}
		at = text + (offset < TEXT_SIZE ? offset : TEXT_SIZE);
		ck_assert_ptr_eq(lines_end(&lines, at), next_newline(at));
		if (next_newline(at))
			at = next_newline(at) + 1;
	}
}
END_TEST

START_TEST(test_nothing_has_no_line)
{
	ck_assert_ptr_null(lines_end(&lines, ""));
	lines_begin(&lines, text, text);
	ck_assert_ptr_null(lines_end(&lines, text));
	lines_go_back(&lines, text);
	ck_assert_ptr_null(lines_end(&lines, text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lines");
	TCase *tc = tcase_create("lines");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_each_way_finds_what_memchr_finds, 0, COUNT(averages));
	tcase_add_loop_test(tc, test_each_end_is_found_over_all_windows, 0, COUNT(averages));
	tcase_add_loop_test(tc, test_lines_may_be_passed_over_and_gone_back_to, 0, COUNT(averages));
	tcase_add_test(tc, test_nothing_has_no_line);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
