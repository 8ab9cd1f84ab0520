/* SPDX-License-Identifier: Apache-2.0 */
/* Against the real /proc. What only root can arrange or see is left out for other users. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "plugin/confine_sensor.h"
#include "plugin/privileges.h"
#include "plugin/proc_live.h"
#include "plugin/root_path.h"

enum { MANY_GROUPS = 20000, GONE_PID = 4194305 /* beyond PID_MAX_LIMIT */ };

static struct proc_live live;
static const struct proc_reader *proc;
static char folder[] = "/tmp/capwatch-proc-XXXXXX";
static pid_t child;
static int ready[2];

static void setup(void)
{
	proc_live_init(&live);
	proc = &live.reader;
	strcpy(strrchr(folder, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(pipe(ready), 0);
	child = 0;
}

static void teardown(void)
{
	char command_free[sizeof(folder) + 32];
	static const char *const names[] = {"program", "program (deleted)", "plain", "link"};

	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(command_free, sizeof(command_free), "%s/%s", folder, names[i]);
		unlink(command_free);
	}
	rmdir(folder);
	close(ready[0]);
	close(ready[1]);
}

/* In the child: what it arranges is done. Waits to be killed. */
static void say_ready(void)
{
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void start_child(void (*run)(void))
{
	char byte;

	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ready[0]);
		run();
		_exit(1);
	}
	close(ready[1]);
	ready[1] = -1;
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
}

static struct proc_status status_of(pid_t pid)
{
	struct proc_status status;

	ck_assert(proc->status(proc->ctx, pid, &status));
	return status;
}

/* --- stat --- */

#define STAT_REST                                                                                  \
	" S 4321 4 4 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 7 0 98765 11 22 33 18446744073709551615\n"

START_TEST(test_stat_with_every_byte_in_comm)
{
	static const char text[] = "17 (a) R 1 (\n)" STAT_REST;
	struct proc_status status = {0};

	ck_assert(proc_live_parse_stat(text, sizeof(text) - 1, &status));
	ck_assert_str_eq(status.comm, "a) R 1 (\n");
	ck_assert_int_eq(status.ppid, 4321);
	ck_assert_uint_eq(status.threads, 7);
	ck_assert_uint_eq(status.start_ticks, 98765);
}
END_TEST

START_TEST(test_stat_cut_anywhere_is_refused_or_harmless)
{
	static const char text[] = "17 (comm)" STAT_REST;
	struct proc_status status = {0};

	for (size_t length = 0; length < sizeof(text); length++) {
		char *cut = strndup(text, length);

		proc_live_parse_stat(cut, length, &status);
		free(cut);
	}
	ck_assert(!proc_live_parse_stat(text, 9, &status));
	ck_assert(!proc_live_parse_stat("17 (comm) S 1 2 3", 17, &status));
}
END_TEST

START_TEST(test_image_stays_through_a_fork_and_a_zombie_has_none)
{
	struct proc_status own = status_of(getpid()), its;

	ck_assert_uint_ne(own.image, 0);
	ck_assert(!own.kernel_thread);
	ck_assert(!own.ended);
	child = fork();
	if (child == 0)
		_exit(0);
	while (its = status_of(child), !its.ended)
		;
	/* its memory is gone by then */
	ck_assert_uint_eq(its.image, 0);
	waitpid(child, NULL, 0);
	start_child(say_ready);
	ck_assert_uint_eq(status_of(child).image, own.image);
	ck_assert(!status_of(child).ended);
}
END_TEST

static void call_itself_oddly(void)
{
	prctl(PR_SET_NAME, "x) S 1 1 \"\\\n\xff");
	say_ready();
}

START_TEST(test_comm_is_the_raw_bytes_of_a_process_that_calls_itself_oddly)
{
	struct proc_status status;

	start_child(call_itself_oddly);
	status = status_of(child);
	ck_assert_str_eq(status.comm, "x) S 1 1 \"\\\n\xff");
	ck_assert_int_eq(status.ppid, getpid());
	ck_assert_uint_eq(status.threads, 1);
}
END_TEST

