"""download: the recording as one 16 kHz FLAC, from URLs or files, with what is known of it; or a transcript alone."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.artifacts import AUDIO, CAPTIONS, GIVEN, RECORDING
from pipeline.config import DownloadParams, Webinar, is_address
from pipeline.disk import digest, sha256
from pipeline.edits import SILENCED, Silenced, read
from pipeline.engines.ffmpeg import clock
from pipeline.engines.probe import Probe
from pipeline.errors import PipelineError
from pipeline.models import Chapter, Cue, Given, Part, Payload, Recording, Span
from pipeline.shifts import moments
from pipeline.speech import silence
from pipeline.speech.captions import heard_in, read_given, to_vtt
from pipeline.stage import Job, Stage

if TYPE_CHECKING:
    from pipeline.engines.ytdlp import Fetched
    from pipeline.speech.compare import Comparison


def uses(webinar: Webinar) -> DownloadParams:
    """What a webinar's TOML says of its recording; `to = 0` means to the end."""
    count = len(webinar.url)
    for key, listed in (("from", webinar.from_), ("to", webinar.to)):
        if listed and len(listed) != count:
            raise PipelineError(
                f"'url' has {count} and '{key}' {len(listed)}", "give one for each url; 0 where the whole is wanted"
            )
    begins = webinar.from_ or (0.0,) * count
    ends = tuple(end or None for end in webinar.to) or (None,) * count
    for begin, end in zip(begins, ends, strict=True):
        if end is not None and end <= begin:
            raise PipelineError(f"'to' ({clock(end)}) is not after 'from' ({clock(begin)})", "correct the times")
    return DownloadParams(
        sources=webinar.url,
        begins=begins,
        ends=ends,
        transcript=webinar.transcript,
        transcript_sha256=sha256(Path(webinar.transcript).expanduser()) if webinar.transcript else None,
        duration=webinar.duration,
    )


def run(job: Job[DownloadParams]) -> str:
    """Fetch and decode every part, put them together, and compare with the recording that was here before."""
    given = read_given(_file(job, job.params.transcript)) if job.params.transcript else None
    if not job.params.sources:
        if given is None:
            raise PipelineError("there is nothing to download", "set 'url' (an address or a file) or 'transcript'")
        return _text_alone(job, given)
    pieces: list[Piece] = []
    try:
        for number in range(len(job.params.sources)):
            ends = pieces[-1].part if pieces else None
            pieces.append(_piece(job, number, ends.offset + ends.end - ends.start if ends else 0.0))
    except PipelineError as error:
        if given is None or (job.folder / AUDIO.file).exists() or not all(map(is_address, job.params.sources)):
            raise
        job.note(f"{error.message}: the article is made of the transcript alone, and no quote can be heard again")
        return _text_alone(job, given)
    recording = _recording(pieces)
    flac, silent = _laid(job, _joined(job, pieces), recording)
    recording = _handed(job, pieces, recording, flac, silent)
    _long_enough(job, recording, all(piece.announced for piece in pieces))
    if given:
        beside = _beside(given, recording, silent)
        if left := len(given.cues) - len(beside.cues):
            job.note(f"{left} lines of the transcript lie outside the recording and were left out")
        job.write(GIVEN, beside)
    extras = [f"{len(pieces)} parts"] if len(pieces) > 1 else []
    extras += [f"{len(recording.chapters)} chapters"] if recording.chapters else []
    extras += ["captions"] if recording.captions else []
    extras += ["a transcript"] if given else []
    return f"{clock(recording.duration)} of sound" + (f", with {', '.join(extras)}" if extras else "")


def _text_alone(job: Job[DownloadParams], given: Given) -> str:
    """A transcript without sound; an address, if there is one, still says where it can be heard."""
    length = max(cue.end for cue in given.cues)
    sources = job.params.sources if len(job.params.sources) == 1 else ()
    parts = tuple(Part(url=url, start=job.params.begins[0], end=length) for url in sources)
    recording = Recording(title=Path(given.source).stem, published=None, duration=length, parts=parts)
    silenced = read(job.edits(SILENCED), Silenced)
    if silenced.spans and silenced.recording != recording.identity:
        raise _unknown("it is another transcript")
    job.write(RECORDING, recording)
    job.write(GIVEN, given.model_copy(update={"cues": silence.cues_without(given.cues, silenced.spans)}))
    return f"a transcript of {clock(length)}, without a recording"


