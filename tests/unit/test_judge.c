/* SPDX-License-Identifier: Apache-2.0 */
/* The judge as one piece: bytes in, alerts out. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "judge/intake.h"
#include "tests/unit/judge_fixture.h"

static const struct event_sets full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};
static const struct event_sets without_ptrace = {FIXTURE_ALL & ~CAP(SYS_PTRACE),
						 FIXTURE_ALL & ~CAP(SYS_PTRACE), 0, 0};
static const struct event_sets ptrace_idle = {FIXTURE_ALL, FIXTURE_ALL & ~CAP(SYS_PTRACE), 0, 0};

/* The service drops cap_sys_ptrace from effective and later takes it back. */
static void drop_and_raise(struct fixture *fx, pid_t pid, const char *exe)
{
	struct fixture_act act = {.pid = pid, .exe = exe};

	fixture_capset(fx, act, ptrace_idle);
	fixture_wait(fx, 1000);
	fixture_capset(fx, act, full);
}

START_TEST(test_running_service_that_raises_a_capability_alerts)
{
	struct fixture *fx = fixture_live(NULL);
	const struct alert *alert;

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_no_alert(fx);
	drop_and_raise(fx, 200, "/usr/sbin/web");
	alert = fixture_only_alert(fx);
	ck_assert_int_eq(alert->reason, REASON_EXPANSION_AFTER_START);
	ck_assert_int_eq(alert->severity, SEVERITY_HIGH);
	ck_assert_int_eq(alert->mechanism, MECHANISM_CAPSET);
	ck_assert_int_eq(alert->phase, PHASE_RUNNING);
	ck_assert_int_eq(alert->previous, PREVIOUS_KNOWN);
	ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].before, ptrace_idle.effective);
	ck_assert_uint_eq(alert->sets[ALERT_PERMITTED].gained, 0);
	ck_assert_str_eq(alert->service.name.data, "web.service");
	ck_assert_int_eq(alert->service.kind, SERVICE_UNIT);
	ck_assert_str_eq(alert->process.exe.data, "/usr/sbin/web");
	ck_assert_int_eq(alert->process.exe_state, EXE_CURRENT);
	ck_assert_int_eq(alert->process.user_namespace, USERNS_HOST);
	ck_assert_str_eq(alert->host.data, "thishost");
	ck_assert_str_eq(alert->audit.syscall.data, "capset");
	ck_assert_str_eq(alert->audit.arch.data, "x86_64");
	ck_assert_int_eq(alert->count, 1);
	fixture_free(fx);
}
END_TEST

START_TEST(test_start_of_a_service_is_silent)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_start_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"},
		       without_ptrace);
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_raise_during_the_start_is_an_expansion_at_start)
{
	struct fixture *fx = fixture_live(NULL);
	const struct alert *alert;

	fixture_start_unit(fx, 200, "web", "/usr/sbin/web");
	drop_and_raise(fx, 200, "/usr/sbin/web");
	alert = fixture_only_alert(fx);
	ck_assert_int_eq(alert->reason, REASON_EXPANSION_AT_START);
	ck_assert_int_eq(alert->severity, SEVERITY_MEDIUM);
	ck_assert_int_eq(alert->phase, PHASE_STARTING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_child_of_running_service_is_running)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act child = {.pid = 201, .ppid = 200, .exe = "/usr/sbin/web"};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, ptrace_idle);
	fixture_wait(fx, 86400000);
	fixture_process(fx, 201, 200, "/usr/sbin/web");
	fixture_capset(fx, child, full);
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_INFERRED);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	fixture_free(fx);
}
END_TEST

START_TEST(test_process_that_moved_its_cgroup_keeps_its_service)
{
	struct fixture *fx = fixture_live("services:\n"
					  "  - name: other\n"
					  "    match: {unit: other.service}\n"
					  "    running: {effective: all, permitted: all}\n");

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	strcpy(fixture_find(fx, 200)->cgroup, "0::/system.slice/other.service");
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	fixture_free(fx);
}
END_TEST

