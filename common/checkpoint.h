/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint: how far the audit stream is judged, and every alert of it safe with the courier. The
 * sensor tells it, the courier keeps it in a file (alerters/keeper.h), and the next sensor goes on
 * from there in auditd's log (plugin/catchup.h).
 * Owns: the text that both go by, and how a record is recognised in stream and log. Must not own:
 * the file, or when a checkpoint is told.
 */
#ifndef CAPWATCH_CHECKPOINT_H
#define CAPWATCH_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In SPOOLDIR. A sink's name has no dot at its start, so that no spool is called so. */
#define CHECKPOINT_FILE ".checkpoint"

enum { CHECKPOINT_TEXT_SIZE = 160 }; /* the text's exact length */

struct checkpoint {
	int64_t time;	 /* ms: of the record */
	uint64_t serial; /* and its serial */
	uint64_t line;	 /* checkpoint_line_key() of it: the last one that needs no judging */
	bool clean;	 /* the sensor ended after it, as it should: nothing was left behind */
};

/* The text, of fixed length so that it can be written over in place, ended by a newline; text[] is
 * terminated beyond. With a digest of its own: a torn or made-up one is not taken for one. */
void checkpoint_print(const struct checkpoint *checkpoint, char text[CHECKPOINT_TEXT_SIZE + 1]);

/* False when the bytes are no such text, of exactly this length. */
bool checkpoint_parse(const char *text, size_t length, struct checkpoint *checkpoint);

/* Of one record without its newline: the same in auditd's log and in a plugin's stream, whether
 * either has a node= in front or what auditd looked up behind (0x1d). */
uint64_t checkpoint_line_key(const char *line, size_t length);

#endif
