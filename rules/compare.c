/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/compare.h"

#include <stdlib.h>
#include <string.h>

#define KEY_PREFIX "capwatch_"

enum { FSTYPE_PROC = 0x9fa0 }; /* PROC_SUPER_MAGIC */

static const char *const programs[] = {"/audisp-capwatch", "/capwatch-courier"};

/* Records without which a transition cannot be seen; a rule that excludes one of them blinds. */
static const uint32_t needed_records[] = {AUDIT_SYSCALL, AUDIT_CAPSET, AUDIT_BPRM_FCAPS, AUDIT_PATH,
					  AUDIT_EOE};

static bool same_string(const struct audit_rule_data *a, unsigned i,
			const struct audit_rule_data *b, unsigned j)
{
	size_t a_length = 0, b_length = 0;
	const char *a_text = rule_field_string(a, i, &a_length);
	const char *b_text = rule_field_string(b, j, &b_length);

	return a_text && b_text && a_length == b_length && memcmp(a_text, b_text, a_length) == 0;
}

static bool same_field(const struct audit_rule_data *a, unsigned i, const struct audit_rule_data *b,
		       unsigned j)
{
	if (a->fields[i] != b->fields[j] || a->fieldflags[i] != b->fieldflags[j])
		return false;
	if (rule_field_is_string(a->fields[i]))
		return same_string(a, i, b, j);
	return a->values[i] == b->values[j];
}

static bool has_field(const struct audit_rule_data *rule, const struct audit_rule_data *of,
		      unsigned i)
{
	for (unsigned j = 0; j < rule->field_count; j++)
		if (same_field(of, i, rule, j))
			return true;
	return false;
}

/* Every field of a but its key is one of b's too. */
static bool fields_within(const struct audit_rule_data *a, const struct audit_rule_data *b)
{
	for (unsigned i = 0; i < a->field_count; i++)
		if (a->fields[i] != AUDIT_FILTERKEY && !has_field(b, a, i))
			return false;
	return true;
}

/* The value of an unsigned field; 0 when the rule has none of it. */
static uint32_t field_value(const struct audit_rule_data *rule, uint32_t field)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == field)
			return rule->values[i];
	return 0;
}

static bool is_about_files(uint32_t field)
{
	return field == AUDIT_WATCH || field == AUDIT_DIR || field == AUDIT_PERM ||
	       field == AUDIT_INODE || field == AUDIT_FILETYPE || field == AUDIT_DEVMAJOR ||
	       field == AUDIT_DEVMINOR;
}

static bool is_by_file(const struct audit_rule_data *rule)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (is_about_files(rule->fields[i]))
			return true;
	return false;
}

/* The rules for the sysctl are those by a file's owner: they find it below /proc. */
static bool is_by_owner(const struct audit_rule_data *rule)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == AUDIT_OBJ_UID)
			return true;
	return false;
}

/* Newer auditctl loads a rule without -S for the calls alone that its perm means: these must be
 * there. */
static bool has_calls_of_permission(const struct rule *wanted, const struct audit_rule_data *loaded)
{
	uint32_t permission = field_value(wanted->data, AUDIT_PERM);
	int machine = rule_machine(wanted->data);

	if ((permission & AUDIT_PERM_EXEC) &&
	    !rule_has_call(loaded, audit_name_to_syscall("execve", machine)))
		return false;
	return !(permission & ~(uint32_t)AUDIT_PERM_EXEC) ||
	       rule_has_call(loaded, audit_name_to_syscall("openat", machine));
}

static bool has_calls_of(const struct rule *wanted, const struct audit_rule_data *loaded)
{
	for (size_t i = 0; i < sizeof(loaded->mask) / sizeof(loaded->mask[0]); i++)
		if (wanted->data->mask[i] & ~loaded->mask[i])
			return false;
	return true;
}

/* Newer auditctl (4.0.2) adds all the calls that perm means to those of -S: an always rule with
 * more of them, all else alike, records what is wanted. */
static bool is_widened_by_permission(const struct rule *wanted,
				     const struct audit_rule_data *loaded)
{
	return wanted->data->action == AUDIT_ALWAYS && has_calls_of(wanted, loaded);
}

/* Of the lists that we know the exit list alone looks at calls: auditctl, asked for none, sets all
 * of them or none in the others, by its version. */
static bool same_calls(const struct rule *wanted, const struct audit_rule_data *loaded)
{
	if ((loaded->flags & AUDIT_FILTER_MASK) != AUDIT_FILTER_EXIT ||
	    memcmp(wanted->data->mask, loaded->mask, sizeof(loaded->mask)) == 0)
		return true;
	if (!field_value(wanted->data, AUDIT_PERM))
		return false;
	return wanted->any_call ? has_calls_of_permission(wanted, loaded)
				: is_widened_by_permission(wanted, loaded);
}

bool rule_same(const struct rule *wanted, const struct audit_rule_data *loaded)
{
	const struct audit_rule_data *data = wanted->data;

	return (data->flags & AUDIT_FILTER_MASK) == (loaded->flags & AUDIT_FILTER_MASK) &&
	       data->action == loaded->action && same_calls(wanted, loaded) &&
	       fields_within(data, loaded) && fields_within(loaded, data);
}

