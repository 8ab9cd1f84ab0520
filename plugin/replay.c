/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/replay.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "common/read_buffer.h"
#include "judge/judge.h"
#include "plugin/alert_body.h"
#include "plugin/child.h"
#include "plugin/configuration.h"
#include "plugin/outbox.h"

enum {
	STREAM_CHUNK = 64 * 1024,
	PENDING_MAX = OUTBOX_ALERTS_MAX / 4, /* more are not made before the courier has some */
	CLOCK_OF_EVENTS = 0,		     /* judge_feed(): now */
};

static const char drain_seconds[] = "30"; /* for the sinks, after the last alert */

struct replay {
	struct configuration configuration;
	struct judge *judge;
	struct outbox *outbox;
	struct child courier;
	bool too_long; /* an alert that fits no message */
	char *chunk;   /* of STREAM_CHUNK */
};

static void on_alert(void *ctx, const struct alert *alert)
{
	struct replay *replay = ctx;
	struct outbox_alert message;

	if (alert_body_make(alert, &message))
		outbox_put(replay->outbox, &message);
	else
		replay->too_long = true;
}

static int start_courier(struct replay *replay, const struct replay_options *options,
			 struct error *err)
{
	struct courier_start start = {.path = options->courier_path,
				      .config_file = options->config_file,
				      .drain_seconds = drain_seconds};
	int link[2], control[2];

	if (child_socketpair(link, err) < 0 || child_socketpair(control, err) < 0)
		return -1;
	start.link = link[1];
	start.control = control[1];
	replay->courier.pid = fork();
	if (replay->courier.pid < 0)
		return error_set(err, "fork: %s", strerror(errno));
	if (replay->courier.pid == 0) {
		struct logger log;

		child_exec_courier(&start, err);
		log_to_stderr(&log, "audisp-capwatch");
		log_line(&log, LOG_ERR, "the courier cannot begin: %s", err->text);
		_exit(CHILD_EXEC_FAILED);
	}
	close(link[1]);
	close(control[1]);
	replay->courier.control = control[0];
	outbox_connect(replay->outbox, link[0]);
	return 0;
}

/* Until no more than so many alerts wait for their acknowledgement. */
static int wait_for_courier(struct replay *replay, size_t pending, struct error *err)
{
	while (outbox_send(replay->outbox, err) == 0 && outbox_pending(replay->outbox) > pending) {
		struct pollfd link = {.fd = outbox_link(replay->outbox), .events = POLLIN};

		if (outbox_has_unsent(replay->outbox))
			link.events |= POLLOUT;
		if (poll(&link, 1, -1) < 0 && errno != EINTR)
			return error_set(err, "poll: %s", strerror(errno));
		if (link.revents & (POLLIN | POLLHUP | POLLERR) &&
		    outbox_receive(replay->outbox, err) < 0)
			break;
	}
	if (outbox_link(replay->outbox) < 0)
		return error_set(err, "the courier ended before it had every alert");
	return 0;
}

static int feed(struct replay *replay, struct error *err)
{
	ssize_t got;

	while ((got = read(STDIN_FILENO, replay->chunk, STREAM_CHUNK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, "reading the stream: %s", strerror(errno));
		judge_feed(replay->judge, replay->chunk, (size_t)got, CLOCK_OF_EVENTS);
		if (wait_for_courier(replay, PENDING_MAX, err) < 0)
			return -1;
	}
	judge_finish(replay->judge, CLOCK_OF_EVENTS);
	return wait_for_courier(replay, 0, err);
}

/* Closing its sockets lets the courier deliver what it has and end. */
static int wait_for_end(struct replay *replay, struct error *err)
{
	char how[CHILD_END_MAX];
	int status;

	outbox_connect(replay->outbox, -1);
	close(replay->courier.control);
	while (waitpid(replay->courier.pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set(err, "waitpid: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, "not everything was delivered: the courier ended by %s",
				 child_describe_end(&replay->courier, status, how));
	return 0;
}

static int begin(struct replay *replay, const struct replay_options *options, struct error *err)
{
	struct judge_options judge = {.alert = on_alert, .alert_ctx = replay};

	if (configuration_load(&replay->configuration, options->config_file, err) < 0)
		return -1;
	judge.settings = replay->configuration.settings;
	judge.baseline = replay->configuration.baseline;
	replay->outbox = outbox_new();
	replay->chunk = read_buffer_new(STREAM_CHUNK);
	if (!replay->outbox || !replay->chunk)
		return error_set(err, "no memory");
	replay->judge = judge_new(&judge, err);
	if (!replay->judge)
		return -1;
	return start_courier(replay, options, err);
}

static int run(struct replay *replay, struct error *err)
{
	struct error ending;
	int fed = feed(replay, err);
	int ended = wait_for_end(replay, fed < 0 ? &ending : err);

	if (fed == 0 && ended == 0 && (replay->too_long || outbox_take_dropped(replay->outbox)))
		return error_set(err, "some alerts could not be sent: too long, or no memory");
	return fed < 0 || ended < 0 ? -1 : 0;
}

int replay_run(const struct replay_options *options, struct error *err)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int rc;

	if (!replay)
		return error_set(err, "no memory");
	rc = begin(replay, options, err);
	if (rc == 0)
		rc = run(replay, err);
	judge_free(replay->judge);
	outbox_free(replay->outbox);
	free(replay->chunk);
	configuration_free(&replay->configuration);
	free(replay);
	return rc;
}
