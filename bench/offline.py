# SPDX-License-Identifier: Apache-2.0
"""offline: sections that read a stream from a file: file, flood, hostile, scale.

Owns: what is read by whom, and what is divided by what. Must not own: how streams are made (streams.py).
"""
import itertools
import json
import shutil

import measure
import peers
import streams as making
from measure import Failed

REPLAY_LIMIT, CONSUMER_LIMIT, LAUREL_LIMIT = 3, 20, 100
FLOOD_LIMIT, ENTRIES_LIMIT, HOSTILE_LIMIT, NODES_LIMIT = 0.6, 1.15, 10, 1.1
ENTRIES = (10, 100, 1000, 10000)
NODES = (1, 10, 100)
HOSTILE_BYTES = 200  # for each event that the recorded stream would have
PART = 10  # slow peers read a stream of a tenth of the events


# what the recorded load gains, but for the user namespace: that is told, and shows that it was judged
SCALE_BASELINE = """\
services:
  - name: load
    match: {exe: [/home/bench/load, /home/bench/gain]}
    start: {effective: [cap_net_raw]}
    running: {effective: [cap_net_raw]}
  - name: setcap
    match: {exe: [/usr/sbin/setcap]}
    start: {mechanisms: [file-caps]}
    running: {mechanisms: [file-caps]}
"""


class Replays:
    """capwatch replay and audisp-capwatch --replay, with a configuration of their own. What they return is for
    measure.in_turns(): one run, after which stream.alerts is the number of alerts, each a whole JSON object."""

    def __init__(self, bench, name, *baselines):
        self.build = bench.build
        self.dir = bench.dir / name
        self.alerts = bench.dir / f"{name}.alerts"
        self.config = peers.write_replay(self.dir, *baselines)

    def command(self, source):
        return [self.build / "cli" / "capwatch", "replay", "--config", self.config, "--format", "json", source]

    def of_file(self, stream):
        return lambda: self.judge(stream, measure.run_once, self.command(stream.path))

    def of_pipe(self, stream):
        return lambda: self.judge(stream, measure.run_through_pipe, self.command("-"), stream.path)

    def judge(self, stream, run, *what):
        with self.alerts.open("wb") as out:
            cost = run(*what, stdout=out)
        note_alerts(stream, self.alerts)
        return cost

    def delivered(self, stream):
        """By the plugin, with a courier that writes a file."""
        sink = self.dir / "alerts.jsonl"

        def once():
            sink.unlink(missing_ok=True)
            cost = measure.run_once([self.build / "plugin" / "audisp-capwatch", f"--config={self.config}",
                                     f"--courier={self.build}/alerters/capwatch-courier", "--replay"], stdin=stream.path)
            note_alerts(stream, sink)
            return cost
        return once

    def of_nothing(self):
        """What is done until it reads: its own start and the baseline, whatever it is to read."""
        path = self.dir / "one.stream"
        path.write_text("type=EOE msg=audit(1700000000.000:1): \n")
        return lambda: measure.run_once(self.command(path))


def note_alerts(stream, path):
    """That the stream was judged, its alerts must say, and they are as many each time."""
    with open(path, encoding="utf-8") as file:
        alerts = sum(1 for line in file if json.loads(line))
    if alerts == 0:
        raise Failed("no alert of a stream that has gains: it was not judged")
    if stream.alerts not in (None, alerts):
        raise Failed(f"alerts differ: {stream.alerts} of a stream, then {alerts}")
    stream.alerts = alerts


def consumed(bench, stream):
    """The consumer, which must have seen every event."""
    counts = bench.dir / "consumer.counts"

    def once():
        cost = measure.run_once([bench.build / "bench" / "consumer", counts], stdin=stream.path)
        seen = measure.numbers(counts.read_text())["events"]
        if abs(seen - stream.events) > stream.events / 100:
            raise Failed(f"the consumer saw {seen} events, of {stream.events}")
        return cost
    return once


# ---- file -------------------------------------------------------------------------------------------------------

FILE_HEADS = ["program", "MB", "CPU s", "clock s", "ns/byte", "us/event"]


