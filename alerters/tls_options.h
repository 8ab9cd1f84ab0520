/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_options: what every connection of ours to the network keeps to, webhook or syslog: which
 * protocols, which proxy, and who the other end must prove to be. Must not own: what is sent.
 */
#ifndef CAPWATCH_TLS_OPTIONS_H
#define CAPWATCH_TLS_OPTIONS_H

#include <curl/curl.h>
#include "conf/settings.h"

/* The first code that is not CURLE_OK stays: one check at the end sees them all. */
#define SET_OPTION(code, easy, option, value)                                                      \
	((code) = (code) == CURLE_OK ? curl_easy_setopt((easy), (option), (value)) : (code))

CURLcode tls_options_set(CURL *easy, const struct sink_settings *settings);

#endif
