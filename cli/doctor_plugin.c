/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_plugin: whether auditd starts the plugin, whether it runs, and what it runs with. */
#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/doctor_shell.h"

enum {
	/* auditd wants all of these, and takes more (audispd-pconfig.c, sanity_check()) */
	PROGRAM_MODE = 0750,
	OTHERS_WRITE = S_IWGRP | S_IWOTH,
	PROGRAM_FOLDER_LEAST = 4, /* bytes: auditd takes no folder that is shorter */
};

static const char installed_entry[] = CAPWATCH_SYSCONFDIR "/audit/plugins.d/capwatch.conf";

static bool has_entry(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!*facts->entry.error.text)
		return true;
	doctor_skip(report, "auditd has no entry for the plugin: see plugin.entry");
	return false;
}

static void mend_key(const struct doctor_facts *facts, struct doctor_report *report,
		     const char *name, const char *value)
{
	struct doctor_key key = {&facts->entry.conf, facts->entry.path, name, value, false};
	doctor_text text;

	doctor_mend(report, "%s", doctor_shell_set_key(facts, &key, text));
}

/* An entry that auditd does not read, since its plugin_dir is another folder, is put there. */
static void say_no_entry(const struct doctor_facts *facts, struct doctor_report *report)
{
	char there[PATH_MAX], full[PATH_MAX];
	doctor_text from, to;

	doctor_host_path(facts->host, facts->entry.path, full);
	doctor_host_path(facts->host, installed_entry, there);
	doctor_broken(report, "%s: auditd does not start the plugin", facts->entry.error.text);
	if (strcmp(there, full) != 0 && access(there, F_OK) == 0)
		doctor_mend(report, "install -m 0640 %s %s%s", doctor_shell_word(there, from),
			    doctor_shell_word(full, to), doctor_shell_reload(facts));
	else
		doctor_mend(report, "# install capwatch's package again, or run make install where "
				    "it was built");
}

/* Ownership and mode as auditd wants them; and nobody but root may write what root will run. */
static void check_entry(const struct doctor_facts *facts, struct doctor_report *report)
{
	char path[PATH_MAX];
	struct stat info;
	doctor_text text;

	if (*facts->entry.error.text) {
		say_no_entry(facts, report);
		return;
	}
	doctor_host_path(facts->host, facts->entry.path, path);
	if (stat(path, &info) < 0)
		doctor_broken(report, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(info.st_mode))
		doctor_broken(report, "%s is no regular file: auditd passes over it", path);
	else if (info.st_uid != facts->host->owner)
		doctor_broken(report, "%s is not root's: auditd passes over it", path);
	else if (info.st_mode & S_IWOTH)
		doctor_broken(report, "%s can be written by everybody: auditd passes over it",
			      path);
	else if (info.st_mode & S_IWGRP)
		doctor_warn(report, "%s can be written by its group, which so can run as root",
			    path);
	else {
		doctor_ok(report, "%s is root's alone", path);
		return;
	}
	doctor_shell_word(path, text);
	doctor_mend(report, "chown root:root %s && chmod 0640 %s%s", text, text,
		    doctor_shell_reload(facts));
}

struct entry_key {
	const char *key;
	const char *words[3]; /* that auditd takes; none: any value */
	const char *right;
};

static const struct entry_key entry_keys[] = {
	{"active", {"yes", "no"}, "yes"},
	{"direction", {"out"}, "out"},
	{"path", {NULL}, CAPWATCH_SBINDIR "/audisp-capwatch"},
	{"type", {"always"}, "always"},
	{"args", {NULL}, ""},
	{"format", {"string"}, "string"}, /* of the two that auditd knows the one we read */
};

static bool takes(const struct entry_key *key, const char *value)
{
	for (size_t i = 0; i < sizeof(key->words) / sizeof(key->words[0]) && key->words[i]; i++)
		if (strcasecmp(value, key->words[i]) == 0)
			return true;
	return !key->words[0];
}

/* The table's row of a line; NULL when auditd does not know the key. */
static const struct entry_key *find_key(const char *name)
{
	for (size_t i = 0; i < sizeof(entry_keys) / sizeof(entry_keys[0]); i++)
		if (strcasecmp(entry_keys[i].key, name) == 0)
			return &entry_keys[i];
	return NULL;
}

/* The first line that auditd refuses, or that asks for another form than the plugin reads; true
 * when it was said. */
