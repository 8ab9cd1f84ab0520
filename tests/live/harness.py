# SPDX-License-Identifier: Apache-2.0
"""harness: a private auditd with our plugin, a receiver for each sink, and actors.

Owns: the machine's audit system for as long as a Stack is open, under a lock, and its clean state
afterwards. Must not own: what any act should give (cases.py) or how results are counted (report.py).
Run by /usr/bin/python3 as root; Python's standard library and python3-jsonschema only.
"""
import fcntl
import http.server
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import jsonschema

TOP = pathlib.Path(__file__).resolve().parents[2]
LOCK = "/tmp/capwatch-audit.lock"
LOCK_PATIENCE = 900   # seconds, for the lock
OTHER_PATIENCE = 20  # for an auditd that is about to end
DEV_LOG = "/dev/log"
UNSET = "4294967295"  # the login id of what nobody logged in for
START_WINDOW = 1.0
SETTLE = 0.4  # how long after the last expected alert an unexpected one would still show

CAPABILITIES = """chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap
linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module
sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time
sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog
wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore""".split()
NAMES = ["cap_" + name for name in CAPABILITIES]


INT_80 = """
int main(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	return result <= 0;
}
"""


def has_i386_abi():
    """Some kernels offer no 32-bit ABI: int 0x80 ends a process there, an attacker's too. What is tried by it is
    then nothing that could be missed, and is left out, which is said."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "int80"
        subprocess.run(["cc", "-x", "c", "-o", program, "-"], input=INT_80, text=True, check=True)
        present = subprocess.run([program], check=False).returncode == 0
    if not present:
        print("# this kernel has no 32-bit ABI (int 0x80 ends a process): what is tried by it is left out", flush=True)
    return present


def bounding_set():
    """Names of all that root can hold on this machine, which need not be everything."""
    status = pathlib.Path("/proc/self/status").read_text()
    mask = int(re.search(r"^CapBnd:\s*(\S+)", status, re.M)[1], 16)
    return [name for bit, name in enumerate(NAMES) if mask >> bit & 1]


class CannotRun(Exception):
    """This machine cannot do it; says why. A skip, and with CI=true a failure."""


def run(*command, **options):
    """Runs a command to its end, output captured as text; never raises for its exit status."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **options)


