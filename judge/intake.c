/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/intake.h"

#include <stdlib.h>
#include <string.h>

#include "common/checkpoint.h"
#include "judge/syscalls.h"

enum {
	SLOT_START_SIZE = 2048,
	MAYBE_MAX = 8,		    /* file calls kept back until their PATH shows which file */
	MAYBE_SIZE = 4096,	    /* a SYSCALL, a CWD and a PARENT path */
	RECORDS_PATIENCE_MS = 2000, /* by the records' clock, as libauparse waits */
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
	const char *body; /* after "): " or "):" */
	size_t body_length;
	const char *node;
	size_t node_length;
	int64_t time;
	uint64_t serial;
};

struct slot {
	bool open;
	uint64_t serial;
	int64_t time, last_arrival;
	uint64_t order;
	char *text;
	size_t length, capacity;
	bool truncated, complete;
	char node[INTAKE_NODE_MAX];
};

struct maybe {
	uint64_t serial;
	int64_t time;
	size_t length;
	char node[INTAKE_NODE_MAX];
	char text[MAYBE_SIZE];
};

/* A record by its line, as long as that is there; then by its key. */
struct passed {
	struct intake_position at;
	const char *line; /* NULL: at.line is made */
	size_t length;
};

struct intake {
	intake_event_fn deliver;
	void *ctx;
	struct intake_stats stats;
	struct slot slots[INTAKE_OPEN_MAX];
	size_t open_count;
	uint64_t next_order;
	struct maybe maybes[MAYBE_MAX];
	size_t next_maybe;
	bool seen_eoe;
	struct passed last, settled; /* the last record of all, and the last with no event open */
	int64_t now;
	struct serials *serials; /* NULL: not counted */
	const char *host;
	char partial[INTAKE_RECORD_MAX];
	size_t partial_length;
	bool skipping; /* inside a line longer than INTAKE_RECORD_MAX */
};

struct intake *intake_new(intake_event_fn deliver, void *ctx)
{
	struct intake *intake = calloc(1, sizeof(*intake));

	if (!intake)
		return NULL;
	intake->deliver = deliver;
	intake->ctx = ctx;
	return intake;
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	for (size_t i = 0; i < INTAKE_OPEN_MAX; i++)
		free(intake->slots[i].text);
	free(intake);
}

void intake_count_serials(struct intake *intake, struct serials *serials, const char *host)
{
	intake->serials = serials;
	intake->host = host;
}

/* ---- one record's header -------------------------------------------------------------------- */

static bool take_number(const char **at, const char *end, uint64_t *value)
{
	const char *p = *at;
	uint64_t number = 0;

	while (p < end && *p >= '0' && *p <= '9') {
		if (number > (UINT64_MAX - 9) / 10)
			return false;
		number = number * 10 + (uint64_t)(*p++ - '0');
	}
	if (p == *at)
		return false;
	*at = p;
	*value = number;
	return true;
}

static bool take_literal(const char **at, const char *end, const char *literal)
{
	size_t length = strlen(literal);

	if ((size_t)(end - *at) < length || memcmp(*at, literal, length) != 0)
		return false;
	*at += length;
	return true;
}

static bool take_node(const char **at, const char *end, struct record *record)
{
	const char *space;

	record->node = "";
	record->node_length = 0;
	if (!take_literal(at, end, "node="))
		return true;
	space = memchr(*at, ' ', (size_t)(end - *at));
	if (!space || (size_t)(space - *at) >= INTAKE_NODE_MAX)
		return false;
	record->node = *at;
	record->node_length = (size_t)(space - *at);
	*at = space + 1;
	return true;
}

/* "[node=N ]type=T msg=audit(SEC.MSEC:SERIAL): body" (auditd writes it, auditd-event.c). */
static bool parse_header(const char *line, size_t length, struct record *record)
{
	const char *at = line, *end = line + length, *space;
	uint64_t seconds, milliseconds;

	if (!take_node(&at, end, record))
		return false;
	record->line = at;
	record->length = (size_t)(end - at);
	if (!take_literal(&at, end, "type="))
		return false;
	space = memchr(at, ' ', (size_t)(end - at));
	if (!space)
		return false;
	record->type = at;
	record->type_length = (size_t)(space - at);
	at = space;
	if (!take_literal(&at, end, " msg=audit(") || !take_number(&at, end, &seconds) ||
	    !take_literal(&at, end, ".") || !take_number(&at, end, &milliseconds) ||
	    !take_literal(&at, end, ":") || !take_number(&at, end, &record->serial) ||
	    !take_literal(&at, end, "):"))
		return false;
	if (seconds > INT64_MAX / 2000 || milliseconds > 999)
		return false;
	record->time = (int64_t)(seconds * 1000 + milliseconds);
	record->body = at;
	record->body_length = (size_t)(end - at);
	return true;
}

