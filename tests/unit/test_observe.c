/* SPDX-License-Identifier: Apache-2.0 */
/* Which process, which service, which launcher: an event meets the ledger and /proc. */
#include <check.h>
#include <errno.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WEB "/usr/sbin/web"
#define SYSTEMD "/usr/lib/systemd/systemd"
#define EXECUTOR "/usr/lib/systemd/systemd-executor"
#define RUNC "/usr/sbin/runc"

static const struct event_sets none = {0}, full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};
static const struct event_sets idle = {FIXTURE_ALL, 0, 0, 0};

static const char launchers[] = "launchers:\n"
				"  - name: systemd\n"
				"    match: {exe: " SYSTEMD ", parent_exe: " SYSTEMD
				", parent_pid: 1}\n"
				"  - name: systemd-executor\n"
				"    match: {exe: " EXECUTOR ", parent_exe: " SYSTEMD
				", parent_pid: 1}\n"
				"  - name: runc\n"
				"    match: {exe: [/, \"/memfd:runc_cloned:/proc/self/exe\", " RUNC
				"], parent_exe: " RUNC "}\n"
				"    exe_state: any\n"
				"    starts: container\n"
				"    grants: {effective: all, inheritable: all, denied: all}\n"
				"  - {name: sshd, match: {exe: /usr/sbin/sshd}, starts: session}\n"
				"services:\n"
				"  - {name: web, match: {exe: " WEB
				"}, running: {effective: [cap_net_raw]}}\n";

static void set_cgroup(struct fixture *fx, pid_t pid, const char *path)
{
	struct fixture_process *process = fixture_find(fx, pid);

	snprintf(process->cgroup, sizeof(process->cgroup), "0::%s", path);
}

/* ---- services ---- */

static const struct service_case {
	const char *cgroup;
	int64_t session;
	enum service_kind kind;
	const char *name, *template_name;
} services[] = {
	{"/system.slice/db@1.service", 0, SERVICE_UNIT, "db@1.service", "db@.service"},
	{"/", 0, SERVICE_PROGRAM, WEB, WEB},
	{"/", 3, SERVICE_SESSION, "session-3", "session"},
	{"/user.slice/user-1000.slice/user@1000.service/x.scope", 0, SERVICE_SESSION,
	 "user@1000.service", "user@.service"},
	{"/system.slice/runc-c1.scope", 0, SERVICE_CONTAINER, "c1", "container"},
};

START_TEST(test_process_found_running_belongs_to_what_its_cgroup_and_login_say)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB, .session = services[_i].session};
	struct fixture_process *process = fixture_process(fx, 200, 1, WEB);

	process->status.auid = services[_i].session ? 1000 : -1;
	process->status.session = services[_i].session ? services[_i].session : -1;
	set_cgroup(fx, 200, services[_i].cgroup);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->service.kind, services[_i].kind);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, services[_i].name);
	ck_assert_str_eq(fixture_only_alert(fx)->service.template_name.data,
			 services[_i].template_name);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

/* Nobody tells of what was there before us that it has started. */
START_TEST(test_unit_found_running_is_not_starting_for_long)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_process(fx, 200, 1, WEB);
	set_cgroup(fx, 200, "/system.slice/web.service");
	fixture_wait(fx, _i == 0 ? 25000 : 5000);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 60000);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = WEB}, idle);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = WEB}, full);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, _i == 0 ? PHASE_RUNNING : PHASE_STARTING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_seeded_process_has_a_known_before)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 600000);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = WEB}, full);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

/* The record of what it did was on its way while /proc was read: that shows what came of it. */
START_TEST(test_gain_that_seeding_has_seen_already_is_one)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	fixture_wait(fx, 600000);
	/* it may have ended by then: of a zombie the sets are shown, and no file */
	fixture_process(fx, 201, 200, WEB)->exe_hidden = _i == 1;
	fixture_wait(fx, 1000);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 50);
	fx->late = 80;
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = WEB}, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

/* Raised before, and not by what is on record: no gain of that. */
START_TEST(test_what_seeding_found_is_no_gain_of_a_later_record)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	fixture_wait(fx, 600000);
	fixture_process(fx, 201, 200, WEB);
	fixture_wait(fx, 1000);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 50);
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = WEB}, full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* init's child executed its file before the rules were loaded, and has gone when its record comes:
 * nobody can tell that this was the host's file, and only at boot is it believed. */
START_TEST(test_init_s_child_at_boot_may_be_older_than_the_record_of_its_exec)
{
	static const char grants[] = "launchers:\n"
				     "  - name: systemd-executor\n"
				     "    match: {exe: " EXECUTOR ", parent_exe: " SYSTEMD
				     ", parent_pid: 1}\n"
				     "    grants: {userns: true}\n";
	struct fixture *fx = fixture_live(grants);
	struct fixture_act unshare = {.pid = 394, .ppid = 1, .exe = EXECUTOR, .comm = "(tworkctl)"};

	unshare.call = 272;
	unshare.args[0] = 0x10000000;
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 2000);
	fixture_exec(fx, (struct fixture_act){.pid = 300, .exe = WEB}, &full, &full);
	fixture_wait(fx, _i ? 11000 : 100);
	fixture_call(fx, unshare);
	fixture_wait(fx, 10000);
	if (_i)
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_USERNS_GAIN);
	else
		fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* A host that starves: the daemon's first process has come and gone before it was looked at. That
 * it forked the one that is left is on no record, but its exec is. */
START_TEST(test_daemon_whose_forker_was_never_seen_is_starting)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act daemon = {.pid = 472, .ppid = 1, .exe = "/usr/sbin/daemon"};

	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 20000);
	fixture_exec(fx, (struct fixture_act){.pid = 300, .ppid = 1, .exe = WEB}, &full, &full);
	fixture_wait(fx, 20000);
	if (_i == 0)
		fixture_exec(fx, (struct fixture_act){.pid = 431, .ppid = 1, .exe = daemon.exe},
			     &full, &full);
	fixture_wait(fx, 200);
	fixture_process(fx, 472, 1, daemon.exe);
	set_cgroup(fx, 472, "/system.slice/daemon.service");
	fixture_wait(fx, 200);
	fixture_capset(fx, daemon, idle);
	fixture_capset(fx, daemon, full);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, _i == 0 ? PHASE_STARTING : PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

/* The first had gone before it was looked at, so that its start is not known; its last record is
 * older than who has its pid now. */
START_TEST(test_what_began_after_a_pid_s_last_record_is_another)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .ppid = 150, .exe = WEB};

	fixture_process(fx, 150, 1, WEB);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_wait(fx, 5000);
	fixture_process(fx, 200, 150, WEB);
	fixture_wait(fx, 50);
	fixture_capset(fx, act, full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_unit_does_not_become_a_session_by_writing_its_login_id)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB, .session = 9};

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_login(fx, act);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	fixture_free(fx);
}
END_TEST

START_TEST(test_login_by_sshd_opens_a_session_inside_its_unit)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 201, .ppid = 150, .exe = "/bin/bash", .session = 4};

	fixture_run_unit(fx, 150, "ssh", "/usr/sbin/sshd");
	fixture_process(fx, 201, 150, "/usr/sbin/sshd");
	set_cgroup(fx, 201, "/system.slice/ssh.service");
	fixture_login(fx, (struct fixture_act){
				  .pid = 201, .ppid = 150, .exe = "/usr/sbin/sshd", .session = 4});
	snprintf(fixture_find(fx, 201)->exe, 256, "/bin/bash");
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->service.kind, SERVICE_SESSION);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "session-4");
	fixture_free(fx);
}
END_TEST

static const struct login_case {
	const char *unit, *exe; /* of the service, and of its child that sets the login id */
	bool in_session;
} logins[] = {
	{"web", WEB, false},
	{"ssh", "/usr/sbin/sshd", true},
};

