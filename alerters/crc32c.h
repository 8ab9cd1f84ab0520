/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c: the checksum of a spool file (Castagnoli's polynomial, as iSCSI and ext4 use it). It
 * finds accidents, not attackers: who can write the folder can write the checksum.
 */
#ifndef CAPWATCH_CRC32C_H
#define CAPWATCH_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of the bytes, continuing from crc; 0 begins. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
