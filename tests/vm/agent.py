# SPDX-License-Identifier: Apache-2.0
"""agent: what runs inside the test host. It is started at every boot by capwatch-test.service, logs in
over SSH as an administrator would, installs capwatch as README says, runs the scenario, and hands
back results.

Owns: the order of a run, the protocol of the second serial port (a JSON object a line), the results
disk. Must not own: what is right or wrong about the results: the host judges them.
"""
import gzip
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import scenario  # noqa: E402

PAYLOAD = Path("/opt/payload")
STATE = Path("/var/lib/capwatch-test")
RESULTS = STATE / "results"
PORT, RESULTS_DISK = "/dev/ttyS1", "/dev/vdc"
OUTPUT_MAX = 4000
USAGE_PERIOD_S = 4
ALERTS = Path("/var/log/capwatch/alerts.jsonl")
TRACED = "set -euo pipefail; exec 9>&2; BASH_XTRACEFD=9; set -x\n"  # a failure's output says where it was

# README's installation, with `make install DESTDIR=` unpacked as its first step.
INSTALL = (
    ("unpack", "tar -C / --no-overwrite-dir -xf /opt/payload/capwatch.tar"),
    ("users", "systemd-sysusers && systemd-tmpfiles --create"),
    ("check", "capwatch check"),
    ("rules", "capwatch rules install"),
    # Not README's: the recorder takes down what auditd hands its plugins, for replays.
    ("recorder", "install -d -m 0700 /var/lib/capwatch-test/results/recording && "
     "install -m 0750 /opt/payload/tools/recorder /usr/sbin/capwatch-recorder && "
     "install -m 0640 /opt/payload/recorder.conf /etc/audit/plugins.d/"),
    ("auditd", "systemctl restart auditd"),
    # The way a plugin is told to be there: its own words in the file sink come with the first alert.
    ("alive", "for i in $(seq 100); do pgrep -f capwatch-courier >/dev/null && exit 0; sleep 0.2; done; exit 1"),
)


def say(**words):
    with open(PORT, "w", encoding="utf-8") as port:
        port.write(json.dumps(words) + "\n")


def bash(command, timeout):
    """Runs it; status and the end of its output. What it leaves behind in the background lives on."""
    env = {"PATH": f"{PAYLOAD}/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
           "HOME": "/root", "USER": "root", "LANG": "C.UTF-8", "TERM": "dumb",
           "PAYLOAD": str(PAYLOAD), "DEBIAN_FRONTEND": "noninteractive",
           "XDG_RUNTIME_DIR": "/run/user/0", "RELEASE": str(scenario.RELEASE)}
    log = STATE / "output"
    with open(log, "wb") as output:
        process = subprocess.Popen(["bash", "-c", TRACED + command], env=env, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, cwd="/root")
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = f"not done after {timeout} s"
    return status, log.read_bytes().decode(errors="replace")[-OUTPUT_MAX:]


def run_step(step, kind):
    begin = time.time()
    status, output = bash(step.run, step.timeout)
    say(kind=kind, name=step.name, begin=begin, end=time.time(), status=status, output=output,
        services=step.services)
    return status == 0


def has_come(case, begin):
    """The expected alerts are all there already: no need to wait on."""
    try:
        lines = ALERTS.read_text(errors="replace").splitlines()
    except OSError:
        return False
    fresh = []
    for line in lines:
        try:
            alert = json.loads(line)
        except ValueError:
            continue
        if scenario.alert_time(alert) >= begin - scenario.EARLY_S:
            fresh.append(alert)
    return all(any(expected.fits(alert) for alert in fresh) for expected in case.expect)


def run_case(case):
    if case.prepare:
        status, output = bash(case.prepare, case.timeout)
        if status != 0:
            now = time.time()
            say(kind="case", name=case.name, begin=now, end=now, status=f"prepare: {status}", output=output)
            return
    begin = time.time()
    status, output = bash(case.run, case.timeout)
    end = time.time()
    while time.time() < end + case.within and not has_come(case, begin):
        time.sleep(0.2)
    say(kind="case", name=case.name, begin=begin, end=end, until=time.time(), status=status, output=output)