/* Execs with a login go unrecorded: of one that gave it to itself they explain nothing. */
START_TEST(test_exec_hidden_by_a_login_id_of_ones_own_gives_nothing)
{
	const struct login_case *entry = &logins[_i];
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 201, .ppid = 150, .exe = entry->exe};

	fixture_run_unit(fx, 150, entry->unit, entry->exe);
	fixture_process(fx, 201, 150, entry->exe);
	fixture_capset(fx, act, none);
	fixture_login(
		fx, (struct fixture_act){.pid = 201, .ppid = 150, .exe = entry->exe, .session = 4});
	snprintf(fixture_find(fx, 201)->exe, 256, "/usr/local/bin/x");
	act.exe = "/usr/local/bin/x";
	act.session = 4;
	fixture_capset(fx, act, full);
	if (entry->in_session)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	fixture_free(fx);
}
END_TEST

/* cron's child has set its login id and gone on, or ended, before the sensor came to it. */
START_TEST(test_login_by_a_child_of_cron_that_is_met_late_opens_a_session)
{
	struct fixture *fx = fixture_live("launchers:\n  - {name: cron, match: {exe: "
					  "/usr/sbin/cron}, starts: session}\n");
	struct fixture_act act = {.pid = 202, .ppid = 201, .exe = WEB, .session = 4};

	fixture_run_unit(fx, 150, "cron", "/usr/sbin/cron");
	fixture_process(fx, 201, 150, _i == 0 ? "/bin/sh" : "/usr/sbin/cron");
	set_cgroup(fx, 201, "/system.slice/cron.service");
	if (_i == 1)
		fixture_exit(fx, 201);
	fx->now += 4000;
	judge_tick(fx->judge, fx->now);
	fx->now -= 4000;
	fixture_login(fx, (struct fixture_act){
				  .pid = 201, .ppid = 150, .exe = "/usr/sbin/cron", .session = 4});
	fixture_process(fx, 202, 201, WEB);
	set_cgroup(fx, 202, "/system.slice/cron.service");
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "session-4");
	fixture_free(fx);
}
END_TEST

/* ---- identity of the file ---- */

START_TEST(test_copy_bind_mounted_over_the_path_is_not_the_entrys_file)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};
	const struct event_sets raised = {FIXTURE_ALL, CAP(NET_RAW), 0, 0};

	fixture_process(fx, 200, 1, WEB)->other_file = _i == 1;
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, raised);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_str_eq(fixture_only_alert(fx)->baseline.entry.data, "");
	fixture_free(fx);
}
END_TEST

START_TEST(test_file_replaced_under_a_running_service_changes_nothing_but_its_state)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct fixture_process *process;

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, act, idle);
	process = fixture_find(fx, 200);
	process->deleted = process->other_file = true;
	act.exe = WEB " (deleted)";
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0});
	fixture_no_alert(fx);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->baseline.entry.data, "web");
	ck_assert_str_eq(fixture_only_alert(fx)->process.exe.data, WEB);
	ck_assert_int_eq(fixture_only_alert(fx)->process.exe_state, EXE_REPLACED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_file_removed_under_a_running_service_is_deleted)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, act, idle);
	strcpy(fx->missing_file, WEB);
	act.exe = WEB " (deleted)";
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->process.exe_state, EXE_DELETED);
	fixture_free(fx);
}
END_TEST

/* ---- pids ---- */

/* The same where what the first did was refused, and moved nothing. */
START_TEST(test_who_began_after_a_pid_s_last_record_belongs_where_proc_shows_it)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB, .error = EPERM};

	fixture_capset_refused(fx, act);
	fixture_forget_alerts(fx);
	fixture_wait(fx, 60000);
	fixture_process(fx, 200, 1, WEB);
	set_cgroup(fx, 200, "/system.slice/web.service");
	fixture_wait(fx, 600000);
	act = (struct fixture_act){.pid = 200, .exe = WEB};
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	ck_assert_int_ne(fixture_only_alert(fx)->process.started, 0);
	fixture_free(fx);
}
END_TEST

/* /proc could not be asked when it was met, and can be now. */
START_TEST(test_process_that_proc_shows_at_last_belongs_where_that_says)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct proc_status status = fixture_process(fx, 200, 1, WEB)->status;

	fixture_exit(fx, 200);
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_process(fx, 200, 1, WEB)->status = status;
	set_cgroup(fx, 200, "/system.slice/web.service");
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	ck_assert_int_eq(fixture_only_alert(fx)->process.exe_state, EXE_CURRENT);
	fixture_free(fx);
}
END_TEST

START_TEST(test_pid_reused_is_another_process)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, act, none);
	fixture_exit(fx, 200);
	fixture_wait(fx, 5000);
	fixture_process(fx, 200, 1, WEB);
	set_cgroup(fx, 200, "/system.slice/other.service");
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	for (size_t i = 0; i < fx->alert_count; i++) {
		ck_assert_str_eq(fx->alerts[i].alert.service.name.data, "other.service");
		ck_assert_int_ne(fx->alerts[i].alert.reason, REASON_IMPOSSIBLE_TRANSITION);
	}
	ck_assert_uint_ge(fx->alert_count, 1);
	fixture_free(fx);
}
END_TEST

START_TEST(test_proc_of_a_later_process_is_not_taken_for_the_events)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};

	/* 200 has acted and gone; its pid is another's by the time that the event is read */
	fixture_process(fx, 200, 1, "/usr/bin/later");
	set_cgroup(fx, 200, "/system.slice/later.service");
	fixture_find(fx, 200)->status.start_time = fx->now + 60000;
	act.uid = act.euid = act.suid = act.fsuid = 33;
	fixture_capset(fx, act, (struct event_sets){CAP(SYS_ADMIN), CAP(SYS_ADMIN), 0, 0});
	ck_assert_str_ne(fixture_only_alert(fx)->service.name.data, "later.service");
	ck_assert_int_eq(fixture_only_alert(fx)->process.started, 0);
	fixture_free(fx);
}
END_TEST

/* The pid was another's when the event happened; by now it is an ancestor of the pid that the event
 * names as parent. Taking that one in puts the new owner into the old one's place. */
START_TEST(test_pid_reused_by_an_ancestor_of_the_parents_pid_is_another_process)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .ppid = 201, .exe = WEB};

	fixture_process(fx, 200, 1, WEB);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 600000);
	fixture_exit(fx, 200);
	fixture_process(fx, 200, 1, "/usr/bin/later")->status.start_time = fx->now + 60000;
	fixture_process(fx, 201, 200, "/usr/bin/later");
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_uint_ge(fx->alert_count, 1);
	ck_assert_str_eq(fx->alerts[0].alert.process.exe.data, WEB);
	fixture_free(fx);
}
END_TEST

/* No kernel writes such a record; a damaged one may say it. */
START_TEST(test_process_is_not_its_own_parent)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .ppid = 200, .exe = WEB};

	fixture_process(fx, 200, 1, "/usr/bin/later")->status.start_time = fx->now + 60000;
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_uint_ge(fx->alert_count, 1);
	ck_assert_str_eq(fx->alerts[0].alert.process.exe.data, WEB);
	fixture_free(fx);
}
END_TEST

/* ---- evasions that were seen once ---- */

/* A running unit that has put cap_sys_ptrace down, and whose execs are recorded. */
static const struct event_sets without_ptrace = {FIXTURE_ALL, FIXTURE_ALL & ~CAP(SYS_PTRACE), 0, 0};

static struct fixture *run_dropped(struct fixture_act act)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, act, without_ptrace);
	fixture_forget_alerts(fx);
	return fx;
}

static void assert_raise_seen(struct fixture *fx)
{
	const struct alert *alert = fixture_only_alert(fx);

	ck_assert_int_eq(alert->reason, REASON_EXPANSION_AFTER_START);
	ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	fixture_free(fx);
}

/* 200 was in a user namespace of its own, or holds everything; it has ended unseen, and another
 * process of that pid raises and ends before /proc could show it. */
static const struct reuse {
	pid_t ppid; /* of the later one; 100 was the first one's parent, 90 that one's */
	bool another;
} reuses[] = {
	{110, true},  /* another process of the host */
	{120, true},  /* one that was not there yet */
	{90, false},  /* a reaper */
	{100, false}, /* the same parent: it can't be told */
};