/* ---- selection by content ------------------------------------------------------------------- */

/* Field " name=VALUE" of the part of a SYSCALL record that the kernel writes before any text. */
static bool find_field(const struct record *record, const char *name, int base, uint64_t *value)
{
	size_t name_length = strlen(name);
	const char *found = memmem(record->body, record->body_length, name, name_length);
	char digits[24];
	size_t available, i = 0;
	char *stop;

	if (!found)
		return false;
	found += name_length;
	available = record->body_length - (size_t)(found - record->body);
	while (i < available && i < sizeof(digits) - 1 && found[i] != ' ') {
		digits[i] = found[i];
		i++;
	}
	digits[i] = '\0';
	*value = strtoull(digits, &stop, base);
	return i > 0 && *stop == '\0';
}

static enum role syscall_role(const struct record *record)
{
	static const char last_cap_key[] = "capwatch_lastcap";
	uint64_t arch, number, args[4];
	enum call call;

	if (!find_field(record, " arch=", 16, &arch) ||
	    !find_field(record, " syscall=", 10, &number))
		return ROLE_NONE;
	call = syscalls_classify((uint32_t)arch, (unsigned)number);
	if (call == CALL_FILE)
		return memmem(record->body, record->body_length, last_cap_key,
			      sizeof(last_cap_key) - 1)
			       ? ROLE_OPENS
			       : ROLE_MAYBE;
	if (call == CALL_NONE || !find_field(record, " a0=", 16, &args[0]) ||
	    !find_field(record, " a1=", 16, &args[1]) ||
	    !find_field(record, " a2=", 16, &args[2]) || !find_field(record, " a3=", 16, &args[3]))
		return ROLE_NONE;
	return syscalls_wanted(call, args,
			       memmem(record->body, record->body_length, " success=yes", 12))
		       ? ROLE_OPENS
		       : ROLE_NONE;
}

static const struct type_role {
	const char *type;
	enum role role;
} type_roles[] = {
	{"EOE", ROLE_ENDS},
	{"PROCTITLE", ROLE_LAST},
	{"PATH", ROLE_PATH},
	{"CWD", ROLE_JOINS},
	{"EXECVE", ROLE_JOINS},
	{"CAPSET", ROLE_OPENS},
	{"BPRM_FCAPS", ROLE_OPENS},
	{"CONFIG_CHANGE", ROLE_OPENS},
	{"LOGIN", ROLE_OPENS},
	{"SERVICE_START", ROLE_SINGLE},
	{"SERVICE_STOP", ROLE_SINGLE},
	{"DAEMON_START", ROLE_SINGLE},
	{"DAEMON_END", ROLE_SINGLE},
	{"DAEMON_ABORT", ROLE_SINGLE},
	{"DAEMON_CONFIG", ROLE_SINGLE},
};

static enum role record_role(const struct record *record)
{
	if (record->type_length == 7 && memcmp(record->type, "SYSCALL", 7) == 0)
		return syscall_role(record);
	for (size_t i = 0; i < sizeof(type_roles) / sizeof(type_roles[0]); i++)
		if (strlen(type_roles[i].type) == record->type_length &&
		    memcmp(type_roles[i].type, record->type, record->type_length) == 0)
			return type_roles[i].role;
	return ROLE_NONE;
}

/* ---- assembly ------------------------------------------------------------------------------- */

static void deliver_slot(struct intake *intake, struct slot *slot)
{
	const struct intake_event event = {
		.text = slot->text,
		.length = slot->length,
		.node = slot->node,
		.time = slot->time,
		.serial = slot->serial,
		.complete = slot->complete,
		.truncated = slot->truncated,
	};

	/* closed first: what the callback does must not find it open */
	slot->open = false;
	intake->open_count--;
	intake->stats.events++;
	intake->stats.last_serial = slot->serial;
	intake->stats.last_time = slot->time;
	intake->deliver(intake->ctx, &event);
	if (slot->capacity > SLOT_START_SIZE * 4) {
		free(slot->text);
		slot->text = NULL;
		slot->capacity = 0;
	}
}

