"""What happened in a batch, a line of JSON for each task that came to its end: outputs/batch/WHEN.jsonl."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pipeline.batch.board import name_of
from pipeline.batch.crew import Ended
from pipeline.models import Noun
from pipeline.webinars import BATCHES


class Entry(Noun):
    """A task: `began` and `ended` in seconds since 1970; `lane` is who did it. `aside`: the webinar was set aside."""

    name: str
    stage: str
    lane: str
    began: float
    ended: float
    state: Literal["done", "failed", "busy", "later"]
    did: bool = False
    seconds: float = 0.0
    summary: str = ""
    hint: str | None = None
    last: bool = False  # nothing is left to be done for this webinar
    aside: bool = False


class Journal:
    """The journal of one batch; its file appears with the first entry."""

    def __init__(self, home: Path, now: dt.datetime) -> None:
        self.home = home
        self.path = home / "outputs" / BATCHES / f"{now:%Y-%m-%d-%H%M%S}.jsonl"

    def add(self, ended: Ended, *, set_aside: bool) -> None:
        """One task more."""
        outcome = ended.outcome
        entry = Entry(
            name=outcome.slug or name_of(ended.task), stage=ended.task.stage, lane=ended.lane, began=ended.began,
            ended=ended.ended, state=outcome.state, did=outcome.did, seconds=outcome.seconds, summary=outcome.summary,
            hint=outcome.hint, last=outcome.state == "done" and outcome.then is None, aside=set_aside,
        )  # fmt: skip
        if ended.task.slug and not (self.home / "configs" / f"{ended.task.slug}.toml").exists():
            return  # it was forgotten meanwhile
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(entry.model_dump_json() + "\n")

    def entries(self) -> Iterator[Entry]:
        """All that happened, in order."""
        return entries(self.path)


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a journal; a line that a kill cut off, or a forget took out, is left out."""
    with suppress(FileNotFoundError), path.open(encoding="utf-8") as file:
        for line in file:
            with suppress(ValidationError):
                yield Entry.model_validate_json(line)
