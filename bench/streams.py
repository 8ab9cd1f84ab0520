# SPDX-License-Identifier: Apache-2.0
"""streams: the audit streams that are measured with: recorded, made, made hostile, made long.

Owns: files below the bench's work folder, each made once and kept until the end. Must not own: any measurement, nor
the recording itself (record.py).
"""
import itertools
import lzma
import pathlib
import re
import subprocess

from measure import Failed, numbers

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = HERE / "streams" / "broad.stream.xz"
STAMP = re.compile(rb"^type=(\S+) msg=audit\(\d+\.\d+:(\d+)\)")

ALLOWED_EXE, ALERTED_EXE = "/usr/sbin/bench-allowed", "/usr/sbin/bench-alerted"
FLOOD_PIDS, FLOOD_TURNS = 1000, 10
FIRST_PID = 5_000_000  # above what any kernel gives, so that nothing in /proc is of them
CAPS, TOGGLED = 0x1fffeffffff, 1 << 13
LONG = 8900  # bytes: as long as the kernel lets a record be


class Stream:
    def __init__(self, path, counts):
        self.path, self.events, self.records, self.bytes = path, counts["events"], counts["records"], counts["bytes"]
        self.alerts = None  # once it was judged

    def __str__(self):
        return f"{self.events:,} events, {self.records:,} records, {self.bytes / 1e6:,.0f} MB"


class Streams:
    def __init__(self, build, folder, recording):
        """recording: a stream of this machine, or None for the one that is shipped."""
        self.grow, self.dir = build / "bench" / "grow", pathlib.Path(folder)
        self.base = self.dir / "broad.base"
        self.base.write_bytes(recording.read_bytes() if recording else lzma.decompress(SHIPPED.read_bytes()))
        self.origin = "recorded just now" if recording else "bench/streams/broad.stream.xz, recorded before"

    def grown(self, name, base, events, *options):
        """A stream of so many events on disk, and in the page cache; the caller removes it when it is large."""
        path = self.dir / name
        with path.open("wb") as target:
            done = subprocess.run([self.grow, "--events", str(events), *options, base], stdout=target,
                                  stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"grow: {done.stderr.strip()}")
        stream = Stream(path, numbers(done.stderr))
        if path.stat().st_size != stream.bytes:
            raise Failed(f"{path} is {path.stat().st_size} bytes, grow wrote {stream.bytes}")
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass
        return stream

    def broad(self, events, *options, name="broad.stream"):
        return self.grown(name, self.base, events, *options)

    def derived(self, name, lines):
        """A base of its own, of these lines."""
        path = self.dir / f"{name}.base"
        with path.open("wb") as file:
            file.writelines(lines)
        return path

    def flood_base(self):
        return self.derived("flood", flood_lines())

    def broad_events(self):
        return events_of(self.base.read_bytes().splitlines(keepends=True))


def events_of(lines):
    """The records of each event, in the order of their first ones."""
    events = {}
    for number, line in enumerate(lines):
        match = STAMP.match(line)
        if not match:
            raise Failed(f"line {number + 1} of the recording is no audit record")
        events.setdefault(int(match[2]), []).append(line)
    return list(events.values())


# ---- capability events alone ------------------------------------------------------------------------------------

def flood_event(serial, pid, exe, effective):
    head = f"msg=audit({1_700_000_000 + serial // 10000}.{serial // 10 % 1000:03d}:{serial}):"
    name = exe.rsplit("/", 1)[1]
    return [line.encode() for line in (
        f"type=SYSCALL {head} arch=c000003e syscall=126 success=yes exit=0 a0=7ffe83d3b688 a1=7ffe83d3b690 a2=0 a3=0 "
        f"items=0 ppid=1 pid={pid} auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) "
        f'ses=4294967295 comm="{name}" exe="{exe}" key="capwatch_capset"\x1dARCH=x86_64 SYSCALL=capset AUID="unset" '
        'UID="root" GID="root" EUID="root" SUID="root" FSUID="root" EGID="root" SGID="root" FSGID="root"\n',
        f"type=CAPSET {head} pid={pid} cap_pi=0 cap_pp={CAPS:016x} cap_pe={effective:016x} cap_pa=0\n",
        f"type=PROCTITLE {head} proctitle={exe.encode().hex().upper()}\n",
        f"type=EOE {head} \n")]


