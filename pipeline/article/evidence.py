"""The evidence: every sentence of the transcript, those that may not be used with the reason, and who leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.article.exclusions import OPENING, reasons
from pipeline.article.people import HOST, Person
from pipeline.article.sentences import sentences_of
from pipeline.models import Passages, Sentence


@dataclass(frozen=True)
class Evidence:
    """The sentences in order of time (`excluded` says why one may not be used), and the voice that leads the talk."""

    sentences: tuple[Sentence, ...]
    people: Mapping[str, Person]
    host: str | None

    def usable(self, voice: str | None = None) -> list[Sentence]:
        """What may be used, of one voice or of all."""
        return [s for s in self.sentences if s.excluded is None and voice in (None, s.voice)]


def gather(passages: Passages, people: Mapping[str, Person]) -> Evidence:
    """Sentences with their exclusions, and who leads the conversation."""
    sentences = sentences_of(passages)
    why = reasons(sentences, passages)
    marked = (s.model_copy(update={"excluded": why[i]}) if i in why else s for i, s in enumerate(sentences))
    return Evidence(tuple(marked), people, _host(sentences, people))


def _host(sentences: Sequence[Sentence], people: Mapping[str, Person]) -> str | None:
    """By role; else the voice that asks most and opens, if it is not the one that talks most of all."""
    if len(people) < 2:
        return None
    by_role = [voice for voice, person in people.items() if person.role and HOST.search(person.role)]
    if by_role:
        return by_role[0]
    asked = Counter(s.voice for s in sentences if s.text.rstrip().endswith("?"))
    spoke = Counter({voice: sum(len(s.text.split()) for s in sentences if s.voice == voice) for voice in people})
    opener = next((s.voice for s in sentences if OPENING.search(s.text)), None)
    score = {voice: asked[voice] + (3 if voice == opener else 0) for voice in people}
    best = max(people, key=lambda voice: score[voice])
    total = sum(spoke.values()) or 1
    return best if score[best] >= 3 and spoke[best] / total < (0.5 if len(people) > 2 else 0.4) else None
