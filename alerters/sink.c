/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "alerters/sink_file.h"
#include "alerters/sink_syslog.h"
#include "alerters/sink_webhook.h"

enum {
	PERSIST_AGAIN_MS = 5 * 1000,
	DROPS_TELL_MS = 10 * 1000, /* from the first drop on, so that there is a number to tell */
	/* so long it must have been tried before anything is too old: a host that slept for a week
	 * wakes before its network does */
	FAILING_BEFORE_EXPIRY_MS = 10 * 60 * 1000,
};

static const struct sink_ops *const types[] = {
	[SINK_SYSLOG] = &sink_syslog_ops,
	[SINK_FILE] = &sink_file_ops,
	[SINK_WEBHOOK] = &sink_webhook_ops,
};

static void set_limits(struct spool *spool, const struct spool_settings *settings)
{
	const struct spool_limits limits = {(size_t)settings->max_count,
					    (size_t)settings->max_bytes};

	spool_set_limits(spool, &limits);
}

struct sink *sink_new(const struct sink_settings *settings, const struct sink_tools *tools,
		      struct error *err)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (sink)
		sink->spool = spool_new(tools->spool_folder, settings->name, tools->log);
	if (!sink || !sink->spool) {
		free(sink);
		error_set(err, "sink %s: out of memory", settings->name);
		return NULL;
	}
	set_limits(sink->spool, &settings->spool);
	sink->ops = types[settings->type];
	sink->settings = settings;
	sink->tools = tools;
	sink->writable_fd = -1;
	storm_end(&sink->past.storm);
	if (sink->ops->open(sink, err) < 0) {
		error_prefix(err, "sink %s", settings->name);
		spool_free(sink->spool);
		free(sink);
		return NULL;
	}
	return sink;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	sink->ops->close(sink);
	spool_free(sink->spool);
	active_free(sink->active);
	free(sink);
}

int64_t sink_wall_time(const struct sink *sink, int64_t now)
{
	return now + sink->tools->wall_offset;
}

static void say_unsafe(struct sink *sink, const struct error *err)
{
	if (sink->past.unsafe_said)
		return;
	sink->past.unsafe_said = true;
	sink->past.unsafe_why = *err;
	log_line(sink->tools->log, LOG_ERR,
		 "sink %s: its spool cannot be used: %s; until it can, alerts wait in memory and "
		 "the sensor keeps them too",
		 sink->settings->name, err->text);
}

static void say_safe(struct sink *sink)
{
	if (!sink->past.unsafe_said)
		return;
	sink->past.unsafe_said = false;
	log_line(sink->tools->log, LOG_NOTICE, "sink %s: its spool can be used again",
		 sink->settings->name);
}

/* The clock may have been set meanwhile: no wait is longer than one that was ever asked for. */
static void resume_tries(struct sink *sink, int64_t now)
{
	struct spool_tries tries = spool_tries(sink->spool);
	int64_t wait = tries.due - sink_wall_time(sink, now);

	if (wait > RETRY_HINT_LONGEST_MS)
		wait = RETRY_HINT_LONGEST_MS;
	sink->retry.failures = tries.attempts;
	sink->retry.at = wait > 0 ? now + wait : 0;
}

/* What was held back before a kill, if the folder knows of more than we do: with no window of ours
 * open it is said now. */
static void resume_storm(struct sink *sink)
{
	uint64_t held_back = spool_tally(sink->spool, SPOOL_HELD_BACK);

	if (held_back > sink->past.storm.held_back)
		sink->past.storm.held_back = held_back;
}

void sink_open(struct sink *sink, int64_t now)
{
	struct error err;

	if (sink->is_open)
		return;
	sink->is_open = true;
	if (spool_open(sink->spool, &err) < 0) {
		sink->persist_at = now + PERSIST_AGAIN_MS;
		say_unsafe(sink, &err);
		return;
	}
	resume_storm(sink);
	resume_tries(sink, now);
	if (spool_count(sink->spool) > 0)
		log_line(sink->tools->log, LOG_NOTICE,
			 "sink %s: alerts that wait in its spool from before: %zu",
			 sink->settings->name, spool_count(sink->spool));
}

