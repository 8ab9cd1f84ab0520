/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: what each process holds, as far as records and /proc have told.
 * A process is its node, pid and start time, never a bare pid.
 * Owns: the table (bounded; of those that have gone the longest unseen is forgotten first) and the
 * rules by which sets change without a record: fork, exec and set*uid as capabilities(7) has them.
 * Must not own: reading /proc (observe), services (service, identity), judgement.
 */
#ifndef CAPWATCH_LEDGER_H
#define CAPWATCH_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/event.h"
#include "judge/proc_reader.h"
#include "judge/service.h"

enum { LEDGER_PROCESSES_MAX = 8192, LEDGER_EXE_MAX = 4096, LEDGER_PAST_MAX = 3 };

/* Everything that a bounding set may hold, where the set itself is not known: never an
 * underestimate. */
#define LEDGER_ALL_CAPS (~(capmask)0)

/* Who began the process, as far as init can have. */
enum origin {
	ORIGIN_UNKNOWN,
	ORIGIN_FORK,  /* init forked it, and it has executed nothing since */
	ORIGIN_EXEC,  /* init forked it to execute what it runs */
	ORIGIN_INIT,  /* one of these, and it has executed more since */
	ORIGIN_OTHER, /* not init */
};

/* What a process held until a change: a child forked before it has that, and not what came after.
 */
struct process_past {
	int64_t until; /* ms: the change; 0: a free place */
	bool has_ids, has_sets;
	uint32_t uid, euid, suid, fsuid;
	struct event_sets sets;
	uint8_t securebits;
	enum user_namespace userns;
};

struct process {
	unsigned node;
	int64_t pid, ppid;
	uint64_t start_ticks; /* 0: not confirmed by /proc */
	int64_t start_time;   /* ms; 0: not known */
	uint64_t other_ticks; /* what began then has its pid by now, and is another; 0: none seen */

	char *exe;	 /* path, without " (deleted)"; NULL: not known */
	char *exe_alias; /* what records call the same file (renamed, seen after a chroot,
			    detached); or NULL */
	enum exe_identity exe_identity;
	enum exe_state exe_state;
	struct proc_file exe_file;
	uint64_t image; /* where its stack began when it was last read; 0: not known */
	char comm[PROC_COMM_MAX + 1];
	bool has_ids;
	uint32_t uid, euid, suid, fsuid;
	int64_t auid, session; /* -1: unset */

	bool has_sets;
	enum previous provenance; /* of sets: known or inferred */
	struct event_sets sets;
	struct event_sets most; /* all that it, or whom it was forked from, has held since the last
				   exec on record */
	int64_t read_at; /* ms: when /proc was read for sets, ids and exe; 0: they come from records
			    alone */
	int64_t unmeasured_until; /* ms: what was known of its parent was later than its birth, so
				     that before this time what it held before an event can't be
				     told; 0: not so */
	uint64_t moved;	  /* serial of the last record by which sets can move; 0: none yet */
	int64_t moved_at; /* and its time (ms) */
	int64_t executed; /* ms: its own last exec on record; 0: none */
	bool has_bounding;
	capmask bounding;
	uint8_t securebits;
	unsigned threads;
	uint64_t
		capset_header; /* where its last capset(2) had its header; 0: none since its exec */
	enum user_namespace userns;
	bool userns_doubted; /* its parent was in the host's, /proc showed it in another: born there
				unrecorded, or gone there by a call whose record is still to come;
				or its pid may be another's by now */
	int64_t userns_read_at;	      /* ms: when /proc showed that */
	bool userns_due, userns_told; /* its birth there is still to be told, or has been */
	bool userns_cloned;	      /* it has cloned a child into another, on record */
	struct event_sets withheld;   /* gained in doubt: a host's gains if it was not born there */
	enum mechanism withheld_by;
	bool userns_born;    /* it was born into its user namespace, and so are its children */
	bool execs_recorded; /* its last exec was seen, so that the next one will be */
	bool login_forged;   /* it, or whom it was forked from, gave itself a login id: so its execs
				are on no record */
	bool seen_event;     /* has acted itself: not just somebody's parent */
	bool launching;	     /* a launcher on its way to the target's exec */
	enum service_kind launching_to; /* and what that target is */
	enum origin origin;
	bool ceiling_reported;
	struct service *service;
	struct process *member_next, *member_previous; /* of its service */
	struct process_past past[LEDGER_PAST_MAX];     /* the latest change first */

