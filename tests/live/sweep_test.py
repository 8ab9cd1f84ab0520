#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sweep_test: what happens while no record can come is found in /proc; what lives on a healthy host is not.

usage: sweep_test.py --build DIR [--only NAME]
One private auditd, `sweep: 1s`. Each loud case keeps the records of one gain from us, and must give exactly one
alert, by the sweep. The quiet programs run meanwhile, all at once, for longer than a finding takes.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import expect
from acts_test import compile_actor, evidence
from cases import EMPTY, EVERYTHING, FULL, PTRACE, without
from expect import Expected
from harness import CannotRun, Stack, TOP, forget_login, run, schema_validator, wait_until
from report import Report

SETTLE = 5.0           # judge/sweep.h: SWEEP_SETTLE_MS
FIRST_READING = 4.0    # until a new process has surely been read
BLIND = 2.5            # judge/sweep.c: after a change of rules
PATIENCE = SETTLE + 10.0
LIFE = 16              # of a quiet program, in seconds
RULE = "never,task"
UNIT_TESTS = "/tests/unit/test_"
NOBODY = 65534

# Nobody, who on a word executes a set-user-ID program.
VICTIM = f"""
import os, sys
os.setgroups([])
os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
print("READY", os.getpid(), "0.0 0", flush=True)
sys.stdin.readline()
print("ACT", os.getpid(), "0.0 0", flush=True)
os.execv(sys.argv[1], [sys.argv[1], "60"])
"""

# As pid sys.argv[2], if that can be had, which somebody else had before.
REUSE = """
import os, sys
wanted = int(sys.argv[2])
for _ in range(50):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(wanted - 1))
    child = os.fork()
    if child == 0:
        if os.getpid() != wanted:
            os._exit(0)
        os.execv(sys.executable, [sys.executable, "-I", "-c", os.environ["VICTIM"], sys.argv[1]])
    if child == wanted:
        break
    os.waitpid(child, 0)
else:
    print("FAILED 0 0.0 0", flush=True)
os.wait()
"""

RAISED = Expected("unexplained-gain", "high", "sweep", {"effective": PTRACE},
                  before={"effective": without(FULL, PTRACE), "permitted": FULL}, previous=("known",))
BECAME_ROOT = Expected("unexplained-gain", "high", "sweep", EVERYTHING, before=EMPTY, previous=("known",),
                       phase=None)


@dataclass
class Loud:
    """When the records are kept from us: from the program's birth (never,task), or while it acts."""
    name: str
    expected: Expected
    victim: bool = False      # else the actor's capset
    from_birth: bool = False
    auditing_off: bool = False
    reuse: bool = False


LOUD = [
    Loud("capset-while-auditing-was-off", RAISED, auditing_off=True),
    Loud("capset-under-never-task", RAISED, from_birth=True),
    Loud("set-user-id-exec-while-auditing-was-off", BECAME_ROOT, victim=True, auditing_off=True),
    Loud("set-user-id-exec-under-never-task", BECAME_ROOT, victim=True, from_birth=True),
    Loud("set-user-id-exec-with-a-pid-given-anew", BECAME_ROOT, victim=True, from_birth=True, reuse=True),
]

THREADS = """
import ctypes, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
end = time.time() + {life}
def alone():                       # each thread by itself: nobody, and back
    while time.time() < end:
        assert libc.syscall(117, 0, 65534, 0) == 0
        time.sleep(0.2)
        assert libc.syscall(117, 0, 0, 0) == 0
        time.sleep(0.2)
def for_good():                    # and one that goes, while the others stay root
    assert libc.syscall(117, 65534, 65534, 65534) == 0
    time.sleep({life} / 2)
threads = [threading.Thread(target=t) for t in (alone, alone, for_good)]
[t.start() for t in threads]
[t.join() for t in threads]
"""
FORKS = """
import os, time
end = time.time() + {life}
while time.time() < end:
    if os.fork() == 0:
        if os.fork() == 0:         # an orphan, root or nobody
            if int(time.time() * 10) % 2:
                os.setresuid(65534, 65534, 65534)
            time.sleep({life} / 3)
            os._exit(0)
        os._exit(0)
    os.wait()
    time.sleep(0.5)
"""
HELPER = """
import os, time
if os.fork() == 0:                 # keeps what its parent drops, as dnsmasq's does
    time.sleep({life})
    os._exit(0)
os.setresuid(65534, 65534, 65534)
time.sleep({life})
"""
SETEUID = """
import os, time
end = time.time() + {life}
while time.time() < end:
    os.seteuid(65534)
    time.sleep(0.35)
    os.seteuid(0)
    time.sleep(0.35)
"""
RUNC = """
mkdir -p {dir}/bundle/rootfs/bin && cd {dir}/bundle
cp "$(command -v busybox)" rootfs/bin/busybox && ln -s busybox rootfs/bin/sh
runc spec
python3 -I - <<'X'
import json
spec = json.load(open('config.json'))
spec['process']['terminal'] = False
spec['process']['args'] = ['/bin/busybox', 'sh', '-c', '/bin/busybox sleep {life} & /bin/busybox sleep {life}']
json.dump(spec, open('config.json', 'w'))
X
runc run capwatch-sweep-test & p=$!
sleep 2
runc exec --cap CAP_NET_RAW capwatch-sweep-test /bin/busybox sleep {rest} &
wait $p
"""
LOGIN = f"echo {NOBODY} >/proc/self/loginuid\n"


