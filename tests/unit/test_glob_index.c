/* SPDX-License-Identifier: Apache-2.0 */
/* A glob compared by its beginning is what fnmatch(3) says; an index finds what each would. */
#include <check.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/glob.h"
#include "conf/glob_index.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { GENERATED = 200000, ROUNDS = 2000, GLOBS = 60, TEXTS = 40, TEXT_SIZE = 16, LONG = 600 };

static uint32_t random_state;

/* The same numbers in each run. */
static unsigned below(unsigned bound)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % bound;
}

/* Of few letters, so that many match. */
static void generate(const char *letters, char text[TEXT_SIZE])
{
	size_t length = below(8);

	for (size_t i = 0; i < length; i++)
		text[i] = letters[below((unsigned)strlen(letters))];
	text[length] = '\0';
}

static const char in_globs[] = "aab/b*?[]\\!^-", in_texts[] = "aaabb/*[]\\";

START_TEST(test_glob_matches_what_fnmatch_says)
{
	char glob[TEXT_SIZE], text[TEXT_SIZE];
	int matched = 0;

	random_state = 1;
	for (int i = 0; i < GENERATED; i++) {
		bool expected;

		generate(in_globs, glob);
		generate(in_texts, text);
		expected = fnmatch(glob, text, FNM_PATHNAME) == 0;
		matched += expected;
		ck_assert_msg(glob_matches(glob, text) == expected, "'%s' of '%s'", glob, text);
	}
	ck_assert_int_gt(matched, GENERATED / 100);
}
END_TEST

static const struct {
	const char *glob;
	size_t beginning;
} beginnings[] = {
	{"/usr/bin/ping", 13}, {"/usr/*/ping", 5}, {"/a?", 2}, {"/a[bc]", 2},
	{"/a\\*", 2},	       {"*", 0},	   {"", 0},    {"/a]", 3},
};

START_TEST(test_beginning_ends_at_the_first_wildcard_or_escape)
{
	const char *glob = beginnings[_i].glob;

	ck_assert_uint_eq(glob_beginning(glob), beginnings[_i].beginning);
	ck_assert(glob_is_literal(glob) == (beginnings[_i].beginning == strlen(glob)));
}
END_TEST

static bool is_odd(const void *ctx, size_t rank)
{
	(void)ctx;
	return rank % 2;
}

static size_t first_by_asking_each(char globs[][TEXT_SIZE], const char *text, bool odd)
{
	for (size_t i = 0; i < GLOBS; i++)
		if ((!odd || i % 2) && fnmatch(globs[i], text, FNM_PATHNAME) == 0)
			return i;
	return GLOB_INDEX_NONE;
}

/* The last glob first: ranks descend. */
static struct glob_index *index_globs(struct arena *arena, char globs[][TEXT_SIZE])
{
	struct glob_index *index = glob_index_new(arena, GLOBS);

	ck_assert_ptr_nonnull(index);
	for (size_t i = GLOBS; i-- > 0;) {
		char *items[] = {globs[i]};
		const struct string_list list = {items, 1};

		ck_assert_int_eq(glob_index_add(index, &list, i), 0);
	}
	return index;
}

START_TEST(test_index_finds_the_first_that_matches_and_fits)
{
	static char globs[GLOBS][TEXT_SIZE];
	char text[TEXT_SIZE];

	random_state = 2;
	for (int round = 0; round < ROUNDS; round++) {
		struct arena arena = {NULL};
		struct glob_index *index;

		for (size_t i = 0; i < GLOBS; i++)
			generate(in_globs, globs[i]);
		index = index_globs(&arena, globs);
		for (int i = 0; i < TEXTS; i++) {
			struct glob_search search = {is_odd, NULL, GLOB_INDEX_NONE};

			generate(in_texts, text);
			ck_assert_uint_eq(glob_index_first(index, text),
					  first_by_asking_each(globs, text, false));
			glob_index_search(index, text, &search);
			ck_assert_uint_eq(search.found, first_by_asking_each(globs, text, true));
		}
		arena_free(&arena);
	}
}
END_TEST

START_TEST(test_search_goes_on_from_what_was_found)
{
	char glob[] = "/a", *items[] = {glob};
	const struct string_list list = {items, 1};
	struct arena arena = {NULL};
	struct glob_index *index = glob_index_new(&arena, 1);
	struct glob_search search = {.found = 4};

	ck_assert_int_eq(glob_index_add(index, &list, 7), 0);
	ck_assert_int_eq(glob_index_add(index, &list, 5), 0);
	glob_index_search(index, "/a", &search);
	ck_assert_uint_eq(search.found, 4);
	search.found = 6;
	glob_index_search(index, "/a", &search);
	ck_assert_uint_eq(search.found, 5);
	arena_free(&arena);
}
END_TEST

static int add_one(struct glob_index *index, char *glob, size_t rank)
{
	const struct string_list list = {&glob, 1};

	return glob_index_add(index, &list, rank);
}

