/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes: text by its length, as it stands in somebody else's memory.
 */
#ifndef CAPWATCH_BYTES_H
#define CAPWATCH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A borrowed string: NULL bytes is "not known" (JSON null). */
struct bytes {
	const char *data;
	size_t length;
};

static inline bool bytes_are(struct bytes bytes, const char *text)
{
	return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

/* Do these stand at *at, before end? Then *at goes on behind them. A literal's length is known
 * where it is compared. */
static inline bool bytes_take(const char **at, const char *end, const char *bytes, size_t length)
{
	if ((size_t)(end - *at) < length || memcmp(*at, bytes, length) != 0)
		return false;
	*at += length;
	return true;
}

#define BYTES_TAKE(at, end, literal) bytes_take(at, end, literal, sizeof(literal) - 1)

#endif