/* --- status --- */

START_TEST(test_own_status_agrees_with_what_the_kernel_says_otherwise)
{
	struct proc_status status = status_of(getpid());
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	ck_assert_int_eq(capget(&header, data), 0);
	ck_assert_uint_eq(status.permitted, (capmask)data[1].permitted << 32 | data[0].permitted);
	ck_assert_uint_eq(status.effective, (capmask)data[1].effective << 32 | data[0].effective);
	ck_assert_uint_eq(status.uid, getuid());
	ck_assert_uint_eq(status.fsuid, geteuid());
	ck_assert_int_eq(status.ppid, getppid());
}
END_TEST

static int64_t own_id(const char *path)
{
	FILE *file = fopen(path, "re");
	uint32_t id = UINT32_MAX;

	if (file) {
		ck_assert_int_eq(fscanf(file, "%" SCNu32, &id), 1);
		fclose(file);
	}
	return id == UINT32_MAX ? -1 : (int64_t)id;
}

/* Where we may log in ourselves the ids are set. */
START_TEST(test_login_is_had_when_it_is_asked_for)
{
	struct proc_status status;
	FILE *file;

	file = fopen("/proc/self/loginuid", "we");
	if (file) {
		fputs("4242", file);
		fclose(file);
	}
	status = status_of(getpid());
	ck_assert_int_eq(status.auid, -1);
	ck_assert_int_eq(status.session, -1);
	proc->login(proc->ctx, getpid(), &status);
	ck_assert_int_eq(status.auid, own_id("/proc/self/loginuid"));
	ck_assert_int_eq(status.session, own_id("/proc/self/sessionid"));
	ck_assert(proc_reader_status(proc, getpid(), &status));
	ck_assert_int_eq(status.auid, own_id("/proc/self/loginuid"));
	/* of who is gone nothing is known */
	status.auid = status.session = -1;
	proc->login(proc->ctx, GONE_PID, &status);
	ck_assert_int_eq(status.auid, -1);
}
END_TEST

static void just_wait(void)
{
	say_ready();
}

START_TEST(test_a_process_is_there_while_its_start_is_the_same)
{
	struct proc_status status;
	uint64_t start;

	start_child(just_wait);
	status = status_of(child);
	ck_assert(proc->start(proc->ctx, child, &start));
	ck_assert_uint_eq(start, status.start_ticks);
	ck_assert(proc_reader_is_there(proc, child, start));
	ck_assert(!proc_reader_is_there(proc, child, start + 1));
	ck_assert(!proc->start(proc->ctx, GONE_PID, &start));
	ck_assert(!proc_reader_is_there(proc, GONE_PID, status.start_ticks));
}
END_TEST

START_TEST(test_start_time_is_of_the_wall_clock)
{
	struct timespec now;
	int64_t before, after;

	clock_gettime(CLOCK_REALTIME, &now);
	before = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	start_child(just_wait);
	clock_gettime(CLOCK_REALTIME, &now);
	after = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	/* the kernel counts in ticks of 10 ms */
	ck_assert_int_ge(status_of(child).start_time, before - 20);
	ck_assert_int_le(status_of(child).start_time, after + 20);
}
END_TEST

START_TEST(test_fork_keeps_its_parents_places_until_it_executes)
{
	char sleep_path[] = "/bin/sleep", sixty[] = "60";
	char *const arguments[] = {sleep_path, sixty, NULL};

	start_child(just_wait);
	ck_assert(status_of(child).forked);
	ck_assert_uint_ne(status_of(child).heap, 0);
	ck_assert_uint_eq(status_of(child).heap, status_of(getpid()).heap);
	ck_assert_uint_eq(status_of(child).image, status_of(getpid()).image);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = vfork();
	if (child == 0) {
		execv(sleep_path, arguments);
		_exit(1);
	}
	ck_assert(!status_of(child).forked);
}
END_TEST

