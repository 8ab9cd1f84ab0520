/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "plugin/backoff.h"

START_TEST(test_first_restart_is_immediate_then_waits_double_up_to_the_longest)
{
	static const int64_t expected[] = {0,	 100,  200,   400,   800,   1600,
					   3200, 6400, 12800, 25600, 30000, 30000};
	struct backoff backoff = {0};
	int64_t now = 1000;

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		ck_assert_int_eq(backoff_next(&backoff, now - 10, now), now + expected[i]);
}
END_TEST

START_TEST(test_child_that_lived_a_minute_is_started_at_once_again)
{
	struct backoff backoff = {0};

	backoff_next(&backoff, 0, 10);
	backoff_next(&backoff, 0, 10);
	ck_assert_int_eq(backoff_next(&backoff, 1000, 1000 + BACKOFF_HEALTHY_MS - 1),
			 1000 + BACKOFF_HEALTHY_MS - 1 + 200);
	ck_assert_int_eq(backoff_next(&backoff, 1000, 1000 + BACKOFF_HEALTHY_MS),
			 1000 + BACKOFF_HEALTHY_MS);
	ck_assert_int_eq(backoff_next(&backoff, 0, 10), 110);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backoff");
	TCase *tcase = tcase_create("backoff");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_first_restart_is_immediate_then_waits_double_up_to_the_longest);
	tcase_add_test(tcase, test_child_that_lived_a_minute_is_started_at_once_again);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
