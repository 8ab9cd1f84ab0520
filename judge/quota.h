/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota: how many entries of a table each node may have, so that a noisy one pushes out nobody
 * else's. This host (number 0) has a bound of its own; all others together have another, of which
 * each has an equal part.
 * Owns: the counts, and whose entry must go. Must not own: the entries.
 */
#ifndef CAPWATCH_QUOTA_H
#define CAPWATCH_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include "judge/nodes.h"

enum { QUOTA_NOBODY = NODES_MAX };

struct quota {
	size_t node_max;   /* entries of one node */
	size_t others_max; /* and of all nodes but this host */
	size_t others;	   /* that they have */
	unsigned nodes;	   /* the highest number seen */
	unsigned payer;	   /* where somebody over his part was found last */
	uint32_t counts[NODES_MAX];
};

void quota_begin(struct quota *quota, size_t node_max, size_t others_max);

/* An entry of the node has come, or gone. */
void quota_add(struct quota *quota, unsigned node);
void quota_remove(struct quota *quota, unsigned node);

/* How many entries the node may have. */
size_t quota_part(const struct quota *quota, unsigned node);

/* The node of which an entry must go before one of this node may come, QUOTA_NOBODY when there is
 * room: this one, if it has its part; else, if the others' room is full, one that has more. */
unsigned quota_payer(struct quota *quota, unsigned node);

#endif
