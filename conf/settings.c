/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/settings.h"

#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf/arena.h"
#include "conf/files.h"
#include "conf/settings_values.h"
#include "conf/secret_file.h"
#include "conf/yaml_doc.h"
#include "conf/yaml_read.h"

enum {
	SINKS_MAX = 32,
	NAME_MAX_LENGTH = 64,
	USER_MAX_LENGTH = 31,
	SERVER_MAX = 300,
	SWEEP_MIN_MS = 1000,
	LIST_MAX = 64,	   /* of strings that have no bound of their own */
	FITTING_MAX = 128, /* the names of all formats */
};
enum { DAY_MS = 24 * 60 * 60 * 1000, RETRY_FOR_DAYS = 3 };

/* Where a value was written, for what can be judged only when all files are read. */
struct origin {
	const struct yaml_doc *doc;
	struct yaml_place place;
};

struct loading {
	struct settings settings; /* first: what settings_load() hands out is this */
	struct arena arena;
	struct origin user, courier_user, sinks[SINKS_MAX];
};

static int read_mode(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	unsigned mode;

	if (yaml_read_word(reader, node, &vocab_mode, &mode) < 0)
		return -1;
	*(enum mode *)target = (enum mode)mode;
	return 0;
}

/* What useradd(8) takes, and nothing that could be an option, a path or a line of its own. */
static int read_user(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	static const char valid[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	char *name;

	if (yaml_read_string(reader, node, &name) < 0)
		return -1;
	if (strspn(name, valid) != strlen(name) || name[0] == '-' || strlen(name) > USER_MAX_LENGTH)
		return yaml_read_fail(
			reader, node,
			"'%s' is no user name: letters, digits, '_', '-' and '.', at most %d", name,
			USER_MAX_LENGTH);
	if (strcmp(name, "root") == 0)
		return yaml_read_fail(
			reader, node,
			"root is what capwatch gives up here; name a user of its own");
	*(char **)target = name;
	return 0;
}

static int read_baseline_paths(const struct yaml_reader *reader, const struct yaml_node *node,
			       void *target)
{
	size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
	char **paths = arena_alloc(reader->arena, count + 1, sizeof(*paths));

	if (!paths)
		return error_set(reader->err, "%s: out of memory", reader->doc->file);
	if (count == 0)
		return yaml_read_fail(reader, node,
				      "an empty list; name at least one folder of baselines");
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;

		if (yaml_read_path(reader, item, &paths[i]) < 0)
			return -1;
	}
	*(char ***)target = paths;
	return 0;
}

static int read_severity(const struct yaml_reader *reader, const struct yaml_node *node,
			 void *target)
{
	unsigned severity;

	if (yaml_read_word(reader, node, &vocab_severity, &severity) < 0)
		return -1;
	*(enum severity *)target = (enum severity)severity;
	return 0;
}

static int read_sink_type(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	unsigned type;

	if (yaml_read_word(reader, node, &vocab_sink_type, &type) < 0)
		return -1;
	*(enum sink_type *)target = (enum sink_type)type;
	return 0;
}

static int read_format(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	unsigned format;

	if (yaml_read_word(reader, node, &vocab_sink_format, &format) < 0)
		return -1;
	*(enum sink_format *)target = (enum sink_format)format;
	return 0;
}

/* A string or a list of them, at least one and at most LIST_MAX, each read by read;
 * NULL-terminated.
 */
static int read_list(const struct yaml_reader *reader, const struct yaml_node *node,
		     yaml_read_fn read, char ***target)
{
	size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
	char **items = arena_alloc(reader->arena, count + 1, sizeof(*items));

	if (!items)
		return error_set(reader->err, "%s: out of memory", reader->doc->file);
	if (count == 0 || count > LIST_MAX)
		return yaml_read_fail(reader, node,
				      "a list of %zu: give at least one, at most %d, or remove the "
				      "key",
				      count, LIST_MAX);
	for (size_t i = 0; i < count; i++)
		if (read(reader, node->kind == YAML_SEQUENCE ? node->items[i] : node, &items[i]) <
		    0)
			return -1;
	*target = items;
	return 0;
}

static int read_secret_files(const struct yaml_reader *reader, const struct yaml_node *node,
			     void *target)
{
	return read_list(reader, node, yaml_read_path, target);
}

static int read_pattern(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	char *pattern;

	if (yaml_read_string(reader, node, &pattern) < 0)
		return -1;
	if (strspn(pattern, "*?") == strlen(pattern))
		return yaml_read_fail(reader, node,
				      "'%s' fits every argument; write command_line: none if that "
				      "is meant",
				      pattern);
	if (strpbrk(pattern, " \t\n="))
		return yaml_read_fail(reader, node,
				      "'%s': a pattern fits one word, or the name before its '='; "
				      "it holds neither blanks nor '='",
				      pattern);
	*(char **)target = pattern;
	return 0;
}

