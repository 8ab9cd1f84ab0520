/* SPDX-License-Identifier: Apache-2.0 */
/* From where a sensor begins, by who started the supervisor and what the checkpoint says. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/resume.h"

static char folder[64], path[128];
static struct settings *settings;
static struct baseline baseline;
static struct judge *judge;
static struct resume resume;
static int alerts;

static void count_alert(void *ctx, const struct alert *alert)
{
	(void)ctx;
	(void)alert;
	alerts++;
}

static void ignore_line(void *ctx, int priority, const char *line)
{
	(void)ctx;
	(void)priority;
	(void)line;
}

static const struct logger quiet = {.emit = ignore_line};

static void begin(void)
{
	struct judge_options options = {.baseline = &baseline, .alert = count_alert};
	struct error err;

	snprintf(folder, sizeof(folder), "/tmp/capwatch-resume-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, CHECKPOINT_FILE);
	settings = settings_defaults();
	options.settings = settings;
	judge = judge_new(&options, &err);
	ck_assert_ptr_nonnull(judge);
	resume = (struct resume){.judge = &judge, .log = &quiet};
	alerts = 0;
}

static void end(void)
{
	resume_end(&resume);
	judge_free(judge);
	settings_free(settings);
	unlink(path);
	rmdir(folder);
}

static void write_checkpoint(void)
{
	const struct checkpoint checkpoint = {.time = 1000, .serial = 1, .line = 1};
	char text[CHECKPOINT_TEXT_SIZE + 1];
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	checkpoint_print(&checkpoint, text);
	fputs(text, file);
	fclose(file);
}

static pid_t dead_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	return child;
}

static void begin_under(pid_t auditd)
{
	const struct resume_options options = {
		.spool_folder = folder, .auditd = auditd, .discarded = 100};

	resume_begin(&resume, &options);
}

/* Its stream's rest may lie behind records that nobody has judged, and whose log this sensor cannot
 * find: told as progress it would hide them from the next one. */
START_TEST(test_sensor_of_an_auditd_that_has_ended_leaves_the_checkpoint)
{
	write_checkpoint();
	begin_under(dead_process());
	ck_assert(!resume_is_on(&resume));
	ck_assert(!resume_may_tell_progress(&resume));
	ck_assert_int_eq(alerts, 0);
}
END_TEST

START_TEST(test_without_a_checkpoint_what_was_discarded_is_lost)
{
	begin_under(dead_process());
	ck_assert(!resume_is_on(&resume));
	ck_assert(resume_may_tell_progress(&resume));
	ck_assert_int_eq(alerts, 1);
}
END_TEST

START_TEST(test_under_no_auditd_nothing_is_caught_up_with_and_the_loss_is_said)
{
	write_checkpoint();
	begin_under(getpid());
	ck_assert(!resume_is_on(&resume));
	ck_assert(resume_may_tell_progress(&resume));
	ck_assert_int_eq(alerts, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resume");
	TCase *tcase = tcase_create("resume");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_sensor_of_an_auditd_that_has_ended_leaves_the_checkpoint);
	tcase_add_test(tcase, test_without_a_checkpoint_what_was_discarded_is_lost);
	tcase_add_test(tcase, test_under_no_auditd_nothing_is_caught_up_with_and_the_loss_is_said);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
