/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep as a whole: /proc in a table, records or none of what changes there. */
#include "judge/sweep.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

enum {
	INTERVAL_MS = 60000,
	/* until a round has come, and its findings have been judged again */
	FOUND_MS = INTERVAL_MS + SWEEP_SETTLE_MS + 3000,
	DAEMON = 100,
	WORKER = 101,
	CHILD = 102,
	OTHER = 103,
	DAEMON_IMAGE = 0x7ffd1000,
	SHELL_IMAGE = 0x7ffd2000,
	OTHER_IMAGE = 0x7ffd3000,
	WWW = 33,
	PERSON = 1000,
};

#define DAEMON_EXE "/usr/sbin/daemon"

static const struct event_sets nothing;
static const struct event_sets full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};
static const struct event_sets dropped = {FIXTURE_ALL, FIXTURE_ALL & ~CAP(SYS_PTRACE), 0, 0};

static struct fixture *fx;

static void sweep_every(int64_t interval)
{
	fx->settings.sweep_ms = interval;
	fixture_reconfigure(fx, NULL);
}

/* A host whose execs are on record: daemon.service runs, as root with everything, and has a worker
 * that is nobody's. Both have been read once. */
static void start(const char *baseline)
{
	struct fixture_process *worker;

	fx = fixture_live(baseline);
	sweep_every(INTERVAL_MS);
	fixture_wait(fx, 10000);
	fixture_run_unit(fx, DAEMON, "daemon", DAEMON_EXE);
	fixture_find(fx, DAEMON)->status.image = DAEMON_IMAGE;
	worker = fixture_process(fx, WORKER, DAEMON, DAEMON_EXE);
	worker->status.image = DAEMON_IMAGE;
	snprintf(worker->cgroup, sizeof(worker->cgroup), "0::/system.slice/daemon.service");
	worker->status.uid = worker->status.euid = WWW;
	worker->status.suid = worker->status.fsuid = WWW;
	fixture_hold(fx, WORKER, nothing);
	fixture_wait(fx, FOUND_MS);
	fixture_no_alert(fx);
}

static void setup(void)
{
	start(NULL);
}

static void teardown(void)
{
	fixture_free(fx);
}

static struct fixture_process *fork_of(pid_t pid, pid_t ppid, const char *exe, uint64_t image)
{
	struct fixture_process *process = fixture_process(fx, pid, ppid, exe);

	process->status.image = image;
	snprintf(process->cgroup, sizeof(process->cgroup), "0::/system.slice/daemon.service");
	return process;
}

static struct fixture_process *session_of(struct fixture_process *process, int64_t session)
{
	process->status.auid = PERSON;
	process->status.session = session;
	snprintf(process->cgroup, sizeof(process->cgroup), "0::/user.slice/session-%d.scope",
		 (int)session);
	return process;
}

static void become(struct fixture_process *process, uint32_t uid)
{
	process->status.uid = process->status.euid = uid;
	process->status.suid = process->status.fsuid = uid;
}

/* The daemon has dropped cap_sys_ptrace from effective, on record, and was read so. */
static void drop_on_record(void)
{
	fixture_hold(fx, DAEMON, dropped);
	fixture_capset(fx, (struct fixture_act){.pid = DAEMON}, dropped);
	fixture_wait(fx, FOUND_MS);
	fixture_no_alert(fx);
}

static const struct alert *found(pid_t pid)
{
	const struct alert *alert = fixture_only_alert(fx);

	ck_assert_int_eq(alert->reason, REASON_UNEXPLAINED_GAIN);
	ck_assert_int_eq(alert->severity, SEVERITY_HIGH);
	ck_assert_int_eq(alert->mechanism, MECHANISM_SWEEP);
	ck_assert_int_eq(alert->process.pid, pid);
	ck_assert(!alert->audit.has_event);
	return alert;
}

/* How often /proc is asked, of whom and how the fixture answers that. */
static unsigned reads;
static pid_t awaited;
static bool (*real_status)(void *ctx, pid_t pid, struct proc_status *status);

static bool count_status(void *ctx, pid_t pid, struct proc_status *status)
{
	reads += awaited == 0 || awaited == pid;
	return real_status(ctx, pid, status);
}

static void count_reads(pid_t pid)
{
	if (fx->reader.status != count_status)
		real_status = fx->reader.status;
	fx->reader.status = count_status;
	awaited = pid;
	reads = 0;
}

