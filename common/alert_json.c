/* SPDX-License-Identifier: Apache-2.0 */
/* The alert as docs/alert.schema.json has it. Bounded, so that the whole always fits the wire. */
#include "common/alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

enum {
	/* a path can't be longer, and the kernel keeps a command line far shorter */
	FIELD_MAX = 4096,
	/* of all records together, as JSON spells them; what follows is only counted */
	RECORDS_JSON_MAX = 64 * 1024,
	MESSAGE_MAX = 4096,
};

static const char *const set_names[ALERT_SETS] = {"permitted", "effective", "inheritable",
						  "ambient"};

static json_t *json_from_bytes(struct bytes bytes)
{
	if (!bytes.data)
		return json_null();
	return text_to_json(bytes.data, bytes.length < FIELD_MAX ? bytes.length : FIELD_MAX);
}

static void add_bytes(json_t *object, const char *key, struct bytes bytes)
{
	json_object_set_new(object, key, json_from_bytes(bytes));
}

/* For what the schema wants as a string even where it is not known. */
static void add_required(json_t *object, const char *key, struct bytes bytes)
{
	if (!bytes.data)
		bytes = (struct bytes){"", 0};
	add_bytes(object, key, bytes);
}

static void add_word(json_t *object, const char *key, const char *word)
{
	json_object_set_new(object, key, json_string(word));
}

static void add_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

static void add_number_if(json_t *object, const char *key, bool known, int64_t number)
{
	json_object_set_new(object, key, known ? json_integer(number) : json_null());
}

static void add_time(json_t *object, const char *key, int64_t milliseconds)
{
	char text[32];

	add_word(object, key, text_time(milliseconds, text, sizeof(text)));
}

static void add_time_if(json_t *object, const char *key, int64_t milliseconds)
{
	if (milliseconds > 0)
		add_time(object, key, milliseconds);
	else
		json_object_set_new(object, key, json_null());
}

static void add_mask_if(json_t *object, const char *key, bool known, capmask mask)
{
	json_object_set_new(object, key, known ? capmask_to_json(mask) : json_null());
}

static json_t *json_from_parent(const struct alert_process *process)
{
	json_t *parent;

	if (!process->has_parent)
		return json_null();
	parent = json_object();
	add_number(parent, "pid", process->parent_pid);
	if (process->parent_comm.data)
		add_bytes(parent, "comm", process->parent_comm);
	add_bytes(parent, "exe", process->parent_exe);
	return parent;
}

static json_t *json_from_process(const struct alert_process *process)
{
	json_t *object;

	if (!process->present)
		return json_null();
	object = json_object();
	add_number(object, "pid", process->pid);
	add_number(object, "ppid", process->ppid);
	add_required(object, "comm", process->comm);
	add_bytes(object, "exe", process->exe);
	add_bytes(object, "command_line", process->command_line);
	add_number(object, "uid", process->uid);
	add_number(object, "euid", process->euid);
	add_number_if(object, "auid", process->auid >= 0, process->auid);
	add_number_if(object, "session", process->session >= 0, process->session);
	add_bytes(object, "tty", process->tty);
	add_bytes(object, "subject", process->subject);
	add_time_if(object, "started", process->started);
	add_number_if(object, "threads", process->threads > 0, process->threads);
	add_word(object, "user_namespace",
		 vocab_word(&vocab_user_namespace, process->user_namespace));
	add_word(object, "exe_state", vocab_word(&vocab_exe_state, process->exe_state));
	if (process->exe_identity != EXE_ID_UNKNOWN)
		add_word(object, "exe_file",
			 vocab_word(&vocab_exe_identity, process->exe_identity));
	add_bytes(object, "user", process->user);
	add_bytes(object, "login_user", process->login_user);
	json_object_set_new(object, "parent", json_from_parent(process));
	return object;
}

static json_t *json_from_container(const struct alert_container *container)
{
	json_t *object;

	if (!container->present)
		return json_null();
	object = json_object();
	add_required(object, "id", container->id);
	add_bytes(object, "runtime", container->runtime);
	add_bytes(object, "pod_uid", container->pod_uid);
	add_bytes(object, "name", container->name);
	add_bytes(object, "image", container->image);
	add_bytes(object, "namespace", container->namespace_);
	add_bytes(object, "pod_name", container->pod_name);
	add_bytes(object, "workload", container->workload);
	return object;
}