START_TEST(test_parent_tells_a_reused_pid_of_a_process_that_is_gone)
{
	const struct reuse *reuse = &reuses[_i];
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .ppid = 100, .exe = "/bin/x"};

	fixture_process(fx, 90, 1, "/bin/x");
	fixture_process(fx, 100, 90, "/bin/x");
	fixture_process(fx, 110, 1, "/bin/x");
	fixture_capset(fx, (struct fixture_act){.pid = 110, .exe = "/bin/x"}, idle);
	fixture_hold(fx, 110, idle);
	fixture_wait(fx, 20000);
	fixture_process(fx, 200, 100, "/bin/x");
	fixture_capset(fx, act, full);
	fixture_exit(fx, 200);
	fixture_wait(fx, 1000);
	fixture_hold(fx, fixture_process(fx, 120, 1, "/bin/x")->pid, idle);
	act.ppid = reuse->ppid;
	fixture_capset(fx, act, full);
	if (reuse->another)
		ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
				  FIXTURE_ALL);
	else
		fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* 201, a child of the service, has held everything or gone into a user namespace, and has ended;
 * another child of that pid raises and ends before it is looked at. */
START_TEST(test_pid_given_anew_to_a_child_of_the_same_parent_hides_no_gain)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act web = {.pid = 200, .exe = WEB};
	struct fixture_act child = {.pid = 201, .ppid = 200, .exe = WEB}, unshare = child;

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_process(fx, 201, 200, WEB);
	set_cgroup(fx, 201, "/system.slice/web.service");
	unshare.call = 272;
	unshare.args[0] = 0x10000000;
	if (_i == 0)
		fixture_capset(fx, child, full);
	else
		fixture_call(fx, unshare);
	fixture_exit(fx, 201);
	fixture_capset(fx, web, without_ptrace);
	fixture_forget_alerts(fx);
	fixture_capset(fx, child, full);
	assert_raise_seen(fx);
}
END_TEST

/* 201 has gone into a user namespace and ended; when that record comes, /proc shows another of its
 * pid, born so soon after that the clocks can't tell them apart. It raises, and may have ended by
 * then. */
START_TEST(test_pid_given_anew_before_the_record_of_its_predecessor_came_hides_no_gain)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act child = {.pid = 201, .ppid = 200, .exe = WEB}, unshare = child;

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = WEB}, without_ptrace);
	fixture_wait(fx, 1000);
	unshare.call = 272;
	unshare.args[0] = 0x10000000;
	fixture_process(fx, 201, 200, WEB);
	set_cgroup(fx, 201, "/system.slice/web.service");
	fixture_find(fx, 201)->status.start_time = fx->now + 10;
	fixture_hold(fx, 201, without_ptrace);
	fixture_call(fx, unshare);
	fixture_forget_alerts(fx);
	fixture_wait(fx, 30);
	if (_i == 1)
		fixture_exit(fx, 201);
	else
		fixture_hold(fx, 201, full);
	fixture_capset(fx, child, full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	fixture_free(fx);
}
END_TEST

/* What ends before it is looked at does several things before. */
static const struct short_life {
	bool unprivileged; /* its parent */
	const char *exe;
} short_lives[] = {{false, WEB}, {true, WEB}, {true, "/usr/bin/unshare"}};

START_TEST(test_short_life_that_is_gone_is_one_life)
{
	const struct short_life *life = &short_lives[_i];
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act child = {.pid = 201, .ppid = 200, .exe = life->exe}, unshare;

	fixture_run_unit(fx, 200, "web", WEB);
	if (life->unprivileged) {
		fixture_setuid(fx, (struct fixture_act){.pid = 200, .exe = WEB, AS_UID(33)});
		fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = WEB, AS_UID(33)}, none);
		child.uid = child.euid = child.suid = child.fsuid = 33;
		if (_i == 2)
			fixture_exec(fx, child, NULL, NULL);
		fixture_forget_alerts(fx);
		unshare = child;
		unshare.call = 272;
		unshare.args[0] = 0x10000000;
		fixture_call(fx, unshare);
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_USERNS_GAIN);
		fixture_forget_alerts(fx);
	}
	fixture_capset(fx, child, full);
	fixture_capset(fx, child, idle);
	fixture_capset(fx, child, none);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_renaming_ones_own_file_is_no_exec)
{
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct fixture *fx = run_dropped(act);

	snprintf(fixture_find(fx, 200)->exe, sizeof(fixture_find(fx, 200)->exe), "/tmp/renamed");
	act.exe = "/tmp/renamed";
	fixture_capset(fx, act, full);
	assert_raise_seen(fx);
}
END_TEST

START_TEST(test_child_of_clone_parent_has_not_what_its_parent_on_record_has)
{
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct fixture *fx = run_dropped(act);

	/* made by 200, but a child of 200's parent, which holds everything and runs another file */
	fixture_process(fx, 150, 1, "/usr/sbin/supervisor");
	set_cgroup(fx, 150, "/system.slice/web.service");
	fixture_exec(fx, (struct fixture_act){.pid = 150, .exe = "/usr/sbin/supervisor"}, NULL,
		     NULL);
	fixture_process(fx, 201, 150, WEB);
	set_cgroup(fx, 201, "/system.slice/web.service");
	fixture_forget_alerts(fx);
	act.pid = 201;
	act.ppid = 150;
	fixture_capset(fx, act, full);
	assert_raise_seen(fx);
}
END_TEST

/* Its first records come 5 s after they happened: /proc shows what is later than they are. */
static void seed_late(struct fixture *fx)
{
	fx->late = 5000;
	fx->now += fx->late;
	judge_seed(fx->judge, fx->now);
}

/* The sensor comes late: what /proc shows by then is from after the event. */
START_TEST(test_what_proc_shows_later_is_not_held_against_an_event)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	seed_late(fx);
	fx->late = _i == 0 ? fx->late : 0;
	fixture_capset(fx, act, full);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	/* and the ledger goes on from what was read */
	fixture_forget_alerts(fx);
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_child_of_a_parent_that_was_read_later_is_not_measured_by_that)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	seed_late(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = WEB}, full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* Its own reading is as late; what it does once that has passed is measured by it. */
START_TEST(test_child_of_a_parent_that_was_read_later_is_measured_from_its_own_reading_on)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 201, .ppid = 200, .exe = WEB, AS_UID(33)};

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	seed_late(fx);
	/* gone by now; known by its record, but what it holds tells nothing of the other child */
	fixture_capset(fx, (struct fixture_act){.pid = 202, .ppid = 200, .exe = WEB}, idle);
	fixture_process(fx, 201, 200, WEB);
	fixture_prctl(fx, act, 28, SECBIT_NOROOT, 0);
	fixture_capset(fx, act, full);
	fixture_no_alert(fx);
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

/* /proc does not show them, so no reading is later. */
START_TEST(test_securebits_are_taken_from_a_late_record)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};

	fixture_process(fx, 200, 1, WEB);
	seed_late(fx);
	fixture_prctl(fx, act, 28, SECBIT_NO_SETUID_FIXUP, 0);
	fixture_wait(fx, 600000);
	act = (struct fixture_act){.pid = 200, .exe = WEB, AS_UID(33)};
	fixture_capset(fx, act, full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* What it executed since is not what acted then. */
START_TEST(test_event_from_before_an_exec_that_proc_shows_is_passed_over)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_process(fx, 200, 1, WEB);
	fixture_hold(fx, 200, idle);
	seed_late(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/bin/other"}, full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

static const char DAEMON_AND_PING[] = "services:\n"
				      "  - name: daemon\n"
				      "    match: {exe: /usr/sbin/daemon}\n"
				      "    start: {effective: [cap_sys_time]}\n"
				      "  - name: ping\n"
				      "    match: {exe: /usr/bin/ping}\n"
				      "    running: {effective: [cap_net_raw], permitted: "
				      "[cap_net_raw], mechanisms: [capset, exec]}\n";

/* 200 executes the daemon; 201, forked by it twice, acts and is gone before it is looked at. */
static void run_orphan_that_is_gone(struct fixture *fx, bool other_file)
{
	struct fixture_process *process = fixture_process(fx, 200, 1, "/usr/sbin/daemon");

	process->other_file = other_file;
	fixture_exec(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/daemon"}, NULL, NULL);
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 1, .exe = "/usr/sbin/daemon"},
		       (struct event_sets){.permitted = FIXTURE_ALL & ~CAP(SYS_TIME)});
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 1, .exe = "/usr/sbin/daemon"},
		       (struct event_sets){.permitted = CAP(SYS_TIME), .effective = CAP(SYS_TIME)});
}

