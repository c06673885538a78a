"""What people typed: edits/ is theirs; stages lay it over machine output and never write there.

A name is pinned to moments at which a voice was heard, not to a voice id: ids swap between runs of the diarizer.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from pipeline.artifacts import ARTICLE, DRAFT
from pipeline.config import first_problem
from pipeline.errors import PipelineError
from pipeline.models import Noun
from pipeline.workspace import Workspace, sha256, write_atomic

NAMES = "names.json"
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


class Shift(Noun):
    """A promise to move all times once the audio with this hash is in its place."""

    audio: str
    by: float


def read_names(path: Path) -> Names:
    """edits/names.json; empty where it is not there. PipelineError names the field that is wrong."""
    try:
        return Names.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Names()
    except ValidationError as error:
        raise PipelineError(
            f"edits/{NAMES} cannot be read: {first_problem(error)}", "correct it by hand, or delete it and name again"
        ) from error


def read_pins(path: Path) -> tuple[Pin, ...]:
    """The names that people gave, with the moments they are pinned to."""
    return read_names(path).names


def pin(workspace: Workspace, name: str, moments: tuple[float, ...], replaces: Callable[[float], bool]) -> None:
    """Pin a name to moments; every moment, in seconds, that `replaces` is true of is taken from earlier pins."""
    path = workspace.folder / "edits" / NAMES
    names = read_names(path)
    others = [p.model_copy(update={"moments": tuple(m for m in p.moments if not replaces(m))}) for p in names.names]
    kept = tuple(p for p in others if p.moments)
    _write(path, names.model_copy(update={"names": (*kept, Pin(name=name, moments=moments))}))


def _write(path: Path, names: Names) -> None:
    write_atomic(path, names.model_dump_json(indent=1).encode() + b"\n")


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
    path = workspace.folder / "edits" / NAMES
    names = read_names(path)
    if workspace.sha256("10-audio.flac") == shift.audio and names.times_of != shift.audio and names.names:
        moved = tuple(
            p.model_copy(update={"moments": tuple(round(m + shift.by, 2) for m in p.moments)}) for p in names.names
        )
        _write(path, Names(names=moved, times_of=shift.audio))
    promised.unlink()


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