static int read_patterns(const struct yaml_reader *reader, const struct yaml_node *node,
			 void *target)
{
	return read_list(reader, node, read_pattern, target);
}

static int read_command_line(const struct yaml_reader *reader, const struct yaml_node *node,
			     void *target)
{
	unsigned mode;

	if (yaml_read_word(reader, node, &vocab_command_line, &mode) < 0)
		return -1;
	*(enum command_line *)target = (enum command_line)mode;
	return 0;
}

static int read_signature(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	unsigned signature;

	if (yaml_read_word(reader, node, &vocab_signature, &signature) < 0)
		return -1;
	*(enum signature *)target = (enum signature)signature;
	return 0;
}

static int read_compression(const struct yaml_reader *reader, const struct yaml_node *node,
			    void *target)
{
	unsigned compression;

	if (yaml_read_word(reader, node, &vocab_compression, &compression) < 0)
		return -1;
#ifndef HAVE_ZLIB
	if (compression != COMPRESSION_NONE)
		return yaml_read_fail(reader, node,
				      "compress: this capwatch was built without zlib; write none, "
				      "or build it with zlib");
#endif
	*(enum compression *)target = (enum compression)compression;
	return 0;
}

/* A header's name and nothing that could end it. */
static int read_header_name(const struct yaml_reader *reader, const struct yaml_node *node,
			    void *target)
{
	char *name;

	if (yaml_read_string(reader, node, &name) < 0)
		return -1;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return yaml_read_fail(
				reader, node,
				"'%s': a header's name holds letters, digits, '-' and '_' only",
				name);
	if (strlen(name) > NAME_MAX_LENGTH)
		return yaml_read_fail(reader, node, "'%s': at most %d letters", name,
				      NAME_MAX_LENGTH);
	*(char **)target = name;
	return 0;
}

static int read_facility(const struct yaml_reader *reader, const struct yaml_node *node,
			 void *target)
{
	return yaml_read_word(reader, node, &vocab_syslog_facility, target);
}

static int read_timeout(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target)
{
	if (yaml_read_duration(reader, node, target) < 0)
		return -1;
	if (*(int64_t *)target == 0)
		return yaml_read_fail(
			reader, node,
			"a timeout of 0 would wait for ever or not at all; give one, as in 10s");
	return 0;
}

static int read_retry_for(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	if (yaml_read_duration(reader, node, target) < 0)
		return -1;
	if (*(int64_t *)target < SETTINGS_RETRY_FOR_MIN_MS)
		return yaml_read_fail(reader, node, "retry_for: at least 1h");
	return 0;
}

/* Names stand in log lines, and in the spool's file names. */
static int read_sink_name(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target)
{
	char *name;

	if (yaml_read_string(reader, node, &name) < 0)
		return -1;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
			return yaml_read_fail(
				reader, node,
				"'%s': a name holds letters, digits, '_', '-' and '.' only", name);
	if (strlen(name) > NAME_MAX_LENGTH || name[0] == '.')
		return yaml_read_fail(reader, node,
				      "'%s': a name has at most %d letters, the first no '.'", name,
				      NAME_MAX_LENGTH);
	*(char **)target = name;
	return 0;
}

static bool is_port(const char *digits, size_t length)
{
	long port = 0;

	if (length == 0 || length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)digits[i]))
			return false;
		port = port * 10 + (digits[i] - '0');
	}
	return port >= 1 && port <= 65535;
}

/* What is wrong with "host", "host:port" or "[v6]:port"; NULL when nothing is. */
static const char *authority_fault(const char *authority, size_t length)
{
	const char *end = authority + length, *host_end = memchr(authority, ':', length);

	if (length > 0 && authority[0] == '[') {
		host_end = memchr(authority, ']', length);
		if (!host_end || strspn(authority + 1, "0123456789abcdefABCDEF:.") !=
					 (size_t)(host_end - authority - 1))
			return "holds a broken IPv6 address";
		host_end++;
	} else if (!host_end) {
		host_end = end;
	}
	if (host_end == authority || (authority[0] == '[' && host_end == authority + 2))
		return "has no host";
	if (host_end < end &&
	    (*host_end != ':' || !is_port(host_end + 1, (size_t)(end - host_end) - 1)))
		return "has no valid port";
	return NULL;
}

