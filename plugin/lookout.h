/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookout: the supervisor's eye on the kernel's audit system: its status and rules, each second and
 * when told to, against the rules that capwatch needs.
 * Owns: the netlink socket, a thread that only asks, how often, the last snapshot and the digest of
 * the rules. Must not own: what blinds (rules/sight), or what is done about it (judge/blind). It
 * never waits, and reads nothing that an attacker without CAP_AUDIT_CONTROL writes.
 *
 * Why a thread: the kernel keeps whoever asks waiting while its queue is full (rules/reading.h),
 * for a minute by default; the answer comes at once. In that minute the supervisor must be able to
 * kill a sensor that hangs, which may be why the queue is full.
 */
#ifndef CAPWATCH_PLUGIN_LOOKOUT_H
#define CAPWATCH_PLUGIN_LOOKOUT_H

#include "common/log.h"
#include "plugin/rules_state.h"
#include "plugin/snapshot.h"

enum {
	LOOKOUT_EVERY_MS = 1000,
	LOOKOUT_LEAST_MS = 100, /* between two looks, however often one is asked for */
	/* A reading that takes us this share of a second's CPU is made no more often than that. */
	LOOKOUT_SHARE = 200,
	LOOKOUT_LONGEST_MS = 10 * 1000,
	LOOKOUT_ANSWER_MS = 5000, /* an answer that has not come by then is not waited for */
	/* augenrules has loaded the rules by then, at boot, or nobody will. */
	LOOKOUT_SETTLED_MS = 60 * 1000,
};

struct lookout;

/* NULL with err. rules: the folder of the shipped rules. Call with the supervisor's privileges as
 * they stay. What is given is borrowed. */
struct lookout *lookout_new(const char *rules, const struct logger *log, struct error *err);
void lookout_free(struct lookout *lookout);

/* Reads anew which rules capwatch needs. */
void lookout_reload(struct lookout *lookout);

/* To be polled for reading; then, and once a loop, lookout_run(). */
int lookout_fd(const struct lookout *lookout);

/* The time (steady ms) of its next work. */
int64_t lookout_due(const struct lookout *lookout);

/* As soon as may be. */
void lookout_look(struct lookout *lookout);

/* Takes answers, asks when it is time. Returns a snapshot, valid until the next call, when a new
 * one has been made; else NULL. */
const struct blind_snapshot *lookout_run(struct lookout *lookout);

/* The digest of the rules, "" until they are known. */
const char *lookout_digest(const struct lookout *lookout);

#endif
