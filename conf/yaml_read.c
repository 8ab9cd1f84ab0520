/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/duration.h"
#include "common/text.h"

enum { WORDS_MAX = 64, WORDS_TEXT_MAX = 512, SHOWN_MAX = 80, SUGGESTION_MAX = 600 };

static const char *kind_word(const struct yaml_node *node)
{
	if (node->kind == YAML_MAPPING)
		return "a mapping";
	if (node->kind == YAML_SEQUENCE)
		return "a list";
	return node->plain && !node->text[0] ? "nothing" : "a single value";
}

int yaml_read_fail(const struct yaml_reader *reader, const struct yaml_node *node,
		   const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return yaml_doc_fail(reader->doc, node->place, reader->err, "%s", text);
}

bool yaml_is_word(const struct yaml_node *node, const char *word)
{
	return node->kind == YAML_SCALAR && node->plain && strcmp(node->text, word) == 0;
}

const struct yaml_pair *yaml_find(const struct yaml_node *mapping, const char *key)
{
	for (size_t i = 0; i < mapping->count; i++)
		if (strcmp(mapping->pairs[i].key, key) == 0)
			return &mapping->pairs[i];
	return NULL;
}

/* What was written, short enough for a message. */
static const char *shown(const char *text, char buf[SHOWN_MAX])
{
	text_to_line(text, strlen(text), buf, SHOWN_MAX);
	if (strlen(text) >= SHOWN_MAX)
		memcpy(buf + SHOWN_MAX - 4, "...", 4);
	return buf;
}

/* ", did you mean mode?" or "; it is one of: alert, observe" */
static char *suggest(const char *const *words, size_t count, const char *word,
		     char buf[SUGGESTION_MAX])
{
	const char *nearest = vocab_nearest(words, count, word);
	size_t used;

	if (nearest) {
		snprintf(buf, SUGGESTION_MAX, ", did you mean %s?", nearest);
		return buf;
	}
	used = (size_t)snprintf(buf, SUGGESTION_MAX, "; use %s", count > 1 ? "one of " : "");
	for (size_t i = 0; i < count && used < SUGGESTION_MAX; i++)
		used += (size_t)snprintf(buf + used, SUGGESTION_MAX - used, "%s%s", i ? ", " : "",
					 words[i]);
	return buf;
}

static int fail_unknown_key(const struct yaml_reader *reader, const struct yaml_pair *pair,
			    const struct yaml_fields *fields)
{
	const char *keys[WORDS_MAX];
	char suggestion[SUGGESTION_MAX], key[SHOWN_MAX];
	size_t count = 0;

	for (size_t i = 0; i < fields->count && count < WORDS_MAX; i++)
		if (fields->fields[i].read)
			keys[count++] = fields->fields[i].key;
	return yaml_doc_fail(reader->doc, pair->place, reader->err, "unknown key '%s' in %s%s",
			     shown(pair->key, key), fields->what,
			     suggest(keys, count, pair->key, suggestion));
}

static int read_pair(const struct yaml_reader *reader, const struct yaml_pair *pair,
		     const struct yaml_fields *fields, void *target)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct yaml_field *field = &fields->fields[i];

		if (strcmp(field->key, pair->key) != 0)
			continue;
		if (!field->read)
			return yaml_doc_fail(reader->doc, pair->place, reader->err,
					     "key '%s' is not supported by this version; remove it",
					     pair->key);
		if (pair->value->kind == YAML_SCALAR && pair->value->plain && !pair->value->text[0])
			return yaml_doc_fail(reader->doc, pair->place, reader->err,
					     "key '%s' has no value; give one or remove the key",
					     pair->key);
		return field->read(reader, pair->value, (char *)target + field->offset);
	}
	return fail_unknown_key(reader, pair, fields);
}

int yaml_read_mapping(const struct yaml_reader *reader, const struct yaml_node *node,
		      const struct yaml_fields *fields, void *target)
{
	if (node->kind != YAML_MAPPING)
		return yaml_read_fail(reader, node,
				      "%s where %s belongs: write a mapping of keys to values",
				      kind_word(node), fields->what);
	for (size_t i = 0; i < node->count; i++)
		if (read_pair(reader, &node->pairs[i], fields, target) < 0)
			return -1;
	return 0;
}

/* Other readers of YAML see a number, a truth value or nothing in these. */
static bool is_no_string(const struct yaml_node *node)
{
	static const char *const words[] = {"true",  "false", "null", "~",     "True",
					    "False", "Null",  "TRUE", "FALSE", "NULL"};
	char *end;

	if (!node->plain)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	if (!isdigit((unsigned char)node->text[strspn(node->text, "+-.")]))
		return false;
	(void)strtod(node->text, &end);
	return *end == '\0';
}

static int check_scalar(const struct yaml_reader *reader, const struct yaml_node *node,
			const char *wanted)
{
	if (node->kind != YAML_SCALAR || (node->plain && !node->text[0]))
		return yaml_read_fail(reader, node, "%s where %s belongs", kind_word(node), wanted);
	return 0;
}

int yaml_read_string(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	char text[SHOWN_MAX];

	if (check_scalar(reader, node, "a string") < 0)
		return -1;
	if (!node->text[0])
		return yaml_read_fail(reader, node,
				      "an empty string; give a value or remove the key");
	if (is_no_string(node))
		return yaml_read_fail(reader, node,
				      "'%s' is no string; put it in quotes if it is meant as one",
				      shown(node->text, text));
	*(char **)target = node->text;
	return 0;
}

int yaml_read_path(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	char text[SHOWN_MAX];

	if (yaml_read_string(reader, node, target) < 0)
		return -1;
	if (node->text[0] != '/')
		return yaml_read_fail(reader, node, "'%s' is no absolute path; start it with /",
				      shown(node->text, text));
	return 0;
}

