/* SPDX-License-Identifier: Apache-2.0 */
/* While learning, gains are learnt and not alerted; and what no baseline may allow still is. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#define WEB "/usr/sbin/web"

static const struct fixture_act web = {.pid = 200, .exe = WEB, .comm = "web"};

static void raise_bit(struct fixture *fx, int bit)
{
	struct event_sets sets = {.permitted = FIXTURE_ALL};

	fixture_capset(fx, web, sets);
	sets.effective = CAP(bit);
	fixture_capset(fx, web, sets);
}

static void start_learning(struct fixture *fx, const char *unit, int64_t for_ms)
{
	struct learning learning = {
		.on = true, .since = fx->now, .until = for_ms ? fx->now + for_ms : 0};

	snprintf(learning.unit, sizeof(learning.unit), "%s", unit);
	judge_switch_learning(fx->judge, &learning, "the test", fx->now);
	fixture_wait(fx, 1);
}

/* ---- what was learnt ---- */

struct sought {
	const char *what, *template_name;
	int64_t count;
	const struct learnt_kind *kind;
	json_t *facts;
};

static void seek(void *ctx, const struct learnt_kind *kind)
{
	struct sought *sought = ctx;
	const char *name = json_string_value(
		json_object_get(json_object_get(kind->facts, "service"), "template"));

	if (strcmp(kind->what, sought->what) != 0 ||
	    (sought->template_name && (!name || strcmp(name, sought->template_name) != 0)))
		return;
	sought->count += kind->count;
	sought->facts = (json_t *)kind->facts;
}

static struct sought learnt(const struct fixture *fx, const char *what, const char *template_name)
{
	struct sought sought = {.what = what, .template_name = template_name};

	learnt_each(learner_counted(fx->learner), seek, &sought);
	return sought;
}

static const char *word(const json_t *facts, const char *key)
{
	const char *text = json_string_value(json_object_get(facts, key));

	return text ? text : "";
}

/* ---- tests ---- */

START_TEST(test_a_gain_is_learnt_with_its_facts_and_observed)
{
	struct fixture *fx = fixture_live(NULL);
	struct sought gain;

	if (_i == 0)
		fx->settings.mode = MODE_LEARN;
	else
		start_learning(fx, "", 0);
	fixture_forget_alerts(fx);
	fixture_run_unit(fx, 200, "web@one", WEB);
	raise_bit(fx, SYS_PTRACE);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition, DISPOSITION_OBSERVED);
	gain = learnt(fx, "gain", "web@.service");
	ck_assert_int_eq(gain.count, 1);
	ck_assert_str_eq(word(gain.facts, "phase"), "running");
	ck_assert_str_eq(word(gain.facts, "mechanism"), "capset");
	ck_assert_str_eq(word(json_object_get(gain.facts, "process"), "exe"), WEB);
	ck_assert_ptr_null(json_object_get(json_object_get(gain.facts, "process"), "pid"));
	ck_assert_ptr_null(json_object_get(json_object_get(gain.facts, "process"), "comm"));
	fixture_free(fx);
}
END_TEST

START_TEST(test_what_the_baseline_allows_is_learnt_too)
{
	struct fixture *fx = fixture_live("services:\n  - {name: web, match: {exe: " WEB
					  "}, running: {effective: "
					  "[cap_sys_ptrace]}}\n");

	start_learning(fx, "", 0);
	fixture_forget_alerts(fx);
	fixture_run_unit(fx, 200, "web", WEB);
	raise_bit(fx, SYS_PTRACE);
	fixture_no_alert(fx);
	ck_assert_int_eq(learnt(fx, "gain", NULL).count, 1);
	fixture_free(fx);
}
END_TEST

START_TEST(test_nothing_is_learnt_before_and_after)
{
	const struct learning off = {.on = false};
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", WEB);
	raise_bit(fx, SYS_PTRACE);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition, DISPOSITION_ALERT);
	start_learning(fx, "", 0);
	judge_switch_learning(fx->judge, &off, "the test", fx->now);
	fixture_forget_alerts(fx);
	raise_bit(fx, SYS_TIME);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition, DISPOSITION_ALERT);
	ck_assert_int_eq(learnt(fx, "gain", NULL).count, 0);
	fixture_free(fx);
}
END_TEST

START_TEST(test_a_unit_alone_may_learn)
{
	struct fixture *fx = fixture_live(NULL);

	start_learning(fx,
		       _i == 0	 ? "web@.service"
		       : _i == 1 ? "web@*.service"
				 : "other.service",
		       0);
	fixture_forget_alerts(fx);
	fixture_run_unit(fx, 200, "web@one", WEB);
	raise_bit(fx, SYS_PTRACE);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition,
			 _i < 2 ? DISPOSITION_OBSERVED : DISPOSITION_ALERT);
	ck_assert_int_eq(learnt(fx, "gain", NULL).count, _i < 2);
	fixture_free(fx);
}
END_TEST

