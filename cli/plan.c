/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan.h"

#include <inttypes.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/advice.h"
#include "common/text.h"
#include "judge/retold.h"

enum { NAME_MAX_LENGTH = 128, SENTENCE_MAX = 1024, CEILING_CAPS_MAX = 8 };

const char *const plan_key_words[PLAN_KEYS] = {"mechanisms",  "permitted", "effective",
					       "inheritable", "ambient",   "securebits",
					       "setuid",      "userns",	   "denied"};

struct making {
	const struct plan_question *question;
	struct plan *plan;
	bool failed; /* out of memory */
};

/* ---- evidence ---- */

static int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void add_evidence(json_t *evidence, const struct learnt_kind *kind)
{
	int64_t last = number_of(evidence, "last");

	json_object_set_new(evidence, "count",
			    json_integer(number_of(evidence, "count") + kind->count));
	json_object_set_new(evidence, "last", json_integer(kind->last > last ? kind->last : last));
	json_object_update(json_object_get(evidence, "hosts"), (json_t *)kind->hosts);
}

static json_t *new_evidence(void)
{
	return json_pack("{s:i, s:i, s:{}}", "count", 0, "last", 0, "hosts");
}

char *plan_evidence(const struct plan *plan, const json_t *evidence, char *buf, size_t size)
{
	size_t hosts = json_object_size(json_object_get(evidence, "hosts"));
	int64_t count = number_of(evidence, "count");
	char last[32];

	text_time(number_of(evidence, "last"), last, sizeof(last));
	/* a second is enough */
	snprintf(buf, size, "%" PRId64 " time%s, last %.19sZ", count, count == 1 ? "" : "s", last);
	if (plan->hosts > 1)
		snprintf(buf + strlen(buf), size - strlen(buf), ", on %zu of %zu hosts", hosts,
			 plan->hosts);
	return buf;
}

/* ---- grants ---- */

static void grant(struct making *making, struct plan_grant *to, enum plan_key key, const char *word,
		  const struct learnt_kind *kind)
{
	json_t *evidence;

	if (!to->keys[key])
		to->keys[key] = json_object();
	evidence = json_object_get(to->keys[key], word);
	if (!evidence) {
		evidence = new_evidence();
		if (!evidence || json_object_set_new(to->keys[key], word, evidence) < 0) {
			making->failed = true;
			return;
		}
	}
	add_evidence(evidence, kind);
}

static void grant_caps(struct making *making, struct plan_grant *to, enum plan_key key,
		       capmask caps, const struct learnt_kind *kind)
{
	for (int bit = 0; bit < CAPMASK_BITS; bit++)
		if (caps & CAPMASK_BIT(bit))
			grant(making, to, key, capmask_name(bit), kind);
}

static void grant_sets(struct making *making, struct plan_grant *to, const struct event_sets *sets,
		       const struct learnt_kind *kind)
{
	grant_caps(making, to, PLAN_PERMITTED, sets->permitted, kind);
	grant_caps(making, to, PLAN_EFFECTIVE, sets->effective, kind);
	grant_caps(making, to, PLAN_INHERITABLE, sets->inheritable, kind);
	grant_caps(making, to, PLAN_AMBIENT, sets->ambient, kind);
}

/* keep-caps at a start needs no entry. */
static void grant_securebits(struct making *making, struct plan_grant *to, uint8_t loosened,
			     const struct learnt_kind *kind)
{
	for (unsigned bit = 0; bit < SECUREBITS_COUNT; bit++)
		if (loosened & 1u << bit)
			grant(making, to, PLAN_SECUREBITS, vocab_word(&vocab_securebits, bit),
			      kind);
}

