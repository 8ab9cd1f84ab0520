/* SPDX-License-Identifier: Apache-2.0 */
/* When the stream is read next. */
#include <check.h>
#include <stdlib.h>

#include "plugin/pace.h"

enum { RECORD = 300, START = 1000, MS = 1000 };

static struct pace pace;

static void begin(void)
{
	pace = (struct pace){0};
}

/* So many records of RECORD bytes in each of the reads, each this long after the one before;
 * returns when the last was. */
static int64_t read_steadily(uint64_t records, int reads, int64_t apart)
{
	int64_t now = START;

	for (int i = 0; i < reads; i++, now += apart)
		pace_take_read(&pace, records * RECORD, records, now);
	return now - apart;
}

static void expect_pause(int64_t last, int64_t pause)
{
	ck_assert(pace_is_on(&pace));
	ck_assert(!pace_ends_pause(&pace, last + pause - 1));
	ck_assert(pace_is_on(&pace));
	ck_assert(pace_ends_pause(&pace, last + pause));
	ck_assert(!pace_is_on(&pace));
}

START_TEST(test_one_event_is_read_as_it_comes)
{
	for (int record = 0; record < 6; record++) {
		pace_take_read(&pace, RECORD, 1, START + MS * record);
		ck_assert(!pace_is_on(&pace));
	}
}
END_TEST

START_TEST(test_events_far_apart_are_no_load)
{
	read_steadily(1, 1000, PACE_IDLE_US);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

START_TEST(test_load_makes_records_gather)
{
	expect_pause(read_steadily(1, 20, MS), PACE_LONGEST_US);
}
END_TEST

/* 18, 30, 45, 60 and 90 records a millisecond, of which PACE_GATHER are to be read at a time. */
START_TEST(test_pause_is_the_shorter_the_faster_they_come)
{
	static const struct {
		uint64_t records;
		int64_t apart, pause;
	} rates[] = {{90, 5 * MS, PACE_LONGEST_US},
		     {30, 1 * MS, 3 * MS},
		     {90, 2 * MS, 2 * MS},
		     {60, 1 * MS, 1500},
		     {90, 1 * MS, 1 * MS}};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		begin();
		expect_pause(read_steadily(rates[i].records, 10, rates[i].apart), rates[i].pause);
	}
}
END_TEST

START_TEST(test_full_socket_is_read_on)
{
	read_steadily(PACE_MANY, 10, 4 * MS);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

START_TEST(test_long_records_count_as_several)
{
	enum { LONG = 8970 };

	for (int i = 0; i < 10; i++)
		pace_take_read(&pace, LONG * 11, 11, START + 4 * MS * i);
	ck_assert(!pace_is_on(&pace));
	for (int i = 10; i < 20; i++)
		pace_take_read(&pace, LONG * 4, 4, START + 2 * MS * i);
	/* the four take the place of 52 */
	expect_pause(START + 2 * MS * 19, 2 * MS * PACE_GATHER / 52);
}
END_TEST

/* What came after a pause was nothing: the next record is not waited for in pauses. */
START_TEST(test_nothing_ends_the_pauses)
{
	int64_t last = read_steadily(1, 20, MS);

	ck_assert(pace_ends_pause(&pace, last + PACE_LONGEST_US));
	pace_take_read(&pace, 0, 0, last + PACE_LONGEST_US);
	ck_assert(!pace_is_on(&pace));
}
END_TEST

START_TEST(test_load_is_over_after_an_idle_time)
{
	int64_t last = read_steadily(1, 20, MS);

	pace_take_read(&pace, RECORD, 1, last + PACE_IDLE_US);
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
	tcase_add_test(tc, test_pause_is_the_shorter_the_faster_they_come);
	tcase_add_test(tc, test_long_records_count_as_several);
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
