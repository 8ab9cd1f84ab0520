/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_path: opens a path as a process with another root sees it.
 * Owns: the walk, component by component, in which a link ends at that root and never at ours,
 * however the path is changed meanwhile. Must not own: what is read of the file.
 *
 * openat2(2) with RESOLVE_IN_ROOT would do it, but has its flags in memory, where no filter of
 * system calls sees whether it opens to write: so the sensor goes without it.
 */
#ifndef CAPWATCH_ROOT_PATH_H
#define CAPWATCH_ROOT_PATH_H

enum { ROOT_PATH_DEPTH_MAX = 64, ROOT_PATH_LINKS_MAX = 40 };

/* root: a folder's descriptor, which stays open. Returns a descriptor (O_PATH, close-on-exec), or
 * -1 with errno: as openat(2), ELOOP for more links and ENAMETOOLONG for a path longer or deeper
 * than the bounds. */
int root_path_open(int root, const char *path);

#endif
