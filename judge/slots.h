/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots: the events that are being assembled, each in a slot. Whoever makes many of them at a time
 * must not make each record dear: one is found by its serial, and the oldest is known.
 * Owns: which events are open, their text, the bounds on both. Must not own: when an event is
 * whole, or what becomes of it (intake).
 */
#ifndef CAPWATCH_SLOTS_H
#define CAPWATCH_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/intake.h"
#include "judge/record.h"

enum { SLOTS_BUCKETS = 256 };

struct slot {
	uint64_t serial;
	int64_t time, last_arrival;
	char *text; /* the records, each with its newline, without node= */
	size_t length, capacity;
	bool truncated, complete;
	struct slot *newer,
		*older; /* of those that are open, in the order in which they were opened */
	struct slot *same_bucket;
	char node[RECORD_NODE_MAX];
};

/* All zero: none is open. */
struct slots {
	uint64_t open; /* a bit each */
	struct slot *oldest, *newest;
	struct slot *buckets[SLOTS_BUCKETS]; /* by serial */
	struct slot slots[INTAKE_OPEN_MAX];
};

void slots_free(struct slots *slots);

/* The record's event, or NULL. */
struct slot *slots_find(const struct slots *slots, const struct record *record);

/* Opens one for the record's event, of which there is none. NULL: no memory. One must be free. */
struct slot *slots_open(struct slots *slots, const struct record *record);

static inline bool slots_are_full(const struct slots *slots)
{
	return ~slots->open == 0;
}

/* Its text stays until slot_trim(), which gives much of it back, or until a slot is opened. */
void slots_close(struct slots *slots, struct slot *slot);
void slot_trim(struct slot *slot);

/* What is beyond INTAKE_EVENT_MAX is left out. now: of last_arrival. */
void slot_append(struct slot *slot, struct bytes line, int64_t now);

#endif