static int read_server(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	const char *fault, *colon;
	char *server;

	if (yaml_read_string(reader, node, &server) < 0)
		return -1;
	fault = authority_fault(server, strlen(server));
	colon = strrchr(server, ':');
	if (!fault && (!colon || strchr(colon, ']')))
		fault = "has no port";
	if (!fault && (strlen(server) > SERVER_MAX || strpbrk(server, "@/?#\\ \t\"<>")))
		fault = "holds more than a host and a port";
	for (const char *c = server; !fault && *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
			fault = "holds a character that a host's name may not";
	if (fault)
		return yaml_read_fail(reader, node,
				      "the server %s; it looks like siem.example:6514", fault);
	*(char **)target = server;
	return 0;
}

static int read_protocol(const struct yaml_reader *reader, const struct yaml_node *node,
			 void *target)
{
	return yaml_read_word(reader, node, &vocab_syslog_protocol, target);
}

/* Names are looked up without waiting only where libcurl connects. */
static bool is_numeric(const char *server)
{
	size_t digits = strspn(server, "0123456789.");

	return server[0] == '[' || server[digits] == ':';
}

static int check_server(const struct yaml_reader *reader, const struct yaml_node *node,
			const struct sink_settings *sink)
{
	static const char *const remote_keys[] = {
		"protocol",	     "ca_file",		"client_cert", "client_key",
		"pinned_public_key", "connect_timeout", "retry_for"};

	if (sink->type != SINK_SYSLOG)
		return 0;
	for (size_t i = 0; !sink->server && i < sizeof(remote_keys) / sizeof(remote_keys[0]); i++)
		if (yaml_find(node, remote_keys[i]))
			return yaml_read_fail(reader, node,
					      "key '%s' goes with the key 'server'; give that or "
					      "remove it",
					      remote_keys[i]);
	if (sink->server && yaml_find(node, "socket_path"))
		return yaml_read_fail(reader, node,
				      "both server and socket_path; keep one of them");
	if (sink->server && sink->protocol == SYSLOG_UDP && !is_numeric(sink->server))
		return yaml_read_fail(reader, node,
				      "protocol udp wants an address, not a name, in server: "
				      "192.0.2.1:514 or [2001:db8::1]:514");
	return 0;
}

static const char *url_fault(const char *url)
{
	const char *authority;
	size_t length;

	if (strncasecmp(url, "https://", 8) == 0)
		authority = url + 8;
	else if (strncasecmp(url, "http://", 7) == 0)
		authority = url + 7;
	else
		return "starts with neither https:// nor http://";
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f ||
		    strchr("\"<>\\^`{|}", *c))
			return "holds a character that a URL may not; write it as %XX";
	length = strcspn(authority, "/?#");
	if (memchr(authority, '@', length))
		return "holds a user or password, which would stand in logs; remove it";
	if (length < strlen(authority) && strchr(authority, '#'))
		return "holds a fragment (#...), which is never sent; remove it";
	return authority_fault(authority, length);
}

static int read_url(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	const char *fault;
	char *url;

	if (yaml_read_string(reader, node, &url) < 0)
		return -1;
	fault = url_fault(url);
	if (fault)
		return yaml_read_fail(reader, node,
				      "the url %s; it looks like https://siem.example/ingest",
				      fault);
	*(char **)target = url;
	return 0;
}

#define SINK(key, read, member)                                                                    \
	{                                                                                          \
		key, read, offsetof(struct sink_settings, member)                                  \
	}
#define LATER(key)                                                                                 \
	{                                                                                          \
		key, NULL, 0                                                                       \
	}

static const struct yaml_field sink_fields[] = {
	SINK("type", read_sink_type, type),
	SINK("name", read_sink_name, name),
	SINK("min_severity", read_severity, min_severity),
	SINK("observed", yaml_read_bool, observed),
	SINK("reasons", settings_read_reasons, reasons),
	SINK("services", yaml_read_strings, services),
	SINK("max_alerts", settings_read_rate, max_alerts),
	SINK("heartbeat", yaml_read_bool, heartbeat),
	SINK("format", read_format, format),
	SINK("facility", read_facility, facility),
	SINK("socket_path", yaml_read_path, socket_path),
	SINK("server", read_server, server),
	SINK("protocol", read_protocol, protocol),
	SINK("path", yaml_read_path, path),
	SINK("url", read_url, url),
	SINK("ca_file", yaml_read_path, ca_file),
	SINK("timeout", read_timeout, timeout_ms),
	SINK("connect_timeout", read_timeout, connect_timeout_ms),
	SINK("retry_for", read_retry_for, retry_for_ms),
	SINK("client_cert", yaml_read_path, client_cert),
	SINK("client_key", yaml_read_path, client_key),
	SINK("pinned_public_key", settings_read_pin, pinned_public_key),
	SINK("proxy", read_url, proxy),
	SINK("bearer_file", yaml_read_path, bearer_file),
	SINK("basic_file", yaml_read_path, basic_file),
	SINK("headers", settings_read_headers, headers),
	SINK("header_files", settings_read_header_files, headers),
	SINK("secret_file", read_secret_files, secret_files),
	SINK("compress", read_compression, compression),
	SINK("signature", read_signature, signature),
	SINK("signature_header", read_header_name, signature_header),
	SINK("resolve_after", read_timeout, resolve_after_ms),
	SINK("indexer_ack", yaml_read_bool, indexer_ack),
	LATER("batch"),
	LATER("max_size"),
};

