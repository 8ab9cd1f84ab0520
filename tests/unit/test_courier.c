/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "alerters/confine.h"
#include "alerters/courier.h"
#include "alerters/format.h"
#include "alerters/spool.h"
#include "common/checkpoint.h"
#include "common/wire.h"
#include "tests/unit/receivers.h"

static char folder[PATH_SIZE], config[PATH_SIZE], log_path[PATH_SIZE], alerts[PATH_SIZE],
	socket_path[PATH_SIZE], own_log[PATH_SIZE];
static char request[REQUEST_SIZE], frame[SYSLOG_FRAME_MAX];
static char buffer[sizeof(struct wire_header) + WIRE_BODY_MAX + 1];
static int sensor, supervisor;
static pid_t courier;

static void open_paths(void)
{
	folder_make(folder);
	path_in(folder, "capwatch.yaml", config);
	path_in(folder, "courier.log", log_path);
	path_in(folder, "alerts.jsonl", alerts);
	path_in(folder, "log", socket_path);
	path_in(folder, "own.log", own_log);
	courier = 0;
	sensor = supervisor = -1;
	signal(SIGPIPE, SIG_IGN);
}

static void close_paths(void)
{
	if (courier > 0) {
		kill(courier, SIGKILL);
		waitpid(courier, NULL, 0);
	}
	close(sensor);
	close(supervisor);
	folder_remove(folder);
}

static void append_line(void *ctx, int priority, const char *line)
{
	(void)priority;
	dprintf(*(int *)ctx, "%s\n", line);
}

static void run_child(int sensor_end, int supervisor_end, int64_t drain_ms)
{
	int log_fd = open(own_log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct logger log = {append_line, &log_fd, 7};
	struct courier_options options = {.config_file = config,
					  .sensor_fd = sensor_end,
					  .supervisor_fd = supervisor_end,
					  .drain_ms = drain_ms};
	struct error err = {""};
	int status = courier_run(&options, &log, &err);

	if (status < 0)
		log_line(&log, 3, "%s", err.text);
	close(log_fd);
	exit(status < 0 ? 2 : status);
}

static void link_pair(int ends[2])
{
	int room = 4 * WIRE_BODY_MAX;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static void start(int64_t drain_ms)
{
	int link[2], control[2];

	link_pair(link);
	link_pair(control);
	courier = fork();
	if (courier == 0) {
		close(link[0]);
		close(control[0]);
		run_child(link[1], control[1], drain_ms);
	}
	close(link[1]);
	close(control[1]);
	sensor = link[0];
	supervisor = control[0];
}

static int end_status(void)
{
	int status;

	waitpid(courier, &status, 0);
	courier = 0;
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int stop(void)
{
	close(sensor);
	close(supervisor);
	sensor = supervisor = -1;
	return end_status();
}

static void configure_sinks(const char *sinks)
{
	char text[4096];

	snprintf(text, sizeof(text), "spool: {dir: %s/spool}\nsinks:\n%s", folder, sinks);
	file_write(config, text);
}

static void configure_three(uint16_t port)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "  - {type: syslog, socket_path: %s}\n"
		 "  - {type: file, path: %s}\n"
		 "  - {type: webhook, url: \"http://127.0.0.1:%u/\"}\n",
		 socket_path, alerts, port);
	configure_sinks(text);
}

static void configure_file(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), "  - {type: file, path: %s%s}\n", alerts, more);
	configure_sinks(text);
}

static void send_body(struct wire_header header, const char *body)
{
	int64_t end = now_ms() + WAIT_MS;

	header.length = (uint32_t)strlen(body);
	while (wire_send(sensor, &header, body, -1, NULL) == 0 && now_ms() < end)
		sleep_ms(1);
}

static void send_alert(uint64_t number, enum severity severity, enum disposition disposition)
{
	struct wire_header header = {.type = WIRE_ALERT,
				     .number = number,
				     .severity = (uint8_t)severity,
				     .disposition = (uint8_t)disposition};
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"id\":\"cw-%" PRIu64 "\",\"time\":\"2026-11-22T02:13:09.123Z\",\"host\":\"h\","
		 "\"severity\":\"%s\",\"reason\":\"ambient-raise\",\"message\":\"m\"}",
		 number, vocab_word(&vocab_severity, severity));
	send_body(header, body);
}

static void send_plain(uint64_t number)
{
	send_alert(number, SEVERITY_HIGH, DISPOSITION_ALERT);
}

