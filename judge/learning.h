/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learning: whether gains are learnt just now instead of alerted, and of which services.
 * Owns: which service it covers, which reason no baseline may ever allow. Must not own: how what is
 * learnt is kept (learner), who switches it.
 */
#ifndef CAPWATCH_LEARNING_H
#define CAPWATCH_LEARNING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/vocab.h"
#include "judge/service.h"

/* Switched on at run time; mode: learn needs none of it. */
struct learning {
	bool on;
	int64_t since, until;	     /* ms since the epoch; until 0: no end */
	char unit[SERVICE_NAME_MAX]; /* a glob of a unit's name or template; "": all services */
};

/* The last event of which something was learnt: what is judged again up to it, after a restart, is
 * not learnt again. */
struct learning_position {
	int64_t time; /* ms; 0: none */
	uint64_t serial;
};

struct world;

/* Is anything learnt now? */
bool learning_is_on(const struct world *world);

/* Is what this service (NULL: not known) gains learnt? */
bool learning_covers(const struct world *world, const struct service *service);

/* Could an entry of a baseline ever allow it? What none may is alerted while learning, too. */
bool learning_takes(enum reason reason);

#endif
