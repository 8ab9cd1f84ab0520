/* SPDX-License-Identifier: Apache-2.0 */
/* What capwatch explain and suggest advise: the entry, what speaks against it, and where an alert
 * is found. That each entry silences just its alert in a replay is tests/replay/explain's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerters/spool_file.h"
#include "cli/explanation.h"
#include "tests/unit/conf_files.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* An alert of a raise by /usr/sbin/web as uid 33; what comes after it takes the place of its own.
 */
#define PROCESS(exe)                                                                               \
	"\"process\": {\"pid\": 9, \"uid\": 33, \"exe\": \"" exe "\", \"exe_file\": \"host\"}"
#define UNIT(name)                                                                                 \
	"\"service\": {\"kind\": \"unit\", \"name\": \"" name "\", \"unit\": \"" name              \
	"\", \"template\": \"" name "\"}"
#define GAIN(cap)                                                                                  \
	"\"reason\": \"expansion-after-start\", \"mechanism\": \"capset\", \"phase\": "            \
	"\"running\", "                                                                            \
	"\"capabilities\": {\"effective\": {\"after\": [\"" cap "\"], \"gained\": [\"" cap "\"]}}"
#define WEB GAIN("cap_net_raw") ", " UNIT("web.service") ", " PROCESS("/usr/sbin/web")

#define WEB_BOTH                                                                                   \
	"\"reason\": \"expansion-after-start\", \"mechanism\": \"capset\", \"phase\": "            \
	"\"running\", "                                                                            \
	"\"capabilities\": {\"effective\": {\"gained\": [\"cap_net_raw\"]}, \"permitted\": "       \
	"{\"gained\": [\"cap_net_raw\"]}}, " UNIT("web.service") ", " PROCESS("/usr/sbin/web")

struct advised {
	json_t *alert;
	struct baseline *baseline;
	struct retold retold;
	char *paths[2];
	struct advice advice;
	bool given;
};

static void advise(struct advised *advised, const char *alert, const char *entries)
{
	char text[2048];
	struct error err;
	struct advice_question question = {advised->paths, false, "/etc/capwatch/baseline.d"};

	snprintf(text, sizeof(text), "{%s}", alert);
	advised->alert = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(advised->alert);
	snprintf(text, sizeof(text), "services: [%s]\n", entries);
	advised->paths[0] = (char *)conf_files_write("d/10.yaml", text);
	advised->paths[1] = NULL;
	advised->baseline = baseline_load(advised->paths, false, &err);
	ck_assert_msg(advised->baseline != NULL, "%s", err.text);
	ck_assert_int_eq(retold_read(&advised->retold, advised->alert, advised->baseline, &err), 0);
	advised->given = advice_entry(&advised->retold, &question, &advised->advice);
	ck_assert_int_eq(advised->given, advised->advice.yaml != NULL);
}

static void end(struct advised *advised)
{
	advice_free(&advised->advice);
	baseline_free(advised->baseline);
	json_decref(advised->alert);
}

/* ---- the entry ---- */

