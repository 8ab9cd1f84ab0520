# SPDX-License-Identifier: Apache-2.0
"""courier: the real capwatch-courier with a configuration of ours, fed as the sensor feeds it; and an HTTP receiver."""
import http.server
import json
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
HEADER = struct.Struct("<IHBBQII")
MAGIC, WIRE_ALERT = 0x31777063, 1
SEVERITIES = ("low", "medium", "high", "critical")
SENSOR_FD = 3


def spool_setting(folder):
    """Of a configuration that has one: a folder of the test's."""
    schema = json.loads((TOP / "docs" / "capwatch.schema.json").read_text())
    return f"spool: {{dir: {folder}/spool}}\n" if "spool" in schema["properties"] else ""


class Courier:
    """sinks: YAML of the list below sinks:. With drain it ends by itself when all is delivered."""

    def __init__(self, build, folder, sinks, more=""):
        self.folder = pathlib.Path(folder)
        (self.folder / "spool").mkdir(mode=0o700, exist_ok=True)
        config = self.folder / "capwatch.yaml"
        config.write_text(f"{more}{spool_setting(self.folder)}sinks:\n{sinks}")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket, self.number = ours, 0
        self.log = open(self.folder / "courier.log", "w+b")
        self.process = subprocess.Popen(
            [pathlib.Path(build) / "alerters" / "capwatch-courier", "--config", config, "--foreground", "--drain", "20"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, pass_fds=(SENSOR_FD,),
            preexec_fn=lambda: os.dup2(theirs.fileno(), SENSOR_FD))
        theirs.close()

    def send(self, alert):
        self.number += 1
        body = json.dumps(alert).encode()
        severity = SEVERITIES.index(alert.get("severity", "low"))
        self.socket.send(HEADER.pack(MAGIC, WIRE_ALERT, severity, 0, self.number, len(body), 0) + body)
        self.socket.settimeout(20)
        self.socket.recv(4096)  # the acknowledgement

    def end(self):
        """Its status, when it has delivered what it could, and what it logged."""
        self.socket.close()
        status = self.process.wait(60)
        self.log.seek(0)
        return status, self.log.read().decode()


def deliver(build, folder, sinks, alerts, more=""):
    """Delivers and ends; a list of problems."""
    courier = Courier(build, folder, sinks, more)
    for alert in alerts:
        courier.send(alert)
    status, log = courier.end()
    return [] if status == 0 and not log else [f"courier: status {status}", *log.splitlines()]


class Receiver:
    """Keeps (path, headers, body) of each request; answers what reply makes of it."""

    def __init__(self, reply=lambda path, body: (200, b"{}")):
        self.requests = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                status, text = reply(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *arguments: None  # who asked has gone
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def wait_for(condition, seconds):
    """What the condition returns as soon as that is true; else its last."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > until:
            return value
        time.sleep(0.1)