START_TEST(test_orphan_that_is_gone_runs_the_file_that_was_executed)
{
	struct fixture *fx = fixture_live(DAEMON_AND_PING);

	run_orphan_that_is_gone(fx, false);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_orphan_that_is_gone_is_not_trusted_where_another_file_has_that_path)
{
	struct fixture *fx = fixture_live(DAEMON_AND_PING);

	run_orphan_that_is_gone(fx, true);
	ck_assert_str_eq(fixture_last_alert(fx)->baseline.entry.data, "");
	fixture_free(fx);
}
END_TEST

/* ping in a login session, gone before it is looked at; its shell is still there. */
static void ping_that_is_gone(struct fixture *fx, bool foreign_files)
{
	fixture_process(fx, 300, 1, "/usr/bin/bash")->foreign_files = foreign_files;
	fixture_capset(fx,
		       (struct fixture_act){.pid = 301,
					    .ppid = 300,
					    .exe = "/usr/bin/ping",
					    .session = 7,
					    AS_UID(1000)},
		       (struct event_sets){.permitted = CAP(NET_RAW), .effective = CAP(NET_RAW)});
}

START_TEST(test_program_of_a_session_that_is_gone_is_of_its_parents_files)
{
	struct fixture *fx = fixture_live(DAEMON_AND_PING);

	ping_that_is_gone(fx, false);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* at and ping, run by root: no exec of theirs is on record, and they need none to hold everything.
 */
/* Its parent has gone, too; the login shell has not. */
static const struct gone {
	bool zombie, parent_zombie, foreign_files;
} gone[] = {
	{false, false, false}, {true, false, false}, {true, true, false},
	{false, false, true},  {true, false, true},  {true, true, true},
};

START_TEST(test_program_of_a_session_that_is_gone_with_its_parent_is_of_the_sessions_files)
{
	const struct gone *is = &gone[_i];
	struct fixture *fx = fixture_live(DAEMON_AND_PING);
	struct fixture_act act = {.pid = 299, .ppid = 1, .exe = "/usr/bin/bash", .session = 7};

	fixture_process(fx, 299, 1, "/usr/bin/bash")->foreign_files = is->foreign_files;
	fixture_capset(fx, act, full);
	fixture_forget_alerts(fx);
	if (is->parent_zombie)
		fixture_process(fx, 300, 299, "/usr/bin/bash")->exe_hidden = true;
	if (is->zombie)
		fixture_process(fx, 301, 300, "/usr/bin/ping")->exe_hidden = true;
	act = (struct fixture_act){.pid = 301, .ppid = 300, .exe = "/usr/bin/ping", .session = 7};
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0});
	if (!is->foreign_files)
		fixture_no_alert(fx);
	else
		ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
				  CAP(NET_RAW));
	fixture_free(fx);
}
END_TEST

START_TEST(test_root_program_of_a_session_that_is_gone_is_of_its_parents_files)
{
	struct fixture *fx = fixture_live(DAEMON_AND_PING);
	struct fixture_act act = {.pid = 301, .ppid = 300, .exe = "/usr/bin/ping", .session = 7};

	fixture_process(fx, 300, 1, "/usr/bin/bash");
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0});
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* auditd.service's child stage, which has executed a shell without cap_sys_module when capwatch
 * starts and reads it; then its event of before comes. */
START_TEST(test_child_stage_that_has_executed_before_capwatch_came_is_not_measured_by_that)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_process *process = fixture_process(fx, 200, 1, "/usr/bin/dash");
	const struct event_sets cut = {FIXTURE_ALL & ~CAP(16), FIXTURE_ALL & ~CAP(16), 0, 0};
	int64_t late = _i ? 2000 : 200;

	set_cgroup(fx, 200, "/system.slice/auditd.service");
	process->status.bounding = cut.permitted;
	fixture_hold(fx, 200, cut);
	fx->now += late;
	judge_seed(fx->judge, fx->now);
	fx->now -= late;
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = SYSTEMD, .comm = "(genrules)"},
		       full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_program_of_a_session_with_files_of_its_own_is_not_trusted_when_gone)
{
	struct fixture *fx = fixture_live(DAEMON_AND_PING);

	ping_that_is_gone(fx, true);
	ck_assert_str_eq(fixture_last_alert(fx)->baseline.entry.data, "");
	fixture_free(fx);
}
END_TEST

START_TEST(test_orphan_has_what_its_service_holds)
{
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct fixture *fx = run_dropped(act);

	fixture_process(fx, 202, 1, WEB);
	set_cgroup(fx, 202, "/system.slice/web.service");
	act.pid = 202;
	fixture_capset(fx, act, full);
	assert_raise_seen(fx);
}
END_TEST

/* It ended before its cgroup could be read; but where execs are on record, one that runs its file
 * has forked it. */
START_TEST(test_orphan_that_is_gone_has_what_those_that_run_its_file_hold)
{
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct fixture *fx = run_dropped(act);

	fixture_exec(fx, (struct fixture_act){.pid = 90, .ppid = 80, .exe = "/bin/sh"}, NULL, NULL);
	act.pid = 202;
	fixture_capset(fx, act, full);
	assert_raise_seen(fx);
}
END_TEST

START_TEST(test_child_is_of_the_host_though_its_parent_has_left_it_since)
{
	struct fixture_act act = {.pid = 200, .exe = WEB};
	struct fixture *fx = run_dropped(act);

	fixture_process(fx, 201, 200, WEB);
	fixture_wait(fx, 1000);
	fixture_find(fx, 200)->child_userns = true;
	act.call = 272;
	act.args[0] = 0x10000000;
	fixture_call(fx, act);
	fixture_forget_alerts(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = WEB}, full);
	assert_raise_seen(fx);
}
END_TEST

START_TEST(test_child_forked_before_its_parent_dropped_has_what_that_had)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = WEB};

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_process(fx, 201, 200, WEB);
	fixture_wait(fx, 1000);
	fixture_capset(fx, act, none);
	fixture_wait(fx, 1000);
	/* its own first drop, of one capability: no gain */
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = WEB},
		       without_ptrace);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_another_threads_uid_is_no_way_back_to_root)
{
	struct fixture_act act = {.pid = 200, .exe = WEB}, nobody = act;
	struct fixture *fx = run_dropped(act);

	fixture_find(fx, 200)->status.threads = 2;
	nobody.euid = nobody.fsuid = 65534;
	fixture_setuid(fx, nobody);
	fixture_forget_alerts(fx);
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	ck_assert(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained & CAP(SYS_PTRACE));
	fixture_free(fx);
}
END_TEST

START_TEST(test_child_of_runc_in_runcs_own_cgroup_launches_nothing)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 301, .ppid = 300, .exe = "/"};

	fixture_process(fx, 300, 1, RUNC);
	set_cgroup(fx, 300, "/system.slice/web.service");
	fixture_process(fx, 301, 300, "/");
	set_cgroup(fx, 301, "/system.slice/web.service");
	fixture_wait(fx, 600000);
	fixture_capset(fx, act, without_ptrace);
	fixture_forget_alerts(fx);
	fixture_capset(fx, act, full);
	assert_raise_seen(fx);
}
END_TEST

/* ---- launchers ---- */

/* A child of init sets up the unit by ambient capabilities and executes it. */
static void launch(struct fixture *fx, pid_t pid, const char *exe, const char *unit)
{
	struct fixture_act act = {.pid = pid, .exe = exe, .comm = "(web)"};

	set_cgroup(fx, pid, unit);
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	fixture_prctl(fx, act, 28, 0x10, 0);
	fixture_prctl(fx, act, 28, 0, 0);
	fixture_prctl(fx, act, 47, 2, NET_RAW);
}

