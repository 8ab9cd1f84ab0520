/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: one of the host's own programs run to its end, for what it does or says.
 * Owns: no shell, a clean environment, bounded output and time. Must not own: which program.
 * For the command line only: the plugin starts nothing but its own.
 */
#ifndef CAPWATCH_PROGRAM_H
#define CAPWATCH_PROGRAM_H

#include "common/error.h"

enum { PROGRAM_OUTPUT_MAX = 16384, PROGRAM_SECONDS_MAX = 120 };

struct program_result {
	int exit_code; /* 128 and more: ended by a signal */
	char *output;  /* both streams, control characters but newlines replaced; "" for none */
};

/* Runs the file at path; arguments begin with its name and end with NULL. Returns 0 with *result,
 * whose output the caller frees, or -1 with err when it could not be run. */
int program_run(const char *path, const char *const *arguments, struct program_result *result,
		struct error *err);

#endif
