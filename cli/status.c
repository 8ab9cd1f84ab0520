/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch status: what the courier last wrote of itself, and whether all is well. */
#include "cli/verbs.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "alerters/fields.h"
#include "alerters/status_file.h"
#include "cli/status_forms.h"
#include "conf/settings.h"

static const char help[] =
	"usage: capwatch status [--json | --prometheus] [--output FILE] [--config FILE]\n\n"
	"Shows how the courier and its sinks are: what waits, how old it is, what was delivered, "
	"the "
	"last error.\n\n"
	"  --json         one JSON object\n"
	"  --prometheus   metrics, as for node_exporter's textfile collector\n"
	"  --output FILE  write to FILE, which is replaced in one step\n"
	"  --config FILE  default " SETTINGS_DEFAULT_FILE "\n\n"
	"Exit code: 0 all is well; 1 the courier does not run, hears no sensor, or a sink fails; 2 "
	"an error.\n";

struct arguments {
	const char *config, *output;
	status_form_fn form;
	bool help;
};

static bool is_well(const struct status_view *view)
{
	const json_t *sinks = json_object_get(view->status, "sinks");

	if (!view->runs || !json_is_true(fields_find(view->status, "sensor.connected")))
		return false;
	for (size_t i = 0; i < json_array_size(sinks); i++)
		if (!json_is_true(json_object_get(json_array_get(sinks, i), "healthy")))
			return false;
	return true;
}

static struct status_view view_of(const json_t *status)
{
	struct timespec now;
	struct status_view view = {.status = status};

	clock_gettime(CLOCK_REALTIME, &now);
	if (status)
		view.age_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
			      fields_time(status, "time");
	view.runs = status && view.age_ms < STATUS_STALE_MS && view.age_ms > -STATUS_STALE_MS;
	return view;
}

/* Whatever lies in the way of the unfinished file is removed, not followed. */
static int print_to_file(const struct arguments *arguments, const struct status_view *view,
			 struct error *err)
{
	char unfinished[PATH_MAX];
	FILE *out;

	if (snprintf(unfinished, sizeof(unfinished), "%s.new", arguments->output) >= PATH_MAX)
		return error_set(err, "%s: the path is too long", arguments->output);
	unlink(unfinished);
	out = fopen(unfinished, "wxe");
	if (!out)
		return error_set(err, "%s: %s", unfinished, strerror(errno));
	arguments->form(view, out);
	if (fclose(out) == 0 && rename(unfinished, arguments->output) == 0)
		return 0;
	error_set(err, "%s: %s", arguments->output, strerror(errno));
	unlink(unfinished);
	return -1;
}

static int print(const struct arguments *arguments, const struct status_view *view,
		 struct error *err)
{
	if (arguments->output)
		return print_to_file(arguments, view, err);
	arguments->form(view, stdout);
	return 0;
}

static int run(const struct arguments *arguments, struct error *err)
{
	struct settings *settings = settings_load(arguments->config, err);
	json_t *status;
	struct status_view view;
	int result;

	if (!settings)
		return -1;
	status = status_file_read(settings->spool.dir, err);
	if (!status)
		fprintf(stderr, "capwatch status: %s\n", err->text);
	view = view_of(status);
	result = print(arguments, &view, err) < 0 ? -1 : !is_well(&view);
	json_decref(status);
	settings_free(settings);
	return result;
}

/* 0, or -1 when getopt or this has said what is wrong. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},	  {"prometheus", no_argument, NULL, 'p'},
		{"output", required_argument, NULL, 'o'}, {"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'j')
			arguments->form = status_form_json;
		else if (option == 'p')
			arguments->form = status_form_prometheus;
		else if (option == 'o')
			arguments->output = optarg;
		else if (option == 'c')
			arguments->config = optarg;
		else if (option == 'h')
			arguments->help = true;
		else
			return -1;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "capwatch status: '%s' is one argument too many\n", argv[optind]);
	return -1;
}

int cli_status(int argc, char **argv)
{
	struct arguments arguments = {.config = SETTINGS_DEFAULT_FILE, .form = status_form_text};
	struct error err = {""};
	int result;

	if (read_arguments(argc, argv, &arguments) < 0) {
		fputs("capwatch status --help says how it is used\n", stderr);
		return EXIT_USAGE;
	}
	if (arguments.help) {
		fputs(help, stdout);
		return 0;
	}
	result = run(&arguments, &err);
	if (result >= 0)
		return result;
	fprintf(stderr, "capwatch status: %s\n", err.text);
	return EXIT_USAGE;
}
