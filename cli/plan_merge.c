/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/plan_merge.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/plan_yaml.h"
#include "cli/trial_baseline.h"
#include "conf/yaml_doc.h"

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
	struct yaml_doc doc;
	struct edit *edits;
	size_t count;
	bool failed; /* out of memory */
};

/* ---- places ---- */

/* Nodes count characters, not bytes. */
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

static size_t start_of(const struct merging *merging, const struct yaml_node *node)
{
	return offset_of(merging, node->from);
}

/* The byte behind a scalar, or a collection in brackets. */
static size_t end_of(const struct merging *merging, const struct yaml_node *node)
{
	return offset_of(merging, node->to);
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

static int column_of(const struct yaml_node *node)
{
	return (int)node->place.column - 1;
}

static bool is_word(const struct yaml_node *node, const char *word)
{
	return node && node->kind == YAML_SCALAR && strcmp(node->text, word) == 0;
}

static const struct yaml_node *value_of(const struct yaml_node *mapping, const char *key)
{
	for (size_t i = 0; mapping && mapping->kind == YAML_MAPPING && i < mapping->count; i++)
		if (strcmp(mapping->pairs[i].key, key) == 0)
			return mapping->pairs[i].value;
	return NULL;
}

/* The end of the last line that belongs to the node: that of the last scalar below it. */
static size_t last_line(const struct merging *merging, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR && node->block && node->count > 0)
		return last_line(merging, node->kind == YAML_MAPPING
						  ? node->pairs[node->count - 1].value
						  : node->items[node->count - 1]);
	return line_end(merging, node->to > node->from ? end_of(merging, node) - 1
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
static void renew_evidence(struct merging *merging, const struct yaml_node *item,
			   const json_t *evidence)
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

static const struct yaml_node *find_item(const struct yaml_node *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_word(list->items[i], word))
			return list->items[i];
	return NULL;
}

static void add_to_block_list(struct merging *merging, const struct yaml_node *list,
			      const char *word, const json_t *evidence)
{
	struct writing writing;

	if (!begin_writing(merging, &writing))
		return;
	fprintf(writing.out, "\n%*s- %s", column_of(list), "", word);
	plan_yaml_evidence(merging->plan, evidence, writing.out);
	put_written(merging, last_line(merging, list), &writing);
}

static void add_to_flow_list(struct merging *merging, const struct yaml_node *list,
			     const char *word)
{
	struct writing writing;

	if (!begin_writing(merging, &writing))
		return;
	fprintf(writing.out, "%s%s", list->count > 0 ? ", " : "", word);
	put_written(merging, end_of(merging, list) - 1, &writing);
}

/* One word in the place of a list of one. */
static void make_list(struct merging *merging, const struct yaml_node *scalar, const json_t *words)
{
	struct writing writing;
	json_t *word;
	size_t i;

	if (!begin_writing(merging, &writing))
		return;
	json_array_foreach(words, i, word)
	{
		if (!is_word(scalar, json_string_value(word)))
			fprintf(writing.out, ", %s", json_string_value(word));
	}
	fputc(']', writing.out);
	put_written(merging, end_of(merging, scalar), &writing);
	put(merging, start_of(merging, scalar), 0, strdup("["));
}

static void extend_list(struct merging *merging, const struct yaml_node *list,
			const json_t *evidence_by_word)
{
	json_t *words = plan_yaml_words(evidence_by_word), *word;
	size_t i;

	if (list->kind == YAML_SCALAR) {
		/* all and same hold what there is */
		if (!is_word(list, "all") && !is_word(list, "same"))
			make_list(merging, list, words);
		json_decref(words);
		return;
	}
	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);
		const json_t *evidence = json_object_get(evidence_by_word, text);
		const struct yaml_node *item = find_item(list, text);

		if (item)
			renew_evidence(merging, item, evidence);
		else if (list->block)
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
	{
		fprintf(out, "%s%s", i > 0 ? ", " : "[", json_string_value(word));
	}
	fputc(']', out);
	json_decref(words);
}

/* Before the closing brace, or as lines below the last one. */
static void add_to_mapping(struct merging *merging, const struct yaml_node *mapping,
			   const char *flow, const char *block)
{
	struct writing writing;

	if (!begin_writing(merging, &writing))
		return;
	if (mapping->block) {
		fprintf(writing.out, "\n%.*s", (int)(strlen(block) - 1), block);
		put_written(merging, last_line(merging, mapping), &writing);
		return;
	}
	fprintf(writing.out, "%s%s", mapping->count > 0 ? ", " : "", flow);
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

static void add_key(struct merging *merging, const struct yaml_node *mapping,
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

static void merge_grant_keys(struct merging *merging, const struct yaml_node *mapping,
			     const struct plan_grant *grants)
{
	for (int key = 0; key < PLAN_KEYS; key++) {
		const struct yaml_node *value = value_of(mapping, plan_key_words[key]);

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

static void merge_phase(struct merging *merging, const struct yaml_node *entry, const char *phase,
			const struct plan_grant *grants)
{
	const struct yaml_node *mapping = value_of(entry, phase);
	struct forms forms = {NULL, NULL};

	if (plan_is_empty(grants))
		return;
	if (mapping && mapping->kind == YAML_MAPPING) {
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

static const struct yaml_node *services_of(const struct merging *merging)
{
	return value_of(merging->doc.root, "services");
}

static const struct yaml_node *find_entry(const struct merging *merging, const char *name)
{
	const struct yaml_node *services = services_of(merging);

	for (size_t i = 0; services && services->kind == YAML_SEQUENCE && i < services->count; i++)
		if (is_word(value_of(services->items[i], "name"), name))
			return services->items[i];
	return NULL;
}

static void merge_entry(struct merging *merging, const struct plan_entry *entry, FILE *added)
{
	const struct yaml_node *present = entry->extends ? find_entry(merging, entry->name) : NULL;

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
	const struct yaml_node *services = services_of(merging);
	struct writing writing;
	size_t at = merging->size;

	if (!*added || !begin_writing(merging, &writing))
		return;
	if (services && services->kind == YAML_SEQUENCE && services->block) {
		write_lines(added, column_of(services), writing.out);
		at = last_line(merging, services);
	} else {
		if (at > 0 && merging->text[at - 1] != '\n')
			fputc('\n', writing.out);
		fprintf(writing.out, "services:%s", added);
	}
	put_written(merging, at, &writing);
	/* "services: []" has no place for any */
	if (services && !services->block)
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
			fprintf(writing.out, "%.*s", (int)(edit->at - at), merging->text + at);
		fputs(edit->text, writing.out);
		at = edit->at + edit->length > at ? edit->at + edit->length : at;
	}
	fputs(merging->text + at, writing.out);
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

static int load(struct merging *merging, struct arena *arena, struct error *err)
{
	char path[TRIAL_PATH_MAX];
	int fd = trial_baseline_path(merging->text, path, err), rc;

	if (fd < 0)
		return -1;
	rc = yaml_doc_load(arena, path, &merging->doc, err);
	close(fd);
	if (rc < 0)
		trial_baseline_rename(err, path, merging->file);
	return rc;
}

char *plan_merge(const struct plan *plan, const char *file, const char *text, struct error *err)
{
	struct merging merging = {.plan = plan, .file = file, .text = text, .size = strlen(text)};
	struct arena arena = {0};
	char *merged = NULL;

	if (load(&merging, &arena, err) == 0)
		merged = merge(&merging, err);
	arena_free(&arena);
	for (size_t i = 0; i < merging.count; i++)
		free(merging.edits[i].text);
	free(merging.edits);
	return merged;
}
