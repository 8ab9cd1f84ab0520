/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: which service a process belongs to.
 * Owns: reading a cgroup's name, the order container, session, unit, program, templates of names.
 * Must not own: when to ask (membership), nor any trust in comm, which a process chooses for
 * itself.
 */
#ifndef CAPWATCH_IDENTITY_H
#define CAPWATCH_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/ledger.h"
#include "judge/world.h"

/* What a cgroup's path says. kind is SERVICE_UNKNOWN when it says nothing. */
struct identity {
	enum service_kind kind; /* CONTAINER, SESSION, UNIT or UNKNOWN */
	char name[SERVICE_NAME_MAX];
	char unit[SERVICE_NAME_MAX];
	char container_id[SERVICE_ID_MAX], runtime[16], pod_uid[48];
};

/* Reads /proc/PID/cgroup, v1, v2 or hybrid: units as sd_pid_get_unit(3) finds them, container ids
 * of docker, containerd, cri-o, podman, runc by cgroup name, everything below user.slice a session.
 */
void identity_from_cgroup(const char *text, struct identity *identity);

/* As above where the runtime itself is known to be at work (a launcher): any cgroup that the
 * runtime's own process (around: its /proc/PID/cgroup) is not in is the container's, its id the
 * last component. */
void identity_container_of_launcher(const char *text, const char *around, const char *runtime,
				    struct identity *identity);

/* "postfix@-.service" -> "postfix@.service", "run-u3.service" -> "run-u*.service",
 * "session-4.scope" -> "session-*.scope": numbers, hex strings and UUIDs of transient names become
 * '*'. */
void identity_template(const char *unit, char *buf, size_t size);

/* The service that a cgroup names, made when new (then *is_new); NULL when the cgroup says nothing.
 */
struct service *identity_service(struct world *world, unsigned node,
				 const struct identity *identity, bool *is_new);

/* The login session of a process with auid and session set; the program service of its exe. */
struct service *identity_session(struct world *world, unsigned node, int64_t session, bool *is_new);
/* Has this session been opened already? */
bool identity_known_session(struct world *world, unsigned node, int64_t session);
struct service *identity_program(struct world *world, unsigned node, const char *exe, bool *is_new);

/* A new instance of the program: what ran under the name before keeps its own life. */
struct service *identity_new_program(struct world *world, unsigned node, const char *exe,
				     int64_t time);

#endif
