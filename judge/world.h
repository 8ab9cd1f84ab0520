/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world: what the judge knows at a moment, passed to each of its modules; no logic of its own.
 */
#ifndef CAPWATCH_WORLD_H
#define CAPWATCH_WORLD_H

#include "conf/baseline.h"
#include "conf/settings.h"
#include "judge/learning.h"
#include "judge/ledger.h"
#include "judge/nodes.h"
#include "judge/proc_reader.h"
#include "judge/readings.h"
#include "judge/service.h"

enum {
	/* audit stamps its events with the coarse clock (up to 10 ms behind), /proc counts 10 ms */
	CLOCK_SLACK_MS = 30,
	RULES_LOADED_MS = 60000,
	/* so long after its exec a child of init may still act before it executes its target, on a
	   host that starves at boot */
	UNRECORDED_MS = 10000,
};

struct world {
	const struct settings *settings;
	const struct baseline *baseline;
	const struct proc_reader *proc; /* NULL: a replay */
	bool execs_seen[NODES_MAX];	/* execs without a login are recorded there: one was */
	int64_t execs_since;		/* of this host: ms, the first such exec */
	bool init_mimicked;   /* this host: another than init's child executed init's file */
	bool seeding;	      /* taking in what was there before us */
	bool late;	      /* what comes happened while nobody watched, see judge_begin_late() */
	int64_t auditd_began; /* late: ms, this host's last DAEMON_START on record; 0: none */
	int64_t seeded_at;    /* ms: when that began */
	int64_t seeded_until; /* and when it had surely ended: the first bytes came */
	struct service_clock clock;
	int64_t now;		  /* live: the wall clock (ms); a replay: the latest event's time */
	struct learning learning; /* switched on at run time */
	struct readings readings; /* of this host's /proc, for events that it was asked of before */
	struct ledger *ledger;
	struct service_table *services;
	struct nodes *nodes; /* others whose records come */
};

/* What the clock says that the node's records are dated by (ms), live and in a replay. */
static inline int64_t world_time(const struct world *world, unsigned node)
{
	return nodes_time(world->nodes, node, world->now);
}

/* /proc is this host's only: an aggregating auditd delivers others' records too. */
static inline bool world_has_proc(const struct world *world, unsigned node)
{
	return world->proc && node == 0;
}

/* Does /proc still show this very process? Its pid may be a later one's by now. */
static inline bool world_is_alive(const struct world *world, const struct process *process)
{
	return world_has_proc(world, process->node) && process->start_ticks &&
	       proc_reader_is_there(world->proc, (pid_t)process->pid, process->start_ticks);
}

/* At boot auditd starts us and only then are the rules loaded (augenrules): by this time (ms) they
 * are. */
static inline int64_t world_rules_loaded(const struct world *world)
{
	return world->seeded_until + RULES_LOADED_MS;
}

/* At boot, on this host: init's child that acts at this time (ms) may have executed its file just
 * before the rules were loaded, which record execs from then on. */
static inline bool world_may_predate_rules(const struct world *world, int64_t ppid, int64_t time)
{
	return ppid == 1 && world->seeded_until && time < world_rules_loaded(world) &&
	       (!world->execs_seen[0] || time < world->execs_since + UNRECORDED_MS);
}

/* Catching up after auditd's own end: of this host's process that is first met at this time (ms)
 * the exec may be on no record, for the kernel throws away what it has nobody to give to
 * (kernel/audit.c, kauditd_hold_skb()). */
static inline bool world_may_predate_auditd(const struct world *world, unsigned node, int64_t time)
{
	return world->late && node == 0 && world->auditd_began &&
	       time < world->auditd_began + UNRECORDED_MS;
}

/* Nothing but records: what they do not tell is passed over instead of held against a process. */
static inline bool world_is_replay(const struct world *world, unsigned node)
{
	return !world_has_proc(world, node);
}

#endif
