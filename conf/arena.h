/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory of one configuration, freed as a whole, so that no error path can leak a part of
 * it. Owns: the chunks. Must not own: what is in them.
 */
#ifndef CAPWATCH_ARENA_H
#define CAPWATCH_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* An arena of all zero bytes is empty and ready for use. */
struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed memory for count items of a size, aligned for any type; NULL when there is no more. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A terminated copy; NULL when there is no more memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

void arena_free(struct arena *arena);

#endif
