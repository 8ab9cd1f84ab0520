/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: may a process hold what /proc shows of it? For the sweep.
 * Owns: which explanation is accepted. Must not own: when /proc is read and read again (sweep), nor
 * whether a baseline allows a gain (verdict).
 *
 * Capabilities come from records, or from steps that no rule records. Accepted is, and nothing
 * else:
 *  - what the last reading showed, as long as no record since then can have moved the sets. It was
 *    accepted then, and between records a process only loses;
 *  - what records have left it since (the ledger). Where that was only inferred, together with the
 *    last reading. Effective may be all of permitted then: each record was judged when it came;
 *  - at a first reading of a child that has not executed anything: what its parent held before the
 *    fork (the parent's last reading, or all that it has held since its exec); init has adopted
 * most of its children and counts only for those that run its very image. What an orphan holds came
 *    from whoever ran the same file in the same cgroup, or from one of its login session;
 *  - where execs are not recorded (a login session that it did not open itself; no exec profile):
 * root's regaining of its bounding set, when the image has changed or was not seen before;
 * capabilities of the file that runs; without the exec profile also set-user-ID files and the way
 * back to uid 0, which those rules record everywhere;
 *    The same where the record of the last exec lacks what it gave;
 *  - in effective all that is permitted, of a process older than capwatch that is in no record yet:
 *    forked before auditing was first enabled, the kernel never records it;
 *  - whatever a process holds at the first reading that was born while auditing was switched or
 *    rules were loaded, those of capwatch's own start counted from the beginning of time; or by the
 *    kernel itself (modprobe, a core dump's reader).
 *
 * The image tells an exec from none: a stack begins elsewhere after each (ASLR), and at the same
 * place after a fork. Sets are a thread's: of several threads the least counts, so that what is not
 * explained is held by each of them.
 */
#ifndef CAPWATCH_EXPLAIN_H
#define CAPWATCH_EXPLAIN_H

#include "judge/world.h"

/* A reading of /proc that was accepted. */
struct explain_reading {
	int64_t time;	/* ms; 0: there was none */
	int64_t steady; /* ms: since then every reading was like it */
	struct event_sets sets;
	uint32_t uid, euid, suid, fsuid;
	uint64_t image;
	uint64_t moved; /* of the ledger at that time */
	bool threaded;	/* then or before */
};

struct explain_subject {
	pid_t pid;
	const struct proc_status *status;	     /* the reading in question */
	const struct process *process;		     /* of the ledger; NULL: not known there */
	const struct explain_reading *before;	     /* its own last one */
	const struct process *parent;		     /* of the ledger, or NULL */
	const struct explain_reading *parent_before; /* NULL: never read */
	uint64_t parent_image;			     /* as it is now; 0: not known */
	bool exec_profile; /* services' execs, set-user-ID execs and set*uid are recorded */
	bool older;	   /* than capwatch's own start */
	bool born_blind;   /* while rules or auditing were being changed */
	bool from_kernel;  /* its parent is a kernel thread */
};

struct explanation {
	struct event_sets bound;  /* what it may hold */
	struct event_sets gained; /* what it holds beyond */
	enum previous previous;	  /* where the bound comes from */
};

/* True when all that it holds is explained. */
bool explain_holding(const struct world *world, const struct explain_subject *subject,
		     struct explanation *explanation);

/* The sets of the reading that count: what every thread holds. */
struct event_sets explain_sets(const struct proc_status *status);

#endif
