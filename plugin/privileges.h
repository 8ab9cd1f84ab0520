/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges: who each of our three processes is, and what is taken from it.
 * Owns: users, capabilities, securebits, no_new_privs, limits and the tie to the supervisor's life.
 * Must not own: descriptors and signals (startup), or when a process is started (supervisor).
 *
 * None of it may look like a gain to capwatch itself, which sees these very calls when auditd
 * starts the next copy: so no PR_SET_KEEPCAPS and no capset that raises. The supervisor takes the
 * securebit no-setuid-fixup, a tightening; a child then keeps its sets through setresuid, and one
 * capset reduces them to what it needs.
 */
#ifndef CAPWATCH_PRIVILEGES_H
#define CAPWATCH_PRIVILEGES_H

#include <sys/types.h>
#include "common/capmask.h"
#include "common/error.h"

struct account {
	uid_t uid;
	gid_t gid;
};

/* Looks name up. -1 with err, saying how to create it, when there is no such user, or it is root.
 */
int privileges_find_account(const char *name, struct account *account, struct error *err);

/* The supervisor itself, once, before any child: no_new_privs, securebits, bounding set, capset. -1
 * with err naming the capabilities that it lacks; then nothing has been changed. */
int privileges_tighten(struct error *err);

/* In a new child, once: becomes account, with the sets of its part, not dumpable, tied to parent's
 * life (PDEATHSIG). -1 with err: the child must not go on. */
int privileges_become_sensor(const struct account *account, pid_t parent, struct error *err);
int privileges_become_courier(const struct account *account, pid_t parent, struct error *err);

#endif
