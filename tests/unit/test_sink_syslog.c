/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "alerters/format.h"
#include "alerters/sink_webhook.h"
#include "tests/unit/receivers.h"

static char name[] = "syslog", folder[PATH_SIZE], path[PATH_SIZE], frame[SYSLOG_FRAME_MAX];
static struct logged logged;
static struct logger log_to_test;
static struct sink_tools tools = {.log = &log_to_test};
static struct sink_settings settings = {.type = SINK_SYSLOG,
					.name = name,
					.socket_path = path,
					.retry_for_ms = DAY,
					.spool = SPOOL_ROOM};
static struct sink *sink;

static void open_sink(void)
{
	struct error err;

	folder_make(folder);
	path_in(folder, "log", path);
	logged_open(&logged, &log_to_test);
	settings.facility = (unsigned)vocab_value(&vocab_syslog_facility, "authpriv");
	sink = sink_new(&settings, &tools, &err);
	ck_assert_ptr_nonnull(sink);
}

static void close_sink(void)
{
	sink_free(sink);
	folder_remove(folder);
}

static void deliver(const char *id)
{
	offer_alert(sink, id, SEVERITY_HIGH);
	sink_run(sink, sink->retry.at);
}

static void expect_frame(int receiver, const char *id)
{
	char part[64];

	ck_assert_int_gt(syslog_next(receiver, frame, sizeof(frame), WAIT_MS), 0);
	snprintf(part, sizeof(part), "[capwatch@32473 id=\"%s\"", id);
	ck_assert_msg(strstr(frame, part) != NULL, "'%s' is not in '%s'", part, frame);
	ck_assert_int_eq(strncmp(frame, "<83>1 ", 6), 0);
}

START_TEST(test_alert_is_a_datagram)
{
	int receiver = syslog_bind(path, SOCK_DGRAM);

	deliver("a");
	deliver("b");
	expect_frame(receiver, "a");
	expect_frame(receiver, "b");
	close(receiver);
}
END_TEST

START_TEST(test_stream_socket_gets_terminated_frames)
{
	int listener = syslog_bind(path, SOCK_STREAM), receiver;

	deliver("a");
	receiver = accept(listener, NULL, NULL);
	deliver("b");
	ck_assert_int_gt(syslog_next(receiver, frame, sizeof(frame), WAIT_MS), 0);
	ck_assert_ptr_nonnull(strstr(frame, "id=\"a\""));
	ck_assert_ptr_nonnull(strstr(frame + strlen(frame) + 1, "id=\"b\""));
	close(receiver);
	close(listener);
}
END_TEST

START_TEST(test_absent_receiver_is_said_once_and_waited_for)
{
	int receiver;

	deliver("a");
	deliver("b");
	ck_assert_uint_eq(spool_count(sink->spool), 2);
	ck_assert_uint_eq(count_of(logged.text, "cannot connect"), 1);
	receiver = syslog_bind(path, SOCK_DGRAM);
	sink_run(sink, sink->retry.at);
	expect_frame(receiver, "a");
	expect_frame(receiver, "b");
	ck_assert_uint_eq(count_of(logged.text, "works again"), 1);
	close(receiver);
}
END_TEST

START_TEST(test_restarted_receiver_misses_nothing)
{
	int receiver = syslog_bind(path, SOCK_DGRAM);

	deliver("a");
	expect_frame(receiver, "a");
	close(receiver);
	unlink(path);
	receiver = syslog_bind(path, SOCK_DGRAM);
	deliver("b");
	expect_frame(receiver, "b");
	ck_assert_str_eq(logged.text, "");
	close(receiver);
}
END_TEST

START_TEST(test_receiver_that_does_not_read_does_not_block)
{
	int receiver = syslog_bind(path, SOCK_DGRAM);
	char id[16];
	int64_t start = now_ms();

	for (int i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		offer_alert(sink, id, SEVERITY_HIGH);
	}
	sink_run(sink, start);
	ck_assert_int_lt(now_ms() - start, 2000);
	ck_assert_uint_gt(spool_count(sink->spool), 0);
	ck_assert_int_ge(sink->writable_fd, 0);
	ck_assert_int_gt(sink_deadline(sink), start);
	sink_run(sink, start + 10000);
	ck_assert_uint_eq(count_of(logged.text, "does not read"), 1);
	ck_assert_int_eq(sink_deadline(sink), SINK_NEVER);
	for (int i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		expect_frame(receiver, id);
		sink_run(sink, now_ms());
	}
	ck_assert_uint_eq(count_of(logged.text, "works again"), 1);
	close(receiver);
}
END_TEST

