/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/kernel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "rules/ruleset.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int explain(int number, const char *what, struct error *err)
{
	if (number == EPERM)
		return error_set(err,
				 "%s needs CAP_AUDIT_CONTROL in the host's user namespace: "
				 "run this as root on the host",
				 what);
	if (number == EPROTONOSUPPORT || number == EAFNOSUPPORT)
		return error_set(err, "%s: this kernel has no auditing", what);
	if (number == ECONNREFUSED)
		return error_set(err,
				 "%s: the audit system is out of reach here: "
				 "run this on the host, not in a container",
				 what);
	return error_set(err, "%s: %s", what, strerror(number));
}

static int open_audit(const char *what, struct error *err)
{
	int fd = audit_open();

	if (fd < 0)
		explain(errno, what, err);
	return fd;
}

/* The next message, or -1 when none came in time or the socket failed. */
static int next_reply(int fd, int64_t deadline, struct audit_reply *reply)
{
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		int n;

		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		n = poll(&poll_fd, 1, (int)left);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0 && audit_get_reply(fd, reply, GET_REPLY_NONBLOCKING, 0) > 0)
			return 0;
	}
}

static int keep_rule(struct kernel_rules *rules, const struct audit_reply *reply)
{
	const struct audit_rule_data *data = reply->ruledata;
	size_t size = reply->len < 0 ? 0 : (size_t)reply->len;
	struct audit_rule_data *copy;

	if (size < NLMSG_HDRLEN + sizeof(*data) ||
	    data->buflen > size - NLMSG_HDRLEN - sizeof(*data) ||
	    data->field_count > AUDIT_MAX_FIELDS) {
		errno = EBADMSG;
		return -1;
	}
	if (rules->count == rules->capacity) {
		size_t capacity = rules->capacity ? rules->capacity * 2 : 64;
		struct audit_rule_data **items;

		items = capacity > KERNEL_RULES_MAX
				? NULL
				: realloc(rules->items, capacity * sizeof(*items));
		if (!items) {
			errno = ENOMEM;
			return -1;
		}
		rules->items = items;
		rules->capacity = capacity;
	}
	copy = malloc(sizeof(*copy) + data->buflen);
	if (!copy)
		return -1;
	memcpy(copy, data, sizeof(*copy) + data->buflen);
	rules->items[rules->count++] = copy;
	return 0;
}

static int receive_rules(int fd, struct kernel_rules *rules)
{
	int64_t deadline = now_ms() + KERNEL_REPLY_MS;
	struct audit_reply reply;

	while (next_reply(fd, deadline, &reply) == 0) {
		if (reply.type == NLMSG_DONE)
			return 0;
		if (reply.type == NLMSG_ERROR && reply.error->error) {
			errno = -reply.error->error;
			return -1;
		}
		if (reply.type == AUDIT_LIST_RULES && keep_rule(rules, &reply) < 0)
			return -1;
	}
	return -1;
}

int kernel_rules_read(struct kernel_rules *rules, struct error *err)
{
	static const char what[] = "reading the audit rules";
	int fd = open_audit(what, err), sent, result;

	if (fd < 0)
		return -1;
	sent = audit_request_rules_list_data(fd);
	if (sent <= 0)
		result = explain(sent < 0 ? -sent : errno, what, err);
	else if (receive_rules(fd, rules) < 0)
		result = explain(errno, what, err);
	else
		result = 0;
	audit_close(fd);
	if (result < 0)
		kernel_rules_free(rules);
	return result;
}

static void keep_status(struct kernel_status *status, const struct audit_status *said)
{
	*status = (struct kernel_status){.enabled = said->enabled,
					 .lost = said->lost,
					 .auditd_pid = said->pid,
					 .backlog = said->backlog,
					 .backlog_limit = said->backlog_limit,
					 .backlog_wait_time = said->backlog_wait_time,
					 .rate_limit = said->rate_limit,
					 .failure = said->failure};
}

static int receive_status(int fd, struct kernel_status *status)
{
	int64_t deadline = now_ms() + KERNEL_REPLY_MS;
	struct audit_reply reply;

	while (next_reply(fd, deadline, &reply) == 0) {
		if (reply.type == NLMSG_ERROR && reply.error->error) {
			errno = -reply.error->error;
			return -1;
		}
		if (reply.type != AUDIT_GET)
			continue;
		keep_status(status, reply.status);
		return 0;
	}
	return -1;
}

int kernel_status_read(struct kernel_status *status, struct error *err)
{
	static const char what[] = "reading the audit status";
	int fd = open_audit(what, err), sent, result;

	if (fd < 0)
		return -1;
	sent = audit_request_status(fd);
	if (sent <= 0)
		result = explain(sent < 0 ? -sent : errno, what, err);
	else if (receive_status(fd, status) < 0)
		result = explain(errno, what, err);
	else
		result = 0;
	audit_close(fd);
	return result;
}

/* libaudit writes flags and action into the rule that it is given, so it gets a copy. */
static int send_rule(const struct audit_rule_data *rule, int add, struct error *err)
{
	static const char *const what[] = {"deleting an audit rule", "adding an audit rule"};
	struct audit_rule_data *copy = malloc(sizeof(*copy) + rule->buflen);
	int fd = open_audit(what[add], err), sent, number;

	if (fd < 0 || !copy) {
		free(copy);
		if (fd >= 0)
			audit_close(fd);
		return copy ? -1 : error_set(err, "out of memory");
	}
	memcpy(copy, rule, sizeof(*copy) + rule->buflen);
	sent = add ? audit_add_rule_data(fd, copy, (int)rule->flags, (int)rule->action)
		   : audit_delete_rule_data(fd, copy, (int)rule->flags, (int)rule->action);
	number = sent < 0 ? -sent : errno;
	audit_close(fd);
	free(copy);
	if (sent > 0 || number == (add ? EEXIST : ENOENT))
		return 0;
	return explain(number, what[add], err);
}

int kernel_rule_add(const struct audit_rule_data *rule, struct error *err)
{
	return send_rule(rule, 1, err);
}

int kernel_rule_delete(const struct audit_rule_data *rule, struct error *err)
{
	return send_rule(rule, 0, err);
}

void kernel_rules_free(struct kernel_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->items[i]);
	free(rules->items);
	memset(rules, 0, sizeof(*rules));
}
