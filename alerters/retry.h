/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry: when to try again what failed. Exponential windows with full jitter: each try lies
 * anywhere in its window, so that the many hosts a receiver lost at once do not all come back at
 * once. Times are milliseconds of any steady clock.
 */
#ifndef CAPWATCH_RETRY_H
#define CAPWATCH_RETRY_H

#include <stdint.h>

enum {
	RETRY_FIRST_WINDOW_MS = 1000,
	RETRY_SHORTEST_MS = 100,
	RETRY_LONGEST_MS = 5 * 60 * 1000,
	RETRY_HINT_LONGEST_MS = 60 * 60 *
				1000, /* a receiver that asks for more is asked again then */
};

struct retry {
	unsigned failures; /* in a row */
	int64_t at;	   /* not before this time; 0 when nothing failed */
};

/* Another failure now: sets at, anywhere between RETRY_SHORTEST_MS and the end of the window, which
 * doubles each time up to longest_ms. */
void retry_after_failure(struct retry *retry, int64_t now, int64_t longest_ms);

/* As above, but the receiver said when (Retry-After): wait_ms, kept within RETRY_SHORTEST_MS and
 * RETRY_HINT_LONGEST_MS. */
void retry_after_hint(struct retry *retry, int64_t now, int64_t wait_ms);

void retry_reset(struct retry *retry);

#endif
