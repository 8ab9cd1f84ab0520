/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <ctype.h>
#include <stdio.h>
#include "common/text.h"

enum {
	NAME_SIZE = 64,
	TIME_SIZE = 32,
	HEARTBEATS = 3,
	INTERVAL_LONGEST_S = 365 * 24 * 60 * 60, /* no configuration has more; a forged one might */
};

/* "expansion-after-start" as "CapwatchExpansionAfterStart", as Prometheus' rules are named. */
static json_t *make_name(const json_t *root, const json_t *value)
{
	int reason = fields_word(root, "reason", &vocab_reason);
	const char *word = reason < 0 ? "finding" : vocab_word(&vocab_reason, (unsigned)reason);
	char name[NAME_SIZE] = "Capwatch";
	struct text_out out = {name, sizeof("Capwatch") - 1, sizeof(name)};

	(void)value;
	if (fields_is_heartbeat(root))
		word = "heartbeat";
	for (bool first = true; *word; word++) {
		char c = first ? (char)toupper((unsigned char)*word) : *word;

		first = *word == '-';
		if (!first)
			text_out_put(&out, &c, 1);
	}
	return json_string(name);
}

/* Labels make the alert what it is: what comes again is the same alert. So no pid, time or id is
 * among them; the fingerprint keeps apart what differs in anything else. Alertmanager and its
 * receivers put labels and annotations into mails and chats: a line stays one. */
static const struct field_row labels[] = {
	{"alertname", NULL, make_name, NULL},
	{"source", NULL, NULL, "capwatch"},
	{"severity", "severity", fields_make_line, NULL},
	{"host", "host", fields_make_line, NULL},
	{"reason", "reason", fields_make_line, NULL},
	{"mechanism", "mechanism", fields_make_line, NULL},
	{"service", "service.template", fields_make_line, NULL},
	{"service_kind", "service.kind", fields_make_line, NULL},
	{"namespace", "service.container.namespace", fields_make_line, NULL},
	{"workload", "service.container.workload", fields_make_line, NULL},
	{"exe", "process.exe", fields_make_line, NULL},
	{"gained", "capabilities", fields_make_gained, NULL},
	{"fingerprint", "fingerprint", fields_make_line, NULL},
};

static const struct field_row annotations[] = {
	{"summary", NULL, fields_make_title, NULL},
	{"description", "message", fields_make_line, NULL},
	{"id", "id", fields_make_line, NULL},
	{"time", "time", fields_make_line, NULL},
	{"count", "count", fields_make_line, NULL},
	{"service", "service.name", fields_make_line, NULL},
	{"container", "service.container.id", fields_make_line, NULL},
	{"pod", "service.container.pod_name", fields_make_line, NULL},
	{"pid", "process.pid", fields_make_line, NULL},
	{"comm", "process.comm", fields_make_line, NULL},
	{"command_line", "process.command_line", fields_make_line, NULL},
	{"uid", "process.uid", fields_make_line, NULL},
	{"auid", "process.auid", fields_make_line, NULL},
	{"file", "file.path", fields_make_line, NULL},
	{"baseline", "baseline.entry", fields_make_line, NULL},
	{"suggestion", "baseline.suggestion", fields_make_line, NULL},
};

/* Of a heartbeat, whose absence is what alerts; its other fields change every time. */
static const struct field_row heartbeat_labels[] = {
	{"alertname", NULL, make_name, NULL},
	{"source", NULL, NULL, "capwatch"},
	{"severity", NULL, NULL, "none"},
	{"host", "host", fields_make_line, NULL},
};

/* A heartbeat is over when the next two have not come: then a host is silent. */
static int64_t end_of(const struct format_context *context, const json_t *alert)
{
	const json_t *interval = fields_find(alert, "interval_seconds");
	int64_t time = fields_time(alert, "time"), seconds = json_integer_value(interval);

	if (fields_is_heartbeat(alert) && json_is_integer(interval) && time >= 0 && seconds >= 0 &&
	    seconds <= INTERVAL_LONGEST_S)
		return time + INT64_C(1000) * HEARTBEATS * seconds;
	return context->ends_at;
}

static json_t *make_time(int64_t milliseconds)
{
	char text[TIME_SIZE];

	return json_string(text_time(milliseconds, text, sizeof(text)));
}

json_t *format_alertmanager(const struct format_context *context, const json_t *alert)
{
	json_t *object = json_object(), *names = json_object(), *notes = json_object();
	int64_t started = fields_time(alert, "first_time"), ends_at = end_of(context, alert);

	if (started < 0)
		started = fields_time(alert, "time");
	if (fields_is_heartbeat(alert))
		fields_fill(names, heartbeat_labels,
			    sizeof(heartbeat_labels) / sizeof(heartbeat_labels[0]), alert);
	else
		fields_fill(names, labels, sizeof(labels) / sizeof(labels[0]), alert);
	fields_fill(notes, annotations, sizeof(annotations) / sizeof(annotations[0]), alert);
	json_object_set_new(object, "labels", names);
	json_object_set_new(object, "annotations", notes);
	if (started >= 0)
		json_object_set_new(object, "startsAt", make_time(started));
	/* one that ends before it starts is refused */
	json_object_set_new(object, "endsAt",
			    make_time(ends_at > started ? ends_at : started + 1000));
	return json_pack("[o]", object);
}
