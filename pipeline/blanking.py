"""One person's words and voice out of what the stages made; every step can be done twice.

What cannot be made again without hearing her (recording, transcript, turns) is blanked where it stands, with a receipt
that says so; what follows from it is thrown away, and made again by the next run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.artifacts import (
    AUDIO,
    CAPTIONS,
    GIVEN,
    PASSAGES,
    PICTURE,
    READABLE,
    RECORDING,
    TRANSCRIPT,
    TURNS,
    Artifact,
    Noted,
)
from pipeline.disk import digest, write_atomic
from pipeline.edits import NAMES, SILENCED, Silencing, read_pins
from pipeline.models import Passages, Receipt, Recording
from pipeline.speech import audio, picture, silence
from pipeline.speech.captions import read_given, to_vtt
from pipeline.speech.names import names_of
from pipeline.stage import ABSENT
from pipeline.stages import BY_NAME, STAGES
from pipeline.stages.segment import readable as readable_text
from pipeline.stages.segment import spoken_by
from pipeline.workspace import Workspace

HEARD = ("download", "transcribe", "diarize")


def files() -> list[str]:
    """Every file that a stage makes."""
    return [artifact.file for stage in STAGES for artifact in stage.writes]


def readable(workspace: Workspace) -> None:
    """PipelineError where something that has to be blanked cannot be read: better before anything was promised."""
    every: tuple[Noted[Any], ...] = (RECORDING, GIVEN, TRANSCRIPT, TURNS, PASSAGES)
    for noted in every:
        noted.found(workspace.folder)
    if workspace.path(CAPTIONS.file).exists():
        read_given(workspace.path(CAPTIONS.file))
    sound = workspace.path(AUDIO.file)
    if sound.exists():
        with audio.readable(sound):
            audio.count(sound)


def blank(workspace: Workspace, promise: Silencing) -> None:
    """All that was made; the transcript by voice, which says what is hers, goes last."""
    for name in HEARD:
        _blank_stage(workspace, promise, name)
    _drop_what_follows(workspace, promise)


def _blank_stage(workspace: Workspace, promise: Silencing, name: str) -> None:
    """Blank what a stage made, also what was changed by hand, which stays known as such."""
    receipt, ours, theirs = workspace.receipt(name), dict[str, bytes | Path](), dict[str, str]()
    blanks = dict(_blanks(workspace, promise, name))
    for artifact in BY_NAME[name].writes:
        now, made = workspace.sha256(artifact.file), receipt.outputs.get(artifact.file) if receipt else None
        if now is None:
            theirs |= {artifact.file: made} if made else {}  # gone, and known to be: it can be made again without her
            continue
        content = blanks.get(artifact)
        if made is not None and made in (now, promise.before.get(artifact.file)):
            if content is not None:
                ours[artifact.file] = content
            continue
        theirs |= {artifact.file: made} if made else {}
        path = workspace.path(artifact.file)
        if content is None:
            path.unlink()
        else:
            write_atomic(path, content if isinstance(content, bytes) else content.read_bytes())
    if receipt:
        inputs = _inputs(workspace, promise, receipt)
        workspace.publish(receipt.model_copy(update={"inputs": inputs}), ours, keeping=theirs)
    workspace.sweep()


def _inputs(workspace: Workspace, promise: Silencing, receipt: Receipt) -> dict[str, str]:
    """What a stage read, as it is now, where it read what stood there before."""
    inputs = {file: workspace.sha256(file) or ABSENT if sha == promise.before.get(file, ABSENT) else sha
              for file, sha in receipt.inputs.items()}  # fmt: skip
    laid = f"edits/{SILENCED}"
    return inputs | ({laid: workspace.sha256(laid) or ABSENT} if receipt.stage == "download" else {})


def _blanks(workspace: Workspace, promise: Silencing, name: str) -> Iterator[tuple[Artifact, bytes | Path]]:
    """What stands in the place of each file; a file that is not told of is left without anything."""
    spans = promise.spans
    if name == "transcribe" and (transcript := TRANSCRIPT.found(workspace.folder)):
        yield TRANSCRIPT, TRANSCRIPT.dump(silence.transcript_without(transcript, spans))
    elif name == "diarize" and (turns := TURNS.found(workspace.folder)):
        yield TURNS, TURNS.dump(silence.turns_without(turns, spans))
    elif name == "download":
        if given := GIVEN.found(workspace.folder):
            cues = silence.cues_without(given.cues, spans)
            yield GIVEN, GIVEN.dump(given.model_copy(update={"cues": cues}))
        yield from _blank_recording(workspace, promise, RECORDING.found(workspace.folder))


def _blank_recording(
    workspace: Workspace, promise: Silencing, recording: Recording | None
) -> Iterator[tuple[Artifact, bytes | Path]]:
    captions, sound = None, None
    if workspace.path(CAPTIONS.file).exists():
        kept = silence.cues_without(read_given(workspace.path(CAPTIONS.file)).cues, promise.spans)
        if kept:
            raw = to_vtt(kept).encode()
            captions = {"file": CAPTIONS.file, "sha256": digest(raw), "bytes": len(raw)}
            yield CAPTIONS, raw
    if workspace.path(AUDIO.file).exists():
        quiet = workspace.scratch("forget", "") / AUDIO.file
        silence.silenced(workspace.path(AUDIO.file), quiet, promise.spans)
        sound = {"file": AUDIO.file, "sha256": digest(quiet), "bytes": quiet.stat().st_size}
        yield AUDIO, quiet
    if recording:
        told = recording.model_dump() | {"captions": captions if recording.captions else None}
        yield RECORDING, RECORDING.dump(Recording.model_validate(told | ({"audio": sound} if sound else {})))


def _drop_what_follows(workspace: Workspace, promise: Silencing) -> None:
    """Throw away what can be made again without her; a transcript by voice that a person changed is blanked."""
    for stage in reversed([stage for stage in STAGES if stage.name not in HEARD]):
        receipt, made = workspace.receipt(stage.name), [artifact.file for artifact in stage.writes]
        if PASSAGES.file in made:
            passages = PASSAGES.found(workspace.folder)
            if passages and receipt and receipt.outputs.get(PASSAGES.file) != promise.before.get(PASSAGES.file):
                _blank_passages(workspace, promise, passages)
                continue
            made.append(made.pop(made.index(PASSAGES.file)))  # last: it says which words are hers
        workspace.receipt_path(stage.name).unlink(missing_ok=True)
        for file in made:
            workspace.path(file).unlink(missing_ok=True)


def _blank_passages(workspace: Workspace, promise: Silencing, passages: Passages) -> None:
    """A transcript by voice that is a person's, and what shows it."""
    left = silence.passages_without(passages, promise.spans)
    pins = read_pins(workspace.folder / "edits" / NAMES)
    names = names_of(left, workspace.webinar().names(), pins)
    svg = picture.svg(left, {voice: spoken_by(voice, names) for voice in names})
    for artifact, content in ((READABLE, readable_text(left, names).encode()), (PICTURE, svg.encode())):
        write_atomic(workspace.path(artifact.file), content)
    write_atomic(workspace.path(PASSAGES.file), PASSAGES.dump(left))
