"""Who is who in the article: the name, role and organisation behind a voice, as Dutch prose writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.article.text import norm
from pipeline.config import Speaker
from pipeline.models import NamedVoice, Passages

HOST = re.compile(
    r"moderator|gespreksleid|dagvoorzitter|presentat|gastheer|gastvrouw|interviewer|\bhost\b|facilitator|debatleid",
    re.IGNORECASE,
)
# Roles that one holds of an organisation ('wethouder van'), not at one ('onderzoeker bij').
_OF = re.compile(
    r"voorzitter|directeur|wethouder|burgemeester|hoofd|bestuurder|secretaris|raadslid|lid\b|gedeputeerde|minister|"
    r"oprichter|eigenaar|rector|decaan|CIO|griffier|gespreksleid|moderator",
    re.IGNORECASE,
)
_THE = re.compile(
    r"^(gemeente|provincie|stad|kring|vereniging|stichting|raad|autoriteit|unie|dienst|universiteit|belastingdienst|"
    r"leerplaats|academie|omgevingsdienst|veiligheidsregio|school|tweede kamer|rekenkamer|ombudsman|federatie|"
    r"coöperatie (?!de |het )|bond|commissie|nationale|nederlandse|vlaamse|koninklijke|vrije)\b",
    re.IGNORECASE,
)
_HET = re.compile(
    r"^(genootschap|instituut|ministerie|netwerk|centrum|kenniscentrum|platform|bureau|fonds|waterschap|"
    r"expertisecentrum|"
    r"\w*planbureau|\w*lab|agentschap|huis|college|\w* (genootschap|instituut|planbureau|datalab|netwerk|"
    r"centrum|bureau|"
    r"platform|fonds|lab))\b",
    re.IGNORECASE,
)


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


def people_of(passages: Passages, names: Mapping[str, NamedVoice], speakers: Sequence[Speaker]) -> dict[str, Person]:
    """Voice → person, in order of appearance; a voice without a name is 'Spreker 2' by that order."""
    listed = {norm(speaker.name): speaker for speaker in speakers}
    people: dict[str, Person] = {}
    for passage in sorted(passages.passages, key=lambda passage: passage.start):
        voice = passage.speaker
        if voice in people:
            continue
        named = names.get(voice)
        if named is None or named.name is None:
            people[voice] = Person(voice, f"Spreker {len(people) + 1}", known=False)
            continue
        speaker = listed.get(norm(named.name))
        people[voice] = Person(
            voice,
            speaker.name if speaker else named.name,
            speaker.role if speaker else None,
            speaker.organisation if speaker else None,
        )
    return people


def the(organisation: str, heard: str = "") -> str:
    """'de gemeente Zuiderwaard': with the article that was spoken, else the one its first word asks for."""
    said = re.search(rf"\b(de|het)\s+{re.escape(organisation)}\b", heard, re.IGNORECASE)
    if said:
        return f"{said.group(1).lower()} {organisation}"
    if re.match(r"(de|het|’t|'t)\s", organisation, re.IGNORECASE):
        return organisation
    if _HET.match(organisation):
        return f"het {organisation}"
    return f"de {organisation}" if _THE.match(organisation) else organisation


def belonging(person: Person, heard: str = "") -> str:
    """'projectleider energie bij de gemeente Zuiderwaard', or what of it is known; '' where nothing is."""
    if not person.organisation:
        return person.role or ""
    where = the(person.organisation, heard)
    if not person.role:
        return f"van {where}"
    return f"{person.role} {'van' if _OF.search(person.role) else 'bij'} {where}"


def surnames(people: Sequence[Person]) -> dict[str, str]:
    """Full name → what a second mention says: the surname, or the full name where two share it."""
    short = [person.surname for person in people]
    return {person.name: person.surname if short.count(person.surname) == 1 else person.name for person in people}
