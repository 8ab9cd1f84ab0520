/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/spool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SEVERITIES = SEVERITY_CRITICAL + 1 };

struct entry {
	struct entry *next;
	uint64_t order; /* of arrival, over all severities */
	struct parcel *parcel;
};

struct lane {
	struct entry *first, *last;
};

/* A lane for each severity: both the oldest of all and the oldest of the least severe are at a
 * head. */
struct spool {
	struct lane lanes[SEVERITIES];
	struct entry *held; /* taken out of its lane: nothing can drop it there */
	size_t count, bytes;
	size_t max_count, max_bytes;
	uint64_t next_order;
	uint64_t dropped;
};

struct parcel *parcel_new(enum severity severity, enum disposition disposition, const char *text,
			  size_t length)
{
	struct parcel *parcel = malloc(sizeof(*parcel) + length + 1);

	if (!parcel)
		return NULL;
	parcel->references = 1;
	parcel->severity = severity;
	parcel->disposition = disposition;
	parcel->length = length;
	memcpy(parcel->text, text, length);
	parcel->text[length] = '\0';
	return parcel;
}

struct parcel *parcel_ref(struct parcel *parcel)
{
	parcel->references++;
	return parcel;
}

void parcel_unref(struct parcel *parcel)
{
	if (parcel && --parcel->references == 0)
		free(parcel);
}

static struct lane *lane_of(struct spool *spool, const struct parcel *parcel)
{
	return &spool->lanes[parcel->severity <= SEVERITY_CRITICAL ? parcel->severity
								   : SEVERITY_CRITICAL];
}

static struct entry *lane_take_first(struct lane *lane)
{
	struct entry *entry = lane->first;

	lane->first = entry->next;
	if (!lane->first)
		lane->last = NULL;
	entry->next = NULL;
	return entry;
}

static void lane_append(struct lane *lane, struct entry *entry)
{
	if (lane->last)
		lane->last->next = entry;
	else
		lane->first = entry;
	lane->last = entry;
}

static void forget(struct spool *spool, struct entry *entry)
{
	spool->count--;
	spool->bytes -= entry->parcel->length;
	parcel_unref(entry->parcel);
	free(entry);
}

static bool is_over(const struct spool *spool)
{
	return spool->count > spool->max_count || spool->bytes > spool->max_bytes;
}

/* Returns false when only the held one is left. */
static bool drop_one(struct spool *spool)
{
	for (unsigned i = 0; i < SEVERITIES; i++) {
		if (!spool->lanes[i].first)
			continue;
		forget(spool, lane_take_first(&spool->lanes[i]));
		spool->dropped++;
		return true;
	}
	return false;
}

struct spool *spool_new(size_t max_count, size_t max_bytes)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->max_count = max_count;
	spool->max_bytes = max_bytes;
	return spool;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	spool_release(spool);
	while (drop_one(spool))
		;
	free(spool);
}

void spool_push(struct spool *spool, struct parcel *parcel)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry) {
		spool->dropped++;
		return;
	}
	entry->order = spool->next_order++;
	entry->parcel = parcel_ref(parcel);
	spool->count++;
	spool->bytes += parcel->length;
	/* the new one is in its lane when the choice is made: if it is the least severe, it goes */
	lane_append(lane_of(spool, parcel), entry);
	while (is_over(spool) && drop_one(spool))
		;
}

const struct parcel *spool_first(struct spool *spool)
{
	struct lane *oldest = NULL;

	if (spool->held)
		return spool->held->parcel;
	for (unsigned i = 0; i < SEVERITIES; i++) {
		struct lane *lane = &spool->lanes[i];

		if (lane->first && (!oldest || lane->first->order < oldest->first->order))
			oldest = lane;
	}
	if (!oldest)
		return NULL;
	spool->held = lane_take_first(oldest);
	return spool->held->parcel;
}

void spool_done(struct spool *spool)
{
	if (!spool->held)
		return;
	forget(spool, spool->held);
	spool->held = NULL;
}

void spool_release(struct spool *spool)
{
	struct lane *lane;

	if (!spool->held)
		return;
	lane = lane_of(spool, spool->held->parcel);
	spool->held->next = lane->first;
	lane->first = spool->held;
	if (!lane->last)
		lane->last = spool->held;
	spool->held = NULL;
}

size_t spool_count(const struct spool *spool)
{
	return spool->count;
}

uint64_t spool_dropped(const struct spool *spool)
{
	return spool->dropped;
}

uint64_t spool_take_dropped(struct spool *spool)
{
	uint64_t dropped = spool->dropped;

	spool->dropped = 0;
	return dropped;
}
