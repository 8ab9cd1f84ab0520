/* SPDX-License-Identifier: Apache-2.0 */
/* Is a gain allowed, and if not, what is it called and how grave is it. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WEB "/usr/sbin/web"
#define ENTRY "services:\n  - name: web\n    match: {exe: " WEB "}\n"

static const struct event_sets none = {0}, full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};
static const struct event_sets idle = {FIXTURE_ALL, 0, 0, 0};

static const struct fixture_act web = {.pid = 200, .exe = WEB};

static void raise_bit(struct fixture *fx, int bit)
{
	fixture_capset(fx, web, idle);
	fixture_capset(fx, web, (struct event_sets){FIXTURE_ALL, CAP(bit), 0, 0});
}

/* ---- what an entry allows, and when ---- */

static const struct allowance {
	const char *entry; /* after the match */
	bool starting;
	int bit;
	bool alerts;
} allowances[] = {
	{"    running: {effective: [cap_net_raw]}\n", false, NET_RAW, false},
	{"    running: {effective: [cap_net_raw]}\n", true, NET_RAW, false},
	{"    running: {effective: [cap_net_raw]}\n", false, SYS_ADMIN, true},
	{"    running: {effective: all}\n", false, SYS_ADMIN, false},
	{"    start: {effective: [cap_net_raw]}\n", true, NET_RAW, false},
	{"    start: {effective: [cap_net_raw]}\n", false, NET_RAW, true},
	{"    running: {}\n", false, NET_RAW, true},
	/* another set, another mechanism */
	{"    running: {permitted: [cap_net_raw]}\n", false, NET_RAW, true},
	{"    running: {inheritable: [cap_net_raw]}\n", false, NET_RAW, true},
	{"    running: {effective: [cap_net_raw], mechanisms: [exec]}\n", false, NET_RAW, true},
	{"    running: {effective: [cap_net_raw], mechanisms: [exec, capset]}\n", false, NET_RAW,
	 false},
	{"    running: {setuid: true, userns: true, denied: all}\n", false, NET_RAW, true},
};

START_TEST(test_entry_allows_exactly_this_gain_in_this_set_by_this_mechanism_in_this_phase)
{
	const struct allowance *entry = &allowances[_i];
	char text[512];
	struct fixture *fx;

	snprintf(text, sizeof(text), ENTRY "%s", entry->entry);
	fx = fixture_live(text);
	fixture_start_unit(fx, 200, "web", WEB);
	if (!entry->starting)
		fixture_wait(fx, 20000);
	raise_bit(fx, entry->bit);
	if (entry->alerts) {
		ck_assert_str_eq(fixture_only_alert(fx)->baseline.entry.data, "web");
		ck_assert(fixture_only_alert(fx)->baseline.has_missing);
		ck_assert_uint_eq(fixture_only_alert(fx)->baseline.missing, CAP(entry->bit));
	} else {
		fixture_no_alert(fx);
	}
	fixture_free(fx);
}
END_TEST

START_TEST(test_missing_is_what_the_entry_does_not_list)
{
	struct fixture *fx = fixture_live(ENTRY "    running: {effective: [cap_net_raw]}\n");

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, web, idle);
	fixture_capset(fx, web,
		       (struct event_sets){FIXTURE_ALL,
					   CAP(NET_RAW) | CAP(SYS_TIME) | CAP(NET_ADMIN), 0, 0});
	ck_assert_uint_eq(fixture_only_alert(fx)->baseline.missing, CAP(SYS_TIME) | CAP(NET_ADMIN));
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained,
			  CAP(NET_RAW) | CAP(SYS_TIME) | CAP(NET_ADMIN));
	fixture_free(fx);
}
END_TEST