START_TEST(test_service_start_sent_by_another_than_init_changes_nothing)
{
	struct fixture *fx = fixture_live(NULL);
	static const char *const forged[] = {
		"SERVICE_START pid=200 uid=0 auid=4294967295 ses=4294967295 msg='unit=web "
		"comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? res=success'",
		"SERVICE_START pid=200 uid=0 auid=4294967295 ses=4294967295 msg='pid=1 uid=0 "
		"unit=web "
		"comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? res=success'",
		"SERVICE_START pid=1 uid=1000 auid=4294967295 ses=4294967295 msg='unit=web "
		"comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? res=success'",
	};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_record(fx, forged[_i]);
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_restart_by_systemd_is_a_start)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_exit(fx, 200);
	fixture_service(fx, "SERVICE_STOP", "web");
	fixture_wait(fx, 1000);
	fixture_start_unit(fx, 300, "web", "/usr/sbin/web");
	drop_and_raise(fx, 300, "/usr/sbin/web");
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_STARTING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_unrecorded_process_of_a_reused_pid_has_nothing_of_its_predecessor)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"},
		       (struct event_sets){0});
	fixture_exit(fx, 200);
	fixture_wait(fx, 1000);
	/* the same pid and file, but started later */
	fixture_process(fx, 200, 1, "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, full);
	for (size_t i = 0; i < fx->alert_count; i++) {
		ck_assert_int_ne(fx->alerts[i].alert.reason, REASON_IMPOSSIBLE_TRANSITION);
		ck_assert_int_ne(fx->alerts[i].alert.previous, PREVIOUS_KNOWN);
	}
	fixture_free(fx);
}
END_TEST

START_TEST(test_process_that_is_gone_is_judged_from_its_parent)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, ptrace_idle);
	/* 201 is in no /proc any more */
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = "/usr/sbin/web"},
		       full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	ck_assert_int_eq(fixture_only_alert(fx)->phase, PHASE_RUNNING);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_INFERRED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_records_of_another_node_are_not_looked_up_here)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web", .node = "far"},
		       (struct event_sets){0});
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_str_eq(fixture_only_alert(fx)->host.data, "thishost");
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	fixture_forget_alerts(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web", .node = "far"},
		       full);
	ck_assert_str_eq(fixture_only_alert(fx)->host.data, "far");
	ck_assert_int_eq(fixture_only_alert(fx)->process.started, 0);
	fixture_free(fx);
}
END_TEST

START_TEST(test_node_of_this_hosts_name_is_this_host)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web", .node = "thishost"};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, act, ptrace_idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	fixture_free(fx);
}
END_TEST

START_TEST(test_same_events_give_the_same_ids)
{
	char id[96], fingerprint[65];

	for (int round = 0; round < 2; round++) {
		struct fixture *fx = fixture_replay(NULL);
		fixture_capset(fx, (struct fixture_act){.pid = 7}, ptrace_idle);
		fixture_capset(fx, (struct fixture_act){.pid = 7}, full);
		if (round) {
			ck_assert_str_eq(fixture_last_alert(fx)->id, id);
			ck_assert_str_eq(fixture_last_alert(fx)->fingerprint, fingerprint);
		}
		strcpy(id, fixture_last_alert(fx)->id);
		strcpy(fingerprint, fixture_last_alert(fx)->fingerprint);
		fixture_free(fx);
	}
}
END_TEST

/* Ends, in a replay, with every start over. */
static void end_of_starts(struct fixture *fx)
{
	fixture_wait(fx, 600000);
	fixture_service(fx, "SERVICE_STOP", "other");
	judge_finish(fx->judge, 0);
}

START_TEST(test_id_of_what_is_above_its_ceiling_does_not_count_others)
{
	static const char both[] = "services:\n"
				   "  - {name: a, match: {exe: /usr/sbin/a}, ceiling: []}\n"
				   "  - {name: b, match: {exe: /usr/sbin/b}, ceiling: []}\n";
	static const char second[] = "services:\n"
				     "  - {name: b, match: {exe: /usr/sbin/b}, ceiling: []}\n";
	char id[96];

	for (int round = 0; round < 2; round++) {
		struct fixture *fx = fixture_replay(round ? second : both);
		fixture_exec(fx, (struct fixture_act){.pid = 7, .exe = "/usr/sbin/a"}, &full,
			     &full);
		fixture_exec(fx, (struct fixture_act){.pid = 8, .exe = "/usr/sbin/b"}, &full,
			     &full);
		fixture_forget_alerts(fx);
		end_of_starts(fx);
		ck_assert_uint_eq(fx->alert_count, round ? 1 : 2);
		ck_assert_int_eq(fixture_last_alert(fx)->process.pid, 8);
		if (round)
			ck_assert_str_eq(fixture_last_alert(fx)->id, id);
		strcpy(id, fixture_last_alert(fx)->id);
		fixture_free(fx);
	}
}
END_TEST

