/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch test-alert: the courier's own, which alone is linked with what speaks to a network. */
#include "cli/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alerters/test_alert.h"
#include "common/paths.h"

int cli_test_alert(int argc, char **argv)
{
	char path[PATH_MAX], program[] = "capwatch";
	const char *courier = paths_find_courier(path);
	char **arguments = calloc((size_t)argc + 2, sizeof(*arguments));

	if (!arguments) {
		fputs("capwatch " TEST_ALERT_VERB ": out of memory\n", stderr);
		return EXIT_USAGE;
	}
	arguments[0] = program;
	memcpy(arguments + 1, argv, (size_t)argc * sizeof(*argv));
	execv(courier, arguments);
	fprintf(stderr, "capwatch " TEST_ALERT_VERB ": cannot run the courier, %s: %s\n", courier,
		strerror(errno));
	free(arguments);
	return EXIT_USAGE;
}