START_TEST(test_suggestion_allows_what_it_was_made_for)
{
	struct fixture *fx = fixture_live(NULL);
	char text[4096];

	fixture_run_unit(fx, 200, "web", WEB);
	raise_bit(fx, SYS_ADMIN);
	snprintf(text, sizeof(text), "services:\n  - %s\n",
		 fixture_only_alert(fx)->baseline.suggestion.data);
	fixture_reconfigure(fx, text);
	fixture_forget_alerts(fx);
	raise_bit(fx, SYS_ADMIN);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- reasons and severities ---- */

static const struct severity_case {
	int bit;
	bool starting;
	enum reason reason;
	enum severity severity;
} severities[] = {
	{SYS_ADMIN, false, REASON_EXPANSION_AFTER_START, SEVERITY_HIGH},
	{SYS_PTRACE, false, REASON_EXPANSION_AFTER_START, SEVERITY_HIGH},
	{NET_ADMIN, false, REASON_EXPANSION_AFTER_START, SEVERITY_HIGH},
	{39, false, REASON_EXPANSION_AFTER_START, SEVERITY_HIGH}, /* bpf */
	{NET_RAW, false, REASON_EXPANSION_AFTER_START, SEVERITY_MEDIUM},
	{SYS_TIME, false, REASON_EXPANSION_AFTER_START, SEVERITY_MEDIUM},
	{SYS_ADMIN, true, REASON_EXPANSION_AT_START, SEVERITY_MEDIUM},
	{NET_RAW, true, REASON_EXPANSION_AT_START, SEVERITY_MEDIUM},
};

START_TEST(test_severity_of_an_expansion_is_by_phase_and_root_equivalence)
{
	const struct severity_case *entry = &severities[_i];
	struct fixture *fx = fixture_live(NULL);

	fixture_start_unit(fx, 200, "web", WEB);
	if (!entry->starting)
		fixture_wait(fx, 20000);
	raise_bit(fx, entry->bit);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, entry->reason);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, entry->severity);
	fixture_free(fx);
}
END_TEST

/* A child of the service, or of a login, executes a set-user-ID program. */
static void exec_setuid_program(struct fixture *fx, int64_t session)
{
	fixture_process(fx, 201, 200, "/usr/lib/web/helper");
	fixture_exec(fx,
		     (struct fixture_act){.pid = 201,
					  .ppid = 200,
					  .exe = "/usr/lib/web/helper",
					  .uid = 33,
					  .session = session},
		     &none, &full);
}

START_TEST(test_exec_gain_is_high_by_a_service_and_low_in_a_session)
{
	struct fixture *fx = fixture_live(NULL);

	if (_i == 0)
		fixture_run_unit(fx, 200, "web", WEB);
	exec_setuid_program(fx, _i ? 3 : 0);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXEC_GAIN);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, _i ? SEVERITY_LOW : SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

START_TEST(test_exec_that_the_callers_entry_lists_is_allowed)
{
	static const char *const lists[] = {"/usr/lib/web/helper", "/usr/lib/web/*",
					    "/usr/lib/other"};
	char text[512];
	struct fixture *fx;

	snprintf(text, sizeof(text), ENTRY "    running: {exec: [\"%s\"]}\n", lists[_i]);
	fx = fixture_live(text);
	fixture_run_unit(fx, 200, "web", WEB);
	exec_setuid_program(fx, 0);
	ck_assert_uint_eq(fx->alert_count, _i == 2 ? 1 : 0);
	fixture_free(fx);
}
END_TEST

/* ---- grants of one mechanism each ---- */

static void do_securebits(struct fixture *fx)
{
	fixture_prctl(fx, web, 8, 1, 0);
}

static void do_setuid(struct fixture *fx)
{
	struct fixture_act other = web;

	other.euid = other.fsuid = 33;
	fixture_setuid(fx, other);
	fixture_setuid(fx, web);
}

static void do_userns(struct fixture *fx)
{
	struct fixture_act act = web;

	act.call = 272;
	act.args[0] = 0x10000000;
	fixture_call(fx, act);
}

static void do_file_caps(struct fixture *fx)
{
	struct fixture_act act = web;

	act.call = 190;
	act.args[3] = 20;
	act.records = "PATH item=0 name=\"/x\" inode=9 dev=08:01 mode=0100755 nametype=NORMAL";
	fx->file_caps = CAP(NET_RAW);
	fixture_call(fx, act);
}

static void do_denied_ambient(struct fixture *fx)
{
	struct fixture_act act = web;

	act.error = EPERM;
	fixture_prctl(fx, act, 47, 2, NET_RAW);
}

static void do_denied_capset(struct fixture *fx)
{
	fixture_capset_refused(fx, web);
}

static void do_last_cap(struct fixture *fx)
{
	struct fixture_act act = web;

	act.call = 257;
	act.args[2] = 1;
	act.error = EACCES;
	act.records =
		"PATH item=0 name=\"/proc/sys/kernel/cap_last_cap\" inode=9 dev=00:16 mode=0100444 "
		"nametype=NORMAL";
	fixture_call(fx, act);
}