@dataclass
class Quiet:
    name: str
    script: str
    needs: tuple = ()


def python(text):
    return "exec python3 -I - <<'X'\n" + text + "\nX\n"


QUIET = [
    Quiet("threads", python(THREADS)),
    Quiet("forks-and-orphans", python(FORKS)),
    Quiet("helper-of-a-daemon-that-drops", python(HELPER)),
    Quiet("seteuid", python(SETEUID)),
    Quiet("seteuid-in-a-session", LOGIN + python(SETEUID)),
    Quiet("sudo", LOGIN + "sudo -n sleep {life}\n", ("sudo",)),
    Quiet("sudo-as-nobody", LOGIN + "sudo -n -u nobody sleep {life}\n", ("sudo",)),
    Quiet("su", LOGIN + "su -s /bin/bash nobody -c 'sleep {life}; true'\n", ("su",)),
    Quiet("su-by-a-service", "su -s /bin/bash nobody -c 'sleep {life}; true'\n", ("su",)),
    Quiet("daemon-out-of-a-session", LOGIN + "sudo -n setsid -f sleep {life}\nsleep {life}\n", ("sudo",)),
    Quiet("capsh-in-a-session", LOGIN + "capsh --drop=cap_sys_ptrace -- -c 'sleep {rest}; bash -c \"sleep 5; true\"'\n",
          ("capsh",)),
    Quiet("root-regains-in-a-session", LOGIN + "capsh --caps= -- -c 'sleep 4; exec bash -c \"sleep {rest}; true\"'\n",
          ("capsh",)),
    Quiet("setpriv-ambient", "setpriv --reuid=65534 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw "
          "bash -c 'sleep {life}; true'\n", ("setpriv",)),
    Quiet("setpriv-ambient-in-a-session", LOGIN + "setpriv --reuid=65534 --clear-groups --inh-caps=+net_raw "
          "--ambient-caps=+net_raw bash -c 'bash -c \"sleep {rest}; true\"; true'\n", ("setpriv",)),
    Quiet("ping-in-a-session", LOGIN + "setpriv --reuid=65534 --clear-groups ping -q -i 1 -c {life} 127.0.0.1\n",
          ("ping", "setpriv")),
    Quiet("bwrap", "bwrap --bind / / --unshare-user --unshare-pid sleep {life}\n", ("bwrap",)),
    Quiet("unshare-user", "unshare -r bash -c 'sleep {life}; true'\n"),
    Quiet("unshare-user-nobody", "setpriv --reuid=65534 --clear-groups unshare -r bash -c 'sleep {life}; true'\n"),
    Quiet("stopped", "sleep {life} & p=$!\nkill -STOP $p\nsleep {rest}\nkill -CONT $p\nwait $p\n"),
    Quiet("zombie", python("import os, time\nif os.fork() == 0:\n    os._exit(0)\ntime.sleep({life})")),
    Quiet("runc", RUNC, ("runc", "busybox")),
    Quiet("dnsmasq", "timeout {life} dnsmasq --keep-in-foreground --conf-file=/dev/null --port=20791 --interface=lo "
          "--bind-interfaces --user=nobody --no-resolv --no-hosts --dhcp-range=127.0.0.50,127.0.0.60,1h "
          "--dhcp-leasefile={dir}/leases --dhcp-script=/bin/true --pid-file= || [ $? = 124 ]\n", ("dnsmasq",)),
]


class Switch:
    """What keeps the records from us, for a moment."""

    def __init__(self, case):
        self.case = case

    def __enter__(self):
        if self.case.auditing_off:
            run("auditctl", "-e", "0")
        return self

    def __exit__(self, *_):
        if self.case.auditing_off:
            run("auditctl", "-e", "1")


def start_loud(stack, case):
    """The actor, ready to act and read by the sweep; with the path that it will run."""
    if not case.victim:
        exe = stack.copy_program(stack.dir / "actor", case.name)
        return stack.actor([exe, "capset"], before_exec=forget_login), str(exe)
    sleeper = str(stack.copy_program(shutil.which("sleep"), case.name, 0o4755))
    python3 = os.path.realpath(sys.executable)
    if not case.reuse:
        return stack.actor([python3, "-I", "-c", VICTIM, sleeper], before_exec=forget_login), sleeper
    first = subprocess.Popen(["sleep", "3"], preexec_fn=forget_login)
    first.wait()
    return stack.actor([python3, "-I", "-c", REUSE, sleeper, str(first.pid)],
                       {**os.environ, "VICTIM": VICTIM}, forget_login), sleeper


