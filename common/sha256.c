/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one hash that identifiers and digests are made with, from libcrypto.
 */
#include "common/text.h"

#include <openssl/sha.h>
#include <stdio.h>

void text_sha256(const void *bytes, size_t length, char hex[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(bytes, length, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