static void expect_ack(uint64_t number)
{
	struct pollfd polled = {.fd = sensor, .events = POLLIN};
	struct wire_message message;
	struct error err = {""};

	ck_assert_int_gt(poll(&polled, 1, WAIT_MS), 0);
	ck_assert_msg(wire_receive(sensor, buffer, sizeof(buffer), &message, &err) == 1, "%s",
		      err.text);
	ck_assert_uint_eq(message.header.type, WIRE_ACK);
	ck_assert_uint_eq(message.header.number, number);
}

static void expect_in_file(const char *path, const char *part, unsigned times)
{
	int64_t end = now_ms() + WAIT_MS;
	char *text = file_read(path);

	while (count_of(text, part) != times && now_ms() < end) {
		free(text);
		sleep_ms(10);
		text = file_read(path);
	}
	ck_assert_msg(count_of(text, part) == times, "'%s' is %u times in %s, not %u", part,
		      count_of(text, part), path, times);
	free(text);
}

static void tell(uint16_t type, int fd)
{
	struct wire_header header = {.type = type};

	ck_assert_int_eq(wire_send(supervisor, &header, NULL, fd, NULL), 1);
}

static void expect_request(struct http_receiver *receiver, const char *id)
{
	char part[64];

	ck_assert(http_next(receiver, request, WAIT_MS));
	snprintf(part, sizeof(part), "\"id\":\"%s\"", id);
	ck_assert_msg(strstr(request, part) != NULL, "'%s' is not in '%s'", part, request);
}

START_TEST(test_all_three_sinks_receive)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	int syslog = syslog_bind(socket_path, SOCK_DGRAM);

	http_start(&receiver, 0, script, 1);
	configure_three(receiver.port);
	start(-1);
	send_plain(1);
	expect_ack(1);
	/* acknowledged means written */
	expect_in_file(alerts, "\"id\":\"cw-1\"", 1);
	ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), WAIT_MS), 0);
	ck_assert_ptr_nonnull(strstr(frame, "id=\"cw-1\""));
	expect_request(&receiver, "cw-1");
	ck_assert_int_eq(stop(), 0);
	http_stop(&receiver);
	close(syslog);
}
END_TEST

START_TEST(test_many_alerts_are_acknowledged_in_order)
{
	configure_file("");
	start(-1);
	for (uint64_t number = 1; number <= 300; number++)
		send_plain(number);
	for (uint64_t number = 1; number <= 300; number++)
		expect_ack(number);
	expect_in_file(alerts, "\n", 300);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

/* More acknowledgements than the socket holds are due: reading waits for the sensor, and goes on.
 */
START_TEST(test_sensor_that_does_not_read_acks_loses_none)
{
	struct wire_header header = {.type = WIRE_ALERT, .length = 2};
	int64_t stuck_since = now_ms();

	configure_file("");
	start(-1);
	while (now_ms() - stuck_since < 500 && header.number < 100000) {
		header.number++;
		if (wire_send(sensor, &header, "{}", -1, NULL) == 1)
			stuck_since = now_ms();
		else
			header.number--;
	}
	ck_assert_uint_lt(header.number, 100000);
	for (uint64_t number = 1; number <= header.number; number++)
		expect_ack(number);
	expect_in_file(alerts, "{}\n", (unsigned)header.number);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_without_sinks_alerts_are_acknowledged)
{
	configure_sinks("  []\n");
	start(-1);
	send_plain(1);
	expect_ack(1);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_slow_webhook_delays_nobody)
{
	const struct http_reply slow[] = {{HTTP_OK, 4000}}, quick[] = {{HTTP_OK, 0}};
	struct http_receiver first, second;
	char text[1024];
	int64_t begin = now_ms();

	http_start(&first, 0, slow, 1);
	http_start(&second, 0, quick, 1);
	snprintf(text, sizeof(text),
		 "  - {type: webhook, name: slow, url: \"http://127.0.0.1:%u/\"}\n"
		 "  - {type: webhook, name: quick, url: \"http://127.0.0.1:%u/\"}\n"
		 "  - {type: file, path: %s}\n",
		 first.port, second.port, alerts);
	configure_sinks(text);
	start(-1);
	for (uint64_t number = 1; number <= 3; number++) {
		send_plain(number);
		expect_ack(number);
	}
	expect_request(&first, "cw-1");
	expect_request(&second, "cw-1");
	expect_request(&second, "cw-2");
	expect_request(&second, "cw-3");
	expect_in_file(alerts, "\n", 3);
	ck_assert_int_lt(now_ms() - begin, 3000);
	http_stop(&first);
	http_stop(&second);
}
END_TEST

START_TEST(test_min_severity_and_observed)
{
	char text[2048], most[PATH_SIZE], all[PATH_SIZE];

	snprintf(text, sizeof(text),
		 "  - {type: file, name: some, path: %s}\n"
		 "  - {type: file, name: most, path: %s, min_severity: high}\n"
		 "  - {type: file, name: all, path: %s, observed: true}\n",
		 alerts, path_in(folder, "high", most), path_in(folder, "observed", all));
	configure_sinks(text);
	start(-1);
	send_alert(1, SEVERITY_MEDIUM, DISPOSITION_ALERT);
	send_alert(2, SEVERITY_HIGH, DISPOSITION_OBSERVED);
	send_alert(3, SEVERITY_CRITICAL, DISPOSITION_ALERT);
	send_alert(4, SEVERITY_CRITICAL, DISPOSITION_SILENCED);
	for (uint64_t number = 1; number <= 4; number++)
		expect_ack(number);
	ck_assert_int_eq(stop(), 0);
	expect_in_file(alerts, "\"id\"", 2);
	expect_in_file(alerts, "cw-1\"", 1);
	expect_in_file(alerts, "cw-3\"", 1);
	expect_in_file(most, "\"id\"", 1);
	expect_in_file(most, "cw-3\"", 1);
	expect_in_file(all, "\"id\"", 3);
	expect_in_file(all, "cw-4\"", 0);
}
END_TEST

static void send_of(uint64_t number, const char *reason, const char *service)
{
	struct wire_header header = {.type = WIRE_ALERT, .number = number, .severity = 1};
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"id\":\"cw-%" PRIu64 "\",\"reason\":\"%s\",\"service\":{\"name\":\"%s\"}}",
		 number, reason, service);
	send_body(header, body);
}

