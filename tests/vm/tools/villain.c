/* SPDX-License-Identifier: Apache-2.0 */
/*
 * villain: acts of an intruder that the live tests' actor has not, for the loud scenario.
 *
 *   villain ACT [ARGUMENT]     prepare, say READY, wait for a line on stdin, act, say DONE with the
 *                              result, wait for end of file; under an act's name it is that act
 *
 * The capability that is dropped and raised again is cap_sys_ptrace. An ARGUMENT is a file, a user
 * namespace's file, or the process to inject into.
 *
 * Owns: the acts, a table. Must not own: what capwatch should make of them (scenarios/loud.py).
 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <limits.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FILE_CAPS "security.capability"

enum {
	NOBODY = 65534,
	SOMEBODY = 1000,
	WAIT_US = 20000,
	REUSED_SETS = 31001, /* pids that nothing has by itself */
	REUSED_USERNS = 31002,
	COPY_SIZE = 65536,
	RING_ENTRIES = 4
};

static const uint64_t CAP = 1ull << CAP_SYS_PTRACE;
static const struct act_sets NOTHING;

struct villain {
	const char *argument, *self;
	pid_t helper;
	int pipe[2]; /* a line to the helper */
};

struct act {
	const char *name;
	long (*prepare)(struct villain *villain); /* NULL: nothing to do */
	long (*perform)(struct villain *villain);
};

static void wait_line(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1 && c != '\n')
		;
}

static void wait_end(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1)
		;
}

static long change(uint64_t clear, uint64_t add)
{
	struct act_sets sets;
	long result = act_capget(&sets);

	sets.effective = (sets.effective & ~clear) | add;
	return result < 0 ? result : act_capset(ABI_64, &sets);
}

static long drop(struct villain *villain)
{
	(void)villain;
	return change(CAP, 0);
}

static long raise_dropped(void)
{
	return change(0, CAP);
}

static long drop_all(struct villain *villain)
{
	(void)villain;
	return act_capset(ABI_64, &NOTHING);
}

static long reap(pid_t child)
{
	int status = 0;

	if (child < 0 || waitpid(child, &status, 0) != child)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* In a child: an exit status is the act's negative result. */
static void leave(long result)
{
	_exit((int)-result);
}

/* The parent is stopped until the child ends; they share memory. */
static long raise_in_vfork(struct villain *villain)
{
	volatile long result = 0;
	pid_t child = vfork();

	(void)villain;
	if (child == 0) {
		result = raise_dropped();
		_exit(0);
	}
	reap(child);
	return result;
}

/* The way that programs change their user and keep what they had. */
static long keep_over_setuid(struct villain *villain)
{
	(void)villain;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setresuid(SOMEBODY, SOMEBODY, SOMEBODY) != 0)
		return -errno;
	return raise_dropped();
}

/* A child whose parent on record is the grandparent. */
static long raise_in_sibling(struct villain *villain)
{
	(void)villain;
	if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0) == 0) {
		act_say("CHILD", raise_dropped());
		wait_end();
		_exit(0);
	}
	return 0;
}

/* A child that was forked before its parent acts; it raises when told. */
static long prepare_child(struct villain *villain)
{
	if (drop(villain) < 0 || pipe(villain->pipe) != 0)
		return -errno;
	villain->helper = fork();
	if (villain->helper == 0) {
		wait_line(villain->pipe[0]);
		leave(raise_dropped());
	}
	return 0;
}

static long tell(const struct villain *villain)
{
	return write(villain->pipe[1], "\n", 1) == 1 ? reap(villain->helper) : -errno;
}

static long raise_in_child_outside(struct villain *villain)
{
	if (unshare(CLONE_NEWUSER) != 0)
		return -errno;
	return tell(villain);
}

static long raise_after_rename(struct villain *villain)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s.renamed", villain->self);
	return rename(villain->self, name) != 0 ? -errno : raise_dropped();
}

/* Credentials are a thread's: the raw call changes one alone. */
static void *set_other_user(void *unused)
{
	(void)unused;
	syscall(SYS_setresuid, -1, NOBODY, -1);
	pause();
	return NULL;
}

