/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/baseline.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/baseline_index.h"
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
	const struct baseline_trial *trial; /* NULL: none */
	bool tried;			    /* its text has been read */
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

/* Its folder alone must be there: the file may be a new one. */
static bool is_in_folder(const char *file, const char *folder)
{
	const char *slash = strrchr(file, '/');
	char parent[PATH_MAX], one[PATH_MAX], other[PATH_MAX];

	if (!slash)
		snprintf(parent, sizeof(parent), ".");
	else if (snprintf(parent, sizeof(parent), "%.*s", (int)(slash - file) + 1, file) >=
		 (int)sizeof(parent))
		return false;
	return realpath(parent, one) && realpath(folder, other) && strcmp(one, other) == 0;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The file itself, or what is tried in its place. */
static int read_or_try(struct reading *reading, const char *file, bool is_tried, struct error *err)
{
	reading->tried |= is_tried;
	return read_file(reading, is_tried ? reading->trial->instead : file, err);
}

static int read_folder(struct reading *reading, const char *folder, struct error *err)
{
	const struct baseline_trial *trial = reading->trial;
	bool is_here = trial && trial->file && is_in_folder(trial->file, folder);
	struct file_list files = {NULL, 0};

	if (files_list(reading->arena, folder, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		bool is_tried = is_here &&
				strcmp(name_of(files.paths[i]), name_of(trial->file)) == 0;

		if (read_or_try(reading, files.paths[i], is_tried, err) < 0)
			return -1;
	}
	if (is_here && !reading->tried)
		return read_or_try(reading, NULL, true, err);
	return 0;
}

static int read_path(struct reading *reading, const char *path, bool optional_missing,
		     struct error *err)
{
	const struct baseline_trial *trial = reading->trial;
	enum files_kind kind;

	if (files_kind_of(path, &kind, err) < 0)
		return -1;
	if (kind == FILES_MISSING && optional_missing)
		return 0;
	if (kind == FILES_FOLDER)
		return read_folder(reading, path, err);
	return read_or_try(reading, path, trial && trial->file && strcmp(path, trial->file) == 0,
			   err);
}

static int read_paths(struct reading *reading, char *const *paths, bool optional_missing,
		      struct error *err)
{
	for (; *paths; paths++, reading->layer++)
		if (read_path(reading, *paths, optional_missing, err) < 0)
			return -1;
	if (reading->trial && !reading->tried)
		return read_or_try(reading, NULL, true, err);
	return 0;
}

struct baseline *baseline_load(char *const *paths, bool optional_missing, struct error *err)
{
	return baseline_load_trial(paths, optional_missing, NULL, err);
}

struct baseline *baseline_load_trial(char *const *paths, bool optional_missing,
				     const struct baseline_trial *trial, struct error *err)
{
	struct loading *loading = calloc(1, sizeof(*loading));
	struct reading reading = {.trial = trial};
	int result;

	if (!loading) {
		error_set(err, "out of memory while reading the baseline");
		return NULL;
	}
	reading.arena = &loading->arena;
	result = read_paths(&reading, paths, optional_missing, err);
	if (result == 0)
		result = baseline_resolve(&loading->arena, &reading.list, &loading->baseline, err);
	if (result == 0 && baseline_index_make(&loading->arena, &loading->baseline) < 0)
		result = error_set(err, "out of memory while reading the baseline");
	files_digest_end(&reading.digest, loading->baseline.digest);
	free(reading.list.entries);
	if (result < 0) {
		baseline_free(&loading->baseline);
		return NULL;
	}
	return &loading->baseline;
}

const struct baseline_entry *baseline_find(const struct baseline *baseline, const char *name)
{
	size_t rank = glob_index_first(baseline->index->names, name);

	return rank == GLOB_INDEX_NONE ? NULL : baseline->index->entries[rank];
}

void baseline_free(struct baseline *baseline)
{
	struct loading *loading = (struct loading *)baseline;

	if (!loading)
		return;
	arena_free(&loading->arena);
	free(loading);
}
