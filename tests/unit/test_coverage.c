/* SPDX-License-Identifier: Apache-2.0 */
/* What the records tell of capwatch going blind. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/coverage.h"
#include "tests/unit/judge_fixture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A call of an auditctl changes a rule. The kernel's order: the call is told when it returns. */
static void rule_by(struct fixture *fx, int pid, const char *op, const char *key)
{
	char text[1024], stamp[64];

	snprintf(stamp, sizeof(stamp), "msg=audit(%lld.%03lld:%llu)", (long long)fx->now / 1000,
		 (long long)fx->now % 1000, (unsigned long long)fx->serial++);
	snprintf(text, sizeof(text),
		 "type=CONFIG_CHANGE %s: auid=1000 ses=7 subj=unconfined op=%s key=\"%s\" list=4 "
		 "res=1\n"
		 "type=SYSCALL %s: arch=c000003e syscall=44 success=yes exit=1080 a0=3 a1=7f "
		 "a2=438 a3=0 "
		 "items=0 ppid=65 pid=%d auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 "
		 "fsgid=0 tty=pts0 ses=7 comm=\"auditctl\" exe=\"/usr/sbin/auditctl\" "
		 "subj=unconfined "
		 "key=(null)\ntype=EOE %s: \n",
		 stamp, op, key, stamp, pid, stamp);
	fixture_feed(fx, text);
}

static void rule(struct fixture *fx, const char *op, const char *key)
{
	rule_by(fx, 66, op, key);
}

static void set_enabled(struct fixture *fx, int enabled, int old)
{
	char record[256];

	snprintf(record, sizeof(record),
		 "CONFIG_CHANGE op=set audit_enabled=%d old=%d auid=4294967295 ses=4294967295 "
		 "subj=unconfined res=1",
		 enabled, old);
	fixture_record(fx, record);
}

static void daemon_start(struct fixture *fx)
{
	fixture_record(
		fx, "DAEMON_START op=start ver=3.0.9 format=enriched auid=4294967295 pid=215 uid=0 "
		    "ses=4294967295 subj=unconfined res=success");
}

static void any_syscall(struct fixture *fx)
{
	fixture_capset(fx, (struct fixture_act){.pid = 9, .ppid = 8}, (struct event_sets){0});
}

START_TEST(test_rules_back_within_seconds_are_no_loss)
{
	struct fixture *fx = fixture_live(NULL);

	/* as augenrules does: all away, then all anew, the twins of a key one by one */
	for (int i = 0; i < 2; i++)
		rule(fx, "remove_rule", "capwatch_capset");
	rule(fx, "remove_rule", "capwatch_prctl");
	fixture_wait(fx, 2000);
	for (int i = 0; i < 2; i++)
		rule(fx, "add_rule", "capwatch_capset");
	rule(fx, "add_rule", "capwatch_prctl");
	fixture_wait(fx, 600000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* A site's rules by the hundred on a slow host; a pause of the same process is none of its work. */
START_TEST(test_rules_back_after_a_long_reload_are_no_loss)
{
	struct fixture *fx = fixture_live(NULL);

	rule(fx, "remove_rule", "capwatch_capset");
	for (int i = 0; i < 20; i++) {
		fixture_wait(fx, _i == 1 && i == 7 ? COVERAGE_PAUSE_MS + 1 : 1000);
		rule(fx, i < 10 ? "remove_rule" : "add_rule", "site");
	}
	rule(fx, "add_rule", "capwatch_capset");
	fixture_wait(fx, 600000);
	if (_i == 0)
		fixture_no_alert(fx);
	else
		ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_rules_back_within_the_grace_are_a_low_loss_that_is_restored)
{
	struct fixture *fx = fixture_live(NULL);

	rule(fx, "remove_rule", "capwatch_capset");
	fixture_wait(fx, 30000);
	fixture_no_alert(fx);
	rule(fx, "add_rule", "capwatch_capset");
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_COVERAGE_LOSS);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	ck_assert_str_eq(fixture_only_alert(fx)->coverage.rule.data, "capwatch_capset");
	fixture_wait(fx, 600000);
	ck_assert_uint_eq(fx->alert_count, 1);
	fixture_free(fx);
}
END_TEST

START_TEST(test_rules_gone_past_the_grace_are_a_high_loss)
{
	struct fixture *fx = fixture_live(NULL);
	int64_t since = fx->now;

	rule(fx, "remove_rule", "capwatch_capset");
	fixture_wait(fx, 59000);
	fixture_no_alert(fx);
	fixture_wait(fx, 2000);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_LOST);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.since, since);
	ck_assert_int_eq(fixture_only_alert(fx)->mechanism, MECHANISM_AUDIT);
	ck_assert(!fixture_only_alert(fx)->process.present);
	/* and its return is told */
	fixture_wait(fx, 600000);
	rule(fx, "add_rule", "capwatch_capset");
	ck_assert_uint_eq(fx->alert_count, 2);
	ck_assert_int_eq(fixture_last_alert(fx)->coverage.state, COVERAGE_RESTORED);
	ck_assert_int_eq(fixture_last_alert(fx)->severity, SEVERITY_LOW);
	fixture_free(fx);
}
END_TEST

