/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_wire: what a sensor, a courier or a supervisor that was taken over could send to the other
 * end. The input is a row of packets: a byte of flags, the length in two bytes, the packet. Each
 * goes through a socket of the real kind to wire_receive(), and what comes out is treated as the
 * courier treats it, and as the sensor's outbox does. Owns: that no descriptor is left open by a
 * message that was refused, that a body is never longer than it says, and that an alert that was
 * taken leaves in every format as one line without control characters.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "alerters/format.h"
#include "alerters/heartbeat.h"
#include "alerters/parcel.h"
#include "alerters/redact.h"
#include "common/text.h"
#include "common/wire.h"
#include "plugin/outbox.h"
#include "tests/fuzz/fuzz.h"

enum {
	PACKETS_MAX = 16,
	FDS_MAX = 3,
	MEND_HEADER = 1, /* flags: the magic and the length are made right */
	FDS_SHIFT = 1,	 /* then how many descriptors go with it, 0 to 3 */
	TO_SENSOR = 8,
	BUFFER_SIZE = sizeof(struct wire_header) + WIRE_BODY_MAX + 1,
	LINE_SIZE = 1000,
};

static const int64_t now = INT64_C(1795315000000);

struct context {
	struct settings *settings;
	char *buffer; /* exactly as large as the courier's */
	int null;
};

void *fuzz_begin(void)
{
	struct context *context = calloc(1, sizeof(*context));

	if (!context)
		exit(1);
	context->settings = settings_defaults();
	context->buffer = malloc(BUFFER_SIZE);
	context->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return context;
}

/* ---- sending ---- */

static void attach_fds(struct msghdr *packet, char *control, int fd, unsigned count)
{
	struct cmsghdr *part;

	if (count == 0)
		return;
	packet->msg_control = control;
	packet->msg_controllen = CMSG_SPACE(count * sizeof(int));
	part = CMSG_FIRSTHDR(packet);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (unsigned i = 0; i < count; i++)
		memcpy(CMSG_DATA(part) + i * sizeof(int), &fd, sizeof(int));
}

