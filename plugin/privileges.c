/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CAPABILITY_TEXT_MAX = 1024 };

/* What the supervisor keeps: all of it is for its children's start and end, but the first. */
static const capmask supervisor_capabilities =
	CAPMASK_BIT(
		CAP_AUDIT_CONTROL) |  /* reads the kernel's audit status and rules: EPERM without */
	CAPMASK_BIT(CAP_SETUID) |     /* children change uid ... */
	CAPMASK_BIT(CAP_SETGID) |     /* ... gid and groups */
	CAPMASK_BIT(CAP_SETPCAP) |    /* children drop the rest of their bounding set */
	CAPMASK_BIT(CAP_KILL) |	      /* ends a child that hangs: it has another uid */
	CAPMASK_BIT(CAP_SYS_PTRACE) | /* to hand on to the sensor */
	CAPMASK_BIT(CAP_DAC_READ_SEARCH); /* to hand on; and reads a configuration that is root's
					     alone */

/* What the sensor keeps: it looks up what processes are, and changes nothing. */
static const capmask sensor_capabilities =
	CAPMASK_BIT(CAP_SYS_PTRACE) |	  /* readlink of /proc/PID/exe and ns/user of other users'
					     processes */
	CAPMASK_BIT(CAP_DAC_READ_SEARCH); /* /proc/PID of what is not dumpable, files below closed
					     folders, configuration at SIGHUP */

static const unsigned our_securebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
				       SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
				       SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
				       SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

int privileges_find_account(const char *name, struct account *account, struct error *err)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (!entry && errno && errno != ENOENT)
		return error_set(err, "user %s can't be looked up: %s", name, strerror(errno));
	if (!entry)
		return error_set(
			err,
			"there is no user %s: create it (systemd-sysusers, or useradd --system %s)",
			name, name);
	if (entry->pw_uid == 0)
		return error_set(err, "user %s is root: name one without privileges", name);
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	return 0;
}

static int get_permitted(capmask *permitted, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (capget(&header, data) < 0)
		return error_set(err, "capget: %s", strerror(errno));
	*permitted = (capmask)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

/* Permitted and effective become kept, inheritable nothing (and so ambient too). */
static int reduce_sets(capmask kept, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	for (int half = 0; half < 2; half++)
		data[half].permitted = data[half].effective = (uint32_t)(kept >> (32 * half));
	if (capset(&header, data) < 0)
		return error_set(err, "capset: %s", strerror(errno));
	return 0;
}

static int reduce_bounding(capmask kept, struct error *err)
{
	for (int bit = 0; bit < CAPMASK_BITS; bit++) {
		int held = prctl(PR_CAPBSET_READ, bit, 0, 0, 0);

		if (held < 0)
			return 0; /* the kernel knows no more */
		if (!held || kept & CAPMASK_BIT(bit))
			continue;
		if (prctl(PR_CAPBSET_DROP, bit, 0, 0, 0) < 0)
			return error_set(err, "dropping capability %d from the bounding set: %s",
					 bit, strerror(errno));
	}
	return 0;
}

static int tighten_securebits(struct error *err)
{
	int held = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (held < 0)
		return error_set(err, "reading securebits: %s", strerror(errno));
	if (prctl(PR_SET_SECUREBITS, (unsigned)held | our_securebits, 0, 0, 0) < 0)
		return error_set(err, "setting securebits (%#x to %#x): %s", (unsigned)held,
				 (unsigned)held | our_securebits, strerror(errno));
	return 0;
}

int privileges_tighten(struct error *err)
{
	char lacking[CAPABILITY_TEXT_MAX];
	capmask permitted = 0;

	if (get_permitted(&permitted, err) < 0)
		return -1;
	if (supervisor_capabilities & ~permitted)
		return error_set(err,
				 "auditd gave this plugin no %s: it has to run as root with them",
				 capmask_to_text(supervisor_capabilities & ~permitted, lacking,
						 sizeof(lacking)));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, "no_new_privs: %s", strerror(errno));
	if (tighten_securebits(err) < 0 || reduce_bounding(supervisor_capabilities, err) < 0)
		return -1;
	return reduce_sets(supervisor_capabilities, err);
}

static int change_user(const struct account *account, struct error *err)
{
	if (setgroups(0, NULL) < 0)
		return error_set(err, "setgroups: %s", strerror(errno));
	if (setresgid(account->gid, account->gid, account->gid) < 0)
		return error_set(err, "setresgid to %u: %s", account->gid, strerror(errno));
	if (setresuid(account->uid, account->uid, account->uid) < 0)
		return error_set(err, "setresuid to %u: %s", account->uid, strerror(errno));
	return 0;
}

static int limit(int resource, const char *name, struct error *err)
{
	const struct rlimit none = {0, 0};

	if (setrlimit((__rlimit_resource_t)resource, &none) < 0)
		return error_set(err, "limiting %s: %s", name, strerror(errno));
	return 0;
}

/* After the change of user, which clears it. A parent that ended before the call will send no
 * signal. */
static int tie_to_parent(pid_t parent, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		return error_set(err, "PR_SET_PDEATHSIG: %s", strerror(errno));
	if (getppid() != parent)
		return error_set(err, "the supervisor has ended already");
	return 0;
}

static int become(const struct account *account, capmask kept, pid_t parent, struct error *err)
{
	/* held already, but said again for the record: whoever watches so knows that the change of
	 * user takes nothing, and that the capset after it gains nothing */
	if (tighten_securebits(err) < 0 || change_user(account, err) < 0 ||
	    reduce_bounding(kept, err) < 0 || reduce_sets(kept, err) < 0)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, "PR_SET_DUMPABLE: %s", strerror(errno));
	if (limit(RLIMIT_CORE, "core files", err) < 0)
		return -1;
	return tie_to_parent(parent, err);
}

int privileges_become_sensor(const struct account *account, pid_t parent, struct error *err)
{
	if (become(account, sensor_capabilities, parent, err) < 0)
		return -1;
	/* it starts no process: the kernel may hold it to that */
	return limit(RLIMIT_NPROC, "processes", err);
}

int privileges_become_courier(const struct account *account, pid_t parent, struct error *err)
{
	return become(account, 0, parent, err);
}
