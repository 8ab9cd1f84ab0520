/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper: what the next sensor and the next courier must know, in one small file beside the spools:
 * the checkpoint (common/checkpoint.h), and which alerts are safe already. A new sensor judges
 * again what its predecessor may not have finished; an alert of that has the same id, but not the
 * same bytes, and is not to be delivered twice.
 * Owns: the file, and that one courier at a time uses it. Must not own: when an alert is safe, or
 * what a checkpoint means.
 *
 * Ids are compared as they stand in the alert's own field, never as text somewhere in it: they are
 * the kernel's time and serial with a hash and a number of ours, so that nobody can have an alert
 * left out by writing its id into a command line.
 *
 * It is written over in place, without a sync: a kill takes nothing back that was written. After a
 * power cut it may be older than it was, by what the kernel holds back: then more is judged again,
 * and the file sink knows its own lines. A disk that fails costs memory of what is safe, no alert.
 */
#ifndef CAPWATCH_KEEPER_H
#define CAPWATCH_KEEPER_H

#include <stdbool.h>
#include "common/error.h"

enum { KEEPER_IDS_MAX = 8192 }; /* the oldest are forgotten */

struct keeper;

/* Keeps in memory alone until keeper_open(); NULL when memory is out. */
struct keeper *keeper_new(void);
void keeper_free(struct keeper *keeper); /* NULL is fine */

/* 1: it has the folder's file, and what that held, or, when it knew something already, what it
 * knew; 0: another courier has it still; -1 with err. */
int keeper_open(struct keeper *keeper, const char *folder, struct error *err);
bool keeper_is_open(const struct keeper *keeper);

/* Was this alert safe before? "" never was. */
bool keeper_has(const struct keeper *keeper, const char *id);

/* It is safe now. */
void keeper_add(struct keeper *keeper, const char *id);

/* The text of a checkpoint, of CHECKPOINT_TEXT_SIZE bytes. */
void keeper_set_checkpoint(struct keeper *keeper, const char *text);

#endif
