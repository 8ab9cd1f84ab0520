/* SPDX-License-Identifier: Apache-2.0 */
/* What each process holds, and how that changes without a record. */
#include <check.h>
#include <linux/securebits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#include "judge/ledger.h"

#define FS_CAPS ((capmask)0x1f | CAP(9) | CAP(27) | CAP(32))
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct ledger *ledger;

static void begin(void)
{
	ledger = ledger_new();
	ck_assert_ptr_nonnull(ledger);
}

static void end(void)
{
	ledger_free(ledger);
}

static struct process *root_process(int64_t pid)
{
	struct process *process = ledger_add(ledger, 0, pid);

	ck_assert_ptr_nonnull(process);
	process->has_ids = process->has_sets = true;
	process->provenance = PREVIOUS_KNOWN;
	process->sets = (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, 0, 0};
	return process;
}

static void change_uids(struct process *process, uint64_t uid, uint64_t euid, uint64_t suid,
			uint64_t fsuid)
{
	/* setfsuid(2) is the call that moves fsuid alone */
	const struct event event = {
		.call = process->euid == euid && process->uid == uid ? CALL_SETFSUID
								     : CALL_SETRESUID,
		.ids = {.uid = uid, .euid = euid, .suid = suid, .fsuid = fsuid},
	};

	process_apply_uids(process, &event, true);
}

START_TEST(test_setresuid_after_setfsuid_gives_no_file_capabilities)
{
	const struct event event = {.call = CALL_SETRESUID};
	struct process *process = root_process(7);

	process->fsuid = 5;
	process->sets = (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0};
	process_apply_uids(process, &event, true);
	ck_assert_uint_eq(process->sets.effective, CAP(NET_RAW));
}
END_TEST

START_TEST(test_process_is_its_node_and_pid)
{
	struct process *here = ledger_add(ledger, 0, 7), *far = ledger_add(ledger, 1, 7);

	ck_assert_ptr_eq(ledger_find(ledger, 0, 7), here);
	ck_assert_ptr_eq(ledger_find(ledger, 1, 7), far);
	ck_assert_ptr_null(ledger_find(ledger, 2, 7));
	ck_assert_ptr_null(ledger_find(ledger, 0, 8));
	ck_assert_int_eq(here->auid, -1);
	ck_assert_int_eq(here->userns, USERNS_UNKNOWN);
	ck_assert(!here->has_sets);
}
END_TEST

START_TEST(test_new_entry_takes_the_place_of_the_pids_older_one)
{
	root_process(7);
	ck_assert(!ledger_add(ledger, 0, 7)->has_sets);
	ck_assert_uint_eq(ledger_count(ledger), 1);
	ck_assert_uint_eq(ledger_evicted(ledger), 0);
}
END_TEST

START_TEST(test_longest_unseen_is_forgotten_at_the_bound)
{
	for (int64_t pid = 1; pid <= LEDGER_PROCESSES_MAX; pid++)
		root_process(pid);
	ledger_touch(ledger_find(ledger, 0, 1));
	for (int64_t pid = 0; pid < 10; pid++)
		root_process(100000 + pid);
	ck_assert_uint_eq(ledger_count(ledger), LEDGER_PROCESSES_MAX);
	ck_assert_uint_eq(ledger_evicted(ledger), 10);
	ck_assert_ptr_nonnull(ledger_find(ledger, 0, 1));
	ck_assert_ptr_null(ledger_find(ledger, 0, 2));
	ck_assert_ptr_null(ledger_find(ledger, 0, 11));
	ck_assert_ptr_nonnull(ledger_find(ledger, 0, 12));
}
END_TEST

/* ---- who may stay ---- */

struct census {
	int64_t living; /* pids below this live */
	size_t asked;
};

static bool is_living(void *ctx, struct process *process)
{
	struct census *census = ctx;

	census->asked++;
	return process->pid < census->living;
}

/* Short-lived ones, from this pid on. */
static void flood(int64_t first, int64_t count)
{
	for (int64_t pid = first; pid < first + count; pid++)
		root_process(pid);
}

