# SPDX-License-Identifier: Apache-2.0
"""machine: one run of a test host in QEMU, from power on to power off.

Owns: the command line of QEMU, the disks of one run, the reading of the second serial port. Must not
own: what runs inside (agent), nor what its words mean (verdict).

vda is the image under an overlay that is thrown away, vdb the payload (a tar), vdc takes the results
(a tar). No network card: a host under test reaches nothing but itself.
"""
import json
import subprocess
import time
from pathlib import Path

RESULTS_SIZE = 1 << 30
POLL_S = 0.5
CPU = "Nehalem"  # emulated, what newer ones have beyond it costs a sixth of the time
MEMORY_MIB = "4096"
KERNEL_LINE = ("root=/dev/vda rw console=ttyS0 audit=1 audit_backlog_limit=8192 panic=5 quiet "
               "systemd.show_status=0 mitigations=off nokaslr")


class RunFailed(Exception):
    pass


def command_line(image, folder, ssh_port):
    """ssh_port: a person's way in, on loopback; the host still reaches nothing outside."""
    network = (["-netdev", f"user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:{ssh_port}-:22", "-device", "virtio-net,netdev=n"]
               if ssh_port else ["-nic", "none"])
    drive = "if=virtio,cache=unsafe,discard=unmap"
    return ["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=1024", "-cpu", CPU, "-smp", "2", "-m", MEMORY_MIB,
            "-nodefaults", "-display", "none", *network, "-device", "virtio-rng-pci",
            "-kernel", image.kernel, "-initrd", image.initrd, "-append", KERNEL_LINE,
            "-chardev", f"file,id=console,path={folder / 'console'},append=on", "-serial", "chardev:console",
            "-chardev", f"file,id=words,path={folder / 'words'},append=on", "-serial", "chardev:words", "-no-reboot",
            "-drive", f"file={folder / 'overlay'},format=qcow2,{drive}",
            "-drive", f"file={folder / 'payload.tar'},format=raw,readonly=on,{drive}",
            "-drive", f"file={folder / 'results.tar'},format=raw,{drive}"]


def prepare_disks(image, folder):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, folder / "overlay"],
                   check=True)
    with open(folder / "results.tar", "wb") as disk:
        disk.truncate(RESULTS_SIZE)
    (folder / "words").touch()


class Words:
    """The JSON lines that the agent writes to the second serial port, as they come."""

    def __init__(self, path):
        self.file = open(path, "rb")  # noqa: SIM115 (closed with the run)
        self.rest = b""

    def fresh(self):
        self.rest += self.file.read()
        *lines, self.rest = self.rest.split(b"\n")
        words = []
        for line in lines:
            try:
                words.append(json.loads(line))
            except ValueError:
                continue  # what a terminal's start may write before us
        return words


def boot(command, log, deadline, listen):
    """One boot: until the host powers off or restarts itself. log takes QEMU's own words."""
    with open(log, "ab") as output:
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        while qemu.poll() is None and time.monotonic() < deadline:
            time.sleep(POLL_S)
            listen()
    finally:
        qemu.kill()
        qemu.wait()
    listen()


def run(image, folder, limit_s, heard, ssh_port=None):
    """Runs the host until it powers off; heard is called with each of the agent's words. Returns the
    folder of the results; raises RunFailed with the console's end when there are none. A host that
    restarts is started anew here (-no-reboot): QEMU's own reset of a kernel given by -kernel may hang."""
    prepare_disks(image, folder)
    deadline = time.monotonic() + limit_s
    words, kinds = Words(folder / "words"), []

    def listen():
        for word in words.fresh():
            kinds.append(word.get("kind"))
            heard(word)

    while not kinds or kinds[-1] == "reboot":
        boots = kinds.count("reboot")
        boot([str(word) for word in command_line(image, folder, ssh_port)], folder / "qemu.log", deadline, listen)
        if kinds.count("reboot") == boots:
            break
    (folder / "overlay").unlink()
    if "end" not in kinds:
        raise RunFailed(f"the host did not finish within {limit_s} s; its console ends with:\n" + tail(folder / "console")
                        + tail(folder / "qemu.log"))
    results = folder / "results"
    results.mkdir()
    subprocess.run(["tar", "-C", results, "--no-same-owner", "-xf", folder / "results.tar"], check=True)
    (folder / "results.tar").unlink()
    return results


def tail(path):
    return Path(path).read_bytes().decode(errors="replace")[-3000:]
