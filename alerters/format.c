/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/format.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include "common/text.h"
#include "common/vocab.h"

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

/* A JSON text may hold "\u0000": comm and command lines are any bytes. */
static json_t *load_object(const char *json, size_t size, json_error_t *where)
{
	json_t *root = json_loadb(json, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, where);

	if (root && !json_is_object(root)) {
		json_decref(root);
		snprintf(where->text, sizeof(where->text), "not an object");
		return NULL;
	}
	return root;
}

char *format_native(const char *json, size_t size, size_t *length, struct error *err)
{
	json_error_t where;
	json_t *root = load_object(json, size, &where);
	char *line;

	if (!root) {
		error_set(err, "not an alert's JSON: %s", where.text);
		return NULL;
	}
	/* compact: no newline outside of a string, and inside one it is escaped */
	line = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!line) {
		error_set(err, "out of memory");
		return NULL;
	}
	*length = strlen(line);
	return line;
}

struct text_out {
	char *data;
	size_t used, size;
};

static bool put(struct text_out *out, const char *bytes, size_t length)
{
	if (length >= out->size - out->used)
		return false;
	memcpy(out->data + out->used, bytes, length);
	out->used += length;
	out->data[out->used] = '\0';
	return true;
}

static bool put_text(struct text_out *out, const char *text)
{
	return put(out, text, strlen(text));
}

/* The code point at bytes, which jansson has checked to be valid UTF-8; its length in *length. */
static uint32_t next_code(const unsigned char *bytes, size_t *length)
{
	uint32_t code;

	*length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	if (*length == 1)
		return bytes[0];
	code = bytes[0] & (0x7fu >> *length);
	for (size_t i = 1; i < *length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

/* RFC 5424 has an escape for these three alone. Others are written as JSON would, \u001b, and that
 * backslash is escaped in its turn: a reader that knows the RFC gets \u001b back. */
static size_t escape_code(uint32_t code, const unsigned char *bytes, size_t length,
			  char escaped[16])
{
	if (code == '"' || code == '\\' || code == ']')
		return (size_t)sprintf(escaped, "\\%c", (char)code);
	if (!text_is_printable(code))
		return (size_t)sprintf(escaped, "\\\\u%04x", (unsigned)code);
	memcpy(escaped, bytes, length);
	return length;
}

static bool put_value(struct text_out *out, const char *text, size_t length, size_t limit)
{
	static const char cut[] = "...";
	const unsigned char *bytes = (const unsigned char *)text;
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		char escaped[16];
		size_t step, size;
		uint32_t code = next_code(bytes + i, &step);

		size = escape_code(code, bytes + i, step, escaped);
		if (used + size > limit - (sizeof(cut) - 1))
			return put_text(out, cut);
		if (!put(out, escaped, size))
			return false;
		used += size;
		i += step;
	}
	return true;
}

/* "process.pid" in nested objects; NULL where there is none or it is null. */
static const json_t *find(const json_t *root, const char *path)
{
	const char *dot = strchr(path, '.');
	char key[32];
	const json_t *found;

	if (dot) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		found = json_object_get(root, key);
		return json_is_object(found) ? find(found, dot + 1) : NULL;
	}
	found = json_object_get(root, path);
	return json_is_null(found) ? NULL : found;
}

static const char *const set_names[] = {"effective", "permitted", "inheritable", "ambient"};

enum { SETS = sizeof(set_names) / sizeof(set_names[0]) };

static const json_t *gained_in(const json_t *root, const char *set)
{
	const json_t *sets = find(root, "capabilities");
	const json_t *gained = json_object_get(json_object_get(sets, set), "gained");

	return json_array_size(gained) > 0 ? gained : NULL;
}

static bool is_in(const json_t *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i,
			   item) if (json_is_string(item) &&
				     strcmp(json_string_value(item), word) == 0) return true;
	return false;
}

static void append_word(struct text_out *list, const char *word)
{
	if (list->used > 0)
		put_text(list, ",");
	put_text(list, word);
}

/* Each capability once, whichever sets gained it. */
static void list_gained(const json_t *root, struct text_out *list)
{
	for (size_t set = 0; set < SETS; set++) {
		const json_t *gained = gained_in(root, set_names[set]);
		size_t i;
		json_t *item;

		json_array_foreach((json_t *)gained, i, item)
		{
			bool seen = !json_is_string(item);

			for (size_t before = 0; before < set && !seen; before++)
				seen = is_in(gained_in(root, set_names[before]),
					     json_string_value(item));
			if (!seen)
				append_word(list, json_string_value(item));
		}
	}
}

