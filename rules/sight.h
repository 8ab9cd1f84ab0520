/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sight: what capwatch cannot see, by what the kernel says of its audit system.
 * Owns: which states of the status and of the rules blind, each as one fault with its words.
 * Must not own: asking the kernel (rules/kernel), since when or by whom (judge/blind), or how it is
 * mended (cli).
 */
#ifndef CAPWATCH_RULES_SIGHT_H
#define CAPWATCH_RULES_SIGHT_H

#include "rules/compare.h"

enum {
	/* The kernel's own at boot, and so the least that anybody sets: less is an act. */
	SIGHT_BACKLOG_LEAST = 64,
	SIGHT_TEXT_MAX = 400,
};

enum sight_kind {
	SIGHT_OFF,	  /* auditing is switched off: no event of any kind */
	SIGHT_MISSING,	  /* a rule is not loaded */
	SIGHT_HIDDEN,	  /* a loaded rule keeps some of ours from recording anything */
	SIGHT_NARROWED,	  /* a loaded rule keeps some of ours from recording all that they would */
	SIGHT_RATE_LIMIT, /* what goes beyond so many records a second is dropped */
	SIGHT_BACKLOG_LIMIT, /* the kernel's queue is shorter than SIGHT_BACKLOG_LEAST */
	SIGHT_BACKLOG_FULL,  /* it is full: audited processes wait, and then records are dropped */
};

struct sight_fault {
	enum sight_kind kind;
	const struct rule *wanted; /* MISSING: the rule; HIDDEN, NARROWED: the first of ours */
	const struct audit_rule_data *loaded; /* what hides or narrows; else NULL */
	size_t rules;			      /* of ours that it concerns; 0 where it is none */
};

struct sight {
	struct sight_fault
		*items; /* in the order of enum sight_kind's sources: status, then rules */
	size_t count, capacity;
	size_t wanted,
		missing; /* of ours that record; never rules, which only spare us, are none */
};

struct sight_question {
	const struct kernel_status *status;
	const struct kernel_rules *loaded;
	const struct ruleset *wanted;
};

/* All that is borrowed must outlive the sight. Where nothing is audited, the rules are compared all
 * the same. An immutable configuration is no fault. Returns 0, or -1 with err when memory fails. */
int sight_judge(const struct sight_question *question, struct sight *sight, struct error *err);

void sight_free(struct sight *sight);

/* What is blind by it, in words, at most SIGHT_TEXT_MAX bytes; returns buf. */
char *sight_text(const struct sight_fault *fault, const struct kernel_status *status, char *buf,
		 size_t size);

#endif
