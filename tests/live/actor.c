/* SPDX-License-Identifier: Apache-2.0 */
/*
 * actor: a small daemon that starts properly and later does one act, for the live tests.
 *
 *   actor [options] ACT        start: prepare, say READY, wait for a line on stdin
 *                              act:   say ACT, do it, say DONE with the result, wait for end of
 * file
 *
 *   --abi 64|32|x32            the ABI of the act's system calls (32 is int 0x80 from this 64-bit
 * program)
 *   --in self|child|orphan|resident|thread   who acts; an orphan is forked twice and ends right
 *                              after the act, a resident is one that stays
 *   --cap N                    the capability (default 19, cap_sys_ptrace)
 *   --uid N                    whoever acts becomes this user first, all four ids
 *   --file PATH                what the act works on
 *   --comm HEX                 the name that the acting task gives itself first
 *   --cgroup FILE              a cgroup.procs that the acting process moves itself into first;
 * repeatable
 *   --forge UNIT               sends a made-up SERVICE_START for UNIT first
 *   --split                    with --forge: the body holds a line break and a CAPSET record's text
 *
 * Owns: the acts, a table. Must not own: what capwatch should make of them (cases.py).
 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LAST_CAP "/proc/sys/kernel/cap_last_cap"

enum {
	NOBODY = 65534,
	CGROUPS_MAX = 4,
	CAP_DEFAULT = 19,
	REPEATS = 5,
	SERVICE_START = 1130,
	AUDIT_BODY_MAX = 1024
};
enum who { IN_SELF, IN_CHILD, IN_ORPHAN, IN_RESIDENT, IN_THREAD };

struct act;

struct sibling {
	struct actor *actor;
	pthread_barrier_t barrier;
	pthread_t thread;
	long result;
};

struct actor {
	const struct act *act;
	enum act_abi abi;
	enum who who;
	uint64_t cap;
	long number;
	long uid; /* -1: stays */
	const char *file, *comm, *forge;
	bool split;
	const char *cgroups[CGROUPS_MAX];
	size_t cgroup_count;
	int directory;
	char *self;
	struct sibling sibling; /* of the act "sibling" */
};

struct act {
	const char *name;
	long (*prepare)(struct actor *actor); /* at the start, before READY; NULL: nothing to do */
	long (*perform)(struct actor *actor);
};

static void wait_line(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
}

static void wait_end(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1)
		;
}

static long call(const struct actor *actor, struct act_call number, long a, long b, long c)
{
	return act_syscall(actor->abi, number, (long[5]){a, b, c, 0, 0});
}

/* Takes the current sets, clears and adds bits, and sets them by the ordinary ABI or the actor's.
 */
static long change(enum act_abi abi, struct act_sets clear, struct act_sets add)
{
	struct act_sets sets;
	long result = act_capget(&sets);

	if (result < 0)
		return result;
	sets.effective = (sets.effective & ~clear.effective) | add.effective;
	sets.permitted = (sets.permitted & ~clear.permitted) | add.permitted;
	sets.inheritable = (sets.inheritable & ~clear.inheritable) | add.inheritable;
	return act_capset(abi, &sets);
}

static const struct act_sets NOTHING;

static long drop_effective(struct actor *actor)
{
	return change(ABI_64, (struct act_sets){.effective = actor->cap}, NOTHING);
}

static long drop_permitted(struct actor *actor)
{
	return change(ABI_64, (struct act_sets){.effective = actor->cap, .permitted = actor->cap},
		      NOTHING);
}

static long raise_effective(struct actor *actor)
{
	return change(actor->abi, NOTHING, (struct act_sets){.effective = actor->cap});
}

static long raise_inheritable(struct actor *actor)
{
	return change(actor->abi, NOTHING, (struct act_sets){.inheritable = actor->cap});
}

static long prepare_inheritable(struct actor *actor)
{
	return change(ABI_64, NOTHING, (struct act_sets){.inheritable = actor->cap});
}

static long raise_ambient(struct actor *actor)
{
	return call(actor, ACT_PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, actor->number);
}

static long inheritable_and_ambient(struct actor *actor)
{
	long result = raise_inheritable(actor);

	return result < 0 ? result : raise_ambient(actor);
}

