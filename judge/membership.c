/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/membership.h"

#include <stdio.h>
#include <string.h>

#include "judge/identity.h"

static bool read_cgroup(const struct world *world, const struct process *process,
			char text[PROC_CGROUP_MAX])
{
	return world_is_alive(world, process) &&
	       world->proc->cgroup(world->proc->ctx, (pid_t)process->pid, text, PROC_CGROUP_MAX);
}

static bool read_identity(const struct world *world, const struct process *process,
			  struct identity *identity)
{
	char text[PROC_CGROUP_MAX];

	identity->kind = SERVICE_UNKNOWN;
	if (read_cgroup(world, process, text))
		identity_from_cgroup(text, identity);
	return identity->kind != SERVICE_UNKNOWN;
}

/* A service begins: by whom, decides what its start waits for. */
static void begin_service(struct service *service, int64_t time, bool by_launcher)
{
	service->first_event = time;
	service->awaits_start = by_launcher && service->kind == SERVICE_UNIT;
}

/* The same by a process of its own. Whoever makes himself a cgroup of a unit's name, and forks or
 * executes there, has started no unit: init has not begun it. */
static void begin_by_itself(struct service *service, int64_t time, const struct process *process)
{
	begin_service(service, time, process->ppid == 1);
	service->unbegun = service->kind == SERVICE_UNIT && process->origin == ORIGIN_OTHER;
}

/* The target of a launcher is told by its cgroup, for that is the launcher's own doing. Of a
 * container's it is one that the runtime itself is not in (or init, when the runtime has gone). */
static void target_identity(const struct world *world, const struct process *process,
			    const struct launcher_entry *launcher, const char *text,
			    struct identity *identity)
{
	const struct proc_reader *proc = world->proc;
	char around[PROC_CGROUP_MAX];

	if (launcher->starts != SERVICE_CONTAINER) {
		identity_from_cgroup(text, identity);
		return;
	}
	if (!proc->cgroup(proc->ctx, (pid_t)process->ppid, around, sizeof(around)) &&
	    !proc->cgroup(proc->ctx, 1, around, sizeof(around)))
		around[0] = '\0';
	identity_container_of_launcher(text, around, launcher->runtime, identity);
}

bool membership_of_target(struct world *world, const struct event *event, struct process *process,
			  const struct launcher_entry *launcher)
{
	char text[PROC_CGROUP_MAX];
	struct identity identity;
	struct service *service;
	bool is_new;

	if (!read_cgroup(world, process, text)) {
		process_set_service(process, NULL);
		return true;
	}
	target_identity(world, process, launcher, text, &identity);
	if (identity.kind == SERVICE_UNKNOWN)
		return false;
	service = identity_service(world, process->node, &identity, &is_new);
	if (service && is_new)
		begin_service(service, event->time, true);
	process_set_service(process, service);
	return true;
}

/* auid and session set: a login session, but in a unit's own cgroup only one that a launcher of
 * sessions opened (sshd, cron), or that was there before us. Any process may set its own login id
 * once. */
static bool has_login(struct world *world, const struct process *process,
		      const struct identity *identity)
{
	if (process->session < 0 || process->auid < 0)
		return false;
	return identity->kind != SERVICE_UNIT || world->seeding ||
	       identity_known_session(world, process->node, process->session);
}

/* When a process began that acts at this time: its start by the finer of two clocks may be later.
 */
static int64_t born_by(const struct process *process, int64_t time)
{
	return process->start_time && process->start_time < time ? process->start_time : time;
}

/* The service of a process that nobody of the ledger is the parent of, and whose cgroup says this.
 */
static void place(struct world *world, struct process *process, int64_t time,
		  const struct identity *identity)
{
	struct service *service = NULL;
	bool is_new = false;

	/* a login counts for more than a unit, not than a container */
	if (identity->kind != SERVICE_CONTAINER && has_login(world, process, identity))
		service = identity_session(world, process->node, process->session, &is_new);
	else if (identity->kind != SERVICE_UNKNOWN)
		service = identity_service(world, process->node, identity, &is_new);
	else if (process->exe)
		service = identity_program(world, process->node, process->exe, &is_new);
	if (service && is_new)
		begin_by_itself(service, born_by(process, time), process);
	/* in a replay the start of what was there before the stream is not known */
	if (service && is_new && !process->start_time)
		service->first_event = 0;
	process_set_service(process, service);
}

void membership_by_itself(struct world *world, struct process *process, int64_t time)
{
	struct identity identity;

	(void)read_identity(world, process, &identity);
	place(world, process, time, &identity);
}

void membership_confirm(struct world *world, struct process *process, int64_t time)
{
	struct identity identity;

	if (process->service && !process->launching && membership_is_program(process) &&
	    read_identity(world, process, &identity))
		place(world, process, time, &identity);
}

