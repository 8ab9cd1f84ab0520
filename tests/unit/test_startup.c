/* SPDX-License-Identifier: Apache-2.0 */
/* Each test makes a child what auditd makes of a plugin, and looks at what becomes of it. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/startup.h"

enum { LEAKED_FD = 30 };

static int in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(run());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_default(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

/* The number of the check that failed; 0 for none: a child that is no test can't use check's own.
 */
static int be_first_started(void)
{
	struct error err;
	struct sigaction pipe_action;

	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (startup_prepare(&err) < 0)
		return 1;
	if (!is_default(SIGTERM) || !is_default(SIGHUP) || !is_default(SIGCHLD))
		return 2;
	sigaction(SIGPIPE, NULL, &pipe_action);
	return pipe_action.sa_handler == SIG_IGN ? 0 : 3;
}

START_TEST(test_signals_that_auditd_ignores_are_ours_again)
{
	ck_assert_int_eq(in_child(be_first_started), 0);
}
END_TEST

static int be_restarted(void)
{
	struct error err;
	sigset_t mask, handled;

	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	raise(SIGTERM);
	if (startup_prepare(&err) < 0)
		return 1;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	startup_handled_signals(&handled);
	for (int number = 1; number < 32; number++)
		if (sigismember(&mask, number) != sigismember(&handled, number))
			return 2;
	sigpending(&mask);
	return sigismember(&mask, SIGTERM) ? 0 : 3;
}

START_TEST(test_blocked_signals_are_unblocked_but_for_those_taken_one_by_one)
{
	ck_assert_int_eq(in_child(be_restarted), 0);
}
END_TEST

static int have_odd_descriptors(void)
{
	struct error err;
	struct stat null, output;

	dup2(STDIN_FILENO, LEAKED_FD);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (startup_prepare(&err) < 0)
		return 1;
	if (fcntl(LEAKED_FD, F_GETFD) >= 0)
		return 2;
	if (stat("/dev/null", &null) < 0)
		return 3;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &output) < 0 || output.st_rdev != null.st_rdev)
			return 4;
	return 0;
}

START_TEST(test_leaked_descriptors_are_closed_and_closed_outputs_opened)
{
	ck_assert_int_eq(in_child(have_odd_descriptors), 0);
}
END_TEST

static int have_no_stream(void)
{
	struct error err = {""};

	close(STDIN_FILENO);
	if (startup_prepare(&err) == 0)
		return 1;
	return strstr(err.text, "auditd starts this program") ? 0 : 2;
}

START_TEST(test_without_a_stream_the_error_says_who_starts_this)
{
	ck_assert_int_eq(in_child(have_no_stream), 0);
}
END_TEST

static int reset(void)
{
	sigset_t mask;

	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	startup_reset_signals();
	sigprocmask(SIG_SETMASK, NULL, &mask);
	return is_default(SIGPIPE) && sigisemptyset(&mask) ? 0 : 1;
}

START_TEST(test_child_to_be_starts_with_every_signal_as_new)
{
	ck_assert_int_eq(in_child(reset), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("startup");
	TCase *tcase = tcase_create("startup");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_signals_that_auditd_ignores_are_ours_again);
	tcase_add_test(tcase, test_blocked_signals_are_unblocked_but_for_those_taken_one_by_one);
	tcase_add_test(tcase, test_leaked_descriptors_are_closed_and_closed_outputs_opened);
	tcase_add_test(tcase, test_without_a_stream_the_error_says_who_starts_this);
	tcase_add_test(tcase, test_child_to_be_starts_with_every_signal_as_new);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
