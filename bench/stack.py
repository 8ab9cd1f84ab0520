# SPDX-License-Identifier: Apache-2.0
"""stack: the live tests' private auditd, with broad rules, and one program as its only plugin.

Owns: the peers as plugins, the rules of a measurement, a reader of /dev/log. Must not own: the load, or what is
counted. tests/live/harness.py undoes all of it.
"""
import os
import pathlib
import pwd
import re
import signal
import socket
import sys
import threading
import time

import peers
from harness import DEV_LOG, PLUGIN_CONF, AUDITD_CONF, Stack, audit_status, has_listener, test_users, wait_until
from measure import Failed, children_of, cpu_of

HERE = pathlib.Path(__file__).resolve().parent
READY = 15  # seconds, for a plugin to begin
LOOK, BUSY = 0.5, 0.1  # seconds between two looks, and the share of a CPU beyond which there is still work
LOGIN = 424242  # the login id of what is recorded: of what else the machine does meanwhile nothing is
QUEUE = 90000  # records that auditd keeps for a plugin that is slow, so that a slow one loses none

PEER_CONF = "active = yes\ndirection = out\npath = {path}\ntype = always\n{args}format = string\n"

CAPWATCH_YAML = """\
user: {user}
courier_user: {courier_user}
baseline: [{baselines}]
heartbeat: 10s
{more}spool: {{dir: {dir}/alerts/spool}}
control: {dir}/control
sinks:
  - type: file
    path: {dir}/alerts/alerts.jsonl
  - type: file
    name: beats
    path: {dir}/alerts/beats.jsonl
    heartbeat: true
    min_severity: critical
"""


class LogSocket:
    """Reads /dev/log where nobody does, counts what comes, and keeps what auditd says of its queue."""

    def __init__(self):
        pathlib.Path(DEV_LOG).unlink(missing_ok=True)  # of a run that was killed
        self.count, self.complaints = 0, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(DEV_LOG)
        os.chmod(DEV_LOG, 0o666)
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            try:
                datagram = self.socket.recv(1 << 16)
            except OSError:
                return
            self.count += b"audisp-syslog" in datagram[:64]
            if b"queue" in datagram and b" msg=audit(" not in datagram:
                self.complaints.append(datagram.decode("utf-8", "replace"))

    def close(self):
        self.socket.close()
        os.unlink(DEV_LOG)


