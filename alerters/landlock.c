/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "alerters/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/sanitized.h"

/* As in linux/landlock.h, which on a build host may be older than the kernel of the host it runs
 * on. The numbers of the calls are the same on every architecture. */
enum {
	CALL_CREATE_RULESET = 444,
	CALL_ADD_RULE = 445,
	CALL_RESTRICT_SELF = 446,
	CREATE_RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1,
};

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,

	FS_ALL_OF_2 = (1 << 14) - 1,
	FS_ALL_OF_3 = (1 << 15) - 1,
	FS_ALL_OF_5 = (1 << 16) - 1,
	NET_BIND_TCP = 1 << 0,
	SCOPE_ABSTRACT_SOCKETS = 1 << 0,
	SCOPE_SIGNALS = 1 << 1,

	READS = FS_READ_FILE | FS_READ_DIR,
	WRITES = READS | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
		 FS_MAKE_REG | FS_REFER | FS_TRUNCATE,
	OF_A_FILE = FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE,
};

struct ruleset {
	uint64_t files, net, scoped;
};

struct rule {
	uint64_t access;
	int32_t parent_fd;
} __attribute__((packed));

/* Everything that the version knows is handled, and so refused where no rule allows it. */
static struct ruleset make_ruleset(long version, size_t *size)
{
	struct ruleset ruleset = {.files = FS_ALL_OF_2};

	*size = sizeof(ruleset.files);
	if (version >= 3)
		ruleset.files = FS_ALL_OF_3;
	if (version >= 4) {
		ruleset.net = NET_BIND_TCP;
		*size += sizeof(ruleset.net);
	}
	if (version >= 5)
		ruleset.files = FS_ALL_OF_5;
	if (version >= 6) {
		ruleset.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
		*size += sizeof(ruleset.scoped);
	}
	return ruleset;
}

static int add_path(int fd, const struct ruleset *ruleset, const struct landlock_path *path,
		    struct error *err)
{
	struct rule rule = {.access = (path->writes ? WRITES : READS) & ruleset->files,
			    .parent_fd = open(path->path, O_PATH | O_CLOEXEC)};
	struct stat status;
	long rc = 0;

	/* what its user can't reach needs no rule */
	if (rule.parent_fd < 0)
		return 0;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.access &= OF_A_FILE;
	rc = syscall(CALL_ADD_RULE, fd, RULE_PATH_BENEATH, &rule, 0);
	if (rc < 0)
		error_set(err, "Landlock, %s: %s", path->path, strerror(errno));
	close(rule.parent_fd);
	return rc < 0 ? -1 : 0;
}

/* The leak checker of a build for tests reads what threads its process has. */
static const struct landlock_path sanitizer_path = {.path = "/proc"};

static int restrict_to(int fd, const struct ruleset *ruleset, const struct landlock_path *paths,
		       size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (add_path(fd, ruleset, &paths[i], err) < 0)
			return -1;
	if (SANITIZED && add_path(fd, ruleset, &sanitizer_path, err) < 0)
		return -1;
	if (syscall(CALL_RESTRICT_SELF, fd, 0) < 0)
		return error_set(err, "Landlock: %s", strerror(errno));
	return 1;
}

int landlock_restrict(const struct landlock_path *paths, size_t count, struct error *err)
{
	long version = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset ruleset;
	size_t size;
	int fd, rc;

	if (version < 2)
		return 0;
	ruleset = make_ruleset(version, &size);
	fd = (int)syscall(CALL_CREATE_RULESET, &ruleset, size, 0);
	if (fd < 0)
		return error_set(err, "Landlock: %s", strerror(errno));
	rc = restrict_to(fd, &ruleset, paths, count, err);
	close(fd);
	return rc;
}