static void map_code(const char *path, bool create)
{
	int fd = open(path, create ? O_RDWR | O_CREAT : O_RDONLY, 0700);

	if (fd < 0 || (create && ftruncate(fd, 4096) < 0) ||
	    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		_exit(1);
	close(fd);
}

static void map_code_of_the_system(void)
{
	map_code("/usr/bin/env", false);
	say_ready();
}

static void map_code_from_elsewhere(void)
{
	char path[sizeof(folder) + 32];

	snprintf(path, sizeof(path), "%s/plain", folder);
	map_code(path, true);
	say_ready();
}

START_TEST(test_code_from_outside_the_systems_folders_is_foreign)
{
	bool foreign = true;

	start_child(_i ? map_code_from_elsewhere : map_code_of_the_system);
	ck_assert(proc->foreign_code(proc->ctx, child, &foreign));
	ck_assert(foreign == (_i == 1));
}
END_TEST

START_TEST(test_process_that_is_gone_is_not_known)
{
	struct proc_status status;
	struct proc_file file;
	char text[PROC_CGROUP_MAX];
	bool flag;

	ck_assert(!proc->status(proc->ctx, GONE_PID, &status));
	ck_assert(!proc->cgroup(proc->ctx, GONE_PID, text, sizeof(text)));
	ck_assert(!proc->exe(proc->ctx, GONE_PID, text, sizeof(text), &file, &flag));
	ck_assert(!proc->in_host_userns(proc->ctx, GONE_PID, &flag));
}
END_TEST

static void *drop_kill(void *unused)
{
	cap_t sets = cap_get_proc();
	const cap_value_t kill_others = CAP_KILL;

	(void)unused;
	cap_set_flag(sets, CAP_EFFECTIVE, 1, &kill_others, CAP_CLEAR);
	if (cap_set_proc(sets) < 0)
		_exit(1);
	cap_free(sets);
	say_ready();
	return NULL;
}

static void drop_in_a_thread(void)
{
	pthread_t thread;

	/* libpsx, where it is linked, would tell every thread; cap_set_proc alone does not */
	pthread_create(&thread, NULL, drop_kill, NULL);
	for (;;)
		pause();
}

START_TEST(test_what_one_thread_dropped_is_not_in_the_intersection)
{
	struct proc_status status;

	start_child(drop_in_a_thread);
	status = status_of(child);
	ck_assert_uint_eq(status.threads, 2);
	ck_assert(proc->threads(proc->ctx, child, &status));
	ck_assert(status.effective & CAPMASK_BIT(CAP_KILL));
	ck_assert(!(status.task_effective & CAPMASK_BIT(CAP_KILL)));
	ck_assert(status.task_permitted & CAPMASK_BIT(CAP_KILL));
}
END_TEST

static void join_many_groups(void)
{
	static gid_t groups[MANY_GROUPS];

	for (size_t i = 0; i < MANY_GROUPS; i++)
		groups[i] = (gid_t)(4000000000u + i);
	if (setgroups(MANY_GROUPS, groups) < 0)
		_exit(1);
	say_ready();
}

START_TEST(test_sets_are_found_behind_a_line_of_many_groups)
{
	start_child(join_many_groups);
	ck_assert_uint_eq(status_of(child).permitted, status_of(getpid()).permitted);
	ck_assert_uint_eq(status_of(child).bounding, status_of(getpid()).bounding);
}
END_TEST

/* --- cgroup --- */

START_TEST(test_cgroup_is_whole_or_not_had)
{
	char whole[PROC_CGROUP_MAX], read_here[PROC_CGROUP_MAX];
	FILE *file = fopen("/proc/self/cgroup", "r");
	size_t length;

	ck_assert_ptr_nonnull(file);
	length = fread(whole, 1, sizeof(whole) - 1, file);
	whole[length] = '\0';
	fclose(file);
	if (length == 0)
		return; /* a kernel without cgroups */
	ck_assert(proc->cgroup(proc->ctx, getpid(), read_here, sizeof(read_here)));
	ck_assert_uint_eq(strlen(read_here), length);
	ck_assert(!proc->cgroup(proc->ctx, getpid(), read_here, 4));
}
END_TEST

/* --- exe --- */

static char program[sizeof(folder) + 32];

static void run_program(void)
{
	/* exec closes the pipe, and that is the sign: see start_program() */
	fcntl(ready[1], F_SETFD, FD_CLOEXEC);
	execl(program, program, "60", (char *)NULL);
	_exit(1);
}

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
	char bytes[65536];
	ssize_t got;

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(out, 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		ck_assert_int_eq(write(out, bytes, (size_t)got), got);
	close(in);
	close(out);
}

static void start_program(const char *name)
{
	char byte;

	snprintf(program, sizeof(program), "%s/%s", folder, name);
	copy_file("/bin/sleep", program);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		run_program();
	close(ready[1]);
	ready[1] = -1;
	ck_assert_int_eq(read(ready[0], &byte, 1), 0);
}

START_TEST(test_exe_is_the_hosts_file_of_its_path)
{
	char path[PROC_PATH_MAX];
	struct proc_file file, host;
	bool deleted = true;

	start_program("program");
	ck_assert(proc->exe(proc->ctx, child, path, sizeof(path), &file, &deleted));
	ck_assert_str_eq(path, program);
	ck_assert(!deleted);
	ck_assert(proc->host_file(proc->ctx, path, &host));
	ck_assert_uint_eq(file.device, host.device);
	ck_assert_uint_eq(file.inode, host.inode);
	ck_assert(proc->host_file(proc->ctx, "/bin/sleep", &host));
	ck_assert(file.device != host.device || file.inode != host.inode);
	ck_assert(!proc->exe(proc->ctx, child, path, 4, &file, &deleted));
}
END_TEST

static void *go_on(void *nothing)
{
	say_ready();
	return nothing;
}

static void leave_it_to_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, go_on, NULL) != 0)
		_exit(1);
	pthread_exit(NULL);
}

