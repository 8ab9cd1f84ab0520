/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <stdio.h>
#include <string.h>
#include "common/text.h"

/* Slack cuts a message at 40,000 characters; a person reads less. In bytes, escaped. */
enum { TEXT_MAX = 12288, LINE_MAX_BYTES = 2048, VALUE_MAX = 1024, WORD_MAX = 64, FRAME_MAX = 512 };

/* '&', '<' and '>' are Slack's control characters: links, mentions and channels are made of them. A
 * backtick could end the block of code that keeps the rest (*bold*, [links](http://...), @names)
 * from meaning anything, in Slack and in those that read Markdown. */
static size_t escape(uint32_t code, const char *bytes, size_t length,
		     char escaped[TEXT_ESCAPED_MAX])
{
	switch (code) {
	case '&':
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "&amp;");
	case '<':
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "&lt;");
	case '>':
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "&gt;");
	case '`':
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "'");
	default:
		return text_escape_for_people(code, bytes, length, escaped);
	}
}

static const struct {
	const char *label;
	struct field_row row;
	size_t limit;
} lines[] = {
	{"", {NULL, "message", NULL, NULL}, LINE_MAX_BYTES},
	{"host:     ", {NULL, "host", NULL, NULL}, VALUE_MAX},
	{"service:  ", {NULL, "service.name", NULL, NULL}, VALUE_MAX},
	{"exe:      ", {NULL, "process.exe", NULL, NULL}, VALUE_MAX},
	{"command:  ", {NULL, "process.command_line", NULL, NULL}, VALUE_MAX},
	{"gained:   ", {NULL, "capabilities", fields_make_gained, NULL}, LINE_MAX_BYTES},
	{"count:    ", {NULL, "count", fields_make_text, NULL}, WORD_MAX},
	{"time:     ", {NULL, "time", NULL, NULL}, WORD_MAX},
	{"id:       ", {NULL, "id", NULL, NULL}, VALUE_MAX},
};

_Static_assert(FRAME_MAX + 2 * LINE_MAX_BYTES + 5 * VALUE_MAX + 2 * WORD_MAX < TEXT_MAX,
	       "a text with every value at its longest must fit");

static void put_line(struct text_out *out, size_t i, const json_t *alert)
{
	const struct field_row *row = &lines[i].row;
	const json_t *found = fields_find(alert, row->from);
	json_t *value = found && row->make ? row->make(alert, found) : json_incref((json_t *)found);

	if (json_string_length(value) > 0) {
		text_out_text(out, "\n");
		text_out_text(out, lines[i].label);
		text_out_escaped(out, json_string_value(value), json_string_length(value),
				 (struct text_form){lines[i].limit, escape});
	}
	json_decref(value);
}

json_t *format_slack(const struct format_context *context, const json_t *alert)
{
	int severity = fields_word(alert, "severity", &vocab_severity);
	char text[TEXT_MAX] = "capwatch";
	struct text_out out = {text, strlen(text), sizeof(text)};

	(void)context;
	if (severity >= 0) {
		text_out_text(&out, ", ");
		text_out_text(&out, vocab_word(&vocab_severity, (unsigned)severity));
	}
	text_out_text(&out, ": ");
	fields_title(alert, &out);
	text_out_text(&out, "\n```");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		put_line(&out, i, alert);
	text_out_text(&out, "\n```");
	return json_pack("{s:o}", "text", json_stringn(text, out.used));
}
