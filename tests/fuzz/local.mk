# SPDX-License-Identifier: Apache-2.0
# tests/fuzz: harnesses for what reads other people's bytes. In every build they are run over the inputs that
# once broke something (regress); `make fuzz` fuzzes, in a build configured with CC=clang --enable-fuzzing.
FUZZ_COMMON = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
FUZZ_stream = tests/fuzz/fuzz_stream.c tests/fuzz/made_up_proc.c tests/fuzz/made_up_proc.h $(FUZZ_COMMON)
FUZZ_conf = tests/fuzz/fuzz_conf.c $(FUZZ_COMMON)
FUZZ_spool = tests/fuzz/fuzz_spool.c $(FUZZ_COMMON)
FUZZ_wire = tests/fuzz/fuzz_wire.c $(FUZZ_COMMON)
FUZZ_reply = tests/fuzz/fuzz_reply.c $(FUZZ_COMMON)
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) -DFUZZ_BASELINES='"$(abs_top_srcdir)/conf/dist/baseline.d"'
FUZZ_LIBS = plugin/libplugin.a cli/libcli.a $(ALERTERS_LIBS) $(JUDGE_LIBS) $(RULES_LIBS)

check_PROGRAMS += tests/fuzz/plain_stream tests/fuzz/plain_conf tests/fuzz/plain_spool tests/fuzz/plain_wire \
	tests/fuzz/plain_reply
tests_fuzz_plain_stream_SOURCES = tests/fuzz/plain_main.c $(FUZZ_stream)
tests_fuzz_plain_stream_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_plain_stream_LDADD = $(FUZZ_LIBS)
tests_fuzz_plain_conf_SOURCES = tests/fuzz/plain_main.c $(FUZZ_conf)
tests_fuzz_plain_conf_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_plain_conf_LDADD = $(FUZZ_LIBS)
tests_fuzz_plain_spool_SOURCES = tests/fuzz/plain_main.c $(FUZZ_spool)
tests_fuzz_plain_spool_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_plain_spool_LDADD = $(FUZZ_LIBS)
tests_fuzz_plain_wire_SOURCES = tests/fuzz/plain_main.c $(FUZZ_wire)
tests_fuzz_plain_wire_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_plain_wire_LDADD = $(FUZZ_LIBS)
tests_fuzz_plain_reply_SOURCES = tests/fuzz/plain_main.c $(FUZZ_reply)
tests_fuzz_plain_reply_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_plain_reply_LDADD = $(FUZZ_LIBS)
TESTS += tests/fuzz/regress

FUZZERS = tests/fuzz/fuzz_stream tests/fuzz/fuzz_conf tests/fuzz/fuzz_spool tests/fuzz/fuzz_wire \
	tests/fuzz/fuzz_reply
EXTRA_PROGRAMS += $(FUZZERS)
tests_fuzz_fuzz_stream_SOURCES = tests/fuzz/entry.c $(FUZZ_stream)
tests_fuzz_fuzz_stream_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_stream_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_stream_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/entry.c $(FUZZ_conf)
tests_fuzz_fuzz_conf_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_conf_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_spool_SOURCES = tests/fuzz/entry.c $(FUZZ_spool)
tests_fuzz_fuzz_spool_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_spool_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_spool_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/entry.c $(FUZZ_wire)
tests_fuzz_fuzz_wire_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_wire_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_wire_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_reply_SOURCES = tests/fuzz/entry.c $(FUZZ_reply)
tests_fuzz_fuzz_reply_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_reply_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_reply_LDADD = $(FUZZ_LIBS)

FUZZ_SECONDS = 60
.PHONY: fuzz
if ENABLE_FUZZING
fuzz: $(FUZZERS)
	$(srcdir)/tests/fuzz/run --build . --seconds $(FUZZ_SECONDS)
else
fuzz:
	@echo 'fuzzing takes a build of its own: ../configure CC=clang --enable-fuzzing' >&2; exit 1
endif

EXTRA_DIST += tests/fuzz/README.md tests/fuzz/regress tests/fuzz/run tests/fuzz/seeds.py \
	$(wildcard $(srcdir)/tests/fuzz/corpus/*/*)
