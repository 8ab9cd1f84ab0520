/* SPDX-License-Identifier: Apache-2.0 */
/*
 * userns: is a process in the host's user namespace, where what it gains counts, or in a child of
 * it? Owns: what /proc shows of it, the doubt while its record may still come. Must not own: the
 * calls by which a process goes there (transition).
 */
#ifndef CAPWATCH_USERNS_H
#define CAPWATCH_USERNS_H

#include "judge/observe.h"

/* Of a process that is taken in as /proc shows it; parent may be NULL. */
void userns_adopt(const struct world *world, struct process *process, const struct process *parent);

/* Of a new process of the ledger. What it inherits is its parent's of now; /proc shows its own. */
void userns_find(const struct world *world, const struct event *event,
		 const struct observation *seen, struct process *process);

/* Ends a doubt when the stream has passed the reading and no record said that it went there. */
void userns_settle(struct process *process, const struct event *event);

#endif
