/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_syslog: alerts as RFC 5424 frames over the system's local socket.
 * Owns: the connection, which it opens anew when the receiver comes back. Must not own: the frame's
 * form (format), the queue.
 */
#ifndef CAPWATCH_SINK_SYSLOG_H
#define CAPWATCH_SINK_SYSLOG_H

#include "alerters/sink.h"

extern const struct sink_ops sink_syslog_ops;

#endif