class Usage(threading.Thread):
    """CPU and memory of auditd and of each of ours, over restarts: the last seen of each process."""
    COMMS = ("auditd", "audisp-capwatch", "capwatch-courier"[:15])

    def __init__(self):
        super().__init__(daemon=True)
        self.seen = {}

    def sample(self):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text()
                comm, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
                if comm not in self.COMMS:
                    continue
                fields = rest.split()
                status = (folder / "status").read_text()
                peak = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
                self.seen[(folder.name, fields[19])] = (comm, int(fields[11]) + int(fields[12]), (peak or [0])[0])
            except (OSError, ValueError):
                continue

    def run(self):
        while True:
            self.sample()
            time.sleep(USAGE_PERIOD_S)

    def table(self):
        self.sample()
        rows = {}
        ticks = os.sysconf("SC_CLK_TCK")
        for comm, cpu, peak in list(self.seen.values()):
            row = rows.setdefault(comm, {"cpu_s": 0.0, "peak_kib": 0, "processes": 0})
            row["cpu_s"] += cpu / ticks
            row["peak_kib"] = max(row["peak_kib"], peak)
            row["processes"] += 1
        return rows


def alert_files():
    """The file sink's, what logrotate made of it first."""
    def age(path):
        number = path.name.removeprefix(ALERTS.name).removeprefix(".").removesuffix(".gz")
        return -int(number or 0)
    return sorted(ALERTS.parent.glob(ALERTS.name + "*"), key=age)


def gather(usage):
    """Everything that the host judges, onto the results disk."""
    (RESULTS / "usage.json").write_text(json.dumps(usage.table()))
    (RESULTS / "uptime").write_text(Path("/proc/uptime").read_text())
    for name, command in (("rules", ["auditctl", "-l"]), ("status", ["auditctl", "-s"]),
                          ("journal", ["journalctl", "-b", "--no-pager", "-o", "short-precise"]),
                          ("failed-units", ["systemctl", "--failed", "--no-legend", "--plain"])):
        with open(RESULTS / name, "wb") as output:
            subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
    with open(RESULTS / "alerts.jsonl", "wb") as output:
        for part in alert_files():
            output.write(gzip.decompress(part.read_bytes()) if part.suffix == ".gz" else part.read_bytes())
    with tarfile.open(RESULTS_DISK, "w:") as disk:
        disk.add(RESULTS, arcname=".")


def install():
    for name, command in INSTALL:
        if not run_step(scenario.Step(f"install-{name}", command, timeout=90), "install"):
            return False
    return True


def prepare(steps):
    return all([run_step(step, "prepare") for step in steps if scenario.RELEASE in step.releases])


def reboot(name):
    say(kind="reboot", name=name)
    subprocess.run(["systemctl", "reboot"], check=False)


def run_steps(steps):
    """From where the boot before this one left off. False: it goes on after another boot."""
    progress = STATE / "done"
    for number, step in enumerate(steps):
        if number < int(progress.read_text() if progress.exists() else "0"):
            continue
        progress.write_text(str(number + 1))
        if isinstance(step, scenario.Reboot):
            reboot(step.name)
            return False
        if isinstance(step, scenario.Case):
            run_case(step)
        else:
            run_step(step, "step")
    return True


def main():
    """Once in a boot, in the administrator's session."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    wanted = scenario.load(PAYLOAD / "scenarios", (PAYLOAD / "scenario").read_text())
    phase = STATE / "phase"
    usage = Usage()
    if not phase.exists():
        say(kind="boot", name="first", uptime=Path("/proc/uptime").read_text().split()[0])
        good = prepare(wanted.before_boot) and install() and prepare(wanted.after_install)
        phase.write_text("installed")
        if good and wanted.reboot:
            reboot("to see capwatch started by a boot")
            return
        if not good:
            gather(usage)
            say(kind="end", name="not installed")
            subprocess.run(["systemctl", "poweroff", "--force"], check=False)
            return
    else:
        say(kind="boot", name="with capwatch", uptime=Path("/proc/uptime").read_text().split()[0])
        subprocess.run(["systemctl", "is-system-running", "--wait"], check=False, stdout=subprocess.DEVNULL)
        say(kind="boot", name="all started", uptime=Path("/proc/uptime").read_text().split()[0])
    if (PAYLOAD / "stay").exists():
        say(kind="end", name="installed, staying up")
        return
    usage.start()
    if not run_steps(wanted.of_release()):
        return
    time.sleep(2)
    gather(usage)
    say(kind="end", name="done")
    subprocess.run(["systemctl", "poweroff", "--force"], check=False)


if __name__ == "__main__":
    main()
