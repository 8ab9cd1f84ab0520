/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls are of interest, by both ABIs, and with which arguments. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "judge/syscalls.h"

#define X86_64 0xc000003eu
#define I386 0x40000003u
#define AARCH64 0xc00000b7u
#define ARM 0x40000028u
#define X32 0x40000000u
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Numbers as the kernel's own tables have them. */
static const struct known_call {
	uint32_t arch;
	unsigned number;
	enum call call;
	const char *name;
} known[] = {
	{X86_64, 126, CALL_CAPSET, "capset"},
	{X86_64, 157, CALL_PRCTL, "prctl"},
	{X86_64, 59, CALL_EXEC, "execve"},
	{X86_64, 322, CALL_EXEC, "execveat"},
	{X86_64, 105, CALL_SETUID, "setuid"},
	{X86_64, 113, CALL_SETREUID, "setreuid"},
	{X86_64, 117, CALL_SETRESUID, "setresuid"},
	{X86_64, 122, CALL_SETFSUID, "setfsuid"},
	{X86_64, 272, CALL_UNSHARE, "unshare"},
	{X86_64, 56, CALL_CLONE, "clone"},
	{X86_64, 308, CALL_SETNS, "setns"},
	{X86_64, 188, CALL_SETXATTR, "setxattr"},
	{X86_64, 189, CALL_SETXATTR, "lsetxattr"},
	{X86_64, 190, CALL_SETXATTR, "fsetxattr"},
	{X86_64, 463, CALL_SETXATTR, "setxattrat"},
	{X86_64, 2, CALL_FILE, "open"},
	{X86_64, 257, CALL_FILE, "openat"},
	{X86_64, 437, CALL_FILE, "openat2"},
	{X86_64, 76, CALL_FILE, "truncate"},
	{X86_64, 82, CALL_FILE, "rename"},
	{X86_64, 85, CALL_FILE, "creat"},
	{X86_64, 87, CALL_FILE, "unlink"},
	{X86_64, 90, CALL_FILE, "chmod"},
	{X86_64, 92, CALL_FILE, "chown"},
	{X86_64, 260, CALL_FILE, "fchownat"},
	{X86_64, 268, CALL_FILE, "fchmodat"},
	{X86_64, 452, CALL_FILE, "fchmodat2"},
	{X86_64, X32 | 126, CALL_CAPSET, "capset"},
	{X86_64, X32 | 157, CALL_PRCTL, "prctl"},
	{X86_64, X32 | 520, CALL_EXEC, "execve"},
	{X86_64, X32 | 545, CALL_EXEC, "execveat"},
	{I386, 185, CALL_CAPSET, "capset"},
	{I386, 172, CALL_PRCTL, "prctl"},
	{I386, 11, CALL_EXEC, "execve"},
	{I386, 358, CALL_EXEC, "execveat"},
	{I386, 23, CALL_SETUID, "setuid"},
	{I386, 213, CALL_SETUID, "setuid32"},
	{I386, 70, CALL_SETREUID, "setreuid"},
	{I386, 203, CALL_SETREUID, "setreuid32"},
	{I386, 164, CALL_SETRESUID, "setresuid"},
	{I386, 208, CALL_SETRESUID, "setresuid32"},
	{I386, 138, CALL_SETFSUID, "setfsuid"},
	{I386, 215, CALL_SETFSUID, "setfsuid32"},
	{I386, 310, CALL_UNSHARE, "unshare"},
	{I386, 120, CALL_CLONE, "clone"},
	{I386, 346, CALL_SETNS, "setns"},
	{I386, 226, CALL_SETXATTR, "setxattr"},
	{I386, 227, CALL_SETXATTR, "lsetxattr"},
	{I386, 228, CALL_SETXATTR, "fsetxattr"},
	{I386, 463, CALL_SETXATTR, "setxattrat"},
	{I386, 5, CALL_FILE, "open"},
	{I386, 295, CALL_FILE, "openat"},
	{I386, 8, CALL_FILE, "creat"},
	{I386, 92, CALL_FILE, "truncate"},
	{I386, 193, CALL_FILE, "truncate64"},
	{I386, 306, CALL_FILE, "fchmodat"},
	{I386, 437, CALL_FILE, "openat2"},
	{AARCH64, 91, CALL_CAPSET, "capset"},
	{AARCH64, 167, CALL_PRCTL, "prctl"},
	{AARCH64, 221, CALL_EXEC, "execve"},
	{AARCH64, 147, CALL_SETRESUID, "setresuid"},
	{AARCH64, 56, CALL_FILE, "openat"},
	{ARM, 185, CALL_CAPSET, "capset"},
	{ARM, 213, CALL_SETUID, "setuid32"},
	{ARM, 375, CALL_SETNS, "setns"},
};

START_TEST(test_call_is_known_by_its_number_in_each_abi)
{
	const struct known_call *entry = &known[_i];

	ck_assert_int_eq(syscalls_classify(entry->arch, entry->number), entry->call);
	ck_assert_str_eq(syscalls_name(entry->arch, entry->number), entry->name);
}
END_TEST

