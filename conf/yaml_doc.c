/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_doc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/text.h"

struct builder {
	struct arena *arena;
	struct yaml_doc *doc;
	struct error *err;
	yaml_parser_t parser;
	unsigned depth, nodes;
	size_t end; /* of the collection that ended last */
};

/* The items of a mapping or sequence while their number is not known. */
struct pending {
	struct pending *next;
	struct yaml_pair pair;
};

int yaml_doc_fail(const struct yaml_doc *doc, struct yaml_place place, struct error *err,
		  const char *format, ...)
{
	char text[ERROR_TEXT_MAX], line[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_to_line(text, strlen(text), line, sizeof(line));
	return error_set(err, "%s:%u:%u: %s", doc->file, place.line, place.column, line);
}

static struct yaml_place place_of(const yaml_mark_t *mark)
{
	return (struct yaml_place){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

static int no_memory(struct builder *b)
{
	return error_set(b->err, "%s: out of memory", b->doc->file);
}

/* libyaml's reader knows only the byte where it stopped. */
static struct yaml_place place_of_byte(const struct yaml_doc *doc, size_t offset)
{
	struct yaml_place place = {1, 1};

	for (size_t i = 0; i < offset && i < doc->text.length; i++) {
		unsigned char c = (unsigned char)doc->text.bytes[i];

		if (c == '\n')
			place = (struct yaml_place){place.line + 1, 1};
		else if ((c & 0xc0) != 0x80) /* where a character of UTF-8 starts */
			place.column++;
	}
	return place;
}

static int fail_syntax(struct builder *b)
{
	const yaml_parser_t *parser = &b->parser;
	const char *problem = parser->problem ? parser->problem : "syntax error";

	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(b);
	if (parser->error == YAML_READER_ERROR)
		return yaml_doc_fail(b->doc, place_of_byte(b->doc, parser->problem_offset), b->err,
				     "not valid YAML: %s; remove the character", problem);
	return yaml_doc_fail(b->doc, place_of(&parser->problem_mark), b->err,
			     "not valid YAML: %s%s%s%s", problem, parser->context ? " (" : "",
			     parser->context ? parser->context : "", parser->context ? ")" : "");
}

static int next_event(struct builder *b, yaml_event_t *event)
{
	if (!yaml_parser_parse(&b->parser, event))
		return fail_syntax(b);
	return 0;
}

static int refuse(struct builder *b, const yaml_event_t *event, const char *what)
{
	return yaml_doc_fail(b->doc, place_of(&event->start_mark), b->err, "%s", what);
}

/* What of YAML we don't take: it hides what is meant, or grows without bound. */
static int check_properties(struct builder *b, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return refuse(b, event, "aliases (*name) are not supported; write the value out");
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		return refuse(b, event, "anchors (&name) are not supported; remove it");
	if (tag)
		return refuse(b, event,
			      "tags (!name) are not supported; remove it, or quote the value");
	if (++b->nodes > YAML_NODES_MAX)
		return refuse(b, event, "more values than one file may have; split it");
	return 0;
}

static int copy_scalar(struct builder *b, const yaml_event_t *event, char **text)
{
	const char *value = (const char *)event->data.scalar.value;

	if (strlen(value) != event->data.scalar.length)
		return refuse(b, event, "a value with a NUL character in it; remove that");
	*text = arena_copy(b->arena, value, event->data.scalar.length);
	return *text ? 0 : no_memory(b);
}

static int build_node(struct builder *b, const yaml_event_t *event, struct yaml_node **made);

static int build_value(struct builder *b, struct yaml_node **made)
{
	yaml_event_t event;
	int result;

	if (next_event(b, &event) < 0)
		return -1;
	result = build_node(b, &event, made);
	yaml_event_delete(&event);
	return result;
}

static struct pending *add_pending(struct builder *b, struct pending **last)
{
	struct pending *item = arena_alloc(b->arena, 1, sizeof(*item));

	if (!item) {
		no_memory(b);
		return NULL;
	}
	if (*last)
		(*last)->next = item;
	*last = item;
	return item;
}

/* Sets *ended at the end of the sequence. */
static int build_item(struct builder *b, struct pending *item, bool *ended)
{
	yaml_event_t event;
	int result = 0;

	if (next_event(b, &event) < 0)
		return -1;
	b->end = event.end_mark.index;
	if (event.type == YAML_SEQUENCE_END_EVENT)
		*ended = true;
	else
		result = build_node(b, &event, &item->pair.value);
	yaml_event_delete(&event);
	return result;
}

static int build_sequence(struct builder *b, struct yaml_node *node)
{
	struct pending first = {0}, *last = &first, *item;
	size_t i = 0;
	bool ended = false;

	for (;;) {
		item = add_pending(b, &last);
		if (!item || build_item(b, item, &ended) < 0)
			return -1;
		if (ended)
			break;
		node->count++;
	}
	node->items = arena_alloc(b->arena, node->count + 1, sizeof(*node->items));
	if (!node->items)
		return no_memory(b);
	for (item = first.next; i < node->count; item = item->next)
		node->items[i++] = item->pair.value;
	return 0;
}

static int build_key(struct builder *b, const yaml_event_t *event, struct yaml_pair *pair)
{
	if (check_properties(b, event) < 0)
		return -1;
	if (event->type != YAML_SCALAR_EVENT)
		return refuse(b, event, "a key must be a word, not a list or mapping");
	pair->place = place_of(&event->start_mark);
	return copy_scalar(b, event, &pair->key);
}

static int build_pair(struct builder *b, struct pending *item, bool *ended)
{
	yaml_event_t event;
	int result = 0;

	if (next_event(b, &event) < 0)
		return -1;
	b->end = event.end_mark.index;
	if (event.type == YAML_MAPPING_END_EVENT)
		*ended = true;
	else
		result = build_key(b, &event, &item->pair);
	yaml_event_delete(&event);
	if (result < 0 || *ended)
		return result;
	return build_value(b, &item->pair.value);
}

static int check_key_is_new(struct builder *b, const struct pending *first,
			    const struct yaml_pair *pair)
{
	for (const struct pending *other = first; &other->pair != pair; other = other->next)
		if (strcmp(other->pair.key, pair->key) == 0)
			return yaml_doc_fail(
				b->doc, pair->place, b->err,
				"key '%s' is given twice, first in line %u; remove one of them",
				pair->key, other->pair.place.line);
	return 0;
}

static int build_mapping(struct builder *b, struct yaml_node *node)
{
	struct pending first = {0}, *last = &first, *item;
	size_t i = 0;
	bool ended = false;

	for (;;) {
		item = add_pending(b, &last);
		if (!item || build_pair(b, item, &ended) < 0)
			return -1;
		if (ended)
			break;
		if (++node->count > YAML_KEYS_MAX)
			return yaml_doc_fail(b->doc, item->pair.place, b->err,
					     "more than %d keys in one mapping", YAML_KEYS_MAX);
		if (check_key_is_new(b, first.next, &item->pair) < 0)
			return -1;
	}
	node->pairs = arena_alloc(b->arena, node->count + 1, sizeof(*node->pairs));
	if (!node->pairs)
		return no_memory(b);
	for (item = first.next; i < node->count; item = item->next)
		node->pairs[i++] = item->pair;
	return 0;
}

static bool is_block(const yaml_event_t *event)
{
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return event->data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE;
	return event->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE;
}

static int build_content(struct builder *b, const yaml_event_t *event, struct yaml_node *node)
{
	int result;

	if (event->type == YAML_SCALAR_EVENT) {
		node->kind = YAML_SCALAR;
		node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		node->to = event->end_mark.index;
		return copy_scalar(b, event, &node->text);
	}
	if (b->depth >= YAML_DEPTH_MAX)
		return refuse(b, event, "nested too deeply");
	b->depth++;
	node->kind = event->type == YAML_SEQUENCE_START_EVENT ? YAML_SEQUENCE : YAML_MAPPING;
	node->block = is_block(event);
	result = node->kind == YAML_SEQUENCE ? build_sequence(b, node) : build_mapping(b, node);
	node->to = b->end;
	b->depth--;
	return result;
}

static int build_node(struct builder *b, const yaml_event_t *event, struct yaml_node **made)
{
	if (check_properties(b, event) < 0)
		return -1;
	*made = arena_alloc(b->arena, 1, sizeof(**made));
	if (!*made)
		return no_memory(b);
	(*made)->place = place_of(&event->start_mark);
	(*made)->from = event->start_mark.index;
	return build_content(b, event, *made);
}

/* The events around the content: stream and document start, and their ends. */
static int build_document(struct builder *b)
{
	bool ended = false;
	int result = 0;

	while (result == 0 && !ended) {
		yaml_event_t event;

		if (next_event(b, &event) < 0)
			return -1;
		ended = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && b->doc->root)
			result = refuse(b, &event, "a second document; one file holds one");
		else if (event.type == YAML_DOCUMENT_START_EVENT)
			result = build_value(b, &b->doc->root);
		yaml_event_delete(&event);
	}
	return result;
}

/* Before libyaml, whose message would not name the byte. */
static int check_utf8(const struct yaml_doc *doc, struct error *err)
{
	const struct file_text *text = &doc->text;

	for (size_t i = 0; i < text->length;) {
		size_t size = text_utf8_size(text->bytes + i, text->length - i);

		if (size == 0)
			return yaml_doc_fail(
				doc, place_of_byte(doc, i), err,
				"byte 0x%02x is not valid UTF-8; save the file as UTF-8",
				(unsigned char)text->bytes[i]);
		i += size;
	}
	return 0;
}

/* YAML forbids tabs there, but libyaml's message speaks of tokens. */
static int check_tabs(const struct yaml_doc *doc, struct error *err)
{
	struct yaml_place place = {1, 1};
	bool indent = true;

	for (size_t i = 0; i < doc->text.length; i++) {
		char c = doc->text.bytes[i];

		if (indent && c == '\t')
			return yaml_doc_fail(doc, place, err,
					     "a tab in the indentation; use spaces");
		place.column++;
		if (c != ' ')
			indent = false;
		if (c == '\n') {
			place = (struct yaml_place){place.line + 1, 1};
			indent = true;
		}
	}
	return 0;
}

static int parse(struct builder *b)
{
	int result;

	if (!yaml_parser_initialize(&b->parser))
		return no_memory(b);
	yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b->parser, (const unsigned char *)b->doc->text.bytes,
				     b->doc->text.length);
	result = build_document(b);
	yaml_parser_delete(&b->parser);
	return result;
}

/* Nothing but comments: libyaml gives no document, and for a lone "---" an empty scalar. */
static void drop_empty_root(struct yaml_doc *doc)
{
	if (doc->root && doc->root->kind == YAML_SCALAR && doc->root->plain && !doc->root->text[0])
		doc->root = NULL;
}

int yaml_doc_load(struct arena *arena, const char *file, struct yaml_doc *doc, struct error *err)
{
	struct builder b = {.arena = arena, .doc = doc, .err = err};

	*doc = (struct yaml_doc){0};
	doc->file = arena_copy(arena, file, strlen(file));
	if (!doc->file)
		return error_set(err, "%s: out of memory", file);
	if (files_read(arena, file, &doc->text, err) < 0)
		return -1;
	if (check_utf8(doc, err) < 0 || check_tabs(doc, err) < 0 || parse(&b) < 0)
		return -1;
	drop_empty_root(doc);
	return 0;
}
