/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/format.h"
#include "alerters/redact.h"

enum { ARGUMENTS_MAX = 8, TEXT_MAX = 4096 };

static char ticket[] = "--ticket", key[] = "*_KEY", token[] = "ghp_*", short_option[] = "-p*";
static char *patterns[] = {ticket, key, token, short_option, NULL};
static struct settings settings;
static json_t *alert;

static void begin(void)
{
	settings = (struct settings){.command_line = COMMAND_LINE_REDACTED, .redact = patterns};
}

static void end(void)
{
	json_decref(alert);
	alert = NULL;
}

/* The arguments, each ended by '\n' here, as they are redacted. */
static const char *redacted(const char *lines, bool flat)
{
	static char text[TEXT_MAX];
	struct redact_argument arguments[ARGUMENTS_MAX] = {{0}};
	size_t count = 0;

	for (; *lines; count++) {
		size_t length = strcspn(lines, "\n");

		arguments[count].text = strndup(lines, length);
		arguments[count].length = length;
		lines += length + (lines[length] != '\0');
	}
	redact_arguments(patterns, arguments, count, flat);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", i ? "\n" : "",
			 (int)arguments[i].length, arguments[i].text);
		free(arguments[i].text);
	}
	return text;
}

static const struct {
	const char *given, *expected;
} words[] = {
	/* options, in one argument or two */
	{"mysql\n--password=hunter2\ndb", "mysql\n--password=[redacted]\ndb"},
	{"x\n--password\nhunter2\ndb", "x\n--password\n[redacted]\ndb"},
	{"x\n--password=two words\ndb", "x\n--password=[redacted]\ndb"},
	{"x\n--password=\"a\"b c\ndb", "x\n--password=[redacted]\ndb"},
	{"x\n-Ddb.password=two words", "x\n-Ddb.password=[redacted]"},
	{"x\n--api-key\n--odd\ndb", "x\n--api-key\n[redacted]\ndb"},
	{"x\n--API_KEY=a", "x\n--API_KEY=[redacted]"},
	{"x\n-token\na", "x\n-token\n[redacted]"},
	{"x\n--password", "x\n--password"},
	/* variables, headers, JSON, URLs */
	{"env\nPGPASSWORD=a\npsql", "env\nPGPASSWORD=[redacted]\npsql"},
	{"curl\n-H\nAuthorization: Bearer abc.def", "curl\n-H\nAuthorization: [redacted]"},
	{"curl\n-H\nX-Api-Key:abc", "curl\n-H\nX-Api-Key:[redacted]"},
	{"curl\n-d\n{\"user\":\"u\",\"password\":\"a\\\"b\",\"n\":1}",
	 "curl\n-d\n{\"user\":\"u\",\"password\":\"[redacted]\",\"n\":1}"},
	{"curl\n-d\n{\"token\": \"a b\", \"n\": 1}",
	 "curl\n-d\n{\"token\": \"[redacted]\", \"n\": 1}"},
	{"git\nclone\nhttps://me:s3cret@h/p?q=a@b", "git\nclone\nhttps://me:[redacted]@h/p?q=a@b"},
	{"curl\nhttp://h:8080/a@b", "curl\nhttp://h:8080/a@b"},
	{"curl\nhttp://h/p?x=1&token=abc", "curl\nhttp://h/p?x=1&token=[redacted]"},
	/* within the argument of a shell */
	{"sh\n-c\nmysql --password=a db", "sh\n-c\nmysql --password=[redacted] db"},
	{"sh\n-c\nmysql --password 'a b' db", "sh\n-c\nmysql --password [redacted] db"},
	{"sh\n-c\nmysql --password=\"a b\" db", "sh\n-c\nmysql --password=[redacted] db"},
	{"sh\n-c\nx --password=a\"b c\"'d e'f g", "sh\n-c\nx --password=[redacted] g"},
	{"sh\n-c\nx --password=a\\ b\\\"c d", "sh\n-c\nx --password=[redacted] d"},
	{"sh\n-c\nx \"--password=a b\" c", "sh\n-c\nx \"--password=[redacted]\" c"},
	{"sh\n-c\nset password = 'a b' c", "sh\n-c\nset password = [redacted] c"},
	{"sh\n-c\nexport SECRET=a; b --token c d",
	 "sh\n-c\nexport SECRET=[redacted] b --token [redacted] d"},
	{"sh\n-c\ncurl -H 'Authorization: Basic a b' http://h",
	 "sh\n-c\ncurl -H 'Authorization: [redacted]' http://h"},
	{"sh\n-c\ncurl -d '{\"password\":\"x\"}' h --token t",
	 "sh\n-c\ncurl -d '{\"password\":\"[redacted]\"}' h --token [redacted]"},
	{"sh\n-c\nx --password", "sh\n-c\nx --password"},
	/* the site's own */
	{"x\n--ticket\nabc", "x\n--ticket\n[redacted]"},
	{"MY_KEY=abc\nx", "MY_KEY=[redacted]\nx"},
	{"x\nghp_abcdef", "x\n[redacted]"},
	{"sh\n-c\nx ghp_abcdef y", "sh\n-c\nx [redacted] y"},
	{"mysql\n-phunter2\ndb", "mysql\n-p[redacted]\ndb"},
	{"mysql\n-p\nhunter2", "mysql\n-p\n[redacted]"},
	/* what is none */
	{"cat\n/etc/passwd", "cat\n/etc/passwd"},
	{"passwd\nalice", "passwd\nalice"},
	{"nsenter\n--preserve-credentials\n/usr/bin/true",
	 "nsenter\n--preserve-credentials\n/usr/bin/true"},
	{"ansible\n--ask-pass\nall", "ansible\n--ask-pass\nall"},
	{"x\n--ask-pass=a", "x\n--ask-pass=[redacted]"},
	{"ls\n--tokens=x\na=b", "ls\n--tokens=x\na=b"},
	{"docker\n-v\n/run/secret:/run/secret", "docker\n-v\n/run/secret:/run/secret"},
	{"x\n=\n:\n--\n-\n''\n\"", "x\n=\n:\n--\n-\n''\n\""},
};

