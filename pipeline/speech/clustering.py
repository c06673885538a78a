"""Which pieces of speech are of the same person, and how many people there are.

How alike two pieces of one person sound differs per recording and per person (cosine .35 for an acted voice, .65 for
one that reads aloud), so no fixed threshold carries over. Groups are therefore compared as wholes: their likeness to
each other, divided by how alike each is to itself. For two halves of one person that is about 1 however varied she
sounds; it is Spearman's correction for attenuation ('The proof and measurement of association', 1904).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from pipeline.config import DiarizeParams
from pipeline.speech.powerset import Bools, Floats, Piece

Ints = npt.NDArray[np.int64]

SAME = 0.57  # corrected likeness from which two groups are one person (tests/bench/tune_speakers.py)
LEEWAY = 0.05  # how far SAME may move to end at as many voices as the user named people
PURE = 0.85  # of the usual likeness to oneself: the groups to begin with hold pieces at least so much alike
USUAL, USUAL_WEIGHT = 0.5, 10  # likeness to oneself where nothing can be measured, and its weight in pieces
DOUBT = 3  # pairs of pieces by which a group's likeness to itself is drawn towards the usual one
FLOOR = 0.15  # least likeness to oneself that is believed
APART = 2.5  # s: pieces nearer than this to each other sound alike for other reasons than the voice
STRONG = 1.0  # s heard alone: enough to found a voice
SHORT = 60.0  # s heard alone: in less, one sentence may be all that somebody says
FAINT = 0.25  # s heard alone: less says nothing about who it is
MOST = 2500  # pieces in the matrix of likenesses (25 MB); beyond that an even choice of them founds the voices


def cluster(embeddings: Floats, seconds: Floats, found: list[Piece], params: DiarizeParams, frame: float) -> Ints:
    """Who speaks in each piece, 0 … people-1: embeddings (n, d), seconds (n,) heard alone, frames of `frame` s."""
    audible = np.flatnonzero(seconds >= min(FAINT, float(seconds.max(initial=0))))
    if not len(audible):
        return np.zeros(len(found), dtype=np.int64)
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-9)
    strong = audible[seconds[audible] >= STRONG]
    if len(strong) < max(2, params.speakers or params.min_speakers):
        strong = audible
    strong = strong[np.linspace(0, len(strong) - 1, min(MOST, len(strong))).astype(int)]
    who = founders(unit[strong], seconds[strong], [found[i] for i in strong.tolist()], params, frame)
    labels = np.full(len(found), -1, dtype=np.int64)
    labels[audible] = (unit[audible] @ centroids(unit[strong], seconds[strong], who).T).argmax(axis=1)
    return lent(labels, found)


def founders(unit: Floats, seconds: Floats, found: list[Piece], params: DiarizeParams, frame: float) -> Ints:
    """Who speaks in each of the pieces that found the voices."""
    if len(unit) < 2:
        return np.zeros(len(unit), dtype=np.int64)
    first, end, _ = np.array(found, dtype=np.float32).T
    middle = (first + end) * (frame / 2)
    apart = np.abs(np.subtract.outer(middle, middle))
    likeness = np.clip(unit @ unit.T, -1, 1)
    oneself = likeness_to_oneself(likeness, apart > APART)
    distance = 1 - likeness
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    pure = fcluster(tree, 1 - PURE * oneself, "distance").astype(np.int64)
    fewest, finer = params.speakers or params.min_speakers, int(pure.max())
    while len(_people(pure - 1, seconds)) < fewest and finer < len(unit):
        finer += 1
        pure = fcluster(tree, finer, "maxclust").astype(np.int64)
    labels = _wanted(likeness, pure, oneself, seconds, params)
    for _ in range(2):  # each piece to the voice it is most like, which outliers and early merges were not
        known = np.unique(labels[labels >= 0])
        labels = known[(unit @ centroids(unit, seconds, labels).T).argmax(axis=1)]
    return labels


def likeness_to_oneself(likeness: Floats, apart: Bools) -> float:
    """The usual likeness (n, n) of two pieces of one person, from each piece's best matches among those `apart`.

    A twentieth of all pieces, at least three, count as best: nearly everybody who matters says that much.
    """
    best = max(3, len(likeness) // 20)
    if len(likeness) <= best:
        return USUAL
    top = -np.partition(np.where(apart, -likeness, 2), best, axis=1)[:, :best]
    top = top[(top > -2).all(axis=1)]
    if not len(top):
        return USUAL
    return float((np.median(top) * len(top) + USUAL * USUAL_WEIGHT) / (len(top) + USUAL_WEIGHT))


def centroids(unit: Floats, seconds: Floats, labels: Ints) -> Floats:
    """Unit vectors (people, d) for each label ≥ 0, the longer a piece the heavier."""
    weighted = unit * seconds[:, None]
    middle = np.stack([weighted[labels == who].sum(axis=0) for who in np.unique(labels[labels >= 0])])
    return np.asarray(middle / np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def merges(likeness: Floats, groups: Ints, oneself: float) -> Iterator[tuple[float, Ints]]:
    """Groups (n,) merged two by two, the most alike first: each time their corrected likeness, and the groups after it.

    `likeness` (n, n) of pieces; `oneself` is the usual likeness of two pieces of one person.
    """
    member = (groups[:, None] == np.unique(groups)[None]).astype(np.float32)
    total, size, labels = member.T @ likeness @ member, member.sum(axis=0), member.argmax(axis=1)
    while len(size) > 1:
        pairs = size * (size - 1)
        within = np.maximum(FLOOR, (np.diag(total) - size + DOUBT * oneself) / (pairs + DOUBT))
        alike = total / np.outer(size, size) / np.sqrt(np.outer(within, within))
        np.fill_diagonal(alike, -np.inf)
        one, other = sorted(np.unravel_index(alike.argmax(), alike.shape))
        total[one] += total[other]
        total[:, one] += total[:, other]
        size[one] += size[other]
        best, kept = float(alike[one, other]), np.arange(len(size)) != other
        total, size = total[np.ix_(kept, kept)], size[kept]
        labels = np.where(labels == other, one, labels)
        labels = labels - (labels > other)
        yield best, labels.astype(np.int64)


def _people(labels: Ints, seconds: Floats) -> Ints:
    """The groups that are people: a few seconds, in more than one piece unless all is short. At least one."""
    heard = np.bincount(labels, weights=seconds)
    everything = float(heard.sum())
    least = max(1.2, min(4.0, 0.04 * everything), 0.002 * everything)
    several = (np.bincount(labels) > 1) | (everything < SHORT)
    return np.flatnonzero(((heard >= least) & several) | (heard == heard.max()))


def _wanted(likeness: Floats, pure: Ints, oneself: float, seconds: Floats, params: DiarizeParams) -> Ints:
    """Groups, as many as asked for, else as heard; -1 for outliers."""
    steps = [(np.inf, pure - 1), *merges(likeness, pure, oneself)]
    people = [len(_people(labels, seconds)) for _, labels in steps]

    def after(same: float) -> int:
        """Merges until the first that joins two people."""
        return next((at for at, (alike, _) in enumerate(steps[1:]) if alike < same), len(steps) - 1)

    heard = after(SAME)
    fewest = params.speakers or params.min_speakers
    most = params.speakers or max(params.max_speakers, fewest)
    if not fewest <= people[heard] <= most:
        wanted = min(max(people[heard], fewest), most)
        at = min(range(len(steps)), key=lambda step: (abs(people[step] - wanted), abs(step - heard)))
        if people[at] != wanted:
            return steps[max(0, len(steps) - wanted)][1]  # that many groups of any size
        if at > heard and (fewer := _without_smallest(steps[heard][1], steps[at][1], seconds, wanted)) is not None:
            return fewer
        heard = at
    elif people[heard] != params.hint and fewest <= params.hint <= most:
        near = range(after(SAME + LEEWAY), after(SAME - LEEWAY) + 1)
        heard = min((at for at in near if people[at] == params.hint), key=lambda at: abs(at - heard), default=heard)
    return _without_outliers(steps[heard][1], seconds)


def _without_smallest(labels: Ints, merged: Ints, seconds: Floats, people: int) -> Ints | None:
    """Labels with all but the largest groups as outliers, where that moves less speech than the merges would."""
    parts = np.zeros((int(labels.max()) + 1, int(merged.max()) + 1))
    np.add.at(parts, (labels, merged), seconds)
    dropped = np.argsort(-parts.sum(axis=1))[people:]
    if parts[dropped].sum() > (parts.sum(axis=0) - parts.max(axis=0)).sum():
        return None
    return np.where(np.isin(labels, dropped), -1, labels)


def _without_outliers(labels: Ints, seconds: Floats) -> Ints:
    return np.where(np.isin(labels, _people(labels, seconds)), labels, -1)


def lent(labels: Ints, found: list[Piece]) -> Ints:
    """Labels with each -1 replaced: as the nearest piece of its column, unless that voice speaks beside it then."""
    labels = labels.copy()
    first, end, column = np.array(found, dtype=np.int64).reshape(-1, 3).T
    known = np.flatnonzero(labels >= 0)
    for index in np.flatnonzero(labels < 0).tolist():
        gap = np.maximum(0, np.maximum(first[known] - end[index], first[index] - end[known]))
        elsewhere = column[known] != column[index]
        beside = labels[known][elsewhere & (gap == 0)]
        order = known[np.argsort(gap + 600 * elsewhere, kind="stable")]  # 10 s, a window
        free = order[~np.isin(labels[order], beside)]
        labels[index] = labels[(free if len(free) else order)[0]]
    return labels
