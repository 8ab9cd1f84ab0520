/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

/* Seconds, with the milliseconds as decimals. */
static json_t *make_time(const json_t *root, const json_t *value)
{
	int64_t time = fields_time(root, "time");

	(void)value;
	return time < 0 ? NULL : json_real((double)time / 1000);
}

/* What Splunk indexes beside the event, for searches with tstats: a flat object of strings. */
static const struct field_row rows[] = {
	{"time", "time", make_time, NULL},
	{"host", "host", fields_make_line, NULL},
	{"source", NULL, NULL, "capwatch"},
	{"sourcetype", NULL, NULL, "capwatch:alert"},
	{"fields.severity", "severity", fields_make_line, NULL},
	{"fields.reason", "reason", fields_make_line, NULL},
	{"fields.mechanism", "mechanism", fields_make_line, NULL},
	{"fields.disposition", "disposition", fields_make_line, NULL},
	{"fields.service", "service.name", fields_make_line, NULL},
	{"fields.exe", "process.exe", fields_make_line, NULL},
	{"fields.fingerprint", "fingerprint", fields_make_line, NULL},
};

json_t *format_splunk(const struct format_context *context, const json_t *alert)
{
	json_t *event = json_object();

	(void)context;
	fields_fill(event, rows, sizeof(rows) / sizeof(rows[0]), alert);
	if (fields_is_heartbeat(alert))
		fields_set(event, "sourcetype", json_string("capwatch:heartbeat"));
	fields_set(event, "event", json_incref((json_t *)alert));
	return event;
}