def audit_status():
    """What the kernel says of its audit system, as numbers by name."""
    pairs = (line.split()[:2] for line in run("auditctl", "-s").stdout.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def wait_until(condition, seconds, step=0.01):
    """The first true value of condition() within the time, or the last one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


class AuditLock:
    """The one audit system of the machine: nobody else uses it while this is held."""

    def __enter__(self):
        self.file = open(LOCK, "a", encoding="ascii")
        end = time.monotonic() + LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end:
                    raise CannotRun(f"{LOCK} is held by another for {LOCK_PATIENCE} s") from None
                time.sleep(0.2)
        if not wait_until(lambda: not audit_status().get("pid"), OTHER_PATIENCE, 0.5):
            self.file.close()
            raise CannotRun("another auditd is running: stop it, or test on a machine of your own")
        return self

    def __exit__(self, *_):
        self.file.close()


class Sink:
    """What arrived at one sink: (time of arrival, alert or line), in order."""

    def __init__(self):
        self.items = []
        self.lock = threading.Lock()

    def add(self, item):
        with self.lock:
            self.items.append((time.time(), item))

    def all(self):
        with self.lock:
            return list(self.items)


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A courier that is killed resets its connections."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class WebhookSink(Sink):
    """A receiver on the loopback. Everything that is not a POST of JSON is kept in errors."""

    def __init__(self):
        super().__init__()
        self.errors = []
        self.refuse = False  # answer 503, and keep nothing
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if sink.refuse:
                    self.answer(503)
                    return
                try:
                    if not self.headers.get("Content-Type", "").startswith("application/json"):
                        raise ValueError(f"content type {self.headers.get('Content-Type')}")
                    sink.add(json.loads(body))
                except ValueError as error:
                    sink.errors.append(f"{error}: {body[:200]!r}")
                self.answer(204)

            def answer(self, status):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/ingest"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SyslogSink(Sink):
    """A datagram socket in place of /dev/log."""

    def __init__(self, path):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            try:
                datagram = self.socket.recv(1 << 20)
            except OSError:
                return
            self.add(datagram.decode("utf-8", "strict"))

    def close(self):
        self.socket.close()


class FileSink(Sink):
    """Follows the file of JSON lines."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.open = True
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        offset, rest = 0, b""
        while True:
            last_round = not self.open
            try:
                with open(self.path, "rb") as file:
                    file.seek(offset)
                    new = file.read()
            except FileNotFoundError:
                new = b""
            offset += len(new)
            *lines, rest = (rest + new).split(b"\n")
            for line in lines:
                self.add(json.loads(line))
            if last_round:
                return
            time.sleep(0.01)

    def close(self):
        self.open = False
        self.thread.join()


SAID = re.compile(r"^([A-Z]+) (\d+) ([0-9.]+) (-?\d+)$")


class Actor:
    """A process that says READY, ACT, DONE (act.h) on its stdout and acts on a line at its stdin."""

    def __init__(self, command, environment=None, before_exec=None):
        self.lines = []
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment, preexec_fn=before_exec, start_new_session=True)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        for line in self.process.stdout:
            match = SAID.match(line.decode("ascii", "replace"))
            if match:
                self.lines.append((match[1], int(match[2]), float(match[3]), int(match[4])))

    def said(self, word):
        """The last line with this word, as (pid, time, result), or None."""
        found = [line[1:] for line in self.lines if line[0] == word]
        return found[-1] if found else None

    def await_word(self, word, seconds=5.0):
        wait_until(lambda: self.said(word) or self.said("FAILED") or
                   (self.process.poll() is not None and not self.thread.is_alive()), seconds)
        return self.said(word)

    def act(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.thread.join(1)
        self.process.stdout.close()
        self.process.stderr.close()


# auditd makes its log's folder 0700, so that gets one of its own.
AUDITD_CONF = """\
local_events = yes
write_logs = yes
log_file = {dir}/log/audit.log
log_group = root
log_format = ENRICHED
flush = NONE
max_log_file = 64
num_logs = 2
priority_boost = 4
name_format = NONE
max_log_file_action = IGNORE
space_left = 20
space_left_action = IGNORE
admin_space_left = 10
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
use_libwrap = no
q_depth = 4000
overflow_action = SYSLOG
max_restarts = 10
plugin_dir = {dir}/plugins.d
end_of_event_timeout = 2
"""

# auditd passes two arguments on, no more.
PLUGIN_CONF = """\
active = yes
direction = out
path = {plugin}
type = always
args = --config={dir}/capwatch.yaml --courier={courier}
format = string
"""

RECORDER_CONF = """\
active = yes
direction = out
path = {dir}/bin/recorder
type = always
args = --config={dir}/capwatch.yaml {dir}/recording
format = string
"""

CAPWATCH_YAML = """\
mode: alert
user: {user}
courier_user: {courier_user}
baseline: [{baselines}]
start_window: {start_window}
start_timeout: {start_window}
repeat_window: {repeat_window}
{more}spool: {{dir: {dir}/alerts/spool}}
control: {dir}/control
sinks:
  - type: syslog
    socket_path: {dir}/syslog.sock
  - type: file
    path: {dir}/alerts/alerts.jsonl
  - type: webhook
    name: test
    url: {url}
"""


class Stack:
    """A private auditd with the plugin and the rules, and the three sinks. A context manager.

    settings: values of CAPWATCH_YAML to replace. baseline: text of an own baseline file, read after
    the shipped ones, DIR standing for the stack's folder. prepare: called with the stack before
    anything is recorded. Everything it starts, loads, mounts or makes is gone when it is left."""

    def __init__(self, build, baseline="", prepare=None, **settings):
        self.build = pathlib.Path(build).resolve()
        self.baseline = baseline
        self.prepare = prepare
        self.settings = settings
        self.undo = []  # what to call, last first, when leaving
        self.actors = []
        self.log = None  # what comes to /dev/log, where the machine has no log of its own
        self.cgroups = []  # folders made in the cgroup hierarchies, outermost first

    def __enter__(self):
        if os.geteuid() != 0:
            raise CannotRun("needs root")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that all is undone
        self.lock = AuditLock()
        self.lock.__enter__()
        self.undo.append(lambda: self.lock.__exit__())
        try:
            self.start()
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(self, *_):
        self.leave()

    def leave(self):
        while self.undo:
            step = self.undo.pop()
            try:
                step()
            except Exception as error:  # the rest must still be undone
                print(f"# while cleaning up: {error}", flush=True)

    def start(self):
        self.make_folder()
        self.undo.append(self.remove_cgroups)
        self.undo.append(self.end_actors)
        if self.prepare:
            self.prepare(self)
        if not has_listener(DEV_LOG):
            pathlib.Path(DEV_LOG).unlink(missing_ok=True)  # of a run that was killed
            self.log = SyslogSink(DEV_LOG)
            self.undo.append(lambda: os.unlink(DEV_LOG))
            self.undo.append(self.log.close)
        self.syslog = SyslogSink(self.dir / "syslog.sock")
        self.undo.append(self.syslog.close)
        self.webhook = WebhookSink()
        self.undo.append(self.webhook.close)
        self.file = FileSink(self.dir / "alerts" / "alerts.jsonl")
        self.undo.append(self.file.close)
        self.write_configuration()
        self.load_rules()
        self.start_auditd()

    def make_folder(self):
        os.chdir("/")
        os.umask(0o022)  # an actor that is nobody reaches what it executes
        os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="capwatch-live-"))
        self.undo.append(lambda: shutil.rmtree(self.dir, ignore_errors=True))
        os.chmod(self.dir, 0o755)
        if os.statvfs(self.dir).f_flag & os.ST_NOSUID:
            raise CannotRun(f"{self.dir} is mounted nosuid: set TMPDIR to another folder")
        for name in ("plugins.d", "log", "bin", "alerts", "baseline.d", "build/plugin", "build/alerters",
                     "build/rules/shipped"):
            (self.dir / name).mkdir(parents=True)

    @property
    def plugin(self):
        return self.dir / "build" / "plugin" / "audisp-capwatch"

    @property
    def courier(self):
        return self.dir / "build" / "alerters" / "capwatch-courier"

    def write_configuration(self):
        user, courier_user = test_users()
        os.chown(self.dir / "alerts", pwd.getpwnam(courier_user).pw_uid, -1)
        self.install_programs()
        baselines = [str(TOP / "conf" / "dist" / "baseline.d")]
        if self.baseline:
            (self.dir / "baseline.d" / "50-test.yaml").write_text(self.baseline.replace("DIR", str(self.dir)))
            baselines.append(str(self.dir / "baseline.d"))
        values = {"dir": self.dir, "user": user, "courier_user": courier_user, "url": self.webhook.url,
                  "baselines": ", ".join(baselines), "start_window": f"{int(START_WINDOW * 1000)}ms",
                  "repeat_window": "5m", "more": "", **self.settings}
        (self.dir / "capwatch.yaml").write_text(CAPWATCH_YAML.format(**values))
        (self.dir / "plugins.d" / "capwatch.conf").write_text(
            PLUGIN_CONF.format(dir=self.dir, plugin=self.plugin, courier=self.courier))
        (self.dir / "auditd.conf").write_text(AUDITD_CONF.format(dir=self.dir))
        for path in ("capwatch.yaml", "plugins.d/capwatch.conf", "auditd.conf"):
            os.chmod(self.dir / path, 0o644 if path == "capwatch.yaml" else 0o640)

    def add_recorder(self):
        """A second plugin, which keeps the run (tests/vm/recorder): prepare's way to have it judged again."""
        install_program(self.build / "tests" / "vm" / "recorder", self.dir / "bin" / "recorder")
        conf = self.dir / "plugins.d" / "recorder.conf"
        conf.write_text(RECORDER_CONF.format(dir=self.dir))
        conf.chmod(0o640)

    @property
    def recording(self):
        return self.dir / "recording"

    def keep_recording(self, target):
        """Once it is stopped: the recording with the baseline's own entries, for tests/replay/cut."""
        shutil.copytree(self.recording, target)
        if self.baseline:
            shutil.copyfile(self.dir / "baseline.d" / "50-test.yaml", pathlib.Path(target) / "baseline.yaml")

    def install_programs(self):
        """A copy of the built tree's two programs, as it lies there, owned as auditd demands."""
        install_program(self.build / "plugin" / "audisp-capwatch", self.plugin)
        install_program(self.build / "alerters" / "capwatch-courier", self.courier)
        os.chmod(self.courier, 0o755)

    def load_rules(self):
        self.undo.append(silence_kernel)
        silence_kernel()
        path = self.dir / "rules"
        path.write_text(self.rules_text())
        done = run("auditctl", "-R", str(path))
        if done.returncode != 0 or "rror" in done.stdout:
            raise RuntimeError(f"auditctl -R: {done.stdout.strip()}")
        run("auditctl", "-b", "8192")
        run("auditctl", "-e", "1")

    def rules_text(self):
        """All profiles shipped, with the paths of our copies in the never rules; also where the plugin
        finds the rules that it needs."""
        folder = TOP / "rules" / "profiles"
        shipped = self.dir / "build" / "rules" / "shipped"
        texts = []
        for name in ("never", "never-courier"):
            made = shipped / f"{name}.rules"
            done = run("sh", str(TOP / "rules" / "substitute.sh"), str(folder / f"{name}.rules.in"), str(made),
                       env={**os.environ, "SBINDIR": str(self.plugin.parent), "COURIER": str(self.courier)})
            if done.returncode != 0:
                raise RuntimeError(f"rules/substitute.sh: {done.stdout}")
            texts.append(made.read_text())
        for name in ("core", "exec", "file-caps"):
            shutil.copyfile(folder / f"{name}.rules", shipped / f"{name}.rules")
            texts.append((shipped / f"{name}.rules").read_text())
        return "\n".join(texts)

    def start_auditd(self):
        self.auditd = subprocess.Popen(["/usr/sbin/auditd", "-n", "-s", "nochange", "-c", str(self.dir)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=(self.dir / "auditd.err").open("wb"))
        self.undo.append(self.stop_auditd)
        if not wait_until(self.auditd_is_up, 5):
            raise RuntimeError("auditd did not come up: " + (self.dir / "auditd.err").read_text())
        self.await_plugin()

    def auditd_is_up(self):
        return audit_status().get("pid") == self.auditd.pid

    def await_plugin(self):
        """Until the plugin's three processes run: it alerts on nothing that happens before."""
        if not wait_until(lambda: len(self.plugin_processes()) >= 3, 5, 0.05):
            raise RuntimeError(f"the plugin's processes are {self.plugin_processes()}; its log: "
                               f"{(self.log_lines() or [])[-5:]}")
        time.sleep(0.3)

    def plugin_processes(self):
        """pid and exe of everything below auditd."""
        found = {}
        parents = {self.auditd.pid}
        for _ in range(3):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    stat = pathlib.Path(f"/proc/{pid}/stat").read_text("latin-1").rsplit(")", 1)[1].split()
                    if int(stat[1]) in parents and stat[0] != "Z":
                        found[int(pid)] = os.readlink(f"/proc/{pid}/exe")
                        parents.add(int(pid))
                except OSError:
                    continue
        return found

    def stop_auditd(self):
        if self.auditd.poll() is None:
            self.auditd.send_signal(signal.SIGTERM)
            try:
                self.auditd.wait(10)
            except subprocess.TimeoutExpired:
                self.auditd.kill()
                self.auditd.wait()

    def stop(self):
        """Ends auditd as its service manager would; the plugin then delivers what it still holds."""
        ours = self.plugin_processes()
        self.stop_auditd()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in ours), 5)
        time.sleep(0.1)

    def end_actors(self):
        for actor in self.actors:
            actor.end()

    def remove_cgroups(self):
        """Once the actors are gone; the kernel may need a moment to let go of a cgroup."""
        for folder in reversed(self.cgroups):
            wait_until(lambda folder=folder: removed(folder), 3)

    def actor(self, command, environment=None, before_exec=None):
        actor = Actor(command, environment, before_exec)
        self.actors.append(actor)
        return actor

    def copy_program(self, source, name, mode=0o755):
        """A copy of a program of its own, so a service of its own."""
        target = self.dir / "bin" / name
        shutil.copyfile(source, target)
        os.chmod(target, mode)
        return target

    def log_lines(self):
        """What capwatch and auditd said of themselves; None where the machine's own log has it."""
        return [line for _, line in self.log.all()] if self.log else None

    def raw_records(self, pid):
        """What auditd wrote of the events that this process had a part in."""
        text = (self.dir / "log" / "audit.log").read_text(errors="replace")
        serials = set(re.findall(rf"^type=\S+ msg=audit\(([0-9.:]+)\):.*? pid={pid} ", text, re.M))
        return [line.split("\x1d")[0] for line in text.splitlines()
                if not line.startswith(("type=PROCTITLE", "type=CWD")) and (match := re.search(r"msg=audit\(([0-9.:]+)\)", line)) and match[1] in serials]

    def alerts(self, pid=None):
        """(arrival, alert) from the file sink; of one process, or of all. How this machine was booted is no test's doing."""
        return [(when, alert) for when, alert in self.file.all() if not is_of_boot(alert)
                and (pid is None or (alert.get("process") or {}).get("pid") == pid)]


