"""What a person gave to another voice, laid over the machine's voices word by word. Pure.

A move that no longer fits changes nothing: its spans hold no words any more, or nobody is heard at its moments.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import count, groupby

from pipeline.edits import Move
from pipeline.models import Span, Word, letter

REACH = 1.2  # seconds: how far from a word a moment still is that word's, and how far a span reaches into a silence


def laid(words: Sequence[Word], given: Sequence[str], moves: Sequence[Move]) -> list[str]:
    """Per word its voice, with the moves laid over in order.

    A word whose middle lies in a span gets the voice that most of the move's moments are heard as by then, a new
    voice the first letter that is free.
    """
    labels = list(given)
    for _, inside, heard in _answers(words, moves):
        if heard is None:
            voice = next(free for free in map(letter, count()) if free not in labels)
        elif heard:
            voice = Counter(labels[i] for i in heard).most_common(1)[0][0]
        else:
            continue
        for i in inside:
            labels[i] = voice
    return labels


def misfits(words: Sequence[Word], moves: Sequence[Move]) -> list[Move]:
    """The moves that no longer fit."""
    return [move for move, inside, heard in _answers(words, moves) if not inside or heard == []]


def _answers(words: Sequence[Word], moves: Sequence[Move]) -> Iterator[tuple[Move, set[int], list[int] | None]]:
    """Per move the words in its spans and the word at each of its moments; None where it makes a new voice."""
    ordered = sorted(range(len(words)), key=lambda i: words[i].middle)
    middles = [words[i].middle for i in ordered]
    for move in moves:
        inside = {i for s in move.spans for i in ordered[bisect_left(middles, s.start) : bisect_right(middles, s.end)]}
        heard = []
        for moment in move.to:
            after = bisect_left(middles, moment)
            near = ordered[max(0, after - 1) : after + 1]
            away = {i: max(words[i].start - moment, moment - words[i].end) for i in near}
            heard += [i for i in sorted(near, key=away.__getitem__)[:1] if away[i] <= REACH]
        yield move, inside, heard if move.to else None


def spans_of(words: Sequence[Word], chosen: Collection[int]) -> tuple[Span, ...]:
    """Spans that hold the chosen words and no others, with some of the silence around: words shift between runs."""

    def between(i: int) -> float:
        return (words[i - 1].middle + words[i].middle) / 2

    spans = []
    for is_chosen, run in groupby(range(len(words)), key=chosen.__contains__):
        if not is_chosen:
            continue
        indices = list(run)
        first, last = indices[0], indices[-1]
        start = max(0.0, words[first].start - REACH, between(first) if first else 0.0)
        end = min(words[last].end + REACH, between(last + 1) if last + 1 < len(words) else float("inf"))
        spans.append(Span(start=round(min(start, end), 3), end=round(max(start, end), 3)))
    return tuple(spans)
