/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/baseline.h"

#include <stdlib.h>

#include "conf/baseline_source.h"
#include "conf/files.h"
#include "conf/yaml_doc.h"

struct loading {
	struct baseline baseline; /* first: what baseline_load() hands out is this */
	struct arena arena;
};

struct reading {
	struct arena *arena;
	struct source_list list;
	struct files_digest digest;
	unsigned layer;
};

static int read_file(struct reading *reading, const char *file, struct error *err)
{
	struct yaml_doc *doc = arena_alloc(reading->arena, 1, sizeof(*doc));

	if (!doc)
		return error_set(err, "%s: out of memory", file);
	if (yaml_doc_load(reading->arena, file, doc, err) < 0 ||
	    files_digest_add(&reading->digest, &doc->text, err) < 0)
		return -1;
	return baseline_parse(reading->arena, doc, reading->layer, &reading->list, err);
}

static int read_path(struct reading *reading, const char *path, bool optional_missing,
		     struct error *err)
{
	struct file_list files = {NULL, 0};
	enum files_kind kind;

	if (files_kind_of(path, &kind, err) < 0)
		return -1;
	if (kind == FILES_MISSING && optional_missing)
		return 0;
	if (kind != FILES_FOLDER)
		return read_file(reading, path, err);
	if (files_list(reading->arena, path, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		if (read_file(reading, files.paths[i], err) < 0)
			return -1;
	return 0;
}

static int read_paths(struct reading *reading, char *const *paths, bool optional_missing,
		      struct error *err)
{
	for (; *paths; paths++, reading->layer++)
		if (read_path(reading, *paths, optional_missing, err) < 0)
			return -1;
	return 0;
}

struct baseline *baseline_load(char *const *paths, bool optional_missing, struct error *err)
{
	struct loading *loading = calloc(1, sizeof(*loading));
	struct reading reading = {0};
	int result;

	if (!loading) {
		error_set(err, "out of memory while reading the baseline");
		return NULL;
	}
	reading.arena = &loading->arena;
	result = read_paths(&reading, paths, optional_missing, err);
	if (result == 0)
		result = baseline_resolve(&loading->arena, &reading.list, &loading->baseline, err);
	files_digest_end(&reading.digest, loading->baseline.digest);
	free(reading.list.entries);
	if (result < 0) {
		baseline_free(&loading->baseline);
		return NULL;
	}
	return &loading->baseline;
}

void baseline_free(struct baseline *baseline)
{
	struct loading *loading = (struct loading *)baseline;

	if (!loading)
		return;
	arena_free(&loading->arena);
	free(loading);
}
