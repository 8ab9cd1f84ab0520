/* SPDX-License-Identifier: Apache-2.0 */
/* Two entries that could match one process and of which neither is more specific. */
#include "conf/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/glob.h"

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

static bool begin_alike(const char *a, size_t a_beginning, const char *b, size_t b_beginning)
{
	return strncmp(a, b, a_beginning < b_beginning ? a_beginning : b_beginning) == 0;
}

static bool globs_overlap(const char *a, const char *b)
{
	struct overlap *o;
	bool result;

	if (!begin_alike(a, glob_beginning(a), b, glob_beginning(b)))
		return false;
	if (glob_is_literal(a))
		return glob_matches(b, a);
	if (glob_is_literal(b))
		return glob_matches(a, b);
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

/* What stands for itself in all instances, too. */
static size_t unit_beginning(const char *unit)
{
	size_t beginning = glob_beginning(unit);
	const char *at = memchr(unit, '@', beginning);

	return at ? (size_t)(at - unit) : beginning;
}

static bool units_overlap(const char *a, const char *b)
{
	char instances_a[GLOB_COMPARED_MAX + 2], instances_b[GLOB_COMPARED_MAX + 2];

	if (!begin_alike(a, unit_beginning(a), b, unit_beginning(b)))
		return false;
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

/* container, then unit, then exe, then the number of keys: as baseline_index ranks them */
static int compare_specificity(const struct match_rule *a, const struct match_rule *b)
{
	if (a->names_container != b->names_container)
		return a->names_container - b->names_container;
	if (!a->unit.count != !b->unit.count)
		return !a->unit.count - !b->unit.count;
	if (!a->exe.count != !b->exe.count)
		return !a->exe.count - !b->exe.count;
	return (a->key_count > b->key_count) - (a->key_count < b->key_count);
}

/* ---- the pairs that are worth comparing ------------------------------------------------------ */

/* A glob of an entry's exe, else of its unit, else nothing. Sorted by specificity and beginning,
 * what may overlap with one follows it: all that begin as it does. */
struct claim {
	const struct baseline_entry *entry;
	const char *glob;
	size_t beginning;
};

struct claims {
	struct claim *items;
	size_t count;
};

static size_t claims_of(const struct match_rule *rule)
{
	if (rule->exe.count)
		return rule->exe.count;
	return rule->unit.count ? rule->unit.count : 1;
}

static void add_claims(struct claims *claims, const struct baseline_entry *entry)
{
	const struct match_rule *rule = &entry->match;
	const struct string_list *globs = rule->exe.count ? &rule->exe : &rule->unit;

	for (size_t i = 0; i < globs->count; i++)
		claims->items[claims->count++] = (struct claim){
			entry, globs->items[i],
			rule->exe.count ? glob_beginning(globs->items[i])
					: unit_beginning(globs->items[i])};
	if (globs->count == 0)
		claims->items[claims->count++] = (struct claim){entry, "", 0};
}

static int by_specificity_and_beginning(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;
	size_t common = one->beginning < other->beginning ? one->beginning : other->beginning;
	int order = compare_specificity(&one->entry->match, &other->entry->match);

	if (order == 0)
		order = strncmp(one->glob, other->glob, common);
	if (order == 0)
		order = (one->beginning > other->beginning) - (one->beginning < other->beginning);
	return order;
}

static bool gather_claims(const struct baseline *baseline, struct claims *claims)
{
	size_t count = 0;

	for (size_t i = 0; i < baseline->entry_count; i++)
		count += claims_of(&baseline->entries[i].match);
	claims->items = calloc(count + 1, sizeof(*claims->items));
	if (!claims->items)
		return false;
	for (size_t i = 0; i < baseline->entry_count; i++)
		add_claims(claims, &baseline->entries[i]);
	qsort(claims->items, claims->count, sizeof(*claims->items), by_specificity_and_beginning);
	return true;
}

static bool may_overlap(const struct claim *claim, const struct claim *later)
{
	return compare_specificity(&claim->entry->match, &later->entry->match) == 0 &&
	       later->beginning >= claim->beginning &&
	       strncmp(claim->glob, later->glob, claim->beginning) == 0;
}

/* ---- ties ------------------------------------------------------------------------------------ */

struct tie {
	const struct baseline_entry *entry, *other; /* in the order read: other, entry */
};

/* The tie that is told is the one whose later entry is read first. */
static bool is_before(const struct tie *tie, const struct tie *found)
{
	if (tie->entry != found->entry)
		return !found->entry || tie->entry < found->entry;
	return tie->other < found->other;
}

static void compare_claims(const struct claim *one, const struct claim *other, struct tie *found)
{
	bool in_order = other->entry < one->entry;
	struct tie tie = {in_order ? one->entry : other->entry,
			  in_order ? other->entry : one->entry};

	if (tie.entry != tie.other && is_before(&tie, found) &&
	    rules_overlap(&tie.entry->match, &tie.other->match))
		*found = tie;
}

static struct tie find_tie(const struct claims *claims)
{
	struct tie found = {NULL, NULL};

	for (size_t i = 0; i < claims->count; i++)
		for (size_t j = i + 1;
		     j < claims->count && may_overlap(&claims->items[i], &claims->items[j]); j++)
			compare_claims(&claims->items[i], &claims->items[j], &found);
	return found;
}

int baseline_check_ties(const struct baseline *baseline, struct error *err)
{
	struct claims claims = {NULL, 0};
	struct tie tie;

	if (!gather_claims(baseline, &claims))
		return error_set(err, "out of memory while comparing the entries of the baseline");
	tie = find_tie(&claims);
	free(claims.items);
	if (!tie.entry)
		return 0;
	return error_set(
		err,
		"%s:%u:%u: service '%s' can match the same process as '%s' at %s:%u:%u, and "
		"neither is more specific; narrow the match of one",
		tie.entry->file, tie.entry->line, tie.entry->column, tie.entry->name,
		tie.other->name, tie.other->file, tie.other->line, tie.other->column);
}
