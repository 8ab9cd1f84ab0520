/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/confine_sensor.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "common/sanitized.h"
#include "common/syscall_groups.h"

enum {
	FDS_MAX = 256, /* its four, and a folder for each step into /proc or a log */
	/* Some times what its tables take when they are full (docs/architecture.md, Bounds): no
	 * measure of its need, but an end to a flaw that would take the host's memory. */
	DATA_MAX = 1 << 30,
};

static const struct {
	__rlimit_resource_t resource;
	const char *name;
	rlim_t value;
} limits[] = {
	{RLIMIT_FSIZE, "the size of files", 0}, /* it writes none */
	{RLIMIT_NOFILE, "open files", FDS_MAX},
	{RLIMIT_DATA, "memory", SANITIZED ? RLIM_INFINITY : DATA_MAX},
};

static const struct syscall_tables sensor_tables = {
	.allowed =
		{
			syscall_group_life,
			syscall_group_map_data,
			syscall_group_descriptors, /* no socket of its own: those that it has */
			syscall_group_look,
			syscall_group_open_read,
			SANITIZED ? syscall_group_sanitizer : NULL,
		},
	.fatal =
		{
			syscall_group_intruder,
			syscall_group_other_program,
		},
};

int confine_sensor(struct error *err)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		const struct rlimit limit = {limits[i].value, limits[i].value};

		if (setrlimit(limits[i].resource, &limit) < 0)
			return error_set(err, "limiting %s: %s", limits[i].name, strerror(errno));
	}
	return syscall_filter_install(&sensor_tables, err);
}
