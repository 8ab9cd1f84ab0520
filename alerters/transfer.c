/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/transfer.h"

#include <stdio.h>

/* libcurl counts all from the beginning, and says 0 of what was not reached. */
static int64_t reached_us(CURL *easy, CURLINFO info)
{
	curl_off_t microseconds = 0;

	return curl_easy_getinfo(easy, info, &microseconds) == CURLE_OK ? microseconds : 0;
}

void transfer_read(CURL *easy, struct transfer *transfer)
{
	int64_t dns = reached_us(easy, CURLINFO_NAMELOOKUP_TIME_T);
	int64_t connected = reached_us(easy, CURLINFO_CONNECT_TIME_T);
	int64_t secured = reached_us(easy, CURLINFO_APPCONNECT_TIME_T);
	const char *address = NULL;

	*transfer = (struct transfer){.ended = true, .dns_us = -1, .connect_us = -1, .tls_us = -1};
	transfer->total_us = reached_us(easy, CURLINFO_TOTAL_TIME_T);
	if (dns > 0)
		transfer->dns_us = dns;
	if (connected > 0)
		transfer->connect_us = connected - dns;
	if (secured > 0)
		transfer->tls_us = secured - connected;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &transfer->status);
	if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address)
		snprintf(transfer->address, sizeof(transfer->address), "%s", address);
}
