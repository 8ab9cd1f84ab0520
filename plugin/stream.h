/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: what auditd writes, taken from it at once and kept until it is judged.
 * auditd's dispatcher waits while its socket is full, and a socket holds some 167 records. So
 * whatever takes the sensor longer than those take to come (a flood of events that cost a look at
 * /proc, the seeding at its start) is done with the reading going on in between, from here. Owns:
 * the bytes read and not judged yet, their bound, and the count of those thrown away at it. Must
 * not own: the descriptor, any clock, or what a record says.
 *
 * At the bound whole records are thrown away, the newest: waiting instead would make auditd wait,
 * and in the end every audited process of the host. They are counted, and the caller says so.
 */
#ifndef CAPWATCH_STREAM_H
#define CAPWATCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/error.h"

enum {
	STREAM_AHEAD_MAX = 8 * 1024 * 1024,
	STREAM_CHUNK = 64 * 1024, /* of one read, where all is thrown away */
};

struct stream;

/* fd stays the caller's, and its flags as they are: its description may be shared. NULL when there
 * is no memory. */
struct stream *stream_new(int fd);
void stream_free(struct stream *stream);

/* Takes what there is, without waiting, up to a quarter of the bound. Returns how many bytes that
 * were, 0 for none; -1 with err when reading failed, which ends the stream as its end does. */
ssize_t stream_read(struct stream *stream, struct error *err);

/* Of what is kept, the oldest bytes that lie together: at most max, and where that is not all of
 * them, up to the end of a record if there is one. They stay valid until the next
 * call of stream_read() or stream_consume(), which gives them up. 0: all is judged. */
size_t stream_peek(const struct stream *stream, const char **bytes, size_t max);
void stream_consume(struct stream *stream, size_t length);

/* Bytes kept, not judged. */
size_t stream_waiting(const struct stream *stream);

/* auditd has closed its end (or reading failed), and all that was kept has been consumed. */
bool stream_is_over(const struct stream *stream);

/* How many records were thrown away since this was last asked. */
uint64_t stream_take_dropped(struct stream *stream);

#endif
