/* SPDX-License-Identifier: Apache-2.0 */
/* audisp-capwatch: its command line and the table of its modes, and nothing else. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"
#include "conf/settings.h"
#include "plugin/configuration.h"
#include "plugin/replay.h"
#include "plugin/startup.h"
#include "plugin/supervisor.h"

#define PROGRAM "audisp-capwatch"

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"usage: audisp-capwatch [--config FILE] [--check | --replay | --version | --help]\n"
	"Without a mode: auditd's plugin, on descriptor 0; auditd starts it.\n"
	"  --config FILE   default " SETTINGS_DEFAULT_FILE "\n"
	"  --check         read configuration and baselines, say ok or what is wrong (exit 2)\n"
	"  --replay        read a recorded stream from standard input, deliver its alerts to the\n"
	"                  configured sinks, wait for them; needs no privilege\n"
	"  --courier FILE  the courier to start, default " PATHS_INSTALLED_COURIER "\n"
	"  --version, --help\n";

struct arguments {
	const char *config_file, *courier_path;
};

/* What the plugin says of itself goes to syslog, and to whoever looks at auditd's stderr. */
static void emit_to_both(void *ctx, int priority, const char *line)
{
	struct logger *both = ctx;

	for (int i = 0; i < 2; i++)
		log_line(&both[i], priority, "%s", line);
}

static int run_plugin(const struct arguments *arguments)
{
	char config_file[PATH_MAX], courier_path[PATH_MAX], rules_folder[PATH_MAX];
	struct logger both[2];
	struct logger log = {.emit = emit_to_both, .ctx = both, .max_priority = LOG_INFO};
	struct supervisor_options options = {
		.config_file = paths_make_absolute(arguments->config_file, config_file),
		.courier_path = paths_make_absolute(arguments->courier_path, courier_path),
		.rules_folder = paths_find_rules(rules_folder),
		.log = &log};
	struct error err;
	int rc = startup_prepare(&err);

	log_to_stderr(&both[0], PROGRAM);
	log_to_syslog(&both[1], PROGRAM);
	if (rc == 0)
		rc = supervisor_run(&options, &err);
	if (rc == 0)
		return 0;
	log_line(&log, LOG_ERR, "%s", err.text);
	return EXIT_FAILURE;
}

static int run_check(const struct arguments *arguments)
{
	struct error err;

	if (configuration_check(arguments->config_file, &err) < 0) {
		fprintf(stderr, PROGRAM ": %s\n", err.text);
		return EXIT_USAGE;
	}
	printf("%s: ok\n", arguments->config_file);
	return 0;
}

static int run_replay(const struct arguments *arguments)
{
	struct replay_options options = {.config_file = arguments->config_file,
					 .courier_path = arguments->courier_path};
	struct error err;

	if (replay_run(&options, &err) == 0)
		return 0;
	fprintf(stderr, PROGRAM ": %s\n", err.text);
	return EXIT_FAILURE;
}

static int print_version(const struct arguments *arguments)
{
	(void)arguments;
	puts(PROGRAM " " CAPWATCH_VERSION);
	return 0;
}

static int print_help(const struct arguments *arguments)
{
	(void)arguments;
	fputs(usage, stdout);
	return 0;
}

enum { OPTION_CONFIG = 'f', OPTION_COURIER = 'c', OPTION_MODE = 'm' };

static const struct {
	const char *name;
	int (*run)(const struct arguments *arguments);
} modes[] = {
	{"check", run_check},
	{"replay", run_replay},
	{"version", print_version},
	{"help", print_help},
};

static const struct option options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"courier", required_argument, NULL, OPTION_COURIER},
	{"check", no_argument, NULL, OPTION_MODE},
	{"replay", no_argument, NULL, OPTION_MODE},
	{"version", no_argument, NULL, OPTION_MODE},
	{"help", no_argument, NULL, OPTION_MODE},
	{NULL, 0, NULL, 0},
};

/* auditd's stderr is usually /dev/null, and it starts what ended again: so syslog has to tell. */
static int wrong_usage(void)
{
	struct logger log;

	fputs(usage, stderr);
	if (!isatty(STDIN_FILENO)) {
		log_to_syslog(&log, PROGRAM);
		log_line(&log, LOG_ERR,
			 "wrong arguments: see args in auditd's plugins.d/capwatch.conf");
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	char courier_path[PATH_MAX];
	struct arguments arguments = {.config_file = SETTINGS_DEFAULT_FILE,
				      .courier_path = paths_find_courier(courier_path)};
	int (*run)(const struct arguments *) = run_plugin;
	int option, index = 0;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			arguments.config_file = optarg;
			break;
		case OPTION_COURIER:
			arguments.courier_path = optarg;
			break;
		case OPTION_MODE:
			if (run != run_plugin)
				return wrong_usage();
			for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
				if (strcmp(options[index].name, modes[i].name) == 0)
					run = modes[i].run;
			break;
		default:
			return wrong_usage();
		}
	}
	return optind == argc ? run(&arguments) : wrong_usage();
}
