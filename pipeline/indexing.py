"""What the index of all that was said holds, and how a webinar is taken in or let go. See archive."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import simplemma

from pipeline import edits
from pipeline.article.text import FUNCTION
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.asking import tokens
from pipeline.config import Webinar, named, toml_values
from pipeline.errors import PipelineError
from pipeline.models import NamedVoice, Noun, Passage, Passages, Recording, Word
from pipeline.speech.names import names_of
from pipeline.stages.segment import spoken_by
from pipeline.workspace import RACY, Workspace

try:
    import sqlite3 as sqlite3  # noqa: PLC0414 - archive and search take it from here
except ImportError as error:
    raise PipelineError("this Python has no SQLite, which the search needs", "install a Python that has it") from error

BROKEN = (sqlite3.Error, zlib.error, ValueError, TypeError)  # what a damaged index may say
TAIL = 15  # words of what the same voice says next, so that a phrase across the cut is found
PAUSE = 10.0  # seconds up to which what a voice says next goes on with what it said
TOLD = ("title", "date", "speakers")  # what of its TOML can be found
ROOM = 20  # bits of a passage's number within its webinar, and of a webinar's own
LAST_DAY = dt.date.max.toordinal()
MADE_BY = json.dumps([
    1,  # the version of what stands here
    simplemma.__version__,
    unicodedata.unidata_version,
    hashlib.sha256(" ".join(sorted(FUNCTION)).encode()).hexdigest(),
])  # fmt: skip
# Words are looked up in `found`, which keeps no text itself; the lowest id is the first passage of the newest webinar.
SCHEMA = """
CREATE TABLE made (by TEXT);
CREATE TABLE webinar (
  number INTEGER PRIMARY KEY, slug TEXT UNIQUE, marks TEXT, sha256 TEXT, first INTEGER, talk TEXT, problem TEXT
);
CREATE TABLE passage (id INTEGER PRIMARY KEY, voice TEXT, said BLOB);
CREATE VIRTUAL TABLE found USING fts5(said, lemmas, who, content='', columnsize=0, tokenize='ascii');
INSERT INTO found(found, rank) VALUES ('hashsize', 33554432);
"""
LAID = "INSERT INTO found(rowid, said, lemmas, who) VALUES (?, ?, ?, ?)"
LET_GO = "INSERT INTO found(found, rowid, said, lemmas, who) VALUES ('delete', ?, ?, ?, ?)"
Progress = Callable[[float, float, str], None]


class Talk(Noun):
    """What of a webinar can be found; in the index its passages stand by themselves."""

    title: str
    date: dt.date | None
    recording: Recording | None
    names: tuple[NamedVoice, ...]
    passages: Passages

    def label(self, voice: str) -> str:
        """Who speaks, in Dutch, as the review page says it."""
        return spoken_by(voice, {named.voice: named for named in self.names})

    def named(self, voice: str) -> NamedVoice:
        """The voice with its name."""
        return next(named for named in self.names if named.voice == voice)

    def bare(self) -> Talk:
        """Without the passages themselves."""
        return self.model_copy(update={"passages": self.passages.model_copy(update={"passages": ()})})


class Said(Noun):
    """A passage in the index: its `own` words and the first of what follows.

    `at`: seconds at which each of its own words begins, and at last the end of the passage.
    """

    own: int
    at: tuple[float, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, passage: Passage, tail: Sequence[Word]) -> Said:
        """The passage, and what the same voice says next."""
        words = tuple(" ".join(word.text.split()) for word in (*passage.words, *tail))
        return cls(own=len(passage.words), at=(*(word.start for word in passage.words), passage.end), words=words)

    def columns(self) -> tuple[str, str]:
        """Its words as they are compared, and their dictionary forms."""
        said = [token for word in self.words for token in tokens(word)]
        return " ".join(token.plain for token in said), " ".join(token.lemma for token in said if token.lemma)

    def packed(self) -> bytes:
        """As it stands in the index: times in hundredths of a second, each counted from the one before."""
        steps = [after - before for before, after in pairwise([0, *(round(100 * time) for time in self.at)])]
        return zlib.compress(json.dumps([self.own, steps, "\n".join(self.words)], ensure_ascii=False).encode())

    @classmethod
    def unpacked(cls, raw: bytes) -> Said:
        """Out of the index."""
        own, steps, words = json.loads(zlib.decompress(raw))
        at, now = [], 0
        for step in steps:
            now += step
            at.append(now / 100)
        return cls(own=own, at=tuple(at), words=tuple(words.split("\n")))


def first_id(day: dt.date | None, number: int = 0) -> int:
    """The first id of a webinar's passages: the newest day comes first, webinars without a day last."""
    return ((LAST_DAY - (day.toordinal() if day else 0)) << ROOM | number) << ROOM


def number_of(passage: int) -> int:
    """The number of the webinar that a passage's id belongs to."""
    return passage >> ROOM & (1 << ROOM) - 1


def create(connection: sqlite3.Connection) -> None:
    """An empty index."""
    connection.executescript(SCHEMA)
    connection.execute("INSERT INTO made VALUES (?)", (MADE_BY,))


