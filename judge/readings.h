/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readings: what /proc said of the processes that events came from lately.
 * A look at /proc costs more than all else that is done about an event. It is needed for each one
 * as long as the judge keeps up: what it says must not be older than the event. But of events that
 * had been taken from auditd, all of them, when /proc was last looked at, it says as much as a look
 * for each would. So the further the judge is behind, in a flood, the less an event costs it. Owns:
 * those readings, and until which byte of the stream each is good. Must not own: what they mean.
 */
#ifndef CAPWATCH_READINGS_H
#define CAPWATCH_READINGS_H

#include "judge/proc_reader.h"

enum { READINGS_MAX = 128 };

struct reading {
	pid_t pid;	     /* 0: none */
	uint64_t good_until; /* byte of the stream */
	bool found;
	struct proc_status status;
};

struct readings {
	uint64_t fed;	/* bytes of the stream given to the judge, the piece being judged too */
	uint64_t ahead; /* and bytes beyond them that are taken from auditd already */
	struct reading places[READINGS_MAX];
};

/* A piece of the stream is about to be judged, and ahead bytes behind it wait. */
void readings_begin_piece(struct readings *readings, size_t length, uint64_t ahead);

/* As proc->status(), for the process of the event being judged. */
bool readings_status(struct readings *readings, const struct proc_reader *proc, pid_t pid,
		     struct proc_status *status);

#endif
