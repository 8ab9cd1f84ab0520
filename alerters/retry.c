/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/retry.h"

#include <sys/random.h>

enum { DOUBLINGS_MAX = 16 };

/* Fails only before the kernel's pool is ready, at boot: then the whole window is as good. */
static int64_t random_below(int64_t limit)
{
	uint64_t value;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
		return limit - 1;
	return (int64_t)(value % (uint64_t)limit);
}

void retry_after_failure(struct retry *retry, int64_t now, int64_t longest_ms)
{
	unsigned doublings = retry->failures < DOUBLINGS_MAX ? retry->failures : DOUBLINGS_MAX;
	int64_t window = (int64_t)RETRY_FIRST_WINDOW_MS << doublings;

	if (window > longest_ms)
		window = longest_ms;
	retry->failures++;
	retry->at = now + RETRY_SHORTEST_MS + random_below(window - RETRY_SHORTEST_MS + 1);
}

void retry_after_hint(struct retry *retry, int64_t now, int64_t wait_ms)
{
	if (wait_ms < RETRY_SHORTEST_MS)
		wait_ms = RETRY_SHORTEST_MS;
	if (wait_ms > RETRY_HINT_LONGEST_MS)
		wait_ms = RETRY_HINT_LONGEST_MS;
	retry->failures++;
	retry->at = now + wait_ms;
}

void retry_reset(struct retry *retry)
{
	retry->failures = 0;
	retry->at = 0;
}
