/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "conf/baseline_index.h"

#include <stdlib.h>
#include <string.h>

/* So many entries name the same exe that it tells less than the unit. */
enum { CROWD = 16 };

/* ---- ranks ----------------------------------------------------------------------------------- */

static unsigned specificity(const struct match_rule *rule)
{
	return (rule->names_container ? 4000u : 0) + (rule->unit.count ? 2000u : 0) +
	       (rule->exe.count ? 1000u : 0) + rule->key_count;
}

/* The most specific first; of equals, the one that was read first. */
static int by_specificity(const void *a, const void *b)
{
	const struct baseline_entry *one = *(const struct baseline_entry *const *)a;
	const struct baseline_entry *other = *(const struct baseline_entry *const *)b;
	unsigned first = specificity(&one->match), second = specificity(&other->match);

	if (first != second)
		return first > second ? -1 : 1;
	return (one > other) - (one < other);
}

static int rank_entries(struct arena *arena, const struct baseline *baseline,
			struct baseline_index *index)
{
	index->entries = arena_alloc(arena, baseline->entry_count + 1, sizeof(*index->entries));
	if (!index->entries)
		return -1;
	for (size_t i = 0; i < baseline->entry_count; i++)
		index->entries[i] = &baseline->entries[i];
	qsort(index->entries, baseline->entry_count, sizeof(*index->entries), by_specificity);
	return 0;
}

/* ---- what is left of a match when the unit is not known -------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_lists(const struct string_list *a, const struct string_list *b)
{
	int order = compare_numbers(a->count, b->count);

	for (size_t i = 0; order == 0 && i < a->count; i++)
		order = strcmp(a->items[i], b->items[i]);
	return order;
}

static int compare_uids(const struct match_rule *a, const struct match_rule *b)
{
	int order = compare_numbers(a->uid_count, b->uid_count);

	for (size_t i = 0; order == 0 && i < a->uid_count; i++)
		order = compare_numbers(a->uids[i], b->uids[i]);
	return order;
}

static int compare_containers(const struct match_rule *a, const struct match_rule *b)
{
	int order = compare_numbers(a->names_container, b->names_container);

	if (order == 0)
		order = compare_lists(&a->container_image, &b->container_image);
	if (order == 0)
		order = compare_lists(&a->container_name, &b->container_name);
	if (order == 0)
		order = compare_lists(&a->container_runtime, &b->container_runtime);
	return order;
}

static int compare_sessions(const struct match_rule *a, const struct match_rule *b)
{
	int order = compare_numbers(a->has_session, b->has_session);

	return order ? order : compare_numbers(a->session, b->session);
}

/* 0: they differ in nothing but the unit. */
static int compare_but_unit(const struct match_rule *a, const struct match_rule *b)
{
	int order = compare_lists(&a->exe, &b->exe);

	if (order == 0)
		order = compare_lists(&a->parent_exe, &b->parent_exe);
	if (order == 0)
		order = compare_containers(a, b);
	if (order == 0)
		order = compare_uids(a, b);
	return order ? order : compare_sessions(a, b);
}

static int by_rule_and_rank(const void *a, const void *b, void *ctx)
{
	const struct baseline_entry *const *entries = ctx;
	size_t one = *(const size_t *)a, other = *(const size_t *)b;
	int order = compare_but_unit(&entries[one]->match, &entries[other]->match);

	return order ? order : compare_numbers(one, other);
}

static int by_rank(const void *a, const void *b)
{
	return compare_numbers(*(const size_t *)a, *(const size_t *)b);
}

