"""How the constants of clustering.py were found, and what they are worth on recordings that they were not found on.

    python tests/bench/tune_speakers.py AUDIO RTTM [AUDIO RTTM …]

Every combination of GRID is tried on every recording; per recording the best on all *others* is taken and its result
on this one printed (leave one out), beside that of the constants as they stand. Voices are heard once and kept in
memory. Confusion: share of the spoken time that goes to another voice, under the best match of voices.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from pipeline.config import DiarizeParams, Machine
from pipeline.engines.onnx_diarizer import heard
from pipeline.models import Turn
from pipeline.speech import audio, clustering, voices
from pipeline.speech.powerset import FRAME

GRID = {
    "SAME": (0.5, 0.53, 0.57, 0.61, 0.65),
    "USUAL": (0.5, 0.62),
    "DOUBT": (1, 3, 10),
    "PURE": (0.75, 0.85),
}
TICK = 0.05  # s
WRONG_COUNT = 0.05  # what a wrong number of voices counts beside confusion

Floats = npt.NDArray[np.float32]


def reference(path: Path) -> list[Turn]:
    """An RTTM file."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [Turn(start=float(f[3]), end=float(f[3]) + float(f[4]), speaker=f[7]) for f in lines if f and f[3]]


def drawn(turns: list[Turn], length: float) -> Floats:
    """(voices, ticks): 1 where a voice speaks."""
    names = sorted({turn.speaker for turn in turns})
    picture = np.zeros((len(names), int(length / TICK) + 1), dtype=np.float32)
    for turn in turns:
        picture[names.index(turn.speaker), int(turn.start / TICK) : int(turn.end / TICK)] = 1
    return picture


def confusion(truth: Floats, found: Floats) -> float:
    """Share of the time that both hear somebody and they are not the same."""
    shared = truth @ found.T
    rows, columns = linear_sum_assignment(-shared)
    both = np.minimum(truth.sum(axis=0), found.sum(axis=0)).sum()
    return float((both - shared[rows, columns].sum()) / max(1, truth.sum()))


def main() -> None:
    """A line per recording."""
    files = [Path(name) for name in sys.argv[1:]]
    pairs = list(zip(files[::2], files[1::2], strict=True))
    settings = list(itertools.product(*GRID.values()))
    standing = tuple(getattr(clustering, name) for name in GRID)
    losses, seen = np.zeros((len(pairs), len(settings))), {}
    for row, (sound, rttm) in enumerate(pairs):
        found, embeddings, seconds = heard(sound, Machine(), lambda _done, _total, _unit="s": None)
        length, truth = audio.length(sound), drawn(reference(rttm), audio.length(sound))
        for column, setting in enumerate([*settings, standing]):
            for name, value in zip(GRID, setting, strict=True):
                setattr(clustering, name, value)
            labels = clustering.cluster(embeddings, seconds, found, DiarizeParams(hint=0), FRAME)
            turns = list(voices.turns(found, labels, length).turns)
            seen[row, setting] = confusion(truth, drawn(turns, length)), len(set(labels.tolist())), len(truth)
            if column < len(settings):
                wrong, count, people = seen[row, setting]
                losses[row, column] = wrong + WRONG_COUNT * (count != people)
        print(f"heard {sound.stem}", file=sys.stderr, flush=True)
    print(f"{'recording':24}{'left out:':>10}{'voices':>8}  {'as it stands:':>14}{'voices':>8}   {', '.join(GRID)}")
    totals = []
    for row, (sound, _) in enumerate(pairs):
        others = np.delete(losses, row, axis=0).mean(axis=0)
        best = settings[int(others.argmin())]
        (wrong, count, people), (now, now_count, _) = seen[row, best], seen[row, standing]
        totals.append((wrong, count == people, now, now_count == people))
        print(f"{sound.stem:24}{wrong:10.3f}{count:6}/{people}  {now:14.3f}{now_count:6}/{people}   {best}")
    mean = np.array(totals, dtype=float).mean(axis=0)
    print(f"{'all':24}{mean[0]:10.3f}{mean[1]:8.0%}  {mean[2]:14.3f}{mean[3]:8.0%}")
    order = losses.mean(axis=0).argsort()
    print("best of all:", *(f"{settings[i]} {losses[:, i].mean():.4f}" for i in order[:5]), sep="\n  ")


if __name__ == "__main__":
    main()
