/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/replay/recording.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static bool is_plain(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f && byte != '%';
}

/* The string as it stands in facts, no more of it than a path can be; text holds three bytes for
 * each of its own, and two. */
static void escape(const char *string, char *text)
{
	char *end = text;

	*end++ = '"';
	for (size_t length = strnlen(string, PROC_PATH_MAX); length > 0; length--, string++) {
		if (is_plain((unsigned char)*string))
			*end++ = *string;
		else
			end += sprintf(end, "%%%02x", (unsigned char)*string);
	}
	*end = '\0';
}

static void write_string(FILE *facts, const char *string)
{
	fputs(" \"", facts);
	for (; *string; string++) {
		if (is_plain((unsigned char)*string))
			putc(*string, facts);
		else
			fprintf(facts, "%%%02x", (unsigned char)*string);
	}
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " ");
}

/* The next string into buf; moves *text behind it. */
static bool read_string(const char **text, char *buf, size_t size)
{
	const char *from = skip_blanks(*text);
	char digits[3] = "";
	size_t used = 0;

	if (*from++ != '"')
		return false;
	while (*from && *from != ' ' && used < size - 1) {
		if (*from == '%' && from[1] && from[2]) {
			memcpy(digits, from + 1, 2);
			buf[used++] = (char)strtoul(digits, NULL, 16);
			from += 3;
		} else {
			buf[used++] = *from++;
		}
	}
	buf[used] = '\0';
	*text = from;
	return *from == '\0' || *from == ' ';
}

static bool read_number(const char **text, int base, uint64_t *number)
{
	char *end;

	*number = strtoull(*text, &end, base);
	if (end == *text)
		return false;
	*text = end;
	return true;
}

/* A struct's field as a number in the line: most answers are nothing but a row of these. */
enum width { U32, S64, U64, MASK, FLAG };

struct field {
	enum width width;
	size_t offset;
};

#define OF(width, member)                                                                          \
	{                                                                                          \
		width, offsetof(struct recording_answer, member)                                   \
	}

static uint64_t get_field(const struct recording_answer *answer, const struct field *field)
{
	const void *at = (const char *)answer + field->offset;
	uint32_t small;
	uint64_t large;

	switch (field->width) {
	case FLAG:
		return *(const bool *)at;
	case U32:
		memcpy(&small, at, sizeof(small));
		return small;
	default:
		memcpy(&large, at, sizeof(large));
		return large;
	}
}

static void set_field(struct recording_answer *answer, const struct field *field, uint64_t value)
{
	void *at = (char *)answer + field->offset;
	uint32_t small = (uint32_t)value;

	switch (field->width) {
	case FLAG:
		*(bool *)at = value != 0;
		break;
	case U32:
		memcpy(at, &small, sizeof(small));
		break;
	default:
		memcpy(at, &value, sizeof(value));
	}
}

static void write_field(FILE *facts, enum width width, uint64_t value)
{
	if (width == S64)
		fprintf(facts, " %" PRId64, (int64_t)value);
	else
		fprintf(facts, width == MASK ? " %" PRIx64 : " %" PRIu64, value);
}

static const struct field status_fields[] = {
	OF(U64, status.start_ticks),
	OF(S64, status.start_time),
	OF(U32, status.ppid),
	OF(U32, status.threads),
	OF(U32, status.uid),
	OF(U32, status.euid),
	OF(U32, status.suid),
	OF(U32, status.fsuid),
	OF(S64, status.auid),
	OF(S64, status.session),
	OF(MASK, status.permitted),
	OF(MASK, status.effective),
	OF(MASK, status.inheritable),
	OF(MASK, status.bounding),
	OF(MASK, status.ambient),
	OF(U64, status.image),
	OF(FLAG, status.kernel_thread),
	OF(FLAG, status.ended),
	OF(FLAG, status.forked),
	OF(U64, status.heap),
};
static const struct field threads_fields[] = {
	OF(MASK, status.task_permitted),
	OF(MASK, status.task_effective),
	OF(MASK, status.task_inheritable),
	OF(MASK, status.task_ambient),
};
static const struct field exe_fields[] = {OF(FLAG, flag), OF(U64, file.device),
					  OF(U64, file.inode)};
static const struct field file_fields[] = {OF(U64, file.device), OF(U64, file.inode)};
static const struct field flag_fields[] = {OF(FLAG, flag)};
static const struct field caps_fields[] = {
	OF(FLAG, caps.present),	 OF(MASK, caps.permitted), OF(MASK, caps.inheritable),
	OF(U64, caps.inode),	 OF(S64, caps.changed),	   OF(FLAG, caps.lacks_20),
	OF(FLAG, caps.lacks_24),
};

/* ---- the calls ------------------------------------------------------------------------------- */

enum { WITH_COMM = 1, WITH_TEXT = 2, WITH_PIDS = 4 };

