"""download: the recording as one 16 kHz FLAC, from URLs or files, with what is known of it; or a transcript alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.artifacts import AUDIO, CAPTIONS, GIVEN, RECORDING
from pipeline.config import DownloadParams, Webinar
from pipeline.engines.ffmpeg import clock
from pipeline.engines.pieces import Piece, file_of, piece_of
from pipeline.errors import PipelineError
from pipeline.models import Given, Part, Payload, Recording
from pipeline.speech.parts import chapters_of, cues_of
from pipeline.stage import Job, Stage


def uses(webinar: Webinar) -> DownloadParams:
    """What a webinar's TOML says of its recording; `to = 0` means to the end."""
    count = len(webinar.url)
    for key, listed in (("from", webinar.from_), ("to", webinar.to)):
        if listed and len(listed) != count:
            raise PipelineError(
                f"'{key}' has {_several(len(listed), 'time')} and 'url' {_several(count, 'address', 'es')}",
                f"give one '{key}' for each url; 0 where the whole is wanted",
            )
    begins = webinar.from_ or (0.0,) * count
    ends = tuple(end or None for end in webinar.to) or (None,) * count
    for begin, end in zip(begins, ends, strict=True):
        if end is not None and end <= begin:
            raise PipelineError(f"'to' ({clock(end)}) is not after 'from' ({clock(begin)})", "correct the times")
    return DownloadParams(
        sources=webinar.url, begins=begins, ends=ends, transcript=webinar.transcript, duration=webinar.duration
    )


def _several(count: int, word: str, ending: str = "s") -> str:
    return f"{count} {word}{'' if count == 1 else ending}"


def run(job: Job[DownloadParams]) -> str:
    """Fetch and decode every part, put them together, and compare with the recording that was here before."""
    if not job.params.sources and not job.params.transcript:
        raise PipelineError("there is nothing to download", "set 'url' (an address or a file) or 'transcript'")
    given = _given(job) if job.params.transcript else None
    pieces = [piece_of(job, number) for number in range(len(job.params.sources))]
    if not pieces:
        assert given
        length = max(cue.end for cue in given.cues)
        name = Path(job.params.transcript or "").stem
        job.write(RECORDING, Recording(title=name, published=None, duration=length, parts=()))
        job.write(GIVEN, given)
        return f"a transcript of {clock(length)}, without a recording"
    flac, length = _together(job, pieces)
    recording = _recording(job, pieces, flac, length)
    _long_enough(job, pieces, length)
    if given:
        given = _beside(job, given, pieces, length)
        job.write(GIVEN, given)
    _compare(job, recording, flac)
    job.write(RECORDING, recording)
    job.write(AUDIO, flac)
    extras = [_several(len(pieces), "part")] if len(pieces) > 1 else []
    extras += [_several(len(recording.chapters), "chapter")] if recording.chapters else []
    extras += ["captions"] if recording.captions else []
    extras += ["a transcript"] if given else []
    return f"{clock(length)} of sound" + (f", with {', '.join(extras)}" if extras else "")


# Together -----------------------------------------------------------------------------------------


def _together(job: Job[DownloadParams], pieces: Sequence[Piece]) -> tuple[Path, float]:
    parts = [job.scratch / f"part-{number}.flac" for number in range(len(pieces))]
    if len(parts) == 1:
        return parts[0], pieces[0].length
    from pipeline.engines.decode import join

    total = sum(piece.length for piece in pieces)
    whole = job.scratch / "whole.flac"
    return whole, join(parts, whole, lambda done: job.progress(done, max(done, total)))


def _parts(pieces: Sequence[Piece]) -> list[Part]:
    offsets = [sum(piece.length for piece in pieces[:number]) for number in range(len(pieces))]
    return [
        Part(url=piece.url, start=piece.begin, end=piece.begin + piece.length, offset=offset)
        for piece, offset in zip(pieces, offsets, strict=True)
    ]


