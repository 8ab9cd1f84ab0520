/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentence of an alert: who, what, when, and what its baseline says of that. Each part is a
 * function that appends; whatever came from outside goes through text_to_line().
 */
#include "common/alert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

enum {
	OUTSIDE_MAX = 256, /* the most that one name or path takes in the sentence */
	PART_MAX = 1024,   /* of what is formatted at once: a list of all capabilities fits */
	SHORT_ID = 12,	   /* of a container's id, as its runtime prints it */
	FEW_CAPS = 5,
	COMM_MAX = 15, /* the kernel keeps no more of a name */
};

static const char *const set_names[ALERT_SETS] = {"permitted", "effective", "inheritable",
						  "ambient"};

struct sentence {
	char *buf;
	size_t size, used;
};

static void say_bytes(struct sentence *s, const char *data, size_t length)
{
	text_to_line(data, length, s->buf + s->used, s->size - s->used);
	s->used += strlen(s->buf + s->used);
}

static void say(struct sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct sentence *s, const char *format, ...)
{
	char part[PART_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(part, sizeof(part), format, args);
	va_end(args);
	say_bytes(s, part, strlen(part));
}

static void say_outside(struct sentence *s, struct bytes bytes)
{
	char part[OUTSIDE_MAX];

	text_to_line(bytes.data, bytes.data ? bytes.length : 0, part, sizeof(part));
	say_bytes(s, part, strlen(part));
}

static bool is_given(struct bytes bytes)
{
	return bytes.data && bytes.length > 0;
}

static unsigned count_bits(capmask mask)
{
	return (unsigned)__builtin_popcountll(mask);
}

/* "all capabilities" says more than forty names do. */
static void say_caps(struct sentence *s, capmask mask)
{
	capmask known = capmask_known(), but = known & ~mask;
	char names[PART_MAX];

	if (!but)
		say(s, "all capabilities");
	else if (count_bits(but) <= FEW_CAPS && count_bits(mask) > 2 * FEW_CAPS)
		say(s, "all capabilities but %s", capmask_to_text(but, names, sizeof(names)));
	else
		say(s, "%s", capmask_to_text(mask, names, sizeof(names)));
}

static void say_age(struct sentence *s, int64_t ms)
{
	static const struct {
		const char *unit, *smaller;
		int64_t ms, smaller_ms;
	} steps[] = {
		{"d", "h", 86400000, 3600000},
		{"h", "min", 3600000, 60000},
		{"min", "s", 60000, 1000},
		{"s", NULL, 1000, 0},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int64_t rest = ms % steps[i].ms;

		if (ms < steps[i].ms)
			continue;
		say(s, "%" PRId64 " %s", ms / steps[i].ms, steps[i].unit);
		if (steps[i].smaller && rest >= steps[i].smaller_ms)
			say(s, " %" PRId64 " %s", rest / steps[i].smaller_ms, steps[i].smaller);
		return;
	}
	say(s, "%" PRId64 " ms", ms);
}

/* comm is whatever the process says it is, so the file it runs stands beside it when they differ.
 */
static bool exe_is_named(struct bytes comm, struct bytes exe)
{
	size_t skip = exe.length, name_length;

	while (skip > 0 && exe.data[skip - 1] != '/')
		skip--;
	name_length = exe.length - skip;
	if (name_length > COMM_MAX)
		name_length = COMM_MAX;
	return name_length == comm.length && memcmp(exe.data + skip, comm.data, name_length) == 0;
}

static void say_process(struct sentence *s, const struct alert_process *process)
{
	if (is_given(process->comm))
		say_outside(s, process->comm);
	else
		say(s, "a process");
	say(s, " (");
	if (is_given(process->exe) &&
	    !(is_given(process->comm) && exe_is_named(process->comm, process->exe))) {
		say_outside(s, process->exe);
		say(s, ", ");
	}
	say(s, "pid %" PRId64 ", uid %" PRId64, process->pid, process->uid);
	if (process->euid != process->uid)
		say(s, ", euid %" PRId64, process->euid);
	say(s, ")");
}

static void say_container(struct sentence *s, const struct alert_service *service)
{
	const struct alert_container *container = &service->container;

	say(s, " of container ");
	if (is_given(container->name))
		say_outside(s, container->name);
	else if (is_given(container->id))
		say_outside(s, (struct bytes){container->id.data, container->id.length < SHORT_ID
									  ? container->id.length
									  : SHORT_ID});
	else
		say_outside(s, service->name);
	if (is_given(container->image)) {
		say(s, " (");
		say_outside(s, container->image);
		say(s, ")");
	}
}

static void say_service(struct sentence *s, const struct alert *alert)
{
	const struct alert_service *service = &alert->service;

	if (!service->present)
		return;
	if (service->kind == SERVICE_CONTAINER) {
		say_container(s, service);
	} else if (service->kind == SERVICE_SESSION) {
		say(s, " in the login session");
		if (alert->process.session >= 0)
			say(s, " %" PRId64, alert->process.session);
		if (is_given(alert->process.login_user)) {
			say(s, " of ");
			say_outside(s, alert->process.login_user);
		} else if (alert->process.auid >= 0) {
			say(s, " of uid %" PRId64, alert->process.auid);
		}
	} else if (service->kind == SERVICE_UNIT && is_given(service->name)) {
		say(s, " of ");
		say_outside(s, service->name);
	}
}

static void say_phase(struct sentence *s, const struct alert *alert)
{
	if (alert->phase == PHASE_STARTING) {
		say(s, " while starting");
	} else if (alert->phase == PHASE_RUNNING && alert->service.present &&
		   alert->service.age_ms >= 0) {
		say(s, " ");
		say_age(s, alert->service.age_ms);
		say(s, " after its start");
	} else if (alert->phase == PHASE_RUNNING) {
		say(s, " while running");
	}
}

/* " permitted and effective": every set from this one on whose gain is the same. */
static void say_sets_like(struct sentence *s, const struct alert *alert, int first)
{
	const char *between = " ";

	for (int i = first; i < ALERT_SETS; i++) {
		if (!alert->sets[i].present || alert->sets[i].gained != alert->sets[first].gained)
			continue;
		say(s, "%s%s", between, set_names[i]);
		between = " and ";
	}
}

static bool said_already(const struct alert *alert, int set)
{
	for (int i = 0; i < set; i++)
		if (alert->sets[i].present && alert->sets[i].gained == alert->sets[set].gained)
			return true;
	return false;
}

static bool has_gain(const struct alert *alert)
{
	for (int i = 0; i < ALERT_SETS; i++)
		if (alert->has_capabilities && alert->sets[i].present && alert->sets[i].gained)
			return true;
	return false;
}

/* "cap_a into permitted and effective, cap_b into ambient"; preposition is "into" or "in". */
static void say_gain(struct sentence *s, const struct alert *alert, const char *preposition)
{
	const char *between = "";

	if (!has_gain(alert)) {
		say(s, "capabilities");
		return;
	}
	for (int i = 0; i < ALERT_SETS; i++) {
		if (!alert->sets[i].present || !alert->sets[i].gained || said_already(alert, i))
			continue;
		say(s, "%s", between);
		say_caps(s, alert->sets[i].gained);
		say(s, " %s", preposition);
		say_sets_like(s, alert, i);
		between = ", ";
	}
}

static void say_securebits(struct sentence *s, const struct alert *alert)
{
	unsigned before = alert->has_securebits_before ? alert->securebits_before : 0,
		 after = alert->securebits_after;
	const char *between = "";

	for (unsigned i = 0; i < SECUREBITS_COUNT; i++) {
		if (!((before ^ after) & 1u << i))
			continue;
		say(s, "%s%s %s", between, vocab_word(&vocab_securebits, i),
		    after & 1u << i ? "set" : "cleared");
		between = ", ";
	}
	if (!*between)
		say(s, after ? "the same as before" : "none set now");
}

static void say_file_caps(struct sentence *s, const struct alert_file *file)
{
	if (!file->has_caps || !(file->permitted | file->inheritable))
		return;
	if (file->permitted) {
		say_caps(s, file->permitted);
		say(s, " permitted");
	}
	if (file->inheritable) {
		say(s, "%s", file->permitted ? " and " : "");
		say_caps(s, file->inheritable);
		say(s, " inheritable");
	}
}

static void say_path(struct sentence *s, const struct alert *alert, const char *otherwise)
{
	if (alert->file.present && is_given(alert->file.path))
		say_outside(s, alert->file.path);
	else
		say(s, "%s", otherwise);
}

static void say_expansion(struct sentence *s, const struct alert *alert)
{
	say(s, " raised ");
	say_gain(s, alert, "into");
}

static void say_above_ceiling(struct sentence *s, const struct alert *alert)
{
	say(s, " holds ");
	if (alert->baseline.has_missing)
		say_caps(s, alert->baseline.missing);
	else
		say(s, "capabilities");
	say(s, " in permitted above its ceiling");
}

static void say_impossible(struct sentence *s, const struct alert *alert)
{
	say(s, " came to hold ");
	say_gain(s, alert, "in");
	say(s,
	    " by %s, a step that the kernel does not allow (its credentials may have been "
	    "overwritten),",
	    vocab_word(&vocab_mechanism, alert->mechanism));
}

static void say_unexplained(struct sentence *s, const struct alert *alert)
{
	say(s, " was found to hold ");
	say_gain(s, alert, "in");
	say(s, ", which no audit record explains,");
}

static void say_ambient(struct sentence *s, const struct alert *alert)
{
	say(s, " raised ");
	say_gain(s, alert, "into");
	say(s, " (programs it executes keep them)");
}

static void say_loosened(struct sentence *s, const struct alert *alert)
{
	say(s, " loosened its securebits (");
	if (alert->has_securebits)
		say_securebits(s, alert);
	else
		say(s, "to what is not known");
	say(s, ")");
}

static void say_exec(struct sentence *s, const struct alert *alert)
{
	say(s, " gained ");
	say_gain(s, alert, "in");
	say(s, " by executing ");
	say_path(s, alert, "a program");
	if (alert->file.present && alert->file.has_caps &&
	    (alert->file.permitted | alert->file.inheritable)) {
		say(s, " (file capabilities ");
		say_file_caps(s, &alert->file);
		say(s, ")");
	} else if (alert->file.present && alert->file.mode[0]) {
		say(s, " (mode %.*s)", (int)strnlen(alert->file.mode, sizeof(alert->file.mode)),
		    alert->file.mode);
	}
}

static void say_setuid(struct sentence *s, const struct alert *alert)
{
	say(s, " gained ");
	say_gain(s, alert, "in");
	say(s, " by setting its user id to 0");
}

static void say_userns(struct sentence *s, const struct alert *alert)
{
	(void)alert;
	say(s, " entered a user namespace, where it holds all capabilities (none of them on the "
	       "host),");
}

static void say_denied(struct sentence *s, const struct alert *alert)
{
	if (alert->has_securebits && !has_gain(alert)) {
		say(s, " was refused by the kernel when it tried to change its securebits");
		return;
	}
	say(s, " was refused by the kernel when it tried to raise ");
	if (!has_gain(alert) && alert->baseline.has_missing) {
		say_caps(s, alert->baseline.missing);
		say(s, alert->mechanism == MECHANISM_AMBIENT ? " into ambient" : "");
		return;
	}
	say_gain(s, alert, "into");
}

static void say_file_caps_set(struct sentence *s, const struct alert *alert)
{
	say(s, alert->outcome == OUTCOME_DENIED ? " tried in vain to give the file "
						: " gave the file ");
	say_path(s, alert, "(not known which)");
	say(s, " capabilities");
	if (alert->file.present && alert->file.has_caps &&
	    (alert->file.permitted | alert->file.inheritable)) {
		say(s, " (");
		say_file_caps(s, &alert->file);
		say(s, ")");
	}
}

static void say_cap_last_cap(struct sentence *s, const struct alert *alert)
{
	say(s, alert->outcome == OUTCOME_DENIED ? " tried to write " : " opened for writing ");
	say_path(s, alert, "/proc/sys/kernel/cap_last_cap");
	say(s, alert->outcome == OUTCOME_DENIED ? " and was refused" : "");
}

/* A finding of capwatch about itself or the audit system: there need be no process. */
static void say_own(struct sentence *s, const struct alert *alert)
{
	struct bytes what = is_given(alert->detail) ? alert->detail : alert->coverage.lost;

	if (alert->reason == REASON_CONFIG_CHANGE)
		say(s, is_given(what) ? "capwatch's configuration changed: "
				      : "capwatch's configuration changed");
	else if (alert->coverage.present && alert->coverage.state == COVERAGE_RESTORED)
		say(s, "capwatch sees again: ");
	else
		say(s, is_given(what) ? "capwatch cannot see everything: "
				      : "capwatch cannot see everything");
	say_bytes(s, is_given(what) ? what.data : "", is_given(what) ? what.length : 0);
	if (s->used && s->buf[s->used - 1] == '.')
		s->buf[--s->used] = '\0';
	if (alert->process.present) {
		say(s, " (by ");
		say_process(s, &alert->process);
		say_service(s, alert);
		say(s, ")");
	}
}

enum { SAYS_PHASE = 1, SAYS_BASELINE = 2 };

static const struct {
	void (*what)(struct sentence *s, const struct alert *alert);
	unsigned also;
} by_reason[] = {
	[REASON_EXPANSION_AFTER_START] = {say_expansion, SAYS_PHASE | SAYS_BASELINE},
	[REASON_EXPANSION_AT_START] = {say_expansion, SAYS_PHASE | SAYS_BASELINE},
	[REASON_ABOVE_CEILING] = {say_above_ceiling, SAYS_PHASE},
	[REASON_IMPOSSIBLE_TRANSITION] = {say_impossible, SAYS_PHASE},
	[REASON_UNEXPLAINED_GAIN] = {say_unexplained, SAYS_PHASE},
	[REASON_AMBIENT_RAISE] = {say_ambient, SAYS_PHASE | SAYS_BASELINE},
	[REASON_SECUREBITS_CHANGE] = {say_loosened, SAYS_PHASE | SAYS_BASELINE},
	[REASON_EXEC_GAIN] = {say_exec, SAYS_PHASE | SAYS_BASELINE},
	[REASON_SETUID_GAIN] = {say_setuid, SAYS_PHASE | SAYS_BASELINE},
	[REASON_USERNS_GAIN] = {say_userns, SAYS_PHASE | SAYS_BASELINE},
	[REASON_GAIN_DENIED] = {say_denied, SAYS_PHASE | SAYS_BASELINE},
	[REASON_FILE_CAPS_SET] = {say_file_caps_set, 0},
	[REASON_CAP_LAST_CAP_WRITE] = {say_cap_last_cap, 0},
};

static capmask all_gained(const struct alert *alert)
{
	capmask gained = 0;

	for (int i = 0; i < ALERT_SETS; i++)
		if (alert->has_capabilities && alert->sets[i].present)
			gained |= alert->sets[i].gained;
	return gained;
}

static void say_baseline(struct sentence *s, const struct alert *alert)
{
	capmask missing = alert->baseline.has_missing ? alert->baseline.missing : 0;

	if (!is_given(alert->baseline.entry)) {
		say(s, "; no baseline entry covers it");
		return;
	}
	say(s, "; its baseline entry ");
	say_outside(s, alert->baseline.entry);
	say(s, " does not allow ");
	if (missing && missing != all_gained(alert))
		say_caps(s, missing);
	else
		say(s, "that");
	say(s, alert->phase == PHASE_STARTING  ? " at a start"
	       : alert->phase == PHASE_RUNNING ? " while it runs"
					       : "");
}

static void say_count(struct sentence *s, const struct alert *alert)
{
	char from[32], to[32];

	if (alert->count <= 1 && !alert->is_summary)
		return;
	say(s,
	    alert->is_summary ? "; the same happened %" PRId64 " more time%s"
			      : "; this happened %" PRId64 " time%s",
	    alert->count, alert->count == 1 ? "" : "s");
	if (alert->first_time > 0 && alert->last_time > alert->first_time)
		say(s, " from %s to %s", text_time(alert->first_time, from, sizeof(from)),
		    text_time(alert->last_time, to, sizeof(to)));
}

static void say_finding(struct sentence *s, const struct alert *alert)
{
	unsigned also = by_reason[alert->reason].also;

	if (alert->process.present)
		say_process(s, &alert->process);
	else
		say(s, "a process that is not known");
	say_service(s, alert);
	by_reason[alert->reason].what(s, alert);
	if (also & SAYS_PHASE)
		say_phase(s, alert);
	if (alert->previous == PREVIOUS_UNKNOWN && has_gain(alert))
		say(s, " (what it held before is not known)");
	if (also & SAYS_BASELINE)
		say_baseline(s, alert);
}

char *alert_message(const struct alert *alert, char *buf, size_t size)
{
	struct sentence s = {buf, size, 0};

	if (size == 0)
		return buf;
	buf[0] = '\0';
	if ((size_t)alert->reason < sizeof(by_reason) / sizeof(by_reason[0]) &&
	    by_reason[alert->reason].what)
		say_finding(&s, alert);
	else
		say_own(&s, alert);
	say_count(&s, alert);
	say(&s, ".");
	return buf;
}
