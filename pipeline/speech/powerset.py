"""What segmentation-3.0 says about overlapping windows, as local voices; and back to one timeline.

The model answers each window of 10 s with 589 frames of 7 log-probabilities: nobody, one of three voices, or two of
them at once (Plaquet & Bredin, 'Powerset multi-class cross entropy loss', Interspeech 2023). Its voices are local:
voice 1 of one window may be voice 2 of the next.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

WINDOW = 160_000  # samples: the length that the model was trained on
FRAMES = 589  # per window, as the model answers
HOP = 270  # samples from one frame to the next (SincNet stride 10 × three poolings by 3)
FIRST = 495  # sample in the middle of a window's first frame (receptive field of 991 samples)
LOCAL = 3
SETS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)

# Frames at either end of a window count less: the model has seen one side of them only.
_RAMP = 60
_WEIGHT = np.minimum(1, (1 + np.minimum(np.arange(FRAMES), np.arange(FRAMES)[::-1])) / _RAMP).astype(np.float32)


def decode(answers: Floats) -> Floats:
    """Log-probabilities (windows, frames, 7) → probability that each local voice speaks (windows, frames, 3)."""
    probabilities = np.exp(answers - answers.max(axis=-1, keepdims=True))
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return np.asarray(probabilities @ SETS, dtype=np.float32)


def speaking(active: Floats) -> Bools:
    """Where a local voice speaks: more likely than not."""
    return np.asarray(active > 0.5, dtype=np.bool_)


def alone(active: Floats) -> Bools:
    """Where a local voice speaks and no other does; same shape as `active`."""
    spoken = speaking(active)
    return np.asarray(spoken & (spoken.sum(axis=-1, keepdims=True) == 1), dtype=np.bool_)


def timeline(active: Floats, labels: Ints, step: int) -> Bools:
    """Which voice speaks in which frame of the whole recording: (frames, voices).

    `labels` (windows, 3) maps local voices to voices, -1 where unknown; windows start `step` frames apart. How many
    speak at once is what the windows over a frame say on average; who they are, the voices with the most support.
    """
    voices = int(labels.max(initial=-1)) + 1
    frames = (len(active) - 1) * step + FRAMES
    support = np.zeros((frames, voices + 1), dtype=np.float32)
    count = np.zeros(frames, dtype=np.float32)
    weight = np.zeros(frames, dtype=np.float32)
    for window, (seen, label) in enumerate(zip(active, labels, strict=True)):
        place = slice(window * step, window * step + FRAMES)
        by_voice = np.zeros((FRAMES, voices + 1), dtype=np.float32)
        for local in range(LOCAL):
            column = by_voice[:, label[local]]  # -1 is the spare column
            np.maximum(column, seen[:, local], out=column)
        support[place] += by_voice * _WEIGHT[:, None]
        count[place] += seen.sum(axis=1) * _WEIGHT
        weight[place] += _WEIGHT
    support = support[:, :voices]
    at_once = np.minimum(np.rint(count / weight), voices)
    rank = np.argsort(np.argsort(-support, axis=1, kind="stable"), axis=1)
    return np.asarray((rank < at_once[:, None]) & (support > 0), dtype=np.bool_)


def spans(spoken: Bools, bridge: int, shortest: int) -> list[tuple[int, int]]:
    """Runs of True as (first, end) frames; gaps up to `bridge` frames are closed, then runs under `shortest` dropped."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], spoken, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and first - runs[-1][1] <= bridge:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((first, end))
    return [(first, end) for first, end in runs if end - first >= shortest]
