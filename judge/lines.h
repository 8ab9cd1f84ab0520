/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines: where the lines end of the bytes that are being read. Lines are of all lengths, so that a
 * search from each to the next is a surprise to the processor each time: here all ends of a window
 * are found in one go, ahead of the reading.
 * Owns: the ends. Must not own: the bytes, or what is in a line (record).
 */
#ifndef CAPWATCH_LINES_H
#define CAPWATCH_LINES_H

#include <stddef.h>
#include <stdint.h>

/* Short enough to be in the processor's nearest cache still when it is read. */
enum { LINES_WINDOW = 16 * 1024 };

/* Writes where newlines are among the bytes, at most LINES_WINDOW of them, and returns how many.
 * ends has room for one more than there are bytes. */
typedef size_t (*lines_find_fn)(const char *bytes, size_t length, uint16_t *ends);

struct lines {
	lines_find_fn find;
	const char *window, *next_window, *end; /* of the bytes */
	size_t next, count;
	uint16_t ends[LINES_WINDOW + 1]; /* of the window's lines, from its beginning */
};

/* How it can be done by this processor, the quickest way first; the last is memchr(3). Returns how
 * many they are. */
enum { LINES_WAYS_MAX = 3 };
size_t lines_ways(lines_find_fn ways[LINES_WAYS_MAX]);

void lines_init(struct lines *lines);

/* From now on these bytes are read, which must stay as long. */
void lines_begin(struct lines *lines, const char *bytes, const char *end);

/* To be asked next of what lies at "at", before where the last answer was. */
void lines_go_back(struct lines *lines, const char *at);

/* For lines_end(): in the windows that follow. */
const char *lines_search(struct lines *lines, const char *at);

/* The first newline at "at" or behind it, or NULL. "at" is not before the last answer, but after
 * lines_go_back(). */
static inline const char *lines_end(struct lines *lines, const char *at)
{
	while (lines->next < lines->count) {
		const char *end = lines->window + lines->ends[lines->next++];
		if (end >= at)
			return end;
	}
	return lines_search(lines, at);
}

#endif
