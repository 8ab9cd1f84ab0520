# SPDX-License-Identifier: Apache-2.0
"""resident: the plugin as auditd starts it, fed by us: its memory after millions of processes, and its start.

Owns: a socketpair in auditd's place, as tests/live/dispatcher.c has it. Must not own: the streams. Needs root, and no
audit system: the records are of processes that are nowhere.
"""
import array
import contextlib
import fcntl
import json
import os
import pwd
import signal
import socket
import subprocess
import termios
import time

import measure
import peers
import streams as making
from harness import CannotRun, install_program, test_users, wait_until
from measure import Failed

SENSOR_LIMIT_KB, PIDS_LIMIT = 6144, 1.1
CHUNK = 256 * 1024  # fed at once; the next one when it is judged, so that nothing waits in memory
TURN = 16  # chunks, before another plugin is fed
STUCK = 60  # seconds
PROCESSES, ENTRIES, STARTS = 5000, 1000, 3
SLEEP = "600"  # seconds: those that sleep end by themselves, should we be killed

CAPWATCH_YAML = """\
user: {user}
courier_user: {courier_user}
baseline: [{baselines}]
sweep: off
spool: {{dir: {dir}/spool}}
control: {dir}/control
sinks:
  - {{type: file, path: {dir}/alerts.jsonl}}
"""


class Plugin:
    """audisp-capwatch with one end of a stream socketpair as its descriptor 0. A context manager."""

    def __init__(self, bench, name, *baselines):
        if os.geteuid() != 0:
            raise CannotRun("needs root")
        self.dir, self.alerts = bench.dir / name, bench.dir / name / "alerts.jsonl"
        user, courier_user = test_users()
        self.dir.mkdir()
        os.chown(self.dir, pwd.getpwnam(courier_user).pw_uid, -1)
        self.plugin, self.courier = bench.dir / f"{name}-plugin", bench.dir / f"{name}-courier"
        install_program(bench.build / "plugin" / "audisp-capwatch", self.plugin)
        install_program(bench.build / "alerters" / "capwatch-courier", self.courier)
        os.chmod(self.courier, 0o755)
        (self.dir / "capwatch.yaml").write_text(CAPWATCH_YAML.format(
            dir=self.dir, user=user, courier_user=courier_user, baselines=", ".join(str(one) for one in baselines)))
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.plugin, f"--config={self.dir}/capwatch.yaml", f"--courier={self.courier}"],
                                        stdin=self.theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.close()
        if self.process:
            try:
                self.process.wait(STUCK)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def pids(self):
        """Supervisor, sensor and courier, once they run."""
        def find():
            found = {"supervisor": self.process.pid}
            for pid in measure.children_of(self.process.pid):
                with contextlib.suppress(OSError):
                    exe = os.readlink(f"/proc/{pid}/exe")
                    found["sensor" if exe == str(self.plugin) else "courier" if exe == str(self.courier) else "other"] = pid
            return found if {"sensor", "courier"} <= found.keys() else None
        found = wait_until(find, 20, 0.001)
        if not found:
            raise Failed("the plugin did not start")
        return found

    def unread(self):
        """Bytes that the plugin has not taken yet."""
        count = array.array("i", [0])
        fcntl.ioctl(self.ours, termios.TIOCOUTQ, count)
        return count[0]

    def await_judged(self, sensor):
        """Until all is taken, and the sensor sleeps: it has nothing more to judge."""
        if not wait_until(lambda: self.unread() == 0 and measure.state_of(sensor) == "S", STUCK, 0.0002):
            raise Failed("the sensor does not get on with its work")


# ---- memory -----------------------------------------------------------------------------------------------------

class Feed:
    """A plugin of its own, fed what grow writes. A context manager."""

    def __init__(self, bench, name, events, shift_every):
        self.bench, self.name, self.events, self.shift_every = bench, name, events, shift_every

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.plugin = stack.enter_context(Plugin(self.bench, f"memory-{self.name}", peers.SHIPPED_BASELINE))
            self.plugin.start()
            self.pids = self.plugin.pids()
            self.plugin.await_judged(self.pids["sensor"])
            command = [self.bench.build / "bench" / "grow", "--now", "--events", str(self.events), "--shift-every",
                       str(self.shift_every), self.bench.streams.flood_base()]
            self.grow = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
            time.sleep(1)
            self.before = measure.cpu_of_all(self.pids.values())
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def take_turn(self):
        """False: it was the last."""
        for _ in range(TURN):
            chunk = self.grow.stdout.read(CHUNK)
            if not chunk:
                return False
            self.plugin.ours.sendall(chunk)
            self.plugin.await_judged(self.pids["sensor"])
        return True

    def count(self):
        """What it took, and holds."""
        said = self.grow.stderr.read().decode()
        if self.grow.wait() != 0:
            raise Failed(f"grow: {said.strip()}")
        if self.plugin.pids() != self.pids:
            raise Failed("a part of the plugin was started anew")
        self.events = measure.numbers(said)["events"]
        self.cpu = {who: measure.cpu_of(pid) - self.before[pid] for who, pid in self.pids.items()}
        self.memory = {who: {line: measure.status_kb(pid, line) for line in ("VmRSS", "VmHWM")}
                       for who, pid in self.pids.items()}

    def us_per_event(self):
        return self.cpu["sensor"] * 1e6 / self.events


