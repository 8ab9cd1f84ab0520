/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe: an event meets the ledger: which process is it, what has happened to it unrecorded, is
 * it a launcher at work. Owns: the confirmation of pid by start time, and the order in which all
 * that is asked. Must not own: the comparison of exe with the host's file (image), the service
 * (membership), the user namespace (userns), the event's own effect on the sets (transition).
 */
#ifndef CAPWATCH_OBSERVE_H
#define CAPWATCH_OBSERVE_H

#include "judge/event.h"
#include "judge/world.h"

/* The process as it stood just before the event. */
struct observation {
	struct process *process;
	struct process *parent;		       /* NULL: not known */
	bool live;			       /* /proc confirmed it: its start time fits */
	struct proc_status status;	       /* where live: as it stands now, after the event */
	const struct launcher_entry *launcher; /* the event is a launcher's work; NULL otherwise */
	bool stale;	     /* what is known of the process is later than the event */
	bool other_thread;   /* a replay: the call came from far off in memory */
	bool opens_sessions; /* sshd, login, cron: a launcher of sessions */
};

/* Fills *observation; false only when out of memory. The event must hold a SYSCALL record. */
bool observe_event(struct world *world, const struct event *event, struct observation *observation);

/* The process named by the event now runs event->exe (an exec event, after its transition is
 * taken): new identity, new program service where it was in none that lasts. */
void observe_exec(struct world *world, const struct event *event, struct observation *seen);

/* LOGIN: the process set its audit login id. */
void observe_login(struct world *world, const struct event *event);

/* Takes a process into the ledger as /proc shows it now (seeding; parents never heard of). NULL
 * when it is gone. depth bounds the chain of parents. */
struct process *observe_adopt(struct world *world, int64_t pid, int depth);

#endif
