/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/plan_merge.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "cli/plan_yaml.h"

/* Text to be put in at a place; both in bytes of the old text. */
struct edit {
	size_t at, length; /* length: of the old text that it replaces */
	char *text;
	size_t order; /* of two at one place the earlier made comes first */
};

struct merging {
	const struct plan *plan;
	const char *file, *text;
	size_t size;
	yaml_document_t document;
	struct edit *edits;
	size_t count;
	bool failed; /* out of memory */
};

/* ---- places ---- */

/* libyaml counts characters, not bytes. */
static size_t offset_of(const struct merging *merging, size_t characters)
{
	size_t at = 0;

	for (; characters > 0 && at < merging->size; characters--) {
		at++;
		while (at < merging->size && ((unsigned char)merging->text[at] & 0xc0) == 0x80)
			at++;
	}
	return at;
}

static size_t start_of(const struct merging *merging, const yaml_node_t *node)
{
	return offset_of(merging, node->start_mark.index);
}

/* The byte after a node in one line ("[a, b]"): behind its last character. */
static size_t end_of(const struct merging *merging, const yaml_node_t *node)
{
	return offset_of(merging, node->end_mark.index);
}

static size_t line_start(const struct merging *merging, size_t at)
{
	while (at > 0 && merging->text[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct merging *merging, size_t at)
{
	while (at < merging->size && merging->text[at] != '\n')
		at++;
	return at;
}

static int column_of(const yaml_node_t *node)
{
	return (int)node->start_mark.column;
}

static yaml_node_t *node_at(struct merging *merging, int index)
{
	return yaml_document_get_node(&merging->document, index);
}

static bool is_block(const yaml_node_t *node)
{
	if (node->type == YAML_MAPPING_NODE)
		return node->data.mapping.style == YAML_BLOCK_MAPPING_STYLE;
	return node->type == YAML_SEQUENCE_NODE &&
	       node->data.sequence.style == YAML_BLOCK_SEQUENCE_STYLE;
}

static const char *word_of(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static yaml_node_t *value_of(struct merging *merging, const yaml_node_t *mapping, const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++)
		if (strcmp(word_of(node_at(merging, pair->key)), key) == 0)
			return node_at(merging, pair->value);
	return NULL;
}

/* The last line that belongs to the node: the start of the last scalar below it. */
static size_t last_line(struct merging *merging, const yaml_node_t *node)
{
	const yaml_node_t *last = NULL;

	if (node->type == YAML_MAPPING_NODE && is_block(node) &&
	    node->data.mapping.pairs.top > node->data.mapping.pairs.start)
		last = node_at(merging, node->data.mapping.pairs.top[-1].value);
	if (node->type == YAML_SEQUENCE_NODE && is_block(node) &&
	    node->data.sequence.items.top > node->data.sequence.items.start)
		last = node_at(merging, node->data.sequence.items.top[-1]);
	if (last)
		return last_line(merging, last);
	return line_end(merging, end_of(merging, node) > start_of(merging, node)
					 ? end_of(merging, node) - 1
					 : start_of(merging, node));
}

/* ---- edits ---- */

static void put(struct merging *merging, size_t at, size_t length, char *text)
{
	struct edit *grown = realloc(merging->edits, (merging->count + 1) * sizeof(*grown));

	if (!grown || !text) {
		free(text);
		merging->failed = true;
		merging->edits = grown ? grown : merging->edits;
		return;
	}
	merging->edits = grown;
	grown[merging->count] = (struct edit){at, length, text, merging->count};
	merging->count++;
}

struct writing {
	FILE *out;
	char *text;
	size_t size;
};

static bool begin_writing(struct merging *merging, struct writing *writing)
{
	writing->out = open_memstream(&writing->text, &writing->size);
	merging->failed |= !writing->out;
	return writing->out != NULL;
}

static void put_written(struct merging *merging, size_t at, struct writing *writing)
{
	if (fclose(writing->out) != 0) {
		free(writing->text);
		writing->text = NULL;
	}
	put(merging, at, 0, writing->text);
}

/* Evidence of ours at a line's end gives way to the new one; a person's comment stays. */
static void renew_evidence(struct merging *merging, const yaml_node_t *item, const json_t *evidence)
{
	size_t from = end_of(merging, item), to = line_end(merging, from);
	const char *mark = memmem(merging->text + from, to - from, PLAN_YAML_MARK,
				  strlen(PLAN_YAML_MARK));
	struct writing writing;
	size_t at;

	if (!mark || !begin_writing(merging, &writing))
		return;
	at = (size_t)(mark - merging->text);
	while (at > from && merging->text[at - 1] == ' ')
		at--;
	plan_yaml_evidence(merging->plan, evidence, writing.out);
	if (fclose(writing.out) != 0)
		merging->failed = true;
	else
		put(merging, at, to - at, writing.text);
}

/* ---- a list ---- */

static const yaml_node_t *find_item(struct merging *merging, const yaml_node_t *list,
				    const char *word)
{
	for (const yaml_node_item_t *item = list->data.sequence.items.start;
	     item < list->data.sequence.items.top; item++)
		if (strcmp(word_of(node_at(merging, *item)), word) == 0)
			return node_at(merging, *item);
	return NULL;
}

static void add_to_block_list(struct merging *merging, const yaml_node_t *list, const char *word,
			      const json_t *evidence)
{
	struct writing writing;

	if (!begin_writing(merging, &writing))
		return;
	fprintf(writing.out, "\n%*s- %s", column_of(list), "", word);
	plan_yaml_evidence(merging->plan, evidence, writing.out);
	put_written(merging, last_line(merging, list), &writing);
}

static void add_to_flow_list(struct merging *merging, const yaml_node_t *list, const char *word)
{
	bool empty = list->data.sequence.items.top == list->data.sequence.items.start;
	struct writing writing;

	if (!begin_writing(merging, &writing))
		return;
	fprintf(writing.out, "%s%s", empty ? "" : ", ", word);
	put_written(merging, end_of(merging, list) - 1, &writing);
}

/* One word in the place of a list of one. */
static void make_list(struct merging *merging, const yaml_node_t *scalar, const json_t *words)
{
	struct writing writing;
	json_t *word;
	size_t i;

	if (!begin_writing(merging, &writing))
		return;
	json_array_foreach(words, i, word)
	{
		if (strcmp(word_of(scalar), json_string_value(word)) != 0)
			fprintf(writing.out, ", %s", json_string_value(word));
	}
	fputc(']', writing.out);
	put_written(merging, end_of(merging, scalar), &writing);
	put(merging, start_of(merging, scalar), 0, strdup("["));
}

static void extend_list(struct merging *merging, const yaml_node_t *list,
			const json_t *evidence_by_word)
{
	json_t *words = plan_yaml_words(evidence_by_word), *word;
	size_t i;

	if (list->type == YAML_SCALAR_NODE) {
		/* all and same hold what there is */
		if (strcmp(word_of(list), "all") != 0 && strcmp(word_of(list), "same") != 0)
			make_list(merging, list, words);
		json_decref(words);
		return;
	}
	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);
		const json_t *evidence = json_object_get(evidence_by_word, text);
		const yaml_node_t *item = find_item(merging, list, text);

		if (item)
			renew_evidence(merging, item, evidence);
		else if (is_block(list))
			add_to_block_list(merging, list, text, evidence);
		else
			add_to_flow_list(merging, list, text);
	}
	json_decref(words);
}

