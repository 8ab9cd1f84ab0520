/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/event.h"

#include <auparse.h>
#include <libaudit.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define UNSET_ID 4294967295ll

enum field_kind {
	FIELD_DECIMAL, /* uint64_t */
	FIELD_SIGNED,  /* int64_t */
	FIELD_ID,      /* int64_t, 4294967295 is -1: unset */
	FIELD_HEX,     /* uint64_t */
	FIELD_YES,     /* bool */
	FIELD_TEXT,    /* struct bytes, decoded where the kernel wrote it in hex */
};

struct field_rule {
	int type; /* AUDIT_* record type */
	const char *name;
	enum field_kind kind;
	size_t offset; /* in struct event, or in struct event_path for AUDIT_PATH */
};

#define EVENT(member) offsetof(struct event, member)
#define PATH(member) offsetof(struct event_path, member)

static const struct field_rule rules[] = {
	{AUDIT_SYSCALL, "arch", FIELD_HEX, EVENT(arch)},
	{AUDIT_SYSCALL, "syscall", FIELD_DECIMAL, EVENT(syscall)},
	{AUDIT_SYSCALL, "success", FIELD_YES, EVENT(success)},
	{AUDIT_SYSCALL, "exit", FIELD_SIGNED, EVENT(exit)},
	{AUDIT_SYSCALL, "a0", FIELD_HEX, EVENT(args[0])},
	{AUDIT_SYSCALL, "a1", FIELD_HEX, EVENT(args[1])},
	{AUDIT_SYSCALL, "a2", FIELD_HEX, EVENT(args[2])},
	{AUDIT_SYSCALL, "a3", FIELD_HEX, EVENT(args[3])},
	{AUDIT_SYSCALL, "ppid", FIELD_SIGNED, EVENT(ppid)},
	{AUDIT_SYSCALL, "pid", FIELD_SIGNED, EVENT(pid)},
	{AUDIT_SYSCALL, "auid", FIELD_ID, EVENT(auid)},
	{AUDIT_SYSCALL, "uid", FIELD_DECIMAL, EVENT(uid)},
	{AUDIT_SYSCALL, "euid", FIELD_DECIMAL, EVENT(euid)},
	{AUDIT_SYSCALL, "suid", FIELD_DECIMAL, EVENT(suid)},
	{AUDIT_SYSCALL, "fsuid", FIELD_DECIMAL, EVENT(fsuid)},
	{AUDIT_SYSCALL, "ses", FIELD_ID, EVENT(session)},
	{AUDIT_SYSCALL, "tty", FIELD_TEXT, EVENT(tty)},
	{AUDIT_SYSCALL, "comm", FIELD_TEXT, EVENT(comm)},
	{AUDIT_SYSCALL, "exe", FIELD_TEXT, EVENT(exe)},
	{AUDIT_SYSCALL, "subj", FIELD_TEXT, EVENT(subject)},
	{AUDIT_SYSCALL, "key", FIELD_TEXT, EVENT(key)},
	{AUDIT_CAPSET, "cap_pi", FIELD_HEX, EVENT(capset.inheritable)},
	{AUDIT_CAPSET, "cap_pp", FIELD_HEX, EVENT(capset.permitted)},
	{AUDIT_CAPSET, "cap_pe", FIELD_HEX, EVENT(capset.effective)},
	{AUDIT_CAPSET, "cap_pa", FIELD_HEX, EVENT(capset.ambient)},
	{AUDIT_BPRM_FCAPS, "fp", FIELD_HEX, EVENT(file_permitted)},
	{AUDIT_BPRM_FCAPS, "fi", FIELD_HEX, EVENT(file_inheritable)},
	{AUDIT_BPRM_FCAPS, "old_pp", FIELD_HEX, EVENT(bprm_old.permitted)},
	{AUDIT_BPRM_FCAPS, "old_pi", FIELD_HEX, EVENT(bprm_old.inheritable)},
	{AUDIT_BPRM_FCAPS, "old_pe", FIELD_HEX, EVENT(bprm_old.effective)},
	{AUDIT_BPRM_FCAPS, "old_pa", FIELD_HEX, EVENT(bprm_old.ambient)},
	{AUDIT_BPRM_FCAPS, "pp", FIELD_HEX, EVENT(bprm_new.permitted)},
	{AUDIT_BPRM_FCAPS, "pi", FIELD_HEX, EVENT(bprm_new.inheritable)},
	{AUDIT_BPRM_FCAPS, "pe", FIELD_HEX, EVENT(bprm_new.effective)},
	{AUDIT_BPRM_FCAPS, "pa", FIELD_HEX, EVENT(bprm_new.ambient)},
	{AUDIT_CWD, "cwd", FIELD_TEXT, EVENT(cwd)},
	{AUDIT_PROCTITLE, "proctitle", FIELD_TEXT, EVENT(proctitle)},
	{AUDIT_PATH, "name", FIELD_TEXT, PATH(name)},
	{AUDIT_PATH, "inode", FIELD_DECIMAL, PATH(inode)},
	{AUDIT_PATH, "dev", FIELD_TEXT, PATH(device)},
	{AUDIT_PATH, "mode", FIELD_TEXT, PATH(mode)},
	{AUDIT_PATH, "nametype", FIELD_TEXT, PATH(nametype)},
	{AUDIT_PATH, "cap_fp", FIELD_HEX, PATH(permitted)},
	{AUDIT_PATH, "cap_fi", FIELD_HEX, PATH(inheritable)},
	{AUDIT_CONFIG_CHANGE, "op", FIELD_TEXT, EVENT(config.op)},
	{AUDIT_CONFIG_CHANGE, "key", FIELD_TEXT, EVENT(config.key)},
	{AUDIT_CONFIG_CHANGE, "path", FIELD_TEXT, EVENT(config.path)},
	{AUDIT_CONFIG_CHANGE, "dir", FIELD_TEXT, EVENT(config.path)},
	{AUDIT_CONFIG_CHANGE, "audit_enabled", FIELD_SIGNED, EVENT(config.audit_enabled)},
	{AUDIT_CONFIG_CHANGE, "old", FIELD_SIGNED, EVENT(config.old)},
	{AUDIT_CONFIG_CHANGE, "res", FIELD_SIGNED, EVENT(config.result)},
	{AUDIT_LOGIN, "pid", FIELD_SIGNED, EVENT(login.pid)},
	{AUDIT_LOGIN, "old-auid", FIELD_ID, EVENT(login.old_auid)},
	{AUDIT_LOGIN, "auid", FIELD_ID, EVENT(login.auid)},
	{AUDIT_LOGIN, "ses", FIELD_ID, EVENT(login.session)},
	{AUDIT_LOGIN, "res", FIELD_SIGNED, EVENT(login.result)},
	{AUDIT_SERVICE_START, "pid", FIELD_SIGNED, EVENT(service.pid)},
	{AUDIT_SERVICE_START, "uid", FIELD_SIGNED, EVENT(service.uid)},
	{AUDIT_SERVICE_START, "unit", FIELD_TEXT, EVENT(service.unit)},
	{AUDIT_SERVICE_STOP, "pid", FIELD_SIGNED, EVENT(service.pid)},
	{AUDIT_SERVICE_STOP, "uid", FIELD_SIGNED, EVENT(service.uid)},
	{AUDIT_SERVICE_STOP, "unit", FIELD_TEXT, EVENT(service.unit)},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

struct event_reader {
	auparse_state_t *parser;
	struct event *event; /* being filled by the callback */
	bool filled;
	char arena[EVENT_ARENA_SIZE];
	size_t arena_used;
};

static struct bytes arena_copy(struct event_reader *reader, const char *text)
{
	size_t length = strlen(text);
	struct bytes bytes = {NULL, 0};

	if (length + 1 > EVENT_ARENA_SIZE - reader->arena_used)
		return bytes;
	memcpy(reader->arena + reader->arena_used, text, length + 1);
	bytes.data = reader->arena + reader->arena_used;
	bytes.length = length;
	reader->arena_used += length + 1;
	return bytes;
}

static bool parse_unsigned(const char *text, int base, uint64_t *value)
{
	char *stop;

	if (!text || *text == '\0' || *text == '-')
		return false;
	*value = strtoull(text, &stop, base);
	return *stop == '\0';
}

static bool parse_signed(const char *text, int64_t *value)
{
	char *stop;

	if (!text || *text == '\0')
		return false;
	*value = strtoll(text, &stop, 10);
	return *stop == '\0';
}

static struct bytes field_text(struct event_reader *reader)
{
	const char *text = auparse_get_field_str(reader->parser);

	if (auparse_get_field_type(reader->parser) == AUPARSE_TYPE_ESCAPED ||
	    auparse_get_field_type(reader->parser) == AUPARSE_TYPE_ESCAPED_KEY ||
	    auparse_get_field_type(reader->parser) == AUPARSE_TYPE_ESCAPED_FILE ||
	    auparse_get_field_type(reader->parser) == AUPARSE_TYPE_PROCTITLE)
		text = auparse_interpret_field(reader->parser);
	if (!text || strcmp(text, "(null)") == 0)
		return (struct bytes){NULL, 0};
	return arena_copy(reader, text);
}

static void store_field(struct event_reader *reader, enum field_kind kind, void *place)
{
	const char *text = auparse_get_field_str(reader->parser);
	int64_t number;

	switch (kind) {
	case FIELD_DECIMAL:
		(void)parse_unsigned(text, 10, place);
		break;
	case FIELD_HEX:
		(void)parse_unsigned(text, 16, place);
		break;
	case FIELD_SIGNED:
		(void)parse_signed(text, place);
		break;
	case FIELD_ID:
		if (parse_signed(text, &number))
			*(int64_t *)place = number == UNSET_ID ? -1 : number;
		break;
	case FIELD_YES:
		*(bool *)place = text && strcmp(text, "yes") == 0;
		break;
	case FIELD_TEXT:
		*(struct bytes *)place = field_text(reader);
		break;
	}
}

static int find_rule(int type, const char *name)
{
	for (int i = 0; i < RULE_COUNT; i++)
		if (rules[i].type == type && strcmp(rules[i].name, name) == 0)
			return i;
	return -1;
}

static void read_fields(struct event_reader *reader, int type, char *base)
{
	bool seen[RULE_COUNT] = {false};

	if (auparse_first_field(reader->parser) != 1)
		return;
	do {
		const char *name = auparse_get_field_name(reader->parser);
		int rule = name ? find_rule(type, name) : -1;
		if (rule < 0 || seen[rule])
			continue;
		seen[rule] = true;
		store_field(reader, rules[rule].kind, base + rules[rule].offset);
	} while (auparse_next_field(reader->parser) > 0);
}

/* The arguments of an EXECVE record, joined by spaces: what a person would call the command line.
 */
static void read_execve(struct event_reader *reader)
{
	char line[EVENT_COMMAND_MAX];
	size_t used = 0;

	if (auparse_first_field(reader->parser) != 1)
		return;
	do {
		const char *name = auparse_get_field_name(reader->parser);
		const char *text;
		size_t length;
		if (!name || name[0] != 'a' || name[1] < '0' || name[1] > '9')
			continue;
		text = auparse_interpret_field(reader->parser);
		length = text ? strlen(text) : 0;
		if (length + 2 > sizeof(line) - used)
			break;
		if (used > 0)
			line[used++] = ' ';
		memcpy(line + used, text ? text : "", length);
		used += length;
	} while (auparse_next_field(reader->parser) > 0);
	line[used] = '\0';
	reader->event->command_line = arena_copy(reader, line);
}

static void read_record(struct event_reader *reader, int type)
{
	static const struct {
		int type;
		unsigned part;
	} parts[] = {
		{AUDIT_SYSCALL, EVENT_SYSCALL},
		{AUDIT_CAPSET, EVENT_CAPSET},
		{AUDIT_BPRM_FCAPS, EVENT_BPRM},
		{AUDIT_CONFIG_CHANGE, EVENT_CONFIG_CHANGE},
		{AUDIT_LOGIN, EVENT_LOGIN},
		{AUDIT_SERVICE_START, EVENT_SERVICE},
		{AUDIT_SERVICE_STOP, EVENT_SERVICE},
		{AUDIT_DAEMON_START, EVENT_DAEMON},
		{AUDIT_DAEMON_END, EVENT_DAEMON},
		{AUDIT_DAEMON_ABORT, EVENT_DAEMON},
		{AUDIT_DAEMON_CONFIG, EVENT_DAEMON},
		{AUDIT_CWD, 0},
		{AUDIT_PROCTITLE, 0},
	};
	struct event *event = reader->event;

	if (type == AUDIT_EXECVE) {
		read_execve(reader);
		return;
	}
	if (type == AUDIT_PATH) {
		if (event->path_count < EVENT_PATHS_MAX)
			read_fields(reader, type, (char *)&event->paths[event->path_count++]);
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		/* a second record of a kind is not the kernel's: the first one counts */
		if (parts[i].type != type || (event->parts & parts[i].part))
			continue;
		event->parts |= parts[i].part;
		event->service.start = type == AUDIT_SERVICE_START;
		event->daemon_start = type == AUDIT_DAEMON_START;
		event->daemon_config = type == AUDIT_DAEMON_CONFIG;
		read_fields(reader, type, (char *)event);
		return;
	}
}

static void take_event(auparse_state_t *parser, auparse_cb_event_t kind, void *user)
{
	struct event_reader *reader = user;

	if (kind != AUPARSE_CB_EVENT_READY || !reader->event || auparse_first_record(parser) != 1)
		return;
	do {
		read_record(reader, auparse_get_type(parser));
	} while (auparse_next_record(parser) > 0);
	reader->filled = true;
}

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

static void split_records(const struct intake_event *raw, struct event *event)
{
	const char *at = raw->text, *end = raw->text + raw->length;

	while (at < end && event->record_count < ALERT_RECORDS_MAX) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);
		event->records[event->record_count++] = (struct bytes){at, length};
		at += length + 1;
	}
}

