/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: bytes that came from outside on their way into something a person or a parser reads.
 */
#ifndef CAPWATCH_TEXT_H
#define CAPWATCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* A JSON string of the bytes; each byte that is not part of valid UTF-8 becomes U+FFFD. Everything
 * else (quotes, controls) is kept: JSON's own escaping carries it. The caller owns the reference.
 */
json_t *text_to_json(const char *bytes, size_t length);

/* False for controls and for what breaks a line or turns its direction: each can make a line read
 * as another. code is a code point. */
bool text_is_printable(uint32_t code);

/* The bytes as one printable line: control characters, DEL and invalid UTF-8 become '?'. Always
 * terminated, truncated at a character's edge; returns buf. */
char *text_to_line(const char *bytes, size_t length, char *buf, size_t size);

/* How many bytes the first character takes; 0 when no valid UTF-8 starts here. length is at
 * least 1. */
size_t text_utf8_size(const char *bytes, size_t length);

/* "2026-11-22T02:13:09.123Z" of milliseconds since the epoch; buf of at least 32 bytes; returns
 * buf. */
char *text_time(int64_t milliseconds, char *buf, size_t size);

/* The way back: milliseconds since the epoch, -1 where the text (NULL is allowed) is no such time.
 */
int64_t text_time_value(const char *text);

/* Lower-case hex SHA-256 of the bytes; hex holds 65 bytes. */
void text_sha256(const void *bytes, size_t length, char hex[65]);

#endif