START_TEST(test_sinks_choose_by_reason_and_service)
{
	char text[2048], execs[PATH_SIZE], web[PATH_SIZE];

	snprintf(text, sizeof(text),
		 "  - {type: file, name: all, path: %s}\n"
		 "  - {type: file, name: execs, path: %s, reasons: [exec-gain, setuid-gain]}\n"
		 "  - {type: file, name: web, path: %s, services: ['nginx*', web.service]}\n",
		 alerts, path_in(folder, "execs", execs), path_in(folder, "web", web));
	configure_sinks(text);
	start(-1);
	send_of(1, "exec-gain", "nginx.service");
	send_of(2, "ambient-raise", "nginx.service");
	send_of(3, "setuid-gain", "web.service");
	send_of(4, "setuid-gain", "other.service");
	send_of(5, "no-such-reason", "");
	for (uint64_t number = 1; number <= 5; number++)
		expect_ack(number);
	ck_assert_int_eq(stop(), 0);
	expect_in_file(alerts, "\n", 5);
	expect_in_file(execs, "\n", 3);
	expect_in_file(execs, "cw-2", 0);
	expect_in_file(web, "\n", 3);
	expect_in_file(web, "cw-4", 0);
}
END_TEST

START_TEST(test_storm_becomes_a_summary_and_the_file_keeps_all)
{
	int syslog = syslog_bind(socket_path, SOCK_DGRAM);
	char text[1024];

	snprintf(text, sizeof(text),
		 "  - {type: syslog, socket_path: %s, max_alerts: 5/s}\n"
		 "  - {type: file, path: %s}\n",
		 socket_path, alerts);
	configure_sinks(text);
	start(-1);
	for (uint64_t number = 1; number <= 100; number++)
		send_alert(number, number == 50 ? SEVERITY_HIGH : SEVERITY_MEDIUM,
			   DISPOSITION_ALERT);
	for (uint64_t number = 1; number <= 100; number++)
		expect_ack(number);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), WAIT_MS), 0);
		ck_assert((strstr(frame, "severity=\"high\"") != NULL) == (i == 5));
	}
	ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), WAIT_MS), 0);
	ck_assert_ptr_nonnull(strstr(frame, "94 alerts of severity low and medium were held back "
					    "from the sink syslog"));
	ck_assert_int_lt(syslog_next(syslog, frame, sizeof(frame), 200), 0);
	expect_in_file(alerts, "\n", 100);
	ck_assert_int_eq(stop(), 0);
	close(syslog);
}
END_TEST

