/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/sensor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "common/log.h"
#include "common/wire.h"
#include "judge/judge.h"
#include "plugin/alert_body.h"
#include "plugin/audit_log.h"
#include "plugin/clock.h"
#include "plugin/confine_sensor.h"
#include "plugin/lessons.h"
#include "plugin/outbox.h"
#include "plugin/pace.h"
#include "plugin/proc_live.h"
#include "plugin/snapshot.h"
#include "plugin/progress.h"
#include "plugin/resume.h"
#include "plugin/state_body.h"
#include "plugin/stream.h"

enum {
	STREAM_PIECE = 16 * 1024, /* judged in one go: what gathers under load */
	/* While something else is done: sooner than auditd's socket is full. */
	STREAM_MEANWHILE_MS = 2,
	TURN_MS = 10, /* so long is judged before link and control are looked at again */
	/* While one pause follows the other nothing but the stream is looked after for so long: all
	 * else that a turn does costs more than what has gathered in one. */
	PAUSES_MS = 20,
	/* between two alerts of records that were thrown away: the first at once */
	DROPPED_EVERY_MS = 10 * 1000,
	CONTROL_BUFFER = 64 * 1024,
	HOST_MAX = 256,
	STATE_EVERY_MS = 10 * 1000, /* to the courier, for heartbeats */
	ORPHAN_LIMIT_S = 10,	    /* more than it takes to drain and finish */
};

/* For the signal handler alone; set once, before there is one. */
static volatile sig_atomic_t supervisor_pid;

enum { POLL_CONTROL, POLL_LINK, POLL_STREAM, POLL_ORDERS, POLL_COUNT };

struct sensor {
	const struct sensor_options *options;
	struct configuration configuration;
	struct judge *judge;
	struct outbox *outbox;
	struct lessons lessons;
	struct resume resume;
	struct progress progress;
	struct proc_live proc;
	void (*each_process)(void *ctx, void (*visit)(void *visit_ctx, pid_t pid),
			     void *visit_ctx); /* proc's own */
	struct logger log;		       /* lines go to the courier */
	struct stream *stream;
	bool control_ended;
	int64_t state_at; /* steady clock: when to tell the courier how we are */
	struct pace pace;
	int64_t read_at;    /* steady clock: when the stream was last read */
	int64_t turn_at;    /* steady clock: when the last whole turn ended */
	int64_t dropped_at; /* steady clock: when records thrown away may be told again */
	char host[HOST_MAX], host_id[HOST_MAX];
	struct blind_snapshot snapshot; /* the one being taken */
	char message[CONTROL_BUFFER];
};

/* --- what goes to the courier --- */

static void on_alert(void *ctx, const struct alert *alert)
{
	struct sensor *sensor = ctx;
	struct outbox_alert message;

	if (alert_body_make(alert, &message))
		outbox_put(sensor->outbox, &message);
	else
		outbox_count_dropped(sensor->outbox);
}

static void emit_line(void *ctx, int priority, const char *line)
{
	outbox_put_line(ctx, priority, line);
}

static void send_to_courier(struct sensor *sensor)
{
	/* a broken link says nothing new: the supervisor hands over the next one */
	outbox_send(sensor->outbox, NULL);
}

static void report_dropped(struct sensor *sensor)
{
	uint64_t dropped = outbox_take_dropped(sensor->outbox);
	struct error what;

	if (!dropped)
		return;
	error_set(&what,
		  "%llu alerts were dropped, the least severe first: the courier did not take "
		  "them, or they were longer than a message can be",
		  (unsigned long long)dropped);
	judge_report_loss(sensor->judge, what.text, SEVERITY_HIGH, clock_wall_ms());
}

/* --- control --- */

static void reload(struct sensor *sensor)
{
	struct configuration loaded, old = sensor->configuration;
	struct error err;

	if (configuration_load(&loaded, sensor->options->config_file, &err) < 0) {
		log_line(&sensor->log, LOG_ERR, "%s; the configuration stays as it was", err.text);
		return;
	}
	judge_reconfigure(sensor->judge, loaded.settings, loaded.baseline, "SIGHUP to the plugin",
			  clock_wall_ms());
	sensor->configuration = loaded;
	lessons_take_configuration(&sensor->lessons, &loaded);
	configuration_free(&old);
	log_line(&sensor->log, LOG_NOTICE, "configuration read anew");
}

