/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/event.h"

#include <auparse.h>
#include <libaudit.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "judge/fields.h"
#include "judge/record.h"
#include "judge/said.h"

#define UNSET_ID 4294967295ll

enum field_kind {
	FIELD_SKIP,    /* of no interest */
	FIELD_DECIMAL, /* uint64_t */
	FIELD_SIGNED,  /* int64_t */
	FIELD_ID,      /* int64_t, 4294967295 is -1: unset */
	FIELD_HEX,     /* uint64_t */
	FIELD_YES,     /* bool */
	FIELD_WORD,    /* struct bytes, as it is written */
	FIELD_RAW,     /* the same, where it stands, and so not terminated */
	FIELD_TEXT,    /* struct bytes, decoded where the kernel wrote it in hex */
	FIELD_KEY,     /* the same: the first of several */
	FIELD_TITLE,   /* the same, its NULs spaces */
};

struct field_rule {
	struct field_name name;
	enum field_kind kind;
	size_t offset; /* in struct event; of WRITER_LATER in struct event_details, but of
			  AUDIT_PATH in struct event_path */
};

#define EVENT(member) offsetof(struct event, member)
#define PATH(member) offsetof(struct event_path, member)
#define DETAILS(member) offsetof(struct event_details, member)
#define RULE(name, kind, offset)                                                                   \
	{                                                                                          \
		FIELD_NAME(name), kind, offset                                                     \
	}

/* Where the parts of syscall_rules begin: of three of them mostly the last record said the same. A
 * rule too many before one of them does not compile. */
enum { RULES_ARGS = 4, RULES_IDS = 11, RULES_NAMES = 22, RULES_TAIL = 24, RULES_END = 26 };

/* Each in the order in which the kernel writes them, so that the next field is mostly the next
 * rule's. */
