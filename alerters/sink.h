/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: one place where alerts go, whatever its type; the type's own part is behind sink_ops.
 * Owns: which alerts it wants, its spool, when to try again, saying once that it fails and once
 * that it works. Must not own: the loop, other sinks. Nothing here or in a sink blocks; the one
 * exception is a file's write and fdatasync, which wait for the disk.
 */
#ifndef CAPWATCH_SINK_H
#define CAPWATCH_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include "alerters/active.h"
#include "alerters/retry.h"
#include "alerters/spool.h"
#include "common/error.h"
#include "common/log.h"
#include "conf/settings.h"

enum { SPOOL_COUNT_MAX = 10000, SPOOL_BYTES_MAX = 32 * 1024 * 1024 };

#define SINK_NEVER INT64_MAX

struct sink;

struct sink_ops {
	/* Makes the type's own state; touches nothing outside that may be away for a while. 0 or
	 * -1. */
	int (*open)(struct sink *sink, struct error *err);
	/* Ends what is under way; what was not delivered stays in the spool. */
	void (*close)(struct sink *sink);
	/* Delivers what can be delivered now. */
	void (*run)(struct sink *sink, int64_t now);
	/* Tells again what is still active; NULL for types that never do. */
	void (*resend)(struct sink *sink, int64_t now);
};

/* What all sinks use and none owns. */
struct sink_tools {
	const struct logger *log;
	void *multi; /* the CURLM that the courier drives */
};

struct sink {
	const struct sink_ops *ops;
	const struct sink_settings *settings; /* borrowed */
	const struct sink_tools *tools;	      /* borrowed */
	struct spool *spool;
	struct retry retry;
	void *state; /* the type's own */
	struct active
		*active;   /* alertmanager: what is to be told again (alerters/active.h); or NULL */
	int writable_fd;   /* run again when this can be written to, or at wake_at; -1 for none */
	int64_t wake_at;   /* SINK_NEVER: no need */
	bool busy;	   /* a delivery is under way: the type calls back, no deadline is needed */
	bool failing;	   /* and it was said */
	bool drop_said;	   /* that the spool overflows */
	uint64_t given_up; /* refused by the receiver for good, or not to be sent at all */
};

/* With an empty spool. NULL with err. settings and tools must outlive it. */
struct sink *sink_new(const struct sink_settings *settings, const struct sink_tools *tools,
		      struct error *err);
void sink_free(struct sink *sink);

/* Gives to what from holds (a sink of the same name and type, from before a reload). */
void sink_take_over(struct sink *to, struct sink *from);

/* Queues the parcel if this sink wants it. */
void sink_offer(struct sink *sink, struct parcel *parcel);

void sink_run(struct sink *sink, int64_t now);

/* When sink_run() next has work: a time, 0 for at once, SINK_NEVER when something else must come
 * first. */
int64_t sink_deadline(const struct sink *sink);

/* For the types' own code. The first failure in a row is logged with its reason, later ones not. */
void sink_fails(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sink_works(struct sink *sink);

#endif
