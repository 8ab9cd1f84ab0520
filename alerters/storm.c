/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/storm.h"

bool storm_passes(struct storm *storm, const struct settings_rate *rate, int64_t now)
{
	if (rate->count == 0)
		return true;
	/* one of which something is to be said stays open until that is done */
	if (storm->held_back == 0 && now - storm->since >= rate->window_ms)
		*storm = (struct storm){.since = now};
	if (storm->passed < rate->count) {
		storm->passed++;
		return true;
	}
	storm->held_back++;
	return false;
}

int64_t storm_deadline(const struct storm *storm, const struct settings_rate *rate)
{
	return storm->held_back > 0 ? storm->since + rate->window_ms : INT64_MAX;
}

void storm_end(struct storm *storm)
{
	*storm = (struct storm){.since = INT64_MIN / 2};
}
