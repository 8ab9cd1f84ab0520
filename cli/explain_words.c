/* SPDX-License-Identifier: Apache-2.0 */
/* What the words of an alert mean: severities, reasons, techniques. As docs/detection.md has it. */
#include "cli/explanation.h"

#include <string.h>

enum { CAPS_SIZE = 2048, MANY = 4 };

/* ---- severity ---- */

static const char *const severity_words[] = {
	[SEVERITY_LOW] = "low: worth having on record; look at it when you look at the host",
	[SEVERITY_MEDIUM] = "medium: look at it within the day",
	[SEVERITY_HIGH] = "high: look at it now",
	[SEVERITY_CRITICAL] = "critical: act now",
};

static capmask gained_of(const struct retold *retold)
{
	const struct event_sets *gained = &retold->transition.gained;

	if (retold->has_reason && retold->reason == REASON_ABOVE_CEILING)
		return retold->above;
	return gained->permitted | gained->effective | gained->inheritable | gained->ambient;
}

static void say_root(struct prose *prose, capmask gained)
{
	capmask root = 0;
	char names[CAPS_SIZE];

	for (int bit = 0; bit < CAPMASK_BITS; bit++)
		if (gained & CAPMASK_BIT(bit) && capmask_root_equivalent(CAPMASK_BIT(bit)))
			root |= CAPMASK_BIT(bit);
	if (!root)
		prose_say(prose, "Nothing of what it is about is root-equivalent: it is more than "
				 "the service had, but nobody becomes root by it alone.");
	else if (__builtin_popcountll(root) > MANY)
		prose_say(prose,
			  "It is about %d capabilities that are root-equivalent, cap_sys_admin and "
			  "the like: whoever holds one of them can become root.",
			  __builtin_popcountll(root));
	else
		prose_say(prose, "%s is root-equivalent: whoever holds it can become root.",
			  capmask_to_text(root, names, sizeof(names)));
}

void explanation_severity(const struct explanation *explanation)
{
	int severity = vocab_value(&vocab_severity,
				   explanation_text(explanation->alert, "severity"));
	capmask gained = gained_of(explanation->retold);

	prose_say(explanation->prose, "Its severity is %s.",
		  severity < 0 ? "not known" : severity_words[severity]);
	if (gained)
		say_root(explanation->prose, gained);
	else if (json_is_object(json_object_get(explanation->alert, "process")))
		prose_say(explanation->prose, "The process gained no capability on the host by it, "
					      "so none that is root-equivalent.");
	prose_end(explanation->prose);
}

/* ---- reasons ---- */

