/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: what capwatch says of itself to its operator (not alerts).
 * Owns: formatting and the choice of target. Must not own: any policy of what is worth saying.
 * A logger is a value passed down; there is no global one. The sensor's logger hands lines to the
 * courier, the supervisor's and the courier's go to syslog, the command line's to stderr.
 */
#ifndef CAPWATCH_LOG_H
#define CAPWATCH_LOG_H

#include <stdarg.h>

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG of syslog(3) */
struct logger {
	void (*emit)(void *ctx, int priority, const char *line);
	void *ctx;
	int max_priority; /* lines with a larger number (less urgent) are left out */
};

/* Both fill in *log. log_to_stderr prints "program: line"; ident must outlive the logger. */
void log_to_stderr(struct logger *log, const char *ident);
/* openlog(3) with LOG_DAEMON; ident must outlive the logger. */
void log_to_syslog(struct logger *log, const char *ident);

/* One line of at most 1,000 bytes; control characters are replaced by '?'. log may be NULL: silent.
 */
void log_line(const struct logger *log, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