START_TEST(test_stream_cut_within_a_frame_sends_it_whole_again)
{
	int listener = syslog_bind(path, SOCK_STREAM), receiver;
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	for (int i = 0; i < 3000; i++)
		offer_alert(sink, "filler", SEVERITY_HIGH);
	sink_run(sink, 0);
	ck_assert_uint_gt(spool_count(sink->spool), 0);
	receiver = accept(listener, (struct sockaddr *)&address, &length);
	close(receiver);
	sink_run(sink, 0);
	receiver = accept(listener, NULL, NULL);
	ck_assert_int_gt(syslog_next(receiver, frame, sizeof(frame), WAIT_MS), 0);
	ck_assert_int_eq(strncmp(frame, "<83>1 ", 6), 0);
	close(receiver);
	close(listener);
}
END_TEST

START_TEST(test_path_too_long_for_a_socket_is_refused)
{
	char longer[200];
	struct sink_settings wrong = settings;
	struct error err;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	wrong.socket_path = longer;
	ck_assert_ptr_null(sink_new(&wrong, &tools, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "sink syslog: socket_path"));
}
END_TEST

/* ---- remote ---- */

static char server[64];

static void open_remote(unsigned protocol, uint16_t port)
{
	struct error err;

	sink_free(sink);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	tools.multi = curl_multi_init();
	snprintf(server, sizeof(server), "127.0.0.1:%u", port);
	settings.server = server;
	settings.protocol = protocol;
	settings.connect_timeout_ms = 2000;
	sink = sink_new(&settings, &tools, &err);
	ck_assert_msg(sink != NULL, "%s", err.text);
}

static void close_remote(void)
{
	sink_free(sink);
	sink = NULL;
	curl_multi_cleanup(tools.multi);
	curl_global_cleanup();
}

static void run_remote(int ms)
{
	int64_t end = now_ms() + ms;
	int running;

	do {
		sink_run(sink, now_ms());
		curl_multi_poll(tools.multi, NULL, 0, 5, NULL);
		curl_multi_perform(tools.multi, &running);
		sink_webhook_finish(tools.multi, now_ms());
	} while (now_ms() < end);
}

static void run_remote_until(size_t count)
{
	int64_t end = now_ms() + WAIT_MS;

	while (spool_count(sink->spool) > count && now_ms() < end)
		run_remote(5);
	ck_assert_uint_eq(spool_count(sink->spool), count);
}

/* The next frame of a stream by its own length, as RFC 6587 has it. */
static void expect_counted(int connection, const char *id)
{
	char digits[8] = "", part[64];
	size_t used = 0, length;

	while (used < sizeof(digits) - 1 && read(connection, digits + used, 1) == 1 &&
	       digits[used] != ' ')
		used++;
	length = strtoul(digits, NULL, 10);
	ck_assert_uint_gt(length, 0);
	ck_assert_uint_lt(length, sizeof(frame));
	for (used = 0; used < length;) {
		ssize_t got = read(connection, frame + used, length - used);

		ck_assert_int_gt(got, 0);
		used += (size_t)got;
	}
	frame[length] = '\0';
	snprintf(part, sizeof(part), "[capwatch@32473 id=\"%s\"", id);
	ck_assert_msg(strstr(frame, part) != NULL, "'%s' is not in '%s'", part, frame);
	ck_assert_int_eq(strncmp(frame, "<83>1 ", 6), 0);
	ck_assert_int_eq(frame[length - 1], 'm');
}

static int accept_one(int listener)
{
	ck_assert(is_readable(listener, WAIT_MS));
	return accept(listener, NULL, NULL);
}

START_TEST(test_udp_sends_one_frame_a_datagram)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(receiver, (struct sockaddr *)&address, length), 0);
	getsockname(receiver, (struct sockaddr *)&address, &length);
	open_remote(SYSLOG_UDP, ntohs(address.sin_port));
	deliver("a");
	deliver("b");
	expect_frame(receiver, "a");
	expect_frame(receiver, "b");
	ck_assert_uint_eq(spool_count(sink->spool), 0);
	close(receiver);
	close_remote();
}
END_TEST

