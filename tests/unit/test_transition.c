/* SPDX-License-Identifier: Apache-2.0 */
/* What each mechanism does to the sets: before, after, gained, and how well it is known. */
#include <check.h>
#include <errno.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ACT(...) ((struct fixture_act){.pid = 7, __VA_ARGS__})

static const struct event_sets none = {0}, full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};
static const struct event_sets idle = {FIXTURE_ALL, 0, 0, 0};

static void assert_set(const struct alert *alert, int set, capmask before, capmask after,
		       capmask gained)
{
	ck_assert(alert->sets[set].has_before);
	ck_assert_uint_eq(alert->sets[set].before, before);
	ck_assert_uint_eq(alert->sets[set].after, after);
	ck_assert_uint_eq(alert->sets[set].gained, gained);
}

/* ---- capset ---- */

START_TEST(test_capset_raises_effective_from_what_the_last_one_left)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), idle);
	fixture_no_alert(fx);
	fixture_capset(fx, ACT(), (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0});
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	assert_set(fixture_only_alert(fx), ALERT_EFFECTIVE, 0, CAP(NET_RAW), CAP(NET_RAW));
	assert_set(fixture_only_alert(fx), ALERT_PERMITTED, FIXTURE_ALL, FIXTURE_ALL, 0);
	fixture_free(fx);
}
END_TEST

START_TEST(test_inheritable_gained_alone_is_a_gain)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), full);
	fixture_capset(fx, ACT(), (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0});
	assert_set(fixture_only_alert(fx), ALERT_INHERITABLE, 0, CAP(NET_RAW), CAP(NET_RAW));
	fixture_free(fx);
}
END_TEST

START_TEST(test_reductions_and_no_ops_never_alert)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), full);
	fixture_capset(fx, ACT(), full);
	fixture_capset(fx, ACT(), (struct event_sets){FIXTURE_ALL, CAP(NET_RAW), 0, 0});
	fixture_capset(fx, ACT(), (struct event_sets){CAP(NET_RAW), CAP(NET_RAW), 0, 0});
	fixture_capset(fx, ACT(), none);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_of_an_unknown_before_root_held_its_permitted_and_another_nothing)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), full);
	fixture_no_alert(fx);
	fixture_capset(fx, ((struct fixture_act){.pid = 8, AS_UID(33)}),
		       (struct event_sets){CAP(NET_RAW), CAP(NET_RAW), 0, 0});
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_UNKNOWN);
	ck_assert(!fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].has_before);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(NET_RAW));
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_PERMITTED].gained, 0);
	fixture_free(fx);
}
END_TEST

START_TEST(test_change_of_uid_between_two_records_is_taken_into_account)
{
	struct fixture *fx = fixture_replay(NULL);

	/* chronyd's start: keep-caps as root, an unrecorded setuid(100), then effective raised anew
	 */
	fixture_capset(fx, ACT(), full);
	fixture_prctl(fx, ACT(), 8, 1, 0);
	fixture_capset(fx, ACT(AS_UID(100)),
		       (struct event_sets){CAP(SYS_TIME), CAP(SYS_TIME), 0, 0});
	assert_set(fixture_only_alert(fx), ALERT_EFFECTIVE, 0, CAP(SYS_TIME), CAP(SYS_TIME));
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_INFERRED);
	fixture_free(fx);
}
END_TEST

/* ---- what the kernel cannot have done ---- */

static void run_recorded(struct fixture *fx, struct fixture_act act)
{
	fixture_exec(fx, act, NULL, NULL);
	fixture_wait(fx, 20000);
}

START_TEST(test_permitted_grown_by_capset_is_impossible_where_all_is_known)
{
	struct fixture *fx = fixture_replay(NULL);

	run_recorded(fx, ACT());
	fixture_capset(fx, ACT(), none);
	fixture_capset(fx, ACT(), full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_IMPOSSIBLE_TRANSITION);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_CRITICAL);
	assert_set(fixture_only_alert(fx), ALERT_PERMITTED, 0, FIXTURE_ALL, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_in_a_replay_a_capset_from_far_off_is_another_threads)
{
	struct fixture *fx = fixture_replay(NULL);

	run_recorded(fx, ACT());
	fixture_capset(fx, ACT(.args = {0x7ffc12340000, 0x7ffc12340008}), none);
	fixture_capset(fx, ACT(.args = {0x7f3412340000, 0x7f3412340008}), full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_INFERRED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_permitted_grown_is_not_impossible_where_execs_go_unrecorded)
{
	struct fixture *fx = fixture_replay(NULL);

	/* never seen to exec; then one whose login makes its next exec unrecorded */
	fixture_capset(fx, ACT(), none);
	fixture_capset(fx, ACT(), full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	fixture_forget_alerts(fx);
	run_recorded(fx, (struct fixture_act){.pid = 8, .session = 3});
	fixture_capset(fx, (struct fixture_act){.pid = 8, .session = 3}, none);
	fixture_capset(fx, (struct fixture_act){.pid = 8, .session = 3}, full);
	ck_assert_int_ne(fixture_only_alert(fx)->reason, REASON_IMPOSSIBLE_TRANSITION);
	fixture_free(fx);
}
END_TEST

START_TEST(test_new_name_of_the_image_is_no_exec_where_execs_are_recorded)
{
	struct fixture *fx = fixture_replay(NULL);

	run_recorded(fx, ACT());
	fixture_capset(fx, ACT(), none);
	fixture_capset(fx, ACT(.exe = "/usr/sbin/renamed"), full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_IMPOSSIBLE_TRANSITION);
	fixture_free(fx);
}
END_TEST

START_TEST(test_new_name_may_be_an_exec_where_execs_go_unrecorded)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(.session = 3), none);
	fixture_capset(fx, ACT(.exe = "/usr/sbin/next", .session = 3), full);
	/* root's exec gave it everything back */
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_child_of_an_inferred_state_does_nothing_impossible)
{
	struct fixture *fx = fixture_replay(NULL);

	run_recorded(fx, ACT());
	fixture_capset(fx, ACT(), none);
	fixture_capset(fx, ((struct fixture_act){.pid = 8, .ppid = 7}), full);
	ck_assert_int_ne(fixture_only_alert(fx)->reason, REASON_IMPOSSIBLE_TRANSITION);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_INFERRED);
	fixture_free(fx);
}
END_TEST

