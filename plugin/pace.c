/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/pace.h"

static int64_t pause_after(size_t bytes)
{
	if (bytes == 0 || bytes >= PACE_MANY_BYTES)
		return 0;
	return bytes < PACE_FEW_BYTES ? PACE_LONG_MS : PACE_SHORT_MS;
}

void pace_take_read(struct pace *pace, size_t bytes, int64_t now)
{
	int64_t pause;

	if (bytes > 0) {
		if (now - pace->read_at >= PACE_IDLE_MS)
			pace->burst = 0;
		pace->burst += bytes;
		pace->read_at = now;
	}
	pause = pace->burst >= PACE_LOAD_BYTES ? pause_after(bytes) : 0;
	pace->until = pause ? now + pause : 0;
}

bool pace_ends_pause(struct pace *pace, int64_t now)
{
	if (!pace->until || now < pace->until)
		return false;
	pace->until = 0;
	return true;
}
