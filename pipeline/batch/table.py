"""How a batch stands, as a table that renews itself on a terminal; calm lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pipeline.batch.board import Board, name_of
from pipeline.batch.crew import Crew, Ended
from pipeline.batch.tasks import ORDER
from pipeline.models import clock

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

EVERY = 0.5  # seconds between renewals
SURVEY = 2.0  # seconds after which looking at what there is shows how far it is
MARKS = {"done": "✓", "failed": "✗", "busy": "·", "later": "·"}


class Table:
    """A `View` for people; `say` puts a line on the terminal, `live` makes what renews itself, if it is one."""

    def __init__(self, say: Any, live: Any) -> None:
        self.say = say
        self.began = time.monotonic()
        self.shown = 0.0
        self._alone = False
        self._make = live
        self._live: Live | None = None

    def surveyed(self, done: int, total: int) -> None:
        """See View."""
        now = time.monotonic()
        if now - self.began > SURVEY and (now - self.shown > 5.0 or done == total):
            self.shown = now
            self.say(f"  … looked at {done} of {total} webinars")

    def ended(self, ended: Ended) -> None:
        """See View: a line for whatever came of a task, but not for what only has to wait on a terminal."""
        outcome = ended.outcome
        if self._live and outcome.state in ("busy", "later"):
            return
        took = clock(ended.ended - ended.began).removeprefix("0:").removeprefix("0")
        self._put(f"  {MARKS[outcome.state]} {name_of(ended.task)}  {ended.task.stage}  {outcome.summary}  {took}")
        for note in outcome.notes:
            self._put(f"      · {note}")

    def shows(self, board: Board, crew: Crew) -> None:
        """See View."""
        if not crew.lanes() and not self._alone:
            self._put("  · there is no worker; waiting for one")
        self._alone = not crew.lanes()
        now = time.monotonic()
        if now - self.shown < EVERY or self._make is None:
            return
        self.shown = now
        if self._live is None:
            self._live = self._make()
            self._live.start()
        self._live.update(rendered(board, crew, now - self.began), refresh=True)

    def close(self) -> None:
        """Take the table away; the lines above it stay."""
        if self._live:
            self._live.stop()
            self._live = None

    def _put(self, line: str) -> None:
        if self._live:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            self.say(line)


def rendered(board: Board, crew: Crew, seconds: float) -> RenderableType:
    """Stages with how many are waiting, running and done; who does what, and how far it is."""
    from rich.console import Group
    from rich.table import Table as Grid
    from rich.text import Text

    waiting, running = board.waiting(), [task.stage for task in board.running.values()]
    stages = Grid("stage", "waiting", "running", "done", box=None, padding=(0, 2))
    for stage in ORDER:
        counts = waiting[stage], running.count(stage), board.done[stage]
        if any(counts):
            stages.add_row(stage, *(str(count or "") for count in counts))
    hands = Grid(box=None, padding=(0, 2), show_header=False)
    for lane in crew.lanes():
        if lane.task:
            far = f"{lane.far[0] / lane.far[1]:.0%}" if lane.far and lane.far[1] else ""
            told = lane.name, lane.task.stage, name_of(lane.task)[:50], far, clock(time.time() - lane.began)
            hands.add_row(*map(Text, told))
    for site, wait in board.closed(time.monotonic()).items():
        hands.add_row(*map(Text, ("", "waits", site, "", clock(wait))))
    left = waiting.total() + len(running)
    aside = f", {len(board.aside)} set aside" if board.aside else ""
    return Group(stages, hands, Text(f"  {board.finished} up to date, {left} to go{aside}  {clock(seconds)}"))
