/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capwatch learn: switches learning on and off in a running plugin, and shows or hands out what was
 * learnt. Owns: its actions and their forms. Must not own: what follows from it (suggest).
 */
#include "cli/verbs.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alerters/learnt_file.h"
#include "cli/learn_status.h"
#include "cli/tell.h"
#include "cli/words.h"
#include "common/duration.h"
#include "common/setup.h"
#include "conf/settings.h"

static const char help[] =
	"usage: capwatch learn start [--for DURATION] [--unit UNIT] [--config FILE]\n"
	"       capwatch learn stop|forget [--config FILE]\n"
	"       capwatch learn status [--json] [--config FILE]\n"
	"       capwatch learn export [--config FILE]\n\n"
	"While learning, gains are recorded instead of alerted; what no baseline may allow still "
	"alerts.\n"
	"Switching it is an alert (config-change).\n\n"
	"  start   on, for so long, or until it is stopped; of all services, or of these units\n"
	"  stop    off; what was learnt stays\n"
	"  status  what was learnt so far, and which services are still to be restarted\n"
	"  export  what was learnt, for capwatch suggest on another host\n"
	"  forget  what was learnt so far\n\n"
	"  --for DURATION  as 30m, 24h, 7d\n"
	"  --unit UNIT     a unit's name or template; * and ? stand for anything\n"
	"  --json          one JSON object\n"
	"  --config FILE   default " SETTINGS_DEFAULT_FILE "\n\n"
	"Exit code: 0 done; 1 the plugin refused, or (status) nothing is being learnt; 2 an "
	"error.\n";

struct arguments {
	const char *config;
	struct order order;
	bool json, help, times; /* times: --for or --unit was given */
};

/* ---- actions ---- */

static int give_order(const struct arguments *arguments, const struct settings *settings,
		      struct error *err)
{
	char answer[ORDER_ANSWER_MAX];
	int rc = tell_plugin(settings->control, &arguments->order, answer, err);

	if (rc > 0)
		printf("%s\n", answer);
	else if (rc == 0)
		fprintf(stderr, "capwatch learn: refused: %s\n", answer);
	return rc < 0 ? -1 : rc == 0;
}

static struct learnt *load(const struct settings *settings, struct error *err)
{
	struct learnt *learnt = learnt_new();
	int bad = learnt ? learnt_file_read(settings->spool.dir, learnt, err)
			 : error_set(err, "out of memory");

	if (bad > 0)
		fprintf(stderr,
			"capwatch learn: %d damaged lines in %s/" LEARNT_FILE " are left out\n",
			bad, settings->spool.dir);
	if (bad >= 0)
		return learnt;
	learnt_free(learnt);
	return NULL;
}

static int show(const struct arguments *arguments, const struct settings *settings,
		struct error *err)
{
	struct learn_status status = {.mode = settings->mode};
	struct timespec now;

	if (setup_read(settings->spool.dir, &status.setup, err) < 0)
		return -1;
	status.learnt = load(settings, err);
	if (!status.learnt)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	status.now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (arguments->json)
		learn_status_json(&status, stdout);
	else
		learn_status_text(&status, stdout);
	learnt_free(status.learnt);
	return learn_status_is_on(&status) ? 0 : 1;
}

static void print_line(void *ctx, const struct learnt_kind *kind)
{
	char *line = learnt_line(kind);

	(void)ctx;
	if (line)
		puts(line);
	free(line);
}

static int export(const struct arguments *arguments, const struct settings *settings,
		  struct error *err)
{
	struct learnt *learnt = load(settings, err);

	(void)arguments;
	if (!learnt)
		return -1;
	learnt_each(learnt, print_line, NULL);
	learnt_free(learnt);
	return 0;
}

/* ---- the verb ---- */

static const struct action {
	const char *name;
	int (*run)(const struct arguments *arguments, const struct settings *settings,
		   struct error *err);
	enum order_verb order;
} actions[] = {
	{"start", give_order, ORDER_LEARN_START},
	{"stop", give_order, ORDER_LEARN_STOP},
	{"forget", give_order, ORDER_LEARN_FORGET},
	{"status", show, ORDER_VERBS},
	{"export", export, ORDER_VERBS},
};
static const struct words_table action_names = {actions, sizeof(actions[0]),
						sizeof(actions) / sizeof(actions[0])};

static int take_option(struct arguments *arguments, int option, struct error *err)
{
	switch (option) {
	case 'f':
		arguments->times = true;
		if (duration_parse(optarg, &arguments->order.for_ms, err) < 0)
			return -1;
		return arguments->order.for_ms > 0 ? 0 : error_set(err, "--for 0 is no time");
	case 'u':
		arguments->times = true;
		if (!*optarg || strlen(optarg) >= sizeof(arguments->order.unit))
			return error_set(err, "--unit '%s' is no unit's name", optarg);
		snprintf(arguments->order.unit, sizeof(arguments->order.unit), "%s", optarg);
		return 0;
	case 'j':
		arguments->json = true;
		return 0;
	case 'c':
		arguments->config = optarg;
		return 0;
	case 'h':
		arguments->help = true;
		return 0;
	default:
		return error_set(err, "see capwatch learn --help");
	}
}

static int read_arguments(int argc, char **argv, struct arguments *arguments, struct error *err)
{
	static const struct option options[] = {
		{"for", required_argument, NULL, 'f'}, {"unit", required_argument, NULL, 'u'},
		{"json", no_argument, NULL, 'j'},      {"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (take_option(arguments, option, err) < 0)
			return -1;
	return 0;
}

static const struct action *choose(int argc, char **argv, struct arguments *arguments,
				   struct error *err)
{
	const struct action *action;

	if (optind >= argc) {
		error_set(err, "start, stop, status, export or forget? See capwatch learn --help");
		return NULL;
	}
	action = words_find(&action_names, argv[optind], err);
	if (!action)
		return NULL;
	arguments->order.verb = action->order;
	if (optind + 1 < argc)
		error_set(err, "%s takes no '%s'", action->name, argv[optind + 1]);
	else if (arguments->times && action->order != ORDER_LEARN_START)
		error_set(err, "--for and --unit go with start alone");
	else if (arguments->json && action->run != show)
		error_set(err, "--json goes with status alone");
	else
		return action;
	return NULL;
}

int cli_learn(int argc, char **argv)
{
	struct arguments arguments = {.config = SETTINGS_DEFAULT_FILE};
	struct error err = {""};
	const struct action *action = NULL;
	struct settings *settings = NULL;
	int result = read_arguments(argc, argv, &arguments, &err);

	if (result == 0 && arguments.help) {
		fputs(help, stdout);
		return 0;
	}
	if (result == 0)
		action = choose(argc, argv, &arguments, &err);
	if (action)
		settings = settings_load(arguments.config, &err);
	result = settings ? action->run(&arguments, settings, &err) : -1;
	settings_free(settings);
	if (result >= 0)
		return result;
	fprintf(stderr, "capwatch learn: %s\n", err.text);
	return EXIT_USAGE;
}