def run_loud(stack, chosen):
    """(case, actor, pid, exe): each has acted, and had the time to be found."""
    born_unseen = [case for case in chosen if case.from_birth]
    started = [(case, *start_loud(stack, case)) for case in chosen if not case.from_birth]
    if born_unseen:
        run("auditctl", "-a", RULE)
        time.sleep(BLIND)
        started += [(case, *start_loud(stack, case)) for case in born_unseen]
        for _, actor, _ in started:
            actor.await_word("READY", 8)
        run("auditctl", "-d", RULE)
    time.sleep(FIRST_READING + BLIND)
    found = []
    for case, actor, exe in started:
        ready = actor.await_word("READY")
        with Switch(case):
            if ready:
                actor.act()
                actor.await_word("ACT" if case.victim else "DONE")
                time.sleep(0.3)
        found.append((case, actor, ready[0] if ready else None, exe))
    return found


def by_sweep(stack, pid=None):
    return [(when, alert) for when, alert in stack.alerts(pid) if alert["mechanism"] == "sweep"]


def check_loud(report, stack, found):
    for case, actor, pid, exe in found:
        if pid is None:
            if case.reuse:
                report.skip(case.name, "the pid could not be had again")
            else:
                report.fail(case.name, f"the actor did not start: {actor.lines}")
            continue
        alerts = [alert for _, alert in by_sweep(stack, pid)]
        problems = [] if len(alerts) == 1 else [f"{len(alerts)} alerts by the sweep, not 1"]
        for alert in alerts[:1]:
            wanted = case.expected
            if wanted.phase is None:
                wanted.phase = alert["phase"]
            problems += [f"schema: {error.message[:200]}" for error in stack.validator.iter_errors(alert)]
            problems += expect.differences(wanted, alert, {"dir": stack.dir, "exe": exe, "pid": pid,
                                                           "actor_pid": actor.process.pid})
            if alert["audit"]["time"] is not None or alert["audit"]["serial"] is not None:
                problems.append(f"there was no event, and yet: {alert['audit']}")
            problems += [f"{sink} did not get it" for sink, ids in
                         (("webhook", {item["id"] for _, item in stack.webhook.all()}),) if alert["id"] not in ids]
        report.result(case.name, problems, evidence(stack, pid) if problems else [])


def start_quiet(stack, chosen):
    running = []
    for case in chosen:
        folder = stack.dir / f"quiet-{case.name}"
        folder.mkdir()
        script = folder / "script"
        script.write_text("set -e\n" + case.script.format(dir=folder, life=LIFE, rest=LIFE - 5))
        output = (folder / "output").open("wb")
        process = subprocess.Popen(["setsid", "--wait", "bash", script], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, cwd="/", preexec_fn=forget_login)
        running.append((case, process, folder))
    return running


def check_quiet(report, stack, running, loud_pids):
    for case, process, folder in running:
        problems = []
        try:
            if process.wait(LIFE + 30) != 0:
                problems = [f"the program failed with {process.returncode}",
                            *(folder / "output").read_text(errors="replace").splitlines()[-8:]]
        except subprocess.TimeoutExpired:
            process.kill()
            problems = ["it did not end"]
        report.result(f"quiet-{case.name}", problems)
    problems = []
    for _, alert in by_sweep(stack):
        process = alert["process"]
        if process["pid"] not in loud_pids and UNIT_TESTS not in (process["exe"] or ""):
            problems.append(f"{alert['reason']}: {alert['message']}")
            problems += [f"raw: {line}" for line in stack.raw_records(process["pid"])[-10:]]
    report.result("nothing-else-is-found", problems)


def prepare(stack):
    compile_actor(stack.dir)


def clean_up():
    if shutil.which("runc"):
        run("runc", "delete", "--force", "capwatch-sweep-test")


def run_all(report, options):
    loud = [case for case in LOUD if report.wants(case.name)]
    quiet = []
    for case in QUIET:
        if report.wants(f"quiet-{case.name}"):
            absent = [program for program in case.needs if not shutil.which(program)]
            if absent:
                report.skip(f"quiet-{case.name}", f"not installed: {', '.join(absent)}")
            else:
                quiet.append(case)
    with Stack(options.build, prepare=prepare, more="sweep: 1s\n") as stack:
        stack.validator = schema_validator()
        stack.undo.append(clean_up)
        time.sleep(FIRST_READING)
        running = start_quiet(stack, quiet)
        found = run_loud(stack, loud)
        pids = {pid for _, _, pid, _ in found}
        wait_until(lambda: all(by_sweep(stack, pid) for pid in pids if pid), PATIENCE)
        for _, process, _ in running:
            process.wait(LIFE + 30)
        time.sleep(SETTLE / 2)
        stack.stop()
        check_loud(report, stack, found)
        check_quiet(report, stack, running, pids)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    report = Report("sweep", options.only)
    try:
        run_all(report, options)
    except CannotRun as why:
        report.skip("sweep", str(why))
    report.finish()


if __name__ == "__main__":
    main()