START_TEST(test_nothing_then_exec_as_root_is_an_exec_gain_and_not_impossible)
{
	struct fixture *fx = fixture_replay(NULL);

	run_recorded(fx, ACT());
	fixture_capset(fx, ACT(), none);
	fixture_exec(fx, ACT(.exe = "/bin/sh"), NULL, NULL);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXEC_GAIN);
	assert_set(fixture_only_alert(fx), ALERT_PERMITTED, 0, capmask_known(), capmask_known());
	fixture_capset(fx, ACT(.exe = "/bin/sh"), full);
	ck_assert_uint_eq(fx->alert_count, 1);
	fixture_free(fx);
}
END_TEST

START_TEST(test_thread_that_raises_what_its_sibling_dropped_is_no_impossible_step)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web"};
	const struct event_sets less = {FIXTURE_ALL & ~CAP(SYS_PTRACE),
					FIXTURE_ALL & ~CAP(SYS_PTRACE), 0, 0};
	const struct event_sets thread_idle = {FIXTURE_ALL, FIXTURE_ALL & ~CAP(SYS_PTRACE), 0, 0};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_find(fx, 200)->status.threads = 2;
	fixture_hold(fx, 200, less);
	fixture_capset(fx, act, thread_idle);
	fixture_capset(fx, act, less);
	fixture_no_alert(fx);
	fixture_capset(fx, act, full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_INFERRED);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, CAP(SYS_PTRACE));
	ck_assert_int_eq(fixture_only_alert(fx)->process.threads, 2);
	/* what one thread has raised the others still lack: the next one's raise is a gain too */
	fixture_capset(fx, act, full);
	ck_assert_uint_eq(fx->alert_count, 2);
	fixture_free(fx);
}
END_TEST

/* ---- ambient ---- */

START_TEST(test_ambient_raise_is_told_with_its_bit)
{
	struct fixture *fx = fixture_replay(NULL);
	const struct event_sets able = {FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), 0};

	fixture_capset(fx, ACT(), able);
	fixture_forget_alerts(fx);
	fixture_prctl(fx, ACT(), 0xdeadbeef0000002f, 0xdeadbeef00000002, NET_RAW);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_AMBIENT_RAISE);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	assert_set(fixture_only_alert(fx), ALERT_AMBIENT, 0, CAP(NET_RAW), CAP(NET_RAW));
	/* raised once more it is a no-op */
	fixture_prctl(fx, ACT(), 47, 2, NET_RAW);
	ck_assert_uint_eq(fx->alert_count, 1);
	fixture_free(fx);
}
END_TEST

START_TEST(test_ambient_raise_of_an_unknown_process_tells_that_set_alone)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_prctl(fx, ACT(), 47, 2, NET_RAW);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_UNKNOWN);
	ck_assert(!fixture_only_alert(fx)->sets[ALERT_PERMITTED].present);
	ck_assert(!fixture_only_alert(fx)->sets[ALERT_AMBIENT].has_before);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_AMBIENT].gained, CAP(NET_RAW));
	fixture_free(fx);
}
END_TEST

START_TEST(test_ambient_raised_again_after_leaving_root_is_a_gain_again)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_prctl(fx, ACT(), 8, 1, 0);
	fixture_capset(fx, ACT(),
		       (struct event_sets){FIXTURE_ALL, FIXTURE_ALL, CAP(NET_RAW), CAP(NET_RAW)});
	fixture_forget_alerts(fx);
	fixture_prctl(fx, ACT(AS_UID(5)), 47, 2, NET_RAW);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_AMBIENT_RAISE);
	fixture_free(fx);
}
END_TEST