static long prepare_noroot(struct actor *actor)
{
	(void)actor;
	return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0) ? -errno : 0;
}

static long loosen_securebits(struct actor *actor)
{
	return call(actor, ACT_PRCTL, PR_SET_SECUREBITS, 0, 0);
}

/* The kernel looks at the low 32 bits of an option alone, and so do its audit rules. */
static long loosen_securebits_wide(struct actor *actor)
{
	return call(actor, ACT_PRCTL, (long)(0xdeadbeef00000000ul | PR_SET_SECUREBITS), 0, 0);
}

static long tighten_securebits(struct actor *actor)
{
	return call(actor, ACT_PRCTL, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP, 0);
}

static long set_keep_caps(struct actor *actor)
{
	return call(actor, ACT_PRCTL, PR_SET_KEEPCAPS, 1, 0);
}

static long drop_bounding(struct actor *actor)
{
	return call(actor, ACT_PRCTL, PR_CAPBSET_DROP, actor->number, 0);
}

static long prepare_seteuid(struct actor *actor)
{
	(void)actor;
	return seteuid(NOBODY) ? -errno : 0;
}

static long seteuid_root(struct actor *actor)
{
	return call(actor, ACT_SETRESUID, -1, 0, -1);
}

static long drop_uid(struct actor *actor)
{
	return call(actor, ACT_SETRESUID, NOBODY, NOBODY, NOBODY);
}

static long prepare_setfsuid(struct actor *actor)
{
	(void)actor;
	setfsuid(NOBODY);
	return 0;
}

static long setfsuid_root(struct actor *actor)
{
	return call(actor, ACT_SETFSUID, 0, 0, 0);
}

static long execute(struct actor *actor)
{
	char *arguments[] = {(char *)actor->file, "arrive", NULL};

	execv(actor->file, arguments);
	return -errno;
}

static int move_to_cgroup(const char *procs)
{
	char line[32];
	int fd = open(procs, O_WRONLY | O_CLOEXEC);
	int length = snprintf(line, sizeof(line), "%ld\n", (long)getpid());

	return fd >= 0 && write(fd, line, (size_t)length) == length && close(fd) == 0 ? 0 : -1;
}

static long write_nothing(struct actor *actor)
{
	return change(actor->abi, NOTHING, NOTHING);
}

/* The actor's own options for the actor that it launches. */
static void exec_target(const struct actor *actor)
{
	const char *arguments[] = {actor->file, NULL, NULL, NULL, NULL, NULL};
	size_t count = 1;

	if (actor->forge) {
		arguments[count++] = "--forge";
		arguments[count++] = actor->forge;
	}
	if (actor->split)
		arguments[count++] = "--split";
	arguments[count] = "capset";
	execv(actor->file, (char *const *)arguments);
}

/* As a service manager starts a unit: the child enters its cgroup, sets its sets once more, and
 * execs an actor. */
