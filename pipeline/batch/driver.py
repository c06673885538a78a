"""A batch from its beginning to its end: tasks to whoever has room, outcomes onto the board and into the journal."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from pipeline import edits
from pipeline.batch.board import Board, SetAside
from pipeline.batch.crew import Crew, Ended
from pipeline.batch.journal import Journal
from pipeline.batch.tasks import Task, beginning, upcoming
from pipeline.errors import PipelineError
from pipeline.workspace import Workspace

GLANCE = 0.5  # seconds between looks at how far everything is


class View(Protocol):
    """Who looks at a batch."""

    def surveyed(self, done: int, total: int) -> None:
        """So many webinars were looked at."""

    def ended(self, ended: Ended) -> None:
        """A task came to its end."""

    def shows(self, board: Board, crew: Crew) -> None:
        """How everything stands; called often."""


def tasks(home: Path, slugs: Iterable[str], sources: Iterable[str], board: Board, view: View) -> None:
    """Put on the board what there is to do; a webinar that cannot be read is set aside at once."""
    known = list(slugs)
    for done, slug in enumerate(known):
        try:
            task = _first(home, slug)
        except PipelineError as error:
            board.aside.append(SetAside(slug, "", error.message, error.hint))
        else:
            if task is None:
                board.finished += 1
            else:
                board.add(task)
        view.surveyed(done + 1, len(known))
    for source in sources:
        board.add(beginning(source))


def _first(home: Path, slug: str) -> Task | None:
    workspace = Workspace(home, slug)
    edits.unsettled(workspace)
    return upcoming(workspace)


def drive(board: Board, crew: Crew, journal: Journal, view: View) -> None:
    """Until nothing is left to be done. Whoever stops it loses nothing: the same batch goes on where it was."""
    try:
        while board.left:
            for lane in crew.lanes():
                now = time.monotonic()
                if lane.task is None and (task := board.next(now, downloads=lane.downloads, last=lane.last)):
                    crew.start(lane, task, len(board.running) + board.waiting().total())
            wakes = board.wakes(time.monotonic())
            for ended in crew.wait(GLANCE if wakes is None else min(GLANCE, wakes + 0.01)):
                before = len(board.aside)
                board.ended(ended.task, ended.outcome, time.monotonic())
                journal.add(ended, set_aside=len(board.aside) > before)
                view.ended(ended)
            view.shows(board, crew)
    finally:
        crew.close()
