# SPDX-License-Identifier: Apache-2.0
"""offline: sections that read a stream from a file: file, flood, hostile, scale.

Owns: what is read by whom, and what is divided by what. Must not own: how streams are made (streams.py).
"""
import itertools
import json
import math
import os

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


class Replays:
    """capwatch replay and audisp-capwatch --replay, with a configuration of their own."""

    def __init__(self, bench, name, *baselines):
        self.build = bench.build
        self.dir = bench.dir / name
        self.alerts = bench.dir / f"{name}.alerts"
        self.config = peers.write_replay(self.dir, *baselines)

    def command(self, source):
        return [self.build / "cli" / "capwatch", "replay", "--config", self.config, "--format", "json", source]

    def judge(self, stream, through_pipe=False):
        """Cost of judging it, and the number of alerts, each a whole JSON object."""
        with self.alerts.open("wb") as out:
            if through_pipe:
                cost = measure.run_through_pipe(self.command("-"), stream.path, stdout=Truncated(out))
            else:
                cost = measure.run(self.command(stream.path), stdout=Truncated(out))
        return cost, count_alerts(self.alerts)

    def start_up(self):
        """CPU seconds until it reads: its own start, and the baseline, which it loads whatever it is to read."""
        path = self.dir / "one.stream"
        path.write_text("type=EOE msg=audit(1700000000.000:1): \n")
        return measure.run(self.command(path)).cpu

    def deliver(self, stream):
        """The same by the plugin, with a courier that writes a file."""
        (self.dir / "alerts.jsonl").unlink(missing_ok=True)
        cost = measure.run_once([self.build / "plugin" / "audisp-capwatch", f"--config={self.config}",
                                 f"--courier={self.build}/alerters/capwatch-courier", "--replay"], stdin=stream.path)
        return cost, count_alerts(self.dir / "alerts.jsonl")


class Truncated:
    """A file that each run begins anew, as "> FILE" does."""

    def __init__(self, file):
        self.file = file

    def fileno(self):
        os.ftruncate(self.file.fileno(), 0)
        os.lseek(self.file.fileno(), 0, os.SEEK_SET)
        return self.file.fileno()


def count_alerts(path):
    with open(path, encoding="utf-8") as file:
        return sum(1 for line in file if json.loads(line))


def consume(bench, stream):
    """Cost of the consumer, which must have seen every event."""
    counts = bench.dir / "consumer.counts"
    cost = measure.run([bench.build / "bench" / "consumer", counts], stdin=stream.path)
    seen = measure.numbers(counts.read_text())["events"]
    if abs(seen - stream.events) > stream.events / 100:
        raise Failed(f"the consumer saw {seen} events, of {stream.events}")
    return cost


def ns_per_byte(cost, stream):
    return cost.cpu * 1e9 / stream.bytes


# ---- file -------------------------------------------------------------------------------------------------------

class FileTable:
    def __init__(self):
        self.rows, self.per_byte = [], {}

    def add(self, name, cost, stream, remark=""):
        self.per_byte[name] = ns_per_byte(cost, stream)
        self.rows.append((name, f"{stream.bytes / 1e6:,.0f}", f"{cost.cpu:.3f}", cost.runs, f"{cost.wall:.2f}",
                          f"{self.per_byte[name]:.3f}", f"{cost.cpu * 1e6 / stream.events:.3f}", remark))

    def absent(self, name, why):
        self.rows.append((name, "", "", "", "", "", "", why))

    HEADS = ["program", "MB", "CPU s", "runs", "clock s", "ns/byte", "us/event", ""]