static void list_sets(const json_t *root, struct text_out *list)
{
	for (size_t set = 0; set < SETS; set++)
		if (gained_in(root, set_names[set]))
			append_word(list, set_names[set]);
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
	{"gained", NULL, list_gained, LIST_VALUE_MAX},
	{"sets", NULL, list_sets, SHORT_VALUE_MAX},
	{"file", "file.path", NULL, PATH_VALUE_MAX},
	{"baseline", "baseline.entry", NULL, VALUE_MAX},
	{"count", "count", NULL, SHORT_VALUE_MAX},
	{"fingerprint", "fingerprint", NULL, VALUE_MAX},
};

enum { PARAMS = sizeof(params) / sizeof(params[0]) };

/* So that no value has to give way to another: all at their longest still fit. */
_Static_assert(PRI_MAX + TIME_MAX + HOST_MAX + PID_MAX + MSGID_MAX + MESSAGE_MAX +
			       PARAMS * (PARAM_NAME_MAX + 4) + 13 * SHORT_VALUE_MAX +
			       4 * VALUE_MAX + 3 * PATH_VALUE_MAX + LIST_VALUE_MAX + 64 <
		       SYSLOG_FRAME_MAX,
	       "a frame with every value at its longest must fit");

static void put_param(struct text_out *out, const struct param *param, const json_t *root)
{
	char buffer[LIST_VALUE_MAX * 2] = "";
	struct text_out made = {buffer, 0, sizeof(buffer)};
	const json_t *value = param->path ? find(root, param->path) : NULL;
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
	put_text(out, " ");
	put_text(out, param->name);
	put_text(out, "=\"");
	put_value(out, text, length, param->limit);
	put_text(out, "\"");
}

/* A header's field: printable ASCII without spaces; "-" when there is nothing. */
static void put_field(struct text_out *out, const json_t *value, size_t limit)
{
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	size_t start = out->used;

	for (; *text && out->used - start < limit; text++)
		put(out, *text > 0x20 && *text < 0x7f ? text : "?", 1);
	if (out->used == start)
		put_text(out, "-");
	put_text(out, " ");
}

/* MSG without a BOM is of no declared encoding: printable ASCII alone reads the same in all of
 * them. */
static void put_message(struct text_out *out, const json_t *root)
{
	const json_t *value = find(root, "message");
	const unsigned char *text = (const unsigned char *)json_string_value(value);
	size_t length = json_string_length(value), used = 0, step;

	for (size_t i = 0; i < length && used < MESSAGE_MAX; i += step, used++) {
		uint32_t code = next_code(text + i, &step);
		char c = code >= 0x20 && code < 0x7f ? (char)code : '?';

		put(out, &c, 1);
	}
}

static int syslog_severity(const json_t *root)
{
	static const int priorities[] = {
		[SEVERITY_LOW] = LOG_NOTICE,
		[SEVERITY_MEDIUM] = LOG_WARNING,
		[SEVERITY_HIGH] = LOG_ERR,
		[SEVERITY_CRITICAL] = LOG_CRIT,
	};
	const json_t *word = find(root, "severity");
	int severity = json_is_string(word) ? vocab_value(&vocab_severity, json_string_value(word))
					    : -1;

	return severity < 0 ? LOG_WARNING : priorities[severity];
}

size_t format_syslog(const struct syslog_origin *origin, const char *json, size_t size,
		     char frame[SYSLOG_FRAME_MAX])
{
	struct text_out out = {frame, 0, SYSLOG_FRAME_MAX};
	char number[PRI_MAX + PID_MAX];
	json_error_t where;
	json_t *root = load_object(json, size, &where);

	if (!root)
		return 0;
	snprintf(number, sizeof(number), "<%d>1 ", origin->facility | syslog_severity(root));
	put_text(&out, number);
	put_field(&out, find(root, "time"), TIME_MAX);
	put_field(&out, find(root, "host"), HOST_MAX);
	snprintf(number, sizeof(number), "%d ", (int)origin->pid);
	put_text(&out, "capwatch ");
	put_text(&out, number);
	put_field(&out, find(root, "reason"), MSGID_MAX);
	/* 32473 is the enterprise number that IANA keeps for documentation: capwatch has none of
	 * its own */
	put_text(&out, "[capwatch@32473");
	for (size_t i = 0; i < PARAMS; i++)
		put_param(&out, &params[i], root);
	put_text(&out, "] ");
	put_message(&out, root);
	json_decref(root);
	return out.used;
}
