/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: memory for thousands of entries of one size. A page that is touched for the first time
 * costs as much as the entries in it, and an entry that was given back just now is in the
 * processor's cache: so pages come in chunks, ready for use, and what was given back last is taken
 * first. A pool that has become large, as that of a collector's ledger, is one whose entries lie in
 * nobody's cache, each in a page of its own: it grows by huge pages.
 * Owns: the chunks, until pool_free(). Must not own: what is in an entry. With AddressSanitizer
 * each entry is malloc's, so that one that is used after it was given back is found.
 */
#ifndef CAPWATCH_POOL_H
#define CAPWATCH_POOL_H

#include <stddef.h>

/* Bytes, from which on a pool is large. */
enum { POOL_LARGE = 4 * 1024 * 1024 };

struct pool;

/* For entries of this size in bytes, at least a pointer's; NULL when out of memory. */
struct pool *pool_new(size_t size);

/* All that was taken must have been given back. NULL is allowed. */
void pool_free(struct pool *pool);

/* Zeroed; NULL when out of memory. */
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *memory);

#endif
