/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/formats.h"

/* A real number of ours is a time in seconds: so many digits give its milliseconds. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(13))

static json_t *copy(const struct format_context *context, const json_t *alert)
{
	(void)context;
	return json_incref((json_t *)alert);
}

#define JSON_TYPE "application/json"

static const struct format {
	const char *content_type;
	format_json_fn json; /* or: */
	format_text_fn text;
} formats[] = {
	[FORMAT_NATIVE] = {JSON_TYPE, copy, NULL},
	[FORMAT_ECS] = {JSON_TYPE, format_ecs, NULL},
	[FORMAT_OCSF] = {JSON_TYPE, format_ocsf, NULL},
	[FORMAT_CLOUDEVENTS] = {"application/cloudevents+json", format_cloudevents, NULL},
	[FORMAT_SPLUNK_HEC] = {JSON_TYPE, format_splunk, NULL},
	[FORMAT_ALERTMANAGER] = {JSON_TYPE, format_alertmanager, NULL},
	[FORMAT_SLACK] = {JSON_TYPE, format_slack, NULL},
	[FORMAT_CEF] = {"text/plain", NULL, format_cef},
	[FORMAT_RFC5424] = {"text/plain", NULL, format_rfc5424},
};

/* A JSON text may hold "\u0000": comm and command lines are any bytes. */
json_t *format_parse(const char *json, size_t size, struct error *err)
{
	json_error_t where;
	json_t *root = json_loadb(json, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &where);

	if (root && !json_is_object(root)) {
		json_decref(root);
		error_set(err, "not an alert's JSON: not an object");
		return NULL;
	}
	if (!root)
		error_set(err, "not an alert's JSON: %s", where.text);
	return root;
}

/* Compact: no newline outside of a string, and inside one it is escaped. */
static char *dump(const json_t *value, size_t *length, struct error *err)
{
	char *line = value ? json_dumps(value, DUMP_FLAGS) : NULL;

	if (!line)
		error_set(err, "out of memory");
	else
		*length = strlen(line);
	return line;
}

char *format_native(const json_t *alert, size_t *length, struct error *err)
{
	return dump(alert, length, err);
}

static char *make_text(const struct format_context *context, const json_t *alert, size_t *length,
		       struct error *err)
{
	struct text_out out = {calloc(1, SYSLOG_FRAME_MAX), 0, SYSLOG_FRAME_MAX};

	if (!out.data) {
		error_set(err, "out of memory");
		return NULL;
	}
	formats[context->format].text(context, alert, &out);
	*length = out.used;
	return out.data;
}

char *format_alert(const struct format_context *context, const json_t *alert, size_t *length,
		   struct error *err)
{
	json_t *value;
	char *text;

	if (formats[context->format].text)
		return make_text(context, alert, length, err);
	value = formats[context->format].json(context, alert);
	text = dump(value, length, err);
	json_decref(value);
	return text;
}

char *format_line(const struct format_context *context, const char *json, size_t *length,
		  struct error *err)
{
	json_t *alert = format_parse(json, strlen(json), err);
	char *text = alert ? format_alert(context, alert, length, err) : NULL;

	json_decref(alert);
	return text;
}

const char *format_content_type(enum sink_format format)
{
	return formats[format].content_type;
}

_Static_assert(FRAME_HEADER_MAX + CEF_EVENT_MAX + 16 < SYSLOG_FRAME_MAX,
	       "a frame with a CEF event at its longest must fit");

size_t format_syslog(
	const struct syslog_origin *origin, const char *json, size_t size,
	char frame[SYSLOG_FRAME_MAX]) /* NOLINT(readability-non-const-parameter): out writes it */
{
	struct format_context context = {.facility = origin->facility, .pid = origin->pid};
	struct text_out out = {frame, 0, SYSLOG_FRAME_MAX};
	json_t *alert = format_parse(json, size, NULL);

	if (!alert)
		return 0;
	if (origin->format == FORMAT_CEF) {
		format_frame_header(&context, alert, &out);
		text_out_text(&out, "- "); /* no structured data: CEF has its own */
		format_cef(&context, alert, &out);
	} else {
		format_rfc5424(&context, alert, &out);
	}
	json_decref(alert);
	return out.used;
}
