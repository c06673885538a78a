"""Search in all that was said in all webinars: `impressie search`, and the box on the start page.

Word for word comes first, then all words near each other in any form, then all of them in one passage; of equals the
newest webinar first, and within it the earliest moment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from pipeline import archive, edits
from pipeline.artifacts import AUDIO
from pipeline.asking import Asked, Way, placed
from pipeline.errors import PipelineError
from pipeline.indexing import BARRED, BROKEN, ROOM, Progress, Said, Talk, decoding, first_id, number_of, sqlite3
from pipeline.models import NamedVoice, Span
from pipeline.webinars import index_of
from pipeline.workspace import Workspace

AROUND = 12  # words shown before and after what was found
LONGEST = 40  # words shown of what was found, where it lies far apart


@dataclass(frozen=True)
class Hit:
    """A passage that answers: where, when (seconds), whose, and its words around what was found."""

    workspace: Workspace
    talk: Talk
    voice: str
    span: Span
    runs: tuple[tuple[str, bool], ...]  # text, and whether it is what was asked for
    exact: bool
    marks: tuple[str, ...]  # the doubts from the first word that was found to the last; BARRED if any that is shown is

    @property
    def named(self) -> NamedVoice:
        """Who speaks."""
        return self.talk.named(self.voice)

    @property
    def link(self) -> str | None:
        """The address at which it can be heard; None where the recording is a file."""
        return self.talk.recording.link(self.span.start) if self.talk.recording else None

    @property
    def sound(self) -> bool:
        """Whether it can be heard here."""
        return self.workspace.path(AUDIO.file).exists()

    @property
    def doubt(self) -> str | None:
        """Why something of what was found may not have been said like that."""
        return next((mark for mark in self.marks if mark != BARRED), None)

    @property
    def barred(self) -> bool:
        """Whether a person marked something of what is shown 'niet citeren'."""
        return BARRED in self.marks

    @property
    def text(self) -> str:
        """The words around it, what was asked for in «…»."""
        return " ".join(f"«{text}»" if asked else text for text, asked in self.runs)

    def told(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "slug": self.workspace.slug,
            "title": self.talk.title,
            "date": self.talk.date,
            "start": self.span.start,
            "end": self.span.end,
            "voice": self.voice,
            "speaker": self.named.name,
            "status": self.named.status,
            "text": self.text,
            "exact": self.exact,
            "doubt": self.doubt,
            "barred": self.barred,
            "link": self.link,
        }


@dataclass(frozen=True)
class Found:
    """What a search gave, and whether there is `more`; `unread`: by webinar why it could not be searched.

    `behind`: another process is bringing the index up to date, so the newest may not be found yet.
    """

    hits: list[Hit]
    more: bool
    unread: dict[str, str]
    behind: bool = False


def search(
    home: Path, query: str, progress: Progress, *, speaker: str = "", since: dt.date | None = None, limit: int = 20
) -> Found:
    """The first `limit` passages that answer; what changed since the last search is taken in first.

    PipelineError where there is no word in the query.
    """
    asked = Asked.of(query, speaker)
    current = archive.update(home, progress)
    for attempt in range(3):
        try:
            found = _found(home, asked, since, limit)
            break
        except BROKEN as error:  # another machine renewed it, a forget took it away, or it is damaged
            if attempt == 2:
                raise PipelineError(
                    f"the search index cannot be read: {error}", "impressie search --rebuild"
                ) from error
            if attempt == 1:
                current = archive.update(home, progress, rebuild=index_of(home).exists())
    return found if current else replace(found, behind=True)


def _found(home: Path, asked: Asked, since: dt.date | None, limit: int) -> Found:
    with closing(archive.reading(index_of(home))) as connection:
        hits = list(islice(_hits(connection, home, asked, first_id(since) + (1 << 2 * ROOM)), limit + 1))
        unread = dict(connection.execute("SELECT slug, problem FROM webinar WHERE problem IS NOT NULL"))
    return Found(hits[:limit], len(hits) > limit, unread)


def _hits(connection: sqlite3.Connection, home: Path, asked: Asked, end: int) -> Iterator[Hit]:
    """The strongest first; passages with an id below `end`."""
    talks: dict[int, tuple[Workspace, Talk] | None] = {}
    seen: set[int] = set()
    for way in asked.ways():
        wanted = "SELECT rowid FROM found WHERE found MATCH ? AND rowid < ? ORDER BY rowid"
        for (passage,) in connection.execute(wanted, (way.match, end)):
            number = number_of(passage)
            if number not in talks:
                talks[number] = _talk(connection, home, number)
            there = talks[number]
            if there and passage not in seen and (hit := _hit(connection, passage, way, *there)):
                seen.add(passage)
                yield hit


def _talk(connection: sqlite3.Connection, home: Path, number: int) -> tuple[Workspace, Talk] | None:
    """The webinar with this number; None where it is gone, or not to be searched any more, since the index was made."""
    with decoding():
        slug, told = connection.execute("SELECT slug, talk FROM webinar WHERE number = ?", (number,)).fetchone()
        workspace, talk = Workspace(home, slug), Talk.model_validate_json(told)
    if not workspace.toml.exists() or (workspace.folder / "edits" / edits.SILENCING).exists():
        return None
    return workspace, talk


def _hit(connection: sqlite3.Connection, passage: int, way: Way, workspace: Workspace, talk: Talk) -> Hit | None:
    """A passage as a hit; None where the words only stand in what follows it."""
    with decoding():
        voice, raw = connection.execute("SELECT voice, said FROM passage WHERE id = ?", (passage,)).fetchone()
        said = Said.unpacked(raw)
        talk.named(voice)
    there = placed(way.needs, said.words, said.own)
    if there is None:
        return None
    with decoding():
        span = Span(start=min(said.starts[at] for at in there), end=max(said.ends[at] for at in there))
    shown = range(max(0, there[0] - AROUND), min(len(said.words), min(there[-1], there[0] + LONGEST) + AROUND + 1))
    matched = range(there[0], there[-1] + 1)
    covered = {BARRED: range(shown.start, max(shown.stop, matched.stop))}  # whoever reads it might quote it
    marks = tuple(mark for mark, its in said.marks.items() if any(at in covered.get(mark, matched) for at in its))
    return Hit(workspace, talk, voice, span, _runs(said.words, there, shown), way.exact, marks)


def _runs(words: Sequence[str], there: Sequence[int], shown: range) -> tuple[tuple[str, bool], ...]:
    """The words around what was found, in stretches that are found or not; … where there is more."""
    parts = [(words[at], at in there) for at in shown]
    runs = [(" ".join(word for word, _ in group), asked) for asked, group in groupby(parts, key=itemgetter(1))]
    return (*[("…", False)] * (shown.start > 0), *runs, *[("…", False)] * (shown.stop < len(words)))
