/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "common/wire.h"
#include "plugin/child.h"
#include "plugin/clock.h"
#include "plugin/configuration.h"
#include "plugin/door.h"
#include "plugin/lookout.h"
#include "plugin/confine_supervisor.h"
#include "plugin/notices.h"
#include "plugin/pulse.h"
#include "plugin/rules_state.h"
#include "plugin/sensor.h"
#include "plugin/startup.h"
#include "plugin/stumbles.h"

enum {
	STREAM_FD = STDIN_FILENO,
	PATIENCE_MS = 1000, /* so long the stream is left alone while there is no sensor */
	STOP_SENSOR_MS = SENSOR_DRAIN_MS + SENSOR_FINISH_MS + 500, /* of the stop, for the sensor */
	STOP_TOTAL_MS = 10 * 1000,
	DISCARD_CHUNK = 64 * 1024,
	/* messages of a sensor in one go, and their size: it says nothing but WIRE_LOOK */
	SENSOR_MESSAGES = 16,
	SENSOR_MESSAGE = 64,
};

enum stage { STAGE_RUNNING, STAGE_STOPPING_SENSOR, STAGE_STOPPING_COURIER, STAGE_DONE };

struct supervisor {
	const struct supervisor_options *options;
	const struct logger *log;
	enum stage stage;
	bool configured; /* configuration, users and capabilities are good: children may run */
	struct configuration configuration;
	struct account sensor_account, courier_account;
	struct child sensor, courier;
	int held_link; /* a running courier's link, for the next sensor; -1 */
	int signals;
	struct pulse_watch pulse;
	struct lookout *lookout; /* NULL: none can be had */
	bool sensor_silent;	 /* its control socket is at its end, or says what it must not */
	int door;		 /* the control socket; -1: none */
	char *door_path;	 /* where it was opened */
	int64_t rules_at;	 /* when the courier is next told of the kernel's rules */
	int64_t blind_since;	 /* since when there was no sensor */
	int64_t stop_since;
	uint64_t discarded; /* bytes, since there is no sensor */
	pid_t auditd;	    /* who started us */
	struct stumbles stumbles;
	struct notices notices;
	char chunk[DISCARD_CHUNK];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- configuration --- */

static int find_accounts(struct supervisor *sup, const struct configuration *configuration,
			 struct error *err)
{
	const struct settings *settings = configuration->settings;
	struct account sensor, courier;

