"""What makes a sentence worth quoting, and the stretches of talk that could be a quote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log

from pipeline.article.cleaning import clean, explain
from pipeline.article.evidence import Evidence
from pipeline.article.text import (
    FUNCTION,
    NEGATIONS,
    content,
    is_word,
    lower_first,
    norm,
    norms,
    number,
    rarity,
    sign,
    wordset,
)
from pipeline.writing import Quote, Sentence

OPINION, DANGLING = wordset("norms"), wordset("dangling")
STANCE, CONTRAST, META, BROKEN = map(sign, ("stance", "contrast", "meta", "broken"))
PAST, EQUATES = sign("past"), sign("equates")
POINTS, POINTS_AT, BLAND, ANTITHESIS = map(sign, ("points", "points_at", "bland", "antithesis"))
WITHIN, LINKS, FINITE, IMPERATIVES = map(wordset, ("within", "links", "finite", "imperatives"))
ANYBODY, SOMEBODY = wordset("anybody"), wordset("somebody")
POINTERS = {"die", "dat", "deze", "dit"}
VERBLESS = 8  # words, with two for the blanks behind, below which a sentence without a verb answers something
CONCRETE = (0.35, 0.75)  # rarity of the words that name things one can see: not 'zijn', no misspelling
ADDRESS = {"jij", "jullie", "jouw", "jou"}
PADDING = 4.0  # what a quote would lose if all its words stood around its best sentence
USUAL_WEIGHT = 1.0  # what small change has by its surroundings
MOST_SENTENCES = 7  # in one quote
SURE = 0.75  # confidence from which we believe the recogniser
UNSURE = 0.3  # and below which there is a word in it that was hardly understood
USUAL = 3  # times that a word must be said to be no mishearing, though nobody writes it


@dataclass(frozen=True)
class Stretch:
    """Consecutive sentences of one voice that could be a quote; `text` as it would be printed."""

    sentences: tuple[Sentence, ...]
    text: str
    words: int
    score: float

    @property
    def voice(self) -> str:
        """Who says it."""
        return self.sentences[0].voice

    @property
    def start(self) -> float:
        """When it begins."""
        return self.sentences[0].start

    @property
    def id(self) -> str:
        """The id of its first sentence."""
        return self.sentences[0].id

    @cached_property
    def quote(self) -> Quote | None:
        """As it will stand in the article; None if the check could not prove that only permitted edits were made."""
        spoken = " ".join(s.text for s in self.sentences)
        edits = explain(spoken.split(), self.text)
        return (
            edits
            if edits is None
            else Quote(
                start=self.start,
                end=self.sentences[-1].end,
                sentences=tuple(s.id for s in self.sentences),
                voice=self.voice,
                text=self.text,
                spoken=spoken,
                edits=edits,
            )
        )

    def shares(self, other: Stretch) -> bool:
        """Whether a sentence is in both."""
        return bool({s.id for s in self.sentences} & {s.id for s in other.sentences})


def stretches(evidence: Evidence, length: tuple[int, int], ideal: int) -> list[Stretch]:
    """All stretches of guests that may be quoted, best first; `length` in words, `ideal` what there is room for."""
    value = values(evidence)
    weight = standing(evidence, value)
    found: list[Stretch] = []
    guests = [s for s in evidence.sentences if s.voice != evidence.host]
    for at, first in enumerate(guests):
        if dangling(first.clean) or META.search(" ".join(norms(first.clean))):
            continue
        for until in range(at + 1, min(at + MOST_SENTENCES, len(guests)) + 1):
            run = guests[at:until]
            if any(s.excluded or s.passage != first.passage for s in run):
                break
            # openers go from the first sentence only
            text = " ".join([first.clean, *(clean(s.text.split(), opener=False).text for s in run[1:])])
            words = len(text.split())
            if length[0] <= words <= length[1]:
                found.append(Stretch(tuple(run), text, words, _score(run, value, weight, words / ideal)))
    return sorted(found, key=lambda stretch: (-stretch.score, stretch.start))


def dangling(text: str) -> bool:
    """Whether a text begins in the middle of an argument."""
    first, second, *rest = [*norms(text), "", ""]
    if first in ("toen", "nu", "waar"):  # 'toen we daar liepen, …' stands by itself, 'toen zijn we' does not
        return second not in ("ik", "we", "wij", "je", "de", "het", "een", "er", "mensen")
    if (first, second) in (("niet", "omdat"), ("niet", "zozeer")) or (first in LINKS and second in POINTERS):
        return True
    before = re.split(r"\b(?:doordat|omdat)\b", " ".join(norms(text)))  # 'gewoon doordat iemand het vroeg'
    if len(before) > 1 and before[0] and not FINITE & set(before[0].split()):
        return True
    if len(rest) < VERBLESS and not FINITE & set(norms(text)) and first not in IMPERATIVES:
        return True
    points = first == "het" and second in ("was", "werd", "werkt", "zijn")
    return not first or first in DANGLING or points or "later" in (first, second, *rest[:1])


def values(evidence: Evidence) -> Mapping[str, float]:
    """Sentence id → its value as (part of) a quote; about 0 for small change, 2 and more for what sticks."""
    said = [content(norms(s.clean)) for s in evidence.usable]
    often = Counter(word for words in said for word in words)
    spread = Counter(word for words in said for word in set(words))
    total = max(1, len(evidence.sentences))
    # tf·log: how telling a word is: often said here, and not by everybody all the time
    telling = {word: log(1 + count) * log(1 + total / spread[word]) for word, count in often.items()}
    found = {}
    for sentence in evidence.usable:
        about = sorted((telling.get(word, 0) for word in set(content(norms(sentence.clean)))), reverse=True)[:4]
        found[sentence.id] = _worth(sentence, evidence) + min(0.7, sum(about) / 40) - doubt(sentence, often)
    return found


def standing(evidence: Evidence, value: Mapping[str, float]) -> Mapping[str, float]:
    """The same with what is around a sentence: what sticks is concrete and comes in a longer answer, not at once.

    The weights put key quotes of four invented webinars higher (average precision .40 → .46 over all).
    """
    found = {}
    turns: dict[str, list[Sentence]] = {}
    for sentence in evidence.sentences:
        turns.setdefault(sentence.passage, []).append(sentence)
    for turn in turns.values():
        for at, sentence in enumerate(turn):
            if sentence.id not in value:
                continue
            concrete = [w for w in set(content(norms(sentence.clean))) if CONCRETE[0] < rarity(w) < CONCRETE[1]]
            before, after = turn[max(0, at - 1) : at], turn[at + 1 : at + 2]
            near = 0.35 * sum(value.get(s.id, 0) for s in before) + 0.2 * sum(value.get(s.id, 0) for s in after)
            place = 0.3 * min(1, len(turn) / 8) - 0.3 * (at == 0)
            found[sentence.id] = value[sentence.id] + 0.15 * min(6, len(concrete)) + near + place
    return found


def general(sentence: Sentence) -> float:
    """What a sentence is worth because it holds always and for everybody: 'een rooster is een belofte'.

    The weights put key quotes of four invented webinars higher: average precision .38 → .52; of a webinar that they
    were not set with .38 → .49.
    """
    words = norms(sentence.clean)
    asks, text = sentence.clean.endswith("?"), " ".join(words)
    bare = len(words) > 3 and words[0] not in FUNCTION and words[1] in FINITE
    signs = (
        (1.2, words[:1] and words[0] in ANYBODY and not any(map(number, words)) and not asks),
        (0.6, bare),
        (-0.8, PAST.search(text)),
        (-0.4, SOMEBODY & set(words)),
        (0.5, EQUATES.search(text)),
    )
    return sum(weight for weight, holds in signs if holds)


def _worth(sentence: Sentence, evidence: Evidence) -> float:
    """What the form of a sentence is worth: opinions, contrasts and figures of speech are quoted."""
    words = norms(sentence.clean)
    text, known = " ".join(words), set(words)
    negated = bool(known & NEGATIONS)
    doubled = [word for word, count in Counter(content(words)).items() if count > 1]
    signs = (
        (0.5, negated),
        (0.4, negated and "," in sentence.clean),
        (0.5, CONTRAST.search(text)),
        (0.5, ANTITHESIS.search(sentence.clean)),
        (0.5, known & OPINION),
        (0.4, STANCE.search(text)),
        (0.4, words[:1] in (["als"], ["wie"]) or ("als " in text and " dan " in text)),
        (0.5, doubled or len(set(pairwise(words))) < len(words) - 1),
        (0.15, any(number(word) for word in words)),
        (-1.2, META.search(text)),
        (-1.0, BLAND.search(text)),
        (-0.6, known & evidence.names),
        (-0.4, known & ADDRESS),
        (-0.5, sentence.text.endswith("?") and len(words) < 8),
    )
    return sum(weight for weight, holds in signs if holds)


def doubt(sentence: Sentence, often: Mapping[str, int]) -> float:
    """What a sentence loses because the recogniser may have misheard it, or because it breaks off."""
    broken = 2.5 * len(BROKEN.findall(sentence.clean))
    if sentence.confidence is None:
        return broken
    broken += 1.0 * (sentence.confidence < UNSURE)
    return broken + 2.0 * max(0.0, SURE - sentence.confidence) + 1.5 * len(misheard(sentence.text, often))


def misheard(text: str, often: Mapping[str, int]) -> list[str]:
    """Words that no Dutch text holds, nor two of them put together, hardly said: a recogniser's own spelling."""
    plain = [token.strip(".,;:?!…") for token in lower_first(text).split()]
    odd = [word for word in plain if word.islower() and word.isalpha() and len(word) > 3]
    return [word for word in odd if often.get(norm(word), 0) < USUAL and not is_word(word)]


