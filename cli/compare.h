/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare: what another baseline makes of the same records. Two judges hand over their alerts; what
 * only one of them gives, or gives otherwise, is the difference.
 * Owns: pairing the alerts by id, folding alike differences into one line with a count, both forms
 * of output. Must not own: judging, reading.
 */
#ifndef CAPWATCH_COMPARE_H
#define CAPWATCH_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/alert.h"

enum compare_side { COMPARE_OLD, COMPARE_NEW };

struct compare;

/* NULL when out of memory; compare_free() frees it. */
struct compare *compare_new(void);
void compare_free(struct compare *compare);

/* An alert of one side; copied. An id that a side gives twice before compare_settle() is one. */
void compare_take(struct compare *compare, enum compare_side side, const struct alert *alert);

/* Both sides have judged the same records: what only one has given by now is a difference. To be
 * called often, as only differences are kept beyond it, and once at the end. */
void compare_settle(struct compare *compare);

/* Is any settled difference one for the worse, and at least so severe? That is an alert that only
 * the new side gives, or gives as more severe, or no longer as observed alone. */
bool compare_is_worse(const struct compare *compare, enum severity severity);

/* A line a settled difference, the earliest first: a table with the sums below, or JSON objects.
 * False when memory was out, now or before, or out did not take it: the output is not whole. */
bool compare_print(const struct compare *compare, bool json, FILE *out);

#endif
