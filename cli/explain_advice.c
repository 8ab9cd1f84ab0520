/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest entry that would allow an alert, whether that is wise, and what to do next. */
#include "cli/explanation.h"

#include <stdbool.h>
#include <string.h>

static void print_yaml(const struct prose *prose, const char *yaml)
{
	fputc('\n', prose->out);
	for (const char *line = yaml; *line;) {
		size_t length = strcspn(line, "\n");

		fprintf(prose->out, "    %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
	fputc('\n', prose->out);
}

static void say_entry(const struct explanation *explanation, const struct advice *advice)
{
	struct prose *prose = explanation->prose;

	if (advice->merge)
		prose_say(prose,
			  "This would allow just that. %s is written in the same folder (%s, line "
			  "%u), where no other entry may have its name: add this there, without "
			  "the line extends:.",
			  advice->extends->name, advice->extends->file, advice->extends->line);
	else
		prose_say(prose, "This, in %s/local.yaml, would allow just that:",
			  explanation->question->folder);
	prose_end(prose);
	print_yaml(prose, advice->yaml);
	if (advice->extends && explanation->retold->has_reason &&
	    explanation->retold->reason == REASON_ABOVE_CEILING)
		prose_say(prose,
			  "A ceiling given here takes the place of the one of %s, so that "
			  "this names all that the process may hold.",
			  advice->extends->name);
	prose_say(prose, "%s", advice->also);
	prose_say(prose, "capwatch proved it with the baseline in use: the entry speaks for this "
			 "process, ties with no other, and makes this alert silent.");
	prose_end(prose);
}

static void say_risks(struct prose *prose, unsigned risks)
{
	for (unsigned bit = 0; bit < ADVICE_RISKS; bit++) {
		if (!(risks & 1u << bit))
			continue;
		prose_say(prose, "%s", advice_risk_text((enum advice_risk)(1u << bit)));
		prose_end_item(prose);
	}
}

static const char *next_when_unwise(const struct retold *retold)
{
	if (retold->transition.outcome == OUTCOME_DENIED)
		return "Next: find out why the program tried (its command line and its parent, "
		       "above). If it should not, correct its configuration; if nobody knows it, "
		       "treat it as an intruder's.";
	if (retold->process.service && retold->process.service->kind == SERVICE_SESSION)
		return "Next: ask the person who logged in whether that was they, and what for. If "
		       "not, treat the account and the host as taken over.";
	return "Next: do not allow it yet. Look at the process while it lives (ls -l "
	       "/proc/PID/exe, "
	       "/proc/PID/cmdline, its parent), at what the host recorded around that time "
	       "(ausearch -ts), and ask who deployed or changed something. If nobody can account "
	       "for it, isolate the host.";
}

static const char *next_when_wise(const struct retold *retold)
{
	if (retold->phase == PHASE_STARTING)
		return "Next: see that the program is the package's (dpkg -V or rpm -V), that its "
		       "documentation or unit file names the capabilities, and that it comes at "
		       "every start of the service. Then put the entry in, run capwatch check and "
		       "auditctl --signal HUP.";
	return "Next: see that the program is the package's (dpkg -V or rpm -V), and that somebody "
	       "can say what it needs this for. If it should happen at its start only, ask why it "
	       "comes later. Then put the entry in, run capwatch check and auditctl --signal HUP.";
}

static void say_wise(const struct explanation *explanation, bool offered)
{
	const struct retold *retold = explanation->retold;
	struct prose *prose = explanation->prose;
	unsigned risks = advice_risks(retold);

	if (risks & ADVICE_UNWISE)
		prose_say(prose, "Allowing it would not be wise:");
	else if (risks)
		prose_say(prose, offered ? "Allowing it may be right, if you know why it happens. "
					   "To be weighed first:"
					 : "To be weighed:");
	else
		prose_say(prose, "Allowing it is probably right, if you know why it happens: a "
				 "service's own program took a little more than its entry has.");
	prose_end(prose);
	say_risks(prose, risks);
	prose_say(prose, "%s",
		  risks & ADVICE_UNWISE || !offered ? next_when_unwise(retold)
						    : next_when_wise(retold));
	prose_end(prose);
}

void explanation_advice(const struct explanation *explanation)
{
	const struct retold *retold = explanation->retold;
	struct prose *prose = explanation->prose;
	const char *instead = retold->has_reason ? advice_instead(retold->reason) : NULL;
	struct advice advice;
	bool offered;

	prose_heading(prose, "Whether to allow it, and how");
	if (instead) {
		prose_say(prose, "%s", instead);
		prose_end(prose);
		return;
	}
	offered = advice_entry(retold, explanation->question, &advice);
	if (offered)
		say_entry(explanation, &advice);
	else
		prose_say(prose, "%s", advice.why_not);
	prose_end(prose);
	say_wise(explanation, offered);
	advice_free(&advice);
}
