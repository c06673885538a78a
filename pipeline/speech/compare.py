"""Is this the same recording? Laid over each other: curves of loudness, which another codec or volume leaves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.models import Span
from pipeline.speech import audio

Curve = npt.NDArray[np.float32]

PER_SECOND = 100  # values of the curve per second: times come out to 0.01 s
CHUNK = 10 * PER_SECOND  # what is recognised again, or not
ALIKE = 0.8  # correlation of two chunks from which they are the same sound; unrelated speech stays under 0.5
LOUD = 1.0  # dB of variation; a chunk with less is silence, in which nothing is recognised
DISTANCES = 8  # distances tried; a recording with more cuts than that is another recording
CLOSE = 2  # values: 0.02 s, by which chunks of one recording may seem to move


@dataclass(frozen=True)
class Comparison:
    """`shift`: all sound is heard so many seconds later than in the old one; None where it is another recording.

    `lags[n]`: the same for the n-th ten seconds, None where they are not heard; silence is left out.
    `old` and `new` are the lengths in seconds.
    """

    shift: float | None
    lags: dict[int, float | None]
    old: float
    new: float

    @property
    def told(self) -> str:
        """The outcome in a sentence."""
        if self.shift is None:
            return f"this is another recording than before ({self.old:.0f} s, now {self.new:.0f} s): check your edits"
        if self.shift:
            by = f"{abs(self.shift):.1f} s {'later' if self.shift > 0 else 'earlier'}"
            return f"the recording begins {by} than before: edits and links are moved"
        longer = self.new - self.old
        by = f", but is {abs(longer):.0f} s {'longer' if longer > 0 else 'shorter'}" if abs(longer) > 1 else ""
        return f"the recording sounds the same as before{by}"

    def has(self, moment: float) -> bool:
        """Whether the sound at a moment of the old recording is in the new one."""
        lag = self.lags.get(int(moment * PER_SECOND) // CHUNK, self.shift)
        return lag is not None and 0 <= moment + lag <= self.new


def curve(path: Path) -> Curve:
    """The loudness of a 16 kHz FLAC in dB, 100 values a second; read a minute at a time."""
    length, hop = audio.length(path), audio.RATE // PER_SECOND
    pieces = [np.zeros(0)]
    for start in range(0, int(length) + 1, 60):
        samples = audio.read(path, start, min(length, start + 60.0))
        frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
        pieces.append(10 * np.log10(np.mean(frames**2, axis=1) + 1e-7))
    return np.concatenate(pieces).astype(np.float32)


def compare(old: Curve, new: Curve, silent: Sequence[Span] = ()) -> Comparison:
    """Find out how `new` came out of `old`; both as `curve` makes them. `silent`: what was silenced in `old`."""
    distances = _distances(old, new)
    quiet = {n for s in silent for n in range(int(s.start * PER_SECOND) // CHUNK, int(s.end * PER_SECOND) // CHUNK + 1)}
    chunks = {n: old[n * CHUNK : (n + 1) * CHUNK] for n in range(len(old) // CHUNK + 1) if n not in quiet}
    lags = {n: _lag(n * CHUNK, chunk, new, distances) for n, chunk in chunks.items() if _sounds(chunk)}
    most = Counter(lag for lag in lags.values() if lag is not None).most_common(1)
    best = most[0][0] if most else 0
    # Chunks that fall wholly inside the new recording at that distance should be heard there.
    inside = [lag for n, lag in lags.items() if 0 <= n * CHUNK + best <= len(new) - CHUNK]
    close = sum(lag is not None and abs(lag - best) <= CLOSE for lag in inside)
    shift = None
    if most and close >= 0.95 * len(inside):
        shift = best / PER_SECOND if abs(best) > CLOSE else 0.0
    seconds = {n: None if lag is None else lag / PER_SECOND for n, lag in lags.items()}
    return Comparison(shift, seconds, len(old) / PER_SECOND, len(new) / PER_SECOND)


def _distances(old: Curve, new: Curve) -> list[int]:
    """The distances at which most of both curves fall together, the best first; 0 is always tried."""
    size = 1 << (len(old) + len(new)).bit_length()
    match = np.fft.irfft(np.fft.rfft(_edges(new), size) * np.conj(np.fft.rfft(_edges(old), size)), size)
    found = [0]
    for _ in range(DISTANCES):
        peak = int(match.argmax())
        found.append(peak if peak < len(new) else peak - size)
        match[np.arange(peak - PER_SECOND // 2, peak + PER_SECOND // 2) % size] = -np.inf
    return found


def _edges(curve: Curve) -> Curve:
    """Rises and falls of loudness: sharp in time, and without the level."""
    return np.clip(np.diff(curve, prepend=curve[:1]), -10, 10)


def _sounds(chunk: Curve) -> bool:
    return len(chunk) >= PER_SECOND and float(chunk.std()) >= LOUD


def _lag(at: int, chunk: Curve, new: Curve, distances: list[int]) -> int | None:
    """How many values later the chunk at `at` is heard in `new`; None where it is not."""
    best, lag = ALIKE, None
    for distance in distances:
        there = new[max(0, at + distance) : max(0, at + distance + len(chunk))]
        if len(there) == len(chunk) and _sounds(there):
            alike = float(np.corrcoef(chunk, there)[0, 1])
            if alike > best:
                best, lag = alike, distance
    return lag
