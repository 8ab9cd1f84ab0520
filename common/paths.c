/* SPDX-License-Identifier: Apache-2.0 */
#include "common/paths.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *paths_make_absolute(const char *path, char absolute[PATH_MAX])
{
	char folder[PATH_MAX];

	if (path[0] == '/' || !getcwd(folder, sizeof(folder)) ||
	    snprintf(absolute, PATH_MAX, "%s/%s", folder, path) >= PATH_MAX)
		return path;
	return absolute;
}

/* Nobody could have put it there but who could have replaced this program itself. */
static bool belongs_to(const char *found, const char *program, mode_t kind)
{
	struct stat beside, own;

	return stat(program, &own) == 0 && stat(found, &beside) == 0 &&
	       (beside.st_mode & S_IFMT) == kind && beside.st_uid == own.st_uid &&
	       !(beside.st_mode & (S_IWGRP | S_IWOTH));
}

static bool is_file_of(const char *path, const char *program)
{
	return belongs_to(path, program, S_IFREG);
}

static bool is_folder_of(const char *path, const char *program)
{
	return belongs_to(path, program, S_IFDIR);
}

static bool lies_in(const char *program, const char *folder)
{
	return strncmp(program, folder, strlen(folder)) == 0;
}

/* tail, from the folder of the program that runs, if that is still in its build tree and what lies
 * there belongs to it; else installed. */
static const char *find_beside(const char *tail,
			       bool (*fits)(const char *path, const char *program),
			       const char *installed, char path[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const char *name;
	int folder;

	program[length > 0 ? length : 0] = '\0';
	name = strrchr(program, '/');
	folder = name ? (int)(name - program) : 0;
	if (folder == 0 || lies_in(program, CAPWATCH_SBINDIR "/") ||
	    lies_in(program, CAPWATCH_BINDIR "/"))
		return installed;
	if (snprintf(path, PATH_MAX, "%.*s/../%s", folder, program, tail) >= PATH_MAX ||
	    !fits(path, program))
		return installed;
	return path;
}

const char *paths_find_courier(char path[PATH_MAX])
{
	return find_beside("alerters/capwatch-courier", is_file_of, PATHS_INSTALLED_COURIER, path);
}

const char *paths_find_rules(char path[PATH_MAX])
{
	return find_beside("rules/shipped", is_folder_of, PATHS_INSTALLED_RULES, path);
}
