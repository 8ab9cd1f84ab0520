/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/wire.h"
#include "plugin/child.h"
#include "plugin/outbox.h"

enum { BUFFER_SIZE = WIRE_BODY_MAX + 1024 };

static struct outbox *outbox;
static int courier; /* the courier's end of the link */
static char buffer[BUFFER_SIZE];

static void connect_courier(void)
{
	int ends[2];

	ck_assert_int_eq(child_socketpair(ends, NULL), 0);
	outbox_connect(outbox, ends[0]);
	courier = ends[1];
}

static void setup(void)
{
	outbox = outbox_new();
	ck_assert_ptr_nonnull(outbox);
	courier = -1;
}

static void teardown(void)
{
	outbox_free(outbox);
	if (courier >= 0)
		close(courier);
}

static void put(enum severity severity, const char *body)
{
	struct outbox_alert alert = {
		.severity = severity, .body = strdup(body), .length = strlen(body)};

	outbox_put(outbox, &alert);
}

static void put_bytes(enum severity severity, size_t length)
{
	struct outbox_alert alert = {
		.severity = severity, .body = calloc(1, length + 1), .length = length};

	memset(alert.body, 'x', length);
	outbox_put(outbox, &alert);
}

/* What the courier gets next, "" when there is nothing. */
static const char *received(struct wire_message *message)
{
	int rc = wire_receive(courier, buffer, sizeof(buffer), message, NULL);

	ck_assert_int_ge(rc, 0);
	return rc > 0 ? message->body : "";
}

static void acknowledge(uint64_t number)
{
	const struct wire_header ack = {.type = WIRE_ACK, .number = number};

	ck_assert_int_eq(wire_send(courier, &ack, NULL, -1, NULL), 1);
	ck_assert_int_eq(outbox_receive(outbox, NULL), 0);
}

START_TEST(test_alerts_are_numbered_from_one_and_kept_until_acknowledged)
{
	struct wire_message message;

	connect_courier();
	put(SEVERITY_HIGH, "first");
	put(SEVERITY_LOW, "second");
	ck_assert_int_eq(outbox_send(outbox, NULL), 0);
	ck_assert_str_eq(received(&message), "first");
	ck_assert_uint_eq(message.header.number, 1);
	ck_assert_int_eq(message.header.severity, SEVERITY_HIGH);
	ck_assert_str_eq(received(&message), "second");
	ck_assert_uint_eq(message.header.number, 2);
	ck_assert_uint_eq(outbox_pending(outbox), 2);
	acknowledge(2);
	ck_assert_uint_eq(outbox_pending(outbox), 1);
	acknowledge(1);
	ck_assert_uint_eq(outbox_pending(outbox), 0);
}
END_TEST

START_TEST(test_new_courier_gets_what_the_old_did_not_acknowledge_in_order)
{
	struct wire_message message;
	struct error err = {""};

	connect_courier();
	put(SEVERITY_HIGH, "first");
	put(SEVERITY_HIGH, "second");
	put(SEVERITY_HIGH, "third");
	outbox_send(outbox, NULL);
	acknowledge(2);
	close(courier);
	ck_assert_int_eq(outbox_receive(outbox, &err), -1);
	ck_assert_str_eq(err.text, "end of file");
	ck_assert_int_eq(outbox_link(outbox), -1);
	put(SEVERITY_HIGH, "fourth");
	connect_courier();
	ck_assert_int_eq(outbox_send(outbox, NULL), 0);
	ck_assert_str_eq(received(&message), "first");
	ck_assert_str_eq(received(&message), "third");
	ck_assert_uint_eq(message.header.number, 3);
	ck_assert_str_eq(received(&message), "fourth");
	ck_assert_str_eq(received(&message), "");
}
END_TEST

START_TEST(test_acknowledgement_of_what_was_never_sent_is_ignored)
{
	struct wire_message message;

	connect_courier();
	put(SEVERITY_HIGH, "first");
	acknowledge(1);
	acknowledge(77);
	ck_assert_uint_eq(outbox_pending(outbox), 1);
	outbox_send(outbox, NULL);
	ck_assert_str_eq(received(&message), "first");
}
END_TEST

START_TEST(test_slow_courier_never_blocks_and_gets_all)
{
	struct wire_message message;
	unsigned got = 0;

	connect_courier();
	for (int i = 0; i < 200; i++)
		put_bytes(SEVERITY_LOW, 10000);
	ck_assert_int_eq(outbox_send(outbox, NULL), 0);
	ck_assert(outbox_has_unsent(outbox));
	for (const char *body = received(&message); *body; body = received(&message)) {
		ck_assert_uint_eq(message.header.number, ++got);
		outbox_send(outbox, NULL);
	}
	ck_assert_uint_eq(got, 200);
	ck_assert(!outbox_has_unsent(outbox));
}
END_TEST

START_TEST(test_largest_message_fits_the_link)
{
	struct wire_message message;

	connect_courier();
	put_bytes(SEVERITY_LOW, WIRE_BODY_MAX);
	ck_assert_int_eq(outbox_send(outbox, NULL), 0);
	received(&message);
	ck_assert_uint_eq(message.header.length, WIRE_BODY_MAX);
}
END_TEST

