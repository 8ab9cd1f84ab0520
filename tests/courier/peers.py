# SPDX-License-Identifier: Apache-2.0
"""peers: the two other ends that the courier knows, played by a test: the sensor with its supervisor, which keep what
is not acknowledged and start the courier anew, and receivers that misbehave on purpose. Loopback only."""
import collections
import contextlib
import fcntl
import gzip
import json
import os
import pathlib
import random
import select
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

HEADER = struct.Struct("<IHBBQII")
MAGIC = 0x31777063
ALERT, LOG, ACK, RELOAD, STATE = 1, 2, 3, 5, 7
SENSOR_FD, SUPERVISOR_FD = 3, 4


def certificate(folder, name, extra=(), subject="IP:127.0.0.1"):
    """A key and a self-signed certificate for 127.0.0.1, or another subject; their paths."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={subject}", *extra], check=True, capture_output=True)
    return key, cert


class Sensor:
    """Numbers alerts from 1, sends what is not acknowledged again on every new link, as plugin/outbox.c does."""

    def __init__(self):
        self.kept = collections.OrderedDict()
        self.last = 0
        self.acknowledged = set()
        self.link = None
        self.unsent = []

    def put(self, alert, severity=2):
        self.last += 1
        self.kept[self.last] = (severity, json.dumps(alert, separators=(",", ":")).encode())
        self.unsent.append(self.last)

    def connect(self, link):
        self.disconnect()
        self.link = link
        link.setblocking(False)
        self.unsent = list(self.kept)

    def disconnect(self):
        if self.link:
            self.link.close()
        self.link = None

    def send_state(self, state):
        body = json.dumps(state).encode()
        self.link.send(HEADER.pack(MAGIC, STATE, 0, 0, 0, len(body), 0) + body)

    def turn(self, seconds=0.0):
        """Sends what the link takes and takes in what is acknowledged."""
        end = time.monotonic() + seconds
        while True:
            if self.link:
                self._send()
                self._receive()
            left = end - time.monotonic()
            if left <= 0:
                return
            if self.link:
                select.select([self.link], [], [], min(left, 0.02))
            else:
                time.sleep(min(left, 0.02))

    def _send(self):
        while self.unsent:
            number = self.unsent[0]
            if number in self.kept:
                severity, body = self.kept[number]
                try:
                    self.link.send(HEADER.pack(MAGIC, ALERT, severity, 0, number, len(body), 0) + body)
                except (BlockingIOError, OSError):
                    return
            self.unsent.pop(0)

    def _receive(self):
        while True:
            try:
                packet = self.link.recv(HEADER.size + 64)
            except (BlockingIOError, OSError):
                return
            if not packet:
                self.disconnect()
                return
            _, kind, _, _, number, _, _ = HEADER.unpack(packet[:HEADER.size])
            if kind == ACK and self.kept.pop(number, None):
                self.acknowledged.add(number)


class Courier:
    """The real program, as the supervisor starts it."""

    def __init__(self, build, config, log):
        self.program = pathlib.Path(build).resolve() / "alerters" / "capwatch-courier"
        self.config, self.log = config, log
        self.process = self.control = None

    def start(self, sensor, wrapper=()):
        link, link_theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control, control_theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (link, link_theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        # out of the way of the two numbers that they are to have
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 16) for end in (link_theirs, control_theirs)]

        def place():
            os.dup2(high[0], SENSOR_FD)
            os.dup2(high[1], SUPERVISOR_FD)

        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, str(self.program), "--config", str(self.config), "--foreground"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=place, close_fds=False, env=environment)
        for fd in high:
            os.close(fd)
        link_theirs.close()
        control_theirs.close()
        self.control = control
        sensor.connect(link)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.reap()

    def kill_below(self):
        """Of a wrapper and the courier that it runs: the courier first, which the wrapper then reports and ends."""
        end = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < end:
            try:
                below = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
                for pid in below:
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass
            time.sleep(0.01)
        self.kill()

    @contextlib.contextmanager
    def paused(self):
        """It tries nothing meanwhile, so that what is read twice of its spool is the same twice."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """As at the end of the plugin: true when it ended by itself, with nothing to complain of."""
        self.control.close()
        try:
            return self.process.wait(20) == 0
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def reap(self):
        if self.process:
            self.process.wait()
        if self.control:
            self.control.close()
        self.process = self.control = None

    def hangup(self):
        self.process.send_signal(signal.SIGHUP)

    def text(self):
        return pathlib.Path(self.log).read_text(encoding="utf-8", errors="replace")


class Receiver:
    """An HTTP receiver whose behaviour is chosen anew for each request. Keeps what it said 200 to."""

    MISDEEDS = ("500", "429", "reset", "hang", "early", "certificate")

    def __init__(self, context=None, wrong_context=None, hang=3.0, host="127.0.0.1"):
        self.context, self.wrong_context, self.hang = context, wrong_context, hang
        self.misdeeds, self.rate = (), 0.0
        self.random = random.Random(4)
        self.taken, self.counts = collections.Counter(), collections.Counter()
        self.order, self.requests, self.peer_certificates = [], [], []
        self.lock, self.over = threading.Lock(), threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def misbehave(self, rate, misdeeds=MISDEEDS):
        self.misdeeds, self.rate = misdeeds, rate

    def close(self):
        self.over.set()
        self.listener.close()

    def _choose(self):
        with self.lock:
            if self.misdeeds and self.random.random() < self.rate:
                return self.random.choice(self.misdeeds)
            return "ok"

    def _accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(30)
            connection = self._secure(connection)
            while connection and self._answer(connection):
                pass
        except (OSError, ValueError):
            pass
        finally:
            if connection:
                connection.close()

    def _secure(self, connection):
        if not self.context:
            return connection
        if self.wrong_context and self._choose() == "certificate":
            self._count("certificate")
            self.wrong_context.wrap_socket(connection, server_side=True)
            return None
        secure = self.context.wrap_socket(connection, server_side=True)
        self.peer_certificates.append(secure.getpeercert())
        return secure

    def _count(self, what):
        with self.lock:
            self.counts[what] += 1

    def _request(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None, None
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
        length = int(next(value for name, value in fields.items() if name.lower() == "content-length"))
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                return None, None
            body += more
        return fields, body

    def _answer(self, connection):
        misdeed = self._choose()
        if misdeed == "early":
            self._count("early")
            return False
        fields, body = self._request(connection)
        if fields is None:
            return False
        if misdeed == "certificate":
            misdeed = "ok"
        self._count(misdeed)
        if misdeed == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if misdeed == "hang":
            self.over.wait(self.hang)
            return False
        if misdeed == "500":
            connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno")
            return True
        if misdeed == "429":
            connection.sendall(b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
            return True
        if misdeed == "400":
            connection.sendall(b"HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 9\r\n\r\nnot today")
            return False
        with self.lock:
            parsed = json.loads(gzip.decompress(body) if fields.get("Content-Encoding") == "gzip" else body)
            self.taken[parsed.get("id")] += 1
            self.order.append(parsed.get("id"))
            self.requests.append((fields, parsed))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return True


def server_context(key, cert, ca=None, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.MAXIMUM_SUPPORTED):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.minimum_version = least
    context.maximum_version = most
    if ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ca)
    return context