void sink_take_over(struct sink *to, struct sink *from)
{
	struct spool *empty = to->spool;

	from->ops->close(from);
	spool_release(from->spool);
	to->spool = from->spool;
	from->spool = empty;
	spool_set_place(to->spool, to->tools->spool_folder, to->settings->name);
	set_limits(to->spool, &to->settings->spool);
	to->is_open = true;
	spool_rescan(to->spool);
	if (to->active && from->active) {
		struct active *none = to->active;

		to->active = from->active;
		from->active = none;
	}
	to->past = from->past;
}

static bool names_service(const struct string_list *services, const struct parcel *parcel)
{
	for (size_t i = 0; i < services->count; i++)
		if (fnmatch(services->items[i], parcel->service, 0) == 0 ||
		    fnmatch(services->items[i], parcel->service_template, 0) == 0)
			return true;
	return services->count == 0;
}

static bool names_reason(uint32_t reasons, const struct parcel *parcel)
{
	return reasons == 0 || (parcel->reason >= 0 && reasons & 1u << parcel->reason);
}

static bool wants(const struct sink_settings *settings, const struct parcel *parcel)
{
	if (parcel->kind == PARCEL_HEARTBEAT)
		return settings->heartbeat;
	if (parcel->severity < settings->min_severity || !names_reason(settings->reasons, parcel) ||
	    !names_service(&settings->services, parcel))
		return false;
	switch (parcel->disposition) {
	case DISPOSITION_ALERT:
		return true;
	case DISPOSITION_OBSERVED:
		return settings->observed;
	case DISPOSITION_SILENCED:
		break;
	}
	return false;
}

void sink_push(struct sink *sink, struct parcel *parcel, int64_t now)
{
	spool_push(sink->spool, parcel, sink_wall_time(sink, now));
	if (spool_tally(sink->spool, SPOOL_DROPPED) == 0 || sink->past.drop_said)
		return;
	sink->past.drop_said = true;
	sink->past.drops_tell_at = now + DROPS_TELL_MS;
	log_line(sink->tools->log, LOG_ERR,
		 "sink %s: its queue is full (%zu alerts): the least severe are dropped until it "
		 "works again",
		 sink->settings->name, spool_count(sink->spool));
}

static bool may_be_held_back(const struct parcel *parcel)
{
	return parcel->kind == PARCEL_ALERT && parcel->severity < SEVERITY_HIGH;
}

void sink_offer(struct sink *sink, struct parcel *parcel, int64_t now)
{
	if (!wants(sink->settings, parcel))
		return;
	if (!may_be_held_back(parcel) ||
	    storm_passes(&sink->past.storm, &sink->settings->max_alerts, now))
		sink_push(sink, parcel, now);
	else
		spool_set_tally(sink->spool, SPOOL_HELD_BACK, sink->past.storm.held_back);
}

uint64_t sink_held_back(const struct sink *sink, int64_t now)
{
	return now < storm_deadline(&sink->past.storm, &sink->settings->max_alerts)
		       ? 0
		       : sink->past.storm.held_back;
}

void sink_forget_held_back(struct sink *sink)
{
	storm_end(&sink->past.storm);
	spool_set_tally(sink->spool, SPOOL_HELD_BACK, 0);
}

uint64_t sink_dropped(const struct sink *sink)
{
	return sink->past.dropped + spool_tally(sink->spool, SPOOL_DROPPED);
}

void sink_forget_drops(struct sink *sink)
{
	sink->past.dropped = sink_dropped(sink);
	spool_set_tally(sink->spool, SPOOL_DROPPED, 0);
	sink->past.drops_told = 0;
	sink->past.drop_said = false;
}

