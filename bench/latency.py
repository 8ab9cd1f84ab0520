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
from harness import wait_until
from measure import Failed

IDLE_P50, IDLE_P99, LOADED_P99 = 10, 25, 50  # ms
SAMPLES, SAMPLES_QUICK = 1000, 200
INTERVAL_MS = 23  # no multiple of any pause of ours, nor of the kernel's 4 ms
RATE, REACHED = 20_000, 0.9  # records a second of load, and the share of it that must have been made
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
        "call; inotify tells when the alert's line is in the file sink's file (repeat_window: 0, so that each gain is an "
        "alert). The same of grep as the plugin, which finds the CAPSET record, is what kernel and auditd take of it. "
        f"With log_format = ENRICHED auditd is at its end with {RATE:,} records a second on two processors, whatever its "
        "plugin is: its queue is what is timed then. With RAW it keeps up."))
    count = SAMPLES_QUICK if bench.quick else SAMPLES
    found = {(peer, rate, log_format): Samples(bench, peer, count, rate, log_format)
             for rate, log_format in ((0, "ENRICHED"), (RATE, "ENRICHED"), (RATE, "RAW")) for peer in ("grep", "capwatch")}
    section.table(["plugin", "log_format", "load", "gains", "p50 ms", "p90 ms", "p99 ms", "longest ms"],
                  [row(samples) for samples in found.values()])
    idle, loaded = found["capwatch", 0, "ENRICHED"], found["capwatch", RATE, "RAW"]
    section.at_most("p50 idle, ms", idle.at(0.5), IDLE_P50)
    section.at_most("p99 idle, ms", idle.at(0.99), IDLE_P99)
    if loaded.rate >= RATE * REACHED:
        section.at_most("p99 under load, RAW, ms", loaded.at(0.99), LOADED_P99)
    else:
        section.not_measured(f"a target under load, since no {RATE:,} records a second could be made here, "
                             "so that auditd's queue is what is timed")


def row(samples):
    return (samples.peer, samples.log_format, f"{samples.rate:,.0f} records/s" if samples.rate else "none",
            len(samples.ms), *(f"{measure.percentile(samples.ms, share):.1f}" for share in (0.5, 0.9, 0.99)),
            f"{max(samples.ms):.1f}")


class Samples:
    """peer, records a second of the load, and milliseconds from each gain to the line that it gives."""

    def __init__(self, bench, peer, count, rate, log_format):
        self.peer, self.rate, self.log_format = peer, 0, log_format
        with stacks.BenchStack(bench, peer, "repeat_window: 0s\nstart_window: 100ms\n", log_format) as stack:
            arrivals = Arrivals(stack.dir / ("alerts/alerts.jsonl" if peer == "capwatch" else "out.stream"))
            arrivals.start()
            load = start_load(stack, rate, count * INTERVAL_MS / 1000) if rate else None
            pid, gains = make_gains(stack, count)
            if load:
                self.rate = end_load(load)
            lines_of = alerts_of if peer == "capwatch" else raises_of
            wait_until(lambda: len(lines_of(arrivals.lines, pid)) >= count, PATIENCE, 0.2)
            time.sleep(0.5)
        self.ms = pair(gains, lines_of(arrivals.lines, pid))

    def at(self, share):
        return measure.percentile(self.ms, share)


def start_load(stack, rate, seconds):
    """A load that lasts longer than the gains."""
    load = subprocess.Popen([stack.dir / "bin" / "load", "--rate", str(rate), "--records", str(10**9), "--seconds",
                             str(int(seconds * 1.3) + 6), stack.dir / "work"], stdout=subprocess.PIPE, preexec_fn=stacks.log_in)
    time.sleep(2)
    return load


def end_load(load):
    """Waits for its end; the records a second that it came to."""
    if load.poll() is not None:
        raise Failed(f"the load had ended before the gains, with {load.returncode}")
    made = measure.numbers(load.communicate()[0].decode())
    if load.returncode != 0:
        raise Failed(f"the load ended with {load.returncode}")
    return made["expected"] * 1e6 / made["took_us"]


def make_gains(stack, count):
    """The pid, and the wall clock's seconds before each call, of a process that has been there longer than a start."""
    with subprocess.Popen([stack.dir / "bin" / "gain", str(count), str(INTERVAL_MS)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, preexec_fn=stacks.log_in) as gain:
        gain.stdout.readline()
        time.sleep(0.5)
        gain.stdin.write(b"\n")
        gain.stdin.close()
        times = [int(line) / 1e9 for line in gain.stdout]
    if gain.returncode != 0 or len(times) != count:
        raise Failed(f"bench/gain ended with {gain.returncode} after {len(times)} gains")
    return gain.pid, times


def alerts_of(lines, pid):
    """When the alerts of this process were there."""
    return [when for when, line in lines if (json.loads(line).get("process") or {}).get("pid") == pid]


def raises_of(lines, pid):
    """When its CAPSET records were there: it gives up first, and every second one is a gain."""
    return [when for when, line in lines if b": pid=%d " % pid in line][1::2]


def pair(gains, arrivals):
    """They come in the order of the gains; were one missing, or one too many, no pair could be trusted."""
    if len(arrivals) != len(gains):
        raise Failed(f"{len(arrivals)} lines of {len(gains)} gains")
    return [(arrival - gain) * 1000 for gain, arrival in zip(gains, arrivals)]
