# SPDX-License-Identifier: Apache-2.0
"""measure: what programs cost, in CPU time (user and system) as the kernel counts it.

Owns: running a program to its end, and reading what a running one has used. Must not own: what is run, and what
the figures mean (the sections). A run that failed gives no figure: it raises.
"""
import os
import pathlib
import subprocess
import time

TURNS = 5  # of what is compared with each other; the least counts
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program did not do what was to be measured; says which and why."""


class Cost:
    """What one run took: CPU seconds of the process and of the children that it waited for, and seconds by the clock."""

    def __init__(self, cpu, wall):
        self.cpu, self.wall = cpu, wall


def run_once(command, stdin=None, stdout=subprocess.DEVNULL, statuses=(0,)):
    """Runs a program to its end. stdin: a path, an open file, or None. Its stderr is kept for the error alone."""
    source = open(stdin, "rb") if isinstance(stdin, (str, pathlib.Path)) else stdin
    began = time.monotonic()
    try:
        process = subprocess.Popen([str(word) for word in command], stdin=source or subprocess.DEVNULL, stdout=stdout,
                                   stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    finally:
        if source is not stdin:
            source.close()
    said = process.stderr.read().decode("utf-8", "replace")
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in statuses:
        raise Failed(f"{pathlib.Path(str(command[0])).name} ended with {process.returncode}: {said.strip()[-300:]}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began)


def in_turns(runs):
    """The least cost of each of these: each once, then each again, TURNS times. A machine that is slower for half a
    minute is so for all of them, and a ratio of two of them stands."""
    costs = [[once() for once in runs] for _ in range(TURNS)]
    return [Cost(min(cost.cpu for cost in own), min(cost.wall for cost in own)) for own in zip(*costs)]


def run_through_pipe(command, path, **options):
    """The same as run_once(), fed by "cat PATH |"; cat itself is not counted."""
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as feeder:
        cost = run_once(command, stdin=feeder.stdout, **options)
        feeder.stdout.close()
    if feeder.returncode != 0:
        raise Failed(f"{command[0]} did not read to the end: cat ended with {feeder.returncode}")
    return cost


def numbers(text):
    """The name=value lines that the programs of this folder print."""
    return {name: int(value) for name, _, value in (line.partition("=") for line in text.splitlines()) if value.isdigit()}


# ---- running processes ------------------------------------------------------------------------------------------

def cpu_of(pid):
    """Seconds of CPU that a running process has used. Of its threads' own clocks, which count in ns; of those that
    have ended only the process's count in ticks knows, so the greater of the two."""
    folder = pathlib.Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text("latin-1").rsplit(")", 1)[1].split()
    ticks = (int(fields[11]) + int(fields[12])) / TICK
    nanoseconds = sum(int((task / "schedstat").read_text().split()[0]) for task in (folder / "task").iterdir())
    return max(ticks, nanoseconds / 1e9)


def cpu_of_all(pids):
    return {pid: cpu_of(pid) for pid in pids}


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text("latin-1").rsplit(")", 1)[1].split()[0]


def status_kb(pid, name):
    """A line of /proc/PID/status in kB, as VmHWM."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise Failed(f"/proc/{pid}/status has no {name}")


def bytes_read(pid):
    """What a process has read by read(2)."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("rchar:"):
            return int(line.split()[1])
    raise Failed(f"/proc/{pid}/io has no rchar")


def children_of(pid):
    """Of whichever of its threads has started them."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