START_TEST(test_flood_of_short_lived_ones_keeps_the_living_and_little_else)
{
	struct census census = {.living = 1000};

	ledger_set_alive(ledger, is_living, &census);
	flood(0, 1000);
	flood(100000, 50000);
	ck_assert_uint_le(ledger_count(ledger), LEDGER_SOFT_MAX + (size_t)census.living);
	for (int64_t pid = 0; pid < 1000; pid++)
		ck_assert_ptr_nonnull(ledger_find(ledger, 0, pid));
	ck_assert_ptr_nonnull(ledger_find(ledger, 0, 149999));
}
END_TEST

START_TEST(test_living_ones_all_stay_up_to_the_bound)
{
	struct census census = {.living = 5000};

	ledger_set_alive(ledger, is_living, &census);
	flood(0, 5000);
	ck_assert_uint_eq(ledger_count(ledger), 5000);
	ck_assert_uint_eq(ledger_evicted(ledger), 0);
	ck_assert_uint_le(census.asked, 5000);
	flood(100000, 50000);
	for (int64_t pid = 0; pid < 5000; pid++)
		ck_assert_ptr_nonnull(ledger_find(ledger, 0, pid));
	ck_assert_uint_le(ledger_count(ledger), LEDGER_PROCESSES_MAX);
}
END_TEST

static const struct question_case {
	int64_t living, count; /* and in the ledger at most, after a flood */
	size_t questions;      /* a process of it */
} questions[] = {
	{0, LEDGER_SOFT_MAX + 64, 1}, {200, LEDGER_SOFT_MAX + 64, 2},  {1500, 2 * 1500 + 64, 2},
	{3000, 2 * 3000 + 64, 2},     {5000, LEDGER_PROCESSES_MAX, 3},
};

START_TEST(test_new_process_costs_few_questions)
{
	const struct question_case *entry = &questions[_i];
	struct census census = {.living = entry->living};

	ledger_set_alive(ledger, is_living, &census);
	flood(0, entry->living);
	flood(100000, 100000);
	ck_assert_uint_le(census.asked, (size_t)(100000 + entry->living) * entry->questions);
	ck_assert_uint_le(ledger_count(ledger), (size_t)entry->count);
}
END_TEST

START_TEST(test_room_of_those_that_have_gone_is_given_back)
{
	struct census census = {.living = 6000};

	ledger_set_alive(ledger, is_living, &census);
	flood(0, 6000);
	census.living = 0;
	flood(100000, 5000);
	ck_assert_uint_le(ledger_count(ledger), LEDGER_SOFT_MAX);
}
END_TEST

START_TEST(test_beyond_the_bound_the_longest_unseen_goes_though_it_lives)
{
	struct census census = {.living = INT64_MAX};

	ledger_set_alive(ledger, is_living, &census);
	flood(0, LEDGER_PROCESSES_MAX + 100);
	ck_assert_uint_eq(ledger_count(ledger), LEDGER_PROCESSES_MAX);
	ck_assert_ptr_nonnull(ledger_find(ledger, 0, LEDGER_PROCESSES_MAX + 99));
}
END_TEST

static void flood_node(unsigned node, int64_t count)
{
	for (int64_t pid = 1; pid <= count; pid++)
		ck_assert_ptr_nonnull(ledger_add(ledger, node, pid));
}

static size_t count_node(unsigned node)
{
	size_t count = 0;

	for (const struct process *each = ledger_oldest(ledger, node); each; each = each->newer) {
		ck_assert_uint_eq(each->node, node);
		count++;
	}
	return count;
}

START_TEST(test_noisy_node_pushes_out_nobody_elses_processes)
{
	flood_node(0, 100);
	flood_node(1, 100);
	flood_node(2, 3 * LEDGER_PROCESSES_MAX);
	ck_assert_uint_eq(count_node(0), 100);
	ck_assert_uint_eq(count_node(1), 100);
	ck_assert_uint_eq(count_node(2), LEDGER_PROCESSES_MAX);
}
END_TEST

