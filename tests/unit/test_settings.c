/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/settings.h"
#include "conf/yaml_doc.h"
#include "tests/unit/conf_files.h"

static struct settings *load(const char *text)
{
	struct error err = {""};
	struct settings *settings = settings_load(conf_files_write("capwatch.yaml", text), &err);

	ck_assert_msg(settings != NULL, "%s", err.text);
	return settings;
}

/* The text is refused at line and column, and the message says so. */
static void assert_refused(const char *text, const char *place, const char *said)
{
	struct error err = {""};
	const char *path = conf_files_write("capwatch.yaml", text);
	struct settings *settings = settings_load(path, &err);
	char start[512];

	ck_assert_msg(settings == NULL, "taken: %s", text);
	snprintf(start, sizeof(start), "%s:%s: ", path, place);
	ck_assert_msg(strncmp(err.text, start, strlen(start)) == 0, "not at %s: %s", place,
		      err.text);
	ck_assert_msg(strstr(err.text, said) != NULL, "not '%s' in: %s", said, err.text);
	ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(test_every_key_is_read)
{
	struct settings *settings = load(
		"mode: observe\n"
		"user: a\n"
		"courier_user: b\n"
		"baseline: [/x, /y]\n"
		"start_window: 1s\n"
		"start_timeout: 2m\n"
		"repeat_window: 0\n"
		"coverage_grace: 500ms\n"
		"sweep: 10m\n"
		"report_launcher_grants: true\n"
		"heartbeat: 5m\n"
		"spool: {dir: /s, max_count: 50, max_bytes: 2GiB, max_age: 2d}\n"
		"sinks:\n"
		"  - {type: syslog, facility: local3, socket_path: /run/log, max_alerts: "
		"60/min}\n"
		"  - {type: file, path: /var/log/x, observed: true, heartbeat: true,\n"
		"     reasons: [exec-gain, coverage-loss], services: 'nginx*'}\n"
		"  - {type: webhook, name: siem, url: 'https://h:8443/p?q', ca_file: /ca, timeout: "
		"3s,\n"
		"     retry_for: 1d, connect_timeout: 2s, client_cert: /cert, client_key: /key,\n"
		"     pinned_public_key: sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,\n"
		"     proxy: 'http://p:3128', bearer_file: /token, headers: {X-A: b},\n"
		"     header_files: {X-B: /b}, compress: none,\n"
		"     min_severity: high, format: native}\n");

	ck_assert_int_eq(settings->mode, MODE_OBSERVE);
	ck_assert_str_eq(settings->user, "a");
	ck_assert_str_eq(settings->courier_user, "b");
	ck_assert_str_eq(settings->baseline[0], "/x");
	ck_assert_str_eq(settings->baseline[1], "/y");
	ck_assert_ptr_null(settings->baseline[2]);
	ck_assert_int_eq(settings->start_window_ms, 1000);
	ck_assert_int_eq(settings->start_timeout_ms, 120000);
	ck_assert_int_eq(settings->repeat_window_ms, 0);
	ck_assert_int_eq(settings->coverage_grace_ms, 500);
	ck_assert_int_eq(settings->sweep_ms, 600000);
	ck_assert(settings->report_launcher_grants);
	ck_assert_int_eq(settings->heartbeat_ms, 300000);
	ck_assert(settings->sinks[1].heartbeat);
	ck_assert_uint_eq(settings->sinks[1].reasons,
			  1u << REASON_EXEC_GAIN | 1u << REASON_COVERAGE_LOSS);
	ck_assert_uint_eq(settings->sinks[1].services.count, 1);
	ck_assert_str_eq(settings->sinks[1].services.items[0], "nginx*");
	ck_assert_int_eq(settings->sinks[0].max_alerts.count, 60);
	ck_assert_int_eq(settings->sinks[0].max_alerts.window_ms, 60000);
	ck_assert_str_eq(settings->spool.dir, "/s");
	ck_assert_int_eq(settings->spool.max_count, 50);
	ck_assert_int_eq(settings->spool.max_bytes, 2ll << 30);
	ck_assert_int_eq(settings->spool.max_age_ms, 2 * 86400000ll);
	ck_assert_int_eq(settings->sinks[1].retry_for_ms, 2 * 86400000ll);
	ck_assert_int_eq(settings->sinks[1].spool.max_count, 50);
	ck_assert_int_eq(settings->sinks[2].retry_for_ms, 86400000ll);
	ck_assert_uint_eq(settings->sink_count, 3);
	ck_assert_str_eq(vocab_word(&vocab_syslog_facility, settings->sinks[0].facility), "local3");
	ck_assert_str_eq(settings->sinks[0].socket_path, "/run/log");
	ck_assert_str_eq(settings->sinks[1].path, "/var/log/x");
	ck_assert(settings->sinks[1].observed);
	ck_assert_str_eq(settings->sinks[2].name, "siem");
	ck_assert_str_eq(settings->sinks[2].url, "https://h:8443/p?q");
	ck_assert_str_eq(settings->sinks[2].ca_file, "/ca");
	ck_assert_int_eq(settings->sinks[2].timeout_ms, 3000);
	ck_assert_int_eq(settings->sinks[2].connect_timeout_ms, 2000);
	ck_assert_str_eq(settings->sinks[2].client_cert, "/cert");
	ck_assert_str_eq(settings->sinks[2].client_key, "/key");
	ck_assert_str_eq(settings->sinks[2].proxy, "http://p:3128");
	ck_assert_str_eq(settings->sinks[2].bearer_file, "/token");
	ck_assert_uint_eq(settings->sinks[2].headers.count, 2);
	ck_assert_str_eq(settings->sinks[2].headers.items[0].value, "b");
	ck_assert_str_eq(settings->sinks[2].headers.items[1].name, "X-B");
	ck_assert_str_eq(settings->sinks[2].headers.items[1].file, "/b");
	ck_assert_int_eq(settings->sinks[2].min_severity, SEVERITY_HIGH);
	settings_free(settings);
}
END_TEST

START_TEST(test_what_is_not_given_has_the_documented_default)
{
	struct settings *settings = load(
		"sinks: [{type: syslog}, {type: webhook, url: http://h}]\n");

	ck_assert_int_eq(settings->mode, MODE_ALERT);
	ck_assert_str_eq(settings->user, "capwatch");
	ck_assert_str_eq(settings->courier_user, "capwatch-courier");
	ck_assert_str_eq(settings->baseline[0], CAPWATCH_DATADIR "/capwatch/baseline.d");
	ck_assert_str_eq(settings->baseline[1], CAPWATCH_SYSCONFDIR "/capwatch/baseline.d");
	ck_assert_int_eq(settings->start_window_ms, 10000);
	ck_assert_int_eq(settings->start_timeout_ms, 300000);
	ck_assert_int_eq(settings->repeat_window_ms, 300000);
	ck_assert_int_eq(settings->coverage_grace_ms, 60000);
	ck_assert_int_eq(settings->sweep_ms, 60000);
	ck_assert(!settings->report_launcher_grants);
	ck_assert_str_eq(settings->spool.dir, CAPWATCH_LOCALSTATEDIR "/lib/capwatch/spool");
	ck_assert_int_eq(settings->spool.max_count, 10000);
	ck_assert_int_eq(settings->spool.max_bytes, 256ll << 20);
	ck_assert_int_eq(settings->spool.max_age_ms, 7 * 86400000ll);
	ck_assert_int_eq(settings->sinks[1].retry_for_ms, 3 * 86400000ll);
	ck_assert_str_eq(vocab_word(&vocab_syslog_facility, settings->sinks[0].facility),
			 "authpriv");
	ck_assert_str_eq(settings->sinks[0].socket_path, "/dev/log");
	ck_assert_int_eq(settings->sinks[1].timeout_ms, 10000);
	ck_assert_int_eq(settings->sinks[1].min_severity, SEVERITY_LOW);
	settings_free(settings);
	settings = settings_defaults();
	ck_assert_uint_eq(settings->sink_count, 0);
	ck_assert_str_eq(settings->user, "capwatch");
	settings_free(settings);
}
END_TEST

START_TEST(test_sweep_can_be_switched_off)
{
	struct settings *settings = load("sweep: off\n");

	ck_assert_int_eq(settings->sweep_ms, 0);
	settings_free(settings);
}
END_TEST

START_TEST(test_empty_file_and_no_sinks_are_valid)
{
	static const char *const texts[] = {"", "# nothing\n", "---\n", "sinks: []\n", "{}\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct settings *settings = load(texts[i]);

		ck_assert_uint_eq(settings->sink_count, 0);
		settings_free(settings);
	}
}
END_TEST

START_TEST(test_sinks_without_a_name_get_one_each)
{
	struct settings *settings = load(
		"sinks: [{type: webhook, url: http://a}, {type: webhook, url: http://b},\n"
		"        {type: webhook, url: http://c, name: webhook-2}, {type: syslog}]\n");

	ck_assert_str_eq(settings->sinks[0].name, "webhook");
	ck_assert_str_eq(settings->sinks[1].name, "webhook-3");
	ck_assert_str_eq(settings->sinks[2].name, "webhook-2");
	ck_assert_str_eq(settings->sinks[3].name, "syslog");
	settings_free(settings);
}
END_TEST

START_TEST(test_fragments_replace_values_and_add_sinks)
{
	struct settings *settings, *alone;

	alone = load("mode: observe\nstart_window: 1s\nsinks: [{type: syslog}]\n");
	conf_files_write("conf.d/20-b.yaml", "start_window: 3s\n");
	conf_files_write("conf.d/10-a.yaml", "start_window: 2s\nsinks: [{type: file, path: /x}]\n");
	conf_files_write("conf.d/30-not-read.yml", "start_window: 4s\n");
	conf_files_write("conf.d/.hidden.yaml", "broken: [\n");
	settings = load("mode: observe\nstart_window: 1s\nsinks: [{type: syslog}]\n");
	ck_assert_int_eq(settings->mode, MODE_OBSERVE);
	ck_assert_int_eq(settings->start_window_ms, 3000);
	ck_assert_uint_eq(settings->sink_count, 2);
	ck_assert_int_eq(settings->sinks[1].type, SINK_FILE);
	ck_assert_str_ne(settings->digest, alone->digest);
	settings_free(settings);
	settings_free(alone);
}
END_TEST

START_TEST(test_error_in_a_fragment_names_the_fragment)
{
	struct error err = {""};

	conf_files_write("conf.d/10-a.yaml", "mode: alert\nmdoe: alert\n");
	ck_assert_ptr_null(settings_load(conf_files_write("capwatch.yaml", ""), &err));
	ck_assert_ptr_nonnull(strstr(err.text, "conf.d/10-a.yaml:2:1: unknown key 'mdoe'"));
}
END_TEST

START_TEST(test_same_users_are_refused_where_they_are_written)
{
	assert_refused("user: a\ncourier_user: a\n", "2:15", "must differ");
	assert_refused("user: capwatch-courier\n", "1:7", "must differ");
}
END_TEST

START_TEST(test_sink_names_are_unique_across_files)
{
	struct error err = {""};

	assert_refused("sinks:\n- {type: syslog, name: a}\n- {type: file, name: a, path: /x}\n",
		       "3:22", "capwatch.yaml:2:24");
	conf_files_write("conf.d/10-a.yaml", "sinks: [{type: syslog, name: a}]\n");
	ck_assert_ptr_null(settings_load(
		conf_files_write("capwatch.yaml", "sinks: [{type: syslog, name: a}]\n"), &err));
	ck_assert_ptr_nonnull(
		strstr(err.text, "conf.d/10-a.yaml:1:30: a second sink is named 'a'"));
}
END_TEST

START_TEST(test_what_is_wrong_is_refused_with_its_place_and_remedy)
{
	static const struct {
		const char *text, *place, *said;
	} cases[] = {
		/* keys */
		{"mdoe: alert\n", "1:1", "unknown key 'mdoe' in capwatch.yaml, did you mean mode?"},
		{"mode: alert\nfoo: 1\n", "2:1",
		 "unknown key 'foo' in capwatch.yaml; use one of mode, user"},
		{"sinks:\n  - type: syslog\n    facilty: auth\n", "3:5", "did you mean facility?"},
		{"mode: alert\nmode: observe\n", "2:1", "given twice, first in line 1"},
		{"mode:\n", "1:1", "no value"},
		{"sinks: [{name: a}]\n", "1:9", "without the key 'type'"},
		{"sinks: [{type: file}]\n", "1:9", "needs the key 'path'"},
		{"sinks: [{type: webhook}]\n", "1:9", "needs the key 'url'"},
		{"sinks: [{type: syslog, url: http://x}]\n", "1:24",
		 "belongs to a sink of type webhook"},
		{"? [a]\n: b\n", "1:3", "a key must be a word"},
		{"<<: {mode: alert}\n", "1:1", "unknown key '<<'"},
		/* what this version does not have yet */
		{"sinks: [{type: syslog, server: h}]\n", "1:32", "has no port"},
		{"sinks: [{type: syslog, server: 'u@h:1'}]\n", "1:32", "more than a host"},
		{"sinks: [{type: syslog, server: 'h:1', protocol: udp}]\n", "1:9", "an address"},
		{"sinks: [{type: syslog, server: 'h:1', protocol: dtls}]\n", "1:49", "tls"},
		{"sinks: [{type: syslog, protocol: tcp}]\n", "1:9", "goes with the key 'server'"},
		{"sinks: [{type: syslog, server: 'h:1', socket_path: /x}]\n", "1:9", "keep one"},
		{"sinks: [{type: file, path: /x, ca_file: /y}]\n", "1:32", "belongs to"},
		{"heartbeat: 500ms\n", "1:12", "at least 1s"},
		{"sinks: [{type: syslog, max_alerts: 60}]\n", "1:36", ""},
		{"sinks: [{type: syslog, max_alerts: 60/m}]\n", "1:36", "60/min"},
		{"sinks: [{type: syslog, max_alerts: 0/s}]\n", "1:36", "60/min"},
		{"sinks: [{type: file, path: /x, max_alerts: 5/s}]\n", "1:9", "keeps all"},
		{"sinks: [{type: syslog, reasons: [exec-gian]}]\n", "1:34", "exec-gain"},
		{"sinks: [{type: syslog, reasons: []}]\n", "1:33", "empty list"},
		{"spool: {dir: x}\n", "1:14", "absolute"},
		{"spool: {max_count: 9}\n", "1:20", ""},
		{"spool: {max_bytes: 64}\n", "1:20", ""},
		{"spool: {max_bytes: 64MB}\n", "1:20", "KiB, MiB or GiB"},
		{"spool: {max_bytes: 1KiB}\n", "1:20", "from 1MiB to 64GiB"},
		{"spool: {max_age: 5s}\n", "1:18", "at least 1h"},
		{"spool: {max_ages: 5h}\n", "1:9", "max_age"},
		{"sinks: [{type: webhook, url: http://h, retry_for: 1m}]\n", "1:51", "at least 1h"},
		{"sinks: [{type: syslog, retry_for: 1h}]\n", "1:9", "goes with the key 'server'"},
		{"sinks: [{type: file, path: /x, retry_for: 1h}]\n", "1:32", "belongs to"},
		{"sinks: [{type: webhook, url: http://h, headers: {Authorization: x}}]\n", "1:65",
		 "bearer_file"},
		{"sinks: [{type: webhook, url: http://h, headers: {Host: x}}]\n", "1:56",
		 "capwatch's own"},
		{"sinks: [{type: webhook, url: http://h, headers: {'a b': x}}]\n", "1:57",
		 "no name of a header"},
		{"sinks: [{type: webhook, url: http://h, headers: {a: \"x\\ny\"}}]\n", "1:53", ""},
		{"sinks: [{type: webhook, url: http://h, headers: {a: x}, header_files: {A: "
		 "/x}}]\n",
		 "1:75", "given twice"},
		{"sinks: [{type: webhook, url: http://h, basic_file: /x, bearer_file: /y}]\n",
		 "1:9", "keep one"},
		{"sinks: [{type: webhook, url: http://h, client_key: /x}]\n", "1:9",
		 "without client_cert"},
		{"sinks: [{type: webhook, url: http://h, pinned_public_key: abc}]\n", "1:59",
		 "is no pin"},
		{"sinks: [{type: webhook, url: http://h, proxy: 'socks5://x'}]\n", "1:47", "http"},
		{"mode: learning\n", "1:7", "did you mean learn?"},
		{"max_alerts: 5\n", "1:1", "'max_alerts' is not supported by this version"},
		/* what does not go together */
		{"sinks: [{type: syslog, format: native}]\n", "1:32",
		 "format native does not go to a sink of type syslog; use one of cef, rfc5424"},
		{"sinks: [{type: file, path: /x, format: slack}]\n", "1:40",
		 "use one of native, ecs, ocsf, cloudevents, cef, rfc5424"},
		{"sinks: [{type: webhook, url: 'http://x', format: cef}]\n", "1:50",
		 "use one of native, ecs, ocsf, cloudevents, splunk-hec, alertmanager, slack"},
		{"sinks: [{type: file, path: /x, compress: gzip}]\n", "1:32",
		 "belongs to a sink of type webhook"},
		{"sinks: [{type: webhook, url: 'http://x', headers: {X-Api-Key: abc}}]\n", "1:63",
		 "X-Api-Key looks like a secret, and that belongs into a file"},
		{"sinks: [{type: webhook, url: 'http://x', headers: {AUTHORIZATION: abc}}]\n",
		 "1:67", "belongs into a file"},
		{"sinks: [{type: webhook, url: 'http://x', compress: gzp}]\n", "1:52",
		 "did you mean gzip?"},
		{"sinks: [{type: webhook, url: 'http://x', signature: sha256}]\n", "1:42",
		 "needs the key 'secret_file'"},
		{"sinks: [{type: webhook, url: 'http://x', secret_file: /a, signature_header: "
		 "X}]\n",
		 "1:59", "is for signature: sha256"},
		{"sinks: [{type: webhook, url: 'http://x', secret_file: [/a, /b], signature: "
		 "sha256}]\n",
		 "1:65", "room for one secret"},
		{"sinks: [{type: webhook, url: 'http://x', secret_file: a}]\n", "1:55",
		 "no absolute path"},
		{"sinks: [{type: webhook, url: 'http://x', secret_file: []}]\n", "1:55",
		 "give at least one"},
		{"sinks: [{type: webhook, url: 'http://x', secret_file: /a, signature: sha256,\n"
		 "  signature_header: 'X: y'}]\n",
		 "2:21", "holds letters, digits"},
		{"sinks: [{type: webhook, url: 'http://x', resolve_after: 1h}]\n", "1:42",
		 "is for format: alertmanager"},
		{"sinks: [{type: webhook, url: 'http://x', indexer_ack: true}]\n", "1:42",
		 "is for format: splunk-hec"},
		{"sinks: [{type: file, path: /x, secret_file: /a}]\n", "1:32",
		 "belongs to a sink of type webhook"},
		{"command_line: redactd\n", "1:15", "did you mean redacted?"},
		{"redact: '*'\n", "1:9", "fits every argument"},
		{"redact: ['--key', 'a b']\n", "1:19", "holds neither blanks nor '='"},
		/* words */
		{"mode: alrt\n", "1:7", "unknown word 'alrt', did you mean alert?"},
		{"mode: sometimes\n", "1:7", "use one of alert, observe"},
		{"sinks: [{type: syslgo}]\n", "1:16", "did you mean syslog?"},
		{"sinks: [{type: syslog, facility: authprv}]\n", "1:34", "did you mean authpriv?"},
		{"sinks: [{type: syslog, min_severity: hihg}]\n", "1:38", "did you mean high?"},
		{"sinks: [{type: syslog, format: native2}]\n", "1:32", "did you mean native?"},
		/* types */
		{"[mode]\n", "1:1", "a list where capwatch.yaml belongs"},
		{"mode\n", "1:1", "a single value where capwatch.yaml belongs"},
		{"mode: [alert]\n", "1:7", "a list where a word belongs"},
		{"user: {a: b}\n", "1:7", "a mapping where a string belongs"},
		{"user: 5\n", "1:7", "put it in quotes"},
		{"user: true\n", "1:7", "put it in quotes"},
		{"user: ''\n", "1:7", "empty string"},
		{"user: 'a b'\n", "1:7", "no user name"},
		{"user: ../x\n", "1:7", "no user name"},
		{"user: \"a\\nb\"\n", "1:7", "'a?b'"},
		{"report_launcher_grants: yes\n", "1:25", "true or false"},
		{"report_launcher_grants: 'true'\n", "1:25", "true or false"},
		{"sinks: syslog\n", "1:8", "wants a list"},
		{"sinks: [syslog]\n", "1:9", "a single value where a sink belongs"},
		{"sinks: [~]\n", "1:9", "where a sink belongs"},
		{"baseline: []\n", "1:11", "empty list"},
		{"baseline: [x/y]\n", "1:12", "no absolute path"},
		{"baseline: {a: b}\n", "1:11", "a mapping where a string belongs"},
		/* durations */
		{"start_window: 10\n", "1:15", "'10' has no unit: write 10ms, 10s"},
		{"start_window: 10 s\n", "1:15", "unknown unit ' s'"},
		{"start_window: [10s]\n", "1:15", "where a duration such as 10s belongs"},
		{"start_timeout: -1s\n", "1:16", "no duration"},
		{"repeat_window: 5min\n", "1:16", "unknown unit 'min'"},
		{"coverage_grace: 1y\n", "1:17", "unknown unit 'y'"},
		{"sweep: 999ms\n", "1:8", "at least 1000 ms between two sweeps, or 'off'"},
		{"sweep: 0\n", "1:8", "or 'off'"},
		{"sweep: of\n", "1:8", "no duration"},
		{"sinks: [{type: webhook, url: 'http://x', timeout: 0}]\n", "1:51", "timeout of 0"},
		/* URLs and names */
		{"sinks: [{type: webhook, url: 'ftp://x'}]\n", "1:30",
		 "neither https:// nor http://"},
		{"sinks: [{type: webhook, url: 'https://'}]\n", "1:30", "has no host"},
		{"sinks: [{type: webhook, url: 'https:///x'}]\n", "1:30", "has no host"},
		{"sinks: [{type: webhook, url: 'https://:443/x'}]\n", "1:30", "has no host"},
		{"sinks: [{type: webhook, url: 'https://[]/x'}]\n", "1:30", "has no host"},
		{"sinks: [{type: webhook, url: 'https://[::1'}]\n", "1:30", "broken IPv6"},
		{"sinks: [{type: webhook, url: 'https://h:99999'}]\n", "1:30", "no valid port"},
		{"sinks: [{type: webhook, url: 'https://h:'}]\n", "1:30", "no valid port"},
		{"sinks: [{type: webhook, url: 'https://u:p@h'}]\n", "1:30", "user or password"},
		{"sinks: [{type: webhook, url: 'https://h/a b'}]\n", "1:30",
		 "a character that a URL may not"},
		{"sinks: [{type: webhook, url: \"https://h/\\n\"}]\n", "1:30",
		 "a character that a URL may not"},
		{"sinks: [{type: webhook, url: 'https://h/#x'}]\n", "1:30", "fragment"},
		{"sinks: [{type: syslog, name: 'a/b'}]\n", "1:30", "a name holds letters"},
		{"sinks: [{type: file, path: x}]\n", "1:28", "no absolute path"},
		/* YAML */
		{"mode: [alert\n", "2:1", "not valid YAML"},
		{"mode: alert\n user: x\n", "2:6", "not valid YAML"},
		{"mode: \"alert\n", "2:1", "not valid YAML"},
		{"sinks:\n\t- type: syslog\n", "2:1", "a tab in the indentation"},
		{"mode: \xff\n", "1:7", "byte 0xff is not valid UTF-8"},
		{"# caf\xc3\xa9\nmode: caf\xe9\n", "2:10", "byte 0xe9 is not valid UTF-8"},
		{"mode: \x01\n", "1:7", "control characters are not allowed"},
		{"mode: \"al\\0ert\"\n", "1:7", "NUL"},
		{"mode: &a alert\nuser: *a\n", "1:7", "anchors"},
		{"user: *a\n", "1:7", "aliases"},
		{"mode: !!str alert\n", "1:7", "tags"},
		{"mode: alert\n---\nmode: alert\n", "2:1", "a second document"},
		{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "1:17", "nested too deeply"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].place, cases[i].said);
}
END_TEST

START_TEST(test_columns_count_characters)
{
	assert_refused("sinks: [{type: syslog, name: \"caf\xc3\xa9\", nmae: x}]\n", "1:30",
		       "a name holds letters");
	assert_refused("sinks: [{type: file, path: /caf\xc3\xa9, nmae: x}]\n", "1:35",
		       "did you mean name?");
}
END_TEST

START_TEST(test_urls_that_are_valid)
{
	static const char *const urls[] = {"http://h", "HTTPS://h.example:8443/x?y=z",
					   "http://[::1]:80/x", "http://127.0.0.1:8080",
					   "https://h?x"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		char text[256];
		struct settings *settings;

		snprintf(text, sizeof(text), "sinks: [{type: webhook, url: '%s'}]\n", urls[i]);
		settings = load(text);
		ck_assert_str_eq(settings->sinks[0].url, urls[i]);
		settings_free(settings);
	}
}
END_TEST

static void assert_unreadable(const char *path, const char *said)
{
	struct error err = {""};

	ck_assert_ptr_null(settings_load(path, &err));
	ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
	ck_assert_msg(strstr(err.text, said) != NULL, "%s", err.text);
}

START_TEST(test_file_that_cannot_be_read_is_named_with_why_and_what_to_do)
{
	char *huge = malloc(FILES_SIZE_MAX + 1);

	assert_unreadable(conf_files_path("missing.yaml"), "No such file or directory; create it");
	assert_unreadable("/proc/self/mem", "");
	conf_files_write("folder/x.yaml", "");
	assert_unreadable(conf_files_path("folder"), "is a folder");
	mkfifo(conf_files_path("fifo"), 0600);
	assert_unreadable(conf_files_path("fifo"), "not a regular file");
	memset(huge, '#', FILES_SIZE_MAX + 1);
	assert_unreadable(conf_files_write_bytes("huge.yaml", huge, FILES_SIZE_MAX + 1),
			  "larger than 1 MiB");
	free(huge);
}
END_TEST

START_TEST(test_conf_d_that_is_a_file_is_an_error)
{
	struct error err = {""};

	conf_files_write("conf.d", "");
	ck_assert_ptr_null(settings_load(conf_files_write("capwatch.yaml", ""), &err));
	ck_assert_ptr_nonnull(strstr(err.text, "conf.d: is a file where a folder belongs"));
}
END_TEST

START_TEST(test_growth_is_bounded)
{
	size_t size = FILES_SIZE_MAX;
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = i % 2 ? ',' : '1';
	memcpy(text, "x: [", 4);
	text[size] = '\0';
	assert_refused(text, "1:199999", "more values than one file may have");
	for (size_t i = 0; i < 200; i++)
		memcpy(text + i * 8, "k000: 1\n", 8),
			text[i * 8 + 1] = (char)('0' + i / 100),
				     text[i * 8 + 2] = (char)('0' + i / 10 % 10),
				     text[i * 8 + 3] = (char)('0' + i % 10);
	text[200 * 8] = '\0';
	assert_refused(text, "129:1", "more than 128 keys");
	free(text);
}
END_TEST

START_TEST(test_formats_signatures_and_redaction)
{
	struct settings *settings = load(
		"command_line: none\n"
		"redact: ['--api-key', '*_SECRET']\n"
		"sinks:\n"
		"  - {type: syslog}\n"
		"  - {type: syslog, name: s2, format: cef}\n"
		"  - {type: file, path: /x}\n"
		"  - {type: webhook, name: am, url: 'http://x', format: alertmanager,\n"
		"     resolve_after: 30m, secret_file: /a}\n"
		"  - {type: webhook, name: hec, url: 'http://x', format: splunk-hec,\n"
		"     indexer_ack: true, secret_file: [/a], signature: sha256,\n"
		"     signature_header: X-Signature}\n");

	ck_assert_int_eq(settings->command_line, COMMAND_LINE_NONE);
	ck_assert_str_eq(settings->redact[0], "--api-key");
	ck_assert_str_eq(settings->redact[1], "*_SECRET");
	ck_assert_ptr_null(settings->redact[2]);
	ck_assert_int_eq(settings->sinks[0].format, FORMAT_RFC5424);
	ck_assert_int_eq(settings->sinks[1].format, FORMAT_CEF);
	ck_assert_int_eq(settings->sinks[2].format, FORMAT_NATIVE);
	ck_assert_int_eq(settings->sinks[3].format, FORMAT_ALERTMANAGER);
	ck_assert_int_eq(settings->sinks[3].resolve_after_ms, 30 * 60 * 1000);
	ck_assert_str_eq(settings->sinks[3].secret_files[0], "/a");
	ck_assert_ptr_null(settings->sinks[3].secret_files[1]);
	ck_assert_int_eq(settings->sinks[3].signature, SIGNATURE_STANDARD_WEBHOOKS);
	ck_assert(settings->sinks[4].indexer_ack);
	ck_assert_int_eq(settings->sinks[4].signature, SIGNATURE_SHA256);
	ck_assert_str_eq(settings->sinks[4].signature_header, "X-Signature");
	settings_free(settings);
	settings = load("sinks: [{type: webhook, url: 'http://x'}]\n");
	ck_assert_int_eq(settings->command_line, COMMAND_LINE_REDACTED);
	ck_assert_ptr_null(settings->redact);
	ck_assert_ptr_null(settings->sinks[0].secret_files);
	settings_free(settings);
}
END_TEST

START_TEST(test_check_files_wants_secrets_that_are_secret)
{
	static const struct {
		const char *key, *before, *after;
	} keys[] = {
		{"secret_file", "", ""},
		{"bearer_file", "", ""},
		{"basic_file", "", ""},
		{"header_files", "{X-Key: ", "}"},
	};
	const char *path = conf_files_write("s", "hunter2:hunter2");
	char text[512], said[64];
	struct settings *settings;
	struct error err;

	snprintf(text, sizeof(text),
		 "sinks: [{type: webhook, name: siem, url: 'https://x', %s: %s%s%s}]\n",
		 keys[_i].key, keys[_i].before, path, keys[_i].after);
	settings = load(text);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(settings_check_files(settings, &err), -1);
	snprintf(said, sizeof(said), "sink siem: %s: ", keys[_i].key);
	ck_assert_ptr_nonnull(strstr(err.text, said));
	ck_assert_ptr_nonnull(strstr(err.text, "its mode 0644 gives a secret to others"));
	ck_assert_ptr_null(strstr(err.text, "hunter2"));
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(settings_check_files(settings, &err), 0);
	settings_free(settings);
}
END_TEST

START_TEST(test_check_files_wants_certificates_where_they_are_named)
{
	struct error err = {""};
	char text[512];
	struct settings *settings;

	snprintf(text, sizeof(text),
		 "sinks: [{type: webhook, name: siem, url: 'https://h', ca_file: %s}]\n",
		 conf_files_path("ca.pem"));
	settings = load(text);
	ck_assert_int_eq(settings_check_files(settings, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "sink siem: ca_file: "));
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	conf_files_write("ca.pem", "hello\n");
	ck_assert_int_eq(settings_check_files(settings, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no certificate in PEM form"));
	conf_files_write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
	ck_assert_int_eq(settings_check_files(settings, &err), 0);
	settings_free(settings);
}
END_TEST

START_TEST(test_shipped_configuration_is_valid_and_says_the_defaults)
{
	const char *srcdir = getenv("srcdir");
	struct settings *settings, *defaults = settings_defaults();
	struct error err = {""};
	char path[512];

	snprintf(path, sizeof(path), "%s/conf/dist/capwatch.yaml", srcdir ? srcdir : ".");
	settings = settings_load(path, &err);
	ck_assert_msg(settings != NULL, "%s", err.text);
	ck_assert_int_eq(settings->mode, defaults->mode);
	ck_assert_str_eq(settings->user, defaults->user);
	ck_assert_str_eq(settings->courier_user, defaults->courier_user);
	ck_assert_int_eq(settings->start_window_ms, defaults->start_window_ms);
	ck_assert_int_eq(settings->start_timeout_ms, defaults->start_timeout_ms);
	ck_assert_int_eq(settings->repeat_window_ms, defaults->repeat_window_ms);
	ck_assert_int_eq(settings->coverage_grace_ms, defaults->coverage_grace_ms);
	ck_assert(settings->report_launcher_grants == defaults->report_launcher_grants);
	ck_assert_uint_eq(settings->sink_count, 2);
	settings_free(settings);
	settings_free(defaults);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *tcase = tcase_create("settings");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, conf_files_begin, conf_files_end);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_every_key_is_read);
	tcase_add_test(tcase, test_what_is_not_given_has_the_documented_default);
	tcase_add_test(tcase, test_sweep_can_be_switched_off);
	tcase_add_test(tcase, test_empty_file_and_no_sinks_are_valid);
	tcase_add_test(tcase, test_sinks_without_a_name_get_one_each);
	tcase_add_test(tcase, test_fragments_replace_values_and_add_sinks);
	tcase_add_test(tcase, test_error_in_a_fragment_names_the_fragment);
	tcase_add_test(tcase, test_same_users_are_refused_where_they_are_written);
	tcase_add_test(tcase, test_sink_names_are_unique_across_files);
	tcase_add_test(tcase, test_what_is_wrong_is_refused_with_its_place_and_remedy);
	tcase_add_test(tcase, test_columns_count_characters);
	tcase_add_test(tcase, test_urls_that_are_valid);
	tcase_add_test(tcase, test_file_that_cannot_be_read_is_named_with_why_and_what_to_do);
	tcase_add_test(tcase, test_conf_d_that_is_a_file_is_an_error);
	tcase_add_test(tcase, test_growth_is_bounded);
	tcase_add_test(tcase, test_formats_signatures_and_redaction);
	tcase_add_loop_test(tcase, test_check_files_wants_secrets_that_are_secret, 0, 4);
	tcase_add_test(tcase, test_check_files_wants_certificates_where_they_are_named);
	tcase_add_test(tcase, test_shipped_configuration_is_valid_and_says_the_defaults);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
