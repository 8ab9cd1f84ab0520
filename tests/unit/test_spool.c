/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/spool.h"
#include "alerters/storm.h"
#include "tests/unit/receivers.h"

enum { NOW = 1000 };

static struct spool *spool;

static void push(const char *text, enum severity severity)
{
	struct parcel *parcel = parcel_new(severity, DISPOSITION_ALERT, text, strlen(text));

	spool_push(spool, parcel, NOW);
	parcel_unref(parcel);
}

static void expect_next(const char *text)
{
	struct error err;
	const struct parcel *first = spool_first(spool, &err);

	ck_assert_ptr_nonnull(first);
	ck_assert_str_eq(first->text, text);
	spool_done(spool);
}

static void limit(size_t count, size_t bytes)
{
	const struct spool_limits limits = {count, bytes};

	spool_set_limits(spool, &limits);
}

static uint64_t take_dropped(void)
{
	uint64_t dropped = spool_tally(spool, SPOOL_DROPPED);

	spool_set_tally(spool, SPOOL_DROPPED, 0);
	return dropped;
}

static void open_small(void)
{
	spool = spool_new(NULL, "sink", NULL);
	ck_assert_ptr_nonnull(spool);
	limit(3, 100);
}

static void close_small(void)
{
	spool_free(spool);
}

START_TEST(test_order_is_of_arrival_whatever_the_severity)
{
	struct error err;

	push("a", SEVERITY_LOW);
	push("b", SEVERITY_CRITICAL);
	push("c", SEVERITY_MEDIUM);
	expect_next("a");
	expect_next("b");
	expect_next("c");
	ck_assert_ptr_null(spool_first(spool, &err));
	ck_assert_str_eq(err.text, "");
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
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 1);
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
	ck_assert_uint_eq(take_dropped(), 1);
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 0);
	expect_next("a");
}
END_TEST

START_TEST(test_part_is_kept_for_high_and_critical)
{
	limit(10, 10000);
	for (int i = 0; i < 10; i++)
		push("medium", SEVERITY_MEDIUM);
	ck_assert_uint_eq(spool_count(spool), 8);
	ck_assert_uint_eq(take_dropped(), 2);
	push("high", SEVERITY_HIGH);
	push("critical", SEVERITY_CRITICAL);
	ck_assert_uint_eq(spool_count(spool), 10);
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 0);
}
END_TEST

START_TEST(test_held_one_is_not_dropped)
{
	struct error err;

	push("a", SEVERITY_LOW);
	ck_assert_str_eq(spool_first(spool, &err)->text, "a");
	push("b", SEVERITY_LOW);
	push("c", SEVERITY_HIGH);
	push("d", SEVERITY_HIGH);
	ck_assert_str_eq(spool_first(spool, &err)->text, "a");
	spool_done(spool);
	expect_next("c");
	expect_next("d");
}
END_TEST

START_TEST(test_released_one_is_first_again)
{
	struct error err;

	push("a", SEVERITY_LOW);
	push("b", SEVERITY_LOW);
	ck_assert_ptr_nonnull(spool_first(spool, &err));
	spool_release(spool);
	push("c", SEVERITY_CRITICAL);
	expect_next("a");
	expect_next("b");
	expect_next("c");
}
END_TEST

START_TEST(test_several_can_be_held_and_part_of_them_be_done)
{
	struct error err;

	push("a", SEVERITY_LOW);
	push("b", SEVERITY_HIGH);
	push("c", SEVERITY_LOW);
	ck_assert_str_eq(spool_first(spool, &err)->text, "a");
	ck_assert_str_eq(spool_next(spool)->text, "b");
	ck_assert_str_eq(spool_next(spool)->text, "c");
	ck_assert_ptr_null(spool_next(spool));
	spool_done_first(spool, 1);
	spool_release(spool);
	expect_next("b");
	expect_next("c");
}
END_TEST

