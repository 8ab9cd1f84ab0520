/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: capwatch.yaml and the *.yaml of conf.d beside it, as values.
 * The only place that sees their text. Owns: syntax, vocabulary, defaults, file:line:column in
 * every error. Must not own: what any setting does.
 */
#ifndef CAPWATCH_SETTINGS_H
#define CAPWATCH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/error.h"
#include "common/vocab.h"
#include "conf/baseline.h"

enum {
	SETTINGS_RETRY_FOR_MIN_MS = 60 * 60 * 1000,
	SETTINGS_HEADERS_MAX = 16,
	SETTINGS_HEADER_NAME_MAX = 64,
};

/* So many in so long; a count of 0: no limit. */
struct settings_rate {
	int64_t count, window_ms;
};

/* Of a request: a value as written, or the file that holds it. */
struct settings_header {
	char *name, *value, *file;
};
struct settings_headers {
	struct settings_header items[SETTINGS_HEADERS_MAX];
	size_t count;
};

/* What of each sink waits on disk. */
struct spool_settings {
	char *dir;
	int64_t max_count, max_bytes; /* of one sink */
	int64_t max_age_ms;	      /* of one alert that cannot be delivered */
};

struct sink_settings {
	enum sink_type type;
	char *name; /* unique; defaults to the type's word, "webhook", "webhook-2", ... */
	enum severity min_severity;	 /* default low */
	uint32_t reasons;		 /* a bit for each enum reason that is wanted; 0: all */
	struct string_list services;	 /* globs of a service's name or template; count 0: all */
	struct settings_rate max_alerts; /* of severity low and medium; not for a file */
	bool heartbeat;			 /* gets heartbeats */
	bool observed;			 /* also takes findings of mode: observe */
	enum sink_format format;	 /* default rfc5424 for syslog, native for the others */
	unsigned facility;		 /* syslog: index in vocab_syslog_facility */
	char *socket_path;		 /* syslog: default /dev/log */
	char *server;			 /* syslog: "host:port" of a remote one, or NULL */
	unsigned protocol;		/* syslog, with server: enum syslog_protocol; default tls */
	char *path;			/* file */
	char *url;			/* webhook: http or https only */
	char *ca_file;			/* webhook: or NULL for the system's */
	int64_t timeout_ms;		/* webhook: of one request; default 10 s */
	int64_t connect_timeout_ms;	/* webhook: default 5 s */
	char *client_cert, *client_key; /* webhook: PEM files, or NULL */
	char *pinned_public_key;	/* webhook: "sha256//...", or NULL */
	char *proxy;			/* webhook: http or https, or NULL for none */
	char *bearer_file, *basic_file; /* webhook: what Authorization holds, or NULL */
	struct settings_headers headers; /* webhook */
	char **secret_files;	      /* webhook: NULL-terminated; NULL: requests are not signed */
	enum compression compression; /* webhook: of alerts; default none */
	enum signature signature;     /* webhook: how they are signed */
	char *signature_header;	      /* webhook, sha256: the header's name */
	int64_t resolve_after_ms;     /* alertmanager: default 1 h */
	bool indexer_ack;	      /* splunk-hec */
	int64_t retry_for_ms;	      /* webhook: default 3 d; others: the spool's max_age_ms */
	struct spool_settings spool;  /* as in struct settings */
};

struct settings {
	enum mode mode;
	char *user, *courier_user;
	char **baseline; /* NULL-terminated */
	int64_t start_window_ms, start_timeout_ms, repeat_window_ms, coverage_grace_ms;
	int64_t sweep_ms; /* 0: off */
	int64_t heartbeat_ms;
	bool report_launcher_grants;
	struct spool_settings spool;
	char *control;			/* the path of the socket where root gives orders */
	enum command_line command_line; /* default redacted */
	char **redact;			/* NULL-terminated globs, beside alerters/redact.c's own */
	struct sink_settings *sinks;
	size_t sink_count;
	char digest[65]; /* SHA-256 over all text read */
};

#define SETTINGS_DEFAULT_FILE CAPWATCH_SYSCONFDIR "/capwatch/capwatch.yaml"

#define SETTINGS_DEFAULT_CONTROL "/run/capwatch/control"

/* Reads file and, in order of name, the *.yaml of conf.d beside it: there a scalar replaces, sinks
 * are appended. Returns NULL with err ("FILE:LINE:COLUMN: what, and what to do") on any error;
 * nothing is silently defaulted that was written. The caller frees with settings_free(). */
struct settings *settings_load(const char *file, struct error *err);

/* What a missing file would mean: all defaults, baseline from the two usual folders, no sinks. For
 * the command line only; the plugin insists on a file. */
struct settings *settings_defaults(void);

/* For the command line: the file, where one is named; else SETTINGS_DEFAULT_FILE, where it is
 * there; else settings_defaults(). NULL with err. */
struct settings *settings_load_any(const char *file, struct error *err);

void settings_free(struct settings *settings);

/* Reads every secret and certificate file named and checks it is readable; for capwatch check. 0 or
 * -1. */
int settings_check_files(const struct settings *settings, struct error *err);

#endif
