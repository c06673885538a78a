"""The list of speakers: which of them was heard, misspelt or not. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import takewhile

from rapidfuzz import fuzz

PARTICLES = "van|de|der|den|ten|ter|te|het|’t"
PARTICLE = {*PARTICLES.split("|"), "t"}
PART = rf"(?:[A-ZÀ-Ý][\w’'-]+|(?:{PARTICLES})\b)"
TITLES = re.compile(r"^(?:(?i:prof|drs?|ir|ing|mr)\.\s*)+(?=\w)")
LOOSE_PARTICLES = re.compile(rf"(?:\s+(?:{PARTICLES}))+$")
ORGANISATION = (
    r"(?:(?i:\w*(?:universiteit|hogeschool|school|college|academie|gemeente|provincie|ministerie|waterschap|stichting"
    r"|vereniging|genootschap|instituut|bibliotheek|museum|centrum|commissie|platform)|\w+(?:raad|bank|groep|dienst))"
    r"|[A-Z]{2,})\b"
)
# A surname, or where she is from? 'Linda Bakker van Westerdam', 'Anna van het Wad'.
AMBIGUOUS = re.compile(r"\s[A-ZÀ-Ý]\S*\s+van(?:\s+(?:de|het))?\s+[A-ZÀ-Ý]|\svan het\s")
ALIKE = 80  # of 100, rapidfuzz's ratio, of first name and surname each: 'Denis' is Deniz, 'Dennis' is not
ALIKE_FIRST = 86


def meant(heard: str, speakers: Sequence[str], *, formal: bool = False) -> list[str]:
    """Who of the list may be meant by a name that was heard; a surname where that is `formal` ('mevrouw Bakker').

    More than one where they share it. Without a list it is the full name as it was heard.
    """
    if not speakers:
        return list(filter(None, [unlisted(heard)]))
    if formal and len([part for part in heard.split() if part.lower() not in PARTICLE]) == 1:
        surname = _taken_apart(f"x {heard}")[1]
        return [name for name in speakers if fuzz.ratio(surname, _taken_apart(name)[1]) >= ALIKE_FIRST]
    if " " in heard:
        return list(filter(None, [listed(heard, speakers)]))
    return [name for name in speakers if fuzz.ratio(heard.lower(), first_name(name).lower()) >= ALIKE_FIRST]


def unlisted(heard: str) -> str | None:
    """First name and surname, cut where an organisation begins; None where a surname cannot be told from one."""
    parts = heard.split()
    end = next((i for i, part in enumerate(parts) if re.fullmatch(ORGANISATION, part)), len(parts))
    name = LOOSE_PARTICLES.sub("", " ".join(parts[:end]))
    return name if " " in name and name[0].isupper() and not AMBIGUOUS.search(name) else None


def listed(heard: str, speakers: Sequence[str]) -> str | None:
    """The one full name of the list that was heard, misspelt or not; None where none or two come near.

    Surnames count apart from first names and particles: 'Karin de Boer' is not Karin de Groot.
    """
    scores = {name: _likeness(heard, name) for name in speakers}
    near = sorted((name for name in speakers if min(scores[name]) >= ALIKE), key=lambda name: -sum(scores[name]))
    if len(near) > 1 and sum(scores[near[0]]) - sum(scores[near[1]]) < 10:
        return None
    return near[0] if near else None


def _likeness(heard: str, name: str) -> tuple[float, float]:
    """How alike two first names and two surnames are, each 0 to 100; 'van Dermeer' is 'van der Meer'."""
    (first, ours, our_glue), (other, theirs, their_glue) = _taken_apart(heard), _taken_apart(name)
    surnames = [(ours.removeprefix(glue), theirs) for glue in their_glue]
    surnames += [(ours, theirs.removeprefix(glue)) for glue in our_glue]
    return fuzz.ratio(first, other), max(fuzz.ratio(a, b) if a and b else 0.0 for a, b in surnames)


def _taken_apart(name: str) -> tuple[str, str, list[str]]:
    """First name, surname, and its particles as they may be stuck to it: 'martin', 'meer', ['', 'der', 'vander']."""
    plain = unicodedata.normalize("NFKD", TITLES.sub("", name).lower().replace("-", " "))
    first, *rest = re.sub(r"[^\w\s]", "", plain).split() or [""]
    particles = list(takewhile(lambda part: part in PARTICLE, rest))
    glued = ["".join(particles[start:]) for start in range(len(particles), -1, -1)]
    return first, "".join(part for part in rest if part not in PARTICLE), glued


def first_name(name: str) -> str:
    """'Arne' of 'dr. Arne van Hout'."""
    return TITLES.sub("", name).split(maxsplit=1)[0]
