/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch check: what the plugin would say of its configuration, before the plugin has to. */
#include "cli/verbs.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/checked.h"
#include "cli/schemas.h"
#include "cli/trial_baseline.h"
#include "common/vocab.h"

static const char help[] =
	"usage: capwatch check [--config FILE] [--baseline FILE|DIR]... [-]\n"
	"       capwatch check --schema config|baseline|alert|heartbeat|doctor\n\n"
	"Reads the configuration and the baselines as the plugin would, and says where they are "
	"wrong.\n\n"
	"  --config FILE        the configuration; " SETTINGS_DEFAULT_FILE
	" when no --baseline is given\n"
	"  --baseline FILE|DIR  the baselines, in this order, not those that the configuration "
	"names\n"
	"  -                    one more baseline, behind the others, from standard input\n"
	"  --schema WHICH       print a JSON schema, for an editor or a receiver\n\n"
	"Exit code: 0 all is well; 2 an error, which names file, line and column.\n";

struct arguments {
	const char *config, *schema;
	char **baseline; /* NULL-terminated; as many as there are arguments fit */
	size_t baseline_count;
	bool more; /* from standard input */
	bool help;
};

static int fail(const struct error *err)
{
	fprintf(stderr, "%s\n", err->text);
	return EXIT_USAGE;
}

static int print_schema(const char *name)
{
	const char *names[CLI_SCHEMAS], *nearest;

	for (size_t i = 0; i < CLI_SCHEMAS; i++) {
		names[i] = cli_schemas[i].name;
		if (strcmp(names[i], name) == 0) {
			fputs(cli_schemas[i].text, stdout);
			return EXIT_SUCCESS;
		}
	}
	nearest = vocab_nearest(names, CLI_SCHEMAS, name);
	if (nearest)
		fprintf(stderr, "capwatch check: unknown schema '%s', did you mean %s?\n", name,
			nearest);
	else
		fprintf(stderr,
			"capwatch check: unknown schema '%s'; use config, baseline, alert, "
			"heartbeat or doctor\n",
			name);
	return EXIT_USAGE;
}

static void print_count(const char *before, size_t count, const char *one)
{
	printf("%s%zu %s%s", before, count, one, count == 1 ? "" : "s");
}

static void print_ok(const char *config, const struct settings *settings,
		     const struct baseline *baseline)
{
	fputs("ok: ", stdout);
	if (settings) {
		printf("%s: mode %s", config, vocab_word(&vocab_mode, settings->mode));
		print_count(", ", settings->sink_count, "sink");
		fputs("; ", stdout);
	}
	print_count("baseline: ", baseline->entry_count, "service");
	print_count(", ", baseline->launcher_count, "launcher");
	putchar('\n');
}

/* A path at which standard input can be read until the descriptor is closed; -1 with err. */
static int take_stdin(char path[TRIAL_PATH_MAX], struct error *err)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length = getdelim(&text, &size, '\0', stdin);
	int fd = ferror(stdin) ? error_set(err, "standard input cannot be read")
			       : trial_baseline_path(length > 0 ? text : "", path, err);

	free(text);
	return fd;
}

static int check_all(const struct arguments *arguments, const char *more)
{
	bool given = arguments->baseline_count > 0;
	struct checked_question question = {.config = arguments->config,
					    .baseline = given ? arguments->baseline : NULL,
					    .more = more,
					    .root = ""};
	struct checked checked;
	struct error err = {""};
	int result = EXIT_SUCCESS;

	if (!question.config && !given)
		question.config = SETTINGS_DEFAULT_FILE;
	if (checked_load(&question, &checked, &err) < 0) {
		if (more)
			trial_baseline_rename(&err, more, "standard input");
		result = fail(&err);
	} else {
		print_ok(question.config, checked.settings, checked.baseline);
	}
	checked_free(&checked);
	return result;
}

static int check_with_stdin(const struct arguments *arguments)
{
	char path[TRIAL_PATH_MAX];
	struct error err = {""};
	int fd = take_stdin(path, &err), result;

	if (fd < 0)
		return fail(&err);
	result = check_all(arguments, path);
	close(fd);
	return result;
}

/* 0, or -1 when getopt has said what is wrong. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"baseline", required_argument, NULL, 'b'},
						{"schema", required_argument, NULL, 's'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'c')
			arguments->config = optarg;
		else if (option == 'b')
			arguments->baseline[arguments->baseline_count++] = optarg;
		else if (option == 's')
			arguments->schema = optarg;
		else if (option == 'h')
			arguments->help = true;
		else
			return -1;
	}
	if (optind < argc && strcmp(argv[optind], "-") == 0) {
		arguments->more = true;
		optind++;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr,
		"capwatch check: '%s' is one argument too many; name files with --config or "
		"--baseline\n",
		argv[optind]);
	return -1;
}

int cli_check(int argc, char **argv)
{
	struct arguments arguments = {.baseline = calloc((size_t)argc + 1, sizeof(char *))};
	int result = EXIT_USAGE;

	if (!arguments.baseline) {
		fputs("capwatch check: out of memory\n", stderr);
	} else if (read_arguments(argc, argv, &arguments) < 0) {
		fputs("capwatch check --help says how it is used\n", stderr);
	} else if (arguments.help) {
		fputs(help, stdout);
		result = EXIT_SUCCESS;
	} else if (arguments.schema) {
		result = print_schema(arguments.schema);
	} else {
		result = arguments.more ? check_with_stdin(&arguments)
					: check_all(&arguments, NULL);
	}
	free(arguments.baseline);
	return result;
}
