/* SPDX-License-Identifier: Apache-2.0 */
/*
 * said: a piece of a record's text, remembered with what was read in it: where the next record says
 * the same, byte for byte, it is not read again.
 * Owns: the text, and the strings that were decoded from it. Must not own: what it says (event).
 */
#ifndef CAPWATCH_SAID_H
#define CAPWATCH_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/bytes.h"

struct said {
	char text[256];
	size_t length; /* 0: nothing */
};

/* Does the text stand at "at", before end? */
static inline bool said_again(const struct said *said, const char *at, const char *end)
{
	return said->length > 0 && (size_t)(end - at) >= said->length &&
	       memcmp(at, said->text, said->length) == 0;
}

/* What is longer than there is room for is not remembered. */
static inline void said_keep(struct said *said, const char *at, const char *end)
{
	size_t length = (size_t)(end - at);

	said->length = length <= sizeof(said->text) ? length : 0;
	memcpy(said->text, at, said->length);
}

/* A string of it, NULL or not, terminated in room of that size; where it is too long for that, the
 * text is not remembered, and the string stays the caller's. */
static inline struct bytes said_keep_text(struct said *said, struct bytes text, char *room,
					  size_t size)
{
	if (!text.data)
		return text;
	if (text.length >= size) {
		said->length = 0;
		return text;
	}
	memcpy(room, text.data, text.length);
	room[text.length] = '\0';
	return (struct bytes){room, text.length};
}

#endif