static void grant_gain(struct making *making, struct plan_grant *to, const struct transition *t,
		       const struct learnt_kind *kind)
{
	if (t->outcome == OUTCOME_DENIED && t->denied) {
		grant_caps(making, to, PLAN_DENIED, t->denied, kind);
		return;
	}
	if (t->outcome == OUTCOME_DENIED) {
		grant(making, to, PLAN_DENIED, "all", kind);
		return;
	}
	switch (t->mechanism) {
	case MECHANISM_CAPSET:
	case MECHANISM_AMBIENT:
	case MECHANISM_EXEC:
		grant(making, to, PLAN_MECHANISMS, vocab_word(&vocab_mechanism, t->mechanism),
		      kind);
		grant_sets(making, to, &t->gained, kind);
		return;
	case MECHANISM_FILE_CAPS:
		grant(making, to, PLAN_MECHANISMS, vocab_word(&vocab_mechanism, t->mechanism),
		      kind);
		return;
	case MECHANISM_SECUREBITS:
		grant_securebits(making, to, t->loosened, kind);
		return;
	case MECHANISM_SETUID:
		grant(making, to, PLAN_SETUID, "true", kind);
		return;
	case MECHANISM_USERNS:
		grant(making, to, PLAN_USERNS, "true", kind);
		return;
	case MECHANISM_CAP_LAST_CAP:
	case MECHANISM_SWEEP:
	case MECHANISM_AUDIT:
	case MECHANISM_CONFIG:
		break; /* nothing that an entry can allow */
	}
}

/* ---- entries ---- */

static enum plan_place place_of(const struct retold *retold)
{
	const struct service *service = retold->process.service;

	if (service && service->kind == SERVICE_UNIT && service->template_name[0])
		return PLAN_UNIT;
	if (service && service->kind == SERVICE_SESSION)
		return PLAN_SESSION;
	return PLAN_ANYWHERE;
}

/* The plan's entries, or those in use. */
struct entry_list {
	struct plan_entry **entries;
	size_t *count;
};

static struct plan_entry *add_entry(struct making *making, struct entry_list list,
				    const struct retold *retold,
				    const struct baseline_entry *extends)
{
	struct plan_entry *grown = realloc(*list.entries, (*list.count + 1) * sizeof(*grown)),
			  *entry;

	if (!grown) {
		making->failed = true;
		return NULL;
	}
	*list.entries = grown;
	entry = &grown[(*list.count)++];
	*entry = (struct plan_entry){.exe = retold->process.exe,
				     .place = place_of(retold),
				     .units = json_object(),
				     .extends = extends};
	return entry;
}

static struct plan_entry *entry_for(struct making *making, struct entry_list list,
				    const struct retold *retold,
				    const struct baseline_entry *extends)
{
	struct plan_entry *entry = *list.entries;

	for (size_t left = *list.count; left > 0; left--, entry++)
		if (extends ? entry->extends == extends
			    : !entry->extends && entry->place == place_of(retold) &&
				      strcmp(entry->exe, retold->process.exe) == 0)
			return entry;
	return add_entry(making, list, retold, extends);
}

static void note_unit(struct plan_entry *entry, const struct retold *retold)
{
	if (place_of(retold) == PLAN_UNIT)
		json_object_set_new(entry->units, retold->service.template_name, json_true());
}

/* What speaks for the process and can be made to say more. One without an exe speaks for more than
 * this program. */
static const struct baseline_entry *extendable(const struct retold *retold)
{
	const struct baseline_entry *entry = retold_entry(retold);

	return entry && entry->match.exe.count > 0 ? entry : NULL;
}

/* ---- what is not suggested ---- */

static void say(struct making *making, json_t *list, const char *what, const struct retold *retold,
		const struct learnt_kind *kind)
{
	const struct transition *t = &retold->transition;
	char text[SENTENCE_MAX], caps[SENTENCE_MAX / 2], exe[SENTENCE_MAX / 4], evidence[160];
	capmask gained = t->gained.permitted | t->gained.effective | t->gained.inheritable |
			 t->gained.ambient;
	const char *path = retold->process.exe ? retold->process.exe
					       : "a program that is not known";
	json_t *one = new_evidence();

	add_evidence(one, kind);
	text_to_line(path, strlen(path), exe, sizeof(exe));
	snprintf(text, sizeof(text), "%s: %s%s%s%s%s: %s (%s)", exe,
		 vocab_word(&vocab_mechanism, t->mechanism), gained ? " of " : "",
		 gained ? capmask_to_text(gained, caps, sizeof(caps)) : "",
		 retold->service.template_name[0] ? ", in " : "", retold->service.template_name,
		 what, plan_evidence(making->plan, one, evidence, sizeof(evidence)));
	json_array_append_new(list, text_to_json(text, strlen(text)));
	json_decref(one);
}

