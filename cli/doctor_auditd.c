/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_auditd: whether auditd is there, runs, and hands on all that it gets. */
#include "cli/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "cli/doctor_shell.h"

enum {
	VERSION_LEAST = 3 * 10000 + 0 * 100 + 9, /* 3.0.9 */
	QUEUE_LEAST = 2000,			 /* auditd's own default since 3.0.8 */
	QUEUE_MOST = 99999,			 /* as auditd takes it */
	RESTARTS_LEAST = 10,			 /* auditd's own default */
	MEGABYTE = 1024 * 1024,
};

static bool has_conf(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!*facts->auditd_error.text)
		return true;
	doctor_skip(report, "auditd.conf is not known: see auditd.configuration");
	return false;
}

/* The key's value as a whole number; fallback without one, -1 for what is none. */
static long number_of(const struct auditd_conf *conf, const char *key, long fallback)
{
	const char *value = auditd_conf_value(conf, key, NULL);
	char *end;
	long number;

	if (!value)
		return fallback;
	number = strtol(value, &end, 10);
	return *value && !*end && number >= 0 ? number : -1;
}

static void mend_key(const struct doctor_facts *facts, struct doctor_report *report,
		     const char *name, const char *value)
{
	struct doctor_key key = {&facts->auditd, facts->auditd_file, name, value, false};
	doctor_text text;

	doctor_mend(report, "%s", doctor_shell_set_key(facts, &key, text));
}

static void check_installed(const struct doctor_facts *facts, struct doctor_report *report)
{
	static const char *const paths[] = {"/usr/sbin/auditd", "/sbin/auditd"};
	char full[PATH_MAX];
	doctor_text text;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!doctor_host_path(facts->host, paths[i], full) || access(full, X_OK) < 0)
			continue;
		doctor_ok(report, "%s is there", paths[i]);
		return;
	}
	doctor_broken(report, "auditd is not installed");
	doctor_mend(report, "%s", doctor_shell_install_package(facts, "auditd", "audit", text));
}

static void check_version(const struct doctor_facts *facts, struct doctor_report *report)
{
	const int *version = facts->auditd_version;
	doctor_text text;

	if (*facts->version_error.text) {
		doctor_skip(report, "auditd's version is not known: %s", facts->version_error.text);
	} else if (version[0] * 10000 + version[1] * 100 + version[2] >= VERSION_LEAST) {
		doctor_ok(report, "audit %d.%d.%d", version[0], version[1], version[2]);
	} else {
		doctor_broken(report, "audit %d.%d.%d is too old: capwatch needs 3.0.9 or later",
			      version[0], version[1], version[2]);
		doctor_mend(report, "%s",
			    doctor_shell_install_package(facts, "auditd", "audit", text));
	}
}

/* What holds the kernel's audit socket, where that is no auditd. */
static void say_other(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_process *other = doctor_facts_process(facts,
								  (pid_t)facts->status.auditd_pid);

	doctor_broken(report,
		      "the kernel gives its records to %s (pid %u), which is not auditd: auditd, "
		      "and capwatch with it, gets none",
		      other ? other->exe : "a process of another namespace",
		      facts->status.auditd_pid);
	doctor_mend(report, "kill %u; %s", facts->status.auditd_pid, doctor_shell_restart(facts));
}

static void check_running(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_process *auditd;
	const char *name;

	if (!facts->host->running || *facts->status_error.text) {
		doctor_skip(report, "the kernel was not asked, or did not say: see "
				    "kernel.auditing");
		return;
	}
	auditd = facts->status.auditd_pid
			 ? doctor_facts_process(facts, (pid_t)facts->status.auditd_pid)
			 : NULL;
	name = auditd ? strrchr(auditd->exe, '/') : NULL;
	if (!facts->status.auditd_pid) {
		doctor_broken(report, "no auditd runs: the kernel has nobody to give its "
				      "records to");
		doctor_mend(report, "systemctl enable auditd && %s", doctor_shell_restart(facts));
	} else if (!name || strcmp(name, "/auditd") != 0) {
		say_other(facts, report);
	} else if (auditd->replaced) {
		doctor_warn(report, "auditd (pid %d) runs a program that was replaced since",
			    (int)auditd->pid);
		doctor_mend(report, "%s", doctor_shell_restart(facts));
	} else {
		doctor_ok(report, "auditd runs, and the kernel gives it its records (pid %d)",
			  (int)auditd->pid);
	}
}

static void check_configuration(const struct doctor_facts *facts, struct doctor_report *report)
{
	doctor_text text;
	char path[PATH_MAX];

	doctor_host_path(facts->host, facts->auditd_file, path);
	if (*facts->auditd_error.text) {
		doctor_broken(report, "%s", facts->auditd_error.text);
		doctor_mend(report, "%s",
			    doctor_shell_install_package(facts,
							 "--reinstall -o "
							 "Dpkg::Options::=--force-confmiss auditd",
							 "audit", text));
	} else if (*facts->auditd.fault.text) {
		doctor_broken(report, "%s: %s: auditd refuses the whole file", path,
			      facts->auditd.fault.text);
		doctor_mend(report, "sed -i 's/^ *\\([a-z0-9_]*\\) *=[[:blank:]]*/\\1 = /I' %s%s",
			    doctor_shell_word(path, text), doctor_shell_reload(facts));
	} else {
		doctor_ok(report, "%s can be read", path);
	}
}

static void check_events(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!has_conf(facts, report))
		return;
	if (!auditd_conf_is(&facts->auditd, "local_events", "no")) {
		doctor_ok(report, "auditd takes this host's events");
		return;
	}
	doctor_broken(report, "local_events = no: auditd takes no event of this host");
	mend_key(facts, report, "local_events", "yes");
}

