# SPDX-License-Identifier: Apache-2.0
# tests: what make check runs besides the unit tests, which each folder declares beside its module.
# The suites that need root, Python or minutes (replay, hostile, live, install) are ./check's.
TESTS += tests/layering/check-includes
# libcheck's own 4 s for a test are too few on a machine that does much else.
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir; CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT;

# A live run kept, and judged again: the recorder is a plugin for a test host (tests/vm).
noinst_PROGRAMS += tests/vm/recorder tests/replay/judge-recording
RECORDING_SOURCES = tests/replay/recording.c tests/replay/recording.h
RECORDED_PROC_SOURCES = tests/replay/recorded_proc.c tests/replay/recorded_proc.h
tests_vm_recorder_SOURCES = tests/vm/recorder.c $(RECORDING_SOURCES)
tests_vm_recorder_LDADD = $(PLUGIN_LIBS)
tests_replay_judge_recording_SOURCES = tests/replay/judge_recording.c $(RECORDING_SOURCES) \
	$(RECORDED_PROC_SOURCES)
tests_replay_judge_recording_LDADD = $(JUDGE_LIBS)

check_PROGRAMS += tests/unit/test_recording
TESTS += tests/unit/test_recording
tests_unit_test_recording_SOURCES = tests/unit/test_recording.c $(RECORDING_SOURCES) \
	$(RECORDED_PROC_SOURCES)
tests_unit_test_recording_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_recording_LDADD = $(CONF_LIBS) $(UNIT_TEST_LIBS)

EXTRA_DIST += tests/layering/check-includes tests/docs/check tests/install/check-install tests/install/completion \
	tests/courier/run tests/courier/peers.py tests/live/run tests/replay/run tests/replay/ablate tests/replay/cut \
	tests/replay/explain tests/tuning/run tests/hostile/run \
	$(wildcard $(srcdir)/tests/live/*.[ch] $(srcdir)/tests/live/*.py $(srcdir)/tests/live/*.rules) \
	$(wildcard $(srcdir)/tests/replay/*.py $(srcdir)/tests/replay/*.md \
		$(srcdir)/tests/replay/streams/* $(srcdir)/tests/replay/golden/* \
		$(srcdir)/tests/replay/golden-explain/* \
		$(srcdir)/tests/replay/recordings/*/*) \
	$(wildcard $(srcdir)/tests/hostile/*.py) \
	tests/formats/run tests/formats/consumers tests/formats/package.json tests/formats/verify.js \
	$(wildcard $(srcdir)/tests/formats/*.py $(srcdir)/tests/formats/alerts/* \
		$(srcdir)/tests/formats/golden/*) \
	tests/vm/run tests/vm/keep-debs tests/vm/packages.txt tests/vm/recorder.conf \
	$(wildcard $(srcdir)/tests/vm/*.py $(srcdir)/tests/vm/scenarios/*.py $(srcdir)/tests/vm/tools/*) \
	tests/vm/files
