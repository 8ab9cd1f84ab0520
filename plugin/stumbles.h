/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stumbles: at which events sensors have ended, so that one event does not end every next one too.
 * Owns: the list, bounded, and from which end on an event is left out. Must not own: how an end is
 * told, or the leaving out.
 */
#ifndef CAPWATCH_STUMBLES_H
#define CAPWATCH_STUMBLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STUMBLES_MAX = 16,  /* the oldest is forgotten */
	STUMBLES_KILLS = 3, /* by somebody else, or for lack of memory: chance may do that twice */
};

struct stumble {
	int64_t time; /* ms; with serial: the event */
	uint64_t serial;
	unsigned kills;
	bool left_out;
};

struct stumbles {
	struct stumble list[STUMBLES_MAX];
	size_t count, next;
};

/* A sensor has ended at this event; by_itself: by a fault of its own, not by a kill from outside.
 * True when the event is left out from now on. */
bool stumbles_note(struct stumbles *stumbles, int64_t time, uint64_t serial, bool by_itself);

/* Is it to be left out? */
bool stumbles_leave_out(const struct stumbles *stumbles, int64_t time, uint64_t serial);

/* A wait status of a sensor that ended at an event: was it the sensor's own fault? */
bool stumbles_is_own_fault(int status);

#endif
