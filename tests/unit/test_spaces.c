/* SPDX-License-Identifier: Apache-2.0 */
/* The next space and the last one, wherever they stand, by the block and at the ends. */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "judge/spaces.h"

enum { LONGEST = 2 * SPACES_BLOCKS + SPACES_BLOCK + 3 };

/* What differs from a space by one bit, or by the upper one, and what may make it look like one. */
static const char others[] = {'a', '"', '!', '\0', (char)0xa0, (char)0x1f, (char)0xff, '0'};

/* length bytes at the very end of what may be read, which is the sanitizer's to watch, with spaces
 * at two places, if they are below the length. */
static char *make(int length, int one, int another)
{
	char *text = malloc(length > 0 ? (size_t)length : 1);

	ck_assert(text != NULL);
	for (int i = 0; i < length; i++)
		text[i] = i == one || i == another ? ' ' : others[i % (int)sizeof(others)];
	return text;
}

static void assert_found(const char *text, int length)
{
	const char *end = text + length, *next = memchr(text, ' ', (size_t)length);
	const char *last = memrchr(text, ' ', (size_t)length);

	ck_assert_ptr_eq(spaces_next(text, end), next ? next : end);
	ck_assert_ptr_eq(spaces_next_far(text, end), next ? next : end);
	ck_assert_ptr_eq(spaces_last(text, end), last);
}

START_TEST(test_spaces_are_found_wherever_they_stand)
{
	for (int length = 0; length <= LONGEST; length++)
		for (int one = 0; one <= length; one++)
			for (int another = one; another <= length; another += 1 + another % 3) {
				char *text = make(length, one, another);
				assert_found(text, length);
				free(text);
			}
}
END_TEST

/* Each way of this processor and the one for all others. */
START_TEST(test_block_is_seen_the_same_by_words)
{
	char block[SPACES_BLOCK];

	for (unsigned spaces = 0; spaces < 1u << SPACES_BLOCK; spaces++) {
		for (unsigned i = 0; i < SPACES_BLOCK; i++)
			block[i] = spaces >> i & 1 ? ' ' : others[(spaces + i) % sizeof(others)];
		ck_assert_uint_eq(spaces_in(block), spaces);
		ck_assert_uint_eq(spaces_in_by_words(block), spaces);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spaces");
	TCase *tc = tcase_create("spaces");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_spaces_are_found_wherever_they_stand);
	tcase_add_test(tc, test_block_is_seen_the_same_by_words);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
