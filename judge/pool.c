/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/sanitized.h"

enum {
	PAGE = 4096,
	CHUNK = 64 * 1024,
	LARGE_CHUNK = 2 * 1024 * 1024, /* a huge page, where the kernel gives one */
};

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14; <linux/mman.h> */
#endif

struct entry {
	struct entry *next; /* of those that were given back */
};

struct chunk {
	struct chunk *next;
};

struct pool {
	size_t size;
	struct entry *given;
	struct chunk *chunks;
	char *at, *end; /* what is left of the latest chunk */
	size_t total;	/* of all chunks */
};

struct pool *pool_new(size_t size)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	size_t grain = _Alignof(max_align_t);

	if (pool)
		pool->size = (size + grain - 1) / grain * grain;
	return pool;
}

void pool_free(struct pool *pool)
{
	while (pool && pool->chunks) {
		struct chunk *chunk = pool->chunks;
		pool->chunks = chunk->next;
		free(chunk);
	}
	free(pool);
}

/* Where the kernel can't make all its pages ready at once (before Linux 5.14), each comes when it
 * is touched. */
static int add_chunk(struct pool *pool)
{
	size_t head = _Alignof(max_align_t);
	bool large = pool->total >= POOL_LARGE;
	size_t size = large ? LARGE_CHUNK : CHUNK;
	void *memory;
	struct chunk *chunk;

	if (posix_memalign(&memory, large ? LARGE_CHUNK : PAGE, size) != 0)
		return -1;
	if (large)
		(void)madvise(memory, size, MADV_HUGEPAGE);
	(void)madvise(memory, size, MADV_POPULATE_WRITE);
	chunk = memory;
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	pool->total += size;
	pool->at = (char *)memory + head;
	pool->end = (char *)memory + size;
	return 0;
}

void *pool_take(struct pool *pool)
{
	struct entry *entry = pool->given;

	if (SANITIZED)
		return calloc(1, pool->size);
	if (entry) {
		pool->given = entry->next;
		return memset(entry, 0, pool->size);
	}
	if ((size_t)(pool->end - pool->at) < pool->size && add_chunk(pool) != 0)
		return NULL;
	entry = (struct entry *)(void *)pool->at;
	pool->at += pool->size;
	return memset(entry, 0, pool->size);
}

void pool_give(struct pool *pool, void *memory)
{
	struct entry *entry = memory;

	if (SANITIZED) {
		free(memory);
		return;
	}
	entry->next = pool->given;
	pool->given = entry;
}