START_TEST(test_full_outbox_drops_the_least_severe_oldest_and_counts_it)
{
	struct wire_message message;

	put(SEVERITY_HIGH, "high");
	put(SEVERITY_LOW, "low, oldest");
	put(SEVERITY_LOW, "low, next");
	for (int i = 3; i < OUTBOX_ALERTS_MAX; i++)
		put(SEVERITY_MEDIUM, "medium");
	ck_assert_uint_eq(outbox_pending(outbox), OUTBOX_ALERTS_MAX);
	put(SEVERITY_MEDIUM, "one more");
	ck_assert_uint_eq(outbox_pending(outbox), OUTBOX_ALERTS_MAX);
	connect_courier();
	outbox_send(outbox, NULL);
	ck_assert_str_eq(received(&message), "high");
	ck_assert_str_eq(received(&message), "low, next");
	ck_assert_uint_eq(outbox_take_dropped(outbox), 0); /* still full: no room to say so */
	for (unsigned number = 1; number <= OUTBOX_ALERTS_MAX; number++) {
		outbox_send(outbox, NULL);
		acknowledge(number);
		while (*received(&message))
			;
	}
	ck_assert_uint_eq(outbox_take_dropped(outbox), 1);
	ck_assert_uint_eq(outbox_take_dropped(outbox), 0);
}
END_TEST

START_TEST(test_low_alert_does_not_push_out_a_severe_one)
{
	struct wire_message message;

	for (int i = 0; i < OUTBOX_ALERTS_MAX; i++)
		put(SEVERITY_CRITICAL, "critical");
	put(SEVERITY_LOW, "low");
	connect_courier();
	do {
		outbox_send(outbox, NULL);
		ck_assert_str_eq(received(&message), "critical");
	} while (message.header.number < OUTBOX_ALERTS_MAX);
	outbox_send(outbox, NULL);
	ck_assert_str_eq(received(&message), "");
}
END_TEST

START_TEST(test_bytes_are_bounded_too)
{
	for (int i = 0; i < 200; i++)
		put_bytes(SEVERITY_LOW, WIRE_BODY_MAX);
	ck_assert_uint_le(outbox_pending(outbox), OUTBOX_BYTES_MAX / WIRE_BODY_MAX);
	ck_assert_uint_ge(outbox_pending(outbox), OUTBOX_BYTES_MAX / WIRE_BODY_MAX - 1);
}
END_TEST

START_TEST(test_log_lines_wait_for_a_courier_and_are_bounded)
{
	struct wire_message message;
	char text[32];

	for (int i = 0; i < 2 * OUTBOX_LINES_MAX; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		outbox_put_line(outbox, 4, text);
	}
	connect_courier();
	ck_assert(outbox_has_unsent(outbox));
	outbox_send(outbox, NULL);
	for (int i = 0; i < OUTBOX_LINES_MAX; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		ck_assert_str_eq(received(&message), text);
		ck_assert_int_eq(message.header.type, WIRE_LOG);
		ck_assert_int_eq(message.header.severity, 4);
	}
	ck_assert_str_eq(received(&message), "");
	ck_assert(!outbox_has_unsent(outbox));
}
END_TEST

START_TEST(test_state_goes_once_after_the_alerts_and_only_the_newest)
{
	struct wire_message message;

	outbox_put_state(outbox, strdup("old"));
	outbox_put_state(outbox, strdup("new"));
	put(SEVERITY_LOW, "alert");
	connect_courier();
	ck_assert(outbox_has_unsent(outbox));
	ck_assert_int_eq(outbox_send(outbox, NULL), 0);
	ck_assert_str_eq(received(&message), "alert");
	ck_assert_str_eq(received(&message), "new");
	ck_assert_int_eq(message.header.type, WIRE_STATE);
	ck_assert_str_eq(received(&message), "");
	ck_assert(!outbox_has_unsent(outbox));
	ck_assert_uint_eq(outbox_pending(outbox), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *tcase = tcase_create("outbox");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_alerts_are_numbered_from_one_and_kept_until_acknowledged);
	tcase_add_test(tcase, test_new_courier_gets_what_the_old_did_not_acknowledge_in_order);
	tcase_add_test(tcase, test_acknowledgement_of_what_was_never_sent_is_ignored);
	tcase_add_test(tcase, test_slow_courier_never_blocks_and_gets_all);
	tcase_add_test(tcase, test_largest_message_fits_the_link);
	tcase_add_test(tcase, test_full_outbox_drops_the_least_severe_oldest_and_counts_it);
	tcase_add_test(tcase, test_low_alert_does_not_push_out_a_severe_one);
	tcase_add_test(tcase, test_bytes_are_bounded_too);
	tcase_add_test(tcase, test_log_lines_wait_for_a_courier_and_are_bounded);
	tcase_add_test(tcase, test_state_goes_once_after_the_alerts_and_only_the_newest);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
