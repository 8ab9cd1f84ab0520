/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_buffer: memory to read long files into. It begins at the beginning of a page, as the file's
 * pages in the page cache do: the kernel copies by "rep movsb", which on AMD's Zen takes some
 * seven times as long where source and target differ by a few bytes within their pages (glibc bug
 * 30994), as they do by the sixteen that malloc() puts before a large block.
 */
#ifndef CAPWATCH_READ_BUFFER_H
#define CAPWATCH_READ_BUFFER_H

#include <stdlib.h>

enum { READ_BUFFER_ALIGNMENT = 4096 };

/* size: bytes, a multiple of READ_BUFFER_ALIGNMENT. The caller free()s it; NULL without memory. */
static inline char *read_buffer_new(size_t size)
{
	return aligned_alloc(READ_BUFFER_ALIGNMENT, size);
}

#endif
