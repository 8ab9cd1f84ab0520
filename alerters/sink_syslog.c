/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_syslog.h"

#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>
#include "alerters/format.h"
#include "alerters/syslog_link.h"

enum {
	SYSLOG_RETRY_LONGEST_MS = 10 * 1000,
	SYSLOG_REMOTE_RETRY_LONGEST_MS = RETRY_LONGEST_MS,
	SYSLOG_STUCK_MS = 10 * 1000, /* a receiver that does not read for so long is worth a word */
	SYSLOG_HUNG_MS = 60 * 1000,  /* and, when it is remote, a new connection */
	NAME_SIZE = 512,
};

struct syslog_state {
	struct syslog_link link;
	int64_t blocked_since; /* 0: not blocked */
};

static int syslog_open(struct sink *sink, struct error *err)
{
	struct syslog_state *state = calloc(1, sizeof(*state));

	if (!state)
		return error_set(err, "out of memory");
	if (syslog_link_open(&state->link, sink->settings, sink->tools->multi, err) < 0) {
		free(state);
		return -1;
	}
	sink->state = state;
	return 0;
}

static void syslog_close(struct sink *sink)
{
	struct syslog_state *state = sink->state;

	if (!state)
		return;
	syslog_link_close(&state->link);
	free(state);
	sink->state = NULL;
	sink->writable_fd = -1;
	sink->busy = false;
}

/* Makes the frame of the first parcel, unless one is under way. False: the spool is empty. */
static bool next_frame(struct sink *sink, int64_t now)
{
	struct syslog_state *state = sink->state;
	struct syslog_origin origin = {vocab_facility_code(sink->settings->facility), getpid(),
				       sink->settings->format};
	const struct parcel *parcel;

	while (!syslog_link_has_frame(&state->link)) {
		struct error err;
		size_t length;

		parcel = spool_first(sink->spool, &err);
		if (!parcel)
			return false;
		length = format_syslog(&origin, parcel->text, parcel->length,
				       syslog_link_room(&state->link));
		if (length > 0)
			syslog_link_take(&state->link, length);
		else
			sink_give_up(sink, now,
				     "it is no alert that can be put into a syslog frame");
	}
	return true;
}

static void try_later(struct sink *sink, int64_t now, const struct error *err)
{
	struct syslog_state *state = sink->state;

	syslog_link_disconnect(&state->link);
	syslog_link_forget(&state->link);
	state->blocked_since = 0;
	spool_release(sink->spool);
	retry_after_failure(&sink->retry, now,
			    sink->settings->server ? SYSLOG_REMOTE_RETRY_LONGEST_MS
						   : SYSLOG_RETRY_LONGEST_MS);
	sink_fails(sink, now, "%s", err->text);
	sink_wait(sink, now);
}

static void wait_for_room(struct sink *sink, int64_t now)
{
	struct syslog_state *state = sink->state;
	char name[NAME_SIZE];
	struct error err;

	if (state->blocked_since == 0)
		state->blocked_since = now;
	if (sink->settings->server && now - state->blocked_since >= SYSLOG_HUNG_MS) {
		error_set(&err, "%s does not read: a new connection is made",
			  syslog_link_name(&state->link, name, sizeof(name)));
		try_later(sink, now, &err);
		return;
	}
	sink->writable_fd = state->link.socket;
	sink->wake_at = state->blocked_since + SYSLOG_STUCK_MS;
	if (now < sink->wake_at)
		return;
	sink->wake_at = sink->settings->server ? state->blocked_since + SYSLOG_HUNG_MS : SINK_NEVER;
	sink_fails(sink, now, "%s is full: its receiver does not read",
		   syslog_link_name(&state->link, name, sizeof(name)));
}

static void syslog_run(struct sink *sink, int64_t now)
{
	struct syslog_state *state = sink->state;
	struct error err;

	sink->writable_fd = -1;
	while (next_frame(sink, now)) {
		switch (syslog_link_send(&state->link, sink, &err)) {
		case LINK_DONE:
			spool_done(sink->spool);
			state->blocked_since = 0;
			sink_works(sink);
			break;
		case LINK_BLOCKED:
			wait_for_room(sink, now);
			return;
		case LINK_CONNECTING:
			sink->busy = true;
			return;
		case LINK_FAILED:
			try_later(sink, now, &err);
			return;
		}
	}
}

/* The next turn of the loop sends. */
static void syslog_ended(struct sink *sink, CURLcode code, int64_t now)
{
	struct syslog_state *state = sink->state;
	struct error err;

	sink->busy = false;
	transfer_read(state->link.easy, &sink->transfer);
	if (syslog_link_connected(&state->link, code, &err) < 0)
		try_later(sink, now, &err);
}

const struct sink_ops sink_syslog_ops = {
	.open = syslog_open,
	.close = syslog_close,
	.run = syslog_run,
	.ended = syslog_ended,
};