/* NULL, or why no entry is suggested. */
static const char *obstacle(const struct retold *retold)
{
	if (!retold->process.exe || retold->process.exe[0] != '/')
		return "which program it was is not known, and nothing is allowed by its name "
		       "alone";
	if (retold->service.kind == SERVICE_CONTAINER)
		return "in a container, where an entry cannot tell one program or image from "
		       "another; "
		       "give the container what it needs instead";
	if (retold->process.exe_identity == EXE_ID_OTHER)
		return "the program was not the host's file of that path (deleted, replaced or "
		       "another's), and no entry speaks for such a one";
	if (advice_risks(retold) & ADVICE_WRITABLE_PLACE)
		return "the program lies where others than root can put one; install it elsewhere";
	return NULL;
}

/* ---- one kind ---- */

static bool is_allowed(const struct retold *retold, const struct baseline_entry *entry)
{
	capmask missing;

	return retold_allows(retold, entry, &missing);
}

/* Of a start that takes somewhat longer it would come after its end. */
static bool is_late(const struct making *making, const struct retold *retold,
		    const struct learnt_kind *kind)
{
	return retold->phase == PHASE_STARTING &&
	       kind->after_start_most > making->question->start_window_ms / 2;
}

static struct plan_grant *grants_of(struct plan_entry *entry, const struct retold *retold)
{
	return retold->phase == PHASE_STARTING ? &entry->start : &entry->running;
}

static void note_use(struct making *making, const struct retold *retold,
		     const struct learnt_kind *kind)
{
	const struct entry_list used = {&making->plan->used, &making->plan->used_count};
	const struct baseline_entry *present = retold_entry(retold);
	struct plan_entry *entry = present ? entry_for(making, used, retold, present) : NULL;

	if (entry)
		grant_gain(making, grants_of(entry, retold), &retold->transition, kind);
}

static void suggest(struct making *making, const struct retold *retold, bool late,
		    const struct learnt_kind *kind)
{
	const struct entry_list entries = {&making->plan->entries, &making->plan->count};
	struct plan_entry *entry = entry_for(making, entries, retold, extendable(retold));

	if (!entry)
		return;
	note_unit(entry, retold);
	entry->risks |= advice_risks(retold);
	entry->phase_unknown |= retold->phase == PHASE_UNKNOWN;
	entry->late |= late;
	grant_gain(making, grants_of(entry, retold), &retold->transition, kind);
}

static void take_gain(struct making *making, const struct learnt_kind *kind)
{
	const struct plan_question *question = making->question;
	struct retold retold;
	const char *why_not;
	bool late;

	if (!question->launcher_grants && json_is_true(json_object_get(kind->facts, "launcher")))
		return;
	if (retold_read(&retold, kind->facts, question->baseline, NULL) < 0)
		return;
	retold.transition.previous = PREVIOUS_KNOWN; /* it is not what kinds are known by */
	making->plan->gains += kind->count;
	if (retold.service.kind == SERVICE_CONTAINER)
		making->plan->any_container = true;
	note_use(making, &retold, kind);
	late = is_late(making, &retold, kind);
	if (late)
		retold.phase = PHASE_RUNNING;
	if (is_allowed(&retold, retold_entry(&retold))) {
		making->plan->allowed += kind->count;
		/* an entry made for its program and unit takes the place of what allows it now */
		if (extendable(&retold) || is_allowed(&retold, NULL) || obstacle(&retold))
			return;
	}
	why_not = obstacle(&retold);
	if (why_not)
		say(making, making->plan->left_out, why_not, &retold, kind);
	else
		suggest(making, &retold, late, kind);
}