#define FIELDS(array) (array), sizeof(array) / sizeof(*(array))

/* Another call of struct proc_reader is a line here, one in enum recording_call, and a function in
 * recorder.c and in recorded_proc.c. */
static const struct {
	const char *name;
	const struct field *fields;
	size_t count;
	unsigned with; /* what precedes the fields */
} calls[RECORDING_CALLS] = {
	[RECORDING_STATUS] = {"status", FIELDS(status_fields), WITH_COMM},
	[RECORDING_THREADS] = {"threads", FIELDS(threads_fields), 0},
	[RECORDING_CGROUP] = {"cgroup", NULL, 0, WITH_TEXT},
	[RECORDING_EXE] = {"exe", FIELDS(exe_fields), WITH_TEXT},
	[RECORDING_HOST_FILE] = {"host_file", FIELDS(file_fields), 0},
	[RECORDING_IN_HOST_USERNS] = {"in_host_userns", FIELDS(flag_fields), 0},
	[RECORDING_SEES_HOST_FILES] = {"sees_host_files", NULL, 0, 0},
	[RECORDING_FOREIGN_CODE] = {"foreign_code", FIELDS(flag_fields), 0},
	[RECORDING_FILE_CAPS] = {"file_caps", FIELDS(caps_fields), 0},
	[RECORDING_EACH_PROCESS] = {"each_process", NULL, 0, WITH_PIDS},
};

void recording_make_key(const struct recording_question *question, char *key)
{
	char *end = stpcpy(key, calls[question->call].name);

	if (question->pid)
		end += sprintf(end, " %d", (int)question->pid);
	if (question->path) {
		*end++ = ' ';
		escape(question->path, end);
	}
}

static void write_answer(FILE *facts, enum recording_call call,
			 const struct recording_answer *answer)
{
	if (calls[call].with & WITH_COMM)
		write_string(facts, answer->status.comm);
	if (calls[call].with & WITH_TEXT)
		write_string(facts, answer->text);
	for (size_t i = 0; i < calls[call].count; i++)
		write_field(facts, calls[call].fields[i].width,
			    get_field(answer, &calls[call].fields[i]));
	if (calls[call].with & WITH_PIDS)
		for (size_t i = 0; i < answer->pid_count; i++)
			fprintf(facts, " %d", (int)answer->pids[i]);
}

void recording_write_fact(FILE *facts, bool by_judge, const struct recording_question *question,
			  const struct recording_answer *answer)
{
	char key[RECORDING_KEY_MAX];

	recording_make_key(question, key);
	fprintf(facts, "%c %s %c", by_judge ? '?' : '+', key, answer->known ? '=' : '-');
	if (answer->known)
		write_answer(facts, question->call, answer);
	putc('\n', facts);
}

static bool read_pids(const char *text, struct recording_answer *answer)
{
	uint64_t pid;

	while (answer->pid_count < RECORDING_PIDS_MAX && read_number(&text, 10, &pid))
		answer->pids[answer->pid_count++] = (pid_t)pid;
	return *skip_blanks(text) == '\0';
}

/* The leader's sets are the threads' until those are asked for, as proc_reader.h has it. */
static void take_leader(struct proc_status *status)
{
	status->task_permitted = status->permitted;
	status->task_effective = status->effective;
	status->task_inheritable = status->inheritable;
	status->task_ambient = status->ambient;
}

bool recording_read_answer(enum recording_call call, const char *text,
			   struct recording_answer *answer)
{
	uint64_t value;

	if ((calls[call].with & WITH_COMM) &&
	    !read_string(&text, answer->status.comm, sizeof(answer->status.comm)))
		return false;
	if ((calls[call].with & WITH_TEXT) &&
	    !read_string(&text, answer->text, sizeof(answer->text)))
		return false;
	if (calls[call].with & WITH_PIDS)
		return read_pids(text, answer);
	/* later versions may add numbers at the end: what is missing is 0, what is more is left */
	for (size_t i = 0; i < calls[call].count && *skip_blanks(text); i++) {
		const struct field *field = &calls[call].fields[i];

		if (!read_number(&text, field->width == MASK ? 16 : 10, &value))
			return false;
		set_field(answer, field, value);
	}
	if (call == RECORDING_STATUS)
		take_leader(&answer->status);
	answer->known = true;
	return true;
}

/* ---- begin ----------------------------------------------------------------------------------- */

/* What a judge goes by; the rest of struct settings is the courier's. */
static const struct {
	const char *name;
	size_t offset;
} durations[] = {
	{"start_window_ms", offsetof(struct settings, start_window_ms)},
	{"start_timeout_ms", offsetof(struct settings, start_timeout_ms)},
	{"repeat_window_ms", offsetof(struct settings, repeat_window_ms)},
	{"coverage_grace_ms", offsetof(struct settings, coverage_grace_ms)},
	{"sweep_ms", offsetof(struct settings, sweep_ms)},
};
enum { DURATIONS = sizeof(durations) / sizeof(*durations) };