	if (privileges_find_account(settings->user, &sensor, err) < 0 ||
	    privileges_find_account(settings->courier_user, &courier, err) < 0)
		return -1;
	if (sensor.uid == courier.uid)
		return error_set(err,
				 "user and courier_user are both uid %u: they have to differ, so "
				 "that a courier taken over cannot end the sensor",
				 sensor.uid);
	sup->sensor_account = sensor;
	sup->courier_account = courier;
	return 0;
}

/* Takes over what was loaded when its users are there. After an error all is as it was. */
static int take_over(struct supervisor *sup, struct configuration *loaded, struct error *err)
{
	if (find_accounts(sup, loaded, err) < 0) {
		configuration_free(loaded);
		return -1;
	}
	configuration_free(&sup->configuration);
	sup->configuration = *loaded;
	return 0;
}

/* Once: the configuration that it is opened by decides where. Without it capwatch watches as well.
 */
static void open_door(struct supervisor *sup)
{
	const char *path = sup->configuration.settings->control;
	struct error err;

	if (sup->door >= 0)
		return;
	free(sup->door_path);
	sup->door_path = strdup(path);
	sup->door = sup->door_path ? door_open(path, &err) : error_set(&err, "no memory");
	if (sup->door < 0)
		log_line(sup->log, LOG_NOTICE, "no orders can be given (capwatch learn): %s",
			 err.text);
}

/* All that must be good before a child is started. */
static int configure(struct supervisor *sup, struct error *err)
{
	struct configuration loaded;

	if (configuration_load(&loaded, sup->options->config_file, err) < 0 ||
	    take_over(sup, &loaded, err) < 0)
		return -1;
	open_door(sup);
	return privileges_tighten(err) < 0 ? -1 : confine_supervisor(err);
}

static void try_to_begin(struct supervisor *sup)
{
	struct error err;

	if (configure(sup, &err) < 0) {
		log_line(sup->log, LOG_ERR,
			 "%s. Nothing is watched until that is put right and auditd gets SIGHUP",
			 err.text);
		if (sup->notices.count == 0)
			notices_add(&sup->notices, "nothing was watched from auditd's start on: %s",
				    err.text);
		return;
	}
	sup->configured = true;
	sup->lookout = lookout_new(sup->options->rules_folder, sup->log, &err);
	if (!sup->lookout)
		log_line(sup->log, LOG_ERR,
			 "%s: whether auditing works is judged from records alone", err.text);
	sup->sensor.start_at = sup->courier.start_at = clock_steady_ms();
}

static void forward_reload(const struct child *child)
{
	const struct wire_header header = {.type = WIRE_RELOAD};

	if (child->pid != 0)
		wire_send(child->control, &header, NULL, -1, NULL);
}

/* The children read the same files, and say what is wrong with one; here it only means that the
 * next child starts with the former configuration, too. */
static void reload(struct supervisor *sup)
{
	struct configuration loaded;
	struct error err;

	if (!sup->configured) {
		try_to_begin(sup);
		return;
	}
	if (configuration_load(&loaded, sup->options->config_file, &err) == 0 &&
	    take_over(sup, &loaded, &err) < 0)
		log_line(sup->log, LOG_ERR, "%s; the users stay who they were", err.text);
	if (sup->lookout)
		lookout_reload(sup->lookout);
	forward_reload(&sup->sensor);
	forward_reload(&sup->courier);
}

/* --- start --- */

static void hand_over_link(const struct child *child, int link)
{
	const struct wire_header header = {.type = WIRE_COURIER_FD};

	wire_send(child->control, &header, NULL, link, NULL);
}

/* Connects the two when both run: the one with what is held for it, or both anew. */
static void connect_children(struct supervisor *sup)
{
	struct error err;
	int ends[2];

	if (sup->sensor.pid == 0 || sup->courier.pid == 0)
		return;
	if (sup->held_link >= 0) {
		hand_over_link(&sup->sensor, sup->held_link);
		close_fd(&sup->held_link);
		return;
	}
	if (child_socketpair(ends, &err) < 0) {
		log_line(sup->log, LOG_ERR, "%s: sensor and courier are not connected", err.text);
		return;
	}
	hand_over_link(&sup->sensor, ends[0]);
	hand_over_link(&sup->courier, ends[1]);
	close(ends[0]);
	close(ends[1]);
}

static void end_of_child(const char *name, const struct error *err)
{
	struct logger log;

	log_to_syslog(&log, "audisp-capwatch");
	log_line(&log, LOG_ERR, "the %s cannot begin: %s", name, err->text);
	log_to_stderr(&log, "audisp-capwatch");
	log_line(&log, LOG_ERR, "the %s cannot begin: %s", name, err->text);
}

/* closelog() comes first in a child: syslog(3) would go on using the number of a descriptor that is
 * about to become another. */
static int sensor_child(struct supervisor *sup, int control, pid_t parent)
{
	const int keep[] = {-1, control};
	struct sensor_options options = {.config_file = sup->options->config_file,
					 .configuration = sup->configuration,
					 .stream = STREAM_FD,
					 .control = CHILD_CONTROL_FD,
					 .supervisor = parent,
					 .pulse = sup->pulse.pulse,
					 .auditd = sup->auditd,
					 .discarded = sup->discarded,
					 .stumbles = &sup->stumbles};
	enum sensor_end end = SENSOR_FAILED;
	struct error err = {""};

	closelog();
	if (child_keep_descriptors(keep, 2, &err) == 0 &&
	    privileges_become_sensor(&sup->sensor_account, parent, &err) == 0)
		end = sensor_run(&options, &err);
	if (end == SENSOR_FAILED)
		end_of_child("sensor", &err);
	return end;
}

static int courier_child(const struct courier_start *start)
{
	struct error err = {""};

	closelog();
	child_exec_courier(start, &err);
	end_of_child("courier", &err);
	return CHILD_EXEC_FAILED;
}

/* The parent's half of a start. pid < 0: fork failed, to be tried again. */
static bool child_started(struct supervisor *sup, struct child *child, pid_t pid, int control)
{
	int64_t now = clock_steady_ms();

	if (pid < 0) {
		log_line(sup->log, LOG_ERR, "starting the %s: %s", child->name, strerror(errno));
		close(control);
		child->start_at = backoff_next(&child->backoff, now, now);
		return false;
	}
	child->pid = pid;
	child->control = control;
	child->started = now;
	return true;
}

static void start_courier(struct supervisor *sup)
{
	struct courier_start start = {.path = sup->options->courier_path,
				      .config_file = sup->options->config_file,
				      .account = &sup->courier_account,
				      .parent = getpid()};
	int control[2] = {-1, -1}, link[2];
	struct error err;
	pid_t pid;

	close_fd(&sup->held_link);
	if (child_socketpair(control, &err) < 0 || child_socketpair(link, &err) < 0) {
		log_line(sup->log, LOG_ERR, "starting the courier: %s", err.text);
		close_fd(&control[0]);
		close_fd(&control[1]);
		sup->courier.start_at = backoff_next(&sup->courier.backoff, clock_steady_ms(),
						     clock_steady_ms());
		return;
	}
	start.link = link[1];
	start.control = control[1];
	pid = fork();
	if (pid == 0)
		_exit(courier_child(&start));
	close(control[1]);
	close(link[1]);
	if (!child_started(sup, &sup->courier, pid, control[0])) {
		close(link[0]);
		return;
	}
	sup->held_link = link[0];
	sup->rules_at = 0;
	connect_children(sup);
}

/* The sensor was told at its start, and alerts unless auditd's log has them. */
static void sensor_sees_again(struct supervisor *sup)
{
	if (sup->discarded == 0)
		return;
	log_line(sup->log, LOG_ERR,
		 "%" PRIu64 " bytes of records were discarded while there was no sensor",
		 sup->discarded);
	sup->discarded = 0;
}

static void start_sensor(struct supervisor *sup)
{
	pid_t pid, parent = getpid();
	struct error err;
	int control[2];

	if (child_socketpair(control, &err) < 0) {
		log_line(sup->log, LOG_ERR, "starting the sensor: %s", err.text);
		sup->sensor.start_at = backoff_next(&sup->sensor.backoff, clock_steady_ms(),
						    clock_steady_ms());
		return;
	}
	pid = fork();
	if (pid == 0)
		_exit(sensor_child(sup, control[1], parent));
	close(control[1]);
	if (!child_started(sup, &sup->sensor, pid, control[0]))
		return;
	sup->sensor_silent = false;
	if (sup->lookout)
		lookout_look(sup->lookout);
	pulse_reset(&sup->pulse);
	sensor_sees_again(sup);
	connect_children(sup);
}

static void start_due(struct supervisor *sup)
{
	int64_t now = clock_steady_ms();

	if (!sup->configured || sup->stage != STAGE_RUNNING)
		return;
	if (sup->courier.pid == 0 && sup->courier.start_at <= now)
		start_courier(sup);
	if (sup->sensor.pid == 0 && sup->sensor.start_at <= now)
		start_sensor(sup);
}

/* --- end --- */

/* auditd has closed its end, and all it wrote has been read. Of what is no socket only the sensor
 * knows. */
static bool stream_is_over(void)
{
	char byte;
	ssize_t got = recv(STREAM_FD, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

/* End of file on its control socket is how a child is told. */
static void tell_to_end(const struct child *child)
{
	if (child->pid != 0)
		shutdown(child->control, SHUT_WR);
}

static void advance_stop(struct supervisor *sup)
{
	if (sup->stage == STAGE_STOPPING_SENSOR && sup->sensor.pid == 0) {
		sup->stage = STAGE_STOPPING_COURIER;
		tell_to_end(&sup->courier);
	}
	if (sup->stage == STAGE_STOPPING_COURIER && sup->courier.pid == 0)
		sup->stage = STAGE_DONE;
}

static void begin_stop(struct supervisor *sup)
{
	if (sup->stage != STAGE_RUNNING)
		return;
	/* one that waits for its next start is needed now: the sensor may still have alerts for it
	 */
	if (sup->configured && sup->courier.pid == 0)
		start_courier(sup);
	sup->stage = STAGE_STOPPING_SENSOR;
	sup->stop_since = clock_steady_ms();
	tell_to_end(&sup->sensor);
}

static void kill_child(struct child *child, const char *why)
{
	if (child->pid == 0)
		return;
	child->killed_for = why;
	kill(child->pid, SIGKILL);
}

static void enforce_stop(struct supervisor *sup)
{
	int64_t waited = clock_steady_ms() - sup->stop_since;

	if (sup->stage == STAGE_STOPPING_SENSOR && waited >= STOP_SENSOR_MS)
		kill_child(&sup->sensor, "it did not end when told to");
	if (sup->stage == STAGE_STOPPING_COURIER && waited >= STOP_TOTAL_MS)
		kill_child(&sup->courier, "it did not end when told to");
}

static void lost_child(struct supervisor *sup, struct child *child, const char *how)
{
	int64_t now = clock_steady_ms(), wait;

	child->start_at = backoff_next(&child->backoff, child->started, now);
	wait = child->start_at - now;
	notices_add(&sup->notices, "the %s ended by %s and is started anew", child->name, how);
	/* at the longest interval it is said once; the child's own lines tell of every further try
	 */
	if (wait < BACKOFF_LONGEST_MS || !child->said_longest)
		log_line(sup->log, LOG_ERR,
			 "the %s ended by %s; it is started anew in %" PRId64 " ms", child->name,
			 how, wait);
	child->said_longest = wait >= BACKOFF_LONGEST_MS;
}

/* It reads a new configuration by having itself replaced. */
static bool wants_new_one(const struct supervisor *sup, const struct child *child, int status)
{
	return child == &sup->courier && WIFEXITED(status) && WEXITSTATUS(status) == WIRE_EXIT_ANEW;
}

static bool ended_well(int status)
{
	return WIFEXITED(status) &&
	       (WEXITSTATUS(status) == SENSOR_DONE || WEXITSTATUS(status) == SENSOR_UNDELIVERED);
}

static void sensor_ended(struct supervisor *sup, int status)
{
	sup->blind_since = clock_steady_ms();
	if (WIFEXITED(status) && WEXITSTATUS(status) == SENSOR_UNDELIVERED)
		log_line(sup->log, LOG_ERR, "the courier did not take every alert in time");
	if (ended_well(status) && stream_is_over())
		begin_stop(sup);
}

/* At an event that it was judging, which then is not given to the next one: it might end, too. */
static void note_stumble(struct supervisor *sup, int status, const char *how)
{
	bool own = sup->sensor.killed_for || stumbles_is_own_fault(status);
	uint64_t serial;
	int64_t time;

	if (!pulse_get_event(&sup->pulse, &time, &serial) ||
	    !stumbles_note(&sup->stumbles, time, serial, own))
		return;
	log_line(sup->log, LOG_ERR,
		 "the sensor ended by %s while it judged event %" PRId64 ".%03d:%" PRIu64
		 ", which is left out from now on",
		 how, time / 1000, (int)(time % 1000), serial);
	notices_add(&sup->notices,
		    "the sensor ended by %s while it judged event %" PRId64 ".%03d:%" PRIu64
		    ": that event is not judged (ausearch -a %" PRIu64 ")",
		    how, time / 1000, (int)(time % 1000), serial, serial);
}

static void child_ended(struct supervisor *sup, struct child *child, int status)
{
	char how[CHILD_END_MAX];

	child_describe_end(child, status, how);
	if (child == &sup->sensor && !ended_well(status))
		note_stumble(sup, status, how);
	child->pid = 0;
	child->killed_for = NULL;
	close_fd(&child->control);
	if (child == &sup->sensor)
		sensor_ended(sup, status);
	else
		close_fd(&sup->held_link);
	if (sup->stage == STAGE_RUNNING && wants_new_one(sup, child, status))
		child->start_at = backoff_next(&child->backoff, child->started, clock_steady_ms());
	else if (sup->stage == STAGE_RUNNING)
		lost_child(sup, child, how);
	else if (!ended_well(status))
		log_line(sup->log, LOG_ERR, "the %s ended by %s", child->name, how);
}

static void reap(struct supervisor *sup)
{
	struct child *children[] = {&sup->sensor, &sup->courier};
	int status;

	for (size_t i = 0; i < 2; i++)
		if (children[i]->pid != 0 && waitpid(children[i]->pid, &status, WNOHANG) > 0)
			child_ended(sup, children[i], status);
}

/* --- the stream, without a sensor --- */

static bool discards(const struct supervisor *sup)
{
	if (sup->sensor.pid != 0 || sup->stage != STAGE_RUNNING)
		return false;
	return !sup->configured || clock_steady_ms() - sup->blind_since >= PATIENCE_MS;
}

static void discard(struct supervisor *sup)
{
	ssize_t got = read(STREAM_FD, sup->chunk, sizeof(sup->chunk));

	if (got > 0)
		sup->discarded += (uint64_t)got;
	else if (got == 0 || (errno != EINTR && errno != EAGAIN))
		begin_stop(sup);
}

/* --- the kernel's rules --- */

static void tell_rules(struct supervisor *sup)
{
	struct wire_header header = {.type = WIRE_STATE};
	char body[RULES_STATE_BODY];

	if (sup->courier.pid == 0 || sup->stage != STAGE_RUNNING || !sup->lookout ||
	    !lookout_digest(sup->lookout)[0] || clock_steady_ms() < sup->rules_at)
		return;
	sup->rules_at = clock_steady_ms() + RULES_STATE_EVERY_MS;
	rules_state_make(lookout_digest(sup->lookout), body);
	header.length = (uint32_t)strlen(body);
	wire_send(sup->courier.control, &header, body, -1, NULL);
}

/* A sensor that does not take it gets the next one. */
static void look(struct supervisor *sup)
{
	const struct blind_snapshot *snapshot = sup->lookout ? lookout_run(sup->lookout) : NULL;
	struct wire_header header = {.type = WIRE_SNAPSHOT};

	if (!snapshot || sup->sensor.pid == 0)
		return;
	header.length = (uint32_t)snapshot_size(snapshot);
	wire_send(sup->sensor.control, &header, (const char *)snapshot, -1, NULL);
}

/* Without a sensor there is nobody to take an order. */
static void admit(struct supervisor *sup)
{
	const struct wire_header header = {.type = WIRE_CONTROL};
	int fd = door_admit(sup->door);

	if (fd < 0)
		return;
	if (sup->sensor.pid != 0)
		wire_send(sup->sensor.control, &header, NULL, fd, NULL);
	close(fd);
}

/* Whatever else it sends is dropped, unlooked at: it may have been taken over. */
static void hear_sensor(struct supervisor *sup)
{
	char buffer[SENSOR_MESSAGE];
	struct wire_message message;
	int rc = 1;

	for (int i = 0; i < SENSOR_MESSAGES && rc > 0; i++) {
		rc = wire_receive(sup->sensor.control, buffer, sizeof(buffer), &message, NULL);
		if (rc > 0 && message.fd >= 0)
			close(message.fd);
		if (rc > 0 && message.header.type == WIRE_LOOK && sup->lookout)
			lookout_look(sup->lookout);
	}
	sup->sensor_silent = rc < 0;
}

/* --- the loop --- */

static void read_signals(struct supervisor *sup)
{
	struct signalfd_siginfo info;

	while (read(sup->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(sup);
			break;
		case SIGHUP:
			reload(sup);
			break;
		default: /* SIGTERM, SIGINT */
			begin_stop(sup);
			break;
		}
	}
}

static int64_t until(int64_t timeout, int64_t at)
{
	int64_t wait = at - clock_steady_ms();

	if (wait < 0)
		wait = 0;
	return wait < timeout ? wait : timeout;
}

static int next_timeout(const struct supervisor *sup)
{
	int64_t timeout = PULSE_LOOK_MS;

	if (sup->configured && sup->stage == STAGE_RUNNING) {
		if (sup->sensor.pid == 0)
			timeout = until(timeout, sup->sensor.start_at);
		if (sup->courier.pid == 0)
			timeout = until(timeout, sup->courier.start_at);
	}
	if (sup->lookout)
		timeout = until(timeout, lookout_due(sup->lookout));
	return (int)timeout;
}

static void loop(struct supervisor *sup)
{
	while (sup->stage != STAGE_DONE) {
		bool hears = sup->sensor.pid != 0 && !sup->sensor_silent;
		struct pollfd polled[] = {
			{.fd = sup->signals, .events = POLLIN},
			{.fd = discards(sup) ? STREAM_FD : -1, .events = POLLIN},
			{.fd = hears ? sup->sensor.control : -1, .events = POLLIN},
			{.fd = sup->lookout ? lookout_fd(sup->lookout) : -1, .events = POLLIN},
			{.fd = sup->door, .events = POLLIN}};

		start_due(sup);
		if (sup->sensor.pid != 0)
			notices_send(&sup->notices, sup->sensor.control);
		tell_rules(sup);
		look(sup);
		if (poll(polled, sizeof(polled) / sizeof(polled[0]), next_timeout(sup)) > 0) {
			if (polled[2].revents)
				hear_sensor(sup);
			read_signals(sup);
			if (polled[4].revents)
				admit(sup);
			if (polled[1].revents && sup->sensor.pid == 0)
				discard(sup);
		}
		if (sup->sensor.pid != 0 &&
		    pulse_stands_still(&sup->pulse, STREAM_FD, clock_steady_ms()))
			kill_child(&sup->sensor, "it hung while records waited");
		enforce_stop(sup);
		advance_stop(sup);
	}
}

static int prepare(struct supervisor *sup, struct error *err)
{
	sigset_t handled;

	startup_handled_signals(&handled);
	sup->signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sup->signals < 0)
		return error_set(err, "signalfd: %s", strerror(errno));
	if (pulse_open(&sup->pulse, err) < 0) {
		close(sup->signals);
		return -1;
	}
	return 0;
}

int supervisor_run(const struct supervisor_options *options, struct error *err)
{
	struct supervisor *sup = calloc(1, sizeof(*sup));

	if (!sup)
		return error_set(err, "no memory");
	sup->options = options;
	sup->log = options->log;
	sup->auditd = getppid();
	sup->sensor = (struct child){.name = "sensor", .control = -1};
	sup->courier = (struct child){.name = "courier", .control = -1};
	sup->held_link = sup->door = -1;
	if (prepare(sup, err) < 0) {
		free(sup);
		return -1;
	}
	sup->blind_since = clock_steady_ms();
	try_to_begin(sup);
	loop(sup);
	close(sup->signals);
	door_close(sup->door, sup->door_path);
	free(sup->door_path);
	lookout_free(sup->lookout);
	pulse_close(&sup->pulse);
	configuration_free(&sup->configuration);
	free(sup);
	return 0;
}
