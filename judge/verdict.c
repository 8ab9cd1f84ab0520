/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/verdict.h"

#include <linux/securebits.h>
#include <string.h>

#include "judge/match.h"

/* Which of an entry's grants count in a phase: what it may do while running it may do while
 * starting. */
struct grants {
	const struct grant *list[2];
	size_t count;
};

static struct grants grants_in_phase(const struct baseline_entry *entry, enum phase phase,
				     bool replay)
{
	struct grants grants = {.count = 0};

	if (!entry)
		return grants;
	grants.list[grants.count++] = &entry->running;
	if (phase == PHASE_STARTING || (phase == PHASE_UNKNOWN && replay))
		grants.list[grants.count++] = &entry->start;
	return grants;
}

static bool allows_mechanism(const struct grant *grant, enum mechanism mechanism)
{
	return (grant->mechanisms >> mechanism) & 1;
}

/* What of the gain no grant lists for this mechanism. */
static capmask missing_sets(const struct grants *grants, const struct transition *t)
{
	struct event_sets left = t->gained;

	for (size_t i = 0; i < grants->count; i++) {
		const struct grant *grant = grants->list[i];
		if (!allows_mechanism(grant, t->mechanism))
			continue;
		left.permitted &= ~grant->permitted;
		left.effective &= ~grant->effective;
		left.inheritable &= ~grant->inheritable;
		left.ambient &= ~grant->ambient;
	}
	return left.permitted | left.effective | left.inheritable | left.ambient;
}

/* By which call it was gained nobody saw: what the entry allows by any call would have been silent
 * had it been seen. */
static capmask missing_by_any(const struct grants *grants, const struct transition *t)
{
	struct event_sets left = t->gained;

	for (size_t i = 0; i < grants->count; i++) {
		const struct grant *grant = grants->list[i];
		left.permitted &= ~grant->permitted;
		left.effective &= ~(grant->setuid ? LEDGER_ALL_CAPS : grant->effective);
		left.inheritable &= ~grant->inheritable;
		left.ambient &= ~grant->ambient;
	}
	return left.permitted | left.effective | left.inheritable | left.ambient;
}

static bool allows_exec_of(const struct grants *grants, const struct transition *t)
{
	char path[LEDGER_EXE_MAX + 1];

	if (!t->file_path.data || t->file_path.length > LEDGER_EXE_MAX)
		return false;
	memcpy(path, t->file_path.data, t->file_path.length);
	path[t->file_path.length] = '\0';
	for (size_t i = 0; i < grants->count; i++)
		if (match_any(&grants->list[i]->exec, path))
			return true;
	return false;
}

static bool allows_securebits(const struct grants *grants, const struct transition *t,
			      enum phase phase)
{
	uint8_t left = t->loosened;

	/* keep-caps is how a daemon changes its uid at its start */
	if (phase != PHASE_RUNNING)
		left &= (uint8_t)~SECBIT_KEEP_CAPS;
	for (size_t i = 0; i < grants->count; i++)
		left &= (uint8_t)~grants->list[i]->securebits;
	return left == 0;
}

static bool allows_denied(const struct grants *grants, const struct transition *t)
{
	capmask left = t->denied;

	for (size_t i = 0; i < grants->count; i++) {
		if (grants->list[i]->denied_any)
			return true;
		left &= ~grants->list[i]->denied;
	}
	return t->denied && left == 0;
}

static bool allows_flag(const struct grants *grants, enum mechanism mechanism)
{
	for (size_t i = 0; i < grants->count; i++) {
		const struct grant *grant = grants->list[i];
		if ((mechanism == MECHANISM_SETUID && grant->setuid) ||
		    (mechanism == MECHANISM_USERNS && grant->userns) ||
		    (mechanism == MECHANISM_FILE_CAPS && allows_mechanism(grant, mechanism)))
			return true;
	}
	return false;
}

static bool allowed(const struct grants *grants, const struct transition *t, enum phase phase,
		    capmask *missing)
{
	*missing = 0;
	if (t->outcome == OUTCOME_DENIED && t->mechanism != MECHANISM_CAP_LAST_CAP) {
		*missing = t->denied;
		return allows_denied(grants, t);
	}
	switch (t->mechanism) {
	case MECHANISM_CAPSET:
	case MECHANISM_AMBIENT:
	case MECHANISM_EXEC:
		*missing = missing_sets(grants, t);
		return *missing == 0;
	case MECHANISM_SECUREBITS:
		return allows_securebits(grants, t, phase);
	case MECHANISM_SETUID:
		*missing = allows_flag(grants, t->mechanism) ? 0 : t->gained.effective;
		return *missing == 0;
	case MECHANISM_USERNS:
	case MECHANISM_FILE_CAPS:
		return allows_flag(grants, t->mechanism);
	case MECHANISM_SWEEP:
		*missing = missing_by_any(grants, t);
		return *missing == 0;
	case MECHANISM_CAP_LAST_CAP:
	case MECHANISM_AUDIT:
	case MECHANISM_CONFIG:
		break;
	}
	return false;
}

