#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""quiet_test: real daemons and tools on the shipped baseline, from start to stop, without one alert.

usage: quiet_test.py --build DIR [--only NAME] [--record DIR]
--record keeps the run in a new folder, for tests/replay/cut.
One after another, so that an alert's time tells whose it is. Each must also do its work.
"""
import argparse
import os
import shutil
import subprocess
import time

import acts_test
import quiet_cases
from harness import CannotRun, Stack, TOP, forget_login, run, schema_validator
from report import Report

TIMEOUT = 30
FIRST_PORT = 20100
UNIT_TESTS = "/tests/unit/test_"
AFTERWARDS = 0.15  # until what it did last has reached the sinks


def missing(case):
    return [program for program in case.needs if not shutil.which(program)]


def run_script(stack, case, number):
    """When it began and ended, and what went wrong with the program itself."""
    folder = stack.dir / f"quiet-{case.name}"
    folder.mkdir()
    values = {"dir": folder, "port": FIRST_PORT + 2 * number, "port1": FIRST_PORT + 2 * number + 1,
              "program": case.program, **dict(case.values)}
    script = folder / "script"
    script.write_text((quiet_cases.HEAD + case.script).format(**values))
    began = time.time()
    # A mount namespace of its own: what a script mounts goes with it.
    done = subprocess.run(["setsid", "--wait", "unshare", "--mount", "--propagation", "private", "bash", script],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd="/", timeout=TIMEOUT, check=False, preexec_fn=forget_login)
    problems = []
    if done.returncode != 0:
        problems = [f"the program failed with {done.returncode}", *done.stdout.splitlines()[-15:]]
    time.sleep(AFTERWARDS)
    return began, time.time(), problems


def alert_lines(stack, began, ended):
    """Alerts of that time, and the raw records of their processes."""
    lines = []
    for _, alert in stack.alerts():
        # what `make check` of another checkout does meanwhile is not this test's
        if UNIT_TESTS in ((alert["process"] or {}).get("exe") or ""):
            continue
        if began - 0.02 <= acts_test.seconds(alert["time"]) < ended - 0.02:
            process = alert["process"] or {}
            lines.append(f"{alert['reason']} {alert['severity']} {alert['phase']} pid {process.get('pid')} entry "
                         f"{alert['baseline']['entry']}: {alert['message']}")
            lines += [f"raw: {line}" for line in stack.raw_records(process.get("pid"))[-12:]]
    return lines


def run_all(report, stack, chosen):
    spans = []
    helper = stack.dir / "as-nobody"
    helper.write_text(quiet_cases.AS_NOBODY_PROGRAM)
    helper.chmod(0o755)
    for number, case in enumerate(chosen):
        try:
            spans.append((case, *run_script(stack, case, number)))
        except subprocess.TimeoutExpired as error:
            spans.append((case, time.time(), time.time(), [f"no end within {error.timeout} s"]))
    stack.stop()
    for case, began, ended, problems in spans:
        alerts = alert_lines(stack, began, ended)
        if alerts:
            count = sum(not line.startswith("raw: ") for line in alerts)
            problems = [f"{count} alerts", *alerts, *problems]
        report.result(case.name, problems)


def clean_up():
    """Containers that a failed script left behind; replaced programs are whole at any time."""
    listed = run("runc", "list", "-q").stdout.split() if shutil.which("runc") else []
    for name in listed:
        if name.startswith("capwatch-test-"):
            run("runc", "delete", "--force", name)
    for case in quiet_cases.QUIET:
        if case.program and os.path.exists(f"/usr/sbin/{case.program}.capwatch-test"):
            os.unlink(f"/usr/sbin/{case.program}.capwatch-test")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    parser.add_argument("--record")
    options = parser.parse_args()
    report = Report("quiet", options.only)
    chosen = []
    for case in quiet_cases.QUIET:
        if report.wants(case.name):
            if missing(case):
                report.skip(case.name, f"not installed: {', '.join(missing(case))}")
            else:
                chosen.append(case)
    try:
        if chosen:
            with Stack(options.build, prepare=Stack.add_recorder if options.record else None) as stack:
                stack.validator = schema_validator()
                stack.undo.append(clean_up)
                run_all(report, stack, chosen)
                if options.record:
                    stack.keep_recording(options.record)
    except CannotRun as why:
        report.skip("quiet", str(why))
    report.finish()


if __name__ == "__main__":
    main()
