# SPDX-License-Identifier: Apache-2.0
"""changes: `capwatch replay --compare` on recorded streams: what a change of baseline adds, silences and changes.

Owns: the baselines compared, and what must come of them. Must not own: how a table or JSON is laid out in every
detail (tests/unit/test_compare.c), what the streams alert by themselves (golden).
"""
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
BASELINE = "conf/dist/baseline.d"
STREAM = "tests/replay/streams/debian12-nginx-transparent.stream"  # two workers each raise cap_net_raw
TIMEOUT = 60

NGINX = """\
services:
  - name: nginx-transparent
    match: {exe: /usr/sbin/nginx}
"""
FILES = {
    "may.yaml": NGINX + "    running: {effective: [cap_net_raw], permitted: same}\n",
    "observed.yaml": NGINX + "    mode: observe\n",
    "none.yaml": "services: []\n",
    "wrong.yaml": "services: [{nam: nginx}]\n",
    "capwatch.yaml": f"baseline: [{TOP / BASELINE}]\n",
}


class Changes:
    def __init__(self, build, folder, report):
        self.program, self.report = build / "cli" / "capwatch", report
        self.paths = {}
        for name, text in FILES.items():
            self.paths[name] = folder / name
            self.paths[name].write_text(text)

    def replay(self, *arguments, stdin=None):
        """Exit status, standard output and error; the name of one of FILES stands for its path."""
        done = subprocess.run([self.program, "replay", *(self.paths.get(word, word) for word in arguments)],
                              cwd=TOP, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                              check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def expect(self, name, arguments, status, *said, stdin=None):
        """That exit status, and each of these texts on standard output or, for a failure, standard error."""
        name = f"compare: {name}"
        if not self.report.wants(name):
            return
        got, out, err = self.replay(*arguments, stdin=stdin)
        problems = [] if got == status else [f"exit status {got}, not {status}"]
        problems += [f"not said: {text}" for text in said if text not in (err if status == 2 else out)]
        problems += [f"a failure, and yet on standard output: {out}"] if status == 2 and out else []
        self.report.result(name, problems, [*out.splitlines(), *err.splitlines()])

    def check_table(self):
        shipped = ("--baseline", BASELINE)
        old = ("--compare", BASELINE)
        self.expect("none", [*shipped, *old, "--fail-on", "low", STREAM], 0,
                    "alerts: 0 added, 0 silenced, 0 changed, 2 as before\n")
        self.expect("silenced", [*shipped, "--baseline", "may.yaml", *old, "--fail-on", "low", STREAM], 0,
                    "\nsilenced           2  2026-", "alerts: 0 added, 2 silenced, 0 changed, 0 as before\n")
        self.expect("added", [*shipped, *old, "--compare", "may.yaml", STREAM], 0,
                    "\nadded              2  2026-", "alerts: 2 added, 0 silenced, 0 changed, 0 as before\n")
        self.expect("only observed now", [*shipped, "--baseline", "observed.yaml", *old, "--fail-on", "low", STREAM],
                    0, "\nwas alert          2  2026-", "alerts: 0 added, 0 silenced, 2 changed, 0 as before\n")
        self.expect("no longer only observed", [*shipped, *old, "--compare", "observed.yaml", STREAM], 0,
                    "\nwas observed       2  2026-")
        self.expect("the configuration's baseline is the new one",
                    ["--config", "capwatch.yaml", *old, "--compare", "may.yaml", STREAM], 0, "alerts: 2 added,")
        self.expect("standard input", [*shipped, *old, "--compare", "may.yaml", "-"], 0, "alerts: 2 added,",
                    stdin=(TOP / STREAM).read_bytes())
        data = (TOP / STREAM).read_bytes()
        cut = data[:data.index(b"\n", data.rindex(b"type=CAPSET ")) + 1]
        self.expect("added where only the end of the input completes an event",
                    [*shipped, *old, "--compare", "may.yaml", "-"], 0, "alerts: 2 added,", stdin=cut)
        self.expect("silenced where only the end of the input completes an event",
                    [*shipped, "--baseline", "may.yaml", *old, "-"], 0, "0 added, 2 silenced,", stdin=cut)
        self.expect("a file given twice counts twice", [*shipped, *old, "--compare", "may.yaml", STREAM, STREAM], 0,
                    "alerts: 4 added,")

    def check_status(self):
        added = ["--baseline", BASELINE, "--compare", BASELINE, "--compare", "may.yaml", STREAM, "--fail-on"]
        self.expect("--fail-on what is added", [*added, "medium"], 1)
        self.expect("--fail-on more than is added", [*added, "critical"], 0)
        self.expect("--fail-on leaves out what was there before",
                    ["--baseline", "none.yaml", "--compare", "none.yaml", "--fail-on", "low", STREAM], 0)
        for name, said in (("missing.yaml", "missing.yaml"), ("wrong.yaml", "wrong.yaml:1:")):
            self.expect(f"{name} as the old baseline", ["--baseline", BASELINE, "--compare", name, STREAM], 2,
                        "capwatch replay: ", said)
        self.expect("no file", ["--compare", BASELINE], 2, "no file given")
        self.expect("no audit record", ["--baseline", BASELINE, "--compare", BASELINE, "LICENSE"], 2,
                    "no audit record in the input")

    def check_json(self):
        """The alert of each line is the one that a replay by the baseline that gives it prints."""
        name = "compare: JSON"
        if not self.report.wants(name):
            return
        one = json.loads(self.replay("--format", "json", "--baseline", BASELINE, STREAM)[1].splitlines()[0])
        status, out, err = self.replay("--format", "json", "--baseline", BASELINE, "--baseline", "may.yaml",
                                       "--compare", BASELINE, STREAM)
        lines = [json.loads(line) for line in out.splitlines()]
        wanted = [{"change": "silenced", "count": 2, "first_time": one["time"], "last_time": lines[0]["last_time"],
                   "before": {"severity": one["severity"], "disposition": "alert"}, "alert": one}] if lines else []
        problems = [] if status == 0 and lines == wanted and lines else [f"exit status {status}: {err}{out}"]
        self.report.result(name, problems)


def check(build, folder, report):
    changes = Changes(build, folder, report)
    changes.check_table()
    changes.check_status()
    changes.check_json()
