/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <string.h>

/* Numbers of OCSF 1.4.0 (https://schema.ocsf.io/1.4.0/classes/detection_finding). */
enum {
	CATEGORY_FINDINGS = 2,
	CLASS_BASE_EVENT = 0,
	CLASS_DETECTION_FINDING = 2004,
	ACTIVITY_CREATE = 1,
	ACTIVITY_UPDATE = 2,
	ACTIVITY_CLOSE = 3,
	ACTIVITY_OTHER = 99,
	SEVERITY_ID_UNKNOWN = 0,
	SEVERITY_ID_INFORMATIONAL = 1,
	STATUS_NEW = 1,
	STATUS_RESOLVED = 4,
	DEVICE_UNKNOWN = 0,
	OS_LINUX = 200,
	FILE_REGULAR = 1,
	ANALYTIC_RULE = 1,
};

/* A summary of repeats is about a finding that was reported, and what is restored no longer lost.
 */
static int activity_of(const json_t *alert)
{
	if (fields_word(alert, "coverage.state", &vocab_coverage_state) == COVERAGE_RESTORED)
		return ACTIVITY_CLOSE;
	if (json_integer_value(fields_find(alert, "count")) > 1)
		return ACTIVITY_UPDATE;
	return ACTIVITY_CREATE;
}

static json_t *make_activity(const json_t *root, const json_t *value)
{
	(void)value;
	return json_integer(activity_of(root));
}

static json_t *make_activity_name(const json_t *root, const json_t *value)
{
	static const char *const names[] = {
		[ACTIVITY_CREATE] = "Create",
		[ACTIVITY_UPDATE] = "Update",
		[ACTIVITY_CLOSE] = "Close",
	};

	(void)value;
	return json_string(names[activity_of(root)]);
}

static json_t *make_type(const json_t *root, const json_t *value)
{
	(void)value;
	return json_integer(CLASS_DETECTION_FINDING * 100 + activity_of(root));
}

static json_t *make_class(const json_t *root, const json_t *value)
{
	(void)root;
	(void)value;
	return json_integer(CLASS_DETECTION_FINDING);
}

static json_t *make_category(const json_t *root, const json_t *value)
{
	(void)root;
	(void)value;
	return json_integer(CATEGORY_FINDINGS);
}

static const struct {
	int id;
	const char *name;
} severities[] = {
	[SEVERITY_LOW] = {2, "Low"},
	[SEVERITY_MEDIUM] = {3, "Medium"},
	[SEVERITY_HIGH] = {4, "High"},
	[SEVERITY_CRITICAL] = {5, "Critical"},
};

static json_t *make_severity_id(const json_t *root, const json_t *value)
{
	int severity = fields_word(root, "severity", &vocab_severity);

	(void)value;
	return json_integer(severity < 0 ? SEVERITY_ID_UNKNOWN : severities[severity].id);
}

static json_t *make_severity(const json_t *root, const json_t *value)
{
	int severity = fields_word(root, "severity", &vocab_severity);

	(void)value;
	return json_string(severity < 0 ? "Unknown" : severities[severity].name);
}

static json_t *make_status_id(const json_t *root, const json_t *value)
{
	(void)value;
	return json_integer(activity_of(root) == ACTIVITY_CLOSE ? STATUS_RESOLVED : STATUS_NEW);
}

static json_t *make_status(const json_t *root, const json_t *value)
{
	(void)value;
	return json_string(activity_of(root) == ACTIVITY_CLOSE ? "Resolved" : "New");
}

static json_t *make_is_alert(const json_t *root, const json_t *value)
{
	(void)value;
	return json_boolean(activity_of(root) != ACTIVITY_CLOSE);
}

static json_t *make_device_type(const json_t *root, const json_t *value)
{
	(void)root;
	(void)value;
	return json_integer(DEVICE_UNKNOWN);
}

static json_t *make_os(const json_t *root, const json_t *value)
{
	(void)root;
	(void)value;
	return json_pack("{s:s, s:i, s:s}", "name", "Linux", "type_id", OS_LINUX, "type", "Linux");
}

/* "T1548.001" is a technique and its sub-technique. */
static json_t *make_attack(const json_t *id)
{
	const char *text = json_string_value(id);
	const char *dot = text ? strchr(text, '.') : NULL;

	if (!text)
		return NULL;
	if (!dot)
		return json_pack("{s:{s:O}}", "technique", "uid", id);
	return json_pack("{s:{s:o}, s:{s:O}}", "technique", "uid",
			 json_stringn(text, (size_t)(dot - text)), "sub_technique", "uid", id);
}