static bool number_matches(uint32_t number, uint32_t op, uint32_t value)
{
	switch (op) {
	case AUDIT_EQUAL:
		return number == value;
	case AUDIT_NOT_EQUAL:
		return number != value;
	case AUDIT_LESS_THAN:
		return number < value;
	case AUDIT_LESS_THAN_OR_EQUAL:
		return number <= value;
	case AUDIT_GREATER_THAN:
		return number > value;
	case AUDIT_GREATER_THAN_OR_EQUAL:
		return number >= value;
	case AUDIT_BIT_MASK:
		return number & value;
	case AUDIT_BIT_TEST:
		return (number & value) == value;
	default:
		return true;
	}
}

static enum rule_cover calls_cover(const struct audit_rule_data *earlier, const struct rule *wanted)
{
	bool meet = false, within = true;

	if (wanted->any_call && field_value(wanted->data, AUDIT_PERM))
		return has_calls_of_permission(wanted, earlier) ? COVER_ALL : COVER_NOTHING;
	for (int i = 0; i < AUDIT_BITMASK_SIZE; i++) {
		meet = meet || (earlier->mask[i] & wanted->data->mask[i]);
		within = within && !(wanted->data->mask[i] & ~earlier->mask[i]);
	}
	return !meet ? COVER_NOTHING : within ? COVER_ALL : COVER_PART;
}

/* capset, prctl, set*uid and the calls for namespaces name no file, so no path rule meets them. */
static bool touches_files(const struct rule *wanted)
{
	static const char *const calls[] = {"execve", "execveat", "setxattr", "lsetxattr",
					    "fsetxattr"};
	enum { SETXATTRAT = 463 };
	int machine = rule_machine(wanted->data);

	if (wanted->any_call || is_by_file(wanted->data) || rule_has_call(wanted->data, SETXATTRAT))
		return true;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (rule_has_call(wanted->data, audit_name_to_syscall(calls[i], machine)))
			return true;
	return false;
}

/* How field i of an earlier rule meets a wanted one: all of its events, some, or none. */
static enum rule_cover field_covers(const struct audit_rule_data *earlier, unsigned i,
				    const struct rule *wanted)
{
	const struct audit_rule_data *data = wanted->data;
	uint32_t field = earlier->fields[i];

	if (field == AUDIT_FILTERKEY || has_field(data, earlier, i))
		return COVER_ALL;
	if (is_about_files(field) && !touches_files(wanted))
		return COVER_NOTHING;
	for (unsigned j = 0; j < data->field_count; j++) {
		if (data->fields[j] != field || data->fieldflags[j] != AUDIT_EQUAL ||
		    field == AUDIT_FIELD_COMPARE)
			continue;
		if (field == AUDIT_PERM)
			return data->values[j] & earlier->values[i] ? COVER_PART : COVER_NOTHING;
		if (rule_field_is_string(field))
			return earlier->fieldflags[i] == AUDIT_EQUAL ? COVER_NOTHING : COVER_PART;
		return number_matches(data->values[j], earlier->fieldflags[i], earlier->values[i])
			       ? COVER_ALL
			       : COVER_NOTHING;
	}
	return COVER_PART;
}

static enum rule_cover exit_covers(const struct audit_rule_data *earlier, const struct rule *wanted)
{
	enum rule_cover least = calls_cover(earlier, wanted);

	for (unsigned i = 0; i < earlier->field_count; i++) {
		enum rule_cover cover = field_covers(earlier, i, wanted);

		if (cover < least)
			least = cover;
	}
	return least;
}

static bool excludes_record(const struct audit_rule_data *rule, uint32_t type)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == AUDIT_MSGTYPE &&
		    !number_matches(type, rule->fieldflags[i], rule->values[i]))
			return false;
	return true;
}

bool rule_excludes(const struct audit_rule_data *loaded, uint32_t type)
{
	return (loaded->flags & AUDIT_FILTER_MASK) == AUDIT_FILTER_EXCLUDE &&
	       excludes_record(loaded, type);
}

/* An exclude rule drops records whatever its action says. */
static enum rule_cover exclude_covers(const struct audit_rule_data *rule)
{
	bool by_type_alone = true, needed = false;

	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] != AUDIT_MSGTYPE && rule->fields[i] != AUDIT_FILTERKEY)
			by_type_alone = false;
	for (size_t i = 0; i < sizeof(needed_records) / sizeof(needed_records[0]); i++)
		needed = needed || excludes_record(rule, needed_records[i]);
	if (!needed)
		return COVER_NOTHING;
	return by_type_alone ? COVER_ALL : COVER_PART;
}

