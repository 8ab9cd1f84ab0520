/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/pace.h"

/* In which as many gather as are to be read at a time, at the rate of the last read. */
static int64_t pause_after(int64_t records, int64_t elapsed)
{
	int64_t pause;

	if (records == 0 || records >= PACE_MANY)
		return 0;
	pause = PACE_GATHER * elapsed / records;
	return pause < PACE_LONGEST_US ? pause : PACE_LONGEST_US;
}

/* As they take place in the socket. */
static int64_t count_of(size_t bytes, uint64_t records)
{
	size_t by_bytes = (bytes + PACE_RECORD_BYTES - 1) / PACE_RECORD_BYTES;

	return (int64_t)(records > by_bytes ? records : by_bytes);
}

void pace_take_read(struct pace *pace, size_t bytes, uint64_t records, int64_t now)
{
	int64_t elapsed = now - pace->read_at, pause = 0;

	if (bytes > 0) {
		if (elapsed >= PACE_IDLE_US)
			pace->burst = 0;
		pace->burst += bytes;
		pace->read_at = now;
	}
	if (pace->burst >= PACE_LOAD_BYTES)
		pause = pause_after(count_of(bytes, records), elapsed);
	pace->until = pause ? now + pause : 0;
}

bool pace_ends_pause(struct pace *pace, int64_t now)
{
	if (!pace->until || now < pace->until)
		return false;
	pace->until = 0;
	return true;
}
