/* SPDX-License-Identifier: Apache-2.0 */
/* Where command lines are in an alert. Which words of them are secret is redact_words.c's. */
#include "alerters/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"

enum {
	ARGUMENTS_MAX = 2048, /* of all records of an alert; more are masked unread */
	NAME_SIZE = 16,
	COMMAND_LINE_MAX = 4096, /* as common/alert_json.c cuts it */
};

/* ---- a record's fields ---- */

/* One field of a record's text: name=value. */
struct field {
	const char *name, *value;
	size_t name_length, value_length; /* a value's with its quotes */
};

/* The field that begins at *at or after it, and *at behind it; false at the end. Values in single
 * quotes (msg='...') hold fields of their own, so their quote is no part of a value. */
static bool next_field(const char *text, size_t length, size_t *at, struct field *field)
{
	size_t i = *at, start;

	for (;; i++) {
		while (i < length && (text[i] == ' ' || text[i] == '\'' || text[i] == '\x1d'))
			i++;
		start = i;
		while (i < length && text[i] != '=' && text[i] != ' ' && text[i] != '\'')
			i++;
		if (i >= length)
			return false;
		if (text[i] == '=' && i > start)
			break;
	}
	*field = (struct field){.name = text + start, .name_length = i - start};
	field->value = text + ++i;
	start = i;
	if (i < length && text[i] == '"')
		for (i++; i < length && text[i] != '"'; i++)
			;
	while (i < length && text[i] != ' ' && text[i] != '\'' && text[i] != '\x1d')
		i++;
	field->value_length = i - start;
	*at = i;
	return true;
}

static bool is_named(const struct field *field, const char *name)
{
	return field->name_length == strlen(name) &&
	       memcmp(field->name, name, field->name_length) == 0;
}

