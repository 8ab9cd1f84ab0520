/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "common/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"

#define SCHEMA "capwatch.setup/1"

enum { FOLDER_MODE = 0700, FILE_MODE = 0640 };

char *setup_print(const struct setup *setup)
{
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:I, s:I}", "schema", SCHEMA, "configuration",
		setup->configuration, "baseline", setup->baseline, "learning", setup->learning,
		"since", (json_int_t)setup->since, "until", (json_int_t)setup->until, "unit",
		text_to_json(setup->unit, strlen(setup->unit)), "learnt_time",
		(json_int_t)setup->learnt_time, "learnt_serial", (json_int_t)setup->learnt_serial);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

static bool copy(const json_t *object, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strlen(text) >= size)
		return false;
	snprintf(buf, size, "%s", text);
	return true;
}

static bool read_object(const json_t *object, struct setup *setup)
{
	const char *schema = json_string_value(json_object_get(object, "schema"));
	const json_t *since = json_object_get(object, "since");
	const json_t *until = json_object_get(object, "until");

	setup->learning = json_is_true(json_object_get(object, "learning"));
	setup->since = json_integer_value(since);
	setup->until = json_integer_value(until);
	setup->learnt_time = json_integer_value(json_object_get(object, "learnt_time"));
	setup->learnt_serial = (uint64_t)json_integer_value(
		json_object_get(object, "learnt_serial"));
	return schema && strcmp(schema, SCHEMA) == 0 && json_is_integer(since) &&
	       json_is_integer(until) && setup->since >= 0 && setup->until >= 0 &&
	       copy(object, "configuration", setup->configuration, sizeof(setup->configuration)) &&
	       copy(object, "baseline", setup->baseline, sizeof(setup->baseline)) &&
	       copy(object, "unit", setup->unit, sizeof(setup->unit));
}

int setup_parse(const char *text, size_t length, struct setup *setup, struct error *err)
{
	json_t *object = json_loadb(text, length, 0, NULL);
	bool whole = object && read_object(object, setup);

	json_decref(object);
	return whole ? 0 : error_set(err, "no setup of this version of capwatch");
}

static int make_path(const char *folder, const char *name, char path[PATH_MAX], struct error *err)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX
		       ? 0
		       : error_set(err, "%s: the path is too long", folder);
}

static int write_text(const char *path, const char *text, size_t length, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	ssize_t written = fd < 0 ? -1 : write(fd, text, length);

	if (written != (ssize_t)length)
		error_set(err, "%s: %s", path, written < 0 ? strerror(errno) : "the disk is full");
	if (fd >= 0)
		close(fd);
	return written == (ssize_t)length ? 0 : -1;
}

int setup_write(const char *folder, const char *text, size_t length, struct error *err)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	struct setup setup;

	if (setup_parse(text, length, &setup, err) < 0 ||
	    make_path(folder, SETUP_FILE, path, err) < 0 ||
	    make_path(folder, ".setup.new", unfinished, err) < 0)
		return -1;
	if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST)
		return error_set(err, "cannot make the folder %s: %s", folder, strerror(errno));
	if (write_text(unfinished, text, length, err) < 0)
		return -1;
	return rename(unfinished, path) < 0 ? error_set(err, "%s: %s", path, strerror(errno)) : 0;
}

int setup_read(const char *folder, struct setup *setup, struct error *err)
{
	char path[PATH_MAX], text[SETUP_TEXT_MAX];
	ssize_t got;
	int fd;

	if (make_path(folder, SETUP_FILE, path, err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(err, "%s: %s", path, strerror(errno));
	got = read(fd, text, sizeof(text));
	close(fd);
	if (got < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	return setup_parse(text, (size_t)got, setup, err) < 0 ? -1 : 1;
}
