/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum {
	KEY_MAX = 64,
	TITLE_MAX = 64,
	GAINED_MAX = 2048, /* all capabilities there are, by name */
	LINE_MAX_BYTES = 4096,
	CAP_NAME_MAX = 64,
};

const json_t *fields_find(const json_t *root, const char *path)
{
	const char *dot = strchr(path, '.');
	char key[KEY_MAX];
	const json_t *found;

	if (dot) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		found = json_object_get(root, key);
		return json_is_object(found) ? fields_find(found, dot + 1) : NULL;
	}
	found = json_object_get(root, path);
	return json_is_null(found) ? NULL : found;
}

const char *fields_text(const json_t *root, const char *path)
{
	return json_string_value(fields_find(root, path));
}

int64_t fields_time(const json_t *root, const char *path)
{
	return text_time_value(fields_text(root, path));
}

int fields_word(const json_t *root, const char *path, const struct vocab *vocab)
{
	const char *word = fields_text(root, path);

	return word ? vocab_value(vocab, word) : -1;
}

bool fields_is_heartbeat(const json_t *root)
{
	static const char prefix[] = "capwatch.heartbeat/";
	const char *schema = fields_text(root, "schema");

	return schema && strncmp(schema, prefix, sizeof(prefix) - 1) == 0;
}

void fields_title(const json_t *root, struct text_out *title)
{
	int reason = fields_word(root, "reason", &vocab_reason);
	char text[TITLE_MAX];

	if (reason < 0) {
		text_out_text(title, fields_is_heartbeat(root) ? "Heartbeat" : "Finding");
		return;
	}
	snprintf(text, sizeof(text), "%s", vocab_word(&vocab_reason, (unsigned)reason));
	text[0] = (char)toupper((unsigned char)text[0]);
	for (char *c = text; *c; c++)
		*c = *c == '-' ? ' ' : *c;
	text_out_text(title, text);
}

/* ---- what was gained ---- */

static const char *const set_names[] = {"effective", "permitted", "inheritable", "ambient"};

enum { SETS = sizeof(set_names) / sizeof(set_names[0]) };

static const json_t *gained_in(const json_t *root, const char *set)
{
	const json_t *sets = fields_find(root, "capabilities");
	const json_t *gained = json_object_get(json_object_get(sets, set), "gained");

	return json_array_size(gained) > 0 ? gained : NULL;
}

static bool is_in(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));

		if (item && strcmp(item, word) == 0)
			return true;
	}
	return false;
}

static bool is_in_earlier(const json_t *root, size_t set, const char *word)
{
	for (size_t before = 0; before < set; before++)
		if (is_in(gained_in(root, set_names[before]), word))
			return true;
	return false;
}

void fields_list_gained(const json_t *root, struct text_out *list)
{
	for (size_t set = 0; set < SETS; set++) {
		const json_t *gained = gained_in(root, set_names[set]);

		for (size_t i = 0; i < json_array_size(gained); i++) {
			const char *word = json_string_value(json_array_get(gained, i));

			if (word && !is_in_earlier(root, set, word))
				text_out_word(list, word);
		}
	}
}

void fields_list_sets(const json_t *root, struct text_out *list)
{
	for (size_t set = 0; set < SETS; set++)
		if (gained_in(root, set_names[set]))
			text_out_word(list, set_names[set]);
}

/* ---- tables ---- */

void fields_set(json_t *object, const char *path, json_t *value)
{
	const char *dot = strchr(path, '.');
	char key[KEY_MAX];
	json_t *inner;

	if (!value)
		return;
	if (!dot) {
		json_object_set_new(object, path, value);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
	inner = json_object_get(object, key);
	if (!json_is_object(inner)) {
		inner = json_object();
		json_object_set_new(object, key, inner);
	}
	fields_set(inner, dot + 1, value);
}

static json_t *value_of(const struct field_row *row, const json_t *root)
{
	const json_t *value = row->from ? fields_find(root, row->from) : NULL;

	if (row->from && !value)
		return NULL;
	if (row->text)
		return json_string(row->text);
	if (row->make)
		return row->make(root, value);
	return json_incref((json_t *)value);
}

void fields_fill(json_t *object, const struct field_row *rows, size_t count, const json_t *root)
{
	for (size_t i = 0; i < count; i++)
		fields_set(object, rows[i].to, value_of(&rows[i], root));
}

json_t *fields_make_text(const json_t *root, const json_t *value)
{
	char number[24];

	(void)root;
	if (!json_is_integer(value))
		return NULL;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_string(number);
}

json_t *fields_make_ms(const json_t *root, const json_t *value)
{
	int64_t time = text_time_value(json_string_value(value));

	(void)root;
	return time < 0 ? NULL : json_integer(time);
}

json_t *fields_make_line(const json_t *root, const json_t *value)
{
	char line[LINE_MAX_BYTES] = "";
	struct text_out out = {line, 0, sizeof(line)};

	if (json_is_integer(value))
		return fields_make_text(root, value);
	if (!json_is_string(value) || json_string_length(value) == 0)
		return NULL;
	text_out_escaped(&out, json_string_value(value), json_string_length(value),
			 (struct text_form){sizeof(line) - 1, text_escape_for_people});
	return json_stringn(line, out.used);
}

json_t *fields_make_upper(const json_t *root, const json_t *value)
{
	json_t *list;

	(void)root;
	if (!json_is_array(value))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *name = json_string_value(json_array_get(value, i));
		char upper[CAP_NAME_MAX];
		size_t length = 0;

		for (; name && name[length] && length < sizeof(upper) - 1; length++)
			upper[length] = (char)toupper((unsigned char)name[length]);
		if (length > 0)
			json_array_append_new(list, json_stringn(upper, length));
	}
	return list;
}

json_t *fields_make_file_name(const json_t *root, const json_t *value)
{
	const char *path = json_string_value(value);
	size_t length = json_string_length(value), start = length;

	(void)root;
	while (start > 0 && path[start - 1] != '/')
		start--;
	if (start == length)
		return length ? json_incref((json_t *)value) : NULL;
	return json_stringn(path + start, length - start);
}

json_t *fields_make_title(const json_t *root, const json_t *value)
{
	char text[TITLE_MAX] = "";
	struct text_out out = {text, 0, sizeof(text)};

	(void)value;
	fields_title(root, &out);
	return json_string(text);
}

json_t *fields_make_gained(const json_t *root, const json_t *value)
{
	char text[GAINED_MAX] = "";
	struct text_out out = {text, 0, sizeof(text)};

	(void)value;
	fields_list_gained(root, &out);
	return out.used ? json_stringn(text, out.used) : NULL;
}