def feed_in_turns(*feeds):
    """A machine that is slow for some seconds is so for all."""
    waiting = list(feeds)
    while waiting:
        waiting = [feed for feed in waiting if feed.take_turn()]
    for feed in feeds:
        feed.count()


def measure_memory(bench):
    section = bench.report.section("Memory, after many processes", (
        "The live sensor is fed capset events of ever new processes over a socketpair, as fast as it judges them and no "
        "faster, half of them gains that no entry allows. What it then has resident is read from /proc, and what an event "
        "costs is compared with the same of 1,000 processes that stay, which a second sensor is fed in turns with it."))
    events = 1_000_000 if bench.quick else 10_000_000
    few, many = Feed(bench, "few", events, 0), Feed(bench, "many", events, 1)
    with few, many:
        feed_in_turns(few, many)
    for feed in few, many:
        check_alerts(feed.plugin)
    many_pids = events // making.FLOOD_TURNS
    section.table(["processes", "events", "sensor CPU s", "us/event", "sensor VmRSS kB", "VmHWM kB", "courier VmRSS kB",
                   "VmHWM kB"], [memory_row(making.FLOOD_PIDS, few), memory_row(many_pids, many)])
    section.at_most("sensor, resident kB at the end", many.memory["sensor"]["VmRSS"], SENSOR_LIMIT_KB)
    section.at_most(f"an event of {many_pids:,} processes to one of {making.FLOOD_PIDS:,}",
                    many.us_per_event() / few.us_per_event(), PIDS_LIMIT)
    if bench.make_program("bench/pids"):
        section.program_output(bench.program_output("bench/pids"))


def memory_row(pids, fed):
    return (f"{pids:,}", f"{fed.events:,}", f"{fed.cpu['sensor']:.2f}", f"{fed.us_per_event():.2f}",
            *(f"{fed.memory[who][line]:,}" for who in ("sensor", "courier") for line in ("VmRSS", "VmHWM")))


def check_alerts(plugin):
    """It has judged what it was fed, and thrown nothing away."""
    alerts = [json.loads(line) for line in plugin.alerts.read_text().splitlines()]
    if not any((alert.get("process") or {}).get("exe") == making.ALERTED_EXE for alert in alerts):
        raise Failed("no alert of the gains: the sensor has not judged them")
    lost = [alert["coverage"]["lost"] for alert in alerts if "thrown away" in ((alert.get("coverage") or {}).get("lost") or "")]
    if lost:
        raise Failed(f"the sensor was fed too fast: {lost[0]}")


# ---- start-up ---------------------------------------------------------------------------------------------------

def measure_start(bench):
    section = bench.report.section("Start-up", (
        f"{PROCESSES:,} sleeping processes are there and the baseline has {ENTRIES:,} entries more than shipped when the "
        "plugin starts, a record already waiting. The clock stops when that record has been read, and again when the "
        "sensor has looked at every process and sleeps."))
    runs = []
    with crowd():
        for number in range(STARTS):
            runs.append(start_once(bench, number))
    runs.sort(key=lambda run: run["read"])
    columns = {"first record read, ms": "read", "CPU by then, ms": "read_cpu", "all looked at, ms": "done",
               "supervisor CPU ms": "supervisor", "sensor CPU ms": "sensor", "courier CPU ms": "courier"}
    section.table(["run", *columns], [(number + 1, *(f"{run[what] * 1e3:.0f}" for what in columns.values()))
                                      for number, run in enumerate(runs)])


@contextlib.contextmanager
def crowd():
    pids = []
    try:
        for _ in range(PROCESSES):
            pids.append(os.posix_spawn("/bin/sleep", ["sleep", SLEEP], {}))
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def start_once(bench, number):
    """Seconds until the first record is read, until all is done, and CPU of each process by then."""
    entries = peers.write_entries(bench.dir / f"start-{number}.d", ENTRIES)
    with Plugin(bench, f"start-{number}", peers.SHIPPED_BASELINE, entries) as plugin:
        now = time.time()
        plugin.ours.sendall(f"type=EOE msg=audit({now:.3f}:1): \n".encode())
        began = time.monotonic()
        plugin.start()
        if not wait_until(lambda: plugin.unread() == 0, STUCK, 0.0005):
            raise Failed("the first record was not read")
        read = time.monotonic() - began
        pids = plugin.pids()
        read_cpu = sum(measure.cpu_of_all(pids.values()).values())
        plugin.await_judged(pids["sensor"])
        return {"read": read, "read_cpu": read_cpu, "done": time.monotonic() - began,
                **{who: measure.cpu_of(pid) for who, pid in pids.items()}}
