# SPDX-License-Identifier: Apache-2.0
"""peers: the programs that capwatch is measured beside, how each is started, and our own configuration for it.

Owns: commands, configurations and versions. Must not own: what is measured. A peer that is not installed has no path.
"""
import pathlib
import shutil
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[1]
SHIPPED_BASELINE = TOP / "conf" / "dist" / "baseline.d"
PACKAGES = {"laurel": "laurel", "audisp-syslog": "auditd", "ausearch": "auditd", "libauparse (consumer)": "libauparse0",
            "cat, wc": "coreutils"}

# As shipped by Debian, but for the place of its log and for its size: all that it wrote can be counted.
LAUREL_TOML = """\
directory = "{dir}"
{user}statusreport-period = 0
[auditlog]
file = "audit.log"
size = 4000000000
generations = 2
[transform]
execve-argv = [ "array" ]
[translate]
universal = false
user-db = false
[enrich]
pid = true
execve-env = [ "LD_PRELOAD", "LD_LIBRARY_PATH" ]
container = true
script = true
"""

REPLAY_YAML = """\
baseline: [{baselines}]
spool: {{dir: {dir}/spool}}
sinks:
  - {{type: file, path: {dir}/alerts.jsonl}}
"""

ENTRY = """\
  - name: {name}
    match: {{exe: {exe}}}
    start: {{effective: [cap_net_raw]}}
    running: {{effective: [cap_net_raw]}}
"""
ENTRIES_A_FILE = 2000  # below the size that a file may have


def find(program):
    """Its path, or None."""
    found = shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin")
    return pathlib.Path(found).resolve() if found else None


def versions(build):
    """A line for each that is installed."""
    ours = subprocess.run([build / "cli" / "capwatch", "--version"], stdout=subprocess.PIPE, text=True, check=False)
    lines = [f"capwatch: {ours.stdout.strip()}, built with plain -O2"]
    for name, package in PACKAGES.items():
        lines.append(f"{name}: {version_of(package)}")
    return lines


def version_of(package):
    for query in (["dpkg-query", "-W", "-f", "${Package} ${Version}", package], ["rpm", "-q", package]):
        if shutil.which(query[0]):
            done = subprocess.run(query, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return done.stdout.strip()
    return "not installed"


def write_laurel(folder, user=""):
    """Its configuration, with a log of its own in folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "laurel.toml"
    path.write_text(LAUREL_TOML.format(dir=folder / "log", user=f'user = "{user}"\n' if user else ""))
    return path


def write_entries(folder, count, *exes):
    """A folder of a baseline with so many entries: of programs that are nowhere, and last of the exes given."""
    folder.mkdir(parents=True)
    made = [ENTRY.format(name=f"generated-{number}", exe=f"/usr/lib/generated/program-{number}")
            for number in range(count - len(exes))]
    made += [ENTRY.format(name=f"bench-{number}", exe=exe) for number, exe in enumerate(exes)]
    for number, begin in enumerate(range(0, len(made), ENTRIES_A_FILE)):
        (folder / f"{number:02d}.yaml").write_text("services:\n" + "".join(made[begin:begin + ENTRIES_A_FILE]))
    return folder


def write_replay(folder, *baselines):
    """The configuration that both replays read; the file sink is what audisp-capwatch --replay delivers to."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "capwatch.yaml"
    path.write_text(REPLAY_YAML.format(dir=folder, baselines=", ".join(str(one) for one in baselines)))
    return path
