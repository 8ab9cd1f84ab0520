/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall_groups: system calls by what they are for, each with its reason: tables to build a
 * process's own from (common/syscall_filter.h).
 * Owns: which call belongs to which purpose. Must not own: which process has that purpose.
 *
 * Calls of several C libraries are listed (Debian 12, 13, Fedora), so that a process that is sound
 * on one is sound on another.
 */
#ifndef CAPWATCH_SYSCALL_GROUPS_H
#define CAPWATCH_SYSCALL_GROUPS_H

#include "common/syscall_filter.h"

/* allowed */
extern const struct syscall_rule syscall_group_life[]; /* its memory, clocks, signals, own ids */
extern const struct syscall_rule syscall_group_map_exec[];    /* maps code: libraries */
extern const struct syscall_rule syscall_group_map_data[];    /* maps anything but code */
extern const struct syscall_rule syscall_group_descriptors[]; /* uses what is open */
extern const struct syscall_rule syscall_group_look[];	      /* names and attributes of files */
extern const struct syscall_rule syscall_group_open_read[];   /* opens files, to read only */
extern const struct syscall_rule syscall_group_write_files[]; /* makes, changes, removes files */
extern const struct syscall_rule syscall_group_threads[];
extern const struct syscall_rule syscall_group_network[];   /* sockets, but listens on none */
extern const struct syscall_rule syscall_group_sanitizer[]; /* in a build for tests; else empty */

/* fatal: what only an intruder calls */
extern const struct syscall_rule syscall_group_intruder[];
extern const struct syscall_rule syscall_group_other_program[]; /* exec */

#endif
