/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of one size: each a piece of memory of its own, zeroed, however often it was used. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/pool.h"

enum { ENTRIES = 1000, SIZE = 200, LARGE_ENTRIES = 2 * POOL_LARGE / SIZE };

static unsigned char *entries[LARGE_ENTRIES];

static void assert_zero(const unsigned char *entry)
{
	static const unsigned char zero[SIZE];

	ck_assert_mem_eq(entry, zero, SIZE);
	ck_assert_uint_eq((uintptr_t)entry % _Alignof(max_align_t), 0);
}

static void take_all(struct pool *pool, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		entries[i] = pool_take(pool);
		ck_assert_ptr_nonnull(entries[i]);
		assert_zero(entries[i]);
		memset(entries[i], (int)(i % 251) + 1, SIZE);
	}
}

static const size_t counts[] = {ENTRIES, LARGE_ENTRIES};

START_TEST(test_entries_are_zeroed_and_apart_however_often_they_were_used)
{
	struct pool *pool = pool_new(SIZE);
	size_t count = counts[_i];

	ck_assert_ptr_nonnull(pool);
	for (int round = 0; round < 3; round++) {
		take_all(pool, count);
		for (size_t i = 0; i < count; i++) {
			ck_assert_uint_eq(entries[i][0], i % 251 + 1);
			ck_assert_uint_eq(entries[i][SIZE - 1], i % 251 + 1);
			pool_give(pool, entries[i]);
		}
	}
	pool_free(pool);
	pool_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tcase = tcase_create("pool");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, test_entries_are_zeroed_and_apart_however_often_they_were_used,
			    0, sizeof(counts) / sizeof(counts[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