static long raise_beside_thread(struct villain *villain)
{
	pthread_t thread;

	(void)villain;
	if (pthread_create(&thread, NULL, set_other_user, NULL) != 0)
		return -EAGAIN;
	usleep(WAIT_US);
	return raise_dropped();
}

static long join(const struct villain *villain, int kind)
{
	int fd = open(villain->argument, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, kind) != 0)
		return -errno;
	change(CAP, 0);
	return raise_dropped();
}

static long join_named(struct villain *villain)
{
	return join(villain, CLONE_NEWUSER);
}

static long join_unnamed(struct villain *villain)
{
	return join(villain, 0);
}

static pid_t fork_as(pid_t pid)
{
	pid_t ids[1] = {pid};
	struct clone_args arguments = {
		.exit_signal = SIGCHLD, .set_tid = (uintptr_t)ids, .set_tid_size = 1};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/* Somebody has had the pid, with everything in effective, and was seen with it. */
static long prepare_predecessor(struct villain *villain)
{
	int seen[2];
	char c;

	if (pipe(villain->pipe) != 0 || pipe(seen) != 0)
		return -errno;
	villain->helper = fork_as(REUSED_SETS);
	if (villain->helper == 0) {
		change(0, 0);
		if (write(seen[1], "\n", 1) == 1)
			wait_line(villain->pipe[0]);
		_exit(0);
	}
	if (villain->helper < 0 || read(seen[0], &c, 1) != 1)
		return -errno;
	return drop(villain);
}

static long raise_as(pid_t pid)
{
	pid_t child = fork_as(pid);

	if (child == 0)
		leave(raise_dropped());
	return child < 0 ? -errno : reap(child);
}

static long raise_as_predecessor(struct villain *villain)
{
	long result = tell(villain);

	return result < 0 ? result : raise_as(REUSED_SETS);
}

/* Somebody with the pid goes into a user namespace and ends. */
static long raise_as_stranger(struct villain *villain)
{
	pid_t child = fork_as(REUSED_USERNS);

	(void)villain;
	if (child == 0)
		leave(unshare(CLONE_NEWUSER) ? -errno : 0);
	return child < 0 || reap(child) < 0 ? -errno : raise_as(REUSED_USERNS);
}

static long set_login_id(void)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, "1000", 4) == 4;

	if (fd >= 0)
		close(fd);
	return done ? 0 : -EPERM;
}

static void execute(const char *file, const char *word)
{
	char *arguments[] = {(char *)file, (char *)word, NULL};

	execv(file, arguments);
}

/* With a login id, ordinary execs are no longer recorded: root regains everything by one. */
static long hide_exec_by_login(struct villain *villain)
{
	if (set_login_id() != 0)
		return -EPERM;
	execute(villain->argument, "arrive");
	return -errno;
}

/* An orphan with a login id executes a set-user-ID program, as a person might. */
static long become_session(struct villain *villain)
{
	pid_t child = fork();

	if (child == 0) {
		if (fork() > 0)
			_exit(0);
		if (set_login_id() != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
			_exit(EPERM);
		while (getppid() == child)
			usleep(WAIT_US);
		execute(villain->argument, "--version");
		_exit(ENOENT);
	}
	return reap(child);
}

static long copy_to(int target, const char *file)
{
	char buffer[COPY_SIZE];
	ssize_t length;
	int source = open(file, O_RDONLY | O_CLOEXEC);

	while (source >= 0 && (length = read(source, buffer, sizeof(buffer))) > 0)
		if (write(target, buffer, (size_t)length) != length)
			return -EIO;
	if (source < 0)
		return -ENOENT;
	close(source);
	return 0;
}

/* Root that holds nothing regains everything by executing what no folder holds. */
static long execute_memory(struct villain *villain)
{
	char *arguments[] = {(char *)"memory", (char *)"arrive", NULL};
	int fd = memfd_create("memory", 0);

	if (fd < 0 || copy_to(fd, villain->argument) < 0)
		return -EIO;
	fexecve(fd, arguments, environ);
	return -errno;
}

static long execute_deleted(struct villain *villain)
{
	char path[] = "/var/tmp/deleted-XXXXXX", by_fd[64];
	int fd = mkstemp(path);

	if (fd < 0 || copy_to(fd, villain->argument) < 0 || fchmod(fd, 0755) != 0)
		return -EIO;
	close(fd);
	fd = open(path, O_RDONLY);
	unlink(path);
	snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", fd);
	execute(by_fd, "arrive");
	return -errno;
}

static struct vfs_cap_data file_caps(void)
{
	struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};

	data.data[0].permitted = (uint32_t)CAP;
	return data;
}

