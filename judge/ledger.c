/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/ledger.h"

#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "judge/names.h"
#include "judge/pool.h"
#include "judge/quota.h"

enum {
	BUCKETS_FIRST = 4096, /* a power of two, as all that follow */
	/* audit's clock and /proc's ticks are this coarse, each its own way */
	CLOCK_GRAIN_MS = 20,
	/* how many are asked whether they live before one may be forgotten for a new one */
	FORGET_TRIES = 16,
	/* so that all that live can be passed over, so many for a new one, before the bound */
	ROOM_MAX = LEDGER_PROCESSES_MAX - LEDGER_PROCESSES_MAX / FORGET_TRIES,
};

_Static_assert(LEDGER_PROCESSES_MAX * sizeof(struct process) < POOL_LARGE,
	       "huge pages are a collector's: a host's own ledger takes no more than it needs");

/* What is kept of one node. */
struct ledger_node {
	struct ledger *ledger;
	struct process *oldest, *newest;
};

struct ledger {
	struct process **buckets;
	size_t bucket_count, count;
	struct ledger_node nodes[NODES_MAX];
	struct quota quota;
	size_t room; /* of this host, live: LEDGER_SOFT_MAX or more */
	struct names *paths;
	struct pool *processes;
	uint64_t evicted;
	ledger_alive_fn alive; /* NULL: nobody can tell */
	void *alive_ctx;
};

/* The capabilities that follow fsuid: CAP_FS_MASK of <linux/capability.h> (chown, dac_override,
 * dac_read_search, fowner, fsetid, linux_immutable, mknod, mac_override). */
#define FS_CAPS ((capmask)0x1f | CAPMASK_BIT(9) | CAPMASK_BIT(27) | CAPMASK_BIT(32))

struct ledger *ledger_new(void)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return NULL;
	quota_begin(&ledger->quota, LEDGER_PROCESSES_MAX, LEDGER_OTHERS_MAX);
	ledger->room = LEDGER_SOFT_MAX;
	ledger->bucket_count = BUCKETS_FIRST;
	ledger->buckets = calloc(BUCKETS_FIRST, sizeof(struct process *));
	ledger->paths = names_new();
	ledger->processes = pool_new(sizeof(struct process));
	if (ledger->buckets && ledger->paths && ledger->processes)
		return ledger;
	ledger_free(ledger);
	return NULL;
}

/* What it alone has. */
static void free_own(struct ledger *ledger, struct process *process)
{
	free(process->withheld);
	free(process->past);
	pool_give(ledger->processes, process);
}

static void free_process(struct ledger *ledger, struct process *process)
{
	process_set_service(process, NULL);
	names_release(process->exe);
	names_release(process->exe_alias);
	free_own(ledger, process);
}

/* Nobody is left to whom it matters who held what: of a fleet's processes none is in a cache. */
void ledger_free(struct ledger *ledger)
{
	struct process *process;

	if (!ledger)
		return;
	for (size_t i = 0; i < NODES_MAX; i++) {
		while ((process = ledger->nodes[i].oldest) != NULL) {
			ledger->nodes[i].oldest = process->newer;
			free_own(ledger, process);
		}
	}
	pool_free(ledger->processes);
	names_free(ledger->paths);
	free(ledger->buckets);
	free(ledger);
}

/* ---- by pid ---------------------------------------------------------------------------------- */

static struct process **bucket_of(const struct ledger *ledger, unsigned node, int64_t pid)
{
	uint32_t hash = hash_spread((uint64_t)pid + ((uint64_t)node << 40));

	return &ledger->buckets[hash & (ledger->bucket_count - 1)];
}

struct process *ledger_find(struct ledger *ledger, unsigned node, int64_t pid)
{
	struct process *process = *bucket_of(ledger, node, pid);

	while (process && (process->pid != pid || process->node != node))
		process = process->hash_next;
	return process;
}

void ledger_expect(const struct ledger *ledger, unsigned node, int64_t pid)
{
	enum { CACHE_LINE = 64 };
	const char *process = (const char *)*bucket_of(ledger, node, pid);

	for (size_t i = 0; process && i < sizeof(struct process); i += CACHE_LINE)
		__builtin_prefetch(process + i);
}

