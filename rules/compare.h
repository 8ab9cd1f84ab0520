/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare: what capwatch needs against what the kernel has.
 * Owns: when two rules are the same, and when an earlier rule keeps another from ever recording.
 * Must not own: reading either side (rules/ruleset, rules/kernel), or what is done about it.
 */
#ifndef CAPWATCH_RULES_COMPARE_H
#define CAPWATCH_RULES_COMPARE_H

#include "rules/kernel.h"
#include "rules/ruleset.h"

enum finding_kind {
	FINDING_MISSING,  /* wanted, and not loaded */
	FINDING_HIDDEN,	  /* loaded, and a rule before it drops all that it would record */
	FINDING_NARROWED, /* loaded, and a rule before it drops some of it */
	FINDING_EXTRA,	  /* loaded, ours by its key or program, and not wanted */
};

struct finding {
	enum finding_kind kind;
	const struct rule *wanted; /* NULL for FINDING_EXTRA */
	const struct audit_rule_data
		*loaded; /* what hides, narrows or is too many; NULL for MISSING */
};

struct comparison {
	struct finding *items;
	size_t count, capacity;
	size_t counts[FINDING_EXTRA + 1]; /* findings of each kind */
};

/* Both sides are borrowed, and must outlive the comparison. Keys are ignored: a site's rule with
 * the same content serves as well. Returns 0, or -1 with err when memory fails. */
int rules_compare(const struct ruleset *wanted, const struct kernel_rules *loaded,
		  struct comparison *comparison, struct error *err);

void comparison_free(struct comparison *comparison);

/* The same action, list, calls and fields, in any order; keys aside. */
bool rule_same(const struct rule *wanted, const struct audit_rule_data *loaded);

enum rule_cover { COVER_NOTHING, COVER_PART, COVER_ALL };

/* How much of what wanted records a rule that is matched earlier keeps from being recorded. */
enum rule_cover rule_covers(const struct audit_rule_data *earlier, const struct rule *wanted);

/* True for a rule of the exclude list that drops records of this type, all of them or some. */
bool rule_excludes(const struct audit_rule_data *loaded, uint32_t type);

/* True for a loaded rule that capwatch made: one of its keys, or never for one of its programs. */
bool rule_is_ours(const struct audit_rule_data *loaded);

#endif
