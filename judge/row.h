/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row: the records of one event that lie behind its first in a row, as they mostly do: each is
 * known by its stamp, which is the first one's, and is not parsed. Inline: nearly every record of
 * a stream is met here.
 * Owns: which types follow each other so. Must not own: what becomes of them (intake, skim).
 */
#ifndef CAPWATCH_ROW_H
#define CAPWATCH_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/bytes.h"
#include "judge/lines.h"
#include "judge/record.h"
#include "judge/stamp.h"

struct row {
	struct lines *lines;
	const struct stamp *stamp; /* of the first */
	struct bytes node;	   /* before each record: "node=N ", or nothing */
	const char *at, *end;	   /* of the bytes behind the first: where the next record begins */
};

/* The node as it stands before the line. */
static inline struct bytes row_node_of(const struct record *record)
{
	const size_t length = record->node.length ? sizeof("node= ") - 1 + record->node.length : 0;

	return (struct bytes){record->line.text.data - length, length};
}

/* The type's word, if as many bytes stand behind it as "more": each is another in its first eight
 * bytes. */
__attribute__((always_inline)) static inline bool row_take_type(const char **at, const char *end,
								size_t more, enum record_type *type)
{
	const size_t left = (size_t)(end - *at);

#define TYPE(word, what)                                                                           \
	do {                                                                                       \
		static const char text[] = "type=" word;                                           \
		const size_t length = sizeof(text) - 1;                                            \
		if (memcmp(*at, text, 8) == 0) {                                                   \
			if (left < length + more || memcmp(*at + 8, text + 8, length - 8) != 0)    \
				return false;                                                      \
			*type = what;                                                              \
			*at += length;                                                             \
			return true;                                                               \
		}                                                                                  \
	} while (0)
	if (left < 8)
		return false;
	TYPE("CWD", RECORD_CWD);
	TYPE("PATH", RECORD_PATH);
	TYPE("PROCTITLE", RECORD_PROCTITLE);
	TYPE("SOCKADDR", RECORD_OTHER);
	TYPE("EXECVE", RECORD_EXECVE);
	TYPE("BPRM_FCAPS", RECORD_BPRM_FCAPS);
	TYPE("CAPSET", RECORD_CAPSET);
#undef TYPE
	return false;
}

static inline bool row_take_node(const struct row *row, const char **at)
{
	return row->node.length == 0 || bytes_take(at, row->end, row->node.data, row->node.length);
}

/* The event's EOE, if that is what lies there next; row->at goes on behind it. */
__attribute__((always_inline)) static inline bool row_take_end(struct row *row)
{
	static const char word[] = "type=EOE", tail[] = " \n";
	const size_t length = sizeof(word) - 1;
	const char *at = row->at, *end = row->end;

	if (!row_take_node(row, &at) ||
	    (size_t)(end - at) < length + row->stamp->length + sizeof(tail) - 1 ||
	    memcmp(at, word, length) != 0 || !stamp_is_at(row->stamp, at + length))
		return false;
	at += length + row->stamp->length;
	if (*at == ' ')
		at++;
	if (*at != '\n')
		return false;
	row->at = at + 1;
	return true;
}

/* The next record of the row but an EOE; row->at goes on behind it. False, and nothing is changed,
 * where there is none: what lies there is of another event, or of another type, longer than
 * RECORD_MAX, or not whole. */
__attribute__((always_inline)) static inline bool row_next(struct row *row,
							   struct record_line *next)
{
	const struct stamp *stamp = row->stamp;
	const char *at = row->at, *end = row->end, *begin, *newline;

	if (!row_take_node(row, &at))
		return false;
	begin = at;
	if (!row_take_type(&at, end, stamp->length, &next->type) || !stamp_is_at(stamp, at))
		return false;
	at += stamp->length;
	newline = lines_end(row->lines, at);
	if (!newline || newline - row->at > RECORD_MAX)
		return false;
	next->text = (struct bytes){begin, (size_t)(newline - begin)};
	next->body = (struct bytes){at, (size_t)(newline - at)};
	row->at = newline + 1;
	return true;
}

#endif