START_TEST(test_words)
{
	ck_assert_str_eq(redacted(words[_i].given, false), words[_i].expected);
}
END_TEST

START_TEST(test_where_boundaries_are_lost_a_value_goes_on_to_the_next_option)
{
	ck_assert_str_eq(redacted("x --password my secret phrase --verbose", true),
			 "x --password [redacted] --verbose");
	ck_assert_str_eq(redacted("x --password \"my -secret\" phrase -v", true),
			 "x --password [redacted] -v");
	ck_assert_str_eq(redacted("x --password=my secret phrase", true),
			 "x --password=[redacted]");
}
END_TEST

static const json_t *redact(const char *json)
{
	struct error err = {""};

	alert = format_parse(json, strlen(json), &err);
	ck_assert_msg(alert != NULL, "%s", err.text);
	redact_alert(&settings, alert);
	return json_object_get(json_object_get(alert, "audit"), "records");
}

static const char *record(const json_t *records, size_t i)
{
	return json_string_value(json_array_get(records, i));
}

static const char *command_line(void)
{
	return json_string_value(
		json_object_get(json_object_get(alert, "process"), "command_line"));
}

/* mysql --password "my secret", as the kernel writes it. */
#define EXECVE                                                                                     \
	"type=EXECVE msg=audit(1.2:3): argc=3 a0=\\\"mysql\\\" a1=\\\"--password\\\" "             \
	"a2=6D7920736563726574"
#define PROCTITLE                                                                                  \
	"type=PROCTITLE msg=audit(1.2:3): "                                                        \
	"proctitle=6D7973716C002D2D70617373776F7264006D7920736563726574"
#define ALERT(line, records)                                                                       \
	"{\"process\":{\"command_line\":" line "},\"audit\":{\"records\":[" records "]}}"

