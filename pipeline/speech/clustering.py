"""Which pieces of speech are of the same person, and how many people there are.

How alike two pieces of one person sound differs per recording (cosine .5 in acted dialogue, .75 in clean synthetic
speech, less far from the microphone), so any fixed threshold splits in one and merges in another. Here two groups
are two people when they are less than FRACTION as alike as one person is to herself *in this recording*: that is
read from each piece's best matches elsewhere, which are hers as soon as she speaks a few times.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from pipeline.config import DiarizeParams
from pipeline.speech.powerset import Bools, Floats, Piece

Ints = npt.NDArray[np.int64]
Tree = npt.NDArray[np.float64]

# Of a person's likeness to herself. From .5 to .55 the number of voices is right in four acted conversations and two
# synthetic webinars, whatever LONGEST is between 1.5 and 4 s; .6 splits the acted voices of one conversation.
FRACTION = 0.52
LEEWAY = 0.05  # how far FRACTION may move to end at as many voices as the user named people
USUAL, USUAL_WEIGHT = 0.62, 10  # likeness to oneself where nothing can be measured, and its weight in pieces
APART = 2.5  # s: pieces nearer than this to each other sound alike for other reasons than the voice
STRONG = 1.0  # s heard alone: enough to found a voice
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
    middles = np.array([(found[i].first + found[i].end) / 2 * frame for i in strong.tolist()])
    who = founders(unit[strong], seconds[strong], middles, params)
    labels = np.full(len(found), -1, dtype=np.int64)
    labels[audible] = (unit[audible] @ centroids(unit[strong], seconds[strong], who).T).argmax(axis=1)
    return lent(labels, found)


def founders(unit: Floats, seconds: Floats, middles: npt.NDArray[np.float64], params: DiarizeParams) -> Ints:
    """Who speaks in each of the pieces that found the voices."""
    if len(unit) < 2:
        return np.zeros(len(unit), dtype=np.int64)
    likeness = np.clip(unit @ unit.T, -1, 1)
    distance = 1.0 - likeness
    np.fill_diagonal(distance, 0)
    tree = np.asarray(linkage(squareform(distance, checks=False), "average"))
    oneself = likeness_to_oneself(likeness, np.abs(middles[:, None] - middles[None]) > APART)
    labels = _wanted(tree, oneself, seconds, params)
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


def _cut(tree: Tree, likeness: float) -> Ints:
    """Groups that are at least so much alike, on average."""
    return np.asarray(fcluster(tree, 1 - likeness, "distance"), dtype=np.int64) - 1


def _people(labels: Ints, seconds: Floats) -> Ints:
    """The groups that are people: more than one piece and a few seconds; the rest are outliers. At least one."""
    heard = np.bincount(labels, weights=seconds)
    everything = float(heard.sum())
    least = max(1.5, min(4.0, 0.04 * everything), 0.002 * everything)
    return np.flatnonzero(((heard >= least) & (np.bincount(labels) > 1)) | (heard == heard.max()))


def _wanted(tree: Tree, oneself: float, seconds: Floats, params: DiarizeParams) -> Ints:
    """Groups, as many as asked for, else as heard; -1 for outliers."""
    labels = _cut(tree, FRACTION * oneself)
    people = len(_people(labels, seconds))
    fewest = params.speakers or params.min_speakers
    most = params.speakers or max(params.max_speakers, fewest)
    if not fewest <= people <= most:
        return _forced(tree, seconds, min(max(people, fewest), most))
    if people != params.hint and fewest <= params.hint <= most:
        for fraction in (FRACTION - LEEWAY, FRACTION + LEEWAY):
            other = _cut(tree, fraction * oneself)
            if len(_people(other, seconds)) == params.hint:
                labels = other
    return _without_outliers(labels, seconds)


def _forced(tree: Tree, seconds: Floats, people: int) -> Ints:
    """The loosest cut with that many people; where there is none, that many groups of any size."""
    for height in tree[::-1, 2].tolist():
        labels = _cut(tree, 1 - height + 1e-9)
        if len(_people(labels, seconds)) == people:
            return _without_outliers(labels, seconds)
    return np.asarray(fcluster(tree, people, "maxclust"), dtype=np.int64) - 1


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
