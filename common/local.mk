# SPDX-License-Identifier: Apache-2.0
# common: what all folders share. Includes none of them.
noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = \
	common/alert.c common/alert.h common/alert_json.c common/alert_message.c \
	common/bytes.h \
	common/capmask.c common/capmask.h \
	common/checkpoint.c common/checkpoint.h \
	common/duration.c common/duration.h \
	common/error.c common/error.h \
	common/hash.h \
	common/learnt.c common/learnt.h \
	common/log.c common/log.h \
	common/read_buffer.h \
	common/sanitized.h \
	common/order.c common/order.h \
	common/paths.c common/paths.h \
	common/program.c common/program.h \
	common/setup.c common/setup.h \
	common/sha256.c \
	common/syscall_filter.c common/syscall_filter.h \
	common/syscall_groups.c common/syscall_groups.h \
	common/text.c common/text.h \
	common/vocab.c common/vocab.h \
	common/wire.c common/wire.h

COMMON_LIBS = common/libcommon.a $(JANSSON_LIBS) $(LIBCAP_LIBS) $(NETTLE_LIBS) $(SECCOMP_LIBS)

# A unit test, as each folder declares its own:
#   check_PROGRAMS += tests/unit/test_capmask
#   TESTS += tests/unit/test_capmask
#   tests_unit_test_capmask_SOURCES = tests/unit/test_capmask.c
#   tests_unit_test_capmask_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
#   tests_unit_test_capmask_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

COMMON_TESTS = \
	tests/unit/test_checkpoint tests/unit/test_learnt \
	tests/unit/test_alert tests/unit/test_capmask tests/unit/test_duration tests/unit/test_hash tests/unit/test_text \
	tests/unit/test_vocab tests/unit/test_wire
check_PROGRAMS += $(COMMON_TESTS)
TESTS += $(COMMON_TESTS)

tests_unit_test_learnt_SOURCES = tests/unit/test_learnt.c
tests_unit_test_learnt_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_learnt_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_alert_SOURCES = tests/unit/test_alert.c
tests_unit_test_alert_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_alert_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_capmask_SOURCES = tests/unit/test_capmask.c
tests_unit_test_capmask_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_capmask_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_duration_SOURCES = tests/unit/test_duration.c
tests_unit_test_duration_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_duration_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_text_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_hash_SOURCES = tests/unit/test_hash.c
tests_unit_test_hash_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_hash_LDADD = $(UNIT_TEST_LIBS)

tests_unit_test_vocab_SOURCES = tests/unit/test_vocab.c
tests_unit_test_vocab_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_vocab_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_wire_SOURCES = tests/unit/test_wire.c
tests_unit_test_wire_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_wire_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_checkpoint_SOURCES = tests/unit/test_checkpoint.c
tests_unit_test_checkpoint_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_checkpoint_LDADD = $(COMMON_LIBS) $(UNIT_TEST_LIBS)
