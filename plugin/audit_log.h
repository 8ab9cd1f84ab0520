/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_log: where the auditd that started us keeps its log, and what it calls this host.
 * Owns: finding that out, from auditd's own command line and configuration. Must not own: reading
 * the log (catchup).
 */
#ifndef CAPWATCH_AUDIT_LOG_H
#define CAPWATCH_AUDIT_LOG_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include "common/error.h"

struct audit_log {
	char path[PATH_MAX]; /* of the newest file; older ones are PATH.1, PATH.2 ... */
};

/* Is that process an auditd? Of another (a test, a pipe) nobody knows whether it has a log. */
bool audit_log_is_auditd(pid_t pid);

/* The process has ended (or is a zombie), and whose parent it was is pid 1's child now. A
 * supervisor outlives its auditd by a moment. */
bool audit_log_is_gone(pid_t pid);

/* Of the auditd of this pid. -1 with err: it keeps none, or what it says cannot be read. */
int audit_log_find(pid_t auditd, struct audit_log *log, struct error *err);

/* The same of auditd's configuration file, for audit_log_find() and tests. */
int audit_log_read_settings(const char *path, struct audit_log *log, struct error *err);

/* What the auditd of this pid writes after node= in this host's own records, by name_format = user;
 * "" where that is what gethostname(2) says, or nothing. -1 with err, and "", where nobody can
 * tell: it asks the network (fqd, numeric), or its configuration cannot be read. */
int audit_log_find_name(pid_t auditd, char *name, size_t size, struct error *err);

/* The same of auditd's configuration file, for audit_log_find_name() and tests. */
int audit_log_read_name(const char *path, char *name, size_t size, struct error *err);

#endif