static long launch(struct actor *actor)
{
	pid_t child = fork();

	if (child == 0) {
		for (size_t i = 0; i < actor->cgroup_count; i++)
			if (move_to_cgroup(actor->cgroups[i]) != 0)
				_exit(1);
		if (write_nothing(actor) == 0)
			exec_target(actor);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	return 0;
}

static long prepare_capless(struct actor *actor)
{
	(void)actor;
	return act_capset(ABI_64, &NOTHING);
}

static long execute_self(struct actor *actor)
{
	actor->file = actor->self;
	return execute(actor);
}

/* What execute() runs: after it, one reduction, which is no finding but lets a stale ledger show.
 */
static long arrive(struct actor *actor)
{
	return drop_effective(actor);
}

static long open_last_cap(struct actor *actor)
{
	(void)actor;
	return open(LAST_CAP, O_WRONLY) < 0 ? -errno : 0;
}

static long prepare_directory(struct actor *actor)
{
	actor->directory = open("/proc/sys/kernel", O_PATH | O_DIRECTORY);
	return actor->directory < 0 || chdir("/proc/sys/kernel") != 0 ? -errno : 0;
}

static long open_last_cap_relative(struct actor *actor)
{
	(void)actor;
	return open("./cap_last_cap", O_RDWR) < 0 ? -errno : 0;
}

static long open_last_cap_at(struct actor *actor)
{
	return chdir("/") != 0 || openat(actor->directory, "cap_last_cap", O_WRONLY) < 0 ? -errno
											 : 0;
}

static long read_last_cap(struct actor *actor)
{
	(void)actor;
	return open(LAST_CAP, O_RDONLY) < 0 ? -errno : 0;
}

static long open_other_sysctl(struct actor *actor)
{
	(void)actor;
	return open("/proc/sys/kernel/printk", O_WRONLY) < 0 ? -errno : 0;
}

/* A lowering and a raise, of whatever the process holds now. */
static long toggle(struct actor *actor)
{
	long result = drop_effective(actor);

	return result < 0 ? result : raise_effective(actor);
}

static long toggle_often(struct actor *actor)
{
	long result = raise_effective(actor);

	for (int i = 1; i < REPEATS && result >= 0; i++)
		result = toggle(actor);
	return result;
}

static long enter_userns(struct actor *actor)
{
	return unshare(CLONE_NEWUSER) ? -errno : toggle(actor);
}

static long clone_into_userns(struct actor *actor, bool clone3)
{
	struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long child = clone3 ? syscall(SYS_clone3, &arguments, sizeof(arguments))
			    : syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);

	if (child < 0)
		return -errno;
	if (child == 0) {
		long result = toggle(actor);

		act_say("CHILD", result);
		wait_end();
		_exit(0);
	}
	return 0;
}

static long enter_userns_clone(struct actor *actor)
{
	return clone_into_userns(actor, false);
}

static long enter_userns_clone3(struct actor *actor)
{
	return clone_into_userns(actor, true);
}

static long unshare_mount(struct actor *actor)
{
	(void)actor;
	return unshare(CLONE_NEWNS) ? -errno : 0;
}

static long join_own_mount(struct actor *actor)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY);

	(void)actor;
	return fd < 0 || setns(fd, 0) != 0 ? -errno : 0;
}

static long give_file_caps(struct actor *actor)
{
	struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};

	data.data[0].permitted = (uint32_t)actor->cap;
	data.data[1].permitted = (uint32_t)(actor->cap >> 32);
	return setxattr(actor->file, "security.capability", &data, sizeof(data), 0) ? -errno : 0;
}

/* Nothing of it is left when anybody looks. */
static long give_file_caps_and_take_them(struct actor *actor)
{
	long result = give_file_caps(actor);

	return result == 0 && removexattr(actor->file, "security.capability") ? -errno : result;
}

static long give_other_xattr(struct actor *actor)
{
	return setxattr(actor->file, "user.comment", "x", 1, 0) ? -errno : 0;
}

/* 20 bytes by descriptor, as cp -a and rsync give attributes. */
static long give_other_xattr_by_descriptor(struct actor *actor)
{
	int fd = open(actor->file, O_RDONLY);

	return fd < 0 || fsetxattr(fd, "user.comment", "twenty bytes of text", 20, 0) ? -errno : 0;
}

static long drop_more(struct actor *actor)
{
	return change(actor->abi, (struct act_sets){.effective = ~0ull, .permitted = actor->cap},
		      NOTHING);
}

static void *sibling_main(void *argument)
{
	struct sibling *sibling = argument;

	sibling->result = drop_effective(sibling->actor);
	pthread_barrier_wait(&sibling->barrier); /* lowered: the main thread may drop */
	pthread_barrier_wait(&sibling->barrier); /* the act */
	sibling->result = raise_effective(sibling->actor);
	pthread_barrier_wait(&sibling->barrier);
	wait_end();
	return NULL;
}

/* The other thread is made before this one drops, so it keeps what this one drops. */
static long prepare_sibling(struct actor *actor)
{
	struct sibling *sibling = &actor->sibling;

	sibling->actor = actor;
	if (pthread_barrier_init(&sibling->barrier, NULL, 2) != 0 ||
	    pthread_create(&sibling->thread, NULL, sibling_main, sibling) != 0)
		return -EAGAIN;
	pthread_barrier_wait(&sibling->barrier);
	return drop_permitted(actor);
}

