/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/skim.h"

#include <string.h>

#include "judge/fields.h"
#include "judge/row.h"
#include "judge/syscalls.h"

#define WORD "type=SYSCALL"
#define ARCH " arch=c000003e syscall="

/* The records behind the first up to the event's end, or to where another one begins. asks: a PATH
 * may name the sysctl, so that the event is to be seen to its end. */
__attribute__((always_inline)) static inline const char *
pass_over(struct row row, bool asks, struct bytes first, struct skimmed *skimmed)
{
	const char *at = row.at;
	struct bytes last = first;
	struct record_line next;
	uint64_t records = 0;

	while (!row_take_end(&row)) {
		if (!row_next(&row, &next) || record_roles[next.type] == ROLE_OPENS) {
			if (asks)
				return NULL;
			*skimmed = (struct skimmed){records, last, false};
			return at;
		}
		if (asks && next.type == RECORD_PATH && record_names_last_cap(next.body))
			return NULL;
		asks = asks && next.type != RECORD_PROCTITLE;
		last = next.text;
		records++;
		at = row.at;
	}
	*skimmed = (struct skimmed){records + 1, last, true};
	return row.at;
}

/* As fields_begin(). What auditd has looked up is mostly as long as the last time, and of the byte
 * before it there is but one in a record. */
static struct fields kernels_fields(struct skim *skim, struct bytes body)
{
	const char *end = body.data + body.length;
	struct fields fields = {body.data, end - skim->looked_up_at};

	if (skim->looked_up_at == 0 || skim->looked_up_at > body.length ||
	    *fields.end != FIELDS_ENRICHED) {
		fields = fields_begin(body);
		skim->looked_up_at = (size_t)(end - fields.end);
	}
	return fields;
}

/* "type=SYSCALL msg=audit(...): arch=c000003e syscall=NUMBER ": what is behind the stamp, and
 * behind the number. */
struct beginning {
	const char *body, *rest;
	enum call call;
};

static bool take_beginning(struct skim *skim, const char *at, const char *end,
			   struct beginning *beginning)
{
	uint64_t number;

	if (!BYTES_TAKE(&at, end, WORD) || !stamp_read(&skim->stamp, &at, end))
		return false;
	beginning->body = at;
	if (!BYTES_TAKE(&at, end, ARCH) || !take_number(&at, end, &number) || at == end ||
	    *at != ' ')
		return false;
	beginning->rest = at;
	beginning->call = syscalls_classify(0xc000003e, (unsigned)number);
	return true;
}

static enum role role_of(struct skim *skim, enum call call, struct bytes rest)
{
	if (call == CALL_NONE)
		return ROLE_NONE;
	if (call == CALL_FILE)
		return record_has_last_cap_key(kernels_fields(skim, rest)) ? ROLE_OPENS
									   : ROLE_MAYBE;
	return record_role_of_call(call, (struct fields){rest.data, rest.data + rest.length});
}

static void fill_record(struct skim *skim, struct bytes line, const char *body,
			struct record *record)
{
	record->line = (struct record_line){
		line, {body, (size_t)(line.data + line.length - body)}, RECORD_SYSCALL};
	record->word = (struct bytes){line.data + sizeof("type=") - 1, sizeof("SYSCALL") - 1};
	record->node = (struct bytes){"", 0};
	record_take_stamp(record, &skim->stamp);
}

enum skim_result skim_event(struct skim *skim, bool idle, const char *at, const char *end,
			    const char **next, struct skimmed *skimmed, struct skimmed_call *seen)
{
	struct beginning beginning;
	const char *newline;
	struct bytes line;
	enum role role;

	if (!take_beginning(skim, at, end, &beginning))
		return SKIM_UNUSUAL;
	newline = lines_end(&skim->lines, beginning.rest);
	if (!newline || newline - at > RECORD_MAX)
		return SKIM_UNUSUAL;
	line = (struct bytes){at, (size_t)(newline - at)};
	role = role_of(skim, beginning.call,
		       (struct bytes){beginning.rest, (size_t)(newline - beginning.rest)});
	if (idle && (role == ROLE_NONE || role == ROLE_MAYBE)) {
		struct row row = {&skim->lines, &skim->stamp, {at, 0}, newline + 1, end};
		*next = pass_over(row, role == ROLE_MAYBE, line, skimmed);
		if (*next)
			return SKIM_PASSED;
		lines_go_back(&skim->lines, newline + 1);
	}
	*next = newline + 1;
	fill_record(skim, line, beginning.body, &seen->record);
	seen->role = role;
	return SKIM_SYSCALL;
}

const char *skim_rest(struct skim *skim, const struct record *first, enum role role, const char *at,
		      const char *end, struct skimmed *skimmed)
{
	struct row row = {&skim->lines, &skim->stamp, row_node_of(first), at, end};
	const char *next = pass_over(row, role == ROLE_MAYBE, first->line.text, skimmed);

	if (!next)
		lines_go_back(&skim->lines, at);
	return next;
}