def measure_file(bench):
    section = bench.report.section("A long file", (
        "A stream recorded on a machine with broad rules, grown by renumbering, is read from the page cache by capwatch "
        "and by what else reads such files. The slow ones read a stream of a tenth as many events, and are compared by "
        "the byte."))
    stream = bench.streams.broad(bench.events)
    part = bench.streams.broad(bench.events // PART, name="part.stream")
    section.note(f"Stream ({bench.streams.origin}): {stream}; the part: {part}.")
    readers = [(name, stream, once) for name, once in read_whole(bench, stream).items()]
    readers += [(name, part, once) for name, once in read_part(bench, part).items()]
    try:
        costs = measure.in_turns([once for _, _, once in readers])
    finally:
        stream.path.unlink()
        part.path.unlink()
    per_byte = {name: cost.cpu * 1e9 / read.bytes for (name, read, _), cost in zip(readers, costs)}
    section.table(FILE_HEADS, [
        (name, f"{read.bytes / 1e6:,.0f}", f"{cost.cpu:.3f}", f"{cost.wall:.2f}", f"{per_byte[name]:.3f}",
         f"{cost.cpu * 1e6 / read.events:.3f}") for (name, read, _), cost in zip(readers, costs)])
    section.note(f"capwatch found {stream.alerts} alerts each time, of the file, of the pipe, and delivered.")
    judge_file(section, per_byte)


def judge_file(section, per_byte):
    """Of who reads the file as a whole, wc does the least: that bounds what the ratios could be on this machine."""
    ours = per_byte["capwatch replay"]
    slower = [f"{per_byte[name] / per_byte['wc -l']:.1f} times as long as wc -l: {name}"
              for name in ("consumer", "laurel") if name in per_byte]
    section.note("By the byte: " + "; ".join(slower) + ". wc reads every byte, looks for lines, and does nothing else.")
    section.at_most("capwatch replay to wc -l, by the byte", ours / per_byte["wc -l"], REPLAY_LIMIT)
    section.at_least("consumer to capwatch replay, by the byte", per_byte["consumer"] / ours, CONSUMER_LIMIT)
    if "laurel" in per_byte:
        section.at_least("laurel to capwatch replay, by the byte", per_byte["laurel"] / ours, LAUREL_LIMIT)
    for name in ("laurel", "ausearch -m CAPSET"):
        if name not in per_byte:
            section.note(f"{name}: not measured, not installed.")


def read_whole(bench, stream):
    replays = Replays(bench, "file", peers.SHIPPED_BASELINE)
    return {
        "wc -l": lambda: measure.run_once(["wc", "-l", stream.path]),
        "cat > /dev/null": lambda: measure.run_once(["sh", "-c", 'exec cat "$0" >/dev/null', stream.path]),
        "capwatch replay": replays.of_file(stream),
        "audisp-capwatch --replay": replays.delivered(stream),
        "wc -l, cat FILE piped": lambda: measure.run_through_pipe(["wc", "-l"], stream.path),
        "capwatch replay, piped": replays.of_pipe(stream),
    }


def read_part(bench, part):
    readers = {
        "consumer": consumed(bench, part),
        "consumer, piped": lambda: measure.run_through_pipe([bench.build / "bench" / "consumer"], part.path),
    }
    if peers.find("laurel"):
        readers["laurel"] = read_by_laurel(bench, part)
    if peers.find("ausearch"):  # 1: it found no such record
        readers["ausearch -m CAPSET"] = lambda: measure.run_once([peers.find("ausearch"), "-if", part.path, "-m", "CAPSET"],
                                                                 statuses=(0, 1))
    return readers


def read_by_laurel(bench, part):
    folder = bench.dir / "laurel"

    def once():
        shutil.rmtree(folder, ignore_errors=True)
        cost = measure.run_once([peers.find("laurel"), "-c", peers.write_laurel(folder)], stdin=part.path)
        with open(folder / "log" / "audit.log", "rb") as log:
            written = sum(1 for _ in log)
        if written < part.events * 0.99:
            raise Failed(f"laurel wrote {written} events, of {part.events}")
        return cost
    return once


# ---- flood ------------------------------------------------------------------------------------------------------

def measure_flood(bench):
    section = bench.report.section("Capability events alone", (
        f"{making.FLOOD_PIDS:,} processes at a time (others after every eighth pass) give up and take back cap_net_raw; "
        "the baseline allows it to half of them, and the others' gains are counted within repeat_window. Then the same "
        "with baselines of more entries, of programs that are not in the stream; the entry that allows it is the last."))
    stream = bench.streams.grown("flood.stream", bench.streams.flood_base(), bench.events // 4)
    try:
        section.note(f"Stream: {stream}.")
        flood_beside_consumer(bench, section, stream)
        flood_by_entries(bench, section, stream)
    finally:
        stream.path.unlink()


def flood_beside_consumer(bench, section, stream):
    entry = peers.write_entries(bench.dir / "entries-1", 1, making.ALLOWED_EXE)
    cost, other = measure.in_turns([Replays(bench, "flood", entry).of_file(stream), consumed(bench, stream)])
    section.table(["program", "CPU s", "events/s", "us/event", "alerts"], [
        ("capwatch replay", f"{cost.cpu:.3f}", f"{stream.events / cost.cpu:,.0f}",
         f"{cost.cpu * 1e6 / stream.events:.3f}", stream.alerts),
        ("consumer", f"{other.cpu:.3f}", f"{stream.events / other.cpu:,.0f}",
         f"{other.cpu * 1e6 / stream.events:.3f}", "")])
    section.at_least("events a second, capwatch replay to consumer", other.cpu / cost.cpu, FLOOD_LIMIT)


def flood_by_entries(bench, section, stream):
    rows, ratios, runs = [], {}, []
    for count in ENTRIES:
        folder = peers.write_entries(bench.dir / f"entries-{count}", count, making.ALLOWED_EXE)
        replays = Replays(bench, f"flood-{count}", folder)
        runs += [replays.of_file(stream), replays.of_nothing()]
    costs = measure.in_turns(runs)
    first = costs[0].cpu - costs[1].cpu
    for count, cost, start in zip(ENTRIES, costs[::2], costs[1::2]):
        ratios[count] = (cost.cpu - start.cpu) / first
        rows.append((f"{count:,}", f"{cost.cpu:.3f}", f"{start.cpu:.3f}", f"{ratios[count]:.2f}", stream.alerts))
    section.table(["baseline entries", "CPU s", "start-up s", f"rest, to {ENTRIES[0]} entries", "alerts"], rows)
    for count in ENTRIES[1:]:
        section.at_most(f"CPU after start-up, with {count:,} entries to {ENTRIES[0]}", ratios[count], ENTRIES_LIMIT)


# ---- hostile ----------------------------------------------------------------------------------------------------

def measure_hostile(bench):
    section = bench.report.section("Hostile streams", (
        "What an attacker can make of a stream, by many processes, by long arguments, or by messages of his own, is read "
        "by capwatch replay. Each is compared with the recorded stream by the byte, after start-up, which is the same for "
        "all."))
    replays = Replays(bench, "hostile", peers.SHIPPED_BASELINE)
    kinds = [("plain", "as recorded", itertools.chain.from_iterable(bench.streams.broad_events()))]
    kinds += making.hostile(bench.streams)
    streams, rows, ratios = [], [], {}
    for name, _, lines in kinds:
        base = bench.streams.derived(name, lines)
        streams.append(bench.streams.grown(f"hostile-{name}.stream", base, 0, "--bytes", str(bench.events * HOSTILE_BYTES)))
        base.unlink()
    *costs, start = measure.in_turns([*(replays.of_file(stream) for stream in streams), replays.of_nothing()])
    section.note(f"Start-up, not counted in ns/byte: {start.cpu:.3f} s.")
    per_byte = [(cost.cpu - start.cpu) * 1e9 / stream.bytes for cost, stream in zip(costs, streams)]
    for (_, what, _), stream, cost, own in zip(kinds, streams, costs, per_byte):
        ratios[what] = own / per_byte[0]
        rows.append((what, f"{stream.events:,}", f"{stream.bytes / 1e6:,.0f}", f"{cost.cpu:.3f}",
                     f"{own:.3f}", f"{ratios[what]:.1f}", stream.alerts))
        stream.path.unlink()
    section.table(["stream", "events", "MB", "CPU s", "ns/byte", "ratio", "alerts"], rows)
    for what in list(ratios)[1:]:
        section.at_most(f"{what}, to the stream as recorded", ratios[what], HOSTILE_LIMIT)


# ---- scale ------------------------------------------------------------------------------------------------------

def measure_scale(bench):
    section = bench.report.section("One stream of many hosts", (
        "The recorded stream comes from 1, 10 and 100 hosts at once, event by event, as an auditd that aggregates sends "
        "it (node=), with as many events and processes in all. capwatch replay keeps the hosts apart. Most of "
        "what is gained is allowed: an alert is each host's own, and costs as much as hundreds of events."))
    if bench.make_program("bench/nodes"):
        section.program_output(bench.program_output("bench/nodes"))
    allowed = bench.dir / "scale.yaml"
    allowed.write_text(SCALE_BASELINE)
    replays = Replays(bench, "scale", peers.SHIPPED_BASELINE, allowed)
    base = bench.streams.derived("scale", itertools.chain.from_iterable(
        bench.streams.broad_events()[-bench.events // (2 * NODES[-1]):]))
    streams = [bench.streams.grown(f"scale-{nodes}.stream", base, bench.events, "--nodes", str(nodes),
                                   "--shift-every", "1") for nodes in NODES]
    *costs, start = measure.in_turns([*(replays.of_file(stream) for stream in streams), replays.of_nothing()])
    per_event = {nodes: (cost.cpu - start.cpu) / stream.events for nodes, cost, stream in zip(NODES, costs, streams)}
    rows = [(nodes, f"{stream.events:,}", f"{cost.cpu:.3f}", f"{per_event[nodes] * 1e9:.0f}", stream.alerts)
            for nodes, cost, stream in zip(NODES, costs, streams)]
    for stream in streams:
        stream.path.unlink()
    section.table(["hosts", "events", "CPU s", "ns/event", "alerts"], rows)
    section.note(f"Start-up, not counted in ns/event: {start.cpu:.3f} s.")
    section.at_most(f"an event of {NODES[-1]} hosts to one of 1", per_event[NODES[-1]] / per_event[1], NODES_LIMIT)
