/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/formats.h"

#include <string.h>

/* As Elastic's own rules map their four severities to a score. */
static json_t *make_severity(const json_t *root, const json_t *value)
{
	static const int scores[] = {
		[SEVERITY_LOW] = 21,
		[SEVERITY_MEDIUM] = 47,
		[SEVERITY_HIGH] = 73,
		[SEVERITY_CRITICAL] = 99,
	};
	int severity = fields_word(root, "severity", &vocab_severity);

	(void)value;
	return severity < 0 ? NULL : json_integer(scores[severity]);
}

/* ECS allows only its own words here: each reason is a change, of a process if of nothing else. */
static json_t *make_category(const json_t *root, const json_t *value)
{
	const char *category = "process";

	(void)value;
	switch (fields_word(root, "reason", &vocab_reason)) {
	case REASON_CONFIG_CHANGE:
	case REASON_CAP_LAST_CAP_WRITE:
		category = "configuration";
		break;
	case REASON_FILE_CAPS_SET:
		category = "file";
		break;
	case REASON_COVERAGE_LOSS:
		category = "host";
		break;
	default:
		break;
	}
	return json_pack("[s]", category);
}

static json_t *make_type(const json_t *root, const json_t *value)
{
	bool is_loss = fields_word(root, "reason", &vocab_reason) == REASON_COVERAGE_LOSS;

	(void)value;
	return json_pack("[s]", is_loss ? "info" : "change");
}

static json_t *make_outcome(const json_t *root, const json_t *value)
{
	int outcome = fields_word(root, "outcome", &vocab_outcome);

	(void)value;
	return json_string(outcome == OUTCOME_DENIED ? "failure" : "success");
}

