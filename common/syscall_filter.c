/* SPDX-License-Identifier: Apache-2.0 */
#include "common/syscall_filter.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>

enum { BINARY_TREE = 2 };

static int add_rule(scmp_filter_ctx filter, const struct syscall_rule *rule, uint32_t action)
{
	const struct scmp_arg_cmp condition = {.arg = rule->argument,
					       .op = SCMP_CMP_MASKED_EQ,
					       .datum_a = rule->mask,
					       .datum_b = rule->value};
	int number = seccomp_syscall_resolve_name(rule->name);
	int rc;

	if (number == __NR_SCMP_ERROR)
		return 0; /* newer than the library */
	rc = seccomp_rule_add_array(filter, action, number, rule->mask ? 1 : 0, &condition);
	return rc == -EDOM ? 0 : rc; /* not of this architecture */
}

static int add_tables(scmp_filter_ctx filter, const struct syscall_rule *const *tables,
		      uint32_t action, struct error *err)
{
	for (; *tables; tables++)
		for (const struct syscall_rule *rule = *tables; rule->name; rule++) {
			int rc = add_rule(filter, rule, action);

			if (rc < 0)
				return error_set(err, "system call %s: %s", rule->name,
						 strerror(-rc));
		}
	return 0;
}

static int set_attributes(scmp_filter_ctx filter, struct error *err)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE);
	return rc < 0 ? error_set(err, "seccomp: %s", strerror(-rc)) : 0;
}

static int load(scmp_filter_ctx filter, const struct syscall_tables *tables, struct error *err)
{
	int rc;

	if (set_attributes(filter, err) < 0 ||
	    add_tables(filter, tables->allowed, SCMP_ACT_ALLOW, err) < 0 ||
	    add_tables(filter, tables->fatal, SCMP_ACT_KILL_PROCESS, err) < 0)
		return -1;
	rc = seccomp_load(filter);
	if (rc < 0)
		return error_set(err,
				 "the filter of system calls can't be loaded: %s (it needs a "
				 "kernel with CONFIG_SECCOMP_FILTER)",
				 strerror(-rc));
	return 0;
}

int syscall_filter_install(const struct syscall_tables *tables, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc;

	if (!filter)
		return error_set(err, "the filter of system calls: no memory, or no seccomp");
	rc = load(filter, tables, err);
	seccomp_release(filter);
	return rc;
}