START_TEST(test_what_is_above_its_ceiling_is_of_its_own_host)
{
	struct fixture *fx = fixture_replay(
		"services: [{name: a, match: {exe: /usr/sbin/a}, ceiling: []}]\n");
	struct fixture_act act = {.pid = 7, .exe = "/usr/sbin/a", .node = "one"};

	fixture_exec(fx, act, &full, &full);
	act.node = "two";
	fixture_exec(fx, act, &full, &full);
	fixture_forget_alerts(fx);
	end_of_starts(fx);
	ck_assert_uint_eq(fx->alert_count, 2);
	ck_assert_str_eq(fx->alerts[0].alert.host.data, "one");
	ck_assert_str_eq(fx->alerts[1].alert.host.data, "two");
	ck_assert_str_ne(fx->alerts[0].alert.id, fx->alerts[1].alert.id);
	fixture_free(fx);
}
END_TEST

START_TEST(test_replay_takes_its_clock_from_the_events)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, (struct fixture_act){.pid = 7}, ptrace_idle);
	fixture_wait(fx, 5000);
	fixture_capset(fx, (struct fixture_act){.pid = 7}, full);
	ck_assert_int_eq(fixture_last_alert(fx)->time, fx->now);
	ck_assert_int_eq(fixture_last_alert(fx)->observed_time, fx->now);
	fixture_free(fx);
}
END_TEST

START_TEST(test_capset_through_int_0x80_is_judged_alike)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web", .arch = FIXTURE_I386};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, act, ptrace_idle);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->audit.arch.data, "i386");
	ck_assert_str_eq(fixture_only_alert(fx)->audit.syscall.data, "capset");
	fixture_free(fx);
}
END_TEST

START_TEST(test_event_cut_off_by_silence_is_judged_at_the_deadline)
{
	struct fixture *fx = fixture_live(NULL);
	char record[] =
		"CAPSET pid=200 cap_pi=0 cap_pp=000001ffffffffff cap_pe=000001ffffffffff cap_pa=0";
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web"};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, act, ptrace_idle);
	act.call = 126;
	act.records = record;
	act.no_end = true;
	fixture_call(fx, act);
	fixture_no_alert(fx);
	fixture_wait(fx, INTAKE_PATIENCE_MS + 100);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	fixture_free(fx);
}
END_TEST

/* On a starved host an execve was judged before its BPRM_FCAPS came: nothing is known of what it
 * left. */
START_TEST(test_exec_cut_off_by_silence_has_gained_nothing)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web"};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, act, (struct event_sets){0});
	act.exe = "/usr/bin/helper";
	act.no_end = _i == 0;
	fixture_exec(fx, act, NULL, NULL);
	fixture_wait(fx, INTAKE_PATIENCE_MS + 500);
	act.no_end = false;
	fixture_capset(fx, act, ptrace_idle);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXEC_GAIN);
	fixture_free(fx);
}
END_TEST

START_TEST(test_whole_capset_without_its_record_is_a_loss_of_coverage)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web", .call = 126};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	/* cut off by silence: its record may have come later */
	act.no_end = true;
	fixture_call(fx, act);
	fixture_wait(fx, INTAKE_PATIENCE_MS + 500);
	fixture_no_alert(fx);
	act.no_end = false;
	fixture_call(fx, act);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_COVERAGE_LOSS);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(fixture_only_alert(fx)->process.pid, 200);
	fixture_free(fx);
}
END_TEST

START_TEST(test_new_digest_of_the_configuration_alerts_once)
{
	struct fixture *fx = fixture_live(NULL);
	struct settings changed = fx->settings;

	strcpy(changed.digest, "settings-two");
	judge_reconfigure(fx->judge, &changed, fx->baseline, "the test", fx->now);
	judge_reconfigure(fx->judge, &changed, fx->baseline, "the test", fx->now);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_CONFIG_CHANGE);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_MEDIUM);
	ck_assert_int_eq(fixture_only_alert(fx)->mechanism, MECHANISM_CONFIG);
	ck_assert(!fixture_only_alert(fx)->process.present);
	ck_assert_ptr_nonnull(strstr(fixture_only_alert(fx)->detail.data, "by the test"));
	ck_assert_ptr_nonnull(
		strstr(fixture_only_alert(fx)->detail.data, "settings-one -> settings-two"));
	fixture_free(fx);
}
END_TEST

