/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backoff: when to start a child again that ended. At once the first time; then after 100 ms,
 * doubling up to 30 s; from the beginning once a start has lived for a minute. Milliseconds of any
 * steady clock.
 */
#ifndef CAPWATCH_BACKOFF_H
#define CAPWATCH_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 100, BACKOFF_LONGEST_MS = 30 * 1000, BACKOFF_HEALTHY_MS = 60 * 1000 };

struct backoff {
	int64_t delay_ms; /* of the next restart */
};

/* A child that was started then has ended now: returns when to start the next. */
int64_t backoff_next(struct backoff *backoff, int64_t started, int64_t now);

#endif
