/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes: the hosts whose records an aggregating auditd delivers (node=NAME), by number, and how far
 * the clock of each is from the judge's. Number 0 is this host, and records without node=.
 * Owns: numbers, names, clocks. Must not own: which name is this host's (judge), nor what is kept
 * of a node (ledger, services, coverage). Bounded: names beyond the bound share NODES_SHARED, and
 * are told apart no more there; what has no event of its own is then of an "unknown" host.
 */
#ifndef CAPWATCH_NODES_H
#define CAPWATCH_NODES_H

#include <stdint.h>

#include "common/bytes.h"

enum { NODES_MAX = 1024, NODES_SHARED = NODES_MAX - 1 };

struct nodes;

/* NULL when out of memory. */
struct nodes *nodes_new(void);
void nodes_free(struct nodes *nodes); /* NULL is fine */

/* The number of another host than this one, the same for the same name; 0 when out of memory. */
unsigned nodes_number(struct nodes *nodes, struct bytes name);

/* Of a number that nodes_number() gave. */
const char *nodes_name(const struct nodes *nodes, unsigned number);

/* One more than the highest number there is. */
unsigned nodes_count(const struct nodes *nodes);

/* An event of this time (ms, by its own clock) came of the node when the judge's clock was at now:
 * nodes_time() goes on from the latest there was. */
void nodes_take_time(struct nodes *nodes, unsigned number, int64_t time, int64_t now);

/* What the node's own clock says when the judge's is at now (ms), as far as its latest event tells:
 * records that were long on their way set it back. Of a node without one: now. */
int64_t nodes_time(const struct nodes *nodes, unsigned number, int64_t now);

#endif
