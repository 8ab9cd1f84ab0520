/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/conf_files.h"

#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64];

void conf_files_begin(void)
{
	strcpy(folder, "/tmp/capwatch-test-XXXXXX");
	if (!mkdtemp(folder))
		abort();
}

void conf_files_end(void)
{
	char *const roots[] = {folder, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *found;

	if (!tree)
		abort();
	while ((found = fts_read(tree)))
		if (found->fts_info != FTS_D)
			remove(found->fts_accpath);
	fts_close(tree);
}

const char *conf_files_path(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

const char *conf_files_write_bytes(const char *name, const char *bytes, size_t length)
{
	const char *path = conf_files_path(name);
	char above[PATH_MAX];
	FILE *file;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
		mkdir(above, 0755);
	}
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
		abort();
	return path;
}

const char *conf_files_write(const char *name, const char *text)
{
	return conf_files_write_bytes(name, text, strlen(text));
}
