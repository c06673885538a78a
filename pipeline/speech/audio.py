"""Audio by the window: 16 kHz mono samples out of a FLAC, never the whole file at once."""

from __future__ import annotations

from pathlib import Path

from pipeline.stage import Samples

RATE = 16_000


def length(path: Path) -> float:
    """Seconds of audio in the file."""
    import soundfile

    return float(soundfile.info(path).duration)


def read(path: Path, start: float = 0, end: float | None = None) -> Samples:
    """Samples from `start` to `end` seconds, float32 in -1…1, shape (n,); shorter where the file ends."""
    import soundfile

    first = round(start * RATE)
    frames = -1 if end is None else max(0, round(end * RATE) - first)
    samples, _ = soundfile.read(path, start=first, frames=frames, dtype="float32")
    return samples  # type: ignore[no-any-return]