static bool say_bad_line(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct auditd_conf *conf = &facts->entry.conf;
	char path[PATH_MAX];
	doctor_text text;

	doctor_host_path(facts->host, facts->entry.path, path);
	for (size_t i = 0; i < conf->count; i++) {
		const struct auditd_line *line = &conf->lines[i];
		const struct entry_key *key = find_key(line->key);

		if (!key) {
			doctor_broken(report, "%s: line %u: auditd knows no key \"%s\"", path,
				      line->number, line->key);
			doctor_mend(report, "sed -i '%us/^/#/' %s%s", line->number,
				    doctor_shell_word(path, text), doctor_shell_reload(facts));
			return true;
		}
		if (line->value && !takes(key, line->value)) {
			doctor_broken(report, "%s: line %u: %s = %s is not what the plugin needs",
				      path, line->number, line->key, line->value);
			mend_key(facts, report, key->key, key->right);
			return true;
		}
	}
	return false;
}

static void check_lines(const struct doctor_facts *facts, struct doctor_report *report)
{
	char path[PATH_MAX];
	doctor_text text;

	if (!has_entry(facts, report))
		return;
	doctor_host_path(facts->host, facts->entry.path, path);
	if (*facts->entry.conf.fault.text) {
		doctor_broken(report, "%s: %s: auditd does not start the plugin", path,
			      facts->entry.conf.fault.text);
		doctor_mend(report, "sed -i 's/^ *\\([a-z]*\\) *=[[:blank:]]*/\\1 = /I' %s%s",
			    doctor_shell_word(path, text), doctor_shell_reload(facts));
	} else if (!say_bad_line(facts, report)) {
		doctor_ok(report, "auditd takes every line of %s", path);
	}
}

static void check_active(const struct doctor_facts *facts, struct doctor_report *report)
{
	/* auditd 3.0.9, whose last plugin was made inactive, loses the next one that SIGHUP has it
	 * start */
	const struct doctor_key key = {&facts->entry.conf, facts->entry.path, "active", "yes",
				       true};
	doctor_text text;

	if (!has_entry(facts, report))
		return;
	if (auditd_conf_is(&facts->entry.conf, "active", "yes")) {
		doctor_ok(report, "the plugin is active");
		return;
	}
	doctor_broken(report, "the plugin is not active: auditd does not start it");
	doctor_mend(report, "%s", doctor_shell_set_key(facts, &key, text));
}

/* What is wrong with the program's file; NULL for nothing. */
static const char *program_fault(const struct doctor_facts *facts, const struct stat *info)
{
	if (!S_ISREG(info->st_mode))
		return "is no regular file: auditd does not start it";
	if (info->st_uid != facts->host->owner)
		return "is not root's: auditd does not start it";
	if ((info->st_mode & PROGRAM_MODE) != PROGRAM_MODE)
		return "lacks some of the mode 0750: auditd does not start it";
	if (info->st_mode & OTHERS_WRITE)
		return "can be written by others than root, who so can run as root";
	return NULL;
}

static void check_program(const struct doctor_facts *facts, struct doctor_report *report)
{
	const char *program = facts->entry.program, *slash = strrchr(program, '/'), *fault;
	char path[PATH_MAX];
	struct stat info;
	doctor_text text;

	if (!has_entry(facts, report))
		return;
	if (!slash || slash - program < PROGRAM_FOLDER_LEAST) {
		doctor_broken(report, "the entry names no program that auditd takes: path = %s",
			      program);
		mend_key(facts, report, "path", CAPWATCH_SBINDIR "/audisp-capwatch");
		return;
	}
	if (!doctor_host_path(facts->host, program, path) || stat(path, &info) < 0) {
		doctor_broken(report, "%s: %s", program, strerror(errno));
		if (strcmp(program, CAPWATCH_SBINDIR "/audisp-capwatch") != 0)
			mend_key(facts, report, "path", CAPWATCH_SBINDIR "/audisp-capwatch");
		else
			doctor_mend(report, "# install capwatch's package again, or run make "
					    "install where it was built");
		return;
	}
	fault = program_fault(facts, &info);
	if (!fault) {
		doctor_ok(report, "%s is root's, with mode %04o", program, info.st_mode & 07777);
		return;
	}
	doctor_shell_word(path, text);
	doctor_broken(report, "%s %s", program, fault);
	doctor_mend(report, "chown root:root %s && chmod 0750 %s%s", text, text,
		    doctor_shell_reload(facts));
}

/* A child of the supervisor: the sensor runs its program, the courier another. */
static const struct doctor_process *
find_child(const struct doctor_facts *facts, const struct doctor_process *supervisor, bool courier)
{
	for (size_t i = 0; i < facts->process_count; i++)
		if (facts->processes[i].parent == supervisor->pid &&
		    (strcmp(facts->processes[i].exe, supervisor->exe) != 0) == courier)
			return &facts->processes[i];
	return NULL;
}

