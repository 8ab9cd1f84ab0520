# SPDX-License-Identifier: Apache-2.0
# alerters: the courier. It alone links libcurl.
noinst_LIBRARIES += alerters/libalerters.a
alerters_libalerters_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
alerters_libalerters_a_SOURCES = \
	alerters/courier.c alerters/courier.h \
	alerters/format.c alerters/format.h \
	alerters/sink_file.c alerters/sink_file.h \
	alerters/sink_syslog.c alerters/sink_syslog.h \
	alerters/sink_webhook.c alerters/sink_webhook.h \
	alerters/spool.c alerters/spool.h

ALERTERS_LIBS = alerters/libalerters.a $(CURL_LIBS) $(CONF_LIBS)

pkglibexec_PROGRAMS += alerters/capwatch-courier
alerters_capwatch_courier_SOURCES = alerters/main.c
alerters_capwatch_courier_LDADD = $(ALERTERS_LIBS)
