# SPDX-License-Identifier: Apache-2.0
"""recordings: a recording (tests/vm/recorder) as a folder on disk, plain or packed, and its judgement.

Owns: where its files are, unpacking, how judge-recording is called. Must not own: what is expected of the alerts.
"""
import datetime
import json
import lzma
import pathlib
import subprocess

FILES = ("stream", "facts")
TIMEOUT = 300


class RecordingError(Exception):
    """No recording, or one that cannot be judged; says why."""


def milliseconds(time):
    """Since the epoch, of a time as alerts have it."""
    return round(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)


def is_recording(folder):
    return all((folder / name).exists() or (folder / f"{name}.xz").exists() for name in FILES)


def read(folder, name):
    """The bytes of one of its files."""
    packed = folder / f"{name}.xz"
    try:
        return lzma.decompress(packed.read_bytes()) if packed.exists() else (folder / name).read_bytes()
    except OSError as error:
        raise RecordingError(f"{folder}: no recording: {error}") from None


def write_packed(folder, contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / f"{name}.xz").write_bytes(lzma.compress(data))


def unpack(folder, target):
    """A folder with plain files: itself, or target filled from it."""
    folder, target = pathlib.Path(folder), pathlib.Path(target)
    if all((folder / name).exists() for name in FILES):
        return folder
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (target / name).write_bytes(read(folder, name))
    return target


def baselines_of(folder, baseline):
    """The baseline to judge it by: the one given, and its own entries, where it needs some."""
    own = pathlib.Path(folder) / "baseline.yaml"
    return [str(baseline), *([str(own)] if own.exists() else [])]


def run(build, folder, *arguments):
    done = subprocess.run([pathlib.Path(build) / "tests" / "replay" / "judge-recording", *arguments, folder],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                          check=False)
    if done.returncode != 0:
        raise RecordingError(done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}")
    return done.stdout


def judge(build, folder, baselines):
    """The alerts of a recording with plain files."""
    named = [word for baseline in baselines for word in ("--baseline", baseline)]
    return [json.loads(line) for line in run(build, folder, *named).splitlines()]


def events(build, folder):
    """(milliseconds, serial, node) of each event that a judge looks at."""
    found = set()
    for line in run(build, folder, "--events").decode().splitlines():
        time, serial, node = line.split(" ", 2)
        found.add((int(time), int(serial), node))
    return found
