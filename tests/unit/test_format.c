/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "alerters/format.h"

static const struct syslog_origin origin = {LOG_AUTHPRIV, 77, FORMAT_RFC5424};
static const struct syslog_origin cef_origin = {LOG_AUTHPRIV, 77, FORMAT_CEF};
static char frame[SYSLOG_FRAME_MAX];

static const char *format(const char *json)
{
	size_t length = format_syslog(&origin, json, strlen(json), frame);

	ck_assert_uint_gt(length, 0);
	ck_assert_uint_lt(length, SYSLOG_FRAME_MAX);
	ck_assert_uint_eq(strlen(frame), length);
	return frame;
}

static void expect_part(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in '%s'", part, text);
}

static char *native(const char *json, struct error *err)
{
	json_t *alert = format_parse(json, strlen(json), err);
	size_t length = 0;
	char *line = alert ? format_native(alert, &length, err) : NULL;

	if (line)
		ck_assert_uint_eq(length, strlen(line));
	json_decref(alert);
	return line;
}

START_TEST(test_native_is_one_line)
{
	const char json[] = "{ \"id\": \"a\",\n \"message\": \"x\\ny\" }\n";
	struct error err;
	char *line = native(json, &err);

	ck_assert_str_eq(line, "{\"id\":\"a\",\"message\":\"x\\ny\"}");
	free(line);
}
END_TEST

START_TEST(test_native_keeps_nul_in_a_string)
{
	const char json[] = "{\"command_line\":\"a\\u0000b\"}";
	struct error err;
	char *line = native(json, &err);

	ck_assert_str_eq(line, json);
	free(line);
}
END_TEST

START_TEST(test_native_refuses_what_is_no_object)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"1",
		"{",
		"{}{}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\x01\"}",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = {""};

		ck_assert_ptr_null(native(wrong[i], &err));
		ck_assert_uint_gt(strlen(err.text), 0);
	}
}
END_TEST

START_TEST(test_syslog_frame_whole)
{
	const char *json =
		"{\"id\":\"cw-1\",\"time\":\"2026-11-22T02:13:09.123Z\",\"host\":\"web1\","
		"\"severity\":\"high\",\"reason\":\"expansion-after-start\",\"mechanism\":"
		"\"capset\","
		"\"message\":\"nginx raised cap_sys_ptrace\",\"process\":{\"pid\":42,\"auid\":null,"
		"\"exe\":\"/usr/sbin/"
		"nginx\"},\"service\":{\"kind\":\"unit\",\"name\":\"nginx.service\"},"
		"\"capabilities\":{\"effective\":{\"gained\":[\"cap_sys_ptrace\"]},"
		"\"permitted\":{\"gained\":[\"cap_sys_ptrace\",\"cap_kill\"]}},\"count\":1}";

	ck_assert_str_eq(
		format(json),
		"<83>1 2026-11-22T02:13:09.123Z web1 capwatch 77 expansion-after-start "
		"[capwatch@32473 id=\"cw-1\" severity=\"high\" reason=\"expansion-after-start\" "
		"mechanism=\"capset\" service=\"nginx.service\" pid=\"42\" exe=\"/usr/sbin/nginx\" "
		"gained=\"cap_sys_ptrace,cap_kill\" sets=\"effective,permitted\" count=\"1\"] "
		"nginx raised cap_sys_ptrace");
}
END_TEST

START_TEST(test_syslog_severities)
{
	static const struct {
		const char *word, *start;
	} cases[] = {
		{"critical", "<82>1 "},
		{"high", "<83>1 "},
		{"medium", "<84>1 "},
		{"low", "<85>1 "},
	};
	char json[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(json, sizeof(json), "{\"severity\":\"%s\"}", cases[i].word);
		ck_assert_int_eq(strncmp(format(json), cases[i].start, 6), 0);
	}
}
END_TEST

START_TEST(test_hostile_values_are_escaped)
{
	format("{\"message\":\"a\\nb\\u0001\\ufffd\\u001b[2Jc\","
	       "\"process\":{\"comm\":\"q\\\"]\\\\\\n\\u0001\\u0000\\ufffd\\u009b\\u202e\"}}");
	expect_part(
		frame,
		" comm=\"q\\\"\\]\\\\\\\\u000a\\\\u0001\\\\u0000\xef\xbf\xbd\\\\u009b\\\\u202e\"]");
	expect_part(frame, "] a?b???[2Jc");
	for (const char *c = frame; *c; c++)
		ck_assert((unsigned char)*c >= 0x20 && *c != 0x7f);
}
END_TEST