START_TEST(test_records_are_decoded_redacted_and_encoded)
{
	const json_t *records = redact(
		ALERT("\"mysql --password my secret\"", "\"" EXECVE "\",\"node=h " PROCTITLE "\""));

	ck_assert_str_eq(record(records, 0),
			 "type=EXECVE msg=audit(1.2:3): argc=3 a0=\"mysql\" a1=\"--password\" "
			 "a2=\"[redacted]\"");
	ck_assert_str_eq(record(records, 1),
			 "node=h type=PROCTITLE msg=audit(1.2:3): "
			 "proctitle=6D7973716C002D2D70617373776F7264005B72656461637465645D");
	ck_assert_str_eq(command_line(), "mysql --password [redacted]");
	ck_assert(json_is_true(json_object_get(alert, "redacted")));
}
END_TEST

START_TEST(test_command_line_follows_the_title_where_no_arguments_are_recorded)
{
	redact(ALERT("\"mysql --password my secret\"", "\"" PROCTITLE "\""));
	ck_assert_str_eq(command_line(), "mysql --password [redacted]");
}
END_TEST

START_TEST(test_command_line_alone)
{
	redact(ALERT("\"mysql --password my secret -h x\"", ""));
	ck_assert_str_eq(command_line(), "mysql --password [redacted] -h x");
	ck_assert(json_is_true(json_object_get(alert, "redacted")));
}
END_TEST

START_TEST(test_argument_in_parts_becomes_one)
{
	/* --token= in one part, its value in the next */
	const json_t *records = redact(
		ALERT("null", "\"type=EXECVE msg=audit(1.2:3): argc=2 a0=\\\"x\\\" a1_len=24 "
			      "a1[0]=2D2D746F6B656E3D a1[1]=61626364\""));

	ck_assert_str_eq(record(records, 0),
			 "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"x\" a1_len=24 "
			 "a1[0]=\"--token=[redacted]\" ");
}
END_TEST

START_TEST(test_option_and_value_in_two_records)
{
	const json_t *records = redact(ALERT(
		"null", "\"type=EXECVE msg=audit(1.2:3): argc=3 a0=\\\"x\\\" a1=\\\"--token\\\"\","
			"\"type=EXECVE msg=audit(1.2:3): a2=\\\"abc\\\"\""));

	ck_assert_str_eq(record(records, 1), "type=EXECVE msg=audit(1.2:3): a2=\"[redacted]\"");
}
END_TEST

START_TEST(test_sudo_and_keys)
{
	const json_t *records = redact(ALERT(
		"null",
		"\"type=USER_CMD msg=audit(1.2:3): pid=1 uid=0 msg='cwd=\\\"/\\\" "
		"cmd=78202D2D746F6B656E20616263 exe=\\\"/usr/bin/sudo\\\" res=success'\","
		"\"type=TTY msg=audit(1.2:3): tty pid=1 comm=\\\"sh\\\" data=68756E746572320D\""));

	ck_assert_str_eq(record(records, 0),
			 "type=USER_CMD msg=audit(1.2:3): pid=1 uid=0 msg='cwd=\"/\" "
			 "cmd=78202D2D746F6B656E205B72656461637465645D exe=\"/usr/bin/sudo\" "
			 "res=success'");
	ck_assert_str_eq(record(records, 1),
			 "type=TTY msg=audit(1.2:3): tty pid=1 comm=\"sh\" data=\"[redacted]\"");
}
END_TEST

START_TEST(test_nothing_secret_changes_nothing)
{
	static const char json[] = ALERT(
		"\"cat /etc/passwd\"",
		"\"type=EXECVE msg=audit(1.2:3): argc=2 a0=\\\"cat\\\" a1=\\\"/etc/passwd\\\"\","
		"\"type=PROCTITLE msg=audit(1.2:3): proctitle=636174002F6574632F706173737764\","
		"\"type=CWD msg=audit(1.2:3): cwd=\\\"/\\\"\"");
	struct error err;
	char *line;
	size_t length;

	redact(json);
	line = format_native(alert, &length, &err);
	ck_assert_str_eq(line, json);
	free(line);
}
END_TEST

