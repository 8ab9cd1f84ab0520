/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <stdio.h>
#include <syslog.h>

enum { LOG_LINE_MAX = 1000 };

static void emit_to_stderr(void *ctx, int priority, const char *line)
{
	const char *ident = ctx;

	(void)priority;
	fprintf(stderr, "%s: %s\n", ident, line);
}

static void emit_to_syslog(void *ctx, int priority, const char *line)
{
	(void)ctx;
	syslog(priority, "%s", line);
}

void log_to_stderr(struct logger *log, const char *ident)
{
	log->emit = emit_to_stderr;
	log->ctx = (void *)ident;
	log->max_priority = LOG_INFO;
}

void log_to_syslog(struct logger *log, const char *ident)
{
	openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	log->emit = emit_to_syslog;
	log->ctx = NULL;
	log->max_priority = LOG_INFO;
}

void log_line(const struct logger *log, int priority, const char *format, ...)
{
	char line[LOG_LINE_MAX + 1];
	va_list args;

	if (!log || !log->emit || priority > log->max_priority)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* bytes above 0x7f stay: they may be UTF-8, and no terminal or log splits a line at them */
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	log->emit(log->ctx, priority, line);
}
