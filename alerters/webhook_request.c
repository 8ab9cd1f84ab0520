/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/webhook_request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "alerters/fields.h"
#include "alerters/format.h"
#include "alerters/gzip.h"

/* Headers may hold credentials. */
static void forget(struct webhook_request *request)
{
	for (struct curl_slist *line = request->headers; line; line = line->next)
		explicit_bzero(line->data, strlen(line->data));
	curl_slist_free_all(request->headers);
	free(request->body);
	free(request->packed);
	request->body = request->packed = NULL;
	request->headers = NULL;
	request->length = 0;
}

static int add_header(struct webhook_request *request, const char *line, struct error *err)
{
	struct curl_slist *longer = curl_slist_append(request->headers, line);

	if (!longer)
		return error_set(err, "out of memory");
	request->headers = longer;
	return 0;
}

static int sign(struct webhook_request *request, const char *id, struct error *err)
{
	struct sign_message message = {
		.id = id,
		.timestamp = (int64_t)time(NULL),
		.body = request->body,
		.length = request->length,
	};
	struct sign_lines lines = {0};

	if (!request->keys)
		request->keys = sign_keys_load(request->settings, err);
	if (!request->keys || sign_message(request->keys, &message, &lines, err) < 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		if (add_header(request, lines.lines[i], err) < 0)
			return -1;
	return 0;
}

static int make_headers(struct webhook_request *request, const char *id, struct error *err)
{
	for (const struct curl_slist *line = request->fixed; line; line = line->next)
		if (add_header(request, line->data, err) < 0)
			return -1;
	return request->settings->secret_files ? sign(request, id, err) : 0;
}

int webhook_request_raw(struct webhook_request *request, const char *id, char *body,
			struct error *err)
{
	forget(request);
	if (!body)
		return error_set(err, "out of memory");
	request->body = body;
	request->length = strlen(body);
	if (make_headers(request, id, err) == 0)
		return 0;
	forget(request);
	return -1;
}

/* The signature stays that of the body before: a receiver's framework mostly unpacks it before
 * anybody can verify it. */
static int compress_body(struct webhook_request *request, struct error *err)
{
	if (request->settings->compression == COMPRESSION_NONE)
		return 0;
	request->packed = gzip_make(request->body, request->length, &request->packed_length);
	if (request->packed)
		return add_header(request, "Content-Encoding: gzip", err);
	return error_set(err, "cannot compress: out of memory");
}

int webhook_request_make(struct webhook_request *request, const char *json, int64_t ends_at,
			 struct error *err)
{
	struct format_context context = {.format = request->settings->format, .ends_at = ends_at};
	json_t *alert = format_parse(json, strlen(json), err);
	const char *id = alert ? fields_text(alert, "id") : NULL;
	size_t length;
	char *body = alert ? format_alert(&context, alert, &length, err) : NULL;
	int result = body ? webhook_request_raw(request, id ? id : "none", body, err) : -1;

	if (result == 0)
		result = compress_body(request, err);
	json_decref(alert);
	return result;
}

void webhook_request_free(struct webhook_request *request)
{
	forget(request);
	sign_keys_free(request->keys);
	request->keys = NULL;
}
