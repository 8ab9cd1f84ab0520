/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading: the kernel's audit status and rules, asked for in one go and taken as they come, for a
 * process that must not wait.
 * Owns: the socket's messages, and which answer belongs to which question. Must not own: when it is
 * asked, or what the answer means (rules/sight). Who has time to wait: rules/kernel.
 */
#ifndef CAPWATCH_RULES_READING_H
#define CAPWATCH_RULES_READING_H

#include <stdbool.h>
#include "rules/kernel.h"

struct kernel_reading {
	uint32_t number;	    /* of the question that it answers */
	bool has_status, has_rules; /* they come in any order: the kernel sends each by a thread */
	struct kernel_status status;
	struct kernel_rules rules;
};

/* A socket for all readings, close-on-exec, or -1 with err. */
int kernel_reading_open(struct error *err);

/* Asks for both. The answers come whatever happens here, but the kernel keeps the asker waiting,
 * uninterruptibly, while its own queue of records is full: backlog_wait_time at most, by default a
 * minute (kernel/audit.c, audit_receive()). So this is for a thread that has nothing else to do.
 * Returns 0, or -1 with errno. */
int kernel_reading_ask(int fd, uint32_t number);

/* Starts anew, for the answer to this question. */
void kernel_reading_begin(struct kernel_reading *reading, uint32_t number);

/* Takes what has come. Returns 1 when it is whole, 0 when more is to come, -1 with err when the
 * kernel refuses or memory is out. What answers another question is dropped. */
int kernel_reading_take(int fd, struct kernel_reading *reading, struct error *err);

void kernel_reading_free(struct kernel_reading *reading);

#endif
