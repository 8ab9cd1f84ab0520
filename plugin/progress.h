/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: from where the next sensor has to go on, told to the courier as time goes by.
 * Owns: which position of the judge is safe (every alert from before it acknowledged), how often it
 * is told, and reading what the last sensor had told. Must not own: the file (alerters/keeper.h),
 * or catching up.
 */
#ifndef CAPWATCH_PROGRESS_H
#define CAPWATCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/checkpoint.h"
#include "judge/judge.h"
#include "plugin/outbox.h"

enum {
	PROGRESS_EVERY_MS = 200, /* while events are judged */
	/* while only records of no interest come: a checkpoint's own write may be such a record */
	PROGRESS_IDLE_MS = 30 * 1000,
};

struct progress {
	struct judge *judge; /* borrowed, both */
	struct outbox *outbox;
	struct checkpoint told, next; /* next is safe once the alert of this number is: */
	uint64_t number;
	bool waits;	      /* there is such a one */
	uint64_t next_events; /* how many had been judged by then */
	uint64_t told_events;
	int64_t told_at; /* steady ms; 0: nothing told yet */
};

/* Tells what can be told now (steady ms). */
void progress_tell(struct progress *progress, int64_t now);

/* At an orderly end with every alert acknowledged. */
void progress_tell_end(struct progress *progress);

enum progress_found { PROGRESS_NONE, PROGRESS_FOUND, PROGRESS_BROKEN };

/* What the folder's file says; nothing in it is believed that is not whole. NONE: there is no file,
 * or none was told yet. */
enum progress_found progress_read(const char *folder, struct checkpoint *checkpoint);

#endif
