/* SPDX-License-Identifier: Apache-2.0 */
/* What was learnt, as lines that add up; and what else is kept or said about learning. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/learnt.h"
#include "common/order.h"
#include "common/setup.h"

static json_t *hosts(const char *id)
{
	return json_pack("{s:s}", id, id);
}

static void see(struct learnt *learnt, const char *what, int fact, int64_t time, const char *host)
{
	json_t *on = hosts(host);
	struct learnt_kind kind = {.what = what,
				   .count = 1,
				   .first = time,
				   .last = time,
				   .after_start_least = -1,
				   .after_start_most = -1,
				   .hosts = on};

	ck_assert(learnt_add(learnt, &kind, json_pack("{s:i}", "fact", fact)));
	json_decref(on);
}

struct only {
	size_t visits;
	struct learnt_kind kind;
	size_t hosts;
};

static void keep(void *ctx, const struct learnt_kind *kind)
{
	struct only *only = ctx;

	only->visits++;
	only->kind = *kind;
	only->hosts = json_object_size(kind->hosts);
}

static struct only only_kind(const struct learnt *learnt)
{
	struct only only = {0};

	learnt_each(learnt, keep, &only);
	ck_assert_uint_eq(only.visits, 1);
	return only;
}

START_TEST(test_the_same_facts_add_up)
{
	struct learnt *learnt = learnt_new();
	struct only only;

	see(learnt, "gain", 1, 5000, "a");
	see(learnt, "gain", 1, 3000, "b");
	see(learnt, "gain", 1, 4000, "a");
	only = only_kind(learnt);
	ck_assert_str_eq(only.kind.what, "gain");
	ck_assert_int_eq(only.kind.count, 3);
	ck_assert_int_eq(only.kind.first, 3000);
	ck_assert_int_eq(only.kind.last, 5000);
	ck_assert_int_eq(only.kind.after_start_least, -1);
	ck_assert_uint_eq(only.hosts, 2);
	see(learnt, "gain", 2, 4000, "a");
	see(learnt, "held", 1, 4000, "a");
	ck_assert_uint_eq(learnt_count(learnt), 3);
	learnt_free(learnt);
}
END_TEST

START_TEST(test_lines_taken_out_are_read_back)
{
	struct learnt *from = learnt_new(), *to = learnt_new();
	size_t size = 2 * LEARNT_LINE_MAX, length, lines = 0;
	char *buf = malloc(size), *line, *end;

	for (int i = 0; i < 300; i++)
		see(from, "gain", i, 1000 + i, "a");
	see(to, "gain", 7, 500, "b");
	while ((length = learnt_take_lines(from, buf, size)) > 0)
		for (line = buf; line < buf + length; line = end + 1, lines++) {
			end = memchr(line, '\n', (size_t)(buf + length - line));
			ck_assert_int_eq(learnt_add_line(to, line, (size_t)(end - line), NULL), 0);
		}
	ck_assert_uint_eq(lines, 300);
	ck_assert_uint_eq(learnt_count(from), 0);
	ck_assert_uint_eq(learnt_count(to), 300);
	free(buf);
	learnt_free(from);
	learnt_free(to);
}
END_TEST

START_TEST(test_beyond_the_bound_it_is_counted)
{
	struct learnt *learnt = learnt_new();
	struct only last = {0};

	for (int i = 0; i < LEARNT_KINDS_MAX + 10; i++)
		see(learnt, "gain", i, 1000, "a");
	see(learnt, "gain", 3, 1000, "a");
	ck_assert_uint_eq(learnt_count(learnt), LEARNT_KINDS_MAX + 1);
	learnt_each(learnt, keep, &last);
	ck_assert_str_eq(last.kind.what, "left-out");
	ck_assert_int_eq(last.kind.count, 10);
	learnt_free(learnt);
}
END_TEST

static const char *const bad_lines[] = {
	"",
	"[]",
	"{}",
	"{\"schema\":\"capwatch.alert/1\"}",
	"{\"schema\":\"capwatch.learnt/"
	"1\",\"what\":\"else\",\"facts\":{},\"count\":1,\"first\":\"2026-01-"
	"01T00:00:00.000Z\",\"last\":\"2026-01-01T00:00:00.000Z\",\"hosts\":{}}",
	"{\"schema\":\"capwatch.learnt/"
	"1\",\"what\":\"gain\",\"facts\":[],\"count\":1,\"first\":\"2026-01-"
	"01T00:00:00.000Z\",\"last\":\"2026-01-01T00:00:00.000Z\",\"hosts\":{}}",
	"{\"schema\":\"capwatch.learnt/"
	"1\",\"what\":\"gain\",\"facts\":{},\"count\":0,\"first\":\"2026-01-"
	"01T00:00:00.000Z\",\"last\":\"2026-01-01T00:00:00.000Z\",\"hosts\":{}}",
	"{\"schema\":\"capwatch.learnt/"
	"1\",\"what\":\"gain\",\"facts\":{},\"count\":1,\"first\":\"2026-01-"
	"02T00:00:00.000Z\",\"last\":\"2026-01-01T00:00:00.000Z\",\"hosts\":{}}",
	"{\"schema\":\"capwatch.learnt/"
	"1\",\"what\":\"gain\",\"facts\":{},\"count\":1,\"first\":\"then\","
	"\"last\":\"2026-01-01T00:00:00.000Z\",\"hosts\":{}}",
};

START_TEST(test_what_is_no_line_is_refused)
{
	struct learnt *learnt = learnt_new();
	struct error err = {""};

	ck_assert_int_lt(learnt_add_line(learnt, bad_lines[_i], strlen(bad_lines[_i]), &err), 0);
	ck_assert(err.text[0] != '\0');
	ck_assert_uint_eq(learnt_count(learnt), 0);
	learnt_free(learnt);
}
END_TEST

START_TEST(test_counts_end_where_numbers_do)
{
	static const char line[] =
		"{\"schema\":\"capwatch.learnt/1\",\"what\":\"gain\",\"facts\":{},\"count\":"
		"9223372036854775807,\"first\":\"2026-01-01T00:00:00.000Z\",\"last\":\"2026-01-"
		"01T00:00:00.000Z\",\"hosts\":{\"a\":\"a\"}}";
	struct learnt *learnt = learnt_new();

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(learnt_add_line(learnt, line, strlen(line), NULL), 0);
	ck_assert_int_eq(only_kind(learnt).kind.count, INT64_MAX);
	learnt_free(learnt);
}
END_TEST

START_TEST(test_an_order_is_read_as_it_was_given)
{
	struct order order = {ORDER_LEARN_START, 3600000, "web@*.service"}, read;
	char body[ORDER_BODY_MAX];
	size_t length = order_print(&order, body);

	ck_assert_uint_gt(length, 0);
	ck_assert_int_eq(order_parse(body, length, &read, NULL), 0);
	ck_assert_int_eq(read.verb, ORDER_LEARN_START);
	ck_assert_int_eq(read.for_ms, 3600000);
	ck_assert_str_eq(read.unit, "web@*.service");
	for (size_t i = 0; i < length; i++)
		ck_assert_int_lt(order_parse(body, i, &read, NULL), 0);
}
END_TEST

static const char *const bad_orders[] = {
	"{}",
	"{\"order\":\"learn-more\",\"for_ms\":0,\"unit\":\"\"}",
	"{\"order\":\"learn-start\",\"for_ms\":-1,\"unit\":\"\"}",
	"{\"order\":\"learn-start\",\"for_ms\":\"1\",\"unit\":\"\"}",
	"{\"order\":\"learn-start\",\"for_ms\":1}",
};

START_TEST(test_what_is_no_order_is_refused)
{
	struct order order;
	struct error err = {""};

	ck_assert_int_lt(order_parse(bad_orders[_i], strlen(bad_orders[_i]), &order, &err), 0);
	ck_assert(err.text[0] != '\0');
}
END_TEST

START_TEST(test_a_setup_is_read_as_it_was_written)
{
	struct setup setup = {"aa", "bb", true, 1000, 2000, "x.service", 3000, 7}, read;
	char *text = setup_print(&setup);

	ck_assert_int_eq(setup_parse(text, strlen(text), &read, NULL), 0);
	ck_assert_str_eq(read.configuration, "aa");
	ck_assert_str_eq(read.baseline, "bb");
	ck_assert(read.learning);
	ck_assert_int_eq(read.since, 1000);
	ck_assert_int_eq(read.until, 2000);
	ck_assert_str_eq(read.unit, "x.service");
	ck_assert_int_eq(read.learnt_time, 3000);
	ck_assert_uint_eq(read.learnt_serial, 7);
	for (size_t i = 0; i < strlen(text); i++)
		ck_assert_int_lt(setup_parse(text, i, &read, NULL), 0);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learnt");
	TCase *lines = tcase_create("lines"), *told = tcase_create("told");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(lines, test_the_same_facts_add_up);
	tcase_add_test(lines, test_lines_taken_out_are_read_back);
	tcase_add_test(lines, test_beyond_the_bound_it_is_counted);
	tcase_add_loop_test(lines, test_what_is_no_line_is_refused, 0,
			    sizeof(bad_lines) / sizeof(bad_lines[0]));
	tcase_add_test(lines, test_counts_end_where_numbers_do);
	suite_add_tcase(suite, lines);
	tcase_add_test(told, test_an_order_is_read_as_it_was_given);
	tcase_add_loop_test(told, test_what_is_no_order_is_refused, 0,
			    sizeof(bad_orders) / sizeof(bad_orders[0]));
	tcase_add_test(told, test_a_setup_is_read_as_it_was_written);
	suite_add_tcase(suite, told);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
