/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/rule.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"

static const struct {
	const char *name;
	uint32_t list;
} lists[] = {
	{"task", AUDIT_FILTER_TASK},	 {"exit", AUDIT_FILTER_EXIT},
	{"user", AUDIT_FILTER_USER},	 {"exclude", AUDIT_FILTER_EXCLUDE},
	{"filesystem", AUDIT_FILTER_FS},
};

/* Longest first, so that "!=" is not taken for "=". */
static const struct {
	const char *symbol;
	uint32_t op;
} operators[] = {
	{"!=", AUDIT_NOT_EQUAL},
	{">=", AUDIT_GREATER_THAN_OR_EQUAL},
	{"<=", AUDIT_LESS_THAN_OR_EQUAL},
	{"&=", AUDIT_BIT_TEST},
	{"=", AUDIT_EQUAL},
	{">", AUDIT_GREATER_THAN},
	{"<", AUDIT_LESS_THAN},
	{"&", AUDIT_BIT_MASK},
};

static const struct {
	const char *left, *right;
	uint32_t value;
} comparisons[] = {
	{"uid", "euid", AUDIT_COMPARE_UID_TO_EUID},
	{"uid", "suid", AUDIT_COMPARE_UID_TO_SUID},
	{"uid", "fsuid", AUDIT_COMPARE_UID_TO_FSUID},
	{"uid", "auid", AUDIT_COMPARE_UID_TO_AUID},
	{"euid", "suid", AUDIT_COMPARE_EUID_TO_SUID},
	{"euid", "fsuid", AUDIT_COMPARE_EUID_TO_FSUID},
	{"suid", "fsuid", AUDIT_COMPARE_SUID_TO_FSUID},
	{"auid", "euid", AUDIT_COMPARE_AUID_TO_EUID},
	{"auid", "suid", AUDIT_COMPARE_AUID_TO_SUID},
	{"auid", "fsuid", AUDIT_COMPARE_AUID_TO_FSUID},
};

static const struct {
	char letter;
	uint32_t bit;
} permissions[] = {
	{'x', AUDIT_PERM_EXEC},
	{'w', AUDIT_PERM_WRITE},
	{'r', AUDIT_PERM_READ},
	{'a', AUDIT_PERM_ATTR},
};

/* One line on its way to a rule. */
struct compilation {
	struct audit_rule_data *data;
	int machine; /* libaudit's, of arch; -1 while not known */
	bool has_list, has_call;
	char key[AUDIT_MAX_KEY_LEN + 1];
};

bool rule_field_is_string(unsigned field)
{
	return (field >= AUDIT_SUBJ_USER && field <= AUDIT_SUBJ_CLR) ||
	       (field >= AUDIT_OBJ_USER && field <= AUDIT_OBJ_LEV_HIGH) || field == AUDIT_WATCH ||
	       field == AUDIT_DIR || field == AUDIT_EXE || field == AUDIT_FILTERKEY;
}

static int add_field(struct audit_rule_data *data, uint32_t field, uint32_t op, uint32_t value)
{
	unsigned i = data->field_count;

	if (i >= AUDIT_MAX_FIELDS)
		return -1;
	data->fields[i] = field;
	data->fieldflags[i] = op;
	data->values[i] = value;
	data->field_count++;
	return 0;
}

static int add_string(struct audit_rule_data *data, uint32_t field, uint32_t op, const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || data->buflen + length > RULE_STRINGS_MAX)
		return -1;
	if (add_field(data, field, op, (uint32_t)length) < 0)
		return -1;
	memcpy(data->buf + data->buflen, text, length);
	data->buflen += (uint32_t)length;
	return 0;
}

static bool is_uid_field(unsigned field)
{
	return (field >= AUDIT_UID && field <= AUDIT_FSUID) || field == AUDIT_LOGINUID ||
	       field == AUDIT_OBJ_UID;
}

static int number_value(const char *text, uint32_t *value)
{
	char *end;
	long long number;

	if (strcmp(text, "unset") == 0) {
		*value = UINT32_MAX;
		return 0;
	}
	errno = 0;
	number = strtoll(text, &end, 0);
	if (errno || end == text || *end || number < INT32_MIN || number > UINT32_MAX)
		return -1;
	*value = (uint32_t)number;
	return 0;
}

static int permission_value(const char *text, uint32_t *value)
{
	*value = 0;
	for (; *text; text++) {
		size_t i = 0;

		while (i < sizeof(permissions) / sizeof(permissions[0]) &&
		       permissions[i].letter != *text)
			i++;
		if (i == sizeof(permissions) / sizeof(permissions[0]))
			return -1;
		*value |= permissions[i].bit;
	}
	return *value ? 0 : -1;
}

