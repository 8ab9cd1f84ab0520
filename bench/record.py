# SPDX-License-Identifier: Apache-2.0
"""record: the broad stream, of ordinary programs at work under a private auditd with broad rules.

Owns: what is done meanwhile, and that only that is kept: the processes below the workload and their messages, so that
nothing of the machine's owner is in it. Must not own: how the stream is grown (streams.py).
"""
import lzma
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import stack as stacks
from harness import CannotRun
from measure import Failed
from streams import events_of

LIMIT = 1_500_000  # bytes, as shipped
EVENTS = (8_000, 40_000)  # a recording with fewer has missed the work, one with more is too long to ship
PATIENCE = 150  # seconds, for the work

# Each line is run by sh, in a folder of its own that is the working directory. What a machine lacks fails there.
WORK = r"""
for n in 1 2 3 4 5 6; do printf '#include <stdio.h>\n#include <stdlib.h>\nint f%d(void) { return puts("x"); }\n' $n >f$n.c; done
printf 'int main(void) { return 0; }\n' >main.c
printf 'all: prog\nprog: main.o f1.o f2.o f3.o f4.o f5.o f6.o\n\tcc -o prog $^\n' >Makefile
make; make clean; ./prog; make
tar cf all.tar .; gzip all.tar; mkdir un; tar xzf all.tar.gz -C un; rm -r un
dpkg -l; dpkg -L coreutils; dpkg-query -W; apt-cache policy bash
find /usr/share/doc -maxdepth 1; find /usr/include -name '*.h' -newer /etc/passwd
for n in 1 2 3 4 5; do find /etc -maxdepth 2 -type f -name '*.conf' -exec grep -l include {} +; done
for n in $(seq 60); do sed -n 1p /etc/passwd; cut -d: -f1 /etc/group | sort | uniq -c | head -3; done
for n in $(seq 20); do cp -p /etc/services s.$n; chmod 600 s.$n; mv s.$n t.$n; chown daemon t.$n; rm t.$n; done
ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -l -f key.pub; openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=bench -days 1
git init -q r; cd r; git config user.email bench@localhost; git config user.name bench; cp ../*.c .; git add .; git commit -q -m one; git log --stat; git gc -q; cd ..
python3 -m http.server --bind 127.0.0.1 8099 & s=$!; sleep 1; for n in 1 2 3 4 5 6 7 8; do curl -s -o out http://127.0.0.1:8099/; done; kill $s
for n in 1 2 3; do su -s /bin/sh -c 'id; ls /etc >/dev/null' nobody; done; su -s /bin/sh -c 'ping -c 1 127.0.0.1' nobody
sudo -n -u nobody true; sudo -n -u daemon ls /var
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all true; capsh --drop=cap_sys_admin -- -c true
cp /bin/true t; setcap cap_net_raw+ep t; getcap t; ./t; setcap -r t
printf '* * * * * root true\n' >cron; ls -lR /var/log; ls -lR /etc/apt; df; ps aux; mount; ip addr
unshare --user --map-root-user true; unshare --mount true; timeout 3 chronyd -Q -t 1 'server 127.0.0.1'
bwrap --unshare-user --ro-bind / / true; perl -e 'print 1'; perl -MPOSIX -e 'print strftime("%F", gmtime)'; python3 -c 'import json, http.client, ssl'
./gain 25 11 </dev/null
./load --records 6000 --rate 3000 load.d
"""


class RecordingStack(stacks.BenchStack):
    """Its plugin copies the stream into a file."""

    def plugin_conf(self):
        return self.pipeline_conf("cat")

    def never_others(self):
        """Services have no login id: below() tells whose the records are."""
        return ""

    def rules_text(self):
        """Without the interpreter's own rule: Python is one of the programs at work. We wait meanwhile."""
        python = str(pathlib.Path(sys.executable).resolve())
        return "\n".join(line for line in super().rules_text().splitlines() if f"exe={python}" not in line)


def record_here(bench):
    """The recording's path; None, having said why, where it cannot be made."""
    try:
        return record_stream(bench)
    except CannotRun as why:
        print(f"   (the stream that is shipped, none recorded here: {why})", flush=True)
        return None


def record_stream(bench):
    if not shutil.which("auditd", path="/usr/sbin:/sbin"):
        raise CannotRun("no auditd is installed")
    target = bench.dir / "recorded.stream"
    with RecordingStack(bench, "cat") as stack:
        work = pathlib.Path(tempfile.mkdtemp(prefix="bench-work-", dir="/tmp"))
        try:
            pid = do_work(stack, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        stack.settle()
        stack.stop()
        lines = (stack.dir / "out.stream").read_bytes().splitlines(keepends=True)
        text = b"".join(line for event in below(events_of(lines), pid) for line in event)
        target.write_bytes(text.replace(bytes(stack.dir), b"/opt/bench").replace(bytes(work), b"/home/bench"))
    check(target)
    return target


def do_work(stack, work):
    """Runs it to its end, or stops it when it hangs; its pid."""
    (work / "load.d").mkdir()
    for name in ("load", "gain"):
        shutil.copy2(stack.dir / "bin" / name, work / name)
    (work / "work.sh").write_text(WORK)
    shell = subprocess.Popen(["/bin/sh", "work.sh"], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True,
                             env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(work), "LC_ALL": "C"})
    try:
        shell.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        raise Failed(f"the work to be recorded was not done in {PATIENCE} s") from None
    time.sleep(1)
    return shell.pid


PID, PPID = re.compile(rb" pid=(\d+)"), re.compile(rb" ppid=(\d+)")


def below(events, root):
    """The events of this process and of all that came of it: their parents are known, or they are by now."""
    known = {root}
    for event in events:
        pid, ppid = PID.search(event[0]), PPID.search(event[0])
        if pid and (int(pid[1]) in known or (ppid and int(ppid[1]) in known)):
            known.add(int(pid[1]))
            yield event


def check(path):
    count = len(events_of(path.read_bytes().splitlines(keepends=True)))
    if not EVENTS[0] <= count <= EVENTS[1]:
        raise Failed(f"the recording has {count} events, not {EVENTS[0]} to {EVENTS[1]}")


def write_shipped(bench, path):
    """Records, and packs it as it is shipped."""
    packed = lzma.compress(record_stream(bench).read_bytes(), preset=9 | lzma.PRESET_EXTREME)
    if len(packed) > LIMIT:
        raise Failed(f"the recording packs into {len(packed)} bytes, more than {LIMIT}")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(packed)
    print(f"{path}: {len(packed)} bytes")
