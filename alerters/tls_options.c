/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/tls_options.h"

static CURLcode set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* Without this, ending a request whose name is still being looked up waits for the resolver. */
static CURLcode set_quick_exit(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075700
	return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
	(void)easy;
	return CURLE_OK;
#endif
}

CURLcode tls_options_set(CURL *easy, const struct sink_settings *settings)
{
	CURLcode code = set_protocols(easy);

	if (code == CURLE_OK)
		code = set_quick_exit(easy);

	SET_OPTION(code, easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* alerts go to the address written in the configuration, through the proxy written there:
	 * not where an environment variable or a .netrc says */
	SET_OPTION(code, easy, CURLOPT_PROXY, settings->proxy ? settings->proxy : "");
	SET_OPTION(code, easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET_OPTION(code, easy, CURLOPT_SSL_VERIFYPEER, 1L);
	SET_OPTION(code, easy, CURLOPT_SSL_VERIFYHOST, 2L);
	SET_OPTION(code, easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (settings->ca_file)
		SET_OPTION(code, easy, CURLOPT_CAINFO, settings->ca_file);
	if (settings->client_cert)
		SET_OPTION(code, easy, CURLOPT_SSLCERT, settings->client_cert);
	if (settings->client_key)
		SET_OPTION(code, easy, CURLOPT_SSLKEY, settings->client_key);
	if (settings->pinned_public_key)
		SET_OPTION(code, easy, CURLOPT_PINNEDPUBLICKEY, settings->pinned_public_key);
	return code;
}