START_TEST(test_what_systemd_grants_a_new_unit_is_silent)
{
	struct fixture *fx = fixture_live(launchers);
	const char *exe = _i ? EXECUTOR : SYSTEMD;

	fixture_process(fx, 200, 1, exe);
	launch(fx, 200, exe, "/system.slice/web.service");
	fixture_no_alert(fx);
	/* what it was granted is known of it */
	fixture_exec(fx, (struct fixture_act){.pid = 200, .exe = WEB, AS_UID(33)}, NULL, NULL);
	fixture_wait(fx, 20000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_what_systemd_grants_is_told_when_asked_for)
{
	struct fixture *fx = fixture_live(launchers);

	fx->settings.report_launcher_grants = true;
	fixture_process(fx, 200, 1, SYSTEMD);
	launch(fx, 200, SYSTEMD, "/system.slice/web.service");
	ck_assert_int_eq(fixture_last_alert(fx)->reason, REASON_AMBIENT_RAISE);
	ck_assert_str_eq(fixture_last_alert(fx)->service.name.data, "web.service");
	fixture_free(fx);
}
END_TEST

/* cap_sys_admin, which systemd puts down for nobody and takes up for nobody. */
START_TEST(test_what_is_beyond_a_launchers_grants_is_judged_like_anybodys)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 200, .exe = SYSTEMD, .comm = "(web)"};

	fixture_process(fx, 200, 1, SYSTEMD);
	set_cgroup(fx, 200, "/system.slice/web.service");
	fixture_capset(fx, act,
		       (struct event_sets){FIXTURE_ALL, FIXTURE_ALL & ~CAP(SYS_ADMIN), 0, 0});
	fixture_no_alert(fx);
	fixture_capset(fx, act, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_ADMIN));
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	fixture_free(fx);
}
END_TEST

/* ---- who began it ---- */

enum { HEAP_OF_INIT = 0x56495000, STACK_OF_INIT = 0x7ffce000, ELSEWHERE = 0x20000000 };

static void place(struct fixture *fx, pid_t pid, uint64_t heap, uint64_t stack)
{
	struct proc_status *status = &fixture_find(fx, pid)->status;

	status->heap = heap;
	status->image = stack;
}

/* Execs are on record for some time. */
static struct fixture *watched_host(void)
{
	struct fixture *fx = fixture_live(launchers);

	place(fx, 1, HEAP_OF_INIT, STACK_OF_INIT);
	fixture_process(fx, 90, 1, "/bin/sh");
	fixture_exec(fx, (struct fixture_act){.pid = 90, .ppid = 80, .exe = "/bin/sh"}, NULL, NULL);
	fixture_wait(fx, 60000);
	return fx;
}

static const struct beginning {
	const char *exe;
	uint64_t heap, stack;  /* its own */
	bool forked;	       /* it has executed nothing since */
	uint64_t exec, capset; /* addresses on record: argv (0: no exec of it was recorded), sets */
	bool genuine, starting;
} beginnings[] = {
	/* systemd's child stage, and after it has executed its target */
	{SYSTEMD, HEAP_OF_INIT, STACK_OF_INIT, true, 0, HEAP_OF_INIT + 8, true, true},
	{SYSTEMD, ELSEWHERE, ELSEWHERE, false, 0, HEAP_OF_INIT + 8, true, true},
	/* somebody's systemd, forked twice, or executed by somebody's orphan */
	{SYSTEMD, ELSEWHERE, ELSEWHERE, true, 0, ELSEWHERE + 8, false, false},
	{SYSTEMD, ELSEWHERE, ELSEWHERE, false, 0, ELSEWHERE + 8, false, false},
	{SYSTEMD, ELSEWHERE, ELSEWHERE, false, ELSEWHERE, HEAP_OF_INIT + 8, false, false},
	/* executed by init's child, as a user's manager is */
	{SYSTEMD, ELSEWHERE, ELSEWHERE, false, HEAP_OF_INIT, ELSEWHERE, false, true},
	/* the executor has its arguments on init's stack, or heap */
	{EXECUTOR, ELSEWHERE, ELSEWHERE, false, STACK_OF_INIT - 4096, ELSEWHERE, true, true},
	{EXECUTOR, ELSEWHERE, ELSEWHERE, false, HEAP_OF_INIT + 65536, ELSEWHERE, true, true},
	{EXECUTOR, ELSEWHERE, ELSEWHERE, false, ELSEWHERE, HEAP_OF_INIT, false, false},
	{EXECUTOR, ELSEWHERE, ELSEWHERE, true, 0, ELSEWHERE, false, false},
};

START_TEST(test_launcher_is_whom_init_began)
{
	const struct beginning *begun = &beginnings[_i];
	struct fixture *fx = watched_host();
	struct fixture_act act = {.pid = 200, .exe = begun->exe, .comm = "(web)"};

	fixture_process(fx, 200, 1, begun->exe)->status.forked = begun->forked;
	place(fx, 200, begun->heap, begun->stack);
	set_cgroup(fx, 200, "/system.slice/web.service");
	if (begun->exec) {
		act.args[1] = begun->exec;
		fixture_exec(fx, act, NULL, NULL);
	}
	act.args[1] = begun->capset;
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	fixture_prctl(fx, act, 47, 2, NET_RAW);
	if (begun->genuine) {
		fixture_no_alert(fx);
	} else {
		ck_assert_int_eq(fixture_last_alert(fx)->reason, REASON_AMBIENT_RAISE);
		ck_assert_int_eq(fixture_last_alert(fx)->phase,
				 begun->starting ? PHASE_STARTING : PHASE_RUNNING);
	}
	fixture_free(fx);
}
END_TEST