static const struct entry_case {
	const char *alert, *entries;
	const char *entry, *also; /* parts of the texts; entry NULL: there is none */
} entry_cases[] = {
	{WEB, "",
	 "name: web\n    match: {exe: \"/usr/sbin/web\", unit: \"web.service\"}\n    running:\n"
	 "      effective: [cap_net_raw]\n",
	 ""},
	/* what an entry has already it need not say */
	{WEB, "{name: web, match: {exe: /usr/sbin/web}, running: {permitted: [cap_kill]}}",
	 "name: web\n    extends: web\n    running:\n      effective: [cap_net_raw]\n", ""},
	{WEB, "{name: web, match: {exe: /usr/sbin/web}, start: {effective: [cap_net_raw]}}",
	 "extends: web\n    running:\n      effective: [cap_net_raw]\n", ""},
	{WEB,
	 "{name: web, match: {exe: /usr/sbin/web}, running: {mechanisms: [exec], effective: "
	 "[cap_kill]}}",
	 "mechanisms: [capset, exec]\n      effective: [cap_net_raw]\n", "not tied"},
	{WEB,
	 "{name: web, match: {exe: /usr/sbin/web}, running: {permitted: [cap_kill], effective: "
	 "same}}",
	 "effective: [cap_net_raw]\n", ""},
	{WEB,
	 "{name: web, match: {exe: /usr/sbin/web}, running: {effective: [cap_kill], permitted: "
	 "same}}",
	 "effective: [cap_net_raw]\n", "cap_net_raw in the other"},
	{WEB_BOTH, "{name: web, match: {exe: /usr/sbin/web}, running: {permitted: [cap_net_raw]}}",
	 "    running:\n      effective: [cap_net_raw]\n", ""},
	/* a tie is narrowed away: for what parent x is is not known to differ */
	{GAIN("cap_kill") ", \"service\": {\"kind\": \"session\"}, " PROCESS("/usr/sbin/web"),
	 "{name: x, match: {exe: /usr/sbin/web, parent_exe: /usr/bin/x}}",
	 "match: {exe: \"/usr/sbin/web\", session: true, uid: 33}\n", ""},
	/* one that speaks for others is not widened for them */
	{WEB, "{name: all, match: {exe: \"/usr/sbin/*\"}}",
	 "name: all-local\n    extends: all\n    match: {exe: \"/usr/sbin/web\", unit: "
	 "\"web.service\"}\n",
	 ""},
	{WEB, "{name: all, match: {exe: \"/usr/sbin/*\", unit: web.service}}",
	 "match: {exe: \"/usr/sbin/web\", unit: \"web.service\", uid: 33}\n", ""},
	/* nor is one put aside that is for another user of the same program */
	{WEB, "{name: web, match: {exe: /usr/sbin/web, uid: 0}, running: {effective: [cap_kill]}}",
	 "name: web-local\n    match: {exe: \"/usr/sbin/web\", unit: \"web.service\", uid: 33}\n",
	 ""},
	/* a name is no glob */
	{GAIN("cap_kill") ", " UNIT("a\\\\x2db@.service") ", " PROCESS("/opt/[x]*/we?b"), "",
	 "name: we_b\n    match: {exe: \"/opt/\\\\[x]\\\\*/we\\\\?b\", unit: "
	 "\"a\\\\\\\\x2db@.service\"}\n",
	 ""},
	/* allowed by now; a container; another file; no program; no text for a file */
	{WEB, "{name: web, match: {exe: /usr/sbin/web}, running: {effective: [cap_net_raw]}}", NULL,
	 "already"},
	{GAIN("cap_kill") ", \"service\": {\"kind\": \"container\", \"container\": {\"id\": "
			  "\"1\"}}, " PROCESS("/usr/sbin/web"),
	 "", NULL, "container"},
	{GAIN("cap_kill") ", \"process\": {\"exe\": \"/usr/sbin/web\", \"exe_file\": \"other\"}",
	 "", NULL, "not the host's file"},
	{GAIN("cap_kill") ", \"process\": {\"pid\": 1}", "", NULL, "not known"},
	{GAIN("cap_kill") ", " PROCESS("/usr/sbin/w\\u0007b"), "", NULL, "characters"},
	{"\"reason\": \"unexplained-gain\", \"mechanism\": \"sweep\", " PROCESS("/usr/sbin/web"),
	 "", NULL, "this reason"},
};

START_TEST(test_entry_is_the_smallest_or_it_is_said_why_there_is_none)
{
	const struct entry_case *entry = &entry_cases[_i];
	struct advised advised;
	const char *said;

	advise(&advised, entry->alert, entry->entries);
	ck_assert_msg(advised.given == (entry->entry != NULL), "%s", advised.advice.why_not);
	if (entry->entry)
		ck_assert_msg(strstr(advised.advice.yaml, entry->entry) != NULL, "%s",
			      advised.advice.yaml);
	said = entry->entry ? advised.advice.also : advised.advice.why_not;
	ck_assert_msg(strstr(said, entry->also) != NULL, "%s", said);
	ck_assert_int_eq(entry->entry && !entry->also[0] && advised.advice.also[0], 0);
	end(&advised);
}
END_TEST

/* In the folder of its own an entry can't be extended under its name. */
START_TEST(test_entry_of_the_same_folder_is_to_be_merged)
{
	struct advised advised;
	struct advice_question question = {advised.paths, false, conf_files_path(_i ? "d" : "e")};

	advise(&advised, WEB, "{name: web, match: {exe: /usr/sbin/web}}");
	advice_free(&advised.advice);
	ck_assert(advice_entry(&advised.retold, &question, &advised.advice));
	ck_assert_int_eq(advised.advice.merge, _i == 1);
	ck_assert_str_eq(advised.advice.extends->name, "web");
	end(&advised);
}
END_TEST

/* ---- what speaks against it ---- */

