/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one hash that identifiers and digests are made with, from nettle: it is the sensor's only use
 * of cryptography, and libcrypto, loaded and set up for it, took more memory than all else of the
 * sensor (3.8 MB; nettle 0.4).
 */
#include "common/text.h"

#include <nettle/sha2.h>

_Static_assert(2 * SHA256_DIGEST_SIZE + 1 == 65, "in hexadecimal, and terminated");

void text_sha256(const void *bytes, size_t length, char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_init(&context);
	sha256_update(&context, length, bytes);
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[2 * sizeof(digest)] = '\0';
}