START_TEST(test_no_capability_of_that_number_is_nothing)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_prctl(fx, ACT(), 47, 2, 64);
	fixture_prctl(fx, ACT(), 47, 2, 0xffffffff);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- refusals ---- */

START_TEST(test_refusal_with_eperm_is_a_denied_gain)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset_refused(fx, ACT(AS_UID(33)));
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_GAIN_DENIED);
	ck_assert_int_eq(fixture_only_alert(fx)->outcome, OUTCOME_DENIED);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
	ck_assert(!fixture_only_alert(fx)->has_capabilities);
	fixture_forget_alerts(fx);
	fixture_prctl(fx, ACT(AS_UID(33), .error = EPERM), 47, 2, NET_RAW);
	ck_assert_int_eq(fixture_only_alert(fx)->mechanism, MECHANISM_AMBIENT);
	ck_assert_uint_eq(fixture_only_alert(fx)->baseline.missing, CAP(NET_RAW));
	fixture_forget_alerts(fx);
	fixture_prctl(fx, ACT(AS_UID(33), .error = EPERM), 8, 1, 0);
	ck_assert_int_eq(fixture_only_alert(fx)->mechanism, MECHANISM_SECUREBITS);
	fixture_free(fx);
}
END_TEST

START_TEST(test_refusal_for_another_cause_is_nothing)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_call(fx, ACT(AS_UID(33), .call = 126, .error = EFAULT));
	fixture_prctl(fx, ACT(.error = EINVAL), 47, 2, NET_RAW);
	fixture_prctl(fx, ACT(.error = EINVAL), 28, 0, 0);
	/* what was refused would have loosened nothing */
	fixture_prctl(fx, ACT(.error = EPERM), 28, SECBIT_NOROOT, 0);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- securebits ---- */

static const struct securebits_case {
	uint8_t before, after;
	bool alerts; /* of a running service */
} securebits[] = {
	{0, SECBIT_NOROOT, false},
	{0, 0xaf, false},
	{SECBIT_NOROOT, 0, true},
	{SECBIT_NO_SETUID_FIXUP, 0, true},
	{SECBIT_NO_CAP_AMBIENT_RAISE, 0, true},
	{SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP, SECBIT_NOROOT, true},
	{0, SECBIT_KEEP_CAPS, true},
	{SECBIT_KEEP_CAPS, 0, false},
	{SECBIT_NOROOT, SECBIT_NO_SETUID_FIXUP, true},
};

START_TEST(test_securebits_loosened_alert)
{
	const struct securebits_case *entry = &securebits[_i];
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web"};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_prctl(fx, act, 0xdeadbeef0000001c, entry->before, 0);
	fixture_forget_alerts(fx);
	fixture_prctl(fx, act, 28, entry->after, 0);
	if (!entry->alerts) {
		fixture_no_alert(fx);
	} else {
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_SECUREBITS_CHANGE);
		ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
		ck_assert_uint_eq(fixture_only_alert(fx)->securebits_before, entry->before);
		ck_assert_uint_eq(fixture_only_alert(fx)->securebits_after, entry->after);
	}
	fixture_free(fx);
}
END_TEST

START_TEST(test_keep_caps_is_a_change_of_one_bit_alone)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web"};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_prctl(fx, act, 28, SECBIT_NOROOT, 0);
	fixture_prctl(fx, act, 8, 1, 0);
	ck_assert_uint_eq(fixture_only_alert(fx)->securebits_after,
			  SECBIT_NOROOT | SECBIT_KEEP_CAPS);
	fixture_prctl(fx, act, 8, 0, 0);
	ck_assert_uint_eq(fx->alert_count, 1);
	fixture_free(fx);
}
END_TEST

/* ---- exec ---- */

START_TEST(test_exec_by_file_capabilities_is_told_as_the_kernel_tells_it)
{
	struct fixture *fx = fixture_replay(NULL);
	const struct event_sets raw = {CAP(NET_RAW), CAP(NET_RAW), 0, 0};

	fixture_exec(fx, ACT(.exe = "/usr/bin/ping", AS_UID(1000)), &none, &raw);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXEC_GAIN);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	assert_set(fixture_only_alert(fx), ALERT_PERMITTED, 0, CAP(NET_RAW), CAP(NET_RAW));
	ck_assert_str_eq(fixture_only_alert(fx)->file.path.data, "/usr/bin/ping");
	ck_assert_str_eq(fixture_only_alert(fx)->file.mode, "0100755");
	fixture_free(fx);
}
END_TEST

START_TEST(test_exec_of_a_set_user_id_root_file_gains_without_bprm_fcaps)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_exec(fx, ACT(.exe = "/usr/bin/passwd", .uid = 1000), NULL, NULL);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXEC_GAIN);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, capmask_known());
	fixture_free(fx);
}
END_TEST

