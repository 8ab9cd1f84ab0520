/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch explain: what one alert says, and what to do about it. Owns: options and flow. */
#include "cli/explanation.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "cli/verbs.h"

enum { BASELINES_MAX = 64 };

struct arguments {
	const char *config;
	char *baselines[BASELINES_MAX + 1];
	size_t baseline_count;
	const char *id;
	bool help;
};

static const char usage[] =
	"usage: capwatch explain [--config FILE] [--baseline FILE|DIR]... ALERT-ID|-\n\n"
	"Tells one alert in plain words: what happened, who did it, which rule fired, which "
	"baseline\nentries came close, the smallest entry that would allow it, and whether that "
	"would be wise.\n\n"
	"  ALERT-ID             looked up in the native files of the configuration, and their "
	"FILE.1,\n"
	"                       then in the courier's spool\n"
	"  -                    the alert's JSON from standard input\n"
	"  --config FILE        configuration (default " SETTINGS_DEFAULT_FILE ", if there)\n"
	"  --baseline FILE|DIR  baseline instead of the configuration's; may be repeated\n\n"
	"Exit status: 0 explained; 1 no such alert was found; 2 bad usage or input.\n";

static void explain(const struct explanation *explanation)
{
	explanation_what(explanation);
	explanation_who(explanation);
	explanation_sets(explanation);
	explanation_phase(explanation);
	explanation_rule(explanation);
	explanation_entries(explanation);
	explanation_advice(explanation);
	explanation_attack(explanation);
	explanation_records(explanation);
}

/* Where the reader is to put an entry: the last folder, if there is another before it. */
static const char *folder_of(char *const *paths)
{
	size_t count = 0;

	while (paths[count])
		count++;
	return count > 1 ? paths[count - 1] : CAPWATCH_SYSCONFDIR "/capwatch/baseline.d";
}

static int tell(const json_t *alert, const struct advice_question *question, struct error *err)
{
	struct baseline *baseline = baseline_load(question->baseline, question->optional_missing,
						  err);
	struct retold retold;
	struct prose prose = {.out = stdout};
	const struct explanation explanation = {alert, &retold, question, &prose};

	if (!baseline)
		return -1;
	if (retold_read(&retold, alert, baseline, err) < 0) {
		baseline_free(baseline);
		return -1;
	}
	explain(&explanation);
	baseline_free(baseline);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(err, "standard output could not be written");
	return 0;
}

static enum explain_found find(const struct arguments *arguments, const struct settings *settings,
			       json_t **alert, struct error *err)
{
	if (strcmp(arguments->id, "-") == 0)
		return explanation_read(stdin, alert, err);
	return explanation_find(settings, arguments->id, alert, err);
}

/* The exit status; err says why where it is not 0. */
static int run(struct arguments *arguments, struct error *err)
{
	struct settings *settings = settings_load_any(arguments->config, err);
	struct advice_question question;
	json_t *alert = NULL;
	enum explain_found found;
	int result = EXIT_USAGE;

	if (!settings)
		return EXIT_USAGE;
	question.baseline = arguments->baseline_count ? arguments->baselines : settings->baseline;
	question.optional_missing = !arguments->baseline_count && !arguments->config;
	question.folder = folder_of(question.baseline);
	found = find(arguments, settings, &alert, err);
	if (found == EXPLAIN_NOT_FOUND)
		result = 1;
	else if (found == EXPLAIN_FOUND && tell(alert, &question, err) == 0)
		result = 0;
	json_decref(alert);
	settings_free(settings);
	return result;
}

static int read_arguments(int argc, char **argv, struct arguments *arguments, struct error *err)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"baseline", required_argument, NULL, 'b'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'c')
			arguments->config = optarg;
		else if (option == 'h')
			arguments->help = true;
		else if (option != 'b')
			return error_set(err, "see capwatch explain --help");
		else if (arguments->baseline_count == BASELINES_MAX)
			return error_set(err, "more than %d --baseline", BASELINES_MAX);
		else
			arguments->baselines[arguments->baseline_count++] = optarg;
	}
	if (arguments->help)
		return 0;
	if (optind + 1 != argc)
		return error_set(err, optind == argc
					      ? "which alert? Name its id, or - for standard input"
					      : "one alert at a time: name one id, or -");
	arguments->id = argv[optind];
	return 0;
}

int cli_explain(int argc, char **argv)
{
	struct arguments arguments = {.config = NULL};
	struct error err = {""};
	int result = read_arguments(argc, argv, &arguments, &err) < 0 ? EXIT_USAGE : 0;

	if (result == 0 && arguments.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (result == 0)
		result = run(&arguments, &err);
	if (result != 0)
		fprintf(stderr, "capwatch explain: %s\n", err.text);
	return result;
}
