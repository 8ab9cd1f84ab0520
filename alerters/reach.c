/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "alerters/reach.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alerters/landlock.h"
#include "common/sanitized.h"

struct place {
	char *path; /* of what is there */
	bool writes;
	dev_t device;
	ino_t inode;
};

struct reach {
	struct place *places;
	size_t count;
	bool out_of_memory;
	char unreadable[PATH_MAX]; /* the first file that can't be read, or "" */
	int unreadable_error;
};

/* Read, never written, and only what is open to every user anyway. */
static const char *const common_places[] = {
	"/usr",		"/lib",
	"/lib64", /* libraries loaded late: resolvers, OpenSSL's modules; zones */
	"/etc",	  /* resolv.conf, hosts, nsswitch.conf, certificates */
	"/run",	  /* resolv.conf is a link to there, and may be made later */
	"/dev/urandom", "/dev/random",
	"/dev/null",
};

static void add_place(struct reach *reach, const char *path, bool writes)
{
	struct place *places;
	struct stat status;

	if (stat(path, &status) < 0)
		return;
	places = realloc(reach->places, (reach->count + 1) * sizeof(*places));
	if (places) {
		reach->places = places;
		places[reach->count] = (struct place){.path = strdup(path),
						      .writes = writes,
						      .device = status.st_dev,
						      .inode = status.st_ino};
	}
	if (!places || !places[reach->count].path) {
		reach->out_of_memory = true;
		return;
	}
	reach->count++;
}

/* Takes the last component off; false when only the root is left. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

static void add_folder(struct reach *reach, const char *folder, bool writes)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", folder) >= PATH_MAX)
		return;
	while (access(path, F_OK) < 0 && errno == ENOENT)
		if (!go_up(path))
			return;
	add_place(reach, path, writes);
}

static void add_folder_of(struct reach *reach, const char *file, bool writes)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", file) >= PATH_MAX)
		return;
	if (go_up(path))
		add_folder(reach, path, writes);
	else
		add_place(reach, file, writes); /* in the root: itself alone */
}

/* Also where it really is: it may be a link. */
static void add_file(struct reach *reach, const char *file)
{
	char real[PATH_MAX];

	if (!file)
		return;
	add_folder_of(reach, file, false);
	if (realpath(file, real) && strcmp(real, file) != 0)
		add_folder_of(reach, real, false);
	if (access(file, R_OK) < 0 && !*reach->unreadable) {
		reach->unreadable_error = errno;
		snprintf(reach->unreadable, sizeof(reach->unreadable), "%s", file);
	}
}

static void add_sink(struct reach *reach, const struct sink_settings *sink)
{
	if (sink->path)
		add_folder_of(reach, sink->path, true);
	add_file(reach, sink->ca_file);
	add_file(reach, sink->client_cert);
	add_file(reach, sink->client_key);
	add_file(reach, sink->bearer_file);
	add_file(reach, sink->basic_file);
	for (size_t i = 0; i < sink->headers.count; i++)
		add_file(reach, sink->headers.items[i].file);
	for (char **file = sink->secret_files; file && *file; file++)
		add_file(reach, *file);
}

struct reach *reach_new(const struct settings *settings, const char *config_file, const char *spool)
{
	struct reach *reach = calloc(1, sizeof(*reach));

	if (!reach)
		return NULL;
	for (size_t i = 0; i < sizeof(common_places) / sizeof(*common_places); i++)
		add_place(reach, common_places[i], false);
	if (SANITIZED)
		add_place(reach, "/proc", false); /* the leak checker looks at its own threads */
	add_file(reach, config_file);
	if (spool)
		add_folder(reach, spool, true);
	for (size_t i = 0; i < settings->sink_count; i++)
		add_sink(reach, &settings->sinks[i]);
	if (!reach->out_of_memory)
		return reach;
	reach_free(reach);
	return NULL;
}

void reach_free(struct reach *reach)
{
	if (!reach)
		return;
	for (size_t i = 0; i < reach->count; i++)
		free(reach->places[i].path);
	free(reach->places);
	free(reach);
}

static bool is_granted(const struct reach *granted, const struct stat *folder, bool writes)
{
	for (size_t i = 0; i < granted->count; i++) {
		const struct place *place = &granted->places[i];

		if (place->device == folder->st_dev && place->inode == folder->st_ino &&
		    (place->writes || !writes))
			return true;
	}
	return false;
}

/* Itself, or what it lies below. */
static bool has_place(const struct reach *granted, const struct place *wanted)
{
	char path[PATH_MAX];
	struct stat status;

	if (!realpath(wanted->path, path))
		return false;
	do
		if (stat(path, &status) == 0 && is_granted(granted, &status, wanted->writes))
			return true;
	while (go_up(path));
	return false;
}

const char *reach_lacks(const struct reach *granted, const struct reach *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!has_place(granted, &wanted->places[i]))
			return wanted->places[i].path;
	return NULL;
}

int reach_check_files(const struct reach *reach, struct error *err)
{
	if (!*reach->unreadable)
		return 0;
	return error_set(err, "%s: %s", reach->unreadable, strerror(reach->unreadable_error));
}

int reach_restrict(const struct reach *reach, struct error *err)
{
	struct landlock_path *paths = calloc(reach->count + 1, sizeof(*paths));
	int rc;

	if (!paths)
		return error_set(err, "out of memory");
	for (size_t i = 0; i < reach->count; i++)
		paths[i] = (struct landlock_path){reach->places[i].path, reach->places[i].writes};
	rc = landlock_restrict(paths, reach->count, err);
	free(paths);
	return rc;
}