START_TEST(test_exec_that_gains_nothing_is_silent)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_exec(fx, ACT(.exe = "/usr/bin/id", AS_UID(1000)), NULL, NULL);
	fixture_exec(fx, (struct fixture_act){.pid = 8, .exe = "/usr/bin/id"}, &full, &full);
	fixture_exec(fx, (struct fixture_act){.pid = 9, .exe = "/usr/bin/id"}, NULL, NULL);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_ambient_survives_an_exec_and_is_no_gain)
{
	struct fixture *fx = fixture_replay(NULL);
	const struct event_sets held = {CAP(NET_RAW), CAP(NET_RAW), CAP(NET_RAW), CAP(NET_RAW)};

	fixture_capset(fx, ACT(AS_UID(5)), held);
	fixture_forget_alerts(fx);
	fixture_exec(fx, ACT(.exe = "/usr/bin/x", AS_UID(5)), NULL, NULL);
	fixture_capset(fx, ACT(.exe = "/usr/bin/x", AS_UID(5)), held);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- set*uid ---- */

static const struct setuid_case {
	uint32_t arch;
	unsigned call;
} setuids[] = {
	{FIXTURE_X86_64, 105}, {FIXTURE_X86_64, 113}, {FIXTURE_X86_64, 117},
	{FIXTURE_I386, 23},    {FIXTURE_I386, 213},   {FIXTURE_I386, 70},
	{FIXTURE_I386, 203},   {FIXTURE_I386, 164},   {FIXTURE_I386, 208},
};

START_TEST(test_effective_back_by_a_return_to_root_is_a_setuid_gain)
{
	const struct setuid_case *entry = &setuids[_i];
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), full);
	fixture_setuid(fx, ACT(.euid = 33, .fsuid = 33, .arch = entry->arch, .call = entry->call));
	fixture_no_alert(fx);
	fixture_setuid(fx, ACT(.arch = entry->arch, .call = entry->call));
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_SETUID_GAIN);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(fixture_only_alert(fx)->previous, PREVIOUS_KNOWN);
	assert_set(fixture_only_alert(fx), ALERT_EFFECTIVE, 0, FIXTURE_ALL, FIXTURE_ALL);
	fixture_free(fx);
}
END_TEST

START_TEST(test_setfsuid_back_to_root_regains_what_concerns_files)
{
	struct fixture *fx = fixture_replay(NULL);
	unsigned call = _i ? 215 : 122;
	uint32_t arch = _i ? FIXTURE_I386 : FIXTURE_X86_64;

	fixture_capset(fx, ACT(), full);
	fixture_setuid(fx, ACT(.fsuid = 33, .arch = arch, .call = call));
	fixture_setuid(fx, ACT(.exit = 33, .arch = arch, .call = call));
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_SETUID_GAIN);
	ck_assert(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained & CAP(1));
	ck_assert(!(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained & CAP(SYS_ADMIN)));
	fixture_free(fx);
}
END_TEST

START_TEST(test_setuid_of_one_who_is_root_already_gains_nothing)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), idle);
	fixture_setuid(fx, ACT(.call = 105));
	fixture_setuid(fx, ACT(.uid = 1000, .call = 113));
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_setuid_without_fixup_gains_nothing)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_capset(fx, ACT(), idle);
	fixture_prctl(fx, ACT(), 28, SECBIT_NO_SETUID_FIXUP, 0);
	fixture_setuid(fx, ACT(.euid = 33, .fsuid = 33));
	fixture_setuid(fx, ACT());
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- user namespaces ---- */

static const struct userns_case {
	uint32_t arch;
	unsigned call;
	uint64_t args[2];
	bool alerts;
} userns[] = {
	{FIXTURE_X86_64, 272, {0x10000000, 0}, true},  {FIXTURE_I386, 310, {0x10000000, 0}, true},
	{FIXTURE_X86_64, 56, {0x10000011, 0}, true},   {FIXTURE_I386, 120, {0x10000011, 0}, true},
	{FIXTURE_X86_64, 308, {3, 0x10000000}, true},  {FIXTURE_I386, 346, {3, 0x10000000}, true},
	{FIXTURE_X86_64, 272, {0x20000000, 0}, false}, {FIXTURE_X86_64, 308, {3, 0}, false},
};

START_TEST(test_entering_a_user_namespace_is_a_low_gain)
{
	const struct userns_case *entry = &userns[_i];
	struct fixture *fx = fixture_replay(NULL);

	fixture_call(fx, ACT(AS_UID(1000), .arch = entry->arch, .call = entry->call,
			     .args = {entry->args[0], entry->args[1]}, .exit = 0));
	if (entry->alerts) {
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_USERNS_GAIN);
		ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
		ck_assert(!fixture_only_alert(fx)->has_capabilities);
	} else {
		fixture_no_alert(fx);
	}
	fixture_free(fx);
}
END_TEST

