/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/paths.h"

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
static bool belongs_to(const char *courier, const char *program)
{
	struct stat beside, own;

	return stat(program, &own) == 0 && stat(courier, &beside) == 0 && S_ISREG(beside.st_mode) &&
	       beside.st_uid == own.st_uid && !(beside.st_mode & (S_IWGRP | S_IWOTH));
}

const char *paths_find_courier(char path[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const char *name;
	int folder;

	program[length > 0 ? length : 0] = '\0';
	name = strrchr(program, '/');
	folder = name ? (int)(name - program) : 0;
	if (folder == 0 || strncmp(program, CAPWATCH_SBINDIR "/", sizeof(CAPWATCH_SBINDIR)) == 0)
		return PATHS_INSTALLED_COURIER;
	if (snprintf(path, PATH_MAX, "%.*s/../alerters/capwatch-courier", folder, program) >=
		    PATH_MAX ||
	    !belongs_to(path, program))
		return PATHS_INSTALLED_COURIER;
	return path;
}
