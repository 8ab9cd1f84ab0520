/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/maybes.h"

#include <string.h>

_Static_assert(MAYBES_MAX == 32, "pending has a bit for each");

/* The first free place, so that what is used of the texts stays small. */
static unsigned take_place(struct maybes *maybes)
{
	unsigned place;

	if (~maybes->pending)
		return (unsigned)__builtin_ctz(~maybes->pending);
	place = maybes->next;
	maybes->next = (maybes->next + 1) % MAYBES_MAX;
	return place;
}

void maybes_begin(struct maybes *maybes, const struct record *record)
{
	unsigned place = take_place(maybes);
	struct maybe *maybe = &maybes->maybes[place];

	maybes->pending |= 1u << place;
	maybes->serials[place] = record->serial;
	maybe->time = record->time;
	maybe->record_count = 0;
	record_copy_node(record, maybe->node);
	maybes_add(maybe, record);
}

struct maybe *maybes_find(struct maybes *maybes, const struct record *record)
{
	for (uint32_t left = maybes->pending; left; left &= left - 1) {
		unsigned place = (unsigned)__builtin_ctz(left);
		struct maybe *maybe = &maybes->maybes[place];
		if (maybes->serials[place] == record->serial && maybe->time == record->time &&
		    record_is_of_node(record, maybe->node))
			return maybe;
	}
	return NULL;
}

void maybes_add(struct maybe *maybe, const struct record *record)
{
	if (maybe->record_count == MAYBE_RECORDS_MAX)
		return;
	maybe->records[maybe->record_count++] = record->line.text;
}

void maybes_drop(struct maybes *maybes, struct maybe *maybe)
{
	maybes->pending &= ~(1u << (maybe - maybes->maybes));
}

/* Those that are in the text already come first in it, in order: they stay where they are. */
static void keep(struct maybe *maybe, char text[MAYBE_TEXT_MAX])
{
	size_t used = 0, count = 0;

	for (size_t i = 0; i < maybe->record_count; i++) {
		struct bytes record = maybe->records[i];
		if (record.length > MAYBE_TEXT_MAX - used)
			continue;
		if (record.data != text + used)
			memcpy(text + used, record.data, record.length);
		maybe->records[count++] = (struct bytes){text + used, record.length};
		used += record.length;
	}
	maybe->record_count = count;
}

void maybes_keep(struct maybes *maybes)
{
	for (uint32_t left = maybes->pending; left; left &= left - 1) {
		unsigned place = (unsigned)__builtin_ctz(left);
		keep(&maybes->maybes[place], maybes->texts[place]);
	}
}
