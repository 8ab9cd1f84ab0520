# SPDX-License-Identifier: Apache-2.0
"""tuning: docs/tuning.md on a whole host: each of its commands, one after another, and what it prints."""
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import walk  # noqa: E402
from scenario import Alert, Declared, Scenario, Step  # noqa: E402

RESULTS = "/var/lib/capwatch-test/results/walk"
DOCUMENT = next(path for path in (HERE.parent / "tuning.md", HERE.parents[2] / "docs" / "tuning.md") if path.exists())

SCENARIO = Scenario(
    name="tuning",
    steps=tuple(Step(f"{number}: {command.text.splitlines()[0]}", f"mkdir -p {RESULTS}\n"
                     f"bash -c {shlex.quote(command.text)} >{RESULTS}/{number} 2>&1 || true", timeout=120)
                for number, command in enumerate(walk.commands(DOCUMENT.read_text()))),
    declared=(
        Declared(Alert("config-change"), "each change of the configuration, and each switch of learning, is one"),
        Declared(Alert("ambient-raise", service="meter.service"), "the service that gains more than it was learnt to", required=True),
        Declared(Alert("expansion-*", service="meter.service"), "the same, by capset"),
    ),
    walked="walk",
)
