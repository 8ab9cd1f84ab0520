/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capwatch: the operator's command. Finds the verb and hands over; nothing else.
 */
#include <stdio.h>
#include <string.h>
#include "cli/verbs.h"
#include "common/vocab.h"

struct verb {
	const char *name, *help;
	int (*run)(int argc, char **argv);
};

static const struct verb verbs[] = {
	{"check", "check the configuration and the baselines, and say where they are wrong",
	 cli_check},
	{"doctor", "check all that capwatch needs of this host, and say what mends what it lacks",
	 cli_doctor},
	{"explain", "tell one alert in plain words, and the smallest entry that would allow it",
	 cli_explain},
	{"learn", "learn what services gain instead of alerting it, and show what was learnt",
	 cli_learn},
	{"replay", "judge a recorded stream or an audit.log, and print the alerts", cli_replay},
	{"rules", "install, restore, remove, compare or show the audit rules", cli_rules},
	{"spool", "list, show, retry or drop alerts that wait for a receiver", cli_spool},
	{"status", "show how the courier and its sinks are", cli_status},
	{"suggest", "write baseline entries that would allow what was learnt", cli_suggest},
	{"test-alert", "send an alert that says it is a test, and show what became of it",
	 cli_test_alert},
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static void print_help(FILE *out)
{
	fputs("usage: capwatch VERB [ARGUMENT...]\n"
	      "       capwatch VERB --help\n"
	      "       capwatch --version | --help\n\n",
	      out);
	for (int i = 0; i < VERBS; i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].help);
}

static int unknown_verb(const char *word)
{
	const char *names[VERBS], *nearest;

	for (int i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	nearest = vocab_nearest(names, VERBS, word);
	if (nearest)
		fprintf(stderr, "capwatch: unknown verb '%s', did you mean %s?\n", word, nearest);
	else
		fprintf(stderr, "capwatch: unknown verb '%s'; capwatch --help lists them\n", word);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("capwatch " CAPWATCH_VERSION);
		return 0;
	}
	for (int i = 0; i < VERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	return unknown_verb(argv[1]);
}
