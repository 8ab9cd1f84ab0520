/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alerters/recent.h"
#include "common/checkpoint.h"

enum {
	IDS_AT = 4096, /* the checkpoint has the first page for itself */
	FOLDER_MODE = 0700,
	FILE_MODE = 0600,
};

struct known {
	uint64_t key;	   /* recent_key() of an id; 0: a free place */
	uint64_t sequence; /* the highest was written last */
};

struct keeper {
	int fd; /* -1: in memory alone */
	uint64_t next;
	struct known known[KEEPER_IDS_MAX];
};

struct keeper *keeper_new(void)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (keeper)
		keeper->fd = -1;
	return keeper;
}

void keeper_free(struct keeper *keeper)
{
	if (keeper && keeper->fd >= 0)
		close(keeper->fd);
	free(keeper);
}

/* A new file is as durable as it is long: later writes then move nothing but bytes. */
static int make_room(int fd, const char *path, struct error *err)
{
	const off_t size = IDS_AT + (off_t)sizeof(((struct keeper *)NULL)->known);
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return error_set(err, "%s is not a regular file: remove it", path);
	if (status.st_size == size)
		return 0;
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, size) < 0 || fsync(fd) < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

static void read_known(struct keeper *keeper, int fd)
{
	struct known *known = keeper->known;

	if (pread(fd, known, sizeof(keeper->known), IDS_AT) != (ssize_t)sizeof(keeper->known))
		memset(known, 0, sizeof(keeper->known));
	for (size_t i = 0; i < KEEPER_IDS_MAX; i++) {
		/* each has its place: what lies elsewhere was not written by us */
		if (known[i].sequence % KEEPER_IDS_MAX != i)
			known[i] = (struct known){0};
		else if (known[i].key && known[i].sequence >= keeper->next)
			keeper->next = known[i].sequence + 1;
	}
}

int keeper_open(struct keeper *keeper, const char *folder, struct error *err)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", folder, CHECKPOINT_FILE) >= (int)sizeof(path))
		return error_set(err, "%s: the path is too long", folder);
	if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST)
		return error_set(err, "cannot make the folder %s: %s", folder, strerror(errno));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
	if (fd < 0)
		return error_set(err, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return 0;
	}
	if (make_room(fd, path, err) < 0) {
		close(fd);
		return -1;
	}
	keeper->fd = fd;
	if (keeper->next == 0)
		read_known(keeper, fd);
	else if (pwrite(fd, keeper->known, sizeof(keeper->known), IDS_AT) < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	return 1;
}

bool keeper_is_open(const struct keeper *keeper)
{
	return keeper->fd >= 0;
}

bool keeper_has(const struct keeper *keeper, const char *id)
{
	uint64_t key = recent_key(id, strlen(id));

	for (size_t i = 0; *id && key && i < KEEPER_IDS_MAX; i++)
		if (keeper->known[i].key == key)
			return true;
	return false;
}

void keeper_add(struct keeper *keeper, const char *id)
{
	size_t place = keeper->next % KEEPER_IDS_MAX;
	struct known *known = &keeper->known[place];

	if (!*id || keeper_has(keeper, id))
		return;
	*known = (struct known){recent_key(id, strlen(id)), keeper->next++};
	if (keeper->fd >= 0 &&
	    pwrite(keeper->fd, known, sizeof(*known), IDS_AT + (off_t)(place * sizeof(*known))) < 0)
		return; /* see keeper.h: the memory still knows it */
}

void keeper_set_checkpoint(struct keeper *keeper, const char *text)
{
	if (keeper->fd >= 0 && pwrite(keeper->fd, text, CHECKPOINT_TEXT_SIZE, 0) < 0)
		return; /* the one before stays, and more will be judged again */
}
