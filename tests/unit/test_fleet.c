/* SPDX-License-Identifier: Apache-2.0 */
/* One judge of many hosts, as an aggregating auditd delivers their records: each by its own state
 * and its own clock. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

enum { NODES = 100, AT_ONCE = 50, SKEW_MS = 300000, GRACE_MS = 60000 };

static const struct event_sets full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};

static void head(struct fixture_text *text, int node, int round, const char *type)
{
	fixture_add(text, "node=n%02d type=%s msg=audit(100000000%d.000:%d): ", node, type, round,
		    5 + round);
}

/* Each node's process 7 holds another set than the last one's, and in the next round more. */
static capmask held(int node, int round)
{
	return CAP(node % 20) | CAP(20 + node / 20) | (round ? CAP(30) : 0);
}

/* Record by record in turn, all of one pid, serial and time. */
static void weave(struct fixture_text *text, int first, int round)
{
	for (int node = first; node < first + AT_ONCE; node++) {
		head(text, node, round, "SYSCALL");
		fixture_add(text,
			    "arch=c000003e syscall=126 success=yes exit=0 a0=7ffe0 a1=7ffe8 a2=0 "
			    "a3=0 items=0 ppid=1 pid=7 auid=4294967295 uid=0 gid=0 euid=0 suid=0 "
			    "fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm=\"web\" "
			    "exe=\"/usr/sbin/web\" key=\"capwatch_capset\"\n");
	}
	for (int node = first; node < first + AT_ONCE; node++) {
		head(text, node, round, "CAPSET");
		fixture_add(text,
			    "pid=7 cap_pi=0 cap_pp=%016" PRIx64 " cap_pe=%016" PRIx64 " cap_pa=0\n",
			    FIXTURE_ALL, held(node, round));
	}
	for (int node = first; node < first + AT_ONCE; node++) {
		head(text, node, round, "EOE");
		fixture_add(text, "\n");
	}
}

START_TEST(test_same_pid_serial_and_time_on_a_hundred_nodes_never_mix)
{
	static struct fixture_text text;
	struct fixture *fx = fixture_replay(NULL);
	char host[16];

	for (int round = 0; round < 2; round++)
		for (int first = 0; first < NODES; first += AT_ONCE) {
			text.used = 0;
			weave(&text, first, round);
			fixture_feed(fx, text.bytes);
		}
	ck_assert_uint_eq(fx->alert_count, NODES);
	for (int node = 0; node < NODES; node++) {
		const struct alert *alert = &fx->alerts[node].alert;

		snprintf(host, sizeof(host), "n%02d", node);
		ck_assert_str_eq(alert->host.data, host);
		ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].before, held(node, 0));
		ck_assert_uint_eq(alert->sets[ALERT_EFFECTIVE].gained, CAP(30));
	}
	fixture_free(fx);
}
END_TEST

static void change_rule(struct fixture *fx, const char *operation)
{
	static struct fixture_text text;
	int64_t time = fx->now - fx->late;

	text.used = 0;
	for (int i = 0; i < 2; i++)
		fixture_add(&text,
			    "node=far type=%s msg=audit(%" PRId64 ".%03" PRId64 ":%" PRIu64
			    "): %s%s%s\n",
			    i ? "EOE" : "CONFIG_CHANGE", time / 1000, time % 1000, fx->serial,
			    i ? "" : "auid=0 ses=1 op=", i ? "" : operation,
			    i ? "" : " key=\"capwatch_capset\" list=4 res=1");
	fx->serial++;
	fixture_feed(fx, text.bytes);
}

static const int64_t skews[] = {0, SKEW_MS, -SKEW_MS};

START_TEST(test_grace_of_a_node_is_by_its_own_clock)
{
	struct fixture *fx = fixture_live(NULL);

	fx->late = skews[_i];
	change_rule(fx, "remove_rule");
	fixture_wait(fx, GRACE_MS - 1000);
	fixture_no_alert(fx);
	fixture_wait(fx, 2000);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_LOST);
	ck_assert_str_eq(fixture_only_alert(fx)->host.data, "far");
	fixture_free(fx);
}
END_TEST

/* Of another node a ceiling is judged by its records alone, when its start is over there. */
START_TEST(test_start_of_a_nodes_service_ends_by_its_own_clock)
{
	struct fixture *fx = fixture_live(
		"services: [{name: a, match: {exe: /usr/sbin/a}, ceiling: []}]\n");
	struct fixture_act act = {.pid = 7, .exe = "/usr/sbin/a", .node = "far"};

	fx->late = skews[_i];
	fixture_exec(fx, act, &full, &full);
	fixture_forget_alerts(fx);
	fixture_wait(fx, 8000);
	fixture_no_alert(fx);
	fixture_wait(fx, 40000);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_ABOVE_CEILING);
	ck_assert_str_eq(fixture_only_alert(fx)->host.data, "far");
	ck_assert_int_le(fixture_only_alert(fx)->time, fx->now - fx->late);
	ck_assert_int_ge(fixture_only_alert(fx)->time, fx->now - fx->late - 48000);
	fixture_free(fx);
}
END_TEST

/* A node that is ahead does not end what another has begun. */
START_TEST(test_node_ahead_ends_no_start_of_another)
{
	struct fixture *fx = fixture_replay(
		"services: [{name: a, match: {exe: /usr/sbin/a}, ceiling: []}]\n");

	fixture_exec(fx, (struct fixture_act){.pid = 7, .exe = "/usr/sbin/a", .node = "far"}, &full,
		     &full);
	fx->late = -SKEW_MS;
	fixture_capset(fx, (struct fixture_act){.pid = 8, .exe = "/usr/sbin/b", .node = "ahead"},
		       full);
	fx->late = 0;
	fixture_forget_alerts(fx);
	fixture_capset(fx, (struct fixture_act){.pid = 8, .exe = "/usr/sbin/b", .node = "far"},
		       full);
	judge_finish(fx->judge, 0);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* More hosts than there are numbers for: judged still, and none of them is this host. */
START_TEST(test_node_beyond_the_bound_is_judged_and_is_not_this_host)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web"};
	char name[16];

	fixture_process(fx, 200, 1, "/usr/sbin/web");
	for (int i = 0; i < 1030; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		act.node = name;
		fixture_capset(fx, act, (struct event_sets){FIXTURE_ALL, 0, 0, 0});
	}
	fixture_forget_alerts(fx);
	fixture_wait(fx, 60000);
	fixture_capset(fx, act, full);
	ck_assert_str_eq(fixture_only_alert(fx)->host.data, "n1029");
	ck_assert_int_eq(fixture_only_alert(fx)->process.exe_identity, EXE_ID_UNKNOWN);
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fleet");
	TCase *tc = tcase_create("fleet");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_same_pid_serial_and_time_on_a_hundred_nodes_never_mix);
	tcase_add_loop_test(tc, test_grace_of_a_node_is_by_its_own_clock, 0, 3);
	tcase_add_loop_test(tc, test_start_of_a_nodes_service_ends_by_its_own_clock, 0, 3);
	tcase_add_test(tc, test_node_ahead_ends_no_start_of_another);
	tcase_add_test(tc, test_node_beyond_the_bound_is_judged_and_is_not_this_host);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
