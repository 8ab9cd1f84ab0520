# SPDX-License-Identifier: Apache-2.0
"""learnt_entries: a suggested baseline beside the shipped one, entry by entry: what it grants beyond that, and
whether its own comments say so.

Owns: the comparison. Must not own: how the suggestion was made (the scenario), what is printed (verdict).
"""
import fnmatch
import re

import yaml

SETS = ("permitted", "effective", "inheritable", "ambient")
FLAG = re.compile(r"^  # (WARNING|note): ", re.M)


def items(grant, phase):
    """(phase, key, word) of all that a grant allows."""
    grant = grant or {}
    found = set()
    for key, value in grant.items():
        if key in SETS and value == "same":
            value = grant.get("effective" if key == "permitted" else "permitted")
        for word in value if isinstance(value, list) else [value]:
            found.add((phase, key, str(word)))
    return found


def fits(globs, path):
    globs = globs if isinstance(globs, list) else [globs]
    return any(fnmatch.fnmatchcase(path, glob) for glob in globs)


def shipped_grants(folder, exe):
    """What the shipped entries for this program allow, in each phase: what it may while running it may while
    starting."""
    found = set()
    for path in sorted(folder.glob("*.yaml")):
        for entry in (yaml.safe_load(path.read_text()) or {}).get("services") or []:
            if fits(entry.get("match", {}).get("exe", []), exe):
                running = items(entry.get("running"), "running")
                found |= running | items(entry.get("start"), "start") | {("start", *rest) for _, *rest in running}
    return found


def covered(item, shipped):
    phase, key, word = item
    return item in shipped or (phase, key, "all") in shipped


def flags_of(text, name):
    """The comments right above an entry of that name."""
    before = text[:text.index(f"\n  - name: {name}\n") + 1]
    block = re.search(r"((?:^  #.*\n)*)\Z", before, re.M)[1]
    return [line[4:] for line in block.splitlines() if FLAG.match(line + "\n")]


def compare(text, folder):
    """For each suggested entry: (name, what it grants beyond the shipped baseline, its flags)."""
    for entry in yaml.safe_load(text)["services"] or []:
        exe = (entry.get("match") or {}).get("exe")
        if not exe:
            continue
        shipped = shipped_grants(folder, exe)
        granted = items(entry.get("start"), "start") | items(entry.get("running"), "running")
        beyond = sorted(item for item in granted if not covered(item, shipped))
        yield entry["name"], [": ".join(item) for item in beyond], flags_of(text, entry["name"])
