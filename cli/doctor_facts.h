/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_facts: what `capwatch doctor` has to know of a host, gathered once.
 * Owns: where it is read, and that nothing is changed by it. Must not own: what is right or wrong.
 * A fact that could not be had is none of an error here: its own error says why, and the check that
 * needs it judges that.
 */
#ifndef CAPWATCH_DOCTOR_FACTS_H
#define CAPWATCH_DOCTOR_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>
#include "cli/auditd_conf.h"
#include "cli/checked.h"
#include "common/error.h"
#include "rules/kernel.h"
#include "rules/profile.h"

enum {
	DOCTOR_PROCESSES_MAX = 32,
	DOCTOR_COMMAND_LINE_MAX = 4096,
	DOCTOR_NAME_MAX = 64,
	DOCTOR_CONTROLS_MAX = 32,
};

/* The host that is asked: this one, or one that a test makes up. */
struct doctor_host {
	const char *root;      /* in front of every path, /proc's too; "" for this host */
	const char *config;    /* NULL: as the entry in plugins.d says */
	const char *rules_dir; /* the shipped rules */
	bool running;	       /* false: a file tree alone, no kernel and no process to ask */
	uid_t owner;	       /* who root is */
	int64_t now;	       /* ms since the epoch */
	int (*read_status)(struct kernel_status *status, struct error *err);
	int (*read_rules)(struct kernel_rules *rules, struct error *err);
	int (*clock_synchronised)(void); /* 1, 0, or -1 when the kernel does not say */
};

struct doctor_process {
	pid_t pid, parent;
	uid_t uid;
	char name[DOCTOR_NAME_MAX];
	char exe[PATH_MAX]; /* as in its own mount namespace; without " (deleted)" */
	char label[256];    /* of the security module; "" for none */
	bool replaced;	    /* the file has been replaced since it was started */
};

struct doctor_entry { /* capwatch's in plugins.d */
	char path[PATH_MAX];
	struct auditd_conf conf;
	struct error error;	/* why it could not be read */
	char program[PATH_MAX]; /* "" when it names none */
	char config[PATH_MAX];	/* what --config says, or the default */
};

struct doctor_control { /* a line of rules.d that is no rule: -b, -r, -f, -e, -D ... */
	char file[PATH_MAX];
	unsigned line;
	char text[DOCTOR_NAME_MAX];
};

struct doctor_facts {
	const struct doctor_host *host;

	char release[DOCTOR_NAME_MAX];		    /* the kernel's */
	char boot_line[DOCTOR_COMMAND_LINE_MAX];    /* /proc/cmdline; "" when not known */
	char proc_options[DOCTOR_COMMAND_LINE_MAX]; /* how /proc is mounted; "" when not known */
	struct kernel_status status;
	struct error status_error; /* "": the status is known */
	struct kernel_rules loaded;
	struct error loaded_error;

	char auditd_file[PATH_MAX]; /* auditd.conf, where the running auditd reads it */
	struct auditd_conf auditd;
	struct error auditd_error;
	char plugin_dir[PATH_MAX];
	int auditd_version[3];
	struct error version_error;
	struct doctor_process processes[DOCTOR_PROCESSES_MAX]; /* auditd, and those of capwatch */
	size_t process_count;

	struct doctor_entry entry;
	struct checked checked; /* settings and baseline; NULL each when they are not valid */
	struct error checked_error;

	struct rules_place place;
	unsigned profiles; /* that are installed; 0 for none */
	struct ruleset wanted;
	struct error wanted_error;
	struct ruleset site; /* every rule of rules.d, capwatch's too */
	struct doctor_control controls[DOCTOR_CONTROLS_MAX];
	size_t control_count;

	json_t *status_file; /* what the courier wrote last, or NULL */
	struct error status_file_error;
};

/* The host's path with its root in front; false when that is too long, and then "". */
bool doctor_host_path(const struct doctor_host *host, const char *path, char full[PATH_MAX]);

/* This host, running, or, with a root other than "", the file tree there. */
struct doctor_host doctor_host_make(const char *root);

/* NULL with err when memory fails. host must outlive the facts. */
struct doctor_facts *doctor_facts_gather(const struct doctor_host *host, struct error *err);
void doctor_facts_free(struct doctor_facts *facts);

/* The process with this pid among those gathered, or NULL. */
const struct doctor_process *doctor_facts_process(const struct doctor_facts *facts, pid_t pid);

/* The plugin that auditd started: its child that runs the entry's program; NULL for none. */
const struct doctor_process *doctor_facts_supervisor(const struct doctor_facts *facts);

/* A user's id on that host. 0, or -1 when there is no such user. */
int doctor_facts_uid(const struct doctor_facts *facts, const char *user, uid_t *uid);

#endif