START_TEST(test_gains_inside_a_user_namespace_are_no_host_gains)
{
	struct fixture *fx = fixture_replay(NULL);

	run_recorded(fx, ACT(AS_UID(1000)));
	fixture_call(fx, ACT(AS_UID(1000), .call = 272, .args = {0x10000000}));
	fixture_forget_alerts(fx);
	fixture_capset(fx, ACT(AS_UID(1000)), full);
	fixture_prctl(fx, ACT(AS_UID(1000)), 47, 2, NET_RAW);
	fixture_prctl(fx, ACT(AS_UID(1000)), 8, 1, 0);
	fixture_exec(fx, ACT(.exe = "/bin/sh", AS_UID(1000)), &none, &full);
	fixture_setuid(fx, ACT(.exe = "/bin/sh"));
	fixture_capset_refused(fx, ACT(.exe = "/bin/sh"));
	/* its children are there with it */
	fixture_capset(fx, ((struct fixture_act){.pid = 8, .ppid = 7, .exe = "/bin/sh"}), full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_child_of_a_clone_is_the_one_in_the_namespace)
{
	struct fixture *fx = fixture_replay(NULL);

	fixture_call(fx, ACT(.call = 56, .args = {0x10000011}, .exit = 8));
	fixture_forget_alerts(fx);
	fixture_capset(fx, ((struct fixture_act){.pid = 8, .ppid = 7}), none);
	fixture_capset(fx, ((struct fixture_act){.pid = 8, .ppid = 7}), full);
	fixture_no_alert(fx);
	fixture_capset(fx, ACT(), idle);
	fixture_capset(fx, ACT(), full);
	ck_assert_int_eq(fixture_only_alert(fx)->process.pid, 7);
	fixture_free(fx);
}
END_TEST

START_TEST(test_setns_without_flags_is_told_by_proc)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.pid = 200, .exe = "/usr/sbin/web", .call = 308, .args = {3, 0}};

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_call(fx, act);
	fixture_no_alert(fx);
	fixture_find(fx, 200)->child_userns = true;
	fixture_call(fx, act);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_USERNS_GAIN);
	fixture_free(fx);
}
END_TEST

/* A running unit that has put everything down in effective, and its child 201. */
static struct fixture *with_child(bool child_userns)
{
	struct fixture *fx = fixture_live(NULL);

	fixture_run_unit(fx, 200, "web", "/usr/sbin/web");
	fixture_capset(fx, (struct fixture_act){.pid = 200, .exe = "/usr/sbin/web"}, idle);
	fixture_wait(fx, 20000);
	fixture_process(fx, 201, 200, "/usr/sbin/web")->child_userns = child_userns;
	return fx;
}

#define CHILD(...)                                                                                 \
	((struct fixture_act){.pid = 201, .ppid = 200, .exe = "/usr/sbin/web", __VA_ARGS__})

/* By clone3, whose flags no record shows: in permitted it gains nothing, for all were full. */
START_TEST(test_child_born_into_a_user_namespace_gains_nothing_but_that)
{
	struct fixture *fx = with_child(true);

	fixture_capset(fx, CHILD(), full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_USERNS_GAIN);
	ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_LOW);
	ck_assert_int_eq(fixture_only_alert(fx)->process.pid, 201);
	fixture_wait(fx, 1000);
	fixture_capset(fx, CHILD(), idle);
	fixture_capset(fx, CHILD(), full);
	/* a namespace inside its own, when the doubt is over */
	fixture_call(fx, CHILD(.call = 272, .args = {0x10000000}));
	/* and its children are there with it */
	fixture_capset(fx, ((struct fixture_act){.pid = 202, .ppid = 201, .exe = "/usr/sbin/web"}),
		       idle);
	fixture_capset(fx, ((struct fixture_act){.pid = 202, .ppid = 201, .exe = "/usr/sbin/web"}),
		       full);
	fixture_only_alert(fx);
	fixture_free(fx);
}
END_TEST

/* It raised outside, and was inside by the time that /proc was read. */
START_TEST(test_gain_before_a_user_namespace_was_entered_is_told_at_the_entry)
{
	struct fixture *fx = with_child(true);

	fixture_capset(fx, CHILD(), full);
	fixture_forget_alerts(fx);
	fixture_call(fx, CHILD(.call = _i ? 308 : 272, .args = {_i ? 3 : 0x10000000, 0}));
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_EXPANSION_AFTER_START);
	ck_assert_uint_eq(fixture_only_alert(fx)->sets[ALERT_EFFECTIVE].gained, FIXTURE_ALL);
	ck_assert_int_eq(fixture_only_alert(fx)->process.pid, 201);
	fixture_free(fx);
}
END_TEST

START_TEST(test_own_call_into_a_user_namespace_is_told_once)
{
	struct fixture *fx = with_child(true);

	fixture_call(fx, CHILD(.call = 272, .args = {0x10000000}));
	fixture_capset(fx, CHILD(), full);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_USERNS_GAIN);
	fixture_free(fx);
}
END_TEST

START_TEST(test_birth_into_a_user_namespace_is_told_once_where_clone_is_on_record)
{
	struct fixture *fx = with_child(true);

	/* in its pid namespace the child has another number */
	fixture_call(fx, (struct fixture_act){.pid = 200,
					      .exe = "/usr/sbin/web",
					      .call = 56,
					      .args = {0x10000011},
					      .exit = 2});
	fixture_capset(fx, CHILD(), full);
	ck_assert_int_eq(fixture_only_alert(fx)->process.pid, 200);
	fixture_free(fx);
}
END_TEST

