/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_forms.h"

#include <inttypes.h>
#include <string.h>
#include "common/text.h"

enum { LINE_SIZE = 320, AGE_SIZE = 32 };

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* As one printable line in buf; "" when there is none. */
static const char *line_of(const json_t *object, const char *key, char buf[LINE_SIZE])
{
	const json_t *text = json_object_get(object, key);

	buf[0] = '\0';
	if (json_is_string(text))
		text_to_line(json_string_value(text), json_string_length(text), buf, LINE_SIZE);
	return buf;
}

/* ---- for a person ---- */

static const char *age_text(json_int_t seconds, char buf[AGE_SIZE])
{
	static const struct {
		json_int_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};

	snprintf(buf, AGE_SIZE, "-");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds >= units[i].seconds) {
			snprintf(buf, AGE_SIZE, "%" PRId64 " %s",
				 (int64_t)(seconds / units[i].seconds), units[i].unit);
			break;
		}
	return buf;
}

static void print_error(const json_t *sink, FILE *out)
{
	char line[LINE_SIZE], time[LINE_SIZE], age[AGE_SIZE];
	const json_t *next = json_object_get(sink, "next_try_seconds");

	if (!*line_of(sink, "last_error", line))
		return;
	fprintf(out, "    last error, %s: %s", line_of(sink, "last_error_time", time), line);
	if (json_is_integer(next))
		fprintf(out, "; tried again in %s", age_text(json_integer_value(next), age));
	fputc('\n', out);
}

static void print_sink(const json_t *sink, FILE *out)
{
	char name[LINE_SIZE], type[LINE_SIZE], age[AGE_SIZE];

	fprintf(out, "%-16s %-8s %-8s %8lld %8s %9lld %8lld %6lld %8lld\n",
		line_of(sink, "name", name), line_of(sink, "type", type),
		json_is_true(json_object_get(sink, "healthy")) ? "ok" : "failing",
		(long long)number_of(sink, "waiting"),
		age_text(number_of(sink, "oldest_seconds"), age),
		(long long)number_of(sink, "delivered"), (long long)number_of(sink, "retried"),
		(long long)number_of(sink, "given_up"), (long long)number_of(sink, "dropped"));
	if (number_of(sink, "unsafe") > 0)
		fprintf(out, "    in memory alone, its spool cannot be written: %lld\n",
			(long long)number_of(sink, "unsafe"));
	if (number_of(sink, "held_back") > 0)
		fprintf(out, "    held back by max_alerts, to be told: %lld\n",
			(long long)number_of(sink, "held_back"));
	print_error(sink, out);
}

static void print_sensor(const json_t *status, FILE *out)
{
	const json_t *sensor = json_object_get(status, "sensor");
	char age[AGE_SIZE];

	if (!json_is_true(json_object_get(sensor, "connected")))
		fputs("sensor:  not connected: nothing is judged\n", out);
	else if (!json_is_integer(json_object_get(sensor, "age_seconds")))
		fputs("sensor:  connected, has not reported yet\n", out);
	else
		fprintf(out, "sensor:  heard %s ago; alerts %lld, losses of coverage now %lld\n",
			age_text(number_of(sensor, "age_seconds") + 1, age),
			(long long)number_of(sensor, "alerts"),
			(long long)number_of(sensor, "losses"));
}

void status_form_text(const struct status_view *view, FILE *out)
{
	char version[LINE_SIZE], mode[LINE_SIZE], age[AGE_SIZE];
	const json_t *sinks = json_object_get(view->status, "sinks");

	if (!view->status) {
		fputs("courier: does not run, and has left no status\n", out);
		return;
	}
	if (view->runs)
		fprintf(out, "courier: runs, pid %lld, version %s, mode %s; not yet safe: %lld\n",
			(long long)number_of(view->status, "pid"),
			line_of(view->status, "version", version),
			line_of(view->status, "mode", mode),
			(long long)number_of(view->status, "unacknowledged"));
	else
		fprintf(out, "courier: does not run, or hangs; this is of %s ago\n",
			age_text(view->age_ms / 1000, age));
	print_sensor(view->status, out);
	if (json_array_size(sinks) > 0)
		fprintf(out, "\n%-16s %-8s %-8s %8s %8s %9s %8s %6s %8s\n", "SINK", "TYPE",
			"HEALTH", "WAITING", "OLDEST", "DELIVERED", "RETRIED", "DEAD", "DROPPED");
	for (size_t i = 0; i < json_array_size(sinks); i++)
		print_sink(json_array_get(sinks, i), out);
}

