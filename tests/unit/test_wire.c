/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/vocab.h"
#include "common/wire.h"

enum { BUFFER_SIZE = WIRE_BODY_MAX + 1024 };

static int pair[2];
static char *buffer;

static void open_pair(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	buffer = malloc(BUFFER_SIZE);
}

static void close_pair(void)
{
	close(pair[0]);
	close(pair[1]);
	free(buffer);
}

static struct wire_header alert_header(uint32_t length)
{
	return (struct wire_header){.type = WIRE_ALERT,
				    .severity = SEVERITY_HIGH,
				    .disposition = DISPOSITION_ALERT,
				    .number = 7,
				    .length = length};
}

static int receive(struct wire_message *message, struct error *err)
{
	return wire_receive(pair[1], buffer, BUFFER_SIZE, message, err);
}

START_TEST(test_alert_arrives_as_sent)
{
	struct wire_header header = alert_header(4);
	struct wire_message message;
	struct error err = {""};

	ck_assert_int_eq(wire_send(pair[0], &header, "{\"\"}", -1, &err), 1);
	ck_assert_int_eq(receive(&message, &err), 1);
	ck_assert_int_eq(message.header.type, WIRE_ALERT);
	ck_assert_int_eq(message.header.severity, SEVERITY_HIGH);
	ck_assert_uint_eq(message.header.number, 7);
	ck_assert_str_eq(message.body, "{\"\"}");
	ck_assert_int_eq(message.fd, -1);
}
END_TEST

START_TEST(test_largest_body_passes_and_a_larger_one_is_an_error)
{
	struct wire_header header = alert_header(WIRE_BODY_MAX);
	char *body = calloc(1, WIRE_BODY_MAX + 1);
	struct wire_message message;
	struct error err = {""};

	memset(body, 'x', WIRE_BODY_MAX + 1);
	ck_assert_int_eq(wire_send(pair[0], &header, body, -1, &err), 1);
	ck_assert_int_eq(receive(&message, &err), 1);
	ck_assert_uint_eq(strlen(message.body), WIRE_BODY_MAX);
	header.length++;
	ck_assert_int_eq(wire_send(pair[0], &header, body, -1, &err), -1);
	free(body);
}
END_TEST

START_TEST(test_nothing_there_and_no_room_would_block)
{
	struct wire_header header = alert_header(WIRE_BODY_MAX);
	char *body = calloc(1, WIRE_BODY_MAX);
	struct wire_message message;
	struct error err = {""};
	int sent = 0, result;

	ck_assert_int_eq(receive(&message, &err), 0);
	while ((result = wire_send(pair[0], &header, body, -1, &err)) == 1)
		ck_assert_int_lt(++sent, 1000);
	ck_assert_int_eq(result, 0);
	free(body);
}
END_TEST

START_TEST(test_peer_gone_is_end_of_file)
{
	struct wire_header header = alert_header(0);
	struct wire_message message;
	struct error err = {""};

	close(pair[0]);
	ck_assert_int_eq(receive(&message, &err), -1);
	ck_assert_str_eq(err.text, "end of file");
	err.text[0] = '\0';
	ck_assert_int_eq(wire_send(pair[1], &header, NULL, -1, &err), -1);
	ck_assert_str_eq(err.text, "end of file");
	pair[0] = -1;
}
END_TEST

