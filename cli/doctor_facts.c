/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/doctor_facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>
#include "alerters/status_file.h"
#include "common/program.h"
#include "rules/file.h"

#define AUDITD_FOLDER "/etc/audit"
#define PLUGIN_DIR AUDITD_FOLDER "/plugins.d"
#define ENTRY_NAME "capwatch.conf"
#define DELETED " (deleted)"

static const char *const auditctl_paths[] = {"/usr/sbin/auditctl", "/sbin/auditctl"};
static const char *const process_names[] = {"auditd", "audisp-capwatch", "capwatch-courier"};

bool doctor_host_path(const struct doctor_host *host, const char *path, char full[PATH_MAX])
{
	if (snprintf(full, PATH_MAX, "%s%s", host->root, path) < PATH_MAX)
		return true;
	full[0] = '\0';
	return false;
}

static int clock_synchronised(void)
{
	struct timex timex = {0};
	int state = adjtimex(&timex);

	return state < 0 ? -1 : state != TIME_ERROR;
}

struct doctor_host doctor_host_make(const char *root)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct doctor_host){.root = root,
				    .rules_dir = RULES_SHIPPED_FOLDER,
				    .running = !*root,
				    .now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
				    .read_status = kernel_status_read,
				    .read_rules = kernel_rules_read,
				    .clock_synchronised = clock_synchronised};
}

/* A small file of /proc, its NULs as blanks, without the newline at its end; "" when there is none.
 */
static void read_small(const struct doctor_host *host, const char *path, char *text, size_t size)
{
	char full[PATH_MAX];
	ssize_t got = -1;
	int fd;

	if (doctor_host_path(host, path, full) &&
	    (fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) >= 0) {
		got = read(fd, text, size - 1);
		close(fd);
	}
	text[got > 0 ? got : 0] = '\0';
	for (ssize_t i = 0; i + 1 < got; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	if (got > 0 && text[got - 1] == '\n')
		text[got - 1] = '\0';
}

/* ---- processes ---- */

static bool read_exe(const struct doctor_host *host, struct doctor_process *process)
{
	char path[64], full[PATH_MAX];
	size_t deleted = strlen(DELETED);
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)process->pid);
	if (!doctor_host_path(host, path, full))
		return false;
	length = readlink(full, process->exe, sizeof(process->exe) - 1);
	if (length < 0)
		return false;
	process->exe[length] = '\0';
	if ((size_t)length > deleted &&
	    strcmp(process->exe + (size_t)length - deleted, DELETED) == 0) {
		process->exe[(size_t)length - deleted] = '\0';
		process->replaced = true;
	}
	return true;
}

static void read_label(const struct doctor_host *host, struct doctor_process *process)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/attr/current", (int)process->pid);
	read_small(host, path, process->label, sizeof(process->label));
}

