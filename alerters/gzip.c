/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/gzip.h"

#include <stdint.h>
#include <stdlib.h>

#ifdef HAVE_ZLIB
#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 }; /* 16: gzip's header, not zlib's */

static char *deflate_all(z_stream *stream, size_t room, size_t *packed_length)
{
	char *packed = malloc(room);

	if (!packed)
		return NULL;
	stream->next_out = (Bytef *)packed;
	stream->avail_out = (uInt)room;
	if (deflate(stream, Z_FINISH) == Z_STREAM_END) {
		*packed_length = stream->total_out;
		return packed;
	}
	free(packed);
	return NULL;
}

char *gzip_make(const char *bytes, size_t length, size_t *packed_length)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};
	char *packed;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	packed = deflate_all(&stream, deflateBound(&stream, (uLong)length), packed_length);
	deflateEnd(&stream);
	return packed;
}

#else

char *gzip_make(const char *bytes, size_t length, size_t *packed_length)
{
	(void)bytes;
	(void)length;
	(void)packed_length;
	return NULL;
}

#endif
