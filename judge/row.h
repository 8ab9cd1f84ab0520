/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row: the records of one event that lie behind its first in a row, as they mostly do: each is
 * known by its stamp, which is the first one's, and is not parsed. Inline: nearly every record of
 * a stream is met here.
 * Owns: which types follow, and what they are to the assembly of events. Must not own: what becomes
 * of them (intake).
 */
#ifndef CAPWATCH_ROW_H
#define CAPWATCH_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/bytes.h"
#include "judge/record.h"

struct row {
	const struct record_stamp *stamp; /* of the first */
	const struct record *first;
	const char *at, *end; /* of the bytes behind it: where the next record begins */
};

struct row_record {
	struct bytes line, body; /* from "type=" on, and after "):" */
	enum role role;
};

/* The type's word: each is another in its first eight bytes. */
static inline bool row_take_type(const char **at, const char *end, enum role *role)
{
#define TYPE(word, what)                                                                           \
	do {                                                                                       \
		static const char text[] = "type=" word;                                           \
		if (memcmp(*at, text, 8) == 0) {                                                   \
			*role = what;                                                              \
			*at += 8;                                                                  \
			return record_take_bytes(at, end, text + 8, sizeof(text) - 1 - 8);         \
		}                                                                                  \
	} while (0)
	if (end - *at < 8)
		return false;
	TYPE("PATH", ROLE_PATH);
	TYPE("CWD", ROLE_JOINS);
	TYPE("PROCTITLE", ROLE_LAST);
	TYPE("EOE", ROLE_ENDS);
	TYPE("SOCKADDR", ROLE_NONE);
	TYPE("EXECVE", ROLE_JOINS);
	TYPE("BPRM_FCAPS", ROLE_OPENS);
	TYPE("CAPSET", ROLE_OPENS);
#undef TYPE
	return false;
}

/* The node as it stands before the first one's line, with "node=" and the space. */
static inline bool row_take_node(const struct record *first, const char **at, const char *end)
{
	static const char word[] = "node=";
	size_t length = first->node_length + sizeof(word);

	return first->node_length == 0 || record_take_bytes(at, end, first->line - length, length);
}

/* The next record of the row; row->at goes on behind it. False, and nothing is changed, where there
 * is none: what lies there is of another event, or of another type, longer than RECORD_MAX, or not
 * whole. */
__attribute__((always_inline)) static inline bool row_next(struct row *row, struct row_record *next)
{
	const char *at = row->at, *end = row->end, *begin, *newline;

	if (!row_take_node(row->first, &at, end))
		return false;
	begin = at;
	if (!row_take_type(&at, end, &next->role) || !record_take_stamp(row->stamp, &at, end) ||
	    at == end)
		return false;
	newline = *at == '\n' ? at : memchr(at, '\n', (size_t)(end - at));
	if (!newline || newline - row->at > RECORD_MAX)
		return false;
	next->line = (struct bytes){begin, (size_t)(newline - begin)};
	next->body = (struct bytes){at, (size_t)(newline - at)};
	row->at = newline + 1;
	return true;
}

#endif