/* "a3" or the part "a3[1]" of an EXECVE record: 3; -1 for others, and for lengths ("a3_len"). */
static int argument_number(const struct field *field)
{
	size_t i = 1;
	int number = 0;

	if (field->name_length < 2 || field->name[0] != 'a')
		return -1;
	for (; i < field->name_length && isdigit((unsigned char)field->name[i]) && i < 8; i++)
		number = number * 10 + (field->name[i] - '0');
	if (i == 1 || (i < field->name_length && field->name[i] != '['))
		return -1;
	return number;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes that a value stands for: in quotes as they are, else in hex; what is neither is taken
 * as it is. Malloc'ed. */
static char *decode_value(const struct field *field, size_t *length)
{
	const char *value = field->value;
	size_t size = field->value_length;
	char *bytes = malloc(size + 1);

	if (!bytes)
		return NULL;
	if (size > 0 && value[0] == '"') {
		*length = size > 1 && value[size - 1] == '"' ? size - 2 : size - 1;
		memcpy(bytes, value + 1, *length);
		return bytes;
	}
	for (size_t i = 0; i + 1 < size && size % 2 == 0; i += 2) {
		int high = hex_digit(value[i]), low = hex_digit(value[i + 1]);

		if (high < 0 || low < 0)
			break;
		bytes[i / 2] = (char)(high << 4 | low);
		*length = i / 2 + 1;
		if (i + 2 == size)
			return bytes;
	}
	memcpy(bytes, value, size);
	*length = size;
	return bytes;
}

/* ---- text put together ---- */

struct text {
	char *data;
	size_t used, size;
	bool failed;
};

static void put(struct text *text, const char *bytes, size_t length)
{
	if (text->used + length > text->size) {
		size_t size = (text->used + length) * 2;
		char *grown = realloc(text->data, size);

		if (!grown) {
			text->failed = true;
			return;
		}
		text->data = grown;
		text->size = size;
	}
	if (length > 0)
		memcpy(text->data + text->used, bytes, length);
	text->used += length;
}

/* As the kernel writes it: in quotes when nothing in it needs more, else in hex. */
static void put_value(struct text *text, const char *bytes, size_t length)
{
	bool plain = length > 0;

	for (size_t i = 0; i < length && plain; i++)
		plain = bytes[i] > 0x20 && bytes[i] < 0x7f && bytes[i] != '"';
	if (plain) {
		put(text, "\"", 1);
		put(text, bytes, length);
		put(text, "\"", 1);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		char hex[3];

		snprintf(hex, sizeof(hex), "%02X", (unsigned char)bytes[i]);
		put(text, hex, 2);
	}
}

/* ---- the records of an alert ---- */

struct work {
	const struct settings *settings;
	json_t *alert, *records;
	struct redact_argument *arguments; /* of EXECVE, all records of it in their order */
	size_t count;
	struct text line; /* command_line anew; failed or empty: none */
	bool changed;
};

static bool is_type(const json_t *record, const char *type)
{
	const char *text = json_string_value(record);
	char start[NAME_SIZE * 2];

	if (!text)
		return false;
	/* node=HOST may stand before it, and holds no blank */
	if (strncmp(text, "node=", 5) == 0)
		text += strcspn(text, " ") + (text[strcspn(text, " ")] == ' ');
	snprintf(start, sizeof(start), "type=%s ", type);
	return strncmp(text, start, strlen(start)) == 0;
}

/* Adds a part to the argument that it belongs to: a long one is in several. */
static void collect_argument(struct work *work, const struct field *field, int *last)
{
	int number = argument_number(field);
	struct redact_argument *argument;
	size_t length = 0;
	char *bytes, *grown;

	if (number < 0)
		return;
	if (number != *last && work->count == ARGUMENTS_MAX)
		return;
	work->count += number != *last;
	*last = number;
	argument = &work->arguments[work->count - 1];
	bytes = decode_value(field, &length);
	grown = bytes ? realloc(argument->text, argument->length + length + 1) : NULL;
	if (grown) {
		memcpy(grown + argument->length, bytes, length);
		argument->text = grown;
		argument->length += length;
	}
	free(bytes);
}

static void collect_arguments(struct work *work)
{
	int last = -1;

	for (size_t i = 0; i < json_array_size(work->records); i++) {
		const json_t *record = json_array_get(work->records, i);
		struct field field;
		size_t at = 0;

		if (!is_type(record, "EXECVE"))
			continue;
		while (next_field(json_string_value(record), json_string_length(record), &at,
				  &field))
			collect_argument(work, &field, &last);
	}
}

static void set_record(struct work *work, size_t index, struct text *text)
{
	json_t *record = text->failed ? json_string(REDACT_MASK)
				      : text_to_json(text->data ? text->data : "", text->used);

	json_array_set_new(work->records, index, record);
	work->changed = true;
	free(text->data);
}

/* A record's text up to a field's value. */
static void put_until(struct text *text, const char *from, const char *to)
{
	put(text, from, (size_t)(to - from));
}

/* One EXECVE record with its arguments as they are now; *next: the first one's index. The parts of
 * a changed one become one, and their lengths go. */
static void rewrite_execve(struct work *work, size_t index, size_t *next, int *last)
{
	json_t *record = json_array_get(work->records, index);
	const char *bytes = json_string_value(record), *done = bytes;
	size_t length = json_string_length(record), at = 0;
	struct text text = {0};
	struct field field;
	bool changed = false;

	while (next_field(bytes, length, &at, &field)) {
		int number = argument_number(&field);
		bool first = number >= 0 && number != *last;
		const struct redact_argument *argument;

		if (number < 0)
			continue;
		*next += first;
		*last = number;
		argument = *next <= work->count ? &work->arguments[*next - 1] : NULL;
		if (argument && !argument->changed)
			continue;
		changed = true;
		put_until(&text, done, first ? field.value : field.name);
		if (first && argument && argument->text)
			put_value(&text, argument->text, argument->length);
		else if (first)
			put_value(&text, REDACT_MASK, strlen(REDACT_MASK));
		done = field.value + field.value_length;
	}
	if (!changed) {
		free(text.data);
		return;
	}
	put_until(&text, done, bytes + length);
	set_record(work, index, &text);
}

static void put_words(struct text *line, const struct redact_argument *arguments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			put(line, " ", 1);
		if (arguments[i].text)
			put(line, arguments[i].text, arguments[i].length);
		else
			put(line, REDACT_MASK, strlen(REDACT_MASK));
	}
}

