/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receivers: the other ends that the courier's tests need: a folder, an HTTP receiver on the
 * loopback interface that answers by a script, a syslog socket, a log that can be read.
 */
#ifndef CAPWATCH_TESTS_RECEIVERS_H
#define CAPWATCH_TESTS_RECEIVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "alerters/sink.h"
#include "common/log.h"

enum { PATH_SIZE = 256, REQUEST_SIZE = 64 * 1024, LOGGED_SIZE = 16 * 1024, WAIT_MS = 8000 };

int64_t now_ms(void);
void sleep_ms(int ms);

/* A new folder below TMPDIR, and its end with all in it. */
void folder_make(char folder[PATH_SIZE]);
void folder_remove(const char *folder);
const char *path_in(const char *folder, const char *name, char path[PATH_SIZE]);

/* The whole of a file, terminated, to be freed; "" when it does not exist. */
char *file_read(const char *path);
void file_write(const char *path, const char *text);

/* Logs into text, line by line. */
struct logged {
	char text[LOGGED_SIZE];
	size_t used;
};
void logged_open(struct logged *logged, struct logger *log);
unsigned count_of(const char *text, const char *part);

struct http_reply {
	const char *text; /* raw; a connection serves one request */
	int delay_ms;
};

#define HTTP_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* A process that answers with the script's replies, its last one again and again. */
struct http_receiver {
	pid_t pid;
	int requests;
	uint16_t port;
};

/* Listens on the loopback interface; port 0: any, which is set. */
int tcp_listen(uint16_t *port);
bool is_readable(int fd, int timeout_ms);

/* A port that nobody listens on now. */
uint16_t http_free_port(void);
void http_start(struct http_receiver *receiver, uint16_t port, const struct http_reply *script,
		size_t count);
/* The next request, head and body; false when none came in time. */
bool http_next(struct http_receiver *receiver, char request[REQUEST_SIZE], int timeout_ms);
void http_stop(struct http_receiver *receiver);

/* A bound syslog socket of this type (SOCK_DGRAM, or SOCK_STREAM listening). */
int syslog_bind(const char *path, int type);
/* The next datagram or piece of stream, terminated; its length, or -1 when none came in time. */
ssize_t syslog_next(int socket, char *frame, size_t size, int timeout_ms);

/* What a sink's settings need of the spool when a test does not care. */
#define SPOOL_ROOM                                                                                 \
	{                                                                                          \
		.max_count = 10000, .max_bytes = 32 * 1024 * 1024, .max_age_ms = 7 * DAY           \
	}
enum { HOUR = 60 * 60 * 1000, DAY = 24 * HOUR };

/* A parcel of this severity whose alert has this id, offered to the sink. */
void offer_alert(struct sink *sink, const char *id, enum severity severity);
/* The same, high, of some two thousand bytes. */
void offer_large_alert(struct sink *sink, const char *id);

#endif
