/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 16 * 1024, ALIGNMENT = alignof(max_align_t) };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

static struct arena_chunk *add_chunk(struct arena *arena, size_t needed)
{
	size_t size = needed > CHUNK_SIZE ? needed : CHUNK_SIZE;
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	size_t needed;
	void *memory;

	if (size && count > (SIZE_MAX / 2) / size)
		return NULL;
	needed = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!chunk || needed > chunk->size - chunk->used)
		chunk = add_chunk(arena, needed);
	if (!chunk)
		return NULL;
	memory = chunk->bytes + chunk->used;
	chunk->used += needed;
	return memory;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = arena_alloc(arena, length + 1, 1);

	if (copy && length)
		memcpy(copy, bytes, length);
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}
