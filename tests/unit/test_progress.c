/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a judge and an outbox, and what is read of a file. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire.h"
#include "plugin/progress.h"

static struct settings *settings;
static struct baseline baseline;
static struct progress progress;
static int link_end;

static void ignore(void *ctx, const struct alert *alert)
{
	(void)ctx;
	(void)alert;
}

static void begin(void)
{
	struct judge_options options = {.baseline = &baseline, .alert = ignore};
	struct error err;
	int ends[2];

	settings = settings_defaults();
	options.settings = settings;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	link_end = ends[1];
	progress = (struct progress){.judge = judge_new(&options, &err), .outbox = outbox_new()};
	ck_assert_ptr_nonnull(progress.judge);
	outbox_connect(progress.outbox, ends[0]);
}

static void end(void)
{
	judge_free(progress.judge);
	outbox_free(progress.outbox);
	settings_free(settings);
	close(link_end);
}

static void judge_record(unsigned serial)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "type=SYSCALL msg=audit(%u.000:%u): arch=c000003e syscall=1 success=yes\n", serial,
		 serial);
	judge_feed(progress.judge, text, strlen(text), 0);
}

/* The serial that was told, 0 for none; acknowledges alerts. */
static uint64_t told(bool acknowledge)
{
	char buffer[1024];
	struct wire_message message;
	struct checkpoint checkpoint;
	uint64_t serial = 0;

	outbox_send(progress.outbox, NULL);
	while (wire_receive(link_end, buffer, sizeof(buffer), &message, NULL) > 0) {
		const struct wire_header ack = {.type = WIRE_ACK, .number = message.header.number};

		if (message.header.type == WIRE_ALERT && acknowledge)
			wire_send(link_end, &ack, NULL, -1, NULL);
		if (message.header.type != WIRE_CHECKPOINT)
			continue;
		ck_assert(checkpoint_parse(message.body, message.header.length, &checkpoint));
		serial = checkpoint.serial;
	}
	outbox_receive(progress.outbox, NULL);
	return serial;
}

static void put_alert(void)
{
	struct outbox_alert alert = {.body = strdup("{}"), .length = 2};

	outbox_put(progress.outbox, &alert);
}

START_TEST(test_nothing_is_told_before_a_record_came_then_the_first_at_once)
{
	progress_tell(&progress, 1000);
	ck_assert_uint_eq(told(true), 0);
	judge_record(5);
	progress_tell(&progress, 1001);
	ck_assert_uint_eq(told(true), 5);
}
END_TEST

START_TEST(test_position_waits_for_the_acknowledgement_of_all_alerts_before_it)
{
	judge_record(5);
	put_alert();
	progress_tell(&progress, 1000);
	ck_assert_uint_eq(told(false), 0);
	judge_record(6);
	progress_tell(&progress, 100000);
	ck_assert_uint_eq(told(false), 0);
}
END_TEST

START_TEST(test_acknowledged_alert_lets_it_go)
{
	judge_record(5);
	put_alert();
	progress_tell(&progress, 1000);
	ck_assert_uint_eq(told(true), 0);
	progress_tell(&progress, 1000);
	ck_assert_uint_eq(told(true), 5);
}
END_TEST

START_TEST(test_records_of_no_interest_are_told_seldom)
{
	judge_record(5);
	progress_tell(&progress, 1000);
	ck_assert_uint_eq(told(true), 5);
	judge_record(6);
	progress_tell(&progress, 1000 + PROGRESS_EVERY_MS);
	ck_assert_uint_eq(told(true), 0);
	progress_tell(&progress, 1000 + PROGRESS_IDLE_MS);
	ck_assert_uint_eq(told(true), 6);
}
END_TEST

START_TEST(test_same_position_is_not_told_twice)
{
	judge_record(5);
	progress_tell(&progress, 1000);
	ck_assert_uint_eq(told(true), 5);
	progress_tell(&progress, 1000 + 2 * PROGRESS_IDLE_MS);
	ck_assert_uint_eq(told(true), 0);
}
END_TEST

START_TEST(test_file_is_read_only_whole)
{
	const struct checkpoint sample = {1000, 7, 8, true};
	char folder[] = "/tmp/capwatch-progress-XXXXXX", path[64];
	char text[CHECKPOINT_TEXT_SIZE + 1];
	struct checkpoint read;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(progress_read(folder, &read), PROGRESS_NONE);
	snprintf(path, sizeof(path), "%s/%s", folder, CHECKPOINT_FILE);
	file = fopen(path, "w");
	checkpoint_print(&sample, text);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(progress_read(folder, &read), PROGRESS_FOUND);
	ck_assert_uint_eq(read.serial, 7);
	ck_assert_int_eq(truncate(path, 100), 0);
	ck_assert_int_eq(progress_read(folder, &read), PROGRESS_BROKEN);
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(truncate(path, 4096), 0);
	ck_assert_int_eq(progress_read(folder, &read), PROGRESS_NONE);
	unlink(path);
	rmdir(folder);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tcase = tcase_create("progress");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_nothing_is_told_before_a_record_came_then_the_first_at_once);
	tcase_add_test(tcase, test_position_waits_for_the_acknowledgement_of_all_alerts_before_it);
	tcase_add_test(tcase, test_acknowledged_alert_lets_it_go);
	tcase_add_test(tcase, test_records_of_no_interest_are_told_seldom);
	tcase_add_test(tcase, test_same_position_is_not_told_twice);
	tcase_add_test(tcase, test_file_is_read_only_whole);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