bool membership_is_program(const struct process *process)
{
	return !process->service || process->service->kind == SERVICE_PROGRAM ||
	       process->service->kind == SERVICE_UNKNOWN;
}

void membership_of_session(struct world *world, struct process *process, int64_t time)
{
	struct service *service;
	bool is_new;

	if (process->auid < 0 || process->session < 0 || !process->service ||
	    !membership_is_program(process))
		return;
	service = identity_session(world, process->node, process->session, &is_new);
	if (service && is_new)
		begin_service(service, time, false);
	process_set_service(process, service);
}

/* What was there before us may have told before us, too, that it had started. */
static void take_for_started(const struct world *world, struct service *service)
{
	if (world->seeding && service && service->awaits_start &&
	    world->now - service->first_event >= 2 * world->clock.start_window_ms)
		service->awaits_start = false;
}

void membership_adopt(struct world *world, struct process *process, struct process *parent)
{
	struct service *service = parent ? parent->service : NULL;
	bool same_program = service && service->kind == SERVICE_PROGRAM && process->exe &&
			    strcmp(service->name, process->exe) == 0;

	membership_by_itself(world, process, process->start_time);
	/* a cgroup entered before we looked is taken at its word; a program's children are its own
	 */
	if (same_program && process->service && process->service->kind == SERVICE_PROGRAM)
		process_set_service(process, service);
	if (process->service && process->service->first_event > process->start_time)
		process->service->first_event = process->start_time;
	take_for_started(world, process->service);
}

/* A new image in a process that belongs to no unit, container or session: where nobody manages
 * services, the cgroup that it starts in tells, or else it is a program of its own. */
static void start_program(struct world *world, const struct event *event, struct process *process)
{
	struct identity identity;
	struct service *service;
	bool is_new = false;

	if (!process->exe)
		return;
	(void)read_identity(world, process, &identity);
	if (has_login(world, process, &identity))
		service = identity_session(world, process->node, process->session, &is_new);
	else if (identity.kind == SERVICE_UNIT || identity.kind == SERVICE_CONTAINER)
		service = identity_service(world, process->node, &identity, &is_new);
	else
		service = identity_new_program(world, process->node, process->exe, event->time);
	if (service && is_new)
		begin_by_itself(service, event->time, process);
	process_set_service(process, service);
}

void membership_change_program(struct world *world, const struct event *event,
			       struct process *process)
{
	bool launched = process->launching && !process->service;

	if (launched || (!process->launching && membership_is_program(process)))
		start_program(world, event, process);
	process->launching = false;
}

void membership_note_given(struct process *process)
{
	if (process->service && !process->launching && process->service->declared == 0 &&
	    process->has_bounding)
		process->service->declared = process->bounding;
}

void membership_disown_launch(struct process *process)
{
	struct service *service = process->service;

	if (process->launching && service && service->awaits_start)
		service->unbegun = true;
	process->launching = false;
}

/* A user's manager is a unit, and the sessions of its cgroup are of its name (identity.c). */
static struct service *find_unit(struct world *world, unsigned node, const char *name)
{
	struct service *service = service_find(world->services, node, SERVICE_UNIT, name);

	return service ? service : service_find(world->services, node, SERVICE_SESSION, name);
}

void membership_note_unit(struct world *world, const struct event *event)
{
	struct service *service;
	char name[SERVICE_NAME_MAX], template_name[SERVICE_NAME_MAX];
	bool is_new;

	if (event->service.pid != 1 || event->service.uid != 0 || !event->service.unit.data)
		return;
	snprintf(name, sizeof(name), "%.*s.service", (int)event->service.unit.length,
		 event->service.unit.data);
	service = find_unit(world, event->node_number, name);
	if (!event->service.start) {
		if (service)
			service_end(service);
		return;
	}
	is_new = !service;
	if (is_new)
		service = service_get(world->services, event->node_number, SERVICE_UNIT, name,
				      &is_new);
	if (!service)
		return;
	if (is_new) {
		identity_template(name, template_name, sizeof(template_name));
		service_set_labels(service, &(struct service_labels){.template_name = template_name,
								     .unit = name});
	}
	if (is_new || service_phase(service, &world->clock, event->time) == PHASE_RUNNING)
		service->first_event = event->time;
	service->started = event->time;
	service->unbegun = false;
}

void membership_open_session(struct world *world, const struct event *event,
			     struct process *process)
{
	struct service *service;
	bool is_new;

	service = identity_session(world, event->node_number, event->login.session, &is_new);
	if (service && is_new)
		begin_service(service, event->time, false);
	process->launching = false;
	process_set_service(process, service);
}
