/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sanitized: whether this is a build for tests, with AddressSanitizer in it.
 * Owns: that one fact. Its leak checker clones and traces its own process at the end, and its
 * shadow memory is larger than any limit; whoever confines a process has to leave that open then.
 * And whoever keeps memory for its next use hides from it who still uses what is gone.
 */
#ifndef CAPWATCH_SANITIZED_H
#define CAPWATCH_SANITIZED_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

#endif
