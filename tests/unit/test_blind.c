/* SPDX-License-Identifier: Apache-2.0 */
/* Losses of sight by the kernel's own answers, and what records say of who made them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/blind.h"
#include "judge/world.h"
#include "tests/unit/judge_fixture.h"

enum { AUDITCTL = 66 };

static struct blind_snapshot snapshot; /* what the kernel says now; each test begins with nothing */

static struct fixture *begin(void)
{
	struct fixture *fx = fixture_live(NULL);

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.settled = true;
	snprintf(snapshot.boot_id, sizeof(snapshot.boot_id), "one-boot");
	judge_take_snapshot(fx->judge, &snapshot, fx->now);
	return fx;
}

static void fault(enum blind_kind kind, const char *text)
{
	struct blind_fault *new = &snapshot.faults[snapshot.count++];

	memset(new, 0, sizeof(*new));
	new->kind = kind;
	new->id = 1000 * ((uint64_t)kind + 1) + snapshot.count;
	snprintf(new->text, sizeof(new->text), "%s", text);
	if (kind == BLIND_MISSING)
		snprintf(new->key, sizeof(new->key), "capwatch_capset");
}

/* The supervisor reads every 100 ms for so long, as it would when the judge keeps asking. */
static void look_for(struct fixture *fx, int64_t milliseconds)
{
	for (int64_t waited = 0; waited < milliseconds; waited += 100) {
		fixture_wait(fx, 100);
		judge_take_snapshot(fx->judge, &snapshot, fx->now);
	}
}

/* A change by auditctl, which may have ended when its record comes. */
static void change(struct fixture *fx, const char *what)
{
	char text[1024], stamp[64];

	snprintf(stamp, sizeof(stamp), "msg=audit(%lld.%03lld:%llu)", (long long)fx->now / 1000,
		 (long long)fx->now % 1000, (unsigned long long)fx->serial++);
	snprintf(
		text, sizeof(text),
		"type=CONFIG_CHANGE %s: auid=1000 ses=7 %s res=1\n"
		"type=SYSCALL %s: arch=c000003e syscall=44 success=yes exit=1080 a0=3 a1=7f a2=438 "
		"a3=0 items=0 ppid=65 pid=%d auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 "
		"sgid=0 fsgid=0 tty=pts0 ses=7 comm=\"auditctl\" exe=\"/usr/sbin/auditctl\" "
		"key=(null)\n"
		"type=PROCTITLE %s: proctitle=617564697463746C002D44\ntype=EOE %s: \n",
		stamp, what, stamp, AUDITCTL, stamp, stamp);
	fixture_feed(fx, text);
}

START_TEST(test_a_loss_is_told_low_at_once_with_its_maker_and_high_after_the_grace)
{
	struct fixture *fx = begin();
	const struct alert *alert;
	int64_t since = fx->now;

	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	ck_assert(judge_wants_look(fx->judge));
	fault(BLIND_MISSING, "one rule");
	look_for(fx, 1000);
	alert = fixture_only_alert(fx);
	ck_assert_int_eq(alert->severity, SEVERITY_LOW);
	ck_assert_int_eq(alert->coverage.state, COVERAGE_LOST);
	ck_assert_int_eq(alert->coverage.since, since);
	ck_assert_int_eq(alert->coverage.by_pid, AUDITCTL);
	ck_assert_int_eq(alert->coverage.by_auid, 1000);
	ck_assert_str_eq(alert->coverage.by_exe.data, "/usr/sbin/auditctl");
	ck_assert_str_eq(alert->coverage.rule.data, "capwatch_capset");
	ck_assert_ptr_nonnull(strstr(alert->coverage.act.data, "-D"));
	ck_assert_ptr_nonnull(strstr(alert->detail.data, "not put back within 60 s"));
	look_for(fx, 58000);
	fixture_only_alert(fx);
	look_for(fx, 2000);
	ck_assert_uint_eq(fx->alert_count, 2);
	ck_assert_int_eq(fixture_last_alert(fx)->severity, SEVERITY_HIGH);
	snapshot.count = 0;
	look_for(fx, 100);
	ck_assert_uint_eq(fx->alert_count, 3);
	ck_assert_int_eq(fixture_last_alert(fx)->coverage.state, COVERAGE_RESTORED);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(fx->alerts[i].alert.id, fx->alerts[j].alert.id);
	fixture_free(fx);
}
END_TEST

