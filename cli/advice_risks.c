/* SPDX-License-Identifier: Apache-2.0 */
/* What speaks against allowing what an alert tells of. */
#include "cli/advice.h"

#include <fnmatch.h>
#include <string.h>

/* In words of whom it would let in; the order is that of the bits. */
static const char *const risk_texts[ADVICE_RISKS] = {
	"It gains capabilities that are as good as root while it is running: a service does that "
	"once it has been taken over, and hardly ever by design.",
	"Its program lies where ordinary users can write (/tmp, /var/tmp, /dev/shm, /home, "
	"/run/user or memory): whoever puts another file there would be allowed the same.",
	"What it runs is not the host's file of that path, or that file has been deleted: such a "
	"program comes from elsewhere, and no entry should speak for it.",
	"Its program is an interpreter: an entry for it speaks for every script that it is given, "
	"not for this one alone.",
	"A shell ran as part of a service: that is how an intruder works, and an entry for it "
	"allows every command.",
	"Which unit it belongs to is not known, so the entry goes by the program alone: it speaks "
	"for whoever runs that program, also with code of their own loaded into it (LD_PRELOAD).",
	"It ran in a login session: the entry speaks for everybody who logs in and runs this "
	"program.",
	"Its program was replaced on disk since it started: most often by an upgrade; restart the "
	"service and see whether it happens again.",
	"What it held before is not known: it may have gained less than the alert lists.",
	"Whether its service was still starting is not known: the entry allows it at any time.",
	"It went into the ambient set: the programs that it executes have it as well.",
	"The kernel refused it, so nothing was gained; but allowed attempts are not seen any more, "
	"and an intruder makes them, too.",
	"Capabilities of a file last, for everybody who may execute it; and the entry allows any "
	"file to be given any.",
	"User namespaces give no capability on the host, but open much of the kernel to attack: "
	"allow them to programs that need them (browsers, sandboxes, builders of containers).",
	"Whether what ran was the host's own file could not be compared, and on a live host an "
	"entry "
	"speaks only for what could: if the process ends as soon the next time, it alerts all the "
	"same.",
	"What it gains is as good as root: many daemons need that to start, and drop it then; see "
	"that this one does, and give its entry a ceiling.",
};

const char *advice_risk_text(enum advice_risk risk)
{
	return risk_texts[__builtin_ctz((unsigned)risk)];
}

static const char *name_of(const char *exe)
{
	const char *slash = strrchr(exe, '/');

	return slash ? slash + 1 : exe;
}

static bool is_like(const char *const *globs, const char *text)
{
	for (; *globs; globs++)
		if (fnmatch(*globs, text, 0) == 0)
			return true;
	return false;
}

static bool is_shell(const char *exe)
{
	static const char *const shells[] = {"sh",   "bash",  "dash",	 "zsh",	 "ksh*",
					     "mksh", "fish",  "busybox", "tcsh", "csh",
					     "ash",  "rbash", NULL};

	return is_like(shells, name_of(exe));
}

static bool is_interpreter(const char *exe)
{
	static const char *const interpreters[] = {
		"python*", "perl*", "ruby*", "node",	"nodejs", "php*", "lua*",
		"tclsh*",  "wish*", "java",  "gawk",	"mawk",	  "awk",  "guile*",
		"expect",  "gdb",   "pypy*", "Rscript", "julia",  "deno", "dotnet",
		"mono*",   "erl",   "beam*", NULL};

	return is_shell(exe) || is_like(interpreters, name_of(exe));
}

static bool is_in_writable_place(const char *exe)
{
	static const char *const places[] = {"/tmp/*",	    "/var/tmp/*",   "/dev/shm/*", "/home/*",
					     "/run/user/*", "/run/shm/*",   "/memfd:*",	  "/proc/*",
					     "/dev/fd/*",   "/var/crash/*", NULL};

	return is_like(places, exe);
}

static unsigned risks_of_exe(const struct retold *retold)
{
	const struct process *process = &retold->process;
	unsigned risks = 0;

	if (process->exe_state == EXE_DELETED || process->exe_identity == EXE_ID_OTHER)
		risks |= ADVICE_OTHER_FILE;
	else if (process->exe_state == EXE_REPLACED)
		risks |= ADVICE_REPLACED_FILE;
	if (!process->exe)
		return risks;
	if (!retold->file_told && process->exe_identity != EXE_ID_OTHER)
		risks |= ADVICE_FILE_UNKNOWN;
	if (is_in_writable_place(process->exe))
		risks |= ADVICE_WRITABLE_PLACE;
	if (is_shell(process->exe) && process->service && process->service->kind == SERVICE_UNIT)
		risks |= ADVICE_SHELL_OF_SERVICE;
	else if (is_interpreter(process->exe))
		risks |= ADVICE_INTERPRETER;
	return risks;
}

