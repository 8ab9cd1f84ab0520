/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge-recording: judges a recording (tests/vm/recorder) again: the same bytes in the same pieces
 * by the same clock, and /proc as it answered then. With the recording's baseline and the same
 * judge it prints what the recorder's own judge alerted live (alerts.jsonl); with others, what they
 * would have. Owns: its options, the order of a recording's steps, the forms of output. Must not
 * own: which recorded answer a question gets (recorded_proc), any judgement.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alert.h"
#include "common/text.h"
#include "conf/baseline.h"
#include "conf/settings.h"
#include "judge/intake.h"
#include "judge/judge.h"
#include "tests/replay/recorded_proc.h"
#include "tests/replay/recording.h"

enum { BASELINES_MAX = 64, EXIT_USAGE = 2 };

static const char usage[] =
	"usage: judge-recording [--config FILE] [--baseline DIR|FILE]... [--format json|table]\n"
	"                       [--stats] [--events] DIR\n"
	"\n"
	"Judges the recording in DIR (files stream and facts) and prints its alerts.\n"
	"\n"
	"  --config FILE        settings (default: those of the recording), and their baseline\n"
	"  --baseline DIR|FILE  baseline (default: the shipped one as installed); may be repeated\n"
	"  --format table       a line for people instead of a JSON alert\n"
	"  --stats              at the end, on standard error: what the judge counted\n"
	"  --events             instead: time (ms), serial and node of each event that is looked "
	"at\n"
	"\n"
	"Exit status: 0 the recording was judged; 2 bad usage or input.\n";

struct file {
	char *bytes;
	size_t length;
};

struct player {
	const char *config, *dir;
	char *baselines[BASELINES_MAX + 1];
	size_t baseline_count;
	bool table, stats, events;

	struct settings *settings;
	struct baseline *baseline;
	struct file facts, stream;
	size_t fed; /* of the stream */
	struct judge *judge;
	struct intake *intake; /* with --events, instead of the judge */
	struct recorded_proc *proc;
	struct recording_begin begin;
	struct judge_stats total;
	struct recorded_proc_stats answers;
};

/* ---- output ---------------------------------------------------------------------------------- */

static void print_alert(void *ctx, const struct alert *alert)
{
	const struct player *player = ctx;
	char time[32], message[1024];
	json_t *object;
	char *line;

	if (player->table) {
		printf("%s  %-8s  %-21s  %s\n", text_time(alert->time, time, sizeof(time)),
		       vocab_word(&vocab_severity, alert->severity),
		       vocab_word(&vocab_reason, alert->reason),
		       alert_message(alert, message, sizeof(message)));
		return;
	}
	object = alert_to_json(alert);
	line = object ? json_dumps(object, JSON_COMPACT) : NULL;
	puts(line ? line : "null");
	free(line);
	json_decref(object);
}

static void print_event(void *ctx, const struct intake_event *event)
{
	(void)ctx;
	printf("%" PRId64 " %" PRIu64 " %s\n", event->time, event->serial, event->node);
}

static const struct {
	const char *name;
	size_t offset;
} counted[] = {
#define COUNTED(name)                                                                              \
	{                                                                                          \
#name, offsetof(struct judge_stats, name)                                          \
	}
	COUNTED(bytes),
	COUNTED(records),
	COUNTED(candidate_events),
	COUNTED(events_judged),
	COUNTED(transitions),
	COUNTED(gains),
	COUNTED(alerts),
	COUNTED(folded),
	COUNTED(malformed_records),
	COUNTED(oversized_records),
	COUNTED(incomplete_events),
	COUNTED(unparsable_events),
};
enum { COUNTERS = sizeof(counted) / sizeof(*counted) };

static uint64_t *counter(struct judge_stats *stats, size_t i)
{
	return (uint64_t *)((char *)stats + counted[i].offset);
}

static void print_stats(struct player *player)
{
	for (size_t i = 0; i < COUNTERS; i++)
		fprintf(stderr, "%s %" PRIu64 "\n", counted[i].name, *counter(&player->total, i));
	fprintf(stderr,
		"asked %" PRIu64 "\nanswered_exactly %" PRIu64 "\nanswered_nearby %" PRIu64
		"\nnever_recorded %" PRIu64 "\n",
		player->answers.asked, player->answers.answered_exactly,
		player->answers.answered_nearby, player->answers.never_recorded);
}

