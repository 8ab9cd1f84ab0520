/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orders: the sensor's end of a connection that root opened at the control socket (plugin/door).
 * Owns: one connection at a time, what is read from it, who is at its other end. Must not own: what
 * an order does.
 */
#ifndef CAPWATCH_ORDERS_H
#define CAPWATCH_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include "common/order.h"
#include "judge/proc_reader.h"

enum { ORDERS_BY_MAX = 256 };

struct orders {
	int fd; /* -1: nobody */
};

/* Takes over a connection; one that has not said anything yet gives way to it. */
void orders_admit(struct orders *orders, int fd);

/* 1: *order was given, to be answered; 0: not yet; -1: nobody is there any more (what was no order
 * has been answered). */
int orders_read(struct orders *orders, struct order *order);

/* Says what became of it, and ends the connection. */
void orders_answer(struct orders *orders, bool done, const char *text);

/* Who gave it, in words: "capwatch (pid 4711, login uid 1000)"; buf of ORDERS_BY_MAX; returns buf.
 */
char *orders_by(const struct orders *orders, const struct proc_reader *proc, char *buf);

void orders_close(struct orders *orders);

#endif