static void take_snapshot(struct sensor *sensor, const struct wire_message *message)
{
	struct blind_snapshot *snapshot = &sensor->snapshot;

	if (snapshot_read(message->body, message->header.length, snapshot))
		judge_take_snapshot(sensor->judge, snapshot, clock_wall_ms());
}

/* The supervisor looks when it sees fit; what its socket does not take now it need not know. */
static void ask_for_look(struct sensor *sensor)
{
	const struct wire_header header = {.type = WIRE_LOOK};

	if (judge_wants_look(sensor->judge))
		wire_send(sensor->options->control, &header, NULL, -1, NULL);
}

static void obey(struct sensor *sensor, const struct wire_message *message)
{
	switch (message->header.type) {
	case WIRE_NOTICE:
		judge_report_loss(sensor->judge, message->body, SEVERITY_HIGH, clock_wall_ms());
		break;
	case WIRE_RELOAD:
		reload(sensor);
		break;
	case WIRE_SNAPSHOT:
		take_snapshot(sensor, message);
		break;
	case WIRE_COURIER_FD:
		outbox_connect(sensor->outbox, message->fd);
		break;
	case WIRE_CONTROL:
		lessons_admit(&sensor->lessons, message->fd);
		break;
	default: /* nothing that the supervisor sends */
		break;
	}
}

static void read_control(struct sensor *sensor)
{
	struct wire_message message;
	int rc;

	while ((rc = wire_receive(sensor->options->control, sensor->message,
				  sizeof(sensor->message), &message, NULL)) > 0)
		obey(sensor, &message);
	if (rc < 0)
		sensor->control_ended = true;
}

/* --- stream --- */

/* Returns the bytes that there were. */
static size_t read_stream(struct sensor *sensor)
{
	struct error err;
	ssize_t got = stream_read(sensor->stream, &err);

	if (got < 0)
		log_line(&sensor->log, LOG_ERR, "%s", err.text);
	sensor->read_at = clock_steady_ms();
	return got > 0 ? (size_t)got : 0;
}

/* While something takes long, auditd must not wait for it. */
static size_t read_meanwhile(struct sensor *sensor)
{
	return clock_steady_ms() - sensor->read_at >= STREAM_MEANWHILE_MS ? read_stream(sensor) : 0;
}

/* With a beat: on a host that starves, the judging of many pieces takes long enough to be taken for
 * a sensor that hangs. */
static void judge_piece(struct sensor *sensor)
{
	const char *bytes;
	size_t length = stream_peek(sensor->stream, &bytes, STREAM_PIECE);

	pulse_beat(sensor->options->pulse);
	judge_note_ahead(sensor->judge, stream_waiting(sensor->stream) - length);
	if (resume_is_on(&sensor->resume))
		resume_take_stream(&sensor->resume, bytes, length);
	else
		judge_feed(sensor->judge, bytes, length, clock_wall_ms());
	stream_consume(sensor->stream, length);
}

/* For resume: what does not come from the stream itself. */
static void feed(void *ctx, const char *bytes, size_t length)
{
	struct sensor *sensor = ctx;

	for (size_t fed = 0; fed < length; fed += STREAM_PIECE) {
		size_t piece = length - fed < STREAM_PIECE ? length - fed : STREAM_PIECE;

		pulse_beat(sensor->options->pulse);
		judge_feed(sensor->judge, bytes + fed, piece, clock_wall_ms());
		read_meanwhile(sensor);
	}
}

/* Returns the bytes that were read meanwhile. */
static size_t judge_waiting(struct sensor *sensor, int64_t deadline)
{
	size_t read = 0;

	while (stream_waiting(sensor->stream) > 0 && clock_steady_ms() < deadline) {
		judge_piece(sensor);
		read += read_meanwhile(sensor);
	}
	return read;
}