/* What nothing matched is remembered by its text: all of these end alike. */
START_TEST(test_what_was_not_found_is_not_found_again_and_nothing_else)
{
	char known[] = "/usr/sbin/program", wild[] = "/opt/*/sbin/program", whole[] = "aaaaaaaaa";
	char texts[][40] = {"/usr/sbin/program", "/opt/a/sbin/program", "/usr/bin/sbin/program",
			    "/sbin/program",	 "program/program",	"program"};
	const size_t found[] = {
		7, 5, GLOB_INDEX_NONE, GLOB_INDEX_NONE, GLOB_INDEX_NONE, GLOB_INDEX_NONE};
	struct arena arena = {NULL};
	struct glob_index *index = glob_index_new(&arena, 3);

	ck_assert_int_eq(add_one(index, known, 7), 0);
	ck_assert_int_eq(add_one(index, wild, 5), 0);
	ck_assert_int_eq(add_one(index, whole, 2), 0);
	ck_assert_uint_eq(glob_index_first(index, "aaaaaaaaaa"), GLOB_INDEX_NONE);
	ck_assert_uint_eq(glob_index_first(index, whole), 2);
	random_state = 3;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned one = below(COUNT(texts));
		ck_assert_uint_eq(glob_index_first(index, texts[one]), found[one]);
	}
	ck_assert_uint_eq(glob_index_first(index, texts[2]), GLOB_INDEX_NONE);
	ck_assert_int_eq(add_one(index, texts[2], 3), 0);
	ck_assert_uint_eq(glob_index_first(index, texts[2]), 3);
	arena_free(&arena);
}
END_TEST

static bool fits_none(const void *ctx, size_t rank)
{
	(void)ctx;
	(void)rank;
	return false;
}

/* A glob that was not asked, or whose rank did not fit, may be the next one's. */
START_TEST(test_what_did_not_fit_or_was_not_asked_is_found_the_next_time)
{
	char known[] = "/usr/sbin/program", wild[] = "/usr/sbin/*";
	struct glob_search low = {.found = 4}, unfit = {fits_none, NULL, GLOB_INDEX_NONE};
	struct arena arena = {NULL};
	struct glob_index *index = glob_index_new(&arena, 2);

	ck_assert_int_eq(add_one(index, known, 7), 0);
	ck_assert_int_eq(add_one(index, wild, 5), 0);
	glob_index_search(index, known, &low);
	ck_assert_uint_eq(low.found, 4);
	glob_index_search(index, "/usr/sbin/another", &low);
	glob_index_search(index, known, &unfit);
	ck_assert_uint_eq(unfit.found, GLOB_INDEX_NONE);
	ck_assert_uint_eq(glob_index_first(index, known), 5);
	ck_assert_uint_eq(glob_index_first(index, "/usr/sbin/another"), 5);
	arena_free(&arena);
}
END_TEST

/* Longer than any beginning that is told apart. */
START_TEST(test_long_beginnings_are_found)
{
	char literal[LONG + 1], wild[LONG + 2], text[LONG + 3];
	char *items[] = {literal, wild};
	const struct string_list list = {items, 2};
	struct arena arena = {NULL};
	struct glob_index *index = glob_index_new(&arena, 2);

	memset(text, 'x', sizeof(text));
	snprintf(literal, sizeof(literal), "%.*s", LONG, text);
	snprintf(wild, sizeof(wild), "%.*s*", LONG, text);
	ck_assert_int_eq(glob_index_add(index, &list, 0), 0);
	for (int length = LONG - 1; length <= LONG + 2; length++) {
		text[length] = '\0';
		ck_assert_uint_eq(glob_index_first(index, text),
				  length < LONG ? GLOB_INDEX_NONE : 0);
		text[length] = 'x';
	}
	arena_free(&arena);
}
END_TEST

START_TEST(test_the_same_glob_is_counted)
{
	char one[] = "/opt/*", other[] = "/opt/*/x", *ones[] = {one}, *others[] = {other};
	const struct string_list list = {ones, 1}, other_list = {others, 1};
	struct arena arena = {NULL};
	struct glob_index *index = glob_index_new(&arena, 3);

	ck_assert_int_eq(glob_index_add(index, &list, 2), 0);
	ck_assert_int_eq(glob_index_add(index, &other_list, 1), 0);
	ck_assert(!glob_index_has_often(index, "/opt/*", 2));
	ck_assert_int_eq(glob_index_add(index, &list, 0), 0);
	ck_assert(glob_index_has_often(index, "/opt/*", 2));
	ck_assert(!glob_index_has_often(index, "/opt/*", 3));
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("glob_index");
	TCase *tc = tcase_create("glob_index");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_glob_matches_what_fnmatch_says);
	tcase_add_loop_test(tc, test_beginning_ends_at_the_first_wildcard_or_escape, 0,
			    COUNT(beginnings));
	tcase_add_test(tc, test_index_finds_the_first_that_matches_and_fits);
	tcase_add_test(tc, test_search_goes_on_from_what_was_found);
	tcase_add_test(tc, test_what_was_not_found_is_not_found_again_and_nothing_else);
	tcase_add_test(tc, test_what_did_not_fit_or_was_not_asked_is_found_the_next_time);
	tcase_add_test(tc, test_long_beginnings_are_found);
	tcase_add_test(tc, test_the_same_glob_is_counted);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
