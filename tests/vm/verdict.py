# SPDX-License-Identifier: Apache-2.0
"""verdict: what a run's results say, held against its scenario file. Prints, and counts passed and failed.

Owns: which alert belongs to which case, and what is undeclared. Must not own: the run itself (machine).
"""
import json
from collections import Counter

import learnt_entries
import scenario
import walk


class Verdict:
    """words: the agent's; results: the folder it handed back; stats: judge-recording's counters."""

    def __init__(self, wanted, words, results, stats):
        self.wanted, self.results = wanted, results
        self.words, self.stats = words, stats
        self.passed = self.failed = 0
        self.alerts = read_alerts(results / "alerts.jsonl")

    def line(self, good, text):
        print(f"{'ok  ' if good else 'FAIL'} {text}", flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1

    def of_kind(self, *kinds):
        return [word for word in self.words if word.get("kind") in kinds]

    def judge(self):
        """A line a finding and a case, and one of all that was done: every step succeeded, every alert is
        expected by a case or declared."""
        done = self.of_kind("install", "prepare", "step")
        for word in done:
            if word["status"] != 0:
                self.line(False, f"{word['name']}: status {word['status']}\n{indent(word['output'])}")
        wanted = (*self.wanted.before_of_release(), *self.wanted.of_release())
        left = Counter(step.name for step in wanted if isinstance(step, scenario.Step))
        left.subtract(word["name"] for word in done)
        for name in +left:
            self.line(False, f"{name}: the host never came to it")
        self.judge_rest(self.judge_cases())
        self.print_usage()

    def judge_rest(self, expected):
        """expected: ids of the alerts that cases account for. An alert that none does is a finding, too: a
        false alarm, or a wrong reason."""
        declared = {one: 0 for one in self.wanted.declared}
        undeclared = 0
        for alert in self.alerts:
            fitting = [one for one in declared if one.alert.fits(alert)]
            if alert["id"] in expected:
                continue
            if fitting:
                declared[fitting[0]] += 1
            else:
                self.line(False, f"undeclared: {describe(alert)} (during {self.step_at(alert)})")
                undeclared += 1
        for one, count in declared.items():
            text = f"declared, {count} times: {one.alert}: {one.why}"
            if one.required:
                self.line(count > 0, text)
            else:
                print(f"     {text}")
        good = [word for word in self.of_kind("prepare", "step") if word["status"] == 0]
        services = {name for word in good for name in word["services"].split()}
        self.line(not undeclared, f"{len(services)} services started, {len(good)} operations done, "
                  f"{self.stats['events_judged']} capability events judged, {len(self.alerts)} alerts "
                  f"({len(expected)} of cases, {sum(declared.values())} declared, {undeclared} undeclared)")

    def judge_entries(self, ablated):
        """ablated: lines of tests/replay/ablate, one an entry of the shipped baseline."""
        elsewhere = {one.entry: one.why for one in self.wanted.elsewhere if scenario.RELEASE in one.releases}
        for text in ablated:
            if text.startswith("ablate: "):
                continue
            name = text.split()[1]
            needless = text.endswith("not needed here")
            if needless and name in elsewhere:
                self.line(True, f"entry {name}: not needed here: {elsewhere[name]}")
            else:
                self.line(not needless, f"entry {text}")

    def judge_walk(self, document, printed):
        """Each command of the document printed what it says."""
        for number, command in enumerate(walk.commands(document)):
            file = printed / str(number)
            differences = walk.differences(command, file.read_text()) if file.exists() else ["it was not run"]
            text = f"walk {number}: {command.text.splitlines()[0]}"
            self.line(not differences, text + "".join(f"\n         {line}" for line in differences))

    def judge_suggestion(self, text, shipped):
        """What was suggested grants nothing beyond the shipped baseline but what it says of itself."""
        for name, beyond, flags in learnt_entries.compare(text, shipped):
            if not beyond:
                self.line(True, f"suggested {name}: within the shipped baseline")
            else:
                self.line(bool(flags), f"suggested {name}: beyond the shipped baseline: {'; '.join(beyond)}; it says: "
                          f"{' | '.join(flags) or 'nothing of it'}")

    def judge_cases(self):
        """A line a case. Returns the ids of the alerts that they account for."""
        used = set()
        words = {word["name"]: word for word in self.of_kind("case")}
        for case in self.wanted.of_release():
            if not isinstance(case, scenario.Case):
                continue
            word = words.get(case.name)
            if word is None:
                self.line(False, f"{case.name}: the host never came to it")
                continue
            window = [alert for alert in self.alerts
                      if word["begin"] - scenario.EARLY_S <= scenario.alert_time(alert) <= word.get("until", word["end"])]
            self.judge_case(case, word, window, used)
        return used

    def judge_case(self, case, word, window, used):
        missing = []
        for expected in case.expect:
            fitting = [alert for alert in window if expected.fits(alert)]
            if not fitting:
                missing.append(str(expected))
            used.update(alert["id"] for alert in fitting)
        used.update(alert["id"] for alert in window if any(one.fits(alert) for one in case.also))
        if word["status"] != 0:
            self.line(False, f"{case.name}: the act failed, status {word['status']}\n{indent(word['output'])}")
        elif missing:
            seen = "; ".join(describe(alert) for alert in window) or "nothing"
            self.line(False, f"{case.name}: missing {' and '.join(missing)}; seen: {seen}\n{indent(word['output'])}")
        else:
            self.line(True, f"{case.name}: {'; '.join(str(expected) for expected in case.expect)}")

    def step_at(self, alert):
        moment = scenario.alert_time(alert)
        names = [word["name"] for word in self.words
                 if "begin" in word and word["begin"] - scenario.EARLY_S <= moment <= word["end"]]
        before = [word["name"] for word in self.words if word.get("end", float("inf")) < moment]
        return names[0] if names else f"no step, after {before[-1]}" if before else "no step"

    def print_usage(self):
        try:
            usage = json.loads((self.results / "usage.json").read_text())
        except (OSError, ValueError):
            return
        for name, row in sorted(usage.items()):
            print(f"     {name:16} {row['cpu_s']:7.2f} s of CPU, {row['peak_kib']} KiB at most in one process")


def read_alerts(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def describe(alert):
    service = alert.get("service") or {}
    return (f"{alert['time']} {alert['severity']} {alert['reason']} by {alert['mechanism']} in {service.get('name')} "
            f"({alert.get('phase')}): {alert['message']}")


def indent(text):
    return "\n".join("         " + line for line in text.strip().splitlines()[-25:])
