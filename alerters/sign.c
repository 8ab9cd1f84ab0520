/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sign.h"

#include <ctype.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conf/secret_file.h"

enum {
	MAC_SIZE = 32,
	MAC_BASE64_SIZE = 48,
	/* Standard Webhooks: from 24 to 64 bytes, in base64 */
	WHSEC_BYTES_MIN = 24,
	WHSEC_BYTES_MAX = 64,
	WHSEC_BASE64_MAX = 88,
};

#define WHSEC "whsec_"

struct key {
	size_t length;
	unsigned char bytes[SECRET_SIZE_MAX];
};

struct sign_keys {
	enum signature signature;
	const char *header; /* the settings' */
	size_t count;
	struct key keys[SIGN_KEYS_MAX];
};

/* How many of the '=' at its end are padding. */
static size_t padding_of(const char *text, size_t length)
{
	size_t padding = 0;

	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	return padding;
}

/* Bytes of a base64 text with its padding; -1 for what is none. */
static int decode_base64(const char *text, size_t length, unsigned char *bytes)
{
	int decoded;

	/* libcrypto would pass over blanks and take what is not padded */
	for (size_t i = 0; i < length - padding_of(text, length); i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/')
			return -1;
	if (length == 0 || length % 4 != 0)
		return -1;
	decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
	return decoded < 0 ? -1 : decoded - (int)padding_of(text, length);
}

static int add_whsec(struct sign_keys *keys, const char *line, size_t length)
{
	size_t prefix = strlen(WHSEC);
	struct key *key = &keys->keys[keys->count];
	int decoded;

	if (length < prefix || memcmp(line, WHSEC, prefix) != 0 ||
	    length - prefix > WHSEC_BASE64_MAX)
		return -1;
	decoded = decode_base64(line + prefix, length - prefix, key->bytes);
	if (decoded < WHSEC_BYTES_MIN || decoded > WHSEC_BYTES_MAX)
		return -1;
	key->length = (size_t)decoded;
	keys->count++;
	return 0;
}

static int add_lines(struct sign_keys *keys, const struct secret_file *secret, const char *path,
		     struct error *err)
{
	const char *end = secret->text + secret->length;

	for (const char *line = secret->text; line < end;) {
		size_t length = strcspn(line, "\r\n");

		if (keys->count == SIGN_KEYS_MAX)
			return error_set(err, "more than %d secrets; remove the oldest",
					 SIGN_KEYS_MAX);
		if (length > 0 && add_whsec(keys, line, length) < 0)
			return error_set(
				err,
				"%s: holds a line that is no secret of Standard Webhooks: " WHSEC
				" and %d to %d bytes in base64 with padding",
				path, WHSEC_BYTES_MIN, WHSEC_BYTES_MAX);
		line += length + (line + length < end);
	}
	return 0;
}

static int add_file(struct sign_keys *keys, const char *path, struct error *err)
{
	struct secret_file secret;
	int result = secret_file_read(path, geteuid(), &secret, err);

	if (result < 0)
		return -1;
	if (keys->signature == SIGNATURE_STANDARD_WEBHOOKS) {
		result = add_lines(keys, &secret, path, err);
	} else {
		struct key *key = &keys->keys[keys->count++];

		memcpy(key->bytes, secret.text, secret.length);
		key->length = secret.length;
	}
	secret_file_forget(&secret);
	return result;
}

struct sign_keys *sign_keys_load(const struct sink_settings *settings, struct error *err)
{
	struct sign_keys *keys = calloc(1, sizeof(*keys));

	if (!keys) {
		error_set(err, "out of memory");
		return NULL;
	}
	keys->signature = settings->signature;
	keys->header = settings->signature_header;
	for (size_t i = 0; settings->secret_files[i]; i++) {
		if (keys->count == SIGN_KEYS_MAX)
			error_set(err, "more than %d secrets; remove the oldest", SIGN_KEYS_MAX);
		else if (add_file(keys, settings->secret_files[i], err) == 0)
			continue;
		sign_keys_free(keys);
		return NULL;
	}
	return keys;
}

void sign_keys_free(struct sign_keys *keys)
{
	if (!keys)
		return;
	OPENSSL_cleanse(keys, sizeof(*keys));
	free(keys);
}

static int make_mac(const struct key *key, const void *data, size_t length,
		    unsigned char mac[MAC_SIZE])
{
	unsigned size = 0;

	if (!HMAC(EVP_sha256(), key->bytes, (int)key->length, data, length, mac, &size) ||
	    size != MAC_SIZE)
		return -1;
	return 0;
}

/* An id of ours holds nothing else; but it came from the sensor. */
static void copy_id(const char *id, char copy[SIGN_ID_MAX])
{
	size_t used = 0;

	for (; *id && used < SIGN_ID_MAX - 1; id++)
		if (isalnum((unsigned char)*id) || *id == '-' || *id == '_')
			copy[used++] = *id;
	copy[used] = '\0';
}

/* "ID.TIMESTAMP.BODY", to be freed; NULL when memory is out. */
static char *make_content(const struct sign_message *message, const char *id, size_t *length)
{
	char head[SIGN_ID_MAX + 32];
	int head_length = snprintf(head, sizeof(head), "%s.%" PRId64 ".", id, message->timestamp);
	char *content = malloc((size_t)head_length + message->length + 1);

	if (!content)
		return NULL;
	memcpy(content, head, (size_t)head_length);
	memcpy(content + head_length, message->body, message->length);
	*length = (size_t)head_length + message->length;
	return content;
}

static int sign_standard(const struct sign_keys *keys, const struct sign_message *message,
			 struct sign_lines *lines)
{
	char id[SIGN_ID_MAX], *signatures = lines->lines[2];
	unsigned char mac[MAC_SIZE], base64[MAC_BASE64_SIZE];
	size_t length, used;
	char *content;
	int result = 0;

	copy_id(message->id, id);
	content = make_content(message, id, &length);
	if (!content)
		return -1;
	lines->count = SIGN_LINES_MAX;
	snprintf(lines->lines[0], SIGN_LINE_SIZE, "webhook-id: %s", id);
	snprintf(lines->lines[1], SIGN_LINE_SIZE, "webhook-timestamp: %" PRId64,
		 message->timestamp);
	used = (size_t)snprintf(signatures, SIGN_LINE_SIZE, "webhook-signature:");
	for (size_t i = 0; i < keys->count && result == 0; i++) {
		result = make_mac(&keys->keys[i], content, length, mac);
		if (result == 0) {
			EVP_EncodeBlock(base64, mac, MAC_SIZE);
			used += (size_t)snprintf(signatures + used, SIGN_LINE_SIZE - used, " v1,%s",
						 (char *)base64);
		}
	}
	free(content);
	return result;
}

_Static_assert(sizeof("webhook-signature:") + (size_t)SIGN_KEYS_MAX * (MAC_BASE64_SIZE + 4) <
		       SIGN_LINE_SIZE,
	       "signatures of all keys must fit");

static int sign_sha256(const struct sign_keys *keys, const struct sign_message *message,
		       struct sign_lines *lines)
{
	unsigned char mac[MAC_SIZE];
	char hex[2 * MAC_SIZE + 1];

	if (make_mac(&keys->keys[0], message->body, message->length, mac) < 0)
		return -1;
	for (size_t i = 0; i < MAC_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	lines->count = 1;
	snprintf(lines->lines[0], SIGN_LINE_SIZE, "%s: sha256=%s", keys->header, hex);
	return 0;
}

int sign_message(const struct sign_keys *keys, const struct sign_message *message,
		 struct sign_lines *lines, struct error *err)
{
	int result = keys->signature == SIGNATURE_SHA256 ? sign_sha256(keys, message, lines)
							 : sign_standard(keys, message, lines);

	return result < 0 ? error_set(err, "cannot sign: libcrypto or memory fails") : 0;
}
