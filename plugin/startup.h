/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startup: what a process of ours inherits, made into something known.
 * auditd starts a plugin with SIGTERM, SIGHUP and SIGPIPE ignored, a restarted one with them
 * blocked, with descriptors of its own left open beyond 24, and in whatever folder it was started
 * from. Must not own: privileges.
 */
#ifndef CAPWATCH_STARTUP_H
#define CAPWATCH_STARTUP_H

#include <signal.h>
#include "common/error.h"

/* The signals that the supervisor takes one by one, from a signalfd: they are blocked from here on.
 */
void startup_handled_signals(sigset_t *set);

/* Signal dispositions (default; SIGPIPE ignored) and mask, descriptors 0 to 2 open and no others,
 * umask, working folder. First of all in the plugin's life, before any log is opened. -1 with err
 * when fd 0 is not open or the rest can't be had. */
int startup_prepare(struct error *err);

/* Closes descriptor first and all beyond. */
void startup_close_from(int first);

/* Every disposition to its default, an empty mask: for a child, before exec. */
void startup_reset_signals(void);

#endif