static const struct yaml_fields sink_table = {"a sink", sink_fields,
					      sizeof(sink_fields) / sizeof(sink_fields[0])};

/* Keys that belong to some types of sinks alone, and must be given where required. */
enum { OF_SYSLOG = 1 << SINK_SYSLOG, OF_FILE = 1 << SINK_FILE, OF_WEBHOOK = 1 << SINK_WEBHOOK };

static const struct {
	const char *key;
	unsigned types;
	bool required;
} sink_keys_by_type[] = {
	{"facility", OF_SYSLOG, false},
	{"socket_path", OF_SYSLOG, false},
	{"path", OF_FILE, true},
	{"url", OF_WEBHOOK, true},
	{"ca_file", OF_SYSLOG | OF_WEBHOOK, false},
	{"timeout", OF_WEBHOOK, false},
	{"connect_timeout", OF_SYSLOG | OF_WEBHOOK, false},
	{"retry_for", OF_SYSLOG | OF_WEBHOOK, false},
	{"client_cert", OF_SYSLOG | OF_WEBHOOK, false},
	{"client_key", OF_SYSLOG | OF_WEBHOOK, false},
	{"pinned_public_key", OF_SYSLOG | OF_WEBHOOK, false},
	{"proxy", OF_WEBHOOK, false},
	{"bearer_file", OF_WEBHOOK, false},
	{"basic_file", OF_WEBHOOK, false},
	{"headers", OF_WEBHOOK, false},
	{"header_files", OF_WEBHOOK, false},
	{"server", OF_SYSLOG, false},
	{"protocol", OF_SYSLOG, false},
	{"secret_file", OF_WEBHOOK, false},
	{"compress", OF_WEBHOOK, false},
	{"signature", OF_WEBHOOK, false},
	{"signature_header", OF_WEBHOOK, false},
	{"resolve_after", OF_WEBHOOK, false},
	{"indexer_ack", OF_WEBHOOK, false},
};

static unsigned first_type(unsigned types)
{
	unsigned type = 0;

	while (!(types & 1u << type))
		type++;
	return type;
}

/* Which format fits which type: a datagram holds no alert with all its records as JSON, a line no
 * request's form, and an HTTP receiver takes no syslog. */
static const unsigned sinks_by_format[] = {
	[FORMAT_NATIVE] = OF_FILE | OF_WEBHOOK,
	[FORMAT_ECS] = OF_FILE | OF_WEBHOOK,
	[FORMAT_OCSF] = OF_FILE | OF_WEBHOOK,
	[FORMAT_CLOUDEVENTS] = OF_FILE | OF_WEBHOOK,
	[FORMAT_SPLUNK_HEC] = OF_WEBHOOK,
	[FORMAT_ALERTMANAGER] = OF_WEBHOOK,
	[FORMAT_SLACK] = OF_WEBHOOK,
	[FORMAT_CEF] = OF_SYSLOG | OF_FILE,
	[FORMAT_RFC5424] = OF_SYSLOG | OF_FILE,
};

/* Keys that are of use with one format alone. */
static const struct {
	const char *key;
	enum sink_format format;
} sink_keys_by_format[] = {
	{"resolve_after", FORMAT_ALERTMANAGER},
	{"indexer_ack", FORMAT_SPLUNK_HEC},
};

static int check_format(const struct yaml_reader *reader, const struct yaml_node *node,
			const struct sink_settings *sink)
{
	const struct yaml_pair *pair = yaml_find(node, "format");
	char fitting[FITTING_MAX] = "";
	size_t used = 0;

	for (unsigned i = 0; i < sizeof(sinks_by_format) / sizeof(sinks_by_format[0]); i++)
		if (sinks_by_format[i] & 1u << sink->type)
			used += (size_t)snprintf(fitting + used, sizeof(fitting) - used, "%s%s",
						 used ? ", " : "",
						 vocab_word(&vocab_sink_format, i));
	if (pair && !(sinks_by_format[sink->format] & 1u << sink->type))
		return yaml_read_fail(reader, pair->value,
				      "format %s does not go to a sink of type %s; use one of %s",
				      vocab_word(&vocab_sink_format, sink->format),
				      vocab_word(&vocab_sink_type, sink->type), fitting);
	for (size_t i = 0; i < sizeof(sink_keys_by_format) / sizeof(sink_keys_by_format[0]); i++) {
		pair = yaml_find(node, sink_keys_by_format[i].key);
		if (pair && sink_keys_by_format[i].format != sink->format)
			return yaml_doc_fail(
				reader->doc, pair->place, reader->err,
				"key '%s' is for format: %s; remove it", sink_keys_by_format[i].key,
				vocab_word(&vocab_sink_format, sink_keys_by_format[i].format));
	}
	return 0;
}