static void take_kind(void *ctx, const struct learnt_kind *kind)
{
	struct making *making = ctx;

	json_object_update(making->plan->host_names, (json_t *)kind->hosts);
	making->plan->hosts = json_object_size(making->plan->host_names);
	if (strcmp(kind->what, "left-out") == 0)
		json_array_append_new(making->plan->left_out,
				      json_sprintf("%" PRId64
						   " sightings that there was no room for while "
						   "learning",
						   kind->count));
}

static void take_gains(void *ctx, const struct learnt_kind *kind)
{
	if (strcmp(kind->what, "gain") == 0)
		take_gain(ctx, kind);
}

/* ---- ceilings ---- */

/* A new entry's: the most that any of its processes held once their service had started. */
static void take_held(void *ctx, const struct learnt_kind *kind)
{
	struct making *making = ctx;
	const json_t *process = json_object_get(kind->facts, "process");
	const char *exe = json_string_value(json_object_get(process, "exe"));
	const char *unit = json_string_value(
		json_object_get(json_object_get(kind->facts, "service"), "template"));

	for (size_t i = 0;
	     exe && unit && strcmp(kind->what, "held") == 0 && i < making->plan->count; i++) {
		struct plan_entry *entry = &making->plan->entries[i];

		if (entry->extends || entry->place != PLAN_UNIT || strcmp(entry->exe, exe) != 0 ||
		    !json_object_get(entry->units, unit))
			continue;
		if (!entry->has_ceiling)
			entry->ceiling_evidence = new_evidence();
		entry->has_ceiling = true;
		entry->ceiling |= capmask_from_json(json_object_get(kind->facts, "held"));
		add_evidence(entry->ceiling_evidence, kind);
	}
}

static int count_caps(capmask mask)
{
	int count = 0;

	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

capmask plan_caps(const struct plan_grant *grants, enum plan_key key)
{
	const char *name;
	json_t *evidence;
	capmask mask = 0;
	int bit;

	json_object_foreach(grants->keys[key], name, evidence)
	{
		if (capmask_bit_from_name(name, &bit) == 0)
			mask |= CAPMASK_BIT(bit);
	}
	return mask;
}

/* One that is longer than a person reads, as root's who gave up nothing, holds nothing back; nor
 * may it be below what the entry itself grants. */
static void settle_ceiling(struct plan_entry *entry)
{
	entry->ceiling |= plan_caps(&entry->running, PLAN_PERMITTED) |
			  plan_caps(&entry->running, PLAN_EFFECTIVE);
	if (entry->has_ceiling &&
	    (count_caps(entry->ceiling) > CEILING_CAPS_MAX || entry->running.keys[PLAN_SETUID]))
		entry->has_ceiling = false;
}

/* ---- hosts ---- */

static bool is_rare(const struct making *making, const json_t *evidence)
{
	return json_object_size(json_object_get(evidence, "hosts")) < making->question->min_hosts;
}

static void say_outlier(struct making *making, const struct plan_entry *entry, const char *phase,
			const char *key, const char *word, const json_t *evidence)
{
	char text[SENTENCE_MAX], about[160], exe[SENTENCE_MAX / 4];
	const char *id;
	json_t *name;
	size_t used;

	snprintf(text, sizeof(text), "%s, %s: %s: %s: %s: ",
		 text_to_line(entry->exe, strlen(entry->exe), exe, sizeof(exe)), phase, key, word,
		 plan_evidence(making->plan, evidence, about, sizeof(about)));
	json_object_foreach(json_object_get(evidence, "hosts"), id, name)
	{
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "%s%s",
			 text[used - 2] == ':' ? "" : ", ", json_string_value(name));
	}
	json_array_append_new(making->plan->outliers, text_to_json(text, strlen(text)));
}

static void drop_rare(struct making *making, const struct plan_entry *entry,
		      struct plan_grant *grants, const char *phase)
{
	for (int key = 0; key < PLAN_KEYS; key++) {
		const char *word;
		json_t *evidence;
		void *next;

		json_object_foreach_safe(grants->keys[key], next, word, evidence)
		{
			if (!is_rare(making, evidence))
				continue;
			say_outlier(making, entry, phase, plan_key_words[key], word, evidence);
			json_object_del(grants->keys[key], word);
		}
		if (json_object_size(grants->keys[key]) == 0) {
			json_decref(grants->keys[key]);
			grants->keys[key] = NULL;
		}
	}
}