bool event_read(struct event_reader *reader, const struct intake_event *raw, struct event *event)
{
	memset(event, 0, sizeof(*event));
	event->time = raw->time;
	event->serial = raw->serial;
	event->truncated = raw->truncated;
	event->complete = raw->complete && !raw->truncated;
	event->node = (struct bytes){raw->node, strlen(raw->node)};
	event->auid = event->session = -1;
	event->config.audit_enabled = event->config.old = event->config.result = -1;
	event->login.auid = event->login.old_auid = -1;
	reader->event = event;
	reader->filled = false;
	reader->arena_used = 0;
	/* one whole event at a time: libauparse's own assembly never holds anything back */
	if (auparse_feed(reader->parser, raw->text, raw->length) == 0)
		(void)auparse_flush_feed(reader->parser);
	reader->event = NULL;
	if (!reader->filled)
		return false;
	if (event->parts & EVENT_SYSCALL)
		event->call = syscalls_classify((uint32_t)event->arch, (unsigned)event->syscall);
	split_records(raw, event);
	return event->parts != 0;
}

bool event_record_has(const struct event *event, size_t index, const char *text)
{
	const struct bytes *record = &event->records[index];

	return index < event->record_count &&
	       memmem(record->data, record->length, text, strlen(text)) != NULL;
}
