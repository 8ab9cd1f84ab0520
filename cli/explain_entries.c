/* SPDX-License-Identifier: Apache-2.0 */
/* Which baseline entries came close to what happened, and what each lacked. */
#include "cli/explanation.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "judge/match.h"

enum { NEAR_MAX = 5, CAPS_SIZE = 2048, LIST_SIZE = 512 };

static const char *list_in_words(const struct string_list *list, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < list->count && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " or " : "",
					 list->items[i]);
	return buf;
}

/* ---- what an entry does not allow ---- */

/* What of one set the grants that count for the mechanism do not list. */
static capmask left_of(capmask gained, capmask running, capmask start)
{
	return gained & ~(running | start) & capmask_known();
}

static void say_left(const struct explanation *explanation, const struct baseline_entry *entry)
{
	static const struct grant none;
	const struct retold *retold = explanation->retold;
	const struct event_sets *gained = &retold->transition.gained;
	uint32_t by = retold->transition.mechanism == MECHANISM_SWEEP
			      ? UINT32_MAX
			      : 1u << retold->transition.mechanism;
	const struct grant *running = entry->running.mechanisms & by ? &entry->running : &none;
	const struct grant *start = retold->phase == PHASE_STARTING && entry->start.mechanisms & by
					    ? &entry->start
					    : &none;
	const struct {
		const char *name;
		capmask left;
	} sets[] = {
		{"permitted", left_of(gained->permitted, running->permitted, start->permitted)},
		{"effective", left_of(gained->effective, running->effective, start->effective)},
		{"inheritable",
		 left_of(gained->inheritable, running->inheritable, start->inheritable)},
		{"ambient", left_of(gained->ambient, running->ambient, start->ambient)},
	};
	const char *before = "It does not list";
	char names[CAPS_SIZE];

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!sets[i].left)
			continue;
		prose_say(explanation->prose, "%s %s in %s", before,
			  explanation_caps(sets[i].left, names, sizeof(names)), sets[i].name);
		before = "nor";
	}
	prose_end_sentence(explanation->prose);
}

static void say_missing(const struct explanation *explanation, const struct baseline_entry *entry,
			capmask missing)
{
	const struct retold *retold = explanation->retold;
	const struct transition *t = &retold->transition;
	bool starting = retold->phase == PHASE_STARTING;
	uint32_t mechanisms = entry->running.mechanisms | (starting ? entry->start.mechanisms : 0);
	char names[CAPS_SIZE];

	if (retold->has_reason && retold->reason == REASON_ABOVE_CEILING)
		prose_say(explanation->prose, "Above its ceiling is: %s%s.",
			  explanation_caps(missing, names, sizeof(names)),
			  entry->ceiling_kind == CEILING_DECLARED
				  ? ", which is what its unit or container was given"
				  : "");
	else if (t->outcome == OUTCOME_DENIED)
		prose_say(explanation->prose, "It does not list refused attempts (denied:).");
	else if (t->mechanism == MECHANISM_SECUREBITS)
		prose_say(explanation->prose,
			  "It does not list the bits that were loosened (securebits:).");
	else if (t->mechanism == MECHANISM_SETUID)
		prose_say(explanation->prose, "It does not say setuid: true.");
	else if (t->mechanism == MECHANISM_USERNS)
		prose_say(explanation->prose, "It does not say userns: true.");
	else if (t->mechanism != MECHANISM_SWEEP && !(mechanisms >> t->mechanism & 1))
		prose_say(explanation->prose,
			  "It allows nothing by the mechanism %s, by which this came "
			  "(mechanisms:).",
			  vocab_word(&vocab_mechanism, t->mechanism));
	else
		say_left(explanation, entry);
}

static bool allows_at_start(const struct retold *retold, const struct baseline_entry *entry)
{
	struct retold starting = *retold;
	capmask missing;

	starting.phase = PHASE_STARTING;
	return retold->phase != PHASE_STARTING && retold_allows(&starting, entry, &missing);
}

