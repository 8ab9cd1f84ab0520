# SPDX-License-Identifier: Apache-2.0
"""live: a real auditd under broad rules, each program in turn its only plugin, over the same load.

Owns: the load, the count of what each plugin has seen. Must not own: how auditd and plugins are set up (stack.py).
"""
import json
import subprocess
import time

import measure
import stack as stacks
from harness import CannotRun, audit_status, wait_until
from measure import Failed

CAT_LIMIT, LAUREL_LIMIT = 0.4, 0.2
RECORDS = {0: 500_000, 20_000: 300_000, 2_000: 60_000}  # by rate
RECORDS_QUICK = {0: 60_000, 20_000: 60_000, 2_000: 10_000}
PEERS = ("cat", "consumer", "audisp-syslog", "laurel", "capwatch")
JUDGED, TURNS = ("cat", "capwatch"), 3  # of these the least of so many runs counts, taken in turns
SEEN_SHARE = 0.99  # a plugin that saw less is said
OTHERS_SHARE = 1.05  # more than this is another program's doing, and is said
BEAT = 25  # seconds, within which a heartbeat tells the sensor's count

ABOUT = ("A private auditd with broad rules (bench/broad.rules) and capwatch's own has one plugin, and bench/load makes "
         "opens, renames, changes of modes, connections, executions and capset calls {pace}; of other programs nothing is recorded. CPU time is the plugin's, "
         "from the load's begin until all is read; seen is its own count beside the records in auditd's log.")


def measure_full(bench):
    judge_rate(*measure_rate(bench, 0, "at full speed", TURNS))


def measure_20k(bench):
    judge_rate(*measure_rate(bench, 20_000, "at 20,000 records a second", TURNS))


def measure_2k(bench):
    section, _ = measure_rate(bench, 2_000, "at 2,000 records a second", 1)
    section.note("No target: without load nothing is gathered, an event is judged as it comes.")


class Run:
    """What one plugin took for the load, and what it saw of it."""

    def __init__(self, peer):
        self.peer, self.cpu, self.seconds, self.records, self.lost = peer, {}, 0.0, 0, 0
        self.seen, self.unit, self.remarks = None, "", []

    def total(self):
        return sum(self.cpu.values())

    def per_record(self, *processes):
        """Seconds of CPU, of all its processes or of these."""
        return sum(cpu for name, cpu in self.cpu.items() if not processes or name in processes) / self.records

    def row(self, cat):
        seen = f"{self.seen:,} {self.unit}" if self.seen is not None else "unknown"
        return (self.peer, f"{self.records:,}", f"{self.seconds:.1f}", f"{self.total():.3f}",
                f"{self.per_record() * 1e6:.2f}", f"{self.per_record() / cat.per_record():.2f}", seen,
                "; ".join(self.remarks))


def measure_rate(bench, rate, pace, turns):
    section = bench.report.section(f"Live, {pace}", ABOUT.format(pace=pace))
    records = (RECORDS_QUICK if bench.quick else RECORDS)[rate]
    runs, files = {}, stacks.peer_files(bench.build)
    for peer in PEERS:
        if peer == "capwatch" or peer in files:
            runs[peer] = measure_peer(bench, peer, records, rate)
        else:
            section.note(f"{peer}: not measured, not installed.")
    for peer in JUDGED * (turns - 1):
        runs[peer] = min(runs[peer], measure_peer(bench, peer, records, rate), key=Run.per_record)
    if turns > 1:
        section.note(f"Of {' and '.join(JUDGED)} the least of {turns} runs, in turns.")
    cat = runs["cat"]
    section.table(["plugin", "records", "load s", "CPU s", "us/record", "us to cat", "seen", ""],
                  [run.row(cat) for run in runs.values()])
    section.note("Of capwatch: " + ", ".join(f"{name} {cpu:.3f} s" for name, cpu in runs["capwatch"].cpu.items()) + ".")
    return section, runs


def judge_rate(section, runs):
    judging = runs["capwatch"].per_record("sensor", "courier")
    section.at_most("sensor and courier to cat, by the record", judging / runs["cat"].per_record(), CAT_LIMIT)
    if "laurel" in runs:
        section.at_most("sensor and courier to laurel, by the record", judging / runs["laurel"].per_record(), LAUREL_LIMIT)