/* Time passes until the process has been read, and not a moment longer. */
static void until_read(pid_t pid)
{
	count_reads(pid);
	while (reads == 0)
		fixture_wait(fx, 5);
}

/* ---- what must be found ---------------------------------------------------------------------- */

START_TEST(test_raise_without_a_record_is_found)
{
	const struct alert *alert;

	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	fixture_wait(fx, FOUND_MS);
	alert = found(DAEMON);
	ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].before, dropped.effective);
	ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].after, full.effective);
	ck_assert_uint_eq(alert->sets[ALERT_PERMITTED].gained, 0);
	ck_assert_int_eq(alert->previous, PREVIOUS_KNOWN);
	ck_assert_int_eq(alert->phase, PHASE_RUNNING);
	ck_assert_int_eq(alert->disposition, DISPOSITION_ALERT);
	ck_assert_str_eq(alert->service.name.data, "daemon.service");
	ck_assert_str_eq(alert->process.exe.data, DAEMON_EXE);
	ck_assert_uint_eq(alert->baseline.missing, CAP(SYS_PTRACE));
}
END_TEST

START_TEST(test_inheritable_and_ambient_count_too)
{
	const struct alert *alert;
	struct event_sets more = full;

	more.inheritable = more.ambient = CAP(NET_RAW);
	fixture_hold(fx, DAEMON, more);
	fixture_wait(fx, FOUND_MS);
	alert = found(DAEMON);
	ck_assert_uint_eq(alert->sets[ALERT_INHERITABLE].gained, CAP(NET_RAW));
	ck_assert_uint_eq(alert->sets[ALERT_AMBIENT].gained, CAP(NET_RAW));
}
END_TEST

START_TEST(test_worker_that_becomes_root_without_a_call_is_found)
{
	const struct alert *alert;

	become(fixture_find(fx, WORKER), 0);
	fixture_hold(fx, WORKER, full);
	fixture_wait(fx, FOUND_MS);
	alert = found(WORKER);
	ck_assert_uint_eq(alert->sets[ALERT_PERMITTED].gained, FIXTURE_ALL);
	ck_assert_str_eq(alert->service.name.data, "daemon.service");
	ck_assert_int_eq(alert->process.uid, 0);
}
END_TEST

START_TEST(test_new_child_with_more_than_its_parent_had_is_found)
{
	fork_of(CHILD, WORKER, DAEMON_EXE, DAEMON_IMAGE);
	fixture_wait(fx, FOUND_MS);
	ck_assert_uint_eq(found(CHILD)->sets[ALERT_PERMITTED].gained, FIXTURE_ALL);
}
END_TEST

START_TEST(test_exec_without_a_record_where_execs_are_recorded_is_no_explanation)
{
	struct fixture_process *worker = fixture_find(fx, WORKER);

	snprintf(worker->exe, sizeof(worker->exe), "/usr/bin/helper");
	worker->status.image = OTHER_IMAGE;
	worker->status.euid = 0;
	fx->file_caps = FIXTURE_ALL;
	fixture_hold(fx, WORKER, full);
	fixture_wait(fx, FOUND_MS);
	ck_assert_str_eq(found(WORKER)->process.exe.data, "/usr/bin/helper");
}
END_TEST

START_TEST(test_pid_given_anew_is_another_process)
{
	fixture_exit(fx, WORKER);
	fixture_wait(fx, 1000);
	fork_of(WORKER, 1, "/tmp/x", OTHER_IMAGE);
	fixture_wait(fx, FOUND_MS);
	found(WORKER);
}
END_TEST

