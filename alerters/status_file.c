/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0640, SIZE_MAX_READ = 256 * 1024 };

/* Absolute paths, as the spool's files are not named: a name of our own in a folder of ours. */
static int make_paths(const char *folder, char path[PATH_MAX], char unfinished[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/.status.json", folder) < PATH_MAX &&
			       snprintf(unfinished, PATH_MAX, "%s/.status.new", folder) < PATH_MAX
		       ? 0
		       : -1;
}

static void write_text(const char *folder, const char *text)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	size_t length = strlen(text);
	ssize_t written;
	int fd;

	if (make_paths(folder, path, unfinished) < 0 ||
	    (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST))
		return;
	fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return;
	written = write(fd, text, length);
	close(fd);
	if (written != (ssize_t)length || rename(unfinished, path) < 0)
		unlink(unfinished);
}

void status_file_write(const char *spool_folder, const json_t *status)
{
	char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;

	if (text)
		write_text(spool_folder, text);
	free(text);
}

static json_t *parse(int fd, const char *path, struct error *err)
{
	char *text = malloc(SIZE_MAX_READ);
	ssize_t got = text ? read(fd, text, SIZE_MAX_READ) : -1;
	json_t *object = got > 0 ? json_loadb(text, (size_t)got, 0, NULL) : NULL;
	const char *schema = json_string_value(json_object_get(object, "schema"));

	free(text);
	if (schema && strcmp(schema, STATUS_SCHEMA) == 0)
		return object;
	json_decref(object);
	error_set(err, "%s: is no status of this version of capwatch", path);
	return NULL;
}

json_t *status_file_read(const char *spool_folder, struct error *err)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	json_t *object;
	int fd;

	if (make_paths(spool_folder, path, unfinished) < 0) {
		error_set(err, "%s: the path is too long", spool_folder);
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		error_set(err, "%s: %s; %s", path, strerror(errno),
			  errno == EACCES ? "root and the courier's user alone may read it"
					  : "the courier writes it while it runs");
		return NULL;
	}
	object = parse(fd, path, err);
	close(fd);
	return object;
}
