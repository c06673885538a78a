"""The terminal face: the only module that prints. Progress and messages to stderr, tables to stdout."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from pipeline.models import clock

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from pipeline.approving import Obstacle
    from pipeline.batch.table import Table
    from pipeline.errors import PipelineError
    from pipeline.runner import Standing
    from pipeline.search import Hit
    from pipeline.voices import Voice
    from pipeline.words import Overview
    from pipeline.writing import CheckReport

MARKS = {"fresh": "✓", "stale": "●", "never run": "○", "edited": "✎"}
SEVERITY = {"blocks": "✗", "look": "!", "note": "·"}
HEALTH = {"good": "✓", "look": "!", "bad": "✗"}
SLOW = 2.0  # seconds after which work shows how far it is
STRIPS = (" ▁▂▃▄▅▆▇█", " .:-=+*#@")  # from silence to speech all the time; the latter where the former cannot be shown
PLAIN_EVERY = 30.0  # seconds between lines of progress where there is no terminal


def out(text: str) -> None:
    """A result, to stdout."""
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """A message, to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def error(problem: PipelineError) -> None:
    """What is wrong, and what to do."""
    say(f"error: {problem.message}")
    if problem.hint:
        say(f" hint: {problem.hint}")


def amount(value: float, unit: str) -> str:
    """Seconds of audio as a clock, bytes as megabytes, anything else as it is counted."""
    if unit == "s":
        return clock(value).removeprefix("0:")
    return f"{value / 1e6:.1f} MB" if unit == "B" else f"{value:.0f} {unit}"


class Terminal:
    """Tells how a run goes: bars on a terminal, calm lines elsewhere."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self._began: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._bars: Bars | None = None

    def started(self, name: str) -> None:
        """A stage, or anything else that may last, begins."""
        self.running.append(name)
        self._began[name] = self._last[name] = time.monotonic()

    def progressed(self, name: str, done: float, total: float, unit: str) -> None:
        """It is this far. Nothing is shown for what is over in two seconds."""
        now = time.monotonic()
        if now - self._began[name] < SLOW:
            return
        far = f"{amount(done, unit)} of {amount(total, unit)}" if total else amount(done, unit)
        if sys.stderr.isatty():
            self._bar(name, done, total, far)
        elif now - self._last[name] > PLAIN_EVERY:
            self._last[name] = now
            say(f"  … {name}  {far}")

    def _bar(self, name: str, done: float, total: float, far: str) -> None:
        if self._bars is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("  {task.description:<11}"), BarColumn(24), TextColumn("{task.fields[far]}"),
                TimeRemainingColumn(), console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bars.start()
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, far=far)
        self._bars.update(self._tasks[name], completed=done, total=total or None, far=far)

    def noted(self, text: str) -> None:
        """There is something to say."""
        self._put(f"  · {text}")

    def finished(self, name: str, summary: str, seconds: float) -> None:
        """A stage is done."""
        self.running.remove(name)
        if self._bars and name in self._tasks:
            self._bars.remove_task(self._tasks.pop(name))
            if not self._tasks:
                self.close()
        took = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
        self._put(f"  ✓ {name:<11} {summary:<44} {took:>6}")

    def _put(self, line: str) -> None:
        if self._bars:
            self._bars.console.print(line, markup=False, highlight=False)
        else:
            say(line)

    def close(self) -> None:
        """Take the bars away, also after an error."""
        if self._bars:
            self._bars.stop()
            self._bars = None


@contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal face whose bars are gone afterwards; a Ctrl-C is told by the stage that it stopped."""
    face = Terminal()
    try:
        yield face
    except KeyboardInterrupt:
        face.close()
        say(f"stopped during {' and '.join(face.running) or 'start-up'}; nothing was changed")
        raise
    finally:
        face.close()


@contextmanager
def batch() -> Iterator[Table]:
    """How a batch stands, in a table that is gone afterwards; lines where there is no terminal."""
    from pipeline.batch.table import Table

    def live() -> Any:
        from rich.console import Console
        from rich.live import Live

        return Live(console=Console(stderr=True), transient=True, auto_refresh=False)

    shown = Table(say, live if sys.stderr.isatty() else None)
    try:
        yield shown
    except KeyboardInterrupt:
        shown.close()
        say("stopped; what was done is kept, and the same command goes on where this was")
        raise
    finally:
        shown.close()


