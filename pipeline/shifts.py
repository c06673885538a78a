"""A recording that was replaced by the same one, some seconds earlier or later: the times of all edits move with it.

A promise stands in edits/shift.json from before the new audio is published until every file was moved.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.artifacts import AUDIO, RECORDING
from pipeline.edits import (
    BARRED,
    LISTENED,
    NAMES,
    SILENCED,
    VOICES,
    WORDS,
    Barred,
    Listened,
    Moves,
    Names,
    Silenced,
    Words,
    dumped,
    read,
    read_corrections,
    read_moves,
    read_pins,
)
from pipeline.models import Kept, Span
from pipeline.workspace import Workspace

SHIFT = "shift.json"
Timed = TypeVar("Timed", Names, Moves, Words, Barred, Silenced, Listened)


class Shift(Kept):
    """A promise to move all times once the audio with this hash is in its place."""

    audio: str
    by: float


def promise(workspace: Workspace, audio: str, by: float) -> None:
    """Before the new audio is published: all times are to move by `by` seconds."""
    workspace.write(workspace.folder / "edits" / SHIFT, Shift(audio=audio, by=by).model_dump_json().encode())


def settle(workspace: Workspace) -> None:
    """Move the times if the promised audio is in its place; safe to repeat after a kill."""
    promised = workspace.folder / "edits" / SHIFT
    try:
        shift = Shift.model_validate_json(promised.read_bytes())
    except (FileNotFoundError, ValidationError):
        return
    if workspace.sha256(AUDIO.file) == shift.audio:
        _settle(workspace, NAMES, Names, shift)
        _settle(workspace, VOICES, Moves, shift)
        _settle(workspace, WORDS, Words, shift)
        _settle(workspace, BARRED, Barred, shift)
        _settle(workspace, LISTENED, Listened, shift)
        _settle_silence(workspace, shift)
    workspace.still_ours()
    promised.unlink()


def _settle_silence(workspace: Workspace, shift: Shift) -> None:
    """The stretches that are silent move too; the recording that was made with them is none the older for it."""
    path, file = workspace.folder / "edits" / SILENCED, f"edits/{SILENCED}"
    before = workspace.sha256(file)
    _settle(workspace, SILENCED, Silenced, shift)
    silenced, recording = read(path, Silenced), workspace.path(RECORDING.file)
    if silenced.spans and recording.exists():
        of = RECORDING.load(recording.read_bytes()).identity
        workspace.write(path, dumped(silenced.model_copy(update={"recording": of})))
    receipt, now = workspace.receipt("download"), workspace.sha256(file)
    if receipt and now and receipt.inputs.get(file) == before != now:
        renewed = receipt.model_copy(update={"inputs": receipt.inputs | {file: now}})
        workspace.write(workspace.receipt_path("download"), renewed.model_dump_json(indent=1).encode() + b"\n")


def _settle(workspace: Workspace, file: str, noun: type[Timed], shift: Shift) -> None:
    path = workspace.folder / "edits" / file
    edited = read(path, noun)
    if edited != noun() and edited.times_of != shift.audio:
        moved = noun.model_validate(_later(edited.model_dump(), shift.by))
        workspace.write(path, dumped(moved.model_copy(update={"times_of": shift.audio})))


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
