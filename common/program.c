/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "common/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int spawn(const char *path, const char *const *arguments, int output, pid_t *pid)
{
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *environment[] = {search, locale, NULL};
	posix_spawn_file_actions_t actions;
	int number = posix_spawn_file_actions_init(&actions);

	if (number)
		return number;
	number = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!number)
		number = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!number)
		number = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (!number)
		number = posix_spawn(pid, path, &actions, NULL, (char *const *)arguments,
				     environment);
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

/* Reads to the end or the limit of time; what does not fit is read and dropped. */
static void collect(int fd, char *output)
{
	time_t deadline = time(NULL) + PROGRAM_SECONDS_MAX;
	size_t used = 0;
	char chunk[1024];

	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		time_t left = deadline - time(NULL);
		ssize_t n;

		if (left <= 0 || poll(&poll_fd, 1, (int)left * 1000) == 0)
			return;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		for (ssize_t i = 0; i < n && used < PROGRAM_OUTPUT_MAX - 1; i++) {
			unsigned char byte = (unsigned char)chunk[i];

			output[used++] = byte == '\n' || (byte >= ' ' && byte < 0x7f) ? chunk[i]
										      : '?';
		}
		output[used] = '\0';
	}
}

/* The exit code; a child that outlives its time is ended. */
static int reap(pid_t pid)
{
	int status;

	for (int waited = 0; waitpid(pid, &status, WNOHANG) == 0; waited++) {
		struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

		if (waited == 100)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_run(const char *path, const char *const *arguments, struct program_result *result,
		struct error *err)
{
	int ends[2], number;
	pid_t pid;

	*result = (struct program_result){.output = calloc(1, PROGRAM_OUTPUT_MAX)};
	if (!result->output)
		return error_set(err, "out of memory");
	if (pipe2(ends, O_CLOEXEC) < 0) {
		error_set(err, "pipe: %s", strerror(errno));
		goto failed;
	}
	number = spawn(path, arguments, ends[1], &pid);
	close(ends[1]);
	if (number == 0) {
		collect(ends[0], result->output);
		result->exit_code = reap(pid);
	}
	close(ends[0]);
	if (number == 0)
		return 0;
	error_set(err, "%s: %s", path, strerror(number));
failed:
	free(result->output);
	result->output = NULL;
	return -1;
}
