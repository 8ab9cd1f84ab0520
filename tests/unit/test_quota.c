/* SPDX-License-Identifier: Apache-2.0 */
/* Whose entry must go. */
#include <check.h>
#include <stdlib.h>

#include "judge/quota.h"

enum { OF_ONE = 10, OF_OTHERS = 40 };

static struct quota quota;

static void begin(void)
{
	quota_begin(&quota, OF_ONE, OF_OTHERS);
}

static void end(void)
{
}

/* As a table does it: false where somebody had to pay. */
static bool add(unsigned node)
{
	unsigned payer = quota_payer(&quota, node);

	if (payer != QUOTA_NOBODY)
		quota_remove(&quota, payer);
	quota_add(&quota, node);
	return payer == QUOTA_NOBODY;
}

static void fill(unsigned node, int count)
{
	for (int i = 0; i < count; i++)
		add(node);
}

START_TEST(test_node_at_its_bound_pays_itself)
{
	for (unsigned node = 0; node < 2; node++) {
		for (int i = 0; i < OF_ONE; i++)
			ck_assert_uint_eq(add(node), true);
		ck_assert_uint_eq(quota_payer(&quota, node), node);
	}
}
END_TEST

START_TEST(test_this_host_pays_for_nobody_and_nobody_for_it)
{
	fill(0, OF_ONE);
	for (unsigned node = 1; node <= 20; node++)
		fill(node, OF_ONE);
	ck_assert_uint_eq(quota.counts[0], OF_ONE);
	ck_assert_uint_eq(quota.others, OF_OTHERS);
	quota_remove(&quota, 0);
	ck_assert_uint_eq(quota_payer(&quota, 0), QUOTA_NOBODY);
}
END_TEST

START_TEST(test_part_is_less_the_more_nodes_there_are)
{
	fill(1, 1);
	ck_assert_uint_eq(quota_part(&quota, 1), OF_ONE);
	/* of the one that comes, too */
	ck_assert_uint_eq(quota_part(&quota, 8), OF_OTHERS / 8);
	fill(8, 1);
	ck_assert_uint_eq(quota_part(&quota, 1), OF_OTHERS / 8);
	ck_assert_uint_eq(quota_part(&quota, 0), OF_ONE);
}
END_TEST

START_TEST(test_who_comes_late_takes_from_those_with_more_than_their_part)
{
	for (unsigned node = 1; node <= 4; node++)
		fill(node, OF_ONE);
	ck_assert_uint_eq(quota.others, OF_OTHERS);
	fill(5, OF_OTHERS);
	for (unsigned node = 1; node <= 5; node++)
		ck_assert_uint_eq(quota.counts[node], OF_OTHERS / 5);
	ck_assert_uint_eq(quota.others, OF_OTHERS);
}
END_TEST

START_TEST(test_noisy_node_takes_nothing_of_a_quiet_one)
{
	fill(1, 3);
	fill(2, 3);
	for (int i = 0; i < 1000; i++)
		fill(3 + (unsigned)i % 2, 1);
	ck_assert_uint_eq(quota.counts[1], 3);
	ck_assert_uint_eq(quota.counts[2], 3);
	ck_assert_uint_eq(quota.counts[3], OF_ONE);
}
END_TEST

START_TEST(test_all_numbers_have_a_part)
{
	quota_begin(&quota, OF_ONE, 2 * NODES_MAX);
	for (unsigned node = 1; node < NODES_MAX; node++)
		fill(node, OF_ONE);
	for (unsigned node = 1; node < NODES_MAX; node++)
		fill(node, OF_ONE);
	for (unsigned node = 1; node < NODES_MAX; node++)
		ck_assert_uint_ge(quota.counts[node], 2);
	ck_assert_uint_le(quota.others, 2 * NODES_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quota");
	TCase *tc = tcase_create("quota");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_node_at_its_bound_pays_itself);
	tcase_add_test(tc, test_this_host_pays_for_nobody_and_nobody_for_it);
	tcase_add_test(tc, test_part_is_less_the_more_nodes_there_are);
	tcase_add_test(tc, test_who_comes_late_takes_from_those_with_more_than_their_part);
	tcase_add_test(tc, test_noisy_node_takes_nothing_of_a_quiet_one);
	tcase_add_test(tc, test_all_numbers_have_a_part);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