/* ---- settling ---- */

static bool has_sets(const struct plan_grant *grants)
{
	return grants->keys[PLAN_PERMITTED] || grants->keys[PLAN_EFFECTIVE] ||
	       grants->keys[PLAN_INHERITABLE] || grants->keys[PLAN_AMBIENT];
}

bool plan_is_empty(const struct plan_grant *grants)
{
	for (int key = 0; key < PLAN_KEYS; key++)
		if (grants->keys[key])
			return false;
	return true;
}

static bool has_all(const json_t *words, const json_t *of)
{
	const char *word;
	json_t *evidence;

	/* NOLINTNEXTLINE(bugprone-casting-through-void): jansson's own macro; nothing is changed */
	json_object_foreach((json_t *)of, word, evidence)
	{
		if (!json_object_get(words, word))
			return false;
	}
	return true;
}

/* What it may gain while running it may gain while starting, too. */
static void drop_repeated(struct plan_entry *entry)
{
	struct plan_grant *start = &entry->start, *running = &entry->running;
	bool same_ways = has_all(running->keys[PLAN_MECHANISMS], start->keys[PLAN_MECHANISMS]);

	for (int key = 0; key < PLAN_KEYS; key++) {
		const char *word;
		json_t *evidence;

		if (!start->keys[key] || key == PLAN_MECHANISMS ||
		    (!same_ways && key >= PLAN_PERMITTED && key <= PLAN_AMBIENT))
			continue;
		json_object_foreach(running->keys[key], word, evidence)
		{
			json_object_del(start->keys[key], word);
		}
		if (json_object_size(start->keys[key]) == 0) {
			json_decref(start->keys[key]);
			start->keys[key] = NULL;
		}
	}
	if (start->keys[PLAN_MECHANISMS] && !has_sets(start) && same_ways) {
		json_decref(start->keys[PLAN_MECHANISMS]);
		start->keys[PLAN_MECHANISMS] = NULL;
	}
}

/* capset alone, and ambient where that is given, is what a grant means anyhow. */
static void drop_usual_mechanisms(struct plan_grant *grants)
{
	json_t *mechanisms = grants->keys[PLAN_MECHANISMS];
	size_t usual = (json_object_get(mechanisms, "capset") != NULL) +
		       (json_object_get(mechanisms, "ambient") != NULL &&
			grants->keys[PLAN_AMBIENT] != NULL);

	if (json_object_size(mechanisms) > usual)
		return;
	json_decref(mechanisms);
	grants->keys[PLAN_MECHANISMS] = NULL;
}

/* Given at all they replace what is meant where none are: then those that the entry has are listed,
 * too. */
static void settle_extended_mechanisms(struct plan_grant *grants, const struct grant *present)
{
	json_t *mechanisms = grants->keys[PLAN_MECHANISMS], *evidence;
	const char *word;
	bool any = false;

	if (!mechanisms)
		return;
	json_object_foreach(mechanisms, word, evidence)
	{
		any |= !(present->mechanisms >> vocab_value(&vocab_mechanism, word) & 1);
	}
	if (!any) {
		json_decref(mechanisms);
		grants->keys[PLAN_MECHANISMS] = NULL;
		return;
	}
	for (unsigned i = 0; i < vocab_mechanism.count; i++)
		if (present->mechanisms >> i & 1 &&
		    !json_object_get(mechanisms, vocab_word(&vocab_mechanism, i)))
			json_object_set_new(mechanisms, vocab_word(&vocab_mechanism, i),
					    json_null());
}

static void free_entry(struct plan_entry *entry)
{
	for (int key = 0; key < PLAN_KEYS; key++) {
		json_decref(entry->start.keys[key]);
		json_decref(entry->running.keys[key]);
	}
	json_decref(entry->units);
	json_decref(entry->ceiling_evidence);
	free(entry->name);
}

