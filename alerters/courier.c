/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/courier.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include "alerters/confine.h"
#include "alerters/format.h"
#include "alerters/heartbeat.h"
#include "alerters/keeper.h"
#include "alerters/learnt_file.h"
#include "alerters/own_log.h"
#include "alerters/reach.h"
#include "alerters/redact.h"
#include "alerters/sink.h"
#include "alerters/sink_webhook.h"
#include "alerters/status.h"
#include "alerters/status_file.h"
#include "alerters/tell.h"
#include "common/checkpoint.h"
#include "common/setup.h"
#include "common/wire.h"
#include "conf/settings.h"

enum {
	BATCH_MAX = 64,	    /* messages read, then one sync, then as many acks */
	PENDING_MAX = 8192, /* alerts not yet safe; more than a sensor keeps unacknowledged */
	DISOWNED_MAX = PENDING_MAX / 4, /* of them, whose sensor is gone */
	DRAIN_MS = 5000,		/* at the end of the plugin's life */
	QUIET_MS = 1000, /* a sensor that says nothing for so long has nothing left to say */
	WAIT_LONGEST_MS = 60000,
	FIXED_FDS = 3, /* signals, sensor, supervisor; then one for each sink */
	REACH_EVERY_MS = 10000,
	SPEECH_WINDOW_MS = 10000, /* of lines that others make us log */
	SPEECH_LINES_MAX = 100,
	PREDECESSOR_MS = DRAIN_MS + 1000, /* how long one of another supervisor may still be here */
	PREDECESSOR_LOOK_MS = 20,
};

#define IDENT "capwatch-courier"
#define OWN_LOG_PATH "/dev/log"

/* How much others may have us log. */
struct speech {
	int64_t since;
	unsigned lines, left_out;
};