static bool stream_is_readable(void *ctx)
{
	const struct sensor *sensor = ctx;
	struct pollfd stream = {.fd = sensor->options->stream, .events = POLLIN};

	return stream_waiting(sensor->stream) > 0 || poll(&stream, 1, 0) > 0;
}

/* Told to stop: what auditd has already written is still judged, if it does not go on forever. So
 * is what is in its log; what is not reached is the next sensor's to catch up with. */
static void drain_stream(struct sensor *sensor)
{
	int64_t deadline = clock_steady_ms() + SENSOR_DRAIN_MS;

	while (resume_is_on(&sensor->resume) && clock_steady_ms() < deadline &&
	       resume_deadline(&sensor->resume) == 0)
		resume_step(&sensor->resume, clock_steady_ms());
	while (!stream_is_over(sensor->stream) && clock_steady_ms() < deadline &&
	       stream_is_readable(sensor)) {
		read_stream(sensor);
		judge_waiting(sensor, deadline);
	}
}

static void report_thrown_away(struct sensor *sensor)
{
	int64_t now = clock_steady_ms();
	struct error what;
	uint64_t dropped;

	if (now < sensor->dropped_at)
		return;
	dropped = stream_take_dropped(sensor->stream);
	if (!dropped)
		return;
	sensor->dropped_at = now + DROPPED_EVERY_MS;
	error_set(&what,
		  "%llu records were thrown away unread: they came faster than they could be "
		  "judged, for so long that %d MiB of them were waiting, and auditd must not wait",
		  (unsigned long long)dropped, STREAM_AHEAD_MAX / 1024 / 1024);
	judge_report_loss(sensor->judge, what.text, SEVERITY_HIGH, clock_wall_ms());
}

/* --- the loop --- */

static int earlier_timeout(int timeout, int64_t at, int64_t now)
{
	int64_t wait = at > now ? at - now : 0;

	if (wait > INT32_MAX)
		wait = INT32_MAX;
	return timeout < 0 || wait < timeout ? (int)wait : timeout;
}

static int next_timeout(const struct sensor *sensor)
{
	int64_t deadline = judge_next_deadline(sensor->judge);
	int timeout = -1;

	if (deadline >= 0)
		timeout = earlier_timeout(timeout, deadline, clock_wall_ms());
	timeout = earlier_timeout(timeout, sensor->state_at, clock_steady_ms());
	if (lessons_deadline(&sensor->lessons) >= 0)
		timeout = earlier_timeout(timeout, lessons_deadline(&sensor->lessons),
					  clock_steady_ms());
	if (pace_is_on(&sensor->pace))
		timeout = earlier_timeout(timeout, sensor->pace.until / 1000 + 1,
					  clock_steady_ms());
	if (resume_is_on(&sensor->resume))
		timeout = earlier_timeout(timeout, resume_deadline(&sensor->resume),
					  clock_steady_ms());
	return stream_waiting(sensor->stream) > 0 ? 0 : timeout;
}

static void wait_for_input(struct sensor *sensor, struct pollfd polled[POLL_COUNT],
			   bool with_stream)
{
	bool unsent = outbox_has_unsent(sensor->outbox);

	polled[POLL_CONTROL] = (struct pollfd){
		.fd = sensor->control_ended ? -1 : sensor->options->control, .events = POLLIN};
	polled[POLL_LINK] = (struct pollfd){.fd = outbox_link(sensor->outbox),
					    .events = (short)(unsent ? POLLIN | POLLOUT : POLLIN)};
	polled[POLL_STREAM] = (struct pollfd){.fd = with_stream ? sensor->options->stream : -1,
					      .events = POLLIN};
	polled[POLL_ORDERS] = (struct pollfd){.fd = lessons_fd(&sensor->lessons), .events = POLLIN};
}

static void handle_input(struct sensor *sensor, const struct pollfd polled[POLL_COUNT])
{
	if (polled[POLL_CONTROL].revents)
		read_control(sensor);
	if (polled[POLL_LINK].revents & (POLLIN | POLLHUP | POLLERR))
		outbox_receive(sensor->outbox, NULL);
	if (polled[POLL_ORDERS].revents)
		lessons_hear(&sensor->lessons);
}

