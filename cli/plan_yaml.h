/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_yaml: a plan as a baseline file, with the evidence for each line beside it.
 * Owns: its form: stable, a word a line, so that two of them can be compared by diff(1). Must not
 * own: what is suggested (plan).
 */
#ifndef CAPWATCH_PLAN_YAML_H
#define CAPWATCH_PLAN_YAML_H

#include <stdio.h>

#include "cli/plan.h"

/* How a line's evidence begins: "# seen 4 times, ...". What begins so is ours to replace. */
#define PLAN_YAML_MARK "# seen "

/* The whole file: a valid baseline also where the plan is empty. */
void plan_yaml_file(const struct plan *plan, FILE *out);

/* One entry, "  - name: ..." and the comments above it. */
void plan_yaml_entry(const struct plan *plan, const struct plan_entry *entry, FILE *out);

/* A grant's keys, each line indented by so many spaces. */
void plan_yaml_grant(const struct plan *plan, const struct plan_grant *grants, int indent,
		     FILE *out);

/* One key of it. */
void plan_yaml_key(const struct plan *plan, const struct plan_grant *grants, enum plan_key key,
		   int indent, FILE *out);

/* The words of a key, in the order in which they are written: a new array of strings. */
json_t *plan_yaml_words(const json_t *evidence_by_word);

/* " # seen 4 times, last ...", or nothing where it is so already. */
void plan_yaml_evidence(const struct plan *plan, const json_t *evidence, FILE *out);

/* Comments: what is not suggested, and what too few hosts have. */
void plan_yaml_rest(const struct plan *plan, FILE *out);

#endif
