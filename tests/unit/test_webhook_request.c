/* SPDX-License-Identifier: Apache-2.0 */
/* What a webhook sends and asks beyond an alert's body: signatures, Splunk's acknowledgements, what
 * Alertmanager is told again. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "alerters/sink_webhook.h"
#include "alerters/splunk_ack.h"
#include "tests/unit/receivers.h"

#define WHSEC "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static char name[] = "siem", url[128], request[REQUEST_SIZE], folder[PATH_SIZE], secret[PATH_SIZE];
static char *secrets[] = {secret, NULL};
static char header[] = "X-Hub-Signature-256";
static struct logged logged;
static struct logger log_to_test;
static struct sink_tools tools = {.log = &log_to_test};
static struct sink_settings settings;
static struct sink *sink;

static void begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	strcpy(folder, "");
	folder_make(folder);
	path_in(folder, "secret", secret);
	logged_open(&logged, &log_to_test);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	tools.multi = curl_multi_init();
	settings = (struct sink_settings){.type = SINK_WEBHOOK,
					  .name = name,
					  .url = url,
					  .timeout_ms = 2000,
					  .connect_timeout_ms = 2000,
					  .retry_for_ms = 3 * DAY,
					  .spool = SPOOL_ROOM,
					  .signature_header = header,
					  .resolve_after_ms = 60 * 60 * 1000};
}

static void end(void)
{
	sink_free(sink);
	sink = NULL;
	curl_multi_cleanup(tools.multi);
	curl_global_cleanup();
	folder_remove(folder);
}

static void open_sink(uint16_t port, const char *path)
{
	struct error err;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	sink = sink_new(&settings, &tools, &err);
	ck_assert_msg(sink != NULL, "%s", err.text);
}

/* The courier's loop in small, its clock ahead by so many ms, until this many wait. */
static void run_ahead(int64_t ahead, size_t count, int ms)
{
	int64_t until = now_ms() + ms;
	int running;

	do {
		sink_run(sink, now_ms() + ahead);
		curl_multi_poll(tools.multi, NULL, 0, 10, NULL);
		curl_multi_perform(tools.multi, &running);
		sink_webhook_finish(tools.multi, now_ms() + ahead);
	} while (now_ms() < until && (sink->busy || spool_count(sink->spool) > count));
}

static void run_until(size_t count)
{
	run_ahead(0, count, WAIT_MS);
	ck_assert_uint_eq(spool_count(sink->spool), count);
}

static void expect_in_request(const char *part)
{
	ck_assert_msg(strstr(request, part) != NULL, "'%s' is not in '%s'", part, request);
}

static void write_secret(const char *text, mode_t mode)
{
	file_write(secret, text);
	ck_assert_int_eq(chmod(secret, mode), 0);
	settings.secret_files = secrets;
}

START_TEST(test_request_is_signed)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;

	write_secret(WHSEC, 0600);
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	run_until(0);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	expect_in_request("\r\nwebhook-id: cw-1\r\n");
	expect_in_request("\r\nwebhook-timestamp: 1");
	expect_in_request("\r\nwebhook-signature: v1,");
	expect_in_request("\r\nContent-Type: application/json\r\n");
	ck_assert_ptr_null(strstr(request, "whsec_"));
	http_stop(&receiver);
}
END_TEST

START_TEST(test_sha256_signature_in_a_header_of_the_sites_own)
{
	static char own[] = "X-Signature";
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;

	write_secret("hunter2", 0640);
	settings.signature = SIGNATURE_SHA256;
	settings.signature_header = own;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	run_until(0);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	expect_in_request("\r\nX-Signature: sha256=");
	ck_assert_ptr_null(strstr(request, "webhook-id"));
	http_stop(&receiver);
}
END_TEST