static int user_value(const char *name, uint32_t *value)
{
	const struct passwd *user = getpwnam(name);

	if (!user)
		return -1;
	*value = user->pw_uid;
	return 0;
}

static int exit_value(const char *text, uint32_t *value)
{
	bool negative = *text == '-';
	int number = audit_name_to_errno(text + negative);

	if (number == 0)
		return -1;
	*value = (uint32_t)(negative ? -number : number);
	return 0;
}

/* What a name means depends on the field; a number means itself in all of them. */
static int named_value(unsigned field, const char *text, uint32_t *value)
{
	int number = -1;

	if (is_uid_field(field))
		return user_value(text, value);
	if (field == AUDIT_EXIT)
		return exit_value(text, value);
	if (field == AUDIT_MSGTYPE)
		number = audit_name_to_msg_type(text);
	else if (field == AUDIT_FILETYPE)
		number = audit_name_to_ftype(text);
	else if (field == AUDIT_FSTYPE)
		number = audit_name_to_fstype(text);
	if (number < 0)
		return -1;
	*value = (uint32_t)number;
	return 0;
}

static int add_arch(struct compilation *c, uint32_t op, const char *text)
{
	unsigned elf;

	c->machine = audit_determine_machine(text);
	if (c->machine < 0)
		return -1;
	elf = audit_machine_to_elf(c->machine);
	return elf ? add_field(c->data, AUDIT_ARCH, op, elf) : -1;
}

static int add_key(struct compilation *c, const char *text)
{
	size_t used = strlen(c->key);

	if (used + strlen(text) + 1 > AUDIT_MAX_KEY_LEN)
		return -1;
	snprintf(c->key + used, sizeof(c->key) - used, "%s%s", used ? "\001" : "", text);
	return 0;
}

static int field_value(unsigned field, const char *text, uint32_t *value)
{
	if (field == AUDIT_PERM)
		return permission_value(text, value);
	return number_value(text, value) == 0 ? 0 : named_value(field, text, value);
}

/* Cuts "name OP value" in place; returns the index in operators, or -1. */
static int split_operator(char *pair, char **value)
{
	char *at = strpbrk(pair, "!=<>&");

	for (size_t i = 0; at && i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t length = strlen(operators[i].symbol);

		if (strncmp(at, operators[i].symbol, length) == 0) {
			*at = '\0';
			*value = at + length;
			return (int)i;
		}
	}
	return -1;
}

static int compile_field(struct compilation *c, const char *argument, struct error *err)
{
	char pair[RULE_LINE_MAX], *text;
	uint32_t value, op;
	int field, i, done;

	snprintf(pair, sizeof(pair), "%s", argument);
	i = split_operator(pair, &text);
	if (i < 0)
		return error_set(err, "'%s' is no field=value", argument);
	op = operators[i].op;
	field = strcmp(pair, "key") == 0 ? AUDIT_FILTERKEY : audit_name_to_field(pair);
	if (field < 0)
		return error_set(err, "unknown field '%s'", pair);
	if (field == AUDIT_ARCH)
		done = add_arch(c, op, text);
	else if (field == AUDIT_FILTERKEY)
		done = add_key(c, text);
	else if (rule_field_is_string((unsigned)field))
		done = add_string(c->data, (uint32_t)field, op, text);
	else if (field_value((unsigned)field, text, &value) == 0)
		done = add_field(c->data, (uint32_t)field, op, value);
	else
		done = -1;
	return done == 0 ? 0 : error_set(err, "'%s' has no value that %s takes", argument, pair);
}

static int compile_comparison(struct compilation *c, const char *argument, struct error *err)
{
	char pair[256], *right;
	int i;

	snprintf(pair, sizeof(pair), "%s", argument);
	i = split_operator(pair, &right);
	if (i >= 0 && (operators[i].op == AUDIT_EQUAL || operators[i].op == AUDIT_NOT_EQUAL)) {
		for (size_t n = 0; n < sizeof(comparisons) / sizeof(comparisons[0]); n++) {
			const char *a = comparisons[n].left, *b = comparisons[n].right;

			if ((strcmp(pair, a) == 0 && strcmp(right, b) == 0) ||
			    (strcmp(pair, b) == 0 && strcmp(right, a) == 0))
				return add_field(c->data, AUDIT_FIELD_COMPARE, operators[i].op,
						 comparisons[n].value);
		}
	}
	return error_set(err, "'%s' compares no two fields known here", argument);
}

