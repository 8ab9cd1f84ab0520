/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool on disk: what a kill at any system call, a full disk, broken files and failing calls
 * leave of it. The rule: what was persisted is there, whole, once, whatever happened after.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "alerters/crc32c.h"
#include "alerters/spool.h"
#include "alerters/spool_file.h"
#include "tests/unit/receivers.h"

enum { NOW = 1000, ALERTS = 6, CALLS_MAX = 1000 };

static char folder[PATH_SIZE], path[PATH_SIZE];
static struct logged logged;
static struct logger log_to_test;
static struct spool *spool;

static struct spool *new_spool(void)
{
	const struct spool_limits limits = {100, 1024 * 1024};
	struct spool *made = spool_new(folder, "siem", &log_to_test);

	ck_assert_ptr_nonnull(made);
	spool_set_limits(made, &limits);
	return made;
}

static void open_spool(void)
{
	struct error err;

	spool = new_spool();
	ck_assert_msg(spool_open(spool, &err) == 0, "%s", err.text);
}

static void open_folder(void)
{
	folder_make(folder);
	logged_open(&logged, &log_to_test);
	open_spool();
}

static void close_folder(void)
{
	spool_free(spool);
	folder_remove(folder);
}

static void restart(void)
{
	spool_free(spool);
	open_spool();
}

static void push_to(struct spool *to, const char *id, enum severity severity)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "{\"id\":\"%s\",\"message\":\"m\"}", id);
	struct parcel *parcel = parcel_new(severity, DISPOSITION_ALERT, text, (size_t)length);

	spool_push(to, parcel, NOW);
	parcel_unref(parcel);
}

static void push(const char *id, enum severity severity)
{
	push_to(spool, id, severity);
}

static void persist(void)
{
	struct error err;

	ck_assert_msg(spool_persist(spool, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(spool_unsafe_count(spool), 0);
}

/* All that wait, oldest first, delivered: "a b c". */
static const char *take_all(void)
{
	static char ids[4096];
	const struct parcel *parcel;
	struct error err;

	ids[0] = '\0';
	while ((parcel = spool_first(spool, &err))) {
		strcat(strcat(ids, *ids ? " " : ""), parcel->id);
		spool_done(spool);
	}
	return ids;
}

static unsigned count_files(const char *below)
{
	char whole[PATH_SIZE + 64];
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	snprintf(whole, sizeof(whole), "%s/siem%s", folder, below);
	dir = opendir(whole);
	while (dir && (entry = readdir(dir)))
		count += entry->d_type == DT_REG && strcmp(entry->d_name, "dropped") != 0;
	if (dir)
		closedir(dir);
	return count;
}

static const char *path_of(uint64_t sequence)
{
	int length = snprintf(path, sizeof(path), "%s/siem/%016llx.alert", folder,
			      (unsigned long long)sequence);

	ck_assert_int_lt(length, PATH_SIZE);
	return path;
}

START_TEST(test_crc32c_is_castagnolis)
{
	ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283u);
	ck_assert_uint_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283u);
}
END_TEST

START_TEST(test_what_was_persisted_is_there_after_a_restart_in_its_order)
{
	push("a", SEVERITY_LOW);
	push("b", SEVERITY_CRITICAL);
	persist();
	push("c", SEVERITY_MEDIUM);
	persist();
	restart();
	push("d", SEVERITY_HIGH);
	ck_assert_str_eq(take_all(), "a b c d");
	ck_assert_uint_eq(count_files(""), 0);
}
END_TEST

START_TEST(test_what_is_delivered_at_once_never_sees_the_disk)
{
	push("a", SEVERITY_LOW);
	ck_assert_uint_eq(spool_unsafe_count(spool), 1);
	ck_assert_str_eq(take_all(), "a");
	ck_assert_uint_eq(spool_unsafe_count(spool), 0);
	persist();
	ck_assert_uint_eq(count_files(""), 0);
}
END_TEST

