/* SPDX-License-Identifier: Apache-2.0 */
/* The first of a kind at once, the rest of its window as one summary. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/repeats.h"

enum { SENT_MAX = 4096 };

static struct {
	size_t count;
	int64_t total; /* of findings told */
	struct {
		char id[96], exe[64];
		int64_t count, time, first_time, last_time;
		bool is_summary;
		enum severity severity;
	} sent[SENT_MAX];
} out;

static struct repeats *repeats;

static void deliver(void *ctx, const struct alert *alert)
{
	size_t i = out.count++;

	(void)ctx;
	ck_assert_uint_lt(i, SENT_MAX);
	out.total += alert->count;
	snprintf(out.sent[i].id, sizeof(out.sent[i].id), "%s", alert->id);
	snprintf(out.sent[i].exe, sizeof(out.sent[i].exe), "%.*s", (int)alert->process.exe.length,
		 alert->process.exe.data ? alert->process.exe.data : "");
	out.sent[i].count = alert->count;
	out.sent[i].time = alert->time;
	out.sent[i].first_time = alert->first_time;
	out.sent[i].last_time = alert->last_time;
	out.sent[i].is_summary = alert->is_summary;
	out.sent[i].severity = alert->severity;
}

static void begin(void)
{
	memset(&out, 0, sizeof(out));
	repeats = repeats_new(deliver, NULL);
	ck_assert_ptr_nonnull(repeats);
	repeats_set_window(repeats, 1000);
}

static void end(void)
{
	repeats_free(repeats);
}

static struct alert make(const char *exe, int64_t time)
{
	struct alert alert = {.count = 1, .time = time, .observed_time = time};

	alert.host = (struct bytes){"host", 4};
	alert.reason = REASON_EXPANSION_AFTER_START;
	alert.severity = SEVERITY_HIGH;
	alert.process.present = true;
	alert.process.exe = (struct bytes){exe, strlen(exe)};
	alert.audit.has_event = true;
	alert.audit.milliseconds = time;
	alert.audit.serial = (uint64_t)time;
	return alert;
}

/* False: it was counted. */
static bool take_alert(struct alert *alert, int64_t now)
{
	if (repeats_count(repeats, alert, now))
		return false;
	repeats_deliver(repeats, alert, now);
	return true;
}

/* The strings of an alert live only as long as the call. */
static bool take(const char *exe, int64_t time)
{
	char *copy = strdup(exe);
	struct alert alert = make(copy, time);
	bool delivered = take_alert(&alert, time);

	memset(copy, '!', strlen(copy));
	free(copy);
	return delivered;
}

START_TEST(test_first_goes_out_at_once_and_repeats_as_a_summary)
{
	ck_assert(take("/a", 1));
	ck_assert(!take("/a", 2));
	ck_assert(!take("/a", 500));
	ck_assert_uint_eq(out.count, 1);
	ck_assert_int_eq(out.sent[0].count, 1);
	ck_assert_int_eq(repeats_deadline(repeats), 1001);
	repeats_expire(repeats, 1000);
	ck_assert_uint_eq(out.count, 1);
	repeats_expire(repeats, 1001);
	ck_assert_uint_eq(out.count, 2);
	ck_assert(out.sent[1].is_summary);
	ck_assert_int_eq(out.sent[1].count, 2);
	ck_assert_int_eq(out.sent[1].first_time, 2);
	ck_assert_int_eq(out.sent[1].last_time, 500);
	ck_assert_str_eq(out.sent[1].exe, "/a");
	ck_assert_str_ne(out.sent[0].id, out.sent[1].id);
	ck_assert_int_eq(repeats_deadline(repeats), -1);
}
END_TEST

START_TEST(test_single_finding_has_no_summary)
{
	take("/a", 1);
	ck_assert_int_eq(repeats_deadline(repeats), -1);
	repeats_expire(repeats, 5000);
	repeats_flush(repeats);
	ck_assert_uint_eq(out.count, 1);
}
END_TEST

START_TEST(test_after_its_window_the_next_is_a_first_again)
{
	take("/a", 1);
	ck_assert(take("/a", 1001));
	ck_assert_uint_eq(out.count, 2);
	ck_assert(!out.sent[1].is_summary);
}
END_TEST

START_TEST(test_summary_of_the_old_window_precedes_the_first_of_the_new)
{
	take("/a", 1);
	take("/a", 2);
	take("/a", 2000);
	ck_assert_uint_eq(out.count, 3);
	ck_assert(out.sent[1].is_summary);
	ck_assert(!out.sent[2].is_summary);
	ck_assert_int_eq(out.total, 3);
}
END_TEST

