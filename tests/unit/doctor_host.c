/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/doctor_host.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rules/install.h"
#include "tests/unit/conf_files.h"

enum { NOW_SECONDS = 2000000000, SENSOR_UID = 4001, COURIER_UID = 4002, FILE_MAX = 65536 };

static const char auditd_conf[] = "local_events = yes\n"
				  "write_logs = yes\n"
				  "log_file = /var/log/audit/audit.log\n"
				  "log_format = ENRICHED\n"
				  "admin_space_left_action = SUSPEND\n"
				  "disk_full_action = SUSPEND\n"
				  "q_depth = 2000\n"
				  "overflow_action = SYSLOG\n"
				  "max_restarts = 10\n"
				  "plugin_dir = /etc/audit/plugins.d\n";

static const char entry[] = "# a comment\n"
			    "active = yes\n"
			    "direction = out\n"
			    "path = /usr/sbin/audisp-capwatch\n"
			    "type = always\n"
			    "args = --config=/etc/capwatch/capwatch.yaml\n"
			    "format = string\n";

static const char configuration[] = "user: capwatch\n"
				    "courier_user: capwatch-courier\n"
				    "baseline: [/usr/share/capwatch/baseline.d]\n"
				    "spool: {dir: /var/lib/capwatch/spool}\n"
				    "sinks: [{type: syslog}]\n";

static const char status_file[] =
	"{\"schema\": \"capwatch.status/1\", \"time\": \"2033-05-18T03:33:15.000Z\",\n"
	" \"sensor\": {\"connected\": true},\n"
	" \"sinks\": [{\"name\": \"syslog\", \"type\": \"syslog\", \"healthy\": true,\n"
	"   \"waiting\": 0, \"dropped\": 0, \"given_up\": 0, \"last_error\": null}]}\n";

static struct made_up_host made;
static char shipped[PATH_MAX];

static int read_status(struct kernel_status *status, struct error *err)
{
	if (*made.status_error.text)
		return error_set(err, "%s", made.status_error.text);
	*status = made.status;
	return 0;
}

static int read_rules(struct kernel_rules *rules, struct error *err)
{
	if (*made.status_error.text)
		return error_set(err, "%s", made.status_error.text);
	rules->items = calloc(made.loaded.count + 1, sizeof(*rules->items));
	for (size_t i = 0; i < made.loaded.count; i++) {
		const struct audit_rule_data *data = made.loaded.items[i].data;
		struct audit_rule_data *copy = malloc(sizeof(*copy) + data->buflen);

		memcpy(copy, data, sizeof(*copy) + data->buflen);
		copy->flags &= AUDIT_FILTER_MASK; /* the kernel does not keep how it was added */
		rules->items[rules->count++] = copy;
	}
	return 0;
}

static int is_synchronised(void)
{
	return made.synchronised;
}

static void write_mode(const char *name, const char *text, mode_t mode)
{
	if (chmod(conf_files_write(name, text), mode) < 0)
		abort();
}

void doctor_host_add_process(const struct made_up_process *process)
{
	char name[64], text[256];
	const char *file = strrchr(process->exe, '/') + 1;

	snprintf(name, sizeof(name), "proc/%d/status", process->pid);
	snprintf(text, sizeof(text), "Name:\t%.15s\nPPid:\t%d\nUid:\t%u\t%u\t%u\t%u\n", file,
		 process->parent, process->uid, process->uid, process->uid, process->uid);
	conf_files_write(name, text);
	snprintf(name, sizeof(name), "proc/%d/cmdline", process->pid);
	conf_files_write(name, process->command_line);
	snprintf(name, sizeof(name), "proc/%d/exe", process->pid);
	if (symlink(process->exe, conf_files_path(name)) < 0)
		abort();
}

void doctor_host_remove_process(int pid)
{
	char name[64];

	snprintf(name, sizeof(name), "proc/%d/exe", pid);
	if (unlink(conf_files_path(name)) < 0)
		abort();
}

static unsigned courier_uid(void)
{
	return geteuid() == 0 ? COURIER_UID : geteuid();
}

static void make_processes(void)
{
	static const char plugin[] = "/usr/sbin/audisp-capwatch";
	const struct made_up_process processes[] = {
		{100, 1, 0, "/usr/sbin/auditd", "/sbin/auditd"},
		{200, 100, 0, plugin, plugin},
		{201, 200, SENSOR_UID, plugin, plugin},
		{202, 200, courier_uid(), "/usr/libexec/capwatch/capwatch-courier", "x"},
		{300, 1, 0, "/usr/bin/bash", "bash"},
	};

	for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++)
		doctor_host_add_process(&processes[i]);
	conf_files_write("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
	conf_files_write("proc/cmdline", "root=/dev/vda1 audit=1 audit_backlog_limit=8192 quiet\n");
	conf_files_write("proc/mounts", "proc /proc proc rw,nosuid,nodev,noexec 0 0\n");
}

