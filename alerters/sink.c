/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include "alerters/sink_file.h"
#include "alerters/sink_syslog.h"
#include "alerters/sink_webhook.h"

enum { REASON_TEXT_MAX = 512 };

static const struct sink_ops *const types[] = {
	[SINK_SYSLOG] = &sink_syslog_ops,
	[SINK_FILE] = &sink_file_ops,
	[SINK_WEBHOOK] = &sink_webhook_ops,
};

struct sink *sink_new(const struct sink_settings *settings, const struct sink_tools *tools,
		      struct error *err)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink || !(sink->spool = spool_new(SPOOL_COUNT_MAX, SPOOL_BYTES_MAX))) {
		free(sink);
		error_set(err, "sink %s: out of memory", settings->name);
		return NULL;
	}
	sink->ops = types[settings->type];
	sink->settings = settings;
	sink->tools = tools;
	sink->writable_fd = -1;
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

void sink_take_over(struct sink *to, struct sink *from)
{
	struct spool *empty = to->spool;

	from->ops->close(from);
	spool_release(from->spool);
	to->spool = from->spool;
	from->spool = empty;
	if (to->active && from->active) {
		struct active *none = to->active;

		to->active = from->active;
		from->active = none;
	}
	to->failing = from->failing;
	to->drop_said = from->drop_said;
	to->given_up = from->given_up;
}

static bool wants(const struct sink_settings *settings, const struct parcel *parcel)
{
	if (parcel->severity < settings->min_severity)
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

void sink_offer(struct sink *sink, struct parcel *parcel)
{
	if (!wants(sink->settings, parcel))
		return;
	spool_push(sink->spool, parcel);
	if (spool_dropped(sink->spool) == 0 || sink->drop_said)
		return;
	sink->drop_said = true;
	log_line(sink->tools->log, LOG_ERR,
		 "sink %s: its queue is full (%zu alerts): the least severe are dropped until it "
		 "works again",
		 sink->settings->name, spool_count(sink->spool));
}

/* When active alerts are to be told again; SINK_NEVER when there are none. */
static int64_t resend_time(const struct sink *sink)
{
	int64_t at = sink->active ? active_deadline(sink->active) : ACTIVE_NEVER;

	return at == ACTIVE_NEVER ? SINK_NEVER : at;
}

void sink_run(struct sink *sink, int64_t now)
{
	if (sink->busy || now < sink->retry.at)
		return;
	if (spool_count(sink->spool) > 0)
		sink->ops->run(sink, now);
	else if (now >= resend_time(sink))
		sink->ops->resend(sink, now);
}

int64_t sink_deadline(const struct sink *sink)
{
	if (sink->busy)
		return SINK_NEVER;
	if (spool_count(sink->spool) == 0)
		return resend_time(sink);
	return sink->writable_fd >= 0 ? sink->wake_at : sink->retry.at;
}

void sink_fails(struct sink *sink, const char *format, ...)
{
	char reason[REASON_TEXT_MAX];
	va_list args;

	if (sink->failing)
		return;
	sink->failing = true;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	log_line(sink->tools->log, LOG_ERR, "sink %s: %s; it is tried again, alerts waiting: %zu",
		 sink->settings->name, reason, spool_count(sink->spool));
}

void sink_works(struct sink *sink)
{
	retry_reset(&sink->retry);
	if (!sink->failing)
		return;
	sink->failing = false;
	log_line(sink->tools->log, LOG_NOTICE, "sink %s: works again, alerts still waiting: %zu",
		 sink->settings->name, spool_count(sink->spool));
}