@dataclass(frozen=True)
class Piece:
    """One source, decoded and checked; cues and chapters are in the time of the recording."""

    part: Part
    probe: Probe
    flac: Path
    announced: bool
    media_sha256: str
    chapters: tuple[Chapter, ...]
    captions: tuple[Cue, ...]


def _piece(job: Job[DownloadParams], number: int, offset: float) -> Piece:
    source, folder = job.params.sources[number], job.scratch / f"part-{number}"
    if not is_address(source):
        return _decoded(job, number, offset, _file(job, source))
    from pipeline.engines import ytdlp

    while True:
        begun = folder.exists()  # by a killed run; yt-dlp goes on where that was
        folder.mkdir(exist_ok=True)
        fetched = ytdlp.fetch(source, folder, job.machine.cookies, lambda done, total: job.progress(done, total, "B"))
        try:
            return _decoded(job, number, offset, fetched.media, fetched)
        except PipelineError as error:
            shutil.rmtree(folder)
            if not begun:
                said = error.message.replace(f"'{fetched.media.name}'", "the download")
                raise PipelineError(said, error.hint) from error
        job.note("what was downloaded before did not fit what is there now, so it was done again")


def _file(job: Job[DownloadParams], source: str) -> Path:
    """A source or transcript that is a path: as it is, or relative to configs/ or to the home."""
    path, home = Path(source).expanduser(), job.folder.parent.parent
    for each in (path, home / "configs" / path, home / path):
        if each.exists():
            return each
    raise PipelineError(f"there is no file {source}", "correct 'url' or 'transcript'; an address begins with https://")


def _decoded(job: Job[DownloadParams], number: int, offset: float, file: Path, fetched: Fetched | None = None) -> Piece:
    from pipeline.engines.media import decode, probe_media

    about, flac = probe_media(file), job.scratch / f"part-{number}.flac"
    begin, end = job.params.begins[number], job.params.ends[number]
    found, site = (fetched.probe, fetched.probe.duration) if fetched else (about, None)
    total = (end or about.duration or site or 0) - begin
    length = decode(file, about, flac, begin=begin, end=end, site=site, told=lambda s: job.progress(s, max(s, total)))
    if about.tracks > 1:
        job.note(f"'{file.name}' has {about.tracks} sound tracks; the first is used")
    if fetched and fetched.note:
        job.note(fetched.note)
    part = Part(url=found.url, start=begin, end=begin + length, offset=offset)
    return Piece(
        part=part,
        probe=found,
        flac=flac,
        announced=bool(about.duration or site),
        media_sha256=digest(file),
        chapters=_heard_chapters(found.chapters or about.chapters, part),
        captions=tuple(heard_in(fetched.captions, part)) if fetched else (),
    )


def _heard_chapters(chapters: Sequence[Chapter], part: Part) -> tuple[Chapter, ...]:
    """The chapters heard in a part, in the time of the recording; one already going on begins where the part does."""
    ends = [chapter.start for chapter in chapters[1:]] + [part.end]
    return tuple(
        Chapter(start=round(max(0.0, chapter.start - part.start) + part.offset, 3), title=chapter.title)
        for chapter, end in zip(chapters, ends, strict=False)
        if chapter.start < part.end and end > part.start
    )


def _joined(job: Job[DownloadParams], pieces: Sequence[Piece]) -> Path:
    """The sound of all parts."""
    from pipeline.engines.media import join

    if len(pieces) == 1:
        return pieces[0].flac
    join([piece.flac for piece in pieces], job.scratch / "whole.flac")
    return job.scratch / "whole.flac"


def _recording(pieces: Sequence[Piece]) -> Recording:
    """What is known of it but for the files."""
    last = pieces[-1].part
    return Recording(
        title=pieces[0].probe.title,
        published=pieces[0].probe.published,
        duration=round(last.offset + last.end - last.start, 3),
        parts=tuple(piece.part for piece in pieces),
        chapters=tuple(chapter for piece in pieces for chapter in piece.chapters),
        media_sha256=tuple(piece.media_sha256 for piece in pieces),
    )