START_TEST(test_who_is_adopted_from_a_user_namespace_was_not_born_into_one)
{
	struct fixture *fx = with_child(true);

	fixture_find(fx, 200)->status.image = 4096;
	fixture_find(fx, 201)->status.image = 8192;
	fixture_find(fx, 201)->status.forked = true;
	fixture_capset(fx, CHILD(), full);
	fixture_no_alert(fx);
	fixture_free(fx);
}
END_TEST

/* ---- file capabilities ---- */

static const struct xattr_case {
	uint32_t arch;
	unsigned call;
	uint64_t size;
	bool alerts;
} xattrs[] = {
	{FIXTURE_X86_64, 188, 20, true},
	{FIXTURE_X86_64, 189, 20, true},
	{FIXTURE_X86_64, 190, 20, true},
	{FIXTURE_X86_64, 190, 24, true},
	{FIXTURE_X86_64, 190, 28, false},
	{FIXTURE_X86_64, 190, 0, false},
	{FIXTURE_X86_64, 188, 0xdeadbeef00000014, true},
	{FIXTURE_I386, 226, 20, true},
	{FIXTURE_I386, 227, 20, true},
	{FIXTURE_I386, 228, 24, true},
	/* its size is in memory: of the records alone nothing can be said */
	{FIXTURE_X86_64, 463, 20, false},
};

START_TEST(test_file_capabilities_are_told_by_the_size_of_the_attribute)
{
	const struct xattr_case *entry = &xattrs[_i];
	struct fixture *fx = fixture_replay(NULL);

	fixture_call(
		fx,
		ACT(.arch = entry->arch, .call = entry->call, .args = {1, 2, 3, entry->size},
		    .records =
			    "CWD cwd=\"/root\"\nPATH item=0 name=\"/usr/bin/x\" inode=9 dev=08:01 "
			    "mode=0100755 nametype=NORMAL cap_fp=0 cap_fi=0"));
	if (entry->alerts) {
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_FILE_CAPS_SET);
		ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_MEDIUM);
		ck_assert_str_eq(fixture_only_alert(fx)->file.path.data, "/usr/bin/x");
		ck_assert(!fixture_only_alert(fx)->file.has_caps);
	} else {
		fixture_no_alert(fx);
	}
	fixture_free(fx);
}
END_TEST

/* cp -a, rsync and systemd set attributes of 20 bytes by descriptor. */
START_TEST(test_live_the_file_behind_a_descriptor_tells)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {.call = 190,
				  .args = {3, 2, 3, 20},
				  .records = "PATH item=0 name=(null) inode=9 dev=08:01 "
					     "mode=0100755 nametype=NORMAL cap_fp=0 cap_fi=0"};

	fixture_process(fx, 100, 1, "/usr/sbin/daemon");
	fx->file_inode = 9;
	fixture_call(fx, act);
	ck_assert_str_eq(fx->file_asked, "fd/3");
	fixture_no_alert(fx);
	/* the descriptor leads elsewhere by now */
	fx->file_inode = 10;
	fixture_call(fx, act);
	ck_assert_str_eq(fixture_only_alert(fx)->file.path.data, "(by descriptor)");
	fixture_free(fx);
}
END_TEST

START_TEST(test_live_the_file_itself_tells)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {
		.call = 190,
		.args = {3, 2, 3, 20},
		.records = "CWD cwd=\"/root\"\nPATH item=0 name=\"x\" inode=9 dev=08:01 "
			   "mode=0100755 nametype=NORMAL cap_fp=0 cap_fi=0"};

	fixture_process(fx, 100, 1, "/usr/sbin/daemon");
	/* another attribute of that size */
	fx->file_inode = 9;
	fixture_call(fx, act);
	fixture_no_alert(fx);
	/* another file lies there now, or this one has been changed since: its absence proves
	 * nothing */
	fx->file_inode = 10;
	fixture_call(fx, act);
	ck_assert(!fixture_only_alert(fx)->file.has_caps);
	fx->file_inode = 9;
	fx->file_changed = INT64_MAX;
	fixture_call(fx, act);
	ck_assert_uint_eq(fx->alert_count, 2);
	fixture_free(fx);
}
END_TEST

