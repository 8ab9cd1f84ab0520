/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_kernel: what the kernel is, how it was booted, and how its audit system stands. */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>
#include "cli/doctor_shell.h"
#include "rules/boot_line.h"
#include "rules/sight.h"

enum {
	/* Debian's and Fedora's own; at the kernel's 64 a boot loses events */
	BACKLOG_LIMIT = 8192,
	/* since 4.16 CAPSET records have the ambient set; nothing before 5.10 was ever tried */
	KERNEL_LEAST = 4016,
	KERNEL_TRIED = 5010,
	FAILURE_PRINT = 1,
	FAILURE_PANIC = 2,
};

/* False, and said so, where the kernel's status is not known. */
static bool has_status(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->host->running)
		doctor_skip(report, "the kernel is not asked with --root");
	else if (*facts->status_error.text)
		doctor_skip(report, "the kernel did not say: see kernel.auditing");
	else
		return true;
	return false;
}

static void check_auditing(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->host->running) {
		doctor_skip(report, "the kernel is not asked with --root");
	} else if (!*facts->status_error.text) {
		doctor_ok(report, "the kernel has auditing, and tells its status");
	} else {
		doctor_broken(report, "%s", facts->status_error.text);
		if (strstr(facts->status_error.text, "CAP_AUDIT_CONTROL"))
			doctor_mend(report, "sudo capwatch doctor");
		else
			doctor_mend(report, "# boot a kernel that has CONFIG_AUDIT=y and "
					    "CONFIG_AUDITSYSCALL=y");
	}
}

static void check_version(const struct doctor_facts *facts, struct doctor_report *report)
{
	static const char mend[] =
		"# boot a newer kernel: the distribution's, or one from its backports";
	int major = 0, minor = 0, version;

	if (sscanf(facts->release, "%d.%d", &major, &minor) != 2) {
		doctor_skip(report, "/proc/sys/kernel/osrelease does not tell the version");
		return;
	}
	version = major * 1000 + minor;
	if (version < KERNEL_LEAST) {
		doctor_broken(report, "Linux %s is too old: its records lack the ambient set",
			      facts->release);
		doctor_mend(report, "%s", mend);
	} else if (version < KERNEL_TRIED) {
		doctor_warn(report, "Linux %s is older than any that capwatch was tried on",
			    facts->release);
		doctor_mend(report, "%s", mend);
	} else {
		doctor_ok(report, "Linux %s", facts->release);
	}
}

static void check_enabled(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!has_status(facts, report))
		return;
	switch (facts->status.enabled) {
	case KERNEL_AUDIT_OFF:
		doctor_broken(report, "auditing is switched off (enabled 0): nothing is recorded");
		doctor_mend(report, "auditctl -e 1");
		break;
	case KERNEL_AUDIT_IMMUTABLE:
		doctor_ok(
			report,
			"auditing is on, and the rules immutable until the next boot (enabled 2)");
		break;
	default:
		doctor_ok(report, "auditing is on");
	}
}

static void check_rate_limit(const struct doctor_facts *facts, struct doctor_report *report)
{
	doctor_text text;

	if (!has_status(facts, report))
		return;
	if (facts->status.rate_limit == 0) {
		doctor_ok(report, "there is no rate limit");
		return;
	}
	doctor_broken(report,
		      "a rate limit is set: beyond %u records a second the kernel drops them, and "
		      "whoever makes that many hides the rest",
		      facts->status.rate_limit);
	doctor_mend(report, "%s", doctor_shell_control(facts, "-r", 0, text));
}

static void check_backlog_limit(const struct doctor_facts *facts, struct doctor_report *report)
{
	uint32_t limit = facts->status.backlog_limit;
	doctor_text text;

	if (!has_status(facts, report))
		return;
	if (limit == 0 || limit >= BACKLOG_LIMIT) {
		doctor_ok(report, "the kernel's queue holds %u records%s", limit,
			  limit ? "" : " (no limit)");
		return;
	}
	/* less than the kernel's own 64 is somebody's doing */
	if (limit < SIGHT_BACKLOG_LEAST)
		doctor_broken(report,
			      "the kernel's queue holds %u records at most: a burst of events is "
			      "lost",
			      limit);
	else
		doctor_warn(report,
			    "the kernel's queue holds %u records: a burst of events can be lost",
			    limit);
	doctor_mend(report, "%s", doctor_shell_control(facts, "-b", BACKLOG_LIMIT, text));
}

static void check_backlog(const struct doctor_facts *facts, struct doctor_report *report)
{
	uint32_t limit = facts->status.backlog_limit, backlog = facts->status.backlog;

	if (!has_status(facts, report))
		return;
	if (limit == 0 || backlog < limit / 2 + 1) {
		doctor_ok(report, "%u records wait in the kernel's queue", backlog);
		return;
	}
	if (backlog >= limit)
		doctor_broken(report,
			      "the kernel's queue is full (%u of %u): records are being lost, and "
			      "audited processes wait",
			      backlog, limit);
	else
		doctor_warn(report,
			    "the kernel's queue is more than half full (%u of %u): auditd, or one "
			    "of its plugins, does not keep up",
			    backlog, limit);
	doctor_mend(report, "auditctl -b %u",
		    limit < BACKLOG_LIMIT / 2 ? BACKLOG_LIMIT : limit * 2);
}