static void check_log(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!has_conf(facts, report))
		return;
	if (auditd_conf_is(&facts->auditd, "log_format", "NOLOG")) {
		doctor_warn(report,
			    "log_format = NOLOG: auditd keeps no log, so what happens while "
			    "capwatch is down is never judged");
		mend_key(facts, report, "log_format", "ENRICHED");
	} else if (auditd_conf_is(&facts->auditd, "write_logs", "no")) {
		doctor_warn(report, "write_logs = no: auditd keeps no log, so what happens while "
				    "capwatch is down is never judged");
		mend_key(facts, report, "write_logs", "yes");
	} else {
		doctor_ok(
			report, "auditd keeps a log (%s)",
			auditd_conf_value(&facts->auditd, "log_file", "/var/log/audit/audit.log"));
	}
}

static void check_queue(const struct doctor_facts *facts, struct doctor_report *report)
{
	long depth;

	if (!has_conf(facts, report))
		return;
	depth = number_of(&facts->auditd, "q_depth", QUEUE_LEAST);
	if (depth >= QUEUE_LEAST && depth <= QUEUE_MOST) {
		doctor_ok(report, "auditd's queue for plugins holds %ld records", depth);
		return;
	}
	doctor_warn(report,
		    "q_depth = %s: auditd's queue for plugins is too short for a burst, and what "
		    "does not fit is not passed on",
		    auditd_conf_value(&facts->auditd, "q_depth", ""));
	mend_key(facts, report, "q_depth", "2000");
}

static void check_overflow(const struct doctor_facts *facts, struct doctor_report *report)
{
	static const struct {
		const char *action, *what;
		enum doctor_state state;
	} actions[] = {
		{"ignore", "says nothing when its queue is full, and records are not passed on",
		 DOCTOR_WARNING},
		{"suspend", "stops passing records to plugins for good when its queue is full",
		 DOCTOR_BROKEN},
		{"single",
		 "takes the host to single user mode when its queue is full, which whoever "
		 "floods it can do",
		 DOCTOR_WARNING},
		{"halt", "halts the host when its queue is full, which whoever floods it can do",
		 DOCTOR_WARNING},
	};

	if (!has_conf(facts, report))
		return;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!auditd_conf_is(&facts->auditd, "overflow_action", actions[i].action))
			continue;
		(actions[i].state == DOCTOR_BROKEN ? doctor_broken : doctor_warn)(
			report, "overflow_action = %s: auditd %s", actions[i].action,
			actions[i].what);
		mend_key(facts, report, "overflow_action", "SYSLOG");
		return;
	}
	doctor_ok(report, "auditd says so when its queue is full (overflow_action)");
}

static void check_restarts(const struct doctor_facts *facts, struct doctor_report *report)
{
	long restarts;

	if (!has_conf(facts, report))
		return;
	restarts = number_of(&facts->auditd, "max_restarts", RESTARTS_LEAST);
	if (restarts >= RESTARTS_LEAST) {
		doctor_ok(report, "auditd starts a plugin that was killed anew, %ld times",
			  restarts);
		return;
	}
	doctor_warn(
		report,
		"max_restarts = %s: who kills the plugin that often has it gone for good, since "
		"auditd never counts anew",
		auditd_conf_value(&facts->auditd, "max_restarts", ""));
	mend_key(facts, report, "max_restarts", "10");
}

/* Free megabytes where the log is; -1 when that is not known. */
static long free_megabytes(const struct doctor_facts *facts)
{
	const char *file = auditd_conf_value(&facts->auditd, "log_file",
					     "/var/log/audit/audit.log");
	char full[PATH_MAX], *slash;
	struct statvfs space;

	if (!doctor_host_path(facts->host, file, full) || !(slash = strrchr(full, '/')))
		return -1;
	*slash = '\0';
	if (statvfs(full, &space) < 0)
		return -1;
	return (long)(space.f_bavail * space.f_frsize / MEGABYTE);
}

/* What the actions say stops auditd's log; records still reach plugins. */
static void check_space(const struct doctor_facts *facts, struct doctor_report *report)
{
	static const char *const keys[] = {"space_left_action", "admin_space_left_action",
					   "disk_full_action", "disk_error_action"};
	long least, left;

	if (!has_conf(facts, report))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!auditd_conf_is(&facts->auditd, keys[i], "SINGLE"))
			continue;
		doctor_warn(report,
			    "%s = SINGLE: who fills the disk takes the host to single user mode, "
			    "where capwatch does not run",
			    keys[i]);
		mend_key(facts, report, keys[i], "SYSLOG");
		return;
	}
	least = number_of(&facts->auditd, "admin_space_left", 0);
	left = free_megabytes(facts);
	if (least <= 0 || left < 0 || left > least ||
	    auditd_conf_is(&facts->auditd, "admin_space_left_action", "IGNORE")) {
		doctor_ok(report, "there is room for auditd's log");
		return;
	}
	doctor_warn(
		report,
		"%ld MB are free for auditd's log, admin_space_left is %ld: auditd does %s, and "
		"what happens while capwatch is down may not be kept",
		left, least,
		auditd_conf_value(&facts->auditd, "admin_space_left_action", "SUSPEND"));
	doctor_mend(report, "# make room where the log is, then: auditctl --signal USR2");
}

static const struct doctor_check checks[] = {
	{"auditd.installed", check_installed}, {"auditd.version", check_version},
	{"auditd.running", check_running},     {"auditd.configuration", check_configuration},
	{"auditd.events", check_events},       {"auditd.log", check_log},
	{"auditd.queue", check_queue},	       {"auditd.overflow", check_overflow},
	{"auditd.restarts", check_restarts},   {"auditd.space", check_space},
};

const struct doctor_subject doctor_auditd = {checks, sizeof(checks) / sizeof(checks[0])};
