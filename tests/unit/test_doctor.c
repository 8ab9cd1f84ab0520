/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capwatch doctor on hosts that are made up: one that is well, and the same with one fault each.
 * What the commands do when they are pasted is tests/live/doctor_test.py's.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/doctor.h"
#include "cli/verbs.h"
#include "tests/unit/conf_files.h"
#include "tests/unit/doctor_host.h"

#define ENTRY "etc/audit/plugins.d/capwatch.conf"
#define CONF "etc/audit/auditd.conf"
#define STATUS "var/lib/capwatch/spool/.status.json"

static struct made_up_host *made;

static void begin(void)
{
	conf_files_begin();
	made = doctor_host_begin();
}

static void end(void)
{
	doctor_host_end();
	conf_files_end();
}

static struct doctor_report examine(void)
{
	struct doctor_report report = {0};
	struct error err = {""};
	struct doctor_facts *facts = doctor_facts_gather(&made->host, &err);

	ck_assert_msg(facts != NULL, "%s", err.text);
	doctor_examine(facts, &report);
	doctor_facts_free(facts);
	return report;
}

START_TEST(test_a_correct_host_is_all_ok)
{
	struct doctor_report report = examine();

	for (size_t i = 0; i < report.count; i++)
		ck_assert_msg(report.items[i].state == DOCTOR_OK && !report.items[i].remedy,
			      "%s: %s", report.items[i].check, report.items[i].message);
	ck_assert_int_eq(doctor_report_state(&report), DOCTOR_OK);
	ck_assert_uint_eq(report.count, report.counts[DOCTOR_OK]);
	doctor_report_free(&report);
}
END_TEST

/* ---- seeded faults ---- */

static void seed_no_auditing(void)
{
	error_set(&made->status_error, "reading the audit status: this kernel has no auditing");
}

static void seed_off(void)
{
	made->status.enabled = KERNEL_AUDIT_OFF;
}

static void seed_rate_limit(void)
{
	made->status.rate_limit = 10;
}

static void seed_rate_limit_in_file(void)
{
	conf_files_write("etc/audit/rules.d/50-site.rules", "-D\n-r 10\n");
	made->status.rate_limit = 10;
}

static void seed_small_backlog(void)
{
	made->status.backlog_limit = 8;
}

static void seed_full_backlog(void)
{
	made->status.backlog = 8192;
}

static void seed_lost(void)
{
	made->status.lost = 57;
}

static void seed_panic(void)
{
	made->status.failure = 2;
}

static void seed_old_kernel(void)
{
	conf_files_write("proc/sys/kernel/osrelease", "4.15.0-20-generic\n");
}

static void seed_no_audit_at_boot(void)
{
	doctor_host_edit("proc/cmdline", " audit=1", "");
}

static void seed_no_backlog_at_boot(void)
{
	doctor_host_edit("proc/cmdline", " audit_backlog_limit=8192", "");
}

static void seed_unsynchronised(void)
{
	made->synchronised = 0;
}

static void seed_subset_pid(void)
{
	doctor_host_edit("proc/mounts", "noexec", "noexec,subset=pid");
}

static void seed_old_auditd(void)
{
	doctor_host_edit("usr/sbin/auditctl", "3.0.9", "3.0.7");
}

static void seed_no_auditd(void)
{
	made->status.auditd_pid = 0;
}

static void seed_other_listener(void)
{
	doctor_host_add_process(
		&(struct made_up_process){150, 1, 0, "/usr/bin/auditbeat", "auditbeat"});
	made->status.auditd_pid = 150;
}

static void seed_no_events(void)
{
	doctor_host_edit(CONF, "local_events = yes", "local_events = no");
}

static void seed_bad_conf(void)
{
	doctor_host_edit(CONF, "q_depth = 2000", "q_depth=2000");
}

static void seed_no_logs(void)
{
	doctor_host_edit(CONF, "write_logs = yes", "write_logs = no");
}

static void seed_short_queue(void)
{
	doctor_host_edit(CONF, "q_depth = 2000", "q_depth = 80");
}

