/* SPDX-License-Identifier: Apache-2.0 */
/* One file of baseline.d into entries as written. */
#include "conf/baseline_source.h"

#include <stdlib.h>
#include <string.h>

#include "conf/yaml_read.h"

static const char *const set_word_list[] = {"all", "same"}, *const ceiling_word_list[] = {
								    "declared", "all"};
static const struct vocab set_words = {set_word_list, 2}, ceiling_words = {ceiling_word_list, 2};

/* Mechanisms by which a process gains capabilities; the others are findings, not ways. */
static const unsigned grantable_mechanisms = 1u << MECHANISM_CAPSET | 1u << MECHANISM_AMBIENT |
					     1u << MECHANISM_EXEC | 1u << MECHANISM_SETUID |
					     1u << MECHANISM_FILE_CAPS;

static int read_name(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	static const char valid[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+:";
	char *name;

	if (yaml_read_string(reader, node, &name) < 0)
		return -1;
	if (strspn(name, valid) != strlen(name) || strlen(name) > 128)
		return yaml_read_fail(
			reader, node,
			"'%s': a name holds letters, digits and _-.@+: only, at most 128 of them",
			name);
	*(char **)target = name;
	return 0;
}

/* Globs of FNM_PATHNAME, where no '*' matches a '/': one that does not start with it matches no
 * file. */
static int read_exe_globs(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	struct string_list *list = target;

	if (yaml_read_strings(reader, node, list) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i][0] != '/')
			return yaml_read_fail(
				reader, node->kind == YAML_SEQUENCE ? node->items[i] : node,
				"'%s' is no absolute path; start it with /", list->items[i]);
	return 0;
}

static const struct yaml_field container_fields[] = {
	{"image", yaml_read_strings, offsetof(struct match_rule, container_image)},
	{"name", yaml_read_strings, offsetof(struct match_rule, container_name)},
	{"runtime", yaml_read_strings, offsetof(struct match_rule, container_runtime)},
};

static const struct yaml_fields container_table = {
	"container:", container_fields, sizeof(container_fields) / sizeof(container_fields[0])};

static int read_container(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	struct match_rule *rule = target;

	rule->names_container = true;
	if (yaml_is_word(node, "true"))
		return 0;
	if (node->kind != YAML_MAPPING)
		return yaml_read_fail(reader, node,
				      "container: wants a mapping of image, name and runtime; "
				      "write {} for any container");
	return yaml_read_mapping(reader, node, &container_table, rule);
}

static int read_uids(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	static const int64_t range[2] = {0, UINT32_MAX - 1};
	struct match_rule *rule = target;

	rule->uid_count = node->kind == YAML_SEQUENCE ? node->count : 1;
	if (rule->uid_count == 0)
		return yaml_read_fail(reader, node, "an empty list; give a uid or remove the key");
	rule->uids = arena_alloc(reader->arena, rule->uid_count, sizeof(*rule->uids));
	if (!rule->uids)
		return error_set(reader->err, "%s: out of memory", reader->doc->file);
	for (size_t i = 0; i < rule->uid_count; i++) {
		const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
		int64_t uid;

		if (yaml_read_number(reader, item, range, &uid) < 0)
			return -1;
		rule->uids[i] = (uint32_t)uid;
	}
	return 0;
}

static int read_session(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	struct match_rule *rule = target;

	rule->has_session = true;
	return yaml_read_bool(reader, node, &rule->session);
}

static int read_parent_pid(const struct yaml_reader *reader, const struct yaml_node *node,
			   void *target)
{
	static const int64_t range[2] = {0, 1 << 22}; /* the kernel's own most, PID_MAX_LIMIT */
	struct match_rule *rule = target;

	rule->has_parent_pid = true;
	return yaml_read_number(reader, node, range, &rule->parent_pid);
}

static const struct yaml_field service_match_fields[] = {
	{"exe", read_exe_globs, offsetof(struct match_rule, exe)},
	{"unit", yaml_read_strings, offsetof(struct match_rule, unit)},
	{"container", read_container, 0},
	{"parent_exe", read_exe_globs, offsetof(struct match_rule, parent_exe)},
	{"uid", read_uids, 0},
	{"session", read_session, 0},
};