START_TEST(test_exe_is_known_of_a_process_whose_first_thread_has_ended)
{
	char path[PROC_PATH_MAX], link[64], own[PROC_PATH_MAX];
	struct proc_file file, host;
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	bool deleted;

	ck_assert_int_gt(length, 0);
	own[length] = '\0';
	start_child(leave_it_to_a_thread);
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)child);
	while (readlink(link, path, sizeof(path)) > 0)
		usleep(1000); /* until it has */
	ck_assert(proc->exe(proc->ctx, child, path, sizeof(path), &file, &deleted));
	ck_assert_str_eq(path, own);
	ck_assert(proc->host_file(proc->ctx, own, &host));
	ck_assert_uint_eq(file.inode, host.inode);
}
END_TEST

START_TEST(test_deleted_exe_is_said_and_its_name_kept)
{
	char path[PROC_PATH_MAX];
	struct proc_file file;
	bool deleted = false;

	start_program("program");
	ck_assert_int_eq(unlink(program), 0);
	ck_assert(proc->exe(proc->ctx, child, path, sizeof(path), &file, &deleted));
	ck_assert_str_eq(path, program);
	ck_assert(deleted);
}
END_TEST

START_TEST(test_file_that_is_called_deleted_is_not)
{
	char path[PROC_PATH_MAX];
	struct proc_file file;
	bool deleted = true;

	start_program("program (deleted)");
	ck_assert(proc->exe(proc->ctx, child, path, sizeof(path), &file, &deleted));
	ck_assert_str_eq(path, program);
	ck_assert(!deleted);
}
END_TEST

/* --- user namespace --- */

static void enter_userns(void)
{
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(1);
	say_ready();
}

START_TEST(test_child_user_namespace_is_not_the_hosts)
{
	bool host = false;

	ck_assert(proc->in_host_userns(proc->ctx, getpid(), &host));
	ck_assert(host);
	start_child(enter_userns);
	ck_assert(proc->in_host_userns(proc->ctx, child, &host));
	ck_assert(!host);
}
END_TEST

/* --- file capabilities --- */

static const unsigned char version2[XATTR_CAPS_SZ_2] = {1, 0, 0, 2,    0, 0x20, 0, 0, 0, 4,
							0, 0, 1, 0x80, 0, 0,	0, 0, 0, 0x10};