/* ---- a mapping ---- */

/* "key: value" in one line, for a mapping in braces. */
static void write_flow_key(const struct plan_grant *grants, enum plan_key key, FILE *out)
{
	json_t *words, *word;
	size_t i;

	fprintf(out, "%s: ", plan_key_words[key]);
	if (key == PLAN_SETUID || key == PLAN_USERNS || json_object_get(grants->keys[key], "all")) {
		fputs(key == PLAN_DENIED ? "all" : "true", out);
		return;
	}
	words = plan_yaml_words(grants->keys[key]);
	json_array_foreach(words, i, word)
		fprintf(out, "%s%s", i > 0 ? ", " : "[", json_string_value(word));
	fputc(']', out);
	json_decref(words);
}

/* Before the closing brace, or as lines below the last one. */
static void add_to_mapping(struct merging *merging, const yaml_node_t *mapping, const char *flow,
			   const char *block)
{
	bool empty = mapping->data.mapping.pairs.top == mapping->data.mapping.pairs.start;
	struct writing writing;

	if (!begin_writing(merging, &writing))
		return;
	if (is_block(mapping)) {
		fprintf(writing.out, "\n%.*s", (int)(strlen(block) - 1), block);
		put_written(merging, last_line(merging, mapping), &writing);
		return;
	}
	fprintf(writing.out, "%s%s", empty ? "" : ", ", flow);
	put_written(merging, end_of(merging, mapping) - 1, &writing);
}

struct forms {
	char *flow, *block;
};

