/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/receivers.h"

static char name[] = "file", folder[PATH_SIZE], path[PATH_SIZE];
static struct logged logged;
static struct logger log_to_test;
static struct sink_tools tools = {.log = &log_to_test};
static struct sink_settings settings = {
	.type = SINK_FILE, .name = name, .path = path, .retry_for_ms = DAY, .spool = SPOOL_ROOM};
static struct sink *sink;

static void open_sink(void)
{
	struct error err;

	folder_make(folder);
	path_in(folder, "alerts.jsonl", path);
	logged_open(&logged, &log_to_test);
	/* as confine_process() leaves it */
	signal(SIGXFSZ, SIG_IGN);
	sink = sink_new(&settings, &tools, &err);
	ck_assert_ptr_nonnull(sink);
}

static void close_sink(void)
{
	sink_free(sink);
	folder_remove(folder);
}

static void deliver(const char *id)
{
	offer_alert(sink, id, SEVERITY_HIGH);
	sink_run(sink, sink->retry.at);
}

/* Every line of the file is one alert, in this order: "a b c". */
static void expect_ids(const char *file, const char *expected)
{
	char *text = file_read(file), *next = text, ids[256] = "";

	while (*next) {
		char *end = strchr(next, '\n'), id[64];

		ck_assert_ptr_nonnull(end);
		*end = '\0';
		ck_assert_msg(sscanf(next, "{\"id\":\"%63[^\"]\"", id) == 1, "not an alert: '%s'",
			      next);
		ck_assert_int_eq(end[-1], '}');
		strcat(strcat(ids, *ids ? " " : ""), id);
		next = end + 1;
	}
	ck_assert_str_eq(ids, expected);
	free(text);
}

/* As above, of more lines than a screen has. */
static void expect_long_ids(const char *expected)
{
	char *text = file_read(path), *next = text, *ids = calloc(1, strlen(text) + 1);

	for (; *next; next = strchr(next, '\n') + 1) {
		char id[64];

		ck_assert_int_eq(sscanf(next, "{\"id\":\"%63[^\"]\"", id), 1);
		strcat(strcat(ids, *ids ? " " : ""), id);
	}
	ck_assert_str_eq(ids, expected);
	free(ids);
	free(text);
}

START_TEST(test_each_alert_is_a_line)
{
	struct stat status;

	offer_alert(sink, "a", SEVERITY_LOW);
	offer_alert(sink, "b", SEVERITY_HIGH);
	sink_run(sink, 0);
	expect_ids(path, "a b");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777 & ~0640, 0);
	ck_assert_str_eq(logged.text, "");
}
END_TEST

START_TEST(test_rotated_file_is_left_alone)
{
	char old[PATH_SIZE];

	deliver("a");
	rename(path, path_in(folder, "alerts.jsonl.1", old));
	deliver("b");
	expect_ids(old, "a");
	expect_ids(path, "b");
}
END_TEST

START_TEST(test_removed_file_is_made_anew)
{
	deliver("a");
	unlink(path);
	deliver("b");
	expect_ids(path, "b");
}
END_TEST

START_TEST(test_file_replaced_by_another_is_followed)
{
	char other[PATH_SIZE];

	deliver("a");
	file_write(path_in(folder, "other", other), "{\"id\":\"x\"}\n");
	rename(other, path);
	deliver("b");
	expect_ids(path, "x b");
}
END_TEST

START_TEST(test_emptied_file_is_written_from_its_start)
{
	deliver("a");
	ck_assert_int_eq(truncate(path, 0), 0); /* logrotate's copytruncate */
	deliver("b");
	expect_ids(path, "b");
}
END_TEST

START_TEST(test_missing_folder_is_said_once_and_waited_for)
{
	char missing[PATH_SIZE];

	sink_free(sink);
	path_in(folder, "later/alerts.jsonl", path);
	sink = sink_new(&settings, &tools, NULL);
	deliver("a");
	deliver("b");
	ck_assert_uint_eq(spool_count(sink->spool), 2);
	ck_assert_uint_eq(count_of(logged.text, "cannot open"), 1);
	mkdir(path_in(folder, "later", missing), 0700);
	sink_run(sink, sink->retry.at);
	expect_ids(path, "a b");
	ck_assert_uint_eq(count_of(logged.text, "works again"), 1);
	unlink(path);
	rmdir(missing);
}
END_TEST

