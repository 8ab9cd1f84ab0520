/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door: the control socket, where root may give a running plugin orders.
 * Owns: the socket in the file system, and who is let in: root alone, by the kernel's word
 * (SO_PEERCRED, unix(7)). Must not own: a word of what is said: whoever is let in is handed to the
 * sensor.
 */
#ifndef CAPWATCH_DOOR_H
#define CAPWATCH_DOOR_H

#include "common/error.h"

/* Listens at this path, in a folder that is made where it is missing. A socket that nobody answers
 * at is a dead plugin's and is replaced. The descriptor, or -1 with err. */
int door_open(const char *path, struct error *err);

/* Closes it and takes its name away; -1 is fine. */
void door_close(int door, const char *path);

/* The next of root's connections, non-blocking, or -1 when none waits. Others are closed. */
int door_admit(int door);

#endif
