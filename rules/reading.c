/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "rules/reading.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char what[] = "reading the audit status and rules";

int kernel_reading_open(struct error *err)
{
	int fd = audit_open();

	return fd < 0 ? kernel_explain(errno, what, err) : fd;
}

/* libaudit's own requests wait for an acknowledgement, and read it from the socket that another
 * thread reads. */
static int ask(int fd, uint16_t type, uint32_t number)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const struct nlmsghdr request = {.nlmsg_len = NLMSG_LENGTH(0),
					 .nlmsg_type = type,
					 .nlmsg_flags = NLM_F_REQUEST,
					 .nlmsg_seq = number};
	ssize_t sent;

	do
		sent = sendto(fd, &request, sizeof(request), MSG_NOSIGNAL,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

int kernel_reading_ask(int fd, uint32_t number)
{
	return ask(fd, AUDIT_GET, number) < 0 ? -1 : ask(fd, AUDIT_LIST_RULES, number);
}

void kernel_reading_begin(struct kernel_reading *reading, uint32_t number)
{
	kernel_reading_free(reading);
	reading->number = number;
}

/* As kernel_reading_take(). */
static int take_reply(struct kernel_reading *reading, const struct audit_reply *reply,
		      struct error *err)
{
	switch (reply->type) {
	case NLMSG_ERROR:
		return reply->error->error ? kernel_explain(-reply->error->error, what, err) : 0;
	case AUDIT_GET:
		kernel_keep_status(&reading->status, reply->status);
		reading->has_status = true;
		return reading->has_rules;
	case AUDIT_LIST_RULES:
		return kernel_keep_rule(&reading->rules, reply) < 0
			       ? kernel_explain(errno, what, err)
			       : 0;
	case NLMSG_DONE:
		reading->has_rules = true;
		return reading->has_status;
	default:
		return 0;
	}
}

int kernel_reading_take(int fd, struct kernel_reading *reading, struct error *err)
{
	struct audit_reply reply;
	int got, result = 0;

	while (result == 0 &&
	       (got = audit_get_reply(fd, &reply, GET_REPLY_NONBLOCKING, 0)) != -EAGAIN) {
		if (got < 0)
			return kernel_explain(-got, what, err);
		if (got > 0 && reply.nlh->nlmsg_seq == reading->number)
			result = take_reply(reading, &reply, err);
	}
	return result;
}

void kernel_reading_free(struct kernel_reading *reading)
{
	kernel_rules_free(&reading->rules);
	memset(reading, 0, sizeof(*reading));
}
