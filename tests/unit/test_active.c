/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/active.h"
#include "alerters/splunk_ack.h"

static struct active *active;

static void begin(void)
{
	active = active_new();
}

static void end(void)
{
	active_free(active);
}

/* At second s of both clocks. */
static struct active_times at(int64_t s)
{
	return (struct active_times){s * 1000, s * 1000};
}

static void note(int64_t s, const char *name, const char *ends_at)
{
	struct active_times times = at(s);
	char body[256];

	snprintf(body, sizeof(body),
		 "[{\"labels\":{\"alertname\":\"%s\"},\"endsAt\":\"1970-01-01T%sZ\"}]", name,
		 ends_at);
	active_note(active, body, &times);
}

static unsigned told(int64_t s)
{
	struct active_times times = at(s);
	char *body = active_body(active, &times);
	unsigned count = 0;

	for (const char *c = body; c && (c = strstr(c, "alertname")); c++)
		count++;
	free(body);
	return count;
}

START_TEST(test_told_every_minute_until_its_end)
{
	ck_assert_int_eq(active_deadline(active), ACTIVE_NEVER);
	note(10, "a", "00:02:00.000");
	ck_assert_int_eq(active_deadline(active), 70 * 1000);
	ck_assert_uint_eq(told(70), 1);
	ck_assert_int_eq(active_deadline(active), 130 * 1000);
	ck_assert_uint_eq(told(130), 0);
	ck_assert_int_eq(active_deadline(active), ACTIVE_NEVER);
}
END_TEST

START_TEST(test_all_in_one_request_and_repeats_take_their_place)
{
	note(10, "a", "00:02:00.000");
	note(20, "b", "01:00:00.000");
	note(30, "a", "01:00:00.000");
	/* the timer is that of the first */
	ck_assert_int_eq(active_deadline(active), 70 * 1000);
	ck_assert_uint_eq(told(70), 2);
	ck_assert_uint_eq(told(130), 2);
}
END_TEST

START_TEST(test_bounded_the_first_to_end_goes)
{
	char name[16];

	note(1, "first", "00:30:00.000");
	for (int i = 0; i < ACTIVE_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		note(1, name, "01:00:00.000");
	}
	struct active_times times = at(2);
	char *body = active_body(active, &times);

	ck_assert_ptr_null(strstr(body, "first"));
	free(body);
	ck_assert_uint_eq(told(3), ACTIVE_MAX);
}
END_TEST

START_TEST(test_what_is_no_alert_is_passed_over)
{
	static const char *const odd[] = {"", "{}", "[]", "[1]", "[{}]", "[{\"labels\":1}]"};
	struct active_times times = at(1);

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		active_note(active, odd[i], &times);
	ck_assert_int_eq(active_deadline(active), ACTIVE_NEVER);
}
END_TEST

START_TEST(test_splunk_address_and_channel)
{
	char channel[SPLUNK_CHANNEL_SIZE], other[SPLUNK_CHANNEL_SIZE];
	struct error err;
	char *url = splunk_ack_url("https://h:8088/services/collector/event?x=y", "C");

	ck_assert_str_eq(url, "https://h:8088/services/collector/ack?channel=C");
	free(url);
	url = splunk_ack_url("https://h:8088/services/collector", "C");
	ck_assert_str_eq(url, "https://h:8088/services/collector/ack?channel=C");
	free(url);
	ck_assert_ptr_null(splunk_ack_url("https://h:8088/in", "C"));
	ck_assert_int_eq(splunk_channel_make(channel, &err), 0);
	ck_assert_int_eq(splunk_channel_make(other, &err), 0);
	ck_assert_uint_eq(strlen(channel), 36);
	ck_assert_str_ne(channel, other);
}
END_TEST

START_TEST(test_splunk_replies)
{
	static const struct {
		const char *reply;
		int64_t id;
	} ids[] = {
		{"{\"text\":\"Success\",\"code\":0,\"ackId\":7}", 7},
		{"{\"text\":\"Success\",\"code\":0}", -1},
		{"{\"ackId\":-2}", -1},
		{"{\"ackId\":\"7\"}", -1},
		{"", -1},
		{"<html>", -1},
	};
	static const struct {
		const char *reply;
		bool indexed;
	} acks[] = {
		{"{\"acks\":{\"7\":true}}", true},
		{"{\"acks\":{\"7\":false}}", false},
		{"{\"acks\":{\"77\":true}}", false},
		{"{\"acks\":[7]}", false},
		{"", false},
	};
	char *question = splunk_ack_question(7);

	ck_assert_str_eq(question, "{\"acks\":[7]}");
	free(question);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		ck_assert_int_eq(splunk_ack_id(ids[i].reply, strlen(ids[i].reply)), ids[i].id);
	for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++)
		ck_assert(splunk_ack_is_indexed(acks[i].reply, strlen(acks[i].reply), 7) ==
			  acks[i].indexed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("active");
	TCase *tcase = tcase_create("active");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_told_every_minute_until_its_end);
	tcase_add_test(tcase, test_all_in_one_request_and_repeats_take_their_place);
	tcase_add_test(tcase, test_bounded_the_first_to_end_goes);
	tcase_add_test(tcase, test_what_is_no_alert_is_passed_over);
	tcase_add_test(tcase, test_splunk_address_and_channel);
	tcase_add_test(tcase, test_splunk_replies);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