START_TEST(test_what_no_baseline_may_allow_alerts_all_the_same)
{
	struct fixture *fx = fixture_live(NULL);
	struct event_sets few = {.permitted = CAP(NET_RAW)}, all = {.permitted = FIXTURE_ALL};

	start_learning(fx, "", 0);
	fixture_forget_alerts(fx);
	fixture_run_unit(fx, 200, "web", WEB);
	fixture_capset(fx, web, few);
	fixture_hold(fx, 200, all);
	fixture_capset(fx, web, all); /* permitted cannot grow by capset */
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_IMPOSSIBLE_TRANSITION);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition, DISPOSITION_ALERT);
	ck_assert_int_eq(learnt(fx, "gain", NULL).count, 0);
	judge_report_loss(fx->judge, "a loss", SEVERITY_HIGH, fx->now);
	ck_assert_int_eq(fixture_last_alert(fx)->disposition, DISPOSITION_ALERT);
	fixture_free(fx);
}
END_TEST

START_TEST(test_learning_ends_by_itself_and_each_switch_is_an_alert)
{
	struct fixture *fx = fixture_live(NULL);

	start_learning(fx, "", 60000);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_CONFIG_CHANGE);
	ck_assert_ptr_nonnull(
		strstr(fixture_only_alert(fx)->detail.data, "switched on by the test"));
	fixture_forget_alerts(fx);
	fixture_wait(fx, 59000);
	ck_assert(judge_learning(fx->judge)->on);
	fixture_no_alert(fx);
	fixture_wait(fx, 2000);
	ck_assert(!judge_learning(fx->judge)->on);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_CONFIG_CHANGE);
	ck_assert_ptr_nonnull(
		strstr(fixture_only_alert(fx)->detail.data, "switched off by its own end"));
	fixture_free(fx);
}
END_TEST

START_TEST(test_services_present_and_started_and_what_they_hold)
{
	struct fixture *fx = fixture_live(NULL);
	struct sought held;

	fixture_run_unit(fx, 100, "old", "/usr/sbin/old");
	start_learning(fx, "", 0);
	ck_assert_int_eq(learnt(fx, "present", "old.service").count, 1);
	fixture_start_unit(fx, 200, "web", WEB);
	fixture_hold(fx, 200, (struct event_sets){.permitted = CAP(NET_RAW)});
	ck_assert_int_eq(learnt(fx, "start", "web.service").count, 0);
	fixture_wait(fx, 20000);
	ck_assert_int_eq(learnt(fx, "start", "web.service").count, 1);
	ck_assert_int_eq(learnt(fx, "start", "old.service").count, 0);
	ck_assert_int_eq(learnt(fx, "present", "web.service").count, 0);
	held = learnt(fx, "held", "web.service");
	ck_assert_int_eq(held.count, 1);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(held.facts, "held"), 0)),
			 "cap_net_raw");
	fixture_free(fx);
}
END_TEST

START_TEST(test_learning_goes_on_after_a_restart_without_an_alert)
{
	const struct learning learning = {.on = true, .since = 1};
	const struct learning_position none = {0, 0};
	struct fixture *fx = fixture_live(NULL);

	judge_resume_learning(fx->judge, &learning, &none);
	fixture_run_unit(fx, 200, "web", WEB);
	fixture_no_alert(fx);
	raise_bit(fx, SYS_PTRACE);
	ck_assert_int_eq(fixture_only_alert(fx)->disposition, DISPOSITION_OBSERVED);
	fixture_free(fx);
}
END_TEST

/* Another sensor judges again what its predecessor did since its checkpoint. */
START_TEST(test_what_is_judged_again_is_not_learnt_again)
{
	const struct learning learning = {.on = true, .since = 1};
	struct fixture *fx = fixture_live(NULL);
	struct learning_position position = {.time = fx->now + 30000, .serial = 0};

	judge_resume_learning(fx->judge, &learning, &position);
	judge_begin_late(fx->judge, fx->now);
	fixture_run_unit(fx, 200, "web", WEB);
	raise_bit(fx, SYS_PTRACE);
	ck_assert_int_eq(learnt(fx, "gain", NULL).count, 0);
	fixture_wait(fx, 30000);
	raise_bit(fx, SYS_TIME);
	ck_assert_int_eq(learnt(fx, "gain", NULL).count, 1);
	ck_assert_int_gt(judge_learnt_position(fx->judge)->time, position.time);
	fixture_free(fx);
}
END_TEST

START_TEST(test_a_change_since_the_last_run_is_an_alert)
{
	struct fixture *fx = fixture_live(NULL);

	judge_report_change(fx->judge, "while capwatch did not run: x", fx->now);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_CONFIG_CHANGE);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_MEDIUM);
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learning");
	TCase *gains = tcase_create("gains"), *switching = tcase_create("switching");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(gains, test_a_gain_is_learnt_with_its_facts_and_observed, 0, 2);
	tcase_add_test(gains, test_what_the_baseline_allows_is_learnt_too);
	tcase_add_test(gains, test_nothing_is_learnt_before_and_after);
	tcase_add_loop_test(gains, test_a_unit_alone_may_learn, 0, 3);
	tcase_add_test(gains, test_what_no_baseline_may_allow_alerts_all_the_same);
	tcase_add_test(gains, test_services_present_and_started_and_what_they_hold);
	suite_add_tcase(suite, gains);
	tcase_add_test(switching, test_learning_ends_by_itself_and_each_switch_is_an_alert);
	tcase_add_test(switching, test_learning_goes_on_after_a_restart_without_an_alert);
	tcase_add_test(switching, test_what_is_judged_again_is_not_learnt_again);
	tcase_add_test(switching, test_a_change_since_the_last_run_is_an_alert);
	suite_add_tcase(suite, switching);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
