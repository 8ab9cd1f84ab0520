/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/ledger.h"

#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 4096,
	/* audit's clock and /proc's ticks are this coarse, each its own way */
	CLOCK_GRAIN_MS = 20,
	/* how many living processes are passed over for one that has gone */
	FORGET_TRIES = 16,
};

struct ledger {
	struct process *buckets[BUCKETS];
	struct process *oldest, *newest;
	size_t count;
	uint64_t evicted;
	ledger_alive_fn alive; /* NULL: nobody can tell */
	void *alive_ctx;
};

/* The capabilities that follow fsuid: CAP_FS_MASK of <linux/capability.h> (chown, dac_override,
 * dac_read_search, fowner, fsetid, linux_immutable, mknod, mac_override). */
#define FS_CAPS ((capmask)0x1f | CAPMASK_BIT(9) | CAPMASK_BIT(27) | CAPMASK_BIT(32))

struct ledger *ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

static void free_process(struct process *process)
{
	process_set_service(process, NULL);
	free(process->exe);
	free(process->exe_alias);
	free(process);
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	while (ledger->oldest)
		ledger_remove(ledger, ledger->oldest);
	free(ledger);
}

static size_t bucket_of(unsigned node, int64_t pid)
{
	return ((uint64_t)pid * 2654435761u + node * 40503u) % BUCKETS;
}

struct process *ledger_find(struct ledger *ledger, unsigned node, int64_t pid)
{
	struct process *process = ledger->buckets[bucket_of(node, pid)];

	while (process && (process->pid != pid || process->node != node))
		process = process->hash_next;
	return process;
}

static void unlink_age(struct ledger *ledger, struct process *process)
{
	if (process->older)
		process->older->newer = process->newer;
	else
		ledger->oldest = process->newer;
	if (process->newer)
		process->newer->older = process->older;
	else
		ledger->newest = process->older;
}

static void link_newest(struct ledger *ledger, struct process *process)
{
	process->older = ledger->newest;
	process->newer = NULL;
	if (ledger->newest)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlink_age() left no freed one */
		ledger->newest->newer = process;
	else
		ledger->oldest = process;
	ledger->newest = process;
}

void ledger_touch(struct ledger *ledger, struct process *process)
{
	if (ledger->newest == process)
		return;
	unlink_age(ledger, process);
	link_newest(ledger, process);
}

void ledger_remove(struct ledger *ledger, struct process *process)
{
	struct process **at = &ledger->buckets[bucket_of(process->node, process->pid)];

	while (*at != process)
		at = &(*at)->hash_next;
	*at = process->hash_next;
	unlink_age(ledger, process);
	ledger->count--;
	free_process(process);
}

void ledger_set_alive(struct ledger *ledger, ledger_alive_fn alive, void *ctx)
{
	ledger->alive = alive;
	ledger->alive_ctx = ctx;
}

/* A flood of short-lived processes must not push out the idle daemon. */
static void forget_one(struct ledger *ledger)
{
	for (int tries = 0; ledger->alive && tries < FORGET_TRIES; tries++) {
		if (!ledger->alive(ledger->alive_ctx, ledger->oldest))
			break;
		ledger_touch(ledger, ledger->oldest);
	}
	ledger_remove(ledger, ledger->oldest);
	ledger->evicted++;
}

struct process *ledger_add(struct ledger *ledger, unsigned node, int64_t pid)
{
	struct process *process = ledger_find(ledger, node, pid);
	size_t bucket = bucket_of(node, pid);

	if (process)
		ledger_remove(ledger, process);
	if (ledger->count >= LEDGER_PROCESSES_MAX) {
		forget_one(ledger);
	}
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->node = node;
	process->pid = pid;
	process->auid = process->session = -1;
	process->userns = USERNS_UNKNOWN;
	process->exe_state = EXE_UNKNOWN;
	process->hash_next = ledger->buckets[bucket];
	ledger->buckets[bucket] = process;
	link_newest(ledger, process);
	ledger->count++;
	return process;
}

bool process_set_exe(struct process *process, const char *path, size_t length)
{
	static const char deleted[] = " (deleted)";
	size_t suffix = sizeof(deleted) - 1;
	char *copy;

	if (length > suffix && memcmp(path + length - suffix, deleted, suffix) == 0)
		length -= suffix;
	if (length > LEDGER_EXE_MAX)
		length = LEDGER_EXE_MAX;
	copy = strndup(path, length);
	if (!copy)
		return false;
	free(process->exe);
	free(process->exe_alias);
	process->exe_alias = NULL;
	process->exe = copy;
	return true;
}