static const struct mechanism_case {
	void (*act)(struct fixture *fx);
	const char *grant;
	enum reason reason;
	enum severity severity;
	bool allowed;
} mechanisms[] = {
	{do_securebits, "{}", REASON_SECUREBITS_CHANGE, SEVERITY_HIGH, false},
	{do_securebits, "{securebits: [keep-caps]}", REASON_SECUREBITS_CHANGE, SEVERITY_HIGH, true},
	{do_securebits, "{securebits: [noroot]}", REASON_SECUREBITS_CHANGE, SEVERITY_HIGH, false},
	{do_setuid, "{}", REASON_SETUID_GAIN, SEVERITY_HIGH, false},
	{do_setuid, "{setuid: true}", REASON_SETUID_GAIN, SEVERITY_HIGH, true},
	{do_setuid, "{effective: all}", REASON_SETUID_GAIN, SEVERITY_HIGH, false},
	{do_userns, "{}", REASON_USERNS_GAIN, SEVERITY_LOW, false},
	{do_userns, "{userns: true}", REASON_USERNS_GAIN, SEVERITY_LOW, true},
	{do_file_caps, "{}", REASON_FILE_CAPS_SET, SEVERITY_MEDIUM, false},
	{do_file_caps, "{mechanisms: [file-caps]}", REASON_FILE_CAPS_SET, SEVERITY_MEDIUM, true},
	{do_denied_ambient, "{}", REASON_GAIN_DENIED, SEVERITY_LOW, false},
	{do_denied_ambient, "{denied: [cap_net_raw]}", REASON_GAIN_DENIED, SEVERITY_LOW, true},
	{do_denied_ambient, "{denied: [cap_sys_time]}", REASON_GAIN_DENIED, SEVERITY_LOW, false},
	/* which capabilities a refused capset asked for is not in its record */
	{do_denied_capset, "{denied: [cap_net_raw]}", REASON_GAIN_DENIED, SEVERITY_LOW, false},
	{do_denied_capset, "{denied: all}", REASON_GAIN_DENIED, SEVERITY_LOW, true},
	/* nothing allows a write at the sysctl */
	{do_last_cap, "{denied: all, effective: all}", REASON_CAP_LAST_CAP_WRITE, SEVERITY_HIGH,
	 false},
};

START_TEST(test_each_mechanism_has_its_reason_its_severity_and_its_grant)
{
	const struct mechanism_case *entry = &mechanisms[_i];
	char text[512];
	struct fixture *fx;

	snprintf(text, sizeof(text), ENTRY "    running: %s\n", entry->grant);
	fx = fixture_live(text);
	fixture_run_unit(fx, 200, "web", WEB);
	entry->act(fx);
	if (entry->allowed) {
		fixture_no_alert(fx);
	} else {
		ck_assert_int_eq(fixture_only_alert(fx)->reason, entry->reason);
		ck_assert_int_eq(fixture_only_alert(fx)->severity, entry->severity);
	}
	fixture_free(fx);
}
END_TEST

START_TEST(test_impossible_transition_alerts_whatever_the_entry_allows)
{
	struct fixture *fx = fixture_live(ENTRY "    running: {effective: all, permitted: all}\n");

	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, web, none);
	fixture_capset(fx, web, full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_IMPOSSIBLE_TRANSITION);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_CRITICAL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_keep_caps_at_a_start_is_how_daemons_change_uid)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_start_unit(fx, 200, "web", WEB);
	fixture_prctl(fx, web, 8, 1, 0);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- dispositions ---- */

START_TEST(test_mode_observe_of_the_host_or_of_the_entry_is_told_as_observed)
{
	struct fixture *fx = fixture_live(_i ? ENTRY "    mode: observe\n" : NULL);

	if (_i == 0)
		fx->settings.mode = MODE_OBSERVE;
	fixture_run_unit(fx, 200, "web", WEB);
	raise_bit(fx, SYS_ADMIN);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition, DISPOSITION_OBSERVED);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	fixture_free(fx);
}
END_TEST

/* ---- ceilings ---- */

