/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one hash that identifiers and digests are made with, from libcrypto.
 */
#include "common/text.h"

#include <openssl/sha.h>

void text_sha256(const void *bytes, size_t length, char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(bytes, length, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[2 * sizeof(digest)] = '\0';
}