static const struct field_rule syscall_rules[RULES_END] = {
	RULE("arch", FIELD_HEX, EVENT(arch)),
	RULE("syscall", FIELD_DECIMAL, EVENT(syscall)),
	RULE("success", FIELD_YES, EVENT(success)),
	RULE("exit", FIELD_SIGNED, EVENT(exit)),
	[RULES_ARGS] = RULE("a0", FIELD_RAW, EVENT(args[0])),
	RULE("a1", FIELD_RAW, EVENT(args[1])),
	RULE("a2", FIELD_RAW, EVENT(args[2])),
	RULE("a3", FIELD_RAW, EVENT(args[3])),
	RULE("items", FIELD_SKIP, 0),
	RULE("ppid", FIELD_SIGNED, EVENT(ppid)),
	RULE("pid", FIELD_SIGNED, EVENT(pid)),
	[RULES_IDS] = RULE("auid", FIELD_ID, EVENT(ids.auid)),
	RULE("uid", FIELD_DECIMAL, EVENT(ids.uid)),
	RULE("gid", FIELD_SKIP, 0),
	RULE("euid", FIELD_DECIMAL, EVENT(ids.euid)),
	RULE("suid", FIELD_DECIMAL, EVENT(ids.suid)),
	RULE("fsuid", FIELD_DECIMAL, EVENT(ids.fsuid)),
	RULE("egid", FIELD_SKIP, 0),
	RULE("sgid", FIELD_SKIP, 0),
	RULE("fsgid", FIELD_SKIP, 0),
	RULE("tty", FIELD_WORD, EVENT(tty)),
	RULE("ses", FIELD_ID, EVENT(ids.session)),
	[RULES_NAMES] = RULE("comm", FIELD_TEXT, EVENT(comm)),
	RULE("exe", FIELD_TEXT, EVENT(exe)),
	[RULES_TAIL] = RULE("subj", FIELD_WORD, EVENT(subject)),
	RULE("key", FIELD_KEY, EVENT(key)),
};
static const struct field_rule capset_rules[] = {
	RULE("pid", FIELD_SKIP, 0),
	RULE("cap_pi", FIELD_HEX, EVENT(capset.inheritable)),
	RULE("cap_pp", FIELD_HEX, EVENT(capset.permitted)),
	RULE("cap_pe", FIELD_HEX, EVENT(capset.effective)),
	RULE("cap_pa", FIELD_HEX, EVENT(capset.ambient)),
};
static const struct field_rule bprm_rules[] = {
	RULE("fver", FIELD_SKIP, 0),
	RULE("fp", FIELD_HEX, EVENT(bprm.file_permitted)),
	RULE("fi", FIELD_HEX, EVENT(bprm.file_inheritable)),
	RULE("fe", FIELD_SKIP, 0),
	RULE("old_pp", FIELD_HEX, EVENT(bprm.old.permitted)),
	RULE("old_pi", FIELD_HEX, EVENT(bprm.old.inheritable)),
	RULE("old_pe", FIELD_HEX, EVENT(bprm.old.effective)),
	RULE("old_pa", FIELD_HEX, EVENT(bprm.old.ambient)),
	RULE("pp", FIELD_HEX, EVENT(bprm.new.permitted)),
	RULE("pi", FIELD_HEX, EVENT(bprm.new.inheritable)),
	RULE("pe", FIELD_HEX, EVENT(bprm.new.effective)),
	RULE("pa", FIELD_HEX, EVENT(bprm.new.ambient)),
	RULE("frootid", FIELD_SKIP, 0),
};
static const struct field_rule cwd_rules[] = {
	RULE("cwd", FIELD_TEXT, DETAILS(cwd)),
};
static const struct field_rule proctitle_rules[] = {
	RULE("proctitle", FIELD_TITLE, DETAILS(proctitle)),
};
static const struct field_rule path_rules[] = {
	RULE("item", FIELD_SKIP, 0),
	RULE("name", FIELD_TEXT, PATH(name)),
	RULE("inode", FIELD_DECIMAL, PATH(inode)),
	RULE("dev", FIELD_WORD, PATH(device)),
	RULE("mode", FIELD_WORD, PATH(mode)),
	RULE("ouid", FIELD_SKIP, 0),
	RULE("ogid", FIELD_SKIP, 0),
	RULE("rdev", FIELD_SKIP, 0),
	RULE("nametype", FIELD_WORD, PATH(nametype)),
	RULE("cap_fp", FIELD_HEX, PATH(permitted)),
	RULE("cap_fi", FIELD_HEX, PATH(inheritable)),
	RULE("cap_fe", FIELD_SKIP, 0),
	RULE("cap_fver", FIELD_SKIP, 0),
	RULE("cap_frootid", FIELD_SKIP, 0),
};
static const struct field_rule config_rules[] = {
	RULE("op", FIELD_TEXT, EVENT(config.op)),
	RULE("key", FIELD_TEXT, EVENT(config.key)),
	RULE("path", FIELD_TEXT, EVENT(config.path)),
	RULE("dir", FIELD_TEXT, EVENT(config.path)),
	RULE("audit_enabled", FIELD_SIGNED, EVENT(config.audit_enabled)),
	RULE("old", FIELD_SIGNED, EVENT(config.old)),
	RULE("res", FIELD_SIGNED, EVENT(config.result)),
};
static const struct field_rule login_rules[] = {
	RULE("pid", FIELD_SIGNED, EVENT(login.pid)),
	RULE("old-auid", FIELD_ID, EVENT(login.old_auid)),
	RULE("auid", FIELD_ID, EVENT(login.auid)),
	RULE("ses", FIELD_ID, EVENT(login.session)),
	RULE("res", FIELD_SIGNED, EVENT(login.result)),
};
static const struct field_rule service_rules[] = {
	RULE("pid", FIELD_SIGNED, EVENT(service.pid)),
	RULE("uid", FIELD_SIGNED, EVENT(service.uid)),
	RULE("unit", FIELD_TEXT, EVENT(service.unit)),
};

/* Who wrote it: of what is not in the kernel's own plain form libauparse knows all forms. What
 * is to be read later is the kernel's, too. */
enum writer { WRITER_NONE, WRITER_KERNEL, WRITER_LATER, WRITER_OTHER };