static void limit_size(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The kernel writes what fits below the limit, as it does when a disk fills up. */
START_TEST(test_full_disk_leaves_no_part_of_a_line)
{
	struct stat before, after;

	deliver("a");
	stat(path, &before);
	limit_size((rlim_t)before.st_size + 10);
	deliver("b");
	stat(path, &after);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	sink_run(sink, sink->retry.at);
	ck_assert_uint_eq(count_of(logged.text, "cannot write"), 1);
	limit_size(RLIM_INFINITY);
	deliver("c");
	expect_ids(path, "a b c");
	ck_assert_uint_eq(spool_count(sink->spool), 0);
}
END_TEST

/* The courier was killed after it wrote: whoever still has the alert sends it again. */
START_TEST(test_alert_that_comes_again_is_in_the_file_once)
{
	deliver("a");
	deliver("b");
	deliver("a");
	expect_ids(path, "a b");
	sink_free(sink);
	sink = sink_new(&settings, &tools, NULL);
	offer_alert(sink, "b", SEVERITY_HIGH);
	offer_alert(sink, "c", SEVERITY_HIGH);
	sink_run(sink, 0);
	expect_ids(path, "a b c");
	ck_assert_uint_eq(spool_count(sink->spool), 0);
}
END_TEST

/* A native alert as the courier has it. */
static void offer_judged(const char *id, const char *judged)
{
	char text[256];
	struct parcel *parcel;

	snprintf(text, sizeof(text),
		 "{\"schema\":\"capwatch.alert/1\",\"id\":\"%s\",\"observed_time\":\"%s\"}", id,
		 judged);
	parcel = parcel_new(SEVERITY_HIGH, DISPOSITION_ALERT, text, strlen(text));
	sink_offer(sink, parcel, 0);
	parcel_unref(parcel);
	sink_run(sink, sink->retry.at);
}

static size_t count_lines(void)
{
	char *text = file_read(path);
	size_t count = 0;

	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	free(text);
	return count;
}

START_TEST(test_alert_that_was_judged_again_is_in_the_file_once)
{
	offer_judged("cw-1-2-abc-0", "then");
	offer_judged("cw-1-2-abc-0", "later");
	offer_judged("cw-1-2-abc-1", "later");
	ck_assert_uint_eq(count_lines(), 2);
	sink_free(sink);
	sink = sink_new(&settings, &tools, NULL);
	offer_judged("cw-1-2-abc-1", "much later");
	offer_judged("cw-9", "\\\"id\\\":\\\"cw-10\\\"");
	offer_judged("cw-10", "now");
	ck_assert_uint_eq(count_lines(), 4);
}
END_TEST

START_TEST(test_alert_that_comes_again_after_rotation_is_not_written_again)
{
	char old[PATH_SIZE];

	deliver("a");
	rename(path, path_in(folder, "alerts.jsonl.1", old));
	sink_free(sink);
	sink = sink_new(&settings, &tools, NULL);
	offer_alert(sink, "a", SEVERITY_HIGH);
	offer_alert(sink, "b", SEVERITY_HIGH);
	sink_run(sink, 0);
	expect_ids(old, "a");
	expect_ids(path, "b");
}
END_TEST

/* Ids can be guessed: one in another alert's text must not keep its owner out. */
START_TEST(test_id_in_another_alerts_text_hides_nothing)
{
	static const char liar[] = "{\"id\":\"x\",\"message\":\"{\\\"id\\\":\\\"a\\\"}\"}";
	struct parcel *parcel = parcel_new(SEVERITY_HIGH, DISPOSITION_ALERT, liar, strlen(liar));

	sink_offer(sink, parcel, 0);
	parcel_unref(parcel);
	deliver("a");
	expect_ids(path, "x a");
}
END_TEST

START_TEST(test_folder_removed_below_us_is_waited_for)
{
	char below[PATH_SIZE], away[PATH_SIZE];

	sink_free(sink);
	mkdir(path_in(folder, "logs", below), 0700);
	path_in(folder, "logs/alerts.jsonl", path);
	sink = sink_new(&settings, &tools, NULL);
	deliver("a");
	folder_remove(below);
	deliver("b");
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	mkdir(path_in(folder, "logs", away), 0700);
	sink_run(sink, sink->retry.at);
	expect_ids(path, "b");
	ck_assert_uint_eq(spool_count(sink->spool), 0);
}
END_TEST

/* A tmpfs of the test's own fills up and gets room again. */
START_TEST(test_disk_that_fills_up_loses_nothing_and_writes_nothing_twice)
{
	char filler[PATH_SIZE], block[4096] = "", expected[4096] = "", id[8];
	FILE *file;

	if (mount("none", folder, "tmpfs", 0, "size=64k") < 0)
		return; /* not root */
	file = fopen(path_in(folder, "filler", filler), "w");
	for (int i = 0; i < 12; i++)
		fwrite(block, sizeof(block), 1, file);
	fclose(file);
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		offer_alert(sink, id, SEVERITY_HIGH);
		strcat(strcat(expected, i ? " " : ""), id);
	}
	for (int i = 0; i < 5; i++)
		sink_run(sink, sink->retry.at);
	ck_assert_uint_gt(spool_count(sink->spool), 0);
	ck_assert_uint_lt(spool_count(sink->spool), 200);
	ck_assert_uint_eq(count_of(logged.text, "cannot write"), 1);
	unlink(filler);
	sink_run(sink, sink->retry.at);
	ck_assert_uint_eq(spool_count(sink->spool), 0);
	expect_long_ids(expected);
	sink_free(sink);
	sink = sink_new(&settings, &tools, NULL);
	umount(folder);
}
END_TEST