START_TEST(test_window_of_zero_alerts_every_time)
{
	repeats_set_window(repeats, 0);
	for (int64_t i = 1; i <= 5; i++)
		ck_assert(take("/a", i));
	repeats_flush(repeats);
	ck_assert_uint_eq(out.count, 5);
}
END_TEST

START_TEST(test_different_kinds_are_not_folded)
{
	struct alert alert = make("/a", 5);

	take("/a", 1);
	ck_assert(take("/b", 2));
	alert.host = (struct bytes){"other", 5};
	ck_assert(take_alert(&alert, 5));
	alert = make("/a", 6);
	alert.disposition = DISPOSITION_OBSERVED;
	ck_assert(take_alert(&alert, 6));
	alert = make("/a", 7);
	alert.reason = REASON_EXEC_GAIN;
	ck_assert(take_alert(&alert, 7));
}
END_TEST

START_TEST(test_repeated_refusal_is_medium)
{
	for (int64_t i = 1; i <= 3; i++) {
		struct alert alert = make("/a", i);
		alert.reason = REASON_GAIN_DENIED;
		alert.severity = SEVERITY_LOW;
		take_alert(&alert, i);
	}
	repeats_flush(repeats);
	ck_assert_int_eq(out.sent[0].severity, SEVERITY_LOW);
	ck_assert_int_eq(out.sent[1].severity, SEVERITY_MEDIUM);
}
END_TEST

START_TEST(test_full_table_tells_the_oldest_early_and_loses_none)
{
	char exe[32];

	for (int i = 0; i < REPEATS_MAX * 2; i++) {
		snprintf(exe, sizeof(exe), "/x%d", i);
		take(exe, 1 + i / 8);
		take(exe, 1 + i / 8);
	}
	/* the first half had to make room */
	ck_assert_uint_eq(out.count, REPEATS_MAX * 3);
	repeats_flush(repeats);
	ck_assert_uint_eq(out.count, REPEATS_MAX * 4);
	ck_assert_int_eq(out.total, REPEATS_MAX * 4);
	for (size_t i = 0; i < out.count; i++)
		ck_assert_uint_eq(out.sent[i].exe[0], '/');
}
END_TEST

/* Kinds whose copies are this long: few of them are in the table at a time. */
START_TEST(test_table_is_bounded_in_bytes_and_drops_nothing)
{
	static char record[32768];
	const size_t fit = REPEATS_BYTES_MAX / sizeof(record);
	struct alert alert;
	char exe[32];

	for (int i = 0; i < 200; i++) {
		snprintf(exe, sizeof(exe), "/bin/%d", i);
		for (int again = 0; again < 2; again++) {
			alert = make(exe, 1000 + i);
			alert.audit.record_count = 1;
			alert.audit.records[0] = (struct bytes){record, sizeof(record)};
			take_alert(&alert, 1000 + i);
		}
	}
	/* the first of each, and the summaries of those that had to make room */
	ck_assert_uint_ge(out.count, 200 + 200 - fit);
	ck_assert_uint_lt(out.count, 400);
	repeats_flush(repeats);
	ck_assert_int_eq(out.total, 400);
}
END_TEST

START_TEST(test_alert_larger_than_the_bound_is_kept_alone)
{
	static char record[REPEATS_BYTES_MAX];
	struct alert alert = make("/bin/large", 1000);

	alert.audit.record_count = 1;
	alert.audit.records[0] = (struct bytes){record, sizeof(record)};
	ck_assert(take_alert(&alert, 1000));
	ck_assert(!take_alert(&alert, 1001));
	ck_assert(take("/bin/small", 1002));
	repeats_flush(repeats);
	ck_assert_int_eq(out.total, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("repeats");
	TCase *tc = tcase_create("repeats");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_first_goes_out_at_once_and_repeats_as_a_summary);
	tcase_add_test(tc, test_single_finding_has_no_summary);
	tcase_add_test(tc, test_after_its_window_the_next_is_a_first_again);
	tcase_add_test(tc, test_summary_of_the_old_window_precedes_the_first_of_the_new);
	tcase_add_test(tc, test_window_of_zero_alerts_every_time);
	tcase_add_test(tc, test_different_kinds_are_not_folded);
	tcase_add_test(tc, test_repeated_refusal_is_medium);
	tcase_add_test(tc, test_full_table_tells_the_oldest_early_and_loses_none);
	tcase_add_test(tc, test_table_is_bounded_in_bytes_and_drops_nothing);
	tcase_add_test(tc, test_alert_larger_than_the_bound_is_kept_alone);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