static void take_stream(struct sensor *sensor, bool readable)
{
	size_t read = readable ? read_stream(sensor) : 0;
	uint64_t before = judge_records(sensor->judge);

	read += judge_waiting(sensor, clock_steady_ms() + TURN_MS);
	if (readable)
		pace_take_read(&sensor->pace, read, judge_records(sensor->judge) - before,
			       clock_steady_us());
}

static void judge_time(struct sensor *sensor)
{
	int64_t now = clock_wall_ms(), deadline = judge_next_deadline(sensor->judge);

	if (deadline >= 0 && deadline <= now && !stream_is_readable(sensor))
		judge_tick(sensor->judge, now);
}

static void go_on_resuming(struct sensor *sensor)
{
	int64_t now = clock_steady_ms();

	if (resume_is_on(&sensor->resume) && resume_deadline(&sensor->resume) <= now)
		resume_step(&sensor->resume, now);
}

static void tell_progress(struct sensor *sensor)
{
	if (resume_may_tell_progress(&sensor->resume))
		progress_tell(&sensor->progress, clock_steady_ms());
}

static void tell_state(struct sensor *sensor)
{
	int64_t now = clock_steady_ms();
	char *body;

	if (now < sensor->state_at)
		return;
	sensor->state_at = now + STATE_EVERY_MS;
	body = state_body_make(sensor->judge, &sensor->configuration);
	if (body)
		outbox_put_state(sensor->outbox, body);
}

/* Sleeps while records gather, to the end of their pause; returns whether they alone are this
 * turn's. */
static bool gather(struct sensor *sensor)
{
	if (!pace_is_on(&sensor->pace) || stream_waiting(sensor->stream) > 0 ||
	    resume_is_on(&sensor->resume))
		return false;
	clock_sleep_until(sensor->pace.until);
	return pace_ends_pause(&sensor->pace, clock_steady_us()) &&
	       clock_steady_ms() < sensor->turn_at + PAUSES_MS;
}

static void take_turn(struct sensor *sensor)
{
	struct pollfd polled[POLL_COUNT];

	wait_for_input(sensor, polled, !pace_is_on(&sensor->pace));
	if (poll(polled, POLL_COUNT, next_timeout(sensor)) > 0)
		handle_input(sensor, polled);
	take_stream(sensor, polled[POLL_STREAM].revents != 0 ||
				    pace_ends_pause(&sensor->pace, clock_steady_us()));
	go_on_resuming(sensor);
	judge_time(sensor);
	ask_for_look(sensor);
	report_thrown_away(sensor);
	report_dropped(sensor);
	tell_state(sensor);
	tell_progress(sensor);
	lessons_run(&sensor->lessons, clock_steady_ms(), false);
	sensor->turn_at = clock_steady_ms();
}

static void run_loop(struct sensor *sensor)
{
	while (!stream_is_over(sensor->stream) && !sensor->control_ended) {
		pulse_beat(sensor->options->pulse);
		if (gather(sensor))
			take_stream(sensor, true);
		else
			take_turn(sensor);
		send_to_courier(sensor);
	}
}

/* --- the end --- */

static void deliver_rest(struct sensor *sensor)
{
	struct pollfd polled[POLL_COUNT];
	int64_t deadline = clock_steady_ms() + SENSOR_FINISH_MS;

	send_to_courier(sensor);
	while (outbox_pending(sensor->outbox) > 0 && clock_steady_ms() < deadline) {
		if (sensor->control_ended && outbox_link(sensor->outbox) < 0)
			return; /* nobody is left to hand over a new link */
		pulse_beat(sensor->options->pulse);
		wait_for_input(sensor, polled, false);
		if (poll(polled, POLL_COUNT, earlier_timeout(-1, deadline, clock_steady_ms())) > 0)
			handle_input(sensor, polled);
		send_to_courier(sensor);
	}
}

