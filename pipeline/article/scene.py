"""What an article is written from, and what it has told so far, so that nothing is told twice the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.article.evidence import Evidence
from pipeline.article.people import surnames
from pipeline.article.plan import blocks_of
from pipeline.article.questions import alike, asked_by_host, asked_loosely, leaning, personal
from pipeline.article.text import escaped, sign
from pipeline.config import DraftParams
from pipeline.models import Recording
from pipeline.writing import Claim, Plan

# What a verb of saying claims of a quote, the most telling first; verbs of another house style claim nothing.
FITS = {
    "vertelde": sign("tells"),
    "legde uit": sign("explains"),
    "benadrukte": sign("stresses"),
    "stelde": sign("states"),
}


@dataclass
class Scene:
    """The evidence, the plan and the facts; who was named, what was asked, which verbs were used."""

    evidence: Evidence
    plan: Plan
    params: DraftParams
    recording: Recording
    introductions: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    later: int = 0
    asking: int = 0

    def __post_init__(self) -> None:
        speaking = {s.voice for s in self.evidence.usable} - {self.evidence.host}
        order = {speaker.name: at for at, speaker in enumerate(self.params.speakers)}
        guests = [person for voice, person in self.evidence.people.items() if voice in speaking]
        self.guests = sorted(guests, key=lambda person: order.get(person.name, len(order)))
        self.host = self.evidence.people.get(self.evidence.host or "")
        self.heard = " ".join(s.text for s in self.evidence.sentences)
        self.short = surnames(self.evidence.people.values())
        self.blocks = blocks_of(self.evidence)
        asked, leans = asked_by_host(self.evidence), leaning(self.evidence)
        self.leaning = leans.keys() - asked.keys()
        self.questions = {**leans, **asked_loosely(self.evidence), **asked}

    def say(self, text: str, *cites: str) -> str:
        """A sentence of the article's own, noted with the ids of what it rests on."""
        self.claims.append(Claim(text=text, cites=cites))
        return text

    def introduced(self, voice: str) -> str:
        """Name, role and organisation."""
        person = self.evidence.people[voice]
        self.introductions.add(person.name)
        return escaped(person.belongs(self.heard))

    def mentioned(self, voice: str) -> str:
        """The same, but the bare name of who was introduced already."""
        name = self.evidence.people[voice].name
        return escaped(name) if name in self.introductions else self.introduced(voice)

    def name(self, voice: str) -> str:
        """The full name, behind the role, at first mention under the headings; afterwards the surname."""
        person = self.evidence.people[voice]
        if person.name in self.named:
            return escaped(self.short[person.name])
        self.named.add(person.name)
        plain = person.role and not re.search(r"\b(van|bij|voor|in|en)\b|,|(\S+\s+){3}", person.role)
        return escaped(f"{person.role} {person.name}" if plain else person.name)

    def verb(self, text: str) -> str:
        """A verb of saying that fits a quote, not one of the last two."""
        verbs = [verb for verb in self.params.style.say if verb not in self.verbs[-2:]]
        fitting = [verb for verb, claims in FITS.items() if verb in verbs and claims.search(text)]
        plain = [verb for verb in verbs if verb not in FITS]
        self.verbs.append([*fitting, *plain, "zei"][0])
        return self.verbs[-1]

    def untold(self) -> list[tuple[str, str]]:
        """Ids and texts of the questions that stand nowhere in the article yet."""
        asked = [(key, self.questions[key]) for key in self.plan.subjects]
        return [(key, text) for key, text in asked if not personal(text) and not alike(text, self.asked)]