static void make_users(void)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "root:x:0:0::/root:/bin/sh\ncapwatch:x:%d:1::/:/bin/false\n"
		 "capwatch-courier:x:%u:1::/:/bin/false\n",
		 SENSOR_UID, courier_uid());
	conf_files_write("etc/passwd", text);
}

static void make_spool(void)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", conf_files_path("var/lib/capwatch/spool"));
	conf_files_write("var/lib/capwatch/spool/.status.json", status_file);
	if (chmod(folder, 0700) < 0 || (geteuid() == 0 && chown(folder, COURIER_UID, 0) < 0))
		abort();
}

static void make_files(void)
{
	write_mode("etc/audit/auditd.conf", auditd_conf, 0640);
	write_mode("etc/audit/plugins.d/capwatch.conf", entry, 0640);
	write_mode("usr/sbin/audisp-capwatch", "", 0750);
	write_mode("usr/sbin/auditd", "", 0755);
	write_mode("usr/sbin/auditctl", "#!/bin/sh\necho auditctl version 3.0.9\n", 0755);
	conf_files_write("etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n");
	conf_files_write("etc/capwatch/capwatch.yaml", configuration);
	conf_files_write("usr/share/capwatch/baseline.d/10-a.yaml",
			 "services: [{name: a, match: {exe: /x}}]\n");
	conf_files_write("var/log/audit/audit.log", "");
	make_spool();
}

/* As `capwatch rules install` does it, and a kernel that has loaded all of them. */
static void make_rules(void)
{
	const char *build = getenv("abs_top_builddir");
	struct install_options options = {.profiles = PROFILE_ALL};
	struct error err = {""};

	snprintf(shipped, sizeof(shipped), "%s/rules/shipped", build ? build : ".");
	made.host.rules_dir = shipped;
	options.place = (struct rules_place){made.host.root, shipped};
	if (rules_install(&options, &err) != INSTALL_DONE ||
	    profile_wanted(&options.place, PROFILE_ALL, &made.loaded, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
}

struct made_up_host *doctor_host_begin(void)
{
	static char root[PATH_MAX];

	memset(&made, 0, sizeof(made));
	snprintf(root, sizeof(root), "%s", conf_files_path(""));
	root[strlen(root) - 1] = '\0';
	made.host = (struct doctor_host){.root = root,
					 .running = true,
					 .owner = geteuid(),
					 .now = (int64_t)NOW_SECONDS * 1000,
					 .read_status = read_status,
					 .read_rules = read_rules,
					 .clock_synchronised = is_synchronised};
	made.status = (struct kernel_status){
		.enabled = KERNEL_AUDIT_ON, .auditd_pid = 100, .backlog_limit = 8192, .failure = 1};
	made.synchronised = 1;
	make_files();
	make_users();
	make_processes();
	make_rules();
	return &made;
}

void doctor_host_end(void)
{
	ruleset_free(&made.loaded);
}

void doctor_host_load_first(const char *rule)
{
	struct rule last;

	if (ruleset_read_text(&made.loaded, "test", rule, NULL) < 0)
		abort();
	last = made.loaded.items[made.loaded.count - 1];
	memmove(made.loaded.items + 1, made.loaded.items, (made.loaded.count - 1) * sizeof(last));
	made.loaded.items[0] = last;
}

void doctor_host_unload(const char *word, const char *other)
{
	size_t before = made.loaded.count;

	for (size_t i = made.loaded.count; i-- > 0;)
		if (strstr(made.loaded.items[i].text, word) &&
		    (!other || strstr(made.loaded.items[i].text, other)))
			ruleset_drop(&made.loaded, i);
	if (made.loaded.count == before)
		abort();
}

void doctor_host_edit(const char *file, const char *old, const char *text)
{
	char before[FILE_MAX], after[2 * FILE_MAX], *found, *at = before;
	FILE *stream = fopen(conf_files_path(file), "r");

	if (!stream)
		abort();
	before[fread(before, 1, sizeof(before) - 1, stream)] = '\0';
	fclose(stream);
	after[0] = '\0';
	if (!strstr(before, old))
		abort();
	while ((found = strstr(at, old))) {
		snprintf(after + strlen(after), sizeof(after) - strlen(after), "%.*s%s",
			 (int)(found - at), at, text);
		at = found + strlen(old);
	}
	snprintf(after + strlen(after), sizeof(after) - strlen(after), "%s", at);
	conf_files_write(file, after);
}
