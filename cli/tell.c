/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tell.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/text.h"
#include "common/wire.h"

enum { ANSWER_WAIT_MS = 10 * 1000 };

static int fail_to_connect(const char *path, struct error *err)
{
	if (errno == EACCES)
		return error_set(err, "%s: %s; only root may give orders", path, strerror(errno));
	return error_set(err,
			 "%s: %s; no plugin listens there: does auditd run, with capwatch "
			 "(capwatch doctor)?",
			 path, strerror(errno));
}

static int connect_to(const char *path, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, "%s: the path is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, "socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fail_to_connect(path, err);
	close(fd);
	return -1;
}

static int receive(int fd, char *answer, struct error *err)
{
	char buffer[sizeof(struct wire_header) + ORDER_ANSWER_MAX + 1];
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	struct wire_message message;

	if (poll(&polled, 1, ANSWER_WAIT_MS) <= 0)
		return error_set(err, "the plugin did not answer within %d s",
				 ANSWER_WAIT_MS / 1000);
	if (wire_receive(fd, buffer, sizeof(buffer), &message, err) <= 0)
		return error_set(err, "the plugin has no sensor just now, or another order came in "
				      "between; try again");
	if (message.fd >= 0)
		close(message.fd);
	if (message.header.type != WIRE_ANSWER)
		return error_set(err, "the plugin answered what is no answer");
	text_to_line(message.body, message.header.length, answer, ORDER_ANSWER_MAX);
	return message.header.severity == 0;
}

int tell_plugin(const char *path, const struct order *order, char *answer, struct error *err)
{
	char body[ORDER_BODY_MAX];
	struct wire_header header = {.type = WIRE_ORDER};
	int fd = connect_to(path, err), rc = -1;

	if (fd < 0)
		return -1;
	header.length = (uint32_t)order_print(order, body);
	if (header.length == 0)
		error_set(err, "the order is too long");
	else if (wire_send(fd, &header, body, -1, err) > 0)
		rc = receive(fd, answer, err);
	close(fd);
	return rc;
}