static void link_bucket(const struct ledger *ledger, struct process *process)
{
	struct process **bucket = bucket_of(ledger, process->node, process->pid);

	process->hash_next = *bucket;
	*bucket = process;
}

static void unlink_bucket(const struct ledger *ledger, const struct process *process)
{
	struct process **at = bucket_of(ledger, process->node, process->pid);

	while (*at != process)
		at = &(*at)->hash_next;
	*at = process->hash_next;
}

/* So that whoever is looked for is mostly the first in his bucket: the others there are in nobody's
 * cache. Without memory it costs more. */
static void grow_buckets(struct ledger *ledger)
{
	struct process **buckets = calloc(2 * ledger->bucket_count, sizeof(*buckets));

	if (!buckets)
		return;
	free(ledger->buckets);
	ledger->buckets = buckets;
	ledger->bucket_count *= 2;
	for (size_t i = 0; i < NODES_MAX; i++)
		for (struct process *process = ledger->nodes[i].oldest; process;
		     process = process->newer)
			link_bucket(ledger, process);
}

/* ---- by age ---------------------------------------------------------------------------------- */

static void unlink_age(struct process *process)
{
	struct ledger_node *home = process->home;

	if (process->older)
		process->older->newer = process->newer;
	else
		home->oldest = process->newer;
	if (process->newer)
		process->newer->older = process->older;
	else
		home->newest = process->older;
}

static void link_newest(struct process *process)
{
	struct ledger_node *home = process->home;

	process->older = home->newest;
	process->newer = NULL;
	if (home->newest)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlink_age() left no freed one */
		home->newest->newer = process;
	else
		home->oldest = process;
	home->newest = process;
}

void ledger_touch(struct process *process)
{
	if (process->home->newest == process)
		return;
	unlink_age(process);
	link_newest(process);
}

void ledger_remove(struct ledger *ledger, struct process *process)
{
	unlink_bucket(ledger, process);
	unlink_age(process);
	quota_remove(&ledger->quota, process->node);
	ledger->count--;
	free_process(ledger, process);
}

void ledger_set_alive(struct ledger *ledger, ledger_alive_fn alive, void *ctx)
{
	ledger->alive = alive;
	ledger->alive_ctx = ctx;
}

static void forget_oldest(struct ledger *ledger, unsigned node)
{
	struct process *oldest = ledger->nodes[node].oldest;

	if (!oldest)
		return;
	ledger_remove(ledger, oldest);
	ledger->evicted++;
}

/* A flood of short-lived processes must neither fill the memory nor push out the idle daemon. One
 * that is met alive makes room for one more, one that has gone takes that back: so there is room
 * for twice those that live, and a new process costs two questions in the long run, or three where
 * more than half of what there is room for lives. */
static void forget_gone(struct ledger *ledger)
{
	struct ledger_node *here = &ledger->nodes[0];

	for (int tries = 0; tries < FORGET_TRIES && ledger->quota.counts[0] >= ledger->room;
	     tries++) {
		if (!ledger->alive(ledger->alive_ctx, here->oldest)) {
			forget_oldest(ledger, 0);
			ledger->room -= ledger->room > LEDGER_SOFT_MAX;
			continue;
		}
		ledger_touch(here->oldest);
		ledger->room += ledger->room < ROOM_MAX;
	}
}

static void make_room(struct ledger *ledger, unsigned node)
{
	unsigned payer;

	if (node == 0 && ledger->alive)
		forget_gone(ledger);
	payer = quota_payer(&ledger->quota, node);
	if (payer != QUOTA_NOBODY)
		forget_oldest(ledger, payer);
	if (2 * ledger->count > ledger->bucket_count)
		grow_buckets(ledger);
}

struct process *ledger_add(struct ledger *ledger, unsigned node, int64_t pid)
{
	struct process *process = ledger_find(ledger, node, pid);

	if (process)
		ledger_remove(ledger, process);
	make_room(ledger, node);
	process = pool_take(ledger->processes);
	if (!process)
		return NULL;
	process->node = (uint16_t)node;
	process->home = &ledger->nodes[node];
	process->home->ledger = ledger;
	process->pid = pid;
	process->auid = process->session = -1;
	process->userns = USERNS_UNKNOWN;
	process->exe_state = EXE_UNKNOWN;
	link_bucket(ledger, process);
	link_newest(process);
	quota_add(&ledger->quota, node);
	ledger->count++;
	return process;
}

