/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/record.h"

#include <string.h>

#include "judge/fields.h"
#include "judge/syscalls.h"

/* ---- the header ----------------------------------------------------------------------------- */

/* Of at most DIGITS_MAX digits: what is longer is no time or serial of the kernel's. */
static inline bool take_number(const char **at, const char *end, uint64_t *value)
{
	enum { DIGITS_MAX = 19 }; /* more might not fit */
	const char *p = *at;
	uint64_t number = 0;
	unsigned digit;

	while (p < end && (digit = (unsigned)*p - '0') <= 9) {
		number = number * 10 + digit;
		p++;
	}
	if (p == *at || p - *at > DIGITS_MAX)
		return false;
	*at = p;
	*value = number;
	return true;
}

#define TAKE(at, end, literal) record_take_bytes(at, end, literal, sizeof(literal) - 1)

static bool take_node(const char **at, const char *end, struct record *record)
{
	const char *space;

	record->node = "";
	record->node_length = 0;
	if (!TAKE(at, end, "node="))
		return true;
	space = memchr(*at, ' ', (size_t)(end - *at));
	if (!space || (size_t)(space - *at) >= RECORD_NODE_MAX)
		return false;
	record->node = *at;
	record->node_length = (size_t)(space - *at);
	*at = space + 1;
	return true;
}

/* The usual ones in three pieces: a copy of unknown length is a call, and one of 48 bytes gcc makes
 * by "rep movsl", which takes longer than all else here. */
static inline void keep_stamp(struct record_stamp *stamp, const char *begin, size_t length,
			      const char *end)
{
	enum { USUAL = 48 };

	stamp->length = length <= sizeof(stamp->text) ? length : 0;
	if (length > USUAL || end - begin < USUAL) {
		memcpy(stamp->text, begin, stamp->length);
		return;
	}
	memcpy(stamp->text, begin, 16);
	memcpy(stamp->text + 16, begin + 16, 16);
	memcpy(stamp->text + 32, begin + 32, 16);
}

/* " msg=audit(SEC." up to the point: mostly it is the same second as before. */
static inline bool take_seconds(const struct record_stamp *last, const char **at, const char *end,
				uint64_t *seconds)
{
	enum { WORD = sizeof(" msg=audit(") - 1, USUAL = WORD + 10 }; /* until the year 2286 */

	if (last->length > USUAL && last->text[USUAL] == '.' && end - *at > USUAL &&
	    memcmp(*at, last->text, USUAL + 1) == 0) {
		*seconds = (uint64_t)last->time / 1000;
		*at += USUAL + 1;
		return true;
	}
	return TAKE(at, end, " msg=audit(") && take_number(at, end, seconds) && TAKE(at, end, ".");
}

static bool read_stamp(struct record_stamp *stamp, const char **at, const char *end)
{
	const char *begin = *at;
	uint64_t seconds, milliseconds, serial;

	if (!take_seconds(stamp, at, end, &seconds) || !take_number(at, end, &milliseconds) ||
	    !TAKE(at, end, ":") || !take_number(at, end, &serial) || !TAKE(at, end, "):"))
		return false;
	if (seconds > INT64_MAX / 2000 || milliseconds > 999)
		return false;
	stamp->time = (int64_t)(seconds * 1000 + milliseconds);
	stamp->serial = serial;
	keep_stamp(stamp, begin, (size_t)(*at - begin), end);
	return true;
}

static bool take_stamp(struct record_stamp *last, const char **at, const char *end,
		       struct record *record)
{
	if (!record_take_stamp(last, at, end) && !read_stamp(last, at, end))
		return false;
	record->time = last->time;
	record->serial = last->serial;
	return true;
}

struct bytes record_type_of(struct bytes line)
{
	const char *at = line.data, *end = at + line.length;

	(void)TAKE(&at, end, "type=");
	return (struct bytes){at, (size_t)(fields_value_end(at, end) - at)};
}

