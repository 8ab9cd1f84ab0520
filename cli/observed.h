/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observed: what capwatch suggest goes by: lines of capwatch learn export, or streams and audit.log
 * files, whose gains are judged as while learning. Owns: which of them a file is. Must not own:
 * what follows from it.
 */
#ifndef CAPWATCH_OBSERVED_H
#define CAPWATCH_OBSERVED_H

#include "common/learnt.h"
#include "conf/baseline.h"
#include "conf/settings.h"

/* Adds what is in the file ("-": standard input) to *learnt; warnings go to stderr. -1 with err. A
 * host that a stream does not name is called by the file's name. */
int observed_add(const char *file, const struct settings *settings, const struct baseline *baseline,
		 struct learnt *learnt, struct error *err);

#endif
