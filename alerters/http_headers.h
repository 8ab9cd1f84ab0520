/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_headers: the headers that a webhook's settings ask for, secrets among them. Owns: reading
 * secrets from their files, and wiping them. Must not own: headers of a format or a signature.
 * A secret never stands in an error, a log line or an alert: only the name of its file does.
 */
#ifndef CAPWATCH_HTTP_HEADERS_H
#define CAPWATCH_HTTP_HEADERS_H

#include <curl/curl.h>
#include "common/error.h"
#include "conf/settings.h"

/* Appends to *list. 0 or -1 with err, and then what was appended before stays. */
int http_headers_append(struct curl_slist **list, const struct sink_settings *settings,
			struct error *err);

/* Puts '*' over what the text, a receiver's reply, says again of the values of these headers: a
 * reply goes into logs. list: what http_headers_append() appended, or NULL. */
void http_headers_hide(const struct curl_slist *list, char *text, size_t length);

/* Wipes, then frees. NULL is fine. */
void http_headers_free(struct curl_slist *list);

#endif
