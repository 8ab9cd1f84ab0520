# SPDX-License-Identifier: Apache-2.0
# bench: measurements against peers. Nothing of it is installed, nor built unless it is asked for.
BENCH_CPPFLAGS = $(AM_CPPFLAGS) -DBENCH_BASELINE='"$(abs_srcdir)/conf/dist/baseline.d"'

BENCHES = bench/consumer bench/gain bench/grow bench/load bench/match bench/nodes bench/pids bench/sweep
EXTRA_PROGRAMS += $(BENCHES)

bench_consumer_SOURCES = bench/consumer.c
bench_consumer_LDADD = $(AUPARSE_LIBS)
bench_gain_SOURCES = bench/gain.c
bench_grow_SOURCES = bench/grow.c
bench_load_SOURCES = bench/load.c
bench_match_SOURCES = bench/match.c bench/cpu.h
bench_match_LDADD = $(JUDGE_LIBS)
bench_nodes_SOURCES = bench/nodes.c bench/cpu.h bench/flow.c bench/flow.h
bench_nodes_CPPFLAGS = $(BENCH_CPPFLAGS)
bench_nodes_LDADD = $(PLUGIN_LIBS)
bench_pids_SOURCES = bench/pids.c bench/cpu.h bench/flow.c bench/flow.h
bench_pids_CPPFLAGS = $(BENCH_CPPFLAGS)
bench_pids_LDADD = $(PLUGIN_LIBS)
bench_sweep_SOURCES = bench/sweep.c bench/cpu.h
bench_sweep_CPPFLAGS = $(BENCH_CPPFLAGS)
bench_sweep_LDADD = $(PLUGIN_LIBS)
CLEANFILES += $(BENCHES)

# ./check has them all compiled, so that they go on to fit what they measure.
benches: $(BENCHES)
.PHONY: benches

EXTRA_DIST += bench/run $(wildcard $(srcdir)/bench/*.py $(srcdir)/bench/*.rules $(srcdir)/bench/streams/*.xz)
