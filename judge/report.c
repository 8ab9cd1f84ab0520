/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "judge/syscalls.h"

static struct bytes text(const char *string)
{
	return (struct bytes){string, string ? strlen(string) : 0};
}

/* As text(), but nothing is not known. */
static struct bytes text_or_null(const char *string)
{
	return string && *string ? text(string) : (struct bytes){NULL, 0};
}

static void report_records(struct alert *alert, const struct event *event)
{
	size_t *count = &alert->audit.record_count;

	for (; *count < event->record_count && *count < ALERT_RECORDS_MAX; (*count)++)
		alert->audit.records[*count] = event->records[*count].text;
}

void report_begin(struct alert *alert, const struct world *world, const struct report_host *host,
		  const struct event *event)
{
	memset(alert, 0, sizeof(*alert));
	alert->count = 1;
	alert->phase = PHASE_UNKNOWN;
	alert->previous = PREVIOUS_UNKNOWN;
	alert->service.age_ms = -1;
	alert->coverage.events = alert->coverage.by_pid = alert->coverage.by_auid = -1;
	alert->host = text(host->name);
	alert->host_id = text_or_null(host->id);
	alert->baseline.digest = text_or_null(world->baseline->digest);
	if (!event)
		return;
	alert->time = event->time;
	if (event->node.length)
		alert->host = event->node;
	if (event->node_number != 0)
		alert->host_id = (struct bytes){NULL, 0};
	alert->audit.has_event = true;
	alert->audit.milliseconds = event->time;
	alert->audit.serial = event->serial;
	if (event->node.length)
		alert->audit.node = event->node;
	alert->audit.key = event->key;
	report_records(alert, event);
	if (!(event->parts & EVENT_SYSCALL))
		return;
	alert->audit.arch = text_or_null(syscalls_arch_name((uint32_t)event->arch));
	alert->audit.syscall = text_or_null(
		syscalls_name((uint32_t)event->arch, (unsigned)event->syscall));
}

void report_process(struct alert *alert, const struct process *process,
		    const struct process *parent, const struct event *event)
{
	struct alert_process *to = &alert->process;

	to->present = true;
	to->pid = process->pid;
	to->ppid = process->ppid;
	to->comm = text(process->comm);
	to->exe = text_or_null(process->exe);
	to->uid = process->uid;
	to->euid = process->euid;
	to->auid = process->auid;
	to->session = process->session;
	to->started = process->start_time;
	to->threads = process->threads;
	to->user_namespace = process->userns;
	to->exe_state = process->exe_state;
	to->exe_identity = process->exe_identity;
	if (parent) {
		to->has_parent = true;
		to->parent_pid = parent->pid;
		to->parent_comm = text(parent->comm);
		to->parent_exe = text_or_null(parent->exe);
	}
	if (!event)
		return;
	to->comm = event->comm.data ? event->comm : to->comm;
	to->uid = (int64_t)event->ids.uid;
	to->euid = (int64_t)event->ids.euid;
}

void report_service(struct alert *alert, const struct service *service, int64_t now)
{
	struct alert_service *to = &alert->service;

	if (!service)
		return;
	to->present = true;
	to->kind = service->kind;
	to->name = text(service->name);
	to->unit = text_or_null(service->unit);
	to->template_name = text_or_null(service->template_name);
	to->age_ms = service_age(service, now);
	if (service->container_id[0] == '\0')
		return;
	to->container.present = true;
	to->container.id = text(service->container_id);
	to->container.runtime = text_or_null(service->runtime);
	to->container.pod_uid = text_or_null(service->pod_uid);
}

static void report_set(struct alert_set *set, bool has_before, capmask before, capmask after)
{
	/* what is not known to be less than everything is told in the capabilities there are */
	capmask real = capmask_known() | (after == LEDGER_ALL_CAPS ? 0 : after);

	if (before != LEDGER_ALL_CAPS)
		real |= before;
	set->present = true;
	set->has_before = has_before;
	set->before = before & real;
	set->after = after & real;
	set->gained = set->after & ~before;
	set->lost = has_before ? set->before & ~after : 0;
}

