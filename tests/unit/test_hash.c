/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that differ in little lie in different places of a table. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

enum { TEXTS = 4096, PLACES = 4096, TEXT_SIZE = 64 };

static unsigned place_of(const char *text, size_t length)
{
	return hash_text(0, text, length) % PLACES;
}

/* What stands before a number and behind it. */
static const char *const around[][2] = {
	{"", ""},
	{"program:/usr/bin/", ""},
	{"/usr/lib/", "/bin/sh"},
	{"", "/usr/bin/sh"},
	{"unit-", "@instance.service"},
	{"host", ""},
	{"", "-and-then-a-long-tail"},
};

/* By chance some 63 % of the places are taken. */
START_TEST(test_places_are_taken_as_if_by_chance)
{
	static bool taken[PLACES];
	char text[TEXT_SIZE];
	int places = 0;

	memset(taken, 0, sizeof(taken));
	for (unsigned i = 0; i < TEXTS; i++) {
		int length = snprintf(text, sizeof(text), "%s%u%s", around[_i][0], i,
				      around[_i][1]);
		unsigned place = place_of(text, (size_t)length);
		places += !taken[place];
		taken[place] = true;
	}
	ck_assert_msg(places > PLACES * 6 / 10, "%s: %d", text, places);
}
END_TEST

/* Each byte counts, and the length; what lies behind does not. */
START_TEST(test_every_byte_counts)
{
	char text[TEXT_SIZE];

	memset(text, 'x', sizeof(text));
	for (size_t length = 1; length + 1 < sizeof(text); length++) {
		uint32_t hash = hash_text(0, text, length);
		ck_assert_uint_ne(hash, hash_text(1, text, length));
		ck_assert_uint_ne(hash, hash_text(0, text, length - 1));
		for (size_t i = 0; i <= length; i++) {
			text[i] = 'y';
			ck_assert((hash_text(0, text, length) == hash) == (i == length));
			text[i] = 'x';
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tc = tcase_create("hash");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_places_are_taken_as_if_by_chance, 0,
			    sizeof(around) / sizeof(around[0]));
	tcase_add_test(tc, test_every_byte_counts);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