static void seed_suspend(void)
{
	doctor_host_edit(CONF, "overflow_action = SYSLOG", "overflow_action = suspend");
}

static void seed_no_restarts(void)
{
	doctor_host_edit(CONF, "max_restarts = 10", "max_restarts = 1");
}

static void seed_single(void)
{
	doctor_host_edit(CONF, "disk_full_action = SUSPEND", "disk_full_action = SINGLE");
}

static void seed_no_entry(void)
{
	unlink(conf_files_path(ENTRY));
}

static void seed_entry_writable(void)
{
	chmod(conf_files_path(ENTRY), 0666);
}

static void seed_no_spaces(void)
{
	doctor_host_edit(ENTRY, "active = yes", "active=yes");
}

static void seed_inactive(void)
{
	doctor_host_edit(ENTRY, "active = yes", "active = no");
}

static void seed_binary(void)
{
	doctor_host_edit(ENTRY, "format = string", "format = binary");
}

static void seed_unknown_key(void)
{
	doctor_host_edit(ENTRY, "format = string", "formatt = string");
}

static void seed_program_mode(void)
{
	chmod(conf_files_path("usr/sbin/audisp-capwatch"), 0700);
}

static void seed_program_writable(void)
{
	chmod(conf_files_path("usr/sbin/audisp-capwatch"), 0777);
}

static void seed_no_program(void)
{
	doctor_host_edit(ENTRY, "/usr/sbin/audisp-capwatch", "/usr/local/sbin/audisp-capwatch");
}

static void seed_bad_configuration(void)
{
	doctor_host_edit("etc/capwatch/capwatch.yaml", "sinks:", "snks:");
}

static void seed_bad_baseline(void)
{
	doctor_host_edit("usr/share/capwatch/baseline.d/10-a.yaml", "/x", "/x, units: y");
}

static void seed_no_user(void)
{
	doctor_host_edit("etc/passwd", "capwatch:", "kapwatch:");
}

static void seed_plugin_gone(void)
{
	doctor_host_remove_process(200);
}

static void seed_sensor_gone(void)
{
	doctor_host_remove_process(201);
}

static void seed_sensor_is_root(void)
{
	doctor_host_edit("proc/201/status", "Uid:\t4001", "Uid:\t0");
}

static void seed_replaced(void)
{
	doctor_host_remove_process(201);
	doctor_host_add_process(&(struct made_up_process){
		201, 200, 4001, "/usr/sbin/audisp-capwatch (deleted)", "x"});
}

static void seed_confined(void)
{
	conf_files_write("proc/200/attr/current", "system_u:system_r:auditd_t:s0\n");
}

static void seed_no_rules_installed(void)
{
	for (int i = 0; i < PROFILE_FILES; i++) {
		char name[256];

		snprintf(name, sizeof(name), "etc/audit/rules.d/%s", profile_files[i].installed);
		unlink(conf_files_path(name));
	}
}

static void seed_old_rules(void)
{
	doctor_host_edit("etc/audit/rules.d/__capwatch-1-core.rules", "a0=0x1c", "a0=0x1d");
}

static void seed_found_rules(void)
{
	FILE *file = fopen(conf_files_path("etc/audit/rules.d/__capwatch-4-files-found.rules"),
			   "a");

	fputs("-a always,exit -F arch=b64 -F path=/usr/bin/gone -F perm=x "
	      "-F key=capwatch_filecaps\n",
	      file);
	fclose(file);
}

static void seed_no_rules_loaded(void)
{
	doctor_host_unload("-a ", NULL);
}

static void seed_one_rule_missing(void)
{
	doctor_host_unload("arch=b64 -S capset", NULL);
}

static void seed_b32_hole(void)
{
	doctor_host_unload("arch=b32 -S capset", NULL);
}

static void seed_missing_immutable(void)
{
	seed_one_rule_missing();
	made->status.enabled = KERNEL_AUDIT_IMMUTABLE;
}