START_TEST(test_what_a_storm_held_back_is_said_after_a_kill)
{
	int syslog = syslog_bind(socket_path, SOCK_DGRAM);
	char text[1024];

	snprintf(text, sizeof(text), "  - {type: syslog, socket_path: %s, max_alerts: 5/h}\n",
		 socket_path);
	configure_sinks(text);
	start(-1);
	for (uint64_t number = 1; number <= 20; number++) {
		send_alert(number, SEVERITY_MEDIUM, DISPOSITION_ALERT);
		expect_ack(number);
	}
	kill(courier, SIGKILL);
	waitpid(courier, NULL, 0);
	close(sensor);
	close(supervisor);
	for (int i = 0; i < 5; i++)
		ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), WAIT_MS), 0);
	start(-1);
	ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), WAIT_MS), 0);
	ck_assert_ptr_nonnull(strstr(frame, "15 alerts of severity low and medium were held back"));
	ck_assert_int_eq(stop(), 0);
	start(-1);
	ck_assert_int_lt(syslog_next(syslog, frame, sizeof(frame), 500), 0);
	ck_assert_int_eq(stop(), 0);
	close(syslog);
}
END_TEST

static void configure_heartbeat(uint16_t port)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "heartbeat: 1s\nspool: {dir: %s/spool}\nsinks:\n"
		 "  - {type: file, path: %s}\n"
		 "  - {type: webhook, url: \"http://127.0.0.1:%u/\", heartbeat: true,\n"
		 "     min_severity: critical}\n",
		 folder, alerts, port);
	file_write(config, text);
}

START_TEST(test_heartbeat_says_how_the_host_is)
{
	static const char *const parts[] = {
		"\"schema\":\"capwatch.heartbeat/1\"",
		"\"baseline\":null",
		"\"last_event\":{\"serial\":42,\"time\":\"1970-",
		"\"losses\":2",
		"\"alerts\":7",
		"\"records\":null",
		"\"age_seconds\":",
		"\"name\":\"webhook\",\"type\":\"webhook\",\"healthy\":true"};
	const struct http_reply script[] = {{HTTP_OK, 0}};
	static const char rules[] =
		"{\"rules\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}";
	struct wire_header state = {.type = WIRE_STATE},
			   of_rules = {.type = WIRE_STATE, .length = sizeof(rules) - 1};
	struct http_receiver receiver;

	http_start(&receiver, 0, script, 1);
	configure_heartbeat(receiver.port);
	start(-1);
	send_body(state, "[1]");
	send_body(state, "{\"serial\":42,\"time\":1000,\"losses\":2,\"alerts\":7,"
			 "\"records\":\"many\",\"baseline\":\"short\",\"evil\":{}}");
	send_plain(1);
	expect_ack(1);
	ck_assert(http_next(&receiver, request, WAIT_MS));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(request, parts[i]) != NULL, "'%s' is not in '%s'", parts[i],
			      request);
	ck_assert_ptr_null(strstr(request, "evil"));
	ck_assert_ptr_nonnull(strstr(request, "\"rules\":null"));
	ck_assert_int_eq(wire_send(supervisor, &of_rules, rules, -1, NULL), 1);
	for (int i = 0; i < 3 && !strstr(request, "\"rules\":\"0123456789abcdef"); i++)
		ck_assert(http_next(&receiver, request, WAIT_MS));
	ck_assert_ptr_nonnull(strstr(request, "\"rules\":\"0123456789abcdef"));
	expect_in_file(alerts, "heartbeat", 0);
	ck_assert_int_eq(stop(), 0);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_heartbeats_do_not_pile_up_and_are_not_kept)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	uint16_t port = http_free_port();
	struct wire_header critical = {
		.type = WIRE_ALERT, .number = 1, .severity = SEVERITY_CRITICAL};
	int later = 0;

	configure_heartbeat(port);
	start(-1);
	send_body(critical, "{\"id\":\"cw-1\"}");
	expect_ack(1);
	sleep_ms(5500);
	http_start(&receiver, port, script, 1);
	kill(courier, SIGHUP);
	expect_request(&receiver, "cw-1");
	ck_assert(http_next(&receiver, request, WAIT_MS));
	ck_assert_ptr_nonnull(strstr(request, "capwatch.heartbeat/1"));
	/* one more may be due by now, but not those of the five seconds */
	while (later < 3 && http_next(&receiver, request, 300))
		later++;
	ck_assert_int_lt(later, 3);
	http_stop(&receiver);
	stop();
	expect_in_file(own_log, "deliveries not made", 0);
}
END_TEST