START_TEST(test_parcel_is_unsafe_until_every_spool_has_it)
{
	struct parcel *parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, "{}", 2);
	struct spool *other = spool_new(folder, "other", NULL);
	struct error err;

	spool_push(spool, parcel, NOW);
	spool_push(other, parcel, NOW);
	ck_assert_uint_eq(parcel->unsafe, 2);
	persist();
	ck_assert_uint_eq(parcel->unsafe, 1);
	ck_assert_int_eq(spool_persist(other, &err), 0);
	ck_assert_uint_eq(parcel->unsafe, 0);
	spool_free(other);
	parcel_unref(parcel);
	ck_assert_str_eq(take_all(), "");
	other = new_spool();
	ck_assert_int_lt(spool_open(other, &err), 0); /* its folder is in use */
	ck_assert_ptr_nonnull(strstr(err.text, "in use by another courier"));
	push_to(other, "x", SEVERITY_LOW);
	ck_assert_int_lt(spool_persist(other, &err), 0);
	ck_assert_uint_eq(spool_unsafe_count(other), 1);
	spool_free(spool);
	ck_assert_int_eq(spool_persist(other, &err), 0);
	ck_assert_uint_eq(spool_unsafe_count(other), 0);
	spool_free(other);
	open_spool();
	ck_assert_str_eq(take_all(), "x");
}
END_TEST

START_TEST(test_tries_are_kept_over_a_restart)
{
	const struct spool_tries tries = {7, 123456789};

	push("a", SEVERITY_LOW);
	persist();
	spool_note_tries(spool, &tries);
	restart();
	ck_assert_uint_eq(spool_tries(spool).attempts, 7);
	ck_assert_int_eq(spool_tries(spool).due, 123456789);
	ck_assert_int_eq(spool_oldest(spool), NOW);
}
END_TEST

START_TEST(test_torn_record_of_tries_costs_the_tries_alone)
{
	const struct spool_tries tries = {7, 123456789};
	int fd;

	push("a", SEVERITY_LOW);
	persist();
	spool_note_tries(spool, &tries);
	fd = open(path_of(1), O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "\xff", 1, 140), 1);
	close(fd);
	restart();
	ck_assert_uint_eq(spool_tries(spool).attempts, 0);
	ck_assert_str_eq(take_all(), "a");
}
END_TEST

START_TEST(test_given_up_lies_in_dead_with_its_reason)
{
	char reason[PATH_SIZE], *text;
	struct error err;

	push("a", SEVERITY_LOW);
	push("b", SEVERITY_LOW);
	persist();
	ck_assert_ptr_nonnull(spool_first(spool, &err));
	spool_bury(spool, "HTTP status 400: no");
	ck_assert_uint_eq(count_files("/dead"), 2);
	path_in(folder, "siem/dead/0000000000000001.why", reason);
	text = file_read(reason);
	ck_assert_str_eq(text, "HTTP status 400: no\n");
	free(text);
	restart();
	ck_assert_str_eq(take_all(), "b");
	/* put back by hand, it is tried again at the next look, and no number is given twice */
	push("c", SEVERITY_LOW);
	persist();
	path_in(folder, "siem/dead/0000000000000001.alert", reason);
	ck_assert_int_eq(rename(reason, path_of(1)), 0);
	spool_rescan(spool);
	ck_assert_str_eq(take_all(), "a c");
}
END_TEST

START_TEST(test_too_old_ones_die_the_younger_stay)
{
	struct parcel *parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, "{\"id\":\"y\"}", 10);

	push("a", SEVERITY_LOW);
	push("b", SEVERITY_HIGH);
	spool_push(spool, parcel, NOW + 500);
	parcel_unref(parcel);
	persist();
	ck_assert_uint_eq(spool_expire(spool, NOW + 1, "old"), 2);
	ck_assert_uint_eq(count_files("/dead"), 4);
	ck_assert_str_eq(take_all(), "y");
}
END_TEST

START_TEST(test_dead_are_bounded)
{
	for (int i = 0; i < SPOOL_DEAD_MAX + 200; i++) {
		struct error err;

		push("a", SEVERITY_LOW);
		ck_assert_ptr_nonnull(spool_first(spool, &err));
		spool_bury(spool, "no");
	}
	restart();
	ck_assert_uint_eq(count_files("/dead"), 2 * SPOOL_DEAD_MAX);
}
END_TEST

START_TEST(test_dropped_ones_leave_the_disk_too)
{
	const struct spool_limits limits = {5, 10000};

	spool_set_limits(spool, &limits);
	for (int i = 0; i < 20; i++) {
		push("a", SEVERITY_HIGH);
		persist();
	}
	ck_assert_uint_eq(count_files(""), 5);
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 15);
}
END_TEST