int yaml_read_bool(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	char text[SHOWN_MAX];

	if (check_scalar(reader, node, "true or false") < 0)
		return -1;
	if (!yaml_is_word(node, "true") && !yaml_is_word(node, "false"))
		return yaml_read_fail(reader, node, "'%s' where true or false belongs",
				      shown(node->text, text));
	*(bool *)target = yaml_is_word(node, "true");
	return 0;
}

int yaml_read_duration(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	struct error cause;

	if (check_scalar(reader, node, "a duration such as 10s") < 0)
		return -1;
	if (duration_parse(node->text, target, &cause) < 0)
		return yaml_read_fail(reader, node, "%s", cause.text);
	return 0;
}

int yaml_read_number(const struct yaml_reader *reader, const struct yaml_node *node,
		     const int64_t range[2], int64_t *number)
{
	char *end, text[SHOWN_MAX];
	long long value;

	if (check_scalar(reader, node, "a number") < 0)
		return -1;
	errno = 0;
	value = strtoll(node->text, &end, 10);
	if (!node->plain || *end || !isdigit((unsigned char)node->text[0]) ||
	    (node->text[0] == '0' && node->text[1]))
		return yaml_read_fail(reader, node, "'%s' is no whole number",
				      shown(node->text, text));
	if (errno || value < range[0] || value > range[1])
		return yaml_read_fail(
			reader, node, "%s is out of range: from %lld to %lld are valid",
			shown(node->text, text), (long long)range[0], (long long)range[1]);
	*number = value;
	return 0;
}

int yaml_read_word(const struct yaml_reader *reader, const struct yaml_node *node,
		   const struct vocab *vocab, unsigned *value)
{
	char suggestion[SUGGESTION_MAX], text[SHOWN_MAX];
	int found;

	if (check_scalar(reader, node, "a word") < 0)
		return -1;
	found = vocab_value(vocab, node->text);
	if (found < 0)
		return yaml_read_fail(reader, node, "unknown word '%s'%s", shown(node->text, text),
				      suggest(vocab->words, vocab->count, node->text, suggestion));
	*value = (unsigned)found;
	return 0;
}

/* Every item of a list, or the value itself where one stands alone. */
static size_t list_count(const struct yaml_node *node)
{
	return node->kind == YAML_SEQUENCE ? node->count : 1;
}

static const struct yaml_node *list_item(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_SEQUENCE ? node->items[i] : node;
}

int yaml_read_words(const struct yaml_reader *reader, const struct yaml_node *node,
		    const struct vocab *vocab, uint32_t *bits)
{
	*bits = 0;
	for (size_t i = 0; i < list_count(node); i++) {
		unsigned value = 0;

		if (yaml_read_word(reader, list_item(node, i), vocab, &value) < 0)
			return -1;
		*bits |= (uint32_t)1 << value;
	}
	return 0;
}

int yaml_read_strings(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	struct string_list *list = target;

	list->count = list_count(node);
	if (list->count == 0)
		return yaml_read_fail(reader, node,
				      "an empty list; give a value or remove the key");
	list->items = arena_alloc(reader->arena, list->count, sizeof(*list->items));
	if (!list->items)
		return error_set(reader->err, "%s: out of memory", reader->doc->file);
	for (size_t i = 0; i < list->count; i++)
		if (yaml_read_string(reader, list_item(node, i), &list->items[i]) < 0)
			return -1;
	return 0;
}

/* "net_raw" was meant as cap_net_raw, and is more than a slip away from it. */
static const char *nearest_capability(const char *word)
{
	char with_prefix[SHOWN_MAX + 8];
	const char *words[CAPMASK_BITS];
	size_t count = 0;

	for (int i = 0; i < CAPMASK_BITS; i++)
		if (strncmp(capmask_name(i), "cap_", 4) == 0)
			words[count++] = capmask_name(i);
	snprintf(with_prefix, sizeof(with_prefix), "%s%s",
		 strncasecmp(word, "cap_", 4) == 0 ? "" : "cap_", word);
	for (char *c = with_prefix; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return vocab_nearest(words, count, with_prefix);
}

static int fail_unknown_capability(const struct yaml_reader *reader, const struct yaml_node *node,
				   const struct vocab *other_words)
{
	char text[SHOWN_MAX];
	const char *nearest;

	shown(node->text, text);
	nearest = vocab_nearest(other_words->words, other_words->count, text);
	if (!nearest)
		nearest = nearest_capability(text);
	if (nearest)
		return yaml_read_fail(reader, node, "unknown capability '%s', did you mean %s?",
				      text, nearest);
	return yaml_read_fail(
		reader, node,
		"unknown capability '%s'; use a name of capabilities(7) such as cap_net_raw", text);
}

int yaml_read_caps(const struct yaml_reader *reader, const struct yaml_node *node,
		   const struct vocab *other_words, capmask *mask)
{
	static const struct vocab none = {NULL, 0};

	*mask = 0;
	if (node->kind == YAML_MAPPING)
		return yaml_read_fail(reader, node,
				      "a mapping where a list of capabilities belongs");
	for (size_t i = 0; i < list_count(node); i++) {
		const struct yaml_node *item = list_item(node, i);
		int bit;

		if (check_scalar(reader, item, "a capability") < 0)
			return -1;
		if (capmask_bit_from_name(item->text, &bit) < 0)
			return fail_unknown_capability(
				reader, item, node->kind == YAML_SEQUENCE ? &none : other_words);
		*mask |= CAPMASK_BIT(bit);
	}
	return 0;
}