bool record_parse(struct record_stamp *last, const char *line, size_t length, struct record *record)
{
	const char *at = line, *end = line + length;

	if (!take_node(&at, end, record))
		return false;
	record->line = at;
	record->length = (size_t)(end - at);
	if (!TAKE(&at, end, "type="))
		return false;
	record->type = at;
	at = fields_value_end(at, end);
	record->type_length = (size_t)(at - record->type);
	if (!take_stamp(last, &at, end, record))
		return false;
	record->body = at;
	record->body_length = (size_t)(end - at);
	return true;
}

/* ---- selection by content ------------------------------------------------------------------- */

/* To the next space. */
static struct bytes value_at(const char *at, const char *end)
{
	const char *space = memchr(at, ' ', (size_t)(end - at));

	return (struct bytes){at, (size_t)((space ? space : end) - at)};
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

	if (TAKE(at, end, " arch=c000003e")) { /* the most common by far, at one glance */
		*arch = 0xc000003e;
		return true;
	}
	if (!TAKE(at, end, " arch="))
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
	const char *at = record->body, *end = at + record->body_length;
	struct bytes value;

	*rest = (struct fields){at, end};
	if (!take_arch(&at, end, arch))
		return false;
	if (TAKE(&at, end, " syscall=")) {
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

/* Of a SYSCALL the key is the last field, before what auditd has looked up (after 0x1d). Both are
 * found from the end on. */
static bool has_last_cap_key(const struct record *record)
{
	static const char ours[] = " key=\"capwatch_lastcap";
	const char *begin = record->body, *end = begin + record->body_length, *key;
	const char *enriched = memrchr(begin, FIELDS_ENRICHED, (size_t)(end - begin));

	end = enriched ? enriched : end;
	key = memrchr(begin, ' ', (size_t)(end - begin));
	return key && record_take_bytes(&key, end, ours, sizeof(ours) - 1);
}

static enum role syscall_role(const struct record *record)
{
	struct call_facts facts = {.success = false};
	struct fields rest;
	uint64_t arch, number;
	enum call call;

	if (!read_call(record, &arch, &number, &rest))
		return ROLE_NONE;
	call = syscalls_classify((uint32_t)arch, (unsigned)number);
	if (call == CALL_NONE)
		return ROLE_NONE;
	if (call == CALL_FILE)
		return has_last_cap_key(record) ? ROLE_OPENS : ROLE_MAYBE;
	return read_facts(call, rest, &facts) && syscalls_wanted(call, facts.args, facts.success)
		       ? ROLE_OPENS
		       : ROLE_NONE;
}

/* Literals, in the order of how often they come: each is a comparison of the length, and then of a
 * word or two. A table would be a call of memcmp() for each record. */
static enum role role_of_type(const struct record *record)
{
#define TYPE(word, role)                                                                           \
	do {                                                                                       \
		if (record_type_is(record, word))                                                  \
			return role;                                                               \
	} while (0)
	TYPE("EOE", ROLE_ENDS);
	TYPE("PROCTITLE", ROLE_LAST);
	TYPE("PATH", ROLE_PATH);
	TYPE("CWD", ROLE_JOINS);
	TYPE("EXECVE", ROLE_JOINS);
	TYPE("CAPSET", ROLE_OPENS);
	TYPE("BPRM_FCAPS", ROLE_OPENS);
	TYPE("CONFIG_CHANGE", ROLE_OPENS);
	TYPE("LOGIN", ROLE_OPENS);
	TYPE("SERVICE_START", ROLE_SINGLE);
	TYPE("SERVICE_STOP", ROLE_SINGLE);
	TYPE("DAEMON_START", ROLE_SINGLE);
	TYPE("DAEMON_END", ROLE_SINGLE);
	TYPE("DAEMON_ABORT", ROLE_SINGLE);
	TYPE("DAEMON_CONFIG", ROLE_SINGLE);
#undef TYPE
	return ROLE_NONE;
}

enum role record_role(const struct record *record)
{
	return record_type_is(record, "SYSCALL") ? syscall_role(record) : role_of_type(record);
}

void record_copy_node(const struct record *record, char node[RECORD_NODE_MAX])
{
	memcpy(node, record->node, record->node_length);
	node[record->node_length] = '\0';
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

	if (TAKE(&at, end, " item=") && at < end) {
		at++;
		if (TAKE(&at, end, " name=")) {
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
