/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_host: a host that is well, made up in a temporary folder, with a kernel that answers what
 * the test says. Owns: making and removing it. Must not own: what a test seeds or asserts.
 */
#ifndef CAPWATCH_TEST_DOCTOR_HOST_H
#define CAPWATCH_TEST_DOCTOR_HOST_H

#include "cli/doctor.h"

struct made_up_host {
	struct doctor_host host;
	struct kernel_status status;
	struct error status_error; /* not "": the kernel does not answer */
	struct ruleset loaded;	   /* what the kernel has, in order */
	int synchronised;
};

/* The one of this test; for a test fixture, after conf_files_begin() and before conf_files_end().
 */
struct made_up_host *doctor_host_begin(void);
void doctor_host_end(void);

/* Puts one rule in front of those that are loaded. */
void doctor_host_load_first(const char *rule);
/* Takes the loaded rules away whose text has all of these words; the second may be NULL. */
void doctor_host_unload(const char *word, const char *other);
/* In one of the host's files: every occurrence replaced. Aborts when there is none. */
void doctor_host_edit(const char *file, const char *old, const char *text);
/* A process. */
struct made_up_process {
	int pid, parent;
	unsigned uid;
	const char *exe, *command_line;
};
void doctor_host_add_process(const struct made_up_process *process);
void doctor_host_remove_process(int pid);

#endif
