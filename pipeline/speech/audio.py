"""Audio by the window: 16 kHz mono samples out of a FLAC, never the whole file at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.stage import Samples

RATE = 16_000
BLOCK = 60 * RATE  # samples that are copied at once


def length(path: Path) -> float:
    """Seconds of audio in the file. PipelineError where it is none."""
    import soundfile

    with readable(path):
        return float(soundfile.info(path).duration)


def read(path: Path, start: float = 0, end: float | None = None) -> Samples:
    """Samples from `start` to `end` seconds, float32 in -1…1, shape (n,); shorter where the file ends.

    PipelineError where the file is damaged.
    """
    import soundfile

    first = round(start * RATE)
    frames = -1 if end is None else max(0, round(end * RATE) - first)
    with readable(path):
        samples, _ = soundfile.read(path, start=first, frames=frames, dtype="float32")
    return samples  # type: ignore[no-any-return]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Whatever libsndfile says of a file of ours as one sentence."""
    import soundfile

    try:
        yield
    except soundfile.SoundFileError as error:
        raise PipelineError(
            f"{path.name} is damaged and cannot be read ({str(error).rsplit(': ', 1)[-1].rstrip('.')})",
            f"make it again: impressie rerun {path.parent.name} download",
        ) from error


def count(path: Path) -> int:
    """How many samples of a FLAC can be read. soundfile.SoundFileError where it is damaged."""
    import soundfile

    return sum(len(block) for block in soundfile.blocks(path, blocksize=BLOCK, dtype="int16"))


def whole(path: Path, frames: int) -> None:
    """PipelineError unless all frames of a FLAC of ours can be read back: libsndfile keeps silent on a full disk."""
    import soundfile

    try:
        found = count(path)
    except soundfile.SoundFileError:
        found = 0
    with path.open("rb") as file:
        sizes = file.read(18)[12:]  # of the smallest and largest frame (RFC 9639, 8.2): written last of all
    if found != frames or not any(sizes):
        raise unwritten()


def unwritten() -> PipelineError:
    """What there is to say where sound could not be written."""
    return PipelineError("the sound could not be written whole", "is there room on the disk? then run it again")
