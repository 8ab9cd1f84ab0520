/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spaces: where the next space is, or the last one: what stands between the fields of a record. How
 * long a field is nothing foretells, and a processor that asks byte by byte is surprised each time:
 * blocks are looked at as a whole.
 * Must not own: what is in a field.
 */
#ifndef CAPWATCH_SPACES_H
#define CAPWATCH_SPACES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SPACES_BLOCK = 16, SPACES_BLOCKS = 4 * SPACES_BLOCK };

/* A bit for each byte of a block that is a space, the lowest for the first. Eight bytes at once,
 * where the first of them is the lowest: with the upper bit of those that are spaces, and no other,
 * set (Hacker's Delight, 6-1), a multiplication brings them together. */
static inline unsigned spaces_in_by_words(const char *block)
{
	unsigned spaces = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t ones = 0x0101010101010101, lower = 0x7f * ones;

	for (unsigned i = 0; i < SPACES_BLOCK; i += 8) {
		uint64_t word;
		memcpy(&word, block + i, sizeof(word));
		word ^= ones * ' ';
		word = ~(((word & lower) + lower) | word | lower);
		spaces |= (unsigned)((word >> 7) * 0x0102040810204080 >> 56) << i;
	}
#else
	for (unsigned i = 0; i < SPACES_BLOCK; i++)
		spaces |= (unsigned)(block[i] == ' ') << i;
#endif
	return spaces;
}

/* The same. */
static inline unsigned spaces_in(const char *block)
{
#ifdef __SSE2__
	const __m128i bytes = _mm_loadu_si128((const __m128i *)block);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')));
#else
	return spaces_in_by_words(block);
#endif
}

/* The next space, or end. */
static inline const char *spaces_next(const char *at, const char *end)
{
	for (; end - at >= SPACES_BLOCK; at += SPACES_BLOCK) {
		unsigned spaces = spaces_in(at);
		if (spaces)
			return at + __builtin_ctz(spaces);
	}
	while (at < end && *at != ' ')
		at++;
	return at;
}

/* The same of what is as long as paths are: of one block, or of two, or of three. */
static inline const char *spaces_next_far(const char *at, const char *end)
{
	for (; end - at >= SPACES_BLOCKS; at += SPACES_BLOCKS) {
		uint64_t spaces = 0;
		for (unsigned i = 0; i < SPACES_BLOCKS; i += SPACES_BLOCK)
			spaces |= (uint64_t)spaces_in(at + i) << i;
		if (spaces)
			return at + __builtin_ctzll(spaces);
	}
	return spaces_next(at, end);
}

/* The last space before end, or NULL. */
static inline const char *spaces_last(const char *at, const char *end)
{
	for (; end - at >= SPACES_BLOCK; end -= SPACES_BLOCK) {
		unsigned spaces = spaces_in(end - SPACES_BLOCK);
		if (spaces)
			return end - 1 - (__builtin_clz(spaces) - 16);
	}
	while (end > at)
		if (*--end == ' ')
			return end;
	return NULL;
}

#endif
