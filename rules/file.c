/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "rules/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rules/ruleset.h"

#define RULES_ENDING ".rules"

bool rules_file_is_named(const char *name)
{
	size_t length = strlen(name), ending = strlen(RULES_ENDING);

	return name[0] != '.' && length > ending &&
	       strcmp(name + length - ending, RULES_ENDING) == 0;
}

static ssize_t read_whole(int fd, char *text, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, text + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

static char *read_open_file(int fd, const char *path, struct error *err)
{
	struct stat status;
	char *text;
	ssize_t n;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		error_set(err, "%s is no regular file", path);
		return NULL;
	}
	if (status.st_size > RULES_FILE_MAX) {
		error_set(err, "%s is larger than %d bytes", path, RULES_FILE_MAX);
		return NULL;
	}
	text = calloc(1, (size_t)status.st_size + 1);
	n = text ? read_whole(fd, text, (size_t)status.st_size) : -1;
	if (n < 0 || strlen(text) != (size_t)n) {
		error_set(err, "%s cannot be read as text%s%s", path, n < 0 ? ": " : "",
			  n < 0 ? strerror(errno) : "");
		free(text);
		return NULL;
	}
	return text;
}

char *rules_file_read(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text;

	if (fd < 0) {
		error_set(err, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = read_open_file(fd, path, err);
	close(fd);
	return text;
}

int rules_file_is_ours(const char *path, struct error *err)
{
	char *text;
	int ours;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	text = rules_file_read(path, err);
	if (!text)
		return -1;
	ours = strncmp(text, RULES_FILE_MARK, strlen(RULES_FILE_MARK)) == 0;
	free(text);
	if (!ours)
		return error_set(
			err,
			"%s is not capwatch's (its first line does not begin with \"%s\"): "
			"move it away or rename it",
			path, RULES_FILE_MARK);
	return 1;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

static void sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int rules_file_write(const char *folder, const char *name, const char *text, struct error *err)
{
	char path[PATH_MAX], draft[PATH_MAX];
	int fd, failed;

	/* a draft does not end in .rules, so that augenrules passes over one left by a crash */
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
	    snprintf(draft, sizeof(draft), "%s/.%s.XXXXXX", folder, name) >= (int)sizeof(draft))
		return error_set(err, "%s/%s: the path is too long", folder, name);
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return error_set(err, "%s: %s", draft, strerror(errno));
	failed = write_all(fd, text) < 0 || fchmod(fd, 0640) < 0 || fsync(fd) < 0;
	failed = close(fd) < 0 || failed;
	if (failed || rename(draft, path) < 0) {
		error_set(err, "%s: %s", path, strerror(errno));
		unlink(draft);
		return -1;
	}
	sync_folder(folder);
	return 0;
}
