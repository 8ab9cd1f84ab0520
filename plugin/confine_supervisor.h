/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_supervisor: what the supervisor's process may still ask of the kernel.
 * Owns: its table of system calls. Must not own: its capabilities (privileges), and what its
 * children are confined to beyond it (confine_sensor; the courier does it itself).
 */
#ifndef CAPWATCH_CONFINE_SUPERVISOR_H
#define CAPWATCH_CONFINE_SUPERVISOR_H

#include "common/error.h"

/* Once, with the capabilities already reduced, before any child. Children inherit it. 0, or -1 with
 * err. */
int confine_supervisor(struct error *err);

#endif