START_TEST(test_number_of_dropped_ones_outlives_a_kill)
{
	const struct spool_limits limits = {2, 10000};

	spool_set_limits(spool, &limits);
	for (int i = 0; i < 5; i++)
		push("a", SEVERITY_HIGH);
	persist();
	restart();
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 3);
	spool_set_tally(spool, SPOOL_DROPPED, 0);
	persist();
	restart();
	ck_assert_uint_eq(spool_tally(spool, SPOOL_DROPPED), 0);
	ck_assert_str_eq(take_all(), "a a");
}
END_TEST

/* Files that may be open at once: with 3 no other can be opened. */
static void allow_files(rlim_t count)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What was told goes from the disk only with the alert that tells it on the disk. */
START_TEST(test_number_of_held_back_ones_outlives_a_kill)
{
	struct error err;

	spool_set_tally(spool, SPOOL_HELD_BACK, 7);
	ck_assert(!spool_is_settled(spool));
	persist();
	ck_assert(spool_is_settled(spool));
	restart();
	ck_assert_uint_eq(spool_tally(spool, SPOOL_HELD_BACK), 7);
	spool_set_tally(spool, SPOOL_HELD_BACK, 0);
	push("told", SEVERITY_MEDIUM);
	allow_files(3);
	ck_assert_int_eq(spool_persist(spool, &err), -1);
	allow_files(256);
	restart();
	ck_assert_uint_eq(spool_tally(spool, SPOOL_HELD_BACK), 7);
	spool_set_tally(spool, SPOOL_HELD_BACK, 0);
	push("told", SEVERITY_MEDIUM);
	persist();
	restart();
	ck_assert_uint_eq(spool_tally(spool, SPOOL_HELD_BACK), 0);
	ck_assert_str_eq(take_all(), "told");
}
END_TEST

/* It is tried some times, and then the others have their turn; it is not lost. */
START_TEST(test_file_that_cannot_be_read_does_not_hold_up_the_others_for_ever)
{
	struct error err;
	int tries = 0;

	push("a", SEVERITY_LOW);
	persist();
	restart();
	push("b", SEVERITY_LOW);
	allow_files(3);
	while (!spool_first(spool, &err) && tries < 100)
		tries++;
	allow_files(256);
	ck_assert_int_eq(tries, 4);
	ck_assert_str_eq(take_all(), "b");
	ck_assert_uint_eq(count_files("/corrupt"), 1);
	ck_assert_uint_eq(count_of(logged.text, "goes to corrupt: "), 1);
}
END_TEST

START_TEST(test_reload_while_the_folder_cannot_be_read_forgets_nothing)
{
	push("a", SEVERITY_LOW);
	persist();
	allow_files(3);
	spool_rescan(spool);
	allow_files(256);
	ck_assert_uint_eq(count_of(logged.text, "cannot list"), 1);
	ck_assert_str_eq(take_all(), "a");
}
END_TEST

START_TEST(test_file_removed_by_hand_is_passed_over)
{
	push("a", SEVERITY_LOW);
	push("b", SEVERITY_LOW);
	persist();
	unlink(path_of(1));
	ck_assert_str_eq(take_all(), "b");
	ck_assert_uint_eq(spool_count(spool), 0);
}
END_TEST

/* Each byte of the header that matters, and one of the text. */
START_TEST(test_changed_byte_is_found_and_set_aside)
{
	static const off_t places[] = {0, 8, 10, 12, 16, 24, 32, 128, 152, 160};
	int fd;

	push("a", SEVERITY_LOW);
	push("b", SEVERITY_LOW);
	persist();
	fd = open(path_of(1), O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "\x7f", 1, places[_i]), 1);
	close(fd);
	restart();
	ck_assert_str_eq(take_all(), "b");
	ck_assert_uint_eq(count_files("/corrupt"), 2);
	ck_assert_uint_eq(count_of(logged.text, "cannot be used and goes to corrupt"), 1);
}
END_TEST

START_TEST(test_truncated_file_never_stops_the_start)
{
	struct stat status;

	push("a", SEVERITY_LOW);
	persist();
	stat(path_of(1), &status);
	for (off_t size = 0; size < status.st_size; size += 7) {
		char id[32];

		snprintf(id, sizeof(id), "b%d", (int)size);
		push(id, SEVERITY_LOW);
		persist();
		ck_assert_int_eq(truncate(path_of(2), size), 0);
		restart();
		ck_assert_uint_eq(spool_count(spool), 1);
		folder_remove(strcat(strcpy(path, folder), "/siem/corrupt"));
		restart();
	}
	ck_assert_str_eq(take_all(), "a");
}
END_TEST

