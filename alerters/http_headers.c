/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "alerters/http_headers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "conf/secret_file.h"

enum {
	BASE64_MAX = (SECRET_SIZE_MAX + 2) / 3 * 4 + 1,
	HIDDEN_LENGTH_MIN = 4, /* what is shorter is in every other word */
	LINE_MAX_LENGTH = BASE64_MAX + SETTINGS_HEADER_NAME_MAX + 16,
};

static int append(struct curl_slist **list, char line[LINE_MAX_LENGTH], struct error *err)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	explicit_bzero(line, strlen(line));
	if (!longer)
		return error_set(err, "out of memory");
	*list = longer;
	return 0;
}

/* A secret that can be a header's value, and never become a second header. */
static int read_value(const char *path, struct secret_file *secret, struct error *err)
{
	if (secret_file_read(path, geteuid(), secret, err) < 0)
		return -1;
	for (size_t i = 0; i < secret->length; i++) {
		if (secret->text[i] >= 0x20 && secret->text[i] < 0x7f)
			continue;
		secret_file_forget(secret);
		return error_set(err, "%s: holds more than one line of printable ASCII", path);
	}
	return 0;
}

static int append_header(struct curl_slist **list, const struct settings_header *header,
			 struct error *err)
{
	char line[LINE_MAX_LENGTH];
	struct secret_file secret;

	if (!header->file) {
		snprintf(line, sizeof(line), "%s: %s", header->name, header->value);
		return append(list, line, err);
	}
	if (read_value(header->file, &secret, err) < 0)
		return -1;
	snprintf(line, sizeof(line), "%s: %s", header->name, secret.text);
	secret_file_forget(&secret);
	return append(list, line, err);
}

static int append_bearer(struct curl_slist **list, const char *file, struct error *err)
{
	char line[LINE_MAX_LENGTH];
	struct secret_file secret;

	if (read_value(file, &secret, err) < 0)
		return -1;
	snprintf(line, sizeof(line), "Authorization: Bearer %s", secret.text);
	secret_file_forget(&secret);
	return append(list, line, err);
}

static int append_basic(struct curl_slist **list, const char *file, struct error *err)
{
	char line[LINE_MAX_LENGTH], encoded[BASE64_MAX];
	struct secret_file secret;
	int rc;

	if (read_value(file, &secret, err) < 0)
		return -1;
	if (!strchr(secret.text, ':')) {
		secret_file_forget(&secret);
		return error_set(err, "%s does not hold user:password", file);
	}
	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)secret.text,
			(int)secret.length);
	secret_file_forget(&secret);
	snprintf(line, sizeof(line), "Authorization: Basic %s", encoded);
	rc = append(list, line, err);
	explicit_bzero(encoded, sizeof(encoded));
	return rc;
}

int http_headers_append(struct curl_slist **list, const struct sink_settings *settings,
			struct error *err)
{
	for (size_t i = 0; i < settings->headers.count; i++)
		if (append_header(list, &settings->headers.items[i], err) < 0)
			return -1;
	if (settings->bearer_file && append_bearer(list, settings->bearer_file, err) < 0)
		return -1;
	if (settings->basic_file && append_basic(list, settings->basic_file, err) < 0)
		return -1;
	return 0;
}

static void hide(const char *secret, size_t secret_length, char *text, size_t length)
{
	char *end = text + length;

	while (secret_length >= HIDDEN_LENGTH_MIN &&
	       (text = memmem(text, (size_t)(end - text), secret, secret_length))) {
		memset(text, '*', secret_length);
		text += secret_length;
	}
}

/* Of "Basic BASE64" a receiver may say again what it decoded to. */
static void hide_password(const char *word, size_t word_length, char *text, size_t length)
{
	char decoded[SECRET_SIZE_MAX + 4], *password;
	int size = 0;

	if (word_length < BASE64_MAX)
		size = EVP_DecodeBlock((unsigned char *)decoded, (const unsigned char *)word,
				       (int)word_length);
	if (size > 0) {
		decoded[size] = '\0';
		password = strchr(decoded, ':');
		if (password)
			hide(password + 1, strlen(password + 1), text, length);
	}
	explicit_bzero(decoded, sizeof(decoded));
}

void http_headers_hide(const struct curl_slist *list, char *text, size_t length)
{
	for (; list; list = list->next) {
		const char *word = strchr(list->data, ':');

		while (word && *word) {
			size_t word_length = strcspn(++word, " ");

			hide(word, word_length, text, length);
			if (strncasecmp(list->data, "Authorization: Basic ", 21) == 0)
				hide_password(word, word_length, text, length);
			word += word_length;
		}
	}
}

void http_headers_free(struct curl_slist *list)
{
	for (struct curl_slist *item = list; item; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(list);
}
