/* SPDX-License-Identifier: Apache-2.0 */
/* Entries as written, of all folders, into the entries that judge. */
#include "common/hash.h"
#include "conf/baseline_source.h"

#include <linux/securebits.h>
#include <string.h>

static const char *const kind_words[] = {"service", "launcher"};

static int out_of_memory(struct error *err)
{
	return error_set(err, "out of memory while reading the baseline");
}

/* The entries that are done, by name. */
struct name_table {
	struct entry_source **buckets; /* the latest first */
	size_t count;
};

static struct entry_source **bucket_of(const struct name_table *done, const char *name)
{
	return &done->buckets[hash_text(0, name, strlen(name)) % done->count];
}

static void put_name(struct name_table *done, struct entry_source *entry)
{
	struct entry_source **bucket = bucket_of(done, entry->name);

	entry->bucket_next = *bucket;
	*bucket = entry;
}

/* The latest entry that is of this kind and name and still stands. */
static struct entry_source *find_standing(const struct name_table *done, enum source_kind kind,
					  const char *name)
{
	struct entry_source *entry = *bucket_of(done, name);

	while (entry && (entry->dropped || entry->kind != kind || strcmp(entry->name, name) != 0))
		entry = entry->bucket_next;
	return entry;
}

/* Unlike find_standing(), also an entry that another of its folder has extended away. */
static struct entry_source *find_in_layer(const struct name_table *done,
					  const struct entry_source *entry)
{
	struct entry_source *other = *bucket_of(done, entry->name);

	while (other && (other->layer != entry->layer || other->kind != entry->kind ||
			 strcmp(other->name, entry->name) != 0))
		other = other->bucket_next;
	return other;
}

static int join_strings(struct arena *arena, struct string_list *into,
			const struct string_list *more)
{
	char **items;

	if (more->count == 0)
		return 0;
	items = arena_alloc(arena, into->count + more->count, sizeof(*items));
	if (!items)
		return -1;
	if (into->count)
		memcpy(items, into->items, into->count * sizeof(*items));
	memcpy(items + into->count, more->items, more->count * sizeof(*items));
	into->items = items;
	into->count += more->count;
	return 0;
}

/* What an extending entry gives is added to what it extends. */
static int extend_grant(struct arena *arena, struct grant_source *into,
			const struct grant_source *more)
{
	struct grant *grant = &into->grant;
	const struct grant *added = &more->grant;

	if (!added->given)
		return 0;
	grant->given = true;
	into->place = more->place;
	grant->permitted |= added->permitted;
	grant->effective |= added->effective;
	grant->inheritable |= added->inheritable;
	grant->ambient |= added->ambient;
	grant->mechanisms |= added->mechanisms;
	grant->securebits |= added->securebits;
	grant->setuid = grant->setuid || added->setuid;
	grant->userns = grant->userns || added->userns;
	grant->denied |= added->denied;
	grant->denied_any = grant->denied_any || added->denied_any;
	into->permitted_same = into->permitted_same || more->permitted_same;
	into->effective_same = into->effective_same || more->effective_same;
	into->permitted_given = into->permitted_given || more->permitted_given;
	into->effective_given = into->effective_given || more->effective_given;
	into->ambient_given = into->ambient_given || more->ambient_given;
	into->mechanisms_given = into->mechanisms_given || more->mechanisms_given;
	return join_strings(arena, &grant->exec, &added->exec);
}

/* A key of match: that is given replaces the one extended; the others stay. */
static void extend_match(struct match_source *into, const struct match_source *more)
{
	struct match_rule *rule = &into->rule;
	const struct match_rule *given = &more->rule;

	if (more->given & MATCH_EXE)
		rule->exe = given->exe;
	if (more->given & MATCH_UNIT)
		rule->unit = given->unit;
	if (more->given & MATCH_PARENT_EXE)
		rule->parent_exe = given->parent_exe;
	if (more->given & MATCH_CONTAINER) {
		rule->names_container = true;
		rule->container_image = given->container_image;
		rule->container_name = given->container_name;
		rule->container_runtime = given->container_runtime;
	}
	if (more->given & MATCH_UID) {
		rule->uids = given->uids;
		rule->uid_count = given->uid_count;
	}
	if (more->given & MATCH_SESSION) {
		rule->has_session = true;
		rule->session = given->session;
	}
	if (more->given & MATCH_PARENT_PID) {
		rule->has_parent_pid = true;
		rule->parent_pid = given->parent_pid;
	}
	into->given |= more->given;
}

