/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pulse: whether the sensor still runs its loop, seen from the supervisor.
 * A sensor that stands still (stopped, or waiting for a dead file server) while records wait would
 * block auditd's dispatcher, and in the end every audited process on the host.
 * Owns: a counter in shared memory, how long it may stand, and beside it which event is being
 * judged. Must not own: what is done about either.
 */
#ifndef CAPWATCH_PULSE_H
#define CAPWATCH_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "common/error.h"

enum {
	PULSE_LOOK_MS = 1000,
	/* Looks in a row, not time: that also passes for a virtual machine that is paused. */
	PULSE_STILL_MAX = 10,
};

/* The part that both share. */
struct pulse {
	_Atomic uint64_t beats;
	_Atomic int64_t event_time;    /* ms: of the event that is being judged */
	_Atomic uint64_t event_serial; /* 0: none is */
};

struct pulse_watch {
	struct pulse *pulse;
	uint64_t beats; /* when last looked at */
	int64_t looked_at;
	unsigned still; /* looks in a row that found no beat, but records waiting */
};

int pulse_open(struct pulse_watch *watch, struct error *err);
void pulse_close(struct pulse_watch *watch);

/* The sensor's: each turn of its loop, and before each piece of the stream that it judges. */
void pulse_beat(struct pulse *pulse);

/* The sensor's: which event it judges from now on; serial 0: none. */
void pulse_set_event(struct pulse *pulse, int64_t time, uint64_t serial);

/* The supervisor's, of a sensor that has ended: at which event; false: at none. */
bool pulse_get_event(const struct pulse_watch *watch, int64_t *time, uint64_t *serial);

/* A new sensor. */
void pulse_reset(struct pulse_watch *watch);

/* Looks, at most once in PULSE_LOOK_MS; now in steady milliseconds. True when the sensor has stood
 * still for PULSE_STILL_MAX looks while stream had something to read, or was at its end. */
bool pulse_stands_still(struct pulse_watch *watch, int stream, int64_t now);

#endif