static void send_packet(const struct context *context, int socket, uint8_t flags, char *bytes,
			size_t length)
{
	char control[CMSG_SPACE(FDS_MAX * sizeof(int))] __attribute__((aligned(16))) = {0};
	struct iovec part = {bytes, length};
	struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
	struct wire_header header;

	if (flags & MEND_HEADER && length >= sizeof(header)) {
		memcpy(&header, bytes, sizeof(header));
		header.magic = WIRE_MAGIC;
		header.reserved = 0;
		header.length = (uint32_t)(length - sizeof(header));
		memcpy(bytes, &header, sizeof(header));
	}
	attach_fds(&packet, control, context->null, flags >> FDS_SHIFT & FDS_MAX);
	if (sendmsg(socket, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* an empty one with descriptors, for one, the kernel may refuse */
}

/* ---- receiving ---- */

static void format_as(enum sink_format format, const char *line)
{
	const struct format_context context = {
		.format = format, .facility = LOG_AUTHPRIV, .pid = 1, .ends_at = now};
	struct error err = {""};
	size_t length;
	char *text = format_line(&context, line, &length, &err);

	FUZZ_CHECK(text || err.text[0]);
	if (text)
		fuzz_check_line(text, length);
	free(text);
}

static void send_to_syslog(enum sink_format format, const char *line, size_t length)
{
	const struct syslog_origin origin = {.facility = LOG_AUTHPRIV, .pid = 1, .format = format};
	char frame[SYSLOG_FRAME_MAX];
	size_t framed = format_syslog(&origin, line, length, frame);

	FUZZ_CHECK(framed < sizeof(frame));
	for (size_t i = 0; i < framed; i++)
		FUZZ_CHECK((unsigned char)frame[i] >= ' ' && frame[i] != 0x7f);
}

static void take_parcel(const struct wire_header *header, const char *line, size_t length)
{
	struct parcel *parcel = parcel_new(header->severity, header->disposition, line, length);

	FUZZ_CHECK(parcel && parcel->length == length);
	for (unsigned format = 0; format < vocab_sink_format.count; format++)
		format_as((enum sink_format)format, parcel->text);
	send_to_syslog(FORMAT_RFC5424, parcel->text, parcel->length);
	send_to_syslog(FORMAT_CEF, parcel->text, parcel->length);
	parcel_unref(parcel);
}

static void take_alert(const struct context *context, const struct wire_message *message)
{
	struct error err = {""};
	json_t *alert = format_parse(message->body, message->header.length, &err);
	size_t length;
	char *line;

	FUZZ_CHECK(alert || err.text[0]);
	if (!alert)
		return;
	redact_alert(context->settings, alert);
	line = format_native(alert, &length, &err);
	json_decref(alert);
	FUZZ_CHECK(line);
	fuzz_check_line(line, length);
	take_parcel(&message->header, line, length);
	free(line);
}

/* From the sensor, or from the supervisor: whichever, it may be anything. */
static void take_state(const struct context *context, const struct wire_message *message)
{
	json_t *object = json_loadb(message->body, message->header.length, 0, NULL);
	const struct heartbeat_facts facts = {.settings = context->settings,
					      .sensor = json_is_object(object) ? object : NULL,
					      .rules = json_is_object(object) ? object : NULL,
					      .now = now};
	struct parcel *parcel = heartbeat_make(&facts);

	FUZZ_CHECK(parcel);
	fuzz_check_line(parcel->text, parcel->length);
	for (unsigned format = 0; format < vocab_sink_format.count; format++)
		format_as((enum sink_format)format, parcel->text);
	parcel_unref(parcel);
	json_decref(object);
}

static void take_message(const struct context *context, const struct wire_message *message)
{
	char line[LINE_SIZE];

	FUZZ_CHECK(message->body[message->header.length] == '\0');
	FUZZ_CHECK((message->fd >= 0) == (message->header.type == WIRE_COURIER_FD));
	if (message->fd >= 0)
		close(message->fd);
	if (message->header.type == WIRE_ALERT)
		take_alert(context, message);
	else if (message->header.type == WIRE_STATE)
		take_state(context, message);
	else
		text_to_line(message->body, message->header.length, line, sizeof(line));
}

static void receive_all(const struct context *context, int socket)
{
	for (int i = 0; i < PACKETS_MAX; i++) {
		struct wire_message message;
		struct error err = {""};
		int rc = wire_receive(socket, context->buffer, BUFFER_SIZE, &message, &err);

		FUZZ_CHECK(rc >= 0 || err.text[0]);
		if (rc == 0)
			return;
		if (rc > 0)
			take_message(context, &message);
	}
}

static struct outbox *make_outbox(void)
{
	struct outbox *outbox = outbox_new();

	for (int i = 0; outbox && i < 3; i++) {
		struct outbox_alert alert = {
			.severity = SEVERITY_HIGH, .body = strdup("{}"), .length = 2};

		outbox_put(outbox, &alert);
	}
	return outbox;
}

static int lowest_free_fd(const struct context *context)
{
	int fd = dup(context->null);

	close(fd);
	return fd;
}

void fuzz_run(void *ctx, const uint8_t *bytes, size_t length)
{
	const struct context *context = ctx;
	struct fuzz_bytes input = {bytes, length};
	struct outbox *outbox = make_outbox();
	int courier[2], sensor[2], before = lowest_free_fd(context);
	struct error err;

	if (!outbox || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, courier) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sensor) < 0)
		exit(1);
	outbox_connect(outbox, sensor[1]);
	outbox_send(outbox, &err);
	for (int i = 0; i < PACKETS_MAX && input.left > 0; i++) {
		uint8_t flags = fuzz_take_byte(&input);
		struct fuzz_bytes part = fuzz_take(&input, fuzz_take_short(&input));
		char *packet = fuzz_text(&part);

		send_packet(context, flags & TO_SENSOR ? sensor[0] : courier[0], flags, packet,
			    part.left);
		free(packet);
	}
	receive_all(context, courier[1]);
	outbox_receive(outbox, &err);
	outbox_free(outbox);
	close(courier[0]);
	close(courier[1]);
	close(sensor[0]);
	FUZZ_CHECK(lowest_free_fd(context) == before);
}