static const struct yaml_fields service_match_table = {"match:", service_match_fields,
						       sizeof(service_match_fields) /
							       sizeof(service_match_fields[0])};

static const struct yaml_field launcher_match_fields[] = {
	{"exe", read_exe_globs, offsetof(struct match_rule, exe)},
	{"parent_exe", read_exe_globs, offsetof(struct match_rule, parent_exe)},
	{"parent_pid", read_parent_pid, 0},
};

static const struct yaml_fields launcher_match_table = {
	"a launcher's match:", launcher_match_fields,
	sizeof(launcher_match_fields) / sizeof(launcher_match_fields[0])};

static void note_match_keys(struct match_source *match, const struct yaml_node *node)
{
	static const struct {
		const char *key;
		enum match_key bit;
	} keys[] = {
		{"exe", MATCH_EXE},
		{"unit", MATCH_UNIT},
		{"parent_exe", MATCH_PARENT_EXE},
		{"container", MATCH_CONTAINER},
		{"uid", MATCH_UID},
		{"session", MATCH_SESSION},
		{"parent_pid", MATCH_PARENT_PID},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (yaml_find(node, keys[i].key))
			match->given |= keys[i].bit;
}

static int read_service_match(const struct yaml_reader *reader, const struct yaml_node *node,
			      void *target)
{
	struct match_source *match = target;

	if (yaml_read_mapping(reader, node, &service_match_table, &match->rule) < 0)
		return -1;
	note_match_keys(match, node);
	return 0;
}

static int read_launcher_match(const struct yaml_reader *reader, const struct yaml_node *node,
			       void *target)
{
	struct match_source *match = target;

	if (yaml_read_mapping(reader, node, &launcher_match_table, &match->rule) < 0)
		return -1;
	note_match_keys(match, node);
	return 0;
}

/* "all" is every bit there can be: also what a later kernel adds. */
static int read_set(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	if (yaml_is_word(node, "all")) {
		*(capmask *)target = UINT64_MAX;
		return 0;
	}
	if (yaml_is_word(node, "same"))
		return yaml_read_fail(
			reader, node,
			"'same' stands for effective or permitted only; list the capabilities");
	return yaml_read_caps(reader, node, &set_words, target);
}

static int read_permitted(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	struct grant_source *source = target;

	source->permitted_given = true;
	source->permitted_same = yaml_is_word(node, "same");
	return source->permitted_same ? 0 : read_set(reader, node, &source->grant.permitted);
}

static int read_effective(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	struct grant_source *source = target;

	source->effective_given = true;
	source->effective_same = yaml_is_word(node, "same");
	return source->effective_same ? 0 : read_set(reader, node, &source->grant.effective);
}

static int read_ambient(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	struct grant_source *source = target;

	source->ambient_given = true;
	return read_set(reader, node, &source->grant.ambient);
}

static int read_mechanisms(const struct yaml_reader *reader, const struct yaml_node *node,
			   void *target)
{
	struct grant_source *source = target;

	source->mechanisms_given = true;
	if (yaml_read_words(reader, node, &vocab_mechanism, &source->grant.mechanisms) < 0)
		return -1;
	if (source->grant.mechanisms & ~grantable_mechanisms)
		return yaml_read_fail(
			reader, node,
			"only capset, ambient, exec, setuid and file-caps can be granted here; "
			"securebits and userns are keys of their own");
	return 0;
}

static int read_securebits(const struct yaml_reader *reader, const struct yaml_node *node,
			   void *target)
{
	uint32_t bits;

	if (yaml_read_words(reader, node, &vocab_securebits, &bits) < 0)
		return -1;
	*(uint8_t *)target = (uint8_t)bits;
	return 0;
}

static int read_denied(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	struct grant *grant = target;

	grant->denied_any = yaml_is_word(node, "all");
	return read_set(reader, node, &grant->denied);
}

#define GRANT(key, read, member)                                                                   \
	{                                                                                          \
		key, read, offsetof(struct grant_source, grant.member)                             \
	}

static const struct yaml_field grant_fields[] = {
	{"permitted", read_permitted, 0},
	{"effective", read_effective, 0},
	{"ambient", read_ambient, 0},
	{"mechanisms", read_mechanisms, 0},
	GRANT("inheritable", read_set, inheritable),
	GRANT("securebits", read_securebits, securebits),
	GRANT("exec", read_exe_globs, exec),
	GRANT("setuid", yaml_read_bool, setuid),
	GRANT("userns", yaml_read_bool, userns),
	{"denied", read_denied, offsetof(struct grant_source, grant)},
};

static const struct yaml_fields grant_table = {"start:, running: or grants:", grant_fields,
					       sizeof(grant_fields) / sizeof(grant_fields[0])};

static int read_grant(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	struct grant_source *source = target;

	source->place = node->place;
	source->grant.given = true;
	if (yaml_read_mapping(reader, node, &grant_table, source) < 0)
		return -1;
	if (source->permitted_same && source->effective_same)
		return yaml_read_fail(
			reader, node,
			"permitted and effective are each the same as the other; list one");
	return 0;
}

static int read_ceiling(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	struct entry_source *entry = target;

	entry->ceiling_given = true;
	if (yaml_is_word(node, "declared"))
		entry->ceiling_kind = CEILING_DECLARED;
	else if (yaml_is_word(node, "all"))
		entry->ceiling_kind = CEILING_NONE;
	else
		entry->ceiling_kind = CEILING_LIST;
	if (entry->ceiling_kind != CEILING_LIST)
		return 0;
	return yaml_read_caps(reader, node, &ceiling_words, &entry->ceiling);
}

static int read_mode(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	/* learn is a whole host's */
	struct vocab modes = {vocab_mode.words, MODE_OBSERVE + 1};
	struct entry_source *entry = target;
	unsigned mode;

	entry->mode_given = true;
	if (yaml_read_word(reader, node, &modes, &mode) < 0)
		return -1;
	entry->mode = (enum mode)mode;
	return 0;
}

static int read_exe_state(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	static const char *const words[] = {"host", "any"};
	static const struct vocab exe_states = {words, 2};
	struct entry_source *entry = target;
	unsigned state;

	entry->exe_state_given = true;
	if (yaml_read_word(reader, node, &exe_states, &state) < 0)
		return -1;
	entry->any_exe_file = state == 1;
	return 0;
}

static int read_starts(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	/* the first three of enum service_kind: what a launcher can have for a target */
	struct vocab kinds = {vocab_service_kind.words, SERVICE_SESSION + 1};
	struct entry_source *entry = target;
	unsigned kind;

	entry->starts_given = true;
	if (yaml_read_word(reader, node, &kinds, &kind) < 0)
		return -1;
	entry->starts = (enum service_kind)kind;
	return 0;
}

static int relate(const struct yaml_reader *reader, const struct yaml_node *node,
		  struct entry_source *entry, enum source_relation relation)
{
	if (entry->relation != RELATION_NONE)
		return yaml_read_fail(
			reader, node,
			"an entry has one of extends, replace and disabled; remove the others");
	entry->relation = relation;
	entry->relation_place = node->place;
	return 0;
}

static int read_extends(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	struct entry_source *entry = target;

	if (read_name(reader, node, &entry->extends) < 0)
		return -1;
	return relate(reader, node, entry, RELATION_EXTENDS);
}

static int read_replace(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	bool wanted;

	if (yaml_read_bool(reader, node, &wanted) < 0)
		return -1;
	return wanted ? relate(reader, node, target, RELATION_REPLACE) : 0;
}

static int read_disabled(const struct yaml_reader *reader, const struct yaml_node *node,
			 void *target)
{
	bool wanted;

	if (yaml_read_bool(reader, node, &wanted) < 0)
		return -1;
	return wanted ? relate(reader, node, target, RELATION_DISABLED) : 0;
}

#define ENTRY(key, read, member)                                                                   \
	{                                                                                          \
		key, read, offsetof(struct entry_source, member)                                   \
	}
#define RELATIONS                                                                                  \
	{"extends", read_extends, 0}, {"replace", read_replace, 0},                                \
	{                                                                                          \
		"disabled", read_disabled, 0                                                       \
	}

static const struct yaml_field service_fields[] = {
	ENTRY("name", read_name, name),
	ENTRY("match", read_service_match, match),
	ENTRY("start", read_grant, start),
	ENTRY("running", read_grant, running),
	{"ceiling", read_ceiling, 0},
	{"mode", read_mode, 0},
	RELATIONS,
};

static const struct yaml_field launcher_fields[] = {
	ENTRY("name", read_name, name),
	ENTRY("match", read_launcher_match, match),
	{"exe_state", read_exe_state, 0},
	{"starts", read_starts, 0},
	ENTRY("runtime", read_name, runtime),
	ENTRY("grants", read_grant, grants),
	RELATIONS,
};

/* Indexed by enum source_kind. */
static const struct yaml_fields entry_tables[] = {
	{"a service", service_fields, sizeof(service_fields) / sizeof(service_fields[0])},
	{"a launcher", launcher_fields, sizeof(launcher_fields) / sizeof(launcher_fields[0])},
};

/* What can be said of an entry before its relations are known. */
static int check_entry(const struct yaml_reader *reader, const struct yaml_node *node,
		       const struct entry_source *entry)
{
	if (!entry->name)
		return yaml_read_fail(reader, node, "an entry without the key 'name'; give it one");
	if (entry->relation == RELATION_DISABLED && node->count > 2)
		return yaml_read_fail(
			reader, node,
			"disabled: true stands with name: alone; remove the other keys");
	if ((entry->relation == RELATION_NONE || entry->relation == RELATION_REPLACE) &&
	    !yaml_find(node, "match"))
		return yaml_read_fail(
			reader, node,
			"entry '%s' has no key 'match'; say which processes it is for",
			entry->name);
	return 0;
}

static int add_entry(struct source_list *list, struct entry_source *entry)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		struct entry_source **grown = realloc(list->entries, capacity * sizeof(*grown));

		if (!grown)
			return -1;
		list->entries = grown;
		list->capacity = capacity;
	}
	list->entries[list->count++] = entry;
	return 0;
}

