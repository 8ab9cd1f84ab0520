/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot_line: what the kernel's command line says of auditing (Linux
 * Documentation/admin-guide/kernel-parameters.txt: audit=, audit_backlog_limit=).
 */
#ifndef CAPWATCH_RULES_BOOT_LINE_H
#define CAPWATCH_RULES_BOOT_LINE_H

#include <stdbool.h>

/* The value of the last "name=" (name with its =) among the words of the line, up to the line's
 * end; NULL without it. */
const char *boot_line_value(const char *line, const char *name);

/* audit=1 or audit=on: all processes have been audited from the boot on. */
bool boot_line_audits(const char *line);

#endif