static int check_signature(const struct yaml_reader *reader, const struct yaml_node *node,
			   const struct sink_settings *sink)
{
	const struct yaml_pair *signature = yaml_find(node, "signature");
	const struct yaml_pair *header = yaml_find(node, "signature_header");

	if (signature && !sink->secret_files)
		return yaml_doc_fail(reader->doc, signature->place, reader->err,
				     "key 'signature' needs the key 'secret_file' beside it");
	if (header && (!signature || sink->signature != SIGNATURE_SHA256))
		return yaml_doc_fail(reader->doc, header->place, reader->err,
				     "key 'signature_header' is for signature: sha256; the names "
				     "of standard-webhooks are fixed");
	if (signature && sink->signature == SIGNATURE_SHA256 && sink->secret_files[1])
		return yaml_doc_fail(reader->doc, signature->place, reader->err,
				     "signature: sha256 has room for one secret; name one "
				     "secret_file");
	return 0;
}

static int check_sink_keys(const struct yaml_reader *reader, const struct yaml_node *node,
			   const struct sink_settings *sink)
{
	for (size_t i = 0; i < sizeof(sink_keys_by_type) / sizeof(sink_keys_by_type[0]); i++) {
		const char *key = sink_keys_by_type[i].key;
		const struct yaml_pair *pair = yaml_find(node, key);
		unsigned types = sink_keys_by_type[i].types;
		bool belongs = types & 1u << sink->type;

		if (pair && !belongs)
			return yaml_doc_fail(
				reader->doc, pair->place, reader->err,
				"key '%s' belongs to a sink of type %s, and this one's is %s; "
				"remove it",
				key, vocab_word(&vocab_sink_type, first_type(types)),
				vocab_word(&vocab_sink_type, sink->type));
		if (!pair && belongs && sink_keys_by_type[i].required)
			return yaml_read_fail(reader, node, "a sink of type %s needs the key '%s'",
					      vocab_word(&vocab_sink_type, sink->type), key);
	}
	return 0;
}

static bool sets_header(const struct sink_settings *sink, const char *name)
{
	for (size_t i = 0; i < sink->headers.count; i++)
		if (strcasecmp(sink->headers.items[i].name, name) == 0)
			return true;
	return false;
}

static int check_credentials(const struct yaml_reader *reader, const struct yaml_node *node,
			     const struct sink_settings *sink)
{
	int ways = (sink->bearer_file != NULL) + (sink->basic_file != NULL) +
		   sets_header(sink, "authorization");

	if (ways > 1)
		return yaml_read_fail(reader, node,
				      "more than one of bearer_file, basic_file and a header "
				      "Authorization; keep one");
	if (sink->client_key && !sink->client_cert)
		return yaml_read_fail(reader, node, "client_key without client_cert; give both");
	return 0;
}

static int read_sink(const struct yaml_reader *reader, const struct yaml_node *node,
		     struct sink_settings *sink)
{
	static char default_socket[] = "/dev/log", default_header[] = "X-Hub-Signature-256";

	*sink = (struct sink_settings){
		.min_severity = SEVERITY_LOW,
		.facility = (unsigned)vocab_value(&vocab_syslog_facility, "authpriv"),
		.protocol = SYSLOG_TLS,
		.timeout_ms = 10 * 1000,
		.connect_timeout_ms = 5 * 1000,
		.signature_header = default_header,
		.resolve_after_ms = 60 * 60 * 1000,
	};
	if (yaml_read_mapping(reader, node, &sink_table, sink) < 0)
		return -1;
	if (!yaml_find(node, "type"))
		return yaml_read_fail(
			reader, node,
			"a sink without the key 'type'; give syslog, file or webhook");
	if (sink->type == SINK_SYSLOG && !sink->socket_path)
		sink->socket_path = default_socket;
	if (!yaml_find(node, "format"))
		sink->format = sink->type == SINK_SYSLOG ? FORMAT_RFC5424 : FORMAT_NATIVE;
	if (check_sink_keys(reader, node, sink) < 0 || check_format(reader, node, sink) < 0 ||
	    check_signature(reader, node, sink) < 0)
		return -1;
	if (sink->type == SINK_FILE && sink->max_alerts.count > 0)
		return yaml_read_fail(
			reader, node,
			"max_alerts does not go with a sink of type file, which keeps "
			"all; remove it");
	if (check_server(reader, node, sink) < 0)
		return -1;
	return check_credentials(reader, node, sink);
}

