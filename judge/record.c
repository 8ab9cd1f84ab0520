/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/record.h"

#include <string.h>

/* ---- the header ----------------------------------------------------------------------------- */

static bool take_node(const char **at, const char *end, struct bytes *node)
{
	const char *space;

	*node = (struct bytes){"", 0};
	if (!BYTES_TAKE(at, end, "node="))
		return true;
	space = memchr(*at, ' ', (size_t)(end - *at));
	if (!space || (size_t)(space - *at) >= RECORD_NODE_MAX)
		return false;
	*node = (struct bytes){*at, (size_t)(space - *at)};
	*at = space + 1;
	return true;
}

/* Literals, in the order of how often they come: each is a comparison of the length, and then of a
 * word or two. A table would be a call of memcmp() for each record. */
static enum record_type type_of(struct bytes word)
{
#define TYPE(name)                                                                                 \
	do {                                                                                       \
		if (bytes_are(word, #name))                                                        \
			return RECORD_##name;                                                      \
	} while (0)
	TYPE(SYSCALL);
	TYPE(EOE);
	TYPE(PROCTITLE);
	TYPE(PATH);
	TYPE(CWD);
	TYPE(EXECVE);
	TYPE(CAPSET);
	TYPE(BPRM_FCAPS);
	TYPE(CONFIG_CHANGE);
	TYPE(LOGIN);
	TYPE(SERVICE_START);
	TYPE(SERVICE_STOP);
	TYPE(DAEMON_START);
	TYPE(DAEMON_END);
	TYPE(DAEMON_ABORT);
	TYPE(DAEMON_CONFIG);
#undef TYPE
	return RECORD_OTHER;
}

bool record_parse(struct stamp *last, struct bytes line, struct record *record)
{
	const char *at = line.data, *end = at + line.length, *begin;

	if (!take_node(&at, end, &record->node))
		return false;
	begin = at;
	if (!BYTES_TAKE(&at, end, "type="))
		return false;
	record->word.data = at;
	at = spaces_next(at, end);
	record->word.length = (size_t)(at - record->word.data);
	if (!stamp_take(last, &at, end))
		return false;
	record_take_stamp(record, last);
	record->line.text = (struct bytes){begin, (size_t)(end - begin)};
	record->line.body = (struct bytes){at, (size_t)(end - at)};
	record->line.type = type_of(record->word);
	return true;
}

size_t record_split(struct bytes text, struct record_line *lines, size_t max)
{
	const char *at = text.data, *end = at + text.length, *newline;
	struct stamp stamp = {.length = 0};
	struct record record;
	size_t count = 0;

	for (; count < max && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL;
	     at = newline + 1)
		if (record_parse(&stamp, (struct bytes){at, (size_t)(newline - at)}, &record))
			lines[count++] = record.line;
	return count;
}

/* ---- selection by content ------------------------------------------------------------------- */

/* To the next space. */
static struct bytes value_at(const char *at, const char *end)
{
	return (struct bytes){at, (size_t)(spaces_next_far(at, end) - at)};
}

/* Field " name=VALUE" of the part of a SYSCALL record that the kernel writes before any text. */
static bool find_field(struct bytes body, const char *name, struct bytes *value)
{
	const char *found = memmem(body.data, body.length, name, strlen(name));

	if (found)
		*value = value_at(found + strlen(name), body.data + body.length);
	return found != NULL;
}

static bool take_arch(const char **at, const char *end, uint64_t *arch)
{
	struct bytes value;

	if (BYTES_TAKE(at, end, " arch=c000003e")) { /* the most common by far, at one glance */
		*arch = 0xc000003e;
		return true;
	}
	if (!BYTES_TAKE(at, end, " arch="))
		return false;
	value = value_at(*at, end);
	*at += value.length;
	return fields_hex(value, arch);
}

/* " arch=HEX syscall=DECIMAL", as the kernel begins it (kernel/auditsc.c, audit_log_exit); with
 * "per=HEX" between the two in a personality of its own. rest: the fields after them, or all. */
static bool read_call(const struct record *record, uint64_t *arch, uint64_t *number,
		      struct fields *rest)
{
	const char *at = record->line.body.data, *end = at + record->line.body.length;
	struct bytes value;

	*rest = (struct fields){at, end};
	if (!take_arch(&at, end, arch))
		return false;
	if (BYTES_TAKE(&at, end, " syscall=")) {
		rest->at = at;
		return take_number(&rest->at, end, number) && (rest->at == end || *rest->at == ' ');
	}
	return find_field((struct bytes){at, (size_t)(end - at)}, " syscall=", &value) &&
	       fields_decimal(value, number);
}

/* A call as far as it decides whether the record matters. */
struct call_facts {
	bool success;
	uint64_t args[4];
};

/* The next field of this name, mostly the very next one; what lies before it is passed over. */
static bool find_next(struct fields *fields, const struct field_name *name, struct bytes *value)
{
	struct bytes found;

	if (fields_take(fields, name, value))
		return true;
	while (fields_next(fields, &found, value))
		if (bytes_are(found, name->text))
			return true;
	return false;
}

/* They are among the first fields (kernel/auditsc.c): the rest is not split for them. A call that
 * did not return has no success. The arguments are read where they decide. */
static bool read_facts(enum call call, struct fields fields, struct call_facts *facts)
{
	static const struct field_name success = FIELD_NAME("success");
	static const struct field_name names[] = {FIELD_NAME("a0"), FIELD_NAME("a1"),
						  FIELD_NAME("a2"), FIELD_NAME("a3")};
	struct fields ahead = fields;
	struct bytes value;
	bool returned = find_next(&ahead, &success, &value);

	facts->success = returned && bytes_are(value, "yes");
	if (!syscalls_depends_on_args(call))
		return true;
	if (returned)
		fields = ahead;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!find_next(&fields, &names[i], &value) || !fields_hex(value, &facts->args[i]))
			return false;
	return true;
}

bool record_has_last_cap_key(struct fields fields)
{
	const char *key = spaces_last(fields.at, fields.end);

	return key && BYTES_TAKE(&key, fields.end, " key=\"capwatch_lastcap");
}

enum role record_role_of_call(enum call call, struct fields rest)
{
	struct call_facts facts = {.success = false};