static void seed_never_in_front(void)
{
	doctor_host_load_first("-a never,exit -F arch=b64 -S capset,prctl\n");
}

static void seed_exclude(void)
{
	doctor_host_load_first("-a always,exclude -F msgtype=CAPSET\n");
}

static void seed_task(void)
{
	doctor_host_load_first("-a never,task\n");
}

static void seed_task_in_file(void)
{
	conf_files_write("etc/audit/rules.d/10-no-audit.rules", "-D\n\n-a never,task\n");
	doctor_host_load_first("-a never,task\n");
}

static void seed_task_not_loaded(void)
{
	conf_files_write("etc/audit/rules.d/10-no-audit.rules", "-a task,never\n");
}

static void seed_narrowed(void)
{
	doctor_host_load_first("-a never,exit -F arch=b64 -S all -F auid=1000 -F uid!=0\n");
}

static void seed_never_missing(void)
{
	doctor_host_unload("never,exit", "recvmsg");
}

static void seed_extra(void)
{
	doctor_host_load_first("-a always,exit -F arch=b64 -S ptrace -F key=capwatch_old\n");
}

static void seed_seccomp(void)
{
	doctor_host_load_first("-a always,exit -F arch=b64 -S prctl -F a0=0x16 -F key=sec\n");
}

static void seed_watch(void)
{
	doctor_host_load_first("-a always,exit -F path=/proc/sys/kernel/cap_last_cap -F perm=wa\n");
}

static void seed_loaded_by_hand(void)
{
	seed_no_rules_installed();
}

static void seed_site_not_loaded(void)
{
	conf_files_write("etc/audit/rules.d/50-site.rules",
			 "-a always,exit -F arch=b64 -S adjtimex -F key=time\n");
}

static void seed_no_spool(void)
{
	doctor_host_edit("etc/capwatch/capwatch.yaml", "capwatch/spool", "capwatch/spol");
}

static void seed_spool_open(void)
{
	chmod(conf_files_path("var/lib/capwatch/spool"), 0777);
}

static void seed_no_status(void)
{
	unlink(conf_files_path(STATUS));
}

static void seed_stale(void)
{
	made->host.now += 60 * 1000;
}

static void seed_no_sensor(void)
{
	doctor_host_edit(STATUS, "\"connected\": true", "\"connected\": false");
}

static void seed_sink_fails(void)
{
	doctor_host_edit(STATUS, "\"healthy\": true", "\"healthy\": false");
	doctor_host_edit(STATUS, "\"last_error\": null", "\"last_error\": \"refused\\u001b\"");
}

static void seed_sink_waits(void)
{
	doctor_host_edit(STATUS, "\"waiting\": 0", "\"waiting\": 9000");
}

static void seed_dropped(void)
{
	doctor_host_edit(STATUS, "\"dropped\": 0", "\"dropped\": 3");
}

static void seed_given_up(void)
{
	doctor_host_edit(STATUS, "\"given_up\": 0", "\"given_up\": 2");
}

static void seed_no_sinks(void)
{
	doctor_host_edit("etc/capwatch/capwatch.yaml", "[{type: syslog}]", "[]");
}

static void seed_clock_back(void)
{
	made->host.now -= (int64_t)3600 * 1000;
}

/* Each fault, seeded alone: the check that names it, its state, words of what it says, and words of
 * the command. ROOT in it stands for the host's folder. */