def _recording(job: Job[DownloadParams], pieces: Sequence[Piece], flac: Path, length: float) -> Recording:
    from pipeline.speech.captions import to_vtt

    parts = _parts(pieces)
    pairs = list(zip(pieces, parts, strict=True))
    cues = [cue for piece, part in pairs for cue in cues_of(piece.captions, part)]
    captions = to_vtt(cues).encode() if cues else None
    if captions:
        job.write(CAPTIONS, captions)
    return Recording(
        title=pieces[0].title,
        published=pieces[0].published,
        duration=round(length, 3),
        parts=tuple(parts),
        audio=_payload(AUDIO.file, flac),
        captions=_payload(CAPTIONS.file, captions) if captions else None,
        chapters=tuple(mark for piece, part in pairs for mark in chapters_of(piece.chapters, part)),
        media_sha256=tuple(piece.media_sha256 for piece in pieces),
    )


def _payload(name: str, content: Path | bytes) -> Payload:
    if isinstance(content, bytes):
        return Payload(file=name, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Payload(file=name, sha256=digest, bytes=content.stat().st_size)


def _long_enough(job: Job[DownloadParams], pieces: Sequence[Piece], length: float) -> None:
    """Compare with the length that the user gave: an error where nothing else announced one."""
    told = job.params.duration
    if told is None or abs(length - told) <= max(1.0, 0.005 * told):
        return
    said = f"'duration' says {clock(told)} and the recording has {clock(length)}"
    if any(piece.announced is None for piece in pieces):
        raise PipelineError(f"{said}: it may be cut off", "download it again, or correct 'duration'")
    job.note(said)


def _given(job: Job[DownloadParams]) -> Given:
    from pipeline.speech.captions import read_given

    return read_given(file_of(job, job.params.transcript or ""))


def _beside(job: Job[DownloadParams], given: Given, pieces: Sequence[Piece], length: float) -> Given:
    """A transcript of one source follows its `from` and `to`; one of several parts is in the time of the whole."""
    if len(pieces) == 1:
        cues = tuple(cues_of(given.cues, _parts(pieces)[0]))
        if not cues:
            raise PipelineError("the transcript has no line within the recording", "do they belong together?")
        ends = max(cue.end for cue in given.cues) - pieces[0].begin
        given = given.model_copy(update={"cues": cues})
    else:
        ends = max(cue.end for cue in given.cues)
    if ends > length + 5 and job.params.ends[-1] is None:
        beyond = f"the transcript goes on to {clock(ends)}, the recording ends at {clock(length)}"
        job.note(f"{beyond}: do they belong together?")
    return given


# A recording that was here before -------------------------------------------------------------------


def _compare(job: Job[DownloadParams], recording: Recording, flac: Path) -> None:
    """Say whether a replaced recording is the same, was moved, or what no longer fits it."""
    before = job.folder / AUDIO.file
    if job.previous is None or not before.exists() or recording.audio is None:
        return
    if job.previous.outputs.get(AUDIO.file) == recording.audio.sha256:
        job.note("the recording is the same as before")
        return
    from pipeline.speech.compare import compare, curve, misfits

    found = compare(curve(before), curve(flac))
    job.note(found.told)
    if found.kind == "shifted":
        job.chose["shift"] = found.shift
    for name, times in _edited(job.folder / "edits"):
        gone = misfits(times, found)
        listed = ", ".join(clock(moment) for moment in gone[:20]) + (" …" if len(gone) > 20 else "")
        if gone:
            job.note(f"edits/{name} no longer fits at {listed}: that sound is not in the new recording")


def _edited(folder: Path) -> list[tuple[str, list[float]]]:
    from pipeline.speech.compare import times_in

    found: list[tuple[str, list[float]]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            edits: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # whoever reads it will say so
        found.append((path.name, list(times_in(edits))))
    return found


STAGE = Stage(
    name="download",
    does="fetch the recording and turn its sound into one file",
    reads=(),
    writes=(RECORDING, AUDIO, CAPTIONS, GIVEN),
    uses=uses,
    version=1,
    run=run,
)
