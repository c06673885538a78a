"""What the index of all that was said holds, and how a webinar is taken in or let go. See archive."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path

import simplemma

from pipeline import edits
from pipeline.article.text import FUNCTION
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.asking import MOST, REACH, WHOSE, tokens
from pipeline.config import Webinar, named, toml_values
from pipeline.errors import PipelineError
from pipeline.models import NamedVoice, Noun, Passage, Passages, Recording, Span, Word
from pipeline.speech.names import names_of
from pipeline.speech.silence import merged, within
from pipeline.stages.segment import spoken_by
from pipeline.workspace import RACY, Workspace

try:
    import sqlite3 as sqlite3  # noqa: PLC0414 - archive and search take it from here
except ImportError as error:
    raise PipelineError("this Python has no SQLite, which the search needs", "install a Python that has it") from error


class DamagedError(Exception):
    """What stands in the index is not what was put there."""


BROKEN = (sqlite3.Error, DamagedError)  # what a damaged index may say
TAIL = MOST - 1  # words of what the same voice says next, so that a phrase across the cut is found
PAUSE = 10.0  # seconds up to which what a voice says next goes on with what it said
BARRED = ""  # the mark of words that a person marked 'niet citeren'; those of doubtful words are the reasons
PASSING = (errno.EIO, errno.ESTALE)  # what may be over at the next search
TOLD = ("title", "date", "speakers")  # what of its TOML can be found
ROOM = 20  # bits of a passage's number within its webinar, and of a webinar's own
LAST_DAY = dt.date.max.toordinal()
MADE_BY = json.dumps([
    2,  # the version of what stands here
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
Row = tuple[str, bytes, tuple[str, str]]  # whose, packed, and how it is found


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
    """A passage in the index: its `own` words and the first of what follows, with the seconds of each.

    `marks`: by BARRED, or the reason of a doubt, which words.
    """

    own: int
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    words: tuple[str, ...]
    marks: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, passage: Passage, tail: Sequence[Word], marked: Mapping[str, Sequence[Span]]) -> Said:
        """The passage, and what the same voice says next."""
        words = (*passage.words, *tail)
        marks = {
            mark: tuple(i for i, w in enumerate(words) if within(w.middle, spans)) for mark, spans in marked.items()
        }
        return cls(
            own=len(passage.words),
            starts=tuple(word.start for word in words),
            ends=tuple(word.end for word in words),
            words=tuple(" ".join(word.text.split()) for word in words),
            marks={mark: its for mark, its in marks.items() if its},
        )

    def columns(self) -> tuple[str, str]:
        """Its words as they are compared, and the dictionary forms of those that count where they stand apart."""
        said = [token for word in self.words for token in tokens(word)]
        loose = [token.lemma for word in self.words[: self.own + REACH] for token in tokens(word) if token.lemma]
        return " ".join(token.plain for token in said), " ".join(loose)

    def packed(self) -> bytes:
        """As it stands in the index: in hundredths of a second, from one start to the next and how long each lasts."""
        starts, ends = ([round(100 * time) for time in times] for times in (self.starts, self.ends))
        steps = [after - before for before, after in pairwise([0, *starts])]
        lengths = [end - start for start, end in zip(starts, ends, strict=True)]
        values = [self.own, steps, lengths, self.marks, "\n".join(self.words)]
        return zlib.compress(json.dumps(values, ensure_ascii=False).encode())

    @classmethod
    def unpacked(cls, raw: bytes) -> Said:
        """Out of the index."""
        with decoding():
            own, steps, lengths, marks, text = json.loads(zlib.decompress(raw))
            starts = list(accumulate(steps))
            ends = [(start + length) / 100 for start, length in zip(starts, lengths, strict=True)]
            words = text.split("\n") if steps else []
            if not 0 <= own <= len(words) == len(ends):
                raise ValueError("words without times")
            return cls(own=own, starts=[at / 100 for at in starts], ends=ends, words=words, marks=marks)


@contextmanager
def decoding() -> Iterator[None]:
    """DamagedError where a row of the index is not what was put there."""
    try:
        yield
    except (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, StopIteration, zlib.error) as error:
        raise DamagedError(str(error)) from error


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
    connection.execute("INSERT OR IGNORE INTO webinar (slug, sha256) VALUES (?, '')", (workspace.slug,))
    asked = "SELECT number, sha256 FROM webinar WHERE slug = ?"
    number, before = connection.execute(asked, (workspace.slug,)).fetchone()
    talk, problem, sha256, rows = None, None, "", list[Row]()
    try:
        if talk := _talk(workspace):
            sha256 = hashlib.sha256(talk.model_dump_json().encode()).hexdigest()
            rows = _rows(talk) if sha256 != before else []
    except (PipelineError, OSError, ValueError, ArithmeticError) as unreadable:
        talk, sha256, problem = None, "", _told(unreadable)
        marks = "" if isinstance(unreadable, OSError) and unreadable.errno in PASSING else marks
    changed = max((int(mark.split("/")[1]) for mark in marks.split() if "/" in mark), default=0)
    if abs(time.time() - changed / 1e9) < RACY:
        marks = ""  # it may change again within the clock's tick: the next search looks once more
    connection.execute("UPDATE webinar SET marks = ?, problem = ? WHERE number = ?", (marks, problem, number))
    if sha256 == before:
        return False
    _drop(connection, workspace.slug)
    connection.execute("UPDATE webinar SET sha256 = ?, talk = NULL WHERE number = ?", (sha256, number))
    if talk:
        first = first_id(talk.date, number)
        told = (first, talk.bare().model_dump_json(), number)
        connection.execute("UPDATE webinar SET first = ?, talk = ? WHERE number = ?", told)
        for at, (voice, packed, columns) in enumerate(rows, first):
            connection.execute("INSERT INTO passage VALUES (?, ?, ?)", (at, voice, packed))
            connection.execute(LAID, (at, *columns, _who(talk, voice)))
    return True


def _told(unreadable: Exception) -> str:
    """Why a webinar cannot be searched."""
    if isinstance(unreadable, OSError):
        return f"{Path(str(unreadable.filename)).name} cannot be read: {unreadable.strerror}"
    return str(unreadable) if isinstance(unreadable, PipelineError) else f"it holds odd values: {unreadable}"


def _rows(talk: Talk) -> list[Row]:
    """All passages as they go into the index; an error where they would not come out of it."""
    bare = Talk.model_validate_json(talk.bare().model_dump_json())
    if bare.recording:
        bare.recording.link(0.0)
    marked = {
        reason: merged([one for one in talk.passages.suspects if one.reason == reason])
        for reason in sorted({one.reason for one in talk.passages.suspects} - {BARRED})
    } | {BARRED: merged(talk.passages.barred)}
    rows = []
    for passage, tail in _followed(talk.passages.passages):
        said = Said.of(passage, tail, marked)
        rows.append((passage.speaker, said.packed(), said.columns()))
    return rows


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
    """The words that a speaker is looked up by; nobody's voice goes by its letter too, as the terminal shows it."""
    name = talk.named(voice).name
    return " ".join(f"{WHOSE}{token.plain}" for token in tokens(name or f"{talk.label(voice)} voice {voice}"))


def _drop(connection: sqlite3.Connection, slug: str) -> bool:
    """Let go what stands in the index of a webinar, if anything: `found` has to be told what was in it."""
    first, told = connection.execute("SELECT first, talk FROM webinar WHERE slug = ?", (slug,)).fetchone()
    if told is None:
        return False
    with decoding():
        talk, its = Talk.model_validate_json(told), (first, first + (1 << ROOM) - 1)
    for at, voice, raw in connection.execute("SELECT * FROM passage WHERE id BETWEEN ? AND ?", its):
        with decoding():
            there = (*Said.unpacked(raw).columns(), _who(talk, voice))
        connection.execute(LET_GO, (at, *there))
    connection.execute("DELETE FROM passage WHERE id BETWEEN ? AND ?", its)
    return True