/* ---- what it runs ---------------------------------------------------------------------------- */

bool process_set_exe(struct process *process, const char *path, size_t length)
{
	static const char deleted[] = " (deleted)";
	size_t suffix = sizeof(deleted) - 1;
	const char *exe;

	if (length > suffix && memcmp(path + length - suffix, deleted, suffix) == 0)
		length -= suffix;
	if (length > LEDGER_EXE_MAX)
		length = LEDGER_EXE_MAX;
	exe = names_take(process->home->ledger->paths, path, length);
	if (!exe)
		return false;
	names_release(process->exe);
	names_release(process->exe_alias);
	process->exe_alias = NULL;
	process->exe = exe;
	return true;
}

bool process_set_alias(struct process *process, const char *path, size_t length)
{
	const char *alias = names_take(process->home->ledger->paths, path, length);

	if (!alias)
		return false;
	names_release(process->exe_alias);
	process->exe_alias = alias;
	return true;
}

/* Before what it had is released: that may be the same. */
static void replace_name(const char **name, const char *with)
{
	const char *had = *name;

	*name = names_hold(with);
	names_release(had);
}

void process_copy_exe(struct process *to, const struct process *from)
{
	if (from->exe) {
		replace_name(&to->exe, from->exe);
		replace_name(&to->exe_alias, from->exe_alias);
	}
	to->exe_identity = from->exe_identity;
	to->exe_state = from->exe_state;
	to->exe_file = from->exe_file;
}

/* ---- its service ----------------------------------------------------------------------------- */

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

/* ---- what it holds --------------------------------------------------------------------------- */

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
	struct process_past *grown;

	if (process->past_count < LEDGER_PAST_MAX) {
		grown = realloc(process->past, (process->past_count + 1u) * sizeof(*grown));
		if (!grown)
			return;
		process->past = grown;
		process->past_count++;
	}
	memmove(&process->past[1], &process->past[0],
		(process->past_count - 1u) * sizeof(process->past[0]));
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

bool process_withhold(struct process *process, const struct event_sets *gained,
		      enum mechanism mechanism)
{
	if (!process->withheld)
		process->withheld = calloc(1, sizeof(*process->withheld));
	if (!process->withheld)
		return false;
	process_take_most(&process->withheld->sets, gained);
	process->withheld->by = mechanism;
	return true;
}

/* Calls after which a process may hold other sets than before; a CAPSET that did not come tells
 * nothing of them. */
static bool can_move_sets(const struct event *event)
{
	switch (event->call) {
	case CALL_CAPSET:
		return event->parts & EVENT_CAPSET;
	case CALL_PRCTL:
		return (uint32_t)event_argument(event, 0) == PRCTL_CAP_AMBIENT;
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

	process->acted_at = event->time;
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
	return past->has_ids && child->has_ids && past->euid != event->ids.euid &&
	       child->euid == event->ids.euid && child->uid == event->ids.uid;
}

void process_inherit_past(struct process *child, const struct process *parent, int64_t start_time,
			  const struct event *event)
{
	for (unsigned i = 0; i < parent->past_count; i++) {
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
	process->uid = (uint32_t)event->ids.uid;
	process->euid = (uint32_t)event->ids.euid;
	process->suid = (uint32_t)event->ids.suid;
	process->fsuid = (uint32_t)event->ids.fsuid;
}

static bool all_nonzero(const struct event *event)
{
	return event->ids.uid != 0 && event->ids.euid != 0 && event->ids.suid != 0;
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
	if (fixup && process->euid == 0 && event->ids.euid != 0)
		process->sets.effective = 0;
	if (recorded && fixup && process->euid != 0 && event->ids.euid == 0)
		process->sets.effective = process->sets.permitted;
	/* the file system capabilities follow fsuid by setfsuid(2) alone: set*uid moves fsuid too,
	 * but not them */
	if (fixup && process->euid == event->ids.euid &&
	    (!recorded || event->call == CALL_SETFSUID)) {
		if (process->fsuid == 0 && event->ids.fsuid != 0)
			process->sets.effective &= ~FS_CAPS;
		if (recorded && process->fsuid != 0 && event->ids.fsuid == 0)
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

struct process *ledger_oldest(const struct ledger *ledger, unsigned node)
{
	return ledger->nodes[node].oldest;
}
