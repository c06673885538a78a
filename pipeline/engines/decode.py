"""A recording to 16 kHz mono 16-bit FLAC, counted sample by sample, or one clear sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import system
from pipeline.engines.ffmpeg import SAFE, STALL, Told, clock, compiled, reason, run_ffmpeg
from pipeline.engines.media import Media
from pipeline.errors import PipelineError

RATE = 16_000
SHORTEST = 5.0  # seconds; less is no recording of a webinar
LONGEST = 24 * 3600.0  # seconds; bounds what a hostile file can make us write
FLAC_BYTES = 33_000  # per second at most: 16 bits at 16 kHz that do not compress, with frame headers
# Containers whose clock begins at 0 whatever their first packet says; a transport stream's clock begins anywhere.
ABSOLUTE = ("mov", "matroska")
LATEST_START = 60.0  # seconds; with a later first packet it is a piece of a longer stream, which begins there


@dataclass(frozen=True)
class Wanted:
    """The seconds of a source that are wanted; `end` None means to its end."""

    begin: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class Decoded:
    """`length` in seconds as counted; `announced` is None where nothing announced one; `peak` of full scale, 0…1."""

    length: float
    announced: float | None
    peak: float


def tolerance(announced: float) -> float:
    """Seconds that decoded and announced length may differ."""
    return max(1.0, 0.005 * announced)


def decode(
    source: Path, media: Media, flac: Path, *, name: str, wanted: Wanted, site: float | None, told: Told,
    stall: float = STALL,
) -> Decoded:  # fmt: skip
    """Write the wanted seconds of `source` to `flac`, which exists only once its length has been checked.

    `site` is the length in seconds that the site announces, if any; `told` gets the seconds written so far. Times are
    those of the container's clock, also where its sound begins later than its picture. PipelineError names both
    lengths where they differ by more than max(1 s, 0.5 %).
    """
    import ffmpeg

    announced = media.duration or site
    _room(flac.parent, announced)
    clock_kept = media.format.startswith(ABSOLUTE) and 0 < media.start <= LATEST_START
    # `async` fills what a container leaves out, so that a gap in the middle or at the start moves no time
    filters = f"aresample={RATE}:async=1:first_pts=0"
    if wanted.begin or wanted.end is not None:
        filters += f",atrim=start={wanted.begin}" + (f":end={wanted.end}" if wanted.end is not None else "")
        filters += ",asetpts=PTS-STARTPTS"
    unfinished = flac.with_suffix(".unfinished")
    stream = ffmpeg.input(f"file:{source.resolve()}", **SAFE, **({"copyts": None} if clock_kept else {}))
    _encode(stream["a:0"], unfinished, told, name, announced, stall, af=filters, vn=None, sn=None, dn=None)
    length, peak = _count(unfinished)
    _check(length, media, site, wanted, name)
    unfinished.replace(flac)
    return Decoded(length, announced, peak)


def join(flacs: Sequence[Path], flac: Path, told: Told) -> float:
    """Put files that `decode` made one after the other, sample for sample; the length in seconds."""
    import ffmpeg

    expected = sum(_count(each)[0] for each in flacs)
    _room(flac.parent, expected)
    streams = [ffmpeg.input(f"file:{each.resolve()}", **SAFE)["a:0"] for each in flacs]
    unfinished = flac.with_suffix(".unfinished")
    _encode(ffmpeg.concat(*streams, v=0, a=1), unfinished, told, flac.name, expected, STALL)
    length, _ = _count(unfinished)
    if round((length - expected) * RATE) != 0:
        raise PipelineError(f"joining the parts gave {clock(length)} instead of {clock(expected)}", "run it again")
    unfinished.replace(flac)
    return length


def _room(folder: Path, seconds: float | None) -> None:
    needed, free = int((seconds or 0) * FLAC_BYTES * 0.6) + (64 << 20), system.free_disk(folder)
    if free < needed:
        raise PipelineError(
            f"the disk has {free >> 20} MB left and this recording needs about {needed >> 20} MB",
            "make room and run it again",
        )


def _encode(
    stream: object, flac: Path, told: Told, name: str, announced: float | None, stall: float, **options: object
) -> None:
    import ffmpeg

    output = ffmpeg.output(
        stream, f"file:{flac.resolve()}", format="flac", acodec="flac", sample_fmt="s16", ac=1, ar=RATE,
        map_metadata=-1, map_chapters=-1, fflags="+bitexact", t=LONGEST, **{"flags:a": "+bitexact"}, **options,
    )  # fmt: skip
    limit = 120 + 0.5 * (announced or LONGEST)
    arguments = compiled(output, "-xerror", "-loglevel", "warning", "-progress", "pipe:1")
    code, _, said = run_ffmpeg(arguments, limit=limit, size=int(LONGEST * FLAC_BYTES), told=told, stall=stall)
    if code == 0:
        return
    if "No space left" in said or "quota exceeded" in said.lower():
        raise PipelineError(f"the disk is full; {flac.name} could not be written", "make room and run it again")
    if "not on whitelist" in said or "Decoder not found" in said or "no decoder found" in said:
        raise PipelineError(f"{name} holds sound of a kind that is not read here", "export it as mp3 or m4a")
    raise PipelineError(
        f"{name} is damaged or cut off: it cannot be decoded to its end ({reason(said)})", "copy or download it again"
    )


def _count(flac: Path) -> tuple[float, float]:
    """Seconds and peak of what really is in the file: read to its end, a minute at a time."""
    import numpy as np
    import soundfile

    frames, peak = 0, 0
    try:
        for block in soundfile.blocks(flac, blocksize=RATE * 60, dtype="int16"):
            frames += len(block)
            peak = max(peak, int(np.abs(block.astype(np.int32)).max(initial=0)))
    except (soundfile.LibsndfileError, RuntimeError):
        return 0.0, 0.0  # without a single sample it is no FLAC
    return frames / RATE, peak / 32768


def _check(length: float, media: Media, site: float | None, wanted: Wanted, name: str) -> None:
    """Compare the counted length with every announced one."""
    heard = wanted.begin + length  # where in the source what we have ends
    for announced, starts in ((media.duration, (0, media.start, -media.start)), (site, (0, media.start))):
        if announced is None or _fits(heard, announced, wanted, starts):
            continue
        whole = max(announced, heard)
        if wanted.begin >= announced or (wanted.end or 0) > announced + tolerance(announced):
            raise _outside(name, wanted, announced)
        raise PipelineError(
            f"{name} is cut off or damaged: it announces {precise(announced, whole)} of sound and holds "
            f"{precise(heard, whole)}",
            "copy or download it again; if it is meant to be so, export it anew from a player or editor",
        )
    if length == 0 and wanted.begin:
        raise PipelineError(f"{name} ends before {clock(wanted.begin)}", "correct 'from'")
    if wanted.end is not None and heard < wanted.end - tolerance(wanted.end):
        raise _outside(name, wanted, heard)
    if length < SHORTEST:
        raise PipelineError(
            f"{name} is too short: {length:.1f} s of sound, and a recording has at least {SHORTEST:.0f} s",
            "look whether it is the right file",
        )


def _fits(heard: float, announced: float, wanted: Wanted, starts: Sequence[float]) -> bool:
    # Containers count from 0 or from their first packet; ffmpeg 5 and 9 disagree on which (see media.start).
    for start in starts:
        full = announced + start
        end = full if wanted.end is None else min(wanted.end, full)
        if abs(heard - end) <= tolerance(announced) and (wanted.end or 0) <= full + tolerance(announced):
            return True
    return False


def _outside(name: str, wanted: Wanted, ends: float) -> PipelineError:
    to = "its end" if wanted.end is None else clock(wanted.end)
    return PipelineError(
        f"{name} ends at {clock(ends)}, but {clock(wanted.begin)} to {to} is wanted", "correct 'from' and 'to'"
    )


def precise(seconds: float, whole: float) -> str:
    """A length for people, with tenths where rounding to seconds could hide a difference."""
    return f"{seconds:.1f} s" if whole < 600 else clock(seconds)
