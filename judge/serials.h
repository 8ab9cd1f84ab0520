/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serials: which serials of this host's kernel did not come. The kernel numbers its events without
 * gaps; what an exclude rule drops takes no number (kernel/audit.c, audit_log_start()). Records of
 * different events interleave, so a number that is passed over has time to come.
 * Owns: the numbers passed over, and the patience. Must not own: lines, or what a loss means.
 */
#ifndef CAPWATCH_SERIALS_H
#define CAPWATCH_SERIALS_H

#include <stddef.h>
#include <stdint.h>

enum {
	SERIALS_PATIENCE_MS = 2000,
	SERIALS_RANGES_MAX = 64, /* beyond that the oldest is given up early */
	/* A number so far below the highest is another boot's, or was put into the stream. */
	SERIALS_BACK_MAX = 1 << 20,
};

struct serials_range {
	uint64_t first, last;
	int64_t since; /* ms: when they were passed over */
};

struct serials {
	uint64_t highest; /* 0: none has come yet */
	uint64_t gone;	  /* given up and not taken yet */
	struct serials_range ranges[SERIALS_RANGES_MAX];
	size_t count;
};

/* One record's serial; now in ms. */
void serials_take(struct serials *serials, uint64_t serial, int64_t now);

/* Between the last serial and the next one nothing is passed over: auditd ended or began, and the
 * event of its leaving (audit_pid=0) goes to nobody. What the kernel drops meanwhile its own
 * counter tells. */
void serials_begin_anew(struct serials *serials);

/* Before serials_take() of this one: what has not come between the highest and it is nobody's
 * loss, it comes late or not at all. */
void serials_miss_none(struct serials *serials, uint64_t serial);

/* How many have not come within the patience since the last call. */
uint64_t serials_gone(struct serials *serials, int64_t now);

/* What was passed over until now is nobody's loss. */
void serials_forget(struct serials *serials);

/* When serials_gone() next has some (ms), or -1. */
int64_t serials_deadline(const struct serials *serials);

#endif