START_TEST(test_reload_follows_the_configuration_and_keeps_queues)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	char text[1024], other[PATH_SIZE];

	configure_three(http_free_port());
	start(-1);
	send_plain(1);
	expect_ack(1);
	http_start(&receiver, 0, script, 1);
	snprintf(text, sizeof(text),
		 "  - {type: webhook, url: \"http://127.0.0.1:%u/\"}\n  - {type: file, path: %s}\n",
		 receiver.port, path_in(folder, "other", other));
	configure_sinks(text);
	tell(WIRE_RELOAD, -1);
	expect_request(&receiver, "cw-1");
	send_plain(2);
	expect_ack(2);
	expect_in_file(other, "cw-2", 1);
	expect_in_file(alerts, "cw-2", 0);
	expect_in_file(own_log, "sink syslog is no longer configured: 1 alerts wait in", 1);
	stop();
	http_stop(&receiver);
}
END_TEST

START_TEST(test_bad_configuration_keeps_the_old_one)
{
	configure_file("");
	start(-1);
	send_plain(1);
	expect_ack(1);
	file_write(config, "sinks:\n  - {type: fiel}\n");
	kill(courier, SIGHUP);
	expect_in_file(own_log, "the configuration stays as it was: ", 1);
	send_plain(2);
	expect_ack(2);
	expect_in_file(alerts, "cw-2", 1);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_bad_configuration_at_start_is_an_error)
{
	file_write(config, "sinks: 3\n");
	start(-1);
	ck_assert_int_eq(end_status(), 2);
	expect_in_file(own_log, config, 1);
}
END_TEST

/* Whatever comes on the sensor's socket: the next good alert is delivered. */
START_TEST(test_malformed_messages_do_no_harm)
{
	struct wire_header header = {.type = WIRE_ALERT, .number = 7};
	struct wire_header wrong = {
		.magic = WIRE_MAGIC, .type = WIRE_ALERT, .number = 8, .length = 99};
	static const char *const bodies[] = {"", "{", "[1]", "null", "{\"a\":\"\xff\xfe\"}", "{}"};

	configure_file("");
	start(-1);
	for (size_t length = 1; length < sizeof(wrong); length++)
		ck_assert_int_gt(send(sensor, &wrong, length, 0), 0);
	ck_assert_int_gt(send(sensor, &wrong, sizeof(wrong), 0), 0);
	memset(buffer, 'A', sizeof(buffer));
	ck_assert_int_gt(send(sensor, buffer, sizeof(buffer) - 1, 0), 0);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		send_body(header, bodies[i]);
		expect_ack(7);
	}
	send_plain(9);
	expect_ack(9);
	expect_in_file(alerts, "\n", 2);
	expect_in_file(alerts, "cw-9", 1);
	expect_in_file(own_log, "alert 7 of the sensor is dropped", 5);
	stop();
}
END_TEST

START_TEST(test_largest_alert_arrives)
{
	struct wire_header header = {.type = WIRE_ALERT, .number = 1, .severity = SEVERITY_HIGH};
	char *body = malloc(WIRE_BODY_MAX + 1);
	int head = sprintf(body, "{\"id\":\"big\",\"message\":\"");

	memset(body + head, 'x', (size_t)(WIRE_BODY_MAX - head));
	strcpy(body + WIRE_BODY_MAX - 2, "\"}");
	configure_file("");
	start(-1);
	send_body(header, body);
	expect_ack(1);
	expect_in_file(alerts, "x\"}\n", 1);
	stop();
	free(body);
}
END_TEST

START_TEST(test_sensor_may_not_flood_the_log)
{
	struct wire_header header = {.type = WIRE_LOG, .severity = 4};

	configure_file("");
	start(-1);
	for (int i = 0; i < 1000; i++)
		send_body(header, "a\nline");
	send_plain(1);
	expect_ack(1);
	expect_in_file(own_log, "sensor: a?line\n", 100);
	stop();
}
END_TEST

START_TEST(test_new_sensor_takes_the_place_of_a_dead_one)
{
	int link[2];

	configure_file("");
	start(-1);
	send_plain(1);
	expect_ack(1);
	send_plain(2);
	close(sensor);
	link_pair(link);
	sensor = link[0];
	tell(WIRE_COURIER_FD, link[1]);
	close(link[1]);
	send_plain(1);
	expect_ack(1);
	expect_in_file(alerts, "cw-1\"", 1);
	expect_in_file(alerts, "cw-2\"", 1);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_end_leaves_what_waits_to_the_next_start)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	uint16_t port = http_free_port();
	int64_t begin;

	configure_three(port);
	start(-1);
	send_plain(1);
	send_plain(2);
	expect_ack(1);
	expect_ack(2);
	begin = now_ms();
	ck_assert_int_eq(stop(), 0);
	ck_assert_int_lt(now_ms() - begin, 4000);
	expect_in_file(own_log, "ends with 4 deliveries that wait in", 1);
	http_start(&receiver, port, script, 1);
	start(-1);
	expect_request(&receiver, "cw-1");
	expect_request(&receiver, "cw-2");
	expect_in_file(own_log, "sink webhook: alerts that wait in its spool from before: 2", 1);
	ck_assert_int_eq(stop(), 0);
	expect_in_file(alerts, "\n", 2);
	http_stop(&receiver);
}
END_TEST

