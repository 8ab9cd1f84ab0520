/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lessons: learning, as the sensor goes about it: orders that switch it, the setup that outlives a
 * restart, and the handing over of what was learnt.
 * Owns: when what is learnt goes to the courier; the comparison of this setup with the last one's.
 * Must not own: what is learnt (judge/learner), whether something is (judge), the files (courier).
 */
#ifndef CAPWATCH_LESSONS_H
#define CAPWATCH_LESSONS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/log.h"
#include "common/setup.h"
#include "judge/judge.h"
#include "plugin/configuration.h"
#include "plugin/orders.h"
#include "plugin/outbox.h"

struct lessons {
	/* the caller's, set before lessons_begin() */
	struct judge **judge;
	struct outbox *outbox;
	const struct logger *log;
	const struct proc_reader *proc;

	struct learner *learner; /* lessons_make_learner() */
	struct setup setup;	 /* as it was last handed over */
	struct orders orders;
	int64_t flushed_at; /* steady clock */
};

/* Before the judge is made, which takes the learner. -1 with err when out of memory. */
int lessons_make_learner(struct lessons *lessons, const char *host, const char *host_id,
			 struct error *err);

/* Once it judges: goes on with what the last sensor was told, and alerts what was changed since. */
void lessons_begin(struct lessons *lessons, const struct configuration *configuration);
void lessons_end(struct lessons *lessons);

/* A new judge knows nothing of it. */
void lessons_teach(const struct lessons *lessons);

/* Another configuration is judged by from now on. */
void lessons_take_configuration(struct lessons *lessons, const struct configuration *configuration);

/* root's connection, to be polled for input while it is not -1. */
void lessons_admit(struct lessons *lessons, int fd);
int lessons_fd(const struct lessons *lessons);
void lessons_hear(struct lessons *lessons);

/* Hands over what is due by the steady clock, or all of it (at the end). */
void lessons_run(struct lessons *lessons, int64_t now, bool all);

/* When lessons_run() next has work, by the steady clock (ms); -1: not until something is learnt. */
int64_t lessons_deadline(const struct lessons *lessons);

#endif
