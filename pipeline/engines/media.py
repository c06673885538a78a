"""A media file: what it says about itself, and its sound as 16 kHz mono 16-bit FLAC, or one clear sentence why not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.engines.ffmpeg import SAFE, clock, find_ffmpeg, reason, run_ffmpeg
from pipeline.engines.probe import Probe
from pipeline.errors import PipelineError
from pipeline.models import Chapter
from pipeline.settings import seconds
from pipeline.speech import audio

PROBE_LIMIT = 60.0  # seconds
SHORTEST = 5.0  # seconds; less is no recording of a webinar
LONGEST = 24 * 3600.0  # seconds; bounds what a hostile file can make us write, about 3 GB
# ogg, adts and transport streams announce nothing: ffmpeg looks at their last packet, or guesses by the bitrate
UNANNOUNCED = ("ogg", "aac", "mpegts", "mpeg", "loas", "amr")
# Containers whose clock begins at 0 whatever their first packet says; a transport stream's clock begins anywhere.
ABSOLUTE = ("mov", "matroska")
LATEST = 60.0  # seconds; with a later first packet it is a piece of a longer stream, and begins there

CHAPTER = re.compile(r"^ +Chapter #\S+ start (-?[\d.]+), end \S+\n(?: +Metadata:\n +title +: (.*)\n)?", re.MULTILINE)


@dataclass(frozen=True)
class Media(Probe):
    """A file's own facts; `late` seconds pass on its clock before anything begins, and `tracks` have sound."""

    tracks: int = 1
    late: float = 0.0


# What it says about itself: ffmpeg prints that at opening, so that no ffprobe is needed --------------


def probe_media(path: Path) -> Media:
    """Read the headers of a media file; its name and date stand in for a title and a date that it does not hold."""
    _readable(path)
    safe = [word for key, value in SAFE.items() for word in (f"-{key}", value)]
    _, said = run_ffmpeg([find_ffmpeg(), *safe, "-i", f"file:{path.resolve()}"], PROBE_LIMIT)
    header = re.search(r"^Input #0, (\S+), from ", said, re.MULTILINE)
    if header is None:
        what = "a playlist, or of a kind that is not read here" if "whitelist" in said else f"({reason(said)})"
        raise PipelineError(
            f"'{path.name}' cannot be read as sound or video: {what}", "if a player can open it, export it as mp3"
        )
    tracks = len(re.findall(r"^  Stream #0:\d+.*?: Audio: ", said, re.MULTILINE))
    if tracks == 0:
        raise PipelineError(f"'{path.name}' has no sound track", "take the recording that has sound")
    facts = CHAPTER.sub("", said)
    title = re.search(r"^ +title +: *(\S.*)", facts, re.MULTILINE | re.IGNORECASE)
    day = re.search(r"^ +(?:date|creation_time) +: (\d{4}-\d\d-\d\d)", facts, re.MULTILINE | re.IGNORECASE)
    published = dt.date.fromtimestamp(path.stat().st_mtime)
    with suppress(ValueError):
        published = dt.date.fromisoformat(day[1]) if day else published
    start = re.search(r"^  Duration: .*?start: ([\d.]+)", said, re.MULTILINE)
    late = float(start[1]) if start and header[1].startswith(ABSOLUTE) else 0.0
    marks = ((max(0.0, float(begin)), name.strip()) for begin, name in CHAPTER.findall(said))
    length = re.search(r"^  Duration: (\d+:\d\d:\d\d\.\d+)", said, re.MULTILINE)
    guessed = "Estimating duration" in said or header[1] in UNANNOUNCED
    return Media(
        url=path.name,
        title=title[1].strip() if title else path.stem,
        published=published,
        duration=None if guessed or length is None else seconds(length[1]) or None,
        chapters=tuple(Chapter(start=begin, title=name) for begin, name in marks),
        tracks=tracks,
        late=late if late <= LATEST else 0.0,
    )


def _readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head, there = file.read(12), path.stat().st_size
    except FileNotFoundError as error:
        raise PipelineError(f"there is no file {path}", "check its path") from error
    except OSError as error:
        raise PipelineError(
            f"'{path.name}' cannot be opened: {error.strerror}", "give a file that you may read"
        ) from error
    if there == 0:
        raise PipelineError(f"'{path.name}' is empty (0 bytes)", "copy or export the recording again")
    # ffmpeg trims a RIFF header's length to what is there, so that a cut WAV or AVI would look whole.
    promised = int.from_bytes(head[4:8], "little") + 8
    if head[:4] == b"RIFF" and 8 < promised < 0xFFFF_0000 and there < promised - 1:
        raise _cut(path, f"{promised} bytes", f"{there} bytes")


