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
#include "judge/skim.h"
#include "judge/slots.h"

enum {
	RECORDS_PATIENCE_MS = 2000, /* by the records' clock, as libauparse waits */
	WORD_BITS = 64,
	EOE_BITS = 1 << 16, /* of node names; where two share one, both wait for their EOE */
};

/* A record by its line, as long as that is there; then by what is kept of it. */
struct passed {
	struct intake_position at;
	const char *line; /* NULL: "at" is made */
	size_t length;
};

struct intake {
	intake_event_fn deliver;
	void *ctx;
	struct intake_stats stats;
	struct skim skim; /* with the stamp of the last record */
	struct record
		skimmed; /* stands for the first of an event that was skimmed: no more of it
			    than its type, its node, and its stamp where serials are counted */
	struct slots slots;
	int64_t expires_at; /* by the records' clock no slot is overdue before */
	struct maybes maybes;
	struct passed last;    /* the last record of all */
	struct passed settled; /* the last with no event open, where that is another */
	bool last_is_settled;
	uint64_t seen_eoe[EOE_BITS / WORD_BITS]; /* a bit for each node that sends them */
	int64_t now;
	struct serials *serials_seen; /* NULL: not counted */
	int64_t held_until; /* by the records' clock: until then the kernel may have had nobody to
			       give them to; 0: it had */
	const char *host;
	struct record_line records[INTAKE_RECORDS_MAX]; /* of the event being delivered */
	char partial[RECORD_MAX];
	size_t partial_length;
	bool skipping; /* inside a line longer than RECORD_MAX */
};

struct intake *intake_new(intake_event_fn deliver, void *ctx)
{
	static const char syscall[] = "SYSCALL";
	struct intake *intake = calloc(1, sizeof(*intake));

	if (!intake)
		return NULL;
	intake->deliver = deliver;
	intake->ctx = ctx;
	lines_init(&intake->skim.lines);
	intake->skimmed.word = (struct bytes){syscall, sizeof(syscall) - 1};
	intake->skimmed.node = (struct bytes){"", 0};
	return intake;
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	slots_free(&intake->slots);
	free(intake);
}

void intake_count_serials(struct intake *intake, struct serials *serials, const char *host)
{
	intake->serials_seen = serials;
	intake->host = host;
}

/* ---- slots ---------------------------------------------------------------------------------- */

static void deliver(struct intake *intake, const struct intake_event *event)
{
	intake->stats.events++;
	intake->stats.last_serial = event->serial;
	intake->stats.last_time = event->time;
	intake->deliver(intake->ctx, event);
}

static void deliver_slot(struct intake *intake, struct slot *slot)
{
	const struct intake_event event = {
		.text = slot->text,
		.length = slot->length,
		.records = intake->records,
		.record_count = record_split((struct bytes){slot->text, slot->length},
					     intake->records, INTAKE_RECORDS_MAX),
		.node = slot->node,
		.time = slot->time,
		.serial = slot->serial,
		.complete = slot->complete,
		.truncated = slot->truncated,
	};

	/* closed first: what the callback does must not find it open */
	slots_close(&intake->slots, slot);
	deliver(intake, &event);
	slot_trim(slot);
}

static void deliver_incomplete(struct intake *intake, struct slot *slot)
{
	intake->stats.incomplete++;
	deliver_slot(intake, slot);
}

static struct slot *find_slot(struct intake *intake, const struct record *record)
{
	return slots_find(&intake->slots, record);
}

static bool is_any_open(const struct intake *intake)
{
	return intake->slots.open != 0;
}

static struct slot *open_slot(struct intake *intake, const struct record *record)
{
	if (slots_are_full(&intake->slots)) /* better judged with what it has than held while others
					       wait */
		deliver_incomplete(intake, intake->slots.oldest);
	if (!is_any_open(intake) || record->time + RECORDS_PATIENCE_MS < intake->expires_at)
		intake->expires_at = record->time + RECORDS_PATIENCE_MS;
	return slots_open(&intake->slots, record);
}

static void append(struct intake *intake, struct slot *slot, struct bytes line)
{
	slot_append(slot, line, intake->now);
}

/* One node's clock may be far behind another's: then what is overdue by the one is looked for at
 * each of the other's records, and left. */
