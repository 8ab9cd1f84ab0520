/* SPDX-License-Identifier: Apache-2.0 */
#include "common/learnt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define SCHEMA "capwatch.learnt/1"

enum { HOSTS_MAX = 4096 };

/* kinds: by "WHAT FACTS", the facts as compact JSON in order of their keys, to
 * {facts, count, first, last, least, most, hosts}. */
struct learnt {
	json_t *kinds;
};

static const char left_out[] = "left-out";
static const char *const whats[] = {"gain", "held", "start", "present", left_out};

struct learnt *learnt_new(void)
{
	struct learnt *learnt = calloc(1, sizeof(*learnt));

	if (!learnt)
		return NULL;
	learnt->kinds = json_object();
	if (learnt->kinds)
		return learnt;
	free(learnt);
	return NULL;
}

void learnt_free(struct learnt *learnt)
{
	if (!learnt)
		return;
	json_decref(learnt->kinds);
	free(learnt);
}

void learnt_forget(struct learnt *learnt)
{
	json_object_clear(learnt->kinds);
}

size_t learnt_count(const struct learnt *learnt)
{
	return json_object_size(learnt->kinds);
}

/* ---- adding up ---- */

static const char *known_what(const char *what)
{
	for (size_t i = 0; what && i < sizeof(whats) / sizeof(whats[0]); i++)
		if (strcmp(what, whats[i]) == 0)
			return whats[i];
	return NULL;
}

static char *key_of(const char *what, const json_t *facts)
{
	char *text = json_dumps(facts, JSON_COMPACT | JSON_SORT_KEYS), *key = NULL;
	size_t size;

	if (text) {
		size = strlen(what) + strlen(text) + 2;
		key = malloc(size);
		if (key)
			snprintf(key, size, "%s %s", what, text);
	}
	free(text);
	return key;
}

static int64_t number_of(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static void set_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

static int64_t lesser(int64_t a, int64_t b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add_hosts(json_t *object, const json_t *hosts)
{
	json_t *all = json_object_get(object, "hosts");
	const char *id;
	const json_t *name;

	/* NOLINTNEXTLINE(bugprone-casting-through-void): jansson's own macro; nothing is changed */
	json_object_foreach((json_t *)hosts, id, name)
	{
		if (json_object_size(all) < HOSTS_MAX && json_is_string(name))
			json_object_set(all, id, (json_t *)name);
	}
}

static void add_up(json_t *object, const struct learnt_kind *kind)
{
	int64_t count = number_of(object, "count", 0);

	set_number(object, "count",
		   count < INT64_MAX - kind->count ? count + kind->count : INT64_MAX);
	set_number(object, "first", lesser(number_of(object, "first", -1), kind->first));
	set_number(object, "last", greater(number_of(object, "last", -1), kind->last));
	set_number(object, "least",
		   lesser(number_of(object, "least", -1), kind->after_start_least));
	set_number(object, "most", greater(number_of(object, "most", -1), kind->after_start_most));
	add_hosts(object, kind->hosts);
}

static json_t *kind_object(struct learnt *learnt, const char *what, json_t *facts)
{
	char *key = key_of(what, facts);
	json_t *object = key ? json_object_get(learnt->kinds, key) : NULL;

	if (key && !object) {
		object = json_pack("{s:O, s:{}}", "facts", facts, "hosts");
		if (object && json_object_set_new(learnt->kinds, key, object) < 0)
			object = NULL;
	}
	free(key);
	return object;
}

static bool is_known(struct learnt *learnt, const char *what, const json_t *facts)
{
	char *key = key_of(what, facts);
	bool known = key && json_object_get(learnt->kinds, key);

	free(key);
	return known;
}

bool learnt_add(struct learnt *learnt, const struct learnt_kind *kind, json_t *facts)
{
	const char *what = known_what(kind->what);
	json_t *object = NULL;

	if (what && facts && learnt_count(learnt) >= LEARNT_KINDS_MAX &&
	    !is_known(learnt, what, facts)) {
		what = left_out;
		json_decref(facts);
		facts = json_object();
	}
	if (what && facts)
		object = kind_object(learnt, what, facts);
	if (object)
		add_up(object, kind);
	json_decref(facts);
	return object != NULL;
}

/* ---- lines in ---- */

static int64_t time_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text_time_value(text) : -1;
}

static int add_object(struct learnt *learnt, const json_t *object, struct error *err)
{
	const char *schema = json_string_value(json_object_get(object, "schema"));
	json_t *facts = json_object_get(object, "facts"), *hosts = json_object_get(object, "hosts");
	const json_t *after = json_object_get(object, "after_start");
	struct learnt_kind kind = {.what = json_string_value(json_object_get(object, "what")),
				   .count = number_of(object, "count", 0),
				   .first = time_of(object, "first"),
				   .last = time_of(object, "last"),
				   .after_start_least = number_of(after, "least", -1),
				   .after_start_most = number_of(after, "most", -1),
				   .hosts = hosts};

	if (!schema || strcmp(schema, SCHEMA) != 0)
		return error_set(err,
				 "no line of capwatch learn export (\"schema\": \"" SCHEMA "\")");
	if (!known_what(kind.what) || !json_is_object(facts) || !json_is_object(hosts) ||
	    kind.count <= 0 || kind.first < 0 || kind.last < kind.first)
		return error_set(err, "a damaged line: what, facts, hosts, count, first and last "
				      "are not all there");
	if (!learnt_add(learnt, &kind, json_incref(facts)))
		return error_set(err, "out of memory");
	return 0;
}

int learnt_add_line(struct learnt *learnt, const char *line, size_t length, struct error *err)
{
	json_error_t fault;
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &fault);
	int rc;

	if (!object)
		return error_set(err, "not JSON: %s", fault.text);
	rc = add_object(learnt, object, err);
	json_decref(object);
	return rc;
}

