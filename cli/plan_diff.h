/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_diff: a plan beside the present baseline: what would be added, and what the baseline allows
 * that was never seen. Owns: the comparison and its form. Must not own: the plan.
 */
#ifndef CAPWATCH_PLAN_DIFF_H
#define CAPWATCH_PLAN_DIFF_H

#include <stdio.h>

#include "cli/plan.h"

void plan_diff(const struct plan *plan, const struct baseline *present, FILE *out);

#endif