/* ---- one run --------------------------------------------------------------------------------- */

static char *next_line(char *line)
{
	return line + strlen(line) + 1;
}

static char *facts_end(const struct player *player)
{
	return player->facts.bytes + player->facts.length;
}

/* All that /proc answered from here to the next begin, so that later answers are there too. */
static int collect_facts(struct player *player, char *line, struct error *err)
{
	struct recording_line parsed;
	uint32_t step = 0;

	for (; line < facts_end(player); line = next_line(line)) {
		if (recording_parse_line(line, &parsed, NULL, err) < 0)
			return -1;
		if (parsed.is_step && parsed.step.kind == RECORDING_BEGIN)
			break;
		if (parsed.is_step)
			step++;
		else if (!recorded_proc_add(player->proc, step, &parsed))
			return error_set(err, "out of memory");
	}
	return 0;
}

static void end_run(struct player *player)
{
	struct judge_stats stats;
	struct recorded_proc_stats answers;

	if (player->judge) {
		judge_get_stats(player->judge, &stats);
		for (size_t i = 0; i < COUNTERS; i++)
			*counter(&player->total, i) += *counter(&stats, i);
		recorded_proc_get_stats(player->proc, &answers);
		player->answers.asked += answers.asked;
		player->answers.answered_exactly += answers.answered_exactly;
		player->answers.answered_nearby += answers.answered_nearby;
		player->answers.never_recorded += answers.never_recorded;
	}
	judge_free(player->judge);
	intake_free(player->intake);
	recorded_proc_free(player->proc);
	player->judge = NULL;
	player->intake = NULL;
	player->proc = NULL;
}

static int begin_run(struct player *player, const struct recording_begin *begin, char *rest,
		     struct error *err)
{
	struct judge_options options = {.settings = player->settings,
					.baseline = player->baseline,
					.alert = print_alert,
					.alert_ctx = player};