static unsigned risks_of_place(const struct service *service)
{
	if (service && service->kind == SERVICE_SESSION)
		return ADVICE_LOGIN_SESSION;
	if (service && (service->unit[0] || service->kind == SERVICE_CONTAINER))
		return 0;
	return ADVICE_ANY_CALLER;
}

/* What was gained, or back in use: also by uid 0, which has everything. */
static bool gains_root(const struct retold *retold)
{
	const struct transition *t = &retold->transition;
	const struct event_sets *gained = &t->gained;

	if (t->outcome == OUTCOME_DENIED || t->mechanism == MECHANISM_USERNS)
		return false;
	if (retold->has_reason && retold->reason == REASON_ABOVE_CEILING)
		return capmask_root_equivalent(retold->above);
	return capmask_root_equivalent(gained->permitted | gained->effective | gained->inheritable |
				       gained->ambient);
}

static unsigned risks_of_gain(const struct retold *retold)
{
	const struct transition *t = &retold->transition;
	unsigned risks = 0;

	if (gains_root(retold))
		risks |= retold->phase == PHASE_STARTING ? ADVICE_ROOT_WHILE_STARTING
							 : ADVICE_ROOT_WHILE_RUNNING;
	if (retold->phase == PHASE_UNKNOWN)
		risks |= ADVICE_PHASE_UNKNOWN;
	if (t->outcome == OUTCOME_DENIED)
		return risks | ADVICE_HIDES_ATTEMPTS;
	if (t->previous == PREVIOUS_UNKNOWN && t->mechanism != MECHANISM_FILE_CAPS &&
	    t->mechanism != MECHANISM_USERNS)
		risks |= ADVICE_BEFORE_UNKNOWN;
	if (t->gained.ambient)
		risks |= ADVICE_AMBIENT;
	if (t->mechanism == MECHANISM_FILE_CAPS)
		risks |= ADVICE_FILE_CAPS;
	if (t->mechanism == MECHANISM_USERNS)
		risks |= ADVICE_USERNS;
	return risks;
}

unsigned advice_risks(const struct retold *retold)
{
	return risks_of_exe(retold) | risks_of_place(retold->process.service) |
	       risks_of_gain(retold);
}

const char *advice_instead(enum reason reason)
{
	switch (reason) {
	case REASON_IMPOSSIBLE_TRANSITION:
		return "No entry can allow it, for no program can do it by itself. Treat the host "
		       "as taken over: isolate it, keep its memory and logs, and look for a kernel "
		       "exploit. If you find that capwatch is wrong here, report it with this "
		       "alert.";
	case REASON_UNEXPLAINED_GAIN:
		return "An entry that grants these sets would silence it, but it would also "
		       "silence "
		       "an attack that keeps out of the records, which is what this finding is "
		       "for: "
		       "none is offered. Find out why the records are missing (capwatch doctor, "
		       "capwatch rules diff), and what the process is.";
	case REASON_CAP_LAST_CAP_WRITE:
		return "No entry can allow it: the file is read-only, and nothing has a reason to "
		       "write it. Find out what tried to, and who gave it that path: a program "
		       "that "
		       "rewrites all of /proc/sys, or an intruder who tries what is there.";
	case REASON_CONFIG_CHANGE:
		return "No entry can allow it. If you changed the configuration, this is the "
		       "record of that; if nobody did, compare /etc/capwatch with what it should "
		       "be, and find out who reloaded auditd.";
	case REASON_COVERAGE_LOSS:
		return "No entry can allow it: it says that capwatch saw less than it should. "
		       "capwatch doctor names what is wrong and the command that mends it; ask who "
		       "did it, where the alert names somebody.";
	case REASON_EXPANSION_AFTER_START:
	case REASON_EXPANSION_AT_START:
	case REASON_ABOVE_CEILING:
	case REASON_AMBIENT_RAISE:
	case REASON_SECUREBITS_CHANGE:
	case REASON_EXEC_GAIN:
	case REASON_SETUID_GAIN:
	case REASON_USERNS_GAIN:
	case REASON_GAIN_DENIED:
	case REASON_FILE_CAPS_SET:
		break;
	}
	return NULL;
}
