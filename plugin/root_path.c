/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/root_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	int folders[ROOT_PATH_DEPTH_MAX]; /* from the root down; the first is the caller's */
	unsigned depth;			  /* how many are open beyond the first */
	unsigned links;
	char rest[PATH_MAX]; /* what is still to go */
};

static void go_to_root(struct walk *walk)
{
	while (walk->depth > 0)
		close(walk->folders[walk->depth--]);
}

/* Takes the next component off the rest; "" at the end. False when it is longer than any name. */
static bool take_component(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t start = strspn(walk->rest, "/"), length = strcspn(walk->rest + start, "/");

	if (length > NAME_MAX)
		return false;
	memcpy(name, walk->rest + start, length);
	name[length] = '\0';
	memmove(walk->rest, walk->rest + start + length, strlen(walk->rest + start + length) + 1);
	return true;
}

static int fail(int fd, int error)
{
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

/* The link's text comes before the rest. */
static int follow(struct walk *walk, int link)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	size_t rest = strlen(walk->rest) + 1;

	if (length < 0)
		return fail(link, errno);
	target[length] = '\0';
	if (++walk->links > ROOT_PATH_LINKS_MAX)
		return fail(link, ELOOP);
	if ((size_t)length + rest > sizeof(walk->rest))
		return fail(link, ENAMETOOLONG);
	memmove(walk->rest + length, walk->rest, rest);
	memcpy(walk->rest, target, (size_t)length);
	if (*target == '/')
		go_to_root(walk);
	close(link);
	return 0;
}

static int enter(struct walk *walk, const char *name)
{
	struct stat status;
	int fd = openat(walk->folders[walk->depth], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0)
		return fail(fd, errno);
	if (S_ISLNK(status.st_mode))
		return follow(walk, fd);
	if (walk->depth + 1 >= ROOT_PATH_DEPTH_MAX)
		return fail(fd, ENAMETOOLONG);
	walk->folders[++walk->depth] = fd;
	return 0;
}

/* 1 after a component, 0 at the end, -1 with errno. */
static int step(struct walk *walk)
{
	char name[NAME_MAX + 1];

	if (!take_component(walk, name))
		return fail(-1, ENAMETOOLONG);
	if (*name == '\0')
		return 0;
	if (strcmp(name, ".") == 0)
		return 1;
	if (strcmp(name, "..") != 0)
		return enter(walk, name) < 0 ? -1 : 1;
	if (walk->depth > 0)
		close(walk->folders[walk->depth--]);
	return 1;
}

int root_path_open(int root, const char *path)
{
	struct walk walk = {.folders = {root}};
	int fd = -1, rc, error;

	if (snprintf(walk.rest, sizeof(walk.rest), "%s", path) >= (int)sizeof(walk.rest))
		return fail(-1, ENAMETOOLONG);
	while ((rc = step(&walk)) > 0)
		;
	if (rc == 0)
		fd = fcntl(walk.folders[walk.depth], F_DUPFD_CLOEXEC, 0);
	error = errno;
	go_to_root(&walk);
	errno = error;
	return fd;
}