	struct process *hash_next, *older, *newer;
};

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);

/* Asked of a process about to be forgotten: those that live are kept before those that have gone.
 */
typedef bool (*ledger_alive_fn)(void *ctx, const struct process *process);
void ledger_set_alive(struct ledger *ledger, ledger_alive_fn alive, void *ctx);

struct process *ledger_find(struct ledger *ledger, unsigned node, int64_t pid);

/* A new, empty entry in the place of any older one of that pid; NULL when out of memory. Pointers
 * to other processes stay valid except that of the one forgotten for it. */
struct process *ledger_add(struct ledger *ledger, unsigned node, int64_t pid);

/* Makes it the most recently seen. */
void ledger_touch(struct ledger *ledger, struct process *process);

void ledger_remove(struct ledger *ledger, struct process *process);

/* Copies the path (without a trailing " (deleted)"); false when out of memory. */
bool process_set_exe(struct process *process, const char *path, size_t length);

/* Another name that records may have for what it runs, until its exe is set anew. False: out of
 * memory. */
bool process_set_alias(struct process *process, const char *path, size_t length);

/* All that is known of what it runs. */
void process_copy_exe(struct process *to, const struct process *from);

/* Moves the process to a service, counting both. service may be NULL. */
void process_set_service(struct process *process, struct service *service);

/* What a child has at fork(2): everything but pid and start. Sets become inferred. */
void process_inherit(struct process *child, const struct process *parent);

/* The process as it stands, to compare and to remember. */
void process_state(const struct process *process, struct process_past *state);

/* The way back. */
void process_take_state(struct process *process, const struct process_past *state);

/* Its sets and ids are not known. */
void process_forget_sets(struct process *process);

/* Its state was this until time (ms). */
void process_remember(struct process *process, const struct process_past *state, int64_t time);

/* The child of an inherit was forked at start_time (ms): what the parent changed after that is
 * taken back; what it changed within the clock's grain of it counts only where it is less, and not
 * where the child's uids in this event, its first, are those of after the change alone. */
void process_inherit_past(struct process *child, const struct process *parent, int64_t start_time,
			  const struct event *event);

/* Sets after an execve(2) that no record describes, by capabilities(7) "Transformation of
 * capabilities during execve()": as for a file without capabilities; root (euid or uid 0, no
 * noroot) regains its bounding set. Clears keep-caps. Sets become inferred. */
void process_apply_exec(struct process *process);

/* The four uids of a record. */
void process_set_ids(struct process *process, const struct event *event);

/* Cuts sets to what other has, too. */
void process_take_least(struct event_sets *sets, const struct event_sets *other);

/* Adds to sets what other has. */
void process_take_most(struct event_sets *sets, const struct event_sets *other);

/* The process has just made the call of this event, and holds now what that left it. */
void process_note_call(struct process *process, const struct event *event);

/* New uids seen in a record: what the kernel does to the sets on the way there (capabilities(7),
 * "Effect of user ID changes on capabilities"; security/commoncap.c cap_emulate_setxuid). Sets
 * become inferred where they change. recorded: the event is that change itself; else nothing is
 * added, for every way back to uid 0 is recorded, and what looks like one is another thread's ids
 * or a parent's. */
void process_apply_uids(struct process *process, const struct event *event, bool recorded);

size_t ledger_count(const struct ledger *ledger);
uint64_t ledger_evicted(const struct ledger *ledger);

/* The one unseen for longest; from there on ->newer leads to each. */
struct process *ledger_oldest(const struct ledger *ledger);

#endif
