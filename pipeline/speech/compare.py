"""Is this the same recording? Two loudness curves laid over each other: the same, begun earlier or later, or cut.

Works on the course of loudness (100 values a second), which survives another codec, bitrate or volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.speech import audio

Curve = npt.NDArray[np.float32]

PER_SECOND = 100  # values of the curve per second: times come out to 0.01 s
CHUNK = 10 * PER_SECOND  # what is recognised again, or not
ALIKE = 0.8  # correlation of two chunks from which they are the same sound; unrelated speech stays under 0.5
CANDIDATES = 8  # distances tried; a recording with more cuts than that is another recording
TIMES = ("at", "start", "end", "moment", "moments", "time", "times")  # keys of edits/*.json that hold times


@dataclass(frozen=True)
class Comparison:
    """How the old recording's times relate to the new one's.

    `lags[n]` is how many seconds later chunk n of the old one is heard in the new one; None where it is heard nowhere,
    nan where it is silence. `shift` is the one distance of a recording that was only moved.
    """

    kind: Literal["same", "shifted", "changed"]
    shift: float
    lags: tuple[float | None, ...]
    old: float
    new: float

    @property
    def told(self) -> str:
        """The outcome in a sentence."""
        later = self.new - self.old if self.kind == "same" else self.shift
        by = f"{abs(later):.1f} s {'later' if later > 0 else 'earlier'}"
        if self.kind == "same":
            return "the recording sounds the same as before" + (f", but ends {by}" if abs(later) > 1 else "")
        if self.kind == "shifted":
            return f"the recording begins {by} than before: edits and links are moved"
        return f"this is another recording than before ({self.old:.0f} s, now {self.new:.0f} s): check your edits"

    def moved(self, moment: float) -> float | None:
        """Where a moment of the old recording is now; None where that sound is gone."""
        if not 0 <= moment <= self.old:
            return None
        lag = self.lags[min(int(moment * PER_SECOND / CHUNK), len(self.lags) - 1)] if self.lags else None
        if lag is not None and np.isnan(lag):
            lag = self.shift if self.kind != "changed" else None
        return moment + lag if lag is not None and 0 <= moment + lag <= self.new else None


def curve(path: Path) -> Curve:
    """The loudness of a 16 kHz FLAC in dB, 100 values a second; read a minute at a time."""
    length, hop = audio.length(path), audio.RATE // PER_SECOND
    pieces = []
    for start in range(0, int(length) + 1, 60):
        samples = audio.read(path, start, min(length, start + 60.0))
        frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
        pieces.append(10 * np.log10(np.mean(frames**2, axis=1) + 1e-7))
    return np.concatenate(pieces).astype(np.float32) if pieces else np.zeros(0, np.float32)


def compare(old: Curve, new: Curve) -> Comparison:
    """Find out how `new` came out of `old`; both as `curve` makes them."""
    lengths = len(old) / PER_SECOND, len(new) / PER_SECOND
    candidates = _candidates(old, new)
    chunks = [_lag(old, new, at, candidates) for at in range(0, len(old), CHUNK)]
    votes: dict[int, int] = {}
    for lag in chunks:
        if lag is not None and lag != SILENT:
            votes[lag] = votes.get(lag, 0) + 1
    best = max(votes, key=lambda lag: votes[lag], default=0)
    # Chunks that fall wholly inside the new recording at that distance, and are not silent, should be heard there.
    inside = [lag for n, lag in enumerate(chunks) if 0 <= n * CHUNK + best <= len(new) - CHUNK and lag != SILENT]
    constant = bool(votes) and sum(lag is not None and abs(lag - best) <= 2 for lag in inside) >= 0.95 * len(inside)
    shift = best / PER_SECOND if constant else 0.0
    kind: Literal["same", "shifted", "changed"] = "changed"
    if constant:
        kind = "shifted" if abs(best) > 2 else "same"
    lags = tuple(None if lag is None else float("nan") if lag == SILENT else lag / PER_SECOND for lag in chunks)
    return Comparison(kind, shift if kind == "shifted" else 0.0, lags, *lengths)


SILENT = 1 << 40  # in place of a lag: nothing to recognise


def _candidates(old: Curve, new: Curve) -> list[int]:
    """The distances at which most of both curves fall together, the best first; 0 is always tried."""
    found = [0]
    if min(len(old), len(new)) < PER_SECOND:
        return found
    size = 1 << (len(old) + len(new)).bit_length()
    match = np.fft.irfft(np.fft.rfft(_edges(new), size) * np.conj(np.fft.rfft(_edges(old), size)), size)
    for _ in range(CANDIDATES):
        peak = int(match.argmax())
        found.append(peak if peak < len(new) else peak - size)
        around = np.arange(peak - PER_SECOND // 2, peak + PER_SECOND // 2) % size
        match[around] = -np.inf
    return found


def _edges(curve: Curve) -> Curve:
    """Rises and falls of loudness: sharp in time, and without the level."""
    return np.clip(np.diff(curve, prepend=curve[:1]), -10, 10)


def _lag(old: Curve, new: Curve, at: int, candidates: list[int]) -> int | None:
    """How many values later the chunk at `at` is heard in `new`, SILENT, or None where it is not."""
    chunk = old[at : at + CHUNK]
    if len(chunk) < PER_SECOND or float(chunk.std()) < 1.0:
        return SILENT
    best, lag = ALIKE, None
    for candidate in candidates:
        there = new[max(0, at + candidate) : max(0, at + candidate + len(chunk))]
        if len(there) < len(chunk) or float(there.std()) < 1.0:
            continue
        alike = float(np.corrcoef(chunk, there)[0, 1])
        if alike > best:
            best, lag = alike, candidate
    return lag


def times_in(edits: Any) -> Iterator[float]:
    """Every time that stands in the JSON of an edit, whatever its shape."""
    if isinstance(edits, dict):
        for key, value in edits.items():
            listed = value if isinstance(value, list) else [value]
            if key in TIMES:
                yield from (float(each) for each in listed if type(each) in (int, float))
            yield from times_in([each for each in listed if isinstance(each, dict | list)])
    elif isinstance(edits, list):
        for each in edits:
            yield from times_in(each)


def misfits(times: Iterable[float], comparison: Comparison) -> list[float]:
    """The times at which the old sound is no longer there, in order."""
    return sorted({moment for moment in times if comparison.moved(moment) is None})