static void check_lost(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!has_status(facts, report))
		return;
	if (facts->status.lost == 0) {
		doctor_ok(report, "the kernel has lost no record since boot");
		return;
	}
	doctor_warn(report,
		    "the kernel has lost %u records since boot, or since the count was last reset: "
		    "what they told is unknown",
		    facts->status.lost);
	doctor_mend(report, "auditctl --reset-lost");
}

static void check_failure(const struct doctor_facts *facts, struct doctor_report *report)
{
	doctor_text text;

	if (!has_status(facts, report))
		return;
	if (facts->status.failure != FAILURE_PANIC) {
		doctor_ok(report, "a lost record does not stop the host (failure %u)",
			  facts->status.failure);
		return;
	}
	doctor_warn(report,
		    "the kernel panics when a record is lost (failure 2): whoever floods the "
		    "audit system stops the host, and capwatch with it");
	doctor_mend(report, "%s", doctor_shell_control(facts, "-f", FAILURE_PRINT, text));
}

static void check_boot(const struct doctor_facts *facts, struct doctor_report *report)
{
	const char *value = boot_line_value(facts->boot_line, "audit=");
	doctor_text text;

	if (!*facts->boot_line) {
		doctor_skip(report, "there is no /proc/cmdline to read");
		return;
	}
	if (boot_line_audits(facts->boot_line)) {
		doctor_ok(report, "audit=1 is on the kernel's command line");
		return;
	}
	if (value && (*value == '0' || strncmp(value, "off", 3) == 0))
		doctor_broken(report, "audit=0 on the kernel's command line keeps auditing off");
	else
		doctor_warn(report, "audit=1 is not on the kernel's command line: processes that "
				    "were forked before auditing was first switched on are never "
				    "seen (takes effect at the next boot)");
	doctor_mend(report, "%s", doctor_shell_boot_word(facts, "audit=1", text));
}

static void check_boot_backlog(const struct doctor_facts *facts, struct doctor_report *report)
{
	const char *value = boot_line_value(facts->boot_line, "audit_backlog_limit=");
	unsigned limit = 0;
	doctor_text text;

	if (!*facts->boot_line) {
		doctor_skip(report, "there is no /proc/cmdline to read");
		return;
	}
	if (value && sscanf(value, "%u", &limit) == 1 && (limit == 0 || limit >= BACKLOG_LIMIT)) {
		doctor_ok(report, "audit_backlog_limit=%u is on the kernel's command line", limit);
		return;
	}
	doctor_warn(report, "audit_backlog_limit=8192 is not on the kernel's command line: until "
			    "auditd runs, the queue holds 64 records, and a boot loses events");
	doctor_mend(report, "%s", doctor_shell_boot_word(facts, "audit_backlog_limit=8192", text));
}

/* hidepid is no obstacle, whatever its value: the kernel asks ptrace_may_access(), and the sensor
 * has cap_sys_ptrace (fs/proc/base.c, has_pid_permissions()). */
static void check_proc(const struct doctor_facts *facts, struct doctor_report *report)
{
	const char *hidden = strstr(facts->proc_options, "hidepid=");

	if (!*facts->proc_options) {
		doctor_skip(report, "/proc/mounts does not tell how /proc is mounted");
	} else if (strstr(facts->proc_options, "subset=pid")) {
		doctor_broken(report, "/proc is mounted with subset=pid: the sensor cannot read "
				      "what it needs beside processes");
		doctor_mend(report, "mount -o remount,subset= /proc");
	} else {
		doctor_ok(report, "/proc shows every process to the sensor%s%.*s",
			  hidden ? ", by its cap_sys_ptrace: " : "",
			  hidden ? (int)strcspn(hidden, ", ") : 0, hidden ? hidden : "");
	}
}

static void check_clock(const struct doctor_facts *facts, struct doctor_report *report)
{
	int synchronised;

	if (!facts->host->running) {
		doctor_skip(report, "the kernel is not asked with --root");
		return;
	}
	synchronised = facts->host->clock_synchronised();
	if (synchronised > 0) {
		doctor_ok(report, "the clock is synchronised");
	} else if (synchronised < 0) {
		doctor_skip(report, "the kernel does not say whether the clock is synchronised");
	} else {
		doctor_warn(report, "the clock is not synchronised: what alerts say of times "
				    "cannot be compared with other hosts'");
		doctor_mend(report, "timedatectl set-ntp true");
	}
}

static const struct doctor_check checks[] = {
	{"kernel.auditing", check_auditing},
	{"kernel.version", check_version},
	{"kernel.enabled", check_enabled},
	{"kernel.rate-limit", check_rate_limit},
	{"kernel.backlog-limit", check_backlog_limit},
	{"kernel.backlog", check_backlog},
	{"kernel.lost", check_lost},
	{"kernel.failure", check_failure},
	{"kernel.boot", check_boot},
	{"kernel.boot-backlog", check_boot_backlog},
	{"kernel.proc", check_proc},
	{"kernel.clock", check_clock},
};

const struct doctor_subject doctor_kernel = {checks, sizeof(checks) / sizeof(checks[0])};
