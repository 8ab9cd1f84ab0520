/* SPDX-License-Identifier: Apache-2.0 */
/*
 * membership: which service a process is a member of, and when that service began.
 * Owns: what a launcher's target, a login, a new program or a word of init's changes in it. Must
 * not own: reading a cgroup's name (identity), who is a launcher at work (observe), when a start is
 * over (service).
 */
#ifndef CAPWATCH_MEMBERSHIP_H
#define CAPWATCH_MEMBERSHIP_H

#include "judge/event.h"
#include "judge/world.h"

/* In no unit, container or session: a program of its own, or nothing at all. */
bool membership_is_program(const struct process *process);

/* Of a process that nobody of the ledger is the parent of, and that acts at this time (ms). */
void membership_by_itself(struct world *world, struct process *process, int64_t time);

/* Of one that /proc shows for the first time, after it was met without: of a unit or a container,
 * it does not stay a program by itself. */
void membership_confirm(struct world *world, struct process *process, int64_t time);

/* Of one that is taken in as /proc shows it; parent may be NULL. */
void membership_adopt(struct world *world, struct process *process, struct process *parent);

/* Of what the launcher is about to execute: told by the cgroup that it has moved the process to.
 * False when that shows that nothing is being launched: the process is where its parent is. When it
 * can't be read any more, the launch is believed and its target not known. */
bool membership_of_target(struct world *world, const struct event *event, struct process *process,
			  const struct launcher_entry *launcher);

/* What was taken for a launcher turns out to be none, and has started nothing. */
void membership_disown_launch(struct process *process);

/* auid and session set make a login session of what was only a program. A unit or a container stays
 * what it is: whoever may write loginuid could else leave its service by that. */
void membership_of_session(struct world *world, struct process *process, int64_t time);

/* A launcher of sessions has opened the one of this LOGIN event for the process. */
void membership_open_session(struct world *world, const struct event *event,
			     struct process *process);

/* Another image runs in the process: its launcher's target, or a program started by another
 * program. A unit, a container, a session keeps its own. */
void membership_change_program(struct world *world, const struct event *event,
			       struct process *process);

/* The process has executed another image than it had. Of a service whose first program that is,
 * what it was given is what this may hold at the most; not of a runtime that executes itself on its
 * way to it. */
void membership_note_given(struct process *process);

/* SERVICE_START and SERVICE_STOP; believed only when pid 1 as root sent it. */
void membership_note_unit(struct world *world, const struct event *event);

#endif
