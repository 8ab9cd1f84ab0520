/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "alerters/learnt_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FOLDER_MODE = 0700,
	FILE_MODE = 0640,
	/* as much is appended before lines are added up; what they then come to is bounded by
	 * LEARNT_KINDS_MAX */
	APPENDED_MAX = 4 * 1024 * 1024,
	FILE_MAX = 64 * 1024 * 1024,
};

static int make_path(const char *folder, const char *name, char path[PATH_MAX], struct error *err)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX
		       ? 0
		       : error_set(err, "%s: the path is too long", folder);
}

static int open_file(const char *path, int flags, struct error *err)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
	struct stat status;

	if (fd < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return error_set(err, "%s is not a regular file: remove it", path);
}

/* All of it, or as it was: half a line would spoil the next one. */
static int write_whole(int fd, const char *path, const char *lines, size_t length,
		       struct error *err)
{
	off_t before = lseek(fd, 0, SEEK_END);
	ssize_t written = before < 0 ? -1 : write(fd, lines, length);

	if (written == (ssize_t)length)
		return 0;
	error_set(err, "%s: %s", path, written < 0 ? strerror(errno) : "the disk is full");
	if (written > 0 && ftruncate(fd, before) < 0)
		error_set(err, "%s: %s", path, strerror(errno));
	return -1;
}

/* ---- reading ---- */

static int add_lines(FILE *file, struct learnt *learnt)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int bad = 0;

	while ((length = getline(&line, &size, file)) > 0)
		if (learnt_add_line(learnt, line, (size_t)length, NULL) < 0 && bad < INT_MAX)
			bad++;
	free(line);
	return bad;
}

int learnt_file_read(const char *folder, struct learnt *learnt, struct error *err)
{
	char path[PATH_MAX];
	FILE *file;
	int fd, bad;

	if (make_path(folder, LEARNT_FILE, path, err) < 0)
		return -1;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	fd = open_file(path, O_RDONLY, err);
	if (fd < 0)
		return -1;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return error_set(err, "out of memory");
	}
	bad = add_lines(file, learnt);
	fclose(file);
	return bad;
}

/* ---- adding up ---- */

static int write_learnt(const char *path, struct learnt *learnt, struct error *err)
{
	const size_t size = LEARNT_LINE_MAX * 8;
	char *lines = malloc(size);
	int fd = lines ? open_file(path, O_WRONLY | O_CREAT | O_TRUNC, err)
		       : error_set(err, "out of memory");
	size_t length;
	int rc = fd < 0 ? -1 : 0;

	while (rc == 0 && (length = learnt_take_lines(learnt, lines, size)) > 0)
		rc = write_whole(fd, path, lines, length, err);
	if (fd >= 0)
		close(fd);
	free(lines);
	return rc;
}

static int add_up(const char *folder, struct error *err)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	struct learnt *learnt;
	int rc;

	if (make_path(folder, LEARNT_FILE, path, err) < 0 ||
	    make_path(folder, ".learnt.new", unfinished, err) < 0)
		return -1;
	learnt = learnt_new();
	rc = learnt ? learnt_file_read(folder, learnt, err) : error_set(err, "out of memory");
	if (rc >= 0)
		rc = write_learnt(unfinished, learnt, err);
	learnt_free(learnt);
	if (rc == 0 && rename(unfinished, path) < 0)
		rc = error_set(err, "%s: %s", path, strerror(errno));
	return rc;
}

/* After adding up it may be as long still: then only every so often. */
static bool has_grown(off_t before, size_t length)
{
	return before / APPENDED_MAX != (before + (off_t)length) / APPENDED_MAX;
}

int learnt_file_append(const char *folder, const char *lines, size_t length, struct error *err)
{
	char path[PATH_MAX];
	struct stat status;
	int fd, rc = 0;

	if (length > 0 && lines[length - 1] != '\n')
		return error_set(err, "what was learnt does not end with a line's end");
	if (make_path(folder, LEARNT_FILE, path, err) < 0)
		return -1;
	if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST)
		return error_set(err, "cannot make the folder %s: %s", folder, strerror(errno));
	fd = open_file(path, O_WRONLY | O_CREAT | (length > 0 ? 0 : O_TRUNC), err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || status.st_size + (off_t)length > FILE_MAX)
		rc = error_set(err, "%s is longer than %d MiB: remove it", path,
			       FILE_MAX / 1024 / 1024);
	else if (length > 0)
		rc = write_whole(fd, path, lines, length, err);
	close(fd);
	if (rc == 0 && has_grown(status.st_size, length))
		rc = add_up(folder, err);
	return rc;
}
