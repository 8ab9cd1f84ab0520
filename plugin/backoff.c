/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/backoff.h"

static int64_t doubled(int64_t delay_ms)
{
	if (delay_ms == 0)
		return BACKOFF_FIRST_MS;
	return delay_ms * 2 < BACKOFF_LONGEST_MS ? delay_ms * 2 : BACKOFF_LONGEST_MS;
}

int64_t backoff_next(struct backoff *backoff, int64_t started, int64_t now)
{
	int64_t delay;

	if (now - started >= BACKOFF_HEALTHY_MS)
		backoff->delay_ms = 0;
	delay = backoff->delay_ms;
	backoff->delay_ms = doubled(delay);
	return now + delay;
}
