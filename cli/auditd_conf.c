/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/auditd_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void note_fault(struct auditd_conf *conf, unsigned number, const char *what)
{
	if (!*conf->fault.text)
		error_set(&conf->fault, "line %u %s", number, what);
}

static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && strchr(" \r\n", text[length - 1]))
		text[--length] = '\0';
}

/* "key=value" still names its key, for who puts it right. */
static void split(struct auditd_conf *conf, struct auditd_line *line)
{
	char *key = line->text + strspn(line->text, " ");
	char *end = key + strcspn(key, " ");
	char *sign = end + strspn(end, " ");

	line->key = key;
	line->value = NULL;
	if (*end && sign[0] == '=' && sign[1] == ' ')
		line->value = sign + 1 + strspn(sign + 1, " ");
	else if (strcmp(sign, "=") == 0)
		note_fault(conf, line->number, "has no value");
	else
		note_fault(conf, line->number, "lacks \" = \", with a blank on either side");
	key[strcspn(key, " =")] = '\0';
}

static void take_line(struct auditd_conf *conf, const char *text, unsigned number)
{
	struct auditd_line *line = &conf->lines[conf->count];
	const char *first = text + strspn(text, " ");

	if (*first == '\0' || *first == '#' || conf->count == AUDITD_CONF_LINES_MAX)
		return;
	if (snprintf(line->text, sizeof(line->text), "%s", text) > AUDITD_CONF_LINE_MAX) {
		note_fault(conf, number, "is too long for auditd, which passes over it");
		return;
	}
	line->number = number;
	split(conf, line);
	conf->count++;
}

int auditd_conf_read(struct auditd_conf *conf, const char *path, struct error *err)
{
	FILE *file = fopen(path, "re");
	char text[4096];
	int result = 0;

	memset(conf, 0, sizeof(*conf));
	if (!file)
		return error_set(err, "%s: %s", path, strerror(errno));
	for (unsigned number = 1; fgets(text, sizeof(text), file); number++) {
		trim_end(text);
		take_line(conf, text, number);
	}
	if (ferror(file))
		result = error_set(err, "%s: %s", path, strerror(errno));
	fclose(file);
	return result;
}

const char *auditd_conf_value(const struct auditd_conf *conf, const char *key, const char *fallback)
{
	for (size_t i = conf->count; i-- > 0;)
		if (conf->lines[i].value && strcasecmp(conf->lines[i].key, key) == 0)
			return conf->lines[i].value;
	return fallback;
}

bool auditd_conf_is(const struct auditd_conf *conf, const char *key, const char *word)
{
	const char *value = auditd_conf_value(conf, key, NULL);

	return value && strcasecmp(value, word) == 0;
}

bool auditd_conf_names(const struct auditd_conf *conf, const char *key)
{
	for (size_t i = 0; i < conf->count; i++)
		if (strcasecmp(conf->lines[i].key, key) == 0)
			return true;
	return false;
}