def measure_file(bench):
    section = bench.report.section("A long file", (
        "A stream recorded on a machine with broad rules, grown by renumbering, is read from the page cache by capwatch "
        "and by what else reads such files. The slow ones read a stream of a tenth as many events, and are compared by "
        "the byte."))
    stream = bench.streams.broad(bench.events)
    part = bench.streams.broad(bench.events // PART, name="part.stream")
    section.note(f"Stream ({bench.streams.origin}): {stream}; the part: {part}.")
    table = FileTable()
    try:
        read_whole(bench, table, stream)
        read_part(bench, table, part)
    finally:
        stream.path.unlink()
        part.path.unlink()
    section.table(table.HEADS, table.rows)
    note_bound(section, table.per_byte)
    ours = table.per_byte["capwatch replay"]
    section.at_most("capwatch replay to wc -l, by the byte", ours / table.per_byte["wc -l"], REPLAY_LIMIT)
    section.at_least("consumer to capwatch replay, by the byte", table.per_byte["consumer"] / ours, CONSUMER_LIMIT)
    if "laurel" in table.per_byte:
        section.at_least("laurel to capwatch replay, by the byte", table.per_byte["laurel"] / ours, LAUREL_LIMIT)


def note_bound(section, per_byte):
    """What these ratios could be at most, on this machine: of who reads the file as a whole, wc does the least."""
    slower = [f"{per_byte[name] / per_byte['wc -l']:.1f} times as long as wc -l: {name}"
              for name in ("consumer", "laurel") if name in per_byte]
    section.note("By the byte: " + "; ".join(slower) + ". What reads every byte and looks for lines cannot be faster than wc.")


def read_whole(bench, table, stream):
    replays = Replays(bench, "file", peers.SHIPPED_BASELINE)
    table.add("wc -l", measure.run(["wc", "-l", stream.path]), stream)
    table.add("cat > /dev/null", measure.run(["sh", "-c", 'exec cat "$0" >/dev/null', stream.path]), stream)
    cost, alerts = replays.judge(stream)
    if alerts == 0:
        raise Failed("capwatch replay gave no alert of a stream that has gains: it has not judged it")
    table.add("capwatch replay", cost, stream, f"{alerts} alerts")
    cost, delivered = replays.deliver(stream)
    table.add("audisp-capwatch --replay", cost, stream, f"{delivered} delivered")
    table.add("wc -l, cat FILE piped", measure.run_through_pipe(["wc", "-l"], stream.path), stream)
    cost, piped = replays.judge(stream, through_pipe=True)
    table.add("capwatch replay, piped", cost, stream, f"{piped} alerts")
    if not alerts == delivered == piped:
        raise Failed(f"alerts differ: {alerts} of a file, {delivered} delivered, {piped} of a pipe")


def read_part(bench, table, part):
    table.add("consumer", consume(bench, part), part)
    table.add("consumer, piped", measure.run_through_pipe([bench.build / "bench" / "consumer"], part.path), part)
    read_by_laurel(bench, table, part)
    ausearch = peers.find("ausearch")
    if not ausearch:
        table.absent("ausearch", "not installed")
        return
    # 1: it found no such record
    cost = measure.run([ausearch, "-if", part.path, "-m", "CAPSET"], statuses=(0, 1))
    table.add("ausearch -m CAPSET", cost, part)


def read_by_laurel(bench, table, part):
    laurel = peers.find("laurel")
    if not laurel:
        table.absent("laurel", "not installed")
        return
    folder = bench.dir / "laurel"
    cost = measure.run_once([laurel, "-c", peers.write_laurel(folder)], stdin=part.path)
    with open(folder / "log" / "audit.log", "rb") as log:
        written = sum(1 for _ in log)
    if written < part.events * 0.99:
        raise Failed(f"laurel wrote {written} events, of {part.events}")
    table.add("laurel", cost, part, f"{written:,} events written")


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
    cost, alerts = judge_flood(bench, "flood", stream, entry)
    consumed = consume(bench, stream)
    section.table(["program", "CPU s", "runs", "events/s", "us/event", "alerts"], [
        ("capwatch replay", f"{cost.cpu:.3f}", cost.runs, f"{stream.events / cost.cpu:,.0f}",
         f"{cost.cpu * 1e6 / stream.events:.3f}", alerts),
        ("consumer", f"{consumed.cpu:.3f}", consumed.runs, f"{stream.events / consumed.cpu:,.0f}",
         f"{consumed.cpu * 1e6 / stream.events:.3f}", "")])
    section.at_least("events a second, capwatch replay to consumer", consumed.cpu / cost.cpu, FLOOD_LIMIT)


def judge_flood(bench, name, stream, *baselines):
    cost, alerts = Replays(bench, name, *baselines).judge(stream)
    if alerts == 0:
        raise Failed("capwatch replay gave no alert of the flood: it has not judged it")
    return cost, alerts


def flood_by_entries(bench, section, stream):
    rows, ratios, refused, first = [], {}, [], None
    for count in ENTRIES:
        folder = peers.write_entries(bench.dir / f"entries-{count}", count, making.ALLOWED_EXE)
        try:
            cost, alerts = judge_flood(bench, f"flood-{count}", stream, folder)
            start = Replays(bench, f"flood-{count}", folder).start_up()
        except Failed as why:
            ratios[count] = math.inf
            refused.append(f"With {count:,} entries: " + str(why).replace(f"{bench.dir}/", "") + ".")
            continue
        first = first or cost.cpu - start
        ratios[count] = (cost.cpu - start) / first
        rows.append((f"{count:,}", f"{cost.cpu:.3f}", cost.runs, f"{start:.3f}", f"{ratios[count]:.2f}", alerts))
    section.table(["baseline entries", "CPU s", "runs", "start-up s", f"rest, to {ENTRIES[0]} entries", "alerts"], rows)
    for text in refused:
        section.note(text)
    for count in ENTRIES[1:]:
        section.at_most(f"CPU after start-up, with {count:,} entries to {ENTRIES[0]}", ratios[count], ENTRIES_LIMIT)


# ---- hostile ----------------------------------------------------------------------------------------------------

def measure_hostile(bench):
    section = bench.report.section("Hostile streams", (
        "What an attacker can make of a stream, by many processes, by long arguments, or by messages of his own, is read "
        "by capwatch replay. Each is compared with the recorded stream by the byte, after start-up, which is the same for "
        "all."))
    replays = Replays(bench, "hostile", peers.SHIPPED_BASELINE)
    start = replays.start_up()
    section.note(f"Start-up, not counted in ns/byte: {start:.3f} s.")
    streams = [("plain", "as recorded", itertools.chain.from_iterable(bench.streams.broad_events()))]
    rows, ratios, plain = [], {}, None
    for name, what, lines in streams + making.hostile(bench.streams):
        base = bench.streams.derived(name, lines)
        stream = bench.streams.grown("hostile.stream", base, 0, "--bytes", str(bench.events * HOSTILE_BYTES))
        base.unlink()
        cost, alerts = replays.judge(stream)
        per_byte = (cost.cpu - start) * 1e9 / stream.bytes
        plain = plain or per_byte
        ratios[what] = per_byte / plain
        rows.append((what, f"{stream.events:,}", f"{stream.bytes / 1e6:,.0f}", f"{cost.cpu:.3f}", cost.runs,
                     f"{per_byte:.3f}", f"{ratios[what]:.1f}", alerts))
        stream.path.unlink()
    section.table(["stream", "events", "MB", "CPU s", "runs", "ns/byte", "ratio", "alerts"], rows)
    for what in list(ratios)[1:]:
        section.at_most(f"{what}, to the stream as recorded", ratios[what], HOSTILE_LIMIT)


# ---- scale ------------------------------------------------------------------------------------------------------

def measure_scale(bench):
    section = bench.report.section("One stream of many hosts", (
        "The recorded stream comes from 1, 10 and 100 hosts at once, event by event, as an auditd that aggregates sends "
        "it (node=), with as many events and processes in all. capwatch replay keeps the hosts apart."))
    if bench.make_program("bench/nodes"):
        section.program_output(bench.program_output("bench/nodes"))
    replays = Replays(bench, "scale", peers.SHIPPED_BASELINE)
    base = bench.streams.derived("scale", itertools.chain.from_iterable(
        bench.streams.broad_events()[-bench.events // (2 * NODES[-1]):]))
    start = replays.start_up()
    rows, per_event = [], {}
    for nodes in NODES:
        stream = bench.streams.grown("scale.stream", base, bench.events // 2, "--nodes", str(nodes), "--shift-every", "1")
        cost, alerts = replays.judge(stream)
        if alerts == 0:
            raise Failed("capwatch replay gave no alert of a stream that has gains: it has not judged it")
        per_event[nodes] = (cost.cpu - start) / stream.events
        rows.append((nodes, f"{stream.events:,}", f"{cost.cpu:.3f}", cost.runs, f"{per_event[nodes] * 1e9:.0f}", alerts))
        stream.path.unlink()
    section.table(["hosts", "events", "CPU s", "runs", "ns/event", "alerts"], rows)
    section.note(f"Start-up, not counted in ns/event: {start:.3f} s.")
    section.at_most(f"an event of {NODES[-1]} hosts to one of 1", per_event[NODES[-1]] / per_event[1], NODES_LIMIT)
