/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest entry that allows exactly what an alert tells of, proved by the baseline's own code.
 */
#define _GNU_SOURCE
#include "cli/advice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/trial_baseline.h"
#include "cli/yaml_text.h"

enum {
	NAME_SIZE = 160, /* more than the 128 of any name */
	GLOB_SIZE = 2 * LEDGER_EXE_MAX + 1,
	LINE_WIDTH = 96,
	SETS = 4
};

/* The entry to be written: what of it is not in the alert. */
struct draft {
	const struct retold *retold;
	const struct baseline_entry *extends; /* NULL: nothing */
	bool narrow;			      /* stands beside that one, for this process alone */
	unsigned keys;			      /* of match, beside exe and unit or session */
	char name[NAME_SIZE];
	bool starting;		/* goes under start */
	struct event_sets left; /* what is to be granted */
};

static bool refuse(struct advice *advice, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct advice *advice, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(advice->why_not, sizeof(advice->why_not), format, args);
	va_end(args);
	return false;
}

/* ---- what is left to grant ---- */

static bool allows_mechanism(const struct grant *grant, enum mechanism mechanism)
{
	return (grant->mechanisms >> mechanism) & 1;
}

static void take_off(struct event_sets *left, const struct grant *grant)
{
	left->permitted &= ~grant->permitted;
	left->effective &= ~grant->effective;
	left->inheritable &= ~grant->inheritable;
	left->ambient &= ~grant->ambient;
}

/* Where the entry has a part of it already, in the grant that the rest goes to, only the rest. */
static void find_left(struct draft *draft)
{
	const struct baseline_entry *entry = draft->extends;
	enum mechanism mechanism = draft->retold->transition.mechanism;

	draft->left = draft->retold->transition.gained;
	if (!entry)
		return;
	take_off(&draft->left, draft->starting ? &entry->start : &entry->running);
	if (draft->starting && allows_mechanism(&entry->running, mechanism))
		take_off(&draft->left, &entry->running);
}

/* ---- text ---- */

static const char *unit_of(const struct service *service)
{
	if (!service || service->kind != SERVICE_UNIT)
		return "";
	return service->template_name[0] ? service->template_name : service->unit;
}

static void write_match(FILE *out, const struct draft *draft)
{
	const struct process *process = &draft->retold->process;
	const struct service *service = process->service;

	fputs("    match: {exe: ", out);
	yaml_text_path(out, process->exe);
	if (*unit_of(service)) {
		fputs(", unit: ", out);
		yaml_text_unit(out, unit_of(service));
	}
	if (service && service->kind == SERVICE_SESSION)
		fputs(", session: true", out);
	if (draft->keys & MATCH_UID)
		fprintf(out, ", uid: %u", process->uid);
	if (draft->keys & MATCH_PARENT_EXE) {
		fputs(", parent_exe: ", out);
		yaml_text_path(out, draft->retold->parent.exe);
	}
	fputs("}\n", out);
}

static void write_words(FILE *out, const char *key, const json_t *words)
{
	int column = fprintf(out, "%s: [", key);
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);

		if (i > 0)
			column += fprintf(out, ",");
		if (i > 0 && column + (int)strlen(text) > LINE_WIDTH)
			column = fprintf(out, "\n          ") - 1;
		else if (i > 0)
			column += fprintf(out, " ");
		column += fprintf(out, "%s", text);
	}
	fputs("]\n", out);
}

/* Of an exec that gave everything the kernel's own "everything" is meant, which goes beyond the
 * names that there are. */
static void write_set(FILE *out, const char *key, capmask set, bool everything)
{
	json_t *names;

	if (!set)
		return;
	if (everything) {
		fprintf(out, "%s: all\n", key);
		return;
	}
	names = capmask_to_json(set);
	write_words(out, key, names);
	json_decref(names);
}

static void write_vocab(FILE *out, const char *key, const struct vocab *vocab, uint32_t bits)
{
	json_t *words = json_array();

	for (unsigned i = 0; i < vocab->count; i++)
		if (bits & 1u << i)
			json_array_append_new(words, json_string(vocab_word(vocab, i)));
	write_words(out, key, words);
	json_decref(words);
}

static const struct grant *target_of(const struct draft *draft)
{
	if (!draft->extends)
		return NULL;
	return draft->starting ? &draft->extends->start : &draft->extends->running;
}