static void drop_alike(const struct baseline_index *index, struct rank_list *list)
{
	size_t kept = 0;

	qsort_r(list->ranks, list->count, sizeof(*list->ranks), by_rule_and_rank, index->entries);
	for (size_t i = 0; i < list->count; i++) {
		const struct match_rule *rule = &index->entries[list->ranks[i]]->match;

		if (kept == 0 ||
		    compare_but_unit(&index->entries[list->ranks[kept - 1]]->match, rule) != 0)
			list->ranks[kept++] = list->ranks[i];
	}
	list->count = kept;
	qsort(list->ranks, kept, sizeof(*list->ranks), by_rank);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool is_crowded(const struct glob_index *exes, const struct string_list *globs)
{
	for (size_t i = 0; i < globs->count; i++)
		if (!glob_index_has_often(exes, globs->items[i], CROWD))
			return false;
	return true;
}

static void add_rank(struct rank_list *list, size_t rank)
{
	list->ranks[list->count++] = rank;
}

static int keep_under(struct index_key *key, const struct string_list *globs, size_t rank)
{
	add_rank(&key->any, rank);
	return glob_index_add(key->globs, globs, rank);
}

static int keep_entry(struct baseline_index *index, size_t rank)
{
	const struct baseline_entry *entry = index->entries[rank];
	const struct match_rule *rule = &entry->match;
	const struct string_list name = {(char **)&entry->name, 1};

	if (glob_index_add(index->names, &name, rank) < 0)
		return -1;
	if (rule->exe.count && !(rule->unit.count && is_crowded(index->exes, &rule->exe)))
		return glob_index_add(index->exes, &rule->exe, rank);
	if (rule->unit.count)
		return keep_under(&index->units, &rule->unit, rank);
	if (rule->container_name.count)
		return keep_under(&index->container_names, &rule->container_name, rank);
	add_rank(&index->rest, rank);
	return 0;
}

static int keep_launcher(struct baseline_index *index, const struct launcher_entry *launcher,
			 size_t rank)
{
	if (launcher->match.exe.count)
		return glob_index_add(index->launcher_exes, &launcher->match.exe, rank);
	add_rank(&index->launcher_rest, rank);
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What each may come to hold: all globs, or all ranks. */
struct room {
	size_t globs, ranks;
};

static int make_empty(struct arena *arena, const struct room *room, struct baseline_index *index)
{
	struct glob_index **globs[] = {&index->names, &index->exes, &index->units.globs,
				       &index->container_names.globs, &index->launcher_exes};
	struct rank_list *lists[] = {&index->units.any, &index->container_names.any, &index->rest,
				     &index->launcher_rest};

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
		*globs[i] = glob_index_new(arena, room->globs);
		if (!*globs[i])
			return -1;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		lists[i]->ranks = arena_alloc(arena, room->ranks, sizeof(size_t));
		if (!lists[i]->ranks)
			return -1;
	}
	return 0;
}

static struct room measure(const struct baseline *baseline)
{
	struct room room = {0, baseline->entry_count + baseline->launcher_count + 1};

	for (size_t i = 0; i < baseline->entry_count; i++) {
		const struct match_rule *rule = &baseline->entries[i].match;

		room.globs += 1 + rule->exe.count + rule->unit.count + rule->container_name.count;
	}
	for (size_t i = 0; i < baseline->launcher_count; i++)
		room.globs += baseline->launchers[i].match.exe.count;
	return room;
}

/* From the highest rank down, as glob_index wants it. */
static int keep_all(const struct baseline *baseline, struct baseline_index *index)
{
	for (size_t rank = baseline->entry_count; rank-- > 0;)
		if (keep_entry(index, rank) < 0)
			return -1;
	for (size_t rank = baseline->launcher_count; rank-- > 0;)
		if (keep_launcher(index, &baseline->launchers[rank], rank) < 0)
			return -1;
	return 0;
}

int baseline_index_make(struct arena *arena, struct baseline *baseline)
{
	struct baseline_index *index = arena_alloc(arena, 1, sizeof(*index));
	struct room room = measure(baseline);

	if (!index || rank_entries(arena, baseline, index) < 0 ||
	    make_empty(arena, &room, index) < 0 || keep_all(baseline, index) < 0)
		return -1;
	drop_alike(index, &index->units.any);
	drop_alike(index, &index->container_names.any);
	drop_alike(index, &index->rest);
	qsort(index->launcher_rest.ranks, index->launcher_rest.count, sizeof(size_t), by_rank);
	baseline->index = index;
	return 0;
}

void rank_list_search(const struct rank_list *list, struct glob_search *search)
{
	for (size_t i = 0; i < list->count && list->ranks[i] < search->found; i++)
		if (search->fits(search->ctx, list->ranks[i]))
			search->found = list->ranks[i];
}
