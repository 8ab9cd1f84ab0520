/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/words.h"
#include "rules/install.h"

static const char help[] =
	"usage: capwatch rules install|restore|remove|diff|show [OPTION...]\n\n"
	"  install  write capwatch's audit rules to " RULES_INSTALLED_FOLDER " and load them\n"
	"  restore  load what the kernel lacks of the installed ones, and nothing else\n"
	"  remove   take exactly those away again\n"
	"  diff     compare what the kernel has loaded with what capwatch needs\n"
	"  show     print the rules, each with what it is for\n\n"
	"  --profile LIST   of core, exec, file-caps (install, show: all; diff: the installed "
	"ones)\n"
	"  --root DIR       work on the file tree at DIR; nothing is loaded (install, remove)\n"
	"  --no-load        write or remove the files only (install, remove)\n"
	"  --rules-dir DIR  take the rules from DIR, not " RULES_SHIPPED_FOLDER "\n\n"
	"Exit code: 0 done, or the same; 1 not all is loaded, or it differs; 2 an error.\n";

enum { HIDDEN_SHOWN = 6 };

struct arguments {
	struct install_options options;
	bool profiles_given;
	char root[PATH_MAX]; /* what options.place.root points to */
};

struct action {
	const char *name;
	int (*run)(struct arguments *arguments, struct error *err); /* exit code, or -1 with err */
};

static int exit_code(enum install_result result)
{
	return result == INSTALL_FAILED ? -1 : (int)result;
}

static int run_install(struct arguments *arguments, struct error *err)
{
	enum install_result result = rules_install(&arguments->options, err);

	if (result == INSTALL_DONE)
		puts(arguments->options.load ? "capwatch's audit rules are installed and loaded."
					     : "capwatch's audit rules are installed, not loaded.");
	return exit_code(result);
}

static int run_restore(struct arguments *arguments, struct error *err)
{
	enum install_result result = rules_restore(&arguments->options, err);

	if (result == INSTALL_DONE)
		puts("the kernel has all of capwatch's installed audit rules.");
	return exit_code(result);
}

static int run_remove(struct arguments *arguments, struct error *err)
{
	enum install_result result = rules_remove(&arguments->options, err);

	if (result == INSTALL_DONE)
		puts("capwatch's audit rules are removed.");
	return exit_code(result);
}

static void print_absent(const struct finding *finding)
{
	if (finding->kind == FINDING_MISSING)
		printf("missing: %s\n    %s:%u: %s\n", finding->wanted->text, finding->wanted->file,
		       finding->wanted->line, finding->wanted->comment);
}

static void print_extra(const struct finding *finding)
{
	char text[RULE_LINE_MAX];

	if (finding->kind == FINDING_EXTRA)
		printf("extra: %s\n", rule_to_text(finding->loaded, text, sizeof(text)));
}

static bool is_hiding(const struct finding *finding)
{
	return finding->kind == FINDING_HIDDEN || finding->kind == FINDING_NARROWED;
}

/* One loaded rule may hide many of ours: it is named once, with the first of ours below it. */
static void print_hiding(const struct comparison *comparison, size_t first)
{
	const struct audit_rule_data *loaded = comparison->items[first].loaded;
	char text[RULE_LINE_MAX];
	size_t count = 0;

	if (!is_hiding(&comparison->items[first]))
		return;
	for (size_t i = 0; i < first; i++)
		if (comparison->items[i].loaded == loaded)
			return;
	printf("hidden by: %s\n", rule_to_text(loaded, text, sizeof(text)));
	for (size_t i = first; i < comparison->count; i++) {
		const struct finding *finding = &comparison->items[i];

		if (finding->loaded == loaded && ++count <= HIDDEN_SHOWN)
			printf("    %s: %s\n", finding->kind == FINDING_HIDDEN ? "all" : "part",
			       finding->wanted->text);
	}
	if (count > HIDDEN_SHOWN)
		printf("    and of %zu more rules\n", count - HIDDEN_SHOWN);
}

/* How many of our rules have a finding of this kind, however many others hide one. */
static size_t count_wanted(const struct comparison *comparison, enum finding_kind kind)
{
	const struct rule *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < comparison->count; i++) {
		if (comparison->items[i].kind != kind || comparison->items[i].wanted == last)
			continue;
		last = comparison->items[i].wanted;
		count++;
	}
	return count;
}