START_TEST(test_same_digests_do_not_alert)
{
	struct fixture *fx = fixture_live("services: []\n");

	fixture_reconfigure(fx, "services: []\n");
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_new_baseline_alerts_and_counts_from_then_on)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_reconfigure(fx, "services:\n"
				"  - name: web\n"
				"    match: {exe: /usr/sbin/web}\n"
				"    running: {effective: [cap_sys_ptrace]}\n");
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_CONFIG_CHANGE);
	fixture_forget_alerts(fx);
	drop_and_raise(fx, 200, "/usr/sbin/web");
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_loss_of_our_own_is_told_with_its_severity)
{
	struct fixture *fx = fixture_live(NULL);

	judge_report_loss(fx->judge, "the courier ended by signal 9", SEVERITY_HIGH, fx->now);
	judge_report_loss(fx->judge, "the courier ended by signal 9", SEVERITY_HIGH, fx->now);
	ck_assert_uint_eq(fx->alert_count, 2);
	ck_assert_int_eq(fx->alerts[0].alert.reason, REASON_COVERAGE_LOSS);
	ck_assert_int_eq(fx->alerts[0].alert.severity, SEVERITY_HIGH);
	ck_assert_str_eq(fx->alerts[0].alert.coverage.lost.data, "the courier ended by signal 9");
	ck_assert_str_ne(fx->alerts[0].alert.id, fx->alerts[1].alert.id);
	fixture_free(fx);
}
END_TEST

START_TEST(test_random_bytes_between_events_harm_nothing)
{
	struct fixture *fx = fixture_live(NULL);
	char noise[4096];

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	srandom(1);
	for (int round = 0; round < 64; round++) {
		for (size_t i = 0; i < sizeof(noise) - 1; i++)
			noise[i] = (char)(random() & 0xff);
		noise[sizeof(noise) - 1] = '\n';
		judge_feed(fx->judge, noise, sizeof(noise), fx->now);
	}
	fixture_no_alert(fx);
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	fixture_free(fx);
}
END_TEST

START_TEST(test_events_cut_at_every_length_are_survived)
{
	static const char record[] = "type=SYSCALL msg=audit(1000000100.000:77): arch=c000003e "
				     "syscall=126 success=yes exit=0 "
				     "a0=1 a1=2 a2=3 a3=4 items=0 ppid=1 pid=77 auid=4294967295 "
				     "uid=0 gid=0 euid=0 suid=0 "
				     "fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 "
				     "comm=\"x\" exe=\"/x\" key=\"k\"\n"
				     "type=CAPSET msg=audit(1000000100.000:77): pid=77 cap_pi=0 "
				     "cap_pp=0 cap_pe=0 cap_pa=0\n"
				     "type=EOE msg=audit(1000000100.000:77): \n";
	struct fixture *fx = fixture_live(NULL);
	struct judge_stats stats;

	for (size_t length = 0; length < sizeof(record); length++) {
		judge_feed(fx->judge, record, length, fx->now);
		judge_feed(fx->judge, "\n", 1, fx->now);
	}
	fixture_wait(fx, 1000);
	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_int_eq(fixture_last_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	judge_get_stats(fx->judge, &stats);
	ck_assert_uint_gt(stats.malformed_records, 100);
	fixture_free(fx);
}
END_TEST

/* The sensor comes 5 s after the records; /proc shows what came of them. */
static void begin_late(struct fixture *fx)
{
	judge_begin_late(fx->judge, fx->now);
	fx->late = 5000;
	fx->now += fx->late;
}

static const struct fixture_act late_web = {.pid = 200, .exe = "/usr/sbin/web", AS_UID(33)};

START_TEST(test_gain_while_nobody_watched_is_not_hidden_by_proc)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_process *process = fixture_process(fx, 200, 1, "/usr/sbin/web");

	process->status.uid = process->status.euid = 33;
	fixture_hold(fx, 200, full);
	fx->now += 60000;
	begin_late(fx);
	fixture_capset(fx, late_web, full);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_UNKNOWN);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_records_from_before_tell_what_was_held_while_nobody_watched)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_process(fx, 200, 1, "/usr/sbin/web");
	fx->now += 60000;
	begin_late(fx);
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	fixture_free(fx);
}
END_TEST