static const struct risk_case {
	const char *alert;
	unsigned risks;
} risk_cases[] = {
	{WEB, 0},
	{GAIN("cap_sys_admin") ", " UNIT("a.service") ", " PROCESS("/usr/sbin/web"),
	 ADVICE_ROOT_WHILE_RUNNING},
	{GAIN("cap_kill") ", " UNIT("a.service") ", " PROCESS("/var/tmp/web"),
	 ADVICE_WRITABLE_PLACE},
	{GAIN("cap_kill") ", " UNIT("a.service") ", " PROCESS("/home/joe/bin/web"),
	 ADVICE_WRITABLE_PLACE},
	{GAIN("cap_kill") ", " UNIT("a.service") ", " PROCESS("/usr/bin/python3.11"),
	 ADVICE_INTERPRETER},
	{GAIN("cap_kill") ", " UNIT("a.service") ", " PROCESS("/usr/bin/dash"),
	 ADVICE_SHELL_OF_SERVICE},
	{GAIN("cap_kill") ", \"service\": {\"kind\": \"session\"}, " PROCESS("/usr/bin/bash"),
	 ADVICE_INTERPRETER | ADVICE_LOGIN_SESSION},
	{GAIN("cap_kill") ", " PROCESS("/usr/sbin/web"), ADVICE_ANY_CALLER},
	{GAIN("cap_kill") ", " UNIT("a.service") ", \"process\": {\"exe\": \"/x\", \"exe_state\": "
						 "\"deleted\"}",
	 ADVICE_OTHER_FILE},
	{GAIN("cap_kill") ", " UNIT("a.service") ", \"process\": {\"exe\": \"/x\"}",
	 ADVICE_FILE_UNKNOWN},
};

START_TEST(test_what_speaks_against_it)
{
	const struct risk_case *risk = &risk_cases[_i];
	struct advised advised;

	advise(&advised, risk->alert, "");
	/* that before is not known is true of all of them */
	ck_assert_uint_eq(advice_risks(&advised.retold) & ~(unsigned)ADVICE_BEFORE_UNKNOWN,
			  risk->risks);
	end(&advised);
}
END_TEST

START_TEST(test_each_risk_has_its_sentence)
{
	for (unsigned bit = 0; bit < ADVICE_RISKS; bit++) {
		const char *text = advice_risk_text((enum advice_risk)(1u << bit));

		ck_assert_ptr_nonnull(text);
		ck_assert_int_eq(text[strlen(text) - 1], '.');
	}
}
END_TEST

/* ---- where an alert is found ---- */

static void put_into_spool(int folder, uint64_t sequence, const char *id)
{
	struct spool_file file = {.sequence = sequence};
	struct error err = {""};
	char text[1024];

	snprintf(file.id, sizeof(file.id), "%s", id);
	snprintf(text, sizeof(text), "{\"id\": \"%s\", " WEB "}", id);
	file.length = strlen(text);
	ck_assert_msg(spool_file_store(folder, &file, text, &err) == 0, "%s", err.text);
}

START_TEST(test_alert_is_found_in_the_spool_waiting_or_dead)
{
	static const char *const ids[] = {"cw-waiting", "cw-dead", "cw-nowhere"};
	struct sink_settings sink = {.type = SINK_WEBHOOK, .name = (char *)"siem"};
	struct settings settings = {.sinks = &sink, .sink_count = 1};
	const struct spool_burial burial = {SPOOL_DEAD, "refused"};
	struct error err = {""};
	json_t *alert;
	int folder;

	sink.spool.dir = (char *)conf_files_path("spool");
	folder = spool_folder_open(sink.spool.dir, "siem", &err);
	ck_assert_msg(folder >= 0, "%s", err.text);
	put_into_spool(folder, 1, "cw-dead");
	put_into_spool(folder, 2, "cw-waiting");
	ck_assert_int_eq(spool_file_bury(folder, 1, &burial, &err), 0);
	for (int i = 0; i < 3; i++) {
		enum explain_found found = explanation_find(&settings, ids[i], &alert, &err);

		ck_assert_int_eq(found, i < 2 ? EXPLAIN_FOUND : EXPLAIN_NOT_FOUND);
		if (i < 2)
			ck_assert_str_eq(explanation_text(alert, "id"), ids[i]);
		json_decref(alert);
	}
	ck_assert_ptr_nonnull(strstr(err.text, "spool/siem"));
	close(folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("advice");
	TCase *tc = tcase_create("advice");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, conf_files_begin, conf_files_end);
	tcase_add_loop_test(tc, test_entry_is_the_smallest_or_it_is_said_why_there_is_none, 0,
			    COUNT(entry_cases));
	tcase_add_loop_test(tc, test_entry_of_the_same_folder_is_to_be_merged, 0, 2);
	tcase_add_loop_test(tc, test_what_speaks_against_it, 0, COUNT(risk_cases));
	tcase_add_test(tc, test_each_risk_has_its_sentence);
	tcase_add_test(tc, test_alert_is_found_in_the_spool_waiting_or_dead);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