def _score(run: Sequence[Sentence], value: Mapping[str, float], weight: Mapping[str, float], length: float) -> float:
    """The value of a stretch: its best sentences, a good first and last one, and the length asked for (1)."""
    best = sorted((value[s.id] for s in run), reverse=True)
    weights, sizes = [weight[s.id] for s in run], [len(norms(s.clean)) for s in run]
    top = sorted(weights, reverse=True)
    first, last, start = norms(run[0].clean), norms(run[-1].clean), value[run[0].id]
    signs = (
        (-0.35 * sum(v < 0.25 for v in best), True),
        (-1.0 * sum(v < -0.5 for v in best), True),
        (0.7, any(_parallel(norms(a.clean), norms(b.clean)) for a, b in pairwise(run))),
        (-0.5, first[0] == "kijk"),
        (-0.6, POINTS.search(run[0].clean)),
        (-0.4, POINTS_AT.search(run[0].clean)),
        (-0.5, WITHIN & set(first[:6])),
        (-0.25, first[0] in ("het", "er", "wat")),
        (-0.8, len(last) < 3 and not NEGATIONS & set(last)),
        (-0.5, start < 0.2),
        (-0.5, value[run[-1].id] < 0.2),
        (-0.4, len(content(first)) < 2),
        (-0.5, run[-1].text.endswith("?") and len(run) > 1),
        (-PADDING * sum(words for words, w in zip(sizes, weights, strict=True) if w < top[0] - 1) / sum(sizes), True),
        (-0.9 * max(0.0, abs(length - 1) - 0.9), True),
    )
    return top[0] + 0.1 * sum(top[1:2]) - USUAL_WEIGHT + sum(weight for weight, holds in signs if holds)


def _parallel(a: Sequence[str], b: Sequence[str]) -> bool:
    """'Een molen van een ander … Een molen van jezelf …', 'dan heb je geen … Dan heb je een …'."""
    shared = set(a) & set(b) - {"de", "het", "een", "en", "van", "dat"}
    return a[:2] == b[:2] or len(shared) >= 0.45 * min(len(set(a)), len(set(b)))
