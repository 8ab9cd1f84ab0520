/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare.h"

enum { OUTPUT_MAX = 64 * 1024 };

/* 2026-11-22T02:13:09.000Z */
#define START INT64_C(1795313589000)

static struct compare *compare;
static char out[OUTPUT_MAX];

static void begin(void)
{
	compare = compare_new();
	ck_assert_ptr_nonnull(compare);
}

static void end(void)
{
	compare_free(compare);
}

/* A gain of nginx, a second for each serial after START. */
static struct alert alert_of(uint64_t serial, enum severity severity, enum disposition disposition)
{
	struct alert alert = {
		.time = START + (int64_t)serial * 1000,
		.host = {"web-1", 5},
		.severity = severity,
		.reason = REASON_EXEC_GAIN,
		.mechanism = MECHANISM_EXEC,
		.disposition = disposition,
		.process = {.present = true, .pid = 7, .exe = {"/usr/sbin/nginx", 15}},
		.audit = {.has_event = true, .serial = serial},
		.coverage = {.events = -1, .by_pid = -1, .by_auid = -1},
		.count = 1,
	};

	alert.audit.milliseconds = alert.time;
	return alert;
}

static void give_alert(enum compare_side side, struct alert alert)
{
	alert_make_id(&alert);
	alert_make_fingerprint(&alert, NULL);
	compare_take(compare, side, &alert);
}

static void give(enum compare_side side, uint64_t serial, enum severity severity)
{
	give_alert(side, alert_of(serial, severity, DISPOSITION_ALERT));
}

static void give_observed(enum compare_side side, uint64_t serial, enum severity severity)
{
	give_alert(side, alert_of(serial, severity, DISPOSITION_OBSERVED));
}

/* What is printed is in out. */
static void print(bool json)
{
	FILE *stream = fmemopen(out, sizeof(out), "w");

	out[0] = '\0';
	ck_assert(compare_print(compare, json, stream));
	fclose(stream);
}

static void settle_and_print(bool json)
{
	compare_settle(compare);
	print(json);
}

static void assert_said(const char *said)
{
	ck_assert_msg(strstr(out, said) != NULL, "not '%s' in: %s", said, out);
}

