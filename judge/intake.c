/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/intake.h"

#include <stdlib.h>
#include <string.h>

#include "common/checkpoint.h"
#include "common/hash.h"
#include "judge/maybes.h"
#include "judge/record.h"
#include "judge/row.h"

enum {
	SLOT_START_SIZE = 2048,
	RECORDS_PATIENCE_MS = 2000, /* by the records' clock, as libauparse waits */
	WORD_BITS = 64,
	EOE_BITS = 1 << 16, /* of node names; where two share one, both wait for their EOE */
};

/* An event being assembled. */
struct slot {
	int64_t time, last_arrival;
	char *text;
	size_t length, capacity;
	bool truncated, complete;
	char node[RECORD_NODE_MAX];
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
	struct record_stamp stamp; /* of the last record */
	uint64_t open;		   /* a bit for each slot */
	uint64_t serials[INTAKE_OPEN_MAX];
	uint64_t orders[INTAKE_OPEN_MAX]; /* in which they were opened */
	struct slot slots[INTAKE_OPEN_MAX];
	uint64_t next_order;
	int64_t expires_at; /* by the records' clock no slot is overdue before */
	struct maybes maybes;
	struct passed last;    /* the last record of all */
	struct passed settled; /* the last with no event open, where that is another */
	bool last_is_settled;
	uint64_t seen_eoe[EOE_BITS / WORD_BITS]; /* a bit for each node that sends them */
	int64_t now;
	struct serials *serials_seen; /* NULL: not counted */
	const char *host;
	char partial[RECORD_MAX];
	size_t partial_length;
	bool skipping; /* inside a line longer than RECORD_MAX */
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
	intake->serials_seen = serials;
	intake->host = host;
}

static struct bytes line_of(const struct record *record)
{
	return (struct bytes){record->line, record->length};
}

/* ---- slots ---------------------------------------------------------------------------------- */

_Static_assert(INTAKE_OPEN_MAX == 64, "open has a bit for each");

static size_t lowest(uint64_t open)
{
	return (size_t)__builtin_ctzll(open);
}

static void deliver_slot(struct intake *intake, size_t i)
{
	struct slot *slot = &intake->slots[i];
	const struct intake_event event = {
		.text = slot->text,
		.length = slot->length,
		.node = slot->node,
		.time = slot->time,
		.serial = intake->serials[i],
		.complete = slot->complete,
		.truncated = slot->truncated,
	};

	/* closed first: what the callback does must not find it open */
	intake->open &= ~(1ull << i);
	intake->stats.events++;
	intake->stats.last_serial = event.serial;
	intake->stats.last_time = slot->time;
	intake->deliver(intake->ctx, &event);
	if (slot->capacity > SLOT_START_SIZE * 4) {
		free(slot->text);
		slot->text = NULL;
		slot->capacity = 0;
	}
}

static void deliver_incomplete(struct intake *intake, size_t i)
{
	intake->stats.incomplete++;
	deliver_slot(intake, i);
}

/* There is one. */
static size_t oldest_slot(const struct intake *intake)
{
	size_t oldest = lowest(intake->open);

	for (uint64_t left = intake->open; left; left &= left - 1)
		if (intake->orders[lowest(left)] < intake->orders[oldest])
			oldest = lowest(left);
	return oldest;
}

static struct slot *find_slot(struct intake *intake, const struct record *record)
{
	for (uint64_t left = intake->open; left; left &= left - 1) {
		size_t i = lowest(left);
		struct slot *slot = &intake->slots[i];
		if (intake->serials[i] == record->serial && slot->time == record->time &&
		    record_is_of_node(record, slot->node))
			return slot;
	}
	return NULL;
}

static size_t number_of(const struct intake *intake, const struct slot *slot)
{
	return (size_t)(slot - intake->slots);
}

static struct slot *open_slot(struct intake *intake, const struct record *record)
{
	struct slot *slot;
	size_t i;

