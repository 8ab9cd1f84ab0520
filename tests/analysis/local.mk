# SPDX-License-Identifier: Apache-2.0
# tests/analysis: static analysis (run); make only tells it the preprocessor's flags.
.PHONY: analysis-flags
analysis-flags:
	@: $(info $(DEFS) $(AM_CPPFLAGS) $(CURL_CFLAGS) $(ZLIB_CFLAGS) -I$(abs_top_srcdir) -I$(abs_top_builddir))

EXTRA_DIST += .clang-tidy tests/analysis/run tests/analysis/faulty.c tests/analysis/gcc-false-positives.txt \
	tests/valgrind/run