static void report_sets(struct alert *alert, const struct transition *t)
{
	bool known = t->previous != PREVIOUS_UNKNOWN;

	alert->has_capabilities = true;
	report_set(&alert->sets[ALERT_PERMITTED], known, t->before.permitted, t->after.permitted);
	report_set(&alert->sets[ALERT_EFFECTIVE], known, t->before.effective, t->after.effective);
	report_set(&alert->sets[ALERT_INHERITABLE], known, t->before.inheritable,
		   t->after.inheritable);
	report_set(&alert->sets[ALERT_AMBIENT], known, t->before.ambient, t->after.ambient);
	/* of an ambient raise only that set is in the record */
	if (t->mechanism != MECHANISM_AMBIENT || known)
		return;
	alert->sets[ALERT_PERMITTED].present = false;
	alert->sets[ALERT_EFFECTIVE].present = false;
	alert->sets[ALERT_INHERITABLE].present = false;
}

static void report_mode(struct alert_file *file, struct bytes mode)
{
	snprintf(file->mode, sizeof(file->mode), "%.*s", (int)mode.length,
		 mode.data ? mode.data : "");
}

void report_transition(struct alert *alert, const struct transition *t)
{
	alert->mechanism = t->mechanism;
	alert->outcome = t->outcome;
	alert->previous = t->previous;
	/* of a refusal nothing came: what was asked for, where that is known, is what the baseline
	 * lacks */
	if (t->outcome == OUTCOME_SUCCESS && t->has_sets)
		report_sets(alert, t);
	if (t->has_securebits) {
		alert->has_securebits = true;
		alert->has_securebits_before = true;
		alert->securebits_before = t->securebits_before;
		alert->securebits_after = t->securebits_after;
	}
	if (t->has_file) {
		alert->file.present = true;
		alert->file.path = t->file_path;
		report_mode(&alert->file, t->file_mode);
		alert->file.has_caps = t->has_file_caps;
		alert->file.permitted = t->file_permitted;
		alert->file.inheritable = t->file_inheritable;
	}
}

/* ---- what goes out alone ----------------------------------------------------------------------
 */

/* The arguments of an exec; of other calls the title that its process has. */
static struct bytes command_line(const struct event *event)
{
	const struct event_details *details = event_details(event);

	return details->command_line.data ? details->command_line : details->proctitle;
}

/* auditd's enrichment follows 0x1d: NAME="value" pairs that it looked up itself. */
static struct bytes enriched(const struct event *event, const char *name)
{
	for (size_t i = 0; i < event->record_count; i++) {
		struct bytes record = event->records[i].text;
		const char *part, *found, *end = record.data + record.length, *quote;
		if (event->records[i].type != RECORD_SYSCALL)
			continue;
		part = memchr(record.data, 0x1d, record.length);
		if (!part)
			return (struct bytes){NULL, 0};
		for (found = part;
		     (found = memmem(found, (size_t)(end - found), name, strlen(name))); found++) {
			/* " UID=" and not the end of " AUID=" */
			if (found[-1] != ' ' && found[-1] != 0x1d)
				continue;
			found += strlen(name);
			quote = found < end && *found == '"'
					? memchr(found + 1, '"', (size_t)(end - found - 1))
					: NULL;
			return quote ? (struct bytes){found + 1, (size_t)(quote - found - 1)}
				     : (struct bytes){NULL, 0};
		}
	}
	return (struct bytes){NULL, 0};
}

static struct bytes unless(struct bytes value, const char *nothing)
{
	return bytes_are(value, nothing) ? (struct bytes){NULL, 0} : value;
}

static void report_words(struct alert_process *to, const struct event *event)
{
	to->command_line = command_line(event);
	to->tty = unless(event->tty, "(none)");
	to->subject = event->subject;
	to->user = enriched(event, "UID=");
	to->login_user = unless(enriched(event, "AUID="), "unset");
}