static long sibling_raises(struct actor *actor)
{
	pthread_barrier_wait(&actor->sibling.barrier);
	pthread_barrier_wait(&actor->sibling.barrier);
	return actor->sibling.result;
}

static const struct act ACTS[] = {
	{"capset", drop_effective, raise_effective},
	{"capset-denied", drop_permitted, raise_effective},
	{"inheritable", drop_effective, raise_inheritable},
	{"ambient", prepare_inheritable, raise_ambient},
	{"ambient-denied", drop_effective, raise_ambient},
	{"inheritable-ambient", drop_effective, inheritable_and_ambient},
	{"securebits", prepare_noroot, loosen_securebits},
	{"securebits-wide", prepare_noroot, loosen_securebits_wide},
	{"keep-caps", drop_effective, set_keep_caps},
	{"seteuid", prepare_seteuid, seteuid_root},
	{"setfsuid", prepare_setfsuid, setfsuid_root},
	{"exec", drop_effective, execute},
	{"exec-self", prepare_capless, execute_self},
	{"arrive", NULL, arrive},
	{"launch", NULL, launch},
	{"last-cap", drop_effective, open_last_cap},
	{"last-cap-relative", prepare_directory, open_last_cap_relative},
	{"last-cap-at", prepare_directory, open_last_cap_at},
	{"userns", drop_effective, enter_userns},
	{"userns-clone", drop_effective, enter_userns_clone},
	{"userns-clone3", drop_effective, enter_userns_clone3},
	{"repeat", drop_effective, toggle_often},
	{"sibling", prepare_sibling, sibling_raises},
	{"file-caps", drop_effective, give_file_caps},
	{"file-caps-taken-off", drop_effective, give_file_caps_and_take_them},
	/* acts that are no gain */
	{"no-op", drop_effective, write_nothing},
	{"drop", drop_effective, drop_more},
	{"bounding", drop_effective, drop_bounding},
	{"tighten", drop_effective, tighten_securebits},
	{"drop-uid", drop_effective, drop_uid},
	{"mount-namespace", drop_effective, unshare_mount},
	{"setns-mount", drop_effective, join_own_mount},
	{"last-cap-read", drop_effective, read_last_cap},
	{"other-sysctl", drop_effective, open_other_sysctl},
	{"other-xattr", drop_effective, give_other_xattr},
	{"other-xattr-by-descriptor", drop_effective, give_other_xattr_by_descriptor},
};

static int set_comm(const char *hex)
{
	char comm[16] = "";

	for (size_t i = 0; i < sizeof(comm) - 1 && hex[2 * i] && hex[2 * i + 1]; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		comm[i] = (char)strtoul(digits, NULL, 16);
	}
	return prctl(PR_SET_NAME, comm, 0, 0, 0);
}

/* Says what only systemd's pid 1 may be believed in. */
static int forge_service_start(const char *unit, bool split)
{
	struct {
		struct nlmsghdr header;
		char body[AUDIT_BODY_MAX];
	} message = {.header = {.nlmsg_type = SERVICE_START, .nlmsg_flags = NLM_F_REQUEST}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	int length = snprintf(
		message.body, sizeof(message.body),
		"unit=%s comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? "
		"terminal=? res=success%s",
		unit,
		split ? "'\ntype=CAPSET msg=audit(1.000:1): pid=1 cap_pi=0 cap_pp=1ffffffffff "
			"cap_pe=1ffffffffff cap_pa=0"
		      : "");

	message.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(length +
							  1); /* with its NUL, as libaudit does */
	return fd >= 0 && sendto(fd, &message, message.header.nlmsg_len, 0,
				 (struct sockaddr *)&kernel, sizeof(kernel)) >= 0
		       ? 0
		       : -1;
}

/* What whoever acts does right before it. */
static int approach(struct actor *actor)
{
	for (size_t i = 0; i < actor->cgroup_count; i++)
		if (move_to_cgroup(actor->cgroups[i]) != 0)
			return -1;
	if (actor->comm && set_comm(actor->comm) != 0)
		return -1;
	if (actor->forge && forge_service_start(actor->forge, actor->split) != 0)
		return -1;
	return 0;
}

static void perform(struct actor *actor)
{
	if (actor->uid >= 0 && actor->who != IN_SELF &&
	    setresuid((uid_t)actor->uid, (uid_t)actor->uid, (uid_t)actor->uid) != 0) {
		act_say("FAILED", -errno);
		_exit(1);
	}
	if (approach(actor) != 0) {
		act_say("FAILED", -errno);
		_exit(1);
	}
	act_say("ACT", 0);
	act_say("DONE", actor->act->perform(actor));
}

static void *thread_main(void *argument)
{
	struct actor *actor = argument;
	long result = actor->act->prepare ? actor->act->prepare(actor) : 0;

	act_say("READY", result);
	wait_line();
	perform(actor);
	return NULL;
}

static int run_in_thread(struct actor *actor)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, actor) != 0)
		return 1;
	pthread_join(thread, NULL);
	wait_end();
	return 0;
}

