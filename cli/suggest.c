/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capwatch suggest: baseline entries for what was learnt. Owns: its options, what is read, where
 * the result goes, and the proof that what it writes is a baseline. Must not own: what is suggested
 * (plan), its forms (plan_yaml, plan_diff, plan_merge).
 */
#define _GNU_SOURCE
#include "cli/verbs.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerters/learnt_file.h"
#include "cli/observed.h"
#include "cli/plan.h"
#include "cli/plan_diff.h"
#include "cli/plan_merge.h"
#include "cli/plan_yaml.h"
#include "cli/trial_baseline.h"
#include "conf/settings.h"

enum { BASELINES_MAX = 64, HOSTS_MAX = 100000 };

static const char help[] =
	"usage: capwatch suggest [--config FILE] [--baseline FILE|DIR]... [--min-hosts N]\n"
	"                        [--diff | --merge FILE] [FILE...|-]\n\n"
	"Writes baseline entries that would allow what was learnt (capwatch learn) and the present "
	"baseline\n"
	"does not allow, with the evidence beside each line, and warnings where something should "
	"rather be\n"
	"mended than allowed. FILEs are what capwatch learn export printed, on any number of "
	"hosts, "
	"or streams\n"
	"and audit.log files; without any, it is what this host learnt.\n\n"
	"  --baseline FILE|DIR  the present baseline, instead of the configuration's; may be "
	"repeated\n"
	"  --min-hosts N        only what N hosts or more have shown; the rest is listed\n"
	"  --diff               what would be added to the present baseline, and what of it was "
	"never seen\n"
	"  --merge FILE         take it into this baseline file; what is written there stays\n"
	"  --config FILE        default " SETTINGS_DEFAULT_FILE ", if there\n\n"
	"Exit code: 0 done; 2 an error.\n";

struct arguments {
	const char *config, *merge;
	char *baselines[BASELINES_MAX + 1];
	size_t baseline_count, min_hosts;
	bool diff, help;
	char **files;
	size_t file_count;
};

struct work {
	const struct arguments *arguments;
	struct settings *settings;
	char *const *paths; /* of the present baseline */
	struct baseline *baseline;
	struct learnt *learnt;
	struct plan *plan;
};

/* ---- reading ---- */

static int load_learnt(struct work *work, struct error *err)
{
	const struct arguments *arguments = work->arguments;
	int bad, rc = 0;

	work->learnt = learnt_new();
	if (!work->learnt)
		return error_set(err, "out of memory");
	for (size_t i = 0; rc == 0 && i < arguments->file_count; i++)
		rc = observed_add(arguments->files[i], work->settings, work->baseline, work->learnt,
				  err);
	if (rc < 0 || arguments->file_count > 0)
		return rc;
	bad = learnt_file_read(work->settings->spool.dir, work->learnt, err);
	if (bad > 0)
		fprintf(stderr,
			"capwatch suggest: %d damaged lines in %s/" LEARNT_FILE " are left out\n",
			bad, work->settings->spool.dir);
	if (bad >= 0 && learnt_count(work->learnt) == 0)
		return error_set(err,
				 "nothing was learnt on this host yet: capwatch learn start, or "
				 "name files");
	return bad < 0 ? -1 : 0;
}

static int load(struct work *work, struct error *err)
{
	const struct arguments *arguments = work->arguments;
	struct plan_question question = {.min_hosts = arguments->min_hosts};

	work->settings = settings_load_any(arguments->config, err);
	if (!work->settings)
		return -1;
	work->paths = arguments->baseline_count ? arguments->baselines : work->settings->baseline;
	work->baseline = baseline_load(work->paths,
				       !arguments->config && !arguments->baseline_count, err);
	if (!work->baseline || load_learnt(work, err) < 0)
		return -1;
	question.learnt = work->learnt;
	question.baseline = work->baseline;
	question.start_window_ms = work->settings->start_window_ms;
	question.launcher_grants = work->settings->report_launcher_grants;
	work->plan = plan_make(&question, err);
	return work->plan ? 0 : -1;
}

/* ---- writing ---- */

static char *make_text(const struct plan *plan, struct error *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out)
		plan_yaml_file(plan, out);
	if (!out || fclose(out) != 0) {
		free(text);
		error_set(err, "out of memory");
		return NULL;
	}
	return text;
}

static int print_file(const struct work *work, struct error *err)
{
	char *text = make_text(work->plan, err);
	int rc = text ? trial_baseline(work->paths, NULL, text, err) : -1;

	if (rc == 0)
		fputs(text, stdout);
	free(text);
	return rc;
}

