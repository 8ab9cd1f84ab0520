/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: what waits for one sink, and the alert as the courier holds it (a parcel, shared by
 * sinks). Owns: order, the bound, and what gives way when it is full. Must not own: delivery,
 * retries, time. It lives in memory; callers see only push, first, done: a spool on disk can take
 * its place.
 *
 * Full means max_count parcels or max_bytes of text. Then the oldest of the least severe gives way,
 * never a more severe one for a less severe one, and the spool counts what it dropped.
 */
#ifndef CAPWATCH_SPOOL_H
#define CAPWATCH_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include "common/vocab.h"

/* One alert on its way: its native JSON on one line, without a newline. Counted references. */
struct parcel {
	unsigned references;
	enum severity severity;
	enum disposition disposition;
	size_t length;
	char text[]; /* terminated */
};

/* A copy of the text with one reference, the caller's; NULL when memory is out. */
struct parcel *parcel_new(enum severity severity, enum disposition disposition, const char *text,
			  size_t length);
struct parcel *parcel_ref(struct parcel *parcel);
void parcel_unref(struct parcel *parcel); /* NULL is fine */

struct spool;

/* NULL when memory is out. Frees: spool_free(), with all that waits. */
struct spool *spool_new(size_t max_count, size_t max_bytes);
void spool_free(struct spool *spool);

/* Takes a reference of its own. Drops what it must to stay within its bounds, if need be the new
 * one; a lack of memory counts as a drop as well. */
void spool_push(struct spool *spool, struct parcel *parcel);

/* The oldest, or NULL. It is held: it stays first and is not dropped until spool_done() takes it
 * away (delivered, or given up) or spool_release() lets go of it (to be tried again). The spool
 * keeps the reference. */
const struct parcel *spool_first(struct spool *spool);
void spool_done(struct spool *spool);
void spool_release(struct spool *spool);

size_t spool_count(const struct spool *spool);

/* How many it has dropped since spool_take_dropped() was last called. */
uint64_t spool_dropped(const struct spool *spool);
uint64_t spool_take_dropped(struct spool *spool);

#endif
