/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image: which file a process runs, and whether that is the host's file of that path.
 * A path in a record says little: a copy, a bind mount in another mount namespace and a container's
 * file all read the same. Owns: the comparison by device and inode, what an upgrade does to it.
 * Must not own: what follows from it (match), nor when an image changes (observe).
 */
#ifndef CAPWATCH_IMAGE_H
#define CAPWATCH_IMAGE_H

#include "judge/event.h"
#include "judge/world.h"

/* The same path, but for " (deleted)" at the end of other. */
bool image_same_path(const char *path, struct bytes other);

/* Is that the path of what it runs, or another name of it? */
bool image_is_called(const struct process *process, const char *path);

/* It ran detached from any mount and could not be looked at in time: it was told by another of its
 * login session, whose inode could be read. */
bool image_is_of_namesake(const struct process *process);

/* A parent that was about to end when it was read, so that its file could not be, runs what the
 * fork of it runs. status: of the child. */
void image_take_from_fork(struct process *parent, const struct process *child,
			  const struct proc_status *status);

/* The event's process->exe has just been set: fills in exe_identity, exe_state and exe_file. live:
 * /proc has confirmed the process. */
void image_identify(const struct world *world, const struct event *event, struct process *process,
		    bool live);

/* The same for a process that no event is at hand of: as /proc/PID/exe shows it. */
void image_adopt(const struct world *world, struct process *process);

/* A process that is known to live, of whose execs there are no records: what it runs by now. */
void image_catch_up(const struct world *world, struct process *process);

/* /proc shows another file of the same path than the one that the process has from its parent: an
 * exec that no record told of. Ask only of a process that /proc has confirmed. */
bool image_has_changed(const struct world *world, const struct process *process);

/* /proc shows the very file that the process has run all along, whatever its path is now. */
bool image_is_renamed(const struct world *world, const struct process *process);

/* The file may be replaced under a running process: its identity stays, its state is told. */
void image_refresh_state(const struct world *world, const struct event *event,
			 struct process *process);

#endif