START_TEST(test_strange_files_are_no_alerts)
{
	char name[PATH_SIZE];

	push("a", SEVERITY_LOW);
	persist();
	file_write(path_of(7), "hello");
	mkdir(path_of(8), 0700);
	ck_assert_int_eq(mkfifo(path_of(9), 0600), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path_of(10)), 0);
	file_write(path_in(folder, "siem/notes.txt", name), "mine");
	file_write(path_in(folder, "siem/00000000000000ff.new", name), "cut off");
	restart();
	ck_assert_str_eq(take_all(), "a");
	ck_assert_int_ne(access(name, F_OK), 0);
	ck_assert_int_eq(access(path_in(folder, "siem/notes.txt", name), F_OK), 0);
}
END_TEST

/* ---- killed at every system call ---- */

/* What a courier does with alerts: take, persist, say so, try, give up one, deliver the rest. Says
 * on the pipe "+ID" when one is safe, "-ID" before it leaves. */
static void live_and_die(int pipe_fd)
{
	struct spool *own = new_spool();
	struct error err;

	if (spool_open(own, &err) < 0)
		_exit(1);
	for (int i = 0; i < ALERTS; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%c", 'a' + i);
		push_to(own, id, i % 2 ? SEVERITY_HIGH : SEVERITY_LOW);
		if (i % 3 == 2 && spool_persist(own, &err) == 0)
			for (int j = i - 2; j <= i; j++)
				dprintf(pipe_fd, "+%c", 'a' + j);
	}
	for (int i = 0; spool_first(own, &err); i++) {
		const struct spool_tries tries = {1, NOW};

		spool_note_tries(own, &tries);
		dprintf(pipe_fd, "-%s", spool_first(own, &err)->id);
		if (i == 1)
			spool_bury(own, "no");
		else
			spool_done(own);
	}
	_exit(0);
}

static pid_t start_traced(int pipe_fds[2])
{
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		live_and_die(pipe_fds[1]);
	}
	close(pipe_fds[1]);
	return pid;
}

/* Runs it up to its call number last, entry or exit, and kills it there. True: it was over before.
 */
static bool kill_at(pid_t pid, int last)
{
	int status = 0;

	waitpid(pid, &status, 0);
	for (int calls = 0; calls < last; calls++) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		if (WIFEXITED(status)) {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
			return true;
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return false;
}

static bool is_in_text(const char *text, char sign, char id)
{
	for (; *text; text += 2)
		if (text[0] == sign && text[1] == id)
			return true;
	return false;
}

static void expect_nothing_lost(const char *said, int calls)
{
	const char *left;

	restart();
	left = take_all();
	for (char id = 'a'; id < 'a' + ALERTS; id++) {
		const char *first = strchr(left, id);

		ck_assert_msg(!is_in_text(said, '+', id) || is_in_text(said, '-', id) || first,
			      "killed at call %d: %c was safe and is gone (%s; left: %s)", calls,
			      id, said, left);
		ck_assert_msg(!first || !strchr(first + 1, id),
			      "killed at call %d: %c is there twice", calls, id);
	}
	ck_assert_uint_eq(count_of(logged.text, "broken"), 0);
}

START_TEST(test_kill_at_any_system_call_loses_nothing)
{
	bool over = false;
	int calls;

	for (calls = 1; !over && calls < CALLS_MAX; calls++) {
		char said[256] = "";
		size_t used = 0;
		int pipe_fds[2];
		ssize_t got;
		pid_t pid;

		spool_free(spool); /* its lock is the child's to take */
		folder_remove(folder);
		mkdir(folder, 0700);
		pid = start_traced(pipe_fds);
		over = kill_at(pid, calls);
		while ((got = read(pipe_fds[0], said + used, sizeof(said) - 1 - used)) > 0)
			used += (size_t)got;
		close(pipe_fds[0]);
		open_spool();
		expect_nothing_lost(said, calls);
	}
	ck_assert(over);
	ck_assert_int_gt(calls, 2 * ALERTS * 6);
	printf("killed at each of %d system call boundaries: nothing lost\n", calls);
}
END_TEST

/* The calls that decide whether a file outlives the host, in their order; a kill cannot show that:
 * the kernel lives on. getppid() marks where to look. */
static void name_calls(pid_t pid, char *names)
{
	static const struct {
		unsigned long number;
		const char *name;
	} wanted[] = {{SYS_openat, "openat "},
		      {SYS_writev, "writev "},
		      {SYS_fsync, "fsync "},
		      {SYS_renameat, "renameat "}};
	struct __ptrace_syscall_info info;
	int status = 0, marks = 0;

	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(uintptr_t)PTRACE_O_TRACESYSGOOD);
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		if (WIFEXITED(status))
			return;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <= 0 ||
		    info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		marks += info.entry.nr == SYS_getppid;
		for (size_t i = 0; marks == 1 && i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (info.entry.nr == wanted[i].number)
				strcat(names, wanted[i].name);
	}
}

