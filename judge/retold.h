/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retold: the facts of an alert, read back from its JSON, so that a baseline can be asked about it
 * again: which entry speaks for its process, and what each allows. Also reads what was learnt
 * (judge/learner.h), whose fields are an alert's.
 * Owns: which field is which fact. Must not own: the meaning of a match key (match) or of a grant
 * (verdict), which are asked as they are live: a fact that is not known does not fit.
 */
#ifndef CAPWATCH_RETOLD_H
#define CAPWATCH_RETOLD_H

#include <jansson.h>

#include "common/error.h"
#include "judge/verdict.h"

struct retold {
	struct world world;
	struct process process, parent;
	bool has_parent;
	bool file_told; /* the alert says whether its exe was the host's file */
	struct service service;
	struct transition transition;
	enum reason reason;
	bool has_reason;
	enum phase phase;
	capmask held, above; /* of above-ceiling: permitted, and what of it is above */
	char file_path[LEDGER_EXE_MAX + 1]; /* what transition.file_path borrows */
};

/* Reads the object, which must outlive *retold: its strings are borrowed. The baseline is borrowed,
 * too. Whether the file behind the exe could not be compared, the alert is of before that was told,
 * or of a replay, no field says: taken for so is what has the same entry speak as the alert does.
 * -1 with err where the object is no alert that has a mechanism. */
int retold_read(struct retold *retold, const json_t *object, const struct baseline *baseline,
		struct error *err);

/* The entry that speaks for the process, or NULL. */
const struct baseline_entry *retold_entry(const struct retold *retold);

/* Bits of enum match_key: what keeps the entry from speaking for the process. */
unsigned retold_lacks(const struct retold *retold, const struct baseline_entry *entry);

/* As verdict_entry_allows(); of above-ceiling, whether the entry's ceiling does. */
bool retold_allows(const struct retold *retold, const struct baseline_entry *entry,
		   capmask *missing);

#endif