static const struct fault {
	const char *name;
	void (*seed)(void);
	const char *check;
	enum doctor_state state;
	const char *message, *remedy;
} faults[] = {
	{"the kernel has no auditing", seed_no_auditing, "kernel.auditing", DOCTOR_BROKEN,
	 "no auditing", "# boot a kernel that has CONFIG_AUDIT=y"},
	{"a kernel that is too old", seed_old_kernel, "kernel.version", DOCTOR_BROKEN,
	 "4.15.0-20-generic is too old", "# boot a newer kernel"},
	{"auditctl -e 0", seed_off, "kernel.enabled", DOCTOR_BROKEN, "switched off",
	 "auditctl -e 1"},
	{"auditctl -r 10", seed_rate_limit, "kernel.rate-limit", DOCTOR_BROKEN,
	 "beyond 10 records a second", "auditctl -r 0"},
	{"-r 10 in rules.d", seed_rate_limit_in_file, "kernel.rate-limit", DOCTOR_BROKEN,
	 "beyond 10 records",
	 "sed -i '2s/.*/-r 0/' ROOT/etc/audit/rules.d/50-site.rules && auditctl -r 0"},
	{"auditctl -b 8", seed_small_backlog, "kernel.backlog-limit", DOCTOR_BROKEN,
	 "8 records at most", "auditctl -b 8192"},
	{"the kernel's queue is full", seed_full_backlog, "kernel.backlog", DOCTOR_BROKEN,
	 "8192 of 8192", "auditctl -b 16384"},
	{"lost records", seed_lost, "kernel.lost", DOCTOR_WARNING, "lost 57 records",
	 "auditctl --reset-lost"},
	{"auditctl -f 2", seed_panic, "kernel.failure", DOCTOR_WARNING, "panics", "auditctl -f 1"},
	{"no audit=1 at boot", seed_no_audit_at_boot, "kernel.boot", DOCTOR_WARNING,
	 "audit=1 is not on", "GRUB_CMDLINE_LINUX=\"/&audit=1 /' /etc/default/grub && update-grub"},
	{"no audit_backlog_limit at boot", seed_no_backlog_at_boot, "kernel.boot-backlog",
	 DOCTOR_WARNING, "a boot loses events", "audit_backlog_limit=8192 /' /etc/default/grub"},
	{"/proc with subset=pid", seed_subset_pid, "kernel.proc", DOCTOR_BROKEN, "subset=pid",
	 "mount -o remount,subset= /proc"},
	{"a clock that nothing sets", seed_unsynchronised, "kernel.clock", DOCTOR_WARNING,
	 "not synchronised", "timedatectl set-ntp true"},
	{"auditd 3.0.7", seed_old_auditd, "auditd.version", DOCTOR_BROKEN,
	 "3.0.7 is too old: capwatch needs 3.0.9", "apt-get install -y auditd"},
	{"no auditd runs", seed_no_auditd, "auditd.running", DOCTOR_BROKEN, "no auditd runs",
	 "systemctl enable auditd && systemctl restart auditd"},
	{"another program has the records", seed_other_listener, "auditd.running", DOCTOR_BROKEN,
	 "/usr/bin/auditbeat (pid 150), which is not auditd", "kill 150; systemctl restart auditd"},
	{"auditd.conf without blanks", seed_bad_conf, "auditd.configuration", DOCTOR_BROKEN,
	 "line 7 lacks \" = \"",
	 "sed -i 's/^ *\\([a-z0-9_]*\\) *=[[:blank:]]*/\\1 = /I' ROOT/" CONF},
	{"local_events = no", seed_no_events, "auditd.events", DOCTOR_BROKEN, "no event of this",
	 "local_events = yes|I' ROOT/" CONF " && auditctl --signal HUP"},
	{"write_logs = no", seed_no_logs, "auditd.log", DOCTOR_WARNING, "keeps no log",
	 "write_logs = yes|I'"},
	{"q_depth = 80", seed_short_queue, "auditd.queue", DOCTOR_WARNING, "q_depth = 80",
	 "q_depth = 2000|I'"},
	{"overflow_action = suspend", seed_suspend, "auditd.overflow", DOCTOR_BROKEN,
	 "for good when its queue is full", "overflow_action = SYSLOG|I'"},
	{"max_restarts = 1", seed_no_restarts, "auditd.restarts", DOCTOR_WARNING,
	 "max_restarts = 1", "max_restarts = 10|I'"},
	{"disk_full_action = SINGLE", seed_single, "auditd.space", DOCTOR_WARNING,
	 "disk_full_action = SINGLE", "disk_full_action = SYSLOG|I'"},
	{"no entry in plugins.d", seed_no_entry, "plugin.entry", DOCTOR_BROKEN,
	 "auditd does not start the plugin", "# install capwatch's package again"},
	{"an entry that all may write", seed_entry_writable, "plugin.entry", DOCTOR_BROKEN,
	 "written by everybody", "chmod 0640 ROOT/" ENTRY " && auditctl --signal HUP"},
	{"an entry without blanks", seed_no_spaces, "plugin.lines", DOCTOR_BROKEN,
	 "line 2 lacks \" = \"", "sed -i 's/^ *\\([a-z]*\\) *=[[:blank:]]*/\\1 = /I' ROOT/" ENTRY},
	{"active = no", seed_inactive, "plugin.active", DOCTOR_BROKEN, "not active",
	 "active = yes|I' ROOT/" ENTRY " && systemctl restart auditd"},
	{"format = binary", seed_binary, "plugin.lines", DOCTOR_BROKEN, "format = binary",
	 "format = string|I'"},
	{"a key that auditd does not know", seed_unknown_key, "plugin.lines", DOCTOR_BROKEN,
	 "line 7: auditd knows no key \"formatt\"", "sed -i '7s/^/#/' ROOT/" ENTRY},
	{"a plugin with mode 0700", seed_program_mode, "plugin.program", DOCTOR_BROKEN,
	 "lacks some of the mode 0750", "chmod 0750 ROOT/usr/sbin/audisp-capwatch"},
	{"a plugin that all may write", seed_program_writable, "plugin.program", DOCTOR_BROKEN,
	 "can be written by others", "chmod 0750 ROOT/usr/sbin/audisp-capwatch"},
	{"a path that leads nowhere", seed_no_program, "plugin.program", DOCTOR_BROKEN,
	 "No such file", "path = " CAPWATCH_SBINDIR "/audisp-capwatch|I'"},
	{"a misspelt key in capwatch.yaml", seed_bad_configuration, "plugin.configuration",
	 DOCTOR_BROKEN, "capwatch.yaml:5:1: ", "capwatch check --config"},
	{"a misspelt key in a baseline", seed_bad_baseline, "plugin.configuration", DOCTOR_BROKEN,
	 "10-a.yaml:1:", "capwatch check --config"},
	{"the sensor's user is missing", seed_no_user, "plugin.users", DOCTOR_BROKEN,
	 "no user capwatch", "useradd --system --no-create-home"},
	{"auditd gave the plugin up", seed_plugin_gone, "plugin.alive", DOCTOR_BROKEN,
	 "gave it up after max_restarts", "systemctl restart auditd"},
	{"the sensor does not run", seed_sensor_gone, "plugin.alive", DOCTOR_BROKEN,
	 "its sensor does not", "systemctl restart auditd"},
	{"the sensor runs as root", seed_sensor_is_root, "plugin.alive", DOCTOR_BROKEN,
	 "runs as uid 0, not as capwatch", "systemctl restart auditd"},
	{"an upgrade without a restart", seed_replaced, "plugin.alive", DOCTOR_WARNING,
	 "replaced since it started", "systemctl restart auditd"},
	{"SELinux confines the plugin", seed_confined, "plugin.confinement", DOCTOR_WARNING,
	 "auditd_t", "ausearch -m AVC"},
	{"no rules in rules.d", seed_no_rules_installed, "rules.installed", DOCTOR_BROKEN,
	 "are not in ROOT/etc/audit/rules.d", "capwatch rules install"},
	{"rules of another version", seed_old_rules, "rules.current", DOCTOR_WARNING,
	 "__capwatch-1-core.rules is not as this version", "capwatch rules install"},
	{"a program with capabilities is gone", seed_found_rules, "rules.current", DOCTOR_WARNING,
	 "__capwatch-4-files-found.rules is not as", "capwatch rules install"},
	{"auditctl -D", seed_no_rules_loaded, "rules.loaded", DOCTOR_BROKEN, "none of the 38 rules",
	 "capwatch rules install"},
	{"one rule deleted", seed_one_rule_missing, "rules.loaded", DOCTOR_BROKEN,
	 "not loaded: \"-a always,exit -F arch=b64 -S capset", "capwatch rules install"},
	{"a hole for the 32-bit ABI", seed_b32_hole, "rules.loaded", DOCTOR_BROKEN,
	 "its 64-bit twin is: \"-a always,exit -F arch=b32 -S capset", "capwatch rules install"},
	{"a rule missing, immutable", seed_missing_immutable, "rules.loaded", DOCTOR_BROKEN,
	 "not loaded", " && systemctl reboot"},
	{"a never rule in front", seed_never_in_front, "rules.loaded", DOCTOR_BROKEN,
	 "never,exit -F arch=b64 -S capset,prctl\" hides all",
	 "auditctl -d never,exit -F arch=b64 -S capset,prctl"},
	{"an exclude rule", seed_exclude, "rules.loaded", DOCTOR_BROKEN, "hides all",
	 "auditctl -d always,exclude -F msgtype=CAPSET"},
	{"-a never,task", seed_task, "rules.loaded", DOCTOR_BROKEN, "never,task\" hides all",
	 "auditctl -d never,task"},
	{"-a never,task in rules.d", seed_task_in_file, "rules.loaded", DOCTOR_BROKEN,
	 "never,task\" hides all",
	 "sed -i '3s/^/#/' ROOT/etc/audit/rules.d/10-no-audit.rules && auditctl -d never,task"},
	{"-a task,never, not loaded yet", seed_task_not_loaded, "rules.files", DOCTOR_BROKEN,
	 "10-no-audit.rules:1: \"-a task,never\" will hide",
	 "sed -i '1s/^/#/' ROOT/etc/audit/rules.d/10-no-audit.rules"},
	{"a never rule for one person", seed_narrowed, "rules.loaded", DOCTOR_WARNING,
	 "hides part of", "auditctl -d never,exit -F arch=b64 -S all -F auid=1000 -F 'uid!=0'"},
	{"capwatch's own never rule is missing", seed_never_missing, "rules.never", DOCTOR_WARNING,
	 "feed itself", "capwatch rules install"},
	{"a rule of a former version", seed_extra, "rules.extra", DOCTOR_WARNING, "not needed",
	 "auditctl -d always,exit -F arch=b64 -S ptrace -F key=capwatch_old"},
	{"a0=0x16", seed_seccomp, "rules.mistakes", DOCTOR_WARNING, "a0=0x16 is PR_SET_SECCOMP",
	 "auditctl -d always,exit -F arch=b64 -S prctl -F a0=0x16"},
	{"a watch on cap_last_cap", seed_watch, "rules.mistakes", DOCTOR_WARNING, "goes dead",
	 "auditctl -d always,exit -S all -F path=/proc/sys/kernel/cap_last_cap -F perm=wa"},
	{"rules that were loaded by hand", seed_loaded_by_hand, "rules.lasting", DOCTOR_BROKEN,
	 "takes them away", "capwatch rules install"},
	{"a site's rule is not loaded", seed_site_not_loaded, "rules.lasting", DOCTOR_WARNING,
	 "50-site.rules:1: ", "augenrules --load"},
	{"no spool", seed_no_spool, "delivery.spool", DOCTOR_BROKEN, "No such file",
	 "install -d -o capwatch-courier -m 0700 ROOT/var/lib/capwatch/spol"},
	{"a spool that all may write", seed_spool_open, "delivery.spool", DOCTOR_BROKEN,
	 "written by others", "install -d -o capwatch-courier"},
	{"no status", seed_no_status, "delivery.courier", DOCTOR_BROKEN, "has left no status",
	 "systemctl restart auditd"},
	{"a status that is old", seed_stale, "delivery.courier", DOCTOR_BROKEN, "65 s old",
	 "systemctl restart auditd"},
	{"a courier that hears no sensor", seed_no_sensor, "delivery.courier", DOCTOR_BROKEN,
	 "hears no sensor", "systemctl restart auditd"},
	{"a sink that fails", seed_sink_fails, "delivery.sinks", DOCTOR_BROKEN,
	 "sink syslog fails, and 0 alerts wait for it: refused?", "capwatch test-alert"},
	{"a sink that falls behind", seed_sink_waits, "delivery.sinks", DOCTOR_WARNING,
	 "9000 alerts wait", "capwatch spool retry --all --sink syslog"},
	{"alerts dropped from a full spool", seed_dropped, "delivery.sinks", DOCTOR_WARNING,
	 "3 alerts for sink syslog were dropped", "# raise spool.max_count"},
	{"alerts refused for good", seed_given_up, "delivery.sinks", DOCTOR_WARNING,
	 "refused 2 alerts", "capwatch spool list"},
	{"no sinks", seed_no_sinks, "delivery.sinks", DOCTOR_WARNING, "no sink is configured",
	 "&& printf 'sinks:\\n  - type: syslog\\n' >ROOT/etc/capwatch/conf.d/10-syslog.yaml"},
	{"a clock that was set back", seed_clock_back, "delivery.time", DOCTOR_WARNING,
	 "the clock was set back", "timedatectl set-ntp true"},
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static bool holds(const char *text, const char *words)
{
	char wanted[2048] = "";
	const char *root = strstr(words, "ROOT");

	if (root)
		snprintf(wanted, sizeof(wanted), "%.*s%s%s", (int)(root - words), words,
			 made->host.root, root + strlen("ROOT"));
	return text && strstr(text, root ? wanted : words);
}

START_TEST(test_each_fault_is_named_with_its_remedy)
{
	const struct fault *fault = &faults[_i];
	const struct doctor_finding *found = NULL;
	struct doctor_report report;

	fault->seed();
	report = examine();
	for (size_t i = 0; i < report.count && !found; i++)
		if (strcmp(report.items[i].check, fault->check) == 0 &&
		    report.items[i].state == fault->state)
			found = &report.items[i];
	ck_assert_msg(found != NULL, "%s: %s does not say so", fault->name, fault->check);
	ck_assert_msg(holds(found->message, fault->message), "%s: %s", fault->name, found->message);
	ck_assert_msg(holds(found->remedy, fault->remedy), "%s: %s", fault->name,
		      found->remedy ? found->remedy : "no remedy");
	ck_assert_int_eq(doctor_report_state(&report) == DOCTOR_BROKEN,
			 report.counts[DOCTOR_BROKEN] > 0);
	ck_assert_int_ge(doctor_report_state(&report), fault->state);
	printf("%-40s %s\n%-40s -> %s\n", fault->name, found->message, "", found->remedy);
	doctor_report_free(&report);
}
END_TEST

/* A fault that others follow from is told where it is: the others say where to look. */
START_TEST(test_each_check_says_something_of_any_host)
{
	struct doctor_report well = examine();

	for (int fault = 0; fault < FAULTS; fault += 7) {
		struct doctor_report ill;

		faults[fault].seed();
		ill = examine();
		for (size_t i = 0, j = 0; i < well.count; i++) {
			while (j < ill.count && strcmp(ill.items[j].check, well.items[i].check))
				j++;
			ck_assert_msg(j < ill.count, "%s: nothing of %s", faults[fault].name,
				      well.items[i].check);
		}
		doctor_report_free(&ill);
	}
	doctor_report_free(&well);
}
END_TEST

START_TEST(test_every_fault_has_a_remedy)
{
	struct doctor_report report;

	seed_no_rules_loaded();
	seed_no_entry();
	seed_bad_configuration();
	seed_no_auditd();
	report = examine();
	for (size_t i = 0; i < report.count; i++)
		ck_assert_msg((report.items[i].state >= DOCTOR_WARNING) ==
				      (report.items[i].remedy != NULL),
			      "%s: %s", report.items[i].check, report.items[i].message);
	doctor_report_free(&report);
}
END_TEST

START_TEST(test_profiles_that_are_installed_alone_are_asked_for)
{
	struct doctor_report report;
	bool found = false;

	unlink(conf_files_path("etc/audit/rules.d/__capwatch-3-file-caps.rules"));
	unlink(conf_files_path("etc/audit/rules.d/__capwatch-4-files-found.rules"));
	doctor_host_unload("capwatch_filecaps", NULL);
	seed_one_rule_missing();
	report = examine();
	for (size_t i = 0; i < report.count; i++) {
		ck_assert_msg(!strstr(report.items[i].message, "xattr"), "%s",
			      report.items[i].message);
		if (report.items[i].remedy &&
		    strstr(report.items[i].remedy, "capwatch rules install --profile core,exec "))
			found = true;
	}
	ck_assert(found);
	doctor_report_free(&report);
}
END_TEST

/* ---- the forms ---- */

static char *printed(const struct doctor_report *report, bool json)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (json)
		doctor_print_json(report, out);
	else
		doctor_print(report, true, out);
	fclose(out);
	return text;
}

