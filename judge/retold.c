/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/retold.h"

#include <stdio.h>
#include <string.h>

#include "judge/match.h"

/* Never asked: it only says that this is a live host, whose facts are all there. */
static const struct proc_reader no_reader = {.ctx = NULL};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void copy_text(const json_t *object, const char *key, char *buf, size_t size)
{
	snprintf(buf, size, "%s", text_of(object, key));
}

/* The value of a word, or otherwise where there is none. */
static int word_of(const json_t *object, const char *key, const struct vocab *vocab, int otherwise)
{
	int value = vocab_value(vocab, text_of(object, key));

	return value < 0 ? otherwise : value;
}

static uint8_t bits_of(const json_t *names)
{
	uint8_t bits = 0;
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);
		int bit = text ? vocab_value(&vocab_securebits, text) : -1;

		if (bit >= 0)
			bits |= (uint8_t)(1u << bit);
	}
	return bits;
}

static void read_service(struct retold *retold, const json_t *object)
{
	struct service *service = &retold->service;
	const json_t *container = json_object_get(object, "container");

	service->name = text_of(object, "name");
	service->unit = text_of(object, "unit");
	service->template_name = text_of(object, "template");
	service->container_id = text_of(container, "id");
	service->runtime = text_of(container, "runtime");
	service->pod_uid = text_of(container, "pod_uid");
	if (!json_is_object(object))
		return;
	service->kind = (enum service_kind)word_of(object, "kind", &vocab_service_kind,
						   SERVICE_UNKNOWN);
	retold->process.service = service;
}

static const char *exe_of(const json_t *process)
{
	return json_string_value(json_object_get(process, "exe"));
}

static void read_process(struct retold *retold, const json_t *object)
{
	const json_t *parent = json_object_get(object, "parent");
	const json_t *uid = json_object_get(object, "uid");
	struct process *process = &retold->process;

	process->exe = exe_of(object);
	process->exe_identity = (enum exe_identity)word_of(object, "exe_file", &vocab_exe_identity,
							   EXE_ID_UNKNOWN);
	process->exe_state = (enum exe_state)word_of(object, "exe_state", &vocab_exe_state,
						     EXE_UNKNOWN);
	copy_text(object, "comm", process->comm, sizeof(process->comm));
	process->pid = json_integer_value(json_object_get(object, "pid"));
	process->ppid = json_integer_value(json_object_get(object, "ppid"));
	process->has_ids = json_is_integer(uid);
	process->uid = (uint32_t)json_integer_value(uid);
	if (!json_is_object(parent))
		return;
	retold->has_parent = true;
	retold->parent.exe = exe_of(parent);
	retold->parent.exe_identity = EXE_ID_HOST;
}

/* "gained" or "after" of all sets. */
static struct event_sets sets_of(const json_t *sets, const char *key)
{
	return (struct event_sets){
		.permitted = capmask_from_json(
			json_object_get(json_object_get(sets, "permitted"), key)),
		.effective = capmask_from_json(
			json_object_get(json_object_get(sets, "effective"), key)),
		.inheritable = capmask_from_json(
			json_object_get(json_object_get(sets, "inheritable"), key)),
		.ambient = capmask_from_json(
			json_object_get(json_object_get(sets, "ambient"), key)),
	};
}

static void read_ceiling(struct retold *retold, const json_t *object)
{
	if (!retold->has_reason || retold->reason != REASON_ABOVE_CEILING)
		return;
	retold->held = retold->transition.after.permitted;
	retold->above = capmask_from_json(
		json_object_get(json_object_get(object, "baseline"), "missing"));
}

static void read_gain(struct retold *retold, const json_t *object)
{
	const json_t *sets = json_object_get(object, "capabilities");
	const json_t *securebits = json_object_get(object, "securebits");
	const json_t *file = json_object_get(object, "file");
	struct transition *t = &retold->transition;

	t->outcome = (enum outcome)word_of(object, "outcome", &vocab_outcome, OUTCOME_SUCCESS);
	t->previous = (enum previous)word_of(object, "previous", &vocab_previous, PREVIOUS_UNKNOWN);
	t->has_sets = json_is_object(sets);
	t->gained = sets_of(sets, "gained");
	t->after = sets_of(sets, "after");
	t->has_securebits = json_is_object(securebits);
	t->securebits_before = bits_of(json_object_get(securebits, "before"));
	t->securebits_after = bits_of(json_object_get(securebits, "after"));
	t->loosened = transition_loosened(t->securebits_before, t->securebits_after);
	if (t->outcome == OUTCOME_DENIED)
		t->denied = capmask_from_json(
			json_object_get(json_object_get(object, "baseline"), "missing"));
	t->has_file = json_is_object(file);
	copy_text(file, "path", retold->file_path, sizeof(retold->file_path));
	t->file_path = (struct bytes){retold->file_path, strlen(retold->file_path)};
	t->service = retold->process.service;
}