bool verdict_entry_allows(const struct baseline_entry *entry, const struct transition *t,
			  enum phase phase, capmask *missing)
{
	struct grants grants = grants_in_phase(entry, phase, false);

	return allowed(&grants, t, phase, missing);
}

static capmask all_gained(const struct transition *t)
{
	return t->gained.permitted | t->gained.effective | t->gained.inheritable |
	       t->gained.ambient;
}

static enum reason name_reason(const struct transition *t, enum phase phase)
{
	static const enum reason by_mechanism[] = {
		[MECHANISM_CAPSET] = REASON_EXPANSION_AFTER_START,
		[MECHANISM_AMBIENT] = REASON_AMBIENT_RAISE,
		[MECHANISM_SECUREBITS] = REASON_SECUREBITS_CHANGE,
		[MECHANISM_EXEC] = REASON_EXEC_GAIN,
		[MECHANISM_SETUID] = REASON_SETUID_GAIN,
		[MECHANISM_USERNS] = REASON_USERNS_GAIN,
		[MECHANISM_FILE_CAPS] = REASON_FILE_CAPS_SET,
		[MECHANISM_CAP_LAST_CAP] = REASON_CAP_LAST_CAP_WRITE,
	};

	if (t->impossible)
		return REASON_IMPOSSIBLE_TRANSITION;
	if (t->outcome == OUTCOME_DENIED && t->mechanism != MECHANISM_CAP_LAST_CAP)
		return REASON_GAIN_DENIED;
	if (t->mechanism == MECHANISM_CAPSET && phase == PHASE_STARTING)
		return REASON_EXPANSION_AT_START;
	/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): there are no others */
	return by_mechanism[t->mechanism];
}

static enum severity name_severity(enum reason reason, const struct transition *t)
{
	bool in_session = t->service && t->service->kind == SERVICE_SESSION;

	switch (reason) {
	case REASON_EXPANSION_AFTER_START:
		return capmask_root_equivalent(all_gained(t)) ? SEVERITY_HIGH : SEVERITY_MEDIUM;
	case REASON_EXPANSION_AT_START:
	case REASON_ABOVE_CEILING:
	case REASON_FILE_CAPS_SET:
	case REASON_CONFIG_CHANGE:
		return SEVERITY_MEDIUM;
	case REASON_IMPOSSIBLE_TRANSITION:
		return SEVERITY_CRITICAL;
	case REASON_EXEC_GAIN:
		return in_session ? SEVERITY_LOW : SEVERITY_HIGH;
	case REASON_USERNS_GAIN:
	case REASON_GAIN_DENIED:
		return SEVERITY_LOW;
	case REASON_UNEXPLAINED_GAIN:
	case REASON_AMBIENT_RAISE:
	case REASON_SECUREBITS_CHANGE:
	case REASON_SETUID_GAIN:
	case REASON_CAP_LAST_CAP_WRITE:
	case REASON_COVERAGE_LOSS:
		break;
	}
	return SEVERITY_HIGH;
}

/* What becomes of it, once its reason is known. */
static void dispose(const struct world *world, const struct service *service,
		    struct verdict *verdict)
{
	const struct baseline_entry *entry = verdict->entry;

	verdict->disposition = DISPOSITION_ALERT;
	if (world->settings->mode == MODE_OBSERVE || (entry && entry->mode == MODE_OBSERVE) ||
	    (learning_takes(verdict->reason) && learning_covers(world, service)))
		verdict->disposition = DISPOSITION_OBSERVED;
}

/* Is it within what this launcher gives at all? Its exec is the target's start, by the kernel's
 * rules. */
static bool within_grants(const struct transition *t, enum phase phase)
{
	struct grants grants = {.count = 1};
	capmask missing;

	if (t->mechanism == MECHANISM_EXEC)
		return true;
	if (!t->launcher)
		return false;
	grants.list[0] = &t->launcher->grants;
	return allowed(&grants, t, phase, &missing);
}

/* init itself began it, and no one else can have: what it does it was told by a unit's own
 * configuration. Its exec, which may be what is judged, has made it ORIGIN_INIT. */
static bool is_begun_by_init(const struct process *process)
{
	return process->origin == ORIGIN_FORK || process->origin == ORIGIN_EXEC ||
	       process->origin == ORIGIN_INIT;
}