	player->begin = *begin;
	player->fed = begin->offset < player->stream.length ? begin->offset : player->stream.length;
	if (player->events) {
		player->intake = intake_new(print_event, NULL);
		return player->intake ? 0 : error_set(err, "out of memory");
	}
	player->proc = recorded_proc_new();
	if (!player->proc)
		return error_set(err, "out of memory");
	options.proc = recorded_proc_reader(player->proc);
	options.host = player->begin.host;
	options.host_id = player->begin.host_id[0] ? player->begin.host_id : NULL;
	player->judge = judge_new(&options, err);
	return player->judge ? collect_facts(player, rest, err) : -1;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* A recorder that was killed may have written less of the stream than it said, or more. */
static size_t take_stream(struct player *player, size_t length)
{
	size_t rest = player->stream.length - player->fed;

	return length < rest ? length : rest;
}

static void take_for_events(struct player *player, const struct recording_step *step)
{
	size_t length = take_stream(player, step->length);

	if (step->kind == RECORDING_FEED)
		intake_feed(player->intake, player->stream.bytes + player->fed, length, step->now);
	else if (step->kind == RECORDING_TICK)
		intake_expire(player->intake, step->now);
	else if (step->kind == RECORDING_FINISH)
		intake_finish(player->intake);
	player->fed += length;
}

static void take_step(struct player *player, const struct recording_step *step)
{
	size_t length = take_stream(player, step->length);

	switch (step->kind) {
	case RECORDING_SEED:
		judge_seed(player->judge, step->now);
		break;
	case RECORDING_FEED:
		judge_feed(player->judge, player->stream.bytes + player->fed, length, step->now);
		player->fed += length;
		break;
	case RECORDING_TICK:
		judge_tick(player->judge, step->now);
		break;
	case RECORDING_FINISH:
		judge_finish(player->judge, step->now);
		break;
	case RECORDING_BEGIN:
		break;
	}
}

static int take_line(struct player *player, char *line, uint32_t *step, struct error *err)
{
	struct recording_line parsed;

	if (recording_parse_line(line, &parsed, player->config ? NULL : player->settings, err) < 0)
		return -1;
	if (!parsed.is_step)
		return 0;
	if (parsed.step.kind == RECORDING_BEGIN) {
		end_run(player);
		*step = 0;
		return begin_run(player, &parsed.step.begin, next_line(line), err);
	}
	if (!player->judge && !player->intake)
		return error_set(err, "a step before the first begin");
	++*step;
	if (player->events) {
		take_for_events(player, &parsed.step);
	} else {
		recorded_proc_move_to(player->proc, *step, parsed.step.now);
		take_step(player, &parsed.step);
	}
	return 0;
}

static int play(struct player *player, struct error *err)
{
	uint32_t step = 0;
	int result = 0;

	for (char *line = player->facts.bytes; line < facts_end(player) && result == 0;
	     line = next_line(line))
		result = take_line(player, line, &step, err);
	end_run(player);
	return result;
}

/* ---- input ----------------------------------------------------------------------------------- */

static int read_file(const char *dir, const char *name, struct file *file, struct error *err)
{
	char path[PROC_PATH_MAX];
	struct stat attributes;
	ssize_t got = 1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &attributes) < 0) {
		if (fd >= 0)
			close(fd);
		return error_set(err, "%s: %s", path, strerror(errno));
	}
	file->bytes = malloc((size_t)attributes.st_size + 1);
	while (file->bytes && got > 0 && file->length < (size_t)attributes.st_size) {
		got = read(fd, file->bytes + file->length,
			   (size_t)attributes.st_size - file->length);
		if (got > 0)
			file->length += (size_t)got;
	}
	close(fd);
	if (!file->bytes || got < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

/* Each line a string. A last line that was not written to its end is none. */
static void cut_lines(struct file *facts)
{
	const char *last = memrchr(facts->bytes, '\n', facts->length);

	facts->length = last ? (size_t)(last - facts->bytes) + 1 : 0;
	for (size_t i = 0; i < facts->length; i++)
		if (facts->bytes[i] == '\n')
			facts->bytes[i] = '\0';
}

static int load(struct player *player, struct error *err)
{
	char installed[] = CAPWATCH_DATADIR "/capwatch/baseline.d";
	char *shipped[] = {installed, NULL};
	char *const *paths = shipped;

	player->settings = player->config ? settings_load(player->config, err)
					  : settings_defaults();
	if (!player->settings)
		return -1;
	if (player->baseline_count)
		paths = player->baselines;
	else if (player->config)
		paths = player->settings->baseline;
	player->baseline = baseline_load(paths, player->events, err);
	if (!player->baseline || read_file(player->dir, "stream", &player->stream, err) < 0 ||
	    read_file(player->dir, "facts", &player->facts, err) < 0)
		return -1;
	cut_lines(&player->facts);
	return player->facts.length ? 0 : error_set(err, "%s/facts is empty", player->dir);
}

static int run(struct player *player)
{
	struct error err = {""};
	int result = load(player, &err);

	if (result == 0)
		result = play(player, &err);
	if (result < 0)
		fprintf(stderr, "judge-recording: %s\n", err.text);
	else if (player->stats)
		print_stats(player);
	free(player->facts.bytes);
	free(player->stream.bytes);
	baseline_free(player->baseline);
	settings_free(player->settings);
	if (fflush(stdout) != 0)
		result = -1;
	return result < 0 ? EXIT_USAGE : 0;
}

static bool take_option(struct player *player, int option)
{
	switch (option) {
	case 'c':
		player->config = optarg;
		return true;
	case 'b':
		if (player->baseline_count == BASELINES_MAX)
			return false;
		player->baselines[player->baseline_count++] = optarg;
		return true;
	case 'f':
		player->table = strcmp(optarg, "table") == 0;
		return player->table || strcmp(optarg, "json") == 0;
	case 's':
		player->stats = true;
		return true;
	case 'e':
		player->events = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"baseline", required_argument, NULL, 'b'},
		{"format", required_argument, NULL, 'f'},
		{"stats", no_argument, NULL, 's'},
		{"events", no_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct player player = {.config = NULL};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (!take_option(&player, option)) {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	player.dir = argv[optind];
	return run(&player);
}
