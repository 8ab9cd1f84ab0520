/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <stdio.h>
#include <string.h>
#include "common/text.h"

/* Bounds of the CEF dictionary where it has them, of the frame where it has not; in bytes, escaped.
 */
enum {
	TITLE_MAX = 64,
	WORD_MAX = 64,
	ID_MAX = 128,
	HOST_VALUE_MAX = 256,
	NAME_VALUE_MAX = 256,
	PATH_VALUE_MAX = 768,
	LIST_VALUE_MAX = 1280, /* all capabilities there are, by name */
	MESSAGE_MAX = 1023,
	KEY_MAX = 16, /* a key, its '=' and the space before it; twice: its label's too */
	FIXED_MAX = 256,
};

/* Of what a field of the header could be broken out by, CEF escapes these two; no line ends there.
 * Other characters that could make a line read as another are written as JSON would, \u001b, and
 * that backslash is escaped in its turn. */
static size_t escape_header(uint32_t code, const char *bytes, size_t length,
			    char escaped[TEXT_ESCAPED_MAX])
{
	if (code == '|' || code == '\\')
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\%c", (char)code);
	if (!text_is_printable(code))
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\\\u%04x", (unsigned)code);
	memcpy(escaped, bytes, length);
	return length;
}

/* In an extension's value it is '=' that needs it, since the next key is found by it; a line's end
 * has an escape of its own. */
static size_t escape_value(uint32_t code, const char *bytes, size_t length,
			   char escaped[TEXT_ESCAPED_MAX])
{
	if (code == '\n' || code == '\r')
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\%c",
					code == '\n' ? 'n' : 'r');
	if (code == '=')
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\=");
	if (code == '|') {
		escaped[0] = '|';
		return 1;
	}
	return escape_header(code, bytes, length, escaped);
}

/* Severity from 0 to 10; 7 and 8 are "high" there, 9 and 10 "very high". */
static int cef_severity(const json_t *alert)
{
	static const int numbers[] = {
		[SEVERITY_LOW] = 3,
		[SEVERITY_MEDIUM] = 5,
		[SEVERITY_HIGH] = 8,
		[SEVERITY_CRITICAL] = 10,
	};
	int severity = fields_word(alert, "severity", &vocab_severity);

	if (fields_is_heartbeat(alert))
		return 0;
	return severity < 0 ? numbers[SEVERITY_MEDIUM] : numbers[severity];
}

/* The names are the dictionary's; what it has none for stands in its custom strings, which carry
 * their label with them. */
static const struct extension {
	const char *key;
	const char *path;
	json_t *(*make)(const json_t *root, const json_t *value);
	const char *label; /* of a custom string or number */
	size_t limit;
} extensions[] = {
	/* first what the header has as well: liblognorm 2 takes the first character for a space */
	{"cat", "reason", NULL, NULL, WORD_MAX},
	{"externalId", "id", NULL, NULL, ID_MAX},
	{"rt", "time", fields_make_ms, NULL, WORD_MAX},
	{"start", "first_time", fields_make_ms, NULL, WORD_MAX},
	{"end", "last_time", fields_make_ms, NULL, WORD_MAX},
	{"cnt", "count", NULL, NULL, WORD_MAX},
	{"dvchost", "host", NULL, NULL, HOST_VALUE_MAX},
	{"act", "disposition", NULL, NULL, WORD_MAX},
	{"outcome", "outcome", NULL, NULL, WORD_MAX},
	{"sproc", "process.comm", NULL, NULL, NAME_VALUE_MAX},
	{"spid", "process.pid", NULL, NULL, WORD_MAX},
	{"suid", "process.uid", NULL, NULL, WORD_MAX},
	{"suser", "process.user", NULL, NULL, NAME_VALUE_MAX},
	{"filePath", "process.exe", NULL, NULL, PATH_VALUE_MAX},
	{"cs1", "service.name", NULL, "service", PATH_VALUE_MAX},
	{"cs2", NULL, fields_make_gained, "gained", LIST_VALUE_MAX},
	{"cs3", "mechanism", NULL, "mechanism", WORD_MAX},
	{"cs4", "file.path", NULL, "file", PATH_VALUE_MAX},
	{"cs5", "baseline.entry", NULL, "baseline", NAME_VALUE_MAX},
	{"cs6", "fingerprint", NULL, "fingerprint", ID_MAX},
	{"cn1", "process.auid", NULL, "auid", WORD_MAX},
	{"cn2", "process.euid", NULL, "euid", WORD_MAX},
	{"msg", "message", NULL, NULL, MESSAGE_MAX},
};

enum { EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

_Static_assert(FIXED_MAX + EXTENSIONS * 2 * KEY_MAX + 11 * WORD_MAX + 2 * ID_MAX + HOST_VALUE_MAX +
			       3 * NAME_VALUE_MAX + 3 * PATH_VALUE_MAX + LIST_VALUE_MAX +
			       MESSAGE_MAX <
		       CEF_EVENT_MAX,
	       "an event with every value at its longest must fit");

/* start: where the extensions begin, the first without a space before it. */
static void put_key(struct text_out *out, size_t start, const char *key, const char *ending)
{
	if (out->used > start)
		text_out_text(out, " ");
	text_out_text(out, key);
	text_out_text(out, ending);
}

static void put_extension(struct text_out *out, size_t start, const struct extension *extension,
			  const json_t *alert)
{
	const json_t *found = extension->path ? fields_find(alert, extension->path) : NULL;
	json_t *value;

	if (extension->path && !found)
		return;
	value = extension->make ? extension->make(alert, found) : json_incref((json_t *)found);
	if (json_is_integer(value)) {
		json_t *text = fields_make_text(alert, value);

		json_decref(value);
		value = text;
	}
	if (json_string_length(value) > 0) {
		put_key(out, start, extension->key, "=");
		text_out_escaped(out, json_string_value(value), json_string_length(value),
				 (struct text_form){extension->limit, escape_value});
		if (extension->label) {
			put_key(out, start, extension->key, "Label=");
			text_out_text(out, extension->label);
		}
	}
	json_decref(value);
}

void format_cef(const struct format_context *context, const json_t *alert, struct text_out *out)
{
	const char *reason = fields_text(alert, "reason");
	char title[TITLE_MAX] = "", number[TITLE_MAX];
	struct text_out title_out = {title, 0, sizeof(title)};

	size_t start;

	(void)context;
	if (!reason)
		reason = fields_is_heartbeat(alert) ? "heartbeat" : "finding";
	fields_title(alert, &title_out);
	text_out_text(out, "CEF:0|capwatch|capwatch|" CAPWATCH_VERSION "|");
	text_out_escaped(out, reason, strlen(reason), (struct text_form){WORD_MAX, escape_header});
	snprintf(number, sizeof(number), "|%d|", cef_severity(alert));
	text_out_text(out, "|");
	text_out_text(out, title);
	text_out_text(out, number);
	start = out->used;
	for (size_t i = 0; i < EXTENSIONS; i++)
		put_extension(out, start, &extensions[i], alert);
}
