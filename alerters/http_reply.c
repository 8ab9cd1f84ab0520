/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/http_reply.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* 4xx is our mistake and will be one again, but for those that say "later". Redirects are not
 * followed, and an operator can mend the address: so the alert waits. */
enum http_meaning http_reply_meaning(long status)
{
	static const long later[] = {408, 425, 429};

	if (status >= 200 && status < 300)
		return HTTP_TAKEN;
	if (status == 410)
		return HTTP_CLOSED;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (status == later[i])
			return HTTP_AGAIN;
	return status >= 400 && status < 500 ? HTTP_REFUSED : HTTP_AGAIN;
}

static int64_t wait_in_seconds(const char *value)
{
	char *end;
	long long seconds;

	errno = 0;
	seconds = strtoll(value, &end, 10);
	end += strspn(end, " \t");
	if (*end)
		return HTTP_NO_WAIT;
	return errno || seconds > INT64_MAX / 1000 ? INT64_MAX : seconds * 1000;
}

int64_t http_reply_wait(const char *value, int64_t now)
{
	int64_t date;

	if (isdigit((unsigned char)value[0]))
		return wait_in_seconds(value);
	/* a date begins with the day's name; libcurl would take much else for one too */
	if (!isalpha((unsigned char)value[0]) || !strchr(value, ':'))
		return HTTP_NO_WAIT;
	date = curl_getdate(value, NULL);
	/* the year may be any number */
	if (date > INT64_MAX / 1000)
		return INT64_MAX;
	return date <= 0 || date * 1000 <= now ? HTTP_NO_WAIT : date * 1000 - now;
}