/* DESIGN: of root, of whom nothing is known, it is assumed that it held what it was permitted. */
START_TEST(test_root_of_whom_nothing_is_known_gains_nothing_while_nobody_watched)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_process(fx, 200, 1, "/usr/sbin/web");
	fx->now += 60000;
	begin_late(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, full);
	fixture_no_alert(fx);
	/* and from then on it is known */
	drop_and_raise(fx, 200, "/usr/sbin/web");
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	fixture_free(fx);
}
END_TEST

START_TEST(test_process_that_executed_another_file_since_is_judged_all_the_same)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_process(fx, 200, 1, "/usr/sbin/web");
	fixture_process(fx, 201, 200, "/usr/bin/later");
	fx->now += 60000;
	begin_late(fx);
	/* it is taken in as a parent first */
	fixture_capset(fx, (struct fixture_act){.pid = 202, .ppid = 201, .exe = "/usr/bin/x"},
		       ptrace_idle);
	fixture_forget_alerts(fx);
	fixture_capset(
		fx,
		(struct fixture_act){.pid = 201, .ppid = 200, .exe = "/usr/sbin/web", AS_UID(33)},
		full);
	ck_assert_str_eq(fixture_only_alert(fx)->process.exe.data, "/usr/sbin/web");
	fixture_free(fx);
}
END_TEST

START_TEST(test_child_that_is_gone_had_what_its_parent_holds)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_process(fx, 200, 1, "/usr/sbin/web");
	fixture_hold(fx, 200, ptrace_idle);
	fx->now += 60000;
	begin_late(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 201, .ppid = 200, .exe = "/usr/sbin/web"},
		       full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	fixture_free(fx);
}
END_TEST

static const struct event_sets few = {.permitted = CAP(NET_RAW), .effective = CAP(NET_RAW)};

/* A daemon and its child with few capabilities are on record; then both have ended, auditd too, and
 * another daemon of that file, started meanwhile, is an orphan. */
static struct fixture *auditd_begins_late(int64_t after)
{
	struct fixture *fx = fixture_live("services:\n"
					  "  - name: web\n"
					  "    match: {exe: /usr/sbin/web}\n"
					  "    running: {effective: [cap_net_raw]}\n");
	struct fixture_act daemon = {.pid = 200, .ppid = 90, .exe = "/usr/sbin/web"};
	struct fixture_act child = {.pid = 201, .ppid = 200, .exe = "/usr/sbin/web"};

	begin_late(fx);
	fixture_exec(fx, daemon, NULL, NULL);
	fixture_capset(fx, daemon, full);
	fixture_capset(fx, child, few);
	fixture_wait(fx, 97000);
	fixture_record(fx, "DAEMON_START op=start ver=3.0.9 pid=300 uid=0 res=success");
	fixture_record(fx, "CONFIG_CHANGE op=set audit_pid=300 old=0 auid=4294967295 res=1");
	fixture_wait(fx, after);
	fixture_forget_alerts(fx);
	return fx;
}

