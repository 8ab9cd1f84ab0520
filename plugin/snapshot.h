/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot: what the kernel hides from us, on its way from the supervisor, which may ask it, to the
 * sensor: the body of WIRE_SNAPSHOT is a struct blind_snapshot without the faults that it has not.
 * Both ends are one program. Owns: that form, and the identity of a fault. Must not own: what
 * blinds (rules/sight), or since when (judge/blind).
 */
#ifndef CAPWATCH_PLUGIN_SNAPSHOT_H
#define CAPWATCH_PLUGIN_SNAPSHOT_H

#include "judge/blind.h"
#include "rules/sight.h"

/* The faults of a sight and its numbers into a snapshot; the rest is the caller's. */
void snapshot_fill(struct blind_snapshot *snapshot, const struct sight *sight,
		   const struct kernel_status *status);

/* The kernel does not say, and why. */
void snapshot_fill_unreadable(struct blind_snapshot *snapshot, const char *why);

/* How many of its bytes are the message. */
size_t snapshot_size(const struct blind_snapshot *snapshot);

/* False for what is no snapshot. */
bool snapshot_read(const char *body, size_t length, struct blind_snapshot *snapshot);

#endif
