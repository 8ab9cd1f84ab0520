/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/match.h"

#include <string.h>

#include "conf/baseline_index.h"
#include "conf/glob.h"
#include "judge/image.h"

/* Whom the keys are compared with. */
struct subject {
	const struct world *world;
	const struct process *process, *parent; /* parent may be NULL: not known */
};

static bool is_of_replay(const struct subject *subject)
{
	return world_is_replay(subject->world, subject->process->node);
}

bool match_any(const struct string_list *globs, const char *text)
{
	for (size_t i = 0; i < globs->count; i++)
		if (glob_matches(globs->items[i], text))
			return true;
	return false;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* A file's path counts only for the host's own file of that path: a copy, a bind mount in another
 * mount namespace or a container's file is something else. A replay has nothing to compare. */
static bool is_host_exe(const struct subject *subject, const struct process *process)
{
	return process->exe && (process->exe_identity == EXE_ID_HOST ||
				(process->exe_identity == EXE_ID_UNKNOWN &&
				 world_is_replay(subject->world, process->node)));
}

static bool exe_fits(const struct subject *subject, const struct match_rule *rule)
{
	return rule->exe.count == 0 || (is_host_exe(subject, subject->process) &&
					match_any(&rule->exe, subject->process->exe));
}

static bool knows_unit(const struct service *service)
{
	return service && service->unit[0];
}

/* Which unit is not known; of a login session it is known that it is none. */
static bool passes_unit_over(const struct subject *subject)
{
	const struct service *service = subject->process->service;

	return !knows_unit(service) && is_of_replay(subject) &&
	       (!service || service->kind != SERVICE_SESSION);
}

static bool unit_fits(const struct subject *subject, const struct match_rule *rule)
{
	const struct service *service = subject->process->service;

	if (rule->unit.count == 0)
		return true;
	if (!knows_unit(service))
		return passes_unit_over(subject);
	return match_any(&rule->unit, service->unit) ||
	       match_any(&rule->unit, service->template_name);
}

/* Both were gone before they could be looked at: a runtime forks itself. */
static bool is_lost_fork(const struct match_rule *rule, const struct process *process)
{
	return image_is_of_namesake(process) && match_any(&rule->parent_exe, process->exe);
}

static bool parent_fits(const struct subject *subject, const struct match_rule *rule)
{
	const struct process *parent = subject->parent;

	if (rule->has_parent_pid && subject->process->ppid != rule->parent_pid)
		return false;
	if (rule->parent_exe.count == 0)
		return true;
	if (!parent || !parent->exe)
		return is_of_replay(subject) || is_lost_fork(rule, subject->process);
	return is_host_exe(subject, parent) && match_any(&rule->parent_exe, parent->exe);
}

static bool optional_fits(const struct string_list *globs, const char *text)
{
	return globs->count == 0 || (text[0] && match_any(globs, text));
}

static bool is_in_container(const struct service *service)
{
	return service && service->kind == SERVICE_CONTAINER;
}

static bool passes_container_over(const struct subject *subject)
{
	return !subject->process->service && is_of_replay(subject);
}

static bool container_fits(const struct subject *subject, const struct match_rule *rule)
{
	const struct service *service = subject->process->service;

	if (!rule->names_container)
		return !is_in_container(service);
	if (!is_in_container(service))
		return passes_container_over(subject);
	/* images and names are the runtime's knowledge, which is not asked: they never fit yet */
	return rule->container_image.count == 0 &&
	       optional_fits(&rule->container_name, service->container_id) &&
	       optional_fits(&rule->container_runtime, service->runtime);
}

static bool uid_fits(const struct subject *subject, const struct match_rule *rule)
{
	const struct process *process = subject->process;

	if (rule->uid_count == 0)
		return true;
	for (size_t i = 0; process->has_ids && i < rule->uid_count; i++)
		if (rule->uids[i] == process->uid)
			return true;
	return false;
}

static bool session_fits(const struct subject *subject, const struct match_rule *rule)
{
	const struct service *service = subject->process->service;
	bool in_session = service && service->kind == SERVICE_SESSION;

	return !rule->has_session || rule->session == in_session;
}

/* In this order: what fits the fewest processes first. */
static const struct {
	bool (*fits)(const struct subject *subject, const struct match_rule *rule);
	enum match_key key;
} keys[] = {
	{exe_fits, MATCH_EXE},		 {unit_fits, MATCH_UNIT}, {container_fits, MATCH_CONTAINER},
	{parent_fits, MATCH_PARENT_EXE}, {uid_fits, MATCH_UID},	  {session_fits, MATCH_SESSION},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

unsigned match_lacks(const struct world *world, const struct match_rule *rule,
		     const struct process *process, const struct process *parent)
{
	const struct subject subject = {world, process, parent};
	unsigned lacks = 0;

	for (int i = 0; i < KEYS; i++)
		if (!keys[i].fits(&subject, rule))
			lacks |= keys[i].key;
	return lacks;
}

/* ---- entries --------------------------------------------------------------------------------- */

struct entry_question {
	struct subject subject;
	unsigned answered; /* bits of enum match_key: the index has compared these */
};

/* The first key that does not fit is enough. */
static bool entry_fits(const void *ctx, size_t rank)
{
	const struct entry_question *question = ctx;
	const struct subject *subject = &question->subject;
	const struct match_rule *rule = &subject->world->baseline->index->entries[rank]->match;

	for (int i = 0; i < KEYS; i++)
		if (!(keys[i].key & question->answered) && !keys[i].fits(subject, rule))
			return false;
	return true;
}

static void search_exes(struct entry_question *question, struct glob_search *search)
{
	const struct subject *subject = &question->subject;

	if (!is_host_exe(subject, subject->process))
		return;
	question->answered = MATCH_EXE;
	glob_index_search(subject->world->baseline->index->exes, subject->process->exe, search);
}

static void search_units(struct entry_question *question, struct glob_search *search)
{
	const struct subject *subject = &question->subject;
	const struct index_key *units = &subject->world->baseline->index->units;
	const struct service *service = subject->process->service;

	question->answered = MATCH_UNIT;
	if (knows_unit(service)) {
		glob_index_search(units->globs, service->unit, search);
		if (strcmp(service->template_name, service->unit) != 0)
			glob_index_search(units->globs, service->template_name, search);
	} else if (passes_unit_over(subject)) {
		rank_list_search(&units->any, search);
	}
}

static void search_containers(struct entry_question *question, struct glob_search *search)
{
	const struct subject *subject = &question->subject;
	const struct baseline_index *index = subject->world->baseline->index;
	const struct service *service = subject->process->service;

	question->answered = 0;
	if (is_in_container(service))
		glob_index_search(index->container_names.globs, service->container_id, search);
	else if (passes_container_over(subject))
		rank_list_search(&index->container_names.any, search);
	else
		return;
	rank_list_search(&index->rest, search);
}

const struct baseline_entry *match_entry(const struct world *world, const struct process *process,
					 const struct process *parent)
{
	struct entry_question question = {.subject = {world, process, parent}};
	struct glob_search search = {entry_fits, &question, GLOB_INDEX_NONE};

	search_exes(&question, &search);
	search_units(&question, &search);
	search_containers(&question, &search);
	return search.found == GLOB_INDEX_NONE ? NULL
					       : world->baseline->index->entries[search.found];
}

/* ---- launchers ------------------------------------------------------------------------------- */

/* The index has found it by its exe, or it has none. */
static bool launcher_fits(const void *ctx, size_t rank)
{
	const struct subject *subject = ctx;
	const struct launcher_entry *launcher = &subject->world->baseline->launchers[rank];

	if (launcher->match.exe.count && !launcher->any_exe_file &&
	    !is_host_exe(subject, subject->process))
		return false;
	return parent_fits(subject, &launcher->match) && uid_fits(subject, &launcher->match);
}

const struct launcher_entry *match_launcher(const struct world *world,
					    const struct process *process,
					    const struct process *parent)
{
	const struct baseline_index *index = world->baseline->index;
	const struct subject subject = {world, process, parent};
	struct glob_search search = {launcher_fits, &subject, GLOB_INDEX_NONE};

	if (process->exe)
		glob_index_search(index->launcher_exes, process->exe, &search);
	rank_list_search(&index->launcher_rest, &search);
	return search.found == GLOB_INDEX_NONE ? NULL : &world->baseline->launchers[search.found];
}

/* ---- both ------------------------------------------------------------------------------------ */

bool match_names_exe(const struct baseline *baseline, const char *path)
{
	return glob_index_first(baseline->index->launcher_exes, path) != GLOB_INDEX_NONE ||
	       glob_index_first(baseline->index->exes, path) != GLOB_INDEX_NONE;
}