struct parsing {
	unsigned layer;
	struct source_list *list;
};

static int read_entry(const struct yaml_reader *reader, const struct yaml_node *node,
		      enum source_kind kind, struct parsing *parsing)
{
	struct entry_source *entry = arena_alloc(reader->arena, 1, sizeof(*entry));
	const struct yaml_pair *name;

	if (!entry)
		return error_set(reader->err, "%s: out of memory", reader->doc->file);
	if (parsing->list->count >= BASELINE_ENTRIES_MAX)
		return yaml_read_fail(reader, node, "more than %d entries in all",
				      BASELINE_ENTRIES_MAX);
	entry->kind = kind;
	entry->layer = parsing->layer;
	entry->doc = reader->doc;
	if (yaml_read_mapping(reader, node, &entry_tables[kind], entry) < 0 ||
	    check_entry(reader, node, entry) < 0)
		return -1;
	name = yaml_find(node, "name");
	entry->place = name ? name->value->place : node->place;
	if (add_entry(parsing->list, entry) < 0)
		return error_set(reader->err, "%s: out of memory", reader->doc->file);
	return 0;
}

static int read_entries(const struct yaml_reader *reader, const struct yaml_node *node,
			enum source_kind kind, struct parsing *parsing)
{
	if (node->kind != YAML_SEQUENCE)
		return yaml_read_fail(
			reader, node,
			"a list of entries belongs here; start each with '- name: ...'");
	for (size_t i = 0; i < node->count; i++)
		if (read_entry(reader, node->items[i], kind, parsing) < 0)
			return -1;
	return 0;
}

static int read_services(const struct yaml_reader *reader, const struct yaml_node *node,
			 void *target)
{
	return read_entries(reader, node, SOURCE_SERVICE, target);
}

static int read_launchers(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	return read_entries(reader, node, SOURCE_LAUNCHER, target);
}

static const struct yaml_field file_fields[] = {
	{"services", read_services, 0},
	{"launchers", read_launchers, 0},
};

static const struct yaml_fields file_table = {"a baseline file", file_fields,
					      sizeof(file_fields) / sizeof(file_fields[0])};

int baseline_parse(struct arena *arena, const struct yaml_doc *doc, unsigned layer,
		   struct source_list *list, struct error *err)
{
	struct yaml_reader reader = {arena, doc, err};
	struct parsing parsing = {layer, list};

	if (!doc->root)
		return 0;
	return yaml_read_mapping(&reader, doc->root, &file_table, &parsing);
}
