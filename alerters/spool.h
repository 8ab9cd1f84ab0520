/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: what waits for one sink. Owns: order, the bounds, what gives way when they are reached,
 * and what is safe on disk. Must not own: delivery, when to try again.
 *
 * Without a folder it lives in memory (a replay), and what is pushed counts as safe at once.
 * With one, what is pushed is first in memory and unsafe; spool_persist() writes all of that, and
 * then the text is in its file alone until its turn comes. What was delivered before never saw the
 * disk. What cannot be written stays in memory, unsafe, and is written when that is possible again.
 *
 * Full means max_count parcels or max_bytes of text; a part of both (SPOOL_RESERVE) is kept for
 * high and critical ones. Then the oldest of the least severe gives way, never a more severe one
 * for a less severe one, and the spool counts what it dropped.
 */
#ifndef CAPWATCH_SPOOL_H
#define CAPWATCH_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alerters/parcel.h"
#include "alerters/spool_file.h"
#include "common/error.h"
#include "common/log.h"

enum { SPOOL_RESERVE = 5 }; /* one part in so many */

struct spool_limits {
	size_t max_count, max_bytes;
};

struct spool;

/* NULL when memory is out. folder: SPOOLDIR, or NULL for memory alone; nothing there is touched
 * yet. name: of the sink, also in log lines; log may be NULL. All three must outlive the spool. */
struct spool *spool_new(const char *folder, const char *name, const struct logger *log);

/* With all that waits in memory; what is on disk stays there. NULL is fine. */
void spool_free(struct spool *spool);

/* Takes effect with the next push. */
void spool_set_limits(struct spool *spool, const struct spool_limits *limits);
void spool_set_place(struct spool *spool, const char *folder, const char *name);

/* Takes in what lies in its folder from before; what is broken there is moved aside and said. 0
 * when that is done, or there is no folder to it; -1 with err when the folder cannot be used now:
 * spool_persist() tries again. */
int spool_open(struct spool *spool, struct error *err);

/* Reads the folder again, for what others put there or took away. */
void spool_rescan(struct spool *spool);

/* now: ms since the epoch. Takes a reference of its own. Drops what it must to stay within its
 * bounds, if need be the new one; a lack of memory counts as a drop as well. A heartbeat takes the
 * place of one that waits. */
void spool_push(struct spool *spool, struct parcel *parcel, int64_t now);

/* Writes and syncs what is unsafe; 0 when nothing is left, -1 with err. */
int spool_persist(struct spool *spool, struct error *err);
bool spool_is_settled(const struct spool *spool); /* there is nothing for it to write */

/* The oldest, or NULL: it is empty, or its oldest cannot be read now (err says why, "" when it is
 * empty). It is held: it stays first and is not dropped until spool_done() takes it away
 * (delivered) or spool_bury() does (given up), or spool_release() lets go of it (to be tried
 * again). The spool keeps the reference. */
const struct parcel *spool_first(struct spool *spool, struct error *err);

/* One more, after those held; the same three end it, for all that are held. NULL for none. */
const struct parcel *spool_next(struct spool *spool);
void spool_done(struct spool *spool);
void spool_done_first(struct spool *spool, size_t count); /* of the held ones; the rest stay so */
void spool_release(struct spool *spool);

/* With a folder they are kept in dead, with why in words. */
void spool_bury(struct spool *spool, const char *why);

/* Buries all that were pushed before that time and are not held. Returns how many. */
uint64_t spool_expire(struct spool *spool, int64_t before, const char *why);

/* How often the first one failed, and when to try it again: kept over a restart. */
struct spool_tries {
	unsigned attempts;
	int64_t due;
};
void spool_note_tries(struct spool *spool, const struct spool_tries *tries);
struct spool_tries spool_tries(const struct spool *spool);

size_t spool_count(const struct spool *spool);
size_t spool_unsafe_count(const struct spool *spool);
int64_t spool_oldest(const struct spool *spool); /* when pushed; 0 when it is empty */

uint64_t spool_delivered(const struct spool *spool); /* since it was made */

/* What is to be told of alerts that the sink did not get; spool_persist() keeps it over a kill. The
 * spool counts what it drops itself; both are set to 0 by who has told. */
uint64_t spool_tally(const struct spool *spool, enum spool_tally tally);
void spool_set_tally(struct spool *spool, enum spool_tally tally, uint64_t count);

#endif