static void report_executed(struct alert_file *to, const struct event *event)
{
	const struct event_details *details = event_details(event);
	const struct event_path *file = &details->paths[0];

	if (details->path_count == 0)
		return;
	report_mode(to, file->mode);
	to->has_caps = file->permitted || file->inheritable;
	to->permitted = file->permitted;
	to->inheritable = file->inheritable;
}

void report_event(struct alert *alert, const struct event *event)
{
	if (alert->process.present)
		report_words(&alert->process, event);
	if (alert->file.present && event->call == CALL_EXEC)
		report_executed(&alert->file, event);
}

/* ---- the entry that would allow it ------------------------------------------------------------
 */

static bool is_plain(struct bytes string)
{
	for (size_t i = 0; i < string.length; i++)
		if ((unsigned char)string.data[i] < 0x20 || (unsigned char)string.data[i] > 0x7e ||
		    strchr("\"\\", string.data[i]))
			return false;
	return string.length > 0;
}

static void grant_text(const struct alert *alert, char *buf, size_t size)
{
	static const char *const names[ALERT_SETS] = {"permitted", "effective", "inheritable",
						      "ambient"};
	char caps[1024];
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < ALERT_SETS; i++) {
		capmask gained = alert->sets[i].present ? alert->sets[i].gained : 0;
		if (!gained || used >= size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s: [%s]", used ? ", " : "",
					 names[i], capmask_to_text(gained, caps, sizeof(caps)));
	}
}

static void securebits_text(const struct alert *alert, char *buf, size_t size)
{
	uint8_t changed = alert->securebits_before ^ alert->securebits_after;
	size_t used = (size_t)snprintf(buf, size, "securebits: [");

	for (unsigned bit = 0; bit < SECUREBITS_COUNT; bit++)
		if (changed & (1u << bit) && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 buf[used - 1] == '[' ? "" : ", ",
						 vocab_word(&vocab_securebits, bit));
	if (used < size)
		snprintf(buf + used, size - used, "]");
}

static bool suggest_grant(const struct alert *alert, char *grant, size_t size)
{
	char caps[1400];

	grant_text(alert, caps, sizeof(caps));
	switch (alert->reason) {
	case REASON_EXPANSION_AFTER_START:
	case REASON_EXPANSION_AT_START:
	case REASON_AMBIENT_RAISE:
		snprintf(grant, size, "%s", caps);
		return true;
	case REASON_EXEC_GAIN:
		snprintf(grant, size, "mechanisms: [exec], %s", caps);
		return true;
	case REASON_SECUREBITS_CHANGE:
		securebits_text(alert, grant, size);
		return true;
	case REASON_SETUID_GAIN:
		snprintf(grant, size, "setuid: true");
		return true;
	case REASON_USERNS_GAIN:
		snprintf(grant, size, "userns: true");
		return true;
	case REASON_FILE_CAPS_SET:
		snprintf(grant, size, "mechanisms: [file-caps]");
		return true;
	case REASON_GAIN_DENIED:
		snprintf(grant, size, "denied: all");
		return true;
	case REASON_ABOVE_CEILING:
	case REASON_IMPOSSIBLE_TRANSITION:
	case REASON_UNEXPLAINED_GAIN:
	case REASON_CAP_LAST_CAP_WRITE:
	case REASON_CONFIG_CHANGE:
	case REASON_COVERAGE_LOSS:
		break;
	}
	return false;
}