START_TEST(test_text_is_lines_without_control_characters)
{
	struct doctor_report report;
	char *text;

	seed_sink_fails();
	report = examine();
	text = printed(&report, false);
	ck_assert_msg(strncmp(text, "broken   delivery.sinks       sink syslog fails", 47) == 0,
		      "%s", text);
	/* with --config where /etc/capwatch is not the build's own place */
	ck_assert(strstr(text, "\n    mend: capwatch test-alert") != NULL);
	ck_assert(strstr(text, "\nbroken: ") != NULL);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_null(strstr(text, "\nok "));
	free(text);
	doctor_report_free(&report);
}
END_TEST

START_TEST(test_json_has_each_finding)
{
	struct doctor_report report;
	const json_t *findings, *first;
	json_t *whole;
	char *text;

	seed_off();
	report = examine();
	text = printed(&report, true);
	whole = json_loads(text, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(whole, "schema")), "capwatch.doctor/1");
	ck_assert_str_eq(json_string_value(json_object_get(whole, "state")), "broken");
	findings = json_object_get(whole, "findings");
	ck_assert_uint_eq(json_array_size(findings), report.count);
	first = json_array_get(findings, 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "check")), "kernel.auditing");
	ck_assert(json_is_null(json_object_get(first, "remedy")));
	json_decref(whole);
	free(text);
	doctor_report_free(&report);
}
END_TEST