struct courier {
	const struct courier_options *options;
	const struct logger *log;
	struct settings *settings;
	struct sink_tools tools;
	struct sink **sinks;
	size_t sink_count;
	struct curl_waitfd *waited;	 /* FIXED_FDS + sink_count */
	int signals, sensor, supervisor; /* -1: closed */
	int64_t now, heard_at;
	int64_t end_at;	   /* SINK_NEVER until it drains */
	uint64_t unusable; /* alerts that were no JSON, or whose sink was removed */
	struct speech speech;
	json_t *state; /* the sensor's, as it last told it; NULL: not yet */
	json_t *rules; /* the same, of the supervisor */
	int64_t state_at;
	int64_t beat_at; /* the next heartbeat; SINK_NEVER in a replay */
	struct pending {
		uint64_t number;       /* 0: of a sensor that is gone */
		struct parcel *parcel; /* NULL: nothing of it can be lost any more */
	} pending[PENDING_MAX];	       /* what the sensor waits to have acknowledged */
	size_t pending_count;
	bool acks_blocked; /* the sensor's socket is full of acks: no alert is read meanwhile */
	bool fault_told;   /* that a spool cannot be written */
	int64_t shown_at;  /* the status, last */
	unsigned shown_failing;
	char *spool_folder; /* NULL: in memory */
	struct keeper *keeper;
	struct reach *reach; /* what it has shut itself into; NULL: not, or not yet */
	int64_t reach_at;    /* when it is next compared with the folders as they are */
	bool begins_anew;    /* a new configuration needs more than that */
	char boot_id[HEARTBEAT_BOOT_ID_SIZE];
	int64_t keeper_at; /* when to try again to open it */
	char buffer[sizeof(struct wire_header) + WIRE_BODY_MAX + 1];
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void read_clocks(struct courier *courier)
{
	courier->now = clock_ms(CLOCK_MONOTONIC);
	courier->tools.wall_offset = clock_ms(CLOCK_REALTIME) - courier->now;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the sinks of a configuration ---- */

static void free_sinks(struct sink **sinks, size_t count)
{
	for (size_t i = 0; sinks && i < count; i++)
		sink_free(sinks[i]);
	free(sinks);
}

static struct sink **make_sinks(const struct settings *settings, const struct sink_tools *tools,
				struct error *err)
{
	struct sink **sinks = calloc(settings->sink_count + 1, sizeof(struct sink *));

	if (!sinks) {
		error_set(err, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < settings->sink_count; i++) {
		sinks[i] = sink_new(&settings->sinks[i], tools, err);
		if (!sinks[i]) {
			free_sinks(sinks, i);
			return NULL;
		}
	}
	return sinks;
}

static struct sink *find_sink(struct sink **sinks, size_t count,
			      const struct sink_settings *settings)
{
	for (size_t i = 0; i < count; i++)
		if (sinks[i]->settings->type == settings->type &&
		    strcmp(sinks[i]->settings->name, settings->name) == 0)
			return sinks[i];
	return NULL;
}

/* What is on disk waits there for a sink of this name; the rest is lost, and that is said. */
static void give_up_sink(struct courier *courier, struct sink *sink)
{
	size_t count, lost;

	sink->persist_at = 0;
	sink_persist(sink, courier->now);
	count = spool_count(sink->spool);
	lost = courier->spool_folder ? spool_unsafe_count(sink->spool) : count;
	courier->unusable += lost;
	if (lost > 0)
		log_line(courier->log, LOG_WARNING,
			 "sink %s is no longer configured: %zu alerts that waited for it are "
			 "dropped",
			 sink->settings->name, lost);
	if (count > lost)
		log_line(courier->log, LOG_WARNING,
			 "sink %s is no longer configured: %zu alerts wait in %s/%s until it is "
			 "again, or are yours to remove",
			 sink->settings->name, count - lost, courier->spool_folder,
			 sink->settings->name);
}

static void hand_over(struct courier *courier, struct sink **sinks, size_t count)
{
	for (size_t i = 0; i < courier->sink_count; i++) {
		struct sink *new = find_sink(sinks, count, courier->sinks[i]->settings);

		if (new)
			sink_take_over(new, courier->sinks[i]);
		else
			give_up_sink(courier, courier->sinks[i]);
	}
}

/* Where the spools are is settled once: they cannot move while alerts wait in them. A replay has
 * nobody to come back for what it left, and may not write there. */
static int settle_spool_folder(struct courier *courier, const struct settings *settings,
			       struct error *err)
{
	if (courier->options->drain_ms >= 0)
		return 0;
	if (!courier->spool_folder) {
		courier->spool_folder = strdup(settings->spool.dir);
		courier->tools.spool_folder = courier->spool_folder;
		return courier->spool_folder ? 0 : error_set(err, "out of memory");
	}
	if (strcmp(courier->spool_folder, settings->spool.dir) != 0)
		log_line(courier->log, LOG_WARNING,
			 "spool: dir: %s is used from the next start on, now it is %s",
			 settings->spool.dir, courier->spool_folder);
	return 0;
}

/* The first configuration settles which files are reached. */
static int narrow(struct courier *courier, struct reach *reach, struct error *err)
{
	int rc = reach_restrict(reach, err);

	if (rc == 0)
		log_line(courier->log, LOG_NOTICE,
			 "this kernel has no Landlock (from 5.19 on, and in the lsm= list): which "
			 "files the courier reaches is left to their permissions");
	if (rc > 0)
		courier->reach = reach;
	else
		reach_free(reach);
	return rc < 0 ? -1 : confine_calls(err);
}

/* A later one that names files beyond needs a new process, if that could begin. */
static int stay_within(struct courier *courier, const struct reach *wanted, struct error *err)
{
	const char *path = reach_lacks(courier->reach, wanted);

	if (!path)
		return 0;
	if (reach_check_files(wanted, err) < 0)
		return -1;
	courier->begins_anew = true;
	return error_set(err, "%s is new to this courier: a new one will reach it", path);
}

static int settle_reach(struct courier *courier, const struct settings *settings, struct error *err)
{
	struct reach *wanted;
	int rc;

	if (!courier->options->narrow || (courier->sinks && !courier->reach))
		return 0;
	wanted = reach_new(settings, courier->options->config_file, courier->spool_folder);
	if (!wanted)
		return error_set(err, "out of memory");
	if (!courier->sinks)
		return narrow(courier, wanted, err);
	rc = stay_within(courier, wanted, err);
	reach_free(wanted);
	return rc;
}

/* A folder that was removed and made anew is another one, which Landlock lets nobody into. */
static void watch_reach(struct courier *courier)
{
	struct error err = {""};

	if (!courier->reach || courier->now < courier->reach_at)
		return;
	courier->reach_at = courier->now + REACH_EVERY_MS;
	settle_reach(courier, courier->settings, &err);
	if (courier->begins_anew)
		log_line(courier->log, LOG_NOTICE, "%s", err.text);
}

static struct sink **prepare(struct courier *courier, struct settings *settings, struct error *err)
{
	if (!settings || settle_spool_folder(courier, settings, err) < 0 ||
	    settle_reach(courier, settings, err) < 0)
		return NULL;
	return make_sinks(settings, &courier->tools, err);
}

/* On any error all stays as it was. */
static int configure(struct courier *courier, struct error *err)
{
	struct settings *settings = settings_load(courier->options->config_file, err);
	struct sink **sinks = prepare(courier, settings, err);
	struct curl_waitfd *waited = NULL;

	if (sinks)
		waited = calloc(FIXED_FDS + settings->sink_count, sizeof(*waited));
	if (!waited) {
		if (sinks) {
			free_sinks(sinks, settings->sink_count);
			error_set(err, "out of memory");
		}
		settings_free(settings);
		return -1;
	}
	hand_over(courier, sinks, settings->sink_count);
	free_sinks(courier->sinks, courier->sink_count);
	settings_free(courier->settings);
	free(courier->waited);
	courier->settings = settings;
	courier->sinks = sinks;
	courier->sink_count = settings->sink_count;
	courier->waited = waited;
	if (courier->beat_at > courier->now + settings->heartbeat_ms &&
	    courier->beat_at != SINK_NEVER)
		courier->beat_at = courier->now + settings->heartbeat_ms;
	/* not before the old ones have let go of their folders */
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_open(courier->sinks[i], courier->now);
	return 0;
}

static void reload(struct courier *courier)
{
	struct error err = {""};

	if (configure(courier, &err) < 0 && courier->begins_anew)
		log_line(courier->log, LOG_NOTICE, "%s", err.text);
	else if (*err.text)
		log_line(courier->log, LOG_ERR, "the configuration stays as it was: %s", err.text);
	else
		log_line(courier->log, LOG_NOTICE, "configuration read again: %zu sinks",
			 courier->sink_count);
}

/* ---- the end ---- */

/* Whether waiting could still bring something. What is safe on disk and whose receiver is away has
 * time until the next start. */
static bool has_queued(const struct courier *courier)
{
	for (size_t i = 0; i < courier->sink_count; i++) {
		const struct sink *sink = courier->sinks[i];
		bool can_wait = courier->spool_folder && sink->past.failing &&
				sink->retry.failures > 0 && spool_unsafe_count(sink->spool) == 0;

		if (spool_count(sink->spool) > 0 && !can_wait)
			return true;
	}
	return false;
}

/* Each sink gets a try at once, however long its receiver has been away. */
static void begin_drain(struct courier *courier, int64_t wait_ms)
{
	if (courier->end_at != SINK_NEVER)
		return;
	courier->end_at = courier->now + wait_ms;
	courier->heard_at = courier->now;
	for (size_t i = 0; i < courier->sink_count; i++)
		retry_reset(&courier->sinks[i]->retry);
}

static bool is_over(const struct courier *courier)
{
	if (courier->begins_anew)
		return true;
	if (courier->end_at == SINK_NEVER)
		return false;
	if (courier->now >= courier->end_at)
		return true;
	if (courier->pending_count > 0 || has_queued(courier))
		return false;
	return courier->sensor < 0 || courier->now - courier->heard_at >= QUIET_MS;
}

static uint64_t count_undelivered(const struct courier *courier)
{
	uint64_t count = courier->unusable;

	for (size_t i = 0; i < courier->sink_count; i++) {
		const struct sink *sink = courier->sinks[i];

		count += spool_tally(sink->spool, SPOOL_DROPPED) + sink->past.given_up;
		count += courier->spool_folder ? spool_unsafe_count(sink->spool)
					       : spool_count(sink->spool);
	}
	return count;
}

static uint64_t count_waiting(const struct courier *courier)
{
	uint64_t count = 0;

	for (size_t i = 0; i < courier->sink_count; i++)
		count += spool_count(courier->sinks[i]->spool);
	return count;
}

static uint64_t tell_undelivered(const struct courier *courier)
{
	uint64_t undelivered = count_undelivered(courier);

	if (undelivered > 0)
		log_line(courier->log, LOG_ERR, "ends with %" PRIu64 " deliveries not made",
			 undelivered);
	else if (count_waiting(courier) > 0)
		log_line(courier->log, LOG_NOTICE,
			 "ends with %" PRIu64 " deliveries that wait in %s", count_waiting(courier),
			 courier->spool_folder);
	return undelivered;
}

/* ---- what comes in ---- */

static bool may_speak(struct courier *courier)
{
	struct speech *speech = &courier->speech;

	if (courier->now - speech->since >= SPEECH_WINDOW_MS) {
		if (speech->left_out > 0)
			log_line(courier->log, LOG_WARNING, "%u more lines were left out",
				 speech->left_out);
		*speech = (struct speech){.since = courier->now};
	}
	if (speech->lines >= SPEECH_LINES_MAX) {
		speech->left_out++;
		return false;
	}
	speech->lines++;
	return true;
}

/* The alert as it is kept from here on: one line, its secrets taken out. NULL with err. */
static char *make_line(const struct courier *courier, const struct wire_message *message,
		       size_t *length, struct error *err)
{
	json_t *alert = format_parse(message->body, message->header.length, err);
	char *line = NULL;

	if (alert) {
		redact_alert(courier->settings, alert);
		line = format_native(alert, length, err);
	}
	json_decref(alert);
	return line;
}

/* Of another sensor than sent it first, or of another courier's time. True: it goes nowhere again,
 * and is acknowledged when what came first is safe. */
static bool is_known(struct courier *courier, uint64_t number, const struct parcel *parcel)
{
	struct pending *pending = courier->pending;

	if (keeper_has(courier->keeper, parcel->id)) {
		pending[courier->pending_count++] = (struct pending){number, NULL};
		return true;
	}
	for (size_t i = 0; parcel->id[0] && i < courier->pending_count; i++) {
		if (!pending[i].parcel || strcmp(pending[i].parcel->id, parcel->id) != 0)
			continue;
		pending[courier->pending_count++] = (struct pending){number,
								     parcel_ref(pending[i].parcel)};
		return true;
	}
	return false;
}

/* What cannot be used is acknowledged all the same: sent again it would be no better. */
static void take_alert(struct courier *courier, const struct wire_message *message)
{
	const struct wire_header *header = &message->header;
	struct error err;
	size_t length;
	char *line = make_line(courier, message, &length, &err);
	struct parcel *parcel = NULL;

	if (line)
		parcel = parcel_new(header->severity, header->disposition, line, length);
	free(line);
	if (parcel && is_known(courier, header->number, parcel)) {
		parcel_unref(parcel);
		return;
	}
	courier->pending[courier->pending_count++] = (struct pending){header->number, parcel};
	if (!parcel) {
		courier->unusable++;
		if (may_speak(courier))
			log_line(courier->log, LOG_ERR,
				 "alert %" PRIu64 " of the sensor is dropped: %s", header->number,
				 line ? "out of memory" : err.text);
		return;
	}
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_offer(courier->sinks[i], parcel, courier->now);
}

/* Replaces *state by the message's object; false, and as it was, when it is none. */
static bool take_object(const struct wire_message *message, json_t **state)
{
	json_t *object = json_loadb(message->body, message->header.length, 0, NULL);

	if (!json_is_object(object)) {
		json_decref(object);
		return false;
	}
	json_decref(*state);
	*state = object;
	return true;
}

static void take_state(struct courier *courier, const struct wire_message *message)
{
	if (take_object(message, &courier->state))
		courier->state_at = courier->now;
}

static void take_checkpoint(struct courier *courier, const struct wire_message *message)
{
	struct checkpoint checkpoint;

	if (checkpoint_parse(message->body, message->header.length, &checkpoint))
		keeper_set_checkpoint(courier->keeper, message->body);
	else if (may_speak(courier))
		log_line(courier->log, LOG_WARNING, "sensor: a checkpoint that is none");
}

/* What the next sensor, and the command line, read beside the spools. A replay keeps nothing. */
static void take_kept(struct courier *courier, const struct wire_message *message)
{
	const char *folder = courier->spool_folder;
	struct error err = {""};
	int rc = 0;

	if (!folder)
		return;
	if (message->header.type == WIRE_LEARNT)
		rc = learnt_file_append(folder, message->body, message->header.length, &err);
	else
		rc = setup_write(folder, message->body, message->header.length, &err);
	if (rc < 0 && may_speak(courier))
		log_line(courier->log, LOG_ERR, "%s is not kept: %s",
			 message->header.type == WIRE_LEARNT ? "what was learnt" : "the setup",
			 err.text);
}

static void take_message(struct courier *courier, struct wire_message *message)
{
	close_fd(&message->fd);
	switch (message->header.type) {
	case WIRE_ALERT:
		take_alert(courier, message);
		break;
	case WIRE_STATE:
		take_state(courier, message);
		break;
	case WIRE_CHECKPOINT:
		take_checkpoint(courier, message);
		break;
	case WIRE_LEARNT:
	case WIRE_SETUP:
		take_kept(courier, message);
		break;
	case WIRE_LOG:
		if (may_speak(courier))
			log_line(courier->log, message->header.severity, "sensor: %s",
				 message->body);
		break;
	default:
		if (may_speak(courier))
			log_line(courier->log, LOG_WARNING,
				 "sensor: message of type %u not expected", message->header.type);
		break;
	}
}

static bool is_end(const struct error *err)
{
	return strcmp(err->text, "end of file") == 0;
}

/* Up to BATCH_MAX messages; false when the socket had less. A message that is none of ours is left
 * out: packets keep the next one whole. */
static bool read_batch(struct courier *courier)
{
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		struct wire_message message;
		struct error err;
		int rc = wire_receive(courier->sensor, courier->buffer, sizeof(courier->buffer),
				      &message, &err);

		if (rc == 0)
			return false;
		if (rc < 0 && is_end(&err)) {
			close_fd(&courier->sensor);
			return false;
		}
		courier->heard_at = courier->now;
		if (rc > 0)
			take_message(courier, &message);
		else if (may_speak(courier))
			log_line(courier->log, LOG_ERR, "sensor: %s", err.text);
	}
	return true;
}

static bool may_read(const struct courier *courier)
{
	return courier->sensor >= 0 && !courier->acks_blocked &&
	       courier->pending_count + BATCH_MAX <= PENDING_MAX;
}

static void read_sensor(struct courier *courier)
{
	if (!may_read(courier))
		return;
	read_batch(courier);
	if (courier->sensor < 0 && courier->options->drain_ms >= 0)
		begin_drain(courier, courier->options->drain_ms);
}

static void forget_pending(struct courier *courier)
{
	for (size_t i = 0; i < courier->pending_count; i++)
		parcel_unref(courier->pending[i].parcel);
	courier->pending_count = 0;
}

/* Nobody waits any more for what the old sensor sent. But the next one judges again what was not
 * acknowledged: of that, what is not safe yet must be known when it comes. Of very many, where no
 * disk takes them, the oldest may come twice. */
static void disown_pending(struct courier *courier)
{
	struct pending *pending = courier->pending;
	size_t count = courier->pending_count,
	       surplus = count > DISOWNED_MAX ? count - DISOWNED_MAX : 0;

	for (size_t i = 0; i < surplus; i++)
		parcel_unref(pending[i].parcel);
	memmove(pending, pending + surplus, (count - surplus) * sizeof(*pending));
	courier->pending_count = count - surplus;
	for (size_t i = 0; i < courier->pending_count; i++)
		pending[i].number = 0;
	courier->acks_blocked = false;
}

/* The old sensor is dead: what it still sent is read out, but there is nobody to acknowledge it to.
 */
static void replace_sensor(struct courier *courier, int fd)
{
	bool more = courier->sensor >= 0;

	disown_pending(courier);
	while (more) {
		more = read_batch(courier);
		disown_pending(courier);
	}
	close_fd(&courier->sensor);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	courier->sensor = fd;
}

static void read_supervisor(struct courier *courier)
{
	while (courier->supervisor >= 0) {
		struct wire_message message;
		struct error err;
		int rc = wire_receive(courier->supervisor, courier->buffer, sizeof(courier->buffer),
				      &message, &err);

		if (rc == 0)
			return;
		if (rc < 0 && is_end(&err)) {
			close_fd(&courier->supervisor);
			begin_drain(courier, courier->options->drain_ms >= 0
						     ? courier->options->drain_ms
						     : DRAIN_MS);
			return;
		}
		if (rc < 0)
			log_line(courier->log, LOG_ERR, "supervisor: %s", err.text);
		else if (message.header.type == WIRE_COURIER_FD)
			replace_sensor(courier, message.fd);
		else if (message.header.type == WIRE_RELOAD)
			reload(courier);
		else if (message.header.type == WIRE_STATE)
			take_object(&message, &courier->rules);
	}
}

static void read_signals(struct courier *courier)
{
	struct signalfd_siginfo info;

	while (read(courier->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(courier);
		else
			begin_drain(courier, DRAIN_MS);
	}
}

/* ---- what goes out ---- */

static void run_transfers(struct courier *courier)
{
	int running;

	curl_multi_perform(courier->tools.multi, &running);
	sink_webhook_finish(courier->tools.multi, courier->now);
}

static void beat(struct courier *courier)
{
	const struct heartbeat_facts facts = {
		.settings = courier->settings,
		.sensor = courier->state,
		.rules = courier->rules,
		.boot_id = courier->boot_id,
		.sensor_age_ms = courier->now - courier->state_at,
		.sinks = {courier->sinks, courier->sink_count},
		.now = clock_ms(CLOCK_REALTIME),
	};
	struct parcel *parcel;

	if (courier->now < courier->beat_at || courier->end_at != SINK_NEVER)
		return;
	courier->beat_at = courier->now + courier->settings->heartbeat_ms;
	parcel = heartbeat_make(&facts);
	if (!parcel)
		return;
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_offer(courier->sinks[i], parcel, courier->now);
	parcel_unref(parcel);
}

static unsigned count_failing(const struct courier *courier)
{
	unsigned count = 0;

	for (size_t i = 0; i < courier->sink_count; i++)
		count += courier->sinks[i]->past.failing;
	return count;
}

/* A change is shown soon, but not each of many. */
static void show_status(struct courier *courier)
{
	const struct status_facts facts = {
		.settings = courier->settings,
		.sensor = courier->state,
		.sensor_age_ms = courier->now - courier->state_at,
		.sensor_connected = courier->sensor >= 0,
		.unacknowledged = courier->pending_count,
		.sinks = {courier->sinks, courier->sink_count},
		.now = clock_ms(CLOCK_REALTIME),
	};
	unsigned failing = count_failing(courier);
	int64_t since = courier->now - courier->shown_at;

	if (!courier->spool_folder ||
	    since < (failing == courier->shown_failing ? STATUS_EVERY_MS : STATUS_CHANGE_MS))
		return;
	courier->shown_at = courier->now;
	courier->shown_failing = failing;
	status_write(courier->spool_folder, &facts);
}

/* What could not be had at the start: the disk was full, or another courier there for too long. */
static void keep_trying(struct courier *courier)
{
	struct error err;

	if (!courier->spool_folder || keeper_is_open(courier->keeper) ||
	    courier->now < courier->keeper_at)
		return;
	courier->keeper_at = courier->now + STATUS_EVERY_MS;
	if (keeper_open(courier->keeper, courier->spool_folder, &err) > 0)
		log_line(courier->log, LOG_NOTICE, "the checkpoint is kept again");
}

static void run_sinks(struct courier *courier)
{
	const struct sink_list sinks = {courier->sinks, courier->sink_count};

	keep_trying(courier);
	beat(courier);
	tell_held_back(&sinks, courier->now, courier->end_at != SINK_NEVER);
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_run(courier->sinks[i], courier->now);
	courier->unusable += tell_drops(&sinks, courier->now);
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_persist(courier->sinks[i], courier->now);
	tell_faults(&sinks, courier->now, &courier->fault_told);
	show_status(courier);
}

static bool is_safe(const struct pending *pending)
{
	return !pending->parcel || pending->parcel->unsafe == 0;
}

/* 1 when sent, 0 when the socket is full, -1 when there is nobody to send it to. */
static int send_ack(const struct courier *courier, uint64_t number)
{
	struct wire_header header = {.type = WIRE_ACK, .number = number};

	return courier->sensor < 0 ? -1 : wire_send(courier->sensor, &header, NULL, -1, NULL);
}

/* What is safe in every spool, or delivered: see the promise in courier.h. A sensor that is dead
 * gets no more acks, but what it sent before may still be there to read. */
static void send_acks(struct courier *courier)
{
	size_t kept = 0;

	courier->acks_blocked = false;
	for (size_t i = 0; i < courier->pending_count; i++) {
		struct pending *pending = &courier->pending[i];

		if (is_safe(pending) && pending->parcel)
			keeper_add(courier->keeper, pending->parcel->id);
		if (!courier->acks_blocked && is_safe(pending) && pending->number != 0 &&
		    send_ack(courier, pending->number) == 0)
			courier->acks_blocked = true;
		if (courier->acks_blocked || !is_safe(pending))
			courier->pending[kept++] = *pending;
		else
			parcel_unref(pending->parcel);
	}
	courier->pending_count = kept;
}

/* ---- the loop ---- */

static int wait_ms(const struct courier *courier)
{
	int64_t until = courier->end_at < courier->beat_at ? courier->end_at : courier->beat_at;

	if (courier->spool_folder && courier->shown_at + STATUS_EVERY_MS < until)
		until = courier->shown_at + STATUS_EVERY_MS;
	for (size_t i = 0; i < courier->sink_count; i++) {
		int64_t deadline = sink_deadline(courier->sinks[i]);

		until = deadline < until ? deadline : until;
	}
	if (courier->end_at != SINK_NEVER && courier->heard_at + QUIET_MS < until)
		until = courier->heard_at + QUIET_MS > courier->now ? courier->heard_at + QUIET_MS
								    : until;
	if (until <= courier->now)
		return 0;
	return until - courier->now < WAIT_LONGEST_MS ? (int)(until - courier->now)
						      : WAIT_LONGEST_MS;
}

static unsigned list_fds(struct courier *courier)
{
	struct curl_waitfd *waited = courier->waited;
	unsigned count = 0;

	waited[count++] = (struct curl_waitfd){.fd = courier->signals, .events = CURL_WAIT_POLLIN};
	if (courier->supervisor >= 0)
		waited[count++] = (struct curl_waitfd){.fd = courier->supervisor,
						       .events = CURL_WAIT_POLLIN};
	if (courier->acks_blocked || may_read(courier))
		waited[count++] = (struct curl_waitfd){
			.fd = courier->sensor,
			.events = courier->acks_blocked ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN};
	for (size_t i = 0; i < courier->sink_count; i++)
		if (courier->sinks[i]->writable_fd >= 0)
			waited[count++] = (struct curl_waitfd){.fd = courier->sinks[i]->writable_fd,
							       .events = CURL_WAIT_POLLOUT};
	return count;
}

/* One wait for everything, libcurl's own sockets and timers among it. Who is ready is not asked:
 * nothing that follows blocks. */
static void wait_for_work(struct courier *courier)
{
	unsigned count = list_fds(courier);

	curl_multi_poll(courier->tools.multi, courier->waited, count, wait_ms(courier), NULL);
	read_clocks(courier);
}

static void loop(struct courier *courier)
{
	while (!is_over(courier)) {
		wait_for_work(courier);
		read_signals(courier);
		read_supervisor(courier);
		read_sensor(courier);
		run_transfers(courier);
		run_sinks(courier);
		send_acks(courier);
		watch_reach(courier);
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Where the supervisor was killed, its courier still delivers, for a moment, while auditd starts
 * the next of both. What that one writes is not to be written twice: so this one waits, and the
 * sensor keeps its alerts meanwhile. */
static void await_predecessor(struct courier *courier)
{
	int64_t until = courier->now + PREDECESSOR_MS;
	struct error err = {"another courier still has it"};
	int rc = 0;

	while (courier->spool_folder && rc == 0 && courier->now < until) {
		struct pollfd supervisor = {.fd = courier->supervisor};

		rc = keeper_open(courier->keeper, courier->spool_folder, &err);
		if (rc == 0 && poll(&supervisor, 1, PREDECESSOR_LOOK_MS) > 0)
			break; /* gone as well */
		read_clocks(courier);
	}
	courier->keeper_at = courier->now + STATUS_EVERY_MS;
	if (courier->spool_folder && rc <= 0)
		log_line(courier->log, LOG_ERR,
			 "the checkpoint is not kept, so that alerts may come twice after a "
			 "restart: %s",
			 err.text);
}

static int courier_open(struct courier *courier, struct error *err)
{
	struct settings *settings;

	if (fcntl(courier->sensor, F_GETFD) < 0)
		return error_set(err,
				 "descriptor %d, the sensor's socket, is not open: the courier is "
				 "started by audisp-capwatch, not by hand",
				 courier->sensor);
	courier->signals = open_signals();
	if (courier->signals < 0)
		return error_set(err, "signalfd: %s", strerror(errno));
	courier->tools.multi = curl_multi_init();
	courier->keeper = keeper_new();
	if (!courier->tools.multi || !courier->keeper)
		return error_set(err, "out of memory");
	settings = settings_load(courier->options->config_file, err);
	if (!settings || settle_spool_folder(courier, settings, err) < 0) {
		settings_free(settings);
		return -1;
	}
	settings_free(settings);
	await_predecessor(courier);
	return configure(courier, err);
}

static void courier_close(struct courier *courier)
{
	forget_pending(courier);
	json_decref(courier->state);
	json_decref(courier->rules);
	free_sinks(courier->sinks, courier->sink_count);
	settings_free(courier->settings);
	free(courier->waited);
	free(courier->spool_folder);
	keeper_free(courier->keeper);
	reach_free(courier->reach);
	curl_multi_cleanup(courier->tools.multi);
	close_fd(&courier->signals);
	close_fd(&courier->sensor);
	close_fd(&courier->supervisor);
	free(courier);
}

int courier_run(const struct courier_options *options, const struct logger *log, struct error *err)
{
	struct courier *courier = calloc(1, sizeof(*courier));
	int status;

	if (!courier || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(courier);
		return error_set(err, "out of memory");
	}
	courier->options = options;
	courier->log = courier->tools.log = log;
	courier->sensor = options->sensor_fd;
	courier->supervisor = options->supervisor_fd;
	courier->signals = -1;
	heartbeat_read_boot_id(courier->boot_id);
	courier->end_at = SINK_NEVER;
	read_clocks(courier);
	courier->shown_at = courier->now - STATUS_EVERY_MS;
	courier->beat_at = options->drain_ms >= 0 ? SINK_NEVER : courier->now + HEARTBEAT_FIRST_MS;
	if (courier_open(courier, err) < 0) {
		courier_close(courier);
		curl_global_cleanup();
		return -1;
	}
	loop(courier);
	status = courier->begins_anew ? WIRE_EXIT_ANEW : tell_undelivered(courier) > 0;
	courier_close(courier);
	curl_global_cleanup();
	return status;
}

int courier_main(const struct courier_options *options)
{
	struct own_log own;
	struct logger log;
	struct error err;
	int status = -1;

	if (options->foreground)
		log_to_stderr(&log, IDENT);
	else
		own_log_open(&own, IDENT, OWN_LOG_PATH, &log);
	if (confine_process(COURIER_SUPERVISOR_FD, options->foreground, &err) == 0)
		status = courier_run(options, &log, &err);
	if (status < 0)
		log_line(&log, LOG_ERR, "cannot begin: %s", err.text);
	if (!options->foreground)
		own_log_close(&own);
	if (status < 0)
		return 2;
	return options->drain_ms >= 0 || status == WIRE_EXIT_ANEW ? status : 0;
}
