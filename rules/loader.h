/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader: has rules.d loaded into the kernel, by the distribution's augenrules.
 * Owns: running it (no shell of ours, clean environment, bounded output and time).
 * Must not own: the files, or the judgement whether everything was loaded (rules/compare).
 */
#ifndef CAPWATCH_RULES_LOADER_H
#define CAPWATCH_RULES_LOADER_H

#include <stdbool.h>
#include "common/error.h"

enum { LOADER_OUTPUT_MAX = 16384, LOADER_SECONDS_MAX = 120 };

struct loader_result {
	bool found;    /* augenrules is there and was run */
	int exit_code; /* its exit code; 128 and more: ended by a signal */
	char *output;  /* what it printed, both streams, control characters replaced; "" for none */
};

/* Runs augenrules, with --load or only to join rules.d into audit.rules. Returns 0 with *result,
 * whose output the caller frees, or -1 with err when it could not be run. */
int loader_run(bool load, struct loader_result *result, struct error *err);

#endif