static void extend_rest(struct entry_source *into, const struct entry_source *more)
{
	if (more->ceiling_given) {
		into->ceiling_given = true;
		into->ceiling_kind = more->ceiling_kind;
		into->ceiling = more->ceiling;
	}
	if (more->mode_given) {
		into->mode_given = true;
		into->mode = more->mode;
	}
	if (more->exe_state_given) {
		into->exe_state_given = true;
		into->any_exe_file = more->any_exe_file;
	}
	if (more->starts_given) {
		into->starts_given = true;
		into->starts = more->starts;
	}
	if (more->runtime)
		into->runtime = more->runtime;
}

/* The entry becomes what it extends, plus its own. An entry of the same name is thereby replaced.
 */
static int extend_entry(struct arena *arena, struct entry_source *entry, struct entry_source *base)
{
	struct entry_source merged = *base;

	extend_match(&merged.match, &entry->match);
	extend_rest(&merged, entry);
	if (extend_grant(arena, &merged.start, &entry->start) < 0 ||
	    extend_grant(arena, &merged.running, &entry->running) < 0 ||
	    extend_grant(arena, &merged.grants, &entry->grants) < 0)
		return -1;
	merged.relation = RELATION_EXTENDS;
	merged.layer = entry->layer;
	merged.doc = entry->doc;
	merged.place = entry->place;
	merged.relation_place = entry->relation_place;
	merged.name = entry->name;
	merged.extends = entry->extends;
	if (strcmp(entry->name, base->name) == 0)
		base->dropped = true;
	*entry = merged;
	return 0;
}

static int fail_missing(const struct entry_source *entry, const char *what, const char *name,
			struct error *err)
{
	return yaml_doc_fail(
		entry->doc, entry->relation_place, err,
		"%s: there is no %s '%s' before this one; correct the name or remove the entry",
		what, kind_words[entry->kind], name);
}

static int fail_twice(const struct entry_source *entry, const struct entry_source *other,
		      struct error *err)
{
	if (other->layer == entry->layer)
		return yaml_doc_fail(
			entry->doc, entry->place, err,
			"%s '%s' is given twice, first at %s:%u:%u; remove or rename one",
			kind_words[entry->kind], entry->name, other->doc->file, other->place.line,
			other->place.column);
	return yaml_doc_fail(entry->doc, entry->place, err,
			     "%s '%s' exists already, at %s:%u:%u; say extends: %s, replace: true "
			     "or disabled: true",
			     kind_words[entry->kind], entry->name, other->doc->file,
			     other->place.line, other->place.column, entry->name);
}

/* All entries before it are done. */
static int relate_entry(struct arena *arena, const struct name_table *done,
			struct entry_source *entry, struct error *err)
{
	struct entry_source *twin = find_in_layer(done, entry);
	struct entry_source *earlier = find_standing(done, entry->kind, entry->name);
	struct entry_source *base;

	if (twin)
		return fail_twice(entry, twin, err);
	switch (entry->relation) {
	case RELATION_NONE:
		return earlier ? fail_twice(entry, earlier, err) : 0;
	case RELATION_REPLACE:
	case RELATION_DISABLED:
		if (!earlier)
			return fail_missing(
				entry, entry->relation == RELATION_REPLACE ? "replace" : "disabled",
				entry->name, err);
		earlier->dropped = true;
		entry->dropped = entry->relation == RELATION_DISABLED;
		return 0;
	case RELATION_EXTENDS:
		base = find_standing(done, entry->kind, entry->extends);
		if (!base)
			return fail_missing(entry, "extends", entry->extends, err);
		if (earlier && earlier != base)
			return fail_twice(entry, earlier, err);
		return extend_entry(arena, entry, base) < 0 ? out_of_memory(err) : 0;
	}
	return 0;
}

static int settle_grant(const struct entry_source *entry, struct grant_source *source,
			struct error *err)
{
	struct grant *grant = &source->grant;

	if (source->permitted_same && !source->effective_given)
		return yaml_doc_fail(entry->doc, source->place, err,
				     "permitted: same, but effective is not given; list it");
	if (source->effective_same && !source->permitted_given)
		return yaml_doc_fail(entry->doc, source->place, err,
				     "effective: same, but permitted is not given; list it");
	if (source->permitted_same)
		grant->permitted |= grant->effective;
	if (source->effective_same)
		grant->effective |= grant->permitted;
	if (!source->mechanisms_given)
		grant->mechanisms = 1u << MECHANISM_CAPSET;
	if (!source->mechanisms_given && source->ambient_given)
		grant->mechanisms |= 1u << MECHANISM_AMBIENT;
	return 0;
}

