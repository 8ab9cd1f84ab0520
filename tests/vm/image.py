# SPDX-License-Identifier: Apache-2.0
"""image: builds the disk of a test host from Debian's packages, once; later runs take it from the cache.

Owns: what is installed in the host and how it is set up before its first boot (not capwatch: that is
installed in the running host, as an administrator would). Must not own: how it is run (machine).

The disk's name holds a digest of all that it was made from, so that a change here makes a new one.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
DISK_SIZE = "6G"
CODENAMES = {12: "bookworm", 13: "trixie"}
ADMINISTRATION = ("ssh", "auditd", "audit-rules", "dbus", "cron", "rsyslog", "systemd-timesyncd",
                  "capwatch-test", "getty@tty1", "networking", "e2scrub_reap", "apt-daily.timer",
                  "logrotate.timer", "systemd-networkd")


@dataclass(frozen=True)
class Image:
    release: int
    disk: Path
    kernel: Path
    initrd: Path


class BuildFailed(Exception):
    pass


def cache_folder():
    return Path(os.environ.get("CAPWATCH_VM_CACHE", "/var/cache/capwatch-vm"))


def packages(release):
    """Of packages.txt: names, each with the releases that have it where not all do ("name 12")."""
    names = []
    for line in (HERE / "packages.txt").read_text().splitlines():
        words = line.partition("#")[0].split()
        if words and (len(words) == 1 or str(release) in words[1:]):
            names.append(words[0])
    return names


def folder_digest(*paths):
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(HERE).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def run(command, **options):
    """One command, its output shown only when it fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **options)
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace")[-6000:])
        raise BuildFailed(f"{command[0]} ended with status {done.returncode}")
    return done.stdout.decode(errors="replace")


def build_root(release, root, wanted, hooks=()):
    """A folder with a Debian root."""
    mirror = os.environ.get("CAPWATCH_VM_MIRROR")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", "--format=directory",
               "--aptopt=Acquire::Languages \"none\"", "--aptopt=APT::Install-Recommends \"false\"",
               "--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/man/*",
               "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
               f"--include={','.join(wanted)}", *hooks, CODENAMES[release], str(root)]
    if mirror:
        command.append(mirror)
    run(command)


def set_up(release, root):
    """mmdebstrap leaves a plain Debian; this makes it the test host."""
    shutil.copytree(HERE / "files", root, dirs_exist_ok=True, symlinks=True)
    run(["chroot", root, "/bin/bash", "/opt/capwatch-test/set-up", release])


def build(release, log):
    """The image of a release, built when the cache has none of this digest; one builder at a time."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return build_locked(release, cache, log)


def build_locked(release, cache, log):
    digest = folder_digest(HERE / "image.py", HERE / "packages.txt", HERE / "keep-debs", HERE / "files")
    base = cache / f"debian{release}-{digest}"
    image = Image(release, base.with_suffix(".ext4"), base.with_suffix(".vmlinuz"), base.with_suffix(".initrd"))
    if image.initrd.exists():  # the last to be made
        return image
    log(f"building the Debian {release} host's disk (once; cached in {cache})")
    with tempfile.TemporaryDirectory(dir=cache, prefix="build-") as work:
        root = Path(work) / "root"
        build_root(release, root, packages(release),
                   hooks=[f"--essential-hook=copy-in {HERE / 'files' / 'usr'} /",
                          f"--customize-hook={HERE / 'keep-debs'}"])
        set_up(release, root)
        part = Path(work) / "disk"
        run(["truncate", "-s", DISK_SIZE, part])
        run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-d", root, part])
        newest = sorted((root / "boot").glob("vmlinuz-*"))[-1]
        for old in cache.glob(f"debian{release}-*"):
            old.unlink()
        shutil.move(part, image.disk)
        shutil.copy(newest, image.kernel)
        shutil.copy(root / "boot" / newest.name.replace("vmlinuz", "initrd.img"), image.initrd)
    return image
