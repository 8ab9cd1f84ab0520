/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: which baseline entry speaks for a process, and whether a process is a launcher.
 * Owns: the meaning of each match key. Must not own: finding what may fit, and the order in which
 * entries speak (conf/baseline_index), nor what the entry then allows (verdict). comm is never
 * looked at.
 */
#ifndef CAPWATCH_MATCH_H
#define CAPWATCH_MATCH_H

#include "judge/world.h"

/* The most specific entry that every fact fits, or NULL. parent may be NULL (not known). */
const struct baseline_entry *match_entry(const struct world *world, const struct process *process,
					 const struct process *parent);

/* The keys of the rule that do not fit the process, as bits of enum match_key: 0 where the rule
 * speaks for it. MATCH_CONTAINER also where the rule names no container and the process is in one;
 * MATCH_PARENT_EXE also for parent_pid. */
unsigned match_lacks(const struct world *world, const struct match_rule *rule,
		     const struct process *process, const struct process *parent);

/* The launcher entry that the process is just now the work of, or NULL. */
const struct launcher_entry *match_launcher(const struct world *world,
					    const struct process *process,
					    const struct process *parent);

/* Does the exe of any entry or launcher match the path? */
bool match_names_exe(const struct baseline *baseline, const char *path);

/* True when a glob of the list fits the text. */
bool match_any(const struct string_list *globs, const char *text);

#endif
