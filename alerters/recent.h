/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recent: which lines a file got last, so that one that comes again (the courier was killed between
 * writing and saying so) is not written twice. Owns: the memory of the last RECENT_LINES.
 * It compares whole lines by their SHA-256, and of native alerts also the id: what a new sensor
 * judges again has other bytes (the time of judging, what /proc still shows). The id is the one at
 * the line's beginning, where only we write: a process must not be able to keep an alert out of the
 * file by guessing its id and putting it into its own command line.
 */
#ifndef CAPWATCH_RECENT_H
#define CAPWATCH_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECENT_LINES = 8192 };

struct recent {
	uint64_t keys[RECENT_LINES];
	size_t count, next;
};

struct recent_lines {
	struct recent lines, ids;
};

/* 0 when there is no digest: never equal to another. */
uint64_t recent_key(const char *line, size_t length);
void recent_add(struct recent *recent, uint64_t key);
bool recent_has(const struct recent *recent, uint64_t key);

/* Of a native alert's own id, or 0 where the line begins otherwise. */
uint64_t recent_id_key(const char *line, size_t length);

/* Adds every whole line of the text, and its id where it has one. */
void recent_add_lines(struct recent_lines *recent, const char *text, size_t length);

#endif