static void replace_sensor(void)
{
	int link[2];

	close(sensor);
	link_pair(link);
	sensor = link[0];
	tell(WIRE_COURIER_FD, link[1]);
	close(link[1]);
}

static void kill_courier(void)
{
	kill(courier, SIGKILL);
	waitpid(courier, NULL, 0);
	close(sensor);
	close(supervisor);
}

/* A new sensor judges again what the old one had not told to be done. */
START_TEST(test_alert_of_two_sensors_and_two_couriers_is_delivered_once)
{
	configure_file("");
	start(-1);
	send_plain(1);
	expect_ack(1);
	replace_sensor();
	send_plain(1);
	expect_ack(1);
	kill_courier();
	start(-1);
	send_plain(1);
	send_plain(2);
	expect_ack(1);
	expect_ack(2);
	expect_in_file(alerts, "cw-1\"", 1);
	expect_in_file(alerts, "cw-2\"", 1);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_checkpoint_is_kept_beside_the_spools)
{
	const struct checkpoint sample = {1000, 7, 8, false};
	char text[CHECKPOINT_TEXT_SIZE + 1], path[PATH_SIZE];
	struct wire_header header = {.type = WIRE_CHECKPOINT, .length = CHECKPOINT_TEXT_SIZE};
	char *kept;

	configure_file("");
	start(-1);
	checkpoint_print(&sample, text);
	ck_assert_int_eq(wire_send(sensor, &header, text, -1, NULL), 1);
	text[30] ^= 1; /* one that is none leaves it as it is */
	ck_assert_int_eq(wire_send(sensor, &header, text, -1, NULL), 1);
	send_plain(1);
	expect_ack(1);
	checkpoint_print(&sample, text);
	path_in(folder, "spool/" CHECKPOINT_FILE, path);
	kept = file_read(path);
	ck_assert_int_eq(memcmp(kept, text, CHECKPOINT_TEXT_SIZE), 0);
	free(kept);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_killed_courier_has_what_it_acknowledged)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	uint16_t port = http_free_port();

	configure_three(port);
	start(-1);
	for (uint64_t number = 1; number <= 20; number++)
		send_plain(number);
	for (uint64_t number = 1; number <= 20; number++)
		expect_ack(number);
	kill(courier, SIGKILL);
	waitpid(courier, NULL, 0);
	close(sensor);
	close(supervisor);
	http_start(&receiver, port, script, 1);
	start(-1);
	for (uint64_t number = 1; number <= 20; number++) {
		char id[16];

		snprintf(id, sizeof(id), "cw-%" PRIu64, number);
		expect_request(&receiver, id);
	}
	ck_assert_int_eq(stop(), 0);
	http_stop(&receiver);
}
END_TEST

static bool is_acknowledged(int timeout_ms)
{
	struct pollfd polled = {.fd = sensor, .events = POLLIN};

	return poll(&polled, 1, timeout_ms) > 0;
}

/* What could be lost is not acknowledged; what every sink has already, is. */
START_TEST(test_without_a_spool_only_what_is_delivered_is_acknowledged)
{
	char text[1024], in_the_way[PATH_SIZE];
	uint16_t port = http_free_port();

	file_write(path_in(folder, "spool", in_the_way), "no folder");
	snprintf(text, sizeof(text),
		 "  - {type: file, path: %s}\n"
		 "  - {type: webhook, url: \"http://127.0.0.1:%u/\", min_severity: high}\n",
		 alerts, port);
	configure_sinks(text);
	start(-1);
	send_plain(1);
	send_alert(2, SEVERITY_LOW, DISPOSITION_ALERT);
	expect_ack(2);
	ck_assert(!is_acknowledged(500));
	expect_in_file(alerts, "\"id\":\"cw-1\"", 1);
	expect_in_file(alerts, "\"id\":\"cw-2\"", 1);
	/* two spools, one disk, one alert */
	expect_in_file(alerts, "\"reason\":\"coverage-loss\"", 1);
	expect_in_file(alerts, "\"lost\":\"the spool of the sink file cannot be used: ", 1);
	expect_in_file(own_log, "sink webhook: its spool cannot be used", 1);
	expect_in_file(own_log, "sink file: its spool cannot be used", 1);
	unlink(in_the_way);
	expect_ack(1);
	expect_in_file(own_log, "sink webhook: its spool can be used again", 1);
	expect_in_file(alerts, "\"lost\":\"every sink's spool can be used again\"", 1);
	ck_assert_int_eq(stop(), 0);
}
END_TEST