static bool has_sets(const struct grant *grant)
{
	return grant->permitted || grant->effective || grant->inheritable || grant->ambient;
}

/* mechanisms: replaces the default, so what the entry's own sets go by is said again. */
static void write_mechanism(FILE *out, const struct draft *draft)
{
	enum mechanism mechanism = draft->retold->transition.mechanism;
	const struct grant *target = target_of(draft);
	uint32_t bits = 1u << mechanism;

	if (target && target->given) {
		if (allows_mechanism(target, mechanism))
			return;
		bits |= has_sets(target) ? target->mechanisms
					 : target->mechanisms & 1u << MECHANISM_FILE_CAPS;
	} else if (mechanism == MECHANISM_CAPSET || mechanism == MECHANISM_AMBIENT) {
		return; /* by default */
	}
	write_vocab(out, "      mechanisms", &vocab_mechanism, bits);
}

static bool is_everything(const struct draft *draft, capmask gained, capmask after)
{
	return (gained & capmask_known()) == capmask_known() ||
	       (draft->retold->transition.mechanism == MECHANISM_EXEC &&
		(after & capmask_known()) == capmask_known());
}

static void write_sets(FILE *out, const struct draft *draft)
{
	const struct event_sets *left = &draft->left, *gained = &draft->retold->transition.gained,
				*after = &draft->retold->transition.after;

	write_mechanism(out, draft);
	write_set(out, "      permitted", left->permitted,
		  is_everything(draft, gained->permitted, after->permitted));
	write_set(out, "      effective", left->effective,
		  is_everything(draft, gained->effective, after->effective));
	write_set(out, "      inheritable", left->inheritable,
		  is_everything(draft, gained->inheritable, after->inheritable));
	write_set(out, "      ambient", left->ambient,
		  is_everything(draft, gained->ambient, after->ambient));
}

static void write_denied(FILE *out, const struct transition *t)
{
	if (t->denied)
		write_set(out, "      denied", t->denied, t->denied == capmask_known());
	else
		fputs("      denied: all\n", out);
}

/* keep-caps is loosened without an entry's leave until the service runs. */
static void write_securebits(FILE *out, const struct draft *draft)
{
	write_vocab(out, "      securebits", &vocab_securebits, draft->retold->transition.loosened);
}

static void write_grant(FILE *out, const struct draft *draft)
{
	const struct transition *t = &draft->retold->transition;

	fputs(draft->starting ? "    start:\n" : "    running:\n", out);
	if (t->outcome == OUTCOME_DENIED)
		write_denied(out, t);
	else if (t->mechanism == MECHANISM_SECUREBITS)
		write_securebits(out, draft);
	else if (t->mechanism == MECHANISM_SETUID)
		fputs("      setuid: true\n", out);
	else if (t->mechanism == MECHANISM_USERNS)
		fputs("      userns: true\n", out);
	else if (t->mechanism == MECHANISM_FILE_CAPS)
		write_mechanism(out, draft);
	else
		write_sets(out, draft);
}

/* extends replaces a ceiling: what was in it is said again. Of one that the unit declared nothing
 * is known but that all that was not above it was within. */
static void write_ceiling(FILE *out, const struct draft *draft)
{
	const struct baseline_entry *entry = draft->extends;
	capmask ceiling = draft->retold->held;
	json_t *names;

	if (entry && entry->ceiling_kind == CEILING_LIST)
		ceiling |= entry->ceiling;
	names = capmask_to_json(ceiling);
	write_words(out, "    ceiling", names);
	json_decref(names);
}

static bool is_above_ceiling(const struct retold *retold)
{
	return retold->has_reason && retold->reason == REASON_ABOVE_CEILING;
}

static char *write_entry(const struct draft *draft)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "services:\n  - name: %s\n", draft->name);
	if (draft->extends)
		fprintf(out, "    extends: %s\n", draft->extends->name);
	if (!draft->extends || draft->narrow)
		write_match(out, draft);
	if (is_above_ceiling(draft->retold))
		write_ceiling(out, draft);
	else
		write_grant(out, draft);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- names ---- */