START_TEST(test_a_loss_told_and_healed_within_the_grace_is_one_low_alert)
{
	struct fixture *fx = begin();

	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	fault(BLIND_MISSING, "one rule");
	look_for(fx, 5000);
	fixture_only_alert(fx);
	change(fx, "op=add_rule key=\"capwatch_capset\" list=4");
	snapshot.count = 0;
	look_for(fx, 120000);
	fixture_only_alert(fx);
	fixture_free(fx);
}
END_TEST

/* augenrules' auditctl, which is at work for as long as it is. */
START_TEST(test_rules_that_a_living_process_goes_on_to_load_are_no_loss)
{
	struct fixture *fx = begin();

	fixture_process(fx, AUDITCTL, 65, "/usr/sbin/auditctl");
	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	fault(BLIND_MISSING, "one rule");
	for (int i = 0; i < 10; i++) {
		look_for(fx, COVERAGE_PAUSE_MS - 500);
		change(fx, i < 5 ? "op=remove_rule key=\"site\" list=4"
				 : "op=add_rule key=\"site\" list=4");
	}
	change(fx, "op=add_rule key=\"capwatch_capset\" list=4");
	snapshot.count = 0;
	fixture_exit(fx, AUDITCTL);
	look_for(fx, 120000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* The readings are behind: when one finds the rules gone, most of them are being added again. */
START_TEST(test_the_maker_of_a_loss_is_known_behind_many_other_changes)
{
	struct fixture *fx = begin();

	fixture_process(fx, AUDITCTL, 65, "/usr/sbin/auditctl");
	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	for (int i = 0; i < 100; i++)
		change(fx, "op=add_rule key=\"site\" list=4");
	fault(BLIND_MISSING, "one rule");
	look_for(fx, COVERAGE_PAUSE_MS - 500);
	fixture_no_alert(fx);
	snapshot.count = 0;
	look_for(fx, 120000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* Who never ends changing something does not put it off forever. */
START_TEST(test_rules_that_a_living_process_does_not_load_within_the_grace_are_a_loss)
{
	struct fixture *fx = begin();

	fixture_process(fx, AUDITCTL, 65, "/usr/sbin/auditctl");
	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	fault(BLIND_MISSING, "one rule");
	for (int waited = 0; waited < 59000; waited += 1000) {
		look_for(fx, 1000);
		fixture_no_alert(fx);
		change(fx, "op=add_rule key=\"site\" list=4");
	}
	look_for(fx, 1500);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

START_TEST(test_a_living_process_that_pauses_has_made_a_loss)
{
	struct fixture *fx = begin();

	fixture_process(fx, AUDITCTL, 65, "/usr/sbin/auditctl");
	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	fault(BLIND_MISSING, "one rule");
	look_for(fx, COVERAGE_PAUSE_MS - 500);
	fixture_no_alert(fx);
	look_for(fx, 1000);
	fixture_only_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_rules_put_back_by_another_before_anybody_was_sure_are_one_low_alert)
{
	struct fixture *fx = begin();

	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	fault(BLIND_MISSING, "one rule");
	look_for(fx, 100);
	snapshot.count = 0;
	fixture_record(fx, "CONFIG_CHANGE auid=1000 ses=7 op=add_rule key=\"capwatch_capset\" "
			   "list=4 res=1");
	look_for(fx, 120000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	fixture_free(fx);
}
END_TEST

/* ---- what is older than auditing ---- */

enum { OLD_DAEMON = 500, RECORDED = 600, NEWER_DAEMON = 700 };

static void begin_with_three(struct fixture **fx)
{
	*fx = fixture_live(NULL);
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.settled = snapshot.may_be_older = true;
	snprintf(snapshot.boot_id, sizeof(snapshot.boot_id), "one-boot");
	fixture_process(*fx, OLD_DAEMON, 1, "/usr/sbin/old-daemon");
	fixture_wait(*fx, 5000);
	fixture_process(*fx, RECORDED, 1, "/usr/sbin/recorded");
	fixture_wait(*fx, 5000);
	fixture_process(*fx, NEWER_DAEMON, 1, "/usr/sbin/newer-daemon");
	fixture_wait(*fx, 5000);
	judge_seed((*fx)->judge, (*fx)->now);
}

START_TEST(test_what_is_older_than_all_that_is_on_record_is_named_once_a_boot)
{
	const struct alert *alert;
	char id[sizeof(alert->id)];
	struct fixture *fx;

	begin_with_three(&fx);
	fixture_capset(fx, (struct fixture_act){.pid = RECORDED, .exe = "/usr/sbin/recorded"},
		       (struct event_sets){.permitted = 0});
	look_for(fx, RULES_LOADED_MS - 1000);
	fixture_no_alert(fx);
	look_for(fx, 120000);
	alert = fixture_only_alert(fx);
	ck_assert_int_eq(alert->severity, SEVERITY_LOW);
	ck_assert_int_eq(alert->coverage.state, COVERAGE_PENDING_REBOOT);
	ck_assert_ptr_nonnull(strstr(alert->detail.data, ": 2 processes may be: "));
	ck_assert_ptr_nonnull(strstr(alert->detail.data, "old-daemon (pid 500)"));
	ck_assert_ptr_nonnull(strstr(alert->detail.data, "systemd (pid 1)"));
	memcpy(id, alert->id, sizeof(id));
	fixture_free(fx);
	/* another sensor names others, and it is the same alert all the same */
	begin_with_three(&fx);
	look_for(fx, RULES_LOADED_MS + 1000);
	ck_assert_ptr_nonnull(strstr(fixture_only_alert(fx)->detail.data, "newer-daemon"));
	ck_assert_str_eq(fixture_only_alert(fx)->id, id);
	fixture_free(fx);
}
END_TEST

START_TEST(test_where_auditing_was_on_from_the_boot_on_nothing_is_older)
{
	struct fixture *fx;

	begin_with_three(&fx);
	snapshot.may_be_older = false;
	look_for(fx, RULES_LOADED_MS + 1000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

static const enum blind_kind without_record[] = {
	BLIND_OFF,	  BLIND_MISSING,       BLIND_HIDDEN,	   BLIND_NARROWED,
	BLIND_RATE_LIMIT, BLIND_BACKLOG_LIMIT, BLIND_BACKLOG_FULL, BLIND_UNREADABLE,
};

START_TEST(test_what_left_no_record_is_told_all_the_same_by_whom_is_not_known)
{
	struct fixture *fx = begin();

	fault(without_record[_i], "something");
	look_for(fx, 1000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.by_pid, -1);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_LOST);
	ck_assert_ptr_null(strstr(fixture_only_alert(fx)->detail.data, "done by"));
	fixture_free(fx);
}
END_TEST

static const struct {
	enum blind_kind kind;
	const char *record;
} makers[] = {
	{BLIND_OFF, "op=set audit_enabled=0 old=1"},
	{BLIND_HIDDEN, "op=add_rule key=(null) list=4"},
	{BLIND_NARROWED, "op=add_rule key=(null) list=5"},
	{BLIND_RATE_LIMIT, "op=set audit_rate_limit=1 old=0"},
	{BLIND_BACKLOG_LIMIT, "op=set audit_backlog_limit=8 old=8192"},
};

/* However short: what hides is not a step of any reload. */
START_TEST(test_what_hid_for_a_moment_is_one_low_alert_of_what_is_over)
{
	struct fixture *fx = begin();

	change(fx, makers[_i].record);
	fault(makers[_i].kind, "something");
	look_for(fx, 100);
	fixture_no_alert(fx);
	snapshot.count = 0;
	look_for(fx, 120000);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.state, COVERAGE_RESTORED);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.by_pid, AUDITCTL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_all_rules_gone_are_one_alert_that_counts_them)
{
	struct fixture *fx = begin();

	change(fx, "op=remove_rule key=\"capwatch_capset\" list=4");
	for (int i = 0; i < 40; i++)
		fault(BLIND_MISSING, "a rule");
	look_for(fx, 2000);
	ck_assert_ptr_nonnull(strstr(fixture_only_alert(fx)->coverage.lost.data, "40 of"));
	/* one of them back is no end */
	snapshot.count--;
	look_for(fx, 2000);
	fixture_only_alert(fx);
	/* and a further loss is one more */
	fault(BLIND_HIDDEN, "a never rule");
	look_for(fx, 2000);
	ck_assert_uint_eq(fx->alert_count, 2);
	fixture_free(fx);
}
END_TEST

START_TEST(test_nothing_is_a_loss_before_the_rules_had_time_to_be_loaded)
{
	struct fixture *fx = fixture_live(NULL);

	memset(&snapshot, 0, sizeof(snapshot));
	fault(BLIND_OFF, "off");
	fault(BLIND_MISSING, "one rule");
	look_for(fx, 5000);
	fixture_no_alert(fx);
	snapshot.settled = true;
	look_for(fx, 1000);
	ck_assert_uint_eq(fx->alert_count, 2);
	fixture_free(fx);
}
END_TEST

START_TEST(test_a_sites_own_narrowing_rule_is_no_loss_and_a_later_one_is)
{
	struct fixture *fx = fixture_live(NULL);

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.settled = true;
	fault(BLIND_NARROWED, "the site's");
	look_for(fx, 120000);
	fixture_no_alert(fx);
	fault(BLIND_NARROWED, "another");
	look_for(fx, 1000);
	ck_assert_str_eq(fixture_only_alert(fx)->coverage.lost.data, "another");
	fixture_free(fx);
}
END_TEST

START_TEST(test_rules_missing_under_an_immutable_configuration_wait_for_the_reboot)
{
	struct fixture *first = begin(), *second;
	char id[sizeof(((struct alert *)0)->id)];

	snapshot.immutable = true;
	fault(BLIND_MISSING, "one rule");
	look_for(first, 600000);
	ck_assert_int_eq(fixture_only_alert(first)->coverage.state, COVERAGE_PENDING_REBOOT);
	ck_assert_int_eq(fixture_only_alert(first)->severity, SEVERITY_LOW);
	ck_assert_str_eq(fixture_only_alert(first)->coverage.boot_id.data, "one-boot");
	snprintf(id, sizeof(id), "%s", fixture_only_alert(first)->id);
	/* a plugin started anew within this boot tells it with the same id */
	second = begin();
	snapshot.immutable = true;
	fault(BLIND_MISSING, "one rule");
	fixture_wait(second, 7777);
	look_for(second, 2000);
	ck_assert_str_eq(fixture_only_alert(second)->id, id);
	fixture_free(first);
	fixture_free(second);
}
END_TEST

START_TEST(test_a_reading_that_says_nothing_ends_no_loss)
{
	struct fixture *fx = begin();

	fault(BLIND_MISSING, "one rule");
	look_for(fx, 1000);
	fixture_forget_alerts(fx);
	snapshot.count = 0;
	fault(BLIND_UNREADABLE, "no answer");
	snapshot.faults[0].id = 7;
	look_for(fx, 61000);
	/* it itself, low and high, and the rule's high */
	ck_assert_uint_eq(fx->alert_count, 3);
	for (size_t i = 0; i < fx->alert_count; i++)
		ck_assert_int_eq(fx->alerts[i].alert.coverage.state, COVERAGE_LOST);
	fixture_free(fx);
}
END_TEST

START_TEST(test_lost_records_are_high_at_once_and_their_end_is_told)
{
	struct fixture *fx = fixture_live(NULL);

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.settled = true;
	snapshot.lost = 57; /* before we looked */
	look_for(fx, 2000);
	fixture_no_alert(fx);
	snapshot.lost = 60;
	look_for(fx, 1000);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.events, 3);
	snapshot.lost = 62;
	look_for(fx, 61000);
	ck_assert_uint_eq(fx->alert_count, 2);
	ck_assert_int_eq(fixture_last_alert(fx)->coverage.events, 5);
	look_for(fx, 61000);
	ck_assert_uint_eq(fx->alert_count, 3);
	ck_assert_int_eq(fixture_last_alert(fx)->coverage.state, COVERAGE_RESTORED);
	/* auditctl --reset-lost */
	snapshot.lost = 0;
	look_for(fx, 61000);
	ck_assert_uint_eq(fx->alert_count, 3);
	fixture_free(fx);
}
END_TEST

static void event_before(struct fixture *fx, int milliseconds, unsigned serial, const char *type)
{
	long long time = fx->now - milliseconds;
	char text[256];

	snprintf(text, sizeof(text), "type=%s msg=audit(%lld.%03lld:%u): x\n", type, time / 1000,
		 time % 1000, serial);
	fixture_feed(fx, text);
}

static void event_of(struct fixture *fx, unsigned serial, const char *type)
{
	event_before(fx, 0, serial, type);
}

START_TEST(test_serials_that_never_come_are_lost_records_and_those_that_come_late_are_not)
{
	struct fixture *fx = begin();

	for (unsigned i = 0; i < 3; i++)
		event_of(fx, (const unsigned[]){4928, 4930, 4929}[i], "USER_ACCT");
	/* auditd's own count apart */
	event_of(fx, 9000, "DAEMON_ROTATE");
	event_of(fx, 4931, "USER_ACCT");
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	event_of(fx, 4935, "USER_ACCT");
	fixture_wait(fx, 5000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.events, 3);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

/* A sensor that begins reads again what its predecessor had. */
START_TEST(test_gap_that_another_has_told_is_forgotten_and_the_next_is_not)
{
	struct fixture *fx = begin();

	event_of(fx, 4928, "USER_ACCT");
	event_of(fx, 4935, "USER_ACCT");
	judge_forget_gaps(fx->judge);
	event_of(fx, 4936, "USER_ACCT");
	fixture_wait(fx, 5000);
	fixture_no_alert(fx);
	event_of(fx, 4939, "USER_ACCT");
	fixture_wait(fx, 5000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.events, 2);
	fixture_free(fx);
}
END_TEST

/* Debian 12, auditd restarted: it starts a plugin anew while it ends, and the kernel keeps a part
 * of that exec (1704) for the next auditd, and nothing of the leaving (1705). */
START_TEST(test_serial_missing_among_what_the_kernel_held_back_is_no_loss)
{
	struct fixture *fx = begin();

	event_before(fx, 800, 1703, "CONFIG_CHANGE");
	event_of(fx, 4201, "DAEMON_START");
	event_before(fx, 350, 1704, "PATH");
	event_before(fx, 350, 1704, "EOE");
	event_before(fx, 250, 1706, "SERVICE_STOP");
	event_before(fx, -20, 1707, "USER_ACCT");
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	/* and no other clock hides one later */
	event_before(fx, 120000, 1709, "USER_ACCT");
	fixture_wait(fx, 5000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.events, 1);
	fixture_free(fx);
}
END_TEST

/* Debian 12, everything of it ended at once: of 938465 came a half, then nothing to nobody until
 * the next auditd was there. */
START_TEST(test_what_had_nobody_between_held_back_and_live_is_no_loss)
{
	struct fixture *fx = begin();

	event_before(fx, 300, 938431, "SERVICE_STOP");
	event_of(fx, 3093, "DAEMON_START");
	event_before(fx, 141, 938465, "BPRM_FCAPS");
	event_before(fx, 141, 938465, "EOE");
	event_before(fx, -3, 938635, "CONFIG_CHANGE");
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	event_of(fx, 938637, "USER_ACCT");
	fixture_wait(fx, 5000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.events, 1);
	fixture_free(fx);
}
END_TEST

/* As any others do: what comes late among them begins nothing anew, or what came before it, with a
 * higher number, would be missing. */
START_TEST(test_records_that_the_kernel_held_back_interleave)
{
	struct fixture *fx = begin();

	event_of(fx, 4201, "DAEMON_START");
	event_before(fx, 350, 1704, "PATH");
	event_before(fx, 340, 1705, "PATH");
	event_before(fx, 350, 1704, "EOE");
	event_before(fx, -20, 1706, "USER_ACCT");
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* Debian 13, auditd restarted: 9649, DAEMON_END, 9651, and the kernel's lost counter stays. */
START_TEST(test_serial_that_an_ending_auditd_takes_along_is_no_loss)
{
	struct fixture *fx = begin();

	event_of(fx, 9649, "CONFIG_CHANGE");
	event_of(fx, 4101, "DAEMON_END");
	event_of(fx, 9651, "SERVICE_STOP");
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	event_of(fx, 9653, "SERVICE_START");
	fixture_wait(fx, 5000);
	ck_assert_int_eq(fixture_only_alert(fx)->coverage.events, 1);
	fixture_free(fx);
}
END_TEST

/* What a sensor finds while it reads again what its predecessor had is of now. */
START_TEST(test_finding_of_our_own_is_told_while_events_are_silent)
{
	struct fixture *fx = begin();

	judge_set_silent(fx->judge, true);
	judge_report_loss(fx->judge, "the log does not reach back", SEVERITY_HIGH, fx->now);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

START_TEST(test_serials_of_another_host_are_not_judged)
{
	struct fixture *fx = begin();

	fixture_feed(fx, "node=other type=USER_ACCT msg=audit(1000000000.000:5): x\n"
			 "node=other type=USER_ACCT msg=audit(1000000000.000:9): x\n");
	fixture_wait(fx, 60000);
	fixture_no_alert(fx);
	fixture_feed(fx, "node=thishost type=USER_ACCT msg=audit(1000000000.000:5): x\n"
			 "node=thishost type=USER_ACCT msg=audit(1000000000.000:9): x\n");
	fixture_wait(fx, 5000);
	fixture_only_alert(fx);
	fixture_free(fx);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("blind");
	TCase *tc = tcase_create("blind");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_the_maker_of_a_loss_is_known_behind_many_other_changes);
	tcase_add_test(tc, test_a_loss_is_told_low_at_once_with_its_maker_and_high_after_the_grace);
	tcase_add_test(tc, test_a_loss_told_and_healed_within_the_grace_is_one_low_alert);
	tcase_add_test(tc, test_rules_that_a_living_process_goes_on_to_load_are_no_loss);
	tcase_add_test(tc,
		       test_rules_that_a_living_process_does_not_load_within_the_grace_are_a_loss);
	tcase_add_test(tc, test_what_is_older_than_all_that_is_on_record_is_named_once_a_boot);
	tcase_add_test(tc, test_where_auditing_was_on_from_the_boot_on_nothing_is_older);
	tcase_add_test(tc, test_a_living_process_that_pauses_has_made_a_loss);
	tcase_add_test(tc,
		       test_rules_put_back_by_another_before_anybody_was_sure_are_one_low_alert);
	tcase_add_loop_test(tc, test_what_left_no_record_is_told_all_the_same_by_whom_is_not_known,
			    0, COUNT(without_record));
	tcase_add_loop_test(tc, test_what_hid_for_a_moment_is_one_low_alert_of_what_is_over, 0,
			    COUNT(makers));
	tcase_add_test(tc, test_all_rules_gone_are_one_alert_that_counts_them);
	tcase_add_test(tc, test_nothing_is_a_loss_before_the_rules_had_time_to_be_loaded);
	tcase_add_test(tc, test_a_sites_own_narrowing_rule_is_no_loss_and_a_later_one_is);
	tcase_add_test(tc, test_rules_missing_under_an_immutable_configuration_wait_for_the_reboot);
	tcase_add_test(tc, test_a_reading_that_says_nothing_ends_no_loss);
	tcase_add_test(tc, test_lost_records_are_high_at_once_and_their_end_is_told);
	tcase_add_test(
		tc, test_serials_that_never_come_are_lost_records_and_those_that_come_late_are_not);
	tcase_add_test(tc, test_gap_that_another_has_told_is_forgotten_and_the_next_is_not);
	tcase_add_test(tc, test_serials_of_another_host_are_not_judged);
	tcase_add_test(tc, test_finding_of_our_own_is_told_while_events_are_silent);
	tcase_add_test(tc, test_serial_missing_among_what_the_kernel_held_back_is_no_loss);
	tcase_add_test(tc, test_records_that_the_kernel_held_back_interleave);
	tcase_add_test(tc, test_what_had_nobody_between_held_back_and_live_is_no_loss);
	tcase_add_test(tc, test_serial_that_an_ending_auditd_takes_along_is_no_loss);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
