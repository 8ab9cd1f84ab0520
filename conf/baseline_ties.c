/* SPDX-License-Identifier: Apache-2.0 */
/* Two entries that could match one process and of which neither is more specific. */
#include "conf/baseline.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GLOB_COMPARED_MAX = 256 };

enum element_kind { ELEMENT_END, ELEMENT_LITERAL, ELEMENT_ONE, ELEMENT_ANY };

struct element {
	enum element_kind kind;
	char literal;
	size_t next; /* where the glob goes on */
};

/* A set [...] counts as '?': what it might match is taken to overlap. */
static struct element element_at(const char *glob, size_t position)
{
	const char *close;

	if (glob[position] == '\0')
		return (struct element){ELEMENT_END, '\0', position};
	if (glob[position] == '*')
		return (struct element){ELEMENT_ANY, '\0', position + 1};
	if (glob[position] == '?')
		return (struct element){ELEMENT_ONE, '\0', position + 1};
	if (glob[position] == '[' && glob[position + 1]) {
		close = strchr(glob + position + 2, ']');
		if (close)
			return (struct element){ELEMENT_ONE, '\0', (size_t)(close - glob) + 1};
	}
	if (glob[position] == '\\' && glob[position + 1])
		position++;
	return (struct element){ELEMENT_LITERAL, glob[position], position + 1};
}

struct overlap {
	const char *a, *b;
	/* [i][j]: the rests from i of a and from j of b are known to be apart, so each is tried
	 * once */
	bool apart[GLOB_COMPARED_MAX][GLOB_COMPARED_MAX];
};

static bool rests_overlap(struct overlap *o, size_t i, size_t j);

/* Matched with FNM_PATHNAME: '*' and '?' take no '/'. */
static bool is_for_wild(const struct element *other)
{
	return other->kind != ELEMENT_END &&
	       !(other->kind == ELEMENT_LITERAL && other->literal == '/');
}

static bool elements_overlap(struct overlap *o, size_t i, size_t j)
{
	struct element a = element_at(o->a, i), b = element_at(o->b, j);

	if (a.kind == ELEMENT_END && b.kind == ELEMENT_END)
		return true;
	if (a.kind == ELEMENT_ANY &&
	    (rests_overlap(o, a.next, j) || (is_for_wild(&b) && rests_overlap(o, i, b.next))))
		return true;
	if (b.kind == ELEMENT_ANY &&
	    (rests_overlap(o, i, b.next) || (is_for_wild(&a) && rests_overlap(o, a.next, j))))
		return true;
	if (a.kind == ELEMENT_ANY || b.kind == ELEMENT_ANY || a.kind == ELEMENT_END ||
	    b.kind == ELEMENT_END)
		return false;
	if (a.kind == ELEMENT_LITERAL && b.kind == ELEMENT_LITERAL)
		return a.literal == b.literal && rests_overlap(o, a.next, b.next);
	return is_for_wild(&a) && is_for_wild(&b) && rests_overlap(o, a.next, b.next);
}

static bool rests_overlap(struct overlap *o, size_t i, size_t j)
{
	if (o->apart[i][j])
		return false;
	if (elements_overlap(o, i, j))
		return true;
	o->apart[i][j] = true;
	return false;
}

static bool is_literal(const char *glob)
{
	return !strpbrk(glob, "*?[\\");
}

static bool globs_overlap(const char *a, const char *b)
{
	struct overlap *o;
	bool result;

	if (is_literal(a) && is_literal(b))
		return strcmp(a, b) == 0;
	if (is_literal(a))
		return fnmatch(b, a, FNM_PATHNAME) == 0;
	if (is_literal(b))
		return fnmatch(a, b, FNM_PATHNAME) == 0;
	/* too long to compare, or no memory for it: better a tie too many than one unseen */
	if (strlen(a) >= GLOB_COMPARED_MAX || strlen(b) >= GLOB_COMPARED_MAX)
		return true;
	o = calloc(1, sizeof(*o));
	if (!o)
		return true;
	o->a = a;
	o->b = b;
	result = rests_overlap(o, 0, 0);
	free(o);
	return result;
}

/* "getty@.service" is also the name of every getty@tty1.service: as a glob, getty@*.service. */
static void write_instances(const char *unit, char *buf, size_t size)
{
	const char *at = strstr(unit, "@.");

	if (at)
		snprintf(buf, size, "%.*s@*%s", (int)(at - unit), unit, at + 1);
	else
		snprintf(buf, size, "%s", unit);
}

static bool units_overlap(const char *a, const char *b)
{
	char instances_a[GLOB_COMPARED_MAX + 2], instances_b[GLOB_COMPARED_MAX + 2];

	if (strlen(a) >= GLOB_COMPARED_MAX || strlen(b) >= GLOB_COMPARED_MAX)
		return globs_overlap(a, b);
	write_instances(a, instances_a, sizeof(instances_a));
	write_instances(b, instances_b, sizeof(instances_b));
	return globs_overlap(instances_a, instances_b);
}

/* A key that only one of the two has does not keep them apart. */
static bool lists_overlap(const struct string_list *a, const struct string_list *b,
			  bool (*overlap)(const char *a, const char *b))
{
	if (a->count == 0 || b->count == 0)
		return true;
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (overlap(a->items[i], b->items[j]))
				return true;
	return false;
}

static bool uids_overlap(const struct match_rule *a, const struct match_rule *b)
{
	if (a->uid_count == 0 || b->uid_count == 0)
		return true;
	for (size_t i = 0; i < a->uid_count; i++)
		for (size_t j = 0; j < b->uid_count; j++)
			if (a->uids[i] == b->uids[j])
				return true;
	return false;
}

static bool rules_overlap(const struct match_rule *a, const struct match_rule *b)
{
	return lists_overlap(&a->exe, &b->exe, globs_overlap) &&
	       lists_overlap(&a->unit, &b->unit, units_overlap) &&
	       lists_overlap(&a->parent_exe, &b->parent_exe, globs_overlap) &&
	       lists_overlap(&a->container_image, &b->container_image, globs_overlap) &&
	       lists_overlap(&a->container_name, &b->container_name, globs_overlap) &&
	       lists_overlap(&a->container_runtime, &b->container_runtime, globs_overlap) &&
	       uids_overlap(a, b) &&
	       !(a->has_session && b->has_session && a->session != b->session);
}

/* container, then unit, then exe, then the number of keys: as judge/match decides */
static bool equally_specific(const struct match_rule *a, const struct match_rule *b)
{
	return a->names_container == b->names_container && !a->unit.count == !b->unit.count &&
	       !a->exe.count == !b->exe.count && a->key_count == b->key_count;
}

int baseline_check_ties(const struct baseline *baseline, struct error *err)
{
	for (size_t i = 0; i < baseline->entry_count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];

		for (size_t j = 0; j < i; j++) {
			const struct baseline_entry *other = &baseline->entries[j];

			if (!equally_specific(&entry->match, &other->match) ||
			    !rules_overlap(&entry->match, &other->match))
				continue;
			return error_set(err,
					 "%s:%u:%u: service '%s' can match the same process as "
					 "'%s' at %s:%u:%u, and neither "
					 "is more specific; narrow the match of one",
					 entry->file, entry->line, entry->column, entry->name,
					 other->name, other->file, other->line, other->column);
		}
	}
	return 0;
}
