/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin: did init itself begin this process? ppid 1 does not say so: a double fork has it, too.
 * What only init has is its own memory: the kernel chooses anew for every program where heap and
 * stack lie, a fork has them where its parent has, and the addresses that a process hands to
 * execve(2) and capset(2) are in the record, by the kernel's hand. What systemd forks (its child
 * stage up to 254) or executes (systemd-executor) so shows addresses of init's own.
 * Owns: that comparison. Must not own: what follows from it (observe).
 */
#ifndef CAPWATCH_ORIGIN_H
#define CAPWATCH_ORIGIN_H

#include "judge/observe.h"
#include "judge/world.h"

/* The process has executed something, as the event says. Unknown where init's memory can't be read,
 * as in a replay. */
enum origin origin_after_exec(const struct world *world, const struct event *event,
			      const struct process *process);

/* It is met in /proc: init's child stage, or unknown. */
enum origin origin_of_adopted(const struct world *world, const struct proc_status *status);

/* The process acts otherwise. */
enum origin origin_of_actor(const struct world *world, const struct event *event,
			    const struct observation *seen);

#endif
