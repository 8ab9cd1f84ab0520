/* SPDX-License-Identifier: Apache-2.0 */
/* Other hosts by number, and their clocks. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/nodes.h"

static struct nodes *nodes;

static void begin(void)
{
	nodes = nodes_new();
	ck_assert_ptr_nonnull(nodes);
}

static void end(void)
{
	nodes_free(nodes);
}

static unsigned number(const char *name)
{
	return nodes_number(nodes, (struct bytes){name, strlen(name)});
}

START_TEST(test_name_has_one_number_and_number_one_name)
{
	unsigned one = number("one"), other = number("other");

	ck_assert_uint_ne(one, 0);
	ck_assert_uint_ne(one, other);
	ck_assert_uint_eq(number("one"), one);
	ck_assert_uint_eq(number("other"), other);
	ck_assert_str_eq(nodes_name(nodes, one), "one");
	ck_assert_str_eq(nodes_name(nodes, other), "other");
	ck_assert_uint_eq(nodes_count(nodes), 3);
}
END_TEST

START_TEST(test_what_begins_like_another_name_is_none)
{
	ck_assert_uint_ne(number("web"), number("web1"));
	ck_assert_uint_ne(number("web"), number("WEB"));
	ck_assert_uint_eq(nodes_number(nodes, (struct bytes){"web1 type", 4}), number("web1"));
}
END_TEST

START_TEST(test_names_beyond_the_bound_share_a_number_that_has_no_name)
{
	char name[32];

	for (unsigned i = 1; i < NODES_SHARED; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		ck_assert_uint_eq(number(name), i);
	}
	ck_assert_uint_eq(number("late"), NODES_SHARED);
	ck_assert_uint_eq(number("later"), NODES_SHARED);
	ck_assert_str_eq(nodes_name(nodes, NODES_SHARED), "unknown");
	ck_assert_uint_eq(nodes_count(nodes), NODES_MAX);
	ck_assert_uint_eq(number("n7.example"), 7);
	ck_assert_uint_eq(number(name), NODES_SHARED - 1);
}
END_TEST

START_TEST(test_clock_of_a_node_goes_on_from_its_latest_event)
{
	unsigned behind = number("behind"), ahead = number("ahead");

	ck_assert_int_eq(nodes_time(nodes, behind, 1000000), 1000000);
	nodes_take_time(nodes, behind, 700000, 1000000);
	nodes_take_time(nodes, ahead, 1300000, 1000000);
	ck_assert_int_eq(nodes_time(nodes, behind, 1000500), 700500);
	ck_assert_int_eq(nodes_time(nodes, ahead, 1000500), 1300500);
	/* an event that comes out of order is no step back */
	nodes_take_time(nodes, ahead, 1299990, 1000000);
	ck_assert_int_eq(nodes_time(nodes, ahead, 1000000), 1300000);
	ck_assert_int_eq(nodes_time(nodes, 0, 1000000), 1000000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nodes");
	TCase *tc = tcase_create("nodes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_name_has_one_number_and_number_one_name);
	tcase_add_test(tc, test_what_begins_like_another_name_is_none);
	tcase_add_test(tc, test_names_beyond_the_bound_share_a_number_that_has_no_name);
	tcase_add_test(tc, test_clock_of_a_node_goes_on_from_its_latest_event);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
