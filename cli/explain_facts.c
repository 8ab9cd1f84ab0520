/* SPDX-License-Identifier: Apache-2.0 */
/* What an alert says: what happened, who did it, what it held, and when in its service's life. */
#include "cli/explanation.h"

#include <inttypes.h>
#include <string.h>

#include "common/text.h"

static const char *const set_names[] = {"permitted", "effective", "inheritable", "ambient"};
enum { SETS = 4, CAPS_SIZE = 2048, AGE_SIZE = 64, FEW_CAPS = 5, ID_SIZE = 128 };

static bool has_text(const json_t *object, const char *key)
{
	return explanation_text(object, key)[0] != '\0';
}

/* ---- what happened ---- */

static void say_count(struct prose *prose, const json_t *alert)
{
	json_int_t count = json_integer_value(json_object_get(alert, "count"));

	if (count > 1)
		prose_say(prose, "It stands for %" PRId64 " of the same, from %s to %s.",
			  (int64_t)count, explanation_text(alert, "first_time"),
			  explanation_text(alert, "last_time"));
}

void explanation_what(const struct explanation *explanation)
{
	const json_t *alert = explanation->alert;
	struct prose *prose = explanation->prose;

	char id[ID_SIZE];

	text_to_line(explanation_text(alert, "id"), strlen(explanation_text(alert, "id")), id,
		     sizeof(id));
	fprintf(prose->out, "capwatch alert %s\n", *id ? id : "without an id");
	prose_heading(prose, "What happened");
	prose_say(prose, "At %s, on the host %s:",
		  has_text(alert, "time") ? explanation_text(alert, "time") : "a time not known",
		  has_text(alert, "host") ? explanation_text(alert, "host") : "(not known)");
	prose_say(prose, "%s",
		  has_text(alert, "message") ? explanation_text(alert, "message")
					     : "the alert has no sentence of its own.");
	say_count(prose, alert);
	if (json_is_true(json_object_get(alert, "test")))
		prose_say(prose, "It was a test, sent by hand: nothing happened.");
	if (strcmp(explanation_text(alert, "disposition"), "observed") == 0)
		prose_say(prose, "It was only recorded, not alerted: mode: observe.");
	prose_end(prose);
	explanation_severity(explanation);
}

/* ---- who ---- */

static void say_exe(struct prose *prose, const json_t *process)
{
	const char *state = explanation_text(process, "exe_state"),
		   *file = explanation_text(process, "exe_file");

	if (!has_text(process, "exe")) {
		prose_say(prose, "Which program it runs is not known.");
		return;
	}
	prose_say(prose, "It runs %s.", explanation_text(process, "exe"));
	if (strcmp(state, "deleted") == 0)
		prose_say(prose, "That file has been deleted while it runs.");
	else if (strcmp(file, "other") == 0)
		prose_say(prose, "That is not this host's file of that path: it was another one, "
				 "a copy, a file mounted over it, or a container's own.");
	else if (strcmp(file, "host") == 0 && strcmp(state, "replaced") == 0)
		prose_say(prose, "That was this host's own file of that path, which has been "
				 "replaced since.");
	else if (strcmp(state, "replaced") == 0)
		prose_say(prose, "Another file has taken that path since.");
	else if (strcmp(file, "host") == 0)
		prose_say(prose, "That is this host's own file of that path: it was compared.");
	else
		prose_say(prose, "Whether that is this host's own file of that path could not be "
				 "compared.");
}

static void say_uid(struct prose *prose, const json_t *process)
{
	const json_t *uid = json_object_get(process, "uid"),
		     *euid = json_object_get(process, "euid");
	const char *user = explanation_text(process, "user");

	if (!json_is_integer(uid)) {
		prose_say(prose, "As which user is not known.");
		return;
	}
	if (json_integer_value(uid) == 0)
		prose_say(prose, "It ran as root (uid 0).");
	else if (*user)
		prose_say(prose, "It ran as the user %s (uid %" PRId64 ").", user,
			  (int64_t)json_integer_value(uid));
	else
		prose_say(prose, "It ran as the user with uid %" PRId64 ".",
			  (int64_t)json_integer_value(uid));
	if (!json_is_integer(euid) || json_integer_value(euid) == json_integer_value(uid))
		return;
	prose_say(prose,
		  "Its effective user was another, though, %s (euid %" PRId64
		  "): what it does counts as done by that one.",
		  json_integer_value(euid) == 0 ? "root" : "with fewer rights or others",
		  (int64_t)json_integer_value(euid));
}