START_TEST(test_file_is_synced_before_it_gets_its_name_and_the_folder_after)
{
	char names[256] = "";
	pid_t pid;

	spool_free(spool);
	pid = fork();
	if (pid == 0) {
		struct spool *own = new_spool();
		struct error err;

		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		spool_open(own, &err);
		push_to(own, "a", SEVERITY_LOW);
		push_to(own, "b", SEVERITY_LOW);
		getppid();
		spool_persist(own, &err);
		getppid();
		_exit(0);
	}
	name_calls(pid, names);
	ck_assert_str_eq(names, "openat writev fsync renameat openat writev fsync renameat fsync ");
	open_spool();
}
END_TEST

/* ---- calls that fail ---- */

/* From now on this system call of this process fails so. */
static void make_call_fail(int number, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static const struct {
	const char *name;
	int number, error;
} faults[] = {
	{"openat", SYS_openat, ENOSPC},	   {"openat", SYS_openat, EROFS},
	{"writev", SYS_writev, ENOSPC},	   {"writev", SYS_writev, EIO},
	{"fsync", SYS_fsync, EIO},	   {"fsync", SYS_fsync, ENOSPC},
	{"renameat", SYS_renameat, EIO},   {"renameat", SYS_renameat, EROFS},
	{"unlinkat", SYS_unlinkat, EROFS}, {"unlinkat", SYS_unlinkat, EIO},
	{"read", SYS_read, EIO},
};

/* One alert is safe from before; then the call fails for ever. What the spool says is safe is there
 * after the end, and what it could not write is still its to deliver. */
START_TEST(test_failing_call_loses_nothing_that_was_called_safe)
{
	bool writes = _i < 8, removes = faults[_i].number == SYS_unlinkat;
	struct error err = {""};
	pid_t pid;
	int status;

	push("a", SEVERITY_LOW);
	persist();
	spool_free(spool);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct spool *own = new_spool();
		int ok;

		spool_open(own, &err);
		make_call_fail(faults[_i].number, faults[_i].error);
		push_to(own, "b", SEVERITY_HIGH);
		ok = spool_persist(own, &err) < 0;
		if (ok != writes || (spool_unsafe_count(own) == 1) != writes)
			_exit(1);
		/* an unreadable or unremovable one stops nothing, and stays */
		if (spool_first(own, &err))
			spool_done(own);
		else if (!err.text[0])
			_exit(2);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s fails with %s: %x",
		      faults[_i].name, strerror(faults[_i].error), (unsigned)status);
	open_spool();
	if (faults[_i].number == SYS_openat || faults[_i].number == SYS_read || removes)
		ck_assert_ptr_nonnull(strchr(take_all(), 'a'));
}
END_TEST

START_TEST(test_fsync_of_the_folder_decides)
{
	char other[PATH_SIZE];
	struct error err;

	/* the folder is removed below the spool: files cannot be made in it any more */
	ck_assert_int_eq(rename(path_in(folder, "siem", path), path_in(folder, "moved", other)), 0);
	folder_remove(other);
	push("a", SEVERITY_HIGH);
	ck_assert_int_lt(spool_persist(spool, &err), 0);
	ck_assert_uint_eq(spool_unsafe_count(spool), 1);
}
END_TEST

START_TEST(test_full_disk_keeps_in_memory_and_goes_on_when_there_is_room)
{
	char filler[PATH_SIZE], block[4096] = "";
	struct error err;
	FILE *file;

	if (mount("none", folder, "tmpfs", 0, "size=256k") < 0)
		return; /* not root */
	restart();
	push("a", SEVERITY_LOW);
	persist();
	file = fopen(path_in(folder, "filler", filler), "w");
	while (fwrite(block, sizeof(block), 1, file) == 1 && fflush(file) == 0)
		;
	fclose(file);
	push("b", SEVERITY_HIGH);
	ck_assert_int_lt(spool_persist(spool, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "No space left"));
	ck_assert_uint_eq(spool_unsafe_count(spool), 1);
	ck_assert_uint_eq(spool_count(spool), 2);
	unlink(filler);
	persist();
	restart();
	ck_assert_str_eq(take_all(), "a b");
	spool_free(spool);
	umount(folder);
	open_spool();
}
END_TEST

