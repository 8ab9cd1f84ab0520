/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_merge: a plan taken into a baseline file that people write in. Lines are added where they
 * belong, and the evidence beside lines of ours is renewed; all else stays as it is, byte by byte:
 * comments, order, blank lines.
 * Owns: finding the place in the text (by libyaml's marks) and the insertion. Must not own: what is
 * suggested (plan), its form (plan_yaml), the file (suggest).
 */
#ifndef CAPWATCH_PLAN_MERGE_H
#define CAPWATCH_PLAN_MERGE_H

#include "cli/plan.h"
#include "common/error.h"

/* The text with the plan taken in, which the caller frees; NULL with err. file is what the text was
 * read from, as entries of the present baseline name it; "" text is a new file. */
char *plan_merge(const struct plan *plan, const char *file, const char *text, struct error *err);

#endif
