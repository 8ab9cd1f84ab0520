/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock: from a list of paths to a Landlock ruleset on this process.
 * Owns: the kernel's interface, and what of it this kernel has. Must not own: which paths (reach).
 *
 * Besides files: where the kernel can, no TCP port can be bound, no abstract socket and no signal
 * reaches a process outside. Not restricted: connecting to a UNIX socket by its path (the rights of
 * the file decide), stat and access, what is open already.
 */
#ifndef CAPWATCH_LANDLOCK_H
#define CAPWATCH_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include "common/error.h"

struct landlock_path {
	const char *path; /* with everything below it; what is not there is passed over */
	bool writes;	  /* also makes, changes, renames and removes files there; else reads */
};

/* From here on, for this thread and those it starts, no other file can be opened, made or removed.
 * Needs no_new_privs. 1 when it is so; 0 when this kernel has no Landlock, or one that can't rename
 * between folders (before 5.19); -1 with err. */
int landlock_restrict(const struct landlock_path *paths, size_t count, struct error *err);

#endif