def decode(
    source: Path, about: Media, flac: Path, *, begin: float, end: float | None, site: float | None,
    told: Callable[[float], None],
) -> float:  # fmt: skip
    """Write seconds `begin` to `end` (None: all) of `source` to `flac`, once its length has been checked; returns it.

    `site` is the length in seconds that a site announces, if any; `told` gets the seconds written so far. Times are
    those of the container's clock, also where its sound begins later than its picture.
    """
    import ffmpeg

    # `async` fills what a container leaves out, so that a gap in the middle or at the start moves no time
    filters = f"aresample={audio.RATE}:async=1:first_pts=0,atrim=start={begin}"
    filters += (f":end={end}" if end is not None else "") + ",asetpts=PTS-STARTPTS"
    unfinished = flac.with_suffix(".unfinished")
    stream = ffmpeg.input(f"file:{source.resolve()}", **SAFE, **({"copyts": None} if about.late else {}))["a:0"]
    output = ffmpeg.output(
        stream, f"file:{unfinished.resolve()}", af=filters, vn=None, sn=None, dn=None, format="flac", acodec="flac",
        sample_fmt="s16", ac=1, ar=audio.RATE, map_metadata=-1, map_chapters=-1, t=LONGEST, fflags="+bitexact",
        **{"flags:a": "+bitexact"},
    )  # fmt: skip
    program, *arguments = ffmpeg.compile(output, cmd=find_ffmpeg(), overwrite_output=True)
    limit = 120 + 0.5 * (about.duration or site or LONGEST)
    flags = ["-xerror", "-loglevel", "warning", "-progress", "pipe:1"]
    code, said = run_ffmpeg([program, *flags, *arguments], limit, told)
    if code:
        raise _failed(source, said)
    length = 0.0
    with suppress(PipelineError):
        length = audio.length(unfinished)
    length = length if length <= 2 * LONGEST else 0.0  # a FLAC without a single sample claims to be endless
    # an exit code of 0 does not mean that the sound is whole
    _check(length, source, about, begin, end, site)
    unfinished.replace(flac)
    return length


def join(flacs: Sequence[Path], flac: Path) -> None:
    """Put files that `decode` made one after the other, sample for sample."""
    import soundfile

    frames = 0
    try:
        with soundfile.SoundFile(flac, "w", audio.RATE, 1, "PCM_16", format="FLAC") as whole:
            for each in flacs:
                for block in soundfile.blocks(each, blocksize=audio.BLOCK, dtype="int16"):
                    whole.write(block)
                    frames += len(block)
    except soundfile.SoundFileError as error:
        raise PipelineError(f"the parts could not be put together: {error}", "is there room on the disk?") from error
    audio.whole(flac, frames)


def _failed(source: Path, said: str) -> PipelineError:
    if "No space left" in said or "quota exceeded" in said:
        return PipelineError("the disk is full; the sound could not be written", "make room and run it again")
    if "not on whitelist" in said or "ecoder not found" in said or "no decoder found" in said:
        return PipelineError(f"'{source.name}' holds sound of a kind that is not read here", "export it as mp3 or m4a")
    return PipelineError(
        f"'{source.name}' is damaged or cut off: it cannot be decoded to its end ({reason(said)})",
        "copy or download it again",
    )


def tolerance(announced: float) -> float:
    """Seconds that the length found and the length announced may differ."""
    return max(1.0, 0.005 * announced)


def _check(length: float, source: Path, about: Media, begin: float, end: float | None, site: float | None) -> None:
    heard = begin + length  # where in the source what we have ends
    for announced in filter(None, (about.duration, site)):
        expected = max(begin, min(end or announced, announced))
        # ffmpeg's versions differ in whether a clock that begins late counts in the length
        if abs(heard - expected) > tolerance(announced) + about.late:
            raise _cut(source, f"{clock(announced)} of sound", clock(heard))
    if (length == 0 and begin) or (end and heard < end - tolerance(end)):
        raise PipelineError(f"'{source.name}' ends before {clock(end or begin)}", "correct 'from' or 'to'")
    if length < SHORTEST:
        raise PipelineError(
            f"'{source.name}' is too short: {clock(length)} of sound, and a webinar has at least {SHORTEST:.0f} s",
            "look whether it is the right file",
        )


def _cut(source: Path, announced: str, holds: str) -> PipelineError:
    return PipelineError(
        f"'{source.name}' is cut off or damaged: it announces {announced} and holds {holds}",
        "copy or download it again; if it is meant to be so, export it anew from a player or editor",
    )
