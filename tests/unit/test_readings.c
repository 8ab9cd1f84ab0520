/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "judge/readings.h"

static struct readings readings;
static unsigned asked;
static bool there;

static bool look(void *ctx, pid_t pid, struct proc_status *status)
{
	(void)ctx;
	asked++;
	*status = (struct proc_status){.ppid = pid, .threads = asked};
	return there;
}

static const struct proc_reader proc = {.status = look};

static void setup(void)
{
	readings = (struct readings){.fed = 0};
	asked = 0;
	there = true;
}

/* The number of the look that this process's reading comes from. */
static unsigned reading_of(pid_t pid)
{
	struct proc_status status;

	ck_assert_int_eq(readings_status(&readings, &proc, pid, &status), there);
	return status.threads;
}

START_TEST(test_each_event_has_a_look_of_its_own_while_the_judge_keeps_up)
{
	readings_begin_piece(&readings, 100, 0);
	ck_assert_uint_eq(reading_of(7), 1);
	ck_assert_uint_eq(reading_of(7), 2);
}
END_TEST

START_TEST(test_a_look_is_good_for_what_had_come_by_then_and_no_further)
{
	readings_begin_piece(&readings, 100, 150);
	ck_assert_uint_eq(reading_of(7), 1);
	ck_assert_uint_eq(reading_of(7), 1);
	readings_begin_piece(&readings, 100, 500);
	ck_assert_uint_eq(reading_of(7), 1);
	readings_begin_piece(&readings, 100, 400); /* its last 50 bytes had not come */
	ck_assert_uint_eq(reading_of(7), 2);
}
END_TEST

START_TEST(test_what_was_gone_stays_gone_for_events_that_had_come)
{
	there = false;
	readings_begin_piece(&readings, 100, 100);
	(void)reading_of(7);
	(void)reading_of(7);
	ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(test_one_process_is_not_taken_for_another_at_its_place)
{
	readings_begin_piece(&readings, 100, 100);
	ck_assert_uint_eq(reading_of(7), 1);
	ck_assert_uint_eq(reading_of(7 + READINGS_MAX), 2);
	ck_assert_uint_eq(reading_of(7), 3);
}
END_TEST

START_TEST(test_a_look_while_keeping_up_ends_an_older_one)
{
	readings_begin_piece(&readings, 100, 100);
	ck_assert_uint_eq(reading_of(7), 1);
	readings.ahead = 0;
	readings.fed += 101;
	ck_assert_uint_eq(reading_of(7), 2);
	ck_assert_uint_eq(reading_of(7), 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("readings");
	TCase *tcase = tcase_create("readings");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_each_event_has_a_look_of_its_own_while_the_judge_keeps_up);
	tcase_add_test(tcase, test_a_look_is_good_for_what_had_come_by_then_and_no_further);
	tcase_add_test(tcase, test_what_was_gone_stays_gone_for_events_that_had_come);
	tcase_add_test(tcase, test_one_process_is_not_taken_for_another_at_its_place);
	tcase_add_test(tcase, test_a_look_while_keeping_up_ends_an_older_one);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
