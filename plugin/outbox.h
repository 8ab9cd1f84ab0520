/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox: alerts on their way to the courier, kept until it has them safe.
 * Owns: the numbers (from 1), the order, the bounds, and the sensor's end of the link to the
 * courier. Must not own: what an alert says, or what to do about those that were dropped: it counts
 * them.
 *
 * The protocol: an alert is sent once on a link and kept until its number comes back in WIRE_ACK.
 * The link may break at any time; on the next one all that is kept goes again, in order, so that
 * the courier may see an alert twice (its id is the same) but never misses one. Nothing here
 * blocks.
 */
#ifndef CAPWATCH_OUTBOX_H
#define CAPWATCH_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/checkpoint.h"
#include "common/error.h"
#include "common/vocab.h"

enum {
	OUTBOX_ALERTS_MAX = 4096,
	OUTBOX_BYTES_MAX = 16 * 1024 * 1024,
	OUTBOX_LINES_MAX = 64, /* of log, not yet sent; more are left out */
};

struct outbox;

/* An alert to be put: body is malloc'ed, of length bytes; the outbox takes it over. */
struct outbox_alert {
	enum severity severity;
	enum disposition disposition;
	char *body;
	size_t length;
};

/* NULL when there is no memory. */
struct outbox *outbox_new(void);
void outbox_free(struct outbox *outbox);

/* Queues it. When full, the least severe goes, the oldest of them first (which may be this one). */
void outbox_put(struct outbox *outbox, const struct outbox_alert *alert);

/* Queues a line for the courier's log; priority as in syslog(3). */
void outbox_put_line(struct outbox *outbox, int priority, const char *text);

/* The sensor's state, malloc'ed, which the outbox takes over; one not sent yet gives way to it. */
void outbox_put_state(struct outbox *outbox, char *body);

/* The checkpoint's text; one not sent yet gives way to it. Only what outbox_is_safe() says is safe
 * may lie before it. */
void outbox_put_checkpoint(struct outbox *outbox, const char text[CHECKPOINT_TEXT_SIZE + 1]);

/* By what the sensor judges (common/setup.h), malloc'ed, which the outbox takes over; it is sent
 * again over each new link. */
void outbox_put_setup(struct outbox *outbox, char *text);

/* Lines of what was learnt, of length bytes, malloc'ed, which the outbox takes over: only while
 * outbox_takes_learnt(). "": those so far are to be forgotten. */
void outbox_put_learnt(struct outbox *outbox, char *lines, size_t length);
bool outbox_takes_learnt(const struct outbox *outbox);

/* The number of the alert put last; 0: none yet. */
uint64_t outbox_last_number(const struct outbox *outbox);

/* All alerts up to this number are acknowledged (or dropped and counted). */
bool outbox_is_safe(const struct outbox *outbox, uint64_t number);

/* Takes over a new link (non-blocking by use of MSG_DONTWAIT); all that is kept will go over it. */
void outbox_connect(struct outbox *outbox, int link);

/* The link to poll, or -1 while there is none. */
int outbox_link(const struct outbox *outbox);

/* Something waits to be sent on the link. */
bool outbox_has_unsent(const struct outbox *outbox);

/* Alerts not acknowledged yet. */
size_t outbox_pending(const struct outbox *outbox);

/* Sends what the link takes; 0, or -1 with err when the link broke (it is closed then). */
int outbox_send(struct outbox *outbox, struct error *err);

/* Takes in what the courier acknowledged; 0, or -1 with err as above. */
int outbox_receive(struct outbox *outbox, struct error *err);

/* How many alerts were dropped since this was last asked; 0 while there is no room to say so. */
uint64_t outbox_take_dropped(struct outbox *outbox);

/* Counts one as dropped that never got here. */
void outbox_count_dropped(struct outbox *outbox);

#endif
