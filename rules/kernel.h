/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel: the audit rules and status that the kernel has now, over netlink (CAP_AUDIT_CONTROL).
 * Owns: the requests, their time limits, the copies. Must not own: what the rules should be.
 */
#ifndef CAPWATCH_RULES_KERNEL_H
#define CAPWATCH_RULES_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <libaudit.h>
#include "common/error.h"

enum { KERNEL_RULES_MAX = 16384, KERNEL_REPLY_MS = 3000 };

struct kernel_rules {
	struct audit_rule_data **items; /* list by list, each in the order in which it is matched */
	size_t count, capacity;
};

struct kernel_status {
	uint32_t enabled; /* 0 off, 1 on, 2 on and immutable until the next boot */
	uint32_t lost;	  /* records that it dropped since boot */
	uint32_t auditd_pid;
	uint32_t backlog, backlog_limit; /* records in its queue; 0: without a limit */
	uint32_t backlog_wait_time;	 /* jiffies that an audited process waits for room */
	uint32_t rate_limit;		 /* records a second; 0: without a limit */
	uint32_t failure; /* what it does when it cannot: 0 nothing, 1 a line in its log, 2 panic */
};

enum { KERNEL_AUDIT_OFF = 0, KERNEL_AUDIT_ON = 1, KERNEL_AUDIT_IMMUTABLE = 2 };

/* Each returns 0, or -1 with err saying what is missing (the capability, the kernel's auditing).
 * Each waits at most KERNEL_REPLY_MS for an answer. */
int kernel_rules_read(struct kernel_rules *rules, struct error *err); /* *rules starts zeroed */
int kernel_status_read(struct kernel_status *status, struct error *err);
int kernel_rule_add(const struct audit_rule_data *rule,
		    struct error *err); /* one there already: 0 */
int kernel_rule_delete(const struct audit_rule_data *rule, struct error *err); /* none there: 0 */

void kernel_rules_free(struct kernel_rules *rules);

#endif