def fetching(face: Terminal, name: str) -> Callable[..., None]:
    """Progress of a file that is fetched outside any stage."""
    face.started(name)
    return partial(face.progressed, name)


def stages(standings: Iterable[Standing]) -> None:
    """A line per stage: its state, its file, and why it is out of date."""
    for s in standings:
        why = "  ".join(s.reasons)
        out(f"  {MARKS[s.state]} {s.stage.name:<11} {s.stage.writes[0].file:<20} {s.state:<10} {why}".rstrip())


def findings(report: CheckReport) -> None:
    """The quotes and what to look at, worst first; the findings themselves are Dutch, as the article is."""
    for quote in report.quotes:
        when = clock(quote.span.start) if quote.span else "-"
        out(f"  {quote.status:<13} {when}  {quote.credited_to or '?'}: {quote.text[:60]}…")
    for finding in report.findings:
        when = f" ({clock(finding.at)})" if finding.at is not None else ""
        out(f"  {SEVERITY[finding.severity]} {finding.text}{when}")


def obstacles(still_open: Sequence[Obstacle], waived: int) -> None:
    """What stands in the way of approving, and what was just let stand."""
    for at, obstacle in enumerate(still_open):
        out(f"  {'·' if at < waived else SEVERITY['blocks']} {obstacle.text}{' (let stand)' if at < waived else ''}")


def voices(shown: Sequence[Voice], length: float, misfits: Sequence[str]) -> None:
    """Who is who, when each speaks over `length` seconds, on what evidence, and what fits nobody any more."""
    table(("voice", "name", "", "spoke", "share", "listen at"), [row.cells() for row in shown])
    strips([(row.named.voice, row.levels, row.named.name or "unknown") for row in shown], length)
    if evidence := [line for row in shown for line in row.evidence()]:
        out("")
        table(("voice", "may be", "hint", "at", "what was said"), evidence)
    for line in misfits:
        out(f"  ! {line}")


def words(shown: Overview) -> None:
    """What may be misspelt, what was put right, and what is doubtful."""
    if shown.proposed:
        table(("heard", "perhaps", "times", "first at", "words around it", ""), shown.proposed)
    else:
        out("  No name or term seems to be misspelt.")
    if shown.made:
        out("")
        table(("put right", "as", "where"), shown.made)
    for line in shown.misfits:
        out(f"  ! {line}")
    if shown.doubtful:
        out("")
        table(("doubtful", "why", "text"), shown.doubtful)


def hits(found: Iterable[Hit]) -> None:
    """What a search found: when, where, who, in which words, and where it can be heard."""
    for hit in found:
        named = hit.named
        who = f"{named.name}{' (proposed)' * (named.status != 'confirmed')}" if named.name else f"voice {hit.voice}"
        marks = [*([f"doubtful: {hit.doubt}"] if hit.doubt else []), *(["not to be quoted"] if hit.barred else [])]
        said = (f"{hit.talk.date or 'no date'}", hit.talk.title, clock(hit.span.start), who, *marks)
        out(_visible("  ".join(said)))
        out(_visible(f"    {hit.text}"))
        out(f"    {hit.link or f'impressie review {hit.workspace.slug}'}")


def _visible(text: str) -> str:
    """Without control characters, which a terminal would obey."""
    return "".join(char for char in text if unicodedata.category(char) != "Cc")


def as_json(value: object) -> None:
    """For scripts."""
    out(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as what stands in them."""
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    for line in lines:
        out(("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))).rstrip())


def strips(rows: Sequence[tuple[str, Sequence[float], str]], length: float) -> None:
    """When each voice speaks: per row a voice, its levels (0 to 1) over `length` seconds, and its name."""
    try:
        STRIPS[0].encode(getattr(sys.stdout, "encoding", None) or "utf-8")
        ramp = STRIPS[0]
    except UnicodeEncodeError:
        ramp = STRIPS[1]
    lines = [(voice, "".join(ramp[ceil(level * (len(ramp) - 1))] for level in levels), n) for voice, levels, n in rows]
    columns = max((len(levels) for _, levels, _ in rows), default=0)
    ends = clock(length)
    table(("", clock(0) + ends.rjust(columns - len(clock(0))), ""), lines)
