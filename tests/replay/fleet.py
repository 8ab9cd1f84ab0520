# SPDX-License-Identifier: Apache-2.0
"""fleet: a stream as a hundred hosts send it to one aggregating auditd, event by event in turn: the same pids, serials
and times on each. Of each host it must give the alerts of the stream alone, in the same order; also where the hosts'
clocks differ by minutes.

Owns: making such streams, telling the alerts apart. Must not own: how a stream is replayed, what of an alert differs
between runs (run).
"""
import re

import variants

NODES = 100
KINDS_MAX = 512  # REPEATS_MAX of judge/repeats.h: beyond it summaries go out early
LARGE = 100_000  # bytes: of a larger stream fewer hosts send
SKEWS = (0, 300, -300, 7, -61, 86_400)  # seconds, of the hosts in turn
SECONDS = re.compile(rb"(msg=audit\()(\d+)")

# what names the host, and the time by which a skewed one's differ
NAMES = ("audit.records", "audit.node", "host", "id", "message")
TIMES = ("time", "first_time", "last_time", "audit.time", "process.started", "coverage.since")


def name_of(index):
    return f"n{index:02}.fleet.example"


def later(event, seconds):
    return [SECONDS.sub(lambda match: b"%s%d" % (match[1], int(match[2]) + seconds), line) for line in event]


def woven(stream, count, skews=(0,)):
    """The stream of that many hosts."""
    parts = []
    for event in variants.events_of(stream):
        moved = {skew: later(event, skew) for skew in skews}
        for index in range(count):
            node = f"node={name_of(index)} ".encode()
            parts += [node + line for line in moved[skews[index % len(skews)]]]
    return b"".join(parts)


def count_for(stream, alerts):
    """How many hosts may send it so that no table of kinds is full."""
    count = NODES if len(stream) <= LARGE else NODES // 10
    return min(count, KINDS_MAX // max(len(alerts), 1))


def by_host(alerts):
    hosts = {}
    for alert in alerts:
        hosts.setdefault(alert["host"], []).append(alert)
    return hosts


def differences(alerts, alone, count, normal):
    """Problems: hosts whose alerts are not those of the stream alone. normal(alert) is what must be equal."""
    wanted = [normal(alert) for alert in alone]
    hosts = by_host(alerts)
    problems = [f"alerts of {host}, which sent nothing" for host in hosts.keys() - {name_of(i) for i in range(count)}]
    for index in range(count):
        got = [normal(alert) for alert in hosts.get(name_of(index), [])]
        if got != wanted:
            problems.append(f"{name_of(index)}: {len(got)} alerts, {len(wanted)} wanted")
            problems += [f"  not wanted: {line}" for line in got if line not in wanted][:2]
            problems += [f"  missing: {line}" for line in wanted if line not in got][:2]
    return problems[:20]