START_TEST(test_line_cut_by_a_crash_is_ended_first)
{
	char *text;

	file_write(path, "{\"id\":\"a\"}\n{\"id\":\"cu");
	deliver("b");
	text = file_read(path);
	ck_assert_ptr_nonnull(strstr(text, "{\"id\":\"cu\n{\"id\":\"b\""));
	free(text);
}
END_TEST

START_TEST(test_what_is_no_regular_file_is_refused)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	deliver("a");
	ck_assert_uint_eq(count_of(logged.text, "not a regular file"), 1);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
}
END_TEST

START_TEST(test_more_than_a_batch_is_written_in_turns)
{
	char *text, id[16];

	for (int i = 0; i < 600; i++) {
		snprintf(id, sizeof(id), "a%d", i);
		offer_alert(sink, id, SEVERITY_LOW);
	}
	for (int i = 0; i < 3; i++)
		sink_run(sink, 0);
	text = file_read(path);
	ck_assert_uint_eq(count_of(text, "\n"), 600);
	free(text);
}
END_TEST

START_TEST(test_retry_waits)
{
	path_in(folder, "missing/alerts.jsonl", path);
	offer_alert(sink, "a", SEVERITY_LOW);
	sink_run(sink, 1000);
	ck_assert_int_gt(sink_deadline(sink), 1000);
	ck_assert_int_le(sink_deadline(sink), 1000 + RETRY_SHORTEST_MS + RETRY_FIRST_WINDOW_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_file");
	TCase *tcase = tcase_create("sink_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_sink, close_sink);
	tcase_add_test(tcase, test_each_alert_is_a_line);
	tcase_add_test(tcase, test_rotated_file_is_left_alone);
	tcase_add_test(tcase, test_removed_file_is_made_anew);
	tcase_add_test(tcase, test_file_replaced_by_another_is_followed);
	tcase_add_test(tcase, test_emptied_file_is_written_from_its_start);
	tcase_add_test(tcase, test_missing_folder_is_said_once_and_waited_for);
	tcase_add_test(tcase, test_full_disk_leaves_no_part_of_a_line);
	tcase_add_test(tcase, test_alert_that_comes_again_is_in_the_file_once);
	tcase_add_test(tcase, test_alert_that_was_judged_again_is_in_the_file_once);
	tcase_add_test(tcase, test_alert_that_comes_again_after_rotation_is_not_written_again);
	tcase_add_test(tcase, test_id_in_another_alerts_text_hides_nothing);
	tcase_add_test(tcase, test_folder_removed_below_us_is_waited_for);
	tcase_add_test(tcase, test_disk_that_fills_up_loses_nothing_and_writes_nothing_twice);
	tcase_add_test(tcase, test_line_cut_by_a_crash_is_ended_first);
	tcase_add_test(tcase, test_what_is_no_regular_file_is_refused);
	tcase_add_test(tcase, test_more_than_a_batch_is_written_in_turns);
	tcase_add_test(tcase, test_retry_waits);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
