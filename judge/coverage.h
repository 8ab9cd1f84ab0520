/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coverage: what the records themselves tell of capwatch going blind: rules of ours removed,
 * auditing switched off. A loss is a state: what its remover puts back without a pause (augenrules
 * does) is none, what heals within the grace is low, the rest high, and recovery is said too. Must
 * not own: the kernel's own answer about rules and status (that is the supervisor's to ask).
 */
#ifndef CAPWATCH_COVERAGE_H
#define CAPWATCH_COVERAGE_H

#include "common/alert.h"
#include "judge/event.h"
#include "judge/nodes.h"

enum {
	COVERAGE_PAUSE_MS = 3000,  /* augenrules' auditctl makes none so long between two rules */
	COVERAGE_SETTLE_MS = 5000, /* at the end of a replay: it may have been at work still */
	COVERAGE_LOSSES_MAX = 64,
	COVERAGE_RECORD_MAX = 1024,
};

struct coverage_finding {
	unsigned node;
	enum severity severity;
	enum coverage_state state;
	const char *lost; /* what is blind */
	const char *rule; /* the rule's key; NULL for auditing itself */
	int64_t since;	  /* ms */
	int64_t by_pid;	  /* -1: not known */
	int64_t by_auid;  /* -1: unset, or not known */
	const char *by_exe;
	const char *act;     /* its command line, as it says itself; NULL */
	int64_t events;	     /* -1: not counted */
	const char *boot_id; /* told once a boot; else NULL */
	const char *more;    /* what follows lost in the sentence; NULL */
	unsigned ordinal;    /* keeps the ids of one event's findings apart */
	uint64_t serial;     /* of the event that showed the loss */
	const char *record;
};

typedef void (*coverage_fn)(void *ctx, const struct coverage_finding *finding);

struct coverage;

/* nodes are borrowed: each loss is dated by its node's clock. NULL: they all have one. NULL when
 * out of memory. */
struct coverage *coverage_new(coverage_fn report, void *ctx, const struct nodes *nodes);
void coverage_free(struct coverage *coverage);
void coverage_set_grace(struct coverage *coverage, int64_t milliseconds);

/* Losses before this time (ms) are none of ours: live, when the judge began. */
void coverage_set_start(struct coverage *coverage, int64_t time);

/* Live: the kernel is asked for this host's status and rules (judge/blind), so that what records
 * say of them is a loss only in so far as it is over: then it is low, unless that was a reload. */
void coverage_set_sighted(struct coverage *coverage, bool sighted);

/* How many last now. */
size_t coverage_open_losses(const struct coverage *coverage);

/* Any event: CONFIG_CHANGE and DAEMON_START are taken, the others show that auditing works. */
void coverage_take(struct coverage *coverage, const struct event *event);

/* Reports what has been lost for longer than the grace. */
void coverage_expire(struct coverage *coverage, int64_t now);
int64_t coverage_deadline(const struct coverage *coverage);

/* The end of a replay: what was still lost then, and not just now, is reported. */
void coverage_finish(struct coverage *coverage, int64_t now);

#endif
