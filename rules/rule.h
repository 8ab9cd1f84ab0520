/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule: one audit rule, from the text that auditctl(8) reads to the kernel's binary form and back.
 * Owns: the language of rules as far as filters need it (-a, -A, -S, -F, -C, -k).
 * Must not own: files of rules (rules/ruleset), what is loaded (rules/kernel), or any judgement
 * between two rules (rules/compare). libaudit's own compiler keeps its state in globals of the
 * library, so only its tables are used.
 */
#ifndef CAPWATCH_RULES_RULE_H
#define CAPWATCH_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <libaudit.h>
#include "common/error.h"

enum {
	RULE_LINE_MAX = 6144,	/* auditctl reads no longer line */
	RULE_STRINGS_MAX = 8192 /* all strings of one rule: paths, keys */
};

/* Makes *data, which the caller frees, of one line; its flags hold the list, and
 * AUDIT_FILTER_PREPEND for -A. *any_call: it has no -S. Returns 0, or -1 with err, without a place:
 * the caller puts that in front. */
int rule_compile(const char *text, struct audit_rule_data **data, bool *any_call,
		 struct error *err);

/* The string of field i of a rule, not terminated, with its length; NULL when the field has none.
 */
const char *rule_field_string(const struct audit_rule_data *rule, unsigned i, size_t *length);

/* True for a field whose value is the length of a string in buf. */
bool rule_field_is_string(unsigned field);

/* True when the rule is for system call number nr. */
bool rule_has_call(const struct audit_rule_data *rule, int nr);

/* libaudit's machine of the rule's arch field; without one, this machine's. */
int rule_machine(const struct audit_rule_data *rule);

/* The rule as auditctl -l would print it, printable characters only, truncated to fit; returns buf.
 */
char *rule_to_text(const struct audit_rule_data *rule, char *buf, size_t size);

#endif
