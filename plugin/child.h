/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: one process that ours starts, and the sockets it starts with.
 * Owns: fork, descriptors, exec of the courier, and how an end is put in words. Must not own: when
 * to start, stop or restart (supervisor), or what it may do (privileges).
 */
#ifndef CAPWATCH_CHILD_H
#define CAPWATCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/error.h"
#include "common/log.h"
#include "plugin/backoff.h"
#include "plugin/privileges.h"

enum {
	CHILD_LINK_FD = 3,    /* the courier's end of the link */
	CHILD_CONTROL_FD = 4, /* a child's end of its control socket */
	CHILD_EXEC_FAILED = 127,
	CHILD_END_MAX = 128,
};

struct child {
	const char *name;
	pid_t pid;	  /* 0: not running */
	int control;	  /* the supervisor's end of the control socket; -1 */
	int64_t started;  /* steady ms */
	int64_t start_at; /* steady ms: when to start it, while it is not running */
	struct backoff backoff;
	const char *killed_for; /* by us; NULL when not */
	bool said_longest; /* that it ended, and is tried at the longest interval from now on */
};

/* A connected pair of SOCK_SEQPACKET, close-on-exec, with room for the largest message. */
int child_socketpair(int ends[2], struct error *err);

/* Puts from where the child expects it and closes all beyond, in the child. keep[i] becomes
 * descriptor CHILD_LINK_FD + i; -1 leaves that one closed. */
int child_keep_descriptors(const int *keep, size_t count, struct error *err);

struct courier_start {
	const char *path, *config_file;
	const char *drain_seconds;     /* NULL: not given */
	const struct account *account; /* NULL: stays who it is (replay) */
	pid_t parent;
	int link, control;
};

/* In a new child: becomes the courier. Returns only on failure, with err. */
int child_exec_courier(const struct courier_start *start, struct error *err);

/* "signal 9 (Killed)" or "status 1", with the reason when it was us, of a wait status; returns buf.
 */
char *child_describe_end(const struct child *child, int status, char buf[CHILD_END_MAX]);

#endif
