/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/vocab.h"

enum { WIRE_FDS_MAX = 4, SYSLOG_PRIORITIES = 8 };

union fd_control {
	char bytes[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
	struct cmsghdr aligned;
};

static int failed(struct error *err)
{
	if (errno == EAGAIN || errno == ENOBUFS)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
		return error_set(err, "end of file");
	return error_set(err, "%s", strerror(errno));
}

static void attach_fd(struct msghdr *packet, union fd_control *control, int fd)
{
	struct cmsghdr *part;

	memset(control, 0, sizeof(*control));
	packet->msg_control = control->bytes;
	packet->msg_controllen = CMSG_SPACE(sizeof(fd));
	part = CMSG_FIRSTHDR(packet);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(part), &fd, sizeof(fd));
}

int wire_send(int socket, const struct wire_header *header, const char *body, int fd,
	      struct error *err)
{
	struct wire_header head = *header;
	struct iovec parts[2] = {{&head, sizeof(head)}, {(void *)body, body ? header->length : 0}};
	struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
	union fd_control control;
	ssize_t sent;

	if (!body)
		head.length = 0;
	if (head.length > WIRE_BODY_MAX)
		return error_set(err,
				 "a message of %u bytes is longer than the %d that the wire takes",
				 head.length, WIRE_BODY_MAX);
	head.magic = WIRE_MAGIC;
	head.reserved = 0;
	if (fd >= 0)
		attach_fd(&packet, &control, fd);
	do
		sent = sendmsg(socket, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? failed(err) : 1;
}

/* Keeps the only descriptor that came. More than one is nobody's protocol here: all are closed. */
static int take_fd(struct msghdr *packet)
{
	int fds[WIRE_FDS_MAX], kept = -1;
	bool surplus = false;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(packet); part; part = CMSG_NXTHDR(packet, part)) {
		size_t count;

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(part), count * sizeof(int));
		for (size_t i = 0; i < count; i++) {
			if (kept < 0) {
				kept = fds[i];
			} else {
				close(fds[i]);
				surplus = true;
			}
		}
	}
	if (surplus) {
		close(kept);
		kept = -1;
	}
	return kept;
}

static bool is_known_type(uint16_t type)
{
	return type >= WIRE_ALERT && type <= WIRE_SETUP;
}

static const char *header_fault(const struct wire_header *header, size_t body_length, int fd)
{
	if (header->magic != WIRE_MAGIC || header->reserved != 0)
		return "no message of capwatch";
	if (!is_known_type(header->type))
		return "unknown type";
	if (header->length != body_length || header->length > WIRE_BODY_MAX)
		return "wrong length";
	if ((header->type == WIRE_COURIER_FD || header->type == WIRE_CONTROL) != (fd >= 0))
		return "descriptor where none belongs, or none where one does";
	if ((header->type == WIRE_ALERT || header->type == WIRE_ACK) && header->number == 0)
		return "alert without a number";
	if (header->type == WIRE_ALERT && (header->severity >= vocab_severity.count ||
					   header->disposition >= vocab_disposition.count))
		return "unknown severity or disposition";
	if (header->type == WIRE_LOG && header->severity >= SYSLOG_PRIORITIES)
		return "unknown priority";
	return NULL;
}

static int refuse(const char *fault, int fd, struct error *err)
{
	if (fd >= 0)
		close(fd);
	return error_set(err, "refused a message: %s", fault);
}

int wire_receive(int socket, char *buffer, size_t size, struct wire_message *message,
		 struct error *err)
{
	union fd_control control;
	struct iovec part = {buffer, size - 1};
	struct msghdr packet = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = control.bytes,
				.msg_controllen = sizeof(control.bytes)};
	const char *fault;
	ssize_t got;
	int fd;

	do
		got = recvmsg(socket, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return failed(err);
	fd = take_fd(&packet);
	if (got == 0 && fd < 0)
		return error_set(err, "end of file");
	if (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return refuse("too long", fd, err);
	if ((size_t)got < sizeof(message->header))
		return refuse("too short", fd, err);
	memcpy(&message->header, buffer, sizeof(message->header));
	fault = header_fault(&message->header, (size_t)got - sizeof(message->header), fd);
	if (fault)
		return refuse(fault, fd, err);
	buffer[got] = '\0';
	message->body = buffer + sizeof(message->header);
	message->fd = fd;
	return 1;
}
