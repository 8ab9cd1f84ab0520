/* SPDX-License-Identifier: Apache-2.0 */
/* When the stream is read next. */
#include <check.h>
#include <stdlib.h>

#include "plugin/pace.h"

enum { RECORD = 300, START = 1000 };

static struct pace pace;

static void begin(void)
{
	pace = (struct pace){0};
}

/* So many bytes in each of the reads, each this long after the one before; returns when the last
 * was. */
static int64_t read_steadily(size_t bytes, int reads, int64_t apart)
{
	int64_t now = START;

	for (int i = 0; i < reads; i++, now += apart)
		pace_take_read(&pace, bytes, now);
	return now - apart;
}

START_TEST(test_one_event_is_read_as_it_comes)
{
	for (int record = 0; record < 6; record++) {
		pace_take_read(&pace, RECORD, START + record);
		ck_assert(!pace_is_on(&pace));
	}
}
END_TEST

START_TEST(test_events_far_apart_are_no_load)
{
	read_steadily(RECORD, 1000, PACE_IDLE_MS);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

START_TEST(test_load_makes_records_gather)
{
	int64_t last = read_steadily(RECORD, 20, 1);

	ck_assert(pace_is_on(&pace));
	ck_assert(!pace_ends_pause(&pace, last + PACE_LONG_MS - 1));
	ck_assert(pace_is_on(&pace));
	ck_assert(pace_ends_pause(&pace, last + PACE_LONG_MS));
	ck_assert(!pace_is_on(&pace));
}
END_TEST

START_TEST(test_more_at_a_time_shortens_the_pause)
{
	int64_t last = read_steadily(PACE_FEW_BYTES, 3, 2);

	ck_assert(!pace_ends_pause(&pace, last + PACE_SHORT_MS - 1));
	ck_assert(pace_ends_pause(&pace, last + PACE_SHORT_MS));
}
END_TEST

START_TEST(test_full_socket_is_read_on)
{
	read_steadily(PACE_MANY_BYTES, 10, 1);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

/* What came after a pause was nothing: the next record is not waited for in pauses. */
START_TEST(test_nothing_ends_the_pauses)
{
	int64_t last = read_steadily(RECORD, 20, 1);

	ck_assert(pace_ends_pause(&pace, last + PACE_LONG_MS));
	pace_take_read(&pace, 0, last + PACE_LONG_MS);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

START_TEST(test_load_is_over_after_an_idle_time)
{
	int64_t last = read_steadily(RECORD, 20, 1);

	pace_take_read(&pace, RECORD, last + PACE_IDLE_MS);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pace");
	TCase *tc = tcase_create("pace");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, test_one_event_is_read_as_it_comes);
	tcase_add_test(tc, test_events_far_apart_are_no_load);
	tcase_add_test(tc, test_load_makes_records_gather);
	tcase_add_test(tc, test_more_at_a_time_shortens_the_pause);
	tcase_add_test(tc, test_full_socket_is_read_on);
	tcase_add_test(tc, test_nothing_ends_the_pauses);
	tcase_add_test(tc, test_load_is_over_after_an_idle_time);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
