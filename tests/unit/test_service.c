/* SPDX-License-Identifier: Apache-2.0 */
/* Services and the phase that they are in. */
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/service.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct service_clock start_clock = {.start_window_ms = 10000,
						 .start_timeout_ms = 300000};
static struct service_table *table;

static void begin(void)
{
	table = service_table_new();
	ck_assert_ptr_nonnull(table);
}

static void end(void)
{
	service_table_free(table);
}

static struct service *get(const char *name)
{
	bool is_new;
	struct service *service = service_get(table, 0, SERVICE_UNIT, name, &is_new);

	ck_assert_ptr_nonnull(service);
	return service;
}

START_TEST(test_service_is_its_node_kind_and_name)
{
	bool is_new;
	struct service *service = service_get(table, 0, SERVICE_UNIT, "web.service", &is_new);

	ck_assert(is_new);
	ck_assert_ptr_eq(service_get(table, 0, SERVICE_UNIT, "web.service", &is_new), service);
	ck_assert(!is_new);
	ck_assert_ptr_ne(service_get(table, 1, SERVICE_UNIT, "web.service", &is_new), service);
	ck_assert(is_new);
	ck_assert_ptr_ne(service_get(table, 0, SERVICE_PROGRAM, "web.service", &is_new), service);
	ck_assert(is_new);
	ck_assert_ptr_null(service_find(table, 0, SERVICE_UNIT, "other.service"));
}
END_TEST

START_TEST(test_ended_service_is_found_no_more_and_starts_anew)
{
	struct service *service = get("web.service");

	service_end(service);
	ck_assert_ptr_null(service_find(table, 0, SERVICE_UNIT, "web.service"));
	ck_assert_ptr_ne(get("web.service"), service);
}
END_TEST

static void count_visit(void *ctx, struct service *service)
{
	size_t *count = ctx;

	(void)service;
	(*count)++;
}

START_TEST(test_ended_services_are_visited_and_forgotten_as_others)
{
	size_t count = 0;

	for (int i = 0; i < 3 * SERVICES_MAX; i++)
		service_end(get("web.service"));
	service_each(table, count_visit, &count);
	ck_assert_uint_eq(count, SERVICES_MAX);
}
END_TEST

START_TEST(test_name_beyond_its_bound_is_one_service_still)
{
	char name[SERVICE_NAME_MAX * 2];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_ptr_eq(get(name), get(name));
	ck_assert_uint_eq(strlen(get(name)->name), SERVICE_NAME_MAX - 1);
}
END_TEST

static const struct phase_case {
	int64_t first_event, started;
	bool awaits_start;
	int64_t now;
	enum phase phase;
} phases[] = {
	/* nothing known of its start */
	{0, 0, false, 5000000, PHASE_UNKNOWN},
	{0, 5000, false, 5001, PHASE_UNKNOWN},
	/* without systemd: start_window from its first process */
	{1000000, 0, false, 1000000, PHASE_STARTING},
	{1000000, 0, false, 1009999, PHASE_STARTING},
	{1000000, 0, false, 1010000, PHASE_RUNNING},
	/* its launcher's first event was seen, SERVICE_START is to come: within start_timeout */
	{1000000, 0, true, 1200000, PHASE_STARTING},
	{1000000, 0, true, 1299999, PHASE_STARTING},
	{1000000, 0, true, 1300000, PHASE_RUNNING},
	/* SERVICE_START has come: start_window more */
	{1000000, 1100000, true, 1109999, PHASE_STARTING},
	{1000000, 1100000, true, 1110000, PHASE_RUNNING},
	/* but never beyond start_timeout */
	{1000000, 1299000, true, 1299999, PHASE_STARTING},
	{1000000, 1299000, true, 1300000, PHASE_RUNNING},
	{1000000, 9000000, true, 9000001, PHASE_RUNNING},
	{1000000, 1000000, true, 90000000, PHASE_RUNNING},
};

START_TEST(test_phase_is_the_services_by_its_start)
{
	const struct phase_case *entry = &phases[_i];
	struct service *service = get("web.service");

	service->first_event = entry->first_event;
	service->started = entry->started;
	service->awaits_start = entry->awaits_start;
	ck_assert_int_eq(service_phase(service, &start_clock, entry->now), entry->phase);
}
END_TEST

START_TEST(test_phase_of_no_service_is_unknown)
{
	ck_assert_int_eq(service_phase(NULL, &start_clock, 1), PHASE_UNKNOWN);
}
END_TEST

START_TEST(test_age_counts_from_the_first_event)
{
	struct service *service = get("web.service");

	ck_assert_int_eq(service_age(NULL, 5), -1);
	ck_assert_int_eq(service_age(service, 5), -1);
	service->first_event = 1000;
	ck_assert_int_eq(service_age(service, 1500), 500);
	ck_assert_int_eq(service_age(service, 900), 0);
}
END_TEST

static void count_one(void *ctx, struct service *service)
{
	int *count = ctx;

	(void)service;
	(*count)++;
}

