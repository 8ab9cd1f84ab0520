# SPDX-License-Identifier: Apache-2.0
"""walk: the commands of a document with their output, as a person would type them one after another.

Owns: which lines of a ```console block are commands ("host# ", continued by "> ") and which their output; when what was
printed is what the document says: what differs from run to run (numbers, times, hashes, names of the moment) does not
count. Must not own: where they are run (scenarios/tuning.py).

usage: walk.py DOCUMENT RESULTS      writes what was printed (RESULTS/N, a file a command) into the document
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path

PROMPT = "host# "
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "HASH"),
    (re.compile(r"\bcw-[0-9a-f-]+"), "ID"),
    (re.compile(r"\d+"), "N"),
    (re.compile(r"[ ]+"), " "),
)


@dataclass
class Command:
    text: str    # as bash gets it
    typed: str   # as the document has it
    output: str  # as the document has it


def commands(document):
    """Of all blocks, in their order."""
    found = []
    for block in BLOCK.findall(document):
        for line in block.splitlines(keepends=True):
            if line.startswith(PROMPT):
                found.append(Command(line.removeprefix(PROMPT), line, ""))
            elif line.startswith("> ") and found and not found[-1].output:
                found[-1].text += line[2:]
                found[-1].typed += line
            else:
                found[-1].output += line
    return found


def steady(text):
    """What of an output is the same in every run."""
    lines = []
    for line in text.splitlines():
        for pattern, word in VARIES:
            line = pattern.sub(word, line)
        lines.append(line.rstrip())
    return lines


def differences(command, printed):
    """Lines that only one of document and run has; a line "..." of the document stands for any number of lines."""
    wanted, had = steady(command.output), steady(printed)
    if "..." in wanted:
        cut = wanted.index("...")
        rest = len(wanted) - cut - 1
        had = had[:cut] + ["..."] + had[len(had) - rest:] if rest else had[:cut] + ["..."]
    if wanted == had:
        return []
    return [f"- {line}" for line in wanted if line not in had] + [f"+ {line}" for line in had if line not in wanted] or ["another order"]


def updated(document, results):
    """The document with what was printed; outputs that have "..." are left to a person."""
    number = 0
    parts = []
    position = 0
    for match in BLOCK.finditer(document):
        parts.append(document[position:match.start(1)])
        for command in commands(match.group(0)):
            printed = (Path(results) / str(number)).read_text()
            parts.append(command.typed + (command.output if "..." in command.output.splitlines() else printed))
            number += 1
        position = match.end(1)
    return "".join(parts) + document[position:]


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(updated(path.read_text(), sys.argv[2]))
