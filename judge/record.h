/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: one line of the stream, by its header, and what it is to the assembly of events.
 * Every line that auditd sends comes by here, and nearly all of them are thrown away: nothing is
 * copied, allocated or looked for twice. Owns: the header's form, the selection by content. Must
 * not own: lines that belong together (intake), or what a field means (event).
 */
#ifndef CAPWATCH_RECORD_H
#define CAPWATCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/bytes.h"

enum {
	RECORD_MAX = 16 *
		     1024, /* auditd's longest is 8,970; longer lines are skipped and counted */
	RECORD_NODE_MAX = 256,
	RECORD_STAMP_MAX = 64,
};

/* What a record does to the assembly of events. */
enum role {
	ROLE_NONE,   /* of no interest */
	ROLE_SINGLE, /* an event by itself */
	ROLE_OPENS,  /* makes its event a candidate */
	ROLE_MAYBE,  /* a SYSCALL that counts only if a later PATH names the sysctl */
	ROLE_JOINS,  /* belongs to a candidate, if there is one */
	ROLE_PATH,   /* joins, and may turn a maybe into a candidate */
	ROLE_LAST,   /* PROCTITLE: the last record where no EOE follows */
	ROLE_ENDS,   /* EOE */
};

struct record {
	const char *line; /* from "type=" on */
	size_t length;
	const char *type;
	size_t type_length;
	const char *body; /* after "):" */
	size_t body_length;
	const char *node; /* "" without node= */
	size_t node_length;
	int64_t time; /* ms since the epoch */
	uint64_t serial;
};

/* The stamp of the record before, " msg=audit(SEC.MSEC:SERIAL):": the records of one event come in
 * a row, and theirs is the same. All zero at the beginning. */
struct record_stamp {
	char text[RECORD_STAMP_MAX];
	size_t length;
	int64_t time;
	uint64_t serial;
};

/* "[node=N ]type=T msg=audit(SEC.MSEC:SERIAL): body" (auditd writes it so, auditd-event.c). The
 * record points into the line. False when it is none, or its numbers are out of bounds. */
bool record_parse(struct record_stamp *last, const char *line, size_t length,
		  struct record *record);

/* Of a line that was taken for a record, from "type=" on. */
struct bytes record_type_of(struct bytes line);

/* By the type, and of a SYSCALL by the call and its arguments. */
enum role record_role(const struct record *record);

void record_copy_node(const struct record *record, char node[RECORD_NODE_MAX]);

/* ---- asked of every record, and so inline ---------------------------------------------------- */

static inline bool record_type_is(const struct record *record, const char *type)
{
	return bytes_are((struct bytes){record->type, record->type_length}, type);
}

/* auditd's own (DAEMON_*), whose serials count apart from the kernel's. */
static inline bool record_is_daemon(const struct record *record)
{
	static const char daemon[] = "DAEMON_";

	return record->type[0] == daemon[0] && record->type_length >= sizeof(daemon) &&
	       memcmp(record->type, daemon, sizeof(daemon) - 1) == 0;
}

static inline bool record_is_of_node(const struct record *record, const char *node)
{
	if (node[0] == '\0')
		return record->node_length == 0;
	return strncmp(node, record->node, record->node_length) == 0 &&
	       node[record->node_length] == '\0';
}

/* A literal's length is known where it is compared. */
static inline bool record_take_bytes(const char **at, const char *end, const char *bytes,
				     size_t length)
{
	if ((size_t)(end - *at) < length || memcmp(*at, bytes, length) != 0)
		return false;
	*at += length;
	return true;
}

/* Of eight bytes or more: of known lengths they are compared at sight, where memcmp() is a call. */
static inline bool record_same_bytes(const char *a, const char *b, size_t length)
{
	size_t i = length >= 32 ? 32 : 0;

	if (i > 0 && memcmp(a, b, 32) != 0)
		return false;
	for (; i + 8 < length; i += 8)
		if (memcmp(a + i, b + i, 8) != 0)
			return false;
	return memcmp(a + length - 8, b + length - 8, 8) == 0;
}

/* The stamp, if it stands at *at. */
static inline bool record_take_stamp(const struct record_stamp *stamp, const char **at,
				     const char *end)
{
	size_t length = stamp->length;

	if (length == 0 || length > (size_t)(end - *at) ||
	    !record_same_bytes(*at, stamp->text, length))
		return false;
	*at += length;
	return true;
}

/* Does this PATH name the sysctl cap_last_cap, in any folder? Its body. */
bool record_names_last_cap(struct bytes body);

#endif