bool process_set_alias(struct process *process, const char *path, size_t length)
{
	char *copy = strndup(path, length);

	if (!copy)
		return false;
	free(process->exe_alias);
	process->exe_alias = copy;
	return true;
}

static void join_members(struct process *process)
{
	struct service *service = process->service;

	process->member_previous = NULL;
	process->member_next = service->members;
	if (service->members)
		service->members->member_previous = process;
	service->members = process;
}

static void leave_members(struct process *process)
{
	if (process->member_previous)
		process->member_previous->member_next = process->member_next;
	else
		process->service->members = process->member_next;
	if (process->member_next)
		process->member_next->member_previous = process->member_previous;
}

void process_set_service(struct process *process, struct service *service)
{
	service_hold(service);
	if (process->service)
		leave_members(process);
	service_release(process->service);
	process->service = service;
	if (service)
		join_members(process);
}

void process_copy_exe(struct process *to, const struct process *from)
{
	if (from->exe)
		(void)process_set_exe(to, from->exe, strlen(from->exe));
	if (from->exe_alias)
		(void)process_set_alias(to, from->exe_alias, strlen(from->exe_alias));
	to->exe_identity = from->exe_identity;
	to->exe_state = from->exe_state;
	to->exe_file = from->exe_file;
}

void process_inherit(struct process *child, const struct process *parent)
{
	process_copy_exe(child, parent);
	child->has_ids = parent->has_ids;
	child->uid = parent->uid;
	child->euid = parent->euid;
	child->suid = parent->suid;
	child->fsuid = parent->fsuid;
	child->auid = parent->auid;
	child->session = parent->session;
	child->has_sets = parent->has_sets;
	child->sets = parent->sets;
	child->most = parent->most;
	child->provenance = PREVIOUS_INFERRED;
	child->has_bounding = parent->has_bounding;
	child->bounding = parent->bounding;
	child->securebits = parent->securebits;
	child->userns = parent->userns;
	child->userns_born = parent->userns_born;
	child->execs_recorded = parent->execs_recorded;
	child->login_forged = parent->login_forged;
	process_set_service(child, parent->service);
}

void process_state(const struct process *process, struct process_past *state)
{
	memset(state, 0, sizeof(*state));
	state->has_ids = process->has_ids;
	state->has_sets = process->has_sets;
	state->uid = process->uid;
	state->euid = process->euid;
	state->suid = process->suid;
	state->fsuid = process->fsuid;
	state->sets = process->sets;
	state->securebits = process->securebits;
	state->userns = process->userns;
}

void process_forget_sets(struct process *process)
{
	process->has_sets = false;
	process->has_ids = false;
}

void process_remember(struct process *process, const struct process_past *state, int64_t time)
{
	memmove(&process->past[1], &process->past[0],
		sizeof(process->past) - sizeof(process->past[0]));
	process->past[0] = *state;
	process->past[0].until = time;
}

void process_take_state(struct process *process, const struct process_past *state)
{
	process->has_ids = state->has_ids;
	process->uid = state->uid;
	process->euid = state->euid;
	process->suid = state->suid;
	process->fsuid = state->fsuid;
	process->has_sets = state->has_sets;
	process->sets = state->sets;
	process->securebits = state->securebits;
	process->userns = state->userns;
}

void process_take_least(struct event_sets *sets, const struct event_sets *other)
{
	sets->permitted &= other->permitted;
	sets->effective &= other->effective;
	sets->inheritable &= other->inheritable;
	sets->ambient &= other->ambient;
}

void process_take_most(struct event_sets *sets, const struct event_sets *other)
{
	sets->permitted |= other->permitted;
	sets->effective |= other->effective;
	sets->inheritable |= other->inheritable;
	sets->ambient |= other->ambient;
}

/* Calls after which a process may hold other sets than before; a CAPSET that did not come tells
 * nothing of them. */
static bool can_move_sets(const struct event *event)
{
	switch (event->call) {
	case CALL_CAPSET:
		return event->parts & EVENT_CAPSET;
	case CALL_PRCTL:
		return (uint32_t)event->args[0] == PRCTL_CAP_AMBIENT;
	case CALL_EXEC:
	case CALL_SETUID:
	case CALL_SETREUID:
	case CALL_SETRESUID:
	case CALL_SETFSUID:
	case CALL_UNSHARE:
	case CALL_SETNS:
		return true;
	default:
		return false;
	}
}