static struct slot *oldest_slot(struct intake *intake)
{
	struct slot *oldest = NULL;

	for (size_t i = 0; i < INTAKE_OPEN_MAX; i++) {
		struct slot *slot = &intake->slots[i];
		if (slot->open && (!oldest || slot->order < oldest->order))
			oldest = slot;
	}
	return oldest;
}

static bool is_of_node(const struct record *record, const char *node)
{
	return strlen(node) == record->node_length &&
	       memcmp(node, record->node, record->node_length) == 0;
}

static void copy_node(const struct record *record, char node[INTAKE_NODE_MAX])
{
	memcpy(node, record->node, record->node_length);
	node[record->node_length] = '\0';
}

static struct slot *find_slot(struct intake *intake, const struct record *record)
{
	if (intake->open_count == 0)
		return NULL;
	for (size_t i = 0; i < INTAKE_OPEN_MAX; i++) {
		struct slot *slot = &intake->slots[i];
		if (slot->open && slot->serial == record->serial && slot->time == record->time &&
		    is_of_node(record, slot->node))
			return slot;
	}
	return NULL;
}

static struct slot *open_slot(struct intake *intake, const struct record *record)
{
	struct slot *slot = NULL;

	if (intake->open_count == INTAKE_OPEN_MAX) {
		/* better judged with what it has than held while others wait */
		intake->stats.incomplete++;
		deliver_slot(intake, oldest_slot(intake));
	}
	for (size_t i = 0; i < INTAKE_OPEN_MAX && !slot; i++)
		if (!intake->slots[i].open)
			slot = &intake->slots[i];
	if (!slot->text) {
		slot->text = malloc(SLOT_START_SIZE);
		if (!slot->text)
			return NULL;
		slot->capacity = SLOT_START_SIZE;
	}
	slot->open = true;
	slot->serial = record->serial;
	slot->time = record->time;
	slot->order = intake->next_order++;
	slot->length = 0;
	slot->truncated = slot->complete = false;
	copy_node(record, slot->node);
	intake->open_count++;
	return slot;
}

static bool slot_reserve(struct slot *slot, size_t more)
{
	size_t wanted = slot->length + more, capacity = slot->capacity;
	char *text;

	if (wanted > INTAKE_EVENT_MAX)
		return false;
	if (wanted <= capacity)
		return true;
	while (capacity < wanted)
		capacity *= 2;
	text = realloc(slot->text, capacity);
	if (!text)
		return false;
	slot->text = text;
	slot->capacity = capacity;
	return true;
}

static void slot_append(struct intake *intake, struct slot *slot, const char *text, size_t length)
{
	slot->last_arrival = intake->now;
	if (!slot_reserve(slot, length + 1)) {
		slot->truncated = true;
		return;
	}
	memcpy(slot->text + slot->length, text, length);
	slot->length += length;
	slot->text[slot->length++] = '\n';
}

static struct maybe *find_maybe(struct intake *intake, const struct record *record)
{
	for (size_t i = 0; i < MAYBE_MAX; i++) {
		struct maybe *maybe = &intake->maybes[i];
		if (maybe->length > 0 && maybe->serial == record->serial &&
		    maybe->time == record->time && is_of_node(record, maybe->node))
			return maybe;
	}
	return NULL;
}

static void maybe_append(struct maybe *maybe, const struct record *record)
{
	if (maybe->length + record->length + 1 > MAYBE_SIZE)
		return;
	memcpy(maybe->text + maybe->length, record->line, record->length);
	maybe->length += record->length;
	maybe->text[maybe->length++] = '\n';
}

static void keep_maybe(struct intake *intake, const struct record *record)
{
	struct maybe *maybe = &intake->maybes[intake->next_maybe];

	intake->next_maybe = (intake->next_maybe + 1) % MAYBE_MAX;
	maybe->serial = record->serial;
	maybe->time = record->time;
	maybe->length = 0;
	copy_node(record, maybe->node);
	maybe_append(maybe, record);
}

