/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

/* Twice as many as there can be names, so that a free place is never far. */
enum { PLACES = 2 * NODES_MAX };

struct node {
	char *name;
	int64_t latest; /* ms: of its events, by its own clock; 0: none yet */
	int64_t ahead;	/* ms: of the judge's clock */
};

struct nodes {
	unsigned count;
	uint16_t places[PLACES]; /* numbers by the hash of their names; 0: free */
	struct node all[NODES_MAX];
};

struct nodes *nodes_new(void)
{
	struct nodes *nodes = calloc(1, sizeof(*nodes));

	if (nodes)
		nodes->count = 1;
	return nodes;
}

void nodes_free(struct nodes *nodes)
{
	if (!nodes)
		return;
	for (unsigned i = 1; i < nodes->count; i++)
		free(nodes->all[i].name);
	free(nodes);
}

/* The place that has this name, or where it belongs. */
static uint16_t *find_place(struct nodes *nodes, struct bytes name)
{
	uint32_t at = hash_text(0, name.data, name.length) % PLACES;

	while (nodes->places[at] && !bytes_are(name, nodes->all[nodes->places[at]].name))
		at = (at + 1) % PLACES;
	return &nodes->places[at];
}

unsigned nodes_number(struct nodes *nodes, struct bytes name)
{
	uint16_t *place = find_place(nodes, name);
	unsigned known = *place;
	char *copy;

	if (known)
		return known;
	if (nodes->count >= NODES_SHARED) {
		nodes->count = NODES_MAX;
		return NODES_SHARED;
	}
	copy = strndup(name.data, name.length);
	if (!copy)
		return 0;
	nodes->all[nodes->count].name = copy;
	*place = (uint16_t)nodes->count;
	return nodes->count++;
}

const char *nodes_name(const struct nodes *nodes, unsigned number)
{
	return nodes->all[number].name ? nodes->all[number].name : "unknown";
}

unsigned nodes_count(const struct nodes *nodes)
{
	return nodes->count;
}

void nodes_take_time(struct nodes *nodes, unsigned number, int64_t time, int64_t now)
{
	struct node *node = &nodes->all[number];

	if (time > node->latest)
		node->latest = time;
	node->ahead = node->latest - now;
}

int64_t nodes_time(const struct nodes *nodes, unsigned number, int64_t now)
{
	return now + nodes->all[number].ahead;
}
