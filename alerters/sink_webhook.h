/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_webhook: each alert as one HTTP POST, in order, one under way at a time.
 * Owns: the request and the meaning of the reply. Must not own: the CURLM, which the courier drives
 * for all webhooks together.
 */
#ifndef CAPWATCH_SINK_WEBHOOK_H
#define CAPWATCH_SINK_WEBHOOK_H

#include <curl/curl.h>
#include "alerters/sink.h"

extern const struct sink_ops sink_webhook_ops;

/* Tells the sinks, whatever their type, of the transfers that have ended. Call after
 * curl_multi_perform(). */
void sink_webhook_finish(CURLM *multi, int64_t now);

#endif
