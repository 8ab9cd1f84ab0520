/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_files: a temporary folder with configuration files, for the tests of conf.
 * Owns: making and removing it. Must not own: what a test asserts.
 */
#ifndef CAPWATCH_TEST_CONF_FILES_H
#define CAPWATCH_TEST_CONF_FILES_H

#include <stddef.h>

/* Makes the folder; conf_files_end() removes it and all below. For a test fixture. */
void conf_files_begin(void);
void conf_files_end(void);

/* The folder's path plus "/name"; valid until the next 8 calls. */
const char *conf_files_path(const char *name);

/* Writes a file at conf_files_path(name), making the folders above it. Returns its path. */
const char *conf_files_write(const char *name, const char *text);
const char *conf_files_write_bytes(const char *name, const char *bytes, size_t length);

#endif
