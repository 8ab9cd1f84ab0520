/* SPDX-License-Identifier: Apache-2.0 */
/*
 * older: which processes may be older than auditing. What the kernel forked before auditing was
 * first enabled has no audit context, for life (kernel/auditsc.c, audit_alloc()): its calls are on
 * no record. Without audit=1 on the kernel's command line these are all that a boot starts before
 * somebody (systemd-journald, auditd) enables auditing.
 * Owns: finding them, once a boot. Must not own: the alert (judge/report).
 *
 * The kernel tells neither who has a context nor since when auditing is on. It was on when the
 * first reading found it so, and when the oldest process that is on record was forked; who is older
 * than both, and on no record himself, may be one.
 */
#ifndef CAPWATCH_OLDER_H
#define CAPWATCH_OLDER_H

#include "judge/blind.h"
#include "judge/coverage.h"
#include "judge/world.h"

struct older {
	bool due, told;
	int64_t on_at; /* ms: auditing was on then; 0: not known */
	char boot_id[BLIND_BOOT_MAX];
};

void older_take_snapshot(struct older *older, const struct blind_snapshot *snapshot, int64_t now);

/* Reports what it finds, once, when the rules are surely loaded and records have come since. */
void older_run(struct older *older, const struct world *world, coverage_fn report, void *ctx);

#endif
