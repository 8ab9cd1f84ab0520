/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell: what the courier says in alerts of its own work: a queue that overflowed, a storm that was
 * held back, a spool that cannot be written. Owns: when each is said, to whom, and that it is said
 * once. Must not own: what the alerts hold (loss), how they are delivered (sink).
 */
#ifndef CAPWATCH_TELL_H
#define CAPWATCH_TELL_H

#include <stdint.h>
#include "alerters/sink_report.h"

/* Of each sink whose queue overflowed: to the others while it does not work, to all, with the whole
 * number, once it does. Returns how many that number was, of all such sinks. */
uint64_t tell_drops(const struct sink_list *sinks, int64_t now);

/* To each sink whose window of max_alerts is over, or at the end (ending): how many it missed. */
void tell_held_back(const struct sink_list *sinks, int64_t now, bool ending);

/* When the first of the spools cannot be written, and when all can be again: to all. *told: whether
 * the first was said and the second was not yet. */
void tell_faults(const struct sink_list *sinks, int64_t now, bool *told);

#endif
