/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch-courier: its command line, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/courier.h"
#include "alerters/test_alert.h"
#include "conf/settings.h"

enum { EXIT_USAGE = 2, DRAIN_SECONDS_MAX = 24 * 60 * 60 };

static const char usage[] =
	"usage: capwatch-courier [--config FILE] [--foreground] [--drain SECONDS]\n"
	"       capwatch-courier " TEST_ALERT_VERB " [ARGUMENT...], as capwatch calls it\n"
	"Started by audisp-capwatch, with the sensor's socket as descriptor 3 and its own as 4.\n"
	"  --config FILE     default " SETTINGS_DEFAULT_FILE "\n"
	"  --foreground      log to stderr\n"
	"  --drain SECONDS   end when the sensor does, waiting so long for the sinks\n"
	"  --help, --version\n";

static int parse_drain(const char *text, int64_t *milliseconds)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (errno || end == text || *end || seconds < 0 || seconds > DRAIN_SECONDS_MAX)
		return -1;
	*milliseconds = (int64_t)seconds * 1000;
	return 0;
}

static int wrong_usage(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"config", required_argument, NULL, 'c'}, {"foreground", no_argument, NULL, 'f'},
		{"drain", required_argument, NULL, 'd'},  {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},	  {NULL, 0, NULL, 0},
	};
	struct courier_options options = {
		.config_file = SETTINGS_DEFAULT_FILE,
		.sensor_fd = COURIER_SENSOR_FD,
		.supervisor_fd = COURIER_SUPERVISOR_FD,
		.narrow = true,
		.drain_ms = -1,
	};
	int option;

	if (argc > 1 && strcmp(argv[1], TEST_ALERT_VERB) == 0)
		return test_alert_main(argc - 1, argv + 1);
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config_file = optarg;
			break;
		case 'f':
			options.foreground = true;
			break;
		case 'd':
			if (parse_drain(optarg, &options.drain_ms) < 0)
				return wrong_usage();
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
			puts("capwatch-courier " CAPWATCH_VERSION);
			return 0;
		default:
			return wrong_usage();
		}
	}
	if (optind != argc)
		return wrong_usage();
	if (fcntl(COURIER_SUPERVISOR_FD, F_GETFD) < 0)
		options.supervisor_fd = -1;
	return courier_main(&options);
}
