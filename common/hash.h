/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: FNV-1a of 32 bits (Fowler, Noll and Vo), for tables in memory. Whoever chooses the texts
 * can make them collide: what must not be forged is text_sha256()'s.
 */
#ifndef CAPWATCH_HASH_H
#define CAPWATCH_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 2166136261u

/* Of a text whose beginning has this hash, with one byte more. */
static inline uint32_t hash_byte(uint32_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * 16777619u;
}

static inline uint32_t hash_bytes(uint32_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = hash_byte(hash, bytes[i]);
	return hash;
}

#endif
