/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan_yaml.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/advice.h"
#include "cli/yaml_text.h"
#include "common/text.h"

enum { COMMENT_WIDTH = 100, EVIDENCE_SIZE = 160 };

/* ---- comments ---- */

/* Broken into lines between words. */
static void write_comment(const char *indent, const char *text, FILE *out)
{
	size_t width = COMMENT_WIDTH - strlen(indent);

	while (*text) {
		size_t length = strlen(text), cut = length;

		if (length > width) {
			for (cut = width; cut > 0 && text[cut] != ' '; cut--)
				;
			if (cut == 0)
				cut = length;
		}
		fprintf(out, "%s# %.*s\n", indent, (int)cut, text);
		text += cut;
		text += *text == ' ';
	}
}

static void write_line_comment(const char *indent, const char *text, FILE *out)
{
	size_t size = strlen(text) + 1;
	char *line = malloc(size);

	if (line)
		write_comment(indent, text_to_line(text, size - 1, line, size), out);
	free(line);
}

void plan_yaml_evidence(const struct plan *plan, const json_t *evidence, FILE *out)
{
	char text[EVIDENCE_SIZE];

	if (json_is_object(evidence))
		fprintf(out, "  " PLAN_YAML_MARK "%s",
			plan_evidence(plan, evidence, text, sizeof(text)));
}

static bool grants_word(const struct plan_entry *entry, enum plan_key key, const char *word)
{
	return json_is_object(json_object_get(entry->start.keys[key], word)) ||
	       json_is_object(json_object_get(entry->running.keys[key], word));
}

static bool root_equivalent(const struct plan_grant *grants)
{
	capmask caps = 0;

	for (int key = PLAN_PERMITTED; key <= PLAN_AMBIENT; key++)
		caps |= plan_caps(grants, (enum plan_key)key);
	return capmask_root_equivalent(caps) || grants->keys[PLAN_SETUID];
}

static void write_risks(const struct plan_entry *entry, FILE *out)
{
	char text[ADVICE_TEXT_MAX];

	for (int i = 0; i < ADVICE_RISKS; i++) {
		unsigned risk = 1u << i;

		if (!(entry->risks & risk))
			continue;
		snprintf(text, sizeof(text), "%s%s", risk & ADVICE_UNWISE ? "WARNING: " : "note: ",
			 advice_risk_text((enum advice_risk)risk));
		write_comment("  ", text, out);
	}
	if (grants_word(entry, PLAN_MECHANISMS, "exec"))
		write_comment(
			"  ",
			"note: it gains by being executed (file capabilities, set-user-ID, or as "
			"root): whoever executes it where the entry matches gains the same.",
			out);
	if (root_equivalent(&entry->start) && !root_equivalent(&entry->running))
		write_comment(
			"  ",
			"note: at its start it gains capabilities that are as good as root: ask "
			"whether it needs each of them.",
			out);
	if (entry->late)
		write_comment(
			"  ",
			"note: some of it came when its start was nearly over, so that a slower "
			"start would alert: that is allowed while running, too.",
			out);
	if (entry->phase_unknown)
		write_comment("  ",
			      "note: whether the service was starting is not known of some of it; "
			      "so that is allowed while running, too.",
			      out);
}

/* ---- grants ---- */

static int by_bit_or_word(const void *a, const void *b)
{
	const char *one = *(const char *const *)a, *other = *(const char *const *)b;
	int bit = -1, other_bit = -1;

	if (capmask_bit_from_name(one, &bit) == 0 && capmask_bit_from_name(other, &other_bit) == 0)
		return bit - other_bit;
	return strcmp(one, other);
}

json_t *plan_yaml_words(const json_t *evidence_by_word)
{
	const char **words = calloc(json_object_size(evidence_by_word) + 1, sizeof(char *)), *word;
	json_t *sorted = json_array(), *evidence;
	size_t count = 0;

	/* NOLINTNEXTLINE(bugprone-casting-through-void): jansson's own macro; nothing is changed */
	json_object_foreach((json_t *)evidence_by_word, word, evidence)
	{
		if (words)
			words[count++] = word;
	}
	if (words)
		qsort(words, count, sizeof(*words), by_bit_or_word);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(sorted, json_string(words[i]));
	free(words);
	return sorted;
}

static void write_flag(const struct plan *plan, const struct plan_grant *grants, enum plan_key key,
		       int indent, FILE *out)
{
	const char *word = key == PLAN_DENIED ? "all" : "true";

	fprintf(out, "%*s%s: %s", indent, "", plan_key_words[key], word);
	plan_yaml_evidence(plan, json_object_get(grants->keys[key], word), out);
	fputc('\n', out);
}

