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

static bool unit_fits(const struct world *world, const struct string_list *globs,
		      const struct process *process)
{
	const struct service *service = process->service;

	/* which unit is not known; of a login session it is known that it is none */
	if (!service || service->unit[0] == '\0')
		return world_is_replay(world, process->node) &&
		       (!service || service->kind != SERVICE_SESSION);
	return match_any(globs, service->unit) || match_any(globs, service->template_name);
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
			   const struct process *process)
{
	const struct service *service = process->service;
	bool in_container = service && service->kind == SERVICE_CONTAINER;

	if (!rule->names_container)
		return !in_container;
	if (!in_container)
		return !service && world_is_replay(world, process->node);
	/* images and names are the runtime's knowledge, which is not asked: they never fit yet */
	return rule->container_image.count == 0 &&
	       optional_fits(&rule->container_name, service->container_id) &&
	       optional_fits(&rule->container_runtime, service->runtime);
}

static bool uid_fits(const struct match_rule *rule, const struct process *process)
{
	if (rule->uid_count == 0)
		return true;
	for (size_t i = 0; process->has_ids && i < rule->uid_count; i++)
		if (rule->uids[i] == process->uid)
			return true;
	return false;
}

static bool session_fits(const struct match_rule *rule, const struct process *process)
{
	bool in_session = process->service && process->service->kind == SERVICE_SESSION;

	return !rule->has_session || rule->session == in_session;
}

unsigned match_lacks(const struct world *world, const struct match_rule *rule,
		     const struct process *process, const struct process *parent)
{
	unsigned lacks = 0;

	if (rule->exe.count > 0 && !exe_fits(world, &rule->exe, process))
		lacks |= MATCH_EXE;
	if (rule->unit.count > 0 && !unit_fits(world, &rule->unit, process))
		lacks |= MATCH_UNIT;
	if (!container_fits(world, rule, process))
		lacks |= MATCH_CONTAINER;
	if (!parent_fits(world, rule, process, parent))
		lacks |= MATCH_PARENT_EXE;
	if (!uid_fits(rule, process))
		lacks |= MATCH_UID;
	if (!session_fits(rule, process))
		lacks |= MATCH_SESSION;
	return lacks;
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
		if (match_lacks(world, &entry->match, process, parent) == 0)
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
		    uid_fits(&launcher->match, process))
			return launcher;
	}
	return NULL;
}