static const struct record_kind {
	int type; /* AUDIT_* */
	enum writer writer;
	unsigned part; /* of struct event; 0: none */
	const struct field_rule *rules;
	size_t rule_count;
} kinds[RECORD_TYPES] = {
/* clang-format off */
#define BARE(word, writer, part) \
	[RECORD_##word] = {AUDIT_##word, WRITER_##writer, part, NULL, 0}
#define KIND(word, writer, part, rules) \
	[RECORD_##word] = {AUDIT_##word, WRITER_##writer, part, \
			   rules, sizeof(rules) / sizeof((rules)[0])}
	/* clang-format on */
	KIND(SYSCALL, KERNEL, EVENT_SYSCALL, syscall_rules),
	KIND(CAPSET, KERNEL, EVENT_CAPSET, capset_rules),
	KIND(PROCTITLE, LATER, 0, proctitle_rules),
	KIND(PATH, LATER, 0, path_rules),
	KIND(CWD, LATER, 0, cwd_rules),
	BARE(EXECVE, LATER, 0), /* arguments, not fields */
	KIND(BPRM_FCAPS, KERNEL, EVENT_BPRM, bprm_rules),
	KIND(CONFIG_CHANGE, OTHER, EVENT_CONFIG_CHANGE, config_rules),
	KIND(LOGIN, OTHER, EVENT_LOGIN, login_rules),
	KIND(SERVICE_START, OTHER, EVENT_SERVICE, service_rules),
	KIND(SERVICE_STOP, OTHER, EVENT_SERVICE, service_rules),
	BARE(DAEMON_START, OTHER, EVENT_DAEMON),
	BARE(DAEMON_END, OTHER, EVENT_DAEMON),
	BARE(DAEMON_ABORT, OTHER, EVENT_DAEMON),
	BARE(DAEMON_CONFIG, OTHER, EVENT_DAEMON),
#undef BARE
#undef KIND
};

enum { RULES_MAX = 32 };

_Static_assert(sizeof(syscall_rules) / sizeof(syscall_rules[0]) <= RULES_MAX, "a bit each");
_Static_assert((int)RECORD_TYPES <= 32, "a bit each");

/* Mostly the next record of a kind says what the last one said, as those of one user's programs do.
 */
struct last_bprm {
	struct said said;
	struct event_bprm bprm;
};

/* Of a SYSCALL, " arch=" until " a0=": what was called, and what came of it. */
struct last_call {
	struct said said;
	uint64_t arch, syscall;
	bool success;
	int64_t exit;
};

/* Of a SYSCALL, " auid=" until " comm=". */
struct last_ids {
	struct said said;
	struct event_ids ids;
	struct bytes tty;
	char tty_text[64];
};

/* Of a SYSCALL, what is behind exe: " subj=" and " key=". */
struct last_tail {
	struct said said;
	struct bytes subject, key;
	char subject_text[256], key_text[256];
};

struct event_reader {
	auparse_state_t *parser;
	struct last_bprm last_bprm;
	struct last_call last_call;
	struct last_ids last_ids;
	struct last_tail last_tail;
	struct event *event;	      /* being filled */
	struct event_details details; /* of the event that was read last, once somebody has asked */
	bool has_details;
	uint32_t detailed; /* a bit for each kind that they have been read from */
	char arena[EVENT_ARENA_SIZE];
	size_t arena_used;
};

/* ---- values --------------------------------------------------------------------------------- */

/* Terminated, too. Without room for it there is no text. */
static struct bytes arena_text(struct event_reader *reader, struct bytes value, bool decode)
{
	char *to = reader->arena + reader->arena_used;
	size_t room = EVENT_ARENA_SIZE - reader->arena_used;
	struct bytes text = {NULL, 0};

	if (value.length + 1 > room || fields_is_null(value))
		return text;
	text.data = to;
	text.length = value.length;
	if (decode)
		text.length = fields_decode(value, to, room - 1);
	else
		memcpy(to, value.data, value.length);
	to[text.length] = '\0';
	reader->arena_used += text.length + 1;
	return text;
}

/* Text in the arena is ours to change. */
static struct bytes cut_at(struct bytes text, char separator)
{
	char *end = text.data ? memchr(text.data, separator, text.length) : NULL;

	if (!end)
		return text;
	*end = '\0';
	return (struct bytes){text.data, (size_t)(end - text.data)};
}

static struct bytes space_out(struct bytes text)
{
	char *data = (char *)text.data;

	for (size_t i = 0; i < text.length; i++)
		if (data[i] == '\0')
			data[i] = ' ';
	return text;
}

static void store(struct event_reader *reader, enum field_kind kind, struct bytes value,
		  void *place)
{
	int64_t number;

	switch (kind) {
	case FIELD_SKIP:
		break;
	case FIELD_DECIMAL:
		(void)fields_decimal(value, place);
		break;
	case FIELD_HEX:
		(void)fields_hex(value, place);
		break;
	case FIELD_SIGNED:
		(void)fields_signed(value, place);
		break;
	case FIELD_ID:
		if (fields_signed(value, &number))
			*(int64_t *)place = number == UNSET_ID ? -1 : number;
		break;
	case FIELD_YES:
		*(bool *)place = value.length == 3 && memcmp(value.data, "yes", 3) == 0;
		break;
	case FIELD_WORD:
		*(struct bytes *)place = arena_text(reader, value, false);
		break;
	case FIELD_RAW:
		*(struct bytes *)place = value;
		break;
	case FIELD_TEXT:
		*(struct bytes *)place = arena_text(reader, value, true);
		break;
	case FIELD_KEY:
		*(struct bytes *)place = cut_at(arena_text(reader, value, true),
						AUDIT_KEY_SEPARATOR);
		break;
	case FIELD_TITLE:
		*(struct bytes *)place = space_out(arena_text(reader, value, true));
		break;
	}
}

/* expected: where it would be in the kernel's order. Returns kind->rule_count when there is none.
 */
static size_t find_rule(const struct record_kind *kind, struct bytes name, size_t expected)
{
	size_t i = expected < kind->rule_count ? expected : 0;

	for (size_t tried = 0; tried < kind->rule_count; tried++) {
		const struct field_rule *rule = &kind->rules[i];
		if (rule->name.length == name.length &&
		    memcmp(rule->name.text, name.data, name.length) == 0)
			return i;
		i = i + 1 < kind->rule_count ? i + 1 : 0;
	}
	return kind->rule_count;
}

/* Where the fields of this record go; NULL where the record does not count: a second one of a kind
 * is not the kernel's. */
static char *begin_record(struct event *event, const struct record_kind *kind)
{
	if (event->parts & kind->part)
		return NULL;
	event->parts |= kind->part;
	event->service.start = kind->type == AUDIT_SERVICE_START;
	event->daemon_start = kind->type == AUDIT_DAEMON_START;
	event->daemon_config = kind->type == AUDIT_DAEMON_CONFIG;
	return (char *)event;
}

/* ---- what the kernel wrote ------------------------------------------------------------------ */

/* The next field that has a rule: mostly the next rule's. False at the end. */
static bool next_ruled(const struct record_kind *kind, struct fields *fields, size_t *rule,
		       struct bytes *value)
{
	const struct field_rule *expected = &kind->rules[*rule];
	struct bytes name;

	if (*rule < kind->rule_count && fields_take(fields, &expected->name, value))
		return true;
	while (fields_next(fields, &name, value)) {
		size_t i = find_rule(kind, name, *rule);
		if (i == kind->rule_count)
			continue;
		*rule = i;
		return true;
	}
	return false;
}

/* first: the rule of the next field; those of the rules before it have come. */
static void read_fields_from(struct event_reader *reader, const struct record_kind *kind,
			     struct fields fields, char *base, size_t first)
{
	struct bytes value;
	uint32_t seen = (1u << first) - 1;

	for (size_t i = first; next_ruled(kind, &fields, &i, &value); i++) {
		const struct field_rule *rule = &kind->rules[i];
		if (rule->kind != FIELD_SKIP && !((seen >> i) & 1))
			store(reader, rule->kind, value, base + rule->offset);
		seen |= 1u << i;
	}
}

static void read_fields(struct event_reader *reader, const struct record_kind *kind,
			struct fields fields, char *base)
{
	read_fields_from(reader, kind, fields, base, 0);
}

/* ---- what is said again ---------------------------------------------------------------------- */

static void read_bprm(struct event_reader *reader, const struct record_kind *kind,
		      struct bytes body)
{
	const char *at = body.data, *end = at + body.length;
	struct last_bprm *last = &reader->last_bprm;

	if (body.length == last->said.length && said_again(&last->said, at, end)) {
		reader->event->bprm = last->bprm;
		return;
	}
	read_fields(reader, kind, fields_begin(body), (char *)reader->event);
	said_keep(&last->said, at, end);
	last->bprm = reader->event->bprm;
}

/* Those of syscall_rules, each where it should be. */
static bool read_in_order(struct event_reader *reader, struct fields *fields, size_t from,
			  size_t until)
{
	struct bytes value;

	for (size_t i = from; i < until; i++) {
		const struct field_rule *rule = &syscall_rules[i];
		if (!fields_take(fields, &rule->name, &value))
			return false;
		store(reader, rule->kind, value, (char *)reader->event + rule->offset);
	}
	return true;
}

/* Remembered, like the ids, with the space behind them: a longer number says something else. */
static bool read_call(struct event_reader *reader, struct fields *fields)
{
	struct last_call *last = &reader->last_call;
	struct event *event = reader->event;
	const char *begin = fields->at;

	if (!said_again(&last->said, begin, fields->end)) {
		if (!read_in_order(reader, fields, 0, RULES_ARGS) || fields->at == fields->end)
			return false;
		said_keep(&last->said, begin, fields->at + 1);
		last->arch = event->arch;
		last->syscall = event->syscall;
		last->success = event->success;
		last->exit = event->exit;
		return true;
	}
	fields->at += last->said.length - 1;
	event->arch = last->arch;
	event->syscall = last->syscall;
	event->success = last->success;
	event->exit = last->exit;
	return true;
}

static bool read_ids(struct event_reader *reader, struct fields *fields)
{
	struct last_ids *last = &reader->last_ids;
	struct event *event = reader->event;
	const char *begin = fields->at;

	if (said_again(&last->said, begin, fields->end)) {
		fields->at += last->said.length - 1;
		event->ids = last->ids;
		event->tty = last->tty;
		return true;
	}
	if (!read_in_order(reader, fields, RULES_IDS, RULES_NAMES) || fields->at == fields->end)
		return false;
	said_keep(&last->said, begin, fields->at + 1);
	last->ids = event->ids;
	last->tty = said_keep_text(&last->said, event->tty, last->tty_text, sizeof(last->tty_text));
	return true;
}

/* All that is left. */
static void read_tail(struct event_reader *reader, const struct record_kind *kind,
		      struct fields fields)
{
	struct last_tail *last = &reader->last_tail;
	struct event *event = reader->event;

	if ((size_t)(fields.end - fields.at) == last->said.length &&
	    said_again(&last->said, fields.at, fields.end)) {
		event->subject = last->subject;
		event->key = last->key;
		return;
	}
	read_fields_from(reader, kind, fields, (char *)event, RULES_TAIL);
	said_keep(&last->said, fields.at, fields.end);
	last->subject = said_keep_text(&last->said, event->subject, last->subject_text,
				       sizeof(last->subject_text));
	last->key = said_keep_text(&last->said, event->key, last->key_text, sizeof(last->key_text));
}

static void read_syscall(struct event_reader *reader, const struct record_kind *kind,
			 struct bytes body)
{
	struct fields fields = fields_begin(body), all = fields;

	if (read_call(reader, &fields) && read_in_order(reader, &fields, RULES_ARGS, RULES_IDS) &&
	    read_ids(reader, &fields) && read_in_order(reader, &fields, RULES_NAMES, RULES_TAIL))
		read_tail(reader, kind, fields);
	else
		read_fields(reader, kind, all, (char *)reader->event);
}

/* a0, a1, ..., and a1[0], a1[1], ... where one was cut in pieces; not a1_len, or argc. */
static bool is_argument(struct bytes name, bool *continues)
{
	size_t i = 1;

	while (i < name.length && name.data[i] >= '0' && name.data[i] <= '9')
		i++;
	*continues = i + 3 <= name.length && name.data[i] == '[' && name.data[i + 1] != '0';
	return name.data[0] == 'a' && i > 1 && (i == name.length || name.data[i] == '[');
}

/* The arguments of an EXECVE record, joined by spaces: what a person would call the command line.
 */
static void read_execve(struct event_reader *reader, struct fields fields)
{
	char line[EVENT_COMMAND_MAX];
	struct bytes name, value;
	size_t used = 0;
	bool continues;

	while (fields_next(&fields, &name, &value)) {
		if (name.length < 2 || !is_argument(name, &continues))
			continue;
		if (value.length + 2 > sizeof(line) - used)
			break;
		if (used > 0 && !continues)
			line[used++] = ' ';
		used += fields_decode(value, line + used, sizeof(line) - used - 1);
	}
	reader->details.command_line = arena_text(reader, (struct bytes){line, used}, false);
}

/* False: this record, and so the event, is libauparse's to read. */
static bool read_record(struct event_reader *reader, const struct record_line *record)
{
	const struct record_kind *kind = &kinds[record->type];
	char *base;

	if (kind->writer == WRITER_OTHER)
		return false;
	base = kind->writer == WRITER_KERNEL ? begin_record(reader->event, kind) : NULL;
	if (!base)
		return true;
	if (record->type == RECORD_SYSCALL)
		read_syscall(reader, kind, record->body);
	else if (record->type == RECORD_BPRM_FCAPS)
		read_bprm(reader, kind, record->body);
	else
		read_fields(reader, kind, fields_begin(record->body), base);
	return true;
}

/* What is in its records; false when one of them is libauparse's to read. */
static bool read_records(struct event_reader *reader, const struct event *event)
{
	for (size_t i = 0; i < event->record_count; i++)
		if (!read_record(reader, &event->records[i]))
			return false;
	return true;
}

/* ---- details ----------------------------------------------------------------------------------
 */

/* As begin_record(). */
static char *begin_details(struct event_reader *reader, enum record_type type)
{
	struct event_details *details = &reader->details;

	if (type == RECORD_PATH)
		return details->path_count < EVENT_PATHS_MAX
			       ? (char *)&details->paths[details->path_count++]
			       : NULL;
	if (reader->detailed & 1u << type)
		return NULL;
	reader->detailed |= 1u << type;
	return (char *)details;
}

static void read_details_of(struct event_reader *reader, const struct record_line *record)
{
	const struct record_kind *kind = &kinds[record->type];
	struct fields fields;
	char *base;

	if (kind->writer != WRITER_LATER)
		return;
	base = begin_details(reader, record->type);
	if (!base)
		return;
	fields = fields_begin(record->body);
	if (record->type == RECORD_EXECVE)
		read_execve(reader, fields);
	else
		read_fields(reader, kind, fields, base);
}

const struct event_details *event_details(const struct event *event)
{
	struct event_reader *reader = event->reader;

	if (reader->has_details)
		return &reader->details;
	reader->has_details = true;
	reader->detailed = 0;
	memset(&reader->details, 0, sizeof(reader->details));
	for (size_t i = 0; i < event->record_count; i++)
		read_details_of(reader, &event->records[i]);
	return &reader->details;
}

/* ---- what libauparse reads ------------------------------------------------------------------ */

static void store_parsed(struct event_reader *reader, enum field_kind kind, void *place)
{
	const char *text = auparse_get_field_str(reader->parser);
	int type = auparse_get_field_type(reader->parser);
	bool escaped = type == AUPARSE_TYPE_ESCAPED || type == AUPARSE_TYPE_ESCAPED_KEY ||
		       type == AUPARSE_TYPE_ESCAPED_FILE || type == AUPARSE_TYPE_PROCTITLE;

	if (kind >= FIELD_WORD) {
		if (escaped)
			text = auparse_interpret_field(reader->parser);
		kind = FIELD_WORD;
	}
	if (text)
		store(reader, kind, (struct bytes){text, strlen(text)}, place);
}

static void read_parsed_fields(struct event_reader *reader, const struct record_kind *kind,
			       char *base)
{
	uint32_t seen = 0;

	if (!base || auparse_first_field(reader->parser) != 1)
		return;
	do {
		const char *name = auparse_get_field_name(reader->parser);
		size_t i = name ? find_rule(kind, (struct bytes){name, strlen(name)}, 0)
				: kind->rule_count;
		if (i == kind->rule_count || (seen >> i) & 1)
			continue;
		seen |= 1u << i;
		store_parsed(reader, kind->rules[i].kind, base + kind->rules[i].offset);
	} while (auparse_next_field(reader->parser) > 0);
}

static void read_parsed_record(struct event_reader *reader)
{
	int type = auparse_get_type(reader->parser);

	for (size_t i = 0; i < RECORD_TYPES; i++)
		if (kinds[i].type == type &&
		    (kinds[i].writer == WRITER_KERNEL || kinds[i].writer == WRITER_OTHER))
			read_parsed_fields(reader, &kinds[i],
					   begin_record(reader->event, &kinds[i]));
}

static void take_event(auparse_state_t *parser, auparse_cb_event_t kind, void *user)
{
	struct event_reader *reader = user;

	if (kind != AUPARSE_CB_EVENT_READY || !reader->event || auparse_first_record(parser) != 1)
		return;
	do {
		read_parsed_record(reader);
	} while (auparse_next_record(parser) > 0);
}

static void read_by_libauparse(struct event_reader *reader, const struct intake_event *raw)
{
	/* one whole event at a time: libauparse's own assembly never holds anything back */
	if (auparse_feed(reader->parser, raw->text, raw->length) == 0)
		(void)auparse_flush_feed(reader->parser);
}

/* ---- the reader ----------------------------------------------------------------------------- */

struct event_reader *event_reader_new(struct error *err)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		error_set(err, "out of memory");
		return NULL;
	}
	reader->parser = auparse_init(AUSOURCE_FEED, NULL);
	if (!reader->parser) {
		free(reader);
		error_set(err, "libauparse could not be set up");
		return NULL;
	}
	auparse_set_escape_mode(reader->parser, AUPARSE_ESC_RAW);
	auparse_add_callback(reader->parser, take_event, reader, NULL);
	return reader;
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	auparse_destroy(reader->parser);
	free(reader);
}