/* A supervisor that stops us only shuts its end for writing; one that died has closed it.
 * (getppid() would say so too, but a moment after the end of file.) */
static bool is_orphaned(const struct sensor *sensor)
{
	struct pollfd control = {.fd = sensor->options->control};

	return poll(&control, 1, 0) > 0 && (control.revents & POLLHUP);
}

static enum sensor_end finish(struct sensor *sensor)
{
	bool orphaned = is_orphaned(sensor);

	drain_stream(sensor);
	sensor->dropped_at = 0;
	report_thrown_away(sensor);
	if (orphaned) {
		judge_report_loss(sensor->judge,
				  "the supervisor ended unexpectedly: records may be missed until "
				  "auditd starts the plugin anew",
				  SEVERITY_HIGH, clock_wall_ms());
		/* auditd notices only when nobody holds the other end any more */
		close(sensor->options->stream);
	}
	judge_finish(sensor->judge, clock_wall_ms());
	report_dropped(sensor);
	lessons_run(&sensor->lessons, clock_steady_ms(), true);
	deliver_rest(sensor);
	if (!orphaned && !resume_is_on(&sensor->resume) &&
	    resume_may_tell_progress(&sensor->resume) && outbox_pending(sensor->outbox) == 0)
		progress_tell_end(&sensor->progress);
	send_to_courier(sensor);
	return outbox_pending(sensor->outbox) > 0 ? SENSOR_UNDELIVERED : SENSOR_DONE;
}

/* --- the beginning --- */

static void read_host_id(char *host_id, size_t size)
{
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, host_id, size - 1);

	if (fd >= 0)
		close(fd);
	host_id[got > 0 ? got : 0] = '\0';
	host_id[strcspn(host_id, "\n")] = '\0';
}

/* As records of this host name it, by which they are told from others' of an aggregating auditd. */
static void read_host(struct sensor *sensor)
{
	pid_t auditd = sensor->options->auditd;
	struct error err;

	if (!audit_log_is_auditd(auditd))
		sensor->host[0] = '\0';
	else if (audit_log_find_name(auditd, sensor->host, sizeof(sensor->host), &err) < 0)
		log_line(&sensor->log, LOG_WARNING, "%s", err.text);
	if (!sensor->host[0] && gethostname(sensor->host, sizeof(sensor->host) - 1) < 0)
		sensor->host[0] = '\0';
}

/* SIGTERM is the supervisor's to act on, in its own order of stopping: when a whole service is told
 * to end, so are we. But the kernel sends it too when the supervisor dies. End of file on the
 * control socket ends us then, unless we hang, and would hold auditd's socket forever: so there is
 * a limit. */
static void on_sigterm(int number)
{
	(void)number;
	if (getppid() != (pid_t)supervisor_pid)
		alarm(ORPHAN_LIMIT_S);
}

