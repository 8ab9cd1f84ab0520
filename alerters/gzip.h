/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip: a request's body made smaller. Owns: the call into zlib. Must not own: when that is wanted,
 * nor the header that says so. A build without zlib has none (conf refuses compress: gzip there).
 */
#ifndef CAPWATCH_GZIP_H
#define CAPWATCH_GZIP_H

#include <stddef.h>

/* The bytes in gzip's form, to be freed, *packed_length of them; NULL when memory is out. */
char *gzip_make(const char *bytes, size_t length, size_t *packed_length);

#endif
