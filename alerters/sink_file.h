/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_file: alerts as JSON lines at the end of a file.
 * Owns: the open file, following it when it is rotated, and that no line in it is ever half of one
 * and half of another. Must not own: rotation itself (logrotate's), the queue.
 */
#ifndef CAPWATCH_SINK_FILE_H
#define CAPWATCH_SINK_FILE_H

#include "alerters/sink.h"

extern const struct sink_ops sink_file_ops;

#endif