START_TEST(test_header_fields_cannot_be_broken_out_of)
{
	format("{\"time\":\"x y\",\"host\":\"a b\\n<1>\",\"reason\":\"r ]\\u00e9\"}");
	ck_assert_int_eq(strncmp(frame, "<84>1 x?y a?b?<1> capwatch 77 r?]?? [capwatch@32473 ", 52),
			 0);
}
END_TEST

START_TEST(test_missing_and_odd_fields_are_left_out)
{
	ck_assert_str_eq(format("{}"), "<84>1 - - capwatch 77 - [capwatch@32473] ");
	ck_assert_str_eq(format("{\"process\":7,\"service\":[],\"id\":{},\"capabilities\":\"x\","
				"\"message\":1,\"host\":[],\"severity\":{}}"),
			 "<84>1 - - capwatch 77 - [capwatch@32473] ");
	format("{\"capabilities\":{\"effective\":{\"gained\":[1,null,\"cap_kill\",{}]},"
	       "\"permitted\":3}}");
	expect_part(frame, "gained=\"cap_kill\"");
}
END_TEST

static json_t *long_string(size_t length)
{
	char *text = malloc(length);
	json_t *string;

	/* each of these takes two bytes in the frame */
	memset(text, '"', length);
	string = json_stringn(text, length);
	free(text);
	return string;
}

static json_t *all_long(void)
{
	static const char *const keys[] = {
		"id",	   "time",    "host",	     "severity", "reason",	"mechanism",
		"message", "outcome", "disposition", "phase",	 "fingerprint",
	};
	json_t *root = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(root, keys[i], long_string(60000));
	json_object_set_new(root, "process",
			    json_pack("{s:o, s:o, s:I}", "comm", long_string(9999), "exe",
				      long_string(9999), "pid", INT64_MIN));
	json_object_set_new(root, "service", json_pack("{s:o}", "name", long_string(9999)));
	json_object_set_new(root, "file", json_pack("{s:o}", "path", long_string(9999)));
	json_object_set_new(root, "baseline", json_pack("{s:o}", "entry", long_string(9999)));
	json_object_set_new(root, "capabilities",
			    json_pack("{s:{s:[o]}}", "effective", "gained", long_string(2000)));
	return root;
}

START_TEST(test_values_are_cut_never_the_frame)
{
	json_t *root = all_long();
	char *json = json_dumps(root, JSON_COMPACT);

	format(json);
	expect_part(frame, "\\\"...\" ");
	expect_part(frame, " fingerprint=\"");
	/* the message comes last: the frame is whole */
	ck_assert_str_eq(frame + strlen(frame) - 4, "\"...");
	free(json);
	json_decref(root);
}
END_TEST

START_TEST(test_cut_does_not_split_a_character)
{
	char json[4096] = "{\"process\":{\"comm\":\"";

	for (int i = 0; i < 200; i++)
		strcat(json, "\xe2\x82\xac");
	strcat(json, "\"}}");
	format(json);
	expect_part(frame, "\xe2\x82\xac...\"]");
}
END_TEST

START_TEST(test_what_is_no_json_makes_no_frame)
{
	ck_assert_uint_eq(format_syslog(&origin, "{", 1, frame), 0);
	ck_assert_uint_eq(format_syslog(&origin, "[]", 2, frame), 0);
}
END_TEST

START_TEST(test_content_type_is_exactly_json_unless_the_format_demands_another)
{
	for (unsigned i = 0; i < vocab_sink_format.count; i++) {
		const char *type = format_content_type((enum sink_format)i);

		if (i == FORMAT_CLOUDEVENTS)
			ck_assert_str_eq(type, "application/cloudevents+json");
		else if (i == FORMAT_CEF || i == FORMAT_RFC5424)
			ck_assert_str_eq(type, "text/plain");
		else
			ck_assert_str_eq(type, "application/json");
	}
}
END_TEST

START_TEST(test_cef_escapes_header_and_extension_each_in_its_way)
{
	size_t length = format_syslog(
		&cef_origin,
		"{\"reason\":\"a|b\\\\c=d\",\"severity\":\"high\",\"process\":{\"comm\":"
		"\"x|y=z\\\\\\n\\r\\u001b msg=forged\"}}",
		strlen("{\"reason\":\"a|b\\\\c=d\",\"severity\":\"high\",\"process\":{\"comm\":"
		       "\"x|y=z\\\\\\n\\r\\u001b msg=forged\"}}"),
		frame);

	ck_assert_uint_gt(length, 0);
	expect_part(frame, "- CEF:0|capwatch|capwatch|" CAPWATCH_VERSION
			   "|a\\|b\\\\c=d|Finding|8|cat=a|b\\\\c\\=d "
			   "sproc=x|y\\=z\\\\\\n\\r\\\\u001b msg\\=forged");
}
END_TEST