START_TEST(test_one_of_two_twins_back_is_a_loss_still)
{
	struct fixture *fx = fixture_live(NULL);

	rule(fx, "remove_rule", "capwatch_capset");
	rule(fx, "remove_rule", "capwatch_capset");
	rule(fx, "add_rule", "capwatch_capset");
	fixture_wait(fx, 61000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_LOST);
	fixture_free(fx);
}
END_TEST

START_TEST(test_return_after_the_grace_says_first_that_it_was_lost)
{
	struct fixture *fx = fixture_replay(NULL);

	rule(fx, "remove_rule", "capwatch_capset");
	fixture_wait(fx, 120000);
	rule(fx, "add_rule", "capwatch_capset");
	ck_assert_uint_eq(fx->alert_count, 2);
	ck_assert_int_eq(fx->alerts[0].alert.severity, SEVERITY_HIGH);
	ck_assert_int_eq(fx->alerts[0].alert.coverage.state, COVERAGE_LOST);
	ck_assert_int_eq(fx->alerts[1].alert.coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_return_that_outran_the_clock_after_the_grace_is_no_low_loss)
{
	struct fixture *fx = fixture_live(NULL);

	rule(fx, "remove_rule", "capwatch_capset");
	/* the sensor was held up: no tick in between */
	fx->now += 120000;
	rule(fx, "add_rule", "capwatch_capset");
	ck_assert_int_eq(fx->alerts[0].alert.severity, SEVERITY_HIGH);
	ck_assert_int_eq(fx->alerts[0].alert.coverage.state, COVERAGE_LOST);
	ck_assert_int_eq(fixture_last_alert(fx)->coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

static const char *const no_losses[] = {
	"CONFIG_CHANGE auid=1000 ses=7 op=remove_rule key=\"site_rule\" list=4 res=1",
	"CONFIG_CHANGE auid=1000 ses=7 op=remove_rule key=(null) list=4 res=1",
	"CONFIG_CHANGE auid=1000 ses=7 op=remove_rule key=\"capwatch_capset\" list=4 res=0",
	"CONFIG_CHANGE auid=1000 ses=7 op=add_rule key=\"capwatch_capset\" list=4 res=1",
	"CONFIG_CHANGE op=remove_rule path=\"/etc/passwd\" key=\"identity\" list=4 res=1",
	"CONFIG_CHANGE op=set audit_backlog_limit=8192 old=64 auid=4294967295 ses=4294967295 res=1",
	"CONFIG_CHANGE op=set audit_enabled=1 old=0 auid=4294967295 ses=4294967295 res=1",
	"CONFIG_CHANGE op=set audit_enabled=0 old=0 auid=4294967295 ses=4294967295 res=1",
	"CONFIG_CHANGE op=set audit_enabled=0 old=1 auid=4294967295 ses=4294967295 res=0",
	"USER_AVC pid=1 msg='op=remove_rule key=\"capwatch_capset\" list=4 res=1'",
};

START_TEST(test_change_that_blinds_nobody_is_no_loss)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_record(fx, no_losses[_i]);
	fixture_wait(fx, 600000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_watch_of_the_sysctl_that_the_kernel_drops_is_no_loss_but_our_rule_is)
{
	struct fixture *fx = fixture_live(NULL);

	/* Debian 12: no space before op= */
	fixture_record(fx, "CONFIG_CHANGE auid=4294967295 ses=4294967295op=remove_rule "
			   "path=\"/proc/sys/kernel/cap_last_cap\" key=\"capwatch_lastcap\" "
			   "list=4 res=1");
	fixture_record(fx, "CONFIG_CHANGE op=remove_rule dir=\"/proc/sys/kernel\" "
			   "key=\"capwatch_lastcap\" list=4 res=1");
	fixture_wait(fx, 61000);
	fixture_no_alert(fx);
	fixture_record(fx, "CONFIG_CHANGE auid=1000 ses=7 op=remove_rule "
			   "key=\"capwatch_lastcap\" list=4 res=1");
	fixture_wait(fx, 61000);
	ck_assert_str_eq(fixture_only_alert(fx)->coverage.rule.data, "capwatch_lastcap");
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

START_TEST(test_auditing_switched_off_is_lost_until_an_event_comes)
{
	struct fixture *fx = fixture_live(NULL);

	set_enabled(fx, 0, 1);
	fixture_wait(fx, 61000);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_LOST);
	ck_assert_ptr_nonnull(
		strstr(fixture_only_alert(fx)->coverage.lost.data, "audit_enabled=0"));
	fixture_forget_alerts(fx);
	any_syscall(fx);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_auditing_off_for_a_moment_is_a_low_loss)
{
	struct fixture *fx = fixture_live(NULL);

	set_enabled(fx, 0, 1);
	fixture_wait(fx, 1000);
	any_syscall(fx);
	fixture_wait(fx, 600000);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_auditing_off_before_auditd_ran_is_no_loss)
{
	struct fixture *fx = fixture_replay(NULL);

	/* the kernel's queue is delivered after auditd's own first record */
	fx->now += 5000;
	daemon_start(fx);
	fx->now -= 3000;
	set_enabled(fx, 0, 1);
	fx->now += 3000;
	fixture_wait(fx, 600000);
	fixture_record(fx, "CONFIG_CHANGE op=set audit_failure=1 old=1 res=1");
	judge_finish(fx->judge, 0);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_auditing_off_after_auditd_ran_is_a_loss)
{
	struct fixture *fx = fixture_replay(NULL);

	daemon_start(fx);
	fixture_wait(fx, 3000);
	set_enabled(fx, 0, 1);
	fixture_wait(fx, 600000);
	fixture_record(fx, "CONFIG_CHANGE op=set audit_failure=1 old=1 res=1");
	judge_finish(fx->judge, 0);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

START_TEST(test_live_loss_from_before_we_began_is_not_told)
{
	struct fixture *fx = fixture_live(NULL);

	/* from the backlog: the fixture's judge began 60 s ago */
	fx->now -= 65000;
	set_enabled(fx, 0, 1);
	fx->now += 65000;
	fixture_wait(fx, 600000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_end_of_a_replay_tells_what_is_lost_but_not_what_only_just_went)
{
	struct fixture *fx = fixture_replay(NULL);

	rule(fx, "remove_rule", "capwatch_capset");
	fixture_wait(fx, 7000);
	rule(fx, "remove_rule", "capwatch_prctl");
	judge_finish(fx->judge, 0);
	ck_assert_str_eq(fixture_only_alert(fx)->coverage.rule.data, "capwatch_capset");
	fixture_free(fx);
}
END_TEST

START_TEST(test_losses_of_two_nodes_are_two)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_feed(
		fx,
		"node=a type=CONFIG_CHANGE msg=audit(1000000060.000:5): auid=0 ses=1 "
		"op=remove_rule "
		"key=\"capwatch_x\" list=4 res=1\nnode=a type=EOE msg=audit(1000000060.000:5): \n"
		"node=b type=CONFIG_CHANGE msg=audit(1000000060.000:5): auid=0 ses=1 op=add_rule "
		"key=\"capwatch_x\" list=4 res=1\nnode=b type=EOE msg=audit(1000000060.000:5): \n");
	fixture_wait(fx, 61000);
	ck_assert_str_eq(fixture_only_alert(fx)->host.data, "a");
	fixture_free(fx);
}
END_TEST

START_TEST(test_more_losses_than_are_kept_are_told_at_once)
{
	struct fixture *fx = fixture_live(NULL);
	char key[32];

	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "capwatch_%d", i);
		rule(fx, "remove_rule", key);
	}
	ck_assert_uint_eq(fx->alert_count, 36);
	fixture_wait(fx, 61000);
	ck_assert_uint_eq(fx->alert_count, 100);
	fixture_free(fx);
}
END_TEST

START_TEST(test_who_removed_it_is_told)
{
	struct fixture *fx = fixture_live(NULL);

	rule(fx, "remove_rule", "capwatch_x");
	fixture_wait(fx, 61000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.by_pid, 66);
	ck_assert_ptr_nonnull(strstr(fixture_only_alert(fx)->detail.data, "/usr/sbin/auditctl"));
	fixture_free(fx);
}
END_TEST

START_TEST(test_rule_that_another_call_puts_back_was_out_however_short)
{
	struct fixture *fx = fixture_live(NULL);

	rule_by(fx, 66, "remove_rule", "capwatch_capset");
	fixture_wait(fx, 100);
	rule_by(fx, 67, "add_rule", "capwatch_capset");
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coverage");
	TCase *tc = tcase_create("coverage");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_rules_back_within_seconds_are_no_loss);
	tcase_add_loop_test(tc, test_rules_back_after_a_long_reload_are_no_loss, 0, 2);
	tcase_add_test(tc, test_rules_back_within_the_grace_are_a_low_loss_that_is_restored);
	tcase_add_test(tc, test_rules_gone_past_the_grace_are_a_high_loss);
	tcase_add_test(tc, test_one_of_two_twins_back_is_a_loss_still);
	tcase_add_test(tc, test_return_after_the_grace_says_first_that_it_was_lost);
	tcase_add_test(tc, test_return_that_outran_the_clock_after_the_grace_is_no_low_loss);
	tcase_add_loop_test(tc, test_change_that_blinds_nobody_is_no_loss, 0, COUNT(no_losses));
	tcase_add_test(tc,
		       test_watch_of_the_sysctl_that_the_kernel_drops_is_no_loss_but_our_rule_is);
	tcase_add_test(tc, test_auditing_switched_off_is_lost_until_an_event_comes);
	tcase_add_test(tc, test_auditing_off_for_a_moment_is_a_low_loss);
	tcase_add_test(tc, test_auditing_off_before_auditd_ran_is_no_loss);
	tcase_add_test(tc, test_auditing_off_after_auditd_ran_is_a_loss);
	tcase_add_test(tc, test_live_loss_from_before_we_began_is_not_told);
	tcase_add_test(tc, test_end_of_a_replay_tells_what_is_lost_but_not_what_only_just_went);
	tcase_add_test(tc, test_losses_of_two_nodes_are_two);
	tcase_add_test(tc, test_more_losses_than_are_kept_are_told_at_once);
	tcase_add_test(tc, test_who_removed_it_is_told);
	tcase_add_test(tc, test_rule_that_another_call_puts_back_was_out_however_short);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