void sink_persist(struct sink *sink, int64_t now)
{
	struct error err;

	if ((spool_is_settled(sink->spool) && !sink->past.unsafe_said) || now < sink->persist_at)
		return;
	if (spool_persist(sink->spool, &err) == 0) {
		say_safe(sink);
		resume_storm(sink);
		return;
	}
	sink->persist_at = now + PERSIST_AGAIN_MS;
	say_unsafe(sink, &err);
}

/* When active alerts are to be told again; SINK_NEVER when there are none. */
static int64_t resend_time(const struct sink *sink)
{
	int64_t at = sink->active ? active_deadline(sink->active) : ACTIVE_NEVER;

	return at == ACTIVE_NEVER ? SINK_NEVER : at;
}

void sink_run(struct sink *sink, int64_t now)
{
	struct error err;

	if (sink->busy || now < sink->retry.at)
		return;
	if (spool_count(sink->spool) == 0) {
		if (now >= resend_time(sink))
			sink->ops->resend(sink, now);
		return;
	}
	if (spool_first(sink->spool, &err)) {
		sink->ops->run(sink, now);
		return;
	}
	if (spool_count(sink->spool) == 0)
		return;
	retry_after_failure(&sink->retry, now, RETRY_LONGEST_MS);
	sink_fails(sink, now, "its spool: %s", err.text);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_delivery(const struct sink *sink)
{
	if (spool_count(sink->spool) == 0)
		return resend_time(sink);
	return sink->writable_fd >= 0 ? sink->wake_at : sink->retry.at;
}

int64_t sink_deadline(const struct sink *sink)
{
	int64_t deadline = storm_deadline(&sink->past.storm, &sink->settings->max_alerts);

	if ((!spool_is_settled(sink->spool) || sink->past.unsafe_said) &&
	    sink->persist_at < deadline)
		deadline = sink->persist_at;
	if (sink->past.drop_said)
		deadline = earlier(deadline, sink->past.drops_tell_at);
	if (sink->busy)
		return deadline;
	return earlier(deadline, next_delivery(sink));
}

static void note_error(struct sink *sink, int64_t now, const char *why)
{
	snprintf(sink->past.last_error, sizeof(sink->past.last_error), "%s", why);
	sink->past.last_error_at = sink_wall_time(sink, now);
}

void sink_fails(struct sink *sink, int64_t now, const char *format, ...)
{
	char why[SINK_WHY_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	note_error(sink, now, why);
	if (sink->past.failing)
		return;
	sink->past.failing = true;
	sink->past.failing_since = now;
	log_line(sink->tools->log, LOG_ERR, "sink %s: %s; it is tried again, alerts waiting: %zu",
		 sink->settings->name, sink->past.last_error, spool_count(sink->spool));
}

void sink_works(struct sink *sink)
{
	retry_reset(&sink->retry);
	if (!sink->past.failing)
		return;
	sink->past.failing = false;
	log_line(sink->tools->log, LOG_NOTICE, "sink %s: works again, alerts still waiting: %zu",
		 sink->settings->name, spool_count(sink->spool));
}

static void expire(struct sink *sink, int64_t now)
{
	int64_t longest = sink->settings->retry_for_ms;
	uint64_t count;

	if (!sink->past.failing || now - sink->past.failing_since < FAILING_BEFORE_EXPIRY_MS)
		return;
	count = spool_expire(sink->spool, sink_wall_time(sink, now) - longest,
			     "not delivered within the time that retry_for gives it");
	if (count == 0)
		return;
	sink->past.given_up += count;
	log_line(sink->tools->log, LOG_ERR,
		 "sink %s: alerts too old to be tried any longer, now in dead of its spool: "
		 "%" PRIu64,
		 sink->settings->name, count);
}

void sink_wait(struct sink *sink, int64_t now)
{
	struct spool_tries tries = {sink->retry.failures, sink_wall_time(sink, sink->retry.at)};

	sink->past.retried++;
	expire(sink, now);
	spool_note_tries(sink->spool, &tries);
}

void sink_give_up(struct sink *sink, int64_t now, const char *why)
{
	note_error(sink, now, why);
	sink->past.given_up++;
	spool_bury(sink->spool, why);
}
