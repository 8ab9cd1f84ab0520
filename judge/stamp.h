/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stamp: " msg=audit(SEC.MSEC:SERIAL):", which stands in every record behind its type (auditd
 * writes it so, auditd-event.c). Inline: nearly every record of a stream is known by its stamp
 * alone, and what a processor can't foresee (where a number ends) is what a record costs, not the
 * comparing. Owns: its form, and the last one read. Must not own: what the records are that bear it
 * (record).
 */
#ifndef CAPWATCH_STAMP_H
#define CAPWATCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "common/bytes.h"

enum {
	STAMP_MAX = 64,
	STAMP_WORD = sizeof(" msg=audit(") - 1,
	STAMP_POINT = STAMP_WORD + 10, /* where seconds end, until the year 2286 */
};

/* The stamp of the record before: the records of one event come in a row, and theirs is the same.
 * All zero at the beginning. */
struct stamp {
	char text[STAMP_MAX];
	size_t length;
	bool unread;  /* of time the seconds alone are there, and no serial: stamp_settle() */
	int64_t time; /* ms since the epoch */
	uint64_t serial;
};

/* ---- numbers --------------------------------------------------------------------------------- */

/* As many of the first eight bytes as are decimal digits: how many, and what they say. All are read
 * at once: a byte that is no digit has a bit in its upper half, or gets one when 6 is added; of
 * eight digits first each two are put together, then each four, then both halves. */
static inline unsigned take_digits(const char *at, uint64_t *value)
{
	const uint64_t zeros = 0x3030303030303030, sixes = 0x0606060606060606,
		       upper = 0xf0f0f0f0f0f0f0f0, pairs = 0x000000ff000000ff;
	uint64_t word, others;
	unsigned count;

	memcpy(&word, at, sizeof(word));
	word ^= zeros;
	others = (word | (word + sixes)) & upper;
	count = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
	if (count == 0)
		return 0;
	word <<= 64 - 8 * count;
	word = word * 10 + (word >> 8);
	*value = ((word & pairs) * (100 + (1000000ull << 32)) +
		  (word >> 16 & pairs) * (1 + (10000ull << 32))) >>
		 32;
	return count;
}

/* Of at most 19 digits: what is longer is no time or serial of the kernel's, and might not fit. */
static inline bool take_number(const char **at, const char *end, uint64_t *value)
{
	enum { DIGITS_MAX = 19 };
	const char *p = *at;
	uint64_t number = 0;
	unsigned digit;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (end - p >= 8)
		p += take_digits(p, &number);
	if (p > *at && p < *at + 8) {
		*at = p;
		*value = number;
		return true;
	}
#endif
	while (p < end && (digit = (unsigned)*p - '0') <= 9) {
		number = number * 10 + digit;
		p++;
	}
	if (p == *at || p - *at > DIGITS_MAX)
		return false;
	*at = p;
	*value = number;
	return true;
}

/* ---- the stamp ------------------------------------------------------------------------------- */

/* Two words at once, wherever they lie. */
typedef uint64_t stamp_words __attribute__((vector_size(16)));

static inline stamp_words stamp_words_at(const char *at)
{
	stamp_words words;

	memcpy(&words, at, sizeof(words));
	return words;
}

/* Does it stand at "at"? As many bytes are there. Of 32 to 48 bytes, as nearly all are, it is
 * compared in three parts, the last two of which may lie over each other. */
static inline bool stamp_is_at(const struct stamp *stamp, const char *at)
{
	const size_t part = sizeof(stamp_words), length = stamp->length;
	stamp_words other;

	if (length < 2 * part || length > 3 * part)
		return length > 0 && memcmp(at, stamp->text, length) == 0;
	other = (stamp_words_at(at) ^ stamp_words_at(stamp->text)) |
		(stamp_words_at(at + part) ^ stamp_words_at(stamp->text + part)) |
		(stamp_words_at(at + length - part) ^ stamp_words_at(stamp->text + length - part));
	return (other[0] | other[1]) == 0;
}

/* " msg=audit(SEC." up to the point: mostly it is the same second as before. */
static inline bool stamp_take_seconds(const struct stamp *last, const char **at, const char *end,
				      uint64_t *seconds)
{
	if (last->length > STAMP_POINT && last->text[STAMP_POINT] == '.' &&
	    end - *at > STAMP_POINT && memcmp(*at, last->text, STAMP_POINT + 1) == 0) {
		*seconds = (uint64_t)last->time / 1000;
		*at += STAMP_POINT + 1;
		return true;
	}
	return BYTES_TAKE(at, end, " msg=audit(") && take_number(at, end, seconds) &&
	       BYTES_TAKE(at, end, ".");
}