/* The texts at these places, each once; NULL when there is none. */
static json_t *list_of(const json_t *root, const char *const *paths, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const json_t *text = fields_find(root, paths[i]);
		bool known = json_string_length(text) == 0;

		for (size_t j = 0; j < json_array_size(list) && !known; j++)
			known = json_equal(json_array_get(list, j), text);
		if (!known)
			json_array_append(list, (json_t *)text);
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *make_users(const json_t *root, const json_t *value)
{
	static const char *const paths[] = {"process.user", "process.login_user"};

	(void)value;
	return list_of(root, paths, sizeof(paths) / sizeof(paths[0]));
}

static json_t *make_hosts(const json_t *root, const json_t *value)
{
	static const char *const paths[] = {"host"};

	(void)value;
	return list_of(root, paths, sizeof(paths) / sizeof(paths[0]));
}

static json_t *techniques(const json_t *value, bool sub)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *id = json_string_value(json_array_get(value, i));
		const char *dot = id ? strchr(id, '.') : NULL;

		if (id && !sub)
			json_array_append_new(
				list, json_stringn(id, dot ? (size_t)(dot - id) : strlen(id)));
		else if (dot)
			json_array_append(list, json_array_get(value, i));
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *make_technique(const json_t *root, const json_t *value)
{
	(void)root;
	return techniques(value, false);
}

static json_t *make_subtechnique(const json_t *root, const json_t *value)
{
	(void)root;
	return techniques(value, true);
}

/* ECS has no word for a session or a program in service.type, which is the site's own. */
static const struct field_row rows[] = {
	{"@timestamp", "time", NULL, NULL},
	{"message", "message", NULL, NULL},
	{"ecs.version", NULL, NULL, "8.17.0"},
	{"log.level", "severity", NULL, NULL},
	{"labels", "labels", NULL, NULL},
	{"event.kind", NULL, NULL, "alert"},
	{"event.module", NULL, NULL, "capwatch"},
	{"event.dataset", NULL, NULL, "capwatch.alert"},
	{"event.provider", NULL, NULL, "capwatch"},
	{"event.id", "id", NULL, NULL},
	{"event.action", "reason", NULL, NULL},
	{"event.category", NULL, make_category, NULL},
	{"event.type", NULL, make_type, NULL},
	{"event.outcome", "outcome", make_outcome, NULL},
	{"event.severity", "severity", make_severity, NULL},
	{"event.created", "observed_time", NULL, NULL},
	{"event.start", "first_time", NULL, NULL},
	{"event.end", "last_time", NULL, NULL},
	{"event.sequence", "audit.serial", NULL, NULL},
	{"host.name", "host", NULL, NULL},
	{"host.hostname", "host", NULL, NULL},
	{"host.id", "host_id", NULL, NULL},
	{"host.os.type", NULL, NULL, "linux"},
	{"observer.vendor", NULL, NULL, "capwatch"},
	{"observer.product", NULL, NULL, "capwatch"},
	{"observer.type", NULL, NULL, "ids"},
	{"observer.version", "capwatch_version", NULL, NULL},
	{"process.pid", "process.pid", NULL, NULL},
	{"process.name", "process.comm", NULL, NULL},
	{"process.executable", "process.exe", NULL, NULL},
	{"process.command_line", "process.command_line", NULL, NULL},
	{"process.start", "process.started", NULL, NULL},
	{"process.user.id", "process.euid", fields_make_text, NULL},
	{"process.real_user.id", "process.uid", fields_make_text, NULL},
	{"process.real_user.name", "process.user", NULL, NULL},
	{"process.parent.pid", "process.ppid", NULL, NULL},
	{"process.parent.name", "process.parent.comm", NULL, NULL},
	{"process.parent.executable", "process.parent.exe", NULL, NULL},
	{"process.thread.capabilities.effective", "capabilities.effective.after", fields_make_upper,
	 NULL},
	{"process.thread.capabilities.permitted", "capabilities.permitted.after", fields_make_upper,
	 NULL},
	{"user.id", "process.uid", fields_make_text, NULL},
	{"user.name", "process.user", NULL, NULL},
	{"user.effective.id", "process.euid", fields_make_text, NULL},
	{"service.name", "service.name", NULL, NULL},
	{"service.type", "service.kind", NULL, NULL},
	{"container.id", "service.container.id", NULL, NULL},
	{"container.name", "service.container.name", NULL, NULL},
	{"container.runtime", "service.container.runtime", NULL, NULL},
	{"container.image.name", "service.container.image", NULL, NULL},
	{"orchestrator.type", "service.container.pod_uid", NULL, "kubernetes"},
	{"orchestrator.namespace", "service.container.namespace", NULL, NULL},
	{"orchestrator.resource.type", "service.container.pod_uid", NULL, "pod"},
	{"orchestrator.resource.id", "service.container.pod_uid", NULL, NULL},
	{"orchestrator.resource.name", "service.container.pod_name", NULL, NULL},
	{"file.path", "file.path", NULL, NULL},
	{"file.name", "file.path", fields_make_file_name, NULL},
	{"file.mode", "file.mode", NULL, NULL},
	{"rule.id", "reason", NULL, NULL},
	{"rule.name", "reason", fields_make_title, NULL},
	{"threat.framework", "attack", NULL, "MITRE ATT&CK"},
	{"threat.technique.id", "attack", make_technique, NULL},
	{"threat.technique.subtechnique.id", "attack", make_subtechnique, NULL},
	{"related.user", "process", make_users, NULL},
	{"related.hosts", "host", make_hosts, NULL},
	/* what ECS has no field for */
	{"capwatch.schema", "schema", NULL, NULL},
	{"capwatch.fingerprint", "fingerprint", NULL, NULL},
	{"capwatch.severity", "severity", NULL, NULL},
	{"capwatch.mechanism", "mechanism", NULL, NULL},
	{"capwatch.disposition", "disposition", NULL, NULL},
	{"capwatch.phase", "phase", NULL, NULL},
	{"capwatch.previous", "previous", NULL, NULL},
	{"capwatch.count", "count", NULL, NULL},
	{"capwatch.redacted", "redacted", NULL, NULL},
	{"capwatch.capabilities", "capabilities", NULL, NULL},
	{"capwatch.securebits", "securebits", NULL, NULL},
	{"capwatch.service", "service", NULL, NULL},
	{"capwatch.file", "file", NULL, NULL},
	{"capwatch.baseline", "baseline", NULL, NULL},
	{"capwatch.coverage", "coverage", NULL, NULL},
	{"capwatch.audit", "audit", NULL, NULL},
	{"capwatch.process.auid", "process.auid", NULL, NULL},
	{"capwatch.process.login_user", "process.login_user", NULL, NULL},
	{"capwatch.process.session", "process.session", NULL, NULL},
	{"capwatch.process.tty", "process.tty", NULL, NULL},
	{"capwatch.process.subject", "process.subject", NULL, NULL},
	{"capwatch.process.threads", "process.threads", NULL, NULL},
	{"capwatch.process.user_namespace", "process.user_namespace", NULL, NULL},
	{"capwatch.process.exe_state", "process.exe_state", NULL, NULL},
};

static const struct field_row heartbeat_rows[] = {
	{"@timestamp", "time", NULL, NULL},
	{"message", "message", NULL, NULL},
	{"ecs.version", NULL, NULL, "8.17.0"},
	{"labels", "labels", NULL, NULL},
	{"event.kind", NULL, NULL, "state"},
	{"event.module", NULL, NULL, "capwatch"},
	{"event.dataset", NULL, NULL, "capwatch.heartbeat"},
	{"event.provider", NULL, NULL, "capwatch"},
	{"event.id", "id", NULL, NULL},
	{"event.action", NULL, NULL, "heartbeat"},
	{"host.name", "host", NULL, NULL},
	{"host.hostname", "host", NULL, NULL},
	{"host.id", "host_id", NULL, NULL},
	{"host.os.type", NULL, NULL, "linux"},
};

json_t *format_ecs(const struct format_context *context, const json_t *alert)
{
	json_t *event = json_object();

	(void)context;
	if (!fields_is_heartbeat(alert)) {
		fields_fill(event, rows, sizeof(rows) / sizeof(rows[0]), alert);
		return event;
	}
	fields_fill(event, heartbeat_rows, sizeof(heartbeat_rows) / sizeof(heartbeat_rows[0]),
		    alert);
	fields_set(event, "capwatch", json_incref((json_t *)alert));
	return event;
}