/* ---- out ---- */

static struct learnt_kind kind_of(const char *key, const json_t *object)
{
	struct learnt_kind kind = {.facts = json_object_get(object, "facts"),
				   .count = number_of(object, "count", 0),
				   .first = number_of(object, "first", -1),
				   .last = number_of(object, "last", -1),
				   .after_start_least = number_of(object, "least", -1),
				   .after_start_most = number_of(object, "most", -1),
				   .hosts = json_object_get(object, "hosts")};

	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		if (strncmp(key, whats[i], strlen(whats[i])) == 0 && key[strlen(whats[i])] == ' ')
			kind.what = whats[i];
	return kind;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void learnt_each(const struct learnt *learnt,
		 void (*visit)(void *ctx, const struct learnt_kind *kind), void *ctx)
{
	const char **keys = calloc(learnt_count(learnt) + 1, sizeof(char *)), *key;
	json_t *object;
	size_t count = 0;

	if (!keys)
		return;
	json_object_foreach(learnt->kinds, key, object) keys[count++] = key;
	qsort(keys, count, sizeof(*keys), by_key);
	for (size_t i = 0; i < count; i++) {
		struct learnt_kind kind = kind_of(keys[i], json_object_get(learnt->kinds, keys[i]));

		visit(ctx, &kind);
	}
	free(keys);
}

char *learnt_line(const struct learnt_kind *kind)
{
	char first[32], last[32], *line = NULL;
	json_t *object = json_pack("{s:s, s:s, s:O, s:I, s:s, s:s, s:O}", "schema", SCHEMA, "what",
				   kind->what, "facts", kind->facts, "count",
				   (json_int_t)kind->count, "first",
				   text_time(kind->first, first, sizeof(first)), "last",
				   text_time(kind->last, last, sizeof(last)), "hosts", kind->hosts);

	if (object && kind->after_start_least >= 0)
		json_object_set_new(object, "after_start",
				    json_pack("{s:I, s:I}", "least",
					      (json_int_t)kind->after_start_least, "most",
					      (json_int_t)kind->after_start_most));
	if (object)
		line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return line;
}

size_t learnt_take_lines(struct learnt *learnt, char *buf, size_t size)
{
	const char *key;
	json_t *object;
	void *next;
	size_t used = 0;

	json_object_foreach_safe(learnt->kinds, next, key, object)
	{
		struct learnt_kind kind = kind_of(key, object);
		char *line = learnt_line(&kind);
		size_t length = line ? strlen(line) + 1 : 0;

		if (length > 0 && length <= LEARNT_LINE_MAX && length > size - used) {
			free(line);
			break;
		}
		if (length > 0 && length <= LEARNT_LINE_MAX) {
			memcpy(buf + used, line, length - 1);
			buf[used + length - 1] = '\n';
			used += length;
		}
		free(line);
		json_object_del(learnt->kinds, key);
	}
	return used;
}