/* The target is the struct loading: sinks of a later file are added to those before. */
static int read_sinks(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	struct loading *loading = target;
	struct settings *settings = &loading->settings;

	if (node->kind != YAML_SEQUENCE)
		return yaml_read_fail(
			reader, node,
			"sinks: wants a list; start each sink with '- type: ...', or write []");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_pair *name;

		if (settings->sink_count >= SINKS_MAX)
			return yaml_read_fail(reader, node->items[i], "more than %d sinks",
					      SINKS_MAX);
		if (read_sink(reader, node->items[i], &settings->sinks[settings->sink_count]) < 0)
			return -1;
		name = yaml_find(node->items[i], "name");
		loading->sinks[settings->sink_count++] = (struct origin){
			reader->doc, name ? name->value->place : node->items[i]->place};
	}
	return 0;
}

static int read_sweep(const struct yaml_reader *reader, const struct yaml_node *node, void *target)
{
	int64_t *interval = target;

	if (yaml_is_word(node, "off")) {
		*interval = 0;
		return 0;
	}
	if (yaml_read_duration(reader, node, interval) < 0)
		return -1;
	if (*interval < SWEEP_MIN_MS)
		return yaml_read_fail(reader, node,
				      "sweep: wants at least %d ms between two sweeps, or 'off'",
				      SWEEP_MIN_MS);
	return 0;
}

#define SETTING(key, read, member)                                                                 \
	{                                                                                          \
		key, read, offsetof(struct loading, settings.member)                               \
	}

static const struct yaml_field settings_fields[] = {
	SETTING("mode", read_mode, mode),
	SETTING("user", read_user, user),
	SETTING("courier_user", read_user, courier_user),
	SETTING("baseline", read_baseline_paths, baseline),
	SETTING("start_window", yaml_read_duration, start_window_ms),
	SETTING("start_timeout", yaml_read_duration, start_timeout_ms),
	SETTING("repeat_window", yaml_read_duration, repeat_window_ms),
	SETTING("coverage_grace", yaml_read_duration, coverage_grace_ms),
	SETTING("sweep", read_sweep, sweep_ms),
	SETTING("report_launcher_grants", yaml_read_bool, report_launcher_grants),
	SETTING("heartbeat", settings_read_heartbeat, heartbeat_ms),
	SETTING("spool", settings_read_spool, spool),
	SETTING("control", yaml_read_path, control),
	SETTING("command_line", read_command_line, command_line),
	SETTING("redact", read_patterns, redact),
	{"sinks", read_sinks, 0},
	LATER("labels"),
	LATER("max_alerts"),
	LATER("state"),
};

static const struct yaml_fields settings_table = {
	"capwatch.yaml", settings_fields, sizeof(settings_fields) / sizeof(settings_fields[0])};

static struct loading *loading_new(void)
{
	static char user[] = "capwatch", courier_user[] = "capwatch-courier";
	static char shipped[] = CAPWATCH_DATADIR "/capwatch/baseline.d";
	static char local[] = CAPWATCH_SYSCONFDIR "/capwatch/baseline.d";
	static char *baseline[] = {shipped, local, NULL};
	static char spool[] = CAPWATCH_LOCALSTATEDIR "/lib/capwatch/spool";
	static char control[] = SETTINGS_DEFAULT_CONTROL;
	struct loading *loading = calloc(1, sizeof(*loading));

	if (!loading)
		return NULL;
	loading->settings = (struct settings){
		.mode = MODE_ALERT,
		.user = user,
		.courier_user = courier_user,
		.baseline = baseline,
		.start_window_ms = 10 * 1000,
		.start_timeout_ms = 5 * 60 * 1000,
		.repeat_window_ms = 5 * 60 * 1000,
		.coverage_grace_ms = 60 * 1000,
		.sweep_ms = 60 * 1000,
		.heartbeat_ms = 15 * 60 * 1000,
		.spool = {.dir = spool,
			  .max_count = 10 * 1000,
			  .max_bytes = 256 * 1024 * 1024,
			  .max_age_ms = 7 * DAY_MS},
		.control = control,
		.command_line = COMMAND_LINE_REDACTED,
		.sinks = arena_alloc(&loading->arena, SINKS_MAX, sizeof(struct sink_settings)),
	};
	if (!loading->settings.sinks) {
		arena_free(&loading->arena);
		free(loading);
		return NULL;
	}
	return loading;
}

static void note_origin(struct origin *origin, const struct yaml_doc *doc, const char *key)
{
	const struct yaml_pair *pair = yaml_find(doc->root, key);

	if (pair)
		*origin = (struct origin){doc, pair->value->place};
}