static json_t *json_from_service(const struct alert_service *service)
{
	json_t *object;

	if (!service->present)
		return json_null();
	object = json_object();
	add_word(object, "kind", vocab_word(&vocab_service_kind, service->kind));
	add_required(object, "name", service->name);
	add_bytes(object, "unit", service->unit);
	json_object_set_new(object, "container", json_from_container(&service->container));
	add_number_if(object, "age_ms", service->age_ms >= 0, service->age_ms);
	add_bytes(object, "template", service->template_name);
	return object;
}

static json_t *json_from_sets(const struct alert *alert)
{
	json_t *object;

	if (!alert->has_capabilities)
		return json_null();
	object = json_object();
	for (int i = 0; i < ALERT_SETS; i++) {
		const struct alert_set *set = &alert->sets[i];
		json_t *value;

		if (!set->present)
			continue;
		value = json_object();
		add_mask_if(value, "before", set->has_before, set->before);
		add_mask_if(value, "after", true, set->after);
		add_mask_if(value, "gained", true, set->gained);
		add_mask_if(value, "lost", true, set->lost);
		json_object_set_new(object, set_names[i], value);
	}
	return object;
}

static json_t *json_from_bits(uint8_t bits)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < SECUREBITS_COUNT; i++)
		if (bits & 1u << i)
			json_array_append_new(names, json_string(vocab_word(&vocab_securebits, i)));
	return names;
}

static json_t *json_from_securebits(const struct alert *alert)
{
	json_t *object;

	if (!alert->has_securebits)
		return json_null();
	object = json_object();
	json_object_set_new(object, "before",
			    alert->has_securebits_before ? json_from_bits(alert->securebits_before)
							 : json_null());
	json_object_set_new(object, "after", json_from_bits(alert->securebits_after));
	return object;
}

static json_t *json_from_file(const struct alert_file *file)
{
	json_t *object;

	if (!file->present)
		return json_null();
	object = json_object();
	add_required(object, "path", file->path);
	add_bytes(object, "mode",
		  (struct bytes){file->mode[0] ? file->mode : NULL,
				 strnlen(file->mode, sizeof(file->mode))});
	add_mask_if(object, "file_permitted", file->has_caps, file->permitted);
	add_mask_if(object, "file_inheritable", file->has_caps, file->inheritable);
	return object;
}

static json_t *json_from_baseline(const struct alert *alert)
{
	json_t *object = json_object();

	add_bytes(object, "entry", alert->baseline.entry);
	add_bytes(object, "file", alert->baseline.file);
	add_mask_if(object, "missing", alert->baseline.has_missing, alert->baseline.missing);
	add_bytes(object, "suggestion", alert->baseline.suggestion);
	add_bytes(object, "digest", alert->baseline.digest);
	return object;
}

static json_t *json_from_coverage(const struct alert_coverage *coverage)
{
	json_t *object;

	if (!coverage->present)
		return json_null();
	object = json_object();
	add_required(object, "lost", coverage->lost);
	add_number_if(object, "events", coverage->events >= 0, coverage->events);
	add_bytes(object, "rule", coverage->rule);
	add_number_if(object, "by_pid", coverage->by_pid >= 0, coverage->by_pid);
	add_number_if(object, "by_auid", coverage->by_auid >= 0, coverage->by_auid);
	add_bytes(object, "by_exe", coverage->by_exe);
	add_bytes(object, "act", coverage->act);
	add_word(object, "state", vocab_word(&vocab_coverage_state, coverage->state));
	add_time_if(object, "since", coverage->since);
	add_bytes(object, "boot_id", coverage->boot_id);
	return object;
}

/* An upper bound of what JSON makes of the bytes: \u00XX of a control, U+FFFD of an invalid byte;
 * so at most six of one. */
static size_t json_size_of(struct bytes bytes)
{
	size_t size = 4;

	for (size_t i = 0; i < bytes.length; i++) {
		unsigned char c = (unsigned char)bytes.data[i];

		if (c < 0x20)
			size += 6;
		else if (c >= 0x80)
			size += 3;
		else
			size += c == '"' || c == '\\' ? 2 : 1;
	}
	return size;
}

/* Whatever is in them, as it nearly always is. */
static bool records_fit(const struct alert *alert)
{
	size_t length = 0;

	for (size_t i = 0; i < alert->audit.record_count && i < ALERT_RECORDS_MAX; i++)
		length += alert->audit.records[i].length + 1;
	return 6 * length < RECORDS_JSON_MAX;
}