/* Gone, and its exec is on no record because the rules were not loaded yet. */
static bool may_be_begun_at_boot(const struct world *world, const struct event *event,
				 const struct observation *seen)
{
	return !seen->live && seen->process->origin == ORIGIN_UNKNOWN &&
	       world_has_proc(world, event->node_number) &&
	       world_may_predate_rules(world, event->ppid, event->time);
}

/* What a launcher does is its target's, by the target's own configuration, as long as that starts.
 * In a service that has started before, it is judged like anybody's, but for two: init's own child
 * sets up a unit's reload and stop, too; and a container is entered from outside (membership.c: its
 * cgroup is not the runtime's), so that "runc exec" is the runtime's work at any age. */
static bool is_launcher_grant(const struct world *world, const struct event *event,
			      const struct observation *seen, const struct transition *t,
			      enum phase phase)
{
	if (!t->by_launcher || t->impossible || t->mechanism == MECHANISM_CAP_LAST_CAP ||
	    !within_grants(t, phase))
		return false;
	if (world->settings->report_launcher_grants && t->outcome == OUTCOME_SUCCESS)
		return false;
	if (t->launching_to == SERVICE_UNIT &&
	    (is_begun_by_init(seen->process) || may_be_begun_at_boot(world, event, seen)))
		return true;
	/* its target is not known: a replay can't; a container's init may live for milliseconds
	 * ("runc exec true"), while a unit's child stage becomes the unit's program */
	if (!t->service)
		return world_is_replay(world, seen->process->node) ||
		       t->launching_to == SERVICE_CONTAINER;
	return phase == PHASE_STARTING || t->service->kind == SERVICE_CONTAINER;
}

void verdict_judge(const struct world *world, const struct event *event,
		   const struct observation *seen, const struct transition *t,
		   struct verdict *verdict)
{
	bool replay = world_is_replay(world, event->node_number);
	struct grants grants, before;

	memset(verdict, 0, sizeof(*verdict));
	verdict->phase = service_phase(t->service, &world->clock, event->time);
	verdict->by_launcher = is_launcher_grant(world, event, seen, t, verdict->phase);
	if (verdict->by_launcher)
		return;
	verdict->entry = match_entry(world, seen->process, seen->parent);
	grants = grants_in_phase(verdict->entry, verdict->phase, replay);
	if (allowed(&grants, t, verdict->phase, &verdict->missing) && !t->impossible)
		return;
	/* an exec may also be allowed by what spoke for the caller */
	before = grants_in_phase(t->entry_before, verdict->phase, replay);
	if (t->mechanism == MECHANISM_EXEC && !t->impossible && allows_exec_of(&before, t))
		return;
	if (t->mechanism == MECHANISM_USERNS && allows_flag(&before, t->mechanism))
		return;
	verdict->alert = true;
	verdict->reason = name_reason(t, verdict->phase);
	verdict->severity = name_severity(verdict->reason, t);
	dispose(world, t->service, verdict);
}

void verdict_judge_ceiling(const struct world *world, const struct ceiling_question *question,
			   struct verdict *verdict)
{
	const struct process *process = question->process;
	const struct baseline_entry *entry;
	capmask ceiling;

	memset(verdict, 0, sizeof(*verdict));
	verdict->phase = service_phase(process->service, &world->clock, question->now);
	if (verdict->phase != PHASE_RUNNING || process->userns == USERNS_CHILD ||
	    process->ceiling_reported || process->launching)
		return;
	entry = match_entry(world, process, question->parent);
	if (!entry || entry->ceiling_kind == CEILING_NONE)
		return;
	ceiling = entry->ceiling_kind == CEILING_LIST ? entry->ceiling : process->service->declared;
	if (entry->ceiling_kind == CEILING_DECLARED && ceiling == 0)
		return; /* never seen at its start: what it was given is not known */
	verdict->missing = question->permitted & ~ceiling;
	if (!verdict->missing)
		return;
	verdict->entry = entry;
	verdict->alert = true;
	verdict->reason = REASON_ABOVE_CEILING;
	verdict->severity = SEVERITY_MEDIUM;
	dispose(world, process->service, verdict);
}

void verdict_judge_sweep(const struct world *world, const struct sweep_question *question,
			 struct verdict *verdict)
{
	const struct process *process = question->process;
	struct grants grants;

	memset(verdict, 0, sizeof(*verdict));
	verdict->phase = service_phase(process->service, &world->clock, question->now);
	verdict->entry = match_entry(world, process, question->parent);
	grants = grants_in_phase(verdict->entry, verdict->phase, false);
	if (allowed(&grants, question->transition, verdict->phase, &verdict->missing))
		return;
	verdict->alert = true;
	verdict->reason = REASON_UNEXPLAINED_GAIN;
	verdict->severity = name_severity(verdict->reason, question->transition);
	dispose(world, process->service, verdict);
}