enum rule_cover rule_covers(const struct audit_rule_data *earlier, const struct rule *wanted)
{
	switch (earlier->flags & AUDIT_FILTER_MASK) {
	case AUDIT_FILTER_EXCLUDE:
		return exclude_covers(earlier);
	case AUDIT_FILTER_TASK:
		if (earlier->action != AUDIT_NEVER)
			return COVER_NOTHING;
		return earlier->field_count ? COVER_PART : COVER_ALL;
	case AUDIT_FILTER_FS:
		/* what lies on a file system passed over has no name to be matched by */
		return earlier->action == AUDIT_NEVER && is_by_owner(wanted->data) &&
				       field_value(earlier, AUDIT_FSTYPE) == FSTYPE_PROC
			       ? COVER_ALL
			       : COVER_NOTHING;
	case AUDIT_FILTER_EXIT:
		return earlier->action == AUDIT_NEVER ? exit_covers(earlier, wanted)
						      : COVER_NOTHING;
	default:
		return COVER_NOTHING;
	}
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t end_length = strlen(end);

	return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

static bool is_our_program(const char *path, size_t length)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (ends_with(path, length, programs[i]))
			return true;
	return false;
}

bool rule_is_ours(const struct audit_rule_data *loaded)
{
	for (unsigned i = 0; i < loaded->field_count; i++) {
		size_t length = 0;
		const char *text = rule_field_string(loaded, i, &length);

		if (!text)
			continue;
		if (loaded->fields[i] == AUDIT_FILTERKEY && length > strlen(KEY_PREFIX) &&
		    memcmp(text, KEY_PREFIX, strlen(KEY_PREFIX)) == 0)
			return true;
		if (loaded->fields[i] == AUDIT_EXE && loaded->action == AUDIT_NEVER &&
		    is_our_program(text, length))
			return true;
	}
	return false;
}

static int add_finding(struct comparison *comparison, const struct finding *finding)
{
	if (comparison->count == comparison->capacity) {
		size_t capacity = comparison->capacity ? comparison->capacity * 2 : 64;
		struct finding *items = realloc(comparison->items, capacity * sizeof(*items));

		if (!items)
			return -1;
		comparison->items = items;
		comparison->capacity = capacity;
	}
	comparison->items[comparison->count++] = *finding;
	comparison->counts[finding->kind]++;
	return 0;
}

struct sides {
	const struct ruleset *wanted;
	const struct kernel_rules *loaded;
};

static bool is_wanted(const struct sides *sides, const struct audit_rule_data *loaded)
{
	for (size_t i = 0; i < sides->wanted->count; i++)
		if (rule_same(&sides->wanted->items[i], loaded))
			return true;
	return false;
}

/* Where the rule is among the loaded ones; their count when it is missing. */
static size_t position(const struct sides *sides, const struct rule *rule)
{
	size_t i = 0;

	while (i < sides->loaded->count && !rule_same(rule, sides->loaded->items[i]))
		i++;
	return i;
}

/* What keeps a rule, loaded at a position, from recording. Our own never rules are meant to. */
static int find_covers(const struct sides *sides, const struct rule *rule, size_t at,
		       struct comparison *comparison)
{
	uint32_t list = rule->data->flags & AUDIT_FILTER_MASK;

	for (size_t i = 0; i < sides->loaded->count; i++) {
		const struct audit_rule_data *other = sides->loaded->items[i];
		bool later = (other->flags & AUDIT_FILTER_MASK) == list && i >= at;
		enum rule_cover cover = later ? COVER_NOTHING : rule_covers(other, rule);
		struct finding finding = {cover == COVER_ALL ? FINDING_HIDDEN : FINDING_NARROWED,
					  rule, other};

		if (cover != COVER_NOTHING && !is_wanted(sides, other) &&
		    add_finding(comparison, &finding) < 0)
			return -1;
	}
	return 0;
}

static int compare_rule(const struct sides *sides, const struct rule *rule,
			struct comparison *comparison)
{
	size_t at = position(sides, rule);
	struct finding missing = {FINDING_MISSING, rule, NULL};

	if (at == sides->loaded->count)
		return add_finding(comparison, &missing);
	if (rule->data->action == AUDIT_NEVER)
		return 0;
	return find_covers(sides, rule, at, comparison);
}

static int find_extras(const struct sides *sides, struct comparison *comparison)
{
	for (size_t i = 0; i < sides->loaded->count; i++) {
		struct finding extra = {FINDING_EXTRA, NULL, sides->loaded->items[i]};

		if (rule_is_ours(extra.loaded) && !is_wanted(sides, extra.loaded) &&
		    add_finding(comparison, &extra) < 0)
			return -1;
	}
	return 0;
}

int rules_compare(const struct ruleset *wanted, const struct kernel_rules *loaded,
		  struct comparison *comparison, struct error *err)
{
	const struct sides sides = {wanted, loaded};
	int result = 0;

	memset(comparison, 0, sizeof(*comparison));
	for (size_t i = 0; i < wanted->count && result == 0; i++)
		result = compare_rule(&sides, &wanted->items[i], comparison);
	if (result == 0)
		result = find_extras(&sides, comparison);
	if (result == 0)
		return 0;
	comparison_free(comparison);
	return error_set(err, "out of memory");
}

void comparison_free(struct comparison *comparison)
{
	free(comparison->items);
	memset(comparison, 0, sizeof(*comparison));
}