START_TEST(test_hundred_nodes_have_equal_parts_of_the_bound)
{
	const size_t part = LEDGER_OTHERS_MAX / 100;

	flood_node(0, LEDGER_PROCESSES_MAX);
	for (int round = 0; round < 2; round++)
		for (unsigned node = 1; node <= 100; node++)
			flood_node(node, LEDGER_PROCESSES_MAX);
	for (unsigned node = 1; node <= 100; node++)
		ck_assert_uint_ge(count_node(node), part);
	ck_assert_uint_eq(count_node(0), LEDGER_PROCESSES_MAX);
	ck_assert_uint_le(ledger_count(ledger), LEDGER_PROCESSES_MAX + LEDGER_OTHERS_MAX);
}
END_TEST

START_TEST(test_processes_of_many_nodes_are_found_by_node_and_pid)
{
	for (unsigned node = 0; node < 100; node++)
		for (int64_t pid = 1; pid <= 200; pid++)
			ledger_add(ledger, node, pid)->auid = node * 1000 + pid;
	for (unsigned node = 0; node < 100; node++)
		for (int64_t pid = 1; pid <= 200; pid++)
			ck_assert_int_eq(ledger_find(ledger, node, pid)->auid, node * 1000 + pid);
}
END_TEST

/* ---- what it takes ---- */

enum {
	MALLOC_HEAD = 16,
	/* as docs/architecture.md has it */
	PROCESS_BYTES = 384,
	LEDGER_KIB = 3800,
};

static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* One that has acted: it has changed once, and runs one of a hundred programs. */
static void make_typical(int64_t pid)
{
	struct process *process = root_process(pid);
	struct process_past state;
	char path[64];

	snprintf(path, sizeof(path), "/usr/lib/some-package/bin/program-%d", (int)(pid % 100));
	process_set_exe(process, path, strlen(path));
	process_state(process, &state);
	process_remember(process, &state, 1);
}

START_TEST(test_ledger_stays_within_the_memory_that_is_told)
{
	struct census census = {.living = INT64_MAX};
	size_t before = allocated();

	ck_assert_uint_le(sizeof(struct process) + MALLOC_HEAD, PROCESS_BYTES);
	ledger_set_alive(ledger, is_living, &census);
	for (int64_t pid = 1; pid <= 2 * LEDGER_PROCESSES_MAX; pid++)
		make_typical(pid);
	ck_assert_uint_le(allocated() - before, (size_t)LEDGER_KIB * 1024);
}
END_TEST

START_TEST(test_one_program_of_many_processes_is_named_once)
{
	struct process *one = root_process(7), *other = root_process(8);

	process_set_exe(one, "/usr/sbin/x", 11);
	process_set_exe(other, "/usr/sbin/x (deleted)", 21);
	ck_assert_ptr_eq(one->exe, other->exe);
	process_set_alias(one, "/", 1);
	process_copy_exe(other, one);
	ck_assert_ptr_eq(other->exe_alias, one->exe_alias);
	process_copy_exe(other, other);
	ck_assert_str_eq(other->exe, "/usr/sbin/x");
	process_set_exe(one, "/y", 2);
	ck_assert_ptr_null(one->exe_alias);
	ck_assert_str_eq(other->exe_alias, "/");
}
END_TEST

START_TEST(test_exe_is_kept_without_deleted_and_within_its_bound)
{
	static char path[LEDGER_EXE_MAX * 2];
	struct process *process = root_process(7);

	ck_assert(process_set_exe(process, "/usr/sbin/x (deleted)", 21));
	ck_assert_str_eq(process->exe, "/usr/sbin/x");
	ck_assert(process_set_exe(process, " (deleted)", 10));
	ck_assert_str_eq(process->exe, " (deleted)");
	memset(path, 'x', sizeof(path));
	ck_assert(process_set_exe(process, path, sizeof(path)));
	ck_assert_uint_eq(strlen(process->exe), LEDGER_EXE_MAX);
}
END_TEST

