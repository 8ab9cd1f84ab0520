/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alerters/sink_webhook.h"
#include "tests/unit/receivers.h"

static char name[] = "siem", url[128], request[REQUEST_SIZE];
static struct logged logged;
static struct logger log_to_test;
static struct sink_tools tools = {.log = &log_to_test};
static struct sink_settings settings;
static struct sink *sink;

static void open_multi(void)
{
	signal(SIGPIPE, SIG_IGN);
	logged_open(&logged, &log_to_test);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	tools.multi = curl_multi_init();
	settings = (struct sink_settings){.type = SINK_WEBHOOK,
					  .name = name,
					  .url = url,
					  .timeout_ms = 2000,
					  .connect_timeout_ms = 2000,
					  .retry_for_ms = 3 * DAY,
					  .spool = SPOOL_ROOM};
}

static void close_multi(void)
{
	sink_free(sink);
	sink = NULL;
	curl_multi_cleanup(tools.multi);
	curl_global_cleanup();
}

static void open_sink(uint16_t port)
{
	struct error err;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/in?k=v", port);
	sink = sink_new(&settings, &tools, &err);
	ck_assert_msg(sink != NULL, "%s", err.text);
}

/* The courier's loop in small: until this many wait, or the time is over. */
static void run_until(size_t count)
{
	int64_t end = now_ms() + WAIT_MS;
	int running;

	while (spool_count(sink->spool) > count && now_ms() < end) {
		sink_run(sink, now_ms());
		curl_multi_poll(tools.multi, NULL, 0, 20, NULL);
		curl_multi_perform(tools.multi, &running);
		sink_webhook_finish(tools.multi, now_ms());
	}
	ck_assert_uint_eq(spool_count(sink->spool), count);
}

static void run_for(int ms)
{
	int64_t end = now_ms() + ms;
	int running;

	while (now_ms() < end) {
		sink_run(sink, now_ms());
		curl_multi_poll(tools.multi, NULL, 0, 20, NULL);
		curl_multi_perform(tools.multi, &running);
		sink_webhook_finish(tools.multi, now_ms());
	}
}

static void expect_request(struct http_receiver *receiver, const char *id)
{
	char part[64];

	ck_assert(http_next(receiver, request, WAIT_MS));
	snprintf(part, sizeof(part), "\r\n\r\n{\"id\":\"%s\"", id);
	ck_assert_msg(strstr(request, part) != NULL, "'%s' is not in '%s'", part, request);
}

static void expect_request_while_running(struct http_receiver *receiver, const char *id)
{
	int64_t end = now_ms() + WAIT_MS;
	char part[64];

	while (!http_next(receiver, request, 0) && now_ms() < end)
		run_for(10);
	snprintf(part, sizeof(part), "\r\n\r\n{\"id\":\"%s\"", id);
	ck_assert_msg(strstr(request, part) != NULL, "'%s' is not in '%s'", part, request);
}

START_TEST(test_alert_is_posted_as_json)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_until(0);
	expect_request(&receiver, "a");
	ck_assert_int_eq(strncmp(request, "POST /in?k=v HTTP/1.1\r\n", 23), 0);
	ck_assert_uint_eq(count_of(request, "Content-Type: application/json\r\n"), 1);
	ck_assert_uint_eq(count_of(request, "User-Agent: capwatch/" CAPWATCH_VERSION "\r\n"), 1);
	ck_assert_uint_eq(count_of(request, "Expect"), 0);
	ck_assert_str_eq(logged.text, "");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_order_is_kept_through_a_failure)
{
	const struct http_reply script[] = {
		{"HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nsorry", 0}, {HTTP_OK, 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 2);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_LOW);
	offer_alert(sink, "b", SEVERITY_CRITICAL);
	run_until(0);
	expect_request(&receiver, "a");
	expect_request(&receiver, "a");
	expect_request(&receiver, "b");
	ck_assert_uint_eq(count_of(logged.text, "HTTP status 500: sorry"), 1);
	ck_assert_uint_eq(count_of(logged.text, "works again"), 1);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_absent_receiver_is_waited_for)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	uint16_t port = http_free_port();

	open_sink(port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	offer_alert(sink, "b", SEVERITY_HIGH);
	run_for(500);
	ck_assert_uint_eq(spool_count(sink->spool), 2);
	ck_assert_uint_eq(count_of(logged.text, "sink siem: "), 1);
	http_start(&receiver, port, script, 1);
	run_until(0);
	expect_request(&receiver, "a");
	expect_request(&receiver, "b");
	http_stop(&receiver);
}
END_TEST

