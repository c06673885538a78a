"""From pieces of speech and who says them to the turns of a recording."""

from __future__ import annotations

import numpy as np

from pipeline.models import Turn, Turns, letter
from pipeline.speech.clustering import Ints
from pipeline.speech.powerset import FIRST, FRAME, HOP, RATE, Piece

BRIDGE = 0.4  # s: a shorter silence of one voice is a breath, unless somebody else comes between
START = (FIRST - HOP / 2) / RATE  # s: where frame 0 begins


def turns(found: list[Piece], labels: Ints, length: float) -> Turns:
    """Turns out of pieces in order of time and who says each; none ends after `length` seconds.

    Voices are named by first speaking. Turns of one voice neither overlap nor touch.
    """
    begin, end = np.array([piece[:2] for piece in found], dtype=np.float64).reshape(-1, 2).T * FRAME + START
    made: list[tuple[float, float, int]] = []
    for voice in np.unique(labels).tolist():
        mine, others = labels == voice, labels != voice
        open_: list[tuple[float, float]] = []
        for start, stop in zip(begin[mine].tolist(), end[mine].tolist(), strict=True):
            if open_:
                before = open_[-1]
                between = others & (begin < start) & (end > before[1])
                if start - before[1] <= (FRAME / 2 if between.any() else BRIDGE):
                    open_[-1] = (before[0], max(before[1], stop))
                    continue
            open_.append((start, stop))
        made += [(start, min(stop, length), voice) for start, stop in open_ if start < length]
    ids: dict[int, str] = {}
    return Turns(
        turns=tuple(
            Turn(start=round(start, 3), end=round(stop, 3), speaker=ids.setdefault(voice, letter(len(ids))))
            for start, stop, voice in sorted(made)
            if stop - start > 0.001
        )
    )
