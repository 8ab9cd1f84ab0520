/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell: gives the running plugin an order over its control socket, and brings its answer.
 */
#ifndef CAPWATCH_CLI_TELL_H
#define CAPWATCH_CLI_TELL_H

#include "common/order.h"

/* path: the control socket. 1: done, 0: refused, with what the plugin says in answer
 * (ORDER_ANSWER_MAX bytes); -1 with err when it cannot be reached or does not answer. */
int tell_plugin(const char *path, const struct order *order, char *answer, struct error *err);

#endif