static void say_login(struct prose *prose, const json_t *process)
{
	const json_t *auid = json_object_get(process, "auid");
	const char *user = explanation_text(process, "login_user");

	if (!json_is_integer(auid)) {
		prose_say(prose, "Nobody's login stands behind it: the host started it by itself.");
		return;
	}
	if (*user)
		prose_say(prose, "Behind it stands the login of %s (uid %" PRId64 ")%s%s,", user,
			  (int64_t)json_integer_value(auid),
			  has_text(process, "tty") ? " at the terminal " : "",
			  explanation_text(process, "tty"));
	else
		prose_say(prose, "Behind it stands the login of uid %" PRId64 ",",
			  (int64_t)json_integer_value(auid));
	prose_say(prose, "whatever user it runs as by now.");
}

static void say_userns(struct prose *prose, const json_t *process)
{
	const char *word = explanation_text(process, "user_namespace");

	if (strcmp(word, "host") == 0)
		prose_say(prose, "It is in the host's own user namespace, so that its "
				 "capabilities count for the whole host.");
	else if (strcmp(word, "child") == 0)
		prose_say(prose, "It is in a user namespace of its own, where its capabilities "
				 "count only for what belongs to that namespace.");
	else
		prose_say(prose, "In which user namespace it is is not known: its capabilities "
				 "are taken to count for the host.");
}

static void say_process(struct prose *prose, const json_t *process)
{
	json_int_t pid = json_integer_value(json_object_get(process, "pid"));

	prose_say(prose, "It was process %" PRId64 ", which calls itself %s.", (int64_t)pid,
		  has_text(process, "comm") ? explanation_text(process, "comm") : "(not known)");
	say_exe(prose, process);
	if (has_text(process, "command_line"))
		prose_say(prose, "Its command line, as it says itself: %.500s",
			  explanation_text(process, "command_line"));
	prose_end(prose);
	say_uid(prose, process);
	say_login(prose, process);
	say_userns(prose, process);
	prose_end(prose);
}

static void say_chain(struct prose *prose, const json_t *process)
{
	const json_t *parent = json_object_get(process, "parent");
	const char *exe = explanation_text(process, "exe");

	if (!json_is_object(parent)) {
		prose_say(prose, "Its parent, process %" PRId64 ", was gone or is not known.",
			  (int64_t)json_integer_value(json_object_get(process, "ppid")));
		return;
	}
	prose_say(prose, "It came from: %s (process %" PRId64 "%s%s) -> %s (process %" PRId64 ").",
		  has_text(parent, "exe") ? explanation_text(parent, "exe") : "a program not known",
		  (int64_t)json_integer_value(json_object_get(parent, "pid")),
		  has_text(parent, "comm") ? ", " : "", explanation_text(parent, "comm"),
		  *exe ? exe : "a program not known",
		  (int64_t)json_integer_value(json_object_get(process, "pid")));
}