static void write_key(const struct merging *merging, const struct plan_grant *grants,
		      enum plan_key key, int indent, struct forms *forms)
{
	size_t size;
	FILE *flow = open_memstream(&forms->flow, &size), *block;

	if (flow) {
		write_flow_key(grants, key, flow);
		fclose(flow);
	}
	block = open_memstream(&forms->block, &size);
	if (block) {
		plan_yaml_key(merging->plan, grants, key, indent, block);
		fclose(block);
	}
}

static void add_key(struct merging *merging, const yaml_node_t *mapping,
		    const struct plan_grant *grants, enum plan_key key)
{
	struct forms forms = {NULL, NULL};

	write_key(merging, grants, key, column_of(mapping), &forms);
	if (forms.flow && forms.block)
		add_to_mapping(merging, mapping, forms.flow, forms.block);
	else
		merging->failed = true;
	free(forms.flow);
	free(forms.block);
}

static void merge_grant_keys(struct merging *merging, const yaml_node_t *mapping,
			     const struct plan_grant *grants)
{
	for (int key = 0; key < PLAN_KEYS; key++) {
		const yaml_node_t *value = value_of(merging, mapping, plan_key_words[key]);

		if (!grants->keys[key])
			continue;
		if (!value)
			add_key(merging, mapping, grants, (enum plan_key)key);
		else if (key == PLAN_SETUID || key == PLAN_USERNS)
			renew_evidence(merging, value, json_object_get(grants->keys[key], "true"));
		else
			extend_list(merging, value, grants->keys[key]);
	}
}

static void write_phase(const struct merging *merging, const struct plan_grant *grants,
			const char *phase, int indent, struct forms *forms)
{
	size_t size;
	FILE *flow = open_memstream(&forms->flow, &size), *block;
	const char *between = "";

	if (flow) {
		fprintf(flow, "%s: {", phase);
		for (int key = 0; key < PLAN_KEYS; key++) {
			if (!grants->keys[key])
				continue;
			fputs(between, flow);
			write_flow_key(grants, (enum plan_key)key, flow);
			between = ", ";
		}
		fputc('}', flow);
		fclose(flow);
	}
	block = open_memstream(&forms->block, &size);
	if (block) {
		fprintf(block, "%*s%s:\n", indent, "", phase);
		plan_yaml_grant(merging->plan, grants, indent + 2, block);
		fclose(block);
	}
}

static bool is_empty(const struct plan_grant *grants)
{
	for (int key = 0; key < PLAN_KEYS; key++)
		if (grants->keys[key])
			return false;
	return true;
}

static void merge_phase(struct merging *merging, const yaml_node_t *entry, const char *phase,
			const struct plan_grant *grants)
{
	const yaml_node_t *mapping = value_of(merging, entry, phase);
	struct forms forms = {NULL, NULL};

	if (is_empty(grants))
		return;
	if (mapping && mapping->type == YAML_MAPPING_NODE) {
		merge_grant_keys(merging, mapping, grants);
		return;
	}
	write_phase(merging, grants, phase, column_of(entry), &forms);
	if (forms.flow && forms.block)
		add_to_mapping(merging, entry, forms.flow, forms.block);
	else
		merging->failed = true;
	free(forms.flow);
	free(forms.block);
}

/* ---- entries ---- */

static yaml_node_t *services_of(struct merging *merging)
{
	yaml_node_t *root = yaml_document_get_root_node(&merging->document);

	return root ? value_of(merging, root, "services") : NULL;
}

static const yaml_node_t *find_entry(struct merging *merging, const char *name)
{
	const yaml_node_t *services = services_of(merging);

	if (!services || services->type != YAML_SEQUENCE_NODE)
		return NULL;
	for (const yaml_node_item_t *item = services->data.sequence.items.start;
	     item < services->data.sequence.items.top; item++) {
		const yaml_node_t *entry = node_at(merging, *item);

		if (strcmp(word_of(value_of(merging, entry, "name")), name) == 0)
			return entry;
	}
	return NULL;
}

static void merge_entry(struct merging *merging, const struct plan_entry *entry, FILE *added)
{
	const yaml_node_t *present = entry->extends ? find_entry(merging, entry->name) : NULL;

	if (!present) {
		fputc('\n', added);
		plan_yaml_entry(merging->plan, entry, added);
		return;
	}
	merge_phase(merging, present, "start", &entry->start);
	merge_phase(merging, present, "running", &entry->running);
}

/* Lines that are indented by two, as a list that is indented otherwise has them; each begins with
 * its newline, as what is put behind a line does. */
