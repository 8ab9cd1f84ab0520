/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: system calls that broad audit rules record, at full speed or at a rate.
 *
 *   load [--records N] [--rate N] [--seconds N] FOLDER
 *
 *   --records N   until the calls made should give so many records (default 100000)
 *   --rate N      at most so many records a second (default 0: as fast as the kernel lets it);
 *                 what could not be made in time is not made up for, or it would come in bursts
 *   --seconds N   until then at the latest
 *
 * A round opens and stats files, makes, renames and removes one, changes a mode and an owner,
 * connects and binds a socket; each EXEC_EVERY-th also executes a program, each CAPSET_EVERY-th
 * gives up a capability and takes it back. How many records a call gives is the kernel's: the
 * numbers here serve the pace, and whoever counts reads auditd's log. Works in FOLDER, which is to
 * be empty. Prints name=value lines: calls, expected, took_us.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BEHIND_MAX_US = 5000 };
enum { EXEC_EVERY = 20, CAPSET_EVERY = 25, TOGGLED = CAP_NET_RAW, CLOSED_PORT = 9 };
enum { PROGRAM_RECORDS = 18 }; /* the exec itself, and what its loader opens */

struct options {
	uint64_t records, rate, seconds;
};

struct load {
	const struct options *options;
	int64_t began_us;
	int64_t due_us; /* the next call, at a rate */
	uint64_t rounds, calls, expected;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- calls, with the number of records that each gives --------------------------------------- */

static int open_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : close(fd);
}

static int open_nothing(void)
{
	return open("/etc/no-such-file", O_RDONLY | O_CLOEXEC) < 0 ? 0 : -1;
}

static int make_file(void)
{
	int fd = open("new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int change_mode(void)
{
	return chmod("new", 0640);
}

static int change_owner(void)
{
	return chown("new", getuid(), getgid());
}

static int rename_file(void)
{
	return rename("new", "old");
}

static int remove_file(void)
{
	return unlink("old");
}

static int use_socket(int (*call)(int, const struct sockaddr *, socklen_t), uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result = fd < 0 ? -1 : call(fd, (struct sockaddr *)&address, sizeof(address));
	if (fd >= 0)
		close(fd);
	return result;
}

static int connect_socket(void)
{
	return use_socket(connect, CLOSED_PORT);
}

static int bind_socket(void)
{
	return use_socket(bind, 0);
}

struct call {
	int (*make)(void);
	unsigned records;
	const char *name;
};

static const struct call calls[] = {
	{open_file, 5, "open"},		{open_nothing, 5, "open (refused)"},
	{open_file, 5, "open"},		{make_file, 6, "open (new file)"},
	{change_mode, 5, "chmod"},	{open_file, 5, "open"},
	{change_owner, 5, "chown"},	{rename_file, 8, "rename"},
	{connect_socket, 4, "connect"}, {open_file, 5, "open"},
	{remove_file, 6, "unlink"},	{bind_socket, 4, "bind"},
};

static int execute(void)
{
	char program[] = "/bin/true", *arguments[] = {program, NULL}, *environment[] = {NULL};
	int status;
	pid_t pid;

	if (posix_spawn(&pid, program, NULL, NULL, arguments, environment) != 0)
		return -1;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int toggle(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) != 0)
		return -1;
	sets[0].effective &= ~(1U << TOGGLED);
	if (syscall(SYS_capset, &header, sets) != 0)
		return -1;
	sets[0].effective |= sets[0].permitted & 1U << TOGGLED;
	return (int)syscall(SYS_capset, &header, sets);
}

/* ---- the run --------------------------------------------------------------------------------- */

static bool is_over(const struct load *load)
{
	const struct options *options = load->options;

	return load->expected >= options->records ||
	       (options->seconds &&
		now_us() - load->began_us >= (int64_t)options->seconds * 1000000);
}

static void keep_rate(struct load *load)
{
	int64_t left;

	if (load->options->rate == 0)
		return;
	left = load->due_us - now_us();
	if (left > 0)
		usleep((useconds_t)left);
	else if (-left > BEHIND_MAX_US)
		load->due_us -= left;
}

static int make_call(struct load *load, const struct call *call)
{
	if (call->make() != 0) {
		fprintf(stderr, "load: %s: %s\n", call->name, strerror(errno));
		return -1;
	}
	load->calls++;
	load->expected += call->records;
	if (load->options->rate)
		load->due_us += (int64_t)(call->records * 1000000 / load->options->rate);
	keep_rate(load);
	return 0;
}

static int run_round(struct load *load)
{
	static const struct call program = {execute, PROGRAM_RECORDS, "posix_spawn"};
	static const struct call capsets = {toggle, 8, "capset"};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (make_call(load, &calls[i]) != 0)
			return -1;
	load->rounds++;
	if (load->rounds % EXEC_EVERY == 0 && make_call(load, &program) != 0)
		return -1;
	if (load->rounds % CAPSET_EVERY == 0 && make_call(load, &capsets) != 0)
		return -1;
	return 0;
}

static bool take_option(struct options *options, const char *name, const char *value)
{
	uint64_t number = strtoull(value, NULL, 10);

	if (strcmp(name, "--records") == 0)
		options->records = number;
	else if (strcmp(name, "--rate") == 0)
		options->rate = number;
	else if (strcmp(name, "--seconds") == 0)
		options->seconds = number;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct options options = {.records = 100000};
	struct load load = {.options = &options};
	int at = 1;

	while (at + 1 < argc && argv[at][0] == '-' && take_option(&options, argv[at], argv[at + 1]))
		at += 2;
	if (at + 1 != argc || argv[at][0] == '-') {
		fprintf(stderr, "usage: load [--records N] [--rate N] [--seconds N] FOLDER\n");
		return 2;
	}
	if (chdir(argv[at]) != 0) {
		perror(argv[at]);
		return 1;
	}
	load.began_us = load.due_us = now_us();
	while (!is_over(&load))
		if (run_round(&load) != 0)
			return 1;
	printf("calls=%" PRIu64 "\nexpected=%" PRIu64 "\ntook_us=%" PRId64 "\n", load.calls,
	       load.expected, now_us() - load.began_us);
	return 0;
}
