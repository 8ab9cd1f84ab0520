/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: one place where alerts go, whatever its type; the type's own part is behind sink_ops.
 * Owns: which alerts it wants, its spool, when to try again, saying once that it fails and once
 * that it works. Must not own: the loop, other sinks. Nothing here or in a sink blocks; the one
 * exception is a file's write and fdatasync, which wait for the disk.
 */
#ifndef CAPWATCH_SINK_H
#define CAPWATCH_SINK_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include "alerters/active.h"
#include "alerters/retry.h"
#include "alerters/spool.h"
#include "alerters/storm.h"
#include "alerters/transfer.h"
#include "common/error.h"
#include "common/log.h"
#include "conf/settings.h"

#define SINK_NEVER INT64_MAX

enum { SINK_WHY_MAX = 256 };

struct sink;

struct sink_ops {
	/* Makes the type's own state; touches nothing outside that may be away for a while. 0 or
	 * -1. */
	int (*open)(struct sink *sink, struct error *err);
	/* Ends what is under way; what was not delivered stays in the spool. */
	void (*close)(struct sink *sink);
	/* Delivers what can be delivered now. */
	void (*run)(struct sink *sink, int64_t now);
	/* A transfer of the multi has ended, whose CURLINFO_PRIVATE is the sink. NULL: it has none.
	 */
	void (*ended)(struct sink *sink, CURLcode code, int64_t now);
	/* Tells again what is still active; NULL for types that never do. */
	void (*resend)(struct sink *sink, int64_t now);
};

/* What all sinks use and none owns. */
struct sink_tools {
	const struct logger *log;
	CURLM *multi;		  /* the CURLM that the courier drives */
	const char *spool_folder; /* NULL: spools live in memory */
	int64_t wall_offset;	  /* ms; added to a steady time it is one since the epoch */
};

/* What was so far, and was said of it: goes on after a reload. */
struct sink_past {
	struct storm storm;
	bool failing;	       /* and it was said */
	int64_t failing_since; /* steady */
	bool drop_said;	       /* that the spool overflows */
	bool unsafe_said;      /* that it cannot be written */
	struct error unsafe_why;
	char last_error[SINK_WHY_MAX]; /* the last failure of a delivery; "" for none */
	int64_t last_error_at;	       /* ms since the epoch */
	int64_t drops_tell_at;	       /* not before, while they go on */
	uint64_t drops_told;	       /* of the spool's tally, while they go on */
	uint64_t dropped;	       /* before that tally */
	uint64_t retried;	       /* failures after which it was tried again */
	uint64_t given_up; /* refused by the receiver for good, or too old, or not to be sent */
};

struct sink {
	const struct sink_ops *ops;
	const struct sink_settings *settings; /* borrowed */
	const struct sink_tools *tools;	      /* borrowed */
	struct spool *spool;
	struct retry retry;
	struct sink_past past;
	void *state; /* the type's own */
	struct active
		*active; /* alertmanager: what is to be told again (alerters/active.h); or NULL */
	struct transfer transfer; /* the last over the network */
	int writable_fd;    /* run again when this can be written to, or at wake_at; -1 for none */
	int64_t wake_at;    /* SINK_NEVER: no need */
	int64_t persist_at; /* a spool that could not be written is not tried before */
	bool busy;    /* a delivery is under way: the type calls back, no deadline is needed */
	bool is_open; /* its spool's folder was looked at, or taken over */
};

/* With an empty spool. NULL with err. settings and tools must outlive it. */
struct sink *sink_new(const struct sink_settings *settings, const struct sink_tools *tools,
		      struct error *err);
void sink_free(struct sink *sink);

/* Takes in what the spool's folder has from before, and when to try it; does nothing where
 * sink_take_over() has brought that. A folder that cannot be used is said, and tried again. */
void sink_open(struct sink *sink, int64_t now);

/* Gives to what from holds (a sink of the same name and type, from before a reload). */
void sink_take_over(struct sink *to, struct sink *from);

/* Queues the parcel if this sink wants it and is not flooded (max_alerts). */
void sink_offer(struct sink *sink, struct parcel *parcel, int64_t now);

/* A steady time as ms since the epoch. */
int64_t sink_wall_time(const struct sink *sink, int64_t now);

/* When a window of max_alerts is over, or at the end (now is SINK_NEVER): how many were held back
 * and nobody was told; else 0. sink_forget_held_back() when somebody was. */
uint64_t sink_held_back(const struct sink *sink, int64_t now);
void sink_forget_held_back(struct sink *sink);

/* How many its spool has dropped since the courier's start, and that they were told. */
uint64_t sink_dropped(const struct sink *sink);
void sink_forget_drops(struct sink *sink);

/* As sink_offer(), but for this sink whatever it wants: what is said of itself. */
void sink_push(struct sink *sink, struct parcel *parcel, int64_t now);

/* Writes to disk what the sink has not delivered and would lose; call when sinks have run and
 * before anything is acknowledged. A failure is said once and tried again. */
void sink_persist(struct sink *sink, int64_t now);

void sink_run(struct sink *sink, int64_t now);

/* When sink_run() next has work: a time, 0 for at once, SINK_NEVER when something else must come
 * first. */
int64_t sink_deadline(const struct sink *sink);

/* For the types' own code. The first failure in a row is logged with its reason, later ones not. */
void sink_fails(struct sink *sink, int64_t now, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void sink_works(struct sink *sink);

/* After a failure whose sink->retry is set and whose parcels are released: keeps the tries over a
 * restart, and buries what has been tried for too long. */
void sink_wait(struct sink *sink, int64_t now);

/* What the receiver will never take: into dead, with why. */
void sink_give_up(struct sink *sink, int64_t now, const char *why);

#endif