static void add_records(json_t *object, const struct alert *alert)
{
	json_t *records = json_array();
	size_t size = 0, left_out = 0;
	bool fit = records_fit(alert);

	for (size_t i = 0; i < alert->audit.record_count && i < ALERT_RECORDS_MAX; i++) {
		struct bytes record = alert->audit.records[i];
		size_t own = fit ? 0 : json_size_of(record);

		if (!record.data)
			continue;
		if (size + own > RECORDS_JSON_MAX) {
			left_out++;
			continue;
		}
		size += own;
		json_array_append_new(records, text_to_json(record.data, record.length));
	}
	json_object_set_new(object, "records", records);
	if (left_out)
		add_number(object, "records_left_out", (int64_t)left_out);
}

static json_t *json_from_audit(const struct alert *alert)
{
	json_t *object = json_object();
	char time[40] = "";

	if (alert->audit.has_event)
		snprintf(time, sizeof(time), "%" PRId64 ".%03d", alert->audit.milliseconds / 1000,
			 (int)(alert->audit.milliseconds % 1000));
	add_bytes(object, "time", (struct bytes){time[0] ? time : NULL, strlen(time)});
	/* JSON's integers end where jansson's do; audit's serials are 32 bits wide */
	add_number_if(object, "serial", alert->audit.has_event && alert->audit.serial <= INT64_MAX,
		      (int64_t)alert->audit.serial);
	add_bytes(object, "node", alert->audit.node);
	add_bytes(object, "arch", alert->audit.arch);
	add_bytes(object, "syscall", alert->audit.syscall);
	add_bytes(object, "key", alert->audit.key);
	add_records(object, alert);
	return object;
}

static json_t *json_from_attack(const struct alert *alert)
{
	json_t *techniques = json_array();
	const char *technique = alert_attack(alert);

	if (technique)
		json_array_append_new(techniques, json_string(technique));
	return techniques;
}

static void add_head(json_t *object, const struct alert *alert)
{
	char message[MESSAGE_MAX];

	add_word(object, "schema", "capwatch.alert/1");
	add_word(object, "id", alert->id);
	add_word(object, "fingerprint", alert->fingerprint);
	add_time(object, "time", alert->time);
	add_time(object, "observed_time",
		 alert->observed_time > 0 ? alert->observed_time : alert->time);
	add_bytes(object, "host", alert->host.data ? alert->host : (struct bytes){"unknown", 7});
	add_bytes(object, "host_id", alert->host_id);
	add_word(object, "severity", vocab_word(&vocab_severity, alert->severity));
	add_word(object, "reason", vocab_word(&vocab_reason, alert->reason));
	add_word(object, "message", alert_message(alert, message, sizeof(message)));
	add_word(object, "mechanism", vocab_word(&vocab_mechanism, alert->mechanism));
	add_word(object, "outcome", vocab_word(&vocab_outcome, alert->outcome));
	add_word(object, "disposition", vocab_word(&vocab_disposition, alert->disposition));
	add_word(object, "phase", vocab_word(&vocab_phase, alert->phase));
	add_word(object, "previous", vocab_word(&vocab_previous, alert->previous));
}

json_t *alert_to_json(const struct alert *alert)
{
	json_t *object = json_object();

	add_head(object, alert);
	json_object_set_new(object, "process", json_from_process(&alert->process));
	json_object_set_new(object, "service", json_from_service(&alert->service));
	json_object_set_new(object, "capabilities", json_from_sets(alert));
	json_object_set_new(object, "securebits", json_from_securebits(alert));
	json_object_set_new(object, "file", json_from_file(&alert->file));
	json_object_set_new(object, "baseline", json_from_baseline(alert));
	json_object_set_new(object, "coverage", json_from_coverage(&alert->coverage));
	json_object_set_new(object, "attack", json_from_attack(alert));
	add_number(object, "count", alert->count > 0 ? alert->count : 1);
	add_time(object, "first_time", alert->first_time > 0 ? alert->first_time : alert->time);
	add_time(object, "last_time", alert->last_time > 0 ? alert->last_time : alert->time);
	add_word(object, "capwatch_version", CAPWATCH_VERSION);
	json_object_set_new(object, "audit", json_from_audit(alert));
	return object;
}
