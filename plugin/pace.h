/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: when the stream is read next. auditd writes its records one by one, and a reader that takes
 * each as it comes pays a wake-up and a read for each: on a busy host that is nearly all that a
 * plugin costs. So under load records are left to gather for some milliseconds; on an idle host an
 * event is read as it comes.
 * Owns: that decision. Must not own: the clock, the descriptor.
 *
 * What gathers must fit into auditd's socket, which holds some 167 records of up to 700 bytes, or
 * auditd waits: the pause is the shorter the faster they came last.
 */
#ifndef CAPWATCH_PACE_H
#define CAPWATCH_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACE_IDLE_US = 20 * 1000,   /* without a read so long, a load is over */
	PACE_LOAD_BYTES = 4 * 1024, /* read since then: several events, a load */
	/* What is added to an alert's way is at most 5 ms: a sleeper wakes a little late. */
	PACE_LONGEST_US = 4700,
	PACE_GATHER = 90,	 /* records to be read at a time: half of what the socket holds */
	PACE_MANY = 130,	 /* in one read: the socket may have been full, read on */
	PACE_RECORD_BYTES = 700, /* a longer record takes the place of several */
};

/* All zero at the beginning. */
struct pace {
	int64_t read_at; /* us, steady clock: the last read of anything */
	size_t burst;	 /* bytes since the last idle time */
	int64_t until;	 /* us: not to be read before; 0: as it comes */
};

/* So much was read in one go, up to now (us, steady clock). */
void pace_take_read(struct pace *pace, size_t bytes, uint64_t records, int64_t now);

/* Is a pause over, so that the stream is to be read without asking poll(2) first? Ends it. */
bool pace_ends_pause(struct pace *pace, int64_t now);

/* Is there one? */
static inline bool pace_is_on(const struct pace *pace)
{
	return pace->until != 0;
}

#endif