START_TEST(test_launcher_is_believed_where_init_shows_no_memory)
{
	struct fixture *fx = watched_host();

	place(fx, 1, 0, 0);
	fixture_process(fx, 200, 1, SYSTEMD);
	place(fx, 200, ELSEWHERE, ELSEWHERE);
	launch(fx, 200, SYSTEMD, "/system.slice/web.service");
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- a cgroup of a unit's name ---- */

static const struct newcomer {
	uint64_t argv; /* 0: no exec of it was recorded */
	bool early;    /* it is older than the records */
	bool starting;
} newcomers[] = {
	{HEAP_OF_INIT + 64, false, true},
	{ELSEWHERE, false, false},
	{0, false, false},
	{0, true, true},
};

START_TEST(test_unit_is_starting_only_when_init_began_it)
{
	const struct newcomer *newcomer = &newcomers[_i];
	struct fixture *fx = newcomer->early ? fixture_live(launchers) : watched_host();
	struct fixture_act act = {.pid = 200, .exe = "/tmp/x"};

	place(fx, 1, HEAP_OF_INIT, STACK_OF_INIT);
	fixture_process(fx, 200, 1, "/tmp/x")->status.forked = newcomer->argv == 0;
	set_cgroup(fx, 200, "/system.slice/new.service");
	if (newcomer->argv) {
		act.args[1] = newcomer->argv;
		fixture_exec(fx, act, NULL, NULL);
	}
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "new.service");
	ck_assert_int_eq(fixture_only_alert(fx)->phase,
			 newcomer->starting ? PHASE_STARTING : PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_orphan_alone_in_a_unit_of_its_own_has_what_others_of_its_file_hold)
{
	struct fixture *fx = watched_host();

	fixture_process(fx, 150, 1, "/tmp/x");
	fixture_capset(fx, (struct fixture_act){.pid = 150, .exe = "/tmp/x"}, idle);
	fixture_process(fx, 200, 1, "/tmp/x")->status.forked = true;
	/* /proc counts in ticks, and may say that it began a little after it acted */
	fixture_find(fx, 200)->status.start_time += _i == 0 ? 0 : 9;
	set_cgroup(fx, 200, "/system.slice/own.service");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/tmp/x"}, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_units_start_by_init_counts_whoever_was_in_its_cgroup_before)
{
	struct fixture *fx = watched_host();
	struct fixture_act act = {.pid = 200, .exe = "/tmp/x"};

	fixture_process(fx, 200, 1, "/tmp/x");
	set_cgroup(fx, 200, "/system.slice/new.service");
	fixture_capset(fx, act, idle);
	fixture_service(fx, "SERVICE_START", "new");
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_STARTING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_launcher_in_a_service_that_runs_already_is_judged_like_anybody)
{
	struct fixture *fx = fixture_live(launchers);

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_no_alert(fx);
	fixture_process(fx, 201, 1, SYSTEMD);
	launch(fx, 201, SYSTEMD, "/system.slice/web.service");
	ck_assert_uint_ge(fx->alert_count, 1);
	ck_assert_int_eq(fixture_last_alert(fx)->phase, PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

/* A reload of a unit that has run for long: init's child sets it up as it did the start. */
static const struct reload {
	const char *exe, *cgroup; /* NULL: it had gone before its cgroup was read */
	uint64_t argv, pointer;	  /* its exec (0: none), and the sets of its capset */
	bool silent;
	bool reexecuted; /* systemctl daemon-reexec: init's own exec is on record */
} reloads[] = {
	{SYSTEMD, "/system.slice/web.service", 0, HEAP_OF_INIT + 8, true, false},
	{EXECUTOR, "/system.slice/web.service", STACK_OF_INIT - 64, ELSEWHERE, true, false},
	{SYSTEMD, NULL, 0, HEAP_OF_INIT + 8, true, false},
	{EXECUTOR, NULL, STACK_OF_INIT - 64, ELSEWHERE, true, false},
	{SYSTEMD, "/system.slice/web.service", 0, ELSEWHERE + 8, false, false},
	{EXECUTOR, "/system.slice/web.service", ELSEWHERE, ELSEWHERE, false, false},
	{SYSTEMD, NULL, 0, ELSEWHERE + 8, false, false},
	{SYSTEMD, "/system.slice/web.service", 0, HEAP_OF_INIT + 8, true, true},
	{SYSTEMD, NULL, 0, HEAP_OF_INIT + 8, true, true},
	{EXECUTOR, "/system.slice/web.service", STACK_OF_INIT - 64, ELSEWHERE, true, true},
	{SYSTEMD, "/system.slice/web.service", 0, ELSEWHERE + 8, false, true},
};

START_TEST(test_what_init_itself_grants_is_silent_whatever_the_units_age)
{
	const struct reload *reload = &reloads[_i];
	struct fixture *fx = watched_host();
	struct fixture_act act = {.pid = 201, .exe = reload->exe, .comm = "(kill)"};

	fixture_run_unit(fx, 200, "web", WEB);
	if (reload->reexecuted)
		fixture_exec(fx, (struct fixture_act){.pid = 1, .exe = SYSTEMD}, NULL, NULL);
	fixture_process(fx, 201, 1, reload->exe);
	place(fx, 201, ELSEWHERE, ELSEWHERE);
	if (reload->cgroup)
		set_cgroup(fx, 201, reload->cgroup);
	else
		fixture_exit(fx, 201);
	if (reload->argv) {
		act.args[1] = reload->argv;
		fixture_exec(fx, act, NULL, NULL);
	}
	act.args[1] = reload->pointer;
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	fixture_prctl(fx, act, 47, 2, NET_RAW);
	if (reload->silent)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_last_alert(fx)->reason, REASON_AMBIENT_RAISE);
	fixture_free(fx);
}
END_TEST

/* Its first call tells no address, and it has gone; but nobody else runs init's file. */
START_TEST(test_fork_of_init_that_is_gone_is_known_by_nobody_else_running_its_file)
{
	struct fixture *fx = watched_host();
	struct fixture_act mimic = {.pid = 150, .ppid = 140, .exe = SYSTEMD};

	fixture_exec(fx, (struct fixture_act){.pid = 100, .exe = "/usr/sbin/daemon"}, NULL, NULL);
	if (_i == 1) {
		/* somebody has, and has gone on to another file */
		fixture_process(fx, 150, 140, SYSTEMD);
		fixture_exec(fx, mimic, NULL, NULL);
		mimic.exe = "/bin/true";
		fixture_exec(fx, mimic, NULL, NULL);
		fixture_forget_alerts(fx);
	}
	if (_i == 3) { /* a service that runs, then daemon-reexec */
		fixture_run_unit(fx, 200, "web", "/bin/target");
		fixture_exec(fx, (struct fixture_act){.pid = 1, .exe = SYSTEMD}, NULL, NULL);
	}
	if (_i >= 2) { /* it lives, and has executed its target since */
		fixture_process(fx, 201, 1, "/bin/target");
		set_cgroup(fx, 201, "/system.slice/web.service");
	}
	fixture_prctl(fx, (struct fixture_act){.pid = 201, .exe = SYSTEMD}, 47, 2, NET_RAW);
	if (_i != 1)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_AMBIENT_RAISE);
	fixture_free(fx);
}
END_TEST

/* At our start init was starting something: the child stage runs init's file, but is nobody else's.
 */
START_TEST(test_fork_of_init_that_was_met_in_proc_is_none_of_others)
{
	struct fixture *fx = watched_host();

	fixture_process(fx, 150, 1, SYSTEMD)->status.forked = true;
	place(fx, 150, _i == 0 ? HEAP_OF_INIT : ELSEWHERE, _i == 0 ? STACK_OF_INIT : ELSEWHERE);
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 60000);
	fixture_prctl(fx, (struct fixture_act){.pid = 201, .exe = SYSTEMD}, 47, 2, NET_RAW);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_AMBIENT_RAISE);
	fixture_free(fx);
}
END_TEST

/* user@1000.service is a session of its own name. */
START_TEST(test_users_manager_started_again_is_a_new_start)
{
	struct fixture *fx = fixture_live(launchers);

	for (int round = 0; round < 2; round++) {
		fixture_process(fx, 200, 1, SYSTEMD);
		launch(fx, 200, SYSTEMD,
		       "/user.slice/user-1000.slice/user@1000.service/init.scope");
		fixture_exec(fx, (struct fixture_act){.pid = 200, .exe = SYSTEMD, AS_UID(1000)},
			     NULL, NULL);
		fixture_service(fx, "SERVICE_START", "user@1000");
		fixture_wait(fx, 600000);
		fixture_exit(fx, 200);
		fixture_service(fx, "SERVICE_STOP", "user@1000");
	}
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

static const struct forgery {
	const char *exe, *parent;
	pid_t ppid;
	bool other_file;
} forgeries[] = {
	{"/tmp/x", SYSTEMD, 1, false}, /* comm alone */
	{SYSTEMD, SYSTEMD, 1, true},   /* a copy */
	{EXECUTOR, SYSTEMD, 1, true},
	{SYSTEMD, "/bin/bash", 150, false}, /* systemd's file, but not init's child */
	{EXECUTOR, "/bin/bash", 150, false},
	{"/memfd:runc_cloned:/proc/self/exe", "/bin/bash", 150, true},
	{"/", "/tmp/runc", 150, true},
};

START_TEST(test_forged_launcher_grants_nothing_silently)
{
	const struct forgery *entry = &forgeries[_i];
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {
		.pid = 200, .ppid = entry->ppid, .exe = entry->exe, .comm = "(web)"};

	if (entry->ppid != 1)
		fixture_process(fx, entry->ppid, 1, entry->parent);
	fixture_process(fx, 200, entry->ppid, entry->exe)->other_file = entry->other_file;
	set_cgroup(fx, 200, "/system.slice/web.service");
	fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	fixture_prctl(fx, act, 47, 2, NET_RAW);
	ck_assert_int_eq(fixture_last_alert(fx)->reason, REASON_AMBIENT_RAISE);
	fixture_free(fx);
}
END_TEST

START_TEST(test_runcs_init_is_silent_and_its_payload_in_the_container)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act init = {.pid = 201, .ppid = 200, .exe = "/", .comm = "runc:[2:INIT]"};
	struct fixture_act payload = {.pid = 201, .ppid = 200, .exe = "/bin/app"};

	fixture_process(fx, 200, 1, RUNC);
	fixture_process(fx, 201, 200, "/")->other_file = true;
	set_cgroup(fx, 201, "/system.slice/runc-c1.scope");
	fixture_capset(fx, init, idle);
	fixture_capset(fx, init, full);
	fixture_prctl(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = "/", .error = 1}, 47,
		      2, NET_RAW);
	fixture_no_alert(fx);
	fixture_exec(fx, payload, NULL, NULL);
	fixture_wait(fx, 600000);
	fixture_capset(fx, payload, idle);
	fixture_capset(fx, payload, full);
	ck_assert_int_eq(fixture_only_alert(fx)->service.kind, SERVICE_CONTAINER);
	ck_assert_str_eq(fixture_only_alert(fx)->service.container.id.data, "c1");
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

