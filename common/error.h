/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: a message that travels up as a value.
 * Owns nothing; made where the cause is known, printed only by main, the
 * command line or the log. Never exits, never prints by itself.
 */
#ifndef CAPWATCH_ERROR_H
#define CAPWATCH_ERROR_H

#include <stdarg.h>

enum { ERROR_TEXT_MAX = 1024 };

struct error {
	char text[ERROR_TEXT_MAX]; /* one line, no newline at the end; "" is no error */
};

/* Writes the message (truncated to fit, control characters left to the caller). Always returns -1,
 * so that a caller can write: return error_set(err, ...). err may be NULL. */
#define error_set(err, ...) (error_write((err), __VA_ARGS__), error_result())

/* Puts "prefix: " in front of what err already says. Always returns -1. */
#define error_prefix(err, ...) (error_write_prefix((err), __VA_ARGS__), error_result())

/* What the two are made of: that the result is -1 is said here, where compilers and analysers of
 * their callers see it. */
void error_write(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_write_prefix(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline int error_result(void)
{
	return -1;
}

#endif