static void redact_execve(struct work *work)
{
	size_t next = 0;
	int last = -1;

	work->arguments = calloc(ARGUMENTS_MAX, sizeof(*work->arguments));
	if (work->arguments)
		collect_arguments(work);
	redact_arguments(work->settings->redact, work->arguments, work->count, false);
	for (size_t i = 0; i < json_array_size(work->records); i++)
		if (is_type(json_array_get(work->records, i), "EXECVE"))
			rewrite_execve(work, i, &next, &last);
	put_words(&work->line, work->arguments, work->count);
	for (size_t i = 0; i < work->count; i++)
		free(work->arguments[i].text);
	free(work->arguments);
}

/* ---- fields that hold a whole command line, or what was typed ---- */

enum whole { WHOLE_ARGUMENTS, WHOLE_LINE, WHOLE_SECRET };

static const struct {
	const char *type, *field;
	enum whole kind;
} wholes[] = {
	{"PROCTITLE", "proctitle", WHOLE_ARGUMENTS}, /* arguments, each ended by a NUL */
	{"USER_CMD", "cmd", WHOLE_LINE},	     /* sudo's, joined by blanks */
	{"TTY", "data", WHOLE_SECRET},		     /* keys as they were pressed */
	{"USER_TTY", "data", WHOLE_SECRET},
};

/* Splits at NULs, redacts, joins again; true when something changed. */
static bool redact_joined(const struct work *work, const struct redact_argument *whole,
			  struct redact_argument *arguments, struct text *joined)
{
	size_t count = 0, start = 0;
	bool changed = false;

	for (size_t i = 0; i <= whole->length && count < ARGUMENTS_MAX; i++) {
		if (i < whole->length && whole->text[i] && count + 1 < ARGUMENTS_MAX)
			continue;
		if (count + 1 == ARGUMENTS_MAX)
			i = whole->length;
		arguments[count].text = malloc(i - start + 1);
		arguments[count].length = arguments[count].text ? i - start : 0;
		arguments[count].changed = false;
		if (arguments[count].text)
			memcpy(arguments[count].text, whole->text + start, i - start);
		count++;
		start = i + 1;
	}
	redact_arguments(work->settings->redact, arguments, count, false);
	for (size_t i = 0; i < count; i++) {
		changed |= arguments[i].changed || !arguments[i].text;
		put(joined, "", i > 0);
		put_words(joined, &arguments[i], 1);
		free(arguments[i].text);
	}
	return changed;
}

/* What the field's value becomes; true when that is another. */
static bool redact_value(const struct work *work, const struct field *field, enum whole kind,
			 struct text *value)
{
	struct redact_argument whole = {0};
	struct redact_argument *arguments = NULL;
	bool changed = true;

	whole.text = decode_value(field, &whole.length);
	if (kind == WHOLE_ARGUMENTS)
		arguments = calloc(ARGUMENTS_MAX, sizeof(*arguments));
	if (whole.text && arguments) {
		changed = redact_joined(work, &whole, arguments, value);
	} else if (whole.text && kind == WHOLE_LINE) {
		redact_arguments(work->settings->redact, &whole, 1, true);
		changed = whole.changed;
		put_words(value, &whole, 1);
	} else {
		put(value, REDACT_MASK, strlen(REDACT_MASK));
	}
	free(arguments);
	free(whole.text);
	return changed;
}

