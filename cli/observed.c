/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/observed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/judge.h"

enum { READ_SIZE = 256 * 1024, LINES_SIZE = 8 * LEARNT_LINE_MAX };

static FILE *open_input(const char *file, struct error *err)
{
	FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");

	if (!in)
		error_set(err,
			  "%s: %s; name a file of capwatch learn export, a stream or an "
			  "audit.log",
			  file, strerror(errno));
	return in;
}

static int failed(const char *file, struct error *err)
{
	return error_set(err, "%s: %s", file, strerror(errno));
}

/* ---- lines that were learnt ---- */

static int add_lines(FILE *in, const char *file, struct learnt *learnt, struct error *err)
{
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t length;
	struct error why;
	int rc = 0;

	while (rc == 0 && (length = getline(&line, &size, in)) > 0) {
		number++;
		if (learnt_add_line(learnt, line, (size_t)length, &why) < 0)
			rc = error_set(err, "%s:%zu: %s", file, number, why.text);
	}
	if (rc == 0 && ferror(in))
		rc = failed(file, err);
	free(line);
	return rc;
}

/* ---- records ---- */

static void drop_alert(void *ctx, const struct alert *alert)
{
	(void)ctx;
	(void)alert;
}

static int feed(FILE *in, const char *file, struct judge *judge, struct error *err)
{
	char *buffer = malloc(READ_SIZE);
	size_t got;

	if (!buffer)
		return error_set(err, "out of memory");
	while ((got = fread(buffer, 1, READ_SIZE, in)) > 0)
		judge_feed(judge, buffer, got, 0);
	free(buffer);
	judge_finish(judge, 0);
	return ferror(in) ? failed(file, err) : 0;
}

/* What was skipped is said, as capwatch replay does. */
static int check_input(const struct judge *judge, const char *file, struct error *err)
{
	struct judge_stats stats;
	uint64_t bad;

	judge_get_stats(judge, &stats);
	bad = stats.malformed_records + stats.oversized_records + stats.unparsable_events;
	if (bad && stats.records == stats.malformed_records)
		return error_set(
			err, "%s: neither lines of capwatch learn export nor audit records", file);
	if (bad)
		fprintf(stderr,
			"capwatch suggest: %s: %" PRIu64 " of %" PRIu64
			" records skipped as malformed\n",
			file, bad, stats.records + stats.oversized_records);
	return 0;
}

static int hand_over(struct learnt *from, struct learnt *to, struct error *err)
{
	char *lines = malloc(LINES_SIZE), *line, *end;
	size_t length;
	int rc = lines ? 0 : error_set(err, "out of memory");

	while (rc == 0 && (length = learnt_take_lines(from, lines, LINES_SIZE)) > 0)
		for (line = lines; rc == 0 && line < lines + length; line = end + 1) {
			end = memchr(line, '\n', (size_t)(lines + length - line));
			rc = learnt_add_line(to, line, (size_t)(end - line), err);
		}
	free(lines);
	return rc;
}

static int judge_input(FILE *in, const char *file, const struct judge_options *options,
		       struct learnt *learnt, struct error *err)
{
	struct judge *judge = options->learner ? judge_new(options, err) : NULL;
	int rc = judge ? feed(in, file, judge, err) : -1;

	if (rc == 0)
		rc = check_input(judge, file, err);
	if (rc == 0)
		rc = hand_over(learner_counted(options->learner), learnt, err);
	judge_free(judge);
	return rc;
}

static int add_records(FILE *in, const char *file, const struct settings *settings,
		       const struct baseline *baseline, struct learnt *learnt, struct error *err)
{
	struct settings learning = *settings;
	struct judge_options options = {.settings = &learning,
					.baseline = baseline,
					.alert = drop_alert,
					.host = file,
					.learner = learner_new(file, NULL)};
	int rc;

	learning.mode = MODE_LEARN;
	error_set(err, "out of memory");
	rc = judge_input(in, file, &options, learnt, err);
	learner_free(options.learner);
	return rc;
}

int observed_add(const char *file, const struct settings *settings, const struct baseline *baseline,
		 struct learnt *learnt, struct error *err)
{
	FILE *in = open_input(file, err);
	int first, rc;

	if (!in)
		return -1;
	first = fgetc(in);
	if (first != EOF)
		ungetc(first, in);
	if (first == EOF)
		rc = ferror(in) ? failed(file, err) : 0;
	else if (first == '{')
		rc = add_lines(in, file, learnt, err);
	else
		rc = add_records(in, file, settings, baseline, learnt, err);
	if (in != stdin)
		fclose(in);
	return rc;
}
