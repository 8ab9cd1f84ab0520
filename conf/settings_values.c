/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "conf/settings_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "conf/settings.h"

enum { COUNT_MIN = 10, COUNT_MAX = 1000 * 1000, PIN_LENGTH = 44, HEARTBEAT_MIN_MS = 1000 };

#define BYTES_MIN (1024 * 1024ll)
#define BYTES_MAX (64 * 1024 * 1024 * 1024ll)

static const struct {
	const char *unit;
	int64_t bytes;
} units[] = {{"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}};

static int64_t unit_of(const char *text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text, units[i].unit) == 0)
			return units[i].bytes;
	return 0;
}

int settings_read_size(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	long long number = 0;
	int64_t unit = 0;
	char *end, *text;

	if (yaml_read_string(reader, node, &text) < 0)
		return -1;
	errno = 0;
	if (isdigit((unsigned char)text[0])) {
		number = strtoll(text, &end, 10);
		unit = unit_of(end);
	}
	if (errno || unit == 0 || number > INT64_MAX / unit)
		return yaml_read_fail(
			reader, node,
			"'%s' is no size: a whole number and KiB, MiB or GiB, as in 256MiB", text);
	*(int64_t *)target = number * unit;
	return 0;
}

static const struct {
	const char *word;
	int64_t ms;
} windows[] = {{"/s", 1000}, {"/min", 60 * 1000}, {"/h", 60 * 60 * 1000}};

static int64_t window_of(const char *text)
{
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		if (strcmp(text, windows[i].word) == 0)
			return windows[i].ms;
	return 0;
}

int settings_read_rate(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	struct settings_rate *rate = target;
	char *end, *text;

	if (yaml_read_string(reader, node, &text) < 0)
		return -1;
	*rate = (struct settings_rate){0, 0};
	errno = 0;
	if (isdigit((unsigned char)text[0])) {
		rate->count = strtoll(text, &end, 10);
		rate->window_ms = window_of(end);
	}
	if (errno || rate->count < 1 || rate->count > COUNT_MAX || rate->window_ms == 0)
		return yaml_read_fail(reader, node,
				      "'%s' is no rate: a number from 1 and /s, /min or /h, as in "
				      "60/min",
				      text);
	return 0;
}

int settings_read_reasons(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	uint32_t *bits = target;

	if (yaml_read_words(reader, node, &vocab_reason, bits) < 0)
		return -1;
	if (*bits == 0)
		return yaml_read_fail(reader, node,
				      "an empty list; name reasons or remove the key");
	return 0;
}

int settings_read_heartbeat(const struct yaml_reader *reader, const struct yaml_node *node,
			    void *target)
{
	if (yaml_read_duration(reader, node, target) < 0)
		return -1;
	if (*(int64_t *)target < HEARTBEAT_MIN_MS)
		return yaml_read_fail(reader, node, "heartbeat: at least 1s, as in 15m");
	return 0;
}

static int read_max_bytes(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	int64_t *bytes = target;

	if (settings_read_size(reader, node, bytes) < 0)
		return -1;
	if (*bytes < BYTES_MIN || *bytes > BYTES_MAX)
		return yaml_read_fail(reader, node, "max_bytes: from 1MiB to 64GiB");
	return 0;
}

static int read_max_count(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	static const int64_t range[] = {COUNT_MIN, COUNT_MAX};

	return yaml_read_number(reader, node, range, target);
}

static int read_max_age(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	if (yaml_read_duration(reader, node, target) < 0)
		return -1;
	if (*(int64_t *)target < SETTINGS_RETRY_FOR_MIN_MS)
		return yaml_read_fail(reader, node, "max_age: at least 1h");
	return 0;
}

/* What libcurl or we set ourselves; set twice, two machines may read two different requests. */
static const char *const reserved_headers[] = {
	"content-type", "content-length", "host", "transfer-encoding", "content-encoding",
	"connection",	"expect",	  "te",	  "upgrade",	       "trailer"};

static bool is_token(const char *name)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(others, *c))
			return false;
	return *name && strlen(name) <= SETTINGS_HEADER_NAME_MAX;
}

