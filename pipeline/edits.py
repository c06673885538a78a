"""What people typed: edits/ is theirs; stages lay it over machine output and never write there.

Names and voices are anchored to moments at which somebody was heard, not to voice ids: ids swap between runs of the
diarizer. A correction of words is anchored by the words that it replaces, and by moments where it does not hold
everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from pipeline.artifacts import parsed
from pipeline.disk import write_atomic
from pipeline.errors import PipelineError
from pipeline.models import Kept, Noun, Span
from pipeline.workspace import Workspace, held

NAMES = "names.json"
VOICES = "voices.json"
WORDS = "words.json"
BARRED = "barred.json"
LISTENED = "listened.json"
REVIEW = "review.json"
SILENCED = "silenced.json"
SILENCING = "silencing.json"


class Pin(Noun):
    """A person said: the voice heard at these moments is called this."""

    name: str
    moments: tuple[float, ...]


class Names(Kept):
    """edits/names.json; `times_of` is the sha256 of the audio that the moments were taken from, if it moved."""

    names: tuple[Pin, ...] = ()
    times_of: str | None = None


class Move(Noun):
    """A person said: who speaks in these spans is the voice heard at the moments `to`; a new voice if there are none.

    `names`: what was pinned within the spans until then; undoing the move puts it back.
    """

    spans: tuple[Span, ...] = Field(min_length=1)
    to: tuple[float, ...] = ()
    names: tuple[Pin, ...] = ()


class Moves(Kept):
    """edits/voices.json: the moves in the order they were made; `times_of` as in Names."""

    moves: tuple[Move, ...] = ()
    times_of: str | None = None


class Correction(Noun):
    """A person said: what was heard as this is written so; everywhere, or at these moments only."""

    heard: str = Field(pattern=r"\w")
    written: str = Field(pattern=r"\S")
    at: tuple[float, ...] = ()


class Words(Kept):
    """edits/words.json: the corrections in the order in which they were made; `times_of` as in Names."""

    words: tuple[Correction, ...] = ()
    times_of: str | None = None


class Barred(Kept):
    """edits/barred.json: what a person marked 'niet citeren'; `times_of` as in Names."""

    spans: tuple[Span, ...] = ()
    times_of: str | None = None


class Silenced(Kept):
    """edits/silenced.json: where somebody spoke who is not to be heard or read any more; `times_of` as in Names.

    `recording` is the identity of the recording that these times are of.
    """

    spans: tuple[Span, ...] = ()
    times_of: str | None = None
    recording: str | None = None


class Silencing(Kept):
    """edits/silencing.json: a promise to take her out everywhere; `before` has the hashes of all files until then."""

    name: str | None = None
    voices: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    before: Mapping[str, str] = Field(default_factory=dict)


class Played(Span):
    """A person listened to this quote from its beginning to its end; it holds for these words only."""

    text: str
    when: dt.datetime


class Listened(Kept):
    """edits/listened.json: every quote that was listened to; `times_of` as in Names."""

    quotes: tuple[Played, ...] = ()
    times_of: str | None = None


class Waiver(Noun):
    """A person answers for what the check objects to: the objection as it was worded, and why it may stand.

    It holds for the quote that it is `about`, word for word, and for no other that begins like it.
    """

    objection: str
    about: str = ""
    reason: str = Field(pattern=r"\S")
    who: str = Field(pattern=r"\S")
    when: dt.datetime


class Answer(Noun):
    """What somebody said of a quote of hers: agreed, to be changed into `wanted`, or withdrawn."""

    name: str
    quote: str
    answer: Literal["agreed", "changed", "withdrawn"]
    wanted: str | None = None
    who: str = Field(pattern=r"\S")
    when: dt.datetime


class Approval(Noun):
    """A person answers for a text, known by its sha256 and kept whole, and for the waivers given until then."""

    who: str = Field(pattern=r"\S")
    when: dt.datetime
    sha256: str
    statement: str
    text: str
    waivers: tuple[Waiver, ...] = ()


class Renamed(Noun):
    """A name or a role was `old` until then; what was written before may still say so."""

    old: str
    new: str
    when: dt.datetime


class Review(Kept):
    """edits/review.json: what was decided about the article, in order of time.

    It only grows, but where a speaker is forgotten.

    `reopened`: when a stage was run again after an approval.
    """

    waivers: tuple[Waiver, ...] = ()
    answers: tuple[Answer, ...] = ()
    approvals: tuple[Approval, ...] = ()
    reopened: tuple[dt.datetime, ...] = ()
    renames: tuple[Renamed, ...] = ()


E = TypeVar("E", Names, Moves, Words, Barred, Silenced, Silencing, Listened, Review)


def read(path: Path, noun: type[E]) -> E:
    """A file of edits/; empty where it is not there. PipelineError names the field that is wrong."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return noun()
    return parsed(noun, raw, f"edits/{path.name}", "correct it by hand, or delete it and say it again")


def read_pins(path: Path) -> tuple[Pin, ...]:
    """The names that people gave, with the moments they are pinned to."""
    return read(path, Names).names


def read_moves(path: Path) -> tuple[Move, ...]:
    """What people gave to another voice, in order."""
    return read(path, Moves).moves


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """The words that people put right, in order."""
    return read(path, Words).words


def add(workspace: Workspace, file: str, noun: type[E], change: Callable[[E], E]) -> E:
    """Change a file of edits/, one writer at a time: two tabs may both have something to say."""
    path = workspace.folder / "edits" / file
    with alone(workspace):
        edited = change(read(path, noun))
        write(path, edited)
    return edited


def lay(
    workspace: Workspace,
    *,
    pins: tuple[Pin, ...] | None = None,
    moves: tuple[Move, ...] | None = None,
    corrections: tuple[Correction, ...] | None = None,
    renames: Iterable[tuple[str | None, str | None]] = (),
    beside: Mapping[Path, bytes] | None = None,
) -> None:
    """Put these in the place of those that stand in edits/, and other files with them: all or nothing, lock held.

    `renames` (old, new) are added to those that are there, so that the article can follow a name or a role.
    """
    folder, files = workspace.folder / "edits", dict(beside or {})

    def laid(file: str, noun: type[E], **changed: Any) -> None:
        if all(value is not None for value in changed.values()):
            files[folder / file] = dumped(read(folder / file, noun).model_copy(update=changed))

    with alone(workspace):
        laid(NAMES, Names, names=pins)
        laid(VOICES, Moves, moves=moves)
        laid(WORDS, Words, words=corrections)
        now = dt.datetime.now(dt.UTC)
        if new := tuple(Renamed(old=a, new=b, when=now) for a, b in renames if a and b and a != b):
            laid(REVIEW, Review, renames=(*read(folder / REVIEW, Review).renames, *new))
        workspace.replace_together(files)


def alone(workspace: Workspace) -> AbstractContextManager[None]:
    """Held while something in edits/ is read, changed and written; what takes long never holds it."""
    return held(workspace.folder / "edits" / ".lock")


def unsettled(workspace: Workspace) -> None:
    """PipelineError while somebody who is to be forgotten is not gone everywhere."""
    if (workspace.folder / "edits" / SILENCING).exists():
        raise PipelineError(
            f"in {workspace.slug} a speaker is being forgotten, and is not gone everywhere yet",
            "any impressie command goes on with it, and says what stands in the way",
        )


def write(path: Path, edited: Noun) -> None:
    """Put this in the place of a file of edits/."""
    write_atomic(path, dumped(edited))


def dumped(edited: Noun) -> bytes:
    """As it stands in its file."""
    return edited.model_dump_json(indent=1, exclude_none=True).encode() + b"\n"
