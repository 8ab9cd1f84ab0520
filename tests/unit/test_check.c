/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verbs.h"
#include "tests/unit/conf_files.h"

enum { OUTPUT_MAX = 64 * 1024, ARGUMENTS_MAX = 8 };

static char out[OUTPUT_MAX], err[OUTPUT_MAX];

static void read_back(const char *name, char text[OUTPUT_MAX])
{
	FILE *file = fopen(conf_files_path(name), "r");

	text[fread(text, 1, OUTPUT_MAX - 1, file)] = '\0';
	fclose(file);
}

/* The verb with up to four arguments, NULL after the last; what it printed is in out and err. */
static int check(const char *const given[4])
{
	char verb[] = "check", *argv[ARGUMENTS_MAX] = {verb};
	int argc = 1, saved[2] = {dup(1), dup(2)}, result;
	int fds[2] = {open(conf_files_write("out", ""), O_WRONLY),
		      open(conf_files_write("err", ""), O_WRONLY)};

	while (argc <= 4 && given[argc - 1]) {
		argv[argc] = (char *)given[argc - 1];
		argc++;
	}
	fflush(NULL);
	dup2(fds[0], 1);
	dup2(fds[1], 2);
	result = cli_check(argc, argv);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
		close(fds[i]);
	}
	read_back("out", out);
	read_back("err", err);
	return result;
}

#define CHECK(...) check((const char *const[4]){__VA_ARGS__})

static void assert_one_line(const char *text, const char *said)
{
	ck_assert_msg(strstr(text, said) != NULL, "not '%s' in: %s", said, text);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}

START_TEST(test_ok_is_said_with_counts)
{
	char config[512];

	conf_files_write("baseline.d/a.yaml",
			 "services: [{name: a, match: {exe: /x}}, {name: b, match: {exe: /y}}]\n"
			 "launchers: [{name: l, match: {exe: /l}}]\n");
	snprintf(config, sizeof(config), "sinks: [{type: syslog}]\nbaseline: %s\n",
		 conf_files_path("baseline.d"));
	ck_assert_int_eq(CHECK("--config", conf_files_write("capwatch.yaml", config)), 0);
	assert_one_line(out, "capwatch.yaml: mode alert, 1 sink; baseline: 2 services, 1 launcher");
	ck_assert_str_eq(err, "");
	ck_assert_int_eq(CHECK("--baseline", conf_files_path("baseline.d")), 0);
	ck_assert_str_eq(out, "ok: baseline: 2 services, 1 launcher\n");
}
END_TEST

START_TEST(test_error_is_one_line_with_its_place)
{
	ck_assert_int_eq(CHECK("--config", conf_files_write("capwatch.yaml", "mode: alrt\n")),
			 EXIT_USAGE);
	assert_one_line(err, "/capwatch.yaml:1:7: unknown word 'alrt', did you mean alert?");
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(CHECK("--baseline", conf_files_write("a.yaml", "services: [{}]\n")),
			 EXIT_USAGE);
	assert_one_line(err, "/a.yaml:1:12: ");
	ck_assert_int_eq(CHECK("--config", conf_files_path("missing.yaml")), EXIT_USAGE);
	assert_one_line(err, "/missing.yaml: cannot read it: No such file or directory; create it");
}
END_TEST

START_TEST(test_tie_is_an_error)
{
	const char *file = conf_files_write("a.yaml", "services:\n- {name: a, match: {exe: /x}}\n"
						      "- {name: b, match: {exe: /x}}\n");

	ck_assert_int_eq(CHECK("--baseline", file), EXIT_USAGE);
	assert_one_line(err, "/a.yaml:3:10: service 'b' can match the same process as 'a'");
}
END_TEST

START_TEST(test_later_baseline_builds_on_the_one_before)
{
	const char *one = conf_files_write("one.yaml", "services: [{name: a, match: {exe: /x}}]\n");
	const char *two = conf_files_write("two.yaml", "services: [{name: a, disabled: true}]\n");

	ck_assert_int_eq(CHECK("--baseline", one, "--baseline", two), 0);
	assert_one_line(out, "0 services");
	ck_assert_int_eq(CHECK("--baseline", two, "--baseline", one), EXIT_USAGE);
}
END_TEST

START_TEST(test_certificates_are_looked_at)
{
	const char *file = conf_files_write(
		"capwatch.yaml",
		"sinks: [{type: webhook, url: 'https://h', ca_file: /nonexistent/ca.pem}]\n");

	ck_assert_int_eq(CHECK("--config", file), EXIT_USAGE);
	assert_one_line(err, "sink webhook: ca_file: /nonexistent/ca.pem: cannot read it");
}
END_TEST

START_TEST(test_schemas_are_printed)
{
	static const char *const names[] = {"config", "baseline", "alert", "heartbeat", "doctor"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *schema;

		ck_assert_int_eq(CHECK("--schema", names[i]), 0);
		schema = json_loads(out, 0, NULL);
		ck_assert_msg(json_is_object(schema), "%s", names[i]);
		ck_assert_ptr_nonnull(
			strstr(json_string_value(json_object_get(schema, "$id")), names[i]));
		json_decref(schema);
	}
	ck_assert_int_eq(CHECK("--schema", "basline"), EXIT_USAGE);
	assert_one_line(err, "did you mean baseline?");
}
END_TEST

START_TEST(test_usage)
{
	ck_assert_int_eq(CHECK("--help"), 0);
	ck_assert_int_eq(strncmp(out, "usage: capwatch check", 21), 0);
	ck_assert_int_eq(CHECK("capwatch.yaml"), EXIT_USAGE);
	ck_assert_int_eq(CHECK("--cofnig", "x"), EXIT_USAGE);
	ck_assert_int_eq(CHECK("--config"), EXIT_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("check");
	TCase *tcase = tcase_create("check");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, conf_files_begin, conf_files_end);
	tcase_add_test(tcase, test_ok_is_said_with_counts);
	tcase_add_test(tcase, test_error_is_one_line_with_its_place);
	tcase_add_test(tcase, test_tie_is_an_error);
	tcase_add_test(tcase, test_later_baseline_builds_on_the_one_before);
	tcase_add_test(tcase, test_certificates_are_looked_at);
	tcase_add_test(tcase, test_schemas_are_printed);
	tcase_add_test(tcase, test_usage);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
