/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_state: which audit rules the kernel has now, as one digest, for heartbeats: the supervisor
 * alone may ask. Owns: the digest, the message's body. Must not own: what the rules should be
 * (rules/compare), when it is told.
 */
#ifndef CAPWATCH_RULES_STATE_H
#define CAPWATCH_RULES_STATE_H

enum { RULES_STATE_EVERY_MS = 60 * 1000 };

/* The body of a WIRE_STATE to the courier, {"rules": "SHA-256 in hex"}, to be freed; NULL when the
 * kernel does not say, or memory is out. The digest is over all rules, in the order in which they
 * are matched: alike on hosts with the same rules and kernel. Waits for the kernel, which answers
 * at once, KERNEL_REPLY_MS at most. */
char *rules_state_make(void);

#endif