static char *read_whole(const char *path, mode_t *mode, struct error *err)
{
	FILE *in = fopen(path, "re");
	struct stat status;
	char *text = NULL;
	size_t size = 0;

	if (!in && errno == ENOENT)
		return strdup("");
	if (!in || fstat(fileno(in), &status) < 0) {
		error_set(err, "%s: %s", path, strerror(errno));
		if (in)
			fclose(in);
		return NULL;
	}
	*mode = status.st_mode & 07777;
	if (getdelim(&text, &size, '\0', in) < 0 && !text)
		error_set(err, "%s: %s", path, strerror(errno));
	else if (text && feof(in) && ftell(in) == 0)
		text[0] = '\0';
	fclose(in);
	return text;
}

static int replace(const char *path, const char *text, mode_t mode, struct error *err)
{
	char unfinished[PATH_MAX];
	bool whole;
	FILE *out;

	if (snprintf(unfinished, sizeof(unfinished), "%s.new", path) >= PATH_MAX)
		return error_set(err, "%s: the path is too long", path);
	unlink(unfinished);
	out = fopen(unfinished, "wxe");
	if (!out)
		return error_set(err, "%s: %s", unfinished, strerror(errno));
	fputs(text, out);
	whole = fchmod(fileno(out), mode) == 0 && fflush(out) == 0 && fsync(fileno(out)) == 0;
	if (fclose(out) == 0 && whole && rename(unfinished, path) == 0)
		return 0;
	error_set(err, "%s: %s", path, strerror(errno));
	unlink(unfinished);
	return -1;
}

static int merge_file(const struct work *work, struct error *err)
{
	const char *path = work->arguments->merge;
	mode_t mode = 0644;
	char *before = read_whole(path, &mode, err), *after;
	int rc = -1;

	after = before ? plan_merge(work->plan, path, before, err) : NULL;
	if (after)
		rc = trial_baseline(work->paths, path, after, err);
	if (rc == 0 && strcmp(before, after) != 0)
		rc = replace(path, after, mode, err);
	if (rc == 0)
		printf("%s: %zu %s added or extended%s\n", path, work->plan->count,
		       work->plan->count == 1 ? "entry" : "entries",
		       strcmp(before, after) == 0 ? "; nothing changed" : "");
	if (rc == 0)
		plan_yaml_rest(work->plan, stdout);
	free(before);
	free(after);
	return rc;
}

static int write_result(const struct work *work, struct error *err)
{
	int rc = 0;

	if (work->arguments->merge)
		rc = merge_file(work, err);
	else if (work->arguments->diff)
		plan_diff(work->plan, work->baseline, stdout);
	else
		rc = print_file(work, err);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(err, "standard output could not be written");
	return rc;
}

/* ---- the verb ---- */

static int take_number(const char *text, size_t *number, struct error *err)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || end == text || value < 1 || value > HOSTS_MAX)
		return error_set(err, "--min-hosts '%s': a number of hosts, 1 or more", text);
	*number = (size_t)value;
	return 0;
}

static int take_option(struct arguments *arguments, int option, struct error *err)
{
	switch (option) {
	case 'c':
		arguments->config = optarg;
		return 0;
	case 'b':
		if (arguments->baseline_count == BASELINES_MAX)
			return error_set(err, "more than %d --baseline", BASELINES_MAX);
		arguments->baselines[arguments->baseline_count++] = optarg;
		return 0;
	case 'n':
		return take_number(optarg, &arguments->min_hosts, err);
	case 'd':
		arguments->diff = true;
		return 0;
	case 'm':
		arguments->merge = optarg;
		return 0;
	case 'h':
		arguments->help = true;
		return 0;
	default:
		return error_set(err, "see capwatch suggest --help");
	}
}

static int read_arguments(int argc, char **argv, struct arguments *arguments, struct error *err)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"baseline", required_argument, NULL, 'b'},
						{"min-hosts", required_argument, NULL, 'n'},
						{"diff", no_argument, NULL, 'd'},
						{"merge", required_argument, NULL, 'm'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (take_option(arguments, option, err) < 0)
			return -1;
	arguments->files = argv + optind;
	arguments->file_count = (size_t)(argc - optind);
	if (arguments->diff && arguments->merge)
		return error_set(err, "--diff shows, --merge writes: give one of them");
	return 0;
}

int cli_suggest(int argc, char **argv)
{
	struct arguments arguments = {.min_hosts = 1};
	struct work work = {.arguments = &arguments};
	struct error err = {""};
	int rc = read_arguments(argc, argv, &arguments, &err);

	if (rc == 0 && arguments.help) {
		fputs(help, stdout);
		return 0;
	}
	if (rc == 0)
		rc = load(&work, &err);
	if (rc == 0)
		rc = write_result(&work, &err);
	plan_free(work.plan);
	learnt_free(work.learnt);
	baseline_free(work.baseline);
	settings_free(work.settings);
	if (rc == 0)
		return 0;
	fprintf(stderr, "capwatch suggest: %s\n", err.text);
	return EXIT_USAGE;
}
