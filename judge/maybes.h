/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maybes: file calls that are of interest only if a PATH of theirs turns out to name the sysctl
 * cap_last_cap. On a host that records file access they are most of the stream, so nothing of them
 * is copied while the bytes that they came in are there.
 * Owns: their records until then, bounded: of more than MAYBES_MAX at a time the oldest is given
 * up. Must not own: events (intake).
 */
#ifndef CAPWATCH_MAYBES_H
#define CAPWATCH_MAYBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "judge/record.h"

enum {
	MAYBES_MAX = 32, /* a record of each may come between those of another: one a processor */
	MAYBE_RECORDS_MAX = 6, /* a SYSCALL, a CWD, and what PATHs come before the one that tells */
	MAYBE_TEXT_MAX = 4096, /* kept of one when its bytes go */
};

struct maybe {
	int64_t time;
	size_t record_count;
	struct bytes records[MAYBE_RECORDS_MAX]; /* without newline: in the stream's bytes, or in
						    its own text */
	char node[RECORD_NODE_MAX];
};

struct maybes {
	uint32_t pending; /* a bit each */
	unsigned next;	  /* to be given up */
	uint64_t serials[MAYBES_MAX];
	struct maybe maybes[MAYBES_MAX];
	char texts[MAYBES_MAX][MAYBE_TEXT_MAX];
};

/* A new one, with this record as its first. */
void maybes_begin(struct maybes *maybes, const struct record *record);

/* The one that the record belongs to, or NULL. */
struct maybe *maybes_find(struct maybes *maybes, const struct record *record);

/* What is beyond the bound is left out. */
void maybes_add(struct maybe *maybe, const struct record *record);

/* It is no maybe any more. */
void maybes_drop(struct maybes *maybes, struct maybe *maybe);

/* The bytes that were fed are about to go: what is pending still is copied. */
void maybes_keep(struct maybes *maybes);

#endif