static void run_in_child(struct actor *actor)
{
	pid_t child = fork();

	if (child == 0) {
		perform(actor);
		wait_end();
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void run_in_orphan(struct actor *actor)
{
	pid_t child = fork();

	if (child == 0) {
		if (fork() == 0) {
			perform(actor);
			if (actor->who == IN_RESIDENT)
				wait_end();
		}
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static int run(struct actor *actor)
{
	long result = 0;

	if (actor->who == IN_THREAD)
		return run_in_thread(actor);
	if (actor->who == IN_SELF && actor->uid >= 0 &&
	    setresuid((uid_t)actor->uid, (uid_t)actor->uid, (uid_t)actor->uid) != 0)
		return 1;
	if (actor->act->prepare)
		result = actor->act->prepare(actor);
	if (actor->act->perform == launch)
		return (int)launch(actor);
	if (actor->act->perform != arrive) {
		act_say("READY", result);
		wait_line();
	}
	if (actor->who == IN_CHILD)
		run_in_child(actor);
	else if (actor->who == IN_ORPHAN || actor->who == IN_RESIDENT)
		run_in_orphan(actor);
	else
		perform(actor);
	wait_end();
	return 0;
}

static int word_index(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

static int take_option(struct actor *actor, const char *name, const char *value)
{
	static const char *const abis[] = {"64", "32", "x32"};
	static const char *const places[] = {"self", "child", "orphan", "resident", "thread"};
	int index = 0;

	if (strcmp(name, "--abi") == 0)
		actor->abi = (enum act_abi)(index = word_index(abis, 3, value));
	else if (strcmp(name, "--in") == 0)
		actor->who = (enum who)(index = word_index(places, 5, value));
	else if (strcmp(name, "--cap") == 0)
		actor->number = strtol(value, NULL, 10);
	else if (strcmp(name, "--uid") == 0)
		actor->uid = strtol(value, NULL, 10);
	else if (strcmp(name, "--file") == 0)
		actor->file = value;
	else if (strcmp(name, "--comm") == 0)
		actor->comm = value;
	else if (strcmp(name, "--forge") == 0)
		actor->forge = value;
	else if (strcmp(name, "--cgroup") == 0 && actor->cgroup_count < CGROUPS_MAX)
		actor->cgroups[actor->cgroup_count++] = value;
	else
		index = -1;
	return index < 0 ? -1 : 0;
}

static int take_arguments(struct actor *actor, char **arguments)
{
	for (; *arguments && strncmp(*arguments, "--", 2) == 0; arguments++) {
		if (strcmp(*arguments, "--split") == 0) {
			actor->split = true;
			continue;
		}
		if (!arguments[1] || take_option(actor, arguments[0], arguments[1]) != 0)
			return -1;
		arguments++;
	}
	for (size_t i = 0; *arguments && i < sizeof(ACTS) / sizeof(ACTS[0]); i++)
		if (strcmp(ACTS[i].name, *arguments) == 0)
			actor->act = &ACTS[i];
	actor->cap = 1ull << actor->number;
	return actor->act ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct actor actor = {.number = CAP_DEFAULT, .uid = -1, .self = argv[0]};

	(void)argc;
	if (take_arguments(&actor, argv + 1) != 0) {
		fprintf(stderr, "actor: bad arguments; see the head of tests/live/actor.c\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	return run(&actor);
}
