/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/door.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING_MAX = 8, FOLDER_MODE = 0755, SOCKET_UMASK = 0177 };

static int make_address(const char *path, struct sockaddr_un *address, struct error *err)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path))
		return error_set(err, "%s: longer than the %zu bytes that a socket's path may have",
				 path, sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

static void make_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash && slash != path &&
	    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path) <
		    (int)sizeof(folder))
		(void)mkdir(folder, FOLDER_MODE); /* bind(2) tells when there is none */
}

static bool is_answered(const struct sockaddr_un *address)
{
	int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered = probe >= 0 &&
			(connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
			 errno == EAGAIN);

	if (probe >= 0)
		close(probe);
	return answered;
}

/* Only root may even connect. */
static int bind_for_root(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(SOCKET_UMASK);
	int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address)), error = errno;

	umask(before);
	errno = error;
	return rc;
}

int door_open(const char *path, struct error *err)
{
	struct sockaddr_un address;
	struct stat status;
	int fd;

	if (make_address(path, &address, err) < 0)
		return -1;
	make_folder(path);
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) {
		if (is_answered(&address))
			return error_set(err, "%s: another plugin listens there", path);
		unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind_for_root(fd, &address) == 0 && listen(fd, WAITING_MAX) == 0)
		return fd;
	error_set(err, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void door_close(int door, const char *path)
{
	if (door < 0)
		return;
	unlink(path);
	close(door);
}

static bool is_root(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

int door_admit(int door)
{
	int fd;

	/* cppcheck-suppress nullPointer ; accept(2): where it comes from may be left out */
	while ((fd = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (is_root(fd))
			return fd;
		close(fd);
	}
	return -1;
}