START_TEST(test_bytes_are_bounded_too)
{
	char big[61];

	memset(big, 'x', 60);
	big[60] = '\0';
	push(big, SEVERITY_HIGH);
	push("b", SEVERITY_HIGH);
	push(big, SEVERITY_HIGH);
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 1);
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
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 1);
}
END_TEST

START_TEST(test_two_spools_share_a_parcel)
{
	struct spool *other = spool_new(NULL, "other", NULL);
	struct parcel *parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, "a", 1);
	struct error err;

	spool_push(spool, parcel, NOW);
	spool_push(other, parcel, NOW);
	parcel_unref(parcel);
	expect_next("a");
	ck_assert_str_eq(spool_first(other, &err)->text, "a");
	spool_free(other);
}
END_TEST

START_TEST(test_heartbeat_takes_the_place_of_the_one_that_waits)
{
	limit(10, 10000);
	for (int i = 0; i < 3; i++) {
		char text[2] = {(char)('1' + i), '\0'};
		struct parcel *beat = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, text, 1);

		beat->kind = PARCEL_HEARTBEAT;
		spool_push(spool, beat, NOW);
		parcel_unref(beat);
	}
	ck_assert_uint_eq(spool_count(spool), 1);
	expect_next("3");
}
END_TEST

START_TEST(test_facts_that_choose_sinks_are_read)
{
	static const char text[] = "{\"id\":\"cw-1\",\"reason\":\"exec-gain\",\"service\":"
				   "{\"name\":\"a@b.service\",\"template\":\"a@.service\"}}";
	struct parcel *parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, text, sizeof(text) - 1);

	ck_assert_str_eq(parcel->id, "cw-1");
	ck_assert_int_eq(parcel->reason, REASON_EXEC_GAIN);
	ck_assert_str_eq(parcel->service, "a@b.service");
	ck_assert_str_eq(parcel->service_template, "a@.service");
	parcel_unref(parcel);
	parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, "[1]", 3);
	ck_assert_str_eq(parcel->id, "");
	ck_assert_int_eq(parcel->reason, PARCEL_NO_REASON);
	parcel_unref(parcel);
}
END_TEST

START_TEST(test_storm_passes_its_count_and_says_the_rest)
{
	const struct settings_rate rate = {3, 60000}, none = {0, 0};
	struct storm storm;
	int64_t now = 5000; /* since the boot */

	storm_end(&storm);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(storm_passes(&storm, &rate, now + i), i < 3);
	ck_assert_int_eq(storm_deadline(&storm, &rate), now + 60000);
	/* late to say it: those of meanwhile are in the count too */
	ck_assert(!storm_passes(&storm, &rate, now + 70000));
	ck_assert_uint_eq(storm.held_back, 8);
	storm_end(&storm);
	ck_assert_int_eq(storm_deadline(&storm, &rate), INT64_MAX);
	ck_assert(storm_passes(&storm, &rate, now + 70001));
	/* below the rate nothing is ever said */
	for (int i = 0; i < 100; i++)
		ck_assert(storm_passes(&storm, &rate, now + 200000 + i * 20001));
	ck_assert_int_eq(storm_deadline(&storm, &rate), INT64_MAX);
	ck_assert(storm_passes(&storm, &none, now));
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
	tcase_add_test(tcase, test_part_is_kept_for_high_and_critical);
	tcase_add_test(tcase, test_held_one_is_not_dropped);
	tcase_add_test(tcase, test_released_one_is_first_again);
	tcase_add_test(tcase, test_several_can_be_held_and_part_of_them_be_done);
	tcase_add_test(tcase, test_bytes_are_bounded_too);
	tcase_add_test(tcase, test_one_larger_than_all_room_is_dropped);
	tcase_add_test(tcase, test_two_spools_share_a_parcel);
	tcase_add_test(tcase, test_heartbeat_takes_the_place_of_the_one_that_waits);
	tcase_add_test(tcase, test_storm_passes_its_count_and_says_the_rest);
	tcase_add_test(tcase, test_facts_that_choose_sinks_are_read);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
