/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/pulse.h"
#include "plugin/stumbles.h"

START_TEST(test_event_that_ends_a_sensor_by_its_own_fault_is_left_out_at_once)
{
	struct stumbles stumbles = {0};

	ck_assert(!stumbles_leave_out(&stumbles, 1000, 5));
	ck_assert(stumbles_note(&stumbles, 1000, 5, true));
	ck_assert(stumbles_leave_out(&stumbles, 1000, 5));
	ck_assert(!stumbles_leave_out(&stumbles, 1000, 6));
	ck_assert(!stumbles_leave_out(&stumbles, 1001, 5));
}
END_TEST

START_TEST(test_event_met_by_a_kill_is_judged_until_the_third)
{
	struct stumbles stumbles = {0};

	for (int i = 1; i < STUMBLES_KILLS; i++)
		ck_assert(!stumbles_note(&stumbles, 1000, 5, false));
	ck_assert(!stumbles_leave_out(&stumbles, 1000, 5));
	ck_assert(stumbles_note(&stumbles, 1000, 5, false));
	ck_assert(stumbles_leave_out(&stumbles, 1000, 5));
}
END_TEST

START_TEST(test_oldest_is_forgotten)
{
	struct stumbles stumbles = {0};

	for (uint64_t serial = 1; serial <= STUMBLES_MAX + 1; serial++)
		stumbles_note(&stumbles, 0, serial, true);
	ck_assert(!stumbles_leave_out(&stumbles, 0, 1));
	ck_assert(stumbles_leave_out(&stumbles, 0, 2));
	ck_assert(stumbles_leave_out(&stumbles, 0, STUMBLES_MAX + 1));
}
END_TEST

/* As sensor and supervisor do it: the page tells at which event the child ended. */
static int end_at_event(struct pulse_watch *watch, int number, uint64_t serial)
{
	const struct rlimit no_core = {0, 0};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		signal(number, SIG_DFL);
		pulse_set_event(watch->pulse, 1000, serial);
		kill(getpid(), number);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(test_supervisor_sees_at_which_event_the_sensor_crashed)
{
	struct pulse_watch watch;
	uint64_t serial;
	int64_t time;
	int status;

	ck_assert_int_eq(pulse_open(&watch, NULL), 0);
	status = end_at_event(&watch, SIGSEGV, 77);
	ck_assert(stumbles_is_own_fault(status));
	ck_assert(pulse_get_event(&watch, &time, &serial));
	ck_assert_int_eq(time, 1000);
	ck_assert_uint_eq(serial, 77);
	pulse_reset(&watch);
	ck_assert(!pulse_get_event(&watch, &time, &serial));
	status = end_at_event(&watch, SIGKILL, 78);
	ck_assert(!stumbles_is_own_fault(status));
	pulse_close(&watch);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stumbles");
	TCase *tcase = tcase_create("stumbles");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_event_that_ends_a_sensor_by_its_own_fault_is_left_out_at_once);
	tcase_add_test(tcase, test_event_met_by_a_kill_is_judged_until_the_third);
	tcase_add_test(tcase, test_oldest_is_forgotten);
	tcase_add_test(tcase, test_supervisor_sees_at_which_event_the_sensor_crashed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