START_TEST(test_tcp_counts_octets)
{
	uint16_t port = 0;
	int listener = tcp_listen(&port), connection;

	open_remote(SYSLOG_TCP, port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	offer_alert(sink, "b", SEVERITY_HIGH);
	run_remote_until(0);
	connection = accept_one(listener);
	expect_counted(connection, "a");
	expect_counted(connection, "b");
	offer_alert(sink, "c", SEVERITY_HIGH);
	run_remote_until(0);
	expect_counted(connection, "c");
	ck_assert_str_eq(logged.text, "");
	close(connection);
	close(listener);
	close_remote();
}
END_TEST

START_TEST(test_tcp_receiver_that_closed_gets_the_next_on_a_new_connection)
{
	uint16_t port = 0;
	int listener = tcp_listen(&port), connection;

	open_remote(SYSLOG_TCP, port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_remote_until(0);
	connection = accept_one(listener);
	expect_counted(connection, "a");
	close(connection);
	run_remote(50);
	offer_alert(sink, "b", SEVERITY_HIGH);
	run_remote_until(0);
	connection = accept_one(listener);
	expect_counted(connection, "b");
	ck_assert_str_eq(logged.text, "");
	close(connection);
	close(listener);
	close_remote();
}
END_TEST

START_TEST(test_absent_tcp_receiver_is_waited_for)
{
	uint16_t port = http_free_port();
	int listener, connection;

	open_remote(SYSLOG_TCP, port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_remote(300);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert_uint_eq(count_of(logged.text, "sink syslog: "), 1);
	listener = tcp_listen(&port);
	run_remote_until(0);
	connection = accept_one(listener);
	expect_counted(connection, "a");
	ck_assert_uint_eq(count_of(logged.text, "works again"), 1);
	close(connection);
	close(listener);
	close_remote();
}
END_TEST

START_TEST(test_tcp_receiver_that_does_not_read_blocks_nobody_and_is_left)
{
	uint16_t port = 0;
	int listener = tcp_listen(&port), connection;
	int64_t begin = now_ms();
	int least = 4096;

	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	open_remote(SYSLOG_TCP, port);
	for (int i = 0; i < 9000; i++)
		offer_large_alert(sink, "x");
	run_remote(500);
	connection = accept_one(listener);
	ck_assert_uint_gt(spool_count(sink->spool), 0);
	ck_assert_int_lt(now_ms() - begin, 20000);
	ck_assert_int_ge(sink->writable_fd, 0);
	sink_run(sink, now_ms() + 11000);
	ck_assert_uint_eq(count_of(logged.text, "its receiver does not read"), 1);
	sink_run(sink, now_ms() + 61000);
	ck_assert_int_lt(sink->writable_fd, 0);
	ck_assert_int_gt(sink->retry.at, 0);
	close(connection);
	close(listener);
	close_remote();
}
END_TEST

START_TEST(test_tls_is_not_spoken_with_one_that_does_not)
{
	uint16_t port = 0;
	int listener = tcp_listen(&port), connection;

	open_remote(SYSLOG_TLS, port);
	offer_alert(sink, "a", SEVERITY_HIGH);
	run_remote(50);
	connection = accept_one(listener);
	ck_assert_int_eq(write(connection, "hello\r\n", 7), 7);
	run_remote(200);
	close(connection);
	run_remote(200);
	ck_assert_uint_eq(spool_count(sink->spool), 1);
	ck_assert(sink->past.failing);
	close(listener);
	close_remote();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_syslog");
	TCase *tcase = tcase_create("sink_syslog");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_sink, close_sink);
	tcase_set_timeout(tcase, 60);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_alert_is_a_datagram);
	tcase_add_test(tcase, test_stream_socket_gets_terminated_frames);
	tcase_add_test(tcase, test_absent_receiver_is_said_once_and_waited_for);
	tcase_add_test(tcase, test_restarted_receiver_misses_nothing);
	tcase_add_test(tcase, test_receiver_that_does_not_read_does_not_block);
	tcase_add_test(tcase, test_stream_cut_within_a_frame_sends_it_whole_again);
	tcase_add_test(tcase, test_path_too_long_for_a_socket_is_refused);
	tcase_add_test(tcase, test_udp_sends_one_frame_a_datagram);
	tcase_add_test(tcase, test_tcp_counts_octets);
	tcase_add_test(tcase, test_tcp_receiver_that_closed_gets_the_next_on_a_new_connection);
	tcase_add_test(tcase, test_absent_tcp_receiver_is_waited_for);
	tcase_add_test(tcase, test_tcp_receiver_that_does_not_read_blocks_nobody_and_is_left);
	tcase_add_test(tcase, test_tls_is_not_spoken_with_one_that_does_not);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
