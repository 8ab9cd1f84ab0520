/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order: what root may tell a running plugin over its control socket: one WIRE_ORDER, to which one
 * WIRE_ANSWER comes back, whose severity is 0 where it was done. The command line writes it, the
 * sensor reads it.
 * Owns: its form. Must not own: the socket, who may send one, what it does.
 */
#ifndef CAPWATCH_ORDER_H
#define CAPWATCH_ORDER_H

#include <stddef.h>
#include <stdint.h>
#include "common/error.h"

enum { ORDER_UNIT_MAX = 256, ORDER_BODY_MAX = 1024, ORDER_ANSWER_MAX = 1024 };

enum order_verb {
	ORDER_LEARN_START,
	ORDER_LEARN_STOP,
	ORDER_LEARN_FORGET, /* what was learnt so far */
	ORDER_VERBS,
};

struct order {
	enum order_verb verb;
	int64_t for_ms;		   /* start: 0: until it is stopped */
	char unit[ORDER_UNIT_MAX]; /* start: a glob of units; "": all services */
};

/* The order as a message's body, into buf of ORDER_BODY_MAX bytes; its length, or 0 when it does
 * not fit. */
size_t order_print(const struct order *order, char *buf);

/* 0, or -1 with err. */
int order_parse(const char *body, size_t length, struct order *order, struct error *err);

#endif
