/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capwatch replay: the judgement of recorded streams and audit.log files, to stdout.
 * Owns: its options, reading files, the two forms of an alert. Must not own: any judgement; it is
 * the plugin's own, without /proc and with the records' clock; nor the difference of two (compare).
 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/compare.h"
#include "cli/input.h"
#include "common/alert.h"
#include "common/text.h"
#include "conf/baseline.h"
#include "conf/settings.h"
#include "judge/judge.h"

enum { BASELINES_MAX = 64 };

/* Baselines that are named by one option, ended by NULL. */
struct paths {
	char *list[BASELINES_MAX + 1];
	size_t count;
};

struct replay {
	const char *config;
	struct paths baselines, old; /* old: of --compare */
	struct judge *judge;
	struct judge *old_judge; /* by old; NULL without --compare */
	struct compare *compare; /* likewise */
	bool json;
	bool fails;
	enum severity fail_on;
	bool failed;	  /* an alert reached fail_on */
	bool printed_any; /* the table's heading is out */
};

static const char usage[] =
	"usage: capwatch replay [--config FILE] [--baseline FILE|DIR]... [--format table|json]\n"
	"                       [--fail-on low|medium|high|critical]\n"
	"                       [--compare FILE|DIR]... FILE...|-\n"
	"\n"
	"Judges recorded plugin streams and audit.log files as the plugin would, and prints the "
	"alerts.\n"
	"\n"
	"  --config FILE        configuration (default " SETTINGS_DEFAULT_FILE ", if there)\n"
	"  --baseline FILE|DIR  baseline instead of the configuration's; may be repeated\n"
	"  --format json        one JSON object a line instead of a table\n"
	"  --fail-on SEVERITY   exit 1 when an alert is at least that severe\n"
	"  --compare FILE|DIR   an old baseline: print only which alerts the baseline adds,\n"
	"                       silences or changes beside it; may be repeated. --fail-on then\n"
	"                       counts only what got worse\n"
	"\n"
	"Exit status: 0 the input was read; 1 see --fail-on; 2 bad usage or input.\n";

static void print_table(struct replay *replay, const struct alert *alert)
{
	char time[32], message[1024];

	if (!replay->printed_any)
		printf("%-24s  %-8s  %-21s  %s\n", "TIME", "SEVERITY", "REASON", "MESSAGE");
	replay->printed_any = true;
	printf("%-24s  %-8s  %-21s  %s", text_time(alert->time, time, sizeof(time)),
	       vocab_word(&vocab_severity, alert->severity),
	       vocab_word(&vocab_reason, alert->reason),
	       alert_message(alert, message, sizeof(message)));
	putchar('\n');
}

static void print_json(const struct alert *alert)
{
	json_t *object = alert_to_json(alert);
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	puts(line ? line : "null");
	free(line);
	json_decref(object);
}

static void take_alert(void *ctx, const struct alert *alert)
{
	struct replay *replay = ctx;

	if (replay->fails && alert->severity >= replay->fail_on)
		replay->failed = true;
	if (replay->json)
		print_json(alert);
	else
		print_table(replay, alert);
}

static int complain(const char *what)
{
	fprintf(stderr, "capwatch replay: %s\n", what);
	return EXIT_USAGE;
}

static bool add_path(struct paths *paths, const char *option)
{
	if (paths->count == BASELINES_MAX) {
		fprintf(stderr, "capwatch replay: more than %d %s\n", BASELINES_MAX, option);
		return false;
	}
	paths->list[paths->count++] = optarg;
	return true;
}

static bool take_option(struct replay *replay, int option)
{
	int value;

	switch (option) {
	case 'c':
		replay->config = optarg;
		return true;
	case 'b':
		return add_path(&replay->baselines, "--baseline");
	case 'o':
		return add_path(&replay->old, "--compare");
	case 'f':
		replay->json = strcmp(optarg, "json") == 0;
		if (replay->json || strcmp(optarg, "table") == 0)
			return true;
		fprintf(stderr, "capwatch replay: unknown format '%s': write table or json\n",
			optarg);
		return false;
	case 's':
		value = vocab_value(&vocab_severity, optarg);
		replay->fails = true;
		replay->fail_on = (enum severity)value;
		if (value >= 0)
			return true;
		fprintf(stderr,
			"capwatch replay: unknown severity '%s': write low, medium, high or "
			"critical\n",
			optarg);
		return false;
	default:
		fprintf(stderr, "see capwatch replay --help\n");
		return false;
	}
}

static void take_old(void *ctx, const struct alert *alert)
{
	compare_take(ctx, COMPARE_OLD, alert);
}

static void take_new(void *ctx, const struct alert *alert)
{
	compare_take(ctx, COMPARE_NEW, alert);
}

static void feed(void *ctx, const char *bytes, size_t length)
{
	struct replay *replay = ctx;

	judge_feed(replay->judge, bytes, length, 0);
	if (!replay->compare)
		return;
	judge_feed(replay->old_judge, bytes, length, 0);
	compare_settle(replay->compare);
}