/* The runtime executes itself, and was already in the container's cgroup when it was looked at:
 * what that holds is not what the container was given. */
START_TEST(test_container_was_given_what_its_program_got_and_not_its_runtime)
{
	struct fixture *fx = fixture_live(
		"launchers:\n"
		"  - name: runc\n"
		"    match: {exe: [/, " RUNC "], parent_exe: " RUNC "}\n"
		"    exe_state: any\n"
		"    starts: container\n"
		"    grants: {effective: all}\n"
		"services: [{name: box, match: {container: true}, ceiling: declared}]\n");
	struct fixture_act forked = {.pid = 201, .ppid = 200, .exe = "/"};
	struct fixture_act first = {.pid = 201, .ppid = 200, .exe = RUNC};
	struct fixture_act init = {.pid = 202, .ppid = 200, .exe = "/bin/app"};
	struct fixture_act entered = {.pid = 203, .ppid = 200, .exe = "/bin/app"};
	struct event_sets more = {CAP(NET_RAW) | CAP(SYS_ADMIN), 0, 0, 0};

	fixture_process(fx, 200, 1, RUNC);
	for (pid_t pid = 201; pid <= 203; pid++) {
		fixture_process(fx, pid, 200, "/")->other_file = true;
		set_cgroup(fx, pid, "/system.slice/runc-c1.scope");
	}
	fixture_setuid(fx, forked);
	fixture_exec(fx, first, NULL, NULL);
	fixture_exit(fx, 201);
	fixture_find(fx, 202)->status.bounding = CAP(NET_RAW);
	fixture_hold(fx, 202, (struct event_sets){CAP(NET_RAW), 0, 0, 0});
	fixture_exec(fx, init, NULL, NULL);
	fixture_wait(fx, 600000);
	fixture_exec(fx, entered, NULL, NULL);
	fixture_capset(fx, entered, more);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_ABOVE_CEILING);
	ck_assert_uint_eq(fixture_only_alert(fx)->baseline.missing, CAP(SYS_ADMIN));
	fixture_free(fx);
}
END_TEST

/* LD_PRELOAD into the runtime, and a cgroup made for it, is no container. */
/* $(runc run ...) in an administrator's shell: the subshell was met before it executed runc. */
START_TEST(test_parent_in_a_session_is_what_it_executed_since)
{
	static const char runtime[] = "launchers:\n"
				      "  - name: runc\n"
				      "    match: {exe: [/], parent_exe: [/usr/sbin/runc]}\n"
				      "    exe_state: any\n"
				      "    starts: container\n"
				      "    grants: {effective: all}\n";
	struct fixture *fx = fixture_live(runtime);
	struct fixture_act act = {.pid = 300, .exe = "/usr/bin/bash", .session = 7};

	fixture_process(fx, 300, 1, "/usr/bin/bash");
	set_cgroup(fx, 300, "/user.slice/user-0.slice/session-7.scope");
	fixture_capset(fx, act, full);
	if (_i == 0)
		snprintf(fixture_find(fx, 300)->exe, sizeof(fx->processes[0].exe),
			 "/usr/sbin/runc");
	fixture_process(fx, 301, 300, "/");
	set_cgroup(fx, 301, "/system.slice/box.scope/container");
	act = (struct fixture_act){.pid = 301, .ppid = 300, .exe = "/", .session = 7};
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
				  FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

static void in_session_7(struct fixture *fx, pid_t pid, pid_t ppid, uint64_t image)
{
	struct fixture_process *process = fixture_process(fx, pid, ppid, "/");

	set_cgroup(fx, pid, "/user.slice/user-0.slice/session-7.scope");
	snprintf(process->file, sizeof(process->file), "/usr/bin/crun");
	snprintf(process->status.comm, sizeof(process->status.comm), "crun");
	process->status.auid = 1000;
	process->status.session = 7;
	process->status.image = image;
	process->status.forked = true;
}

static void raise_as_crun(struct fixture *fx, int64_t pid, int64_t ppid)
{
	struct fixture_act act = {
		.pid = pid, .ppid = ppid, .exe = "/", .comm = "crun", .session = 7};

	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
}

static const struct detached {
	const char *file; /* that both run */
	bool parent_hidden;
	uint64_t image; /* of the parent */
	bool silent;
} detached[] = {
	{"/usr/bin/crun", false, 1, true},
	{"/usr/bin/other", false, 1, false},
	{"/usr/bin/crun", true, 1, true},
	{"/usr/bin/crun", true, 2, false},
};

static const char crun[] = "launchers:\n"
			   "  - name: crun\n"
			   "    match: {exe: /usr/bin/crun, parent_exe: /usr/bin/crun}\n"
			   "    starts: container\n"
			   "    grants: {effective: all}\n";

/* A mount of its file that hangs nowhere: the path says nothing, the inode all. */
START_TEST(test_detached_runtime_is_known_by_its_inode)
{
	const struct detached *is = &detached[_i];
	struct fixture *fx = fixture_live(crun);
	struct fixture_process *process;

	in_session_7(fx, 300, 1, is->image);
	fixture_find(fx, 300)->exe_hidden = is->parent_hidden;
	in_session_7(fx, 301, 300, 1);
	set_cgroup(fx, 301, "/system.slice/box.scope/container");
	for (pid_t pid = 300; pid <= 301; pid++) {
		process = fixture_find(fx, pid);
		snprintf(process->file, sizeof(process->file), "%s", is->file);
	}
	raise_as_crun(fx, 301, 300);
	if (is->silent)
		fixture_no_alert(fx);
	else
		ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
				  FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

/* known: the session has run it before. parent_met: just before its end. executed: the container's
 * program runs by now; else it has gone. */
static const struct lost_runtime {
	bool known, parent_met, executed;
} lost_runtimes[] = {
	{true, true, false},  {true, false, false},  {true, true, true},  {true, false, true},
	{false, true, false}, {false, false, false}, {false, true, true},
};

/* Too late to be looked at: it is what its session is known to run so. */
START_TEST(test_detached_runtime_that_is_gone_is_what_its_session_runs)
{
	const struct lost_runtime *is = &lost_runtimes[_i];
	struct fixture *fx = fixture_live(crun);

	if (is->known) {
		in_session_7(fx, 300, 1, 1);
		in_session_7(fx, 301, 300, 1);
		set_cgroup(fx, 301, "/system.slice/box.scope/container");
		raise_as_crun(fx, 301, 300);
	}
	if (is->parent_met) {
		in_session_7(fx, 310, 1, 1);
		fixture_find(fx, 310)->exe_hidden = true;
	}
	if (is->executed) {
		in_session_7(fx, 311, 310, 2);
		snprintf(fixture_find(fx, 311)->exe, PROC_COMM_MAX, "/bin/busybox");
		fixture_find(fx, 311)->foreign_files = true;
		set_cgroup(fx, 311, "/system.slice/box2.scope/container");
	}
	raise_as_crun(fx, 311, 310);
	if (is->known)
		fixture_no_alert(fx);
	else
		ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
				  FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_runtime_with_anothers_code_starts_no_container)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act init = {.pid = 201, .ppid = 200, .exe = RUNC};
	pid_t injected = _i == 1 ? 200 : 201;

	fixture_process(fx, 200, 1, RUNC);
	fixture_process(fx, 201, 200, RUNC);
	if (_i)
		fixture_find(fx, injected)->foreign_code = true;
	set_cgroup(fx, 201, "/x.service");
	fixture_capset(fx, init, idle);
	fixture_capset(fx, init, full);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->service.kind, SERVICE_PROGRAM);
	fixture_free(fx);
}
END_TEST

