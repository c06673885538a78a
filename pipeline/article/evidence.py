"""The evidence: every sentence of the transcript with its time, those that may not be used, and who leads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.article.cleaning import clean
from pipeline.article.exclusions import OPENING, reasons
from pipeline.article.people import Person
from pipeline.article.text import norms, sign, wordset
from pipeline.models import Passages, Word, ends_sentence
from pipeline.writing import Sentence

ABBREVIATIONS, HOST = wordset("abbreviations"), sign("host")
UNPUNCTUATED = 60  # words per full stop above which a recogniser evidently wrote none
PAUSE = 0.6  # seconds that then count as one
LEADS = 3  # questions (three for the opening) that make a voice the host


@dataclass(frozen=True)
class Evidence:
    """The sentences in order of time (`excluded` says why one may not be used), and the voice that leads the talk."""

    sentences: tuple[Sentence, ...]
    people: Mapping[str, Person]
    host: str | None

    @cached_property
    def usable(self) -> list[Sentence]:
        """What may be used."""
        return [s for s in self.sentences if s.excluded is None]

    @cached_property
    def by_id(self) -> dict[str, Sentence]:
        """The sentences by id."""
        return {s.id: s for s in self.sentences}

    @cached_property
    def names(self) -> frozenset[str]:
        """Normal forms of the parts of participants' names."""
        return frozenset(word for person in self.people.values() for word in norms(person.name) if len(word) > 3)

    @cached_property
    def seconds(self) -> Mapping[str, float]:
        """How long each voice spoke."""
        spoken = dict.fromkeys(self.people, 0.0)
        for sentence in self.sentences:
            spoken[sentence.voice] += sentence.duration
        return spoken

    @cached_property
    def answers(self) -> dict[str, Sentence]:
        """Passage id → the last sentence of more than three words that another voice said before it."""
        found: dict[str, Sentence] = {}
        latest: dict[str, Sentence] = {}
        for sentence in self.sentences:
            others = [s for voice, s in latest.items() if voice != sentence.voice]
            if sentence.passage not in found and others:
                found[sentence.passage] = max(others, key=lambda s: s.start)
            if len(norms(sentence.text)) > 3:
                latest[sentence.voice] = sentence
        return found

    def replies(self, one: str, other: str) -> bool:
        """Whether the passage of sentence `other` was said in direct answer to that of sentence `one`."""
        a, b = self.by_id[one], self.by_id[other]
        before = self.answers.get(b.passage)
        return before is not None and before.passage == a.passage and a.voice != b.voice


def gather(passages: Passages, people: Mapping[str, Person]) -> Evidence:
    """Sentences with their exclusions, and who leads the conversation."""
    sentences = sentences_of(passages)
    why = reasons(sentences, passages)
    marked = (s.model_copy(update={"excluded": why[i]}) if i in why else s for i, s in enumerate(sentences))
    return Evidence(tuple(marked), people, _host(sentences, people))


def _host(sentences: Sequence[Sentence], people: Mapping[str, Person]) -> str | None:
    """By role; else the voice that asks most and opens, if it does not talk most of the time."""
    by_role = [voice for voice, person in people.items() if person.role and HOST.search(person.role)]
    if len(people) < 2 or by_role:
        return by_role[0] if len(people) > 1 else None
    score = Counter(s.voice for s in sentences if s.text.endswith("?"))
    score.update({s.voice: LEADS for s in [s for s in sentences if OPENING.search(s.text)][:1]})
    spoke = Counter(s.voice for s in sentences for _ in s.text.split())
    best = max(people, key=lambda voice: score[voice])
    return best if score[best] >= LEADS and spoke[best] < (0.5 if len(people) > 2 else 0.4) * spoke.total() else None


def sentences_of(passages: Passages) -> list[Sentence]:
    """All sentences, in order of time, cleaned. The id of a sentence is its time, so it outlives changes elsewhere."""
    found: list[Sentence] = []
    used: Counter[str] = Counter()
    for passage in passages.passages:
        # words without spaces inside, so that a text splits back into the same tokens
        for words in split([w.model_copy(update={"text": part}) for w in passage.words for part in w.text.split()]):
            name = f"t{words[0].start:.1f}"
            used[name] += 1
            texts = [word.text for word in words]
            text, edits = clean(texts)
            found.append(
                Sentence(
                    start=words[0].start,
                    end=max(words[0].start, words[-1].end),
                    id=name if used[name] == 1 else f"{name}.{used[name]}",
                    passage=passage.id,
                    voice=passage.speaker,
                    text=" ".join(texts),
                    clean=text,
                    edits=edits,
                    confidence=confidence(words),
                )
            )
    return found


def split(words: Sequence[Word]) -> list[list[Word]]:
    """Cut words into sentences at . ? and !, not after abbreviations or initials; at pauses where nothing is marked."""
    by_pause = len(words) > UNPUNCTUATED * (1 + sum(ends_sentence(word.text) for word in words))
    sentences: list[list[Word]] = [[]]
    for at, word in enumerate(words):
        sentences[-1].append(word)
        after = words[at + 1] if at + 1 < len(words) else None
        if after and (_ends(word.text, after.text) or (by_pause and after.start - word.end >= PAUSE)):
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def _ends(token: str, after: str) -> bool:
    bare = token.rstrip("\"'”’)]")
    if not ends_sentence(token) or bare[-1] in "?!":
        return ends_sentence(token)
    stem = bare.rstrip(".…").casefold()
    return not (stem in ABBREVIATIONS or re.fullmatch(r"[a-z]|(?:[a-z]\.)+[a-z]", stem) or after[:1].islower())


def confidence(words: Sequence[Word]) -> float | None:
    """How sure the recogniser was: between its worst word and the mean of the worst quarter; None if not measured."""
    measured = sorted(word.probability for word in words if word.probability is not None)
    if not measured:
        return None
    worst = measured[: max(1, len(measured) // 4)]
    return round((sum(worst) / len(worst) + worst[0]) / 2, 3)
