/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SOURCE_MAX = 1024, SUBJECT_MAX = 1024 };

/* A URI reference: whatever a URI's path may not hold as it is, is written as %XX. */
static json_t *make_source(const json_t *root, const json_t *value)
{
	char source[SOURCE_MAX] = "urn:capwatch:host:";
	struct text_out out = {source, strlen(source), sizeof(source)};
	const char *host = json_string_value(value);
	size_t length = json_string_length(value);

	(void)root;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)host[i];
		char part[4];

		if (isalnum(c) || (c && strchr("-._~", c)))
			snprintf(part, sizeof(part), "%c", c);
		else
			snprintf(part, sizeof(part), "%%%02X", c);
		text_out_text(&out, part);
	}
	return json_string(source);
}

/* Numbers and words of CloudEvents' severity extension, which are OpenTelemetry's. */
static json_t *make_severity(const json_t *root, const json_t *value)
{
	static const int numbers[] = {
		[SEVERITY_LOW] = 9,
		[SEVERITY_MEDIUM] = 13,
		[SEVERITY_HIGH] = 17,
		[SEVERITY_CRITICAL] = 21,
	};
	int severity = fields_word(root, "severity", &vocab_severity);

	(void)value;
	return severity < 0 ? NULL : json_integer(numbers[severity]);
}

/* A context attribute may hold no control character. */
static const struct field_row rows[] = {
	{"specversion", NULL, NULL, "1.0"},
	{"id", "id", fields_make_line, NULL},
	{"source", "host", make_source, NULL},
	{"type", NULL, NULL, "capwatch.alert.v1"},
	{"time", "time", NULL, NULL},
	{"subject", "service.name", fields_make_line, NULL},
	{"datacontenttype", NULL, NULL, "application/json"},
	{"dataschema", NULL, NULL, "urn:capwatch:alert:1"},
	{"severitytext", "severity", fields_make_line, NULL},
	{"severitynumber", "severity", make_severity, NULL},
};

/* id and source must be there, whatever came. */
static void fill_required(json_t *event, const json_t *alert)
{
	if (!json_object_get(event, "source"))
		fields_set(event, "source", make_source(alert, NULL));
	if (!json_object_get(event, "id"))
		fields_set(event, "id", json_string("none"));
	if (fields_time(alert, "time") < 0)
		json_object_del(event, "time");
}

json_t *format_cloudevents(const struct format_context *context, const json_t *alert)
{
	json_t *event = json_object();

	(void)context;
	fields_fill(event, rows, sizeof(rows) / sizeof(rows[0]), alert);
	fill_required(event, alert);
	if (fields_is_heartbeat(alert)) {
		fields_set(event, "type", json_string("capwatch.heartbeat.v1"));
		fields_set(event, "dataschema", json_string("urn:capwatch:heartbeat:1"));
	}
	fields_set(event, "data", json_incref((json_t *)alert));
	return event;
}
