/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire.h"

enum { REFUSED = 1 }; /* an answer's severity */

void orders_close(struct orders *orders)
{
	if (orders->fd >= 0)
		close(orders->fd);
	orders->fd = -1;
}

void orders_admit(struct orders *orders, int fd)
{
	orders_close(orders);
	orders->fd = fd;
}

void orders_answer(struct orders *orders, bool done, const char *text)
{
	const struct wire_header header = {.type = WIRE_ANSWER,
					   .severity = done ? 0 : REFUSED,
					   .length = (uint32_t)strlen(text)};

	wire_send(orders->fd, &header, text, -1, NULL);
	orders_close(orders);
}

int orders_read(struct orders *orders, struct order *order)
{
	char buffer[sizeof(struct wire_header) + ORDER_BODY_MAX + 1];
	struct wire_message message;
	struct error err;
	int rc = wire_receive(orders->fd, buffer, sizeof(buffer), &message, &err);

	if (rc == 0)
		return 0;
	if (rc > 0 && message.fd >= 0)
		close(message.fd);
	if (rc > 0 && message.header.type != WIRE_ORDER)
		rc = error_set(&err, "no order");
	else if (rc > 0)
		rc = order_parse(message.body, message.header.length, order, &err);
	if (rc < 0) {
		orders_answer(orders, false, err.text);
		return -1;
	}
	return 1;
}

char *orders_by(const struct orders *orders, const struct proc_reader *proc, char *buf)
{
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof(peer);
	struct proc_status status;

	(void)getsockopt(orders->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	if (peer.pid > 0 && proc_reader_status(proc, peer.pid, &status) && status.auid >= 0)
		snprintf(buf, ORDERS_BY_MAX, "root (pid %d, login uid %" PRId64 ")", (int)peer.pid,
			 status.auid);
	else
		snprintf(buf, ORDERS_BY_MAX, "root (pid %d)", (int)peer.pid);
	return buf;
}
