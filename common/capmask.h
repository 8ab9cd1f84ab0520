/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capmask: a set of capabilities as a 64-bit mask, and its names.
 * Names are libcap's (cap_to_name(3)); a bit that libcap has no name for is its decimal number.
 */
#ifndef CAPWATCH_CAPMASK_H
#define CAPWATCH_CAPMASK_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

typedef uint64_t capmask;

#define CAPMASK_BIT(n) ((capmask)1 << (n))
enum { CAPMASK_BITS = 64, CAPMASK_NAME_MAX = 32 };

/* The bits that this libcap knows of (0 .. cap_max_bits() - 1). */
capmask capmask_known(void);

/* The name of a bit (0..63), shorter than CAPMASK_NAME_MAX; nobody's to free. */
const char *capmask_name(int bit);

/* Sets *bit from "cap_net_raw" (any case) or "13". Returns 0, or -1 when there is no such
 * capability. */
int capmask_bit_from_name(const char *name, int *bit);

/* A new array of names in order of their bits; the caller owns the reference. */
json_t *capmask_to_json(capmask mask);

/* The way back; what is no array, or no name, adds nothing. */
capmask capmask_from_json(const json_t *names);

/* "cap_net_raw, cap_sys_time" (or "none") into buf, truncated to fit; returns buf. */
char *capmask_to_text(capmask mask, char *buf, unsigned size);

/* True when mask holds a capability that is worth as much as root (see docs/detection, and
 * capmask.c for why each is listed). */
bool capmask_root_equivalent(capmask mask);

#endif