START_TEST(test_orphan_started_while_auditd_was_is_nobodys_child)
{
	struct fixture *fx = auditd_begins_late(50);

	fixture_capset(fx, (struct fixture_act){.pid = 301, .ppid = 1, .exe = "/usr/sbin/web"},
		       full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_orphan_long_after_auditd_began_is_a_child_of_those_that_were_there)
{
	struct fixture *fx = auditd_begins_late(60000);

	fixture_exec(fx, (struct fixture_act){.pid = 90, .ppid = 80, .exe = "/bin/sh"}, NULL, NULL);
	fixture_capset(fx, (struct fixture_act){.pid = 301, .ppid = 1, .exe = "/usr/sbin/web"},
		       full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
			  FIXTURE_ALL & ~CAP(NET_RAW));
	fixture_free(fx);
}
END_TEST

/* Of a child that is not root any more nothing is assumed; but its file is the host's. */
START_TEST(test_what_was_started_while_auditd_was_runs_the_file_that_always_ran)
{
	struct fixture *fx = auditd_begins_late(50);
	struct fixture_act child = {.pid = 302, .ppid = 301, .exe = "/usr/sbin/web", AS_UID(33)};

	fixture_capset(fx, child, few);
	fixture_no_alert(fx);
	child.pid = 303;
	fixture_capset(fx, child, full);
	ck_assert_str_eq(fixture_only_alert(fx)->baseline.entry.data, "web");
	fixture_free(fx);
}
END_TEST

START_TEST(test_what_records_did_not_tell_is_seeded_at_the_end)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_process(fx, 200, 1, "/usr/sbin/web");
	fixture_process(fx, 300, 1, "/usr/sbin/other");
	fixture_hold(fx, 300, ptrace_idle);
	fx->now += 60000;
	begin_late(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, ptrace_idle);
	judge_end_late(fx->judge);
	judge_seed(fx->judge, fx->now);
	fx->late = 0;
	fixture_wait(fx, 120000);
	fixture_capset(fx, (struct fixture_act){.pid = 300, .exe = "/usr/sbin/other"}, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	fixture_forget_alerts(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, full);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tc = tcase_create("judge");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_running_service_that_raises_a_capability_alerts);
	tcase_add_test(tc, test_gain_while_nobody_watched_is_not_hidden_by_proc);
	tcase_add_test(tc, test_records_from_before_tell_what_was_held_while_nobody_watched);
	tcase_add_test(tc, test_root_of_whom_nothing_is_known_gains_nothing_while_nobody_watched);
	tcase_add_test(tc, test_process_that_executed_another_file_since_is_judged_all_the_same);
	tcase_add_test(tc, test_child_that_is_gone_had_what_its_parent_holds);
	tcase_add_test(tc, test_orphan_started_while_auditd_was_is_nobodys_child);
	tcase_add_test(tc, test_orphan_long_after_auditd_began_is_a_child_of_those_that_were_there);
	tcase_add_test(tc, test_what_was_started_while_auditd_was_runs_the_file_that_always_ran);
	tcase_add_test(tc, test_what_records_did_not_tell_is_seeded_at_the_end);
	tcase_add_test(tc, test_start_of_a_service_is_silent);
	tcase_add_test(tc, test_raise_during_the_start_is_an_expansion_at_start);
	tcase_add_test(tc, test_child_of_running_service_is_running);
	tcase_add_test(tc, test_process_that_moved_its_cgroup_keeps_its_service);
	tcase_add_loop_test(tc, test_service_start_sent_by_another_than_init_changes_nothing, 0, 3);
	tcase_add_test(tc, test_restart_by_systemd_is_a_start);
	tcase_add_test(tc, test_unrecorded_process_of_a_reused_pid_has_nothing_of_its_predecessor);
	tcase_add_test(tc, test_process_that_is_gone_is_judged_from_its_parent);
	tcase_add_test(tc, test_records_of_another_node_are_not_looked_up_here);
	tcase_add_test(tc, test_node_of_this_hosts_name_is_this_host);
	tcase_add_test(tc, test_same_events_give_the_same_ids);
	tcase_add_test(tc, test_id_of_what_is_above_its_ceiling_does_not_count_others);
	tcase_add_test(tc, test_what_is_above_its_ceiling_is_of_its_own_host);
	tcase_add_test(tc, test_replay_takes_its_clock_from_the_events);
	tcase_add_test(tc, test_capset_through_int_0x80_is_judged_alike);
	tcase_add_test(tc, test_event_cut_off_by_silence_is_judged_at_the_deadline);
	tcase_add_loop_test(tc, test_exec_cut_off_by_silence_has_gained_nothing, 0, 2);
	tcase_add_test(tc, test_whole_capset_without_its_record_is_a_loss_of_coverage);
	tcase_add_test(tc, test_new_digest_of_the_configuration_alerts_once);
	tcase_add_test(tc, test_same_digests_do_not_alert);
	tcase_add_test(tc, test_new_baseline_alerts_and_counts_from_then_on);
	tcase_add_test(tc, test_loss_of_our_own_is_told_with_its_severity);
	tcase_add_test(tc, test_random_bytes_between_events_harm_nothing);
	tcase_add_test(tc, test_events_cut_at_every_length_are_survived);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