static int read_file(struct loading *loading, const char *file, struct files_digest *digest,
		     struct error *err)
{
	struct yaml_doc *doc = arena_alloc(&loading->arena, 1, sizeof(*doc));
	struct yaml_reader reader = {&loading->arena, doc, err};

	if (!doc)
		return error_set(err, "%s: out of memory", file);
	if (yaml_doc_load(&loading->arena, file, doc, err) < 0 ||
	    files_digest_add(digest, &doc->text, err) < 0)
		return -1;
	if (!doc->root)
		return 0;
	if (yaml_read_mapping(&reader, doc->root, &settings_table, loading) < 0)
		return -1;
	note_origin(&loading->user, doc, "user");
	note_origin(&loading->courier_user, doc, "courier_user");
	return 0;
}

/* "conf.d" beside the file; *list stays empty when there is none. */
static int list_fragments(struct arena *arena, const char *file, struct file_list *list,
			  struct error *err)
{
	static const char folder_name[] = "conf.d";
	const char *slash = strrchr(file, '/');
	size_t length = slash ? (size_t)(slash - file) + 1 : 0;
	char *folder = arena_alloc(arena, length + sizeof(folder_name), 1);
	enum files_kind kind;

	if (!folder)
		return error_set(err, "%s: out of memory", file);
	memcpy(folder, file, length);
	memcpy(folder + length, folder_name, sizeof(folder_name));
	if (files_kind_of(folder, &kind, err) < 0)
		return -1;
	if (kind == FILES_FILE)
		return error_set(err, "%s: is a file where a folder belongs; move it away", folder);
	return kind == FILES_FOLDER ? files_list(arena, folder, list, err) : 0;
}

static int read_files(struct loading *loading, const char *file, struct files_digest *digest,
		      struct error *err)
{
	struct file_list fragments = {NULL, 0};

	if (read_file(loading, file, digest, err) < 0 ||
	    list_fragments(&loading->arena, file, &fragments, err) < 0)
		return -1;
	for (size_t i = 0; i < fragments.count; i++)
		if (read_file(loading, fragments.paths[i], digest, err) < 0)
			return -1;
	return 0;
}

/* A courier taken over must not be able to signal the sensor. */
static int check_users(const struct loading *loading, struct error *err)
{
	const struct settings *settings = &loading->settings;
	const struct origin *origin = loading->courier_user.doc ? &loading->courier_user
								: &loading->user;

	if (strcmp(settings->user, settings->courier_user) != 0)
		return 0;
	return yaml_doc_fail(origin->doc, origin->place, err,
			     "user and courier_user are both '%s'; they must differ, so that "
			     "neither can signal the other",
			     settings->user);
}

static int check_sink_names(const struct loading *loading, struct error *err)
{
	const struct sink_settings *sinks = loading->settings.sinks;

	for (size_t i = 0; i < loading->settings.sink_count; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct origin *first = &loading->sinks[j],
					    *second = &loading->sinks[i];

			if (!sinks[i].name || !sinks[j].name ||
			    strcmp(sinks[i].name, sinks[j].name) != 0)
				continue;
			return yaml_doc_fail(
				second->doc, second->place, err,
				"a second sink is named '%s', the first at %s:%u:%u; rename one",
				sinks[i].name, first->doc->file, first->place.line,
				first->place.column);
		}
	}
	return 0;
}

static bool is_sink_name_taken(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->sink_count; i++)
		if (settings->sinks[i].name && strcmp(settings->sinks[i].name, name) == 0)
			return true;
	return false;
}

/* "webhook", "webhook-2", ... past the names that were given. */
static int name_sinks(struct loading *loading, struct error *err)
{
	struct settings *settings = &loading->settings;

	for (size_t i = 0; i < settings->sink_count; i++) {
		const char *word = vocab_word(&vocab_sink_type, settings->sinks[i].type);
		char name[NAME_MAX_LENGTH + 1];

		if (settings->sinks[i].name)
			continue;
		snprintf(name, sizeof(name), "%s", word);
		for (unsigned n = 2; is_sink_name_taken(settings, name); n++)
			snprintf(name, sizeof(name), "%s-%u", word, n);
		settings->sinks[i].name = arena_copy(&loading->arena, name, strlen(name));
		if (!settings->sinks[i].name)
			return error_set(err, "out of memory");
	}
	return 0;
}

