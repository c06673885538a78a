"""Who is who in the article: the name, role and organisation behind a voice, as Dutch prose writes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.article.text import norm, sign
from pipeline.config import Speaker
from pipeline.models import NamedVoice, Passages

_OF, _DE, _HET = sign("of"), sign("de"), sign("het")


@dataclass(frozen=True)
class Person:
    """Somebody in the article; `voice` is None for a listed speaker whose voice nobody has pointed out."""

    voice: str | None
    name: str
    role: str | None = None
    organisation: str | None = None
    known: bool = True

    @property
    def surname(self) -> str:
        """'Van der Meer': the name without its first word, with the capital that Dutch then gives it."""
        _, _, rest = self.name.partition(" ")
        return self.name if not rest or not self.known else rest[:1].upper() + rest[1:]

    def belongs(self, heard: str) -> str:
        """'Joost van der Meer, projectleider energie bij de gemeente Zuiderwaard', as far as it is known."""
        if not self.organisation:
            return ", ".join(filter(None, [self.name, self.role]))
        where = the(self.organisation, heard)
        if not self.role:
            return f"{self.name} van {where}"
        return f"{self.name}, {self.role} {'van' if _OF.search(self.role) else 'bij'} {where}"


def people_of(passages: Passages, names: Mapping[str, NamedVoice], speakers: Sequence[Speaker]) -> dict[str, Person]:
    """Voice → person, in order of appearance; a voice without a name is 'Spreker 2' by that order."""
    listed = {norm(speaker.name): speaker for speaker in speakers}
    people: dict[str, Person] = {}
    for voice in dict.fromkeys(p.speaker for p in sorted(passages.passages, key=lambda passage: passage.start)):
        name = names[voice].name if voice in names else None
        speaker = listed.get(norm(name or ""))
        if name is None:
            people[voice] = Person(voice, f"Spreker {len(people) + 1}", known=False)
        elif speaker is None:
            people[voice] = Person(voice, name)
        else:
            people[voice] = Person(voice, speaker.name, speaker.role, speaker.organisation)
    return people


def the(organisation: str, heard: str = "") -> str:
    """'de gemeente Zuiderwaard': with the article that was spoken, else the one its first word asks for."""
    said = re.search(rf"\b(de|het)\s+{re.escape(organisation)}\b", heard, re.IGNORECASE)
    if said:
        return f"{said.group(1).lower()} {organisation}"
    if re.match(r"(de|het|’t|'t)\s", organisation, re.IGNORECASE):
        return organisation
    article = "het " if _HET.match(organisation) else "de " if _DE.match(organisation) else ""
    return article + organisation


def surnames(people: Collection[Person]) -> dict[str, str]:
    """Full name → what a second mention says: the surname, or the full name where two share it."""
    short = [person.surname for person in people]
    return {person.name: person.surname if short.count(person.surname) == 1 else person.name for person in people}