/* That of what it extends, or the program's, as far as a name may hold it. */
static void choose_name(struct draft *draft)
{
	static const char valid[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+:";
	const char *exe = draft->retold->process.exe, *slash = strrchr(exe, '/');
	char base[NAME_SIZE - 40];

	snprintf(base, sizeof(base), "%s",
		 draft->extends ? draft->extends->name
		 : slash	? slash + 1
				: exe);
	for (char *c = base; *c; c++)
		if (!strchr(valid, *c))
			*c = '_';
	snprintf(draft->name, sizeof(draft->name), "%s", base);
	for (int i = 1; baseline_find(draft->retold->world.baseline, draft->name); i++) {
		if (i == 1)
			snprintf(draft->name, sizeof(draft->name), "%s-local", base);
		else
			snprintf(draft->name, sizeof(draft->name), "%s-local-%d", base, i);
	}
}

/* ---- the proof ---- */

/* It speaks for the process and allows what happened, and no two entries tie. */
static bool proves(const struct draft *draft, const struct baseline *baseline, struct error *err)
{
	struct retold again = *draft->retold;
	const struct baseline_entry *entry;
	capmask missing;

	if (baseline_check_ties(baseline, err) < 0)
		return false;
	again.world.baseline = baseline;
	entry = retold_entry(&again);
	if (!entry || strcmp(entry->name, draft->name) != 0) {
		error_set(err, "the entry '%s' would speak for the process all the same",
			  entry ? entry->name : "(none)");
		return false;
	}
	if (retold_allows(&again, entry, &missing))
		return true;
	error_set(err, "no entry can express it");
	return false;
}

/* ---- what it allows besides ---- */

/* The ambient set has a mechanism to itself, and a file's capabilities are no set of a process. */
static bool moves_sets(enum mechanism mechanism)
{
	return mechanism != MECHANISM_AMBIENT && mechanism != MECHANISM_FILE_CAPS;
}

static void say_also(const struct draft *draft, const struct baseline *baseline,
		     struct advice *advice)
{
	const struct baseline_entry *now = baseline_find(baseline, draft->name);
	const struct baseline_entry *extends = draft->extends;
	const struct grant *was = target_of(draft), *is;
	const struct event_sets *gained = &draft->retold->transition.gained;
	enum mechanism mechanism = draft->retold->transition.mechanism;
	capmask extra;
	char names[256];

	if (!extends || !was || !now || is_above_ceiling(draft->retold))
		return;
	is = draft->starting ? &now->start : &now->running;
	extra = (is->permitted & ~was->permitted & ~gained->permitted) |
		(is->effective & ~was->effective & ~gained->effective);
	if (is->mechanisms != was->mechanisms && has_sets(was) && moves_sets(mechanism))
		snprintf(advice->also, sizeof(advice->also),
			 "Mechanisms and sets of an entry are not tied to each other: everything "
			 "that %s lists there may then be gained by %s, too.",
			 extends->name, vocab_word(&vocab_mechanism, mechanism));
	else if (extra)
		snprintf(advice->also, sizeof(advice->also),
			 "It also allows %s in the other of permitted and effective, which %s says "
			 "are the same.",
			 capmask_to_text(extra, names, sizeof(names)), extends->name);
}

/* ---- which entry ---- */

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			return false;
	return true;
}

static bool is_possible(const struct retold *retold, struct advice *advice)
{
	const struct process *process = &retold->process;
	const struct service *service = process->service;

	if (retold->has_reason && advice_instead(retold->reason))
		return refuse(advice, "No entry is offered for this reason.");
	if (service && service->kind == SERVICE_CONTAINER)
		return refuse(advice,
			      "It happened in a container. An entry can match any container, or "
			      "this one by its id, which is another at its next start: there is "
			      "none that would allow only this. Give the container the "
			      "capability when it is started, or take it away for good (--cap-add, "
			      "--cap-drop).");
	if (!process->exe)
		return refuse(advice, "Which program it was is not known, so that no entry can "
				      "name it.");
	if (!is_plain(process->exe) || process->exe[0] != '/' ||
	    strlen(process->exe) > LEDGER_EXE_MAX || !is_plain(unit_of(service)))
		return refuse(advice, "The name of its program or unit holds characters that an "
				      "entry should not be made of.");
	if (process->exe_identity == EXE_ID_OTHER)
		return refuse(advice, "What ran is not the host's file of that path, and an entry "
				      "speaks for the host's file alone.");
	return true;
}

/* Entries of this program that are for another uid or parent would give way to a new one that has
 * a unit: then it names its own. */
