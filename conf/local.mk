# SPDX-License-Identifier: Apache-2.0
# conf: the readers of configuration and baselines, and what is shipped of both.
noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = \
	conf/arena.c conf/arena.h \
	conf/baseline.c conf/baseline.h \
	conf/baseline_index.c conf/baseline_index.h \
	conf/baseline_parse.c conf/baseline_resolve.c conf/baseline_source.h \
	conf/baseline_ties.c \
	conf/files.c conf/files.h \
	conf/glob.c conf/glob.h \
	conf/glob_index.c conf/glob_index.h \
	conf/secret_file.c conf/secret_file.h \
	conf/settings.c conf/settings.h \
	conf/settings_values.c conf/settings_values.h \
	conf/yaml_doc.c conf/yaml_doc.h \
	conf/yaml_read.c conf/yaml_read.h

CONF_LIBS = conf/libconf.a $(YAML_LIBS) $(COMMON_LIBS)

CONF_TESTS = tests/unit/test_baseline tests/unit/test_conf_mutations tests/unit/test_glob_index tests/unit/test_settings
check_PROGRAMS += $(CONF_TESTS)
TESTS += $(CONF_TESTS)

tests_unit_test_baseline_SOURCES = tests/unit/test_baseline.c tests/unit/conf_files.c tests/unit/conf_files.h
tests_unit_test_baseline_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_baseline_LDADD = $(CONF_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_conf_mutations_SOURCES = tests/unit/test_conf_mutations.c tests/unit/conf_files.c tests/unit/conf_files.h
tests_unit_test_conf_mutations_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_conf_mutations_LDADD = $(CONF_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_glob_index_SOURCES = tests/unit/test_glob_index.c
tests_unit_test_glob_index_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_glob_index_LDADD = $(CONF_LIBS) $(UNIT_TEST_LIBS)

tests_unit_test_settings_SOURCES = tests/unit/test_settings.c tests/unit/conf_files.c tests/unit/conf_files.h
tests_unit_test_settings_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_settings_LDADD = $(CONF_LIBS) $(UNIT_TEST_LIBS)

include conf/dist/local.mk
