/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan_diff.h"

#include <string.h>

#include "cli/plan_yaml.h"

enum { EVIDENCE_SIZE = 160 };

/* ---- what would be added ---- */

static void print_added(const struct plan *plan, const struct plan_grant *grants, const char *phase,
			FILE *out)
{
	char text[EVIDENCE_SIZE];

	for (int key = 0; key < PLAN_KEYS; key++) {
		json_t *words = plan_yaml_words(grants->keys[key]), *word;
		size_t i;

		json_array_foreach(words, i, word)
		{
			const json_t *evidence = json_object_get(grants->keys[key],
								 json_string_value(word));

			if (json_is_object(evidence))
				fprintf(out, "  + %s: %s: %s  # %s\n", phase, plan_key_words[key],
					json_string_value(word),
					plan_evidence(plan, evidence, text, sizeof(text)));
		}
		json_decref(words);
	}
}

static void print_entry(const struct plan *plan, const struct plan_entry *entry, FILE *out)
{
	if (entry->extends)
		fprintf(out, "%s (%s:%u)\n", entry->name, entry->extends->file,
			entry->extends->line);
	else
		fprintf(out, "%s (new, %s)\n", entry->name, entry->exe);
	print_added(plan, &entry->start, "start", out);
	print_added(plan, &entry->running, "running", out);
}

/* ---- what was never seen ---- */

static capmask granted(const struct grant *grant, enum plan_key key)
{
	capmask caps = key == PLAN_PERMITTED	 ? grant->permitted
		       : key == PLAN_EFFECTIVE	 ? grant->effective
		       : key == PLAN_INHERITABLE ? grant->inheritable
						 : grant->ambient;

	return caps & capmask_known();
}

struct unused {
	const struct plan_entry *entry;
	FILE *out;
	bool named;
};

static void print_unused(struct unused *unused, const char *phase, const char *key,
			 const char *word)
{
	const struct baseline_entry *present = unused->entry->extends;

	if (!unused->named)
		fprintf(unused->out, "%s (%s:%u)\n", present->name, present->file, present->line);
	unused->named = true;
	fprintf(unused->out, "  - %s: %s: %s  # allowed, never seen\n", phase, key, word);
}

static void print_unused_sets(struct unused *unused, const struct grant *grant, bool at_start)
{
	const struct plan_entry *seen = unused->entry;

	for (int key = PLAN_PERMITTED; key <= PLAN_AMBIENT; key++) {
		capmask used = plan_caps(&seen->start, (enum plan_key)key), left;

		if (!at_start)
			used |= plan_caps(&seen->running, (enum plan_key)key);
		left = granted(grant, (enum plan_key)key) & ~used;
		for (int bit = 0; bit < CAPMASK_BITS; bit++) {
			if (!(left & CAPMASK_BIT(bit)))
				continue;
			print_unused(unused, at_start ? "start" : "running", plan_key_words[key],
				     capmask_name(bit));
		}
	}
	if (grant->setuid && !seen->running.keys[PLAN_SETUID] && !seen->start.keys[PLAN_SETUID])
		print_unused(unused, at_start ? "start" : "running", "setuid", "true");
	if (grant->userns && !seen->running.keys[PLAN_USERNS] && !seen->start.keys[PLAN_USERNS])
		print_unused(unused, at_start ? "start" : "running", "userns", "true");
}

/* ---- the whole ---- */

static bool is_used(const struct plan *plan, const struct baseline_entry *entry)
{
	for (size_t i = 0; i < plan->used_count; i++)
		if (plan->used[i].extends == entry)
			return true;
	return false;
}

void plan_diff(const struct plan *plan, const struct baseline *present, FILE *out)
{
	size_t idle = 0;

	for (size_t i = 0; i < plan->count; i++)
		print_entry(plan, &plan->entries[i], out);
	for (size_t i = 0; i < plan->used_count; i++) {
		struct unused unused = {.entry = &plan->used[i], .out = out};

		print_unused_sets(&unused, &plan->used[i].extends->start, true);
		print_unused_sets(&unused, &plan->used[i].extends->running, false);
	}
	for (size_t i = 0; i < present->entry_count; i++)
		idle += !is_used(plan, &present->entries[i]);
	fprintf(out, "%zu %s to add or extend; %zu of the baseline's %zu entries were in use\n",
		plan->count, plan->count == 1 ? "entry" : "entries", present->entry_count - idle,
		present->entry_count);
	plan_yaml_rest(plan, out);
}