/* setxattr, and removexattr in the same tick of the clock: the ctime tells nothing. */
START_TEST(test_live_capabilities_taken_off_at_once_are_told_by_their_size)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {
		.call = 188,
		.args = {1, 2, 3, 20},
		.records = "CWD cwd=\"/root\"\nPATH item=0 name=\"x\" inode=9 dev=08:01 "
			   "mode=0100755 nametype=NORMAL cap_fp=0 cap_fi=0"};

	fixture_process(fx, 100, 1, "/usr/sbin/daemon");
	fx->file_inode = 9;
	/* one of 20 bytes is there, and it is another */
	fx->file_lacks_24 = true;
	fixture_call(fx, act);
	fixture_no_alert(fx);
	fx->file_lacks_20 = true;
	fx->file_lacks_24 = false;
	fixture_call(fx, act);
	ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_FILE_CAPS_SET);
	ck_assert(!fixture_only_alert(fx)->file.has_caps);
	act.args[3] = 24;
	fixture_call(fx, act);
	fixture_only_alert(fx);
	fixture_free(fx);
}
END_TEST

START_TEST(test_live_the_files_capabilities_are_told)
{
	struct fixture *fx = fixture_live(NULL);
	struct fixture_act act = {
		.call = 190,
		.args = {3, 2, 3, 20},
		.records = "CWD cwd=\"/root\"\nPATH item=0 name=\"x\" inode=9 dev=08:01 "
			   "mode=0100755 nametype=NORMAL cap_fp=0 cap_fi=0"};

	fixture_process(fx, 100, 1, "/usr/sbin/daemon");
	fx->file_caps = CAP(NET_RAW);
	fixture_call(fx, act);
	ck_assert(fixture_only_alert(fx)->file.has_caps);
	ck_assert_uint_eq(fixture_only_alert(fx)->file.permitted, CAP(NET_RAW));
	act.call = 463;
	fixture_call(fx, act);
	ck_assert_uint_eq(fx->alert_count, 2);
	fixture_free(fx);
}
END_TEST

/* ---- cap_last_cap ---- */

#define LAST_CAP "/proc/sys/kernel/cap_last_cap"
#define PATH_RECORD(name, dev)                                                                     \
	"PATH item=1 name=\"" name "\" inode=77 dev=" dev " mode=0100444 nametype=NORMAL cap_fp=0"

static const struct last_cap_case {
	unsigned call;
	uint64_t args[4];
	int error;
	const char *records;
	bool alerts;
} last_caps[] = {
	/* open for writing: refused, for the file is 0444, or not */
	{257, {0xffffff9c, 1, 0x241, 0x1b6}, EACCES, PATH_RECORD(LAST_CAP, "00:16"), true},
	{257, {0xffffff9c, 1, 2, 0}, 0, PATH_RECORD(LAST_CAP, "00:16"), true},
	{2, {1, 1, 0, 0}, EACCES, PATH_RECORD(LAST_CAP, "00:16"), true},
	{257, {0xffffff9c, 1, 0x200, 0}, 0, PATH_RECORD(LAST_CAP, "00:16"), true},
	/* reading is everybody's */
	{257, {0xffffff9c, 1, 0, 0}, 0, PATH_RECORD(LAST_CAP, "00:16"), false},
	{257, {0xffffff9c, 1, 0x80000, 0}, 0, PATH_RECORD(LAST_CAP, "00:16"), false},
	{2, {1, 0, 0, 0}, 0, PATH_RECORD(LAST_CAP, "00:16"), false},
	/* openat2's flags are in memory: a refusal tells */
	{437, {0xffffff9c, 1, 1, 24}, EACCES, PATH_RECORD(LAST_CAP, "00:16"), true},
	{437, {0xffffff9c, 1, 1, 24}, 0, PATH_RECORD(LAST_CAP, "00:16"), false},
	{90, {1, 0x1b6, 0, 0}, 0, PATH_RECORD(LAST_CAP, "00:16"), true},
	{76, {1, 0, 0, 0}, EACCES, PATH_RECORD(LAST_CAP, "00:16"), true},
	/* by other ways to it */
	{257,
	 {3, 1, 1, 0},
	 EACCES,
	 "CWD cwd=\"/proc/sys/kernel\"\n" PATH_RECORD("cap_last_cap", "00:16"),
	 true},
	{257,
	 {3, 1, 1, 0},
	 EACCES,
	 "CWD cwd=\"/root\"\n" PATH_RECORD("../proc/sys/kernel/cap_last_cap", "00:16"),
	 true},
	{257,
	 {3, 1, 1, 0},
	 EACCES,
	 PATH_RECORD("/mnt/proc/sys/kernel/cap_last_cap", "00:2a"),
	 true},
	/* a file of that name on a disk */
	{257, {3, 1, 1, 0}, 0, PATH_RECORD("/root/cap_last_cap", "08:01"), false},
	{257, {3, 1, 1, 0}, 0, PATH_RECORD("/proc/sys/kernel/cap_last_cap.bak", "00:16"), false},
};

