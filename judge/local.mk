# SPDX-License-Identifier: Apache-2.0
# judge: the heart. Bytes, a clock and a /proc reader in, alerts out.
noinst_LIBRARIES += judge/libjudge.a
judge_libjudge_a_SOURCES = \
	judge/coverage.c judge/coverage.h \
	judge/event.c judge/event.h \
	judge/identity.c judge/identity.h \
	judge/intake.c judge/intake.h \
	judge/judge.c judge/judge.h \
	judge/ledger.c judge/ledger.h \
	judge/match.c judge/match.h \
	judge/observe.c judge/observe.h \
	judge/proc_reader.h \
	judge/repeats.c judge/repeats.h \
	judge/report.c judge/report.h \
	judge/service.c judge/service.h \
	judge/syscalls.c judge/syscalls.h \
	judge/transition.c judge/transition.h \
	judge/verdict.c judge/verdict.h \
	judge/world.h

JUDGE_LIBS = judge/libjudge.a $(AUPARSE_LIBS) $(AUDIT_LIBS) $(CONF_LIBS)
