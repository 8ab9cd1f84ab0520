/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_reply: what a receiver's answer means for the alert that was posted. Owns: the meaning of
 * statuses and of Retry-After. Must not own: the request, or what is done about the answer.
 */
#ifndef CAPWATCH_HTTP_REPLY_H
#define CAPWATCH_HTTP_REPLY_H

#include <stdint.h>

enum http_meaning {
	HTTP_TAKEN,
	HTTP_AGAIN,   /* later, as it is */
	HTTP_REFUSED, /* this alert never */
	HTTP_CLOSED,  /* no alert, until somebody changes something */
};

/* status 0: there was no reply at all. */
enum http_meaning http_reply_meaning(long status);

#define HTTP_NO_WAIT (-1)

/* Milliseconds from now (ms since the epoch) that the value of Retry-After asks for: seconds or a
 * date. HTTP_NO_WAIT for what is neither, negative, or past. */
int64_t http_reply_wait(const char *value, int64_t now);

#endif