/* Whether it would be silent if the entry spoke for the process, and if not, why. */
static void say_allows(const struct explanation *explanation, const struct baseline_entry *entry)
{
	capmask missing;

	if (retold_allows(explanation->retold, entry, &missing))
		prose_say(explanation->prose, "It would allow this.");
	else if (allows_at_start(explanation->retold, entry))
		prose_say(explanation->prose,
			  "It would allow this, but only while its service starts (start:).");
	else
		say_missing(explanation, entry, missing);
}

static void say_place(const struct explanation *explanation, const struct baseline_entry *entry)
{
	prose_say(explanation->prose, "%s (%s, line %u).", entry->name, entry->file, entry->line);
}

/* ---- what keeps an entry from speaking ---- */

static void say_exe(const struct explanation *explanation, const struct match_rule *rule)
{
	const struct process *process = &explanation->retold->process;
	char list[LIST_SIZE];

	if (!process->exe)
		prose_say(explanation->prose, "the program of the process is not known;");
	else if (!match_any(&rule->exe, process->exe))
		prose_say(explanation->prose, "it is for %s, and this was %s;",
			  list_in_words(&rule->exe, list, sizeof(list)), process->exe);
	else if (process->exe_identity == EXE_ID_OTHER)
		prose_say(explanation->prose, "the path fits, but this was not the host's file;");
	else
		prose_say(explanation->prose,
			  "the path fits, but whether it was the host's file is not known;");
}

static void say_unit(const struct explanation *explanation, const struct match_rule *rule)
{
	const struct service *service = explanation->retold->process.service;
	char list[LIST_SIZE];

	prose_say(explanation->prose, "it is for the unit %s, and this was in %s;",
		  list_in_words(&rule->unit, list, sizeof(list)),
		  service && service->unit[0] ? service->unit : "none that is known");
}

static void say_parent(const struct explanation *explanation, const struct match_rule *rule)
{
	const struct retold *retold = explanation->retold;
	char list[LIST_SIZE];

	prose_say(explanation->prose, "its parent must be %s, and was %s;",
		  list_in_words(&rule->parent_exe, list, sizeof(list)),
		  retold->has_parent && retold->parent.exe ? retold->parent.exe : "not known");
}

static void say_lacks(const struct explanation *explanation, const struct match_rule *rule,
		      unsigned lacks)
{
	struct prose *prose = explanation->prose;

	prose_say(prose, "It does not speak for the process:");
	if (lacks & MATCH_EXE)
		say_exe(explanation, rule);
	if (lacks & MATCH_UNIT)
		say_unit(explanation, rule);
	if (lacks & MATCH_CONTAINER)
		prose_say(prose,
			  rule->names_container
				  ? "it is for containers, and this was in none that fits;"
				  : "it is for the host alone, and this was in a container;");
	if (lacks & MATCH_PARENT_EXE)
		say_parent(explanation, rule);
	if (lacks & MATCH_UID)
		prose_say(prose, "it is for another user id;");
	if (lacks & MATCH_SESSION)
		prose_say(prose, rule->session
					 ? "it is for login sessions, and this was in none;"
					 : "it is not for login sessions, and this was in one;");
	prose_end_sentence(prose);
}

/* ---- which are near ---- */

struct near {
	const struct baseline_entry *entry;
	unsigned lacks, distance;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool names_program(const struct match_rule *rule, const char *exe)
{
	if (!exe)
		return false;
	for (size_t i = 0; i < rule->exe.count; i++)
		if (strcmp(name_of(rule->exe.items[i]), name_of(exe)) == 0)
			return true;
	return match_any(&rule->exe, exe);
}

/* Nearest: fewest keys lacking; of those, one whose program or unit fits. False: it has nothing to
 * do with the process. */
static bool measure(const struct retold *retold, const struct baseline_entry *entry,
		    struct near *near)
{
	const struct match_rule *rule = &entry->match;
	unsigned lacks = retold_lacks(retold, entry);
	bool exe_fits = rule->exe.count > 0 && !(lacks & MATCH_EXE);
	bool unit_fits = rule->unit.count > 0 && !(lacks & MATCH_UNIT);
	bool container_fits = rule->names_container && !(lacks & MATCH_CONTAINER);