START_TEST(test_cef_values_are_cut_never_the_frame)
{
	json_t *root = all_long();
	char *json = json_dumps(root, JSON_COMPACT);
	size_t length = format_syslog(&cef_origin, json, strlen(json), frame);

	ck_assert_uint_lt(length, SYSLOG_FRAME_MAX);
	expect_part(frame, "...");
	/* the message comes last: the frame is whole */
	expect_part(frame, " msg=");
	ck_assert_str_eq(frame + strlen(frame) - 3, "...");
	free(json);
	json_decref(root);
}
END_TEST

/* The sensor is not trusted: whatever it sends in place of a field, each format makes a line. */
START_TEST(test_every_format_takes_every_type_in_every_place)
{
	static const char *const odd[] = {"null", "1",	       "\"\"", "\"\\u0000\"", "[]",
					  "{}",	  "[[],{},1]", "true", "1.5"};
	static const char *const shapes[] = {
		"{\"schema\":%s,\"time\":%s,\"host\":%s,\"severity\":%s,\"reason\":%s,\"id\":%s}",
		"{\"process\":%s,\"service\":%s,\"capabilities\":%s,\"attack\":%s,\"file\":%s,"
		"\"coverage\":%s}",
		"{\"process\":{\"pid\":%s,\"comm\":%s,\"exe\":%s,\"uid\":%s,\"user\":%s,"
		"\"parent\":%s}}",
		"{\"capabilities\":{\"effective\":%s,\"permitted\":{\"gained\":%s,\"after\":%s}},"
		"\"service\":{\"name\":%s,\"container\":%s,\"template\":%s}}",
		"{\"schema\":\"capwatch.heartbeat/1\",\"time\":%s,\"host\":%s,\"id\":%s,"
		"\"message\":%s,\"a\":%s,\"b\":%s}",
	};
	struct format_context context = {.format = (enum sink_format)_i, .ends_at = 1};
	char json[1024];

	for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
		for (size_t o = 0; o < sizeof(odd) / sizeof(odd[0]); o++) {
			struct error err = {""};
			size_t length;
			char *line;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(json, sizeof(json), shapes[s], odd[o], odd[o], odd[o], odd[o],
				 odd[o], odd[o]);
#pragma GCC diagnostic pop
			line = format_line(&context, json, &length, &err);
			ck_assert_msg(line != NULL, "%s: %s", json, err.text);
			ck_assert_uint_eq(strlen(line), length);
			ck_assert_ptr_null(strchr(line, '\n'));
			free(line);
		}
	}
}
END_TEST

/* What a sensor that was taken over may say: no number is too large to be a number. */
START_TEST(test_heartbeat_with_a_forged_interval_ends_as_others_do)
{
	static const char *const forged[] = {"9223372036854775807", "-9223372036854775808", "-1"};
	struct format_context context = {.format = FORMAT_ALERTMANAGER, .ends_at = 1790000000000};
	struct error err = {""};
	size_t length;
	char json[256], *line;

	snprintf(json, sizeof(json),
		 "{\"schema\":\"capwatch.heartbeat/1\",\"time\":\"2026-01-01T00:00:00.000Z\","
		 "\"interval_seconds\":%s}",
		 forged[_i]);
	line = format_line(&context, json, &length, &err);
	expect_part(line, "\"endsAt\":\"2026-09-21T14:13:20.000Z\"");
	free(line);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("format");
	TCase *tcase = tcase_create("format");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, test_native_is_one_line);
	tcase_add_test(tcase, test_native_keeps_nul_in_a_string);
	tcase_add_test(tcase, test_native_refuses_what_is_no_object);
	tcase_add_test(tcase, test_syslog_frame_whole);
	tcase_add_test(tcase, test_syslog_severities);
	tcase_add_test(tcase, test_hostile_values_are_escaped);
	tcase_add_test(tcase, test_header_fields_cannot_be_broken_out_of);
	tcase_add_test(tcase, test_missing_and_odd_fields_are_left_out);
	tcase_add_test(tcase, test_values_are_cut_never_the_frame);
	tcase_add_test(tcase, test_cut_does_not_split_a_character);
	tcase_add_test(tcase, test_what_is_no_json_makes_no_frame);
	tcase_add_test(tcase, test_content_type_is_exactly_json_unless_the_format_demands_another);
	tcase_add_test(tcase, test_cef_escapes_header_and_extension_each_in_its_way);
	tcase_add_test(tcase, test_cef_values_are_cut_never_the_frame);
	tcase_add_loop_test(tcase, test_every_format_takes_every_type_in_every_place, 0,
			    FORMAT_RFC5424 + 1);
	tcase_add_loop_test(tcase, test_heartbeat_with_a_forged_interval_ends_as_others_do, 0, 3);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
