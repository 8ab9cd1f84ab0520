/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob_index: which of many globs match a text, without asking each of them. A glob without
 * wildcards is found by its whole text, another by what stands before its first wildcard; so a
 * look-up reads the text once and compares only the globs that begin as the text does. It costs the
 * same among 10 globs and 10,000, unless these begin alike (10,000 of /opt/?*): then each is asked.
 * Owns: the finding. Must not own: what the globs belong to, which is a number to it, its rank.
 */
#ifndef CAPWATCH_GLOB_INDEX_H
#define CAPWATCH_GLOB_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/arena.h"
#include "conf/baseline.h"

struct glob_index;

#define GLOB_INDEX_NONE ((size_t)-1)

/* A look-up for the lowest rank that matches and that fits() takes; it may be asked of one rank
 * twice. Several look-ups after each other with the same search find the lowest of all. */
struct glob_search {
	bool (*fits)(const void *ctx, size_t rank); /* NULL: each fits */
	const void *ctx;
	size_t found; /* so far; begins with GLOB_INDEX_NONE */
};

/* An empty one, with room for about so many globs; it lives in the arena. NULL: out of memory. */
struct glob_index *glob_index_new(struct arena *arena, size_t globs);

/* Adds the globs, which must live as long, under a rank no higher than any added before. 0, or -1
 * when out of memory. */
int glob_index_add(struct glob_index *index, const struct string_list *globs, size_t rank);

/* Has this very glob been added so often, or more? */
bool glob_index_has_often(const struct glob_index *index, const char *glob, size_t times);

/* Lowers search->found to the lowest rank with a glob that matches the text, if that is lower. */
void glob_index_search(const struct glob_index *index, const char *text,
		       struct glob_search *search);

/* The lowest rank with a glob that matches, or GLOB_INDEX_NONE. */
size_t glob_index_first(const struct glob_index *index, const char *text);

#endif