START_TEST(test_without_systemd_a_program_starts_with_its_first_process)
{
	struct fixture *fx = fixture_live(launchers);
	struct fixture_act act = {.pid = 300, .ppid = 150, .exe = "/opt/daemon"};

	fixture_process(fx, 150, 1, "/bin/sh");
	fixture_wait(fx, 600000);
	fixture_process(fx, 300, 150, "/bin/sh");
	fixture_exec(fx, act, NULL, NULL);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_STARTING);
	ck_assert_int_eq(fixture_only_alert(fx)->service.kind, SERVICE_PROGRAM);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "/opt/daemon");
	fixture_forget_alerts(fx);
	fixture_wait(fx, 11000);
	fixture_capset(fx, act, idle);
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observe");
	TCase *tc = tcase_create("observe");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_process_found_running_belongs_to_what_its_cgroup_and_login_say,
			    0, COUNT(services));
	tcase_add_loop_test(tc, test_unit_found_running_is_not_starting_for_long, 0, 2);
	tcase_add_test(tc, test_seeded_process_has_a_known_before);
	tcase_add_loop_test(tc, test_gain_that_seeding_has_seen_already_is_one, 0, 2);
	tcase_add_test(tc, test_what_seeding_found_is_no_gain_of_a_later_record);
	tcase_add_loop_test(tc, test_init_s_child_at_boot_may_be_older_than_the_record_of_its_exec,
			    0, 2);
	tcase_add_loop_test(tc, test_daemon_whose_forker_was_never_seen_is_starting, 0, 2);
	tcase_add_test(tc, test_what_began_after_a_pid_s_last_record_is_another);
	tcase_add_test(tc, test_unit_does_not_become_a_session_by_writing_its_login_id);
	tcase_add_test(tc, test_login_by_sshd_opens_a_session_inside_its_unit);
	tcase_add_loop_test(tc, test_exec_hidden_by_a_login_id_of_ones_own_gives_nothing, 0,
			    COUNT(logins));
	tcase_add_loop_test(tc, test_login_by_a_child_of_cron_that_is_met_late_opens_a_session, 0,
			    2);
	tcase_add_loop_test(tc, test_copy_bind_mounted_over_the_path_is_not_the_entrys_file, 0, 2);
	tcase_add_test(tc,
		       test_file_replaced_under_a_running_service_changes_nothing_but_its_state);
	tcase_add_test(tc, test_file_removed_under_a_running_service_is_deleted);
	tcase_add_loop_test(tc, test_parent_tells_a_reused_pid_of_a_process_that_is_gone, 0,
			    COUNT(reuses));
	tcase_add_loop_test(
		tc, test_pid_given_anew_before_the_record_of_its_predecessor_came_hides_no_gain, 0,
		2);
	tcase_add_loop_test(tc, test_pid_given_anew_to_a_child_of_the_same_parent_hides_no_gain, 0,
			    2);
	tcase_add_loop_test(tc, test_short_life_that_is_gone_is_one_life, 0, COUNT(short_lives));
	tcase_add_test(tc, test_renaming_ones_own_file_is_no_exec);
	tcase_add_test(tc, test_child_of_clone_parent_has_not_what_its_parent_on_record_has);
	tcase_add_loop_test(tc, test_what_proc_shows_later_is_not_held_against_an_event, 0, 2);
	tcase_add_test(tc, test_child_of_a_parent_that_was_read_later_is_not_measured_by_that);
	tcase_add_test(
		tc, test_child_of_a_parent_that_was_read_later_is_measured_from_its_own_reading_on);
	tcase_add_test(tc, test_securebits_are_taken_from_a_late_record);
	tcase_add_test(tc, test_event_from_before_an_exec_that_proc_shows_is_passed_over);
	tcase_add_test(tc, test_orphan_that_is_gone_runs_the_file_that_was_executed);
	tcase_add_test(tc,
		       test_orphan_that_is_gone_is_not_trusted_where_another_file_has_that_path);
	tcase_add_test(tc, test_program_of_a_session_that_is_gone_is_of_its_parents_files);
	tcase_add_test(tc, test_root_program_of_a_session_that_is_gone_is_of_its_parents_files);
	tcase_add_loop_test(
		tc, test_program_of_a_session_that_is_gone_with_its_parent_is_of_the_sessions_files,
		0, COUNT(gone));
	tcase_add_loop_test(
		tc, test_child_stage_that_has_executed_before_capwatch_came_is_not_measured_by_that,
		0, 2);
	tcase_add_test(tc,
		       test_program_of_a_session_with_files_of_its_own_is_not_trusted_when_gone);
	tcase_add_test(tc, test_orphan_has_what_its_service_holds);
	tcase_add_test(tc, test_orphan_that_is_gone_has_what_those_that_run_its_file_hold);
	tcase_add_test(tc, test_child_is_of_the_host_though_its_parent_has_left_it_since);
	tcase_add_test(tc, test_child_forked_before_its_parent_dropped_has_what_that_had);
	tcase_add_test(tc, test_another_threads_uid_is_no_way_back_to_root);
	tcase_add_test(tc, test_child_of_runc_in_runcs_own_cgroup_launches_nothing);
	tcase_add_test(tc, test_who_began_after_a_pid_s_last_record_belongs_where_proc_shows_it);
	tcase_add_test(tc, test_process_that_proc_shows_at_last_belongs_where_that_says);
	tcase_add_test(tc, test_pid_reused_is_another_process);
	tcase_add_test(tc, test_pid_reused_by_an_ancestor_of_the_parents_pid_is_another_process);
	tcase_add_test(tc, test_process_is_not_its_own_parent);
	tcase_add_test(tc, test_proc_of_a_later_process_is_not_taken_for_the_events);
	tcase_add_loop_test(tc, test_what_systemd_grants_a_new_unit_is_silent, 0, 2);
	tcase_add_test(tc, test_what_systemd_grants_is_told_when_asked_for);
	tcase_add_test(tc, test_what_is_beyond_a_launchers_grants_is_judged_like_anybodys);
	tcase_add_loop_test(tc, test_runtime_with_anothers_code_starts_no_container, 0, 3);
	tcase_add_loop_test(tc, test_launcher_is_whom_init_began, 0, COUNT(beginnings));
	tcase_add_test(tc, test_launcher_is_believed_where_init_shows_no_memory);
	tcase_add_loop_test(tc, test_unit_is_starting_only_when_init_began_it, 0, COUNT(newcomers));
	tcase_add_test(tc, test_units_start_by_init_counts_whoever_was_in_its_cgroup_before);
	tcase_add_loop_test(
		tc, test_orphan_alone_in_a_unit_of_its_own_has_what_others_of_its_file_hold, 0, 2);
	tcase_add_test(tc, test_launcher_in_a_service_that_runs_already_is_judged_like_anybody);
	tcase_add_loop_test(tc, test_what_init_itself_grants_is_silent_whatever_the_units_age, 0,
			    COUNT(reloads));
	tcase_add_loop_test(
		tc, test_fork_of_init_that_is_gone_is_known_by_nobody_else_running_its_file, 0, 4);
	tcase_add_loop_test(tc, test_fork_of_init_that_was_met_in_proc_is_none_of_others, 0, 2);
	tcase_add_test(tc, test_users_manager_started_again_is_a_new_start);
	tcase_add_loop_test(tc, test_forged_launcher_grants_nothing_silently, 0, COUNT(forgeries));
	tcase_add_loop_test(tc, test_parent_in_a_session_is_what_it_executed_since, 0, 2);
	tcase_add_loop_test(tc, test_detached_runtime_is_known_by_its_inode, 0, COUNT(detached));
	tcase_add_loop_test(tc, test_detached_runtime_that_is_gone_is_what_its_session_runs, 0,
			    COUNT(lost_runtimes));
	tcase_add_test(tc, test_container_was_given_what_its_program_got_and_not_its_runtime);
	tcase_add_test(tc, test_runcs_init_is_silent_and_its_payload_in_the_container);
	tcase_add_test(tc, test_without_systemd_a_program_starts_with_its_first_process);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