/* Only when all files are read is it known what each sink may keep, and for how long. */
static void settle_spools(struct settings *settings)
{
	for (size_t i = 0; i < settings->sink_count; i++) {
		struct sink_settings *sink = &settings->sinks[i];

		sink->spool = settings->spool;
		if (sink->retry_for_ms == 0)
			sink->retry_for_ms = sink->type == SINK_WEBHOOK || sink->server
						     ? RETRY_FOR_DAYS * DAY_MS
						     : settings->spool.max_age_ms;
		if (sink->retry_for_ms > settings->spool.max_age_ms)
			sink->retry_for_ms = settings->spool.max_age_ms;
	}
}

struct settings *settings_load(const char *file, struct error *err)
{
	struct loading *loading = loading_new();
	struct files_digest digest = {NULL, 0};
	int result;

	if (!loading) {
		error_set(err, "%s: out of memory", file);
		return NULL;
	}
	result = read_files(loading, file, &digest, err);
	files_digest_end(&digest, loading->settings.digest);
	if (result < 0 || check_users(loading, err) < 0 || check_sink_names(loading, err) < 0 ||
	    name_sinks(loading, err) < 0) {
		settings_free(&loading->settings);
		return NULL;
	}
	settle_spools(&loading->settings);
	return &loading->settings;
}

struct settings *settings_defaults(void)
{
	struct loading *loading = loading_new();
	struct files_digest digest = {NULL, 0};

	if (!loading)
		return NULL;
	files_digest_end(&digest, loading->settings.digest);
	return &loading->settings;
}

struct settings *settings_load_any(const char *file, struct error *err)
{
	struct settings *settings;

	if (file || access(SETTINGS_DEFAULT_FILE, F_OK) == 0)
		return settings_load(file ? file : SETTINGS_DEFAULT_FILE, err);
	settings = settings_defaults();
	if (!settings)
		error_set(err, "out of memory");
	return settings;
}

void settings_free(struct settings *settings)
{
	struct loading *loading = (struct loading *)settings;

	if (!loading)
		return;
	arena_free(&loading->arena);
	free(loading);
}

static int check_certificates(const struct sink_settings *sink, struct error *err)
{
	struct arena arena = {NULL};
	struct file_text text;
	int result = files_read(&arena, sink->ca_file, &text, err);

	if (result == 0 && !strstr(text.bytes, "-----BEGIN CERTIFICATE-----") &&
	    !strstr(text.bytes, "-----BEGIN TRUSTED CERTIFICATE-----"))
		result = error_set(err, "%s: holds no certificate in PEM form; name a file of them",
				   sink->ca_file);
	arena_free(&arena);
	return result < 0 ? error_prefix(err, "sink %s: ca_file", sink->name) : 0;
}

static int check_readable(const char *sink, const char *key, const char *path, struct error *err)
{
	struct arena arena = {NULL};
	struct file_text text;
	int result = path ? files_read(&arena, path, &text, err) : 0;

	arena_free(&arena);
	return result < 0 ? error_prefix(err, "sink %s: %s", sink, key) : 0;
}

static int check_sink_files(const struct sink_settings *sink, struct error *err)
{
	if (sink->ca_file && check_certificates(sink, err) < 0)
		return -1;
	if (check_readable(sink->name, "client_cert", sink->client_cert, err) < 0)
		return -1;
	return check_readable(sink->name, "client_key", sink->client_key, err);
}

/* Whose secrets are looked at, and who may own their files beside root. */
struct secret_check {
	const struct sink_settings *sink;
	uid_t owner;
	struct error *err;
};

static int check_secret(const struct secret_check *check, const char *key, const char *path)
{
	struct secret_file secret;

	if (!path)
		return 0;
	if (secret_file_read(path, check->owner, &secret, check->err) < 0)
		return error_prefix(check->err, "sink %s: %s", check->sink->name, key);
	secret_file_forget(&secret);
	return 0;
}

static int check_secrets(const struct sink_settings *sink, uid_t owner, struct error *err)
{
	const struct secret_check check = {sink, owner, err};

	if (check_secret(&check, "bearer_file", sink->bearer_file) < 0 ||
	    check_secret(&check, "basic_file", sink->basic_file) < 0)
		return -1;
	for (size_t i = 0; i < sink->headers.count; i++)
		if (check_secret(&check, "header_files", sink->headers.items[i].file) < 0)
			return -1;
	for (size_t i = 0; sink->secret_files && sink->secret_files[i]; i++)
		if (check_secret(&check, "secret_file", sink->secret_files[i]) < 0)
			return -1;
	return 0;
}

int settings_check_files(const struct settings *settings, struct error *err)
{
	const struct passwd *courier = getpwnam(settings->courier_user);
	uid_t owner = courier ? courier->pw_uid : geteuid();

	for (size_t i = 0; i < settings->sink_count; i++)
		if (check_sink_files(&settings->sinks[i], err) < 0 ||
		    check_secrets(&settings->sinks[i], owner, err) < 0)
			return -1;
	return 0;
}
