/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: what each process holds, as far as records and /proc have told.
 * A process is its node, pid and start time, never a bare pid.
 * Owns: the table (bounded by node; of those that have gone the longest unseen is forgotten first)
 * and the rules by which sets change without a record: fork, exec and set*uid as capabilities(7)
 * has them. Must not own: reading /proc (observe), services (service, identity), judgement.
 */
#ifndef CAPWATCH_LEDGER_H
#define CAPWATCH_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/event.h"
#include "judge/nodes.h"
#include "judge/proc_reader.h"
#include "judge/service.h"

enum {
	LEDGER_PROCESSES_MAX = 8192, /* of one node */
	LEDGER_OTHERS_MAX = 131072,  /* of all nodes but this host, in equal parts */
	/* Live, this host's: from here on a place is made by one that has gone, where there is one.
	 * As many living ones are kept beyond as are met. */
	LEDGER_SOFT_MAX = 1536,
	LEDGER_EXE_MAX = 4096,
	LEDGER_PAST_MAX = 3,
};

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
	int64_t until; /* ms: the change */
	struct event_sets sets;
	uint32_t uid, euid, suid, fsuid;
	bool has_ids, has_sets;
	uint8_t securebits;
	enum user_namespace userns : 8;
};

/* Gained in doubt: a host's gains if the process was not born into another user namespace. */
struct process_withheld {
	struct event_sets sets;
	enum mechanism by;
};

struct ledger_node;

/* Thousands of them are kept: small fields stand together, and in front what one is found by. */
struct process {
	int64_t pid, ppid;
	struct process *hash_next;
	uint16_t node;
	uint64_t start_ticks; /* 0: not confirmed by /proc */
	int64_t start_time;   /* ms; 0: not known */
	uint64_t other_ticks; /* what began then has its pid by now, and is another; 0: none seen */

	const char *exe;       /* path, without " (deleted)"; NULL: not known */
	const char *exe_alias; /* what records call the same file (renamed, seen after a chroot,
				  detached); or NULL */
	struct proc_file exe_file;
	uint64_t image;	       /* where its stack began when it was last read; 0: not known */
	int64_t auid, session; /* -1: unset */
	uint32_t uid, euid, suid, fsuid;

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
	int64_t acted_at; /* ms: its last event; 0: none yet */
	int64_t executed; /* ms: its own last exec on record; 0: none */
	capmask bounding;
	uint64_t
		capset_header; /* where its last capset(2) had its header; 0: none since its exec */
	int64_t userns_read_at; /* ms: when /proc showed userns, as userns_doubted says */
	struct process_withheld *withheld; /* NULL: nothing */
	struct process_past *past;	   /* the latest change first; NULL: none */

	struct service *service;
	struct process *member_next, *member_previous; /* of its service */
	struct ledger_node *home;		       /* of the ledger: what its node has */
	struct process *older, *newer;		       /* of its node */

	unsigned threads;
	uint32_t alive_until; /* s since the epoch: so long it is taken to live, unasked */
	char comm[PROC_COMM_MAX + 1];
	uint8_t past_count, securebits;
	enum exe_identity exe_identity : 8;
	enum exe_state exe_state : 8;
	enum previous provenance : 8; /* of sets: known or inferred */
	enum user_namespace userns : 8;
	enum service_kind launching_to : 8; /* while launching: what the target is */
	enum origin origin : 8;

	bool has_ids : 1, has_sets : 1, has_bounding : 1;
	bool userns_doubted : 1; /* its parent was in the host's, /proc showed it in another: born
				    there unrecorded, or gone there by a call whose record is still
				    to come; or its pid may be another's by now */
	bool userns_due : 1, userns_told : 1; /* its birth there is still to be told, or has been */
	bool userns_cloned : 1;		      /* it has cloned a child into another, on record */
	bool userns_born : 1;	 /* it was born into its user namespace, and so are its children */
	bool execs_recorded : 1; /* its last exec was seen, so that the next one will be */
	bool login_forged : 1;	 /* it, or whom it was forked from, gave itself a login id: so its
				    execs are on no record */
	bool seen_event : 1;	 /* has acted itself: not just somebody's parent */
	bool launching : 1;	 /* a launcher on its way to the target's exec */
	bool ceiling_reported : 1;
};

struct ledger;

struct ledger *ledger_new(void);
/* The services of its processes are not told: theirs goes with it. */
void ledger_free(struct ledger *ledger);

/* Live: asked of a process of this host (node 0) about to be forgotten: those that live are kept
 * before those that have gone. */
typedef bool (*ledger_alive_fn)(void *ctx, struct process *process);
void ledger_set_alive(struct ledger *ledger, ledger_alive_fn alive, void *ctx);

struct process *ledger_find(struct ledger *ledger, unsigned node, int64_t pid);

/* It is going to be looked for: of thousands few are in the processor's cache. */
void ledger_expect(const struct ledger *ledger, unsigned node, int64_t pid);

/* A new, empty entry in the place of any older one of that pid; NULL when out of memory. Where
 * there is no room the longest unseen of the node are forgotten for it, and of others only one that
 * has more than its part (judge/quota.h): pointers to those are invalid then. */
struct process *ledger_add(struct ledger *ledger, unsigned node, int64_t pid);

/* Makes it the most recently seen. */
void ledger_touch(struct process *process);

void ledger_remove(struct ledger *ledger, struct process *process);

/* Of a process of a ledger. Copies the path (without a trailing " (deleted)"); false when out of
 * memory. */
bool process_set_exe(struct process *process, const char *path, size_t length);

/* Another name that records may have for what it runs, until its exe is set anew. False: out of
 * memory. */
bool process_set_alias(struct process *process, const char *path, size_t length);

/* All that is known of what it runs; both are of one ledger. */
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

/* Its state was this until time (ms). Without memory only what it is now is known. */
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

/* Keeps what was gained in doubt. False when out of memory. */
bool process_withhold(struct process *process, const struct event_sets *gained,
		      enum mechanism mechanism);

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

/* The node's process that was unseen for longest, or NULL; from there on ->newer leads to each of
 * that node. */
struct process *ledger_oldest(const struct ledger *ledger, unsigned node);

#endif