START_TEST(test_full_keeps_and_none_leaves_out)
{
	const json_t *records;

	settings.command_line = COMMAND_LINE_FULL;
	records = redact(ALERT("\"x --token a\"", "\"" EXECVE "\""));
	ck_assert_ptr_nonnull(strstr(record(records, 0), "6D7920736563726574"));
	ck_assert_str_eq(command_line(), "x --token a");
	ck_assert_ptr_null(json_object_get(alert, "redacted"));
	json_decref(alert);
	settings.command_line = COMMAND_LINE_NONE;
	records = redact(ALERT("\"x y\"", "\"" EXECVE "\",\"" PROCTITLE
					  "\",\"type=CWD msg=audit(1.2:3): cwd=\\\"/\\\"\""));
	ck_assert_uint_eq(json_array_size(records), 1);
	ck_assert_ptr_null(command_line());
	ck_assert(json_is_true(json_object_get(alert, "redacted")));
}
END_TEST

/* Whatever a record holds, nothing is read beyond it; the sanitizers tell. */
START_TEST(test_odd_records)
{
	static const char *const odd[] = {
		"",
		"type=EXECVE ",
		"type=EXECVE a0",
		"type=EXECVE a0=",
		"type=EXECVE a0=\\\"",
		"type=EXECVE a0=\\\"x",
		"type=EXECVE a=1 a1[=2 a1[0=3 a99999999999=\\\"y\\\" =z",
		"type=EXECVE a0=6 a1=6G a2=(null) a3=\\\"--token\\\" a4=",
		"type=PROCTITLE proctitle=",
		"type=PROCTITLE proctitle=00",
		"type=PROCTITLE proctitle=0000",
		"type=PROCTITLE proctitle=\\\"\\\"",
		"type=PROCTITLE proctitle=2D2D746F6B656E00",
		"type=USER_CMD cmd",
		"node=",
		"node=h",
		"node=h type=EXECVE a0=\\u0000 \\u001da1=x",
	};
	char json[TEXT_MAX];

	snprintf(json, sizeof(json), ALERT("\"a\"", "\"%s\",1,null,[],\"%s\""), odd[_i], odd[_i]);
	redact(json);
	ck_assert_ptr_nonnull(alert);
}
END_TEST

START_TEST(test_long_hostile_words_take_no_long_time)
{
	static char text[64 * 1024];
	struct redact_argument argument = {.length = sizeof(text) - 1};

	memset(text, '=', sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(text) - 1; i += 3)
		text[i] = i % 2 ? '_' : '\'';
	argument.text = strdup(text);
	redact_arguments(patterns, &argument, 1, true);
	free(argument.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redact");
	TCase *tcase = tcase_create("redact");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_loop_test(tcase, test_words, 0, sizeof(words) / sizeof(words[0]));
	tcase_add_test(tcase, test_where_boundaries_are_lost_a_value_goes_on_to_the_next_option);
	tcase_add_test(tcase, test_records_are_decoded_redacted_and_encoded);
	tcase_add_test(tcase, test_command_line_follows_the_title_where_no_arguments_are_recorded);
	tcase_add_test(tcase, test_command_line_alone);
	tcase_add_test(tcase, test_argument_in_parts_becomes_one);
	tcase_add_test(tcase, test_option_and_value_in_two_records);
	tcase_add_test(tcase, test_sudo_and_keys);
	tcase_add_test(tcase, test_nothing_secret_changes_nothing);
	tcase_add_test(tcase, test_full_keeps_and_none_leaves_out);
	tcase_add_loop_test(tcase, test_odd_records, 0, 17);
	tcase_add_test(tcase, test_long_hostile_words_take_no_long_time);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
