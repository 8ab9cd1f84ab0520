# SPDX-License-Identifier: Apache-2.0
"""tables: what was measured, printed as it comes and written as docs/performance.md at the end.

Owns: the form of tables and targets, and which targets were missed. Must not own: any figure.
"""
import datetime
import os
import pathlib
import platform


class Section:
    """One section: what it does, its tables, its targets. Prints each at once."""

    def __init__(self, title, about):
        self.title, self.about = title, about
        self.blocks = []  # of Markdown
        self.targets = []  # (what, value, bound, met)
        print(f"\n== {title}\n   {about}", flush=True)

    def table(self, heads, rows):
        """heads and rows of texts; all columns but the first stand right."""
        rows = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
        for row in [heads, *rows]:
            cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
            print("   " + "  ".join(cells), flush=True)
        self.blocks.append("\n".join(["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|",
                                      *("| " + " | ".join(row) + " |" for row in rows)]))

    def note(self, text):
        print(f"   {text}", flush=True)
        self.blocks.append(text)

    def program_output(self, text):
        print("\n".join("   " + line for line in text.splitlines()), flush=True)
        self.blocks.append(f"```\n{text.rstrip()}\n```")

    def at_most(self, what, value, bound):
        self._target(what, value, f"at most {bound:g}", value <= bound)

    def at_least(self, what, value, bound):
        self._target(what, value, f"at least {bound:g}", value >= bound)

    def _target(self, what, value, bound, met):
        self.targets.append((what, value, bound, met))
        print(f"   {'met   ' if met else 'MISSED'}  {what}: {value:.3g}, target {bound}", flush=True)

    def not_measured(self, why):
        print(f"   not measured: {why}", flush=True)
        self.blocks.append(f"Not measured: {why}.")

    def markdown(self):
        targets = [f"- {what}: **{value:.3g}**, target {bound}: {'met' if met else '**missed**'}"
                   for what, value, bound, met in self.targets]
        return "\n\n".join([f"## {self.title}", self.about, *self.blocks, *(["\n".join(targets)] if targets else [])])


class Report:
    def __init__(self):
        self.sections = []

    def section(self, title, about):
        self.sections.append(Section(title, about))
        return self.sections[-1]

    def missed(self):
        return [what for section in self.sections for what, _, _, met in section.targets if not met]

    def end(self):
        """Says what was missed; the exit status."""
        targets = sum(len(section.targets) for section in self.sections)
        print(f"\n{targets - len(self.missed())} of {targets} targets met", flush=True)
        return 1 if self.missed() else 0

    def write(self, path, versions, quick):
        head = ["<!-- SPDX-License-Identifier: Apache-2.0 -->", "<!-- Written by bench/run; change that, not this. -->",
                "# What capwatch costs", "",
                "Each table comes from one run of `bench/run --write`" + (" `--quick`" if quick else "") + ", on one "
                "machine, beside programs that read the same records. A figure is CPU time, user and system, as the "
                "kernel counted it (wait4(2), or /proc of a process that goes on), unless its column says otherwise. Those of "
                "files are the least of five runs each, taken in turns: a machine that is slow for a while is so for all "
                "of them. Compare within a table: another machine has other figures, and nearly the same ratios.", "",
                *(f"- {line}" for line in [*machine(), *versions])]
        text = "\n".join(head) + "\n\n" + "\n\n".join(section.markdown() for section in self.sections) + "\n"
        pathlib.Path(path).write_text(text)


def machine():
    """Lines that say where and when this ran."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")),
                 platform.machine())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    release = next((line.split("=", 1)[1].strip('"') for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                    if line.startswith("PRETTY_NAME=")), "unknown system")
    return [f"machine: {os.cpu_count()} CPUs ({model}), {memory:.0f} GiB", f"kernel: {platform.release()}; {release}",
            f"date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}"]
