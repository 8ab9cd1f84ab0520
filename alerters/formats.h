/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formats: each format's own function, for the table in format.c and for nobody else. Those that
 * are JSON return a new value, NULL when memory is out; those that are text put it into a buffer
 * that is large enough for all values at their longest.
 */
#ifndef CAPWATCH_FORMATS_H
#define CAPWATCH_FORMATS_H

#include "alerters/fields.h"
#include "alerters/format.h"

typedef json_t *(*format_json_fn)(const struct format_context *context, const json_t *alert);
typedef void (*format_text_fn)(const struct format_context *context, const json_t *alert,
			       struct text_out *out);

/* Elastic Common Schema 8.17. */
json_t *format_ecs(const struct format_context *context, const json_t *alert);
/* OCSF 1.4.0, Detection Finding; a heartbeat is a Base Event. */
json_t *format_ocsf(const struct format_context *context, const json_t *alert);
/* CloudEvents 1.0 in the structured mode of its HTTP binding. */
json_t *format_cloudevents(const struct format_context *context, const json_t *alert);
/* Splunk's HTTP Event Collector, /services/collector/event. */
json_t *format_splunk(const struct format_context *context, const json_t *alert);
/* Alertmanager's POST /api/v2/alerts. */
json_t *format_alertmanager(const struct format_context *context, const json_t *alert);
/* Slack's incoming webhooks, which Mattermost, Rocket.Chat and Discord (/slack) take as well. */
json_t *format_slack(const struct format_context *context, const json_t *alert);
/* ArcSight's Common Event Format 0: the event alone, without a syslog header. */
void format_cef(const struct format_context *context, const json_t *alert, struct text_out *out);
/* RFC 5424 with structured data: a whole frame. */
void format_rfc5424(const struct format_context *context, const json_t *alert,
		    struct text_out *out);

/* "<PRI>1 TIME HOST capwatch PID REASON ", which a frame begins with. */
void format_frame_header(const struct format_context *context, const json_t *alert,
			 struct text_out *out);

/* At most: a frame's header, and a CEF event. The rest of a frame of RFC 5424 is bounded in its own
 * file. */
enum { FRAME_HEADER_MAX = 384, CEF_EVENT_MAX = 7680 };

#endif