static void heed_signals(const struct sensor *sensor)
{
	struct sigaction action = {.sa_handler = on_sigterm, .sa_flags = SA_RESTART};
	sigset_t mask;

	supervisor_pid = sensor->options->supervisor;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

struct seeding {
	struct sensor *sensor;
	void (*visit)(void *ctx, pid_t pid);
	void *visit_ctx;
};

static void seed_and_read(void *ctx, pid_t pid)
{
	struct seeding *seeding = ctx;

	pulse_beat(seeding->sensor->options->pulse);
	seeding->visit(seeding->visit_ctx, pid);
	read_meanwhile(seeding->sensor);
}

/* All of /proc at once takes as long as a host is large, and auditd writes already. */
static void each_process(void *ctx, void (*visit)(void *visit_ctx, pid_t pid), void *visit_ctx)
{
	struct sensor *sensor = (struct sensor *)((char *)ctx - offsetof(struct sensor, proc));
	struct seeding seeding = {.sensor = sensor, .visit = visit, .visit_ctx = visit_ctx};

	sensor->each_process(ctx, seed_and_read, &seeding);
}

/* The supervisor must see at which event this process ends, should it. */
static bool on_event(void *ctx, int64_t time, uint64_t serial)
{
	const struct sensor *sensor = ctx;

	if (serial && stumbles_leave_out(sensor->options->stumbles, time, serial))
		return false;
	pulse_set_event(sensor->options->pulse, time, serial);
	return true;
}

static struct judge *make_judge(struct sensor *sensor, struct error *err)
{
	const struct judge_options options = {
		.settings = sensor->configuration.settings,
		.baseline = sensor->configuration.baseline,
		.proc = &sensor->proc.reader,
		.host = sensor->host[0] ? sensor->host : NULL,
		.host_id = sensor->host_id[0] ? sensor->host_id : NULL,
		.whole = true,
		.alert = on_alert,
		.alert_ctx = sensor,
		.event = on_event,
		.event_ctx = sensor,
		.learner = sensor->lessons.learner,
	};

	return judge_new(&options, err);
}

/* Without memory for another the old one goes on: what it still knows of the dead may lead it into
 * a false alert, but into no silence. */
static void renew_judge(void *ctx)
{
	struct sensor *sensor = ctx;
	struct judge *judge = make_judge(sensor, NULL);

	if (!judge)
		return;
	judge_free(sensor->judge);
	sensor->judge = sensor->progress.judge = judge;
	lessons_teach(&sensor->lessons);
}

static const struct resume_ops resume_ops = {
	.feed = feed, .stream_waits = stream_is_readable, .renew = renew_judge};

static void begin_judging(struct sensor *sensor)
{
	const struct resume_options options = {
		.spool_folder = sensor->configuration.settings->spool.dir,
		.auditd = sensor->options->auditd,
		.discarded = sensor->options->discarded};

	sensor->progress = (struct progress){.judge = sensor->judge, .outbox = sensor->outbox};
	sensor->resume = (struct resume){
		.ops = &resume_ops, .ctx = sensor, .judge = &sensor->judge, .log = &sensor->log};
	resume_begin(&sensor->resume, &options);
	lessons_begin(&sensor->lessons, &sensor->configuration);
}

static int begin(struct sensor *sensor, struct error *err)
{
	heed_signals(sensor);
	sensor->outbox = outbox_new();
	sensor->stream = stream_new(sensor->options->stream);
	if (!sensor->outbox || !sensor->stream)
		return error_set(err, "no memory");
	sensor->log = (struct logger){
		.emit = emit_line, .ctx = sensor->outbox, .max_priority = LOG_INFO};
	proc_live_init(&sensor->proc);
	sensor->each_process = sensor->proc.reader.each_process;
	sensor->proc.reader.each_process = each_process;
	read_host(sensor);
	read_host_id(sensor->host_id, sizeof(sensor->host_id));
	sensor->lessons = (struct lessons){.judge = &sensor->judge,
					   .outbox = sensor->outbox,
					   .log = &sensor->log,
					   .proc = &sensor->proc.reader,
					   .orders.fd = -1};
	if (lessons_make_learner(&sensor->lessons, sensor->host[0] ? sensor->host : "unknown",
				 sensor->host_id[0] ? sensor->host_id : NULL, err) < 0)
		return -1;
	sensor->judge = make_judge(sensor, err);
	if (!sensor->judge || confine_sensor(err) < 0)
		return -1;
	begin_judging(sensor);
	return 0;
}

static void release(struct sensor *sensor)
{
	resume_end(&sensor->resume);
	lessons_end(&sensor->lessons);
	judge_free(sensor->judge);
	outbox_free(sensor->outbox);
	stream_free(sensor->stream);
	configuration_free(&sensor->configuration);
	free(sensor);
}

enum sensor_end sensor_run(const struct sensor_options *options, struct error *err)
{
	struct sensor *sensor = calloc(1, sizeof(*sensor));
	enum sensor_end end = SENSOR_FAILED;

	if (!sensor) {
		error_set(err, "no memory");
		return SENSOR_FAILED;
	}
	sensor->options = options;
	sensor->lessons.orders.fd = -1;
	sensor->configuration = options->configuration;
	if (begin(sensor, err) == 0) {
		run_loop(sensor);
		end = finish(sensor);
	}
	release(sensor);
	return end;
}
