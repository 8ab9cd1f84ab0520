/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/lines.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

_Static_assert(LINES_WINDOW <= UINT16_MAX, "an end fits");

/* ---- finding --------------------------------------------------------------------------------- */

static size_t find_one_by_one(const char *bytes, size_t length, uint16_t *ends)
{
	const char *end = bytes + length, *newline = bytes;
	size_t count = 0;

	for (; (newline = memchr(newline, '\n', (size_t)(end - newline))) != NULL; newline++)
		ends[count++] = (uint16_t)(newline - bytes);
	return count;
}

#ifdef __x86_64__
/* A bit for each of 64 bytes, the lowest for the first. */
__attribute__((target("avx2"), always_inline)) static inline uint64_t
newlines_by_avx2(const char *at)
{
	const __m256i newline = _mm256_set1_epi8('\n');
	const __m256i low = _mm256_loadu_si256((const __m256i *)at),
		      high = _mm256_loadu_si256((const __m256i *)(at + 32));

	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, newline)) |
	       (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, newline)) << 32;
}

__attribute__((target("avx512bw"), always_inline)) static inline uint64_t
newlines_by_avx512(const char *at)
{
	return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), _mm512_set1_epi8('\n'));
}

/* What a processor fetches by itself it fetches up to a page's end; of a mapped file the next page
 * is in no cache. The address may lie behind all that is there: it is a hint, and nothing is read.
 */
static inline void fetch_ahead(const char *at)
{
	enum { AHEAD = 2048 };

	_mm_prefetch((const char *)((uintptr_t)at + AHEAD), _MM_HINT_T0);
}

/* Most have one newline at most, and whether they have is not asked: its place is written in any
 * case, and counts if it was one. */
#define FIND_FN(name, target_names, newlines_at)                                                   \
	__attribute__((target(target_names))) static size_t name(const char *bytes, size_t length, \
								 uint16_t *ends)                   \
	{                                                                                          \
		size_t i = 0, count = 0;                                                           \
                                                                                                   \
		for (; i + 64 <= length; i += 64) {                                                \
			uint64_t found = newlines_at(bytes + i);                                   \
			fetch_ahead(bytes + i);                                                    \
			ends[count] = (uint16_t)(i + _tzcnt_u64(found));                           \
			count += found != 0;                                                       \
			for (found = _blsr_u64(found); __builtin_expect(found != 0, 0);            \
			     found = _blsr_u64(found))                                             \
				ends[count++] = (uint16_t)(i + _tzcnt_u64(found));                 \
		}                                                                                  \
		for (; i < length; i++)                                                            \
			if (bytes[i] == '\n')                                                      \
				ends[count++] = (uint16_t)i;                                       \
		return count;                                                                      \
	}

FIND_FN(find_by_avx2, "avx2,bmi", newlines_by_avx2)
FIND_FN(find_by_avx512, "avx512bw,bmi", newlines_by_avx512)

static size_t add_vectors(lines_find_fn ways[LINES_WAYS_MAX])
{
	size_t count = 0;

	if (!__builtin_cpu_supports("bmi"))
		return 0;
	if (__builtin_cpu_supports("avx512bw"))
		ways[count++] = find_by_avx512;
	if (__builtin_cpu_supports("avx2"))
		ways[count++] = find_by_avx2;
	return count;
}
#else
static size_t add_vectors(lines_find_fn ways[LINES_WAYS_MAX])
{
	(void)ways;
	return 0;
}
#endif

size_t lines_ways(lines_find_fn ways[LINES_WAYS_MAX])
{
	size_t count = add_vectors(ways);

	ways[count++] = find_one_by_one;
	return count;
}

/* ---- windows --------------------------------------------------------------------------------- */

void lines_init(struct lines *lines)
{
	static const char nothing[] = "";
	lines_find_fn ways[LINES_WAYS_MAX];

	lines_ways(ways);
	lines->find = ways[0];
	lines_begin(lines, nothing, nothing);
}

/* Its first window is empty. */
static void begin_at(struct lines *lines, const char *at)
{
	lines->window = lines->next_window = at;
	lines->next = lines->count = 0;
}

void lines_begin(struct lines *lines, const char *bytes, const char *end)
{
	begin_at(lines, bytes);
	lines->end = end;
}

void lines_go_back(struct lines *lines, const char *at)
{
	if (at < lines->window) {
		begin_at(lines, at);
		return;
	}
	while (lines->next > 0 && lines->window + lines->ends[lines->next - 1] >= at)
		lines->next--;
}

const char *lines_search(struct lines *lines, const char *at)
{
	while (lines->next == lines->count) {
		size_t length = (size_t)(lines->end - lines->next_window);
		if (length == 0)
			return NULL;
		if (length > LINES_WINDOW)
			length = LINES_WINDOW;
		lines->window = lines->next_window;
		lines->next_window += length;
		lines->next = 0;
		lines->count = lines->find(lines->window, length, lines->ends);
	}
	return lines_end(lines, at);
}
