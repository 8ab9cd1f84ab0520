# SPDX-License-Identifier: Apache-2.0
# alerters: the courier. It alone of the programs links libcurl, and with it what libcurl links: the operator's command
# takes from here what needs none of that (ALERTERS_FILES_LIBS).
noinst_LIBRARIES += alerters/libalerters.a
alerters_libalerters_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(ZLIB_CFLAGS)
alerters_libalerters_a_SOURCES = \
	alerters/active.c alerters/active.h \
	alerters/confine.c alerters/confine.h \
	alerters/courier.c alerters/courier.h \
	alerters/crc32c.c alerters/crc32c.h \
	alerters/fields.c alerters/fields.h \
	alerters/format.c alerters/format.h alerters/formats.h \
	alerters/format_alertmanager.c alerters/format_cef.c \
	alerters/format_cloudevents.c alerters/format_ecs.c alerters/format_ocsf.c \
	alerters/format_rfc5424.c alerters/format_slack.c alerters/format_splunk.c \
	alerters/gzip.c alerters/gzip.h \
	alerters/heartbeat.c alerters/heartbeat.h \
	alerters/http_headers.c alerters/http_headers.h \
	alerters/http_reply.c alerters/http_reply.h \
	alerters/keeper.c alerters/keeper.h \
	alerters/landlock.c alerters/landlock.h \
	alerters/learnt_file.c alerters/learnt_file.h \
	alerters/loss.c alerters/loss.h \
	alerters/own_alert.c alerters/own_alert.h \
	alerters/own_log.c alerters/own_log.h \
	alerters/parcel.c alerters/parcel.h \
	alerters/reach.c alerters/reach.h \
	alerters/recent.c alerters/recent.h \
	alerters/redact.c alerters/redact_words.c alerters/redact.h \
	alerters/retry.c alerters/retry.h \
	alerters/sign.c alerters/sign.h \
	alerters/sink.c alerters/sink.h \
	alerters/sink_file.c alerters/sink_file.h \
	alerters/sink_report.c alerters/sink_report.h \
	alerters/sink_syslog.c alerters/sink_syslog.h \
	alerters/sink_webhook.c alerters/sink_webhook.h \
	alerters/splunk_ack.c alerters/splunk_ack.h \
	alerters/spool.c alerters/spool.h \
	alerters/spool_file.c alerters/spool_file.h \
	alerters/status.c alerters/status.h \
	alerters/status_file.c alerters/status_file.h \
	alerters/storm.c alerters/storm.h \
	alerters/syslog_link.c alerters/syslog_link.h \
	alerters/tell.c alerters/tell.h \
	alerters/test_alert.c alerters/test_alert.h \
	alerters/text_out.c alerters/text_out.h \
	alerters/tls_options.c alerters/tls_options.h \
	alerters/transfer.c alerters/transfer.h \
	alerters/trial.c alerters/trial.h \
	alerters/webhook_request.c alerters/webhook_request.h

ALERTERS_FILES_LIBS = alerters/libalerters.a $(CONF_LIBS)
ALERTERS_LIBS = alerters/libalerters.a $(CURL_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) $(CONF_LIBS)

pkglibexec_PROGRAMS += alerters/capwatch-courier
alerters_capwatch_courier_SOURCES = alerters/main.c
alerters_capwatch_courier_LDADD = $(ALERTERS_LIBS)

ALERTERS_TEST_CPPFLAGS = $(UNIT_TEST_CPPFLAGS) $(CURL_CFLAGS)
ALERTERS_TEST_LIBS = $(ALERTERS_LIBS) $(UNIT_TEST_LIBS)
# the receivers that the tests deliver to
ALERTERS_TEST_SOURCES = tests/unit/receivers.c tests/unit/receivers.h

ALERTERS_TESTS = \
	tests/unit/test_courier \
	tests/unit/test_active \
	tests/unit/test_format \
	tests/unit/test_http_reply \
	tests/unit/test_keeper \
	tests/unit/test_reach \
	tests/unit/test_redact \
	tests/unit/test_sign \
	tests/unit/test_sink_file \
	tests/unit/test_sink_syslog \
	tests/unit/test_sink_webhook \
	tests/unit/test_spool \
	tests/unit/test_spool_file \
	tests/unit/test_tell \
	tests/unit/test_webhook_request
check_PROGRAMS += $(ALERTERS_TESTS)
TESTS += $(ALERTERS_TESTS)

tests_unit_test_courier_SOURCES = tests/unit/test_courier.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_courier_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_courier_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_format_SOURCES = tests/unit/test_format.c
tests_unit_test_format_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_format_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_http_reply_SOURCES = tests/unit/test_http_reply.c
tests_unit_test_http_reply_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_http_reply_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_active_SOURCES = tests/unit/test_active.c
tests_unit_test_active_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_active_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_reach_SOURCES = tests/unit/test_reach.c
tests_unit_test_reach_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_reach_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_redact_SOURCES = tests/unit/test_redact.c
tests_unit_test_redact_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_redact_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_sign_SOURCES = tests/unit/test_sign.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_sign_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_sign_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_sink_file_SOURCES = tests/unit/test_sink_file.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_sink_file_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_sink_file_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_sink_syslog_SOURCES = tests/unit/test_sink_syslog.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_sink_syslog_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_sink_syslog_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_sink_webhook_SOURCES = tests/unit/test_sink_webhook.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_sink_webhook_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_sink_webhook_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_spool_SOURCES = tests/unit/test_spool.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_spool_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_spool_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_spool_file_SOURCES = tests/unit/test_spool_file.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_spool_file_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_spool_file_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_tell_SOURCES = tests/unit/test_tell.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_tell_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_tell_LDADD = $(ALERTERS_TEST_LIBS)
tests_unit_test_webhook_request_SOURCES = tests/unit/test_webhook_request.c $(ALERTERS_TEST_SOURCES)
tests_unit_test_webhook_request_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_webhook_request_LDADD = $(ALERTERS_TEST_LIBS)

# what tests/formats/run compares with each format's specification
check_PROGRAMS += tests/formats/format-alert
tests_formats_format_alert_SOURCES = tests/formats/format_alert.c
tests_formats_format_alert_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_formats_format_alert_LDADD = $(ALERTERS_LIBS)
TESTS += tests/formats/run

tests_unit_test_keeper_SOURCES = tests/unit/test_keeper.c
tests_unit_test_keeper_CPPFLAGS = $(ALERTERS_TEST_CPPFLAGS)
tests_unit_test_keeper_LDADD = $(ALERTERS_TEST_LIBS)
