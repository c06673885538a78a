"""The table of faults: what was tried for every row, what failed. A pytest plugin: make faults.

Tests that show a row are marked `@pytest.mark.fault(ROW)`; each counts as one case, or as many as it records with
`record_property("cases", N)`; `record_property("figure", TEXT)` says more in the row.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

README = Path(__file__).with_name("README.md")
HEAD = ("| | fault | cases | failures | |", "|---|---|---|---|---|")
NIGHTLY = os.environ.get("IMPRESSIE_FAULTS") == "nightly"
ROWS = {
    1: "killed at every system call of its writing",
    2: "killed at random moments",
    3: "disk full, input/output error, quota",
    4: "a bit flipped in, or a hand edit to, any artifact",
    5: "two runs on one webinar",
    6: "a bad connection, a bad server",
    7: "recordings that are cut, empty or odd",
    8: "playlists and names that lead elsewhere",
    9: "a six-hour recording",
    10: "silence, noise, hum, applause, music",
    11: "titles of any kind",
    12: "addresses that lead elsewhere",
    13: "scripts in whatever comes from outside",
    14: "injected orders",
    15: "an endpoint that fails",
    16: "requests from elsewhere to the page's server",
    17: "two tabs edit",
    18: "keys",
    19: "a hostile model file",
    20: "voice embeddings on the disk",
    21: "a batch, its driver, scheduler and workers killed, workers paused",
    22: "connections, and files elsewhere",
}


def size(short: int, nightly: int) -> int:
    """How many cases: few in CI, many at night."""
    return nightly if NIGHTLY else short


@dataclass
class Row:
    """What was tried for one fault."""

    cases: int = 0
    failures: int = 0
    figures: list[str] = field(default_factory=list)


class Table:
    """Collects rows while pytest runs."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = defaultdict(Row)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties)
        if "fault" not in told or (report.when != "call" and report.passed):
            return
        row = self.rows[int(str(told["fault"]))]
        row.cases += int(str(told.get("cases", 1)))
        row.failures += report.failed
        if "figure" in told:
            row.figures.append(str(told["figure"]))

    def lines(self, before: str = "") -> list[str]:
        """The rows that ran, in the place of those of a table that was there before."""
        lines = {int(number): line for line, number in re.findall(r"^(\| (\d+) \|.*)$", before, re.MULTILINE)}
        for number, row in self.rows.items():
            told = "; ".join(row.figures)
            lines[number] = f"| {number} | {ROWS[number]} | {row.cases} | {row.failures} | {told} |"
        return [*HEAD, *(line for _, line in sorted(lines.items()))]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.rows:
            return
        terminalreporter.write_line("")
        for line in self.lines():
            terminalreporter.write_line(line)
        cases, failures = (sum(getattr(row, name) for row in self.rows.values()) for name in ("cases", "failures"))
        if NIGHTLY:
            text = README.read_text(encoding="utf-8")
            begin, end = text.index(HEAD[0]), text.index("\n\n", text.index(HEAD[0]))
            table = "\n".join(self.lines(text[begin:end]))
            README.write_text(text[:begin] + table + text[end:], encoding="utf-8")
        terminalreporter.write_line(f"{len(self.rows)} faults, {cases} cases, {failures} failures")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Table(), "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := item.get_closest_marker("fault"):
            item.user_properties.append(("fault", str(mark.args[0])))