static void settle_entries(struct making *making)
{
	struct plan *plan = making->plan;
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct plan_entry *entry = &plan->entries[i];

		drop_rare(making, entry, &entry->start, "start");
		drop_rare(making, entry, &entry->running, "running");
		drop_repeated(entry);
		if (plan_is_empty(&entry->start) && plan_is_empty(&entry->running)) {
			free_entry(entry);
			continue;
		}
		if (entry->extends) {
			settle_extended_mechanisms(&entry->start, &entry->extends->start);
			settle_extended_mechanisms(&entry->running, &entry->extends->running);
		} else {
			drop_usual_mechanisms(&entry->start);
			drop_usual_mechanisms(&entry->running);
		}
		settle_ceiling(entry);
		plan->entries[kept++] = *entry;
	}
	plan->count = kept;
}

/* ---- names ---- */

static bool is_taken(const struct plan *plan, const struct baseline *baseline, const char *name)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->entries[i].name && strcmp(plan->entries[i].name, name) == 0)
			return true;
	return baseline_find(baseline, name) != NULL;
}

/* What a name may hold (capwatch-baseline(5)) of the program's. */
static void base_name(const struct plan_entry *entry, char name[NAME_MAX_LENGTH + 1])
{
	static const char valid[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+:";
	const char *slash = strrchr(entry->exe, '/');
	size_t used = 0;

	for (const char *c = slash + 1; *c && used < NAME_MAX_LENGTH / 2; c++)
		name[used++] = strchr(valid, *c) ? *c : '_';
	snprintf(name + used, NAME_MAX_LENGTH + 1 - used, "%s",
		 used == 0			? "program"
		 : entry->place == PLAN_SESSION ? "-in-session"
						: "");
}

static void name_entry(struct making *making, struct plan_entry *entry)
{
	char base[NAME_MAX_LENGTH + 1], name[NAME_MAX_LENGTH + 16];

	base_name(entry, base);
	snprintf(name, sizeof(name), "%s", entry->extends ? entry->extends->name : base);
	for (unsigned i = 2;
	     !entry->extends && is_taken(making->plan, making->question->baseline, name); i++)
		snprintf(name, sizeof(name), "%s-%u", base, i);
	entry->name = strdup(name);
	making->failed |= !entry->name;
}

static int by_exe_and_place(const void *a, const void *b)
{
	const struct plan_entry *one = a, *other = b;
	int order = strcmp(one->exe, other->exe);

	if (order == 0)
		order = (int)one->place - (int)other->place;
	if (order == 0 && one->extends && other->extends)
		order = strcmp(one->extends->name, other->extends->name);
	return order;
}

static bool has_container_entry(const struct baseline *baseline)
{
	for (size_t i = 0; i < baseline->entry_count; i++)
		if (baseline->entries[i].match.names_container)
			return true;
	return false;
}

/* ---- the whole ---- */

static struct plan *new_plan(void)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->left_out = json_array();
	plan->outliers = json_array();
	plan->host_names = json_object();
	return plan;
}

struct plan *plan_make(const struct plan_question *question, struct error *err)
{
	struct making making = {.question = question, .plan = new_plan()};

	if (!making.plan) {
		error_set(err, "out of memory");
		return NULL;
	}
	learnt_each(question->learnt, take_kind, &making);
	learnt_each(question->learnt, take_gains, &making);
	learnt_each(question->learnt, take_held, &making);
	settle_entries(&making);
	if (making.plan->count > 0)
		qsort(making.plan->entries, making.plan->count, sizeof(struct plan_entry),
		      by_exe_and_place);
	for (size_t i = 0; i < making.plan->count; i++)
		name_entry(&making, &making.plan->entries[i]);
	making.plan->any_container &= !has_container_entry(question->baseline);
	if (!making.failed)
		return making.plan;
	plan_free(making.plan);
	error_set(err, "out of memory");
	return NULL;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++)
		free_entry(&plan->entries[i]);
	free(plan->entries);
	for (size_t i = 0; i < plan->used_count; i++)
		free_entry(&plan->used[i]);
	free(plan->used);
	json_decref(plan->left_out);
	json_decref(plan->outliers);
	json_decref(plan->host_names);
	free(plan);
}