START_TEST(test_same_number_means_another_call_in_the_other_abi)
{
	ck_assert_int_eq(syscalls_classify(X86_64, 185), CALL_NONE);
	ck_assert_int_eq(syscalls_classify(I386, 126), CALL_NONE);
	ck_assert_int_eq(syscalls_classify(I386, X32 | 185), CALL_NONE);
}
END_TEST

START_TEST(test_unknown_arch_or_call_is_of_no_interest)
{
	ck_assert_int_eq(syscalls_classify(0x12345678, 126), CALL_NONE);
	ck_assert_ptr_null(syscalls_name(0x12345678, 126));
	ck_assert_ptr_null(syscalls_arch_name(0x12345678));
	ck_assert_int_eq(syscalls_classify(X86_64, 0), CALL_NONE);
	ck_assert_int_eq(syscalls_classify(X86_64, 4000000000u), CALL_NONE);
	ck_assert_ptr_null(syscalls_name(X86_64, 0));
}
END_TEST

START_TEST(test_arches_have_their_usual_names)
{
	ck_assert_str_eq(syscalls_arch_name(X86_64), "x86_64");
	ck_assert_str_eq(syscalls_arch_name(I386), "i386");
	ck_assert_str_eq(syscalls_arch_name(AARCH64), "aarch64");
	ck_assert_str_eq(syscalls_arch_name(ARM), "arm");
}
END_TEST

static const struct argument_case {
	enum call call;
	uint64_t args[4];
	bool succeeded, refused; /* wanted when it succeeded, when it was refused */
} argument_cases[] = {
	{CALL_CAPSET, {1, 2, 3, 4}, true, true},
	{CALL_PRCTL, {28, 0, 0, 0}, true, true},
	{CALL_PRCTL, {0xdeadbeef0000001c, 0, 0, 0}, true, true},
	{CALL_PRCTL, {8, 1, 0, 0}, true, true},
	{CALL_PRCTL, {0xffffffff00000008, 1, 0, 0}, true, true},
	{CALL_PRCTL, {47, 2, 13, 0}, true, true},
	{CALL_PRCTL, {0x10000002f, 0xdeadbeef00000002, 13, 0}, true, true},
	{CALL_PRCTL, {47, 1, 13, 0}, false, false}, /* IS_SET */
	{CALL_PRCTL, {47, 3, 13, 0}, false, false}, /* LOWER */
	{CALL_PRCTL, {47, 4, 0, 0}, false, false},  /* CLEAR_ALL */
	{CALL_PRCTL, {22, 2, 0, 0}, false, false},  /* SECCOMP: what guides print for securebits */
	{CALL_PRCTL, {24, 12, 0, 0}, false, false}, /* CAPBSET_DROP only reduces */
	{CALL_PRCTL, {0x1c00000000, 0, 0, 0}, false, false},
	{CALL_UNSHARE, {0x10000000, 0, 0, 0}, true, false},
	{CALL_UNSHARE, {0x7e020000, 0, 0, 0}, true, false},
	{CALL_UNSHARE, {0x20000000, 0, 0, 0}, false, false},
	{CALL_CLONE, {0x10000011, 0, 0, 0}, true, false},
	{CALL_CLONE, {0x1200011, 0, 0, 0}, false, false},
	{CALL_CLONE, {0x1000000000000000, 0, 0, 0}, false, false},
	{CALL_SETNS, {3, 0, 0, 0}, true, false},
	{CALL_SETNS, {3, 0x10000000, 0, 0}, true, false},
	{CALL_EXEC, {0}, true, false},
	{CALL_SETUID, {0}, true, false},
	{CALL_SETREUID, {0}, true, false},
	{CALL_SETRESUID, {0}, true, false},
	{CALL_SETFSUID, {0}, true, false},
	{CALL_SETXATTR, {0}, true, false},
	{CALL_FILE, {0}, false, false}, /* only its path can tell */
	{CALL_NONE, {0}, false, false},
};

START_TEST(test_arguments_decide_by_their_low_32_bits)
{
	const struct argument_case *entry = &argument_cases[_i];
	static const uint64_t unread[4];

	ck_assert(syscalls_wanted(entry->call, entry->args, true) == entry->succeeded);
	ck_assert(syscalls_wanted(entry->call, entry->args, false) == entry->refused);
	if (syscalls_depends_on_args(entry->call))
		return;
	ck_assert(syscalls_wanted(entry->call, unread, true) == entry->succeeded);
	ck_assert(syscalls_wanted(entry->call, unread, false) == entry->refused);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("syscalls");
	TCase *tc = tcase_create("syscalls");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_call_is_known_by_its_number_in_each_abi, 0, COUNT(known));
	tcase_add_test(tc, test_same_number_means_another_call_in_the_other_abi);
	tcase_add_test(tc, test_unknown_arch_or_call_is_of_no_interest);
	tcase_add_test(tc, test_arches_have_their_usual_names);
	tcase_add_loop_test(tc, test_arguments_decide_by_their_low_32_bits, 0,
			    COUNT(argument_cases));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
