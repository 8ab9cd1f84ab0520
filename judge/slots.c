/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/slots.h"

#include <stdlib.h>
#include <string.h>

enum { START_SIZE = 2048, KEPT_SIZE = 4 * START_SIZE };

_Static_assert(INTAKE_OPEN_MAX == 64, "open has a bit for each");

void slots_free(struct slots *slots)
{
	for (size_t i = 0; i < INTAKE_OPEN_MAX; i++)
		free(slots->slots[i].text);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct slot **bucket_of(struct slots *slots, uint64_t serial)
{
	return &slots->buckets[serial % SLOTS_BUCKETS];
}

struct slot *slots_find(const struct slots *slots, const struct record *record)
{
	struct slot *slot = slots->buckets[record->serial % SLOTS_BUCKETS];

	for (; slot; slot = slot->same_bucket)
		if (slot->serial == record->serial && slot->time == record->time &&
		    record_is_of_node(record, slot->node))
			break;
	return slot;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void link_slot(struct slots *slots, struct slot *slot)
{
	struct slot **bucket = bucket_of(slots, slot->serial);

	slot->same_bucket = *bucket;
	*bucket = slot;
	slot->older = slots->newest;
	slot->newer = NULL;
	*(slot->older ? &slot->older->newer : &slots->oldest) = slot;
	slots->newest = slot;
}

static void unlink_slot(struct slots *slots, struct slot *slot)
{
	struct slot **at = bucket_of(slots, slot->serial);

	while (*at != slot)
		at = &(*at)->same_bucket;
	*at = slot->same_bucket;
	*(slot->older ? &slot->older->newer : &slots->oldest) = slot->newer;
	*(slot->newer ? &slot->newer->older : &slots->newest) = slot->older;
}

struct slot *slots_open(struct slots *slots, const struct record *record)
{
	const unsigned place = (unsigned)__builtin_ctzll(~slots->open);
	struct slot *slot = &slots->slots[place];

	if (!slot->text) {
		slot->text = malloc(START_SIZE);
		slot->capacity = START_SIZE;
	}
	if (!slot->text)
		return NULL;
	slots->open |= 1ull << place;
	slot->serial = record->serial;
	slot->time = record->time;
	slot->length = 0;
	slot->truncated = slot->complete = false;
	record_copy_node(record, slot->node);
	link_slot(slots, slot);
	return slot;
}

void slots_close(struct slots *slots, struct slot *slot)
{
	slots->open &= ~(1ull << (slot - slots->slots));
	unlink_slot(slots, slot);
}

void slot_trim(struct slot *slot)
{
	if (slot->capacity <= KEPT_SIZE)
		return;
	free(slot->text);
	slot->text = NULL;
}

/* ---- text ------------------------------------------------------------------------------------ */

static bool reserve(struct slot *slot, size_t more)
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

void slot_append(struct slot *slot, struct bytes line, int64_t now)
{
	slot->last_arrival = now;
	if (!reserve(slot, line.length + 1)) {
		slot->truncated = true;
		return;
	}
	memcpy(slot->text + slot->length, line.data, line.length);
	slot->length += line.length;
	slot->text[slot->length++] = '\n';
}