static bool agrees(const struct retold *retold, const char *told)
{
	const struct baseline_entry *entry = retold_entry(retold);

	return entry ? strcmp(entry->name, told) == 0 : told[0] == '\0';
}

/* What the alert does not say of the file behind its exe, see retold_read(). */
static void settle_identity(struct retold *retold, const json_t *object)
{
	const char *told = text_of(json_object_get(object, "baseline"), "entry");
	struct process *process = &retold->process;

	retold->file_told = process->exe_identity != EXE_ID_UNKNOWN;
	if (retold->file_told || !process->exe)
		return;
	if (process->exe_state == EXE_DELETED) {
		process->exe_identity = EXE_ID_OTHER;
		return;
	}
	process->exe_identity = EXE_ID_HOST;
	/* what was learnt has nothing that could disagree */
	if (!json_object_get(json_object_get(object, "baseline"), "entry") || agrees(retold, told))
		return;
	process->exe_identity = EXE_ID_UNKNOWN;
	if (agrees(retold, told))
		return;
	retold->world.proc = NULL;
	if (agrees(retold, told))
		return;
	/* the baseline is another by now */
	retold->world.proc = &no_reader;
	process->exe_identity = EXE_ID_HOST;
}

int retold_read(struct retold *retold, const json_t *object, const struct baseline *baseline,
		struct error *err)
{
	const json_t *process = json_object_get(object, "process");
	int mechanism = word_of(object, "mechanism", &vocab_mechanism, -1);
	int reason = word_of(object, "reason", &vocab_reason, -1);

	memset(retold, 0, sizeof(*retold));
	if (mechanism < 0)
		return error_set(err, "no alert of capwatch: it has no mechanism that is known");
	retold->world.baseline = baseline;
	retold->world.proc = &no_reader;
	retold->transition.mechanism = (enum mechanism)mechanism;
	retold->has_reason = reason >= 0;
	retold->reason = retold->has_reason ? (enum reason)reason : REASON_EXPANSION_AFTER_START;
	retold->transition.impossible = retold->reason == REASON_IMPOSSIBLE_TRANSITION;
	retold->phase = (enum phase)word_of(object, "phase", &vocab_phase, PHASE_UNKNOWN);
	read_service(retold, json_object_get(object, "service"));
	if (json_is_object(process))
		read_process(retold, process);
	read_gain(retold, object);
	read_ceiling(retold, object);
	settle_identity(retold, object);
	return 0;
}

static const struct process *parent_of(const struct retold *retold)
{
	return retold->has_parent ? &retold->parent : NULL;
}

const struct baseline_entry *retold_entry(const struct retold *retold)
{
	return match_entry(&retold->world, &retold->process, parent_of(retold));
}

unsigned retold_lacks(const struct retold *retold, const struct baseline_entry *entry)
{
	return match_lacks(&retold->world, &entry->match, &retold->process, parent_of(retold));
}

/* What a unit was given no alert tells: only that it was less. */
static bool ceiling_allows(const struct retold *retold, const struct baseline_entry *entry,
			   capmask *missing)
{
	if (entry->ceiling_kind == CEILING_LIST)
		*missing = retold->held & ~entry->ceiling;
	else if (entry->ceiling_kind == CEILING_DECLARED)
		*missing = retold->above;
	return *missing == 0;
}

bool retold_allows(const struct retold *retold, const struct baseline_entry *entry,
		   capmask *missing)
{
	enum phase phase = retold->phase;

	*missing = 0;
	if (retold->transition.impossible)
		return false;
	if (retold->has_reason && retold->reason == REASON_ABOVE_CEILING)
		return ceiling_allows(retold, entry, missing);
	/* a replay counts both grants where it does not know, as verdict_judge() does */
	if (phase == PHASE_UNKNOWN && world_is_replay(&retold->world, 0))
		phase = PHASE_STARTING;
	return verdict_entry_allows(entry, &retold->transition, phase, missing);
}