def forget_login():
    """In a child before exec: started as by a service manager, not by the person who runs the tests."""
    try:
        with open("/proc/self/loginuid", "r+", encoding="ascii") as file:
            if file.read().strip() != UNSET:
                file.write(UNSET)
    except OSError:
        pass


def removed(folder):
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def is_of_boot(alert):
    """Of a machine without audit=1 on its kernel's command line, once a boot."""
    return (alert.get("coverage") or {}).get("lost", "").startswith("what is older than auditing")


def is_sanitized(program):
    return b"__asan_init" in pathlib.Path(program).read_bytes()


def install_program(source, target):
    """auditd wants a plugin that is root's, regular, mode 0750; libtool's wrapper is no such thing."""
    real = source.parent / ".libs" / source.name
    shutil.copyfile(real if real.exists() else source, target)
    os.chown(target, 0, 0)
    os.chmod(target, 0o750)


def test_users():
    """Two users that are there, neither of them root: capwatch's own if installed."""
    found = []
    for wanted, instead in (("capwatch", "daemon"), ("capwatch-courier", "bin")):
        try:
            found.append(pwd.getpwnam(wanted).pw_name)
        except KeyError:
            found.append(instead)
    return found


def has_listener(path):
    """Whether somebody receives at this socket, or something else of that name is there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            pass
    return True


def silence_kernel():
    run("auditctl", "-D")
    run("auditctl", "-e", "0")


def in_own_mounts(*more):
    """Once more, in a mount namespace of our own, so that what is mounted over the host's files is ours alone. more:
    unshare's options, for further namespaces."""
    if os.environ.get("CAPWATCH_OWN_MOUNTS") != "inside":
        environment = {**os.environ, "CAPWATCH_OWN_MOUNTS": "inside"}
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", *more, sys.executable, *sys.argv],
                   environment)


def schema_validator():
    schema = json.loads((TOP / "docs" / "alert.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
