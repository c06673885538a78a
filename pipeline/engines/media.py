"""What a media file says about itself: length, tracks, title, date, chapters, in ffmpeg's own words (no ffprobe)."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.engines.ffmpeg import SAFE, compiled, reason, run_ffmpeg
from pipeline.errors import PipelineError
from pipeline.models import Chapter

PROBE_LIMIT = 60.0  # seconds
# ogg, adts and transport streams announce nothing: ffmpeg looks at their last packet, or guesses by the bitrate
UNANNOUNCED = ("ogg", "aac", "mpegts", "mpeg", "loas", "amr")


@dataclass(frozen=True)
class Media:
    """What a file says about itself. `duration` in seconds is None where nothing announces it."""

    format: str
    duration: float | None
    start: float
    tracks: int
    title: str | None = None
    published: dt.date | None = None
    chapters: tuple[Chapter, ...] = ()


def probe_media(path: Path, called: str | None = None) -> Media:
    """Read the headers of a media file. `called` is its name in errors. PipelineError where it is no recording."""
    import ffmpeg

    name = called or f"'{path.name}'"
    _readable(path, name)
    source = ffmpeg.input(f"file:{path.resolve()}", **SAFE)
    arguments = compiled(ffmpeg.output(source, "pipe:1", format="ffmetadata", map_metadata=0))
    # Only metadata is asked for: without a -map of its own, the ffmetadata muxer takes no stream.
    code, metadata, said = run_ffmpeg(arguments, limit=PROBE_LIMIT, size=1 << 20, stall=PROBE_LIMIT)
    header = re.search(r"^Input #0, (\S+), from ", said, re.MULTILINE)
    if header is None:
        raise _unreadable(name, said)
    tracks = len(re.findall(r"^  Stream #0:\d+.*?: Audio: ", said, re.MULTILINE))
    if tracks == 0:
        raise PipelineError(f"{name} has no sound track", "take the recording that has sound")
    if code:
        raise _unreadable(name, said)
    form = header[1].rstrip(",")
    title, published, chapters = _facts(metadata, said)
    return Media(
        format=form,
        duration=_announced(form, said),
        start=_start(said),
        tracks=tracks,
        title=title,
        published=published,
        chapters=chapters,
    )


def _readable(path: Path, name: str) -> None:
    try:
        if not path.is_file():
            raise PipelineError(f"{name} is not a file" if path.exists() else f"there is no file {path}")
        if path.stat().st_size == 0:
            raise PipelineError(f"{name} is empty (0 bytes)", "copy or export the recording again")
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise PipelineError(f"{name} cannot be opened: {error.strerror}", "check who may read it") from error
    # ffmpeg trims a RIFF header's length to what is there, so that a cut WAV or AVI would look whole.
    promised = int.from_bytes(head[4:8], "little") + 8
    there = path.stat().st_size
    if head[:4] == b"RIFF" and head[8:] in (b"WAVE", b"AVI ") and 8 < promised < 0xFFFF_0000 and there < promised - 1:
        raise PipelineError(
            f"{name} is cut off: it announces {promised:,} bytes and has {there:,}".replace(",", " "),
            "copy or download it again",
        )


def _unreadable(name: str, said: str) -> PipelineError:
    if "whitelist" in said.lower():
        return PipelineError(
            f"{name} is a playlist or of a kind that is not read here",
            "take the recording itself: mp4, mp3, m4a, wav, …",
        )
    return PipelineError(
        f"{name} cannot be read as sound or video ({reason(said)})",
        "open it in a player; if that works, export it as mp3",
    )


def _announced(form: str, said: str) -> float | None:
    found = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", said, re.MULTILINE)
    if found is None or "Estimating duration" in said or form in UNANNOUNCED:
        return None
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
    return seconds or None


def _start(said: str) -> float:
    found = re.search(r"^  Duration: .*?start: (-?[\d.]+)", said, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _facts(metadata: str, said: str) -> tuple[str | None, dt.date | None, tuple[Chapter, ...]]:
    """Title, date and chapters out of ffmpeg's FFMETADATA1 text."""
    head, *marks = re.split(r"^\[CHAPTER\]$", metadata, flags=re.MULTILINE)
    pairs = {key.lower(): value for key, value in _pairs(head)}
    published = None
    with contextlib.suppress(ValueError):
        published = dt.date.fromisoformat((pairs.get("date") or pairs.get("creation_time") or "")[:10])
    chapters = []
    for mark in marks:
        facts = dict(_pairs(mark))
        top, _, bottom = facts.get("TIMEBASE", "1/1000000000").partition("/")
        with contextlib.suppress(ValueError, ZeroDivisionError):
            start = int(facts["START"]) * int(top) / int(bottom) if "START" in facts else 0.0
            chapters.append(Chapter(start=max(0.0, start), title=facts.get("title", "").strip()))
    # ogg keeps its title with the stream, where the ffmetadata muxer does not look
    title = pairs.get("title") or next(iter(re.findall(r"^ +title +: (.*)", said, re.MULTILINE)), "")
    return title.strip() or None, published, tuple(chapters)


def _pairs(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"^([^=;#\\\n]+)=((?:\\.|[^\\\n])*)", text, re.MULTILINE | re.DOTALL)
    return [(key, re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)) for key, value in found]