void plan_yaml_key(const struct plan *plan, const struct plan_grant *grants, enum plan_key key,
		   int indent, FILE *out)
{
	json_t *words, *word;
	size_t i;

	if (key == PLAN_SETUID || key == PLAN_USERNS ||
	    (key == PLAN_DENIED && json_object_get(grants->keys[key], "all"))) {
		write_flag(plan, grants, key, indent, out);
		return;
	}
	fprintf(out, "%*s%s:\n", indent, "", plan_key_words[key]);
	words = plan_yaml_words(grants->keys[key]);
	json_array_foreach(words, i, word)
	{
		fprintf(out, "%*s- %s", indent + 2, "", json_string_value(word));
		plan_yaml_evidence(
			plan, json_object_get(grants->keys[key], json_string_value(word)), out);
		fputc('\n', out);
	}
	json_decref(words);
}

void plan_yaml_grant(const struct plan *plan, const struct plan_grant *grants, int indent,
		     FILE *out)
{
	for (int key = 0; key < PLAN_KEYS; key++)
		if (grants->keys[key])
			plan_yaml_key(plan, grants, (enum plan_key)key, indent, out);
}

/* ---- entries ---- */

static void write_match(const struct plan_entry *entry, FILE *out)
{
	json_t *units = plan_yaml_words(entry->units), *unit;
	size_t i;

	fputs("    match:\n      exe: ", out);
	yaml_text_path(out, entry->exe);
	if (entry->place == PLAN_UNIT)
		fputs("\n      unit: [", out);
	if (entry->place == PLAN_SESSION)
		fputs("\n      session: true", out);
	json_array_foreach(units, i, unit)
	{
		fputs(i > 0 ? ", " : "", out);
		yaml_text_unit(out, json_string_value(unit));
	}
	fputs(entry->place == PLAN_UNIT ? "]\n" : "\n", out);
	json_decref(units);
}

/* For a person to decide: a start that is slower than any that was seen holds more at its end. */
static void write_ceiling(const struct plan *plan, const struct plan_entry *entry, FILE *out)
{
	char caps[CAPMASK_BITS * CAPMASK_NAME_MAX];

	if (!entry->has_ceiling)
		return;
	fprintf(out, "    # ceiling: [%s]",
		entry->ceiling ? capmask_to_text(entry->ceiling, caps, sizeof(caps)) : "");
	plan_yaml_evidence(plan, entry->ceiling_evidence, out);
	fputs(" at the end of its start\n", out);
}

void plan_yaml_entry(const struct plan *plan, const struct plan_entry *entry, FILE *out)
{
	write_risks(entry, out);
	fprintf(out, "  - name: %s\n", entry->name);
	if (entry->extends)
		fprintf(out, "    extends: %s\n", entry->extends->name);
	else
		write_match(entry, out);
	if (!plan_is_empty(&entry->start)) {
		fputs("    start:\n", out);
		plan_yaml_grant(plan, &entry->start, 6, out);
	}
	if (!plan_is_empty(&entry->running)) {
		fputs("    running:\n", out);
		plan_yaml_grant(plan, &entry->running, 6, out);
	}
	write_ceiling(plan, entry, out);
}

/* ---- the file ---- */

static void write_list(const char *heading, const json_t *sentences, FILE *out)
{
	json_t *sentence;
	size_t i;

	if (json_array_size(sentences) > 0)
		fprintf(out, "\n# %s\n", heading);
	json_array_foreach(sentences, i, sentence)
	{
		write_line_comment("#   ", json_string_value(sentence), out);
	}
}

void plan_yaml_rest(const struct plan *plan, FILE *out)
{
	write_list("Not suggested:", plan->left_out, out);
	write_list("Seen on too few hosts to be suggested:", plan->outliers, out);
}

static void write_head(const struct plan *plan, FILE *out)
{
	fprintf(out,
		"# Suggested by capwatch: read it before you trust it. %" PRId64
		" gains were seen on %zu host%s; %" PRId64 " of\n"
		"# them the present baseline allows already.\n",
		plan->gains, plan->hosts, plan->hosts == 1 ? "" : "s", plan->allowed);
}

void plan_yaml_file(const struct plan *plan, FILE *out)
{
	write_head(plan, out);
	fputs(plan->count > 0 || plan->any_container ? "services:\n" : "services: []\n", out);
	for (size_t i = 0; i < plan->count; i++) {
		fputs(i > 0 ? "\n" : "", out);
		plan_yaml_entry(plan, &plan->entries[i], out);
	}
	if (plan->any_container) {
		fputs(plan->count > 0 ? "\n" : "", out);
		write_comment("  ",
			      "allows nothing: holds what is in a container to what the runtime "
			      "gave it.",
			      out);
		fputs("  - name: any-container\n"
		      "    match: {container: true}\n"
		      "    ceiling: declared\n",
		      out);
	}
	plan_yaml_rest(plan, out);
}
