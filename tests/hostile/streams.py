# SPDX-License-Identifier: Apache-2.0
"""streams: what an attacker, a full disk or a broken sender could put into the stream.

Owns: generators of bytes, in blocks; all are the same at every run. Each hostile part stands between
two valid findings (finding()). Must not own: what is asserted (run).
"""
import random

START = 1795315000.0
ALL = 0x1FFFFFFFFFF
PTRACE = 1 << 19
SECONDS_BETWEEN = 3600  # between a process's start and its raise: by any reckoning it runs

SYSCALL = ('type=SYSCALL msg=audit({time:.3f}:{serial}): arch=c000003e syscall={syscall} success=yes exit=0 '
           'a0={a0} a1=7ffd0c0ffee0 a2=0 a3=0 items=0 ppid=1 pid={pid} auid=4294967295 uid=0 gid=0 euid=0 suid=0 '
           'fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="daemon" exe="/usr/sbin/daemon-{pid}" '
           'key="capwatch_capset"\x1dARCH=x86_64 SYSCALL=capset AUID="unset" UID="root" GID="root" EUID="root" '
           'SUID="root" FSUID="root" EGID="root" SGID="root" FSGID="root"\n')
CAPSET = ('type=CAPSET msg=audit({time:.3f}:{serial}): pid={pid} cap_pi=0 cap_pp={permitted:016x} '
          'cap_pe={effective:016x} cap_pa=0\n')
PROCTITLE = 'type=PROCTITLE msg=audit({time:.3f}:{serial}): proctitle="daemon"\n'
EOE = 'type=EOE msg=audit({time:.3f}:{serial}):\n'


def capset(pid, serial, effective, time):
    """The records of one capset."""
    fields = {"pid": pid, "serial": serial, "time": time, "permitted": ALL, "effective": effective,
              "syscall": 126, "a0": "7ffd0c0ffee0"}
    return [text.format(**fields).encode() for text in (SYSCALL, CAPSET, PROCTITLE, EOE)]


def finding(pid, serial, time=START):
    """A daemon lowers cap_sys_ptrace, and an hour later raises it: one alert, of this pid."""
    return b"".join(capset(pid, serial, ALL & ~PTRACE, time) +
                    capset(pid, serial + 1, ALL, time + SECONDS_BETWEEN))


BEFORE, AFTER = 101, 102


def between(hostile):
    """The hostile blocks with a valid finding before and after. Garbage may swallow the rest of a line."""
    yield finding(BEFORE, 10)
    yield from hostile
    yield b"\n" + finding(AFTER, 9_000_010, START + 10 * SECONDS_BETWEEN)


def random_bytes(blocks=80):
    source = random.Random(20261122)
    for _ in range(blocks):
        yield source.randbytes(65536)


def random_lines(count=40_000):
    """Lines that begin like records and go on at random."""
    source = random.Random(20261123)
    words = [b"type=", b"SYSCALL", b"CAPSET", b" msg=audit(", b"1795315000.000:", b"):", b" pid=", b"cap_pe=",
             b"arch=c000003e", b" syscall=126", b"\x1d", b"\"", b"'", b"=", b"node=", b" exe=2F", b"\x00", b"\xff"]
    for _ in range(count):
        parts = [source.choice(words) for _ in range(source.randrange(12))]
        yield b"".join(parts) + source.randbytes(source.randrange(40)).replace(b"\n", b"") + b"\n"


def unterminated(count):
    """Events that begin and never end."""
    for first in range(0, count, 1000):
        yield b"".join(
            SYSCALL.format(pid=1000 + number % 30000, serial=1000 + number, time=START + number / 1000,
                           syscall=126, a0="0").encode()
            for number in range(first, min(first + 1000, count)))


def cut_events(newline):
    """One event cut at every length, each under a serial of its own."""
    whole = capset(2000, 5_000_000, ALL, START + 5)
    for length in range(len(b"".join(whole))):
        event = b"".join(capset(2000, 5_000_000 + length, ALL, START + 5))
        yield event[:length] + (b"\n" if newline else b"")


def long_lines():
    for filler in (b"A", b" a0=1", b"\"", b"\x1d", b"'", b"=", b"\xff", b"type=CAPSET msg=audit(1.1:1): "):
        head = f"type=SYSCALL msg=audit({START + 6:.3f}:6000001): arch=c000003e syscall=126 pid=3000 ".encode()
        yield head + filler * (1_000_000 // len(filler)) + b"\n"
        yield filler * (1_000_000 // len(filler)) + b"\n"


def nul_bytes():
    event = b"".join(capset(4000, 6_100_000, ALL, START + 7))
    yield b"\x00" * 100_000 + b"\n"
    for place in range(0, len(event), 7):
        yield event[:place] + b"\x00" + event[place:]


def spoofed():
    """What a container with cap_audit_write can say: all of it inside msg='...'."""
    inner = b"".join(capset(BEFORE, 6_200_000, ALL, START + 8)).replace(b"\n", b" ").replace(b"'", b"")
    bodies = [inner, b"op=x " + inner, b"' " + inner, b"'\x1d" + inner, b'" ' + inner]
    for number, body in enumerate(bodies):
        for kind in (b"USER", b"SERVICE_START", b"USER_CMD", b"TRUSTED_APP"):
            yield (b"type=" + kind + b" msg=audit(1795315008.000:62%05d): pid=5000 uid=0 auid=0 ses=1 msg='" %
                   number + body + b" exe=\"/x\" hostname=? addr=? terminal=? res=success'\n")


def processes(count):
    """Ever new processes, each with a whole event that is a gain."""
    for first in range(0, count, 500):
        yield b"".join(b"".join(capset(100_000 + number, 7_000_000 + number, ALL, START + 9 + number / 1000))
                       for number in range(first, min(first + 500, count)))


def odd_numbers():
    """Numbers too long, negative, or none, where numbers belong."""
    records = b"".join(capset(6000, 6_300_000, ALL, START + 9))
    for field in (b"pid=", b"ppid=", b"auid=", b"uid=", b"ses=", b"syscall=", b"cap_pe=", b"cap_pp=", b"arch=",
                  b"a0=", b"exit=", b":63"):
        for value in (b"", b"-1", b"99999999999999999999999999", b"ffffffffffffffffffff", b"0x10", b"zz", b"(null)"):
            head, _, tail = records.partition(field)
            yield head + field + value + b" " + tail.partition(b" ")[2]


def many_nodes(count=20_000):
    for number in range(count):
        yield b"node=host-%d " % number + EOE.format(time=START + 9, serial=number).encode()
        yield b"node=host-%d " % number + capset(7000, 6_400_000 + number, ALL, START + 9)[0]


def eight_ways():
    """Eight whole findings whose records come in turn. Their pids: EIGHT."""
    events = [capset(pid, 6_500_000 + 2 * pid, ALL & ~PTRACE, START + 10) for pid in EIGHT]
    raises = [capset(pid, 6_500_001 + 2 * pid, ALL, START + SECONDS_BETWEEN + 10) for pid in EIGHT]
    for group in (events, raises):
        for records in zip(*group):
            yield from records


EIGHT = range(8000, 8008)
