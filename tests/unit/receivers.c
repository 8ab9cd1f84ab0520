/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/receivers.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX = 4 * 1024 * 1024, FDS_MAX = 256 };

int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

void folder_make(char folder[PATH_SIZE])
{
	const char *base = getenv("TMPDIR");

	snprintf(folder, PATH_SIZE, "%s/capwatch-test-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

void folder_remove(const char *folder)
{
	char *paths[] = {(char *)(uintptr_t)folder, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info != FTS_D)
			remove(entry->fts_path);
	if (tree)
		fts_close(tree);
}

const char *path_in(const char *folder, const char *name, char path[PATH_SIZE])
{
	int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);

	ck_assert_int_lt(length, PATH_SIZE);
	return path;
}

char *file_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, FILE_MAX);

	ck_assert_ptr_nonnull(text);
	if (file) {
		text[fread(text, 1, FILE_MAX - 1, file)] = '\0';
		fclose(file);
	}
	return text;
}

void file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	/* some hold secrets, which others may not read */
	ck_assert_int_eq(fchmod(fileno(file), 0600), 0);
	fclose(file);
}

static void keep_line(void *ctx, int priority, const char *line)
{
	struct logged *logged = ctx;

	(void)priority;
	logged->used += (size_t)snprintf(logged->text + logged->used, LOGGED_SIZE - logged->used,
					 "%s\n", line);
	ck_assert_uint_lt(logged->used, LOGGED_SIZE);
}

void logged_open(struct logged *logged, struct logger *log)
{
	memset(logged, 0, sizeof(*logged));
	log->emit = keep_line;
	log->ctx = logged;
	log->max_priority = 7;
}

unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

int tcp_listen(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	*port = ntohs(address.sin_port);
	return fd;
}

uint16_t http_free_port(void)
{
	uint16_t port = 0;

	close(tcp_listen(&port));
	return port;
}

/* A request whose length its Content-Length gives. */
static size_t read_request(int fd, char request[REQUEST_SIZE])
{
	size_t used = 0, whole = REQUEST_SIZE;

	while (used < whole) {
		ssize_t got = read(fd, request + used, REQUEST_SIZE - 1 - used);
		char *end, *length;

		if (got <= 0)
			break;
		used += (size_t)got;
		request[used] = '\0';
		end = strstr(request, "\r\n\r\n");
		length = strstr(request, "Content-Length: ");
		if (end && length)
			whole = (size_t)(end + 4 - request) + strtoul(length + 16, NULL, 10);
	}
	return used;
}

static void serve(int listener, int requests, const struct http_reply *script, size_t count)
{
	static char request[REQUEST_SIZE];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* a copy of a test's socket here would keep its end of file from being seen */
	for (int fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
		if (fd != listener && fd != requests)
			close(fd);
	for (size_t i = 0;; i += i + 1 < count) {
		int fd = accept(listener, NULL, NULL);
		size_t length = read_request(fd, request);

		if (write(requests, request, length) < 0)
			_exit(0);
		sleep_ms(script[i].delay_ms);
		if (write(fd, script[i].text, strlen(script[i].text)) < 0)
			_exit(1);
		close(fd);
	}
}

void http_start(struct http_receiver *receiver, uint16_t port, const struct http_reply *script,
		size_t count)
{
	int pair[2], listener;

	receiver->port = port;
	listener = tcp_listen(&receiver->port);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	receiver->pid = fork();
	if (receiver->pid == 0)
		serve(listener, pair[1], script, count);
	close(listener);
	close(pair[1]);
	receiver->requests = pair[0];
}

bool is_readable(int fd, int timeout_ms)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, timeout_ms) > 0;
}

bool http_next(struct http_receiver *receiver, char request[REQUEST_SIZE], int timeout_ms)
{
	ssize_t got;

	if (!is_readable(receiver->requests, timeout_ms))
		return false;
	got = read(receiver->requests, request, REQUEST_SIZE - 1);
	request[got > 0 ? got : 0] = '\0';
	return got > 0;
}

void http_stop(struct http_receiver *receiver)
{
	kill(receiver->pid, SIGKILL);
	waitpid(receiver->pid, NULL, 0);
	close(receiver->requests);
}

int syslog_bind(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

ssize_t syslog_next(int socket, char *frame, size_t size, int timeout_ms)
{
	ssize_t got;

	if (!is_readable(socket, timeout_ms))
		return -1;
	got = read(socket, frame, size - 1);
	frame[got > 0 ? got : 0] = '\0';
	return got;
}

void offer_alert(struct sink *sink, const char *id, enum severity severity)
{
	char text[256];
	struct parcel *parcel;

	snprintf(text, sizeof(text),
		 "{\"id\":\"%s\",\"time\":\"2026-11-22T02:13:09.123Z\",\"host\":\"h\",\"severity\":"
		 "\"%s\","
		 "\"reason\":\"ambient-raise\",\"message\":\"m\"}",
		 id, vocab_word(&vocab_severity, severity));
	parcel = parcel_new(severity, DISPOSITION_ALERT, text, strlen(text));
	sink_offer(sink, parcel, now_ms());
	parcel_unref(parcel);
}

void offer_large_alert(struct sink *sink, const char *id)
{
	static char text[4096];
	int length = snprintf(text, sizeof(text),
			      "{\"id\":\"%s\",\"severity\":\"high\",\"message\":\"%01000d\","
			      "\"process\":{\"exe\":\"/%0700d\"}}",
			      id, 1, 1);
	struct parcel *parcel = parcel_new(SEVERITY_HIGH, DISPOSITION_ALERT, text, (size_t)length);

	sink_offer(sink, parcel, now_ms());
	parcel_unref(parcel);
}