START_TEST(test_file_caps_of_every_version)
{
	static const unsigned char version1[XATTR_CAPS_SZ_1] = {0, 0, 0, 1, 0, 0x20, 0, 0, 1};
	unsigned char version3[XATTR_CAPS_SZ_3] = {0};
	capmask permitted, inheritable;

	ck_assert(proc_live_parse_file_caps(version1, sizeof(version1), &permitted, &inheritable));
	ck_assert_uint_eq(permitted, CAPMASK_BIT(CAP_NET_RAW));
	ck_assert_uint_eq(inheritable, CAPMASK_BIT(CAP_CHOWN));
	ck_assert(proc_live_parse_file_caps(version2, sizeof(version2), &permitted, &inheritable));
	ck_assert_uint_eq(permitted, CAPMASK_BIT(13) | CAPMASK_BIT(32) | CAPMASK_BIT(47));
	ck_assert_uint_eq(inheritable, CAPMASK_BIT(10) | CAPMASK_BIT(60));
	memcpy(version3, version2, sizeof(version2));
	version3[3] = 3;
	ck_assert(proc_live_parse_file_caps(version3, sizeof(version3), &permitted, &inheritable));
	ck_assert_uint_eq(permitted, CAPMASK_BIT(13) | CAPMASK_BIT(32) | CAPMASK_BIT(47));
}
END_TEST

START_TEST(test_file_caps_of_another_namespaces_root_are_none_here)
{
	unsigned char version3[XATTR_CAPS_SZ_3] = {0};
	capmask permitted, inheritable;

	memcpy(version3, version2, sizeof(version2));
	version3[3] = 3;
	version3[20] = 100;
	ck_assert(!proc_live_parse_file_caps(version3, sizeof(version3), &permitted, &inheritable));
}
END_TEST

START_TEST(test_malformed_file_caps_are_none)
{
	unsigned char odd[XATTR_CAPS_SZ_3] = {0};
	capmask permitted, inheritable;

	for (size_t size = 0; size <= sizeof(odd); size++)
		ck_assert(!proc_live_parse_file_caps(odd, size, &permitted, &inheritable));
	ck_assert(!proc_live_parse_file_caps(version2, sizeof(version2) - 1, &permitted,
					     &inheritable));
}
END_TEST

START_TEST(test_file_caps_are_read_through_the_process_root)
{
	char plain[sizeof(folder) + 32], link_path[sizeof(folder) + 32], descriptor[32];
	struct proc_file_caps caps;
	struct stat attributes;

	snprintf(plain, sizeof(plain), "%s/plain", folder);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
	copy_file("/dev/null", plain);
	ck_assert_int_eq(symlink(plain, link_path), 0);
	ck_assert(proc->file_caps(proc->ctx, getpid(), plain, &caps));
	ck_assert(!caps.present);
	ck_assert_int_eq(stat(plain, &attributes), 0);
	ck_assert_uint_eq(caps.inode, attributes.st_ino);
	ck_assert_int_eq(caps.changed / 1000, attributes.st_ctim.tv_sec);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setxattr(plain, "security.capability", version2, sizeof(version2), 0), 0);
	ck_assert(proc->file_caps(proc->ctx, getpid(), link_path, &caps));
	ck_assert(caps.present);
	ck_assert(caps.permitted & CAPMASK_BIT(CAP_NET_RAW));
	ck_assert(!caps.lacks_20 && caps.lacks_24);
	ck_assert_int_eq(removexattr(plain, "security.capability"), 0);
	ck_assert(proc->file_caps(proc->ctx, getpid(), plain, &caps));
	ck_assert(!caps.present && caps.lacks_20 && caps.lacks_24);
	ck_assert_int_eq(setxattr(plain, "security.capability", version2, sizeof(version2), 0), 0);
	ck_assert(!proc->file_caps(proc->ctx, getpid(), "/no/such/file", &caps));
	snprintf(descriptor, sizeof(descriptor), "fd/%d", open(plain, O_RDONLY | O_CLOEXEC));
	ck_assert(proc->file_caps(proc->ctx, getpid(), descriptor, &caps));
	ck_assert(caps.present);
	ck_assert_uint_eq(caps.inode, attributes.st_ino);
	ck_assert(!proc->file_caps(proc->ctx, getpid(), "fd/999", &caps));
}
END_TEST

