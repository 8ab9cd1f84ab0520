/* SPDX-License-Identifier: Apache-2.0 */
/* Each test confines a child and has it try something there. In a build with sanitizers the leak
 * checker's own calls are open, and what is tried with those is left out. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sanitized.h"
#include "plugin/confine_sensor.h"
#include "plugin/confine_supervisor.h"

enum { X32_BIT = 0x40000000 };

/* What it returned; -1 with errno. */
struct attempt {
	const char *name;
	long (*try)(void);
	bool of_the_leak_checker;
};

static struct error err;

static int end_of(int (*confine)(struct error *), const struct attempt *attempt)
{
	int status = -1;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (confine(&err) < 0)
			_exit(99);
		errno = 0;
		if (attempt->try() >= 0)
			_exit(0);
		_exit(errno);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- what it goes without ---- */

static long open_with(int flags)
{
	return open("/tmp", flags, 0600);
}

static long writes_a_file(void)
{
	return open("/dev/null", O_WRONLY);
}

static long reads_and_writes_a_file(void)
{
	return open("/dev/null", O_RDWR);
}

static long makes_a_file(void)
{
	return open("/tmp/capwatch-not-made", O_RDONLY | O_CREAT, 0600);
}

static long makes_a_file_without_name(void)
{
	return open_with(O_TMPFILE | O_RDWR);
}

static long empties_a_file(void)
{
	return open("/dev/null", O_RDONLY | O_TRUNC);
}

static long makes_memory_a_file(void)
{
	return syscall(SYS_memfd_create, "x", 0);
}

static long removes_a_file(void)
{
	return unlink("/tmp/capwatch-not-there");
}

static long renames_a_file(void)
{
	return rename("/tmp/capwatch-not-there", "/tmp/capwatch-not-there-2");
}

static long makes_a_folder(void)
{
	return mkdir("/tmp/capwatch-not-made", 0700);
}

static long changes_a_mode(void)
{
	return chmod("/tmp/capwatch-not-there", 0600);
}

static long opens_a_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static long opens_an_internet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long opens_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long makes_a_socket_pair(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static long connects(void)
{
	const struct sockaddr address = {.sa_family = AF_UNSPEC};

	return connect(0, &address, sizeof(address));
}

static long listens(void)
{
	return listen(0, 1);
}

static long forks(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long signals_another(void)
{
	return kill(getppid(), 0);
}

static long maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static long raises_a_limit(void)
{
	const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_NOFILE, &limit);
}

static long changes_user(void)
{
	return setresuid(0, 0, 0);
}

static const struct attempt refused[] = {
	{"writes a file", writes_a_file, false},
	{"reads and writes a file", reads_and_writes_a_file, false},
	{"makes a file", makes_a_file, false},
	{"makes a file without name", makes_a_file_without_name, false},
	{"empties a file", empties_a_file, false},
	{"makes memory a file", makes_memory_a_file, false},
	{"removes a file", removes_a_file, false},
	{"renames a file", renames_a_file, false},
	{"makes a folder", makes_a_folder, false},
	{"changes a mode", changes_a_mode, false},
	{"opens a UNIX socket", opens_a_unix_socket, false},
	{"opens an internet socket", opens_an_internet_socket, false},
	{"opens a packet socket", opens_a_packet_socket, false},
	{"makes a socket pair", makes_a_socket_pair, false},
	{"connects", connects, false},
	{"listens", listens, false},
	{"forks", forks, true},
	{"signals another process", signals_another, false},
	{"maps code", maps_code, true},
	{"raises a limit", raises_a_limit, false},
	{"changes user", changes_user, false},
};

START_TEST(test_sensor_is_refused)
{
	const struct attempt *attempt = &refused[_i];
	int status;

	if (SANITIZED && attempt->of_the_leak_checker)
		return;
	status = end_of(confine_sensor, attempt);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS, "%s: status %#x",
		      attempt->name, (unsigned)status);
}
END_TEST

/* ---- what ends it ---- */

static long traces(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long reads_memory_of_another(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static long writes_memory_of_another(void)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return process_vm_writev(getppid(), &here, 1, &there, 1, 0);
}

static long takes_a_descriptor(void)
{
	return syscall(438 /* pidfd_getfd */, 0, 0, 0);
}

static long executes(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static long loads_a_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long uses_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long uses_a_ring(void)
{
	return syscall(425 /* io_uring_setup */, 1, NULL);
}

static long uses_keys(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long mounts(void)
{
	return syscall(SYS_mount, NULL, NULL, NULL, 0, NULL);
}

static long enters_a_namespace(void)
{
	return syscall(SYS_unshare, 0);
}

static long opens_by_handle(void)
{
	return syscall(SYS_open_by_handle_at, -1, NULL, 0);
}

static const struct attempt fatal[] = {
	{"traces", traces, true},
	{"reads another's memory", reads_memory_of_another, true},
	{"writes another's memory", writes_memory_of_another, false},
	{"takes another's descriptor", takes_a_descriptor, false},
	{"loads a module", loads_a_module, false},
	{"uses bpf", uses_bpf, false},
	{"uses io_uring", uses_a_ring, false},
	{"uses keys", uses_keys, false},
	{"mounts", mounts, false},
	{"enters a namespace", enters_a_namespace, false},
	{"opens by handle", opens_by_handle, false},
	{"executes", executes, false},
};

enum { FATAL_COUNT = sizeof(fatal) / sizeof(*fatal), FATAL_TO_SUPERVISOR = FATAL_COUNT - 1 };

static void expect_killed(int (*confine)(struct error *), const struct attempt *attempt)
{
	int status;

	if (SANITIZED && attempt->of_the_leak_checker)
		return;
	status = end_of(confine, attempt);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x",
		      attempt->name, (unsigned)status);
}

START_TEST(test_sensor_is_ended_when_it)
{
	expect_killed(confine_sensor, &fatal[_i]);
}
END_TEST

START_TEST(test_supervisor_is_ended_when_it)
{
	expect_killed(confine_supervisor, &fatal[_i]);
}
END_TEST

#ifdef __x86_64__
static long calls_as_x32(void)
{
	return syscall(X32_BIT | SYS_getpid);
}

static long calls_as_i386(void)
{
	long result;

	/* where the kernel lacks it, this signal ends us, and no sanitizer's report of it */
	signal(SIGSEGV, SIG_DFL);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L /* getpid there */) : "memory");
	return result;
}

static int as_it_is(struct error *error)
{
	(void)error;
	return 0;
}

START_TEST(test_another_abi_ends_it)
{
	const struct attempt others[] = {{"x32", calls_as_x32, false},
					 {"i386", calls_as_i386, false}};

	for (size_t i = 0; i < 2; i++) {
		if (!WIFEXITED(end_of(as_it_is, &others[i]))) {
			fprintf(stderr, "skipped: this kernel has no %s\n", others[i].name);
			continue;
		}
		expect_killed(confine_sensor, &others[i]);
		expect_killed(confine_supervisor, &others[i]);
	}
}
END_TEST
#endif

/* ---- what it still can ---- */

static int pair[2];

#define NEED(what)                                                                                 \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s: %s\n", #what, strerror(errno));                       \
			return -1;                                                                 \
		}                                                                                  \
	} while (0)