void report_suggestion(struct alert *alert, struct report_buffers *buffers)
{
	const char *phase = alert->phase == PHASE_STARTING ? "start" : "running";
	char grant[1600], unit[SERVICE_NAME_MAX + 16] = "";
	const char *slash;

	if (!alert->process.present || !is_plain(alert->process.exe) ||
	    alert->service.kind == SERVICE_CONTAINER || !suggest_grant(alert, grant, sizeof(grant)))
		return;
	if (alert->service.present && alert->service.kind == SERVICE_UNIT &&
	    is_plain(alert->service.template_name))
		snprintf(unit, sizeof(unit), ", unit: \"%.*s\"",
			 (int)alert->service.template_name.length,
			 alert->service.template_name.data);
	slash = memrchr(alert->process.exe.data, '/', alert->process.exe.length);
	slash = slash ? slash + 1 : alert->process.exe.data;
	if (slash == alert->process.exe.data + alert->process.exe.length)
		return;
	snprintf(buffers->suggestion, sizeof(buffers->suggestion),
		 "{name: \"%.*s\", match: {exe: \"%.*s\"%s}, %s: {%s}}",
		 (int)(alert->process.exe.data + alert->process.exe.length - slash), slash,
		 (int)alert->process.exe.length, alert->process.exe.data, unit, phase, grant);
	alert->baseline.suggestion = text(buffers->suggestion);
}

/* Of an inferred gain ("everything") only the capabilities that the alert itself tells of. */
static capmask clip_missing(const struct alert *alert, capmask missing)
{
	capmask told = 0;

	for (int i = 0; i < ALERT_SETS; i++)
		told |= alert->sets[i].gained;
	return told ? missing & told : missing & capmask_known();
}

void report_verdict(struct alert *alert, const struct verdict *verdict)
{
	alert->reason = verdict->reason;
	alert->severity = verdict->severity;
	alert->disposition = verdict->disposition;
	alert->phase = verdict->phase;
	if (verdict->entry) {
		alert->baseline.entry = text(verdict->entry->name);
		alert->baseline.file = text(verdict->entry->file);
	}
	if (verdict->missing) {
		alert->baseline.has_missing = true;
		alert->baseline.missing = clip_missing(alert, verdict->missing);
	}
}

/* Who, as the kernel says; then what it says itself. */
static void say_maker(const struct coverage_finding *finding, char *buf, size_t size)
{
	int used;

	buf[0] = '\0';
	if (finding->by_pid < 0 && !finding->by_exe)
		return;
	used = snprintf(buf, size, "; done by %s (pid %" PRId64,
			finding->by_exe ? finding->by_exe : "a process", finding->by_pid);
	if (finding->by_auid >= 0)
		used += snprintf(buf + used, size - (size_t)used, ", login uid %" PRId64,
				 finding->by_auid);
	snprintf(buf + used, size - (size_t)used, "%s%s)", finding->act ? ": " : "",
		 finding->act ? finding->act : "");
}

void report_coverage(struct alert *alert, const struct coverage_finding *finding, char *detail)
{
	char maker[REPORT_DETAIL_MAX / 2];

	alert->time = finding->since;
	alert->audit.has_event = finding->serial != 0;
	alert->audit.milliseconds = finding->since;
	alert->audit.serial = finding->serial;
	alert->audit.records[0] = text(finding->record);
	alert->audit.record_count = finding->record[0] ? 1 : 0;
	alert->reason = REASON_COVERAGE_LOSS;
	alert->mechanism = MECHANISM_AUDIT;
	alert->severity = finding->severity;
	alert->coverage.present = true;
	alert->coverage.lost = text(finding->lost);
	alert->coverage.rule = text_or_null(finding->rule);
	alert->coverage.by_pid = finding->by_pid;
	alert->coverage.by_auid = finding->by_auid;
	alert->coverage.by_exe = text_or_null(finding->by_exe);
	alert->coverage.act = text_or_null(finding->act);
	alert->coverage.events = finding->events;
	alert->coverage.boot_id = text_or_null(finding->boot_id);
	alert->coverage.state = finding->state;
	alert->coverage.since = finding->since;
	say_maker(finding, maker, sizeof(maker));
	snprintf(detail, REPORT_DETAIL_MAX, "%s%s%s%s", finding->lost, maker,
		 finding->more ? finding->more : "",
		 finding->state == COVERAGE_RESTORED ? "; it is back" : "");
	alert->detail = text(detail);
}
