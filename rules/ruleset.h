/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: audit rules, from the text that auditctl(8) reads to the kernel's binary form and back.
 * Owns: the language of rules files as far as filters need it (-a, -A, -S, -F, -C, -k).
 * Must not own: which rules capwatch needs (rules/profile), what is loaded (rules/kernel), or any
 * judgement between the two (rules/compare).
 * libaudit's own compiler keeps its state in globals of the library, so only its tables are used.
 */
#ifndef CAPWATCH_RULESET_H
#define CAPWATCH_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <libaudit.h>
#include "common/error.h"

enum {
	RULE_LINE_MAX = 6144,	 /* auditctl reads no longer line */
	RULE_STRINGS_MAX = 8192, /* all strings of one rule: paths, keys */
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

struct ruleset {
	struct rule *items;
	size_t count, capacity;
};

/* STRICT: a line that is no filter rule and no -c, -i or comment is an error. LENIENT: lines beyond
 * this module's language are passed over; for the files of others. */
enum ruleset_reading { RULESET_STRICT, RULESET_LENIENT };

/* Adds the rules of a text, called name in errors, to *set (which starts zeroed). Returns 0, or -1
 * with err as "NAME:LINE: what"; *set then keeps what was read before. */
int ruleset_read_text(struct ruleset *set, const char *name, const char *text,
		      enum ruleset_reading reading, struct error *err);

/* The same of a file. */
int ruleset_read_file(struct ruleset *set, const char *path, enum ruleset_reading reading,
		      struct error *err);

/* Takes one rule out; the others keep their order. */
void ruleset_drop(struct ruleset *set, size_t index);

void ruleset_free(struct ruleset *set);

/* The string of field i of a rule, not terminated, with its length; NULL when the field has none.
 */
const char *rule_field_string(const struct audit_rule_data *rule, unsigned i, size_t *length);

/* True for a field whose value is a length of a string in buf. */
bool rule_field_is_string(unsigned field);

/* True when the rule is for system call number nr. */
bool rule_has_call(const struct audit_rule_data *rule, int nr);

/* libaudit's machine of the rule's arch field; without one, this machine's. */
int rule_machine(const struct audit_rule_data *rule);

/* The rule as auditctl -l would print it, printable characters only, truncated to fit; returns buf.
 */
char *rule_to_text(const struct audit_rule_data *rule, char *buf, size_t size);

#endif