static void write_lines(const char *text, int indent, FILE *out)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		fputc('\n', out);
		if (end > text + 2)
			fprintf(out, "%*s%.*s", indent, "", (int)(end - text - 2), text + 2);
	}
}

static void add_entries(struct merging *merging, const char *added)
{
	yaml_node_t *services = services_of(merging);
	struct writing writing;
	size_t at = merging->size;

	if (!*added || !begin_writing(merging, &writing))
		return;
	if (services && services->type == YAML_SEQUENCE_NODE && is_block(services)) {
		write_lines(added, column_of(services), writing.out);
		at = last_line(merging, services);
	} else {
		if (at > 0 && merging->text[at - 1] != '\n')
			fputc('\n', writing.out);
		fprintf(writing.out, "services:%s", added);
	}
	put_written(merging, at, &writing);
	/* "services: []" has no place for any */
	if (services && !is_block(services))
		put(merging, line_start(merging, start_of(merging, services)),
		    line_end(merging, start_of(merging, services)) -
			    line_start(merging, start_of(merging, services)),
		    strdup(""));
}

/* ---- the whole ---- */

static int by_place(const void *a, const void *b)
{
	const struct edit *one = a, *other = b;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

static char *apply(struct merging *merging)
{
	struct writing writing;
	size_t at = 0;

	if (!begin_writing(merging, &writing))
		return NULL;
	if (merging->count > 0)
		qsort(merging->edits, merging->count, sizeof(struct edit), by_place);
	for (size_t i = 0; i < merging->count; i++) {
		const struct edit *edit = &merging->edits[i];

		if (edit->at > at)
			fwrite(merging->text + at, 1, edit->at - at, writing.out);
		fputs(edit->text, writing.out);
		at = edit->at + edit->length > at ? edit->at + edit->length : at;
	}
	fwrite(merging->text + at, 1, merging->size - at, writing.out);
	if (fclose(writing.out) == 0)
		return writing.text;
	free(writing.text);
	return NULL;
}

/* What it extends lies in a file beside this one, where nothing may be given twice. */
static int check_places(const struct merging *merging, struct error *err)
{
	const char *slash = strrchr(merging->file, '/');
	size_t folder = slash ? (size_t)(slash - merging->file) + 1 : 0;

	for (size_t i = 0; i < merging->plan->count; i++) {
		const struct baseline_entry *extends = merging->plan->entries[i].extends;

		if (extends && folder > 0 && strcmp(extends->file, merging->file) != 0 &&
		    strncmp(extends->file, merging->file, folder) == 0 &&
		    !strchr(extends->file + folder, '/'))
			return error_set(err,
					 "%s:%u: entry %s lacks something, and lies in the same "
					 "folder: merge into that file first",
					 extends->file, extends->line, extends->name);
	}
	return 0;
}

static char *merge(struct merging *merging, struct error *err)
{
	struct writing added;
	char *text = NULL;

	if (check_places(merging, err) < 0 || !begin_writing(merging, &added))
		return NULL;
	for (size_t i = 0; i < merging->plan->count; i++)
		merge_entry(merging, &merging->plan->entries[i], added.out);
	if (fclose(added.out) == 0)
		add_entries(merging, added.text);
	free(added.text);
	if (!merging->failed)
		text = apply(merging);
	if (!text)
		error_set(err, "out of memory");
	return text;
}

static int load(struct merging *merging, yaml_parser_t *parser, struct error *err)
{
	yaml_parser_set_input_string(parser, (const unsigned char *)merging->text, merging->size);
	if (yaml_parser_load(parser, &merging->document))
		return 0;
	return error_set(err, "%s:%zu:%zu: %s", merging->file, parser->problem_mark.line + 1,
			 parser->problem_mark.column + 1,
			 parser->problem ? parser->problem : "no YAML");
}

char *plan_merge(const struct plan *plan, const char *file, const char *text, struct error *err)
{
	struct merging merging = {.plan = plan, .file = file, .text = text, .size = strlen(text)};
	yaml_parser_t parser;
	char *merged = NULL;

	if (!yaml_parser_initialize(&parser)) {
		error_set(err, "out of memory");
		return NULL;
	}
	if (load(&merging, &parser, err) == 0) {
		merged = merge(&merging, err);
		yaml_document_delete(&merging.document);
	}
	yaml_parser_delete(&parser);
	for (size_t i = 0; i < merging.count; i++)
		free(merging.edits[i].text);
	free(merging.edits);
	return merged;
}