START_TEST(test_child_has_what_its_parent_had_but_only_inferred)
{
	struct process *parent = root_process(7), *child = ledger_add(ledger, 0, 8);

	process_set_exe(parent, "/usr/sbin/x", 11);
	parent->securebits = SECBIT_NOROOT;
	parent->userns = USERNS_CHILD;
	parent->auid = 1000;
	parent->has_bounding = true;
	parent->bounding = 5;
	parent->seen_event = true;
	process_inherit(child, parent);
	ck_assert(child->has_sets);
	ck_assert_uint_eq(child->sets.permitted, FIXTURE_ALL);
	ck_assert_int_eq(child->provenance, PREVIOUS_INFERRED);
	ck_assert_str_eq(child->exe, "/usr/sbin/x");
	ck_assert_uint_eq(child->securebits, SECBIT_NOROOT);
	ck_assert_int_eq(child->userns, USERNS_CHILD);
	ck_assert_int_eq(child->auid, 1000);
	ck_assert_uint_eq(child->bounding, 5);
	ck_assert_int_eq(child->pid, 8);
	ck_assert(!child->seen_event);
}
END_TEST

static const struct exec_case {
	uint32_t uid, euid;
	uint8_t securebits;
	enum user_namespace userns;
	struct event_sets before, after;
} execs[] = {
	/* root regains all of its bounding set */
	{0, 0, 0, USERNS_HOST, {0, 0, 0, 0}, {0xff, 0xff, 0, 0}},
	{0, 0, 0, USERNS_HOST, {0, 0, 0xf00, 0}, {0xfff, 0xfff, 0xf00, 0}},
	{1000, 0, 0, USERNS_HOST, {0, 0, 0, 0}, {0xff, 0xff, 0, 0}},
	/* by its real uid alone only permitted */
	{0, 1000, 0, USERNS_HOST, {0, 0, 0, 0}, {0xff, 0, 0, 0}},
	{0, 0, SECBIT_NOROOT, USERNS_HOST, {0xff, 0xff, 0xff, 0}, {0, 0, 0xff, 0}},
	{0, 0, SECBIT_NOROOT, USERNS_HOST, {0xff, 0xff, 3, 3}, {3, 3, 3, 3}},
	/* inside a user namespace its root is not the host's */
	{0, 0, 0, USERNS_CHILD, {0, 0, 0, 0}, {0, 0, 0, 0}},
	/* another keeps its ambient set alone */
	{1000, 1000, 0, USERNS_HOST, {0xff, 0xff, 0xff, 0}, {0, 0, 0xff, 0}},
	{1000, 1000, 0, USERNS_HOST, {0xff, 0xff, 0xff, 0x2}, {2, 2, 0xff, 2}},
	/* and so does root, but for a set-user-ID file */
	{0, 0, 0, USERNS_HOST, {0xff, 0xff, 7, 7}, {0xff, 0xff, 7, 7}},
	{1000, 0, 0, USERNS_HOST, {7, 7, 7, 7}, {0xff, 0xff, 7, 0}},
};

START_TEST(test_unrecorded_exec_does_what_capabilities_7_says)
{
	const struct exec_case *entry = &execs[_i];
	struct process *process = root_process(7);

	process->uid = entry->uid;
	process->euid = entry->euid;
	process->securebits = entry->securebits | SECBIT_KEEP_CAPS;
	process->userns = entry->userns;
	process->has_bounding = true;
	process->bounding = 0xff;
	process->sets = entry->before;
	process_apply_exec(process);
	ck_assert_uint_eq(process->sets.permitted, entry->after.permitted);
	ck_assert_uint_eq(process->sets.effective, entry->after.effective);
	ck_assert_uint_eq(process->sets.inheritable, entry->after.inheritable);
	ck_assert_uint_eq(process->sets.ambient, entry->after.ambient);
	ck_assert_uint_eq(process->securebits, entry->securebits);
	ck_assert_int_eq(process->provenance, PREVIOUS_INFERRED);
}
END_TEST

START_TEST(test_exec_with_an_unknown_bounding_set_is_no_underestimate)
{
	struct process *process = root_process(7);

	process_apply_exec(process);
	ck_assert_uint_eq(process->sets.permitted, LEDGER_ALL_CAPS);
}
END_TEST

