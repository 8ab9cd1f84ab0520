/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include "common/text.h"

/* Fields of a frame's header, as RFC 5424 bounds them, and of its rest, as SYSLOG_FRAME_MAX does.
 */
enum {
	PRI_MAX = 8,
	TIME_MAX = 32,
	HOST_MAX = 255,
	PID_MAX = 12,
	MSGID_MAX = 32,
	MESSAGE_MAX = 1024,
	SHORT_VALUE_MAX = 64,
	VALUE_MAX = 128,
	PATH_VALUE_MAX = 768,
	LIST_VALUE_MAX = 1280, /* all capabilities there are, by name */
	PARAM_NAME_MAX = 16,
};

_Static_assert(PRI_MAX + TIME_MAX + HOST_MAX + PID_MAX + MSGID_MAX + 16 <= FRAME_HEADER_MAX,
	       "a frame's header at its longest must fit");

/* RFC 5424 has an escape for these three alone. Others are written as JSON would, \u001b, and that
 * backslash is escaped in its turn: a reader that knows the RFC gets \u001b back. */
static size_t escape_value(uint32_t code, const char *bytes, size_t length,
			   char escaped[TEXT_ESCAPED_MAX])
{
	if (code == '"' || code == '\\' || code == ']')
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\%c", (char)code);
	if (!text_is_printable(code))
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\\\u%04x", (unsigned)code);
	memcpy(escaped, bytes, length);
	return length;
}

/* What of the alert becomes structured data; the whole of it is in the JSON of the other sinks. */
static const struct param {
	const char *name;
	const char *path; /* or: */
	void (*list)(const json_t *root, struct text_out *list);
	size_t limit; /* of the escaped value */
} params[] = {
	{"id", "id", NULL, VALUE_MAX},
	{"severity", "severity", NULL, SHORT_VALUE_MAX},
	{"reason", "reason", NULL, SHORT_VALUE_MAX},
	{"mechanism", "mechanism", NULL, SHORT_VALUE_MAX},
	{"outcome", "outcome", NULL, SHORT_VALUE_MAX},
	{"disposition", "disposition", NULL, SHORT_VALUE_MAX},
	{"phase", "phase", NULL, SHORT_VALUE_MAX},
	{"service", "service.name", NULL, PATH_VALUE_MAX},
	{"pid", "process.pid", NULL, SHORT_VALUE_MAX},
	{"ppid", "process.ppid", NULL, SHORT_VALUE_MAX},
	{"uid", "process.uid", NULL, SHORT_VALUE_MAX},
	{"euid", "process.euid", NULL, SHORT_VALUE_MAX},
	{"auid", "process.auid", NULL, SHORT_VALUE_MAX},
	{"comm", "process.comm", NULL, VALUE_MAX},
	{"exe", "process.exe", NULL, PATH_VALUE_MAX},
	{"gained", NULL, fields_list_gained, LIST_VALUE_MAX},
	{"sets", NULL, fields_list_sets, SHORT_VALUE_MAX},
	{"file", "file.path", NULL, PATH_VALUE_MAX},
	{"baseline", "baseline.entry", NULL, VALUE_MAX},
	{"count", "count", NULL, SHORT_VALUE_MAX},
	{"fingerprint", "fingerprint", NULL, VALUE_MAX},
};

enum { PARAMS = sizeof(params) / sizeof(params[0]) };

/* So that no value has to give way to another: all at their longest still fit. */
_Static_assert(FRAME_HEADER_MAX + MESSAGE_MAX + PARAMS * (PARAM_NAME_MAX + 4) +
			       13 * SHORT_VALUE_MAX + 4 * VALUE_MAX + 3 * PATH_VALUE_MAX +
			       LIST_VALUE_MAX + 64 <
		       SYSLOG_FRAME_MAX,
	       "a frame with every value at its longest must fit");

static void put_param(struct text_out *out, const struct param *param, const json_t *root)
{
	char buffer[LIST_VALUE_MAX * 2] = "";
	struct text_out made = {buffer, 0, sizeof(buffer)};
	const json_t *value = param->path ? fields_find(root, param->path) : NULL;
	const char *text = buffer;
	size_t length;

	if (param->list)
		param->list(root, &made);
	else if (json_is_integer(value))
		made.used = (size_t)snprintf(buffer, sizeof(buffer), "%" JSON_INTEGER_FORMAT,
					     json_integer_value(value));
	else if (json_is_string(value))
		text = json_string_value(value);
	length = text == buffer ? made.used : json_string_length(value);
	if (length == 0)
		return;
	text_out_text(out, " ");
	text_out_text(out, param->name);
	text_out_text(out, "=\"");
	text_out_escaped(out, text, length, (struct text_form){param->limit, escape_value});
	text_out_text(out, "\"");
}

/* A header's field: printable ASCII without spaces; "-" when there is nothing. */
static void put_field(struct text_out *out, const json_t *value, size_t limit)
{
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	size_t start = out->used;

	for (; *text && out->used - start < limit; text++)
		text_out_put(out, *text > 0x20 && *text < 0x7f ? text : "?", 1);
	if (out->used == start)
		text_out_text(out, "-");
	text_out_text(out, " ");
}

/* One byte for a character that is not printable ASCII, however many bytes it has. */
static size_t escape_message(uint32_t code, const char *bytes, size_t length,
			     char escaped[TEXT_ESCAPED_MAX])
{
	(void)bytes;
	(void)length;
	escaped[0] = code >= 0x20 && code < 0x7f ? (char)code : '?';
	return 1;
}

static int syslog_severity(const json_t *root)
{
	static const int priorities[] = {
		[SEVERITY_LOW] = LOG_NOTICE,
		[SEVERITY_MEDIUM] = LOG_WARNING,
		[SEVERITY_HIGH] = LOG_ERR,
		[SEVERITY_CRITICAL] = LOG_CRIT,
	};
	int severity = fields_word(root, "severity", &vocab_severity);

	if (fields_is_heartbeat(root))
		return LOG_INFO;
	return severity < 0 ? LOG_WARNING : priorities[severity];
}

void format_frame_header(const struct format_context *context, const json_t *alert,
			 struct text_out *out)
{
	char number[PRI_MAX + PID_MAX];

	snprintf(number, sizeof(number), "<%d>1 ", context->facility | syslog_severity(alert));
	text_out_text(out, number);
	put_field(out, fields_find(alert, "time"), TIME_MAX);
	put_field(out, fields_find(alert, "host"), HOST_MAX);
	snprintf(number, sizeof(number), "%d", (int)context->pid);
	text_out_text(out, "capwatch ");
	text_out_text(out, context->pid ? number : "-");
	text_out_text(out, " ");
	if (fields_is_heartbeat(alert))
		text_out_text(out, "heartbeat ");
	else
		put_field(out, fields_find(alert, "reason"), MSGID_MAX);
}

void format_rfc5424(const struct format_context *context, const json_t *alert, struct text_out *out)
{
	const json_t *message = fields_find(alert, "message");

	format_frame_header(context, alert, out);
	/* 32473 is the enterprise number that IANA keeps for documentation: capwatch has none of
	 * its own */
	text_out_text(out, "[capwatch@32473");
	for (size_t i = 0; i < PARAMS; i++)
		put_param(out, &params[i], alert);
	text_out_text(out, "] ");
	/* MSG without a BOM is of no declared encoding: printable ASCII alone reads the same in all
	 * of them */
	text_out_escaped(out, json_string_value(message), json_string_length(message),
			 (struct text_form){MESSAGE_MAX, escape_message});
}