static int check_header_name(const struct yaml_reader *reader, const struct yaml_node *node,
			     const struct settings_headers *headers, const char *name)
{
	if (!is_token(name))
		return yaml_read_fail(reader, node, "'%s' is no name of a header", name);
	for (size_t i = 0; i < sizeof(reserved_headers) / sizeof(reserved_headers[0]); i++)
		if (strcasecmp(name, reserved_headers[i]) == 0)
			return yaml_read_fail(reader, node,
					      "the header %s is capwatch's own; remove it", name);
	for (size_t i = 0; i < headers->count; i++)
		if (strcasecmp(name, headers->items[i].name) == 0)
			return yaml_read_fail(reader, node, "the header %s is given twice", name);
	return 0;
}

/* What a name must not hold for its value to stand in capwatch.yaml, which more may read. */
static const char *const secret_names[] = {"authorization", "token",	"secret", "api-key",
					   "apikey",	    "password", "cookie", "credential"};

static bool is_secret_name(const char *name)
{
	for (size_t i = 0; i < sizeof(secret_names) / sizeof(secret_names[0]); i++)
		if (strcasestr(name, secret_names[i]))
			return true;
	return false;
}

static int read_header_value(const struct yaml_reader *reader, const struct yaml_node *node,
			     struct settings_header *header)
{
	if (is_secret_name(header->name))
		return yaml_read_fail(reader, node,
				      "the header %s looks like a secret, and that belongs into a "
				      "file: use bearer_file, basic_file or header_files",
				      header->name);
	if (yaml_read_string(reader, node, &header->value) < 0)
		return -1;
	for (const char *c = header->value; *c; c++)
		if (*c < 0x20 || *c >= 0x7f)
			return yaml_read_fail(reader, node, "a header's value is printable ASCII");
	return 0;
}

static int read_headers(const struct yaml_reader *reader, const struct yaml_node *node,
			struct settings_headers *headers, bool from_files)
{
	if (node->kind != YAML_MAPPING)
		return yaml_read_fail(reader, node, "wants headers by name, as in {X-Tenant: a}");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_pair *pair = &node->pairs[i];
		struct settings_header *header = &headers->items[headers->count];
		int rc;

		if (headers->count >= SETTINGS_HEADERS_MAX)
			return yaml_read_fail(reader, node, "more than %d headers",
					      SETTINGS_HEADERS_MAX);
		if (check_header_name(reader, pair->value, headers, pair->key) < 0)
			return -1;
		*header = (struct settings_header){.name = pair->key};
		rc = from_files ? yaml_read_path(reader, pair->value, &header->file)
				: read_header_value(reader, pair->value, header);
		if (rc < 0)
			return -1;
		headers->count++;
	}
	return 0;
}

int settings_read_headers(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	return read_headers(reader, node, target, false);
}

int settings_read_header_files(const struct yaml_reader *reader, const struct yaml_node *node,
			       void *target)
{
	return read_headers(reader, node, target, true);
}

/* 44 letters are the base64 of 32 bytes. */
static bool is_pin(const char *text)
{
	static const char prefix[] = "sha256//";
	static const char base64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	while (strncmp(text, prefix, sizeof(prefix) - 1) == 0) {
		text += sizeof(prefix) - 1;
		if (strspn(text, base64) != PIN_LENGTH)
			return false;
		text += PIN_LENGTH;
		if (!*text)
			return true;
		if (*text++ != ';')
			return false;
	}
	return false;
}

int settings_read_pin(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	char *text;

	if (yaml_read_string(reader, node, &text) < 0)
		return -1;
	if (!is_pin(text))
		return yaml_read_fail(reader, node,
				      "'%s' is no pin: sha256// and 44 letters of base64, several "
				      "with ; between",
				      text);
	*(char **)target = text;
	return 0;
}

#define SPOOL(key, read, member)                                                                   \
	{                                                                                          \
		key, read, offsetof(struct spool_settings, member)                                 \
	}

static const struct yaml_field spool_fields[] = {
	SPOOL("dir", yaml_read_path, dir),
	SPOOL("max_count", read_max_count, max_count),
	SPOOL("max_bytes", read_max_bytes, max_bytes),
	SPOOL("max_age", read_max_age, max_age_ms),
};

static const struct yaml_fields spool_table = {"spool", spool_fields,
					       sizeof(spool_fields) / sizeof(spool_fields[0])};

int settings_read_spool(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	return yaml_read_mapping(reader, node, &spool_table, target);
}
