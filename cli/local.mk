# SPDX-License-Identifier: Apache-2.0
# cli: `capwatch`, the operator's command, a file a verb.
noinst_LIBRARIES += cli/libcli.a
cli_libcli_a_SOURCES = \
	cli/check.c \
	cli/replay.c \
	cli/rules.c \
	cli/verbs.h

CLI_LIBS = cli/libcli.a $(JUDGE_LIBS) $(RULES_LIBS)

bin_PROGRAMS += cli/capwatch
cli_capwatch_SOURCES = cli/main.c
cli_capwatch_LDADD = $(CLI_LIBS)