class BenchStack(Stack):
    """peer: one of PEERS, or "capwatch". more: lines for capwatch.yaml. log_format: auditd's."""

    def __init__(self, bench, peer, more="", log_format="ENRICHED"):
        super().__init__(bench.build, prepare=BenchStack.prepare_peer)
        self.bench, self.peer, self.more, self.log_format = bench, peer, more, log_format
        self.syslog_socket = None

    def start(self):
        signal.signal(signal.SIGTERM, end_once)
        super().start()

    def prepare_peer(self):
        for name in ("load", "gain"):
            self.copy_program(self.bench.build / "bench" / name, name)
        for name, source in peer_files(self.bench.build).items():
            self.copy_program(source, name, 0o750)
        (self.dir / "work").mkdir()
        peers.write_entries(self.dir / "bench.d", 1, self.dir / "bin" / "load")
        if not has_listener(DEV_LOG):
            self.syslog_socket = LogSocket()
            self.undo.append(self.syslog_socket.close)

    def write_configuration(self):
        user, courier_user = test_users()
        (self.dir / "alerts" / "alerts.jsonl").touch(0o640)  # so that it can be watched before the first alert
        for path in (self.dir / "alerts", self.dir / "alerts" / "alerts.jsonl"):
            os.chown(path, pwd.getpwnam(courier_user).pw_uid, -1)
        self.install_programs()
        baselines = f"{peers.SHIPPED_BASELINE}, {self.dir}/bench.d"
        (self.dir / "capwatch.yaml").write_text(CAPWATCH_YAML.format(
            dir=self.dir, user=user, courier_user=courier_user, baselines=baselines, more=self.more))
        (self.dir / "plugins.d" / "plugin.conf").write_text(self.plugin_conf())
        changes = {"max_log_file": 8000, "q_depth": QUEUE, "log_format": self.log_format}
        (self.dir / "auditd.conf").write_text(re.sub(
            rf"(?m)^({'|'.join(changes)}) = .*$", lambda line: f"{line[1]} = {changes[line[1]]}",
            AUDITD_CONF.format(dir=self.dir)))
        for path in ("plugins.d/plugin.conf", "auditd.conf"):
            os.chmod(self.dir / path, 0o640)

    def plugin_conf(self):
        if self.peer == "grep":
            return self.pipeline_conf("grep --line-buffered ^type=CAPSET")
        if self.peer == "capwatch":
            return PLUGIN_CONF.format(dir=self.dir, plugin=self.plugin, courier=self.courier)
        args = {"laurel": f"-c {self.dir}/laurel/laurel.toml", "audisp-syslog": "LOG_INFO",
                "consumer": f"{self.dir}/consumer.counts"}.get(self.peer)
        if self.peer == "laurel":
            peers.write_laurel(self.dir / "laurel")
        return PEER_CONF.format(path=self.dir / "bin" / self.peer, args=f"args = {args}\n" if args else "")

    def pipeline_conf(self, command):
        """A plugin that is one of the peers with its output in out.stream."""
        script = self.dir / "bin" / "script"
        script.write_text(f'#!/bin/sh\nexec "{self.dir}"/bin/{command} >"{self.dir}/out.stream"\n')
        script.chmod(0o750)
        (self.dir / "out.stream").touch()
        return PEER_CONF.format(path=script, args="")

    def rules_text(self):
        """First what keeps the machine's other programs out, and those that measure; then capwatch's own rules, then
        the site's. Of capwatch the shipped never rules alone, which leave out less than what the peers have here."""
        shipped = super().rules_text()
        hidden = [self.dir / "bin" / name for name in peer_files(self.bench.build)]
        hidden += [pathlib.Path(sys.executable).resolve(), pathlib.Path("/usr/sbin/auditd").resolve(),
                   pathlib.Path("/usr/sbin/auditctl").resolve()]
        never = "\n".join(f"-a never,exit -F exe={path}" for path in hidden if path.exists())
        return "\n".join([self.never_others(), never, shipped, (HERE / "broad.rules").read_text()])

    def never_others(self):
        return f"-a never,exit -F auid!={LOGIN}"

    def await_plugin(self):
        wanted = 3 if self.peer == "capwatch" else 1
        if not wait_until(lambda: len(self.plugin_processes()) >= wanted, READY, 0.05):
            raise Failed(f"{self.peer} did not start as a plugin")
        time.sleep(1)

    def pids(self):
        """The plugin's processes by name."""
        main = children_of(self.auditd.pid)
        if len(main) != 1:
            raise Failed(f"auditd has {len(main)} plugins, not one: {self.peer} has ended")
        if self.peer != "capwatch":
            return {self.peer: main[0]}
        children = {os.readlink(f"/proc/{pid}/exe"): pid for pid in children_of(main[0])}
        return {"supervisor": main[0], "sensor": children[str(self.plugin)], "courier": children[str(self.courier)]}

    def settle(self):
        """Until kernel, auditd and plugin have no more to do than the rest of the machine gives them: whoever is behind
        takes all the CPU that he gets."""
        pids = [self.auditd.pid, *self.pids().values()]
        previous, end = None, time.monotonic() + 120
        while time.monotonic() < end:
            now = sum(cpu_of(pid) for pid in pids)
            if previous is not None and now - previous < BUSY * LOOK and not audit_status().get("backlog"):
                return
            previous = now
            time.sleep(LOOK)
        raise Failed(f"{self.peer} was still busy two minutes after the load")

    def log_size(self):
        return (self.dir / "log" / "audit.log").stat().st_size


def end_once(*_):
    """Ends us so that all is put back, whatever comes meanwhile: timeout(1) sends its signal twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)


def log_in():
    """In a child before exec: it is of those that are recorded."""
    pathlib.Path("/proc/self/loginuid").write_text(str(LOGIN))


def peer_files(build):
    """name and file of each peer that is there."""
    found = {"cat": peers.find("cat"), "laurel": peers.find("laurel"), "audisp-syslog": peers.find("audisp-syslog"),
             "consumer": build / "bench" / "consumer", "grep": peers.find("grep")}
    return {name: path for name, path in found.items() if path}


