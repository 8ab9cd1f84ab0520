/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/filecaps.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include "common/text.h"
#include "rules/file.h"

/* Where distributions and administrators put programs. A folder that is a symbolic link (/bin on a
 * merged /usr) is passed over: what it leads to is listed itself. */
static const char *const folders[] = {
	"/bin",
	"/sbin",
	"/lib",
	"/lib64",
	"/usr/bin",
	"/usr/sbin",
	"/usr/libexec",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/bin",
	"/usr/local/sbin",
	"/usr/local/libexec",
	"/usr/local/lib",
	"/opt",
};

struct search {
	const char *root;
	dev_t device; /* of the folder that the search began in: it stays on its file system */
	int depth;
	size_t entries, count, capacity;
	char **paths; /* without root */
};

static int keep_path(struct search *search, const char *path, struct error *err)
{
	if (search->count == FILECAPS_FILES_MAX)
		return error_set(err, "more than %d files have capabilities", FILECAPS_FILES_MAX);
	if (search->count == search->capacity) {
		size_t capacity = search->capacity ? search->capacity * 2 : 32;
		char **paths = realloc(search->paths, capacity * sizeof(*paths));

		if (!paths)
			return error_set(err, "out of memory");
		search->paths = paths;
		search->capacity = capacity;
	}
	search->paths[search->count] = strdup(path + strlen(search->root));
	if (!search->paths[search->count])
		return error_set(err, "out of memory");
	search->count++;
	return 0;
}

static int search_folder(struct search *search, const char *folder, struct error *err);

static int look_at(struct search *search, const char *path, struct error *err)
{
	struct stat status;

	if (lstat(path, &status) < 0 || status.st_dev != search->device)
		return 0;
	if (S_ISDIR(status.st_mode))
		return search_folder(search, path, err);
	if (!S_ISREG(status.st_mode) || !(status.st_mode & 0111))
		return 0;
	if (lgetxattr(path, "security.capability", NULL, 0) <= 0)
		return 0;
	return keep_path(search, path, err);
}

static int search_entries(struct search *search, DIR *dir, const char *folder, struct error *err)
{
	const struct dirent *entry;
	char path[PATH_MAX];

	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type != DT_REG && entry->d_type != DT_DIR &&
		    entry->d_type != DT_UNKNOWN)
			continue;
		if (++search->entries > FILECAPS_ENTRIES_MAX)
			return error_set(err, "more than %d files to look at",
					 FILECAPS_ENTRIES_MAX);
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
		    (int)sizeof(path))
			continue;
		if (look_at(search, path, err) < 0)
			return -1;
	}
	return 0;
}

static int search_folder(struct search *search, const char *folder, struct error *err)
{
	DIR *dir = search->depth < FILECAPS_DEPTH_MAX ? opendir(folder) : NULL;
	int result;

	if (!dir)
		return 0;
	search->depth++;
	result = search_entries(search, dir, folder, err);
	search->depth--;
	closedir(dir);
	return result;
}

static int search_all(struct search *search, struct error *err)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[PATH_MAX];
		struct stat status;

		if (snprintf(path, sizeof(path), "%s%s", search->root, folders[i]) >=
		    (int)sizeof(path))
			return error_set(err, "%s: the path is too long", search->root);
		if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode))
			continue;
		search->device = status.st_dev;
		if (search_folder(search, path, err) < 0)
			return -1;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* auditctl splits a line at blanks and knows no quoting. */
static bool fits_a_rule(const char *path)
{
	for (; *path; path++)
		if (*path <= ' ' || *path == '\177' || strchr("\"'\\#", *path))
			return false;
	return true;
}

static void print_rule(FILE *out, const char *path)
{
	char line[PATH_MAX];

	if (!fits_a_rule(path)) {
		fprintf(out,
			"\n# no rule: auditctl cannot read this name; rename the file to have its "
			"execs recorded: %s\n",
			text_to_line(path, strlen(path), line, sizeof(line)));
		return;
	}
	fprintf(out, "\n# exec of %s, by either ABI\n", path);
	for (int bits = 64; bits >= 32; bits -= 32)
		fprintf(out,
			"-a always,exit -F arch=b%d -S execve,execveat -F path=%s -F perm=x "
			"-F key=capwatch_filecaps\n",
			bits, path);
}

static char *print_rules(const struct search *search, struct error *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		fputs(RULES_FILE_MARK
		      " files found (execs of programs with file capabilities; written by "
		      "\"capwatch rules install\", do not edit)\n"
		      "# Run it again when a program with capabilities is added: capwatch rules "
		      "diff "
		      "names what is missing.\n"
		      "# -c: a file that is gone must not keep the others, or a site's rules, from "
		      "loading.\n-c\n",
		      out);
		for (size_t i = 0; i < search->count; i++)
			print_rule(out, search->paths[i]);
		if (fclose(out) == 0)
			return text;
	}
	free(text);
	error_set(err, "out of memory");
	return NULL;
}

char *filecaps_rules(const char *root, struct error *err)
{
	struct search search = {.root = root};
	char *text = NULL;

	if (search_all(&search, err) == 0) {
		if (search.count)
			qsort(search.paths, search.count, sizeof(*search.paths), by_text);
		text = print_rules(&search, err);
	} else {
		error_prefix(err, "looking for files with capabilities");
	}
	for (size_t i = 0; i < search.count; i++)
		free(search.paths[i]);
	free(search.paths);
	return text;
}
