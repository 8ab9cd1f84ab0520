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
#include "judge/fields.h"
#include "judge/stamp.h"
#include "judge/syscalls.h"

enum {
	RECORD_MAX = 16 *
		     1024, /* auditd's longest is 8,970; longer lines are skipped and counted */
	RECORD_NODE_MAX = 256,
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

/* The types that matter to anybody here. */
enum record_type {
	RECORD_OTHER,
	RECORD_SYSCALL,
	RECORD_CWD,
	RECORD_PATH,
	RECORD_PROCTITLE,
	RECORD_EOE,
	RECORD_EXECVE,
	RECORD_CAPSET,
	RECORD_BPRM_FCAPS,
	RECORD_CONFIG_CHANGE,
	RECORD_LOGIN,
	RECORD_SERVICE_START,
	RECORD_SERVICE_STOP,
	RECORD_DAEMON_START,
	RECORD_DAEMON_END,
	RECORD_DAEMON_ABORT,
	RECORD_DAEMON_CONFIG,
	RECORD_TYPES,
};

/* What is read of a record once its event is known. */
struct record_line {
	struct bytes text; /* from "type=" on */
	struct bytes body; /* after "):" */
	enum record_type type;
};

struct record {
	struct record_line line;
	struct bytes word; /* the type, as it is written */
	struct bytes node; /* "" without node= */
	int64_t time;	   /* ms since the epoch */
	uint64_t serial;
};

/* "[node=N ]type=T msg=audit(SEC.MSEC:SERIAL): body" (auditd writes it so, auditd-event.c). The
 * record points into the line. False when it is none, or its numbers are out of bounds. */
bool record_parse(struct stamp *last, struct bytes line, struct record *record);

/* Splits records, each ended by a newline and without node=, and returns how many they are; what is
 * none, or beyond max, is left out. They point into the text. */
size_t record_split(struct bytes text, struct record_line *lines, size_t max);

/* By the type, and of a SYSCALL by the call and its arguments. */
enum role record_role(const struct record *record);

/* Of a SYSCALL of this call, none of a file, by the fields behind its number. */
enum role record_role_of_call(enum call call, struct fields rest);

/* By the type, of any but a SYSCALL. */
extern const enum role record_roles[RECORD_TYPES];

void record_copy_node(const struct record *record, char node[RECORD_NODE_MAX]);

/* ---- asked of every record, and so inline ---------------------------------------------------- */

/* It bears this stamp, whose numbers are read by that. */
static inline void record_take_stamp(struct record *record, struct stamp *stamp)
{
	stamp_settle(stamp);
	record->time = stamp->time;
	record->serial = stamp->serial;
}

/* auditd's own (DAEMON_*), whose serials count apart from the kernel's. */
static inline bool record_is_daemon(const struct record *record)
{
	static const char daemon[] = "DAEMON_";

	return record->word.length >= sizeof(daemon) &&
	       memcmp(record->word.data, daemon, sizeof(daemon) - 1) == 0;
}

static inline bool record_is_of_node(const struct record *record, const char *node)
{
	if (node[0] == '\0')
		return record->node.length == 0;
	return strncmp(node, record->node.data, record->node.length) == 0 &&
	       node[record->node.length] == '\0';
}

/* ---- the sysctl cap_last_cap ----------------------------------------------------------------- */

/* Is the key of our rule the last of these fields of a SYSCALL, which the kernel wrote? */
bool record_has_last_cap_key(struct fields fields);

/* Does this PATH name it, in any folder? Its body. */
bool record_names_last_cap(struct bytes body);

#endif