START_TEST(test_spool_of_a_removed_sink_stays_until_it_is_back)
{
	const struct http_reply script[] = {{HTTP_OK, 0}};
	struct http_receiver receiver;
	uint16_t port = http_free_port();

	configure_three(port);
	start(-1);
	send_plain(1);
	expect_ack(1);
	configure_file("");
	tell(WIRE_RELOAD, -1);
	expect_in_file(own_log, "sink webhook is no longer configured: 1 alerts wait in", 1);
	http_start(&receiver, port, script, 1);
	configure_three(port);
	tell(WIRE_RELOAD, -1);
	expect_request(&receiver, "cw-1");
	ck_assert_int_eq(stop(), 0);
	http_stop(&receiver);
}
END_TEST

START_TEST(test_sigterm_delivers_what_is_queued_first)
{
	const struct http_reply script[] = {{HTTP_OK, 500}};
	struct http_receiver receiver;
	char text[256];

	http_start(&receiver, 0, script, 1);
	snprintf(text, sizeof(text), "  - {type: webhook, url: \"http://127.0.0.1:%u/\"}\n",
		 receiver.port);
	configure_sinks(text);
	start(-1);
	send_plain(1);
	send_plain(2);
	expect_ack(1);
	expect_ack(2);
	kill(courier, SIGTERM);
	ck_assert_int_eq(end_status(), 0);
	expect_request(&receiver, "cw-1");
	expect_request(&receiver, "cw-2");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_drain_ends_with_the_sensor)
{
	const struct http_reply script[] = {{"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", 0},
					    {HTTP_OK, 0}};
	struct http_receiver receiver;
	char text[256];

	http_start(&receiver, 0, script, 2);
	snprintf(text, sizeof(text), "  - {type: webhook, url: \"http://127.0.0.1:%u/\"}\n",
		 receiver.port);
	configure_sinks(text);
	start(20000);
	send_plain(1);
	close(sensor);
	sensor = -1;
	ck_assert_int_eq(end_status(), 0);
	expect_request(&receiver, "cw-1");
	expect_request(&receiver, "cw-1");
	http_stop(&receiver);
}
END_TEST

START_TEST(test_drain_that_is_too_short_is_a_failure)
{
	configure_three(http_free_port());
	start(300);
	send_plain(1);
	close(sensor);
	sensor = -1;
	ck_assert_int_eq(end_status(), 1);
	expect_in_file(alerts, "cw-1", 1);
}
END_TEST

START_TEST(test_full_queue_is_said_in_an_alert)
{
	enum { ROOM = 100, MINOR_ROOM = ROOM - ROOM / SPOOL_RESERVE };
	int syslog;
	char text[1024];

	snprintf(text, sizeof(text),
		 "spool: {dir: %s/spool, max_count: %d}\n"
		 "sinks:\n  - {type: syslog, socket_path: %s}\n  - {type: file, path: %s}\n",
		 folder, ROOM, socket_path, alerts);
	file_write(config, text);
	start(-1);
	for (uint64_t number = 1; number <= MINOR_ROOM + 51; number++) {
		send_alert(number, number == 1 ? SEVERITY_HIGH : SEVERITY_MEDIUM,
			   DISPOSITION_ALERT);
		expect_ack(number);
	}
	expect_in_file(own_log, "its queue is full", 1);
	syslog = syslog_bind(socket_path, SOCK_DGRAM);
	/* the severe one, though the oldest, is still there; then the oldest of the others that is
	 * left */
	for (int i = 0; i < MINOR_ROOM + 1; i++) {
		ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), 12000), 0);
		if (i < 2)
			ck_assert_ptr_nonnull(
				strstr(frame, i == 0 ? "id=\"cw-1\"" : "id=\"cw-52\""));
	}
	ck_assert_int_gt(syslog_next(syslog, frame, sizeof(frame), WAIT_MS), 0);
	ck_assert_ptr_nonnull(strstr(frame, "reason=\"coverage-loss\""));
	ck_assert_ptr_nonnull(strstr(frame, "50 alerts for the sink syslog were dropped"));
	expect_in_file(alerts, "50 alerts for the sink syslog were dropped: its queue was full\"",
		       1);
	stop();
	close(syslog);
}
END_TEST

