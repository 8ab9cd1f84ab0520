/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catchup: what a sensor that begins has missed, from auditd's log, and the place in the stream
 * where it goes on.
 * Owns: finding the checkpoint in the log and its rotated files, reading on from there in pieces of
 * whole lines, and the seam: which of the stream's first records the log has had already. Must not
 * own: judgement, the stream's reading, or what is said of it.
 *
 * auditd hands a record to its plugins first and writes it to the log then (auditd-event.c,
 * distribute_event()); both are in the same order, the log without EOE, and the stream without what
 * an overflowing queue dropped. A plugin's stream begins anywhere, after what its predecessor has
 * read. So the seam is found like this: the log is read to its end; the stream's first whole record
 * must be among those read, or auditd is about to write it; what of the stream follows it, and was
 * read from the log, is passed over; the first record that was not is where the stream goes on.
 * Each record so comes once, in order, and an event that is cut by the seam is put together by the
 * intake as ever.
 *
 * Some of the log before the checkpoint is given too (warm): it tells what the processes held, and
 * alerts that come of it were sent by the predecessor.
 *
 * All of it is read in bounded steps; the stream's bytes are taken meanwhile, so that auditd never
 * waits. When they are more than CATCHUP_STREAM_MAX they are thrown away: the log has them as well.
 */
#ifndef CAPWATCH_CATCHUP_H
#define CAPWATCH_CATCHUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/checkpoint.h"
#include "common/error.h"

enum {
	CATCHUP_PIECE_MAX = 64 * 1024,
	CATCHUP_WARM_BYTES = 2 * 1024 * 1024, /* of the log before the checkpoint */
	CATCHUP_STREAM_MAX = 1024 * 1024,
	CATCHUP_LINES_MAX = 16384,  /* read last from the log, among which the seam is looked for */
	CATCHUP_PATIENCE_MS = 3000, /* so long auditd may take to write what it has sent */
};

enum catchup_state {
	CATCHUP_MORE,	/* there is more to do at once: call again */
	CATCHUP_PIECE,	/* here is a piece to be judged; call again */
	CATCHUP_WAITS,	/* all of the log is read; the stream, or auditd's writing, must come first
			 */
	CATCHUP_DONE,	/* catchup_rest() is what to go on with */
	CATCHUP_BROKEN, /* as done, but records between may be missing: catchup_gap() */
};

struct catchup_piece {
	const char *bytes; /* whole lines; valid until the next call */
	size_t length;
	bool warm;	  /* lies before the checkpoint */
	bool before_boot; /* is of an earlier boot: none of its processes is left */
};

struct catchup;

/* path: the newest log file. boot: ms since the epoch. NULL when memory is out. */
struct catchup *catchup_new(const char *path, const struct checkpoint *from, int64_t boot);
void catchup_free(struct catchup *catchup);

/* Bytes of the stream, as they come. */
void catchup_take_stream(struct catchup *catchup, const char *bytes, size_t length);

/* now: steady ms. */
enum catchup_state catchup_step(struct catchup *catchup, int64_t now, struct catchup_piece *piece);

/* What is missing, in words, or NULL: the log does not reach back to the checkpoint, was rotated
 * away while it was read, or does not show what the stream does. Told once each. */
const char *catchup_gap(struct catchup *catchup);

/* After CATCHUP_WAITS: nothing of the stream waits to be matched with the log. */
bool catchup_is_even(const struct catchup *catchup);

/* After CATCHUP_DONE or CATCHUP_BROKEN: the stream's bytes that are still to be judged. */
const char *catchup_rest(const struct catchup *catchup, size_t *length);

#endif