static int run_verb(const char *option, const char *value)
{
	char verb[] = "doctor", *argv[] = {verb, (char *)option, (char *)value, NULL};
	FILE *out = freopen("/dev/null", "w", stdout);

	ck_assert_ptr_nonnull(out);
	return cli_doctor(option ? value ? 3 : 2 : 1, argv);
}

START_TEST(test_usage)
{
	ck_assert_int_eq(run_verb("--help", NULL), 0);
	ck_assert_int_eq(run_verb("--jsn", NULL), EXIT_USAGE);
	ck_assert_int_eq(run_verb("more", NULL), EXIT_USAGE);
	ck_assert_int_eq(run_verb("--root", "/nonexistent"), EXIT_USAGE);
}
END_TEST

/* An empty tree lacks everything, and no kernel is asked. */
START_TEST(test_root_is_a_file_tree)
{
	conf_files_write("empty/x", "");
	ck_assert_int_eq(run_verb("--root", conf_files_path("empty")), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *tcase = tcase_create("doctor");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_a_correct_host_is_all_ok);
	tcase_add_loop_test(tcase, test_each_fault_is_named_with_its_remedy, 0, FAULTS);
	tcase_add_test(tcase, test_each_check_says_something_of_any_host);
	tcase_add_test(tcase, test_every_fault_has_a_remedy);
	tcase_add_test(tcase, test_profiles_that_are_installed_alone_are_asked_for);
	tcase_add_test(tcase, test_text_is_lines_without_control_characters);
	tcase_add_test(tcase, test_json_has_each_finding);
	tcase_add_test(tcase, test_usage);
	tcase_add_test(tcase, test_root_is_a_file_tree);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