static void keep_line(struct work *work, const struct text *value)
{
	if (work->line.used > 0)
		return;
	for (size_t i = 0; i < value->used; i++)
		put(&work->line, value->data[i] ? value->data + i : " ", 1);
}

static void redact_whole(struct work *work, size_t index, size_t row)
{
	const json_t *record = json_array_get(work->records, index);
	const char *bytes = json_string_value(record);
	size_t length = json_string_length(record), at = 0;
	struct field field;
	bool found = false;

	while (!found && next_field(bytes, length, &at, &field))
		found = is_named(&field, wholes[row].field);
	if (!found)
		return;
	struct text value = {0}, text = {0};
	bool changed = redact_value(work, &field, wholes[row].kind, &value);

	if (wholes[row].kind == WHOLE_ARGUMENTS)
		keep_line(work, &value);
	if (changed) {
		put_until(&text, bytes, field.value);
		put_value(&text, value.data ? value.data : "", value.used);
		text.failed |= value.failed;
		put_until(&text, field.value + field.value_length, bytes + length);
		set_record(work, index, &text);
	}
	free(value.data);
}

static void redact_wholes(struct work *work)
{
	for (size_t i = 0; i < json_array_size(work->records); i++)
		for (size_t row = 0; row < sizeof(wholes) / sizeof(wholes[0]); row++)
			if (is_type(json_array_get(work->records, i), wholes[row].type))
				redact_whole(work, i, row);
}

/* ---- the alert ---- */

/* The line as the records have it, where they do: there its arguments have boundaries. */
static void redact_line(struct work *work, json_t *process)
{
	json_t *line = json_object_get(process, "command_line");
	struct redact_argument whole = {0};
	size_t length;

	if (!json_is_string(line))
		return;
	if (work->line.used > 0 && !work->line.failed) {
		if (!work->changed)
			return;
		length = work->line.used < COMMAND_LINE_MAX ? work->line.used : COMMAND_LINE_MAX;
		json_object_set_new(process, "command_line", text_to_json(work->line.data, length));
		return;
	}
	whole.length = json_string_length(line);
	whole.text = malloc(whole.length + 1);
	if (whole.text)
		memcpy(whole.text, json_string_value(line), whole.length);
	redact_arguments(work->settings->redact, &whole, 1, true);
	if (whole.changed || !whole.text) {
		work->changed = true;
		json_object_set_new(process, "command_line",
				    whole.text ? text_to_json(whole.text, whole.length)
					       : json_string(REDACT_MASK));
	}
	free(whole.text);
}

static void leave_out(struct work *work, json_t *process)
{
	for (size_t i = json_array_size(work->records); i-- > 0;) {
		const json_t *record = json_array_get(work->records, i);
		bool drop = is_type(record, "EXECVE");

		for (size_t row = 0; row < sizeof(wholes) / sizeof(wholes[0]); row++)
			drop |= is_type(record, wholes[row].type);
		if (drop) {
			json_array_remove(work->records, i);
			work->changed = true;
		}
	}
	if (json_is_string(json_object_get(process, "command_line"))) {
		json_object_set_new(process, "command_line", json_null());
		work->changed = true;
	}
}

void redact_alert(const struct settings *settings, json_t *alert)
{
	struct work work = {.settings = settings, .alert = alert};
	json_t *process = json_object_get(alert, "process");

	work.records = json_object_get(json_object_get(alert, "audit"), "records");
	switch (settings->command_line) {
	case COMMAND_LINE_FULL:
		return;
	case COMMAND_LINE_REDACTED:
		redact_execve(&work);
		redact_wholes(&work);
		redact_line(&work, process);
		break;
	case COMMAND_LINE_NONE:
		leave_out(&work, process);
		break;
	}
	free(work.line.data);
	if (work.changed)
		json_object_set_new(alert, "redacted", json_true());
}