static unsigned keys_to_tell_apart(const struct retold *retold)
{
	const struct baseline *baseline = retold->world.baseline;
	const unsigned told_apart = MATCH_UID | MATCH_PARENT_EXE;
	unsigned keys = 0;

	for (size_t i = 0; i < baseline->entry_count; i++) {
		unsigned lacks = retold_lacks(retold, &baseline->entries[i]);

		if (!(lacks & ~told_apart))
			keys |= lacks;
	}
	return keys;
}

static unsigned possible_keys(const struct retold *retold)
{
	const char *parent = retold->has_parent ? retold->parent.exe : NULL;
	unsigned keys = 0;

	if (retold->process.has_ids)
		keys |= MATCH_UID;
	if (parent && parent[0] == '/' && is_plain(parent))
		keys |= MATCH_PARENT_EXE;
	return keys;
}

static bool try_draft(struct draft *draft, const struct advice_question *question,
		      struct advice *advice)
{
	struct error err = {""};
	struct baseline *baseline;
	bool proved;

	find_left(draft);
	advice->yaml = write_entry(draft);
	if (!advice->yaml)
		return refuse(advice, "Out of memory.");
	baseline = trial_baseline_load(question->baseline, NULL, advice->yaml, &err);
	proved = baseline && proves(draft, baseline, &err);
	if (proved)
		say_also(draft, baseline, advice);
	else
		refuse(advice, "No entry was found that allows only this: %s.", err.text);
	baseline_free(baseline);
	if (proved)
		return true;
	free(advice->yaml);
	advice->yaml = NULL;
	return false;
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* With ever more keys, until no other entry ties. */
static bool try_keys(struct draft *draft, const struct advice_question *question,
		     struct advice *advice)
{
	static const unsigned more_keys[] = {0, MATCH_UID, MATCH_PARENT_EXE,
					     MATCH_UID | MATCH_PARENT_EXE};
	unsigned possible = possible_keys(draft->retold);
	unsigned needed = draft->extends ? 0 : keys_to_tell_apart(draft->retold) & possible;

	for (size_t i = 0; i < sizeof(more_keys) / sizeof(more_keys[0]); i++) {
		draft->keys = needed | more_keys[i];
		if ((more_keys[i] & ~possible) == 0 && try_draft(draft, question, advice))
			return true;
	}
	return false;
}

/* What is added to such an entry, programs that did nothing may do as well. */
static bool speaks_for_others(const struct baseline_entry *entry)
{
	return entry->match.exe.count != 1 || strpbrk(entry->match.exe.items[0], "*?[") != NULL;
}

static bool try_extending(struct draft *draft, const struct advice_question *question,
			  struct advice *advice)
{
	const struct baseline_entry *entry = draft->extends;

	advice->extends = entry;
	if (speaks_for_others(entry)) {
		draft->narrow = true;
		choose_name(draft);
		if (try_keys(draft, question, advice))
			return true;
		draft->narrow = false;
	}
	advice->merge = is_below(entry->file, question->folder);
	snprintf(draft->name, sizeof(draft->name), "%s", entry->name);
	if (!try_draft(draft, question, advice))
		return false;
	if (speaks_for_others(entry) && !advice->also[0])
		snprintf(advice->also, sizeof(advice->also),
			 "It also allows it to the other programs that %s speaks for.",
			 entry->name);
	return true;
}

bool advice_entry(const struct retold *retold, const struct advice_question *question,
		  struct advice *advice)
{
	struct draft draft = {.retold = retold, .starting = retold->phase == PHASE_STARTING};
	capmask missing;

	*advice = (struct advice){.yaml = NULL};
	if (!is_possible(retold, advice))
		return false;
	draft.extends = retold_entry(retold);
	if (draft.extends && retold_allows(retold, draft.extends, &missing))
		return refuse(advice, "The baseline in use allows it already, by its entry %s.",
			      draft.extends->name);
	if (draft.extends)
		return try_extending(&draft, question, advice);
	if (is_above_ceiling(retold))
		return refuse(advice, "The entry whose ceiling it was is not in the baseline any "
				      "more.");
	choose_name(&draft);
	return try_keys(&draft, question, advice);
}

void advice_free(struct advice *advice)
{
	free(advice->yaml);
	advice->yaml = NULL;
}
