/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer: how far a request or a connection got, and how long each part of the way took. Owns:
 * asking libcurl. Must not own: what it means for an alert.
 */
#ifndef CAPWATCH_TRANSFER_H
#define CAPWATCH_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

enum { TRANSFER_ADDRESS_SIZE = 64 };

struct transfer {
	bool ended;			     /* there was one */
	char address[TRANSFER_ADDRESS_SIZE]; /* of the other end, or of the proxy; "" for none */
	long status;			     /* of HTTP; 0: no reply */
	int64_t dns_us, connect_us, tls_us; /* each part alone; -1: not got so far, or not needed */
	int64_t total_us;
};

/* Of a transfer that has ended, before its handle is used again. */
void transfer_read(CURL *easy, struct transfer *transfer);

#endif
