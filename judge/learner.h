/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learner: what of a gain is worth learning. Turns what the judge sees into kinds of
 * common/learnt.h, and counts them.
 * Owns: which facts make two gains the same kind: what a baseline entry can tell apart, and nothing
 * else; so neither pid nor comm nor time. Must not own: when something is learnt (learning), where
 * it is kept, what follows from it.
 */
#ifndef CAPWATCH_LEARNER_H
#define CAPWATCH_LEARNER_H

#include <stdbool.h>

#include "common/alert.h"
#include "common/learnt.h"
#include "judge/ledger.h"

struct learner;

/* host and host_id (may be NULL) are copied. NULL when out of memory. */
struct learner *learner_new(const char *host, const char *host_id);
void learner_free(struct learner *learner); /* NULL is fine */

struct learner_gain {
	const struct alert *alert; /* as it would be */
	bool by_launcher;	   /* a launcher's work, for its target */
	int64_t after_start;	   /* ms since its service had started; -1: not known */
};

void learner_take_gain(struct learner *learner, const struct learner_gain *gain);

/* A process of a service whose start is over holds this in permitted, at this time (ms). */
void learner_take_held(struct learner *learner, const struct process *process, capmask permitted,
		       int64_t time);

/* A start of the service was seen to its end; or (started false) it was there before. */
void learner_take_service(struct learner *learner, const struct service *service, bool started,
			  int64_t time);

/* What has been counted since it was last taken out (learnt_take_lines()). */
struct learnt *learner_counted(struct learner *learner);

#endif
