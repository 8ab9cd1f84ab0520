/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch doctor: whether this host has all that capwatch needs, and what mends what it has not.
 */
#include "cli/doctor.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "cli/verbs.h"

static const char help[] =
	"usage: capwatch doctor [--json] [--faults] [--config FILE] [--rules-dir DIR] [--root "
	"DIR]\n\n"
	"Checks all that capwatch needs of this host, a line each: ok, or what is wrong and the "
	"command that\nmends it. Changes nothing.\n\n"
	"  --json           one JSON object; capwatch check --schema doctor prints its form\n"
	"  --faults         leave out what is ok\n"
	"  --config FILE    the configuration; otherwise the one that the plugin is started with\n"
	"  --rules-dir DIR  take the rules that are needed from DIR, not " RULES_SHIPPED_FOLDER "\n"
	"  --root DIR       the file tree at DIR; no kernel and no process is asked\n\n"
	"Exit code: 0 all is well; 1 warnings; 2 something is blind or broken, or wrong usage.\n";

struct arguments {
	char root[PATH_MAX]; /* "": this host */
	char rules_dir[PATH_MAX];
	const char *config;
	bool json, faults, help;
};

/* A command that is pasted elsewhere must still mean the same folder. */
static int set_folder(const char *option, const char *given, char folder[PATH_MAX])
{
	if (realpath(given, folder))
		return 0;
	fprintf(stderr, "capwatch doctor: %s %s: no such folder\n", option, given);
	return -1;
}

static int set_root(struct arguments *arguments, const char *root)
{
	if (set_folder("--root", root, arguments->root) < 0)
		return -1;
	if (strcmp(arguments->root, "/") == 0)
		arguments->root[0] = '\0';
	return 0;
}

/* 0, or -1 when getopt or this has said what is wrong. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"faults", no_argument, NULL, 'f'},
						{"config", required_argument, NULL, 'c'},
						{"rules-dir", required_argument, NULL, 'd'},
						{"root", required_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'j')
			arguments->json = true;
		else if (option == 'f')
			arguments->faults = true;
		else if (option == 'c')
			arguments->config = optarg;
		else if (option == 'h')
			arguments->help = true;
		else if (option == 'd' &&
			 set_folder("--rules-dir", optarg, arguments->rules_dir) == 0)
			continue;
		else if (option != 'r' || set_root(arguments, optarg) < 0)
			return -1;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "capwatch doctor: '%s' is one argument too many\n", argv[optind]);
	return -1;
}

static int run(struct arguments *arguments)
{
	static const int codes[DOCTOR_STATES] = {0, 0, 1, 2};
	struct doctor_report report = {0};
	struct doctor_host host = doctor_host_make(arguments->root);
	struct error err = {""};
	struct doctor_facts *facts;
	int code;

	host.config = arguments->config;
	host.rules_dir = arguments->rules_dir;
	facts = doctor_facts_gather(&host, &err);
	if (!facts) {
		fprintf(stderr, "capwatch doctor: %s\n", err.text);
		return EXIT_USAGE;
	}
	doctor_examine(facts, &report);
	if (arguments->json)
		doctor_print_json(&report, stdout);
	else
		doctor_print(&report, arguments->faults, stdout);
	code = codes[doctor_report_state(&report)];
	doctor_report_free(&report);
	doctor_facts_free(facts);
	return code;
}

int cli_doctor(int argc, char **argv)
{
	struct arguments arguments = {.rules_dir = RULES_SHIPPED_FOLDER};

	if (read_arguments(argc, argv, &arguments) < 0) {
		fputs("capwatch doctor --help says how it is used\n", stderr);
		return EXIT_USAGE;
	}
	if (arguments.help) {
		fputs(help, stdout);
		return 0;
	}
	return run(&arguments);
}
