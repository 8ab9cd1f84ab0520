/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/file.h"

static void rule_clear(struct rule *rule)
{
	free(rule->data);
	free(rule->text);
	free(rule->comment);
	free(rule->file);
	memset(rule, 0, sizeof(*rule));
}

static int ruleset_append(struct ruleset *set, const struct rule *rule)
{
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 64;
		struct rule *items;

		if (capacity > RULESET_MAX)
			return -1;
		items = realloc(set->items, capacity * sizeof(*items));
		if (!items)
			return -1;
		set->items = items;
		set->capacity = capacity;
	}
	set->items[set->count++] = *rule;
	return 0;
}

/* A text being read: where it stands, and the comment lines above. */
struct reader {
	struct ruleset *set;
	const char *name;
	unsigned line;
	char comment[1024];
	bool after_rule; /* a comment now is that of the next rules */
};

static int add_rule(struct reader *reader, const char *text, struct error *err)
{
	struct rule rule = {.text = strdup(text),
			    .comment = strdup(reader->comment),
			    .file = strdup(reader->name),
			    .line = reader->line};

	if (!rule.text || !rule.comment || !rule.file)
		error_set(err, "out of memory");
	else if (rule_compile(text, &rule.data, &rule.any_call, err) == 0) {
		if (ruleset_append(reader->set, &rule) == 0)
			return 0;
		error_set(err, "more rules than fit");
	}
	rule_clear(&rule);
	return -1;
}

/* Comment lines gather until the rules that they stand above; an empty line parts them. */
static void read_comment(struct reader *reader, const char *line)
{
	size_t used;

	if (*line == '\0' || reader->after_rule)
		reader->comment[0] = '\0';
	reader->after_rule = false;
	used = strlen(reader->comment);
	line += strspn(line, "# \t");
	snprintf(reader->comment + used, sizeof(reader->comment) - used, "%s%s", used ? " " : "",
		 line);
}

static int read_line(struct reader *reader, char *line, struct error *err)
{
	line += strspn(line, " \t");
	for (size_t n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
		line[n - 1] = '\0';
	if (*line == '#' || *line == '\0') {
		read_comment(reader, line);
		return 0;
	}
	if (strcmp(line, "-c") == 0 || strcmp(line, "-i") == 0)
		return 0;
	reader->after_rule = true;
	if (add_rule(reader, line, err) < 0 && !reader->set->lenient)
		return error_prefix(err, "%s:%u", reader->name, reader->line);
	return 0;
}

int ruleset_read_text(struct ruleset *set, const char *name, const char *text, struct error *err)
{
	struct reader reader = {.set = set, .name = name};

	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[RULE_LINE_MAX];

		reader.line++;
		if (length < sizeof(line)) {
			memcpy(line, text, length);
			line[length] = '\0';
			if (read_line(&reader, line, err) < 0)
				return -1;
		} else if (!set->lenient) {
			return error_set(err, "%s:%u: the line is longer than auditctl reads", name,
					 reader.line);
		}
		text += length + (text[length] == '\n');
	}
	return 0;
}

int ruleset_read_file(struct ruleset *set, const char *path, struct error *err)
{
	char *text = rules_file_read(path, err);
	int result;

	if (!text)
		return -1;
	result = ruleset_read_text(set, path, text, err);
	free(text);
	return result;
}

void ruleset_drop(struct ruleset *set, size_t index)
{
	rule_clear(&set->items[index]);
	set->count--;
	memmove(&set->items[index], &set->items[index + 1],
		(set->count - index) * sizeof(*set->items));
}

void ruleset_free(struct ruleset *set)
{
	for (size_t i = 0; i < set->count; i++)
		rule_clear(&set->items[i]);
	free(set->items);
	memset(set, 0, sizeof(*set));
}