void process_note_call(struct process *process, const struct event *event)
{
	bool moves = event->success && can_move_sets(event);

	if (moves && event->call == CALL_EXEC) {
		process->executed = event->time;
		process->most = process->sets;
	}
	process_take_most(&process->most, &process->sets);
	if (!moves)
		return;
	process->moved = event->serial;
	process->moved_at = event->time;
}

/* Within the grain of two clocks either state may be it; but its own ids tell which, where it has
 * changed none since. */
static bool is_ruled_out(const struct process_past *past, const struct process *child,
			 const struct event *event)
{
	return past->has_ids && child->has_ids && past->euid != event->euid &&
	       child->euid == event->euid && child->uid == event->uid;
}

void process_inherit_past(struct process *child, const struct process *parent, int64_t start_time,
			  const struct event *event)
{
	for (int i = 0; i < LEDGER_PAST_MAX && parent->past[i].until > 0; i++) {
		const struct process_past *past = &parent->past[i];
		if (start_time > past->until + CLOCK_GRAIN_MS)
			return;
		if (start_time < past->until - CLOCK_GRAIN_MS)
			process_take_state(child, past);
		else if (past->has_sets && !is_ruled_out(past, child, event))
			process_take_least(&child->sets, &past->sets);
	}
}

void process_apply_exec(struct process *process)
{
	capmask bounding = process->has_bounding ? process->bounding : LEDGER_ALL_CAPS;
	bool root_rules = !(process->securebits & SECBIT_NOROOT) &&
			  process->userns != USERNS_CHILD &&
			  (process->uid == 0 || process->euid == 0);

	process->securebits &= (uint8_t)~SECBIT_KEEP_CAPS;
	process->provenance = PREVIOUS_INFERRED;
	if (!process->has_sets || !process->has_ids) {
		process->has_sets = false;
		return;
	}
	if (root_rules) {
		/* only a set-user-ID file, or one with capabilities, clears it
		 * (security/commoncap.c, cap_bprm_creds_from_file) */
		if (process->uid != process->euid)
			process->sets.ambient = 0;
		process->sets.permitted = bounding | process->sets.inheritable;
		process->sets.effective = process->euid == 0 ? process->sets.permitted : 0;
		return;
	}
	process->sets.permitted = process->sets.ambient;
	process->sets.effective = process->sets.ambient;
}

void process_set_ids(struct process *process, const struct event *event)
{
	process->has_ids = true;
	process->uid = (uint32_t)event->uid;
	process->euid = (uint32_t)event->euid;
	process->suid = (uint32_t)event->suid;
	process->fsuid = (uint32_t)event->fsuid;
}

static bool all_nonzero(const struct event *event)
{
	return event->uid != 0 && event->euid != 0 && event->suid != 0;
}

void process_apply_uids(struct process *process, const struct event *event, bool recorded)
{
	bool had_root = process->uid == 0 || process->euid == 0 || process->suid == 0;
	bool fixup = process->has_ids && process->has_sets &&
		     !(process->securebits & SECBIT_NO_SETUID_FIXUP);
	struct event_sets before = process->sets;

	if (fixup && had_root && all_nonzero(event)) {
		/* keep-caps keeps permitted; ambient goes all the same, effective with euid below
		 */
		process->sets.ambient = 0;
		if (!(process->securebits & SECBIT_KEEP_CAPS))
			process->sets.permitted = process->sets.effective = 0;
	}
	if (fixup && process->euid == 0 && event->euid != 0)
		process->sets.effective = 0;
	if (recorded && fixup && process->euid != 0 && event->euid == 0)
		process->sets.effective = process->sets.permitted;
	/* the file system capabilities follow fsuid by setfsuid(2) alone: set*uid moves fsuid too,
	 * but not them */
	if (fixup && process->euid == event->euid && (!recorded || event->call == CALL_SETFSUID)) {
		if (process->fsuid == 0 && event->fsuid != 0)
			process->sets.effective &= ~FS_CAPS;
		if (recorded && process->fsuid != 0 && event->fsuid == 0)
			process->sets.effective |= process->sets.permitted & FS_CAPS;
	}
	if (memcmp(&before, &process->sets, sizeof(before)) != 0)
		process->provenance = PREVIOUS_INFERRED;
	process_set_ids(process, event);
}

size_t ledger_count(const struct ledger *ledger)
{
	return ledger->count;
}

uint64_t ledger_evicted(const struct ledger *ledger)
{
	return ledger->evicted;
}

struct process *ledger_oldest(const struct ledger *ledger)
{
	return ledger->oldest;
}