static void set_all_calls(struct audit_rule_data *data)
{
	/* the last word holds the kernel's classes of calls, which auditctl leaves out too */
	for (int i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
		data->mask[i] = UINT32_MAX;
}

static int compile_call(struct compilation *c, const char *name)
{
	char *end;
	long nr;

	if (strcmp(name, "all") == 0) {
		set_all_calls(c->data);
		return 0;
	}
	nr = audit_name_to_syscall(name, c->machine);
	if (nr < 0) {
		nr = strtol(name, &end, 10);
		if (end == name || *end)
			return -1;
	}
	if (nr < 0 || AUDIT_WORD(nr) >= AUDIT_BITMASK_SIZE)
		return -1;
	c->data->mask[AUDIT_WORD(nr)] |= AUDIT_BIT(nr);
	return 0;
}

static int compile_calls(struct compilation *c, const char *argument, struct error *err)
{
	char names[RULE_LINE_MAX], *state;

	if (c->machine < 0)
		c->machine = audit_detect_machine();
	c->has_call = true;
	snprintf(names, sizeof(names), "%s", argument);
	for (char *name = strtok_r(names, ",", &state); name; name = strtok_r(NULL, ",", &state))
		if (compile_call(c, name) < 0)
			return error_set(err, "this machine has no system call '%s'", name);
	return 0;
}

/* "always,exit" or "exit,always" */
static int compile_list(struct compilation *c, const char *argument, struct error *err)
{
	char words[64], *state;
	int action = -1, list = -1;

	snprintf(words, sizeof(words), "%s", argument);
	for (char *word = strtok_r(words, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
		if (audit_name_to_action(word) >= 0)
			action = audit_name_to_action(word);
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
			if (strcmp(word, lists[i].name) == 0)
				list = (int)lists[i].list;
	}
	if (action < 0 || list < 0)
		return error_set(err, "'%s' is no action and list", argument);
	c->data->action = (uint32_t)action;
	c->data->flags |= (uint32_t)list;
	c->has_list = true;
	return 0;
}

static int compile_option(struct compilation *c, const char *option, const char *argument,
			  struct error *err)
{
	if (strlen(option) == 2 && option[0] == '-') {
		switch (option[1]) {
		case 'A':
			c->data->flags |= AUDIT_FILTER_PREPEND;
			return compile_list(c, argument, err);
		case 'a':
			return compile_list(c, argument, err);
		case 'S':
			return compile_calls(c, argument, err);
		case 'F':
			return compile_field(c, argument, err);
		case 'C':
			return compile_comparison(c, argument, err);
		case 'k':
			return add_key(c, argument) == 0 ? 0
							 : error_set(err, "the key is too long");
		default:
			break;
		}
	}
	return error_set(err, "'%s' is no option of a filter rule", option);
}

static int compile_line(struct compilation *c, const char *text, struct error *err)
{
	char words[RULE_LINE_MAX], *state, *option;

	snprintf(words, sizeof(words), "%s", text);
	for (option = strtok_r(words, " \t", &state); option;
	     option = strtok_r(NULL, " \t", &state)) {
		const char *argument = strtok_r(NULL, " \t", &state);

		if (!argument)
			return error_set(err, "'%s' has no argument", option);
		if (compile_option(c, option, argument, err) < 0)
			return -1;
	}
	if (!c->has_list)
		return error_set(err, "the rule has no -a or -A");
	if (!c->has_call)
		set_all_calls(c->data);
	if (c->key[0] && add_string(c->data, AUDIT_FILTERKEY, AUDIT_EQUAL, c->key) < 0)
		return error_set(err, "the rule is too long");
	return 0;
}

int rule_compile(const char *text, struct audit_rule_data **data, bool *any_call, struct error *err)
{
	struct compilation c = {.machine = -1};

	c.data = calloc(1, sizeof(*c.data) + RULE_STRINGS_MAX);
	if (!c.data)
		return error_set(err, "out of memory");
	if (compile_line(&c, text, err) < 0) {
		free(c.data);
		return -1;
	}
	*data = c.data;
	*any_call = !c.has_call;
	return 0;
}

const char *rule_field_string(const struct audit_rule_data *rule, unsigned i, size_t *length)
{
	size_t offset = 0;

	if (i >= rule->field_count || !rule_field_is_string(rule->fields[i]))
		return NULL;
	for (unsigned before = 0; before < i; before++)
		if (rule_field_is_string(rule->fields[before]))
			offset += rule->values[before];
	*length = rule->values[i];
	return rule->buf + offset;
}

bool rule_has_call(const struct audit_rule_data *rule, int nr)
{
	return nr >= 0 && AUDIT_WORD(nr) < AUDIT_BITMASK_SIZE &&
	       (rule->mask[AUDIT_WORD(nr)] & AUDIT_BIT(nr));
}

int rule_machine(const struct audit_rule_data *rule)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == AUDIT_ARCH)
			return audit_elf_to_machine(rule->values[i]);
	return audit_detect_machine();
}

