/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader: has rules.d loaded into the kernel, by the distribution's augenrules.
 * Owns: where it is, and its options.
 * Must not own: the files, or the judgement whether everything was loaded (rules/compare).
 */
#ifndef CAPWATCH_RULES_LOADER_H
#define CAPWATCH_RULES_LOADER_H

#include <stdbool.h>
#include "common/program.h"

struct loader_result {
	bool found; /* augenrules is there and was run */
	struct program_result run;
};

/* Runs augenrules, with --load or only to join rules.d into audit.rules. Returns 0 with *result,
 * whose run.output the caller frees, or -1 with err when it could not be run. */
int loader_run(bool load, struct loader_result *result, struct error *err);

#endif
