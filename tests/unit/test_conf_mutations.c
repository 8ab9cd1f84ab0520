/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Broken configuration files by the thousand: every key of both, with bytes changed, pieces
 * repeated, put in and cut. With the sanitizers this also shows that no error path leaks.
 * CAPWATCH_MUTATIONS=N in the environment sets how many of each (1,500 when not given).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/baseline.h"
#include "conf/settings.h"
#include "tests/unit/conf_files.h"

enum { TEXT_MAX = 64 * 1024, MUTATIONS_DEFAULT = 1500 };

static const char every_setting[] =
	"# a comment\n"
	"mode: observe\n"
	"user: a\n"
	"courier_user: b\n"
	"baseline: [/x, '/y']\n"
	"start_window: 1s\n"
	"start_timeout: 2m\n"
	"repeat_window: 0\n"
	"coverage_grace: 500ms\n"
	"sweep: 1m\n"
	"report_launcher_grants: true\n"
	"sinks:\n"
	"  - {type: syslog, facility: local3, socket_path: /run/log, min_severity: low}\n"
	"  - type: file\n"
	"    path: /var/log/x\n"
	"    observed: true\n"
	"  - {type: webhook, name: siem, url: 'https://h:8443/p?q', ca_file: /ca, timeout: 3s,\n"
	"     min_severity: high, format: native}\n";

static const char every_key[] =
	"services:\n"
	"  - name: every\n"
	"    match: {exe: /usr/sbin/x, container: {image: 'registry/x*', name: [a, b], runtime: "
	"docker},\n"
	"            parent_exe: /usr/sbin/y, uid: [0, 33], session: true, unit: \"a@*.service\"}\n"
	"    start: {effective: [cap_net_raw, 25], permitted: same}\n"
	"    running: {inheritable: all, ambient: [cap_sys_time], denied: [cap_sys_admin],\n"
	"              mechanisms: [capset, exec], securebits: [keep-caps], exec: [/usr/lib/x/*],\n"
	"              setuid: true, userns: true}\n"
	"    mode: observe\n"
	"    ceiling: declared\n"
	"  - name: more\n"
	"    extends: every\n"
	"    match: {unit: b.service}\n"
	"    running: {exec: /b}\n"
	"launchers:\n"
	"  - name: systemd\n"
	"    match: {exe: [/usr/lib/systemd/systemd], parent_exe: /x, parent_pid: 1}\n"
	"    exe_state: any\n";

static const char *const pieces[] = {
	"[",	"]",	    "{",    "}",   ": ", "- ",	"\n",
	"&a ",	"*a",	    "!!x ", "\"",  "'",	 "|\n", "\t",
	"#",	"---\n",    "same", "all", "~",	 "0",	"99999999999999999999",
	"\xff", "\xc3\xa9", "%",    "?",   "<<"};

static size_t random_below(size_t limit)
{
	return limit ? (size_t)random() % limit : 0;
}

/* One change in place; text holds TEXT_MAX bytes. Returns the new length. */
static size_t mutate(char *text, size_t length)
{
	size_t at = random_below(length), cut = random_below(length - at < 40 ? length - at : 40);
	const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];

	switch (random_below(5)) {
	case 0:
		if (length)
			text[at] = (char)random();
		return length;
	case 1:
		memmove(text + at, text + at + cut, length - at - cut);
		return length - cut;
	case 2: /* repeats a piece of itself */
		memmove(text + at + cut, text + at, length - at);
		return length + cut;
	case 3:
		return random_below(20) ? length : at;
	default:
		memmove(text + at + strlen(piece), text + at, length - at);
		memcpy(text + at, piece, strlen(piece));
		return length + strlen(piece);
	}
}

static void assert_told(const char *path, const struct error *err)
{
	ck_assert_msg(strncmp(err->text, path, strlen(path)) == 0, "no place: %s", err->text);
	for (const char *c = err->text; *c; c++)
		ck_assert_msg((unsigned char)*c >= 0x20 && *c != 0x7f, "not one line: %s",
			      err->text);
}

static void load_settings(const char *path)
{
	struct error err = {""};
	struct settings *settings = settings_load(path, &err);

	if (!settings)
		assert_told(path, &err);
	settings_free(settings);
}

static void load_baseline(const char *path)
{
	char *paths[] = {(char *)path, NULL};
	struct error err = {""};
	struct baseline *baseline = baseline_load(paths, false, &err);

	if (!baseline)
		assert_told(path, &err);
	else if (baseline_check_ties(baseline, &err) < 0)
		assert_told(path, &err);
	baseline_free(baseline);
}

static unsigned long mutations(void)
{
	const char *given = getenv("CAPWATCH_MUTATIONS");

	return given ? strtoul(given, NULL, 10) : MUTATIONS_DEFAULT;
}

static void mutate_and_load(const char *original, size_t length, void (*load)(const char *path))
{
	char *text = malloc(TEXT_MAX);

	srandom(1);
	for (unsigned long i = 0; i < mutations(); i++) {
		size_t now = length, changes = 1 + random_below(6);

		memcpy(text, original, length);
		while (changes-- > 0)
			now = mutate(text, now);
		load(conf_files_write_bytes("mutated.yaml", text, now));
	}
	free(text);
}

START_TEST(test_broken_configurations_are_refused_in_one_line)
{
	load_settings(conf_files_write("every.yaml", every_setting));
	mutate_and_load(every_setting, strlen(every_setting), load_settings);
}
END_TEST

START_TEST(test_broken_baselines_are_refused_in_one_line)
{
	load_baseline(conf_files_write("every.yaml", every_key));
	mutate_and_load(every_key, strlen(every_key), load_baseline);
}
END_TEST

START_TEST(test_a_text_cut_anywhere_is_read_or_refused)
{
	for (size_t length = 0; length < strlen(every_key); length++)
		load_baseline(conf_files_write_bytes("cut.yaml", every_key, length));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf_mutations");
	TCase *tcase = tcase_create("conf_mutations");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, conf_files_begin, conf_files_end);
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, test_broken_configurations_are_refused_in_one_line);
	tcase_add_test(tcase, test_broken_baselines_are_refused_in_one_line);
	tcase_add_test(tcase, test_a_text_cut_anywhere_is_read_or_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