static void begin_event(struct event_reader *reader, const struct intake_event *raw,
			struct event *event)
{
	memset(event, 0, sizeof(*event));
	event->time = raw->time;
	event->serial = raw->serial;
	event->truncated = raw->truncated;
	event->complete = raw->complete && !raw->truncated;
	event->node = (struct bytes){raw->node, strlen(raw->node)};
	event->records = raw->records;
	event->record_count = raw->record_count;
	event->reader = reader;
	event->ids.auid = event->ids.session = -1;
	event->config.audit_enabled = event->config.old = event->config.result = -1;
	event->login.auid = event->login.old_auid = -1;
	reader->event = event;
	reader->arena_used = 0;
	reader->has_details = false;
}

bool event_read(struct event_reader *reader, const struct intake_event *raw, struct event *event)
{
	begin_event(reader, raw, event);
	if (!read_records(reader, event)) {
		begin_event(reader, raw, event);
		read_by_libauparse(reader, raw);
	}
	reader->event = NULL;
	if (event->parts & EVENT_SYSCALL)
		event->call = syscalls_classify((uint32_t)event->arch, (unsigned)event->syscall);
	return event->parts != 0;
}

uint64_t event_argument(const struct event *event, size_t i)
{
	uint64_t value = 0;

	(void)fields_hex(event->args[i], &value);
	return value;
}

bool event_record_has(const struct event *event, size_t index, const char *text)
{
	return index < event->record_count &&
	       memmem(event->records[index].text.data, event->records[index].text.length, text,
		      strlen(text)) != NULL;
}