START_TEST(test_exec_of_a_process_of_unknown_ids_leaves_nothing_known)
{
	struct process *process = root_process(7);

	process->has_ids = false;
	process_apply_exec(process);
	ck_assert(!process->has_sets);
}
END_TEST

static const struct uid_case {
	uint32_t from[4], to[4]; /* real, effective, saved, file system */
	uint8_t securebits;
	struct event_sets before, after;
} uids[] = {
	/* root becomes a user in all three: everything goes */
	{{0, 0, 0, 0}, {5, 5, 5, 5}, 0, {FIXTURE_ALL, FIXTURE_ALL, 9, 9}, {0, 0, 9, 0}},
	/* keep-caps keeps permitted; effective and ambient go all the same */
	{{0, 0, 0, 0}, {5, 5, 5, 5}, SECBIT_KEEP_CAPS, {0xff, 0xff, 9, 9}, {0xff, 0, 9, 0}},
	/* no-setuid-fixup leaves all as it is */
	{{0, 0, 0, 0},
	 {5, 5, 5, 5},
	 SECBIT_NO_SETUID_FIXUP,
	 {0xff, 0xff, 9, 9},
	 {0xff, 0xff, 9, 9}},
	/* seteuid(5) and back */
	{{0, 0, 0, 0}, {0, 5, 0, 5}, 0, {0xff, 0xff, 0, 0}, {0xff, 0, 0, 0}},
	{{0, 5, 0, 5}, {0, 0, 0, 0}, 0, {0xff, 0, 0, 0}, {0xff, 0xff, 0, 0}},
	{{0, 5, 0, 5}, {0, 0, 0, 0}, SECBIT_NO_SETUID_FIXUP, {0xff, 0, 0, 0}, {0xff, 0, 0, 0}},
	/* the saved uid was the last that was root's */
	{{5, 5, 0, 5}, {5, 5, 5, 5}, 0, {0xff, 0, 0, 0}, {0, 0, 0, 0}},
	/* setfsuid(5) and back: only what concerns files */
	{{0, 0, 0, 0},
	 {0, 0, 0, 5},
	 0,
	 {FIXTURE_ALL, FIXTURE_ALL, 0, 0},
	 {FIXTURE_ALL, FIXTURE_ALL & ~FS_CAPS, 0, 0}},
	{{0, 0, 0, 5},
	 {0, 0, 0, 0},
	 0,
	 {FIXTURE_ALL, CAP(NET_RAW), 0, 0},
	 {FIXTURE_ALL, CAP(NET_RAW) | FS_CAPS, 0, 0}},
	{{0, 0, 0, 5}, {0, 0, 0, 0}, 0, {CAP(1), 0, 0, 0}, {CAP(1), CAP(1), 0, 0}},
	/* users among themselves change nothing */
	{{5, 5, 5, 5}, {6, 6, 6, 6}, 0, {0xff, 0xff, 9, 9}, {0xff, 0xff, 9, 9}},
};

START_TEST(test_change_of_uids_does_what_capabilities_7_says)
{
	const struct uid_case *entry = &uids[_i];
	struct process *process = root_process(7);

	process->uid = entry->from[0];
	process->euid = entry->from[1];
	process->suid = entry->from[2];
	process->fsuid = entry->from[3];
	process->securebits = entry->securebits;
	process->sets = entry->before;
	change_uids(process, entry->to[0], entry->to[1], entry->to[2], entry->to[3]);
	ck_assert_uint_eq(process->sets.permitted, entry->after.permitted);
	ck_assert_uint_eq(process->sets.effective, entry->after.effective);
	ck_assert_uint_eq(process->sets.inheritable, entry->after.inheritable);
	ck_assert_uint_eq(process->sets.ambient, entry->after.ambient);
	ck_assert_uint_eq(process->euid, entry->to[1]);
	ck_assert_uint_eq(process->fsuid, entry->to[3]);
}
END_TEST