START_TEST(test_folder_that_cannot_be_made_is_waited_for)
{
	char deep[PATH_SIZE];
	struct error err;

	spool_free(spool);
	spool = spool_new(path_in(folder, "missing/spool", deep), "siem", &log_to_test);
	ck_assert_int_lt(spool_open(spool, &err), 0);
	push("a", SEVERITY_HIGH);
	push("b", SEVERITY_LOW);
	ck_assert_int_lt(spool_persist(spool, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "missing/spool"));
	mkdir(path_in(folder, "missing", path), 0700);
	persist();
	ck_assert_str_eq(take_all(), "a b");
}
END_TEST

/* What is pushed while the folder is away is younger than what lies there. */
START_TEST(test_folder_that_was_removed_is_made_anew)
{
	struct error err;

	push("a", SEVERITY_LOW);
	persist();
	take_all();
	folder_remove(folder);
	push("b", SEVERITY_LOW);
	ck_assert_int_eq(spool_persist(spool, &err), -1);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	persist();
	restart();
	ck_assert_str_eq(take_all(), "b");
}
END_TEST

START_TEST(test_late_folder_brings_the_old_ones_first)
{
	char moved[PATH_SIZE];
	struct error err;

	push("a", SEVERITY_LOW);
	persist();
	spool_free(spool);
	path_in(folder, "siem", path);
	path_in(folder, "moved", moved);
	ck_assert_int_eq(rename(path, moved), 0);
	file_write(path, "in the way");
	spool = new_spool();
	ck_assert_int_lt(spool_open(spool, &err), 0);
	push("b", SEVERITY_LOW);
	unlink(path);
	ck_assert_int_eq(rename(moved, path), 0);
	persist();
	restart();
	ck_assert_str_eq(take_all(), "a b");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool_file");
	TCase *tcase = tcase_create("spool_file");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_folder, close_folder);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_crc32c_is_castagnolis);
	tcase_add_test(tcase, test_what_was_persisted_is_there_after_a_restart_in_its_order);
	tcase_add_test(tcase, test_what_is_delivered_at_once_never_sees_the_disk);
	tcase_add_test(tcase, test_parcel_is_unsafe_until_every_spool_has_it);
	tcase_add_test(tcase, test_tries_are_kept_over_a_restart);
	tcase_add_test(tcase, test_torn_record_of_tries_costs_the_tries_alone);
	tcase_add_test(tcase, test_given_up_lies_in_dead_with_its_reason);
	tcase_add_test(tcase, test_too_old_ones_die_the_younger_stay);
	tcase_add_test(tcase, test_dead_are_bounded);
	tcase_add_test(tcase, test_dropped_ones_leave_the_disk_too);
	tcase_add_test(tcase, test_number_of_dropped_ones_outlives_a_kill);
	tcase_add_test(tcase, test_number_of_held_back_ones_outlives_a_kill);
	tcase_add_test(tcase, test_file_that_cannot_be_read_does_not_hold_up_the_others_for_ever);
	tcase_add_test(tcase, test_reload_while_the_folder_cannot_be_read_forgets_nothing);
	tcase_add_test(tcase, test_file_removed_by_hand_is_passed_over);
	tcase_add_loop_test(tcase, test_changed_byte_is_found_and_set_aside, 0, 10);
	tcase_add_test(tcase, test_truncated_file_never_stops_the_start);
	tcase_add_test(tcase, test_strange_files_are_no_alerts);
	tcase_add_test(tcase, test_kill_at_any_system_call_loses_nothing);
	tcase_add_test(tcase, test_file_is_synced_before_it_gets_its_name_and_the_folder_after);
	tcase_add_loop_test(tcase, test_failing_call_loses_nothing_that_was_called_safe, 0,
			    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(tcase, test_fsync_of_the_folder_decides);
	tcase_add_test(tcase, test_full_disk_keeps_in_memory_and_goes_on_when_there_is_room);
	tcase_add_test(tcase, test_folder_that_cannot_be_made_is_waited_for);
	tcase_add_test(tcase, test_folder_that_was_removed_is_made_anew);
	tcase_add_test(tcase, test_late_folder_brings_the_old_ones_first);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
