# SPDX-License-Identifier: Apache-2.0
# bench: measurements against peers. Nothing of it is installed, nor built unless it is asked for.
EXTRA_PROGRAMS += bench/match bench/sweep

bench_match_SOURCES = bench/match.c
bench_match_LDADD = $(JUDGE_LIBS)

bench_sweep_SOURCES = bench/sweep.c
bench_sweep_CPPFLAGS = $(AM_CPPFLAGS) -DBENCH_BASELINE='"$(abs_srcdir)/conf/dist/baseline.d"'
bench_sweep_LDADD = $(PLUGIN_LIBS)
CLEANFILES += bench/match bench/sweep
