/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine: the courier's process as it must be before it reads the first byte from outside.
 * It is started as a user of its own; here it gives up whatever else it was left with.
 * Owns: its limits and its table of system calls. Must not own: which files it needs (reach).
 */
#ifndef CAPWATCH_CONFINE_H
#define CAPWATCH_CONFINE_H

#include <stdbool.h>
#include "common/error.h"

/* Standard descriptors to /dev/null (fd 0 may be auditd's socket), none open beyond last_fd;
 * signals as new; ends with its parent; no core, no tracing by others of its user, no new
 * privileges, no capabilities. In the foreground, where a person looks on, stdout and stderr stay
 * and a debugger may attach. 0, or -1 with err. */
int confine_process(int last_fd, bool foreground, struct error *err);

/* After that, once it knows its configuration and before it uses it: from here on it starts no
 * program and no process, listens on no socket, and looks into no other process. 0, or -1 with
 * err. */
int confine_calls(struct error *err);

#endif