START_TEST(test_way_back_to_root_that_no_record_tells_adds_nothing)
{
	const struct event root = {.ids = {.uid = 0}};
	struct process *process = root_process(7);

	process->euid = process->fsuid = 5;
	process->sets.effective = 0;
	process_apply_uids(process, &root, false);
	ck_assert_uint_eq(process->sets.effective, 0);
	process->fsuid = 5;
	process_apply_uids(process, &root, false);
	ck_assert_uint_eq(process->sets.effective, 0);
	ck_assert_uint_eq(process->euid, 0);
	ck_assert_uint_eq(process->fsuid, 0);
}
END_TEST

static const struct past_case {
	int64_t start_time;
	capmask permitted; /* of a child forked then, where 0xff became 0x1f0 at 1000000 */
} pasts[] = {
	{999000, 0xff},
	/* audit's clock and /proc's are too coarse to tell: the least of both */
	{999990, 0xf0},
	{1000010, 0xf0},
	{1001000, 0x1f0},
};

START_TEST(test_child_has_what_its_parent_had_at_the_fork)
{
	struct process *parent = root_process(7), *child = ledger_add(ledger, 0, 8);
	const struct event event = {.ids = {.uid = 0}};
	struct process_past before;

	parent->sets.permitted = 0xff;
	process_state(parent, &before);
	parent->sets.permitted = 0x1f0;
	process_remember(parent, &before, 1000000);
	process_inherit(child, parent);
	process_inherit_past(child, parent, pasts[_i].start_time, &event);
	ck_assert_uint_eq(child->sets.permitted, pasts[_i].permitted);
	ck_assert_int_eq(child->provenance, PREVIOUS_INFERRED);
}
END_TEST

START_TEST(test_only_the_latest_changes_are_remembered)
{
	struct process *parent = root_process(7), *child = ledger_add(ledger, 0, 8);
	const struct event event = {.ids = {.uid = 0}};
	struct process_past state;

	for (unsigned i = 0; i < LEDGER_PAST_MAX + 2; i++) {
		process_state(parent, &state);
		state.sets.permitted = CAP(i);
		process_remember(parent, &state, 1000000 * (i + 1));
	}
	ck_assert_uint_eq(parent->past_count, LEDGER_PAST_MAX);
	process_inherit(child, parent);
	process_inherit_past(child, parent, 4500000, &event);
	ck_assert_uint_eq(child->sets.permitted, CAP(4));
	process_inherit_past(child, parent, 1500000, &event);
	ck_assert_uint_eq(child->sets.permitted, CAP(2));
}
END_TEST

START_TEST(test_gains_in_doubt_add_up)
{
	struct process *process = root_process(7);
	const struct event_sets one = {.permitted = CAP(1)}, other = {.permitted = CAP(2)};

	ck_assert(process_withhold(process, &one, MECHANISM_CAPSET));
	ck_assert(process_withhold(process, &other, MECHANISM_AMBIENT));
	ck_assert_uint_eq(process->withheld->sets.permitted, CAP(1) | CAP(2));
	ck_assert_int_eq(process->withheld->by, MECHANISM_AMBIENT);
}
END_TEST

/* postfix's master is its user for 4 ms at a time. */
START_TEST(test_childs_own_uids_tell_what_the_clocks_can_not)
{
	struct process *parent = root_process(7), *child = ledger_add(ledger, 0, 8);
	const struct event event = {.ids = {.euid = _i == 0 ? 0 : 5}};
	struct process_past before;

	parent->euid = 5;
	parent->sets.effective = 0;
	process_state(parent, &before);
	parent->euid = 0;
	parent->sets.effective = 0xff;
	process_remember(parent, &before, 1000000);
	process_inherit(child, parent);
	process_inherit_past(child, parent, 1000010, &event);
	ck_assert_uint_eq(child->sets.effective, _i == 0 ? 0xff : 0);
}
END_TEST

START_TEST(test_change_of_uids_that_changes_no_set_leaves_it_known)
{
	struct process *process = root_process(7);

	change_uids(process, 1000, 0, 0, 0);
	ck_assert_int_eq(process->provenance, PREVIOUS_KNOWN);
	change_uids(process, 1000, 1000, 0, 1000);
	ck_assert_int_eq(process->provenance, PREVIOUS_INFERRED);
}
END_TEST

