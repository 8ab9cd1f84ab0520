/* SPDX-License-Identifier: Apache-2.0 */
/* Each test changes what a process is, so each does it in a child. Most need root; elsewhere only
 * the looking up of users is tested. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/privileges.h"
#include "plugin/proc_live.h"

static const struct account nobody = {65534, 65534};

static const capmask sensor_sets = CAPMASK_BIT(CAP_SYS_PTRACE) | CAPMASK_BIT(CAP_DAC_READ_SEARCH);
static const capmask supervisor_sets = CAPMASK_BIT(CAP_SYS_PTRACE) |
				       CAPMASK_BIT(CAP_DAC_READ_SEARCH) |
				       CAPMASK_BIT(CAP_AUDIT_CONTROL) | CAPMASK_BIT(CAP_SETUID) |
				       CAPMASK_BIT(CAP_SETGID) | CAPMASK_BIT(CAP_SETPCAP) |
				       CAPMASK_BIT(CAP_KILL);

/* check's own functions may not be used in a child that is no test: it says where it failed. */
#define EXPECT(what)                                                                               \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s: %s\n", __func__, __LINE__, #what, err.text);   \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static struct error err;

static void in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(run());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static bool read_self(struct proc_status *status)
{
	struct proc_live live;

	proc_live_init(&live);
	return live.reader.status(live.reader.ctx, getpid(), status);
}

static int expect_sets(capmask sets)
{
	struct proc_status status;

	EXPECT(read_self(&status));
	EXPECT(status.permitted == sets);
	EXPECT(status.effective == sets);
	EXPECT(status.bounding == sets);
	EXPECT(status.inheritable == 0);
	EXPECT(status.ambient == 0);
	return 0;
}

static int tighten(void)
{
	unsigned bits;

	EXPECT(privileges_tighten(&err) == 0);
	EXPECT(expect_sets(supervisor_sets) == 0);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	bits = (unsigned)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	EXPECT(bits & SECBIT_NOROOT_LOCKED && bits & SECBIT_NOROOT);
	EXPECT(bits & SECBIT_NO_SETUID_FIXUP && bits & SECBIT_KEEP_CAPS_LOCKED);
	EXPECT(!(bits & SECBIT_KEEP_CAPS));
	EXPECT(privileges_tighten(&err) == 0); /* a second time is no error */
	return 0;
}

START_TEST(test_supervisor_keeps_seven_capabilities_and_locks_the_way_back)
{
	in_child(tighten);
}
END_TEST

static int become_sensor(void)
{
	const gid_t groups[] = {0, 4};
	struct proc_status status;

	EXPECT(setgroups(2, groups) == 0);
	EXPECT(privileges_tighten(&err) == 0);
	EXPECT(privileges_become_sensor(&nobody, getppid(), &err) == 0);
	EXPECT(expect_sets(sensor_sets) == 0);
	EXPECT(read_self(&status));
	EXPECT(status.uid == nobody.uid && status.euid == nobody.uid && status.suid == nobody.uid &&
	       status.fsuid == nobody.uid);
	EXPECT(getgroups(0, NULL) == 0);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	EXPECT(fork() < 0 && errno == EAGAIN);
	EXPECT(setuid(0) < 0 && errno == EPERM);
	return 0;
}

START_TEST(test_sensor_is_its_user_with_two_capabilities)
{
	in_child(become_sensor);
}
END_TEST

static int become_courier(void)
{
	struct rlimit core;

	EXPECT(privileges_tighten(&err) == 0);
	EXPECT(privileges_become_courier(&nobody, getppid(), &err) == 0);
	EXPECT(expect_sets(0) == 0);
	EXPECT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
	EXPECT(getgroups(0, NULL) == 0);
	return 0;
}

START_TEST(test_courier_has_no_capability)
{
	in_child(become_courier);
}
END_TEST

static int lack_one(void)
{
	cap_t sets = cap_get_proc();
	const cap_value_t kill_others = CAP_KILL;

	cap_set_flag(sets, CAP_PERMITTED, 1, &kill_others, CAP_CLEAR);
	cap_set_flag(sets, CAP_EFFECTIVE, 1, &kill_others, CAP_CLEAR);
	EXPECT(cap_set_proc(sets) == 0);
	cap_free(sets);
	EXPECT(privileges_tighten(&err) == -1);
	EXPECT(strstr(err.text, "cap_kill"));
	EXPECT(!strstr(err.text, "cap_setuid"));
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	return 0;
}

START_TEST(test_missing_capability_is_named_and_nothing_changed)
{
	in_child(lack_one);
}
END_TEST

static int be_orphan(void)
{
	EXPECT(privileges_tighten(&err) == 0);
	EXPECT(privileges_become_sensor(&nobody, getppid() + 1, &err) == -1);
	EXPECT(strstr(err.text, "supervisor has ended"));
	return 0;
}

START_TEST(test_child_whose_supervisor_ended_meanwhile_does_not_go_on)
{
	in_child(be_orphan);
}
END_TEST

static int follow_parent(void)
{
	int ready[2], status = 0;
	pid_t middle;
	char byte;

	/* middle ends; its child, who became the sensor, gets SIGTERM from the kernel */
	EXPECT(pipe(ready) == 0);
	EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	middle = fork();
	if (middle == 0) {
		pid_t parent = getpid();

		if (fork() == 0) {
			if (privileges_tighten(&err) < 0 ||
			    privileges_become_sensor(&nobody, parent, &err) < 0)
				_exit(1);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			pause();
			_exit(0);
		}
		if (read(ready[0], &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	EXPECT(waitpid(middle, &status, 0) == middle && status == 0);
	EXPECT(wait(&status) > 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	return 0;
}

START_TEST(test_child_is_told_of_its_supervisors_death)
{
	in_child(follow_parent);
}
END_TEST

START_TEST(test_missing_user_is_an_error_with_its_remedy)
{
	struct account account;

	ck_assert_int_eq(privileges_find_account("no-such-user", &account, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "there is no user no-such-user"));
	ck_assert_ptr_nonnull(strstr(err.text, "useradd --system no-such-user"));
}
END_TEST

START_TEST(test_root_is_no_user_for_a_child)
{
	struct account account;

	ck_assert_int_eq(privileges_find_account("root", &account, &err), -1);
	ck_assert_int_eq(privileges_find_account("nobody", &account, &err), 0);
	ck_assert_uint_gt(account.uid, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tcase = tcase_create("privileges");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_missing_user_is_an_error_with_its_remedy);
	tcase_add_test(tcase, test_root_is_no_user_for_a_child);
	if (geteuid() == 0) {
		tcase_add_test(tcase,
			       test_supervisor_keeps_seven_capabilities_and_locks_the_way_back);
		tcase_add_test(tcase, test_sensor_is_its_user_with_two_capabilities);
		tcase_add_test(tcase, test_courier_has_no_capability);
		tcase_add_test(tcase, test_missing_capability_is_named_and_nothing_changed);
		tcase_add_test(tcase, test_child_whose_supervisor_ended_meanwhile_does_not_go_on);
		tcase_add_test(tcase, test_child_is_told_of_its_supervisors_death);
	}
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
