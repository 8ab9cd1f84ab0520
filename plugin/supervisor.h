/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor: the process that auditd started. Root, and almost no code.
 * Owns: fd 0 across the death of its children, their start, restart with back-off, stop, and the
 * saying of what happened to them. Must not own: anything that reads what an attacker writes. It
 * never looks into the stream: it discards it, unread, while no sensor can be had, because a
 * dispatcher that blocks stalls the host.
 *
 * Sockets, all SOCK_SEQPACKET, messages in common/wire.h:
 *   control: supervisor <-> sensor (the sensor's fd from fork) and supervisor <-> courier (its fd
 * 4). End of file on it means: finish what you have and end. The supervisor stops a child so, and
 * its own death looks the same. link:    sensor <-> courier (the courier's fd 3). End of file on it
 * means only that the other one died. A pair connects one sensor with one courier; when either is
 * started anew, a new pair is made and the survivor gets its end in WIRE_COURIER_FD over its
 * control socket: it closes the old end, if it has not yet, and goes on with the new one. Numbers
 * of alerts belong to a sensor, not to a link: a sensor sends again, on the new link, what was not
 *            acknowledged; a new sensor counts from 1.
 */
#ifndef CAPWATCH_SUPERVISOR_H
#define CAPWATCH_SUPERVISOR_H

#include "common/error.h"
#include "common/log.h"

struct supervisor_options {
	const char *config_file;
	const char *courier_path;
	const char *rules_folder; /* the shipped rules, absolute */
	const struct logger *log;
};

/* After startup_prepare(). Runs until the stream ends or SIGTERM. Returns 0 then, everything
 * delivered or kept; -1 with err when it could not even begin (signals or memory). What is wrong
 * with the configuration, a user or a capability is not such an error: it is said once, and the
 * stream discarded until SIGHUP finds it put right, because auditd would start a program that ended
 * anew, ten times, and then never again. */
int supervisor_run(const struct supervisor_options *options, struct error *err);

#endif
