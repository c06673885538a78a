"""Words to voices, and voices to passages that read as a transcript. Pure.

Words are neither lost nor doubled nor reordered, whatever the turns are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise, takewhile

from pipeline.edits import Move
from pipeline.models import Passage, Passages, Span, Transcript, Turn, Turns, Word, ends_sentence
from pipeline.speech.moves import laid

NEAR = 1.2  # seconds around a turn's edge within which a sentence boundary is the better edge
NEAR_WORDS = 4
OPEN = 20  # overlaps before a word among which to look: more voices do not speak at once
SLIP = 0.7  # seconds: a shorter stretch inside somebody's sentence is a slip of the diarizer, not an interjection


def voices(words: Sequence[Word], turns: Sequence[Turn]) -> list[str]:
    """Per word the voice that shares most of its time, else the nearest in time; 'A' where there are no turns."""
    ordered = sorted(turns, key=lambda turn: turn.start)
    given: list[str] = []
    first = 0
    for word in words:
        # Turns that ended long ago cannot matter to this word or to those after it.
        while first < len(ordered) and ordered[first].end < word.start - 30:
            first += 1
        near: list[Turn] = []
        for turn in ordered[max(0, first - 1) :]:
            if turn.start > word.end and near:
                near.append(turn)
                break
            near.append(turn)
        given.append(_voice(word, near, given[-1] if given else "A"))
    return given


def _voice(word: Word, near: Sequence[Turn], before: str) -> str:
    if not near:
        return before
    shares: Counter[str] = Counter()
    for turn in near:
        shares[turn.speaker] += word.overlap(turn)  # type: ignore[assignment]
    most = max(shares.values())
    if most > 0:
        best = [voice for voice, share in shares.items() if share == most]
        return before if before in best else best[0]
    return min(near, key=lambda turn: max(turn.start - word.end, word.start - turn.end)).speaker


def repaired(words: Sequence[Word], given: Sequence[str]) -> list[str]:
    """The voices with the edges of turns moved to the nearest sentence boundary, and slips taken back."""
    labels = _without_slips(words, given)
    edges = [i for i, (left, right) in enumerate(pairwise(labels), 1) if left != right]
    for n, edge in enumerate(edges):
        low = edges[n - 1] if n else 0
        high = edges[n + 1] if n + 1 < len(edges) else len(words)
        better = _boundary(words, edge, low, high)
        left, right = labels[edge - 1], labels[edge]
        for i in range(better, edge):
            labels[i] = right
        for i in range(edge, better):
            labels[i] = left
        edges[n] = better
    return labels


def _boundary(words: Sequence[Word], edge: int, low: int, high: int) -> int:
    """The sentence boundary nearest to `edge`, strictly between `low` and `high`; `edge` itself if none is near."""
    near = [
        i
        for i in range(max(low + 1, edge - NEAR_WORDS), min(high - 1, edge + NEAR_WORDS) + 1)
        if ends_sentence(words[i - 1].text) and abs(words[i].start - words[edge].start) <= NEAR
    ]
    return min(near, key=lambda i: abs(i - edge), default=edge)


def _without_slips(words: Sequence[Word], given: Sequence[str]) -> list[str]:
    labels = list(given)
    runs = _runs(labels)
    for before, (start, end), after in zip(runs, runs[1:], runs[2:], strict=False):
        short = words[end - 1].end - words[start].start < SLIP and end - start <= 2
        inside = labels[before[0]] == labels[after[0]] and not ends_sentence(words[before[1] - 1].text)
        if short and inside and not ends_sentence(words[end - 1].text):
            labels[start:end] = [labels[before[0]]] * (end - start)
    return labels


def _runs(labels: Sequence[str]) -> list[tuple[int, int]]:
    edges = [0, *(i for i, (left, right) in enumerate(pairwise(labels), 1) if left != right), len(labels)]
    return [(start, end) for start, end in pairwise(edges) if end > start]


def passages(
    transcript: Transcript, turns: Turns, pause: float, longest: float, moves: Sequence[Move] = ()
) -> Passages:
    """What each voice said without another coming between, the voices as people moved them.

    A silence of `pause` seconds, or `longest` seconds of speech, ends a passage at the next end of a sentence; so
    does another language.
    """
    words = transcript.words
    languages = [segment.language for segment in transcript.segments for _ in segment.words]
    labels = laid(words, repaired(words, voices(words, turns.turns)), moves)
    made: list[Passage] = []
    start = 0
    for i in range(1, len(words) + 1):
        if i < len(words) and not _breaks(words, labels, languages, start, i, pause, longest):
            continue
        made.append(passage_of(words[start:i], labels[start], languages[start], {passage.id for passage in made[-3:]}))
        start = i
    return Passages(passages=tuple(made), suspects=transcript.suspects, overlapped=overlapped(words, turns.turns))


def overlapped(words: Sequence[Word], turns: Sequence[Turn]) -> tuple[Span, ...]:
    """From first to last of each run of words of which two voices share at least half."""
    ordered, spans = sorted(turns, key=lambda turn: turn.start), []
    both = [
        Span(start=later.start, end=min(later.end, turn.end))
        for i, turn in enumerate(ordered)
        for later in takewhile(lambda other, end=turn.end: other.start < end, ordered[i + 1 :])  # type: ignore[misc]
        if later.speaker != turn.speaker
    ]
    both.sort(key=lambda span: span.start)
    starts = [span.start for span in both]

    def shared(word: Word) -> bool:
        until = bisect_right(starts, word.end)
        return any(word.overlap(span) >= max(word.duration / 2, 0.001) for span in both[max(0, until - OPEN) : until])

    for together, run in groupby(words, shared):
        if together:
            several = list(run)
            spans.append(Span(start=several[0].start, end=max(word.end for word in several)))
    return tuple(spans)


def _breaks(
    words: Sequence[Word],
    labels: Sequence[str],
    languages: Sequence[str],
    start: int,
    i: int,
    pause: float,
    longest: float,
) -> bool:
    if labels[i] != labels[i - 1] or languages[i] != languages[i - 1]:
        return True
    if not ends_sentence(words[i - 1].text):
        return False
    return words[i].start - words[i - 1].end > pause or words[i - 1].end - words[start].start > longest


def passage_of(words: Sequence[Word], voice: str, language: str, taken: set[str]) -> Passage:
    """Words of one voice; its id is its time, and none of those that are taken."""
    start = words[0].start
    name = f"t{start:.2f}"
    while name in taken:
        name += "+"
    return Passage(
        id=name,
        start=start,
        end=max(start, *(word.end for word in words)),
        speaker=voice,
        language=language,
        words=tuple(words),
    )
