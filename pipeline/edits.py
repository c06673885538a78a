"""What people typed: edits/ is theirs; stages lay it over machine output and never write there.

Names and voices are anchored to moments at which somebody was heard, not to voice ids: ids swap between runs of the
diarizer. A correction of words is anchored by the words that it replaces, and by moments where it does not hold
everywhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from pipeline.artifacts import AUDIO, RECORDING, parsed
from pipeline.errors import PipelineError
from pipeline.models import Kept, Noun, Span
from pipeline.workspace import Workspace, held, sha256, write_atomic

NAMES = "names.json"
VOICES = "voices.json"
WORDS = "words.json"
BARRED = "barred.json"
LISTENED = "listened.json"
REVIEW = "review.json"
SILENCED = "silenced.json"
SILENCING = "silencing.json"
SHIFT = "shift.json"


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
Timed = TypeVar("Timed", Names, Moves, Words, Barred, Silenced, Listened)


class Shift(Kept):
    """A promise to move all times once the audio with this hash is in its place."""

    audio: str
    by: float


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


# A recording that was replaced by the same one, some seconds earlier or later -----------------------


def promise_shift(workspace: Workspace, audio: str, by: float) -> None:
    """Before the new audio is published: all times are to move by `by` seconds."""
    write_atomic(workspace.folder / "edits" / SHIFT, Shift(audio=audio, by=by).model_dump_json().encode())


def digest(content: bytes | Path) -> str:
    """SHA-256 of an output that is not published yet."""
    return (sha256(content) or "") if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


def settle_shift(workspace: Workspace) -> None:
    """Move the times if the promised audio is in its place; safe to repeat after a kill."""
    promised = workspace.folder / "edits" / SHIFT
    try:
        shift = Shift.model_validate_json(promised.read_bytes())
    except (FileNotFoundError, ValidationError):
        return
    if workspace.sha256(AUDIO.file) == shift.audio:
        _settle(workspace.folder / "edits" / NAMES, Names, shift)
        _settle(workspace.folder / "edits" / VOICES, Moves, shift)
        _settle(workspace.folder / "edits" / WORDS, Words, shift)
        _settle(workspace.folder / "edits" / BARRED, Barred, shift)
        _settle(workspace.folder / "edits" / LISTENED, Listened, shift)
        _settle_silence(workspace, shift)
    promised.unlink()


def _settle_silence(workspace: Workspace, shift: Shift) -> None:
    """The stretches that are silent move too; the recording that was made with them is none the older for it."""
    path, file = workspace.folder / "edits" / SILENCED, f"edits/{SILENCED}"
    before = workspace.sha256(file)
    _settle(path, Silenced, shift)
    silenced, recording = read(path, Silenced), workspace.path(RECORDING.file)
    if silenced.spans and recording.exists():
        of = RECORDING.load(recording.read_bytes()).identity
        write(path, silenced.model_copy(update={"recording": of}))
    receipt, now = workspace.receipt("download"), workspace.sha256(file)
    if receipt and now and receipt.inputs.get(file) == before != now:
        renewed = receipt.model_copy(update={"inputs": receipt.inputs | {file: now}})
        write_atomic(workspace.receipt_path("download"), renewed.model_dump_json(indent=1).encode() + b"\n")


def _settle(path: Path, noun: type[Timed], shift: Shift) -> None:
    edited = read(path, noun)
    if edited != noun() and edited.times_of != shift.audio:
        moved = noun.model_validate(_later(edited.model_dump(), shift.by))
        write(path, moved.model_copy(update={"times_of": shift.audio}))


def _later(value: Any, by: float) -> Any:
    """What was read from a file of edits/, `by` seconds later: every number in it is a time."""
    if isinstance(value, dict):
        later = {key: _later(inner, by) for key, inner in value.items()}
        return {key: max(0.0, time) if key in Span.model_fields else time for key, time in later.items()}
    if isinstance(value, list | tuple):
        return [_later(inner, by) for inner in value]
    return round(value + by, 3) if isinstance(value, float) else value


def moments(folder: Path) -> dict[str, list[float]]:
    """By file of edits/ the times in seconds at which it must fit; a stretch by its middle."""
    names, moves, corrections = read_pins(folder / NAMES), read_moves(folder / VOICES), read_corrections(folder / WORDS)
    barred, listened = read(folder / BARRED, Barred), read(folder / LISTENED, Listened)
    return {
        BARRED: sorted(span.middle for span in barred.spans),
        LISTENED: sorted(played.middle for played in listened.quotes),
        NAMES: sorted({moment for pin in names for moment in pin.moments}),
        VOICES: sorted({time for move in moves for time in (*move.to, *(span.middle for span in move.spans))}),
        WORDS: sorted({moment for correction in corrections for moment in correction.at}),
    }
