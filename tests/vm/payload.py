# SPDX-License-Identifier: Apache-2.0
"""payload: what a test host is given besides its image: capwatch as `make install` lays it out, the
test's tools, the agent and one scenario.

Owns: the build for the host's own release. A release that is not this machine's is built for in a root
of its own (mmdebstrap with the build's packages, cached). Must not own: how the host installs it (agent).
"""
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import image

HERE = Path(__file__).parent
TOP = HERE.parents[1]
CONFIGURE = ("--quiet", "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var")
RECORDER = "tests/vm/recorder"
TOOLS_C = {"actor": ("-static", "-pthread", "tests/live/actor.c", "tests/live/act.c"),
           "preload.so": ("-shared", "-fPIC", "tests/live/preload.c", "tests/live/act.c"),
           "villain": ("-static", "-pthread", "tests/vm/tools/villain.c", "tests/live/act.c"),
           "takeover.so": ("-shared", "-fPIC", "tests/vm/tools/takeover.c", "tests/live/act.c")}


def machine_release():
    """This machine's Debian release, or None where it is another system."""
    words = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    version = words.get("VERSION_ID", "").strip('"')
    return int(version) if words.get("ID") == "debian" and version.isdigit() else None


def build_packages():
    done = subprocess.run(["bash", "-c", '. "$1" && printf "%s\\n" "${PACKAGES_APT_BUILD[@]}"', "bash",
                           TOP / "build-aux" / "prepare.bash"], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


class Builder:
    """Builds and installs into a folder; commands run on this machine, or in the release's build root."""

    def __init__(self, release, source, work, log):
        self.release, self.source, self.work, self.log = release, Path(source), work, log
        self.root = None
        if release != machine_release():
            self.root = self._build_root()

    def _build_root(self):
        wanted = sorted({*build_packages(), "automake", "check"})
        root = image.cache_folder() / f"build-root-debian{self.release}"
        built = root / "built"
        if not built.exists() or built.read_text().split() != wanted:
            self.log(f"making a root to build in for Debian {self.release} (once; cached)")
            shutil.rmtree(root, ignore_errors=True)
            root.parent.mkdir(parents=True, exist_ok=True)
            image.build_root(self.release, root, wanted)
            built.write_text("\n".join(wanted))
        return root

    def command(self, *words, folder):
        """Runs words in the folder, which is a path of this machine's."""
        if self.root:
            inside = "/" + str(folder.relative_to(self.root))
            image.run(["chroot", self.root, "/usr/bin/env", "-C", inside, *words])
        else:
            image.run(words, cwd=folder)

    def place(self):
        """A source folder and an empty build folder that command() can work in."""
        if not self.root:
            source, build = self.source, self.work / "build"
        else:
            source, build = self.root / "src", self.root / "build"
            shutil.rmtree(source, ignore_errors=True)
            shutil.rmtree(build, ignore_errors=True)
            copy_source(self.source, source)
        build.mkdir(parents=True)
        return source, build

    def seen(self, path):
        return str(path) if not self.root else "/" + str(path.relative_to(self.root))


def copy_source(top, target):
    """What the repository holds, and what autoreconf made of it."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", top, "ls-files", "-co", "--exclude-standard"],
                            stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    made = ["configure", "aclocal.m4", "Makefile.in", "config.h.in"]
    made += [str(path.relative_to(top)) for path in (top / "build-aux").glob("*")]
    for name in {*listed, *made}:
        if (top / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / name, target / name)


def build(builder, target):
    """capwatch.tar and tools/ in target."""
    if not (builder.source / "configure").exists():
        image.run(["autoreconf", "-fi"], cwd=builder.source)
    source, folder = builder.place()
    tools = target / "tools"
    tools.mkdir()
    builder.command(f"{builder.seen(source)}/configure", *CONFIGURE, folder=folder)
    jobs = f"-j{os.cpu_count()}"
    builder.command("make", "-s", jobs, folder=folder)
    builder.command("make", "-s", "install", f"DESTDIR={builder.seen(folder / 'installed')}", folder=folder)
    shutil.copy(folder / RECORDER, tools)
    for name, words in TOOLS_C.items():
        arguments = [f"{builder.seen(source)}/{word}" if word.endswith(".c") else word for word in words]
        builder.command("gcc", "-std=gnu11", "-O1", f"-I{builder.seen(source)}", "-o", builder.seen(folder / name),
                        *arguments, folder=folder)
        shutil.copy(folder / name, tools)
    with tarfile.open(target / "capwatch.tar", "w") as tar:
        tar.add(folder / "installed", arcname=".", filter=owned_by_root)


def owned_by_root(member):
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def pack(builder_output, name, disk, extra=()):
    """One tar, as the host's second disk: the build's output, the agent, the scenarios and which of
    them to run; extra: (name, text) of further small files."""
    with tarfile.open(disk, "w") as tar:
        tar.add(builder_output, arcname=".", filter=owned_by_root)
        for file in ("agent.py", "scenario.py", "walk.py", "recorder.conf"):
            tar.add(HERE / file, arcname=file, filter=owned_by_root)
        tar.add(HERE.parents[1] / "docs" / "tuning.md", arcname="tuning.md", filter=owned_by_root)
        tar.add(HERE / "scenarios", arcname="scenarios", filter=owned_by_root)
        for path in sorted((HERE / "tools").glob("*")):
            tar.add(path, arcname=f"tools/{path.name}", filter=owned_by_root)
        for file, text in (("scenario", name), *extra):
            member = tarfile.TarInfo(file)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