/* Name, parent and user, from /proc/PID/status. */
static void read_process(const struct doctor_host *host, struct doctor_process *process)
{
	char path[64], text[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
	read_small(host, path, text, sizeof(text));
	if (strncmp(text, "Name:\t", 6) == 0)
		snprintf(process->name, sizeof(process->name), "%.*s", (int)strcspn(text + 6, "\n"),
			 text + 6);
	if ((line = strstr(text, "\nPPid:\t")))
		process->parent = (pid_t)strtol(line + 7, NULL, 10);
	if ((line = strstr(text, "\nUid:\t")))
		process->uid = (uid_t)strtoul(line + 6, NULL, 10);
}

static bool is_of_interest(const struct doctor_facts *facts, const struct doctor_process *process)
{
	const char *name = strrchr(process->exe, '/');

	if (facts->status.auditd_pid && process->pid == (pid_t)facts->status.auditd_pid)
		return true;
	for (size_t i = 0; name && i < sizeof(process_names) / sizeof(process_names[0]); i++)
		if (strcmp(name + 1, process_names[i]) == 0)
			return true;
	return *facts->entry.program && strcmp(process->exe, facts->entry.program) == 0;
}

static void gather_processes(struct doctor_facts *facts)
{
	char folder[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;

	facts->process_count = 0;
	if (!doctor_host_path(facts->host, "/proc", folder) || !(dir = opendir(folder)))
		return;
	while ((entry = readdir(dir)) && facts->process_count < DOCTOR_PROCESSES_MAX) {
		struct doctor_process *process = &facts->processes[facts->process_count];

		memset(process, 0, sizeof(*process));
		process->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (process->pid <= 0 || !read_exe(facts->host, process) ||
		    !is_of_interest(facts, process))
			continue;
		read_process(facts->host, process);
		read_label(facts->host, process);
		facts->process_count++;
	}
	closedir(dir);
}

const struct doctor_process *doctor_facts_process(const struct doctor_facts *facts, pid_t pid)
{
	for (size_t i = 0; i < facts->process_count; i++)
		if (facts->processes[i].pid == pid)
			return &facts->processes[i];
	return NULL;
}

const struct doctor_process *doctor_facts_supervisor(const struct doctor_facts *facts)
{
	for (size_t i = 0; i < facts->process_count; i++)
		if (facts->status.auditd_pid &&
		    facts->processes[i].parent == (pid_t)facts->status.auditd_pid &&
		    strcmp(facts->processes[i].exe, facts->entry.program) == 0)
			return &facts->processes[i];
	return NULL;
}

int doctor_facts_uid(const struct doctor_facts *facts, const char *user, uid_t *uid)
{
	const struct passwd *found = NULL;
	char path[PATH_MAX];
	FILE *file;

	if (!*facts->host->root) {
		found = getpwnam(user);
	} else if (doctor_host_path(facts->host, "/etc/passwd", path) &&
		   (file = fopen(path, "re"))) {
		/* cppcheck-suppress fgetpwentCalled ; one thread */
		while ((found = fgetpwent(file)) && strcmp(found->pw_name, user) != 0)
			;
		fclose(file);
	}
	if (!found)
		return -1;
	*uid = found->pw_uid;
	return 0;
}

/* ---- auditd ---- */

/* auditd -c FOLDER; the usual one otherwise. */
static void find_auditd_folder(const struct doctor_facts *facts, char folder[PATH_MAX])
{
	char path[64], line[DOCTOR_COMMAND_LINE_MAX];
	const char *option = NULL;

	if (facts->status.auditd_pid) {
		snprintf(path, sizeof(path), "/proc/%u/cmdline", facts->status.auditd_pid);
		read_small(facts->host, path, line, sizeof(line));
		option = strstr(line, " -c ");
	}
	if (option)
		snprintf(folder, PATH_MAX, "%.*s", (int)strcspn(option + 4, " "), option + 4);
	else
		snprintf(folder, PATH_MAX, "%s", AUDITD_FOLDER);
}

static void gather_auditd(struct doctor_facts *facts)
{
	char folder[PATH_MAX], full[PATH_MAX];

	find_auditd_folder(facts, folder);
	if (snprintf(facts->auditd_file, sizeof(facts->auditd_file), "%s/auditd.conf", folder) >=
		    PATH_MAX ||
	    !doctor_host_path(facts->host, facts->auditd_file, full))
		error_set(&facts->auditd_error, "%s: the path is too long", folder);
	else
		auditd_conf_read(&facts->auditd, full, &facts->auditd_error);
	snprintf(facts->plugin_dir, sizeof(facts->plugin_dir), "%s",
		 auditd_conf_value(&facts->auditd, "plugin_dir", PLUGIN_DIR));
}

/* auditd itself has no option that tells; auditctl is of the same package. */
static void gather_version(struct doctor_facts *facts)
{
	static const char *const arguments[] = {"auditctl", "-v", NULL};
	struct program_result result;
	char path[PATH_MAX];
	int *version = facts->auditd_version;

	error_set(&facts->version_error, "there is no auditctl");
	for (size_t i = 0; i < sizeof(auditctl_paths) / sizeof(auditctl_paths[0]); i++) {
		if (!doctor_host_path(facts->host, auditctl_paths[i], path) ||
		    access(path, X_OK) < 0)
			continue;
		if (program_run(path, arguments, &result, &facts->version_error) < 0)
			return;
		if (sscanf(result.output, "auditctl version %d.%d.%d", &version[0], &version[1],
			   &version[2]) >= 2)
			facts->version_error.text[0] = '\0';
		else
			error_set(&facts->version_error, "%s -v does not tell", auditctl_paths[i]);
		free(result.output);
		return;
	}
}

/* ---- the entry in plugins.d, and the configuration that it names ---- */

/* One of the options that the entry passes to the plugin, as --NAME=VALUE or --NAME VALUE. */
static void read_option(const struct auditd_conf *conf, const char *name, char value[PATH_MAX])
{
	const char *found = strstr(auditd_conf_value(conf, "args", ""), name);

	if (!found || !strchr("= ", found[strlen(name)]))
		return;
	found += strlen(name) + 1;
	snprintf(value, PATH_MAX, "%.*s", (int)strcspn(found, " "), found);
}

static void gather_entry(struct doctor_facts *facts)
{
	struct doctor_entry *entry = &facts->entry;
	char full[PATH_MAX];

	strcpy(entry->config, SETTINGS_DEFAULT_FILE);
	if (snprintf(entry->path, sizeof(entry->path), "%s/" ENTRY_NAME, facts->plugin_dir) >=
		    PATH_MAX ||
	    !doctor_host_path(facts->host, entry->path, full))
		error_set(&entry->error, "%s: the path is too long", facts->plugin_dir);
	else if (auditd_conf_read(&entry->conf, full, &entry->error) == 0) {
		snprintf(entry->program, sizeof(entry->program), "%s",
			 auditd_conf_value(&entry->conf, "path", ""));
		read_option(&entry->conf, "--config", entry->config);
	}
	if (facts->host->config)
		snprintf(entry->config, sizeof(entry->config), "%s", facts->host->config);
}

static void gather_configuration(struct doctor_facts *facts)
{
	char config[PATH_MAX], spool[PATH_MAX];
	struct checked_question question = {.config = config, .root = facts->host->root};

	if (!doctor_host_path(facts->host, facts->entry.config, config))
		error_set(&facts->checked_error, "%s: the path is too long", facts->entry.config);
	else
		checked_load(&question, &facts->checked, &facts->checked_error);
	if (!facts->checked.settings)
		error_set(&facts->status_file_error, "the configuration is not known");
	else if (doctor_host_path(facts->host, facts->checked.settings->spool.dir, spool))
		facts->status_file = status_file_read(spool, &facts->status_file_error);
}

/* ---- rules ---- */

static bool is_control(const char *line)
{
	return line[0] == '-' && strchr("bferD-", line[1]) && line[1];
}

static void gather_controls(struct doctor_facts *facts, const char *path)
{
	char *text = rules_file_read(path, NULL), *rest = text, *line;

	for (unsigned number = 1; text && (line = strsep(&rest, "\n")); number++) {
		struct doctor_control *control = &facts->controls[facts->control_count];

		if (!is_control(line) || facts->control_count == DOCTOR_CONTROLS_MAX)
			continue;
		snprintf(control->file, sizeof(control->file), "%s", path);
		snprintf(control->text, sizeof(control->text), "%s", line);
		control->line = number;
		facts->control_count++;
	}
	free(text);
}

static void gather_site(struct doctor_facts *facts)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct dirent **names;
	int count;

	facts->site.lenient = true;
	if (profile_path(&facts->place, "", folder, NULL) < 0)
		return;
	/* as augenrules joins them: ls -v */
	count = scandir(folder, &names, NULL, versionsort);
	for (int i = 0; i < count; i++) {
		if (rules_file_is_named(names[i]->d_name) &&
		    profile_path(&facts->place, names[i]->d_name, path, NULL) == 0) {
			ruleset_read_file(&facts->site, path, NULL);
			gather_controls(facts, path);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void gather_rules(struct doctor_facts *facts)
{
	facts->place = (struct rules_place){facts->host->root, facts->host->rules_dir};
	facts->profiles = profile_installed(&facts->place);
	profile_wanted(&facts->place, facts->profiles ? facts->profiles : PROFILE_ALL,
		       &facts->wanted, &facts->wanted_error);
	gather_site(facts);
	if (facts->host->running)
		facts->host->read_rules(&facts->loaded, &facts->loaded_error);
}

/* "proc /proc proc rw,nosuid,hidepid=invisible 0 0" */
static void gather_proc_options(struct doctor_facts *facts)
{
	char mounts[64 * 1024], *rest = mounts, *line;

	read_small(facts->host, "/proc/mounts", mounts, sizeof(mounts));
	while ((line = strsep(&rest, "\n"))) {
		const char *options = strstr(line, " /proc proc ");

		if (options)
			snprintf(facts->proc_options, sizeof(facts->proc_options), "%s",
				 options + strlen(" /proc proc "));
	}
}

static void gather_kernel(struct doctor_facts *facts)
{
	read_small(facts->host, "/proc/sys/kernel/osrelease", facts->release,
		   sizeof(facts->release));
	read_small(facts->host, "/proc/cmdline", facts->boot_line, sizeof(facts->boot_line));
	gather_proc_options(facts);
	if (facts->host->running)
		facts->host->read_status(&facts->status, &facts->status_error);
}

struct doctor_facts *doctor_facts_gather(const struct doctor_host *host, struct error *err)
{
	struct doctor_facts *facts = calloc(1, sizeof(*facts));

	if (!facts) {
		error_set(err, "out of memory");
		return NULL;
	}
	facts->host = host;
	gather_kernel(facts);
	gather_auditd(facts);
	gather_version(facts);
	gather_entry(facts);
	gather_configuration(facts);
	gather_rules(facts);
	if (host->running)
		gather_processes(facts);
	return facts;
}

void doctor_facts_free(struct doctor_facts *facts)
{
	if (!facts)
		return;
	checked_free(&facts->checked);
	kernel_rules_free(&facts->loaded);
	ruleset_free(&facts->wanted);
	ruleset_free(&facts->site);
	json_decref(facts->status_file);
	free(facts);
}