def measure_peer(bench, peer, records, rate):
    with stacks.BenchStack(bench, peer) as stack:
        if peer == "audisp-syslog" and not stack.syslog_socket:
            raise CannotRun("something else reads /dev/log here, and would be measured")
        run = Run(peer)
        before, lost = measure.cpu_of_all(stack.pids().values()), audit_status()["lost"]
        size, count = stack.log_size(), seen_before(stack, peer)
        run.seconds, expected = make_load(stack, records, rate)
        stack.settle()
        run.cpu = {name: measure.cpu_of(pid) - before[pid] for name, pid in stack.pids().items()}
        run.lost = audit_status()["lost"] - lost
        made = Made(stack.dir / "log" / "audit.log", size)
        run.records = made.records
        if run.records > expected * OTHERS_SHARE:
            run.remarks.append(f"{run.records - expected:,} records not of the load")
        count_seen(stack, run, made, count)
    return run


def make_load(stack, records, rate):
    """Seconds that it took by the clock, and the records that its calls should give."""
    began = time.monotonic()
    done = subprocess.run([stack.dir / "bin" / "load", "--records", str(records), "--rate", str(rate), stack.dir / "work"],
                          capture_output=True, text=True, check=False, preexec_fn=stacks.log_in)
    if done.returncode != 0:
        raise Failed(f"the load ended with {done.returncode}: {done.stderr.strip()}")
    return time.monotonic() - began, measure.numbers(done.stdout)["expected"]


class Made:
    """What auditd has read since its log had that size. Its log has no EOE, its plugins get one for each event."""

    def __init__(self, log, size):
        serials, lines, self.bytes = set(), 0, 0
        with open(log, "rb") as file:
            file.seek(size)
            for line in file:
                lines += 1
                self.bytes += len(line)
                serials.add(line.split(b"):", 1)[0].rsplit(b":", 1)[1])
        self.events = len(serials)
        self.records = lines + self.events
        self.bytes += self.events * len("type=EOE msg=audit(1700000000.000:1000000): \n")


# ---- what a plugin saw ------------------------------------------------------------------------------------------

def seen_before(stack, peer):
    if peer == "cat":
        return measure.bytes_read(stack.pids()[peer])
    if peer == "audisp-syslog":
        return stack.syslog_socket.count
    return last_beat(stack)["records"] if peer == "capwatch" else 0


def count_seen(stack, run, made, before):
    """Each plugin tells it in another way; the two that tell at their end are ended first. What they saw before the
    load is some records, of a start."""
    if run.peer == "cat":
        run.seen, run.unit, wanted = measure.bytes_read(stack.pids()["cat"]) - before, "bytes", made.bytes
    elif run.peer == "audisp-syslog":
        run.seen, run.unit, wanted = stack.syslog_socket.count - before, "records", made.records
    elif run.peer == "capwatch":
        wait_until(lambda: last_beat(stack)["records"] - before >= made.records, BEAT, 0.5)
        if last_beat(stack)["transitions"] == 0:
            raise Failed("capwatch has judged nothing of the load, which has capset calls")
        run.seen, run.unit, wanted = last_beat(stack)["records"] - before, "records", made.records
    else:
        stack.stop()
        run.seen, run.unit, wanted = *count_at_end(stack, run.peer), made.events
    if run.seen < wanted * SEEN_SHARE:
        run.remarks.append(f"saw {run.seen / wanted:.1%} of {wanted:,}")
    if run.lost:
        run.remarks.append(f"the kernel lost {run.lost}")
    if stack.syslog_socket and stack.syslog_socket.complaints:
        run.remarks.append(f"auditd said: {stack.syslog_socket.complaints[0].split(': ', 1)[-1].strip()}")


def count_at_end(stack, peer):
    if peer == "consumer":
        path = stack.dir / "consumer.counts"
        if not wait_until(path.exists, 10):
            raise Failed("the consumer has not written its counts")
        time.sleep(0.2)
        return measure.numbers(path.read_text())["events"], "events"
    with open(stack.dir / "laurel" / "log" / "audit.log", "rb") as log:
        return sum(1 for _ in log), "events"


def last_beat(stack):
    """The counters of the last heartbeat."""
    path = stack.dir / "alerts" / "beats.jsonl"
    if not wait_until(lambda: path.exists() and path.stat().st_size, BEAT, 0.2):
        raise Failed("no heartbeat came")
    beats = [json.loads(line) for line in path.read_text().splitlines()]
    return [beat for beat in beats if "counters" in beat][-1]["counters"]
