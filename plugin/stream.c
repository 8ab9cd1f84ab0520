/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct stream {
	int fd;
	bool is_socket, ended;
	bool dropping;	    /* the ring was full: nothing is kept until half of it is free */
	bool inside_record; /* while dropping: the last byte thrown away was no end of a record */
	size_t begin, used; /* of the ring: the oldest byte, and how many */
	uint64_t dropped;
	size_t reached;		  /* the ring's memory up to here may be in use */
	char *ring;		  /* STREAM_AHEAD_MAX bytes of their own pages */
	char chunk[STREAM_CHUNK]; /* what is thrown away */
};

/* So much of the ring stays in memory once it is empty: more than a busy host has waiting. */
enum { KEPT = 256 * 1024 };

/* What is read while records are thrown away fits once they are kept again. */
_Static_assert(STREAM_AHEAD_MAX / 2 >= STREAM_CHUNK, "half of the ring is less than one read");

static bool is_socket(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

struct stream *stream_new(int fd)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	void *ring = mmap(NULL, STREAM_AHEAD_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!stream || ring == MAP_FAILED) {
		if (ring != MAP_FAILED)
			munmap(ring, STREAM_AHEAD_MAX);
		free(stream);
		return NULL;
	}
	stream->ring = ring;
	stream->fd = fd;
	stream->is_socket = is_socket(fd);
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	munmap(stream->ring, STREAM_AHEAD_MAX);
	free(stream);
}

/* ---- the descriptor -------------------------------------------------------------------------- */

/* fd 0's description is shared with the supervisor, so O_NONBLOCK is not set on it: what is no
 * socket is read only when poll says so. 0 at the end; -1 with errno. */
static ssize_t read_now(const struct stream *stream, char *buffer, size_t size)
{
	struct pollfd polled = {.fd = stream->fd, .events = POLLIN};

	if (stream->is_socket)
		return recv(stream->fd, buffer, size, MSG_DONTWAIT);
	if (poll(&polled, 1, 0) > 0)
		return read(stream->fd, buffer, size);
	errno = EAGAIN;
	return -1;
}

/* ---- the ring -------------------------------------------------------------------------------- */

static size_t end_of(const struct stream *stream)
{
	return (stream->begin + stream->used) % STREAM_AHEAD_MAX;
}

/* How much can be read to the ring's end in one go: what is free there and lies together. */
static size_t room_at_end(const struct stream *stream)
{
	size_t free_bytes = STREAM_AHEAD_MAX - stream->used;
	size_t together = STREAM_AHEAD_MAX - end_of(stream);

	return free_bytes < together ? free_bytes : together;
}

/* The ring is full: a record that is not whole would be judged by what it lacks, or by the next one
 * kept, which would be glued to it. */
static void begin_dropping(struct stream *stream)
{
	size_t whole = stream->used;

	while (whole > 0 && stream->ring[(stream->begin + whole - 1) % STREAM_AHEAD_MAX] != '\n')
		whole--;
	stream->dropping = true;
	stream->inside_record = whole < stream->used;
	stream->used = whole;
}

static void count_dropped(struct stream *stream, const char *bytes, size_t length)
{
	const char *end = bytes + length, *newline;

	while ((newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		stream->dropped++;
		bytes = newline + 1;
	}
	stream->inside_record = bytes < end;
}

static bool may_keep_again(const struct stream *stream)
{
	return stream->used <= STREAM_AHEAD_MAX / 2;
}

/* How much of it belongs to the record that is being thrown away; what follows is kept. */
static size_t end_dropping(struct stream *stream, const char *bytes, size_t length)
{
	const char *newline;

	if (!stream->inside_record) {
		stream->dropping = false;
		return 0;
	}
	newline = memchr(bytes, '\n', length);
	if (!newline)
		return length;
	stream->dropped++;
	stream->dropping = false;
	return (size_t)(newline + 1 - bytes);
}

static void take_in(struct stream *stream, size_t length)
{
	size_t end = end_of(stream) + length;

	stream->used += length;
	if (end > stream->reached)
		stream->reached = end;
}

static void keep(struct stream *stream, const char *bytes, size_t length)
{
	while (length > 0) {
		size_t part = room_at_end(stream);

		part = part < length ? part : length;
		memcpy(stream->ring + end_of(stream), bytes, part);
		take_in(stream, part);
		bytes += part;
		length -= part;
	}
}

static void take_while_dropping(struct stream *stream, size_t length)
{
	size_t passed;

	if (!may_keep_again(stream)) {
		count_dropped(stream, stream->chunk, length);
		return;
	}
	passed = end_dropping(stream, stream->chunk, length);
	keep(stream, stream->chunk + passed, length - passed);
}

/* ---- the face -------------------------------------------------------------------------------- */

/* all: there is no more now, for the read was not filled. */
static ssize_t read_once(struct stream *stream, bool *all)
{
	size_t room;
	ssize_t got;

	if (!stream->dropping && stream->used == STREAM_AHEAD_MAX)
		begin_dropping(stream);
	if (stream->dropping) {
		got = read_now(stream, stream->chunk, sizeof(stream->chunk));
		*all = got < (ssize_t)sizeof(stream->chunk);
		if (got > 0)
			take_while_dropping(stream, (size_t)got);
		return got;
	}
	room = room_at_end(stream);
	got = read_now(stream, stream->ring + end_of(stream), room);
	*all = got < (ssize_t)room;
	if (got > 0)
		take_in(stream, (size_t)got);
	return got;
}

ssize_t stream_read(struct stream *stream, struct error *err)
{
	ssize_t got = 1, total = 0;
	bool all = false;

	while (!stream->ended && !all && total < STREAM_AHEAD_MAX / 4) {
		got = read_once(stream, &all);
		total += got > 0 ? got : 0;
	}
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		stream->ended = true;
	if (got < 0 && stream->ended)
		return error_set(err, "reading the audit stream: %s", strerror(errno));
	return total;
}

size_t stream_peek(const struct stream *stream, const char **bytes, size_t max)
{
	size_t together = STREAM_AHEAD_MAX - stream->begin;
	size_t length = stream->used < together ? stream->used : together;
	const char *end;

	*bytes = stream->ring + stream->begin;
	if (length <= max)
		return length;
	end = memrchr(*bytes, '\n', max);
	return end ? (size_t)(end + 1 - *bytes) : max;
}

/* An empty ring begins anew, so that without a flood it is a few pages, and after one again. */
static void begin_anew(struct stream *stream)
{
	stream->begin = 0;
	if (stream->reached <= KEPT)
		return;
	madvise(stream->ring + KEPT, STREAM_AHEAD_MAX - KEPT, MADV_DONTNEED);
	stream->reached = 0;
}

void stream_consume(struct stream *stream, size_t length)
{
	stream->begin = (stream->begin + length) % STREAM_AHEAD_MAX;
	stream->used -= length;
	if (stream->used == 0)
		begin_anew(stream);
}

size_t stream_waiting(const struct stream *stream)
{
	return stream->used;
}

bool stream_is_over(const struct stream *stream)
{
	return stream->ended && stream->used == 0;
}

uint64_t stream_take_dropped(struct stream *stream)
{
	uint64_t dropped = stream->dropped;

	stream->dropped = 0;
	return dropped;
}
