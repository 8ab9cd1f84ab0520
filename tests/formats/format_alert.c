/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format-alert: alerts in a format, for tests/formats/run. usage: format-alert FORMAT
 * [COMMAND_LINE] Reads one alert's native JSON a line, writes it in the format, a line each;
 * redacted as COMMAND_LINE says (full when not given). "syslog-cef" and "syslog-rfc5424" are a
 * syslog sink's frames. What is fixed here, facility, pid and the time of resolution, is so in the
 * expected output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "alerters/format.h"
#include "alerters/redact.h"

enum { PID = 77, EXIT_USAGE = 2 };

#define ENDS_AT INT64_C(4102444800000) /* 2100-01-01 */
#define SYSLOG "syslog-"

static char *format_one(const char *name, struct format_context *context, const json_t *alert,
			size_t *length)
{
	struct error err;
	char *line = format_native(alert, length, &err);
	struct syslog_origin origin = {context->facility, context->pid, context->format};
	char *frame;

	if (strncmp(name, SYSLOG, strlen(SYSLOG)) != 0) {
		free(line);
		return format_alert(context, alert, length, &err);
	}
	frame = malloc(SYSLOG_FRAME_MAX);
	if (frame && line)
		*length = format_syslog(&origin, line, *length, frame);
	free(line);
	return frame;
}

static int format_all(const char *name, struct format_context *context,
		      const struct settings *settings)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t got;
	int status = EXIT_SUCCESS;

	while ((got = getline(&line, &size, stdin)) > 0) {
		struct error err = {""};
		json_t *alert = format_parse(line, (size_t)got, &err);
		size_t length = 0;
		char *text;

		if (!alert) {
			fprintf(stderr, "%s\n", err.text);
			status = EXIT_FAILURE;
			continue;
		}
		redact_alert(settings, alert);
		text = format_one(name, context, alert, &length);
		fwrite(text, 1, length, stdout);
		putchar('\n');
		free(text);
		json_decref(alert);
	}
	free(line);
	return status;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	bool is_syslog = strncmp(name, SYSLOG, strlen(SYSLOG)) == 0;
	int format = vocab_value(&vocab_sink_format, is_syslog ? name + strlen(SYSLOG) : name);
	int mode = argc > 2 ? vocab_value(&vocab_command_line, argv[2]) : COMMAND_LINE_FULL;
	struct format_context context = {.facility = LOG_AUTHPRIV, .pid = PID, .ends_at = ENDS_AT};
	struct settings *settings = settings_defaults();
	int status;

	if (format < 0 || mode < 0 || !settings) {
		fputs("usage: format-alert FORMAT [COMMAND_LINE] <ALERTS\n", stderr);
		return EXIT_USAGE;
	}
	context.format = (enum sink_format)format;
	settings->command_line = (enum command_line)mode;
	status = format_all(name, &context, settings);
	settings_free(settings);
	return status;
}
