/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep: /proc compared with the ledger, again and again, to find what no record told of: a process
 * whose calls are not recorded (a never,task rule, auditing switched off), one that got its
 * credentials from outside (a kernel exploit), a pid given anew; and what holds more than its
 * entry's ceiling allows.
 * Owns: when a process is read, what it held when it was last read, and how sure a finding must be.
 * Must not own: which explanation counts (explain), what the baseline allows (verdict), the alert.
 *
 * A process is never accused at first sight, for the record may be on its way. The finding is kept,
 * and judged again SWEEP_SETTLE_MS later, when the stream has passed that moment (a younger event
 * has come, or nothing has for a while), by a second reading: the same process must still hold it,
 * run the same image, and no record may have moved its sets meanwhile (then the time starts anew).
 *
 * Left alone: kernel threads and zombies; whoever is in another user namespace than the host's (it
 * holds nothing outside); what can't be read. A process that is born and gone between two sweeps is
 * not seen, nor is a gain by one of several threads.
 *
 * The work is cut into slices of SWEEP_SLICE processes with a pause in between, so that the stream
 * is never kept waiting; a round over, the next begins when the interval has passed since it began.
 * A first reading is what later ones are compared with: the first round begins at once.
 */
#ifndef CAPWATCH_SWEEP_H
#define CAPWATCH_SWEEP_H

#include "judge/event.h"
#include "judge/transition.h"
#include "judge/verdict.h"
#include "judge/world.h"

enum {
	SWEEP_SLICE = 16,	     /* processes read in one go */
	SWEEP_PAUSE_MS = 10,	     /* and then nothing for so long */
	SWEEP_SETTLE_MS = 5000,	     /* until a finding may be judged again */
	SWEEP_PROCESSES_MAX = 32768, /* of more, those with the highest pids are not read */
	SWEEP_SUSPECTS_MAX = 64,     /* findings kept at a time; others wait for the next round */
};

struct sweep;

/* Valid during the call. The ledger has the process, and holds by then what was found. */
struct sweep_finding {
	struct process *process;
	const struct verdict *verdict;	     /* reason: unexplained-gain or above-ceiling */
	const struct transition *transition; /* of an unexplained gain; NULL above a ceiling */
	capmask permitted;		     /* above a ceiling: what it holds */
	int64_t time;			     /* ms: when it was first seen to hold it */
};

typedef void (*sweep_report_fn)(void *ctx, const struct sweep_finding *finding);

/* NULL when out of memory. world is borrowed; without its proc (a replay) nothing is ever read. */
struct sweep *sweep_new(struct world *world, sweep_report_fn report, void *ctx);
void sweep_free(struct sweep *sweep);

/* 0 ms: no sweeps. */
void sweep_set_interval(struct sweep *sweep, int64_t milliseconds);

/* Each event, after it was judged: it dates what the stream has told, and a CONFIG_CHANGE says
 * when nothing may have been recorded. */
void sweep_take_event(struct sweep *sweep, const struct event *event);

/* Bytes of the stream have come (ms). */
void sweep_take_input(struct sweep *sweep, int64_t now);

/* One slice, if one is due. */
void sweep_run(struct sweep *sweep, int64_t now);

/* When sweep_run() next has work (ms), or -1. */
int64_t sweep_deadline(const struct sweep *sweep);

#endif
