/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/own_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MAX = 1200 };

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* As syslog(3) frames it: "<PRI>Nov 22 02:13:09 ident[pid]: line". */
static int make_frame(const struct own_log *own, int priority, const char *line,
		      char frame[FRAME_MAX])
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;
	int length;

	localtime_r(&now, &tm);
	(void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	length = snprintf(frame, FRAME_MAX, "<%d>%s %s[%d]: %s", LOG_DAEMON | priority, stamp,
			  own->ident, (int)getpid(), line);
	return length < FRAME_MAX ? length : FRAME_MAX - 1;
}

static void emit(void *ctx, int priority, const char *line)
{
	struct own_log *own = ctx;
	char frame[FRAME_MAX];
	int length = make_frame(own, priority, line, frame);

	/* twice: the receiver may have begun anew since the last line */
	for (int tries = 0; tries < 2; tries++) {
		if (own->socket < 0)
			own->socket = connect_to(own->path);
		if (own->socket < 0)
			return;
		if (send(own->socket, frame, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
		    errno == EAGAIN)
			return;
		own_log_close(own);
	}
}

void own_log_open(struct own_log *own, const char *ident, const char *path, struct logger *log)
{
	own->ident = ident;
	own->path = path;
	own->socket = -1;
	log->emit = emit;
	log->ctx = own;
	log->max_priority = LOG_INFO;
}

void own_log_close(struct own_log *own)
{
	if (own->socket >= 0)
		close(own->socket);
	own->socket = -1;
}
