/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/learner.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

struct learner {
	struct learnt *learnt;
	json_t *hosts; /* this host alone, as a line has it */
};

struct learner *learner_new(const char *host, const char *host_id)
{
	struct learner *learner = calloc(1, sizeof(*learner));

	if (!learner)
		return NULL;
	learner->learnt = learnt_new();
	learner->hosts = json_object();
	if (learner->learnt && learner->hosts &&
	    json_object_set_new(learner->hosts, host_id ? host_id : host,
				text_to_json(host, strlen(host))) == 0)
		return learner;
	learner_free(learner);
	return NULL;
}

void learner_free(struct learner *learner)
{
	if (!learner)
		return;
	learnt_free(learner->learnt);
	json_decref(learner->hosts);
	free(learner);
}

struct learnt *learner_counted(struct learner *learner)
{
	return learner->learnt;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(object, key, text_to_json(text, strlen(text)));
}

/* Of a service what is the same at its next start, and on the next host. A session is not known by
 * its number, nor a container by its id. */
static json_t *service_facts(const struct alert_service *service)
{
	json_t *facts = json_object();
	const struct alert_container *container = &service->container;

	if (!facts)
		return NULL;
	set_text(facts, "kind", vocab_word(&vocab_service_kind, service->kind));
	if (service->kind == SERVICE_UNIT && service->template_name.data) {
		json_t *name = text_to_json(service->template_name.data,
					    service->template_name.length);

		json_object_set(facts, "unit", name);
		json_object_set(facts, "template", name);
		json_object_set_new(facts, "name", name);
	}
	if (container->present && container->runtime.data)
		json_object_set_new(facts, "container",
				    json_pack("{s:o}", "runtime",
					      text_to_json(container->runtime.data,
							   container->runtime.length)));
	return facts;
}

static void copy_field(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value && !json_is_null(value))
		json_object_set(to, key, value);
}

/* uid tells people apart in a session, where there are many. */
static json_t *process_facts(const json_t *process, bool in_session)
{
	json_t *facts = json_object(), *parent = json_object();
	static const char *const keys[] = {"exe", "exe_state", "exe_file", "user_namespace"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		copy_field(facts, process, keys[i]);
	if (!in_session)
		copy_field(facts, process, "uid");
	copy_field(parent, json_object_get(process, "parent"), "exe");
	if (json_object_size(parent) > 0)
		json_object_set(facts, "parent", parent);
	json_decref(parent);
	return facts;
}

static json_t *gained_facts(const json_t *sets)
{
	json_t *facts = json_object(), *set;
	const char *name;

	/* NOLINTNEXTLINE(bugprone-casting-through-void): jansson's own macro; nothing is changed */
	json_object_foreach((json_t *)sets, name, set)
	{
		json_t *gained = json_object_get(set, "gained");

		if (json_array_size(gained) > 0)
			json_object_set_new(facts, name, json_pack("{s:O}", "gained", gained));
	}
	return facts;
}

static json_t *gain_facts(const struct alert *alert, bool by_launcher)
{
	json_t *told = alert_to_json(alert), *facts = json_object(), *missing, *gained;
	bool in_session = alert->service.present && alert->service.kind == SERVICE_SESSION;
	static const char *const keys[] = {"phase", "mechanism", "outcome", "securebits"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		copy_field(facts, told, keys[i]);
	if (alert->service.present)
		json_object_set_new(facts, "service", service_facts(&alert->service));
	json_object_set_new(facts, "process",
			    process_facts(json_object_get(told, "process"), in_session));
	gained = gained_facts(json_object_get(told, "capabilities"));
	if (json_object_size(gained) > 0)
		json_object_set(facts, "capabilities", gained);
	json_decref(gained);
	if (alert->file.present)
		json_object_set_new(
			facts, "file",
			json_pack("{s:o}", "path",
				  text_to_json(alert->file.path.data ? alert->file.path.data : "",
					       alert->file.path.length)));
	missing = json_object_get(json_object_get(told, "baseline"), "missing");
	if (alert->outcome == OUTCOME_DENIED && json_array_size(missing) > 0)
		json_object_set_new(facts, "baseline", json_pack("{s:O}", "missing", missing));
	if (by_launcher)
		json_object_set_new(facts, "launcher", json_true());
	json_decref(told);
	return facts;
}

/* An aggregating auditd's records name the host that they are of. */
static json_t *hosts_of(const struct learner *learner, const struct alert *alert)
{
	struct bytes node = alert->audit.node;
	json_t *name, *hosts;

	if (!node.data)
		return json_incref(learner->hosts);
	name = text_to_json(node.data, node.length);
	hosts = json_object();
	json_object_set(hosts, name ? json_string_value(name) : "", name);
	json_decref(name);
	return hosts;
}

void learner_take_gain(struct learner *learner, const struct learner_gain *gain)
{
	const struct alert *alert = gain->alert;
	json_t *hosts = hosts_of(learner, alert);
	struct learnt_kind kind = {.what = "gain",
				   .count = 1,
				   .first = alert->time,
				   .last = alert->time,
				   .after_start_least = gain->after_start,
				   .after_start_most = gain->after_start,
				   .hosts = hosts};

	learnt_add(learner->learnt, &kind, gain_facts(alert, gain->by_launcher));
	json_decref(hosts);
}

static json_t *unit_facts(const struct service *service)
{
	json_t *facts = json_object();

	set_text(facts, "kind", vocab_word(&vocab_service_kind, service->kind));
	set_text(facts, "unit", service->template_name);
	set_text(facts, "template", service->template_name);
	set_text(facts, "name", service->template_name);
	return facts;
}

void learner_take_held(struct learner *learner, const struct process *process, capmask permitted,
		       int64_t time)
{
	struct learnt_kind kind = {.what = "held",
				   .count = 1,
				   .first = time,
				   .last = time,
				   .after_start_least = -1,
				   .after_start_most = -1,
				   .hosts = learner->hosts};

	learnt_add(learner->learnt, &kind,
		   json_pack("{s:o, s:{s:o}, s:o}", "service", unit_facts(process->service),
			     "process", "exe", text_to_json(process->exe, strlen(process->exe)),
			     "held", capmask_to_json(permitted & capmask_known())));
}

void learner_take_service(struct learner *learner, const struct service *service, bool started,
			  int64_t time)
{
	struct learnt_kind kind = {.what = started ? "start" : "present",
				   .count = 1,
				   .first = time,
				   .last = time,
				   .after_start_least = -1,
				   .after_start_most = -1,
				   .hosts = learner->hosts};

	learnt_add(learner->learnt, &kind, json_pack("{s:o}", "service", unit_facts(service)));
}
