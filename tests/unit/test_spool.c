/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/spool.h"

static struct spool *spool;

static void push(const char *text, enum severity severity)
{
	struct parcel *parcel = parcel_new(severity, DISPOSITION_ALERT, text, strlen(text));

	spool_push(spool, parcel);
	parcel_unref(parcel);
}

static void expect_next(const char *text)
{
	const struct parcel *first = spool_first(spool);

	ck_assert_ptr_nonnull(first);
	ck_assert_str_eq(first->text, text);
	spool_done(spool);
}

static void open_small(void)
{
	spool = spool_new(3, 100);
	ck_assert_ptr_nonnull(spool);
}

static void close_small(void)
{
	spool_free(spool);
}

START_TEST(test_order_is_of_arrival_whatever_the_severity)
{
	push("a", SEVERITY_LOW);
	push("b", SEVERITY_CRITICAL);
	push("c", SEVERITY_MEDIUM);
	expect_next("a");
	expect_next("b");
	expect_next("c");
	ck_assert_ptr_null(spool_first(spool));
	ck_assert_uint_eq(spool_count(spool), 0);
}
END_TEST

START_TEST(test_full_spool_drops_oldest_of_least_severe)
{
	push("high", SEVERITY_HIGH);
	push("low1", SEVERITY_LOW);
	push("low2", SEVERITY_LOW);
	push("medium", SEVERITY_MEDIUM);
	ck_assert_uint_eq(spool_count(spool), 3);
	ck_assert_uint_eq(spool_dropped(spool), 1);
	expect_next("high");
	expect_next("low2");
	expect_next("medium");
}
END_TEST

START_TEST(test_new_one_gives_way_to_more_severe_ones)
{
	push("a", SEVERITY_HIGH);
	push("b", SEVERITY_HIGH);
	push("c", SEVERITY_HIGH);
	push("low", SEVERITY_LOW);
	ck_assert_uint_eq(spool_take_dropped(spool), 1);
	ck_assert_uint_eq(spool_dropped(spool), 0);
	expect_next("a");
}
END_TEST

START_TEST(test_held_one_is_not_dropped)
{
	push("a", SEVERITY_LOW);
	ck_assert_str_eq(spool_first(spool)->text, "a");
	push("b", SEVERITY_LOW);
	push("c", SEVERITY_HIGH);
	push("d", SEVERITY_HIGH);
	ck_assert_str_eq(spool_first(spool)->text, "a");
	spool_done(spool);
	expect_next("c");
	expect_next("d");
}
END_TEST

START_TEST(test_released_one_is_first_again)
{
	push("a", SEVERITY_LOW);
	push("b", SEVERITY_LOW);
	ck_assert_ptr_nonnull(spool_first(spool));
	spool_release(spool);
	push("c", SEVERITY_CRITICAL);
	expect_next("a");
	expect_next("b");
	expect_next("c");
}
END_TEST

START_TEST(test_bytes_are_bounded_too)
{
	char big[61];

	memset(big, 'x', 60);
	big[60] = '\0';
	push(big, SEVERITY_MEDIUM);
	push("b", SEVERITY_MEDIUM);
	push(big, SEVERITY_MEDIUM);
	ck_assert_uint_eq(spool_dropped(spool), 1);
	expect_next("b");
	expect_next(big);
}
END_TEST

START_TEST(test_one_larger_than_all_room_is_dropped)
{
	char big[201];

	memset(big, 'x', 200);
	big[200] = '\0';
	push(big, SEVERITY_CRITICAL);
	ck_assert_uint_eq(spool_count(spool), 0);
	ck_assert_uint_eq(spool_dropped(spool), 1);
}
END_TEST

START_TEST(test_two_spools_share_a_parcel)
{
	struct spool *other = spool_new(3, 100);
	struct parcel *parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, "a", 1);

	spool_push(spool, parcel);
	spool_push(other, parcel);
	parcel_unref(parcel);
	expect_next("a");
	ck_assert_str_eq(spool_first(other)->text, "a");
	spool_free(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tcase = tcase_create("spool");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_small, close_small);
	tcase_add_test(tcase, test_order_is_of_arrival_whatever_the_severity);
	tcase_add_test(tcase, test_full_spool_drops_oldest_of_least_severe);
	tcase_add_test(tcase, test_new_one_gives_way_to_more_severe_ones);
	tcase_add_test(tcase, test_held_one_is_not_dropped);
	tcase_add_test(tcase, test_released_one_is_first_again);
	tcase_add_test(tcase, test_bytes_are_bounded_too);
	tcase_add_test(tcase, test_one_larger_than_all_room_is_dropped);
	tcase_add_test(tcase, test_two_spools_share_a_parcel);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
