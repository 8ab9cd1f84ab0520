/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_syslog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include "alerters/format.h"

enum {
	SYSLOG_RETRY_LONGEST_MS = 10 * 1000,
	SYSLOG_STUCK_MS = 10 * 1000, /* a receiver that does not read for so long is worth a word */
};

struct syslog_state {
	int socket;
	int type;		      /* SOCK_DGRAM or SOCK_STREAM */
	size_t length, sent;	      /* of the frame; 0: none is under way */
	int64_t blocked_since;	      /* 0: not blocked */
	char frame[SYSLOG_FRAME_MAX]; /* with the terminator of a stream */
};

enum outcome_of_send { SEND_DONE, SEND_BLOCKED, SEND_FAILED };

static int syslog_open(struct sink *sink, struct error *err)
{
	struct syslog_state *state = calloc(1, sizeof(*state));

	if (!state)
		return error_set(err, "out of memory");
	if (strlen(sink->settings->socket_path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		free(state);
		return error_set(err, "socket_path is longer than a socket's path can be");
	}
	state->socket = -1;
	sink->state = state;
	return 0;
}

static void disconnect(struct sink *sink)
{
	struct syslog_state *state = sink->state;

	if (state->socket >= 0)
		close(state->socket);
	state->socket = -1;
	state->sent = 0; /* a frame cut off in a stream is sent whole again */
	state->blocked_since = 0;
	sink->writable_fd = -1;
}

static void syslog_close(struct sink *sink)
{
	if (!sink->state)
		return;
	disconnect(sink);
	free(sink->state);
	sink->state = NULL;
}

static int connect_as(struct syslog_state *state, const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int saved;

	memcpy(address.sun_path, path, strlen(path));
	state->socket = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (state->socket < 0)
		return -1;
	state->type = type;
	if (connect(state->socket, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	saved = errno;
	close(state->socket);
	state->socket = -1;
	errno = saved;
	return -1;
}

static int ensure_connected(struct syslog_state *state, const char *path, struct error *err)
{
	if (state->socket >= 0 || connect_as(state, path, SOCK_DGRAM) == 0)
		return 0;
	if (errno == EPROTOTYPE && connect_as(state, path, SOCK_STREAM) == 0)
		return 0;
	return error_set(err, "cannot connect to %s: %s", path, strerror(errno));
}

/* Makes the frame of the first parcel, unless one is under way. False: the spool is empty. */
static bool next_frame(struct sink *sink)
{
	struct syslog_state *state = sink->state;
	struct syslog_origin origin = {vocab_facility_code(sink->settings->facility), getpid(),
				       sink->settings->format};
	const struct parcel *parcel;

	while (state->length == 0) {
		parcel = spool_first(sink->spool);
		if (!parcel)
			return false;
		state->length = format_syslog(&origin, parcel->text, parcel->length, state->frame);
		state->sent = 0;
		if (state->length == 0) {
			spool_done(sink->spool);
			sink->given_up++;
		}
	}
	return true;
}

/* On a stream each frame ends in a NUL, as syslog(3) sends them; frames hold none of their own. */
static enum outcome_of_send send_frame(struct syslog_state *state, struct error *err)
{
	size_t length = state->length + (state->type == SOCK_STREAM ? 1 : 0);

	while (state->sent < length) {
		ssize_t sent = send(state->socket, state->frame + state->sent, length - state->sent,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return SEND_BLOCKED;
		if (sent < 0) {
			error_set(err, "cannot send: %s", strerror(errno));
			return SEND_FAILED;
		}
		state->sent += (size_t)sent;
		if (state->type == SOCK_DGRAM)
			break;
	}
	state->length = 0;
	return SEND_DONE;
}

/* The receiver may have begun anew since the last alert: its old socket is dead, its new one is
 * not. */
static enum outcome_of_send connect_and_send(struct sink *sink, struct error *err)
{
	struct syslog_state *state = sink->state;
	bool was_connected = state->socket >= 0;
	enum outcome_of_send outcome;

	if (ensure_connected(state, sink->settings->socket_path, err) < 0)
		return SEND_FAILED;
	outcome = send_frame(state, err);
	if (outcome != SEND_FAILED || !was_connected)
		return outcome;
	disconnect(sink);
	if (ensure_connected(state, sink->settings->socket_path, err) < 0)
		return SEND_FAILED;
	return send_frame(state, err);
}

static void wait_for_room(struct sink *sink, int64_t now)
{
	struct syslog_state *state = sink->state;

	sink->writable_fd = state->socket;
	if (state->blocked_since == 0)
		state->blocked_since = now;
	sink->wake_at = state->blocked_since + SYSLOG_STUCK_MS;
	if (now >= sink->wake_at) {
		sink->wake_at = SINK_NEVER;
		sink_fails(sink, "%s is full: its receiver does not read",
			   sink->settings->socket_path);
	}
}

static void syslog_run(struct sink *sink, int64_t now)
{
	struct syslog_state *state = sink->state;
	struct error err;

	sink->writable_fd = -1;
	while (next_frame(sink)) {
		switch (connect_and_send(sink, &err)) {
		case SEND_DONE:
			spool_done(sink->spool);
			state->blocked_since = 0;
			sink_works(sink);
			break;
		case SEND_BLOCKED:
			wait_for_room(sink, now);
			return;
		case SEND_FAILED:
			disconnect(sink);
			retry_after_failure(&sink->retry, now, SYSLOG_RETRY_LONGEST_MS);
			sink_fails(sink, "%s", err.text);
			return;
		}
	}
}

const struct sink_ops sink_syslog_ops = {
	.open = syslog_open,
	.close = syslog_close,
	.run = syslog_run,
};
