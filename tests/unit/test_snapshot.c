/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor hands to the sensor. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "plugin/snapshot.h"

#define CAPSET "-a always,exit -F arch=b64 -S capset -F key=capwatch_capset\n"
#define CAPSET32 "-a always,exit -F arch=b32 -S capset -F key=capwatch_capset\n"

static struct blind_snapshot made, taken;

/* Both rules missing, a rate limit set. */
static void make(uint32_t rate_limit)
{
	struct kernel_status status = {.enabled = 1, .rate_limit = rate_limit, .lost = 9};
	struct kernel_rules loaded = {0};
	struct ruleset wanted = {0};
	struct sight_question question = {&status, &loaded, &wanted};
	struct sight sight;

	ck_assert_int_eq(ruleset_read_text(&wanted, "test", CAPSET CAPSET32, NULL), 0);
	ck_assert_int_eq(sight_judge(&question, &sight, NULL), 0);
	memset(&made, 0, sizeof(made));
	snapshot_fill(&made, &sight, &status);
	sight_free(&sight);
	ruleset_free(&wanted);
}

START_TEST(test_a_snapshot_arrives_as_sent)
{
	make(1);
	ck_assert_uint_eq(made.count, 3);
	ck_assert(snapshot_read((const char *)&made, snapshot_size(&made), &taken));
	ck_assert_uint_eq(taken.lost, 9);
	ck_assert_uint_eq(taken.missing, 2);
	ck_assert_uint_eq(taken.faults[0].kind, BLIND_RATE_LIMIT);
	ck_assert_str_eq(taken.faults[1].key, "capwatch_capset");
	ck_assert_uint_ne(taken.faults[1].id, taken.faults[2].id);
}
END_TEST

START_TEST(test_another_number_is_not_another_fault)
{
	uint64_t id;

	make(1);
	id = made.faults[0].id;
	make(2);
	ck_assert_uint_eq(made.faults[0].id, id);
}
END_TEST

START_TEST(test_what_is_no_snapshot_is_refused)
{
	size_t size;

	make(1);
	size = snapshot_size(&made);
	ck_assert(!snapshot_read((const char *)&made, size - 1, &taken));
	ck_assert(!snapshot_read((const char *)&made, 3, &taken));
	ck_assert(!snapshot_read((const char *)&made, sizeof(made), &taken));
	made.faults[2].kind = BLIND_KINDS;
	ck_assert(!snapshot_read((const char *)&made, size, &taken));
	made.count = BLIND_FAULTS_MAX + 1;
	ck_assert(!snapshot_read((const char *)&made, sizeof(made), &taken));
	/* strings that do not end are ended */
	make(1);
	memset(made.faults[1].text, 'x', sizeof(made.faults[1].text));
	ck_assert(snapshot_read((const char *)&made, size, &taken));
	ck_assert_uint_eq(strlen(taken.faults[1].text), BLIND_TEXT_MAX - 1);
}
END_TEST

START_TEST(test_that_nothing_can_be_read_is_a_fault)
{
	snapshot_fill_unreadable(&made, "no answer");
	ck_assert_uint_eq(made.count, 1);
	ck_assert_uint_eq(made.faults[0].kind, BLIND_UNREADABLE);
	ck_assert_ptr_nonnull(strstr(made.faults[0].text, "no answer"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tc = tcase_create("snapshot");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_a_snapshot_arrives_as_sent);
	tcase_add_test(tc, test_another_number_is_not_another_fault);
	tcase_add_test(tc, test_what_is_no_snapshot_is_refused);
	tcase_add_test(tc, test_that_nothing_can_be_read_is_a_fault);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