static void assert_lines(size_t count)
{
	size_t lines = 0;

	for (const char *at = out; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_msg(lines == count, "%zu lines, not %zu: %s", lines, count, out);
}

/* The n-th line of JSON, a new reference. */
static json_t *line_of_json(size_t n)
{
	const char *at = out;
	json_t *object;

	for (size_t i = 0; i < n; i++)
		at = strchr(at, '\n') + 1;
	object = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
	ck_assert_msg(object != NULL, "no JSON: %s", at);
	return object;
}

/* ---- the table ---- */

START_TEST(test_alike_alerts_are_no_difference)
{
	give(COMPARE_OLD, 1, SEVERITY_HIGH);
	give(COMPARE_NEW, 1, SEVERITY_HIGH);
	settle_and_print(false);
	ck_assert_str_eq(out, "alerts: 0 added, 0 silenced, 0 changed, 1 as before\n");
	print(true);
	ck_assert_str_eq(out, "");
	ck_assert(!compare_is_worse(compare, SEVERITY_LOW));
}
END_TEST

START_TEST(test_what_one_side_gives_is_added_or_silenced)
{
	give(COMPARE_OLD, 1, SEVERITY_HIGH);
	give(COMPARE_NEW, 2, SEVERITY_LOW);
	settle_and_print(false);
	assert_said("CHANGE         COUNT  FIRST                     SEVERITY  REASON");
	assert_said("\nsilenced           1  2026-11-22T02:13:10.000Z  high      exec-gain");
	assert_said("\nadded              1  2026-11-22T02:13:11.000Z  low       exec-gain");
	assert_said("\nalerts: 1 added, 1 silenced, 0 changed, 0 as before\n");
	assert_lines(4);
}
END_TEST

START_TEST(test_changed_says_what_it_was)
{
	give(COMPARE_OLD, 1, SEVERITY_HIGH);
	give(COMPARE_NEW, 1, SEVERITY_LOW);
	give(COMPARE_OLD, 2, SEVERITY_HIGH);
	give_observed(COMPARE_NEW, 2, SEVERITY_HIGH);
	give_observed(COMPARE_OLD, 3, SEVERITY_LOW);
	give(COMPARE_NEW, 3, SEVERITY_MEDIUM);
	settle_and_print(false);
	assert_said("\nwas high           1  2026-11-22T02:13:10.000Z  low ");
	assert_said("\nwas alert          1  2026-11-22T02:13:11.000Z  high ");
	assert_said("\nwas low, observed       1  2026-11-22T02:13:12.000Z  medium ");
	assert_said("\nalerts: 0 added, 0 silenced, 3 changed, 0 as before\n");
}
END_TEST

START_TEST(test_lines_are_by_time_and_not_by_when_they_were_given)
{
	give(COMPARE_NEW, 9, SEVERITY_HIGH);
	give(COMPARE_OLD, 8, SEVERITY_HIGH);
	settle_and_print(false);
	ck_assert(strstr(out, "\nsilenced") < strstr(out, "\nadded"));
}
END_TEST

START_TEST(test_message_is_one_printable_line)
{
	struct alert alert = alert_of(1, SEVERITY_HIGH, DISPOSITION_ALERT);

	alert.process.exe = (struct bytes){"/tmp/\n\x1b[2J", 10};
	give_alert(COMPARE_NEW, alert);
	settle_and_print(false);
	assert_lines(3);
	ck_assert_ptr_null(strchr(out, '\x1b'));
}
END_TEST

/* ---- folding ---- */

START_TEST(test_alike_differences_are_one_line_with_a_count)
{
	for (uint64_t serial = 1; serial <= 5; serial++) {
		give(COMPARE_NEW, serial, SEVERITY_HIGH);
		compare_settle(compare);
	}
	print(false);
	assert_said("\nadded              5  2026-11-22T02:13:10.000Z  high");
	assert_said("\nalerts: 5 added, 0 silenced, 0 changed, 0 as before\n");
	assert_lines(3);
}
END_TEST

START_TEST(test_other_differences_are_lines_of_their_own)
{
	struct alert other = alert_of(3, SEVERITY_HIGH, DISPOSITION_ALERT);

	other.process.exe = (struct bytes){"/usr/sbin/other", 15};
	give(COMPARE_NEW, 1, SEVERITY_HIGH);
	give(COMPARE_NEW, 2, SEVERITY_LOW);
	give_alert(COMPARE_NEW, other);
	give(COMPARE_OLD, 4, SEVERITY_HIGH);
	settle_and_print(true);
	assert_lines(4);
}
END_TEST

START_TEST(test_event_that_is_read_again_counts_again_and_settled_again_does_not)
{
	for (int round = 0; round < 2; round++) {
		give(COMPARE_OLD, 1, SEVERITY_HIGH);
		compare_settle(compare);
	}
	compare_settle(compare);
	print(false);
	assert_said("alerts: 0 added, 2 silenced,");
}
END_TEST

/* ---- JSON ---- */

START_TEST(test_json_has_the_alert_and_what_it_was)
{
	json_t *line, *alert;
	const char *change, *first, *last, *severity, *disposition, *now;
	int count;

	for (uint64_t serial = 1; serial <= 2; serial++) {
		give_observed(COMPARE_OLD, serial, SEVERITY_HIGH);
		give(COMPARE_NEW, serial, SEVERITY_LOW);
	}
	settle_and_print(true);
	assert_lines(1);
	line = line_of_json(0);
	ck_assert_int_eq(json_unpack(line, "{s:s, s:i, s:s, s:s, s:{s:s, s:s !}, s:o !}", "change",
				     &change, "count", &count, "first_time", &first, "last_time",
				     &last, "before", "severity", &severity, "disposition",
				     &disposition, "alert", &alert),
			 0);
	now = json_string_value(json_object_get(alert, "severity"));
	ck_assert_str_eq(change, "changed");
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(first, "2026-11-22T02:13:10.000Z");
	ck_assert_str_eq(last, "2026-11-22T02:13:11.000Z");
	ck_assert_str_eq(severity, "high");
	ck_assert_str_eq(disposition, "observed");
	ck_assert_str_eq(now, "low");
	json_decref(line);
}
END_TEST

START_TEST(test_json_of_what_one_side_gives)
{
	json_t *silenced, *added;

	give(COMPARE_OLD, 1, SEVERITY_HIGH);
	give(COMPARE_NEW, 2, SEVERITY_HIGH);
	settle_and_print(true);
	silenced = line_of_json(0);
	added = line_of_json(1);
	ck_assert_str_eq(json_string_value(json_object_get(silenced, "change")), "silenced");
	ck_assert(json_is_object(json_object_get(silenced, "before")));
	ck_assert(json_is_object(json_object_get(silenced, "alert")));
	ck_assert_str_eq(json_string_value(json_object_get(added, "change")), "added");
	ck_assert(json_is_null(json_object_get(added, "before")));
	json_decref(silenced);
	json_decref(added);
}
END_TEST

/* ---- for the worse ---- */

START_TEST(test_added_is_worse_from_its_severity_down)
{
	give(COMPARE_NEW, 1, SEVERITY_MEDIUM);
	ck_assert(!compare_is_worse(compare, SEVERITY_LOW));
	compare_settle(compare);
	ck_assert(compare_is_worse(compare, SEVERITY_LOW));
	ck_assert(compare_is_worse(compare, SEVERITY_MEDIUM));
	ck_assert(!compare_is_worse(compare, SEVERITY_HIGH));
}
END_TEST

START_TEST(test_silenced_milder_or_only_observed_now_is_not_worse)
{
	give(COMPARE_OLD, 1, SEVERITY_CRITICAL);
	give(COMPARE_OLD, 2, SEVERITY_CRITICAL);
	give(COMPARE_NEW, 2, SEVERITY_HIGH);
	give(COMPARE_OLD, 3, SEVERITY_HIGH);
	give_observed(COMPARE_NEW, 3, SEVERITY_HIGH);
	compare_settle(compare);
	ck_assert(!compare_is_worse(compare, SEVERITY_LOW));
}
END_TEST

START_TEST(test_more_severe_or_no_longer_only_observed_is_worse)
{
	if (_i)
		give_observed(COMPARE_OLD, 1, SEVERITY_HIGH);
	else
		give(COMPARE_OLD, 1, SEVERITY_LOW);
	give(COMPARE_NEW, 1, SEVERITY_HIGH);
	compare_settle(compare);
	ck_assert(compare_is_worse(compare, SEVERITY_HIGH));
	ck_assert(!compare_is_worse(compare, SEVERITY_CRITICAL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tc = tcase_create("compare");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_alike_alerts_are_no_difference);
	tcase_add_test(tc, test_what_one_side_gives_is_added_or_silenced);
	tcase_add_test(tc, test_changed_says_what_it_was);
	tcase_add_test(tc, test_lines_are_by_time_and_not_by_when_they_were_given);
	tcase_add_test(tc, test_message_is_one_printable_line);
	tcase_add_test(tc, test_alike_differences_are_one_line_with_a_count);
	tcase_add_test(tc, test_other_differences_are_lines_of_their_own);
	tcase_add_test(tc, test_event_that_is_read_again_counts_again_and_settled_again_does_not);
	tcase_add_test(tc, test_json_has_the_alert_and_what_it_was);
	tcase_add_test(tc, test_json_of_what_one_side_gives);
	tcase_add_test(tc, test_added_is_worse_from_its_severity_down);
	tcase_add_test(tc, test_silenced_milder_or_only_observed_now_is_not_worse);
	tcase_add_loop_test(tc, test_more_severe_or_no_longer_only_observed_is_worse, 0, 2);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