static void expire_by_records(struct intake *intake, const struct record *record)
{
	int64_t earliest = INT64_MAX;
	struct slot *next;

	for (struct slot *slot = intake->slots.oldest; slot; slot = next) {
		int64_t due = slot->time + RECORDS_PATIENCE_MS;
		next = slot->newer;
		if (record->time >= due && record_is_of_node(record, slot->node))
			deliver_incomplete(intake, slot);
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
		append(intake, slot, maybe->records[i]);
	if (slot)
		append(intake, slot, record->line.text);
}

static void join_maybe(struct intake *intake, const struct record *record, enum role role)
{
	struct maybe *maybe = maybes_find(&intake->maybes, record);

	if (!maybe)
		return;
	if (role == ROLE_PATH && record_names_last_cap(record->line.body))
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
	append(intake, slot, record->line.text);
	deliver_slot(intake, slot);
}

/* audisp-remote leaves EOE out: on a collector they come of its own events alone. */
static size_t eoe_bit(const struct record *record)
{
	if (record->node.length == 0) /* as on each host but a collector */
		return 0;
	return hash_text(0, record->node.data, record->node.length) % EOE_BITS;
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
		append(intake, slot, line);
	if (role != ROLE_ENDS && (role != ROLE_LAST || sends_eoe(intake, record)))
		return false;
	slot->complete = true;
	deliver_slot(intake, slot);
	return true;
}

static void take_joining(struct intake *intake, const struct record *record, enum role role)
{
	struct slot *slot = find_slot(intake, record);

	if (slot)
		join_slot(intake, slot, record, record->line.text, role);
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
		append(intake, slot, record->line.text);
	return slot;
}

/* A record that makes no event a candidate still belongs to one that another record made so (the
 * SYSCALL of a LOGIN or a CONFIG_CHANGE). */
static bool take_bystander(struct intake *intake, const struct record *record)
{
	struct slot *slot = find_slot(intake, record);

	if (slot)
		append(intake, slot, record->line.text);
	return slot != NULL;
}

/* auditd's own records count apart; of those, its start and its end are where the kernel had
 * nobody to give its records to. What it held back meanwhile, some of an event and not the next
 * one, comes behind the start: with stamps from before it. */
static void count_serial(struct intake *intake, const struct record *record)
{
	struct serials *seen = intake->serials_seen;

	if (record->node.length > 0 && !record_is_of_node(record, intake->host))
		return;
	if (record_is_daemon(record)) {
		if (record->line.type == RECORD_DAEMON_END ||
		    record->line.type == RECORD_DAEMON_START)
			serials_begin_anew(seen);
		if (record->line.type == RECORD_DAEMON_START)
			intake->held_until = record->time;
		return;
	}
	if (record->serial == seen->highest)
		return;
	if (intake->held_until) {
		serials_miss_none(seen, record->serial);
		if (record->time >= intake->held_until)
			intake->held_until = 0; /* and no clock that is set back hides a loss */
	}
	serials_take(seen, record->serial, intake->now);
}

/* A line that lies elsewhere soon (the next bytes take its place) is remembered by its key. */
static void keep_key(struct passed *passed)
{
	struct stamp stamp = {.length = 0};
	struct record record;

	if (!passed->line)
		return;
	if (record_parse(&stamp, (struct bytes){passed->line, passed->length}, &record))
		passed->at = (struct intake_position){
			record.time, record.serial,
			checkpoint_line_key(passed->line, passed->length)};
	passed->line = NULL;
}

/* With no event open all that has come is delivered, or of no interest. */
static void settle(struct intake *intake)
{
	if (!is_any_open(intake))
		intake->last_is_settled = true;
}

/* line: of the record, or of one of its event. auditd's own records count apart: their serials are
 * no place among the kernel's. */
static void note_last(struct intake *intake, const struct record *record, struct bytes line)
{
	if (!record_is_daemon(record))
		intake->last = (struct passed){.line = line.data, .length = line.length};
	settle(intake);
}

/* line, role: the record's, or those of one that lies behind it in its row. */
static void note_passed(struct intake *intake, const struct record *record, struct bytes line,
			enum role role)
{
	if (is_any_open(intake) && intake->last_is_settled) {
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
	return is_any_open(intake) || role == ROLE_OPENS || role == ROLE_SINGLE;
}

/* ---- what is passed over -------------------------------------------------------------------- */

/* No record changes anything but one that opens an event, or may. */
static bool is_idle(const struct intake *intake)
{
	return !is_any_open(intake) && !intake->maybes.pending;
}

/* To an idle intake the records of an event that was skimmed are only to be counted. first: one of
 * them, with node, time and serial. */
static inline void count_skimmed(struct intake *intake, const struct record *first,
				 const struct skimmed *skimmed)
{
	if (skimmed->has_eoe)
		note_eoe(intake, first);
	intake->stats.records += skimmed->records;
	note_last(intake, first, skimmed->last);
}

/* What is left of an event whose first record is of no interest, or may be. */
static const char *pass_over_rest(struct intake *intake, const struct record *first, enum role role,
				  const char *at, const char *end)
{
	struct skimmed skimmed;
	const char *next = skim_rest(&intake->skim, first, role, at, end, &skimmed);

	if (!next)
		return NULL;
	if (intake->serials_seen)
		count_serial(intake, first);
	count_skimmed(intake, first, &skimmed);
	return next;
}

/* Of an event, by another of its records than its first. Returns whether it was the last. */
static bool take_row_record(struct intake *intake, struct slot *slot, const struct record *first,
			    struct bytes line, enum role role)
{
	bool ended = join_slot(intake, slot, first, line, role);

	intake->stats.records++;
	note_passed(intake, first, line, role);
	return ended;
}

/* The records that lie behind one of the slot's, at "at", in a row: they are its event's, too.
 * Returns where they end. */
static const char *take_row(struct intake *intake, struct slot *slot, const struct record *first,
			    const char *at, const char *end)
{
	struct row row = {&intake->skim.lines, &intake->skim.stamp, row_node_of(first), at, end};
	struct record_line next;

	while (row_next(&row, &next)) {
		if (memchr(next.text.data, '\0', next.text.length)) {
			intake->stats.records++;
			intake->stats.malformed++;
			continue;
		}
		if (take_row_record(intake, slot, first, next.text, record_roles[next.type]))
			return row.at;
	}
	if (row_take_end(&row)) {
		note_eoe(intake, first);
		take_row_record(intake, slot, first, (struct bytes){NULL, 0}, ROLE_ENDS);
	}
	return row.at;
}

/* Gathers the records that lie behind the first, at row->at, in a row. False where the event does
 * not end with them, or has too many. */
static bool gather_row(struct intake *intake, const struct record *first, struct row *row,
		       size_t *count)
{
	bool last_is_end = !sends_eoe(intake, first);
	struct record_line *records = intake->records;

	*count = 0;
	records[(*count)++] = first->line;
	while (*count < INTAKE_RECORDS_MAX && row_next(row, &records[*count]))
		if (records[(*count)++].type == RECORD_PROCTITLE && last_is_end)
			return true;
	if (!row_take_end(row))
		return false;
	note_eoe(intake, first);
	return true;
}

/* An event that lies there from its first record to its end, which is where most lie that are
 * judged: it is delivered as it lies, and needs no slot. Returns where it ends. NULL, and it is to
 * be taken record by record, where it is not whole, has node= before its records, or a zero byte.
 */
static const char *take_whole(struct intake *intake, const struct record *first, const char *at,
			      const char *end)
{
	struct row row = {&intake->skim.lines, &intake->skim.stamp, {NULL, 0}, at, end};
	struct intake_event event = {
		.text = first->line.text.data,
		.records = intake->records,
		.node = "",
		.time = first->time,
		.serial = first->serial,
		.complete = true,
	};
	const char *last_end;
	struct bytes last;

	if (first->node.length || event.text + first->line.text.length + 1 != at ||
	    find_slot(intake, first))
		return NULL;
	if (!gather_row(intake, first, &row, &event.record_count)) {
		lines_go_back(&intake->skim.lines, at);
		return NULL;
	}
	last = intake->records[event.record_count - 1].text;
	last_end = last.data + last.length + 1;
	event.length = (size_t)(last_end - event.text);
	if (event.length > INTAKE_EVENT_MAX || memchr(event.text, '\0', event.length)) {
		lines_go_back(&intake->skim.lines, at);
		return NULL;
	}
	intake->stats.records += event.record_count - 1 + (row.at > last_end); /* an EOE */
	deliver(intake, &event);
	note_passed(intake, first, last, ROLE_JOINS);
	return row.at;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* next: what follows the record, up to end. Returns where to go on. */
static const char *take_parsed(struct intake *intake, const struct record *record, enum role role,
			       const char *next, const char *end)
{
	struct bytes line = record->line.text;
	const char *whole;
	struct slot *slot;

	if (intake->serials_seen)
		count_serial(intake, record);
	if (is_any_open(intake) && record->time >= intake->expires_at)
		expire_by_records(intake, record);
	whole = role == ROLE_OPENS ? take_whole(intake, record, next, end) : NULL;
	if (whole)
		return whole;
	if (is_to_be_kept(intake, role) && memchr(line.data, '\0', line.length)) {
		intake->stats.malformed++;
		return next;
	}
	slot = take_record(intake, record, role);
	note_passed(intake, record, line, role);
	return slot ? take_row(intake, slot, record, next, end) : next;
}

/* The same of a line that is none of a usual SYSCALL. */
static const char *take_line(struct intake *intake, struct bytes line, const char *next,
			     const char *end)
{
	struct record record;
	const char *after = NULL;
	enum role role;

	intake->stats.records++;
	if (!record_parse(&intake->skim.stamp, line, &record)) {
		intake->stats.malformed++;
		return next;
	}
	role = record_role(&record);
	if ((role == ROLE_NONE || role == ROLE_MAYBE) && is_idle(intake))
		after = pass_over_rest(intake, &record, role, next, end);
	return after ? after : take_parsed(intake, &record, role, next, end);
}

/* The same of what begins with a usual SYSCALL. NULL where that is not what lies there. */
static const char *take_usual(struct intake *intake, const char *at, const char *end)
{
	struct record *passed = &intake->skimmed;
	struct skimmed_call call;
	struct skimmed skimmed;
	const char *next;

	switch (skim_event(&intake->skim, is_idle(intake), at, end, &next, &skimmed, &call)) {
	case SKIM_UNUSUAL:
		return NULL;
	case SKIM_SYSCALL:
		intake->stats.records++;
		return take_parsed(intake, &call.record, call.role, next, end);
	case SKIM_PASSED:
		break;
	}
	intake->stats.records++;
	if (intake->serials_seen) {
		record_take_stamp(passed, &intake->skim.stamp);
		count_serial(intake, passed);
	}
	count_skimmed(intake, passed, &skimmed);
	return next;
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

/* What comes next is the beginning of a line. */
static bool begins_line(const struct intake *intake)
{
	return intake->partial_length == 0 && !intake->skipping;
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
	const char *end = bytes + length, *newline, *next;

	intake->now = now;
	intake->stats.bytes += length;
	lines_begin(&intake->skim.lines, bytes, end);
	while (bytes < end) {
		if (begins_line(intake) && (next = take_usual(intake, bytes, end)) != NULL) {
			bytes = next;
			continue;
		}
		lines_go_back(&intake->skim.lines, bytes);
		newline = lines_end(&intake->skim.lines, bytes);
		if (!newline)
			break;
		const struct bytes line = {bytes, (size_t)(newline - bytes)};
		bytes = end_line(intake, line, newline + 1, end);
	}
	keep_what_is_needed(intake); /* before the first part of a line is written over, too */
	if (bytes < end)
		keep_partial(intake, bytes, (size_t)(end - bytes));
}

void intake_expire(struct intake *intake, int64_t now)
{
	struct slot *next;

	for (struct slot *slot = intake->slots.oldest; slot; slot = next) {
		next = slot->newer;
		if (now - slot->last_arrival >= INTAKE_PATIENCE_MS)
			deliver_incomplete(intake, slot);
	}
	settle(intake);
}

int64_t intake_deadline(const struct intake *intake)
{
	int64_t deadline = -1;

	for (const struct slot *slot = intake->slots.oldest; slot; slot = slot->newer) {
		int64_t due = slot->last_arrival + INTAKE_PATIENCE_MS;
		if (deadline < 0 || due < deadline)
			deadline = due;
	}
	return deadline;
}

void intake_finish(struct intake *intake)
{
	static const char nothing[] = "";

	lines_begin(&intake->skim.lines, nothing, nothing);
	if (intake->partial_length > 0)
		end_line(intake, (struct bytes){nothing, 0}, nothing, nothing);
	keep_what_is_needed(intake);
	intake->skipping = false;
	while (is_any_open(intake))
		deliver_incomplete(intake, intake->slots.oldest);
	settle(intake);
}

bool intake_get_position(const struct intake *intake, struct intake_position *position)
{
	*position = intake->last_is_settled ? intake->last.at : intake->settled.at;
	return position->line != 0;
}

uint64_t intake_records(const struct intake *intake)
{
	return intake->stats.records;
}

void intake_get_stats(const struct intake *intake, struct intake_stats *stats)
{
	*stats = intake->stats;
}
