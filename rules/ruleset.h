/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: the rules of one or more files, each with its comment and its place.
 * Owns: lines, comments, places. Must not own: the language of a rule (rules/rule), or which rules
 * capwatch needs (rules/profile).
 */
#ifndef CAPWATCH_RULES_RULESET_H
#define CAPWATCH_RULES_RULESET_H

#include "rules/rule.h"

enum {
	RULESET_MAX = 8192,	 /* rules in one set */
	RULES_FILE_MAX = 1 << 20 /* bytes in one file */
};

struct rule {
	struct audit_rule_data *data; /* flags hold the list, and AUDIT_FILTER_PREPEND for -A */
	bool any_call; /* no -S: auditctl may narrow it to the calls that perm means */
	char *text;    /* the line as written */
	char *comment; /* the comment lines above it as one line, "" for none */
	char *file;
	unsigned line;
};

/* Starts zeroed, but for lenient. */
struct ruleset {
	bool lenient; /* lines that rules/rule does not know are passed over: for the files of
			 others */
	struct rule *items;
	size_t count, capacity;
};

/* Adds the rules of a text, called name in errors. A line that is no filter rule and no -c, -i or
 * comment is an error. Returns 0, or -1 with err as "NAME:LINE: what"; *set then keeps what was
 * read before. */
int ruleset_read_text(struct ruleset *set, const char *name, const char *text, struct error *err);

/* The same of a file. */
int ruleset_read_file(struct ruleset *set, const char *path, struct error *err);

/* Takes one rule out; the others keep their order. */
void ruleset_drop(struct ruleset *set, size_t index);

void ruleset_free(struct ruleset *set);

#endif
