/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/wire.h"
#include "plugin/child.h"
#include "plugin/notices.h"

static struct notices notices;
static int ends[2]; /* the supervisor's, the sensor's */
static char buffer[sizeof(struct wire_header) + NOTICE_TEXT_MAX];

static void setup(void)
{
	notices = (struct notices){.count = 0};
	ck_assert_int_eq(child_socketpair(ends, NULL), 0);
}

static void teardown(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* "" when there is none */
static const char *next(void)
{
	struct wire_message message;

	if (wire_receive(ends[1], buffer, sizeof(buffer), &message, NULL) <= 0)
		return "";
	ck_assert_int_eq(message.header.type, WIRE_NOTICE);
	return message.body;
}

START_TEST(test_notices_wait_for_a_sensor_and_go_once_in_order)
{
	notices_add(&notices, "%s ended", "first");
	notices_add(&notices, "%s ended", "second");
	notices_send(&notices, ends[0]);
	ck_assert_str_eq(next(), "first ended");
	ck_assert_str_eq(next(), "second ended");
	notices_send(&notices, ends[0]);
	ck_assert_str_eq(next(), "");
}
END_TEST

START_TEST(test_notices_that_a_dead_sensor_did_not_take_are_for_the_next)
{
	int dead[2];

	ck_assert_int_eq(child_socketpair(dead, NULL), 0);
	close(dead[1]);
	notices_add(&notices, "kept");
	notices_send(&notices, dead[0]);
	close(dead[0]);
	notices_send(&notices, ends[0]);
	ck_assert_str_eq(next(), "kept");
}
END_TEST

START_TEST(test_notices_beyond_the_bound_are_counted_and_that_is_said)
{
	for (int i = 0; i < NOTICES_MAX + 3; i++)
		notices_add(&notices, "notice %d", i);
	notices_send(&notices, ends[0]);
	notices_send(&notices, ends[0]);
	for (int i = 0; i < NOTICES_MAX; i++)
		ck_assert_ptr_nonnull(strstr(next(), "notice "));
	ck_assert_ptr_nonnull(strstr(next(), "3 more"));
	ck_assert_str_eq(next(), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notices");
	TCase *tcase = tcase_create("notices");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_notices_wait_for_a_sensor_and_go_once_in_order);
	tcase_add_test(tcase, test_notices_that_a_dead_sensor_did_not_take_are_for_the_next);
	tcase_add_test(tcase, test_notices_beyond_the_bound_are_counted_and_that_is_said);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