static const char *const reason_words[] = {
	[REASON_EXPANSION_AFTER_START] =
		"A process of a service that is running, or of which it is not known whether it "
		"still starts, raised capabilities by the call capset, and no baseline entry "
		"allows that. A service takes what it needs while it starts and then drops it; "
		"one that raises more later was changed, or taken over.",
	[REASON_EXPANSION_AT_START] =
		"A process of a service that was still starting raised capabilities by the call "
		"capset, and no baseline entry lists them under start or running. Most often "
		"that is a service nobody has written an entry for yet.",
	[REASON_ABOVE_CEILING] =
		"A process of a running service holds more in its permitted set than the ceiling "
		"of its baseline entry, which is the most that it should hold once it has started. "
		"It need not have gained it just now: it may never have dropped it.",
	[REASON_IMPOSSIBLE_TRANSITION] =
		"What the process held before is known, and no call that a process can make leads "
		"from there to what it holds now: somebody changed its credentials from outside, "
		"as an exploit of the kernel does.",
	[REASON_UNEXPLAINED_GAIN] =
		"Twice, seconds apart, /proc showed the process with capabilities that no audit "
		"record explains. Either records were kept away (auditing off, a rule that hides), "
		"or its credentials were changed without any call.",
	[REASON_AMBIENT_RAISE] =
		"A process raised a capability into its ambient set (prctl PR_CAP_AMBIENT), and no "
		"baseline entry allows that. Unlike the other sets it survives exec: every "
		"program that it executes will have the capability as well, without being root.",
	[REASON_SECUREBITS_CHANGE] =
		"The securebits of a process were loosened, and no baseline entry allows that: a "
		"bit that keeps uid 0 from being all-powerful, or its lock, was cleared; or "
		"keep-caps was set by a service that runs already, so that capabilities outlive a "
		"change of user.",
	[REASON_EXEC_GAIN] =
		"By executing a program a process came to hold more than before: the file has "
		"capabilities or is set-user-ID root, or root got back what it had dropped. No "
		"baseline entry allows that.",
	[REASON_SETUID_GAIN] =
		"A process set its user id back to 0 (setuid, seteuid or the like), which brought "
		"its capabilities back into use. No baseline entry allows that.",
	[REASON_USERNS_GAIN] =
		"A process entered a user namespace (unshare, clone or setns). Inside it holds "
		"every capability, none of them on the host; but much of the kernel that is "
		"closed to ordinary users can be attacked from there. No baseline entry allows "
		"that.",
	[REASON_GAIN_DENIED] =
		"A process tried to gain capabilities, and the kernel refused (EPERM). Nothing was "
		"gained; but a service that tries what it may not is misconfigured, or somebody "
		"is feeling out what is possible.",
	[REASON_FILE_CAPS_SET] =
		"A file was given capabilities (the attribute security.capability): whoever may "
		"execute it has them from then on. Packages do that when they are installed, and "
		"intruders do it to come back.",
	[REASON_CAP_LAST_CAP_WRITE] =
		"A process tried to write the kernel's cap_last_cap, which says how many "
		"capabilities there are and is read-only. Nothing legitimate does that; refused or "
		"not, it is reported.",
	[REASON_CONFIG_CHANGE] =
		"capwatch was reloaded, and its configuration or baseline is another than before. "
		"That is how somebody would silence it, so that each change is reported.",
	[REASON_COVERAGE_LOSS] =
		"capwatch could not see everything, or lost something of its own, or, with low "
		"severity, sees again. What happened meanwhile may not have been reported.",
};

void explanation_rule(const struct explanation *explanation)
{
	const struct retold *retold = explanation->retold;
	struct prose *prose = explanation->prose;
	const char *detail;

	prose_heading(prose, "Why it is an alert");
	if (!retold->has_reason) {
		prose_say(prose, "Its reason, %s, is none that this version knows.",
			  explanation_text(explanation->alert, "reason"));
		prose_end(prose);
		return;
	}
	prose_say(prose, "Reason %s:", vocab_word(&vocab_reason, retold->reason));
	prose_say(prose, "%s", reason_words[retold->reason]);
	detail = explanation_text(json_object_get(explanation->alert, "coverage"), "rule");
	if (*detail)
		prose_say(prose, "The audit rule concerned: %s", detail);
	prose_end(prose);
}

/* ---- ATT&CK ---- */

static const struct {
	const char *id, *words;
} techniques[] = {
	{"T1548", "Abuse Elevation Control Mechanism: getting more rights by a mechanism that is "
		  "meant to give them"},
	{"T1548.001", "Abuse Elevation Control Mechanism: Setuid and Setgid, which takes in "
		      "capabilities of files"},
	{"T1068", "Exploitation for Privilege Escalation: a flaw in the kernel or a privileged "
		  "program is used to get more rights"},
	{"T1611", "Escape to Host: getting out of a container"},
	{"T1562.001", "Impair Defenses: Disable or Modify Tools"},
	{"T1562.012", "Impair Defenses: Disable or Modify Linux Audit System"},
};

static const char *technique_in_words(const char *id)
{
	for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++)
		if (strcmp(techniques[i].id, id) == 0)
			return techniques[i].words;
	return "a technique that this version has no words for";
}

void explanation_attack(const struct explanation *explanation)
{
	const json_t *ids = json_object_get(explanation->alert, "attack"), *id;
	struct prose *prose = explanation->prose;
	size_t i;

	prose_heading(prose, "In the terms of MITRE ATT&CK");
	if (json_array_size(ids) == 0)
		prose_say(prose, "The alert names no technique.");
	json_array_foreach(ids, i, id)
	{
		const char *text = json_string_value(id) ? json_string_value(id) : "?";

		prose_say(prose, "%s, %s.", text, technique_in_words(text));
	}
	prose_say(prose, "That is what an attacker would be doing, not proof that one is.");
	prose_end(prose);
}
