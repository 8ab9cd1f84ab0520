/* SPDX-License-Identifier: Apache-2.0 */
/* What the courier says of its own work, and how often. The clock is ours. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/tell.h"
#include "tests/unit/receivers.h"

enum { ROOM = 20, MINOR_ROOM = ROOM - ROOM / SPOOL_RESERVE, SECOND = 1000 };

static char broken_name[] = "broken", other_name[] = "other", path[] = "/nowhere/at/all";
static struct logged logged;
static struct logger log_to_test;
static const struct sink_tools tools = {.log = &log_to_test};
static struct sink_settings broken_settings, other_settings;
static struct sink *items[2];
static const struct sink_list sinks = {items, 2};

static void open_sinks(void)
{
	struct error err;

	logged_open(&logged, &log_to_test);
	broken_settings = (struct sink_settings){
		.type = SINK_FILE, .name = broken_name, .path = path, .spool = SPOOL_ROOM};
	other_settings = broken_settings;
	other_settings.name = other_name;
	broken_settings.spool.max_count = ROOM;
	items[0] = sink_new(&broken_settings, &tools, &err);
	items[1] = sink_new(&other_settings, &tools, &err);
	ck_assert(items[0] && items[1]);
}

static void close_sinks(void)
{
	sink_free(items[0]);
	sink_free(items[1]);
}

static void offer_to_broken(int count, int64_t now)
{
	struct parcel *parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, "{\"id\":\"a\"}", 10);

	for (int i = 0; i < count; i++)
		sink_offer(items[0], parcel, now);
	parcel_unref(parcel);
}

/* What the other sink got since, or "". */
static const char *told(void)
{
	static char text[4096];
	struct error err;
	const struct parcel *parcel = spool_first(items[1]->spool, &err);

	text[0] = '\0';
	if (parcel)
		strcat(text, parcel->text);
	spool_done(items[1]->spool);
	return text;
}

START_TEST(test_drops_are_told_to_the_others_while_they_go_on_and_to_all_at_the_end)
{
	int64_t now = 1000000;

	sink_run(items[0], now);
	offer_to_broken(MINOR_ROOM + 5, now);
	sink_fails(items[0], now, "away");
	ck_assert_uint_eq(tell_drops(&sinks, now), 0);
	ck_assert_str_eq(told(), "");
	now += 10 * SECOND;
	ck_assert_int_le(sink_deadline(items[0]), now);
	ck_assert_uint_eq(tell_drops(&sinks, now), 0);
	ck_assert_ptr_nonnull(
		strstr(told(), "\"lost\":\"5 alerts for the sink broken were dropped so far"));
	/* to itself it would be one more to drop */
	ck_assert_uint_eq(spool_tally(items[0]->spool, SPOOL_DROPPED), 5);
	ck_assert_uint_eq(spool_count(items[0]->spool), MINOR_ROOM);
	/* not again, and then hourly if there are more */
	offer_to_broken(2, now);
	ck_assert_uint_eq(tell_drops(&sinks, now + SECOND), 0);
	ck_assert_str_eq(told(), "");
	ck_assert_uint_eq(tell_drops(&sinks, now + HOUR), 0);
	ck_assert_ptr_nonnull(strstr(told(), "\"7 alerts for the sink broken were dropped so far"));
	ck_assert_uint_eq(tell_drops(&sinks, now + 2 * (int64_t)HOUR), 0);
	ck_assert_str_eq(told(), "");
	ck_assert_uint_eq(sink_dropped(items[0]), 7);
	sink_works(items[0]);
	while (spool_count(items[0]->spool) > 0) {
		struct error err;

		spool_first(items[0]->spool, &err);
		spool_done(items[0]->spool);
	}
	ck_assert_uint_eq(tell_drops(&sinks, now), 7);
	ck_assert_ptr_nonnull(
		strstr(told(), "\"7 alerts for the sink broken were dropped: its queue was full"));
	ck_assert_uint_eq(spool_count(items[0]->spool), 1);
	ck_assert_uint_eq(tell_drops(&sinks, now), 0);
	ck_assert_uint_eq(sink_dropped(items[0]), 7);
}
END_TEST

START_TEST(test_fault_of_several_spools_is_told_once_and_so_is_its_end)
{
	bool is_told = false;

	tell_faults(&sinks, 0, &is_told);
	ck_assert_str_eq(told(), "");
	items[0]->past.unsafe_said = items[1]->past.unsafe_said = true;
	error_set(&items[0]->past.unsafe_why, "No space left on device");
	for (int i = 0; i < 3; i++)
		tell_faults(&sinks, i, &is_told);
	ck_assert_ptr_nonnull(strstr(told(),
				     "the spool of the sink broken cannot be used: No space "
				     "left on device"));
	ck_assert_str_eq(told(), "");
	items[0]->past.unsafe_said = false;
	tell_faults(&sinks, 4, &is_told);
	ck_assert_str_eq(told(), "");
	items[1]->past.unsafe_said = false;
	for (int i = 0; i < 3; i++)
		tell_faults(&sinks, i, &is_told);
	ck_assert_ptr_nonnull(strstr(told(), "\"state\":\"restored\""));
	ck_assert_str_eq(told(), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tell");
	TCase *tcase = tcase_create("tell");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_sinks, close_sinks);
	tcase_add_test(tcase,
		       test_drops_are_told_to_the_others_while_they_go_on_and_to_all_at_the_end);
	tcase_add_test(tcase, test_fault_of_several_spools_is_told_once_and_so_is_its_end);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