static void write_status_of_confined(const char *path)
{
	struct error err = {""};
	char line[256];
	struct sigaction action;
	FILE *in, *out = NULL;
	int rc = confine_process(COURIER_SUPERVISOR_FD, false, &err);

	in = fopen("/proc/self/status", "r");
	out = fopen(path, "w");
	if (!in || !out)
		_exit(1);
	fprintf(out, "rc %d\n", rc);
	while (fgets(line, sizeof(line), in))
		fputs(line, out);
	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0 && fd != fileno(in) && fd != fileno(out))
			fprintf(out, "fd %d\n", fd);
	/* not by SigIgn: whoever is started by posix_spawn, as make does it, has 32 and 33 ignored,
	 * which libc keeps to itself and lets nobody change */
	for (int number = 1; number < NSIG; number++)
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			fprintf(out, "ignored %s\n", strsignal(number));
	fclose(out);
	_exit(0);
}

START_TEST(test_confined_process_has_nothing_left)
{
	char path[PATH_SIZE];
	sigset_t all;
	pid_t pid = fork();

	path_in(folder, "status", path);
	if (pid == 0) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		signal(SIGHUP, SIG_IGN);
		dup2(STDIN_FILENO, 40);
		close(3);
		close(4);
		write_status_of_confined(path);
	}
	waitpid(pid, NULL, 0);
	expect_in_file(path, "rc 0\n", 1);
	expect_in_file(path, "CapPrm:\t0000000000000000\n", 1);
	expect_in_file(path, "CapEff:\t0000000000000000\n", 1);
	expect_in_file(path, "CapAmb:\t0000000000000000\n", 1);
	expect_in_file(path, "NoNewPrivs:\t1\n", 1);
	expect_in_file(path, "SigBlk:\t0000000000000000\n", 1);
	expect_in_file(path, "ignored ", 2);
	expect_in_file(path, "ignored Broken pipe\n", 1);
	expect_in_file(path, "ignored File size limit exceeded\n", 1);
	expect_in_file(path, "fd ", 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("courier");
	TCase *tcase = tcase_create("courier");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, open_paths, close_paths);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_all_three_sinks_receive);
	tcase_add_test(tcase, test_many_alerts_are_acknowledged_in_order);
	tcase_add_test(tcase, test_sensor_that_does_not_read_acks_loses_none);
	tcase_add_test(tcase, test_without_sinks_alerts_are_acknowledged);
	tcase_add_test(tcase, test_slow_webhook_delays_nobody);
	tcase_add_test(tcase, test_min_severity_and_observed);
	tcase_add_test(tcase, test_sinks_choose_by_reason_and_service);
	tcase_add_test(tcase, test_storm_becomes_a_summary_and_the_file_keeps_all);
	tcase_add_test(tcase, test_what_a_storm_held_back_is_said_after_a_kill);
	tcase_add_test(tcase, test_heartbeat_says_how_the_host_is);
	tcase_add_test(tcase, test_heartbeats_do_not_pile_up_and_are_not_kept);
	tcase_add_test(tcase, test_reload_follows_the_configuration_and_keeps_queues);
	tcase_add_test(tcase, test_bad_configuration_keeps_the_old_one);
	tcase_add_test(tcase, test_bad_configuration_at_start_is_an_error);
	tcase_add_test(tcase, test_malformed_messages_do_no_harm);
	tcase_add_test(tcase, test_largest_alert_arrives);
	tcase_add_test(tcase, test_sensor_may_not_flood_the_log);
	tcase_add_test(tcase, test_new_sensor_takes_the_place_of_a_dead_one);
	tcase_add_test(tcase, test_end_leaves_what_waits_to_the_next_start);
	tcase_add_test(tcase, test_alert_of_two_sensors_and_two_couriers_is_delivered_once);
	tcase_add_test(tcase, test_checkpoint_is_kept_beside_the_spools);
	tcase_add_test(tcase, test_killed_courier_has_what_it_acknowledged);
	tcase_add_test(tcase, test_without_a_spool_only_what_is_delivered_is_acknowledged);
	tcase_add_test(tcase, test_spool_of_a_removed_sink_stays_until_it_is_back);
	tcase_add_test(tcase, test_sigterm_delivers_what_is_queued_first);
	tcase_add_test(tcase, test_drain_ends_with_the_sensor);
	tcase_add_test(tcase, test_drain_that_is_too_short_is_a_failure);
	tcase_add_test(tcase, test_full_queue_is_said_in_an_alert);
	tcase_add_test(tcase, test_confined_process_has_nothing_left);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