/* ---- for a program ---- */

void status_form_json(const struct status_view *view, FILE *out)
{
	json_t *whole = view->status ? json_deep_copy(view->status) : json_object();

	json_object_set_new(whole, "running", json_boolean(view->runs));
	json_object_set_new(whole, "age_seconds",
			    view->status ? json_integer(view->age_ms / 1000) : json_null());
	json_dumpf(whole, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(whole);
}

/* ---- for Prometheus ---- */

struct metric {
	const char *name, *type, *help;
	const char *key; /* of the status' field */
};

static const struct metric sensor_metrics[] = {
	{"capwatch_sensor_age_seconds", "gauge", "Since the sensor last reported.", "age_seconds"},
	{"capwatch_alerts_total", "counter", "Alerts that the sensor made.", "alerts"},
	{"capwatch_events_total", "counter", "Audit events judged.", "events"},
	{"capwatch_coverage_losses", "gauge", "Losses of coverage that last.", "losses"},
};

static const struct metric sink_metrics[] = {
	{"capwatch_sink_healthy", "gauge", "Whether the last delivery worked.", "healthy"},
	{"capwatch_sink_waiting", "gauge", "Alerts that wait in the spool.", "waiting"},
	{"capwatch_sink_oldest_seconds", "gauge", "Age of the oldest of them.", "oldest_seconds"},
	{"capwatch_sink_unsafe", "gauge", "Of them, in memory alone.", "unsafe"},
	{"capwatch_sink_delivered_total", "counter", "Alerts delivered.", "delivered"},
	{"capwatch_sink_retried_total", "counter", "Failures after which it was tried again.",
	 "retried"},
	{"capwatch_sink_dead_total", "counter", "Alerts refused for good, or too old.", "given_up"},
	{"capwatch_sink_dropped_total", "counter", "Alerts dropped from a full spool.", "dropped"},
};

static void print_head(const struct metric *metric, FILE *out)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
		metric->type);
}

static void print_value(const json_t *value, FILE *out)
{
	fprintf(out, " %lld\n", json_is_true(value) ? 1 : (long long)json_integer_value(value));
}

/* A sink's name holds letters, digits, '_', '-' and '.' alone, if conf wrote it; a quote or a
 * backslash would break the line. */
static void print_label(const json_t *sink, const char *key, FILE *out)
{
	char line[LINE_SIZE];

	fprintf(out, "%s=\"", key);
	for (const char *c = line_of(sink, key, line); *c; c++)
		fputc(*c == '"' || *c == '\\' ? '_' : *c, out);
	fputc('"', out);
}

static void print_sink_metric(const struct metric *metric, const json_t *sinks, FILE *out)
{
	print_head(metric, out);
	for (size_t i = 0; i < json_array_size(sinks); i++) {
		const json_t *sink = json_array_get(sinks, i);

		fprintf(out, "%s{", metric->name);
		print_label(sink, "name", out);
		fputc(',', out);
		print_label(sink, "type", out);
		fputc('}', out);
		print_value(json_object_get(sink, metric->key), out);
	}
}

void status_form_prometheus(const struct status_view *view, FILE *out)
{
	static const struct metric up = {"capwatch_up", "gauge", "Whether the courier runs.", NULL};
	const json_t *sensor = json_object_get(view->status, "sensor");

	print_head(&up, out);
	fprintf(out, "%s %d\n", up.name, view->runs);
	for (size_t i = 0; i < sizeof(sensor_metrics) / sizeof(sensor_metrics[0]); i++) {
		const json_t *value = json_object_get(sensor, sensor_metrics[i].key);

		if (!json_is_integer(value))
			continue;
		print_head(&sensor_metrics[i], out);
		fputs(sensor_metrics[i].name, out);
		print_value(value, out);
	}
	for (size_t i = 0; view->status && i < sizeof(sink_metrics) / sizeof(sink_metrics[0]); i++)
		print_sink_metric(&sink_metrics[i], json_object_get(view->status, "sinks"), out);
}