START_TEST(test_first_uids_of_a_process_change_no_set)
{
	struct process *process = ledger_add(ledger, 0, 7);

	change_uids(process, 5, 5, 5, 5);
	ck_assert(process->has_ids);
	ck_assert_uint_eq(process->uid, 5);
	ck_assert(!process->has_sets);
}
END_TEST

START_TEST(test_oldest_leads_to_every_process_once)
{
	int count = 0;

	for (int64_t pid = 1; pid <= 100; pid++)
		root_process(pid);
	ledger_remove(ledger, ledger_find(ledger, 0, 50));
	for (struct process *each = ledger_oldest(ledger, 0); each; each = each->newer)
		count++;
	ck_assert_int_eq(count, 99);
}
END_TEST

START_TEST(test_service_counts_its_processes)
{
	struct service_table *table = service_table_new();
	bool is_new;
	struct service *service = service_get(table, 0, SERVICE_UNIT, "web.service", &is_new);
	struct process *parent = root_process(7), *child = ledger_add(ledger, 0, 8);

	process_set_service(parent, service);
	process_inherit(child, parent);
	ck_assert_uint_eq(service->processes, 2);
	process_set_service(child, service);
	ck_assert_uint_eq(service->processes, 2);
	ledger_remove(ledger, parent);
	process_set_service(child, NULL);
	ck_assert_uint_eq(service->processes, 0);
	service_table_free(table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tc = tcase_create("ledger");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_process_is_its_node_and_pid);
	tcase_add_test(tc, test_new_entry_takes_the_place_of_the_pids_older_one);
	tcase_add_test(tc, test_longest_unseen_is_forgotten_at_the_bound);
	tcase_add_test(tc, test_flood_of_short_lived_ones_keeps_the_living_and_little_else);
	tcase_add_test(tc, test_living_ones_all_stay_up_to_the_bound);
	tcase_add_loop_test(tc, test_new_process_costs_few_questions, 0, COUNT(questions));
	tcase_add_test(tc, test_room_of_those_that_have_gone_is_given_back);
	tcase_add_test(tc, test_beyond_the_bound_the_longest_unseen_goes_though_it_lives);
	tcase_add_test(tc, test_noisy_node_pushes_out_nobody_elses_processes);
	tcase_add_test(tc, test_hundred_nodes_have_equal_parts_of_the_bound);
	tcase_add_test(tc, test_processes_of_many_nodes_are_found_by_node_and_pid);
	tcase_add_test(tc, test_ledger_stays_within_the_memory_that_is_told);
	tcase_add_test(tc, test_one_program_of_many_processes_is_named_once);
	tcase_add_test(tc, test_exe_is_kept_without_deleted_and_within_its_bound);
	tcase_add_test(tc, test_child_has_what_its_parent_had_but_only_inferred);
	tcase_add_test(tc, test_setresuid_after_setfsuid_gives_no_file_capabilities);
	tcase_add_loop_test(tc, test_unrecorded_exec_does_what_capabilities_7_says, 0,
			    COUNT(execs));
	tcase_add_test(tc, test_exec_with_an_unknown_bounding_set_is_no_underestimate);
	tcase_add_test(tc, test_exec_of_a_process_of_unknown_ids_leaves_nothing_known);
	tcase_add_loop_test(tc, test_change_of_uids_does_what_capabilities_7_says, 0, COUNT(uids));
	tcase_add_test(tc, test_way_back_to_root_that_no_record_tells_adds_nothing);
	tcase_add_loop_test(tc, test_child_has_what_its_parent_had_at_the_fork, 0, COUNT(pasts));
	tcase_add_test(tc, test_only_the_latest_changes_are_remembered);
	tcase_add_test(tc, test_gains_in_doubt_add_up);
	tcase_add_loop_test(tc, test_childs_own_uids_tell_what_the_clocks_can_not, 0, 2);
	tcase_add_test(tc, test_change_of_uids_that_changes_no_set_leaves_it_known);
	tcase_add_test(tc, test_first_uids_of_a_process_change_no_set);
	tcase_add_test(tc, test_oldest_leads_to_every_process_once);
	tcase_add_test(tc, test_service_counts_its_processes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