	return read_facts(call, rest, &facts) && syscalls_wanted(call, facts.args, facts.success)
		       ? ROLE_OPENS
		       : ROLE_NONE;
}

static enum role syscall_role(const struct record *record)
{
	struct fields rest;
	uint64_t arch, number;
	enum call call;

	if (!read_call(record, &arch, &number, &rest))
		return ROLE_NONE;
	call = syscalls_classify((uint32_t)arch, (unsigned)number);
	if (call == CALL_NONE)
		return ROLE_NONE;
	if (call == CALL_FILE)
		return record_has_last_cap_key(fields_begin(record->line.body)) ? ROLE_OPENS
										: ROLE_MAYBE;
	return record_role_of_call(call, rest);
}

const enum role record_roles[RECORD_TYPES] = {
	[RECORD_EOE] = ROLE_ENDS,
	[RECORD_PROCTITLE] = ROLE_LAST,
	[RECORD_PATH] = ROLE_PATH,
	[RECORD_CWD] = ROLE_JOINS,
	[RECORD_EXECVE] = ROLE_JOINS,
	[RECORD_CAPSET] = ROLE_OPENS,
	[RECORD_BPRM_FCAPS] = ROLE_OPENS,
	[RECORD_CONFIG_CHANGE] = ROLE_OPENS,
	[RECORD_LOGIN] = ROLE_OPENS,
	[RECORD_SERVICE_START] = ROLE_SINGLE,
	[RECORD_SERVICE_STOP] = ROLE_SINGLE,
	[RECORD_DAEMON_START] = ROLE_SINGLE,
	[RECORD_DAEMON_END] = ROLE_SINGLE,
	[RECORD_DAEMON_ABORT] = ROLE_SINGLE,
	[RECORD_DAEMON_CONFIG] = ROLE_SINGLE,
};

enum role record_role(const struct record *record)
{
	const enum record_type type = record->line.type;

	return type == RECORD_SYSCALL ? syscall_role(record) : record_roles[type];
}

void record_copy_node(const struct record *record, char node[RECORD_NODE_MAX])
{
	memcpy(node, record->node.data, record->node.length);
	node[record->node.length] = '\0';
}

/* ---- the sysctl ----------------------------------------------------------------------------- */

static bool ends_with(const char *at, const char *end, const char *text, size_t length)
{
	return (size_t)(end - at) >= length && memcmp(end - length, text, length) == 0;
}

/* " item=N name=NAME", as the kernel begins it; else wherever the name is. */
static inline bool find_name(struct bytes body, struct bytes *name)
{
	const char *at = body.data, *end = at + body.length;

	if (BYTES_TAKE(&at, end, " item=") && at < end) {
		at++;
		if (BYTES_TAKE(&at, end, " name=")) {
			*name = value_at(at, end);
			return true;
		}
	}
	return find_field(body, " name=", name);
}

/* name="/proc/sys/kernel/cap_last_cap"; in hex, where the path has a byte that needs it
 * (kernel/audit.c, audit_log_untrustedstring). */
bool record_names_last_cap(struct bytes body)
{
	static const char plain[] = "cap_last_cap\"", hex[] = "6361705F6C6173745F636170";
	struct bytes name;
	const char *end;

	if (!find_name(body, &name))
		return false;
	end = name.data + name.length;
	return ends_with(name.data, end, plain, sizeof(plain) - 1) ||
	       ends_with(name.data, end, hex, sizeof(hex) - 1);
}