static int print_comparison(const struct comparison *comparison, const struct ruleset *wanted)
{
	const size_t *counts = comparison->counts;

	for (size_t i = 0; i < comparison->count; i++) {
		print_absent(&comparison->items[i]);
		print_extra(&comparison->items[i]);
		print_hiding(comparison, i);
	}
	if (comparison->count == 0) {
		printf("all %zu rules are loaded.\n", wanted->count);
		return 0;
	}
	printf("of %zu rules: %zu missing, %zu hidden, %zu hidden in part; %zu loaded ones not "
	       "needed.\n",
	       wanted->count, counts[FINDING_MISSING], count_wanted(comparison, FINDING_HIDDEN),
	       count_wanted(comparison, FINDING_NARROWED), counts[FINDING_EXTRA]);
	if (counts[FINDING_MISSING] || counts[FINDING_EXTRA])
		puts("capwatch rules install loads what is missing and takes away what is not "
		     "needed.");
	return 1;
}

static int compare(const struct ruleset *wanted, struct error *err)
{
	struct kernel_rules loaded = {0};
	struct kernel_status status;
	struct comparison comparison;
	int code = -1;

	if (kernel_status_read(&status, err) < 0 || kernel_rules_read(&loaded, err) < 0)
		return -1;
	if (status.enabled == KERNEL_AUDIT_OFF)
		fputs("capwatch: auditing is switched off: start auditd, or run auditctl -e 1\n",
		      stderr);
	if (rules_compare(wanted, &loaded, &comparison, err) == 0) {
		code = print_comparison(&comparison, wanted);
		comparison_free(&comparison);
	}
	kernel_rules_free(&loaded);
	return code;
}

static int run_diff(struct arguments *arguments, struct error *err)
{
	const struct install_options *options = &arguments->options;
	unsigned profiles = arguments->profiles_given ? 0 : profile_installed(&options->place);
	struct ruleset wanted = {0};
	int code = -1;

	if (profile_wanted(&options->place, profiles ? profiles : options->profiles, &wanted,
			   err) == 0)
		code = compare(&wanted, err);
	ruleset_free(&wanted);
	return code;
}

static int run_show(struct arguments *arguments, struct error *err)
{
	const struct install_options *options = &arguments->options;

	for (int i = 0; i < PROFILE_FILES; i++) {
		char *text;

		if (!(options->profiles & profile_files[i].profile))
			continue;
		text = profile_text(&options->place, &profile_files[i], err);
		if (!text)
			return -1;
		printf("### %s/%s\n%s\n", RULES_INSTALLED_FOLDER, profile_files[i].installed, text);
		free(text);
	}
	return 0;
}

static const struct action actions[] = {
	{"install", run_install}, {"restore", run_restore}, {"remove", run_remove},
	{"diff", run_diff},	  {"show", run_show},
};
static const struct words_table action_names = {actions, sizeof(actions[0]),
						sizeof(actions) / sizeof(actions[0])};

static int set_root(struct arguments *arguments, const char *root, struct error *err)
{
	if (!realpath(root, arguments->root))
		return error_set(err, "--root %s: no such folder", root);
	if (strcmp(arguments->root, "/") == 0)
		arguments->root[0] = '\0';
	arguments->options.place.root = arguments->root;
	arguments->options.load = false;
	return 0;
}

/* Returns 0, 1 when help was asked for, or -1 with err. */
static int parse_options(int argc, char **argv, struct arguments *arguments, struct error *err)
{
	enum { PROFILE = 256, ROOT, NO_LOAD, RULES_DIR };
	static const struct option options[] = {{"profile", required_argument, NULL, PROFILE},
						{"root", required_argument, NULL, ROOT},
						{"no-load", no_argument, NULL, NO_LOAD},
						{"rules-dir", required_argument, NULL, RULES_DIR},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case PROFILE:
			arguments->profiles_given = true;
			if (profile_parse(optarg, &arguments->options.profiles, err) < 0)
				return -1;
			break;
		case ROOT:
			if (set_root(arguments, optarg, err) < 0)
				return -1;
			break;
		case NO_LOAD:
			arguments->options.load = false;
			break;
		case RULES_DIR:
			arguments->options.place.shipped = optarg;
			break;
		case 'h':
			return 1;
		default:
			return error_set(err, "see capwatch rules --help");
		}
	}
	return 0;
}

int cli_rules(int argc, char **argv)
{
	struct logger log;
	struct arguments arguments = {
		.options = {{"", RULES_SHIPPED_FOLDER}, PROFILE_ALL, true, &log}};
	struct error err = {""};
	const struct action *action = NULL;
	int code;

	log_to_stderr(&log, "capwatch");
	code = parse_options(argc, argv, &arguments, &err);
	if (code == 1) {
		fputs(help, stdout);
		return 0;
	}
	if (code == 0 && argc - optind == 1)
		action = words_find(&action_names, argv[optind], &err);
	else if (code == 0)
		error_set(&err, "one action is needed: install, restore, remove, diff or show");
	code = action ? action->run(&arguments, &err) : -1;
	if (code < 0) {
		fprintf(stderr, "capwatch rules: %s\n", err.text);
		return EXIT_USAGE;
	}
	return code;
}
