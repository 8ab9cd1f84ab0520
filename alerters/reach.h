/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach: which part of the file system the courier needs for a configuration.
 * Owns: that list, and the comparison of two. Must not own: how the process is held to it
 * (landlock), or what happens when a new configuration needs more (courier).
 *
 * The list is of folders rather than files: configuration, certificates and resolv.conf are
 * replaced by renaming, and the new file would be another one. A folder that is not there yet is
 * stood for by the nearest one above it, unless that is the root. /proc is never in it.
 */
#ifndef CAPWATCH_REACH_H
#define CAPWATCH_REACH_H

#include "common/error.h"
#include "conf/settings.h"

struct reach;

/* What a courier with these settings, read from config_file, needs; spool: the folder of its
 * spools, or NULL. NULL when memory is out. The caller frees with reach_free(). */
struct reach *reach_new(const struct settings *settings, const char *config_file,
			const char *spool);
void reach_free(struct reach *reach);

/* The first path that wanted has and granted has not, or that is no longer the folder it was;
 * NULL: none. It lives as long as wanted. */
const char *reach_lacks(const struct reach *granted, const struct reach *wanted);

/* Whether its user may read every secret and certificate that is named: 0, or -1 with err. */
int reach_check_files(const struct reach *reach, struct error *err);

/* Holds this process to it: landlock_restrict(). */
int reach_restrict(const struct reach *reach, struct error *err);

#endif
