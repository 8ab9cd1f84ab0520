/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume: a sensor's beginning where another has ended before it: from the checkpoint through
 * auditd's log (catchup) into the stream, then the ledger is seeded from /proc.
 * Owns: whether and how that is done, what is said where something is missing, and in which order
 * log, stream and /proc reach the judge. Must not own: reading the stream, or the judge.
 *
 * /proc comes last: it shows what came of the events that are caught up with, and would hide their
 * gains. A sensor without a checkpoint (the first one) has nothing to catch up with: it begins with
 * /proc as it is.
 */
#ifndef CAPWATCH_RESUME_H
#define CAPWATCH_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/log.h"
#include "judge/judge.h"
#include "plugin/catchup.h"

struct resume_options {
	const char *spool_folder; /* where the checkpoint is */
	pid_t auditd;		  /* who started the supervisor */
	uint64_t discarded;	  /* bytes of the stream that nobody judged, before this sensor */
};

/* The sensor's part. */
struct resume_ops {
	void (*feed)(void *ctx, const char *bytes, size_t length);
	bool (*stream_waits)(void *ctx); /* has something to read */
	void (*renew)(void *ctx);	 /* a new judge in *judge: all processes are gone */
};

struct resume {
	const struct resume_ops *ops;
	void *ctx;
	struct judge **judge;
	const struct logger *log;
	struct catchup *catchup; /* NULL: it is over, or there was nothing to catch up with */
	bool warm, before_boot, seeded;
	bool aside; /* what lies between the checkpoint and the stream is the next sensor's */
	int64_t began_at, again_at, waits_since; /* steady ms */
};

/* Everything but the options is set by the caller: ops, ctx, judge, log. */
void resume_begin(struct resume *resume, const struct resume_options *options);
void resume_end(struct resume *resume); /* frees; what is not caught up with stays to be */

/* While true the stream's bytes go to resume_take_stream(), not to the judge. */
bool resume_is_on(const struct resume *resume);

/* All between the last checkpoint and what is judged now was judged, or said to be lost. */
bool resume_may_tell_progress(const struct resume *resume);

void resume_take_stream(struct resume *resume, const char *bytes, size_t length);

/* A bounded piece of the work. now: steady ms. */
void resume_step(struct resume *resume, int64_t now);

/* When resume_step() has work, unless the stream comes before: steady ms. Only while it is on. */
int64_t resume_deadline(const struct resume *resume);

#endif
