/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/match.h"

#include <fnmatch.h>
#include <string.h>

#include "judge/image.h"

bool match_any(const struct string_list *globs, const char *text)
{
	for (size_t i = 0; i < globs->count; i++)
		if (fnmatch(globs->items[i], text, FNM_PATHNAME) == 0)
			return true;
	return false;
}

/* A file's path counts only for the host's own file of that path: a copy, a bind mount in another
 * mount namespace or a container's file is something else. A replay has nothing to compare. */
static bool exe_fits(const struct world *world, const struct string_list *globs,
		     const struct process *process)
{
	if (!process->exe || !match_any(globs, process->exe))
		return false;
	return process->exe_identity == EXE_ID_HOST ||
	       (process->exe_identity == EXE_ID_UNKNOWN && world_is_replay(world, process->node));
}

static bool unit_fits(const struct world *world, const struct match_rule *rule,
		      const struct process *process, const struct process *parent)
{
	const struct service *service = process->service;

	(void)parent;
	if (rule->unit.count == 0)
		return true;
	/* which unit is not known; of a login session it is known that it is none */
	if (!service || service->unit[0] == '\0')
		return world_is_replay(world, process->node) &&
		       (!service || service->kind != SERVICE_SESSION);
	return match_any(&rule->unit, service->unit) ||
	       match_any(&rule->unit, service->template_name);
}

/* Both were gone before they could be looked at: a runtime forks itself. */
static bool is_lost_fork(const struct match_rule *rule, const struct process *process)
{
	return image_is_of_namesake(process) && match_any(&rule->parent_exe, process->exe);
}

static bool parent_fits(const struct world *world, const struct match_rule *rule,
			const struct process *process, const struct process *parent)
{
	if (rule->has_parent_pid && process->ppid != rule->parent_pid)
		return false;
	if (rule->parent_exe.count == 0)
		return true;
	if (!parent || !parent->exe)
		return world_is_replay(world, process->node) || is_lost_fork(rule, process);
	return exe_fits(world, &rule->parent_exe, parent);
}

static bool optional_fits(const struct string_list *globs, const char *text)
{
	return globs->count == 0 || (text[0] && match_any(globs, text));
}

static bool container_fits(const struct world *world, const struct match_rule *rule,
			   const struct process *process, const struct process *parent)
{
	const struct service *service = process->service;
	bool in_container = service && service->kind == SERVICE_CONTAINER;

	(void)parent;
	if (!rule->names_container)
		return !in_container;
	if (!in_container)
		return !service && world_is_replay(world, process->node);
	/* images and names are the runtime's knowledge, which is not asked: they never fit yet */
	return rule->container_image.count == 0 &&
	       optional_fits(&rule->container_name, service->container_id) &&
	       optional_fits(&rule->container_runtime, service->runtime);
}

static bool uid_fits(const struct world *world, const struct match_rule *rule,
		     const struct process *process, const struct process *parent)
{
	(void)world;
	(void)parent;
	if (rule->uid_count == 0)
		return true;
	for (size_t i = 0; process->has_ids && i < rule->uid_count; i++)
		if (rule->uids[i] == process->uid)
			return true;
	return false;
}

static bool session_fits(const struct world *world, const struct match_rule *rule,
			 const struct process *process, const struct process *parent)
{
	bool in_session = process->service && process->service->kind == SERVICE_SESSION;

	(void)world;
	(void)parent;
	return !rule->has_session || rule->session == in_session;
}

static bool own_exe_fits(const struct world *world, const struct match_rule *rule,
			 const struct process *process, const struct process *parent)
{
	(void)parent;
	return rule->exe.count == 0 || exe_fits(world, &rule->exe, process);
}

/* In this order: what fits the fewest processes first. */
static const struct {
	bool (*fits)(const struct world *world, const struct match_rule *rule,
		     const struct process *process, const struct process *parent);
	enum match_key key;
} keys[] = {
	{own_exe_fits, MATCH_EXE},	 {unit_fits, MATCH_UNIT}, {container_fits, MATCH_CONTAINER},
	{parent_fits, MATCH_PARENT_EXE}, {uid_fits, MATCH_UID},	  {session_fits, MATCH_SESSION},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

unsigned match_lacks(const struct world *world, const struct match_rule *rule,
		     const struct process *process, const struct process *parent)
{
	unsigned lacks = 0;

	for (int i = 0; i < KEYS; i++)
		if (!keys[i].fits(world, rule, process, parent))
			lacks |= keys[i].key;
	return lacks;
}

/* Asked of every entry for every gain: the first key that does not fit is enough. */
static bool rule_fits(const struct world *world, const struct match_rule *rule,
		      const struct process *process, const struct process *parent)
{
	for (int i = 0; i < KEYS; i++)
		if (!keys[i].fits(world, rule, process, parent))
			return false;
	return true;
}

static unsigned specificity(const struct match_rule *rule)
{
	return (rule->names_container ? 4000u : 0) + (rule->unit.count ? 2000u : 0) +
	       (rule->exe.count ? 1000u : 0) + rule->key_count;
}

const struct baseline_entry *match_entry(const struct world *world, const struct process *process,
					 const struct process *parent)
{
	const struct baseline *baseline = world->baseline;
	const struct baseline_entry *best = NULL;

	for (size_t i = 0; i < baseline->entry_count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];
		if (best && specificity(&entry->match) <= specificity(&best->match))
			continue;
		if (rule_fits(world, &entry->match, process, parent))
			best = entry;
	}
	return best;
}

static bool launcher_exe_fits(const struct world *world, const struct launcher_entry *launcher,
			      const struct process *process)
{
	if (launcher->match.exe.count == 0)
		return true;
	if (launcher->any_exe_file)
		return process->exe && match_any(&launcher->match.exe, process->exe);
	return exe_fits(world, &launcher->match.exe, process);
}

const struct launcher_entry *match_launcher(const struct world *world,
					    const struct process *process,
					    const struct process *parent)
{
	for (size_t i = 0; i < world->baseline->launcher_count; i++) {
		const struct launcher_entry *launcher = &world->baseline->launchers[i];
		if (launcher_exe_fits(world, launcher, process) &&
		    parent_fits(world, &launcher->match, process, parent) &&
		    uid_fits(world, &launcher->match, process, parent))
			return launcher;
	}
	return NULL;
}
