/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/courier.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include "alerters/confine.h"
#include "alerters/format.h"
#include "alerters/loss.h"
#include "alerters/own_log.h"
#include "alerters/redact.h"
#include "alerters/sink.h"
#include "alerters/sink_webhook.h"
#include "common/wire.h"
#include "conf/settings.h"

enum {
	BATCH_MAX = 64,	 /* messages read, then one sync, then as many acks */
	DRAIN_MS = 5000, /* at the end of the plugin's life */
	QUIET_MS = 1000, /* a sensor that says nothing for so long has nothing left to say */
	WAIT_LONGEST_MS = 60000,
	FIXED_FDS = 3,		  /* signals, sensor, supervisor; then one for each sink */
	SPEECH_WINDOW_MS = 10000, /* of lines that others make us log */
	SPEECH_LINES_MAX = 100,
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
	uint64_t acks[BATCH_MAX]; /* due to the sensor; no alert is read while any is left */
	size_t ack_count;
	char buffer[sizeof(struct wire_header) + WIRE_BODY_MAX + 1];
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
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

/* A sink that stays keeps what waits for it; one that is gone takes it along, and that is said. */
static void hand_over(struct courier *courier, struct sink **sinks, size_t count)
{
	for (size_t i = 0; i < courier->sink_count; i++) {
		struct sink *old = courier->sinks[i];
		struct sink *new = find_sink(sinks, count, old->settings);

		if (new) {
			sink_take_over(new, old);
			continue;
		}
		courier->unusable += spool_count(old->spool);
		if (spool_count(old->spool) > 0)
			log_line(courier->log, LOG_WARNING,
				 "sink %s is no longer configured: %zu alerts that waited for it "
				 "are dropped",
				 old->settings->name, spool_count(old->spool));
	}
}

/* On any error all stays as it was. */
static int configure(struct courier *courier, struct error *err)
{
	struct settings *settings = settings_load(courier->options->config_file, err);
	struct sink **sinks = settings ? make_sinks(settings, &courier->tools, err) : NULL;
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
	return 0;
}

static void reload(struct courier *courier)
{
	struct error err;

	if (configure(courier, &err) < 0)
		log_line(courier->log, LOG_ERR, "the configuration stays as it was: %s", err.text);
	else
		log_line(courier->log, LOG_NOTICE, "configuration read again: %zu sinks",
			 courier->sink_count);
}

/* ---- the end ---- */

static bool has_queued(const struct courier *courier)
{
	for (size_t i = 0; i < courier->sink_count; i++)
		if (spool_count(courier->sinks[i]->spool) > 0)
			return true;
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
	if (courier->end_at == SINK_NEVER)
		return false;
	if (courier->now >= courier->end_at)
		return true;
	if (courier->ack_count > 0 || has_queued(courier))
		return false;
	return courier->sensor < 0 || courier->now - courier->heard_at >= QUIET_MS;
}

static uint64_t count_undelivered(const struct courier *courier)
{
	uint64_t count = courier->unusable;

	for (size_t i = 0; i < courier->sink_count; i++) {
		const struct sink *sink = courier->sinks[i];

		count += spool_count(sink->spool) + spool_dropped(sink->spool) + sink->given_up;
	}
	return count;
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
	courier->acks[courier->ack_count++] = header->number;
	if (!parcel) {
		courier->unusable++;
		if (may_speak(courier))
			log_line(courier->log, LOG_ERR,
				 "alert %" PRIu64 " of the sensor is dropped: %s", header->number,
				 line ? "out of memory" : err.text);
		return;
	}
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_offer(courier->sinks[i], parcel);
	parcel_unref(parcel);
}

static void take_message(struct courier *courier, struct wire_message *message)
{
	close_fd(&message->fd);
	switch (message->header.type) {
	case WIRE_ALERT:
		take_alert(courier, message);
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

static void read_sensor(struct courier *courier)
{
	if (courier->sensor < 0 || courier->ack_count > 0)
		return;
	read_batch(courier);
	if (courier->sensor < 0 && courier->options->drain_ms >= 0)
		begin_drain(courier, courier->options->drain_ms);
}

/* The old sensor is dead: what it still sent is read out, but there is nobody to acknowledge it to.
 */
static void replace_sensor(struct courier *courier, int fd)
{
	bool more = courier->sensor >= 0;

	courier->ack_count = 0;
	while (more) {
		more = read_batch(courier);
		courier->ack_count = 0;
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

/* Once the sink works again, so that the count is complete and the report is not the next to be
 * dropped. */
static void report_drops(struct courier *courier, struct sink *sink)
{
	uint64_t count = spool_dropped(sink->spool);
	struct parcel *report;

	if (count == 0 || sink->failing || spool_count(sink->spool) >= SPOOL_COUNT_MAX / 2)
		return;
	report = loss_report(sink->settings->name, count, clock_ms(CLOCK_REALTIME));
	if (!report)
		return;
	courier->unusable += spool_take_dropped(sink->spool);
	sink->drop_said = false;
	log_line(courier->log, LOG_ERR,
		 "sink %s: %" PRIu64 " alerts were dropped while its queue was full",
		 sink->settings->name, count);
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_offer(courier->sinks[i], report);
	parcel_unref(report);
}

static void run_sinks(struct courier *courier)
{
	for (size_t i = 0; i < courier->sink_count; i++)
		sink_run(courier->sinks[i], courier->now);
	for (size_t i = 0; i < courier->sink_count; i++)
		report_drops(courier, courier->sinks[i]);
}

/* What was read has been queued and, at file sinks, written: see the promise in courier.h. */
static void send_acks(struct courier *courier)
{
	size_t sent = 0;

	while (courier->sensor >= 0 && sent < courier->ack_count) {
		struct wire_header header = {.type = WIRE_ACK, .number = courier->acks[sent]};
		int rc = wire_send(courier->sensor, &header, NULL, -1, NULL);

		if (rc == 0)
			break;
		if (rc < 0) /* it is dead, but what it sent before may still be there to read */
			sent = courier->ack_count;
		else
			sent++;
	}
	if (courier->sensor < 0)
		sent = courier->ack_count;
	courier->ack_count -= sent;
	memmove(courier->acks, courier->acks + sent, courier->ack_count * sizeof(courier->acks[0]));
}

/* ---- the loop ---- */

static int wait_ms(const struct courier *courier)
{
	int64_t until = courier->end_at;

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
	if (courier->sensor >= 0)
		waited[count++] = (struct curl_waitfd){
			.fd = courier->sensor,
			.events = courier->ack_count > 0 ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN};
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
	courier->now = clock_ms(CLOCK_MONOTONIC);
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

static int courier_open(struct courier *courier, struct error *err)
{
	if (fcntl(courier->sensor, F_GETFD) < 0)
		return error_set(err,
				 "descriptor %d, the sensor's socket, is not open: the courier is "
				 "started by audisp-capwatch, not by hand",
				 courier->sensor);
	courier->signals = open_signals();
	if (courier->signals < 0)
		return error_set(err, "signalfd: %s", strerror(errno));
	courier->tools.multi = curl_multi_init();
	if (!courier->tools.multi)
		return error_set(err, "libcurl: out of memory");
	return configure(courier, err);
}

static void courier_close(struct courier *courier)
{
	free_sinks(courier->sinks, courier->sink_count);
	settings_free(courier->settings);
	free(courier->waited);
	curl_multi_cleanup(courier->tools.multi);
	close_fd(&courier->signals);
	close_fd(&courier->sensor);
	close_fd(&courier->supervisor);
	free(courier);
}

int courier_run(const struct courier_options *options, const struct logger *log, struct error *err)
{
	struct courier *courier = calloc(1, sizeof(*courier));
	uint64_t undelivered;

	if (!courier || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(courier);
		return error_set(err, "out of memory");
	}
	courier->options = options;
	courier->log = courier->tools.log = log;
	courier->sensor = options->sensor_fd;
	courier->supervisor = options->supervisor_fd;
	courier->signals = -1;
	courier->end_at = SINK_NEVER;
	courier->now = clock_ms(CLOCK_MONOTONIC);
	if (courier_open(courier, err) < 0) {
		courier_close(courier);
		curl_global_cleanup();
		return -1;
	}
	loop(courier);
	undelivered = count_undelivered(courier);
	if (undelivered > 0)
		log_line(log, LOG_ERR, "ends with %" PRIu64 " deliveries not made", undelivered);
	courier_close(courier);
	curl_global_cleanup();
	return undelivered > 0;
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
	return options->drain_ms >= 0 ? status : 0;
}