def fill(connection: sqlite3.Connection, home: Path, seen: dict[str, str], progress: Progress) -> None:
    """Take in what has other marks than it had, and let go what is gone."""
    there = dict(connection.execute("SELECT slug, marks FROM webinar"))
    other = False
    for slug in there.keys() - seen.keys():
        other |= _drop(connection, slug)
        connection.execute("DELETE FROM webinar WHERE slug = ?", (slug,))
    changed = [slug for slug in sorted(seen, reverse=True) if there.get(slug) != seen[slug]]
    for done, slug in enumerate(changed):
        progress(done, len(changed), "webinars")
        other |= _take(connection, Workspace(home, slug), seen[slug])
    if other:  # one list for each word, so that nothing is left of what went
        connection.execute("INSERT INTO found(found) VALUES ('optimize')")


def _take(connection: sqlite3.Connection, workspace: Workspace, marks: str) -> bool:
    """Bring one webinar up to date; whether anything that can be found of it changed."""
    talk, problem, slug = None, None, workspace.slug
    try:
        talk = _talk(workspace)
    except (PipelineError, PermissionError) as unreadable:
        problem = str(unreadable)
    sha256 = hashlib.sha256(talk.model_dump_json().encode()).hexdigest() if talk else ""
    changed = max((int(mark.partition("/")[2]) for mark in marks.split() if "/" in mark), default=0)
    if abs(time.time() - changed / 1e9) < RACY:
        marks = ""  # it may change again within the clock's tick: the next search looks once more
    connection.execute("INSERT OR IGNORE INTO webinar (slug, sha256) VALUES (?, '')", (slug,))
    connection.execute("UPDATE webinar SET marks = ?, problem = ? WHERE slug = ?", (marks, problem, slug))
    number, before = connection.execute("SELECT number, sha256 FROM webinar WHERE slug = ?", (slug,)).fetchone()
    if sha256 == before:
        return False
    _drop(connection, slug)
    connection.execute("UPDATE webinar SET sha256 = ?, talk = NULL WHERE slug = ?", (sha256, slug))
    if talk:
        first = first_id(talk.date, number)
        told = (first, talk.bare().model_dump_json(), number)
        connection.execute("UPDATE webinar SET first = ?, talk = ? WHERE number = ?", told)
        for at, (passage, tail) in enumerate(_followed(talk.passages.passages), first):
            said = Said.of(passage, tail)
            connection.execute("INSERT INTO passage VALUES (?, ?, ?)", (at, passage.speaker, said.packed()))
            connection.execute(LAID, (at, *said.columns(), _who(talk, passage.speaker)))
    return True


def _talk(workspace: Workspace) -> Talk | None:
    """What can be found of a webinar; None where nobody was heard yet, or somebody is being forgotten."""
    said = workspace.folder / "edits"
    if (said / edits.SILENCING).exists():
        return None
    passages = PASSAGES.found(workspace.folder)
    if passages is None:
        return None
    values = toml_values(workspace.toml)
    with named(workspace.toml.name):  # and not the settings that it shares with others: they say nothing of this
        webinar = Webinar.model_validate({key: value for key, value in values.items() if key in TOLD})
    recording = RECORDING.found(workspace.folder)
    names = names_of(passages, webinar.names(), edits.read_pins(said / edits.NAMES))
    return Talk(
        title=webinar.title or workspace.slug,
        date=webinar.date or (recording and recording.published),
        recording=recording,
        names=tuple(names.values()),
        passages=passages,
    )


def _followed(passages: Sequence[Passage]) -> list[tuple[Passage, Sequence[Word]]]:
    """Each passage with the first words that its voice says next, if it goes on soon."""
    followed: list[tuple[Passage, Sequence[Word]]] = []
    after: dict[str, tuple[float, tuple[Word, ...]]] = {}  # by voice, when it speaks next and what it says then
    for passage in reversed(passages):
        start, words = after.get(passage.speaker, (0.0, ()))
        tail = words if start - passage.end <= PAUSE else ()
        followed.append((passage, tail))
        after[passage.speaker] = passage.start, (*passage.words[:TAIL], *tail)[:TAIL]
    return followed[::-1]


def _who(talk: Talk, voice: str) -> str:
    """The words that a speaker is looked up by."""
    return " ".join(token.plain for token in tokens(talk.named(voice).name or talk.label(voice)))


def _drop(connection: sqlite3.Connection, slug: str) -> bool:
    """Let go what stands in the index of a webinar, if anything: `found` has to be told what was in it."""
    first, told = connection.execute("SELECT first, talk FROM webinar WHERE slug = ?", (slug,)).fetchone()
    if told is None:
        return False
    talk, its = Talk.model_validate_json(told), (first, first + (1 << ROOM) - 1)
    for at, voice, raw in connection.execute("SELECT * FROM passage WHERE id BETWEEN ? AND ?", its):
        connection.execute(LET_GO, (at, *Said.unpacked(raw).columns(), _who(talk, voice)))
    connection.execute("DELETE FROM passage WHERE id BETWEEN ? AND ?", its)
    return True
