/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths: where capwatch's files are, whatever folder a program of it was started from and wherever
 * it lies.
 * Must not own: reading any of them.
 */
#ifndef CAPWATCH_PATHS_H
#define CAPWATCH_PATHS_H

#include <limits.h>

#define PATHS_INSTALLED_RULES CAPWATCH_DATADIR "/capwatch/rules"
#define PATHS_INSTALLED_COURIER CAPWATCH_LIBEXECDIR "/capwatch/capwatch-courier"

/* The plugin works from the root folder, and auditd starts it from anywhere. Returns absolute, or
 * path itself when that needs no change or can't have it. */
const char *paths_make_absolute(const char *path, char absolute[PATH_MAX]);

/* The courier to start: the installed one, unless this program is still in its build tree. Then it
 * is the one built beside it: tests and the curious do not install. Returns path or a constant. */
const char *paths_find_courier(char path[PATH_MAX]);

/* Likewise the folder of the shipped rules. */
const char *paths_find_rules(char path[PATH_MAX]);

#endif
