/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: is this gain allowed, and if not, what is it called and how grave is it.
 * Pure: a transition, the process and the baseline in, a verdict out. Must not own: what is done
 * about it (judge, repeats), nor how a process is matched (match).
 */
#ifndef CAPWATCH_VERDICT_H
#define CAPWATCH_VERDICT_H

#include "judge/observe.h"
#include "judge/transition.h"
#include "judge/world.h"

struct verdict {
	bool alert;
	enum reason reason;
	enum severity severity;
	enum disposition disposition;
	enum phase phase;
	const struct baseline_entry *entry; /* what spoke for the process, NULL: nothing */
	capmask missing;		    /* gained, and not allowed */
	bool by_launcher;		    /* a launcher's work for its target: never an alert */
};

/* Judges a gain (transition_derive() returned true). */
void verdict_judge(const struct world *world, const struct event *event,
		   const struct observation *seen, const struct transition *transition,
		   struct verdict *verdict);

/* Would this entry, speaking for the process, allow the gain in this phase? Leaves in *missing the
 * capabilities that it does not. */
bool verdict_entry_allows(const struct baseline_entry *entry, const struct transition *transition,
			  enum phase phase, capmask *missing);

/* A process of a running service against the ceiling of its entry: alert when permitted, what it
 * holds, exceeds it. */
struct ceiling_question {
	struct process *process;
	const struct process *parent; /* may be NULL */
	capmask permitted;
	int64_t now; /* ms */
};

void verdict_judge_ceiling(const struct world *world, const struct ceiling_question *question,
			   struct verdict *verdict);

/* What no record explains (t->gained, by the mechanism sweep), found at this time. */
struct sweep_question {
	const struct process *process, *parent; /* parent may be NULL */
	const struct transition *transition;
	int64_t now; /* ms */
};

void verdict_judge_sweep(const struct world *world, const struct sweep_question *question,
			 struct verdict *verdict);

#endif
