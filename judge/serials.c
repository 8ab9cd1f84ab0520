/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/serials.h"

#include <string.h>

static void drop_range(struct serials *serials, size_t index)
{
	serials->count--;
	memmove(&serials->ranges[index], &serials->ranges[index + 1],
		(serials->count - index) * sizeof(serials->ranges[0]));
}

static void give_up_first(struct serials *serials)
{
	serials->gone += serials->ranges[0].last - serials->ranges[0].first + 1;
	drop_range(serials, 0);
}

static void add_range(struct serials *serials, struct serials_range range)
{
	if (serials->count == SERIALS_RANGES_MAX)
		give_up_first(serials);
	serials->ranges[serials->count++] = range;
}

/* It comes late: what was passed over before and after it stays. */
static void take_late(struct serials *serials, uint64_t serial)
{
	for (size_t i = 0; i < serials->count; i++) {
		struct serials_range *range = &serials->ranges[i], rest = *range;

		if (serial < range->first || serial > range->last)
			continue;
		if (range->first == range->last) {
			drop_range(serials, i);
		} else if (serial == range->first) {
			range->first++;
		} else {
			range->last = serial - 1;
			rest.first = serial + 1;
			if (rest.first <= rest.last)
				add_range(serials, rest);
		}
		return;
	}
}

void serials_take(struct serials *serials, uint64_t serial, int64_t now)
{
	if (serial == serials->highest)
		return;
	if (serials->highest == 0 || serial + SERIALS_BACK_MAX < serials->highest) {
		memset(serials->ranges, 0, sizeof(serials->ranges));
		serials->count = 0;
		serials->highest = serial;
		return;
	}
	if (serial < serials->highest) {
		take_late(serials, serial);
		return;
	}
	if (serial > serials->highest + 1)
		add_range(serials, (struct serials_range){serials->highest + 1, serial - 1, now});
	serials->highest = serial;
}

void serials_begin_anew(struct serials *serials)
{
	serials->highest = 0;
}

void serials_miss_none(struct serials *serials, uint64_t serial)
{
	if (serial > serials->highest)
		serials->highest = serial - 1;
}

uint64_t serials_gone(struct serials *serials, int64_t now)
{
	uint64_t gone;

	/* a split range is behind younger ones: the order is only nearly that of time */
	for (size_t i = 0; i < serials->count;) {
		struct serials_range *range = &serials->ranges[i];

		if (now - range->since < SERIALS_PATIENCE_MS) {
			i++;
			continue;
		}
		serials->gone += range->last - range->first + 1;
		drop_range(serials, i);
	}
	gone = serials->gone;
	serials->gone = 0;
	return gone;
}

void serials_forget(struct serials *serials)
{
	serials->count = 0;
	serials->gone = 0;
}

int64_t serials_deadline(const struct serials *serials)
{
	int64_t deadline = -1;

	for (size_t i = 0; i < serials->count; i++)
		if (deadline < 0 || serials->ranges[i].since + SERIALS_PATIENCE_MS < deadline)
			deadline = serials->ranges[i].since + SERIALS_PATIENCE_MS;
	return deadline;
}
