# SPDX-License-Identifier: Apache-2.0
"""latency: from a gain to the line in the alerts' file, through a real auditd.

Owns: the moment at which a line is there, and pairing it with its gain. Must not own: the gains (gain.c).
"""
import ctypes
import json
import os
import subprocess
import threading
import time

import measure
import stack as stacks
from harness import forget_login, wait_until
from measure import Failed

IDLE_P50, IDLE_P99, LOADED_P99 = 10, 25, 50  # ms
SAMPLES, SAMPLES_QUICK = 1000, 200
INTERVAL_MS = 23  # no multiple of any pause of ours, nor of the kernel's 4 ms
RATE = 20_000  # records a second of load
PATIENCE = 10  # seconds, for the last alert
IN_MODIFY = 2


class Arrivals(threading.Thread):
    """When each line of a file was there, as inotify told: (seconds of the wall clock, line)."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.file = open(path, "rb")
        self.file.seek(0, os.SEEK_END)
        libc = ctypes.CDLL(None, use_errno=True)
        self.notices = libc.inotify_init1(os.O_CLOEXEC)
        if self.notices < 0 or libc.inotify_add_watch(self.notices, os.fsencode(path), IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self.lines, self.rest = [], b""

    def run(self):
        while True:
            os.read(self.notices, 4096)
            when = time.time()
            *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
            self.lines += [(when, line) for line in lines]


def measure_latency(bench):
    section = bench.report.section("From the gain to the alert", (
        "bench/gain takes a capability back every 23 ms that no baseline entry allows it, noting the clock before the "
        "call; inotify tells when the alert's line is in the file sink's file. repeat_window is 0, so that each gain is "
        "an alert: once on an idle host, and once beside a load of 20,000 records a second."))
    samples = SAMPLES_QUICK if bench.quick else SAMPLES
    idle, loaded = take_samples(bench, samples, 0), take_samples(bench, samples, RATE)
    section.table(["host", "gains", "p50 ms", "p90 ms", "p99 ms", "longest ms"],
                  [row("idle", idle), row(f"{RATE:,} records/s", loaded)])
    section.at_most("p50 idle, ms", measure.percentile(idle, 0.5), IDLE_P50)
    section.at_most("p99 idle, ms", measure.percentile(idle, 0.99), IDLE_P99)
    section.at_most("p99 under load, ms", measure.percentile(loaded, 0.99), LOADED_P99)


def row(name, samples):
    return (name, len(samples), *(f"{measure.percentile(samples, share):.1f}" for share in (0.5, 0.9, 0.99)),
            f"{max(samples):.1f}")


def take_samples(bench, count, rate):
    """Milliseconds from each gain to its alert."""
    with stacks.BenchStack(bench, "capwatch", more="repeat_window: 0s\nstart_window: 100ms\n") as stack:
        alerts = stack.dir / "alerts" / "alerts.jsonl"
        arrivals = Arrivals(alerts)
        arrivals.start()
        load = start_load(stack, rate, count * INTERVAL_MS / 1000 + PATIENCE) if rate else None
        try:
            gains = make_gains(stack, count)
            wait_until(lambda: len(arrivals.lines) >= count, PATIENCE)
            time.sleep(0.5)
        finally:
            if load:
                load.terminate()
                load.wait()
    if load and load.returncode != -15:
        raise Failed(f"the load had ended before the gains, with {load.returncode}")
    return pair(gains, arrivals.lines)


def start_load(stack, rate, seconds):
    load = subprocess.Popen([stack.dir / "bin" / "load", "--rate", str(rate), "--records", str(int(rate * seconds * 2)),
                             stack.dir / "work"], stdout=subprocess.DEVNULL)
    time.sleep(2)
    return load


def make_gains(stack, count):
    """(seconds of the wall clock before the call) of each, by a process that has been there longer than a start takes."""
    with subprocess.Popen([stack.dir / "bin" / "gain", str(count), str(INTERVAL_MS)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, preexec_fn=forget_login) as gain:
        gain.stdout.readline()
        time.sleep(0.5)
        gain.stdin.write(b"\n")
        gain.stdin.close()
        times = [int(line) / 1e9 for line in gain.stdout]
    if gain.returncode != 0 or len(times) != count:
        raise Failed(f"bench/gain ended with {gain.returncode} after {len(times)} gains")
    return times


def pair(gains, lines):
    """Alerts come in the order of the gains; were one missing, or one too many, no pair could be trusted."""
    ours = []
    for when, line in lines:
        process = json.loads(line).get("process") or {}
        if process.get("comm") == "gain":
            ours.append(when)
    if len(ours) != len(gains):
        raise Failed(f"{len(ours)} alerts of {len(gains)} gains")
    return [(arrival - gain) * 1000 for gain, arrival in zip(gains, ours)]
