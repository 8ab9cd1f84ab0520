/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake: bytes into whole candidate events.
 * Owns: line framing, the selection of records by content, the assembly of interleaved records of
 * one event, all bounds on memory. Must not own: what a record means (event), nor trust any record
 * beyond its beginning: "type=" counts only at a line's start, for the body of a USER message may
 * hold whatever its sender liked.
 */
#ifndef CAPWATCH_INTAKE_H
#define CAPWATCH_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/record.h"
#include "judge/serials.h"

enum {
	INTAKE_EVENT_MAX = 32 * 1024, /* all records of an event; further ones are left out */
	INTAKE_OPEN_MAX = 64,	      /* events assembled at a time: 2 MiB at the most */
	INTAKE_RECORDS_MAX = INTAKE_EVENT_MAX / sizeof("type= msg=audit(1.1:1):"),
};

struct intake_event {
	const char *text; /* its records, each ended by a newline; node= prefixes removed */
	size_t length;
	const struct record_line *records; /* the same, each by itself */
	size_t record_count;
	const char *node; /* "" without node= */
	int64_t time;	  /* ms since the epoch */
	uint64_t serial;
	bool complete;	/* its end was seen: EOE, or PROCTITLE where its node sends none */
	bool truncated; /* records were left out: more than INTAKE_EVENT_MAX */
};

struct intake_stats {
	uint64_t bytes, records, events, malformed, oversized, incomplete;
	uint64_t last_serial; /* of the event delivered last; 0: none yet */
	int64_t last_time;
};

/* The last record before which no event is open: it, and all before it, are delivered or of no
 * interest. EOE is in no log, so it is never one. */
struct intake_position {
	int64_t time;
	uint64_t serial;
	uint64_t line; /* checkpoint_line_key() of the record */
};

typedef void (*intake_event_fn)(void *ctx, const struct intake_event *event);

struct intake;

/* NULL when out of memory. */
struct intake *intake_new(intake_event_fn deliver, void *ctx);
void intake_free(struct intake *intake);

/* Live: the serial of every record of this host (without node=, or with its name) is counted there,
 * but for auditd's own DAEMON_*, which count apart. Both are borrowed. */
void intake_count_serials(struct intake *intake, struct serials *serials, const char *host);

/* Bytes cut anywhere. now (ms) dates the arrival; 0 in a replay: then the clock is the records'. */
void intake_feed(struct intake *intake, const char *bytes, size_t length, int64_t now);

/* Live: delivers events whose end (EOE) has not come within INTAKE_PATIENCE_MS of their last
 * record. Only when all that has come was fed: what waits unread may be that end. */
enum { INTAKE_PATIENCE_MS = 3000 };
void intake_expire(struct intake *intake, int64_t now);

/* When intake_expire() next has work (ms), or -1. */
int64_t intake_deadline(const struct intake *intake);

/* The end of the stream: a last line without newline counts, everything pending is delivered. */
void intake_finish(struct intake *intake);

/* False before there is one. */
bool intake_get_position(const struct intake *intake, struct intake_position *position);

/* Of intake_get_stats(). */
uint64_t intake_records(const struct intake *intake);

void intake_get_stats(const struct intake *intake, struct intake_stats *stats);

#endif