/* A PATH of an event that is no candidate yet: it becomes one when the path names the sysctl. */
static void join_maybe(struct intake *intake, const struct record *record, bool is_path)
{
	static const char name[] = "cap_last_cap";
	struct maybe *maybe = find_maybe(intake, record);
	struct slot *slot;

	if (!maybe)
		return;
	if (!is_path || !memmem(record->body, record->body_length, name, sizeof(name) - 1)) {
		maybe_append(maybe, record);
		return;
	}
	slot = open_slot(intake, record);
	if (slot) {
		/* the kept text ends with a newline of its own */
		slot_append(intake, slot, maybe->text, maybe->length - 1);
		slot_append(intake, slot, record->line, record->length);
	}
	maybe->length = 0;
}

static void expire_by_records(struct intake *intake, const struct record *record)
{
	for (size_t i = 0; intake->open_count > 0 && i < INTAKE_OPEN_MAX; i++) {
		struct slot *slot = &intake->slots[i];
		if (slot->open && record->time - slot->time >= RECORDS_PATIENCE_MS &&
		    is_of_node(record, slot->node)) {
			intake->stats.incomplete++;
			deliver_slot(intake, slot);
		}
	}
}

static void take_single(struct intake *intake, const struct record *record)
{
	struct slot *slot = open_slot(intake, record);

	if (!slot)
		return;
	slot_append(intake, slot, record->line, record->length);
	deliver_slot(intake, slot);
}

static void take_joining(struct intake *intake, const struct record *record, enum role role)
{
	struct slot *slot = find_slot(intake, record);

	if (!slot) {
		if (role == ROLE_PATH || role == ROLE_JOINS)
			join_maybe(intake, record, role == ROLE_PATH);
		return;
	}
	if (role != ROLE_ENDS)
		slot_append(intake, slot, record->line, record->length);
	if (role == ROLE_ENDS || (role == ROLE_LAST && !intake->seen_eoe)) {
		slot->complete = true;
		deliver_slot(intake, slot);
	}
}

static void take_opening(struct intake *intake, const struct record *record)
{
	struct slot *slot = find_slot(intake, record);

	if (!slot)
		slot = open_slot(intake, record);
	if (slot)
		slot_append(intake, slot, record->line, record->length);
}

/* A record that makes no event a candidate still belongs to one that another record made so (the
 * SYSCALL of a LOGIN or a CONFIG_CHANGE). */
static void take_bystander(struct intake *intake, const struct record *record)
{
	struct slot *slot = find_slot(intake, record);

	if (slot)
		slot_append(intake, slot, record->line, record->length);
}

static bool type_is(const struct record *record, const char *type)
{
	return strlen(type) == record->type_length &&
	       memcmp(type, record->type, record->type_length) == 0;
}

static bool is_daemon_record(const struct record *record)
{
	static const char daemon[] = "DAEMON_";

	return record->type_length >= sizeof(daemon) &&
	       memcmp(record->type, daemon, sizeof(daemon) - 1) == 0;
}

/* auditd's own records count apart; of those, its start and its end are where the kernel had
 * nobody to give its records to. */
static void count_serial(struct intake *intake, const struct record *record)
{
	if (record->node_length > 0 && !is_of_node(record, intake->host))
		return;
	if (!is_daemon_record(record)) {
		if (record->serial != intake->serials->highest)
			serials_take(intake->serials, record->serial, intake->now);
	} else if (type_is(record, "DAEMON_END") || type_is(record, "DAEMON_START")) {
		serials_begin_anew(intake->serials);
	}
}

/* A line that lies elsewhere soon (the next bytes take its place) is remembered by its key. */
static void keep_key(struct passed *passed)
{
	if (passed->line)
		passed->at.line = checkpoint_line_key(passed->line, passed->length);
	passed->line = NULL;
}

static void note_passed(struct intake *intake, const struct record *record, enum role role)
{
	/* auditd's own records count apart: their serials are no place among the kernel's */
	if (role != ROLE_ENDS && !is_daemon_record(record))
		intake->last = (struct passed){.at = {record->time, record->serial, 0},
					       .line = record->line,
					       .length = record->length};
	if (intake->open_count == 0)
		intake->settled = intake->last;
}

