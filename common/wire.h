/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * wire: the messages between sensor, courier and supervisor, over SOCK_SEQPACKET.
 * One packet is one message: a fixed header, then the body. Nothing in a packet is trusted: every
 * length and vocabulary value is checked by wire_receive().
 *
 *   sensor -> courier:     WIRE_ALERT   number, severity, disposition, body = the alert's JSON (native)
 *                          WIRE_LOG     severity field = syslog priority, body = one line
 *                          WIRE_STATE   body = a JSON object: how the sensor is (plugin/state_body.h)
 *                          WIRE_CHECKPOINT body = its text (common/checkpoint.h)
 *                          WIRE_LEARNT  body = lines of common/learnt.h; empty: those so far are to be forgotten
 *                          WIRE_SETUP   body = its text (common/setup.h)
 *   courier -> sensor:     WIRE_ACK     number of the alert that is safe with the courier now
 *   supervisor -> sensor:  WIRE_NOTICE  body = one line for a coverage-loss alert ("courier ended by signal 9")
 *                          WIRE_RELOAD  re-read configuration and baselines
 *                          WIRE_SNAPSHOT  body = what the kernel says of its audit system (plugin/snapshot.h)
 *                          WIRE_CONTROL a connection of root's at the control socket, with what comes over it:
 *   root -> sensor:        WIRE_ORDER   body = an order (common/order.h), on a connection of its own
 *   sensor -> root:        WIRE_ANSWER  severity field = 0 when it was done; body = a sentence
 *   sensor -> supervisor:  WIRE_LOOK    ask the kernel now; no body
 *   supervisor -> courier: WIRE_RELOAD  re-read configuration, reopen files
 *                          WIRE_STATE   body = a JSON object: the kernel's rules (plugin/rules_state.h)
 *   supervisor -> both:    WIRE_COURIER_FD / none: see plugin/supervisor.h for how a new socket is handed over
 */
/* clang-format on */
#ifndef CAPWATCH_WIRE_H
#define CAPWATCH_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include "common/error.h"

enum wire_type {
	WIRE_ALERT = 1,
	WIRE_LOG = 2,
	WIRE_ACK = 3,
	WIRE_NOTICE = 4,
	WIRE_RELOAD = 5,
	WIRE_COURIER_FD = 6, /* supervisor -> sensor, with the new socket as SCM_RIGHTS */
	WIRE_STATE = 7,
	WIRE_CHECKPOINT = 8,
	WIRE_SNAPSHOT = 9,
	WIRE_LOOK = 10,
	WIRE_CONTROL = 11, /* supervisor -> sensor, with root's connection as SCM_RIGHTS */
	WIRE_ORDER = 12,
	WIRE_ANSWER = 13,
	WIRE_LEARNT = 14,
	WIRE_SETUP = 15,
};

enum { WIRE_BODY_MAX = 192 * 1024 };

/* The exit status of a courier that asks the supervisor for a new one: it can't reach what a new
 * configuration names. Nothing is lost, and it is no failure. */
enum { WIRE_EXIT_ANEW = 10 };

struct wire_header {
	uint32_t magic;	  /* WIRE_MAGIC */
	uint16_t type;	  /* enum wire_type */
	uint8_t severity; /* enum severity, or a syslog priority */
	uint8_t disposition;
	uint64_t number; /* the sender's number of an alert, counted from 1 */
	uint32_t length; /* of the body */
	uint32_t reserved;
};

#define WIRE_MAGIC 0x31777063u /* "cpw1" */

struct wire_message {
	struct wire_header header;
	const char *body; /* in the caller's buffer; terminated by a NUL beyond length */
	int fd;		  /* received by SCM_RIGHTS; -1 for none; the caller closes it */
};

/* Both return 1 when done, 0 when it would block (fds are non-blocking), -1 with err when the peer
 * is gone (err is "end of file") or the message is not one of ours. fd < 0 in wire_send: none is
 * passed. */
int wire_send(int socket, const struct wire_header *header, const char *body, int fd,
	      struct error *err);
int wire_receive(int socket, char *buffer, size_t size, struct wire_message *message,
		 struct error *err);

#endif