START_TEST(test_table_is_bounded_and_forgets_only_what_nothing_holds)
{
	struct service *held = get("held.service");
	char name[32];
	int count = 0;

	service_hold(held);
	for (int i = 0; i < SERVICES_MAX * 3; i++) {
		snprintf(name, sizeof(name), "s%d.service", i);
		get(name);
	}
	service_each(table, count_one, &count);
	ck_assert_int_eq(count, SERVICES_MAX);
	ck_assert_ptr_eq(service_find(table, 0, SERVICE_UNIT, "held.service"), held);
	ck_assert_ptr_null(service_find(table, 0, SERVICE_UNIT, "s0.service"));
	ck_assert_ptr_nonnull(service_find(table, 0, SERVICE_UNIT, name));
	service_release(held);
	for (int i = 0; i < SERVICES_MAX; i++) {
		snprintf(name, sizeof(name), "t%d.service", i);
		get(name);
	}
	ck_assert_ptr_null(service_find(table, 0, SERVICE_UNIT, "held.service"));
}
END_TEST

START_TEST(test_labels_are_copied_and_empty_without_one)
{
	struct service *service = get("web@1.service");
	char unit[] = "web@1.service";

	ck_assert_str_eq(service->unit, "");
	ck_assert_str_eq(service->template_name, "");
	service_set_labels(service,
			   &(struct service_labels){.unit = unit, .template_name = "web@.service"});
	unit[0] = 'X';
	ck_assert_str_eq(service->unit, "web@1.service");
	ck_assert_str_eq(service->template_name, "web@.service");
	ck_assert_str_eq(service->container_id, "");
	service_set_labels(service, &(struct service_labels){.runtime = "docker"});
	ck_assert_str_eq(service->unit, "");
	ck_assert_str_eq(service->runtime, "docker");
}
END_TEST

static size_t count_node(unsigned node, int many)
{
	char name[32];
	size_t count = 0;

	for (int i = 0; i < many; i++) {
		snprintf(name, sizeof(name), "s%d.service", i);
		count += service_find(table, node, SERVICE_UNIT, name) != NULL;
	}
	return count;
}

static void fill_node(unsigned node, int count)
{
	char name[32];
	bool is_new;

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "s%d.service", i);
		ck_assert_ptr_nonnull(service_get(table, node, SERVICE_UNIT, name, &is_new));
	}
}

START_TEST(test_noisy_node_pushes_out_nobody_elses_services)
{
	fill_node(0, 50);
	fill_node(1, 50);
	fill_node(2, 3 * SERVICES_MAX);
	ck_assert_uint_eq(count_node(0, 50), 50);
	ck_assert_uint_eq(count_node(1, 50), 50);
	ck_assert_uint_eq(count_node(2, 3 * SERVICES_MAX), SERVICES_MAX);
}
END_TEST

START_TEST(test_hundred_nodes_have_equal_parts_of_the_bound)
{
	int count = 0;

	for (unsigned node = 1; node <= 100; node++)
		fill_node(node, SERVICES_MAX);
	for (unsigned node = 1; node <= 100; node++)
		fill_node(node, 200);
	service_each(table, count_one, &count);
	ck_assert_int_le(count, SERVICES_OTHERS_MAX);
	for (unsigned node = 1; node <= 100; node++)
		ck_assert_uint_eq(count_node(node, 200), 200);
}
END_TEST

enum { SERVICES_KIB = 1088 }; /* as docs/architecture.md has it */

static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

START_TEST(test_table_stays_within_the_memory_that_is_told)
{
	static const char *const forms[] = {"session-", "some-package-worker@.service-"};
	size_t before = allocated();
	struct service *service;
	char name[64];
	bool is_new;

	for (int i = 0; i < 2 * SERVICES_MAX; i++) {
		snprintf(name, sizeof(name), "%s%d", forms[_i], i);
		service = service_get(table, 0, SERVICE_UNIT, name, &is_new);
		service_set_labels(service, &(struct service_labels){.template_name = forms[_i],
								     .unit = name});
	}
	ck_assert_uint_le(allocated() - before, (size_t)SERVICES_KIB * 1024);
}
END_TEST

START_TEST(test_holding_nothing_is_allowed)
{
	service_hold(NULL);
	service_release(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("service");
	TCase *tc = tcase_create("service");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_service_is_its_node_kind_and_name);
	tcase_add_test(tc, test_ended_service_is_found_no_more_and_starts_anew);
	tcase_add_test(tc, test_ended_services_are_visited_and_forgotten_as_others);
	tcase_add_test(tc, test_name_beyond_its_bound_is_one_service_still);
	tcase_add_loop_test(tc, test_phase_is_the_services_by_its_start, 0, COUNT(phases));
	tcase_add_test(tc, test_phase_of_no_service_is_unknown);
	tcase_add_test(tc, test_age_counts_from_the_first_event);
	tcase_add_test(tc, test_table_is_bounded_and_forgets_only_what_nothing_holds);
	tcase_add_test(tc, test_labels_are_copied_and_empty_without_one);
	tcase_add_test(tc, test_noisy_node_pushes_out_nobody_elses_services);
	tcase_add_test(tc, test_hundred_nodes_have_equal_parts_of_the_bound);
	tcase_add_loop_test(tc, test_table_stays_within_the_memory_that_is_told, 0, 2);
	tcase_add_test(tc, test_holding_nothing_is_allowed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