/* True when it was said that one of the two is missing or runs as another user. */
static bool say_child(const struct doctor_facts *facts, struct doctor_report *report,
		      const struct doctor_process *child, bool courier)
{
	const struct settings *settings = facts->checked.settings;
	const char *name = courier ? "courier" : "sensor";
	const char *user = !settings ? NULL : courier ? settings->courier_user : settings->user;
	uid_t uid;

	if (!child) {
		doctor_broken(report,
			      "the plugin runs, but its %s does not: the system log says why "
			      "(journalctl -t audisp-capwatch)",
			      name);
	} else if (user && doctor_facts_uid(facts, user, &uid) == 0 && child->uid != uid) {
		doctor_broken(report, "the %s (pid %d) runs as uid %u, not as %s", name,
			      (int)child->pid, child->uid, user);
	} else {
		return false;
	}
	doctor_mend(report, "%s", doctor_shell_restart(facts));
	return true;
}

static void check_alive(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_process *supervisor = doctor_facts_supervisor(facts), *sensor, *courier;

	if (!facts->host->running) {
		doctor_skip(report, "processes are not looked at with --root");
		return;
	}
	if (!facts->status.auditd_pid) {
		doctor_skip(report, "auditd does not run, or is not known: see auditd.running");
		return;
	}
	if (!supervisor) {
		doctor_broken(report, "auditd runs no plugin of ours: it did not start it, or gave "
				      "it up after max_restarts, which only a restart undoes");
		doctor_mend(report, "%s", doctor_shell_restart(facts));
		return;
	}
	sensor = find_child(facts, supervisor, false);
	courier = find_child(facts, supervisor, true);
	if (say_child(facts, report, sensor, false) || say_child(facts, report, courier, true))
		return;
	if (supervisor->replaced || sensor->replaced || courier->replaced) {
		doctor_warn(report, "the plugin runs programs that were replaced since it started");
		doctor_mend(report, "%s", doctor_shell_restart(facts));
		return;
	}
	doctor_ok(report, "supervisor (pid %d), sensor (%d) and courier (%d) run",
		  (int)supervisor->pid, (int)sensor->pid, (int)courier->pid);
}

/* AppArmor says "NAME (enforce)", SELinux "user:role:type:level". A profile made for auditd does
 * not let the sensor look at other processes. */
static void check_confinement(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_process *supervisor = doctor_facts_supervisor(facts);

	if (!supervisor) {
		doctor_skip(report, "the plugin does not run, or was not looked for");
		return;
	}
	if (!strstr(supervisor->label, "(enforce)") && !strstr(supervisor->label, ":auditd_t:")) {
		doctor_ok(report, "no policy of the host confines the plugin%s%s",
			  *supervisor->label ? ": " : "", supervisor->label);
		return;
	}
	doctor_warn(report,
		    "a policy of the host confines the plugin (%s): it may be kept from looking at "
		    "other processes",
		    supervisor->label);
	doctor_mend(report, "ausearch -m AVC,APPARMOR_DENIED -c audisp-capwatch -i");
}

static void check_configuration(const struct doctor_facts *facts, struct doctor_report *report)
{
	doctor_text text;

	if (*facts->checked_error.text) {
		doctor_broken(report, "%s", facts->checked_error.text);
		doctor_mend(report, "capwatch check --config %s",
			    doctor_shell_word(facts->entry.config, text));
		return;
	}
	doctor_ok(report, "%s: mode %s; %zu services in the baseline", facts->entry.config,
		  vocab_word(&vocab_mode, facts->checked.settings->mode),
		  facts->checked.baseline->entry_count);
}

static void check_users(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct settings *settings = facts->checked.settings;
	const char *users[2];
	uid_t uids[2];
	doctor_text text;

	if (!settings) {
		doctor_skip(report, "the configuration is not valid: see plugin.configuration");
		return;
	}
	users[0] = settings->user;
	users[1] = settings->courier_user;
	for (int i = 0; i < 2; i++) {
		if (doctor_facts_uid(facts, users[i], &uids[i]) == 0 && uids[i] != 0)
			continue;
		doctor_broken(report, "there is no user %s but root: the plugin cannot begin",
			      users[i]);
		doctor_mend(report,
			    "useradd --system --no-create-home --shell /usr/sbin/nologin "
			    "%s && %s",
			    doctor_shell_word(users[i], text), doctor_shell_restart(facts));
		return;
	}
	if (uids[0] == uids[1]) {
		doctor_broken(report,
			      "%s and %s are the same user: a courier taken over could "
			      "signal the sensor",
			      users[0], users[1]);
		doctor_mend(report, "# give user and courier_user in %s two users",
			    facts->entry.config);
		return;
	}
	doctor_ok(report, "the users %s and %s are there", users[0], users[1]);
}

static const struct doctor_check checks[] = {
	{"plugin.entry", check_entry},
	{"plugin.lines", check_lines},
	{"plugin.active", check_active},
	{"plugin.program", check_program},
	{"plugin.configuration", check_configuration},
	{"plugin.users", check_users},
	{"plugin.alive", check_alive},
	{"plugin.confinement", check_confinement},
};

const struct doctor_subject doctor_plugin = {checks, sizeof(checks) / sizeof(checks[0])};