/* A growing line of text; truncates silently at its end. */
struct line {
	char *buf;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void line_add(struct line *line, const char *format,
							   ...)
{
	va_list args;
	int n;

	if (line->used >= line->size)
		return;
	va_start(args, format);
	n = vsnprintf(line->buf + line->used, line->size - line->used, format, args);
	va_end(args);
	if (n > 0)
		line->used += (size_t)n;
}

static bool has_all_calls(const struct audit_rule_data *rule)
{
	for (int i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
		if (rule->mask[i] != UINT32_MAX)
			return false;
	return true;
}

static void add_calls_text(struct line *line, const struct audit_rule_data *rule)
{
	int machine = rule_machine(rule);
	const char *before = " -S ";

	if (has_all_calls(rule)) {
		line_add(line, " -S all");
		return;
	}
	for (int nr = 0; nr < (AUDIT_BITMASK_SIZE - 1) * 32; nr++) {
		const char *name;

		if (!rule_has_call(rule, nr))
			continue;
		name = audit_syscall_to_name(nr, machine);
		if (name)
			line_add(line, "%s%s", before, name);
		else
			line_add(line, "%s%d", before, nr);
		before = ",";
	}
}

static void add_comparison_text(struct line *line, const struct audit_rule_data *rule, unsigned i)
{
	const char *op = audit_operator_to_symbol((int)rule->fieldflags[i]);

	for (size_t n = 0; n < sizeof(comparisons) / sizeof(comparisons[0]); n++)
		if (comparisons[n].value == rule->values[i])
			line_add(line, " -C %s%s%s", comparisons[n].left, op ? op : "?",
				 comparisons[n].right);
}

static void add_arch_text(struct line *line, unsigned elf)
{
	/* b64 and b32 are how rules files say it; the rest by libaudit's name */
	int machine = audit_elf_to_machine(elf);
	const char *name = machine >= 0 ? audit_machine_to_name(machine) : NULL;

	if (machine == audit_determine_machine("b64"))
		name = "b64";
	else if (machine == audit_determine_machine("b32"))
		name = "b32";
	line_add(line, "%s", name ? name : "?");
}

static void add_value_text(struct line *line, const struct audit_rule_data *rule, unsigned i)
{
	uint32_t field = rule->fields[i], value = rule->values[i];
	char printable[1024];
	size_t length;
	const char *text = rule_field_string(rule, i, &length);

	if (text)
		line_add(line, "%s", text_to_line(text, length, printable, sizeof(printable)));
	else if (field == AUDIT_ARCH)
		add_arch_text(line, value);
	else if (field == AUDIT_PERM)
		for (size_t n = 0; n < sizeof(permissions) / sizeof(permissions[0]); n++)
			line_add(line, "%.*s", !!(value & permissions[n].bit),
				 &permissions[n].letter);
	else if (field == AUDIT_MSGTYPE && audit_msg_type_to_name((int)value))
		line_add(line, "%s", audit_msg_type_to_name((int)value));
	else if (field >= AUDIT_ARG0 && field <= AUDIT_ARG3)
		line_add(line, "0x%x", value);
	else
		line_add(line, "%d", (int)value);
}

static const char *list_name(uint32_t flags)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].list == (flags & AUDIT_FILTER_MASK))
			return lists[i].name;
	return "?";
}

static void add_field_text(struct line *line, const struct audit_rule_data *rule, unsigned i)
{
	const char *name = audit_field_to_name((int)rule->fields[i]);
	const char *op = audit_operator_to_symbol((int)rule->fieldflags[i]);

	if (rule->fields[i] == AUDIT_FIELD_COMPARE) {
		add_comparison_text(line, rule, i);
		return;
	}
	line_add(line, " -F %s%s", name ? name : "?", op ? op : "?");
	add_value_text(line, rule, i);
}

char *rule_to_text(const struct audit_rule_data *rule, char *buf, size_t size)
{
	struct line line = {.buf = buf, .size = size};
	const char *action = audit_action_to_name((int)rule->action);
	unsigned i = 0;

	buf[0] = '\0';
	line_add(&line, "-%c %s,%s", rule->flags & AUDIT_FILTER_PREPEND ? 'A' : 'a',
		 action ? action : "?", list_name(rule->flags));
	/* arch first: it gives the numbers of the calls their names, as in a rules file */
	if (rule->field_count && rule->fields[0] == AUDIT_ARCH)
		add_field_text(&line, rule, i++);
	if ((rule->flags & AUDIT_FILTER_MASK) == AUDIT_FILTER_EXIT)
		add_calls_text(&line, rule);
	for (; i < rule->field_count; i++)
		add_field_text(&line, rule, i);
	return buf;
}
