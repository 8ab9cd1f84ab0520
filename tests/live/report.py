# SPDX-License-Identifier: Apache-2.0
"""report: a line a test, a last line of counts, and the exit status. What every suite prints."""
import os
import sys


class Report:
    """Counts and prints. only: a part of a name; tests whose names lack it are passed over."""

    def __init__(self, suite, only=""):
        self.suite, self.only = suite, only
        self.passed = self.failed = self.skipped = 0

    def wants(self, name):
        return self.only in name

    def ok(self, name):
        self.passed += 1
        print(f"ok {name}", flush=True)

    def fail(self, name, why, details=()):
        self.failed += 1
        print(f"FAIL {name}: {why}", flush=True)
        for line in details:
            print(f"     {line}", flush=True)

    def skip(self, name, why):
        """With CI=true nothing may be left out in silence: a skip is a failure."""
        if os.environ.get("CI") == "true":
            self.fail(name, f"skipped, and CI=true allows no skip: {why}")
            return
        self.skipped += 1
        print(f"skip {name}: {why}", flush=True)

    def result(self, name, problems, details=()):
        """ok without problems, else FAIL with the first as its reason and the others below."""
        if problems:
            self.fail(name, problems[0], [*problems[1:], *details])
        else:
            self.ok(name)

    def finish(self):
        print(f"{self.suite}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        sys.exit(1 if self.failed else 0)