static void take_line(struct intake *intake, const char *line, size_t length)
{
	struct record record;
	enum role role;

	if (length == 0)
		return;
	intake->stats.records++;
	if (!parse_header(line, length, &record) || memchr(line, '\0', length)) {
		intake->stats.malformed++;
		return;
	}
	if (intake->serials)
		count_serial(intake, &record);
	role = record_role(&record);
	if (role == ROLE_ENDS)
		intake->seen_eoe = true;
	switch (role) {
	case ROLE_NONE:
		take_bystander(intake, &record);
		break;
	case ROLE_SINGLE:
		take_single(intake, &record);
		break;
	case ROLE_OPENS:
		take_opening(intake, &record);
		break;
	case ROLE_MAYBE:
		take_bystander(intake, &record);
		keep_maybe(intake, &record);
		break;
	case ROLE_JOINS:
	case ROLE_PATH:
	case ROLE_LAST:
	case ROLE_ENDS:
		take_joining(intake, &record, role);
		break;
	}
	if (intake->open_count > 0)
		expire_by_records(intake, &record);
	note_passed(intake, &record, role);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void keep_partial(struct intake *intake, const char *bytes, size_t length)
{
	if (intake->skipping)
		return;
	if (intake->partial_length + length > INTAKE_RECORD_MAX) {
		intake->skipping = true;
		intake->partial_length = 0;
		intake->stats.oversized++;
		return;
	}
	memcpy(intake->partial + intake->partial_length, bytes, length);
	intake->partial_length += length;
}

static void end_line(struct intake *intake, const char *bytes, size_t length)
{
	if (intake->skipping) {
		intake->skipping = false;
		return;
	}
	if (intake->partial_length > 0) {
		keep_partial(intake, bytes, length);
		if (!intake->skipping)
			take_line(intake, intake->partial, intake->partial_length);
		intake->skipping = false;
		intake->partial_length = 0;
		return;
	}
	if (length > INTAKE_RECORD_MAX) {
		intake->stats.oversized++;
		return;
	}
	take_line(intake, bytes, length);
}

static void keep_keys(struct intake *intake)
{
	keep_key(&intake->last);
	keep_key(&intake->settled);
}

void intake_feed(struct intake *intake, const char *bytes, size_t length, int64_t now)
{
	const char *end = bytes + length, *newline;

	intake->now = now;
	intake->stats.bytes += length;
	while (bytes < end && (newline = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		end_line(intake, bytes, (size_t)(newline - bytes));
		bytes = newline + 1;
	}
	keep_keys(intake); /* before the bytes go, and the first part of a line is written over */
	if (bytes < end)
		keep_partial(intake, bytes, (size_t)(end - bytes));
}

/* After events were delivered without a record. */
static void settle(struct intake *intake)
{
	if (intake->open_count == 0)
		intake->settled = intake->last;
}

void intake_expire(struct intake *intake, int64_t now)
{
	for (size_t i = 0; intake->open_count > 0 && i < INTAKE_OPEN_MAX; i++) {
		struct slot *slot = &intake->slots[i];
		if (slot->open && now - slot->last_arrival >= INTAKE_PATIENCE_MS) {
			intake->stats.incomplete++;
			deliver_slot(intake, slot);
		}
	}
	settle(intake);
}

int64_t intake_deadline(const struct intake *intake)
{
	int64_t deadline = -1;

	for (size_t i = 0; intake->open_count > 0 && i < INTAKE_OPEN_MAX; i++) {
		const struct slot *slot = &intake->slots[i];
		if (slot->open &&
		    (deadline < 0 || slot->last_arrival + INTAKE_PATIENCE_MS < deadline))
			deadline = slot->last_arrival + INTAKE_PATIENCE_MS;
	}
	return deadline;
}

void intake_finish(struct intake *intake)
{
	struct slot *slot;

	if (intake->partial_length > 0)
		end_line(intake, "", 0);
	keep_keys(intake);
	intake->skipping = false;
	while ((slot = oldest_slot(intake)) != NULL) {
		intake->stats.incomplete++;
		deliver_slot(intake, slot);
	}
	settle(intake);
}

bool intake_get_position(const struct intake *intake, struct intake_position *position)
{
	*position = intake->settled.at;
	return position->line != 0;
}

void intake_get_stats(const struct intake *intake, struct intake_stats *stats)
{
	*stats = intake->stats;
}