START_TEST(test_descriptor_passes_with_its_message_only)
{
	struct wire_header header = {.type = WIRE_COURIER_FD};
	struct wire_message message;
	struct error err = {""};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(wire_send(pair[0], &header, NULL, fd, &err), 1);
	ck_assert_int_eq(receive(&message, &err), 1);
	ck_assert_int_ge(message.fd, 0);
	ck_assert_int_eq(fcntl(message.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(message.fd);
	ck_assert_int_eq(wire_send(pair[0], &header, NULL, -1, &err), 1);
	ck_assert_int_eq(receive(&message, &err), -1);
	header = alert_header(0);
	ck_assert_int_eq(wire_send(pair[0], &header, NULL, fd, &err), 1);
	ck_assert_int_eq(receive(&message, &err), -1);
	close(fd);
}
END_TEST

/* Sends two descriptors at once, as nobody of ours does; none of them may stay open here. */
START_TEST(test_surplus_descriptors_are_closed)
{
	struct wire_header header = {.magic = WIRE_MAGIC, .type = WIRE_COURIER_FD};
	struct iovec part = {&header, sizeof(header)};
	char control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct msghdr packet = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&packet);
	const int fds[2] = {0, 1};
	struct wire_message message;
	struct error err = {""};
	int before = dup(0);

	close(before);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(rights), fds, sizeof(fds));
	ck_assert_int_eq(sendmsg(pair[0], &packet, 0), sizeof(header));
	ck_assert_int_eq(receive(&message, &err), -1);
	ck_assert_int_eq(dup(0), before);
	close(before);
}
END_TEST

static void assert_refused(const struct wire_header *header, const char *body)
{
	struct iovec parts[2] = {{(void *)header, sizeof(*header)}, {(void *)body, strlen(body)}};
	struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
	struct wire_message message;
	struct error err = {""};

	ck_assert_int_ge(sendmsg(pair[0], &packet, 0), (int)sizeof(*header));
	ck_assert_int_eq(receive(&message, &err), -1);
	ck_assert_str_ne(err.text, "");
	ck_assert_str_ne(err.text, "end of file");
}

START_TEST(test_message_that_is_not_ours_is_refused)
{
	struct wire_header good = alert_header(2), bad;

	good.magic = WIRE_MAGIC;
	bad = good, bad.magic++;
	assert_refused(&bad, "{}");
	bad = good, bad.type = 0;
	assert_refused(&bad, "{}");
	bad = good, bad.type = WIRE_CHECKPOINT + 1;
	assert_refused(&bad, "{}");
	bad = good, bad.length = 3;
	assert_refused(&bad, "{}");
	bad = good, bad.length = UINT32_MAX;
	assert_refused(&bad, "{}");
	bad = good, bad.severity = 4;
	assert_refused(&bad, "{}");
	bad = good, bad.disposition = 3;
	assert_refused(&bad, "{}");
	bad = good, bad.number = 0;
	assert_refused(&bad, "{}");
	bad = good, bad.reserved = 1;
	assert_refused(&bad, "{}");
	bad = good, bad.type = WIRE_LOG, bad.severity = 8;
	assert_refused(&bad, "{}");
}
END_TEST

START_TEST(test_short_and_overlong_packets_are_refused)
{
	struct wire_header header = alert_header(2000);
	struct wire_message message;
	struct error err = {""};
	char *body = calloc(1, 2000);

	ck_assert_int_eq(send(pair[0], "cpw1", 4, 0), 4);
	ck_assert_int_eq(receive(&message, &err), -1);
	ck_assert_int_eq(wire_send(pair[0], &header, body, -1, &err), 1);
	ck_assert_int_eq(wire_receive(pair[1], buffer, 1000, &message, &err), -1);
	free(body);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tcase = tcase_create("wire");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, open_pair, close_pair);
	tcase_add_test(tcase, test_alert_arrives_as_sent);
	tcase_add_test(tcase, test_largest_body_passes_and_a_larger_one_is_an_error);
	tcase_add_test(tcase, test_nothing_there_and_no_room_would_block);
	tcase_add_test(tcase, test_peer_gone_is_end_of_file);
	tcase_add_test(tcase, test_descriptor_passes_with_its_message_only);
	tcase_add_test(tcase, test_surplus_descriptors_are_closed);
	tcase_add_test(tcase, test_message_that_is_not_ours_is_refused);
	tcase_add_test(tcase, test_short_and_overlong_packets_are_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