START_TEST(test_service_above_its_ceiling_at_the_end_of_its_start)
{
	struct fixture *fx = fixture_live(ENTRY "    ceiling: [cap_net_raw]\n");

	fixture_start_unit(fx, 200, "web", WEB);
	fixture_hold(fx, 200, (struct event_sets){CAP(NET_RAW) | CAP(SYS_TIME), 0, 0, 0});
	fixture_wait(fx, 9000);
	fixture_no_alert(fx);
	fixture_wait(fx, 600000);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_ABOVE_CEILING);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_MEDIUM);
	ck_assert_uint_eq(fixture_only_alert(fx)->baseline.missing, CAP(SYS_TIME));
	ck_assert_str_eq(fixture_only_alert(fx)->service.name.data, "web.service");
	fixture_free(fx);
}
END_TEST

START_TEST(test_service_within_its_ceiling_is_silent)
{
	struct fixture *fx = fixture_live(ENTRY "    ceiling: [cap_net_raw, cap_sys_time]\n");

	fixture_start_unit(fx, 200, "web", WEB);
	fixture_hold(fx, 200, (struct event_sets){CAP(NET_RAW), 0, 0, 0});
	fixture_wait(fx, 600000);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_running_service_above_its_ceiling_at_a_transition_alerts_once)
{
	struct fixture *fx = fixture_live(
		ENTRY "    running: {effective: all}\n    ceiling: [cap_net_raw]\n");

	fixture_start_unit(fx, 200, "web", WEB);
	fixture_hold(fx, 200, none);
	fixture_wait(fx, 20000);
	fixture_no_alert(fx);
	fixture_capset(fx, web, idle);
	fixture_capset(fx, web, full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_ABOVE_CEILING);
	fixture_free(fx);
}
END_TEST

START_TEST(test_declared_ceiling_is_what_the_unit_was_given)
{
	struct fixture *fx = fixture_live(ENTRY "    ceiling: declared\n");
	capmask held = _i ? CAP(NET_RAW) | CAP(SYS_TIME) : CAP(NET_RAW);

	fx->bounding = CAP(NET_RAW);
	fixture_start_unit(fx, 200, "web", WEB);
	fixture_hold(fx, 200, (struct event_sets){held, 0, 0, 0});
	fixture_wait(fx, 600000);
	if (_i)
		ck_assert_uint_eq(fixture_only_alert(fx)->baseline.missing, CAP(SYS_TIME));
	else
		fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_declared_ceiling_of_a_service_whose_start_was_not_seen_is_not_judged)
{
	struct fixture *fx = fixture_live(ENTRY "    ceiling: declared\n");

	fixture_process(fx, 200, 1, WEB);
	fixture_wait(fx, 600000);
	fixture_capset(fx, web, idle);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("verdict");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
		tc, test_entry_allows_exactly_this_gain_in_this_set_by_this_mechanism_in_this_phase,
		0, COUNT(allowances));
	tcase_add_test(tc, test_missing_is_what_the_entry_does_not_list);
	tcase_add_test(tc, test_suggestion_allows_what_it_was_made_for);
	tcase_add_loop_test(tc, test_severity_of_an_expansion_is_by_phase_and_root_equivalence, 0,
			    COUNT(severities));
	tcase_add_loop_test(tc, test_exec_gain_is_high_by_a_service_and_low_in_a_session, 0, 2);
	tcase_add_loop_test(tc, test_exec_that_the_callers_entry_lists_is_allowed, 0, 3);
	tcase_add_loop_test(tc, test_each_mechanism_has_its_reason_its_severity_and_its_grant, 0,
			    COUNT(mechanisms));
	tcase_add_test(tc, test_impossible_transition_alerts_whatever_the_entry_allows);
	tcase_add_test(tc, test_keep_caps_at_a_start_is_how_daemons_change_uid);
	tcase_add_loop_test(tc, test_mode_observe_of_the_host_or_of_the_entry_is_told_as_observed,
			    0, 2);
	tcase_add_test(tc, test_service_above_its_ceiling_at_the_end_of_its_start);
	tcase_add_test(tc, test_service_within_its_ceiling_is_silent);
	tcase_add_test(tc, test_running_service_above_its_ceiling_at_a_transition_alerts_once);
	tcase_add_loop_test(tc, test_declared_ceiling_is_what_the_unit_was_given, 0, 2);
	tcase_add_test(tc,
		       test_declared_ceiling_of_a_service_whose_start_was_not_seen_is_not_judged);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
