/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blind: losses of sight on this host, live, by the kernel's own answers: each second, and at once
 * when a CONFIG_CHANGE tells of a change, the supervisor reads status and rules and hands over what
 * they hide (a snapshot). Records tell by whom.
 * A loss is a state that a second reading finds still, after whoever made it has ended or has
 * paused: augenrules, one auditctl that removes all rules and loads them anew, is none. It is told
 * at once (low), again when it has not healed within the grace (high), and its end after that.
 * Owns: what is a loss, since when, by whom, what was told of it. Must not own: what blinds
 * (rules/sight), losses that only records show (judge/coverage), the alert (judge/report).
 */
#ifndef CAPWATCH_BLIND_H
#define CAPWATCH_BLIND_H

#include "judge/coverage.h"
#include "judge/proc_reader.h"

enum {
	BLIND_TEXT_MAX = 400,
	BLIND_KEY_MAX = 64,
	BLIND_FAULTS_MAX = 96, /* of one snapshot; more are only counted */
	BLIND_BOOT_MAX = 40,
	BLIND_SETTLE_MS =
		400, /* after the change, or its maker's end: then it is looked at again */
	BLIND_RECORD_MS = 700, /* so long the record of a change may be on its way */
	/* The pause of a living maker that is no auditctl (of one: COVERAGE_PAUSE_MS). */
	BLIND_PAUSE_MS = 1000,
	BLIND_LOSSES_MAX = 32,
	BLIND_CHANGES_MAX = 16,
};

/* What a fault is, in the order of rules/sight; and that the kernel does not say. */
enum blind_kind {
	BLIND_OFF,
	BLIND_MISSING,
	BLIND_HIDDEN,
	BLIND_NARROWED,
	BLIND_RATE_LIMIT,
	BLIND_BACKLOG_LIMIT,
	BLIND_BACKLOG_FULL,
	BLIND_UNREADABLE,
	BLIND_KINDS,
};

struct blind_fault {
	uint32_t kind;		   /* enum blind_kind */
	uint64_t id;		   /* the same for the same fault in every snapshot */
	char key[BLIND_KEY_MAX];   /* of the rule that is missing; "" */
	char text[BLIND_TEXT_MAX]; /* what is blind */
};

struct blind_snapshot {
	/* Once all was as it should be, or should be by now: before, augenrules has still to load
	 * the rules, and nothing is a loss. */
	bool settled;
	bool immutable;		  /* the configuration, until the next boot */
	bool may_be_older;	  /* audit=1 is not on the kernel's command line: see judge/older */
	uint32_t lost;		  /* the kernel's counter of records that it dropped */
	uint32_t wanted, missing; /* rules */
	uint32_t left_out;	  /* faults beyond BLIND_FAULTS_MAX */
	uint32_t count;
	char boot_id[BLIND_BOOT_MAX];
	struct blind_fault faults[BLIND_FAULTS_MAX];
};

struct blind;

/* NULL when out of memory. proc: NULL in a replay, where nothing of this is called. */
struct blind *blind_new(const struct proc_reader *proc, coverage_fn report, void *ctx);
void blind_free(struct blind *blind);
void blind_set_grace(struct blind *blind, int64_t milliseconds);

/* Has a snapshot come? Then what records alone tell of this host's rules is no loss yet. */
bool blind_is_sighted(const struct blind *blind);

/* Was a loss of rules told that began at this time (ms) or lasted then? */
bool blind_has_told_of_rules(const struct blind *blind, int64_t time);

size_t blind_open_losses(const struct blind *blind);

/* What the kernel said just now. */
void blind_take_snapshot(struct blind *blind, const struct blind_snapshot *snapshot, int64_t now);

/* A CONFIG_CHANGE or DAEMON_CONFIG of this host. */
void blind_take_change(struct blind *blind, const struct event *event, int64_t now);

/* So many events of this host have serials that never came. */
void blind_count_gaps(struct blind *blind, uint64_t events, int64_t now);

/* Time has passed. */
void blind_expire(struct blind *blind, int64_t now);
int64_t blind_deadline(const struct blind *blind);

/* Should the kernel be asked now, and not only when the second is over? Asking forgets it. */
bool blind_wants_look(struct blind *blind);

#endif