	*near = (struct near){entry, lacks, 2 * (unsigned)__builtin_popcount(lacks)};
	if (!exe_fits && !unit_fits)
		near->distance++;
	return exe_fits || unit_fits || container_fits || names_program(rule, retold->process.exe);
}

/* Keeps the nearest, in order; of equals the first. */
static size_t insert(struct near nearest[NEAR_MAX], size_t count, const struct near *near)
{
	size_t at = count;

	while (at > 0 && nearest[at - 1].distance > near->distance)
		at--;
	if (at == NEAR_MAX)
		return count;
	if (count < NEAR_MAX)
		count++;
	memmove(&nearest[at + 1], &nearest[at], (count - 1 - at) * sizeof(*nearest));
	nearest[at] = *near;
	return count;
}

static size_t find_near(const struct retold *retold, const struct baseline_entry *speaks,
			struct near nearest[NEAR_MAX])
{
	const struct baseline *baseline = retold->world.baseline;
	size_t count = 0;

	for (size_t i = 0; i < baseline->entry_count; i++) {
		struct near near;

		if (&baseline->entries[i] != speaks &&
		    measure(retold, &baseline->entries[i], &near))
			count = insert(nearest, count, &near);
	}
	return count;
}

static void say_near(const struct explanation *explanation, const struct baseline_entry *speaks)
{
	struct near nearest[NEAR_MAX];
	size_t count = find_near(explanation->retold, speaks, nearest);

	prose_say(explanation->prose, count == 0 ? "No other entry is for this program or unit."
				      : speaks	 ? "Others that come near:"
						 : "Those that come near:");
	prose_end(explanation->prose);
	for (size_t i = 0; i < count; i++) {
		say_place(explanation, nearest[i].entry);
		if (nearest[i].lacks)
			say_lacks(explanation, &nearest[i].entry->match, nearest[i].lacks);
		else
			prose_say(explanation->prose,
				  "It fits the process, but a more specific entry decides.");
		say_allows(explanation, nearest[i].entry);
		prose_end_item(explanation->prose);
	}
}

/* ---- all of it ---- */

static void say_changed(const struct explanation *explanation, const struct baseline_entry *entry)
{
	const json_t *told = json_object_get(explanation->alert, "baseline");
	const char *digest = explanation_text(told, "digest"),
		   *name = explanation_text(told, "entry");

	if (*digest && strcmp(digest, explanation->retold->world.baseline->digest) != 0)
		prose_say(explanation->prose, "The baseline has changed since the alert; this is "
					      "said of the one in use now.");
	if (strcmp(name, entry ? entry->name : "") == 0)
		return;
	if (*name)
		prose_say(explanation->prose,
			  "When it happened, the entry %s spoke for the process.", name);
	else
		prose_say(explanation->prose, "When it happened, no entry spoke for the process.");
}

void explanation_entries(const struct explanation *explanation)
{
	const struct baseline_entry *entry = retold_entry(explanation->retold);
	struct prose *prose = explanation->prose;
	capmask missing;

	if (!json_is_object(json_object_get(explanation->alert, "process")))
		return;
	prose_heading(prose, "What the baseline says");
	say_changed(explanation, entry);
	if (!entry) {
		prose_say(prose, "No entry speaks for this process, so nothing is allowed to it.");
		say_near(explanation, NULL);
		return;
	}
	prose_say(prose, "One entry speaks for this process, and decides alone:");
	prose_end(prose);
	say_place(explanation, entry);
	if (retold_allows(explanation->retold, entry, &missing))
		prose_say(prose, "It allows this by now.");
	else if (allows_at_start(explanation->retold, entry))
		prose_say(prose, "It allows this only while the service starts (start:), and it "
				 "was not starting.");
	else
		say_missing(explanation, entry, missing);
	prose_end_item(prose);
	say_near(explanation, entry);
}
