/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "alerters/test_alert.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alerters/trial.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
	"usage: capwatch test-alert [--sink NAME] [--severity SEVERITY] [--config FILE]\n\n"
	"Sends an alert that says it is a test through every sink, once, as the courier's user, "
	"and "
	"shows for\neach what happened. It needs no running plugin, and takes no part in what a "
	"sink chooses.\n\n"
	"  --sink NAME          this sink alone\n"
	"  --severity SEVERITY  low (default), medium, high or critical\n"
	"  --config FILE        default " SETTINGS_DEFAULT_FILE "\n\n"
	"Exit code: 0 every sink has it; 1 one has not; 2 an error.\n";

struct arguments {
	const char *config;
	struct trial trial;
	bool help;
};

static const char *separator(bool *first)
{
	const char *text = *first ? ": " : ", ";

	*first = false;
	return text;
}

static void print_part(const char *name, int64_t microseconds, bool *first)
{
	if (microseconds >= 0)
		printf("%s%s %.1f ms", separator(first), name, (double)microseconds / 1000);
}

static void print_transfer(const struct transfer *transfer, bool *first)
{
	if (!transfer->ended)
		return;
	print_part("DNS", transfer->dns_us, first);
	print_part("connect", transfer->connect_us, first);
	print_part("TLS", transfer->tls_us, first);
	if (transfer->status > 0)
		printf("%sHTTP status %ld", separator(first), transfer->status);
	print_part("in all", transfer->total_us, first);
	if (transfer->address[0])
		printf(" (%s)", transfer->address);
}

static void print_result(void *ctx, const struct trial_result *result)
{
	bool first = true;

	(void)ctx;
	if (result->delivered)
		printf("%s: delivered in %" PRId64 " ms", result->sink->name, result->took_ms);
	else
		printf("%s: not delivered", result->sink->name);
	print_transfer(result->transfer, &first);
	if (!result->delivered)
		printf("%s%s", first ? ": " : "; ", result->why);
	putchar('\n');
	fflush(stdout);
}

/* What is tried is what the courier may do; and a file that root makes here the courier could not
 * write. Other users try with what they have. */
static int become_courier(const char *name, struct error *err)
{
	const struct passwd *user;

	umask(027);
	if (geteuid() != 0)
		return 0;
	errno = 0;
	user = getpwnam(name);
	if (!user)
		return error_set(err,
				 "no user %s, which the courier runs as: create it, or name "
				 "another with courier_user",
				 name);
	if (setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return error_set(err, "cannot become user %s: %s", name, strerror(errno));
	return 0;
}

static int run(struct arguments *arguments, struct error *err)
{
	struct settings *settings = settings_load(arguments->config, err);
	int result = -1;

	if (!settings)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	arguments->trial.settings = settings;
	if (become_courier(settings->courier_user, err) == 0)
		result = trial_run(&arguments->trial, print_result, NULL, err);
	settings_free(settings);
	return result;
}

static int read_severity(const char *word, enum severity *severity)
{
	int value = vocab_value(&vocab_severity, word);

	if (value < 0) {
		fprintf(stderr,
			"capwatch test-alert: '%s' is no severity: low, medium, high or "
			"critical\n",
			word);
		return -1;
	}
	*severity = (enum severity)value;
	return 0;
}

/* 0, or -1 when it was said what is wrong. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {{"sink", required_argument, NULL, 's'},
						{"severity", required_argument, NULL, 'v'},
						{"config", required_argument, NULL, 'c'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 's')
			arguments->trial.sink_name = optarg;
		else if (option == 'c')
			arguments->config = optarg;
		else if (option == 'h')
			arguments->help = true;
		else if (option != 'v' || read_severity(optarg, &arguments->trial.severity) < 0)
			return -1;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "capwatch test-alert: '%s' is one argument too many\n", argv[optind]);
	return -1;
}

int test_alert_main(int argc, char **argv)
{
	struct arguments arguments = {.config = SETTINGS_DEFAULT_FILE};
	struct error err = {""};
	int failed;

	if (read_arguments(argc, argv, &arguments) < 0) {
		fputs("capwatch test-alert --help says how it is used\n", stderr);
		return EXIT_USAGE;
	}
	if (arguments.help) {
		fputs(help, stdout);
		return 0;
	}
	failed = run(&arguments, &err);
	if (failed >= 0)
		return failed > 0;
	fprintf(stderr, "capwatch test-alert: %s\n", err.text);
	return EXIT_USAGE;
}
