/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook_request: body and headers of one request of a webhook, in its format and signed. Owns:
 * both, as long as libcurl reads them, and the keys. Must not own: the transfer, or what the reply
 * means.
 */
#ifndef CAPWATCH_WEBHOOK_REQUEST_H
#define CAPWATCH_WEBHOOK_REQUEST_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include "alerters/sign.h"
#include "common/error.h"
#include "conf/settings.h"

struct webhook_request {
	const struct sink_settings *settings; /* borrowed */
	const struct curl_slist *fixed;	      /* borrowed: the headers of every request */
	struct sign_keys *keys;		      /* NULL until they are needed and can be read */
	char *body;			      /* what is signed */
	size_t length;
	char *packed; /* the same, compressed; NULL: it is sent as it is */
	size_t packed_length;
	struct curl_slist *headers;
};

/* The request for an alert, compressed if the settings say so, format_native()'s line; alertmanager
 * has it resolved at ends_at (ms since the epoch). Frees the one before. Reads the secret files
 * where no keys are there: when that fails, it is tried again at the next request, and none goes
 * out unsigned. 0, or -1 with err. */
int webhook_request_make(struct webhook_request *request, const char *json, int64_t ends_at,
			 struct error *err);

/* The request with this body, as it is; id signs it. Takes body (malloc'ed; NULL: memory is out).
 */
int webhook_request_raw(struct webhook_request *request, const char *id, char *body,
			struct error *err);

/* Frees what it owns, keys too. */
void webhook_request_free(struct webhook_request *request);

#endif