static json_t *make_attacks(const json_t *root, const json_t *value)
{
	json_t *list = json_array();

	(void)root;
	for (size_t i = 0; i < json_array_size(value); i++)
		json_array_append_new(list, make_attack(json_array_get(value, i)));
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *make_types(const json_t *root, const json_t *value)
{
	(void)root;
	return json_is_string(value) ? json_pack("[O]", value) : NULL;
}

static json_t *make_analytic(const json_t *root, const json_t *value)
{
	if (!json_is_string(value))
		return NULL;
	return json_pack("{s:o, s:O, s:i, s:s}", "name", fields_make_title(root, value), "uid",
			 value, "type_id", ANALYTIC_RULE, "type", "Rule");
}

static json_t *make_data_sources(const json_t *root, const json_t *value)
{
	(void)root;
	(void)value;
	return json_pack("[s]", "Linux audit");
}

static json_t *make_file(const json_t *root, const json_t *value)
{
	json_t *name = fields_make_file_name(root, value);

	if (!name)
		return NULL;
	return json_pack("{s:o, s:O, s:i, s:s}", "name", name, "path", value, "type_id",
			 FILE_REGULAR, "type", "Regular File");
}

static const struct field_row process_rows[] = {
	{"pid", "process.pid", NULL, NULL},
	{"name", "process.comm", NULL, NULL},
	{"cmd_line", "process.command_line", NULL, NULL},
	{"created_time", "process.started", fields_make_ms, NULL},
	{"file", "process.exe", make_file, NULL},
	{"user.uid", "process.uid", fields_make_text, NULL},
	{"user.name", "process.user", NULL, NULL},
	{"parent_process.pid", "process.ppid", NULL, NULL},
	{"parent_process.name", "process.parent.comm", NULL, NULL},
	{"parent_process.file", "process.parent.exe", make_file, NULL},
};

static json_t *make_process(const json_t *root, const json_t *value)
{
	json_t *process = json_object();

	(void)value;
	fields_fill(process, process_rows, sizeof(process_rows) / sizeof(process_rows[0]), root);
	return process;
}

static const struct field_row evidence_rows[] = {
	{"process", "process", make_process, NULL},
	{"file", "file.path", make_file, NULL},
	{"container.uid", "service.container.id", NULL, NULL},
	{"container.name", "service.container.name", NULL, NULL},
	{"container.runtime", "service.container.runtime", NULL, NULL},
	{"container.pod_uuid", "service.container.pod_uid", NULL, NULL},
	/* required there, and all that is known of it */
	{"container.image.uid", "service.container.image", NULL, NULL},
	{"container.image.name", "service.container.image", NULL, NULL},
	{"data.mechanism", "mechanism", NULL, NULL},
	{"data.outcome", "outcome", NULL, NULL},
	{"data.capabilities", "capabilities", NULL, NULL},
	{"data.securebits", "securebits", NULL, NULL},
	{"data.coverage", "coverage", NULL, NULL},
	{"data.records", "audit.records", NULL, NULL},
};

static json_t *make_evidences(const json_t *root, const json_t *value)
{
	json_t *evidence = json_object();

	(void)value;
	fields_fill(evidence, evidence_rows, sizeof(evidence_rows) / sizeof(evidence_rows[0]),
		    root);
	return json_pack("[o]", evidence);
}

static json_t *make_resources(const json_t *root, const json_t *value)
{
	json_t *resource = json_object();

	(void)value;
	fields_set(resource, "name", json_incref((json_t *)fields_find(root, "service.name")));
	fields_set(resource, "type", json_incref((json_t *)fields_find(root, "service.kind")));
	return json_pack("[o]", resource);
}

static const struct field_row rows[] = {
	{"activity_id", NULL, make_activity, NULL},
	{"activity_name", NULL, make_activity_name, NULL},
	{"category_uid", NULL, make_category, NULL},
	{"category_name", NULL, NULL, "Findings"},
	{"class_uid", NULL, make_class, NULL},
	{"class_name", NULL, NULL, "Detection Finding"},
	{"type_uid", NULL, make_type, NULL},
	{"severity_id", NULL, make_severity_id, NULL},
	{"severity", NULL, make_severity, NULL},
	{"status_id", NULL, make_status_id, NULL},
	{"status", NULL, make_status, NULL},
	{"is_alert", NULL, make_is_alert, NULL},
	{"time", "observed_time", fields_make_ms, NULL},
	{"start_time", "first_time", fields_make_ms, NULL},
	{"end_time", "last_time", fields_make_ms, NULL},
	{"count", "count", NULL, NULL},
	{"message", "message", NULL, NULL},
	{"metadata.version", NULL, NULL, "1.4.0"},
	{"metadata.product.name", NULL, NULL, "capwatch"},
	{"metadata.product.vendor_name", NULL, NULL, "capwatch"},
	{"metadata.product.version", "capwatch_version", NULL, NULL},
	{"metadata.uid", "id", NULL, NULL},
	{"metadata.event_code", "reason", NULL, NULL},
	{"metadata.correlation_uid", "fingerprint", NULL, NULL},
	{"metadata.log_name", NULL, NULL, "audit"},
	{"metadata.original_time", "audit.time", NULL, NULL},
	{"finding_info.uid", "id", NULL, NULL},
	{"finding_info.title", NULL, fields_make_title, NULL},
	{"finding_info.desc", "message", NULL, NULL},
	{"finding_info.types", "reason", make_types, NULL},
	{"finding_info.analytic", "reason", make_analytic, NULL},
	{"finding_info.attacks", "attack", make_attacks, NULL},
	{"finding_info.data_sources", NULL, make_data_sources, NULL},
	{"finding_info.created_time", "observed_time", fields_make_ms, NULL},
	{"finding_info.first_seen_time", "first_time", fields_make_ms, NULL},
	{"finding_info.last_seen_time", "last_time", fields_make_ms, NULL},
	{"device.hostname", "host", NULL, NULL},
	{"device.uid", "host_id", NULL, NULL},
	{"device.type_id", NULL, make_device_type, NULL},
	{"device.os", NULL, make_os, NULL},
	{"resources", "service", make_resources, NULL},
	{"evidences", NULL, make_evidences, NULL},
	/* what OCSF has no attribute for */
	{"unmapped.schema", "schema", NULL, NULL},
	{"unmapped.disposition", "disposition", NULL, NULL},
	{"unmapped.phase", "phase", NULL, NULL},
	{"unmapped.previous", "previous", NULL, NULL},
	{"unmapped.redacted", "redacted", NULL, NULL},
	{"unmapped.labels", "labels", NULL, NULL},
	{"unmapped.service", "service", NULL, NULL},
	{"unmapped.file", "file", NULL, NULL},
	{"unmapped.baseline", "baseline", NULL, NULL},
	{"unmapped.audit.serial", "audit.serial", NULL, NULL},
	{"unmapped.audit.node", "audit.node", NULL, NULL},
	{"unmapped.audit.syscall", "audit.syscall", NULL, NULL},
	{"unmapped.audit.key", "audit.key", NULL, NULL},
	{"unmapped.process.euid", "process.euid", NULL, NULL},
	{"unmapped.process.auid", "process.auid", NULL, NULL},
	{"unmapped.process.session", "process.session", NULL, NULL},
	{"unmapped.process.user_namespace", "process.user_namespace", NULL, NULL},
	{"unmapped.process.exe_state", "process.exe_state", NULL, NULL},
};

static json_t *format_heartbeat(const json_t *heartbeat)
{
	json_t *event = json_pack("{s:i, s:s, s:i, s:i, s:i, s:i, s:s, s:{s:s, s:{s:s, s:s, s:s}}}",
				  "activity_id", ACTIVITY_OTHER, "activity_name", "Heartbeat",
				  "category_uid", 0, "class_uid", CLASS_BASE_EVENT, "type_uid",
				  ACTIVITY_OTHER, "severity_id", SEVERITY_ID_INFORMATIONAL,
				  "severity", "Informational", "metadata", "version", "1.4.0",
				  "product", "name", "capwatch", "vendor_name", "capwatch",
				  "version", CAPWATCH_VERSION);

	fields_set(event, "time", fields_make_ms(heartbeat, fields_find(heartbeat, "time")));
	fields_set(event, "message", json_incref((json_t *)fields_find(heartbeat, "message")));
	fields_set(event, "unmapped", json_incref((json_t *)heartbeat));
	return event;
}

json_t *format_ocsf(const struct format_context *context, const json_t *alert)
{
	json_t *event;

	(void)context;
	if (fields_is_heartbeat(alert))
		return format_heartbeat(alert);
	event = json_object();
	fields_fill(event, rows, sizeof(rows) / sizeof(rows[0]), alert);
	return event;
}
