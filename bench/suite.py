# SPDX-License-Identifier: Apache-2.0
"""suite: the sections, what they share, and their order.

Owns: the work folder, which is gone afterwards. Must not own: options (run), measurements (the sections).
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import latency
import live
import offline
import peers
import record
import resident
import stack
from harness import CannotRun
from measure import Failed
from streams import Streams
from tables import Report

TOP = pathlib.Path(__file__).resolve().parents[1]
SECTIONS = {
    "live-full": live.measure_full, "live-20k": live.measure_20k, "live-2k": live.measure_2k,
    "file": offline.measure_file, "flood": offline.measure_flood, "hostile": offline.measure_hostile,
    "latency": latency.measure_latency, "memory": resident.measure_memory, "start-up": resident.measure_start,
    "scale": offline.measure_scale,
}
EVENTS, EVENTS_QUICK = 2_000_000, 200_000


class Bench:
    """What all sections share: the build, a work folder, the streams, the report."""

    def __init__(self, options, folder):
        self.build, self.quick = options.build, options.quick
        self.dir = pathlib.Path(folder)
        self.report = Report()
        self.events = EVENTS_QUICK if self.quick else EVENTS
        self.recording = None if options.shipped else record.record_here
        self._streams = None

    @property
    def streams(self):
        """Made when first asked for: of a recording made here, where that can be done."""
        if not self._streams:
            self._streams = Streams(self.build, self.dir, self.recording(self) if self.recording else None)
        return self._streams

    def make_program(self, name):
        """Whether the tree has such a program; it is then built."""
        if not (TOP / f"{name}.c").exists():
            return False
        subprocess.run(["make", "-s", "-C", self.build, name], check=True)
        return True

    def program_output(self, name):
        done = subprocess.run([self.build / name], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{name} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout


def measure_all(bench, sections):
    """Whether every section that this machine can do was done."""
    failed = False
    for name in sections:
        count = len(bench.report.sections)
        try:
            SECTIONS[name](bench)
        except (CannotRun, Failed) as why:
            failed = failed or isinstance(why, Failed)
            if len(bench.report.sections) == count:
                bench.report.section(name, "")
            bench.report.sections[-1].not_measured(str(why))
    return not failed


def run(options):
    """The exit status: 0 all targets met, 1 one missed, 2 a section failed."""
    os.umask(0o022)
    signal.signal(signal.SIGTERM, stack.end_once)
    folder = tempfile.mkdtemp(prefix="capwatch-bench-", dir="/var/tmp")
    os.chmod(folder, 0o755)
    try:
        bench = Bench(options, folder)
        if options.record:
            record.write_shipped(bench, options.record)
            return 0
        measured = measure_all(bench, options.sections)
        status = bench.report.end()
        if options.write:
            bench.report.write(TOP / "docs" / "performance.md", peers.versions(options.build), options.quick)
        return status if measured else 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
