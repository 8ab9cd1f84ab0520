/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_state: which audit rules the kernel has now, as one digest, for heartbeats: the supervisor
 * alone may ask. Owns: the digest, the message's body. Must not own: what the rules should be
 * (rules/compare), when it is told.
 */
#ifndef CAPWATCH_RULES_STATE_H
#define CAPWATCH_RULES_STATE_H

#include "rules/kernel.h"

enum { RULES_STATE_EVERY_MS = 60 * 1000, RULES_STATE_HEX = 65, RULES_STATE_BODY = 96 };

/* The digest is over all rules, in the order in which they are matched: alike on hosts with the
 * same rules and kernel. 0, or -1 when memory is out. */
int rules_state_digest(const struct kernel_rules *rules, char hex[RULES_STATE_HEX]);

/* The body of a WIRE_STATE to the courier, {"rules": "SHA-256 in hex"}. */
void rules_state_make(const char *hex, char body[RULES_STATE_BODY]);

#endif