void recording_write_begin(FILE *facts, const struct recording_begin *begin,
			   const struct settings *settings)
{
	fprintf(facts, "begin %d %" PRIu64, RECORDING_VERSION, begin->offset);
	write_string(facts, begin->host);
	write_string(facts, begin->host_id);
	for (size_t i = 0; i < DURATIONS; i++)
		fprintf(facts, " %s=%" PRId64, durations[i].name,
			*(const int64_t *)((const char *)settings + durations[i].offset));
	fprintf(facts, " mode=%d report_launcher_grants=%d\n", (int)settings->mode,
		settings->report_launcher_grants);
}

/* A name that this version does not know is one of a later version's settings: nothing to it. */
static void take_setting(struct settings *settings, const char *name, int64_t value)
{
	for (size_t i = 0; i < DURATIONS; i++)
		if (strcmp(name, durations[i].name) == 0)
			*(int64_t *)((char *)settings + durations[i].offset) = value;
	if (strcmp(name, "mode") == 0)
		settings->mode = (enum mode)value;
	if (strcmp(name, "report_launcher_grants") == 0)
		settings->report_launcher_grants = value != 0;
}

static bool parse_begin(const char *text, struct recording_begin *begin, struct settings *settings)
{
	uint64_t version;
	char *copy, *rest, *word;

	if (!read_number(&text, 10, &version) || version != RECORDING_VERSION ||
	    !read_number(&text, 10, &begin->offset) ||
	    !read_string(&text, begin->host, sizeof(begin->host)) ||
	    !read_string(&text, begin->host_id, sizeof(begin->host_id)))
		return false;
	if (settings)
		settings->sweep_ms = 0; /* of a recorder that did not sweep yet */
	copy = rest = strdup(text);
	while (settings && copy && (word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		take_setting(settings, word, strtoll(value, NULL, 10));
	}
	free(copy);
	return true;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	bool has_length, has_now;
} steps[] = {
	[RECORDING_BEGIN] = {"begin", false, false},  [RECORDING_SEED] = {"seed", false, true},
	[RECORDING_FEED] = {"feed", true, true},      [RECORDING_TICK] = {"tick", false, true},
	[RECORDING_FINISH] = {"finish", false, true},
};

static bool parse_step(const char *line, struct recording_step *step, struct settings *settings)
{
	size_t kind = 0, length = strcspn(line, " ");
	const char *text = line + length;
	uint64_t number;

	while (kind <= RECORDING_FINISH &&
	       (strlen(steps[kind].word) != length || strncmp(line, steps[kind].word, length) != 0))
		kind++;
	if (kind > RECORDING_FINISH)
		return false;
	step->kind = (enum recording_step_kind)kind;
	if (kind == RECORDING_BEGIN)
		return parse_begin(text, &step->begin, settings);
	if (steps[kind].has_length) {
		if (!read_number(&text, 10, &number))
			return false;
		step->length = (size_t)number;
	}
	if (steps[kind].has_now) {
		if (!read_number(&text, 10, &number))
			return false;
		step->now = (int64_t)number;
	}
	return *text == '\0';
}

/* The key ends where " = " or " -" begins; a string in it has no blank. */
static bool parse_key(char *text, struct recording_line *parsed)
{
	size_t name = strcspn(text, " ");
	char *at = text + name;

	parsed->key = text;
	parsed->call = 0;
	while (parsed->call < RECORDING_CALLS &&
	       (strlen(calls[parsed->call].name) != name ||
		strncmp(text, calls[parsed->call].name, name) != 0))
		parsed->call++;
	if (parsed->call == RECORDING_CALLS)
		return false;
	if (isdigit((unsigned char)at[0] ? (unsigned char)at[1] : 0))
		parsed->pid = (pid_t)strtol(at, &at, 10);
	if (at[0] == ' ' && at[1] == '"')
		at += 1 + strcspn(at + 1, " ");
	if (at[0] != ' ' || (at[1] != '=' && at[1] != '-'))
		return false;
	parsed->key_length = (size_t)(at - text);
	parsed->known = at[1] == '=';
	parsed->answer = at + 2;
	return true;
}

int recording_parse_line(char *line, struct recording_line *parsed, struct settings *settings,
			 struct error *err)
{
	memset(parsed, 0, sizeof(*parsed));
	parsed->by_judge = line[0] == '?';
	parsed->is_step = line[0] != '?' && line[0] != '+';
	if (parsed->is_step ? parse_step(line, &parsed->step, settings)
			    : line[1] == ' ' && parse_key(line + 2, parsed))
		return 0;
	return error_set(err, "no line of facts of version %d: %.100s", RECORDING_VERSION, line);
}
