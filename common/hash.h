/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: for tables in memory: FNV-1a of 32 bits (Fowler, Noll and Vo), where each beginning of a
 * text is asked for, else one of eight bytes at once. Whoever chooses the texts can make them
 * collide: what must not be forged is text_sha256()'s.
 */
#ifndef CAPWATCH_HASH_H
#define CAPWATCH_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

#define HASH_GOLDEN 0x9e3779b97f4a7c15u /* 2^64 by the golden ratio: Knuth, 6.4 */

/* Its low bits are of the number's lower bytes: of all, once its upper half was put in there. */
static inline uint32_t hash_spread(uint64_t number)
{
	return (uint32_t)(number * HASH_GOLDEN >> 32);
}

/* Of a whole text; another in another byte order. */
static inline uint32_t hash_text(uint64_t seed, const char *text, size_t length)
{
	uint64_t hash = seed ^ length * HASH_GOLDEN, word = 0;

	if (length < sizeof(word)) {
		for (size_t i = 0; i < length; i++)
			word = word << 8 | (unsigned char)text[i];
	} else {
		for (size_t i = 0; i + sizeof(word) < length; i += sizeof(word)) {
			memcpy(&word, text + i, sizeof(word));
			hash = (hash ^ word) * HASH_GOLDEN;
			hash ^= hash >> 32;
		}
		memcpy(&word, text + length - sizeof(word), sizeof(word));
	}
	hash = (hash ^ word) * HASH_GOLDEN;
	return hash_spread(hash ^ hash >> 32);
}

#endif
