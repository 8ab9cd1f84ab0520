/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"

static const char suffix[] = ".yaml";

static const char *remedy(int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return "create it, or name another";
	if (error == EACCES || error == EPERM)
		return "run as root, or make it readable to this user";
	return "check the file and its file system";
}

static int cannot_read(const char *path, int error, struct error *err)
{
	return error_set(err, "%s: cannot read it: %s; %s", path, strerror(error), remedy(error));
}

int files_kind_of(const char *path, enum files_kind *kind, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return cannot_read(path, errno, err);
		*kind = FILES_MISSING;
		return 0;
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return error_set(err, "%s: is neither a file nor a folder; name one that is", path);
	*kind = S_ISDIR(st.st_mode) ? FILES_FOLDER : FILES_FILE;
	return 0;
}

/* Reads to the end, which may come elsewhere than where fstat() saw it. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, bytes + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static int read_open(struct arena *arena, int fd, struct file_text *text)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if (st.st_size > FILES_SIZE_MAX)
		return EFBIG;
	/* one byte more than its size shows a file that grew meanwhile */
	text->bytes = arena_alloc(arena, (size_t)st.st_size + 2, 1);
	if (!text->bytes)
		return ENOMEM;
	got = read_all(fd, text->bytes, (size_t)st.st_size + 1);
	if (got < 0)
		return errno;
	if (got > st.st_size)
		return EAGAIN;
	text->length = (size_t)got;
	return 0;
}

int files_read(struct arena *arena, const char *path, struct file_text *text, struct error *err)
{
	/* a FIFO in the place of a file must not make us wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error;

	if (fd < 0)
		return cannot_read(path, errno, err);
	error = read_open(arena, fd, text);
	close(fd);
	if (error == EISDIR)
		return error_set(err, "%s: is a folder; name a file", path);
	if (error == EINVAL)
		return error_set(err, "%s: is not a regular file; name one that is", path);
	if (error == EFBIG)
		return error_set(err, "%s: is larger than 1 MiB; split it", path);
	if (error == EAGAIN)
		return error_set(err, "%s: grew while it was read; try again", path);
	return error ? cannot_read(path, error, err) : 0;
}

static int is_wanted(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(suffix) &&
	       strcmp(entry->d_name + length - strlen(suffix), suffix) == 0;
}

/* By bytes, not by locale: the order decides what overrides what. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int join_paths(struct arena *arena, const char *folder, struct dirent **names,
		      struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		size_t size = strlen(folder) + 1 + strlen(names[i]->d_name) + 1;

		list->paths[i] = arena_alloc(arena, size, 1);
		if (!list->paths[i])
			return -1;
		snprintf(list->paths[i], size, "%s/%s", folder, names[i]->d_name);
	}
	return 0;
}

int files_list(struct arena *arena, const char *folder, struct file_list *list, struct error *err)
{
	struct dirent **names = NULL;
	int found = scandir(folder, &names, is_wanted, by_bytes);
	int result = 0;

	if (found < 0)
		return cannot_read(folder, errno, err);
	list->count = (size_t)found;
	list->paths = arena_alloc(arena, list->count + 1, sizeof(*list->paths));
	if (found > FILES_COUNT_MAX)
		result = error_set(err, "%s: holds %d files, more than %d; put some together",
				   folder, found, FILES_COUNT_MAX);
	else if (!list->paths || join_paths(arena, folder, names, list) < 0)
		result = error_set(err, "%s: out of memory", folder);
	for (int i = 0; i < found; i++)
		free(names[i]);
	free(names);
	return result;
}

int files_digest_add(struct files_digest *digest, const struct file_text *text, struct error *err)
{
	char *grown = realloc(digest->bytes, digest->length + text->length + 1);

	if (!grown)
		return error_set(err, "out of memory");
	memcpy(grown + digest->length, text->bytes, text->length);
	digest->bytes = grown;
	digest->length += text->length;
	return 0;
}

void files_digest_end(struct files_digest *digest, char hex[65])
{
	text_sha256(digest->bytes, digest->length, hex);
	free(digest->bytes);
	*digest = (struct files_digest){NULL, 0};
}
