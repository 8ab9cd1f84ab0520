/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_sensor: what the sensor's process may still ask of the kernel.
 * Owns: its table of system calls and its limits. Must not own: its user and capabilities
 * (privileges).
 * No Landlock: under any ruleset the links /proc/PID/exe and ns/user of others can't be read.
 */
#ifndef CAPWATCH_CONFINE_SENSOR_H
#define CAPWATCH_CONFINE_SENSOR_H

#include "common/error.h"

/* Before the first byte that an attacker can influence is read: of the stream, or of /proc. From
 * then on it opens files to read only, and makes no socket, process or code. 0, or -1 with err: it
 * must not go on. */
int confine_sensor(struct error *err);

#endif