START_TEST(test_session_that_gains_without_executing_anything_is_found)
{
	struct fixture_process *shell = session_of(
		fork_of(CHILD, DAEMON, "/usr/bin/bash", SHELL_IMAGE), 7);

	become(shell, PERSON);
	fixture_hold(fx, CHILD, nothing);
	fixture_wait(fx, FOUND_MS);
	fixture_no_alert(fx);
	become(shell, 0);
	fixture_hold(fx, CHILD, full);
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

START_TEST(test_root_in_a_session_that_raises_without_executing_is_found)
{
	session_of(fork_of(CHILD, DAEMON, "/usr/bin/bash", SHELL_IMAGE), 7);
	fixture_hold(fx, CHILD, dropped);
	fixture_wait(fx, FOUND_MS);
	fixture_hold(fx, CHILD, full);
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

/* Known by a record, with all that its parent once gave it: what it was read with later counts. */
START_TEST(test_child_is_bounded_by_what_its_parent_held_at_the_fork)
{
	fixture_prctl(fx, (struct fixture_act){.pid = WORKER, .ppid = DAEMON, AS_UID(WWW)}, 8, 1,
		      0);
	fixture_forget_alerts(fx);
	fixture_wait(fx, FOUND_MS);
	fork_of(CHILD, WORKER, DAEMON_EXE, DAEMON_IMAGE);
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

START_TEST(test_gain_of_every_thread_is_found)
{
	fixture_find(fx, WORKER)->status.threads = 3;
	fixture_wait(fx, FOUND_MS);
	fixture_hold(fx, WORKER, full);
	fixture_wait(fx, FOUND_MS);
	ck_assert_int_eq(found(WORKER)->previous, PREVIOUS_INFERRED);
}
END_TEST

START_TEST(test_capset_whose_record_is_hidden_explains_nothing)
{
	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	/* the SYSCALL record alone, as an exclude rule leaves it */
	fixture_call(fx, (struct fixture_act){.pid = DAEMON, .call = 126});
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_COVERAGE_LOSS);
	fixture_forget_alerts(fx);
	fixture_wait(fx, FOUND_MS);
	found(DAEMON);
}
END_TEST

START_TEST(test_finding_is_told_once)
{
	fixture_hold(fx, WORKER, full);
	fixture_wait(fx, FOUND_MS);
	found(WORKER);
	fixture_forget_alerts(fx);
	fixture_wait(fx, 5 * INTERVAL_MS);
	fixture_no_alert(fx);
	/* and its record, should it come, tells of no gain any more */
	fixture_capset(fx, (struct fixture_act){.pid = WORKER, .ppid = DAEMON, AS_UID(WWW)}, full);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_id_is_of_process_and_first_sight)
{
	char id[sizeof(((struct alert *)0)->id)];

	fixture_hold(fx, WORKER, full);
	fixture_hold(fx, DAEMON, (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	fixture_wait(fx, FOUND_MS);
	ck_assert_uint_eq(fx->alert_count, 2);
	snprintf(id, sizeof(id), "%s", fx->alerts[0].alert.id);
	ck_assert_str_ne(id, fx->alerts[1].alert.id);
	ck_assert_int_eq(fx->alerts[0].alert.ordinal, 0);
	ck_assert_int_lt(fx->alerts[0].alert.time,
			 fx->alerts[0].alert.observed_time - SWEEP_SETTLE_MS + 1);
}
END_TEST

START_TEST(test_several_findings_each_alert)
{
	for (pid_t pid = 110; pid < 118; pid++) {
		char exe[64];

		snprintf(exe, sizeof(exe), "/tmp/x%d", (int)pid);
		fork_of(pid, 1, exe, OTHER_IMAGE + (uint64_t)pid);
	}
	fixture_wait(fx, FOUND_MS + 3000);
	ck_assert_uint_eq(fx->alert_count, 8);
}
END_TEST

/* ---- what is explained ----------------------------------------------------------------------- */

START_TEST(test_record_on_its_way_is_waited_for)
{
	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	until_read(DAEMON);
	fixture_wait(fx, SWEEP_SETTLE_MS / 2);
	fixture_no_alert(fx);
	fixture_capset(fx, (struct fixture_act){.pid = DAEMON}, full);
	fixture_wait(fx, 3 * INTERVAL_MS);
	ck_assert_int_eq(fixture_only_alert(fx)->mechanism, MECHANISM_CAPSET);
}
END_TEST

START_TEST(test_second_look_waits_for_a_stream_that_lags_behind)
{
	int64_t behind;

	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	until_read(DAEMON);
	/* records keep coming, of before that moment */
	behind = fx->now - 100;
	for (int i = 0; i < 200; i++) {
		int64_t now = fx->now;

		fixture_wait(fx, 100);
		fx->now = behind;
		fixture_record(fx, "USER_LOGIN pid=999 uid=0");
		fixture_call(fx, (struct fixture_act){.pid = WORKER,
						      .ppid = DAEMON,
						      AS_UID(WWW),
						      .call = 157,
						      .args = {8, 1}});
		fx->now = now + 100;
		judge_feed(fx->judge, "", 0, fx->now);
		for (size_t j = 0; j < fx->alert_count; j++)
			ck_assert_int_ne(fx->alerts[j].alert.mechanism, MECHANISM_SWEEP);
	}
	fixture_forget_alerts(fx);
	fixture_wait(fx, FOUND_MS);
	found(DAEMON);
}
END_TEST

START_TEST(test_no_finding_before_it_was_read_twice)
{
	int64_t at = fx->now, judged;

	fixture_hold(fx, WORKER, full);
	while (fx->alert_count == 0 && fx->now < at + 2 * INTERVAL_MS)
		fixture_wait(fx, 100);
	judged = found(WORKER)->observed_time;
	ck_assert_int_ge(judged - fixture_only_alert(fx)->time, SWEEP_SETTLE_MS);
}
END_TEST

START_TEST(test_what_is_gone_at_the_second_look_is_none)
{
	fixture_hold(fx, WORKER, full);
	until_read(WORKER);
	fixture_hold(fx, WORKER, nothing);
	fixture_wait(fx, 3 * INTERVAL_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_daemon_that_toggles_on_record_is_quiet)
{
	for (int i = 0; i < 40; i++) {
		const struct event_sets *sets = i % 2 ? &full : &dropped;

		/* /proc is ahead of the records */
		fixture_hold(fx, DAEMON, *(i % 2 ? &dropped : &full));
		fixture_capset(fx, (struct fixture_act){.pid = DAEMON}, *sets);
		fixture_wait(fx, 5000 + 137 * i);
	}
	for (size_t i = 0; i < fx->alert_count; i++)
		ck_assert_int_eq(fx->alerts[i].alert.mechanism, MECHANISM_CAPSET);
}
END_TEST

START_TEST(test_child_that_holds_what_its_parent_holds_is_quiet)
{
	fork_of(CHILD, DAEMON, DAEMON_EXE, DAEMON_IMAGE);
	fork_of(OTHER, CHILD, DAEMON_EXE, DAEMON_IMAGE);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_helper_forked_before_its_parent_dropped_is_quiet)
{
	fork_of(CHILD, DAEMON, DAEMON_EXE, DAEMON_IMAGE);
	fixture_wait(fx, 100);
	fixture_hold(fx, DAEMON, nothing);
	become(fixture_find(fx, DAEMON), WWW);
	fixture_capset(fx, (struct fixture_act){.pid = DAEMON, AS_UID(WWW)}, nothing);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_orphan_holds_what_its_likes_hold)
{
	fork_of(CHILD, 1, DAEMON_EXE, OTHER_IMAGE);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_orphan_in_another_cgroup_does_not)
{
	struct fixture_process *orphan = fork_of(CHILD, 1, DAEMON_EXE, OTHER_IMAGE);

	snprintf(orphan->cgroup, sizeof(orphan->cgroup), "0::/system.slice/other.service");
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

START_TEST(test_orphan_of_a_login_session_that_had_root_is_quiet)
{
	struct fixture_process *sudo = session_of(
		fork_of(OTHER, DAEMON, "/usr/bin/sudo", SHELL_IMAGE), 7);

	fixture_exec(fx,
		     (struct fixture_act){
			     .pid = OTHER, .ppid = DAEMON, .exe = "/usr/bin/sudo", .session = 7},
		     NULL, NULL);
	fixture_forget_alerts(fx);
	session_of(fork_of(CHILD, 1, "/opt/tool", OTHER_IMAGE), 7);
	sudo->pid = 0;
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_root_that_executes_in_a_session_regains)
{
	struct fixture_process *shell = session_of(
		fork_of(CHILD, DAEMON, "/usr/bin/bash", SHELL_IMAGE), 7);

	fixture_hold(fx, CHILD, nothing);
	fixture_wait(fx, FOUND_MS);
	fixture_hold(fx, CHILD, full);
	shell->status.image = OTHER_IMAGE;
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_root_that_made_its_own_session_does_not_regain)
{
	struct fixture_process *intruder = fork_of(CHILD, DAEMON, DAEMON_EXE, DAEMON_IMAGE);
	struct fixture_act login = {.pid = CHILD, .ppid = DAEMON, .exe = DAEMON_EXE, .session = 7};

	fixture_hold(fx, CHILD, dropped);
	fixture_login(fx, login);
	session_of(intruder, 7);
	fixture_wait(fx, FOUND_MS);
	fixture_no_alert(fx);
	fixture_hold(fx, CHILD, full);
	intruder->status.image = OTHER_IMAGE;
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

START_TEST(test_file_capabilities_explain_in_a_session)
{
	struct fixture_process *shell = session_of(
		fork_of(CHILD, DAEMON, "/usr/bin/bash", SHELL_IMAGE), 7);
	struct event_sets raw = {CAP(NET_RAW), CAP(NET_RAW), 0, 0};

	become(shell, PERSON);
	fixture_hold(fx, CHILD, nothing);
	fixture_wait(fx, FOUND_MS);
	fx->file_caps = CAP(NET_RAW);
	snprintf(shell->exe, sizeof(shell->exe), "/usr/bin/ping");
	shell->status.image = OTHER_IMAGE;
	fixture_hold(fx, CHILD, raw);
	fixture_wait(fx, FOUND_MS);
	fixture_no_alert(fx);
	/* and no more than those */
	raw.permitted |= CAP(NET_ADMIN);
	fixture_hold(fx, CHILD, raw);
	fixture_wait(fx, FOUND_MS);
	ck_assert_uint_eq(found(CHILD)->sets[ALERT_PERMITTED].gained, CAP(NET_ADMIN));
}
END_TEST

START_TEST(test_child_user_namespace_is_none_of_the_host)
{
	fixture_find(fx, WORKER)->child_userns = true;
	fixture_hold(fx, WORKER, full);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_kernel_threads_and_what_the_kernel_starts_are_left_alone)
{
	fork_of(120, 0, "", 0)->status.kernel_thread = true;
	fork_of(121, 120, "/usr/lib/systemd/systemd-coredump", OTHER_IMAGE);
	fork_of(122, WORKER, DAEMON_EXE, DAEMON_IMAGE)->status.ended = true;
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_one_thread_of_several_is_no_finding)
{
	struct fixture_process *worker = fixture_find(fx, WORKER);

	worker->status.threads = 3;
	fixture_hold(fx, WORKER, full);
	worker->status.task_permitted = worker->status.task_effective = 0;
	fixture_wait(fx, 2 * FOUND_MS);
	/* the fixture's status has a leader that holds all, and threads that hold nothing */
	fixture_no_alert(fx);
}
END_TEST

/* At boot: capwatch first, then its rules. */
START_TEST(test_reading_from_before_the_first_rules_says_nothing_of_what_came_after)
{
	teardown();
	fx = fixture_live(NULL);
	sweep_every(INTERVAL_MS);
	fork_of(CHILD, 1, "/usr/lib/systemd/systemd", DAEMON_IMAGE);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 5000);
	fixture_record(fx, "DAEMON_CONFIG op=start");
	fixture_hold(fx, CHILD, (struct event_sets){CAP(NET_RAW), CAP(NET_RAW), 0, CAP(NET_RAW)});
	fixture_find(fx, CHILD)->status.image = OTHER_IMAGE;
	fixture_wait(fx, 10000);
	if (_i == 0)
		fixture_record(fx, "CONFIG_CHANGE auid=4294967295 ses=4294967295 op=add_rule "
				   "key=\"capwatch_exec\" list=4 res=1");
	fixture_wait(fx, 2 * FOUND_MS);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		found(CHILD);
}
END_TEST

START_TEST(test_exec_whose_event_was_cut_off_explains_what_it_gave)
{
	fork_of(CHILD, OTHER, "/usr/sbin/new", OTHER_IMAGE);
	fixture_exec(fx,
		     (struct fixture_act){
			     .pid = CHILD, .ppid = OTHER, .exe = "/usr/sbin/new", .no_end = true},
		     NULL, NULL);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_born_while_rules_are_loaded_is_believed_once)
{
	fixture_record(fx, "CONFIG_CHANGE auid=4294967295 ses=4294967295 op=add_rule "
			   "key=\"capwatch_exec\" list=4 res=1");
	fork_of(CHILD, 1, "/usr/sbin/new", OTHER_IMAGE);
	fixture_hold(fx, CHILD, dropped);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
	fixture_hold(fx, CHILD, full);
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

static void turn_worker_root(void)
{
	struct fixture_process *worker = fixture_find(fx, WORKER);

	snprintf(worker->exe, sizeof(worker->exe), "/usr/bin/helper");
	worker->status.image = OTHER_IMAGE;
	worker->status.euid = 0;
	fixture_hold(fx, WORKER, full);
}

START_TEST(test_auditing_switched_off_and_on_leaves_the_exec_profile_loaded)
{
	int count = 0;

	fixture_record(fx, "CONFIG_CHANGE op=set audit_enabled=0 old=1 auid=4294967295 res=1");
	turn_worker_root();
	fixture_record(fx, "CONFIG_CHANGE op=set audit_enabled=1 old=0 auid=4294967295 res=1");
	fixture_wait(fx, FOUND_MS);
	for (size_t i = 0; i < fx->alert_count; i++)
		count += fx->alerts[i].alert.reason == REASON_UNEXPLAINED_GAIN;
	ck_assert_int_eq(count, 1);
}
END_TEST

static void remove_rules(void)
{
	fixture_record(fx, "CONFIG_CHANGE auid=4294967295 ses=4294967295op=remove_rule "
			   "key=\"site\" list=4 res=1");
}

/* By auditctl, whose own call is recorded by the rule change, and by no rule. */
START_TEST(test_the_key_of_a_rule_is_in_the_record_of_its_change)
{
	struct fixture_act act = {.pid = OTHER,
				  .session = 4,
				  .exe = "/usr/sbin/auditctl",
				  .key = "(null)",
				  .call = 44};

	act.ahead = "CONFIG_CHANGE auid=1000 ses=4 op=remove_rule key=\"site\" list=4 res=1";
	fixture_call(fx, act);
	turn_worker_root();
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_a_rule_without_a_key_was_none_of_the_exec_profile)
{
	fixture_record(fx, "CONFIG_CHANGE auid=4294967295 ses=4294967295op=remove_rule "
			   "key=(null) list=1 res=1");
	turn_worker_root();
	fixture_wait(fx, FOUND_MS);
	found(WORKER);
}
END_TEST

START_TEST(test_rules_that_come_back_are_the_exec_profile_still)
{
	remove_rules();
	turn_worker_root();
	fixture_wait(fx, 30000);
	fixture_no_alert(fx);
	fork_of(OTHER, DAEMON, "/bin/true", OTHER_IMAGE);
	fixture_exec(fx, (struct fixture_act){.pid = OTHER, .ppid = DAEMON, .exe = "/bin/true"},
		     NULL, NULL);
	fixture_wait(fx, FOUND_MS);
	found(WORKER);
}
END_TEST

START_TEST(test_without_the_exec_profile_a_set_user_id_file_may_have_been_executed)
{
	remove_rules();
	fixture_wait(fx, FOUND_MS);
	turn_worker_root();
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_older_than_capwatch_and_never_recorded_has_its_permitted_set)
{
	teardown();
	fx = fixture_live(NULL);
	fork_of(CHILD, 1, "/usr/sbin/old", OTHER_IMAGE);
	fixture_hold(fx, CHILD, dropped);
	fixture_wait(fx, 60000);
	sweep_every(INTERVAL_MS);
	fixture_wait(fx, FOUND_MS);
	fixture_hold(fx, CHILD, full);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
	fixture_hold(fx, CHILD, (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	fixture_wait(fx, FOUND_MS);
	found(CHILD);
}
END_TEST

/* ---- baseline and settings ------------------------------------------------------------------- */

START_TEST(test_what_an_entry_allows_is_silent)
{
	teardown();
	start("services:\n"
	      "  - name: daemon\n"
	      "    match: {exe: " DAEMON_EXE "}\n"
	      "    running: {effective: [cap_sys_ptrace]}\n");
	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	fixture_wait(fx, 2 * FOUND_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_observed_entry_makes_an_observed_finding)
{
	teardown();
	start("services:\n"
	      "  - name: daemon\n"
	      "    match: {exe: " DAEMON_EXE "}\n"
	      "    mode: observe\n");
	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	fixture_wait(fx, FOUND_MS);
	ck_assert_int_eq(found(DAEMON)->disposition, DISPOSITION_OBSERVED);
	ck_assert_str_eq(found(DAEMON)->baseline.entry.data, "daemon");
}
END_TEST

static const char ceiling[] = "services:\n"
			      "  - name: daemon\n"
			      "    match: {exe: " DAEMON_EXE "}\n"
			      "    ceiling: [cap_net_raw]\n";

/* The daemon keeps to its ceiling before its start is over. */
static void start_under_ceiling(void)
{
	struct event_sets raw = {CAP(NET_RAW), CAP(NET_RAW), 0, 0};

	teardown();
	fx = fixture_live(ceiling);
	sweep_every(INTERVAL_MS);
	fixture_wait(fx, 10000);
	fixture_start_unit(fx, DAEMON, "daemon", DAEMON_EXE);
	fixture_find(fx, DAEMON)->status.image = DAEMON_IMAGE;
	fork_of(CHILD, DAEMON, DAEMON_EXE, DAEMON_IMAGE);
	fixture_hold(fx, DAEMON, raw);
	fixture_capset(fx, (struct fixture_act){.pid = DAEMON}, raw);
	fixture_wait(fx, 20000);
}

START_TEST(test_child_above_the_ceiling_is_found_though_nothing_recorded_it)
{
	const struct alert *alert;

	start_under_ceiling();
	fixture_no_alert(fx);
	fixture_wait(fx, 3 * INTERVAL_MS);
	alert = fixture_only_alert(fx);
	ck_assert_int_eq(alert->reason, REASON_ABOVE_CEILING);
	ck_assert_int_eq(alert->mechanism, MECHANISM_SWEEP);
	ck_assert_int_eq(alert->severity, SEVERITY_MEDIUM);
	ck_assert_int_eq(alert->process.pid, CHILD);
	ck_assert_uint_eq(alert->sets[ALERT_PERMITTED].after, FIXTURE_ALL);
	ck_assert_uint_eq(alert->baseline.missing, FIXTURE_ALL & ~CAP(NET_RAW));
	ck_assert_str_eq(alert->service.name.data, "daemon.service");
}
END_TEST

START_TEST(test_moment_above_the_ceiling_is_none)
{
	start_under_ceiling();
	fixture_exit(fx, CHILD);
	fixture_wait(fx, 3 * INTERVAL_MS);
	fixture_no_alert(fx);
}
END_TEST

START_TEST(test_off_means_off)
{
	drop_on_record();
	sweep_every(0);
	fixture_hold(fx, DAEMON, full);
	fixture_wait(fx, 5 * INTERVAL_MS);
	fixture_no_alert(fx);
	sweep_every(INTERVAL_MS);
	fixture_wait(fx, FOUND_MS);
	found(DAEMON);
}
END_TEST

/* ---- the work -------------------------------------------------------------------------------- */

START_TEST(test_work_is_cut_into_slices)
{
	int64_t end;
	unsigned most = 0, all = 0;

	for (pid_t pid = 110; pid < 135; pid++)
		fork_of(pid, DAEMON, DAEMON_EXE, DAEMON_IMAGE);
	fixture_wait(fx, FOUND_MS);
	count_reads(0);
	for (end = fx->now + INTERVAL_MS; fx->now < end;) {
		int64_t deadline = judge_next_deadline(fx->judge);

		fx->now = deadline > fx->now ? deadline : fx->now + 1;
		reads = 0;
		judge_tick(fx->judge, fx->now);
		most = reads > most ? reads : most;
		all += reads;
	}
	ck_assert_uint_ge(all, 28);
	ck_assert_uint_le(most, SWEEP_SLICE + 6);
}
END_TEST

START_TEST(test_stream_that_never_pauses_does_not_stop_the_sweep)
{
	int64_t end = fx->now + 3 * INTERVAL_MS;

	drop_on_record();
	fixture_hold(fx, DAEMON, full);
	/* never a tick: records all the time */
	for (end = fx->now + 3 * INTERVAL_MS; fx->now < end; fx->now += 20)
		fixture_record(fx, "LOGIN pid=999 uid=0 old-auid=1 auid=1 old-ses=1 ses=1 res=0");
	found(DAEMON);
}
END_TEST

START_TEST(test_clock_set_back_does_not_stop_the_sweep)
{
	drop_on_record();
	fx->now -= 3600 * 1000;
	judge_tick(fx->judge, fx->now);
	fixture_hold(fx, DAEMON, full);
	fixture_wait(fx, FOUND_MS + INTERVAL_MS);
	found(DAEMON);
}
END_TEST

START_TEST(test_replay_never_sweeps)
{
	struct fixture *replay = fixture_replay(NULL);

	replay->settings.sweep_ms = 1000;
	fixture_reconfigure(replay, NULL);
	fixture_capset(replay, (struct fixture_act){.pid = DAEMON}, dropped);
	replay->reader.status = NULL;
	judge_tick(replay->judge, replay->now + INTERVAL_MS);
	fixture_no_alert(replay);
	fixture_free(replay);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sweep");
	TCase *tests = tcase_create("sweep");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_raise_without_a_record_is_found);
	tcase_add_test(tests, test_inheritable_and_ambient_count_too);
	tcase_add_test(tests, test_worker_that_becomes_root_without_a_call_is_found);
	tcase_add_test(tests, test_new_child_with_more_than_its_parent_had_is_found);
	tcase_add_test(tests,
		       test_exec_without_a_record_where_execs_are_recorded_is_no_explanation);
	tcase_add_test(tests, test_pid_given_anew_is_another_process);
	tcase_add_test(tests, test_session_that_gains_without_executing_anything_is_found);
	tcase_add_test(tests, test_gain_of_every_thread_is_found);
	tcase_add_test(tests, test_root_in_a_session_that_raises_without_executing_is_found);
	tcase_add_test(tests, test_child_is_bounded_by_what_its_parent_held_at_the_fork);
	tcase_add_test(tests, test_capset_whose_record_is_hidden_explains_nothing);
	tcase_add_test(tests, test_finding_is_told_once);
	tcase_add_test(tests, test_id_is_of_process_and_first_sight);
	tcase_add_test(tests, test_several_findings_each_alert);
	tcase_add_test(tests, test_record_on_its_way_is_waited_for);
	tcase_add_test(tests, test_second_look_waits_for_a_stream_that_lags_behind);
	tcase_add_test(tests, test_no_finding_before_it_was_read_twice);
	tcase_add_test(tests, test_what_is_gone_at_the_second_look_is_none);
	tcase_add_test(tests, test_daemon_that_toggles_on_record_is_quiet);
	tcase_add_test(tests, test_child_that_holds_what_its_parent_holds_is_quiet);
	tcase_add_test(tests, test_helper_forked_before_its_parent_dropped_is_quiet);
	tcase_add_test(tests, test_orphan_holds_what_its_likes_hold);
	tcase_add_test(tests, test_orphan_in_another_cgroup_does_not);
	tcase_add_test(tests, test_orphan_of_a_login_session_that_had_root_is_quiet);
	tcase_add_test(tests, test_root_that_executes_in_a_session_regains);
	tcase_add_test(tests, test_root_that_made_its_own_session_does_not_regain);
	tcase_add_test(tests, test_file_capabilities_explain_in_a_session);
	tcase_add_test(tests, test_child_user_namespace_is_none_of_the_host);
	tcase_add_test(tests, test_kernel_threads_and_what_the_kernel_starts_are_left_alone);
	tcase_add_test(tests, test_one_thread_of_several_is_no_finding);
	tcase_add_test(tests, test_born_while_rules_are_loaded_is_believed_once);
	tcase_add_loop_test(
		tests, test_reading_from_before_the_first_rules_says_nothing_of_what_came_after, 0,
		2);
	tcase_add_test(tests, test_exec_whose_event_was_cut_off_explains_what_it_gave);
	tcase_add_test(tests, test_older_than_capwatch_and_never_recorded_has_its_permitted_set);
	tcase_add_test(tests, test_auditing_switched_off_and_on_leaves_the_exec_profile_loaded);
	tcase_add_test(tests, test_the_key_of_a_rule_is_in_the_record_of_its_change);
	tcase_add_test(tests, test_a_rule_without_a_key_was_none_of_the_exec_profile);
	tcase_add_test(tests, test_rules_that_come_back_are_the_exec_profile_still);
	tcase_add_test(tests,
		       test_without_the_exec_profile_a_set_user_id_file_may_have_been_executed);
	tcase_add_test(tests, test_what_an_entry_allows_is_silent);
	tcase_add_test(tests, test_observed_entry_makes_an_observed_finding);
	tcase_add_test(tests, test_child_above_the_ceiling_is_found_though_nothing_recorded_it);
	tcase_add_test(tests, test_moment_above_the_ceiling_is_none);
	tcase_add_test(tests, test_off_means_off);
	tcase_add_test(tests, test_work_is_cut_into_slices);
	tcase_add_test(tests, test_stream_that_never_pauses_does_not_stop_the_sweep);
	tcase_add_test(tests, test_clock_set_back_does_not_stop_the_sweep);
	tcase_add_test(tests, test_replay_never_sweeps);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
