"""The talk cut into blocks where the host asks or announces something, and the blocks into a few themes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from pipeline.article.evidence import Evidence
from pipeline.article.features import Stretch, subjects
from pipeline.article.text import norms
from pipeline.models import Sentence

TURN = re.compile(
    r"door naar|volgende (onderwerp|vraag|thema|blok|punt)|tot slot|laatste (ronde|vraag|onderwerp)|ander onderwerp|"
    r"(tweede|derde|vierde) (vraag|thema|onderwerp|blok|punt)|overstap|nu naar|moeilijkste|stap(pen)? over|slotwoord",
    re.IGNORECASE,
)
MOST_BLOCKS = 24  # above this neighbouring blocks are joined: the ways to cut grow with the third power


@dataclass(frozen=True)
class Block:
    """What the host said, and what came of it until she steered again."""

    host: tuple[Sentence, ...]
    guests: tuple[Sentence, ...]

    @property
    def words(self) -> int:
        """Length of the answers that may be used."""
        return sum(len(s.text.split()) for s in self.guests if s.excluded is None)


def blocks_of(evidence: Evidence) -> list[Block]:
    """By what the host said; by passage, or by eight sentences, where nobody leads."""
    blocks: list[Block] = []
    host: list[Sentence] = []
    guests: list[Sentence] = []
    passage = ""
    for sentence in evidence.sentences:
        leads = sentence.voice == evidence.host and len(evidence.people) > 1
        fresh = leads if evidence.host else sentence.passage != passage or len(guests) >= 8
        if fresh and guests and (not leads or _steers(sentence)):
            blocks.append(Block(tuple(host), tuple(guests)))
            host, guests = [], []
        (host if leads else guests).append(sentence)
        passage = sentence.passage
    return [*blocks, Block(tuple(host), tuple(guests))] if guests else blocks


def _steers(sentence: Sentence) -> bool:
    """Whether the host opens something, and does not just hum along."""
    return len(norms(sentence.text)) >= 5 or bool(TURN.search(sentence.text))


def themes_of(blocks: Sequence[Block], found: Sequence[Stretch], most: int) -> list[list[Block]]:
    """At most `most` themes of neighbouring blocks, each with something to quote, by two voices where possible."""
    joined = _joined([[block] for block in blocks])
    best = [_best_by_voice(part, found) for part in joined]
    said = [subjects(" ".join(s.text for block in part for s in (*block.host, *block.guests))) for part in joined]
    size = [sum(block.words for block in part) for part in joined]
    total = sum(size) or 1
    edge = [0.0] + [
        1.0 * bool(TURN.search(" ".join(s.text for s in joined[cut][0].host)))
        + 0.8 * (1 - sum((said[cut - 1] & said[cut]).values()) / max(1, min(map(len, (said[cut - 1], said[cut])))))
        for cut in range(1, len(joined))
    ]
    worth = {(a, b): _worth(best[a:b]) for a, b in combinations(range(len(joined) + 1), 2)}
    for count in range(min(most, len(joined)), 0, -1):
        options = []
        for cuts in combinations(range(1, len(joined)), count - 1):
            parts = list(pairwise((0, *cuts, len(joined))))
            if all(worth[part] for part in parts):
                uneven = sum(abs(sum(size[a:b]) / total - 1 / count) for a, b in parts)
                options.append(
                    (sum(worth[part] for part in parts) + sum(edge[cut] for cut in cuts) - 3 * uneven, parts)
                )
        if options:
            return [[block for part in joined[a:b] for block in part] for a, b in max(options)[1]]
    return [list(blocks)]


def _joined(parts: list[list[Block]]) -> list[list[Block]]:
    """The smallest block goes to its smaller neighbour until there are few enough."""
    while len(parts) > MOST_BLOCKS:
        sizes = [sum(block.words for block in part) for part in parts]
        small = min(range(len(parts)), key=lambda at: sizes[at])
        other = min((at for at in (small - 1, small + 1) if 0 <= at < len(parts)), key=lambda at: sizes[at])
        low = min(small, other)
        parts[low : low + 2] = [parts[low] + parts[low + 1]]
    return parts


def _best_by_voice(part: Sequence[Block], found: Sequence[Stretch]) -> dict[str, float]:
    ids = {s.id for block in part for s in block.guests}
    best: dict[str, float] = {}
    for stretch in found:
        if stretch.sentences[0].id in ids:
            best[stretch.voice] = max(best.get(stretch.voice, 0.1), stretch.score)
    return best


def _worth(parts: Sequence[dict[str, float]]) -> float:
    """What the best quotes of two voices are worth together; 0 where there is nothing to quote."""
    voices: dict[str, float] = {}
    for part in parts:
        for voice, score in part.items():
            voices[voice] = max(voices.get(voice, 0), score)
    top = sorted(voices.values(), reverse=True)
    return sum(top[:2]) + (1.0 if len(top) > 1 else 0.0)