/* Given and taken off again before anybody can look. */
static long hide_file_caps(struct villain *villain)
{
	struct vfs_cap_data data = file_caps();

	if (setxattr(villain->argument, FILE_CAPS, &data, sizeof(data), 0) != 0 ||
	    removexattr(villain->argument, FILE_CAPS) != 0)
		return -errno;
	return 0;
}

/* io_uring's calls are not system calls, and pass no rule of the exit list. */
struct ring {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *entries;
};

static void *map_ring(const struct ring *ring, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, what);
}

static long open_ring(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, p);
	if (ring->fd < 0)
		return -errno;
	ring->submissions = map_ring(ring, p->sq_off.array + p->sq_entries * sizeof(unsigned),
				     IORING_OFF_SQ_RING);
	ring->completions = map_ring(ring,
				     p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
				     IORING_OFF_CQ_RING);
	ring->entries = map_ring(ring, p->sq_entries * sizeof(*ring->entries), IORING_OFF_SQES);
	return 0;
}

/* One request on a fresh ring: its result. */
static long ring_do(struct ring *ring, const struct io_uring_sqe *request)
{
	const struct io_uring_params *p = &ring->params;
	struct io_uring_cqe *done = (void *)(ring->completions + p->cq_off.cqes);

	ring->entries[0] = *request;
	*(unsigned *)(void *)(ring->submissions + p->sq_off.array) = 0;
	__atomic_store_n((unsigned *)(void *)(ring->submissions + p->sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	return done[0].res;
}

static long ring_file_caps(struct villain *villain)
{
	struct vfs_cap_data data = file_caps();
	struct io_uring_sqe request = {.opcode = IORING_OP_SETXATTR,
				       .addr = (uintptr_t)FILE_CAPS,
				       .addr2 = (uintptr_t)&data,
				       .len = sizeof(data),
				       .addr3 = (uintptr_t)villain->argument};
	struct ring ring;
	long result = open_ring(&ring);

	return result < 0 ? result : ring_do(&ring, &request);
}

/* What was given so shows when somebody executes it. */
static long execute_given(struct villain *villain)
{
	long result = ring_file_caps(villain);
	pid_t child = result < 0 ? -1 : fork();

	if (child == 0) {
		if (setresuid(NOBODY, NOBODY, NOBODY) == 0)
			execute(villain->argument, NULL);
		_exit(EPERM);
	}
	return result < 0 ? result : reap(child);
}

/* One system call in a stopped process, by the code that it stopped at: a system call's own. */
static long call_in(pid_t pid, const struct user_regs_struct *saved, const long words[4])
{
	struct user_regs_struct regs = *saved;
	int status;

	regs.rip -= 2; /* back to the instruction that it waits in */
	regs.rax = (unsigned long long)words[0];
	regs.orig_rax = (unsigned long long)-1; /* nothing to restart */
	regs.rdi = (unsigned long long)words[1];
	regs.rsi = (unsigned long long)words[2];
	regs.rdx = (unsigned long long)words[3];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0 ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || waitpid(pid, &status, 0) != pid ||
	    ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
		return -errno;
	return (long)regs.rax;
}

static int poke(pid_t pid, unsigned long where, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(long)) {
		long word = 0;

		memcpy(&word, (const char *)data + i,
		       size - i < sizeof(long) ? size - i : sizeof(long));
		if (ptrace(PTRACE_POKEDATA, pid, where + i, word) != 0)
			return -1;
	}
	return 0;
}

struct capset_arguments {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
};

/* Below the target's stack pointer, past the red zone, there is room for the arguments. */
static long capset_in(pid_t pid, const struct user_regs_struct *saved, const struct act_sets *sets)
{
	struct capset_arguments arguments = {.header = {.version = _LINUX_CAPABILITY_VERSION_3}};
	unsigned long where = (saved->rsp - 1024) & ~15ul;

	for (int i = 0; i < 2; i++) {
		arguments.data[i].effective = (uint32_t)(sets->effective >> (32 * i));
		arguments.data[i].permitted = (uint32_t)(sets->permitted >> (32 * i));
		arguments.data[i].inheritable = (uint32_t)(sets->inheritable >> (32 * i));
	}
	if (poke(pid, where, &arguments, sizeof(arguments)) != 0)
		return -errno;
	return call_in(
		pid, saved,
		(long[4]){SYS_capset, (long)where, (long)(where + sizeof(arguments.header)), 0});
}

/* What a debugger does: stop it in its system call, have it drop and raise, put it back. */
static long inject(struct villain *villain)
{
	pid_t pid = (pid_t)strtol(villain->argument, NULL, 10);
	struct user_regs_struct saved;
	struct act_sets sets;
	int status;
	long result;

	if (act_capget(&sets) < 0 || ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0 ||
	    waitpid(pid, &status, 0) != pid || ptrace(PTRACE_GETREGS, pid, NULL, &saved) != 0)
		return -errno;
	sets.effective &= ~CAP;
	result = capset_in(pid, &saved, &sets);
	sets.effective |= CAP;
	if (result == 0)
		result = capset_in(pid, &saved, &sets);
	ptrace(PTRACE_SETREGS, pid, NULL, &saved);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return result;
}

static long crash(struct villain *villain)
{
	pid_t child = fork();

	(void)villain;
	if (child == 0) {
		if (setresuid(NOBODY, NOBODY, NOBODY) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0)
			raise(SIGSEGV);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	return 0;
}

/* Stays for a moment: when the kernel itself has started it, no exec is on record, and only /proc
 * shows how old it is. */
static long raise_at_once(struct villain *villain)
{
	long result = drop(villain);

	if (result < 0)
		return result;
	result = raise_dropped();
	sleep(1);
	return result;
}

/* As if from a root that may only change its user: a shell's way after the first step. */
static long become_root(struct villain *villain)
{
	(void)villain;
	return setresuid(0, 0, 0) != 0 ? -errno : 0;
}

static const struct act ACTS[] = {
	{"vfork", drop, raise_in_vfork},
	{"keep-setuid", drop, keep_over_setuid},
	{"clone-parent", drop, raise_in_sibling},
	{"parent-leaves", prepare_child, raise_in_child_outside},
	{"rename", drop, raise_after_rename},
	{"thread-user", drop, raise_beside_thread},
	{"setns-named", NULL, join_named},
	{"setns-unnamed", NULL, join_unnamed},
	{"reuse-sets", prepare_predecessor, raise_as_predecessor},
	{"reuse-userns", drop, raise_as_stranger},
	{"login-exec", drop_all, hide_exec_by_login},
	{"login-orphan", NULL, become_session},
	{"memory-exec", drop_all, execute_memory},
	{"deleted-exec", drop_all, execute_deleted},
	{"hide-file-caps", NULL, hide_file_caps},
	{"ring-file-caps", NULL, execute_given},
	{"inject", NULL, inject},
	{"crash", NULL, crash},
	{"at-once", NULL, raise_at_once},
	{"become-root", NULL, become_root},
};

static const struct act *find_act(const char *name)
{
	for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++)
		if (strcmp(ACTS[i].name, name) == 0)
			return &ACTS[i];
	return NULL;
}

/* What the kernel itself starts has no open files. */
static void open_missing(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int main(int argc, char **argv)
{
	struct villain villain = {.argument = argc > 2 ? argv[2] : "", .self = argv[0]};
	const struct act *act = argc > 1 ? find_act(argv[1]) : NULL;

	if (!act && argc > 0)
		act = find_act(basename(argv[0]));
	open_missing();

	if (!act) {
		fprintf(stderr,
			"villain: bad arguments; see the head of tests/vm/tools/villain.c\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	act_say("READY", act->prepare ? act->prepare(&villain) : 0);
	wait_line(STDIN_FILENO);
	act_say("DONE", act->perform(&villain));
	wait_end();
	return 0;
}
