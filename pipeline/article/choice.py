"""Which quotes: two per theme, by two voices where there are, together the best that also lets everybody speak."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

from pipeline.article.cleaning import explain
from pipeline.article.evidence import Evidence
from pipeline.article.features import Stretch, subjects
from pipeline.article.text import norms
from pipeline.article.themes import Block
from pipeline.models import Sentence

PAIRS = 14  # best pairs of quotes per theme that are weighed against those of the other themes
APART = 20.0  # seconds between two quotes of one voice; what is nearer is one quote or none
TIP_WORDS = 32  # longest quote that still closes an article
FINAL = re.compile(r"\b(tip|advies|slotwoord|laatste ronde|tot slot|meegeven|als eerste doen)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Floor:
    """Who answered whom."""

    evidence: Evidence

    @cached_property
    def before(self) -> dict[str, Sentence | None]:
        """Passage id → the last thing of more than three words that another voice said before it."""
        found: dict[str, Sentence | None] = {}
        latest: dict[str, Sentence] = {}
        for sentence in self.evidence.sentences:
            if sentence.passage not in found:
                others = [s for voice, s in latest.items() if voice != sentence.voice]
                found[sentence.passage] = max(others, key=lambda s: s.start, default=None)
            if len(norms(sentence.text)) > 3:
                latest[sentence.voice] = sentence
        return found

    def replies(self, one: Sentence, other: Sentence) -> bool:
        """Whether `other`'s passage was said in direct answer to the passage of `one`."""
        before = self.before.get(other.passage)
        return before is not None and before.passage == one.passage and one.voice != other.voice

    def answers_guest(self, sentence: Sentence) -> bool:
        """Whether a passage answers somebody else than the host."""
        before = self.before.get(sentence.passage)
        return before is not None and before.voice != self.evidence.host


def choose(
    themes: Sequence[Sequence[Block]], found: Sequence[Stretch], evidence: Evidence, room: float
) -> list[list[Stretch]]:
    """Per theme its quotes in order of time; `room` is what they may take together, in words."""
    floor = Floor(evidence)
    must = _must_speak(evidence)
    options = [_pairs(floor, theme, found) for theme in themes]
    best: tuple[float, tuple[tuple[Stretch, ...], ...]] = (float("-inf"), ())
    for choice in product(*options):
        pairs = [pair for _, pair in choice]
        voices = [stretch.voice for pair in pairs for stretch in pair]
        words = sum(stretch.words for pair in pairs for stretch in pair)
        value = sum(score for score, _ in choice) + 1.6 * len(must & set(voices))
        value -= 0.25 * sum(voices.count(voice) - 1 for voice in set(voices))
        value -= 2.0 * max(0.0, abs(words - room) / room - 0.12)
        if value > best[0]:
            best = (value, tuple(pairs))
    quotes = [list(pair) for pair in best[1]]
    _add_tip(themes[-1], quotes[-1], found)
    for theme, chosen in zip(themes, quotes, strict=True):
        lacking = room - sum(stretch.words for some in quotes for stretch in some)
        if lacking > 25 and len(chosen) == 2:
            ids = {s.id for block in theme for s in block.guests}
            chosen.extend(_third(chosen, [f for f in found if f.sentences[0].id in ids], lacking))
        chosen.sort(key=lambda stretch: stretch.start)
    return quotes


def _must_speak(evidence: Evidence) -> set[str]:
    """Guests with more than a tenth of the time."""
    seconds: dict[str, float] = {}
    for s in evidence.usable():
        if s.voice != evidence.host:
            seconds[s.voice] = seconds.get(s.voice, 0) + s.duration
    total = sum(seconds.values()) or 1
    return {voice for voice, length in seconds.items() if length > 0.1 * total}


def _add_tip(theme: Sequence[Block], chosen: list[Stretch], found: Sequence[Stretch]) -> None:
    """A last word, where the host asked for one, closes the article."""
    final = next((at for at, block in enumerate(theme) if FINAL.search(" ".join(s.text for s in block.host))), None)
    if final is None:
        return
    ids = {s.id for block in theme[final:] for s in block.guests}
    if any(stretch.sentences[0].id in ids for stretch in chosen):
        return
    tips = [f for f in found if f.sentences[0].id in ids and f.words <= TIP_WORDS and provable(f)]
    fresh = [tip for tip in tips if tip.voice != max(chosen, key=lambda stretch: stretch.start).voice]
    if fresh or tips:
        chosen.append((fresh or tips)[0])


def _third(pair: Sequence[Stretch], found: Sequence[Stretch], lacking: float) -> list[Stretch]:
    for stretch in found:
        apart = not any(stretch.shares(other) for other in pair)
        if apart and stretch.words <= lacking + 12 and stretch.score > 0.8 and provable(stretch):
            return [stretch]
    return []


def provable(stretch: Stretch) -> bool:
    """The check must find that the quote differs from what was said by permitted edits only."""
    return explain(" ".join(s.text for s in stretch.sentences).split(), stretch.text) is not None


def _pairs(floor: Floor, theme: Sequence[Block], found: Sequence[Stretch]) -> list[tuple[float, tuple[Stretch, ...]]]:
    """The best pairs of quotes in a theme, by different voices if there are; single quotes if there is no pair."""
    where = {s.id: number for number, block in enumerate(theme) for s in block.guests}
    here = _varied([stretch for stretch in found if stretch.sentences[0].id in where])
    about = {id(stretch): subjects(stretch.text) for stretch in here}
    pairs = []
    for one, other in combinations(here, 2):
        a, b = sorted((one, other), key=lambda stretch: stretch.start)
        if a.shares(b) or (a.voice == b.voice and b.start - a.sentences[-1].end < APART):
            continue
        first, second = a.sentences[0], b.sentences[0]
        score = a.score + b.score + 1.5 * (a.voice != b.voice) + 0.8 * floor.replies(first, second)
        score -= 0.5 * (floor.answers_guest(first) + floor.answers_guest(second))
        score += 0.5 * (where[first.id] == where[second.id])
        shared = min(2, sum((about[id(a)] & about[id(b)]).values()))
        score += (0.6 if floor.replies(first, second) else 0.2) * shared
        pairs.append((score, (a, b)))
    pairs.sort(key=lambda pair: (-pair[0], pair[1][0].start))
    return _spread(pairs) or [(stretch.score, (stretch,)) for stretch in here[:PAIRS]]


def _varied(here: Sequence[Stretch]) -> list[Stretch]:
    """The best few of each voice, so that no talker fills the list."""
    taken: dict[str, list[Stretch]] = {}
    for stretch in here:
        mine = taken.setdefault(stretch.voice, [])
        if len(mine) < 8 and provable(stretch):
            mine.append(stretch)
    return [stretch for mine in taken.values() for stretch in mine]


def _spread(pairs: Sequence[tuple[float, tuple[Stretch, ...]]]) -> list[tuple[float, tuple[Stretch, ...]]]:
    """The best pairs, at most three for any two voices."""
    kept: list[tuple[float, tuple[Stretch, ...]]] = []
    seen: dict[frozenset[str], int] = {}
    for score, pair in pairs:
        voices = frozenset(stretch.voice for stretch in pair)
        seen[voices] = seen.get(voices, 0) + 1
        if seen[voices] <= 3 and len(kept) < PAIRS:
            kept.append((score, pair))
    return kept