/* Opens path in folder as its root; the inode, or -errno. */
static long inode_in_root(const char *path)
{
	int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = root_path_open(root, path);
	struct stat attributes;
	long result = -errno;

	if (fd >= 0 && fstat(fd, &attributes) == 0)
		result = (long)attributes.st_ino;
	close(fd);
	close(root);
	return result;
}

START_TEST(test_every_path_ends_inside_its_root)
{
	static const char *const ways[] = {"/plain",	    "plain",	     "//./plain",
					   "/../../plain",  "/sub/../plain", "/absolute",
					   "/sub/relative", "/sub/far",	     "/chain"};
	static const char *const made[] = {"sub/relative", "sub/far", "sub",
					   "absolute",	   "chain",   "loop"};
	char path[sizeof(folder) + 32];
	struct stat plain;

	snprintf(path, sizeof(path), "%s/plain", folder);
	copy_file("/dev/null", path);
	ck_assert_int_eq(stat(path, &plain), 0);
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(mkdir("sub", 0700), 0);
	ck_assert_int_eq(symlink("/plain", "absolute"), 0);
	ck_assert_int_eq(symlink("../plain", "sub/relative"), 0);
	ck_assert_int_eq(symlink("../../../../plain", "sub/far"), 0);
	ck_assert_int_eq(symlink("/sub/relative", "chain"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		ck_assert_msg(inode_in_root(ways[i]) == (long)plain.st_ino, "%s", ways[i]);
	ck_assert_int_eq(inode_in_root("/loop"), -ELOOP);
	ck_assert_int_eq(inode_in_root("/etc/passwd"), -ENOENT);
	ck_assert_int_eq(inode_in_root("/plain/below"), -ENOTDIR);
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		ck_assert_int_eq(remove(made[i]), 0);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* A link out of a chroot ends inside it. */
static void enter_folder(void)
{
	if (chroot(folder) < 0)
		_exit(1);
	say_ready();
}

START_TEST(test_absolute_link_ends_at_the_process_root)
{
	char path[sizeof(folder) + 32];
	struct proc_file_caps caps;

	snprintf(path, sizeof(path), "%s/plain", folder);
	copy_file("/dev/null", path);
	ck_assert_int_eq(setxattr(path, "security.capability", version2, sizeof(version2), 0), 0);
	snprintf(path, sizeof(path), "%s/link", folder);
	ck_assert_int_eq(symlink("/plain", path), 0);
	start_child(enter_folder);
	ck_assert(proc->file_caps(proc->ctx, child, "/link", &caps));
	ck_assert(caps.present);
	ck_assert(!proc->file_caps(proc->ctx, child, "/bin/sleep", &caps));
}
END_TEST

/* --- all, and as the sensor --- */

static void look_for_self(void *ctx, pid_t pid)
{
	bool *found = ctx;

	if (pid == getpid())
		*found = true;
}

START_TEST(test_list_gives_in_parts_what_each_process_gives)
{
	pid_t pids[7], last = 0;
	int64_t place = 0;
	size_t count, all = 0;
	bool more, found = false;

	do {
		count = sizeof(pids) / sizeof(*pids);
		more = proc->list(proc->ctx, &place, pids, &count);
		ck_assert(!more || count == sizeof(pids) / sizeof(*pids));
		for (size_t i = 0; i < count; i++) {
			ck_assert_int_gt(pids[i], last);
			last = pids[i];
			found = found || pids[i] == getpid();
		}
		all += count;
	} while (more);
	ck_assert(found);
	ck_assert_uint_gt(all, 1);
}
END_TEST

START_TEST(test_each_process_visits_this_one)
{
	bool found = false;

	proc->each_process(proc->ctx, look_for_self, &found);
	ck_assert(found);
}
END_TEST

static bool sees_all_of(pid_t pid)
{
	struct proc_status status;
	struct proc_file file;
	char text[PROC_CGROUP_MAX];
	bool flag;

	proc_live_init(&live);
	return proc->status(proc->ctx, pid, &status) && status.uid == 0 && status.permitted != 0 &&
	       proc->exe(proc->ctx, pid, text, sizeof(text), &file, &flag) &&
	       proc->cgroup(proc->ctx, pid, text, sizeof(text)) &&
	       proc->in_host_userns(proc->ctx, pid, &flag) && flag;
}

START_TEST(test_sensors_two_capabilities_see_roots_processes)
{
	static const struct account nobody = {65534, 65534};
	struct proc_file_caps caps;
	pid_t sensor, parent = getpid();
	int status;

	start_program("program"); /* as root, in a folder that is root's alone */
	sensor = fork();
	if (sensor == 0) {
		struct error err;

		if (privileges_tighten(&err) < 0 ||
		    privileges_become_sensor(&nobody, parent, &err) < 0 || confine_sensor(&err) < 0)
			_exit(2);
		_exit(sees_all_of(child) && proc->file_caps(proc->ctx, child, "/bin/true", &caps) &&
				      caps.inode != 0
			      ? 0
			      : 1);
	}
	ck_assert_int_eq(waitpid(sensor, &status, 0), sensor);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void add_root_tests(TCase *tcase)
{
	tcase_add_test(tcase, test_what_one_thread_dropped_is_not_in_the_intersection);
	tcase_add_test(tcase, test_sets_are_found_behind_a_line_of_many_groups);
	tcase_add_test(tcase, test_child_user_namespace_is_not_the_hosts);
	tcase_add_test(tcase, test_absolute_link_ends_at_the_process_root);
	tcase_add_test(tcase, test_sensors_two_capabilities_see_roots_processes);
}

int main(void)
{
	Suite *suite = suite_create("proc_live");
	TCase *tcase = tcase_create("proc_live");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_every_path_ends_inside_its_root);
	tcase_add_test(tcase, test_stat_with_every_byte_in_comm);
	tcase_add_test(tcase, test_stat_cut_anywhere_is_refused_or_harmless);
	tcase_add_test(tcase, test_comm_is_the_raw_bytes_of_a_process_that_calls_itself_oddly);
	tcase_add_test(tcase, test_own_status_agrees_with_what_the_kernel_says_otherwise);
	tcase_add_test(tcase, test_login_is_had_when_it_is_asked_for);
	tcase_add_test(tcase, test_a_process_is_there_while_its_start_is_the_same);
	tcase_add_test(tcase, test_start_time_is_of_the_wall_clock);
	tcase_add_test(tcase, test_fork_keeps_its_parents_places_until_it_executes);
	tcase_add_loop_test(tcase, test_code_from_outside_the_systems_folders_is_foreign, 0, 2);
	tcase_add_test(tcase, test_process_that_is_gone_is_not_known);
	tcase_add_test(tcase, test_cgroup_is_whole_or_not_had);
	tcase_add_test(tcase, test_exe_is_known_of_a_process_whose_first_thread_has_ended);
	tcase_add_test(tcase, test_exe_is_the_hosts_file_of_its_path);
	tcase_add_test(tcase, test_deleted_exe_is_said_and_its_name_kept);
	tcase_add_test(tcase, test_file_that_is_called_deleted_is_not);
	tcase_add_test(tcase, test_file_caps_of_every_version);
	tcase_add_test(tcase, test_file_caps_of_another_namespaces_root_are_none_here);
	tcase_add_test(tcase, test_malformed_file_caps_are_none);
	tcase_add_test(tcase, test_file_caps_are_read_through_the_process_root);
	tcase_add_test(tcase, test_each_process_visits_this_one);
	tcase_add_test(tcase, test_list_gives_in_parts_what_each_process_gives);
	tcase_add_test(tcase, test_image_stays_through_a_fork_and_a_zombie_has_none);
	if (geteuid() == 0)
		add_root_tests(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