	if (!~intake->open) /* better judged with what it has than held while others wait */
		deliver_incomplete(intake, oldest_slot(intake));
	i = lowest(~intake->open);
	slot = &intake->slots[i];
	if (!slot->text) {
		slot->text = malloc(SLOT_START_SIZE);
		if (!slot->text)
			return NULL;
		slot->capacity = SLOT_START_SIZE;
	}
	if (!intake->open || record->time + RECORDS_PATIENCE_MS < intake->expires_at)
		intake->expires_at = record->time + RECORDS_PATIENCE_MS;
	intake->open |= 1ull << i;
	intake->serials[i] = record->serial;
	slot->time = record->time;
	intake->orders[i] = intake->next_order++;
	slot->length = 0;
	slot->truncated = slot->complete = false;
	record_copy_node(record, slot->node);
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

/* One node's clock may be far behind another's: then what is overdue by the one is looked for at
 * each of the other's records, and left. */
static void expire_by_records(struct intake *intake, const struct record *record)
{
	int64_t earliest = INT64_MAX;

	for (uint64_t left = intake->open; left; left &= left - 1) {
		size_t i = lowest(left);
		const struct slot *slot = &intake->slots[i];
		int64_t due = slot->time + RECORDS_PATIENCE_MS;
		if (record->time >= due && record_is_of_node(record, slot->node))
			deliver_incomplete(intake, i);
		else if (due < earliest)
			earliest = due;
	}
	intake->expires_at = earliest;
}

/* ---- assembly ------------------------------------------------------------------------------- */

/* A PATH names the sysctl: the file call is a candidate. */
static void promote(struct intake *intake, const struct maybe *maybe, const struct record *record)
{
	struct slot *slot = open_slot(intake, record);

	for (size_t i = 0; slot && i < maybe->record_count; i++)
		slot_append(intake, slot, maybe->records[i].data, maybe->records[i].length);
	if (slot)
		slot_append(intake, slot, record->line, record->length);
}

static void join_maybe(struct intake *intake, const struct record *record, enum role role)
{
	struct maybe *maybe = maybes_find(&intake->maybes, record);

	if (!maybe)
		return;
	if (role == ROLE_PATH &&
	    record_names_last_cap((struct bytes){record->body, record->body_length}))
		promote(intake, maybe, record);
	else if (role == ROLE_PATH || role == ROLE_JOINS) {
		maybes_add(maybe, record);
		return;
	}
	maybes_drop(&intake->maybes, maybe);
}

static void take_single(struct intake *intake, const struct record *record)
{
	struct slot *slot = open_slot(intake, record);

	if (!slot)
		return;
	slot_append(intake, slot, record->line, record->length);
	deliver_slot(intake, number_of(intake, slot));
}

/* audisp-remote leaves EOE out: on a collector they come of its own events alone. */
static size_t eoe_bit(const struct record *record)
{
	return hash_bytes(HASH_START, record->node, record->node_length) % EOE_BITS;
}

static bool sends_eoe(const struct intake *intake, const struct record *record)
{
	size_t bit = eoe_bit(record);

	return intake->seen_eoe[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

static void note_eoe(struct intake *intake, const struct record *record)
{
	size_t bit = eoe_bit(record);

	intake->seen_eoe[bit / WORD_BITS] |= 1ull << bit % WORD_BITS;
}

/* Another record of the slot's event, by its line and role. Returns whether it was the last. */
static bool join_slot(struct intake *intake, struct slot *slot, const struct record *record,
		      struct bytes line, enum role role)
{
	if (role != ROLE_ENDS)
		slot_append(intake, slot, line.data, line.length);
	if (role != ROLE_ENDS && (role != ROLE_LAST || sends_eoe(intake, record)))
		return false;
	slot->complete = true;
	deliver_slot(intake, number_of(intake, slot));
	return true;
}

static void take_joining(struct intake *intake, const struct record *record, enum role role)
{
	struct slot *slot = find_slot(intake, record);

	if (slot)
		join_slot(intake, slot, record, line_of(record), role);
	else
		join_maybe(intake, record, role);
}

/* NULL without memory. */
static struct slot *take_opening(struct intake *intake, const struct record *record)
{
	struct slot *slot = find_slot(intake, record);

	if (!slot)
		slot = open_slot(intake, record);
	if (slot)
		slot_append(intake, slot, record->line, record->length);
	return slot;
}

/* A record that makes no event a candidate still belongs to one that another record made so (the
 * SYSCALL of a LOGIN or a CONFIG_CHANGE). */
static bool take_bystander(struct intake *intake, const struct record *record)
{
	struct slot *slot = find_slot(intake, record);

	if (slot)
		slot_append(intake, slot, record->line, record->length);
	return slot != NULL;
}

/* auditd's own records count apart; of those, its start and its end are where the kernel had
 * nobody to give its records to. */
static void count_serial(struct intake *intake, const struct record *record)
{
	if (record->node_length > 0 && !record_is_of_node(record, intake->host))
		return;
	if (!record_is_daemon(record)) {
		if (record->serial != intake->serials_seen->highest)
			serials_take(intake->serials_seen, record->serial, intake->now);
	} else if (record_type_is(record, "DAEMON_END") || record_type_is(record, "DAEMON_START")) {
		serials_begin_anew(intake->serials_seen);
	}
}

/* A line that lies elsewhere soon (the next bytes take its place) is remembered by its key. */
static void keep_key(struct passed *passed)
{
	if (passed->line)
		passed->at.line = checkpoint_line_key(passed->line, passed->length);
	passed->line = NULL;
}

/* With no event open all that has come is delivered, or of no interest. */
static void settle(struct intake *intake)
{
	if (!intake->open)
		intake->last_is_settled = true;
}

/* line: of the record, or of one of its event. auditd's own records count apart: their serials are
 * no place among the kernel's. */
static void note_last(struct intake *intake, const struct record *record, struct bytes line)
{
	if (!record_is_daemon(record))
		intake->last = (struct passed){.at = {record->time, record->serial, 0},
					       .line = line.data,
					       .length = line.length};
	settle(intake);
}

/* line, role: the record's, or those of one that lies behind it in its row. */
static void note_passed(struct intake *intake, const struct record *record, struct bytes line,
			enum role role)
{
	if (intake->open && intake->last_is_settled) {
		intake->settled = intake->last;
		intake->last_is_settled = false;
	}
	if (role == ROLE_ENDS)
		settle(intake);
	else
		note_last(intake, record, line);
}

/* Returns the event that it opens, or belongs to as what would open it; or NULL. */
static struct slot *take_record(struct intake *intake, const struct record *record, enum role role)
{
	switch (role) {
	case ROLE_NONE:
		take_bystander(intake, record);
		break;
	case ROLE_SINGLE:
		take_single(intake, record);
		break;
	case ROLE_OPENS:
		return take_opening(intake, record);
	case ROLE_MAYBE:
		if (!take_bystander(intake, record))
			maybes_begin(&intake->maybes, record);
		break;
	case ROLE_ENDS:
		note_eoe(intake, record);
		take_joining(intake, record, role);
		break;
	case ROLE_JOINS:
	case ROLE_PATH:
	case ROLE_LAST:
		take_joining(intake, record, role);
		break;
	}
	return NULL;
}

/* May be: whether it belongs to an event that is open is seen later. */
static bool is_to_be_kept(const struct intake *intake, enum role role)
{
	return intake->open || role == ROLE_OPENS || role == ROLE_SINGLE;
}

/* ---- what is passed over -------------------------------------------------------------------- */

/* No record changes anything but one that opens an event, or may. */
static bool is_idle(const struct intake *intake)
{
	return !intake->open && !intake->maybes.pending;
}

/* A record that opens no event, and those of its event that lie behind it, at "at": most of a
 * stream of file accesses. To an idle intake they are only to be counted. Returns where they end,
 * or NULL: they are to be taken one by one, for a PATH of a maybe names the sysctl, or a maybe does
 * not end here. */
static const char *pass_over(struct intake *intake, const struct record *first, enum role role,
			     const char *at, const char *end)
{
	struct row row = {&intake->stamp, first, at, end};
	struct bytes last = line_of(first);
	bool asks = role == ROLE_MAYBE, has_eoe = false;
	uint64_t records = 0;
	struct row_record next;

	while (!has_eoe && row_next(&row, &next) && next.role != ROLE_OPENS) {
		if (asks && next.role == ROLE_PATH && record_names_last_cap(next.body))
			return NULL;
		has_eoe = next.role == ROLE_ENDS;
		if (has_eoe || next.role == ROLE_LAST)
			asks = false;
		if (!has_eoe)
			last = next.line;
		records++;
		at = row.at;
	}
	if (asks)
		return NULL;
	if (has_eoe)
		note_eoe(intake, first);
	intake->stats.records += records;
	note_last(intake, first, last);
	return at;
}

/* The records that lie behind one of the slot's, at "at", in a row: they are its event's, too.
 * Returns where they end. */
static const char *take_row(struct intake *intake, struct slot *slot, const struct record *first,
			    const char *at, const char *end)
{
	struct row row = {&intake->stamp, first, at, end};
	struct row_record next;
	bool ended = false;

	while (!ended && row_next(&row, &next)) {
		intake->stats.records++;
		if (memchr(next.line.data, '\0', next.line.length)) {
			intake->stats.malformed++;
			continue;
		}
		if (next.role == ROLE_ENDS)
			note_eoe(intake, first);
		ended = join_slot(intake, slot, first, next.line, next.role);
		note_passed(intake, first, next.line, next.role);
	}
	return row.at;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* next: what follows the line, up to end. Returns where to go on. */
static const char *take_line(struct intake *intake, struct bytes line, const char *next,
			     const char *end)
{
	struct record record;
	struct slot *slot;
	enum role role;

	intake->stats.records++;
	if (!record_parse(&intake->stamp, line.data, line.length, &record)) {
		intake->stats.malformed++;
		return next;
	}
	role = record_role(&record);
	if (intake->serials_seen)
		count_serial(intake, &record);
	if ((role == ROLE_NONE || role == ROLE_MAYBE) && is_idle(intake)) {
		const char *passed = pass_over(intake, &record, role, next, end);
		if (passed)
			return passed;
	}
	if (is_to_be_kept(intake, role) && memchr(line.data, '\0', line.length)) {
		intake->stats.malformed++;
		return next;
	}
	slot = take_record(intake, &record, role);
	if (intake->open && record.time >= intake->expires_at)
		expire_by_records(intake, &record);
	note_passed(intake, &record, line_of(&record), role);
	return slot ? take_row(intake, slot, &record, next, end) : next;
}

static void keep_partial(struct intake *intake, const char *bytes, size_t length)
{
	if (intake->skipping)
		return;
	if (intake->partial_length + length > RECORD_MAX) {
		intake->skipping = true;
		intake->partial_length = 0;
		intake->stats.oversized++;
		return;
	}
	memcpy(intake->partial + intake->partial_length, bytes, length);
	intake->partial_length += length;
}

/* next: what follows the newline, up to end. Returns where to go on. */
static const char *end_line(struct intake *intake, struct bytes line, const char *next,
			    const char *end)
{
	if (intake->skipping) {
		intake->skipping = false;
		return next;
	}
	if (intake->partial_length > 0) {
		keep_partial(intake, line.data, line.length);
		line = (struct bytes){intake->partial, intake->partial_length};
		intake->partial_length = 0;
		if (!intake->skipping)
			return take_line(intake, line, next, end);
		intake->skipping = false;
		return next;
	}
	if (line.length > RECORD_MAX) {
		intake->stats.oversized++;
		return next;
	}
	return line.length > 0 ? take_line(intake, line, next, end) : next;
}

/* The bytes that were fed are about to go. */
static void keep_what_is_needed(struct intake *intake)
{
	keep_key(&intake->last);
	keep_key(&intake->settled);
	maybes_keep(&intake->maybes);
}

void intake_feed(struct intake *intake, const char *bytes, size_t length, int64_t now)
{
	const char *end = bytes + length, *newline;

	intake->now = now;
	intake->stats.bytes += length;
	while (bytes < end && (newline = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		const struct bytes line = {bytes, (size_t)(newline - bytes)};
		bytes = end_line(intake, line, newline + 1, end);
	}
	keep_what_is_needed(intake); /* before the first part of a line is written over, too */
	if (bytes < end)
		keep_partial(intake, bytes, (size_t)(end - bytes));
}

void intake_expire(struct intake *intake, int64_t now)
{
	for (uint64_t left = intake->open; left; left &= left - 1)
		if (now - intake->slots[lowest(left)].last_arrival >= INTAKE_PATIENCE_MS)
			deliver_incomplete(intake, lowest(left));
	settle(intake);
}

int64_t intake_deadline(const struct intake *intake)
{
	int64_t deadline = -1;

	for (uint64_t left = intake->open; left; left &= left - 1) {
		int64_t due = intake->slots[lowest(left)].last_arrival + INTAKE_PATIENCE_MS;
		if (deadline < 0 || due < deadline)
			deadline = due;
	}
	return deadline;
}

void intake_finish(struct intake *intake)
{
	static const char nothing[] = "";

	if (intake->partial_length > 0)
		end_line(intake, (struct bytes){nothing, 0}, nothing, nothing);
	keep_what_is_needed(intake);
	intake->skipping = false;
	while (intake->open)
		deliver_incomplete(intake, oldest_slot(intake));
	settle(intake);
}

bool intake_get_position(const struct intake *intake, struct intake_position *position)
{
	*position = intake->last_is_settled ? intake->last.at : intake->settled.at;
	return position->line != 0;
}

void intake_get_stats(const struct intake *intake, struct intake_stats *stats)
{
	*stats = intake->stats;
}
