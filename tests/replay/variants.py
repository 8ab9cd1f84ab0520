# SPDX-License-Identifier: Apache-2.0
"""variants: one recorded stream in the other forms that auditd gives it in. Bytes in, bytes out.

Owns: rewriting records. Must not own: what the alerts should then be (run).
"""
import re

SERIAL = re.compile(rb"msg=audit\(([0-9.]+:[0-9]+)\)")

TOGETHER = 1.0  # seconds


def lines_of(stream):
    return stream.splitlines(keepends=True)


def serial_of(line):
    match = SERIAL.search(line)
    return match[1] if match else None


def without_eoe(stream):
    """As in audit.log."""
    return b"".join(line for line in lines_of(stream) if b"type=EOE " not in line[:40])


def raw(stream):
    """log_format = RAW: nothing after the separator."""
    return b"".join(line.rstrip(b"\n").split(b"\x1d")[0] + b"\n" for line in lines_of(stream))


def with_node(stream):
    """name_format = USER."""
    return b"".join(b"node=host1 " + line for line in lines_of(stream))


def events_of(stream):
    """Runs of lines with the same serial, in order."""
    events = []
    for line in lines_of(stream):
        if events and serial_of(events[-1][0]) == serial_of(line):
            events[-1].append(line)
        else:
            events.append([line])
    return events


def woven(first, second):
    """Two events' records in turn, each event's own in order; the first one ends first, as it began."""
    lines = []
    for index in range(max(len(first), len(second) - 1)):
        lines += first[index:index + 1]
        if index < len(second) - 1:
            lines += second[index:index + 1]
    return lines + second[-1:]


def time_of(event):
    serial = serial_of(event[0])
    return float(serial.split(b":")[0]) if serial else 0.0


def interleaved(stream):
    """Each event's records mixed with its successor's, as two processors do it: not of events so far
    apart that the first would have been given up."""
    waiting = events_of(stream)
    lines = []
    while waiting:
        first = waiting.pop(0)
        if waiting and abs(time_of(waiting[0]) - time_of(first)) < TOGETHER:
            lines += woven(first, waiting.pop(0))
        else:
            lines += first
    return b"".join(lines)