def _handed(
    job: Job[DownloadParams], pieces: Sequence[Piece], recording: Recording, flac: Path, silent: Sequence[Span]
) -> Recording:
    """Hand over the recording, its sound and its captions."""
    cues = silence.cues_without([cue for piece in pieces for cue in piece.captions], silent)
    vtt = to_vtt(cues).encode()
    if cues:
        job.write(CAPTIONS, vtt)
    recording = recording.model_copy(
        update={
            "audio": Payload(file=AUDIO.file, sha256=digest(flac), bytes=flac.stat().st_size),
            "captions": Payload(file=CAPTIONS.file, sha256=digest(vtt), bytes=len(vtt)) if cues else None,
        }
    )
    job.write(RECORDING, recording)
    job.write(AUDIO, flac)
    return recording


def _long_enough(job: Job[DownloadParams], recording: Recording, announced: bool) -> None:
    """Compare with the length that the user gave: an error where nothing else announced one."""
    from pipeline.engines.media import tolerance

    told, found = job.params.duration, recording.duration
    if told is None or abs(found - told) <= tolerance(told):
        return
    said = f"'duration' says {clock(told)} and the recording has {clock(found)}"
    if not announced:
        raise PipelineError(f"{said}: it may be cut off", "download it again, or correct 'duration'")
    job.note(said)


def _beside(given: Given, recording: Recording, silent: Sequence[Span]) -> Given:
    """A transcript of one source follows its `from` and `to`; one of several parts is in the time of the whole."""
    one = len(recording.parts) == 1
    heard = heard_in(given.cues, recording.parts[0] if one else Part(url="", end=recording.duration))
    cues = silence.cues_without(heard, silent)
    if not cues:
        raise PipelineError("the transcript has no line within the recording", "do they belong together?")
    return given.model_copy(update={"cues": cues})


def _laid(job: Job[DownloadParams], flac: Path, recording: Recording) -> tuple[Path, tuple[Span, ...]]:
    """The sound without whoever asked to be forgotten, and where that is; says whether it was here before.

    PipelineError where that cannot be known, because it is another recording.
    """
    silenced = read(job.edits(SILENCED), Silenced)
    spans, before, quiet = silenced.spans, job.folder / AUDIO.file, job.scratch / "silenced.flac"

    def laid(spans: tuple[Span, ...]) -> tuple[Path, tuple[Span, ...]]:
        if spans:
            silence.silenced(flac, quiet, spans)
        return (quiet if spans else flac), spans

    if not spans and (job.previous is None or not before.exists()):
        return laid(())
    made = laid(spans)
    if job.previous and before.exists() and digest(made[0]) == job.previous.outputs.get(AUDIO.file):
        job.note("the recording is the same as before")
        return made
    if spans and silenced.recording == recording.identity:
        return made
    found = _compared(job, before, flac, spans)
    if spans and (found is None or found.shift is None):
        raise _unknown(found.told if found else "there is nothing left to compare this recording with")
    if found is None or not found.shift:
        return made
    job.chose["shift"] = found.shift
    later = ((max(0.0, span.start + found.shift), span.end + found.shift) for span in spans)
    return laid(tuple(Span(start=start, end=end) for start, end in later if end > 0))


def _compared(job: Job[DownloadParams], before: Path, flac: Path, spans: tuple[Span, ...]) -> Comparison | None:
    """How it came out of the one that was here; None where that is gone or damaged."""
    from pipeline.speech.compare import compare, curve

    if not before.exists():
        return None
    try:
        heard = curve(before)
    except PipelineError as error:
        job.note(f"{error.message}, so it is not compared with what is there now")
        return None
    found = compare(heard, curve(flac), spans)
    if found.shift is not None or not spans:
        job.note(found.told)
        _fits(job, found)
    return found


def _unknown(why: str) -> PipelineError:
    return PipelineError(
        f"{why}; and edits/{SILENCED} says who is not to be heard, but not where that is in this one",
        f"begin a webinar of its own with it, or delete edits/{SILENCED} and forget that speaker again",
    )


def _fits(job: Job[DownloadParams], found: Comparison) -> None:
    """Say what of the edits does not fit a replaced recording any more."""
    for file, times in moments(job.folder / "edits").items():
        gone = [clock(time) for time in times if not found.has(time)]
        if gone:
            told = ", ".join(gone[:6] + ["…"] * (len(gone) > 6))
            job.note(f"edits/{file} no longer fits at {told}: that sound is not in the new recording")


STAGE = Stage(
    name="download",
    reads=(),
    writes=(RECORDING, AUDIO, CAPTIONS, GIVEN),
    uses=uses,
    version=1,
    run=run,
    lays=(SILENCED,),
)
