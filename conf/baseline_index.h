/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline_index: which entries and launchers may speak for a process, found by its facts instead
 * of by asking each. An entry is kept under one key of its match, that which fits the fewest
 * processes: its exe; its unit, where it has no exe or one that many entries name (an
 * interpreter's); a container's name; else it is among the rest. What is found is numbered by rank:
 * the lower speaks before the higher.
 * What still takes longer with more entries: those of one exe that no unit tells apart, globs that
 * begin alike (see glob_index), containers without a name, launchers without exe, and in a replay
 * entries for units that differ in more than the unit.
 * Owns: the order of specificity (container, unit, exe, number of keys), and which key an entry is
 * kept under. Must not own: whether an entry fits (judge/match).
 */
#ifndef CAPWATCH_BASELINE_INDEX_H
#define CAPWATCH_BASELINE_INDEX_H

#include "conf/arena.h"
#include "conf/baseline.h"
#include "conf/glob_index.h"

/* Ranks, ascending. */
struct rank_list {
	size_t *ranks;
	size_t count;
};

struct index_key {
	struct glob_index *globs;
	/* For a process of which the text is not known: all that are kept under this key, but of
	 * those whose matches differ in nothing but the unit only the lowest rank. If that does not
	 * fit, neither do the others. */
	struct rank_list any;
};

struct baseline_index {
	const struct baseline_entry **entries; /* by rank */
	struct glob_index *names, *exes;
	struct index_key units, container_names;
	struct rank_list rest;
	struct glob_index *launcher_exes; /* a launcher's rank is its place in the baseline */
	struct rank_list launcher_rest;	  /* without exe */
};

/* Makes baseline->index of its entries and launchers, in the arena. 0, or -1 when out of memory. */
int baseline_index_make(struct arena *arena, struct baseline *baseline);

/* As glob_index_search(), of each rank in the list. */
void rank_list_search(const struct rank_list *list, struct glob_search *search);

#endif
