/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: what processes belong to, and in which phase of its life it is.
 * Owns: the table of services (bounded by node), the clock of their starts. Must not own: how a
 * process is found to belong to one (identity), or what it may do then (verdict).
 */
#ifndef CAPWATCH_SERVICE_H
#define CAPWATCH_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/capmask.h"
#include "common/vocab.h"

enum {
	SERVICE_NAME_MAX = 256,
	SERVICE_ID_MAX = 80,
	SERVICES_MAX = 4096,	     /* of one node */
	SERVICES_OTHERS_MAX = 32768, /* of all nodes but this host, in equal parts */
};

struct service_table;
struct process;

struct service {
	enum service_kind kind;
	unsigned node;
	const char *name; /* nginx.service, a container's id, session-3, /usr/bin/x */
	/* what else it is called, "" for not so: service_set_labels() */
	const char *template_name; /* the same on every host: without instance, pid, UUID */
	const char *unit;	   /* the unit, where there is one; also a container's */
	const char *container_id, *runtime, *pod_uid;
	int64_t first_event; /* ms: the start as far as it is known; 0: not known */
	int64_t started;     /* ms of SERVICE_START, 0: none yet */
	bool awaits_start;   /* a systemd unit: SERVICE_START is to come */
	bool unbegun;	     /* nobody whose work it is began it: it counts as running until
				SERVICE_START */
	capmask declared; /* what it was given: the bounding set of its first process; 0: not known
			   */
	bool ceiling_judged;	  /* at the end of its start */
	struct service *due_next; /* of those whose start has ended just now */
	struct process *members;  /* of the ledger, the latest to join first; kept by
				     process_set_service() */
	unsigned processes;	  /* in the ledger, and other holders: service_hold() */
	struct service_table *table;
	struct service *next;	/* of its bucket */
	struct service **place; /* what points to it there */
	struct service *older,
		*newer; /* of its node's that nothing holds: the oldest is forgotten first */
};

/* Each may be NULL. */
struct service_labels {
	const char *template_name, *unit, *container_id, *runtime, *pod_uid;
};

struct service_clock {
	int64_t start_window_ms, start_timeout_ms;
};

/* NULL when out of memory. */
struct service_table *service_table_new(void);
void service_table_free(struct service_table *table);

/* Finds the service of this node, kind and name that has not ended. */
struct service *service_find(struct service_table *table, unsigned node, enum service_kind kind,
			     const char *name);

/* Finds it or makes it (*is_new when made; NULL when out of memory). Fields beyond the key are the
 * caller's to fill in when new. Where there is no room, the oldest that nothing holds is forgotten
 * for it: of the node, or of one that has more than its part (judge/quota.h). */
struct service *service_get(struct service_table *table, unsigned node, enum service_kind kind,
			    const char *name, bool *is_new);

/* Copies what a new one is called beside its name. Without memory it is not called so. */
void service_set_labels(struct service *service, const struct service_labels *labels);

/* SERVICE_STOP, or a new instance of its program: the next process of this name starts it anew.
 * What it holds lives on in it. */
void service_end(struct service *service);

/* starting or running at this time (ms); unknown when its start isn't known. */
enum phase service_phase(const struct service *service, const struct service_clock *clock,
			 int64_t now);

/* Milliseconds since its start, -1 when not known. */
int64_t service_age(const struct service *service, int64_t now);

/* When it becomes running (ms), 0 when not known. */
int64_t service_running_from(const struct service *service, const struct service_clock *clock);

/* Keeps a service from being evicted while a caller holds a pointer beyond the processes' own. NULL
 * is allowed in both. */
void service_hold(struct service *service);
void service_release(struct service *service);

/* Calls visit for each service there is. */
void service_each(struct service_table *table, void (*visit)(void *ctx, struct service *service),
		  void *ctx);

#endif