/* container: {image: x} says more than container: {} */
static unsigned count_keys(const struct match_source *match)
{
	const struct match_rule *rule = &match->rule;

	return (unsigned)__builtin_popcount(match->given) + !!rule->container_image.count +
	       !!rule->container_name.count + !!rule->container_runtime.count;
}

static int settle_entry(struct entry_source *entry, struct error *err)
{
	static const unsigned needed[] = {MATCH_EXE | MATCH_UNIT | MATCH_CONTAINER,
					  MATCH_EXE | MATCH_PARENT_EXE};
	static const char *const needed_words[] = {"exe, unit and container", "exe and parent_exe"};

	if (!(entry->match.given & needed[entry->kind]))
		return yaml_doc_fail(
			entry->doc, entry->place, err, "%s '%s' must match by at least one of %s",
			kind_words[entry->kind], entry->name, needed_words[entry->kind]);
	entry->match.rule.key_count = count_keys(&entry->match);
	if (settle_grant(entry, &entry->start, err) < 0 ||
	    settle_grant(entry, &entry->grants, err) < 0)
		return -1;
	return settle_grant(entry, &entry->running, err);
}

static char *copy_file(struct arena *arena, const struct entry_source *entry)
{
	return arena_copy(arena, entry->doc->file, strlen(entry->doc->file));
}

static int put_service(struct arena *arena, const struct entry_source *entry,
		       struct baseline *baseline)
{
	struct baseline_entry *put = &baseline->entries[baseline->entry_count++];

	*put = (struct baseline_entry){
		.name = entry->name,
		.file = copy_file(arena, entry),
		.line = entry->place.line,
		.column = entry->place.column,
		.match = entry->match.rule,
		.start = entry->start.grant,
		.running = entry->running.grant,
		.ceiling_kind = entry->ceiling_kind,
		.ceiling = entry->ceiling,
		.mode = entry->mode,
	};
	return put->file ? 0 : -1;
}

/* What systemd and the runtimes do for a target: nothing that makes the launcher itself more
 * powerful in effective or permitted. */
static const struct grant default_grants = {
	.inheritable = UINT64_MAX,
	.ambient = UINT64_MAX,
	.mechanisms = 1u << MECHANISM_CAPSET | 1u << MECHANISM_AMBIENT,
	.securebits = SECBIT_KEEP_CAPS,
	.setuid = true,
	.userns = true,
	.denied = UINT64_MAX,
	.denied_any = true,
};

static int put_launcher(struct arena *arena, const struct entry_source *entry,
			struct baseline *baseline)
{
	struct launcher_entry *put = &baseline->launchers[baseline->launcher_count++];

	*put = (struct launcher_entry){
		.name = entry->name,
		.file = copy_file(arena, entry),
		.line = entry->place.line,
		.column = entry->place.column,
		.match = entry->match.rule,
		.any_exe_file = entry->any_exe_file,
		.starts = entry->starts_given ? entry->starts : SERVICE_UNIT,
		.runtime = entry->runtime ? entry->runtime : entry->name,
		.grants = entry->grants.grant.given ? entry->grants.grant : default_grants,
	};
	return put->file ? 0 : -1;
}

static int put_entry(struct arena *arena, const struct entry_source *entry,
		     struct baseline *baseline)
{
	return entry->kind == SOURCE_SERVICE ? put_service(arena, entry, baseline)
					     : put_launcher(arena, entry, baseline);
}

static int relate_all(struct arena *arena, const struct source_list *list, struct error *err)
{
	struct name_table done = {.count = list->count + 1};

	done.buckets = arena_alloc(arena, done.count, sizeof(struct entry_source *));
	if (!done.buckets)
		return out_of_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		if (relate_entry(arena, &done, list->entries[i], err) < 0)
			return -1;
		put_name(&done, list->entries[i]);
	}
	return 0;
}

int baseline_resolve(struct arena *arena, struct source_list *list, struct baseline *baseline,
		     struct error *err)
{
	if (relate_all(arena, list, err) < 0)
		return -1;
	baseline->entries = arena_alloc(arena, list->count + 1, sizeof(*baseline->entries));
	baseline->launchers = arena_alloc(arena, list->count + 1, sizeof(*baseline->launchers));
	if (!baseline->entries || !baseline->launchers)
		return out_of_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i]->dropped)
			continue;
		if (settle_entry(list->entries[i], err) < 0)
			return -1;
		if (put_entry(arena, list->entries[i], baseline) < 0)
			return out_of_memory(err);
	}
	return 0;
}
