/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PROC_PATH_SIZE = 64, TEXT_MAX = 64 * 1024 };

#define DEFAULT_FOLDER "/etc/audit"
#define DEFAULT_LOG "/var/log/audit/audit.log"

bool audit_log_is_auditd(pid_t pid)
{
	char path[PROC_PATH_SIZE], exe[PATH_MAX];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	length = readlink(path, exe, sizeof(exe) - 1);
	if (length <= 0)
		return false;
	exe[length] = '\0';
	name = strrchr(exe, '/');
	/* after an upgrade of auditd it reads "auditd (deleted)" */
	return name && strncmp(name, "/auditd", 7) == 0 && (name[7] == '\0' || name[7] == ' ');
}

bool audit_log_is_gone(pid_t pid)
{
	char path[PROC_PATH_SIZE], exe[1];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return pid == 1 || (readlink(path, exe, sizeof(exe)) < 0 && errno == ENOENT);
}

/* Up to size - 1 bytes; the length, or -1. Opened exactly as the shipped rules leave out. */
static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = -1;

	if (fd < 0)
		return -1;
	while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	close(fd);
	text[length] = '\0';
	return got < 0 ? -1 : (ssize_t)length;
}

/* auditd [-f] [-l] [-n] [-s STATE] [-c FOLDER]: auditd(8). */
static const char *find_folder(const char *arguments, size_t length)
{
	const char *end = arguments + length, *folder = DEFAULT_FOLDER;

	for (const char *at = arguments; at < end; at += strlen(at) + 1) {
		const char *next = at + strlen(at) + 1;

		if (strcmp(at, "-c") == 0 && next < end)
			folder = next;
		else if (strncmp(at, "-c", 2) == 0 && at[2])
			folder = at + 2;
	}
	return folder;
}

static char *trim(char *text)
{
	text += strspn(text, " \t");
	for (size_t length = strlen(text); length > 0 && strchr(" \t\r", text[length - 1]);)
		text[--length] = '\0';
	return text;
}

/* What of auditd.conf(5) is asked for; borrows the text that it was read from. */
struct found {
	const char *file, *name_format, *name;
	bool kept;
};

static void take_setting(struct found *found, const char *key, const char *value)
{
	if (strcasecmp(key, "log_file") == 0)
		found->file = value;
	else if (strcasecmp(key, "name_format") == 0)
		found->name_format = value;
	else if (strcasecmp(key, "name") == 0)
		found->name = value;
	else if (strcasecmp(key, "write_logs") == 0)
		found->kept = strcasecmp(value, "no") != 0;
	else if (strcasecmp(key, "log_format") == 0 && strcasecmp(value, "nolog") == 0)
		found->kept = false;
}

static int read_settings(const char *path, char text[TEXT_MAX], struct found *found,
			 struct error *err)
{
	char *rest = text, *line;

	*found = (struct found){
		.file = DEFAULT_LOG, .name_format = "none", .name = "", .kept = true};
	if (read_file(path, text, TEXT_MAX) < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, '=');

		if (!value || line[0] == '#')
			continue;
		*value++ = '\0';
		take_setting(found, trim(line), trim(value));
	}
	return 0;
}

int audit_log_read_settings(const char *path, struct audit_log *log, struct error *err)
{
	char text[TEXT_MAX];
	struct found found;

	if (read_settings(path, text, &found, err) < 0)
		return -1;
	if (!found.kept)
		return error_set(err, "auditd keeps no log (%s: write_logs = no)", path);
	snprintf(log->path, sizeof(log->path), "%s", found.file);
	return 0;
}

int audit_log_read_name(const char *path, char *name, size_t size, struct error *err)
{
	char text[TEXT_MAX];
	struct found found;

	name[0] = '\0';
	if (read_settings(path, text, &found, err) < 0)
		return -1;
	if (strcasecmp(found.name_format, "user") == 0)
		snprintf(name, size, "%s", found.name);
	else if (strcasecmp(found.name_format, "fqd") == 0 ||
		 strcasecmp(found.name_format, "numeric") == 0)
		return error_set(err,
				 "%s: name_format = %s: records of this host have a name that "
				 "capwatch does not know for its own, and are judged as another "
				 "host's; hostname, user or none it does",
				 path, found.name_format);
	return 0;
}

/* The auditd.conf of the auditd of this pid. */
static int find_settings(pid_t auditd, char settings[PATH_MAX + 16], struct error *err)
{
	char path[PROC_PATH_SIZE], arguments[PATH_MAX + 256];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)auditd);
	length = read_file(path, arguments, sizeof(arguments));
	if (length < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	if (length == 0) /* a zombie's */
		return error_set(err, "%s: auditd has ended", path);
	snprintf(settings, PATH_MAX + 16, "%s/auditd.conf", find_folder(arguments, (size_t)length));
	return 0;
}

int audit_log_find(pid_t auditd, struct audit_log *log, struct error *err)
{
	char settings[PATH_MAX + 16];

	if (find_settings(auditd, settings, err) < 0)
		return -1;
	return audit_log_read_settings(settings, log, err);
}

int audit_log_find_name(pid_t auditd, char *name, size_t size, struct error *err)
{
	char settings[PATH_MAX + 16];

	name[0] = '\0';
	if (find_settings(auditd, settings, err) < 0)
		return -1;
	return audit_log_read_name(settings, name, size, err);
}