START_TEST(test_attempt_to_write_cap_last_cap_is_high_refused_or_not)
{
	const struct last_cap_case *entry = &last_caps[_i];
	struct fixture *fx = fixture_replay(NULL);
	struct fixture_act act = {
		.pid = 7, .call = entry->call, .error = entry->error, .records = entry->records};

	memcpy(act.args, entry->args, sizeof(act.args));
	fixture_call(fx, act);
	if (entry->alerts) {
		ck_assert_int_eq(fixture_only_alert(fx)->reason, REASON_CAP_LAST_CAP_WRITE);
		ck_assert_int_eq(fixture_only_alert(fx)->severity, SEVERITY_HIGH);
		ck_assert_int_eq(fixture_only_alert(fx)->outcome,
				 entry->error ? OUTCOME_DENIED : OUTCOME_SUCCESS);
		ck_assert_str_eq(fixture_only_alert(fx)->file.path.data, LAST_CAP);
	} else {
		fixture_no_alert(fx);
	}
	fixture_free(fx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("transition");
	TCase *tc = tcase_create("transition");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_capset_raises_effective_from_what_the_last_one_left);
	tcase_add_test(tc, test_inheritable_gained_alone_is_a_gain);
	tcase_add_test(tc, test_reductions_and_no_ops_never_alert);
	tcase_add_test(tc, test_of_an_unknown_before_root_held_its_permitted_and_another_nothing);
	tcase_add_test(tc, test_change_of_uid_between_two_records_is_taken_into_account);
	tcase_add_test(tc, test_permitted_grown_by_capset_is_impossible_where_all_is_known);
	tcase_add_test(tc, test_in_a_replay_a_capset_from_far_off_is_another_threads);
	tcase_add_test(tc, test_permitted_grown_is_not_impossible_where_execs_go_unrecorded);
	tcase_add_test(tc, test_new_name_of_the_image_is_no_exec_where_execs_are_recorded);
	tcase_add_test(tc, test_new_name_may_be_an_exec_where_execs_go_unrecorded);
	tcase_add_test(tc, test_child_of_an_inferred_state_does_nothing_impossible);
	tcase_add_test(tc, test_nothing_then_exec_as_root_is_an_exec_gain_and_not_impossible);
	tcase_add_test(tc, test_thread_that_raises_what_its_sibling_dropped_is_no_impossible_step);
	tcase_add_test(tc, test_ambient_raise_is_told_with_its_bit);
	tcase_add_test(tc, test_ambient_raise_of_an_unknown_process_tells_that_set_alone);
	tcase_add_test(tc, test_ambient_raised_again_after_leaving_root_is_a_gain_again);
	tcase_add_test(tc, test_no_capability_of_that_number_is_nothing);
	tcase_add_test(tc, test_refusal_with_eperm_is_a_denied_gain);
	tcase_add_test(tc, test_refusal_for_another_cause_is_nothing);
	tcase_add_loop_test(tc, test_securebits_loosened_alert, 0, COUNT(securebits));
	tcase_add_test(tc, test_keep_caps_is_a_change_of_one_bit_alone);
	tcase_add_test(tc, test_exec_by_file_capabilities_is_told_as_the_kernel_tells_it);
	tcase_add_test(tc, test_exec_of_a_set_user_id_root_file_gains_without_bprm_fcaps);
	tcase_add_test(tc, test_exec_that_gains_nothing_is_silent);
	tcase_add_test(tc, test_ambient_survives_an_exec_and_is_no_gain);
	tcase_add_loop_test(tc, test_effective_back_by_a_return_to_root_is_a_setuid_gain, 0,
			    COUNT(setuids));
	tcase_add_loop_test(tc, test_setfsuid_back_to_root_regains_what_concerns_files, 0, 2);
	tcase_add_test(tc, test_setuid_of_one_who_is_root_already_gains_nothing);
	tcase_add_test(tc, test_setuid_without_fixup_gains_nothing);
	tcase_add_loop_test(tc, test_entering_a_user_namespace_is_a_low_gain, 0, COUNT(userns));
	tcase_add_test(tc, test_gains_inside_a_user_namespace_are_no_host_gains);
	tcase_add_test(tc, test_child_of_a_clone_is_the_one_in_the_namespace);
	tcase_add_test(tc, test_setns_without_flags_is_told_by_proc);
	tcase_add_test(tc, test_child_born_into_a_user_namespace_gains_nothing_but_that);
	tcase_add_loop_test(tc, test_gain_before_a_user_namespace_was_entered_is_told_at_the_entry,
			    0, 2);
	tcase_add_test(tc, test_own_call_into_a_user_namespace_is_told_once);
	tcase_add_test(tc, test_birth_into_a_user_namespace_is_told_once_where_clone_is_on_record);
	tcase_add_test(tc, test_who_is_adopted_from_a_user_namespace_was_not_born_into_one);
	tcase_add_loop_test(tc, test_file_capabilities_are_told_by_the_size_of_the_attribute, 0,
			    COUNT(xattrs));
	tcase_add_test(tc, test_live_the_file_itself_tells);
	tcase_add_test(tc, test_live_the_file_behind_a_descriptor_tells);
	tcase_add_test(tc, test_live_capabilities_taken_off_at_once_are_told_by_their_size);
	tcase_add_test(tc, test_live_the_files_capabilities_are_told);
	tcase_add_loop_test(tc, test_attempt_to_write_cap_last_cap_is_high_refused_or_not, 0,
			    COUNT(last_caps));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