START_TEST(test_nothing_goes_out_unsigned)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;

	write_secret("hunter2 " WHSEC, 0644);
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	run_ahead(0, 0, 300);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert(!http_next(&receiver, request, 0));
	ck_assert_uint_eq(count_of(logged.text, "gives a secret to others"), 1);
	ck_assert_uint_eq(count_of(logged.text, "hunter2"), 0);
	/* as soon as the file is as it should be */
	write_secret(WHSEC, 0600);
	run_until(0);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	expect_in_request("\r\nwebhook-signature: v1,");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_splunk_is_asked_until_the_alert_is_indexed)
{
	static const char taken[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ackId\":7}";
	static const char later[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"acks\":{\"7\":false}}";
	static const char indexed[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"acks\":{\"7\":true}}";
	const struct http_reply script[] = {{taken, 0}, {later, 0}, {indexed, 0}};
	struct http_receiver receiver;
	char channel[128], *end_of_channel;

	settings.format = FORMAT_SPLUNK_HEC;
	settings.indexer_ack = true;
	http_start(&receiver, 0, script, 3);
	open_sink(receiver.port, "/services/collector/event");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	run_until(0);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	expect_in_request("POST /services/collector/event HTTP/1.1\r\n");
	expect_in_request("\"sourcetype\":\"capwatch:alert\"");
	snprintf(channel, sizeof(channel), "%s", strstr(request, "X-Splunk-Request-Channel: "));
	end_of_channel = strchr(channel, '\r');
	*end_of_channel = '\0';
	for (int i = 0; i < 2; i++) {
		ck_assert(http_next(&receiver, request, WAIT_MS));
		expect_in_request("POST /services/collector/ack?channel=");
		expect_in_request(strchr(channel, ' ') + 1);
		expect_in_request(channel);
		expect_in_request("\r\n\r\n{\"acks\":[7]}");
	}
	ck_assert_str_eq(logged.text, "");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_splunk_that_never_indexes_gets_it_again)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ackId\":7}";
	const struct http_reply script[] = {{reply, 0}};
	struct http_receiver receiver;
	int64_t ahead = 0;
	int events = 0;

	settings.format = FORMAT_SPLUNK_HEC;
	settings.indexer_ack = true;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/services/collector");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	for (int i = 0; i < 4; i++, ahead += SPLUNK_ACK_PATIENCE_MS + 1000) {
		run_ahead(ahead, 0, 200);
		while (http_next(&receiver, request, 0))
			events += strstr(request, "\"sourcetype\"") != NULL;
	}
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_int_ge(events, 2);
	ck_assert_uint_eq(count_of(logged.text, "Splunk does not acknowledge"), 1);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_splunk_token_without_acknowledgement_is_said_once)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;

	settings.format = FORMAT_SPLUNK_HEC;
	settings.indexer_ack = true;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/services/collector");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	offer_alert(sink, "cw-2", SEVERITY_HIGH);
	run_until(0);
	ck_assert_uint_eq(count_of(logged.text, "the replies have no ackId"), 1);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_acknowledgement_needs_splunks_address)
{
	struct error err;

	settings.indexer_ack = true;
	snprintf(url, sizeof(url), "http://127.0.0.1/in");
	ck_assert_ptr_null(sink_new(&settings, &tools, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "the url has no /services/collector"));
}
END_TEST

START_TEST(test_alertmanager_is_told_again_until_the_end)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	char first[REQUEST_SIZE];

	settings.format = FORMAT_ALERTMANAGER;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/api/v2/alerts");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	run_until(0);
	ck_assert(http_next(&receiver, first, WAIT_MS));
	ck_assert_int_ge(sink_deadline(sink), now_ms() + ACTIVE_RESEND_MS - 2000);
	ck_assert_int_le(sink_deadline(sink), now_ms() + ACTIVE_RESEND_MS);
	run_ahead(0, 0, 50);
	ck_assert(!http_next(&receiver, request, 0));
	run_ahead(ACTIVE_RESEND_MS, 0, 300);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	/* the same alert with the same end */
	ck_assert_str_eq(strstr(request, "\r\n\r\n"), strstr(first, "\r\n\r\n"));
	http_stop(&receiver);
}
END_TEST

START_TEST(test_what_is_active_outlives_a_reload_and_is_told_with_credentials)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	struct sink *old;

	settings.format = FORMAT_ALERTMANAGER;
	settings.bearer_file = secret;
	file_write(secret, "first");
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port, "/api/v2/alerts");
	offer_alert(sink, "cw-1", SEVERITY_HIGH);
	run_until(0);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	expect_in_request("\r\nAuthorization: Bearer first\r\n");
	file_write(secret, "second");
	old = sink;
	open_sink(receiver.port, "/api/v2/alerts");
	sink_take_over(sink, old);
	sink_free(old);
	ck_assert_int_ne(sink_deadline(sink), SINK_NEVER);
	run_ahead(ACTIVE_RESEND_MS, 0, 300);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	expect_in_request("\r\nAuthorization: Bearer second\r\n");
	http_stop(&receiver);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("webhook_request");
	TCase *tcase = tcase_create("webhook_request");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_request_is_signed);
	tcase_add_test(tcase, test_sha256_signature_in_a_header_of_the_sites_own);
	tcase_add_test(tcase, test_nothing_goes_out_unsigned);
	tcase_add_test(tcase, test_splunk_is_asked_until_the_alert_is_indexed);
	tcase_add_test(tcase, test_splunk_that_never_indexes_gets_it_again);
	tcase_add_test(tcase, test_splunk_token_without_acknowledgement_is_said_once);
	tcase_add_test(tcase, test_acknowledgement_needs_splunks_address);
	tcase_add_test(tcase, test_alertmanager_is_told_again_until_the_end);
	tcase_add_test(tcase, test_what_is_active_outlives_a_reload_and_is_told_with_credentials);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
