"""What people typed: edits/ is theirs; stages lay it over machine output and never write there.

Names and voices are anchored to moments at which somebody was heard, not to voice ids: ids swap between runs of the
diarizer. A correction of words is anchored by the words that it replaces, and by moments where it does not hold
everywhere.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from pipeline.artifacts import ARTICLE, AUDIO, DRAFT
from pipeline.config import first_problem
from pipeline.errors import PipelineError
from pipeline.models import Noun, Span
from pipeline.workspace import Workspace, sha256, write_atomic
from pipeline.writing import Draft

NAMES = "names.json"
VOICES = "voices.json"
WORDS = "words.json"
EDITED_ARTICLE = "article.md"
SHIFT = "shift.json"


class Pin(Noun):
    """A person said: the voice heard at these moments is called this."""

    name: str
    moments: tuple[float, ...]


class Names(Noun):
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


class Moves(Noun):
    """edits/voices.json: the moves in the order they were made; `times_of` as in Names."""

    moves: tuple[Move, ...] = ()
    times_of: str | None = None


class Correction(Noun):
    """A person said: what was heard as this is written so; everywhere, or at these moments only."""

    heard: str = Field(pattern=r"\w")
    written: str = Field(pattern=r"\S")
    at: tuple[float, ...] = ()


class Words(Noun):
    """edits/words.json: the corrections in the order in which they were made; `times_of` as in Names."""

    words: tuple[Correction, ...] = ()
    times_of: str | None = None


E = TypeVar("E", Names, Moves, Words)


class Shift(Noun):
    """A promise to move all times once the audio with this hash is in its place."""

    audio: str
    by: float


def read(path: Path, noun: type[E]) -> E:
    """A file of edits/; empty where it is not there. PipelineError names the field that is wrong."""
    try:
        return noun.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return noun()
    except ValidationError as error:
        raise PipelineError(
            f"edits/{path.name} cannot be read: {first_problem(error)}",
            "correct it by hand, or delete it and say it again",
        ) from error


def read_pins(path: Path) -> tuple[Pin, ...]:
    """The names that people gave, with the moments they are pinned to."""
    return read(path, Names).names


def write_pins(workspace: Workspace, pins: tuple[Pin, ...]) -> None:
    """Names in the place of those that stand in edits/names.json."""
    path = workspace.folder / "edits" / NAMES
    _write(path, read(path, Names).model_copy(update={"names": pins}))


def read_moves(path: Path) -> tuple[Move, ...]:
    """What people gave to another voice, in order."""
    return read(path, Moves).moves


def write_moves(workspace: Workspace, moves: tuple[Move, ...]) -> None:
    """Moves in the place of those that stand in edits/voices.json."""
    path = workspace.folder / "edits" / VOICES
    _write(path, read(path, Moves).model_copy(update={"moves": moves}))


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """The words that people put right, in order."""
    return read(path, Words).words


def write_corrections(workspace: Workspace, corrections: tuple[Correction, ...]) -> None:
    """Corrections in the place of those that stand in edits/words.json."""
    path = workspace.folder / "edits" / WORDS
    _write(path, read(path, Words).model_copy(update={"words": corrections}))


def _write(path: Path, edited: Noun) -> None:
    write_atomic(path, edited.model_dump_json(indent=1, exclude_none=True).encode() + b"\n")


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
    promised.unlink()


def _settle(path: Path, noun: type[E], shift: Shift) -> None:
    edited = read(path, noun)
    if edited != noun() and edited.times_of != shift.audio:
        moved = noun.model_validate(_later(edited.model_dump(), shift.by))
        _write(path, moved.model_copy(update={"times_of": shift.audio}))


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
    return {
        NAMES: sorted({moment for pin in names for moment in pin.moments}),
        VOICES: sorted({time for move in moves for time in (*move.to, *(span.middle for span in move.spans))}),
        WORDS: sorted({moment for correction in corrections for moment in correction.at}),
    }


# The article ---------------------------------------------------------------------------------------


def article_path(workspace: Workspace) -> Path:
    """The article as it stands: a person's if there is one, else the machine's."""
    edited = workspace.folder / "edits" / EDITED_ARTICLE
    return edited if edited.exists() else workspace.folder / ARTICLE.file


def adopt_article(workspace: Workspace) -> str | None:
    """Move a 50-article.md that was changed by hand to edits/article.md, and put the machine's text back.

    Returns a sentence that says so. PipelineError where both were changed: a person chooses.
    """
    receipt = workspace.receipt("draft")
    machine = workspace.path(ARTICLE.file)
    now = workspace.sha256(ARTICLE.file)
    if receipt is None or now is None or now == receipt.outputs.get(ARTICLE.file):
        return None
    edited = workspace.folder / "edits" / EDITED_ARTICLE
    mine = typed(machine).encode()
    if edited.exists() and edited.read_bytes() != mine:
        raise PipelineError(
            f"both {ARTICLE.file} and edits/{EDITED_ARTICLE} were changed by hand",
            f"compare them with 'impressie diff {workspace.slug}', bring what you want to keep into "
            f"edits/{EDITED_ARTICLE}, and delete {ARTICLE.file}",
        )
    write_atomic(edited, mine)
    with suppress(OSError, ValueError, KeyError):
        markdown: str = json.loads(workspace.path(DRAFT.file).read_bytes())["markdown"]
        write_atomic(machine, markdown.encode())
    return f"your changes to {ARTICLE.file} now stand in edits/{EDITED_ARTICLE}, which is the article from here on"


def typed(path: Path) -> str:
    """A text that a person saved, in whatever encoding her editor has: UTF-8, else that of Western Windows."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def section_of(text: str, draft: Draft, number: int, *, by_place: bool) -> tuple[int, int] | None:
    """Where section `number` of a draft stands in a person's text: as it was written, or None where it was changed.

    `by_place`: then from its heading to the next one, or to the closing line.
    """
    written = {part.name: part.markdown for part in draft.parts}
    at = text.find(written[f"section {number}"])
    if at >= 0:
        return at, at + len(written[f"section {number}"])
    heads = [match.start() for match in re.finditer(r"^## ", text, re.MULTILINE)]
    if not by_place or len(heads) < number:
        return None
    ends = [*heads[number : number + 1], *(text.find(written[name]) for name in ("closing", "disclosure"))]
    end = min([end for end in ends if end > heads[number - 1]], default=len(text))
    return heads[number - 1], heads[number - 1] + len(text[heads[number - 1] : end].rstrip())


def text_sha256(workspace: Workspace) -> str:
    """Hash of the article as it stands, in UTF-8: what a check says it checked."""
    return hashlib.sha256(typed(article_path(workspace)).encode()).hexdigest()


def compared(workspace: Workspace) -> str:
    """The machine's article against the person's, as a unified diff; empty where they are the same."""
    draft, mine = workspace.path(DRAFT.file), article_path(workspace)
    if not draft.exists() or not mine.exists():
        raise PipelineError(f"{workspace.slug} has no article yet", f"impressie run {workspace.slug}")
    ours = DRAFT.load(draft.read_bytes()).markdown.splitlines()
    theirs = typed(mine).splitlines()
    return "\n".join(difflib.unified_diff(ours, theirs, "the machine's draft", mine.name, lineterm=""))


def newer_draft(workspace: Workspace) -> bool:
    """Whether the machine has written a draft since the person's article was last saved."""
    receipt = workspace.receipt("draft")
    edited = workspace.folder / "edits" / EDITED_ARTICLE
    return bool(receipt and edited.exists() and receipt.started.timestamp() > edited.stat().st_mtime)
