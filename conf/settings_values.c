/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/settings_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf/settings.h"

enum { COUNT_MIN = 10, COUNT_MAX = 1000 * 1000 };

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