static void say_container(struct prose *prose, const json_t *container)
{
	static const struct {
		const char *key, *word;
	} parts[] = {{"runtime", "runtime"},	 {"name", "name"},    {"image", "image"},
		     {"namespace", "namespace"}, {"pod_name", "pod"}, {"pod_uid", "pod uid"},
		     {"workload", "workload"}};

	prose_say(prose, "It ran in the container %s", explanation_text(container, "id"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (has_text(container, parts[i].key))
			prose_say(prose, "(%s %s)", parts[i].word,
				  explanation_text(container, parts[i].key));
	prose_say(prose, "and not on the host itself.");
}

static void say_service(struct prose *prose, const json_t *service)
{
	const char *kind = explanation_text(service, "kind"),
		   *name = explanation_text(service, "name");

	if (json_is_object(json_object_get(service, "container")))
		say_container(prose, json_object_get(service, "container"));
	else if (strcmp(kind, "unit") == 0)
		prose_say(prose, "It belongs to the systemd unit %s.", name);
	else if (strcmp(kind, "session") == 0)
		prose_say(prose, "It belongs to a login session (%s), not to a service.", name);
	else if (strcmp(kind, "program") == 0)
		prose_say(prose, "No unit, container or login session is known for it: it is "
				 "taken as a service of its own, named after its program.");
	else
		prose_say(prose, "To which service it belongs is not known.");
}

/* Of a finding of capwatch about itself there may be no process, but somebody who did it. */
static void say_maker(struct prose *prose, const json_t *alert)
{
	const json_t *coverage = json_object_get(alert, "coverage");
	const json_t *pid = json_object_get(coverage, "by_pid"),
		     *auid = json_object_get(coverage, "by_auid");

	if (!json_is_integer(pid) && !has_text(coverage, "by_exe")) {
		prose_say(prose, "No process is to blame: capwatch reports this of itself or of "
				 "the audit system.");
		return;
	}
	prose_say(prose, "It was done by %s (process %" PRId64 ").",
		  has_text(coverage, "by_exe") ? explanation_text(coverage, "by_exe")
					       : "a program not known",
		  (int64_t)json_integer_value(pid));
	if (json_is_integer(auid))
		prose_say(prose, "Behind it stands the login of uid %" PRId64 ".",
			  (int64_t)json_integer_value(auid));
	if (has_text(coverage, "act"))
		prose_say(prose, "Its command line, as it says itself: %.500s",
			  explanation_text(coverage, "act"));
}

void explanation_who(const struct explanation *explanation)
{
	const json_t *process = json_object_get(explanation->alert, "process");
	struct prose *prose = explanation->prose;

	prose_heading(prose, "Who did it");
	if (!json_is_object(process)) {
		say_maker(prose, explanation->alert);
		prose_end(prose);
		return;
	}
	say_process(prose, process);
	say_chain(prose, process);
	say_service(prose, json_object_get(explanation->alert, "service"));
	prose_end(prose);
}

/* ---- what it held ---- */

const char *explanation_caps(capmask mask, char *buf, size_t size)
{
	capmask known = capmask_known(), but = known & ~mask;

	if (!mask)
		return "nothing";
	if (!but)
		return "all capabilities";
	if (__builtin_popcountll(but) > FEW_CAPS)
		return capmask_to_text(mask, buf, (unsigned)size);
	snprintf(buf, size, "all but ");
	capmask_to_text(but, buf + strlen(buf), (unsigned)(size - strlen(buf)));
	return buf;
}

static void say_set(struct prose *prose, const char *name, const json_t *set)
{
	const json_t *before = json_object_get(set, "before");
	capmask gained = capmask_from_json(json_object_get(set, "gained")),
		after = capmask_from_json(json_object_get(set, "after"));
	char buf[CAPS_SIZE];

	prose_say(prose, "%s:", name);
	if (!json_is_array(before))
		prose_say(prose, "before, not known;");
	else if (capmask_from_json(before) == after)
		prose_say(prose, "unchanged,");
	else
		prose_say(prose, "before, %s;",
			  explanation_caps(capmask_from_json(before), buf, sizeof(buf)));
	if (!json_is_array(before) || capmask_from_json(before) != after)
		prose_say(prose, "after,");
	prose_say(prose, gained ? "%s;" : "%s.", explanation_caps(after, buf, sizeof(buf)));
	if (gained)
		prose_say(prose, "gained: %s.", explanation_caps(gained, buf, sizeof(buf)));
	prose_end_item(prose);
}

static void say_words(struct prose *prose, const json_t *words)
{
	const json_t *word;
	size_t i;

	if (json_array_size(words) == 0)
		prose_say(prose, json_is_array(words) ? "none" : "not known");
	json_array_foreach(words, i, word)
	{
		prose_say(prose, "%s%s", json_string_value(word) ? json_string_value(word) : "?",
			  i + 1 < json_array_size(words) ? "," : "");
	}
}

static void say_securebits(struct prose *prose, const json_t *securebits)
{
	if (!json_is_object(securebits))
		return;
	prose_say(prose, "securebits (which say what uid 0 is worth): before,");
	say_words(prose, json_object_get(securebits, "before"));
	prose_say(prose, "and after,");
	say_words(prose, json_object_get(securebits, "after"));
	prose_end_sentence(prose);
	prose_end_item(prose);
}

static void say_file(struct prose *prose, const json_t *file)
{
	const json_t *permitted = json_object_get(file, "file_permitted");
	char buf[CAPS_SIZE];

	if (!json_is_object(file))
		return;
	prose_say(prose, "the file concerned: %s",
		  has_text(file, "path") ? explanation_text(file, "path") : "(not known)");
	if (has_text(file, "mode"))
		prose_say(prose, "(mode %s)", explanation_text(file, "mode"));
	if (capmask_from_json(permitted))
		prose_say(prose, "with the file capabilities %s",
			  explanation_caps(capmask_from_json(permitted), buf, sizeof(buf)));
	prose_end_sentence(prose);
	prose_end_item(prose);
}

static const char *previous_in_words(const char *word)
{
	if (strcmp(word, "known") == 0)
		return "What it held before is known: capwatch had seen it in a record or in /proc "
		       "just before.";
	if (strcmp(word, "inferred") == 0)
		return "What it held before is inferred: from its parent, its user id or what the "
		       "kernel's rules make of both, as no record showed it; some steps between "
		       "are not recorded.";
	return "What it held before is not known: capwatch had not met the process before.";
}

void explanation_sets(const struct explanation *explanation)
{
	const json_t *alert = explanation->alert, *sets = json_object_get(alert, "capabilities");
	struct prose *prose = explanation->prose;

	if (!json_is_object(json_object_get(alert, "process")))
		return;
	prose_heading(prose, "What it held before and after");
	if (!json_is_object(sets))
		prose_say(prose, "The alert tells of no capability sets: this kind of act is not "
				 "about them, or nothing came of it.");
	else
		prose_say(prose,
			  "Effective is what it can use now, permitted what it may take "
			  "into use at any time, inheritable and ambient what programs "
			  "that it executes may get. %s",
			  previous_in_words(explanation_text(alert, "previous")));
	prose_end(prose);
	for (int i = 0; i < SETS; i++)
		if (json_is_object(json_object_get(sets, set_names[i])))
			say_set(prose, set_names[i], json_object_get(sets, set_names[i]));
	say_securebits(prose, json_object_get(alert, "securebits"));
	say_file(prose, json_object_get(alert, "file"));
}

/* ---- when ---- */

static const char *age_in_words(int64_t ms, char buf[AGE_SIZE])
{
	if (ms < 10000)
		snprintf(buf, AGE_SIZE, "%" PRId64 " ms", ms);
	else if (ms < 120 * 1000)
		snprintf(buf, AGE_SIZE, "%" PRId64 " seconds", ms / 1000);
	else if (ms < 7200 * (int64_t)1000)
		snprintf(buf, AGE_SIZE, "%" PRId64 " minutes", ms / 60000);
	else if (ms < 48 * 3600 * (int64_t)1000)
		snprintf(buf, AGE_SIZE, "%" PRId64 " hours", ms / 3600000);
	else
		snprintf(buf, AGE_SIZE, "%" PRId64 " days", ms / 86400000);
	return buf;
}

static const char *phase_in_words(const char *word)
{
	if (strcmp(word, "starting") == 0)
		return "Its service was still starting, when most services take and drop "
		       "what they need.";
	if (strcmp(word, "running") == 0)
		return "Its service was running: it had started, and ought to have what it needs.";
	return "Whether its service was starting or running is not known; it is judged as if it "
	       "were running.";
}

/* By what the end of the start of this kind of service is known. */
static const char *clock_in_words(const char *kind)
{
	if (strcmp(kind, "unit") == 0)
		return "A unit counts as starting until start_window (10 s unless configured "
		       "otherwise) after "
		       "systemd reported it started, and at most start_timeout (5 min likewise) "
		       "after its "
		       "first process.";
	if (strcmp(kind, "container") == 0)
		return "A container counts as starting until start_window (10 s unless configured "
		       "otherwise) after "
		       "its first process.";
	if (strcmp(kind, "session") == 0)
		return "A login session counts as starting until start_window (10 s unless "
		       "configured otherwise) "
		       "after the login.";
	return "As systemd says nothing of it, it counts as starting until start_window (10 s "
	       "unless configured "
	       "otherwise) after its first process, as far as that was seen.";
}

void explanation_phase(const struct explanation *explanation)
{
	const json_t *alert = explanation->alert, *service = json_object_get(alert, "service"),
		     *age = json_object_get(service, "age_ms");
	struct prose *prose = explanation->prose;
	char buf[AGE_SIZE];

	if (!json_is_object(json_object_get(alert, "process")))
		return;
	prose_heading(prose, "When in the life of its service");
	prose_say(prose, "%s", phase_in_words(explanation_text(alert, "phase")));
	if (json_is_integer(age) && json_integer_value(age) >= 0)
		prose_say(prose, "It was %s old.", age_in_words(json_integer_value(age), buf));
	else
		prose_say(prose, "How old it was is not known.");
	if (json_is_object(service))
		prose_say(prose, "%s", clock_in_words(explanation_text(service, "kind")));
	prose_end(prose);
}
