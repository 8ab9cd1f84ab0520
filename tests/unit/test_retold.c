/* SPDX-License-Identifier: Apache-2.0 */
/* An alert read back from its JSON: the same entry speaks, and allows what it allowed live. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/retold.h"
#include "tests/unit/judge_fixture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WEB "/usr/sbin/web"

static const struct event_sets none = {0}, full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0},
			       idle = {FIXTURE_ALL, 0, 0, 0};
static const struct fixture_act web = {.pid = 200, .exe = WEB};

/* ---- acts, by a service that runs ---- */

static void do_raise(struct fixture *fx)
{
	fixture_capset(fx, web, idle);
	fixture_capset(fx, web, (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0});
}

static void do_ambient(struct fixture *fx)
{
	fixture_prctl(fx, web, 47, 2, NET_RAW);
}

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

static void do_impossible(struct fixture *fx)
{
	fixture_capset(fx, web, none);
	fixture_capset(fx, web, full);
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

static void do_nothing(struct fixture *fx)
{
	(void)fx;
}

/* The alert as it leaves, with the baseline that the fixture has; json_decref() after use. */
static json_t *tell(const struct fixture *fx, struct retold *retold)
{
	json_t *object = alert_to_json(fixture_only_alert(fx));
	struct error err;

	ck_assert_int_eq(retold_read(retold, object, fx->baseline, &err), 0);
	return object;
}

static void assert_same_entry(const struct fixture *fx, const struct retold *retold)
{
	const struct baseline_entry *entry = retold_entry(retold);
	const struct alert *alert = fixture_only_alert(fx);

	if (alert->baseline.entry.length)
		ck_assert_str_eq(entry ? entry->name : "(none)", alert->baseline.entry.data);
	else
		ck_assert_ptr_null(entry);
}

/* ---- the verdict again ---- */

static const struct again {
	void (*act)(struct fixture *fx);
	const char *before, *after; /* of the entry: as it alerts, as it is silent; NULL: nothing
				       makes it so */
} agains[] = {
	{do_raise, "running: {}", "running: {effective: [cap_net_raw]}"},
	{do_raise, "start: {effective: [cap_net_raw]}", "running: {effective: all}"},
	{do_raise, "running: {effective: [cap_net_raw], mechanisms: [exec]}",
	 "running: {effective: [cap_net_raw], mechanisms: [exec, capset]}"},
	{do_ambient, "running: {effective: all}", "running: {ambient: [cap_net_raw]}"},
	{do_securebits, "running: {securebits: [noroot]}", "running: {securebits: [keep-caps]}"},
	{do_setuid, "running: {effective: all}", "running: {setuid: true}"},
	{do_userns, "running: {setuid: true}", "running: {userns: true}"},
	{do_file_caps, "running: {}", "running: {mechanisms: [file-caps]}"},
	{do_denied_ambient, "running: {denied: [cap_sys_time]}",
	 "running: {denied: [cap_net_raw]}"},
	{do_denied_capset, "running: {denied: [cap_net_raw]}", "running: {denied: all}"},
	{do_impossible, "running: {}", NULL},
	{do_last_cap, "running: {}", NULL},
	{do_nothing, "ceiling: [cap_net_raw]", "ceiling: all"},
	{do_nothing, "ceiling: [cap_net_raw, cap_net_admin]",
	 "running: {}"}, /* no ceiling at all */
};

static struct fixture *run_web(const char *part)
{
	char text[512];
	struct fixture *fx;

	snprintf(text, sizeof(text),
		 "services:\n  - name: web\n    match: {exe: " WEB "}\n    %s\n", part);
	fx = fixture_live(text);
	fixture_run_unit(fx, 200, "web", WEB);
	return fx;
}

static bool allows(const struct retold *retold)
{
	capmask missing;

	return retold_allows(retold, retold_entry(retold), &missing);
}

START_TEST(test_entry_is_asked_again_and_says_the_same)
{
	const struct again *again = &agains[_i];
	const char *after = again->after ? again->after
					 : "running: {effective: all, permitted: all, ambient: "
					   "all, denied: all}";
	struct fixture *fx = run_web(again->before);
	struct baseline *other;
	struct retold retold;
	char text[512];
	json_t *object;

	again->act(fx);
	object = tell(fx, &retold);
	assert_same_entry(fx, &retold);
	ck_assert(!allows(&retold));
	snprintf(text, sizeof(text),
		 "services:\n  - name: web\n    match: {exe: " WEB "}\n    %s\n", after);
	other = fixture_baseline(text);
	retold.world.baseline = other;
	ck_assert_int_eq(allows(&retold), again->after != NULL);
	baseline_free(other);
	json_decref(object);
	fixture_free(fx);
}
END_TEST

/* ---- which entry speaks ---- */

static const struct speaker {
	const char *baseline; /* one entry, "web" */
	bool replay, other_file;
	bool speaks;
} speakers[] = {
	{"{name: web, match: {exe: " WEB "}}", .speaks = true},
	{"{name: web, match: {exe: " WEB "}}", .other_file = true},
	{"{name: web, match: {exe: " WEB "}}", .replay = true, .speaks = true},
	{"{name: web, match: {unit: web.service}}", .speaks = true},
	{"{name: web, match: {unit: web.service}}", .other_file = true, .speaks = true},
	{"{name: web, match: {exe: " WEB ", unit: web.service}}", .speaks = true},
	/* a replay passes over what it can't know, and so must who reads its alert */
	{"{name: web, match: {exe: " WEB ", unit: web.service}}", .replay = true, .speaks = true},
	{"{name: web, match: {exe: " WEB ", unit: db.service}}", .speaks = false},
	{"{name: web, match: {exe: " WEB ", uid: 33}}", .speaks = false},
	{"{name: web, match: {exe: " WEB ", uid: 0}}", .speaks = true},
	{"{name: web, match: {exe: " WEB ", session: true}}", .speaks = false},
	{"{name: web, match: {exe: " WEB ", session: false}}", .speaks = true},
	{"{name: web, match: {container: {}}}", .speaks = false},
	{"{name: web, match: {exe: " WEB ", parent_exe: /usr/lib/systemd/systemd}}",
	 .speaks = true},
	{"{name: web, match: {exe: " WEB ", parent_exe: /usr/sbin/other}}", .speaks = false},
};

static struct fixture *make_speaker(const struct speaker *speaker)
{
	char text[512];
	struct fixture *fx;

	snprintf(text, sizeof(text), "services:\n  - %s\n", speaker->baseline);
	if (speaker->replay) {
		fx = fixture_replay(text);
		fixture_capset(fx, web, full);
		fixture_wait(fx, 20000);
		return fx;
	}
	fx = fixture_live(text);
	fixture_run_unit(fx, 200, "web", WEB);
	if (speaker->other_file) {
		fixture_find(fx, 200)->other_file = true;
		fixture_exec(fx, web, NULL, NULL);
	}
	return fx;
}

START_TEST(test_same_entry_speaks)
{
	const struct speaker *speaker = &speakers[_i];
	struct fixture *fx = make_speaker(speaker);
	struct retold retold;
	json_t *object;

	fixture_forget_alerts(fx);
	do_raise(fx);
	object = tell(fx, &retold);
	ck_assert_int_eq(fixture_only_alert(fx)->baseline.entry.length > 0, speaker->speaks);
	assert_same_entry(fx, &retold);
	json_decref(object);
	fixture_free(fx);
}
END_TEST

/* Of a replay, where the phase is not known, start counts as well; live it does not. */
START_TEST(test_phase_that_a_replay_does_not_know_is_either)
{
	static const char *const entries[] = {"match: {exe: " WEB ", unit: web.service}",
					      "match: {exe: " WEB "}"};
	json_t *object = json_loads(
		"{\"mechanism\": \"capset\", \"phase\": \"unknown\", \"process\": {\"exe\": \"" WEB
		"\"}, \"capabilities\": {\"effective\": {\"gained\": [\"cap_net_raw\"]}}, "
		"\"baseline\": {\"entry\": \"web\"}}",
		0, NULL);
	struct baseline *baseline;
	struct retold retold;
	struct error err;
	char text[512];

	snprintf(text, sizeof(text),
		 "services:\n  - {name: web, %s, start: {effective: [cap_net_raw]}}\n",
		 entries[_i]);
	baseline = fixture_baseline(text);
	ck_assert_int_eq(retold_read(&retold, object, baseline, &err), 0);
	ck_assert_ptr_eq(retold_entry(&retold), &baseline->entries[0]);
	ck_assert_int_eq(allows(&retold), _i == 0);
	baseline_free(baseline);
	json_decref(object);
}
END_TEST

/* ---- what only claims to be an alert ---- */

static const struct claim {
	const char *json;
	bool read;
} claims[] = {
	{"{}", false},
	{"[]", false},
	{"\"capset\"", false},
	{"{\"mechanism\": 7}", false},
	{"{\"mechanism\": \"no-such\"}", false},
	{"{\"mechanism\": \"capset\"}", true},
	{"{\"mechanism\": \"capset\", \"process\": 1, \"service\": [], \"capabilities\": \"x\", "
	 "\"securebits\": {\"before\": 1}, \"file\": {\"path\": {}}, \"baseline\": null}",
	 true},
	{"{\"mechanism\": \"capset\", \"process\": {\"exe\": 1, \"uid\": \"0\", \"comm\": [], "
	 "\"parent\": {\"exe\": false}}, \"service\": {\"kind\": 3, \"unit\": 4, \"container\": "
	 "[]}, \"capabilities\": {\"effective\": {\"gained\": [1, null, \"cap_no\"]}}}",
	 true},
};

START_TEST(test_wrong_types_are_facts_that_are_not_known)
{
	const struct claim *claim = &claims[_i];
	json_t *object = json_loads(claim->json, JSON_DECODE_ANY, NULL);
	struct baseline *baseline = fixture_baseline("services:\n  - {name: web, match: {exe: " WEB
						     ", uid: 0}}\n");
	struct retold retold;
	struct error err;

	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(retold_read(&retold, object, baseline, &err) == 0, claim->read);
	if (claim->read)
		ck_assert_ptr_null(retold_entry(&retold));
	baseline_free(baseline);
	json_decref(object);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("retold");
	TCase *tc = tcase_create("retold");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_entry_is_asked_again_and_says_the_same, 0, COUNT(agains));
	tcase_add_loop_test(tc, test_same_entry_speaks, 0, COUNT(speakers));
	tcase_add_loop_test(tc, test_phase_that_a_replay_does_not_know_is_either, 0, 2);
	tcase_add_loop_test(tc, test_wrong_types_are_facts_that_are_not_known, 0, COUNT(claims));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