/* libcurl keeps the status of the last reply it saw: it must not speak for a request without one.
 */
START_TEST(test_receiver_gone_after_a_success_loses_nothing)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_until(0);
	expect_request(&receiver, "a");
	http_stop(&receiver);
	offer_alert(sink, "b", SEVERITY_HIGH);
	run_for(400);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	http_start(&receiver, receiver.port, script, 1);
	run_until(0);
	expect_request(&receiver, "b");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_refused_alert_is_dropped_and_said_printably)
{
	const struct http_reply script[] = {
		{"HTTP/1.1 400 Bad\r\nContent-Length: 14\r\n\r\nno\x1b[2J \xff\nmore\n", 0},
		{HTTP_OK, 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 2);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	offer_alert(sink, "b", SEVERITY_HIGH);
	run_until(0);
	expect_request(&receiver, "a");
	expect_request(&receiver, "b");
	ck_assert_uint_eq(sink->past.given_up, 1);
	ck_assert_str_eq(logged.text, "sink siem: refused for good, alerts: 1, HTTP status 400: "
				      "no?[2J ?\n");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_many_refusals_are_one_line)
{
	const struct http_reply script[] = {{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	for (int i = 0; i < 20; i++)
		offer_alert(sink, "a", SEVERITY_HIGH);
	run_until(0);
	ck_assert_uint_eq(sink->past.given_up, 20);
	ck_assert_uint_eq(count_of(logged.text, "\n"), 1);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_later_statuses_are_tried_again)
{
	static const char *const later[] = {"408", "425", "429", "500", "502", "503", "301"};
	char reply[128];

	snprintf(reply, sizeof(reply),
		 "HTTP/1.1 %s X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
		 later[_i]);
	const struct http_reply script[] = {{reply, 0}, {HTTP_OK, 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 2);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_until(0);
	ck_assert_uint_eq(sink->past.given_up, 0);
	expect_request(&receiver, "a");
	expect_request(&receiver, "a");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_retry_after_is_honoured_within_bounds)
{
	static const struct {
		const char *value;
		int64_t least, most;
	} cases[] = {
		{"2", 1500, 2500},
		{"99999", RETRY_HINT_LONGEST_MS - 1000, RETRY_HINT_LONGEST_MS},
		{"-5", 0, 1500},
		{"x", 0, 1500},
	};
	char reply[128];

	snprintf(reply, sizeof(reply),
		 "HTTP/1.1 503 X\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", cases[_i].value);
	const struct http_reply script[] = {{reply, 0}};
	struct http_receiver receiver;
	int64_t end = now_ms() + WAIT_MS;

	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	while (sink->retry.at == 0 && now_ms() < end)
		run_for(1);
	ck_assert_int_ge(sink->retry.at - now_ms(), cases[_i].least - 200);
	ck_assert_int_le(sink->retry.at - now_ms(), cases[_i].most);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_silent_receiver_runs_into_the_timeout)
{
	const struct http_reply script[] = {{HTTP_OK, 20000}};
	struct http_receiver receiver;

	settings.timeout_ms = 300;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_for(700);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_uint_eq(count_of(logged.text, "timed out"), 1);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_gone_for_good_pauses_the_sink)
{
	const struct http_reply script[] = {{"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", 0},
					    {"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 0}};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 2);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	offer_alert(sink, "b", SEVERITY_HIGH);
	expect_request_while_running(&receiver, "a");
	expect_request_while_running(&receiver, "a");
	run_for(1500);
	ck_assert(!http_next(&receiver, request, 0));
	ck_assert_uint_eq(spool_count(sink->spool), 2);
	ck_assert_int_gt(sink->retry.at, now_ms() + HOUR - 10000);
	ck_assert_uint_eq(count_of(logged.text, "HTTP status 410, gone for good: paused"), 1);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_name_that_does_not_resolve_is_waited_for)
{
	struct error err;

	snprintf(url, sizeof(url), "http://receiver.invalid/");
	sink = sink_new(&settings, &tools, &err);
	offer_alert(sink, "a", SEVERITY_HIGH);
	while (!sink->past.failing)
		run_for(10);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_msg(count_of(logged.text, "resolv") == 1 || count_of(logged.text, "timed out"),
		      "%s", logged.text);
}
END_TEST

START_TEST(test_headers_and_secrets_are_sent_and_read_anew_by_a_new_sink)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	char folder[PATH_SIZE], token[PATH_SIZE], key[PATH_SIZE];
	char names[][8] = {"X-A", "b c", "X-Key"};

	folder_make(folder);
	file_write(path_in(folder, "token", token), "s3cr3t\n");
	file_write(path_in(folder, "key", key), "Splunk 1234\r\n");
	settings.bearer_file = token;
	settings.headers.items[0] = (struct settings_header){.name = names[0], .value = names[1]};
	settings.headers.items[1] = (struct settings_header){.name = names[2], .file = key};
	settings.headers.count = 2;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_until(0);
	expect_request(&receiver, "a");
	ck_assert_uint_eq(count_of(request, "\r\nAuthorization: Bearer s3cr3t\r\n"), 1);
	ck_assert_uint_eq(count_of(request, "\r\nX-A: b c\r\nX-Key: Splunk 1234\r\n"), 1);
	ck_assert_uint_eq(count_of(request, "\r\nContent-Type: application/json\r\n"), 1);
	sink_free(sink);
	settings.bearer_file = NULL;
	settings.basic_file = token;
	file_write(token, "user:pass");
	open_sink(receiver.port);
	offer_alert(sink, "b", SEVERITY_HIGH);
	run_until(0);
	expect_request(&receiver, "b");
	ck_assert_uint_eq(count_of(request, "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"), 1);
	ck_assert_str_eq(logged.text, "");
	http_stop(&receiver);
	folder_remove(folder);
}
END_TEST

/* A line more would be a header more. What is in the file is not said. */
START_TEST(test_secret_that_cannot_be_used_is_waited_for_and_not_told)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{NULL, "cannot read it"},
		{"", "is empty"},
		{"s3cr3t\nX-Forged: 1", "more than one line"},
		{"s3cr3t\x01", "more than one line"},
	};
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	char folder[PATH_SIZE], token[PATH_SIZE];

	folder_make(folder);
	path_in(folder, "token", token);
	if (cases[_i].text)
		file_write(token, cases[_i].text);
	settings.bearer_file = token;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_for(50);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_uint_eq(count_of(logged.text, cases[_i].said), 1);
	ck_assert_uint_eq(count_of(logged.text, "s3cr3t"), 0);
	file_write(token, "good");
	run_until(0);
	expect_request(&receiver, "a");
	ck_assert_uint_eq(count_of(request, "\r\nAuthorization: Bearer good\r\n"), 1);
	http_stop(&receiver);
	folder_remove(folder);
}
END_TEST

/* Whatever a receiver says, a secret is in no line of ours. */
START_TEST(test_receiver_that_says_the_secret_again_does_not_bring_it_into_the_log)
{
	static const char body[] =
		"no s3cr3t-token, nor c2VjdXJlOmh1bnRlcjI=, nor hunter2, Xs3cr3t";
	char reply[256], folder[PATH_SIZE], token[PATH_SIZE], key[PATH_SIZE], key_name[] = "X-Key";
	const struct http_reply script[] = {{reply, 0}};
	struct http_receiver receiver;

	snprintf(reply, sizeof(reply), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
		 _i == 0 ? "403 No" : "503 No", strlen(body), body);
	folder_make(folder);
	file_write(path_in(folder, "basic", token), "secure:hunter2\n");
	file_write(path_in(folder, "key", key), "Token s3cr3t-token\n");
	settings.basic_file = token;
	settings.headers.items[0] = (struct settings_header){.name = key_name, .file = key};
	settings.headers.count = 1;
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_for(300);
	ck_assert_uint_eq(count_of(logged.text, "no ************, nor ********************, nor "
						"*******, Xs3cr3t"),
			  1);
	ck_assert_uint_eq(count_of(sink->past.last_error, "hunter2"), 0);
	ck_assert_uint_eq(count_of(sink->past.last_error, "nor *******,"), 1);
	http_stop(&receiver);
	folder_remove(folder);
}
END_TEST

/* One turn of the courier's loop at a time of our own making. */
static void run_at(int64_t now)
{
	int running;

	sink_run(sink, now);
	while (sink->busy) {
		curl_multi_poll(tools.multi, NULL, 0, 20, NULL);
		curl_multi_perform(tools.multi, &running);
		sink_webhook_finish(tools.multi, now);
	}
}

START_TEST(test_paused_sink_is_asked_again_in_an_hour_and_after_a_reload)
{
	const struct http_reply script[] = {{"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 0},
					    {"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 0},
					    {HTTP_OK, 0}};
	struct http_receiver receiver;
	int64_t now = now_ms();
	struct sink *old;

	http_start(&receiver, 0, script, 3);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_at(now);
	expect_request(&receiver, "a");
	run_at(now + HOUR - 1);
	ck_assert(!http_next(&receiver, request, 0));
	run_at(now + HOUR);
	expect_request(&receiver, "a");
	ck_assert_uint_eq(count_of(logged.text, "paused"), 1);
	old = sink;
	open_sink(receiver.port);
	sink_take_over(sink, old);
	sink_free(old);
	run_at(now + HOUR + 1);
	expect_request(&receiver, "a");
	ck_assert_uint_eq(spool_count(sink->spool), 0);
	ck_assert_uint_eq(count_of(logged.text, "works again"), 1);
	http_stop(&receiver);
}
END_TEST

static void offer_numbered(int number, int64_t now)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "{\"id\":\"%d\"}", number);
	struct parcel *parcel = parcel_new(SEVERITY_HIGH, DISPOSITION_ALERT, text, (size_t)length);

	sink_offer(sink, parcel, now);
	parcel_unref(parcel);
}

/* An alert an hour for three days; then the receiver is back. The clock is ours. */
START_TEST(test_receiver_away_for_three_days_gets_everything_oldest_first)
{
	enum { HOURS = 72 };
	const struct http_reply script[] = {{HTTP_OK, 0}};
	const int64_t begin = 1000, back = begin + (int64_t)HOURS * HOUR;
	struct http_receiver receiver;
	uint16_t port = http_free_port();
	int offered = 0, tries = 0;
	int64_t now = begin;

	settings.retry_for_ms = 4 * DAY;
	open_sink(port);
	printf("tries, in seconds after the first:");
	while (now < back) {
		for (; offered < HOURS && begin + (int64_t)offered * HOUR <= now; offered++)
			offer_numbered(offered, begin + (int64_t)offered * HOUR);
		run_at(now);
		if (tries++ < 16)
			printf(" %lld", (long long)(now - begin) / 1000);
		ck_assert_int_gt(sink->retry.at, now);
		ck_assert_int_ge(sink->retry.at, now + RETRY_SHORTEST_MS);
		ck_assert_int_le(sink->retry.at, now + RETRY_LONGEST_MS);
		now = sink->retry.at;
	}
	printf(" ...; %d in three days\n", tries);
	/* an average of half of five minutes between two */
	ck_assert_int_gt(tries, HOURS * 12);
	ck_assert_int_lt(tries, HOURS * 40);
	http_start(&receiver, port, script, 1);
	while (spool_count(sink->spool) > 0)
		run_at(now);
	for (int i = 0; i < HOURS; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		expect_request(&receiver, id);
	}
	ck_assert_uint_eq(sink->past.given_up, 0);
	http_stop(&receiver);
}
END_TEST

/* Killed by the receiver's trouble again and again, it must not fall upon the receiver each time.
 */
START_TEST(test_pause_between_tries_outlives_a_restart)
{
	char folder[PATH_SIZE];
	int64_t at;

	folder_make(folder);
	tools.spool_folder = folder;
	open_sink(http_free_port());
	sink_open(sink, now_ms());
	offer_alert(sink, "a", SEVERITY_HIGH);
	sink_persist(sink, now_ms());
	for (int i = 0; i < 12; i++)
		run_at(sink->retry.at > now_ms() ? sink->retry.at : now_ms());
	at = sink->retry.at;
	sink_free(sink);
	sink = sink_new(&settings, &tools, NULL);
	sink_open(sink, now_ms());
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_uint_eq(sink->retry.failures, 12);
	ck_assert_int_le(llabs(sink->retry.at - at), 1000);
	tools.spool_folder = NULL;
	folder_remove(folder);
}
END_TEST

START_TEST(test_what_is_too_old_is_given_up_but_not_before_it_was_tried_for_a_while)
{
	uint16_t port = http_free_port();
	const int64_t later = 5 * DAY;

	open_sink(port);
	offer_numbered(1, 0);
	run_at(later); /* the host slept for five days */
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	offer_numbered(2, later);
	run_at(later + 11 * 60 * 1000);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_uint_eq(sink->past.given_up, 1);
	ck_assert_uint_eq(count_of(logged.text, "too old to be tried any longer"), 1);
}
END_TEST

START_TEST(test_hosts_do_not_come_back_together)
{
	enum { HOSTS = 1000, SECONDS = 300 };
	unsigned in_second[SECONDS + 1] = {0}, most = 0;

	for (int host = 0; host < HOSTS; host++) {
		struct retry retry = {.failures = 20};

		retry_after_failure(&retry, 0, RETRY_LONGEST_MS);
		in_second[retry.at / 1000]++;
	}
	for (int second = 0; second <= SECONDS; second++)
		most = in_second[second] > most ? in_second[second] : most;
	printf("of %d hosts at most %u try again in one second\n", HOSTS, most);
	ck_assert_uint_lt(most, HOSTS / 50);
}
END_TEST

START_TEST(test_long_reply_is_bounded)
{
	static char reply[200000];
	const struct http_reply script[] = {{reply, 0}};
	struct http_receiver receiver;
	int head = sprintf(reply, "HTTP/1.1 404 X\r\nContent-Length: 150000\r\n\r\n");

	memset(reply + head, 'x', 150000);
	http_start(&receiver, 0, script, 1);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_until(0);
	ck_assert_uint_eq(sink->past.given_up, 1);
	ck_assert_uint_lt(strlen(logged.text), 400);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_other_protocols_are_not_spoken)
{
	struct error err;

	snprintf(url, sizeof(url), "file:///etc/passwd");
	sink = sink_new(&settings, &tools, &err);
	ck_assert_ptr_nonnull(sink);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_for(100);
	ck_assert_uint_eq(count_of(logged.text, "not supported"), 1);
}
END_TEST

START_TEST(test_closing_under_way_leaves_the_alert_queued)
{
	const struct http_reply script[] = {{HTTP_OK, 20000}, {HTTP_OK, 0}};
	struct http_receiver receiver;
	struct sink *old;

	http_start(&receiver, 0, script, 2);
	open_sink(receiver.port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_for(100);
	ck_assert(sink->busy);
	old = sink;
	sink = sink_new(&settings, &tools, NULL);
	sink_take_over(sink, old);
	sink_free(old);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_int_eq(sink_deadline(sink), 0);
	http_stop(&receiver);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_webhook");
	TCase *tcase = tcase_create("sink_webhook");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_multi, close_multi);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_alert_is_posted_as_json);
	tcase_add_test(tcase, test_order_is_kept_through_a_failure);
	tcase_add_test(tcase, test_absent_receiver_is_waited_for);
	tcase_add_test(tcase, test_receiver_gone_after_a_success_loses_nothing);
	tcase_add_test(tcase, test_refused_alert_is_dropped_and_said_printably);
	tcase_add_test(tcase, test_many_refusals_are_one_line);
	tcase_add_loop_test(tcase, test_later_statuses_are_tried_again, 0, 7);
	tcase_add_loop_test(tcase, test_retry_after_is_honoured_within_bounds, 0, 4);
	tcase_add_test(tcase, test_silent_receiver_runs_into_the_timeout);
	tcase_add_test(tcase, test_gone_for_good_pauses_the_sink);
	tcase_add_test(tcase, test_paused_sink_is_asked_again_in_an_hour_and_after_a_reload);
	tcase_add_test(tcase, test_name_that_does_not_resolve_is_waited_for);
	tcase_add_test(tcase, test_headers_and_secrets_are_sent_and_read_anew_by_a_new_sink);
	tcase_add_loop_test(tcase, test_secret_that_cannot_be_used_is_waited_for_and_not_told, 0,
			    4);
	tcase_add_loop_test(tcase,
			    test_receiver_that_says_the_secret_again_does_not_bring_it_into_the_log,
			    0, 2);
	tcase_add_test(tcase, test_receiver_away_for_three_days_gets_everything_oldest_first);
	tcase_add_test(tcase,
		       test_what_is_too_old_is_given_up_but_not_before_it_was_tried_for_a_while);
	tcase_add_test(tcase, test_pause_between_tries_outlives_a_restart);
	tcase_add_test(tcase, test_hosts_do_not_come_back_together);
	tcase_add_test(tcase, test_long_reply_is_bounded);
	tcase_add_test(tcase, test_other_protocols_are_not_spoken);
	tcase_add_test(tcase, test_closing_under_way_leaves_the_alert_queued);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