def flood_events():
    """Each pid in turn gives up one capability, takes it back, and so on: every second turn is a gain, which the
    baseline allows for one half of the processes."""
    serial = itertools.count(1)
    for turn in range(FLOOD_TURNS):
        for number in range(FLOOD_PIDS):
            exe = ALLOWED_EXE if number % 2 else ALERTED_EXE
            yield flood_event(next(serial), FIRST_PID + number, exe, CAPS if turn % 2 else CAPS & ~TOGGLED)


def flood_lines():
    return itertools.chain.from_iterable(flood_events())


# ---- hostile ones -----------------------------------------------------------------------------------------------

def interleaved(events, ways):
    """So many events open at once: a record of each in turn."""
    for begin in range(0, len(events), ways):
        for records in itertools.zip_longest(*events[begin:begin + ways]):
            yield from (record for record in records if record)


def without_ends(lines, but_first=False):
    """No event is ended; with but_first the stream shows that it has ends, and has no more of them."""
    for line in lines:
        if not line.startswith(b"type=EOE "):
            yield line
        elif but_first:
            but_first = False
            yield line


def with_long_records(lines):
    """PROCTITLE and EXECVE as long as can be, in hex as the kernel writes what is not printable."""
    for line in lines:
        head, mark, _ = line.partition(b"): ")
        if line.startswith(b"type=PROCTITLE "):
            yield head + mark + b"proctitle=" + b"41" * ((LONG - len(head)) // 2) + b"\n"
        elif line.startswith(b"type=EXECVE "):
            yield head + mark + b"argc=1 a0=" + b"42" * ((LONG - len(head)) // 2) + b"\n"
        else:
            yield line


def with_forged_bodies(events):
    """After each event three messages of a user's, whose text looks like the record of a gain."""
    serial = max(int(STAMP.match(event[0])[2]) for event in events)
    for event in events:
        yield from event
        stamp = event[0].split(b"msg=audit(", 1)[1].split(b":", 1)[0]
        for _ in range(3):
            serial += 1
            yield (b"type=USER_CMD msg=audit(%s:%d): pid=900 uid=1000 auid=1000 ses=3 msg='type=CAPSET msg=audit(%s:%d): "
                   b"pid=900 cap_pi=0 cap_pp=000001ffffffffff cap_pe=000001ffffffffff cap_pa=0 type=SYSCALL "
                   b"msg=audit(%s:%d): arch=c000003e syscall=126 success=yes exit=0 pid=900 exe=\"/bin/x\" res=success'\n"
                   % (stamp, serial, stamp, serial, stamp, serial))


def hostile(streams):
    """name, what it is, and its lines; the serials of forged messages follow those of the recording."""
    events = streams.broad_events()
    lines = list(itertools.chain.from_iterable(events))
    flood = list(flood_events())
    return [
        ("interleaved", "records of 8 events interleaved", interleaved(events, 8)),
        ("giant", "of 200 events interleaved", interleaved(events, 200)),
        ("endless", "no event ends (no EOE at all)", without_ends(lines)),
        ("unterminated", "one EOE, then none", without_ends(lines, but_first=True)),
        ("long", f"PROCTITLE and EXECVE of {LONG:,} bytes", with_long_records(lines)),
        ("forged", "3 USER_CMD with a gain's text after each event", with_forged_bodies(events)),
        ("flood", "capability events alone", itertools.chain.from_iterable(flood)),
        ("flood-open", "those, of 8 events interleaved, one EOE, then none",
         without_ends(interleaved(flood, 8), but_first=True)),
    ]
