/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filecaps: the programs of this host that have file capabilities, and a rule for the exec of each.
 * Owns: where programs are looked for, and the bounds of the search. Must not own: where rules go.
 */
#ifndef CAPWATCH_RULES_FILECAPS_H
#define CAPWATCH_RULES_FILECAPS_H

#include "common/error.h"

enum {
	FILECAPS_FILES_MAX = 1024,	/* files with capabilities; a host has some ten */
	FILECAPS_ENTRIES_MAX = 2000000, /* folder entries looked at */
	FILECAPS_DEPTH_MAX = 16
};

/* The text of a rules file, sorted by path, for the files found below root ("" for this host);
 * paths in it are without root. It begins with our mark also when nothing was found. The caller
 * frees it. NULL with err when a bound was met or memory failed. A folder that cannot be read is
 * passed over. */
char *filecaps_rules(const char *root, struct error *err);

#endif