static void finish(struct replay *replay)
{
	judge_finish(replay->judge, 0);
	if (!replay->compare)
		return;
	judge_finish(replay->old_judge, 0);
	compare_settle(replay->compare);
}

static int feed_fd(struct replay *replay, int fd, const char *name)
{
	struct error err = {""};

	if (input_read(fd, INPUT_CHEAPER, feed, replay, &err) == 0)
		return 0;
	fprintf(stderr, "capwatch replay: %s: %s\n", name, err.text);
	return EXIT_USAGE;
}

static int feed_file(struct replay *replay, const char *path)
{
	int fd, result;

	if (strcmp(path, "-") == 0)
		return feed_fd(replay, STDIN_FILENO, "standard input");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "capwatch replay: %s: %s: name a readable stream or audit.log\n",
			path, strerror(errno));
		return EXIT_USAGE;
	}
	result = feed_fd(replay, fd, path);
	close(fd);
	return result;
}

/* What was skipped is said: a file of something else must not pass for a quiet host. */
static int check_input(const struct judge *judge)
{
	struct judge_stats stats;
	uint64_t bad;

	judge_get_stats(judge, &stats);
	bad = stats.malformed_records + stats.oversized_records + stats.unparsable_events;
	if (bad)
		fprintf(stderr,
			"capwatch replay: %" PRIu64 " of %" PRIu64
			" records skipped as malformed\n",
			bad, stats.records + stats.oversized_records);
	if (bad && stats.records == stats.malformed_records)
		return complain(
			"no audit record in the input: is it a plugin stream or an audit.log?");
	return 0;
}

static int print_difference(struct replay *replay)
{
	replay->failed = replay->fails && compare_is_worse(replay->compare, replay->fail_on);
	if (!compare_print(replay->compare, replay->json, stdout) && !ferror(stdout))
		return complain("out of memory");
	return 0;
}

static int run(struct replay *replay, char **files)
{
	int result = 0;

	for (; *files && result == 0; files++)
		result = feed_file(replay, *files);
	finish(replay);
	if (result == 0)
		result = check_input(replay->judge);
	if (result == 0 && replay->compare)
		result = print_difference(replay);
	if (fflush(stdout) != 0 || ferror(stdout))
		return complain("standard output could not be written");
	return result == 0 && replay->failed ? 1 : result;
}

static int judge_and_run(struct replay *replay, const struct settings *settings,
			 const struct baseline *baseline, char **files)
{
	const struct judge_options options = {
		.settings = settings,
		.baseline = baseline,
		.alert = replay->compare ? take_new : take_alert,
		.alert_ctx = replay->compare ? (void *)replay->compare : replay,
	};
	struct error err = {""};
	int result;

	replay->judge = judge_new(&options, &err);
	result = replay->judge ? run(replay, files) : complain(err.text);
	judge_free(replay->judge);
	return result;
}

/* Repeats are not folded by time: which alert of a kind goes out and which is counted would depend
 * on what was alerted before it. */
static int compare_and_run(struct replay *replay, struct settings *settings,
			   const struct baseline *baseline, char **files)
{
	struct error err = {"out of memory"};
	struct baseline *old = baseline_load(replay->old.list, false, &err);
	struct judge_options options = {.settings = settings, .baseline = old, .alert = take_old};
	int result;

	settings->repeat_window_ms = 0;
	replay->compare = old ? compare_new() : NULL;
	options.alert_ctx = replay->compare;
	replay->old_judge = replay->compare ? judge_new(&options, &err) : NULL;
	result = replay->old_judge ? judge_and_run(replay, settings, baseline, files)
				   : complain(err.text);
	judge_free(replay->old_judge);
	compare_free(replay->compare);
	baseline_free(old);
	return result;
}

static int load_and_run(struct replay *replay, char **files)
{
	struct error err = {""};
	struct settings *settings = settings_load_any(replay->config, &err);
	struct baseline *baseline;
	int result;

	if (!settings)
		return complain(err.text);
	baseline = replay->baselines.count
			   ? baseline_load(replay->baselines.list, false, &err)
			   : baseline_load(settings->baseline, !replay->config, &err);
	if (!baseline)
		result = complain(err.text);
	else if (replay->old.count)
		result = compare_and_run(replay, settings, baseline, files);
	else
		result = judge_and_run(replay, settings, baseline, files);
	baseline_free(baseline);
	settings_free(settings);
	return result;
}

int cli_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"baseline", required_argument, NULL, 'b'},
		{"compare", required_argument, NULL, 'o'},
		{"format", required_argument, NULL, 'f'},
		{"fail-on", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct replay replay = {.config = NULL};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (!take_option(&replay, option))
			return EXIT_USAGE;
	}
	if (optind >= argc)
		return complain(
			"no file given: name a stream or an audit.log, or - for standard input");
	return load_and_run(&replay, argv + optind);
}
