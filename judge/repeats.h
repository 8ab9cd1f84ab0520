/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeats: the first of a kind goes out at once, the rest of its window becomes one summary with a
 * count. A kind is a fingerprint on a node. Owns: the table (bounded in kinds and in bytes: the
 * oldest kind's summary goes out early when it is full, nothing is dropped), copies of the first
 * alerts. Must not own: what alerts.
 */
#ifndef CAPWATCH_REPEATS_H
#define CAPWATCH_REPEATS_H

#include "common/alert.h"
#include "judge/judge.h"

enum {
	REPEATS_MAX = 512,
	REPEATS_BYTES_MAX = 2 * 1024 * 1024, /* of the copies; one alone may be larger */
};

struct repeats;

struct repeats *repeats_new(judge_alert_fn deliver, void *ctx);
void repeats_free(struct repeats *repeats);

/* 0 ms: every alert by itself. */
void repeats_set_window(struct repeats *repeats, int64_t milliseconds);

/* Makes the alert's fingerprint. True where one of its kind went out in this window: then it is
 * counted, and need not be told of any further. now in ms. */
bool repeats_count(struct repeats *repeats, struct alert *alert, int64_t now);

/* One that was not counted: makes its id, opens its window, and delivers it. */
void repeats_deliver(struct repeats *repeats, struct alert *alert, int64_t now);

/* Summaries whose window is over go out. */
void repeats_expire(struct repeats *repeats, int64_t now);
/* All of them do. */
void repeats_flush(struct repeats *repeats);

/* When repeats_expire() next has work, or -1. */
int64_t repeats_deadline(const struct repeats *repeats);

#endif