/* The usual ones in three pieces: a copy of unknown length is a call, and one of 48 bytes gcc makes
 * by "rep movsl", which takes longer than all else here (configure.ac). */
static inline void stamp_keep(struct stamp *stamp, const char *begin, size_t length,
			      const char *end)
{
	enum { USUAL = 48 };

	stamp->length = length <= sizeof(stamp->text) ? length : 0;
	if (length > USUAL || end - begin < USUAL) {
		memcpy(stamp->text, begin, stamp->length);
		return;
	}
	memcpy(stamp->text, begin, 16);
	memcpy(stamp->text + 16, begin + 16, 16);
	memcpy(stamp->text + 32, begin + 32, 16);
}

/* " msg=audit(SEC.MSEC:SERIAL):" of the same second as the last one, three digits and at most
 * twelve: its length, or 0. Nearly all are so, and by far the most are read by nobody: their form
 * is seen at one glance, their numbers are left where they are. */
static inline size_t stamp_usual_length(const struct stamp *last, const char *at, const char *end)
{
#ifdef __SSE2__
	enum { MILLISECONDS = STAMP_POINT + 1 };
	const __m128i nine = _mm_set1_epi8(9);
	__m128i digits;
	unsigned others, length;

	if (last->length <= STAMP_POINT ||
	    end - at < MILLISECONDS + (ptrdiff_t)sizeof(digits) + 1 ||
	    memcmp(at, last->text, MILLISECONDS) != 0)
		return 0;
	digits = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(at + MILLISECONDS)),
			      _mm_set1_epi8('0'));
	others = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(digits, nine), nine)) ^
		 0xffff;
	if ((others & 0x1f) != 0x8 || at[MILLISECONDS + 3] != ':' || others == 0x8)
		return 0;
	length = MILLISECONDS + (unsigned)__builtin_ctz(others ^ 0x8);
	return at[length] == ')' && at[length + 1] == ':' ? length + 2 : 0;
#else
	(void)last, (void)at, (void)end;
	return 0;
#endif
}

/* From here on time and serial are there. */
static inline void stamp_settle(struct stamp *stamp)
{
	const char *at = stamp->text + STAMP_POINT + 1, *end = stamp->text + stamp->length;
	uint64_t milliseconds = 0;

	if (!stamp->unread)
		return;
	(void)take_number(&at, end, &milliseconds);
	at++;
	(void)take_number(&at, end, &stamp->serial);
	stamp->time = stamp->time / 1000 * 1000 + (int64_t)milliseconds;
	stamp->unread = false;
}

/* Takes the one at *at, which goes on behind it, and is the last one then, perhaps unread. False,
 * and nothing is changed, when there is none, or its numbers are out of bounds. */
static inline bool stamp_read(struct stamp *stamp, const char **at, const char *end)
{
	const size_t usual = stamp_usual_length(stamp, *at, end);
	const char *p = *at;
	uint64_t seconds, milliseconds, serial;

	if (usual) {
		stamp_keep(stamp, *at, usual, end);
		stamp->unread = true;
		*at += usual;
		return true;
	}
	if (!stamp_take_seconds(stamp, &p, end, &seconds) || !take_number(&p, end, &milliseconds) ||
	    !BYTES_TAKE(&p, end, ":") || !take_number(&p, end, &serial) ||
	    !BYTES_TAKE(&p, end, "):"))
		return false;
	if (seconds > INT64_MAX / 2000 || milliseconds > 999)
		return false;
	stamp->time = (int64_t)(seconds * 1000 + milliseconds);
	stamp->serial = serial;
	stamp->unread = false;
	stamp_keep(stamp, *at, (size_t)(p - *at), end);
	*at = p;
	return true;
}

/* The same, where it may well be the last one once more. */
static inline bool stamp_take(struct stamp *stamp, const char **at, const char *end)
{
	if (stamp->length > (size_t)(end - *at) || !stamp_is_at(stamp, *at))
		return stamp_read(stamp, at, end);
	*at += stamp->length;
	return true;
}

#endif