static long does_its_work(void)
{
	char buffer[64], *large;
	struct pollfd polled = {.fd = pair[0], .events = POLLIN};
	DIR *folder;
	FILE *file;

	NEED(send(pair[1], "x", 1, MSG_NOSIGNAL) == 1);
	NEED(poll(&polled, 1, 0) == 1);
	NEED(recv(pair[0], buffer, sizeof(buffer), MSG_DONTWAIT) == 1);
	NEED(readlink("/proc/self/exe", buffer, sizeof(buffer)) > 0);
	NEED((folder = opendir("/proc")) != NULL);
	NEED(readdir(folder) != NULL);
	closedir(folder);
	NEED((file = fopen("/proc/self/status", "re")) != NULL);
	NEED(fgets(buffer, sizeof(buffer), file) != NULL);
	fclose(file);
	NEED((large = calloc(16, 1 << 20)) != NULL);
	NEED((large = realloc(large, 32 << 20)) != NULL);
	free(large);
	alarm(0);
	return 0;
}

static int as_the_sensor_becomes(struct error *error)
{
	return confine_supervisor(error) < 0 ? -1 : confine_sensor(error);
}

START_TEST(test_sensor_does_its_work)
{
	const struct attempt work = {"works", does_its_work, false};

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(end_of(as_the_sensor_becomes, &work), 0);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

static long starts_another_program(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(98);
	}
	NEED(pid > 0);
	NEED(waitpid(pid, &status, 0) == pid);
	NEED(status == 0);
	NEED(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT) >= 0);
	return 0;
}

START_TEST(test_supervisor_starts_the_courier_and_asks_the_kernel)
{
	const struct attempt work = {"works", starts_another_program, false};

	ck_assert_int_eq(end_of(confine_supervisor, &work), 0);
}
END_TEST

START_TEST(test_supervisor_is_refused)
{
	const struct attempt attempts[] = {{"packet socket", opens_a_packet_socket, false},
					   {"listens", listens, false},
					   {"memfd", makes_memory_a_file, false}};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		int status = end_of(confine_supervisor, &attempts[i]);

		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS, "%s: status %#x",
			      attempts[i].name, (unsigned)status);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("confine");
	TCase *tcase = tcase_create("confine");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_sensor_is_refused, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_loop_test(tcase, test_sensor_is_ended_when_it, 0, FATAL_COUNT);
	tcase_add_loop_test(tcase, test_supervisor_is_ended_when_it, 0, FATAL_TO_SUPERVISOR);
#ifdef __x86_64__
	tcase_add_test(tcase, test_another_abi_ends_it);
#endif
	tcase_add_test(tcase, test_sensor_does_its_work);
	tcase_add_test(tcase, test_supervisor_starts_the_courier_and_asks_the_kernel);
	tcase_add_test(tcase, test_supervisor_is_refused);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
