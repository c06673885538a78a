"""What segmentation-3.0 says about overlapping windows, stitched to one timeline and cut to pieces of one voice.

The model answers each window of 10 s with 589 frames of 7 log-probabilities: nobody, one of three voices, or two of
them at once (Plaquet & Bredin, 'Powerset multi-class cross entropy loss', Interspeech 2023). Its voices are local:
voice 1 of one window may be voice 2 of the next, and may be somebody else a minute later.
"""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

RATE = 16_000
WINDOW = 160_000  # samples: the length that the model was trained on
FRAMES = 589  # per window, as the model answers
HOP = 270  # samples from one frame to the next (SincNet stride 10 × three poolings by 3)
FIRST = 495  # sample in the middle of a window's first frame (receptive field of 991 samples)
FRAME = HOP / RATE  # seconds
SETS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)
COLUMNS = SETS.shape[1]

BRIDGE = round(0.2 / FRAME)  # frames: a shorter silence of one voice does not end a piece
SHORTEST = round(0.15 / FRAME)  # frames: a shorter piece is noise; 'ja' takes about twice as long
LONGEST = round(2.0 / FRAME)  # frames: longer pieces too often hold two people whom the model took for one

# Frames at either end of a window count less (a ramp of 1 s): the model has seen one side of them only.
_WEIGHT = np.minimum(1, (1 + np.minimum(np.arange(FRAMES), np.arange(FRAMES)[::-1])) / 60).astype(np.float32)
_ORDERS = [list(order) for order in permutations(range(COLUMNS))]


class Piece(NamedTuple):
    """A run of frames in which one local voice speaks, perhaps beside another."""

    first: int
    end: int
    column: int


def decode(answers: Floats) -> Floats:
    """Log-probabilities (windows, frames, 7) → probability that each local voice speaks (windows, frames, 3)."""
    likely = np.exp(answers - answers.max(axis=-1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=-1, keepdims=True) @ SETS, dtype=np.float32)


def stitched(windows: Floats, step: int) -> Floats:
    """Windows (n, 589, 3) that start `step` frames apart → one timeline (frames, 3), averaged where they overlap.

    The columns of each window are put in the order that agrees best with what stands there already, so a column
    stays the same person as long as she speaks within one window, and no longer.
    """
    frames = (len(windows) - 1) * step + FRAMES
    total = np.zeros((frames, COLUMNS), dtype=np.float32)
    weight = np.zeros((frames, 1), dtype=np.float32)
    for number, window in enumerate(windows):
        start = number * step
        place, shared = slice(start, start + FRAMES), slice(start, start - step + FRAMES)
        ordered = window
        if number:
            agreement = (total[shared] / weight[shared]).T @ window[: FRAMES - step]
            ordered = window[:, max(_ORDERS, key=lambda order: float(agreement[range(COLUMNS), order].sum()))]
        total[place] += ordered * _WEIGHT[:, None]
        weight[place] += _WEIGHT[:, None]
    return total / weight


def active(timeline: Floats) -> Bools:
    """Where each column speaks; where only together they are likely to (it is unclear who), the likeliest does."""
    spoken = timeline > 0.5
    some = timeline.sum(axis=1) > 0.5
    spoken[some, timeline[some].argmax(axis=1)] = True
    return np.asarray(spoken, dtype=np.bool_)


def alone(spoken: Bools) -> Bools:
    """Where a column speaks and no other does; same shape."""
    return np.asarray(spoken & (spoken.sum(axis=1, keepdims=True) == 1), dtype=np.bool_)


def pieces(spoken: Bools) -> list[Piece]:
    """All speech, in order of time, in pieces of one column and at most LONGEST frames."""
    found = []
    for column in range(COLUMNS):
        for first, end in spans(spoken[:, column]):
            edges = np.linspace(first, end, 1 - (first - end) // LONGEST).astype(int).tolist()
            found += [Piece(left, right, column) for left, right in pairwise(edges)]
    return sorted(found)


def spans(spoken: Bools) -> list[tuple[int, int]]:
    """Runs of True as (first, end): gaps up to BRIDGE are closed, then runs under SHORTEST left out."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], spoken, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and first - runs[-1][1] <= BRIDGE:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((first, end))
    return [(first, end) for first, end in runs if end - first >= SHORTEST]


def blocks(found: list[Piece], longest: int) -> list[list[int]]:
    """Indexes of pieces without silence between; each group spans at most `longest` frames, or is one piece."""
    groups: list[list[int]] = []
    start = end = 0
    for index, piece in enumerate(found):
        if groups and piece.first - end <= BRIDGE and piece.end - start <= longest:
            groups[-1].append(index)
            end = max(end, piece.end)
        else:
            groups.append([index])
            start, end = piece.first, piece.end
    return groups
