/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_delivery: whether what capwatch finds gets out: spool, sinks, and times that can be
 * trusted. */
#include "cli/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "alerters/fields.h"
#include "alerters/status_file.h"
#include "cli/doctor_shell.h"
#include "common/text.h"

enum { CLOCK_AHEAD_MS = 60 * 1000, LINE_SIZE = 320, HALF = 2 };

static bool has_settings(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->checked.settings)
		return true;
	doctor_skip(report, "the configuration is not valid: see plugin.configuration");
	return false;
}

/* What is wrong with the spool's folder; NULL for nothing. */
static const char *spool_fault(const struct doctor_facts *facts, const char *path, uid_t uid)
{
	struct statvfs space;
	struct stat info;

	if (stat(path, &info) < 0)
		return strerror(errno);
	if (!S_ISDIR(info.st_mode))
		return "is no folder";
	if (info.st_uid != uid || (info.st_mode & S_IRWXU) != S_IRWXU)
		return "does not belong to the courier";
	if (info.st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by others";
	if (facts->host->running && statvfs(path, &space) == 0) {
		if (space.f_flag & ST_RDONLY)
			return "is on a file system that is mounted read-only";
		if (space.f_bavail == 0)
			return "is on a file system that is full";
	}
	return NULL;
}

static void check_spool(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct settings *settings = facts->checked.settings;
	char path[PATH_MAX];
	const char *fault;
	doctor_text word;
	uid_t uid;

	if (!has_settings(facts, report))
		return;
	if (doctor_facts_uid(facts, settings->courier_user, &uid) < 0) {
		doctor_skip(report, "the courier's user is not there: see plugin.users");
		return;
	}
	doctor_host_path(facts->host, settings->spool.dir, path);
	fault = spool_fault(facts, path, uid);
	if (!fault) {
		doctor_ok(report, "the courier can keep alerts in %s", settings->spool.dir);
		return;
	}
	doctor_broken(report, "%s: %s: alerts that wait would be lost with a restart",
		      settings->spool.dir, fault);
	if (strstr(fault, "file system"))
		doctor_mend(report, "# make room on, or mount writable, what holds %s",
			    settings->spool.dir);
	else
		doctor_mend(report, "install -d -o %s -m 0700 %s", settings->courier_user,
			    doctor_shell_word(path, word));
}

/* How old its status is, and whether it hears a sensor. */
static void check_courier(const struct doctor_facts *facts, struct doctor_report *report)
{
	int64_t age;

	if (!facts->host->running) {
		doctor_skip(report, "processes are not looked at with --root");
		return;
	}
	if (!facts->status_file) {
		doctor_broken(report, "the courier has left no status: %s",
			      facts->status_file_error.text);
		doctor_mend(report, "%s", doctor_shell_restart(facts));
		return;
	}
	age = facts->host->now - fields_time(facts->status_file, "time");
	if (age > STATUS_STALE_MS) {
		doctor_broken(report,
			      "the courier does not run, or hangs: its status is %lld s old",
			      (long long)(age / 1000));
		doctor_mend(report, "%s", doctor_shell_restart(facts));
	} else if (!json_is_true(fields_find(facts->status_file, "sensor.connected"))) {
		doctor_broken(report, "the courier hears no sensor: nothing is judged");
		doctor_mend(report, "%s", doctor_shell_restart(facts));
	} else {
		doctor_ok(report, "the courier runs, and hears the sensor");
	}
}

/* For the verbs that read the configuration: where it is, if that is not where they look. */
static const char *config_option(const struct doctor_facts *facts, doctor_text buf)
{
	doctor_text word;

	buf[0] = '\0';
	if (strcmp(facts->entry.config, SETTINGS_DEFAULT_FILE) != 0 &&
	    strlen(doctor_shell_word(facts->entry.config, word)) < PATH_MAX)
		snprintf(buf, DOCTOR_TEXT_MAX, " --config %.*s", PATH_MAX, word);
	return buf;
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* A sink's name and last error come from a file that a courier taken over may have written. */
static const char *line_of(const json_t *sink, const char *key, char buf[LINE_SIZE])
{
	const json_t *text = json_object_get(sink, key);

	buf[0] = '\0';
	if (json_is_string(text))
		text_to_line(json_string_value(text), json_string_length(text), buf, LINE_SIZE);
	return buf;
}

/* True when the sink had something to be said of. */
static bool say_sink(const struct doctor_facts *facts, struct doctor_report *report,
		     const json_t *sink)
{
	char name[LINE_SIZE], error[LINE_SIZE];
	json_int_t waiting = number_of(sink, "waiting");
	doctor_text word, config;

	line_of(sink, "name", name);
	doctor_shell_word(name, word);
	config_option(facts, config);
	if (!json_is_true(json_object_get(sink, "healthy"))) {
		doctor_broken(report, "sink %s fails, and %lld alerts wait for it: %s", name,
			      (long long)waiting, line_of(sink, "last_error", error));
		doctor_mend(report, "capwatch test-alert%s", config);
	} else if (waiting > facts->checked.settings->spool.max_count / HALF) {
		doctor_warn(report,
			    "%lld alerts wait for sink %s: more than half of what its "
			    "spool takes",
			    (long long)waiting, name);
		doctor_mend(report, "capwatch spool retry --all --sink %s%s", word, config);
	} else if (number_of(sink, "dropped") > 0) {
		doctor_warn(report, "%lld alerts for sink %s were dropped from its full spool",
			    (long long)number_of(sink, "dropped"), name);
		doctor_mend(report, "# raise spool.max_count and max_bytes in %s",
			    facts->entry.config);
	} else if (number_of(sink, "given_up") > 0) {
		doctor_warn(report, "sink %s refused %lld alerts for good", name,
			    (long long)number_of(sink, "given_up"));
		doctor_mend(report, "capwatch spool list%s", config);
	} else {
		return false;
	}
	return true;
}

/* Sinks of conf.d are added to those of the file, whatever stands there. */
static void say_no_sinks(const struct doctor_facts *facts, struct doctor_report *report)
{
	char path[PATH_MAX], folder[PATH_MAX], *slash;
	doctor_text word;

	doctor_warn(report, "no sink is configured: no alert goes anywhere");
	if (!doctor_host_path(facts->host, facts->entry.config, path) ||
	    !(slash = strrchr(path, '/')))
		return;
	*slash = '\0';
	if (snprintf(folder, sizeof(folder), "%s/conf.d", path) >= PATH_MAX)
		return;
	doctor_shell_word(folder, word);
	doctor_mend(report,
		    "mkdir -p %s && printf 'sinks:\\n  - type: syslog\\n' >%s/10-syslog.yaml%s",
		    word, word, doctor_shell_reload(facts));
}

static void check_sinks(const struct doctor_facts *facts, struct doctor_report *report)
{
	const json_t *sinks = json_object_get(facts->status_file, "sinks");
	size_t before = report->count;

	if (!has_settings(facts, report))
		return;
	if (facts->checked.settings->sink_count == 0) {
		say_no_sinks(facts, report);
		return;
	}
	if (!facts->status_file) {
		doctor_skip(report, "there is no status: %s", facts->status_file_error.text);
		return;
	}
	for (size_t i = 0; i < json_array_size(sinks); i++)
		say_sink(facts, report, json_array_get(sinks, i));
	if (report->count == before)
		doctor_ok(report, "all %zu sinks work", json_array_size(sinks));
}

/* A clock that was set back: records and alerts then lie in its future. */
static void check_time(const struct doctor_facts *facts, struct doctor_report *report)
{
	int64_t written = facts->status_file ? fields_time(facts->status_file, "time") : -1;
	char path[PATH_MAX];
	struct stat info;

	if (doctor_host_path(facts->host, facts->entry.program, path) && *facts->entry.program &&
	    stat(path, &info) == 0 && (int64_t)info.st_mtime * 1000 > facts->host->now) {
		doctor_warn(report, "the clock is wrong: it is behind the time when the plugin was "
				    "installed");
	} else if (written > facts->host->now + CLOCK_AHEAD_MS) {
		doctor_warn(report,
			    "the clock was set back: it is %lld s behind what the courier "
			    "last wrote",
			    (long long)((written - facts->host->now) / 1000));
	} else {
		doctor_ok(report, "the clock is not behind what was written here before");
		return;
	}
	doctor_mend(report, "timedatectl set-ntp true");
}

static const struct doctor_check checks[] = {
	{"delivery.spool", check_spool},
	{"delivery.courier", check_courier},
	{"delivery.sinks", check_sinks},
	{"delivery.time", check_time},
};

const struct doctor_subject doctor_delivery = {checks, sizeof(checks) / sizeof(checks[0])};
