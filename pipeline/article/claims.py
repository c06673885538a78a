"""Names and numbers in the article's own sentences that neither the recording nor the webinar's TOML holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.article.quotes import SAYING
from pipeline.article.text import CALENDAR, FUNCTION, norm, norms, number, numbers, wordset

_PARTICLES = wordset("van de der den ten ter het te 't op in aan en")
_STARTS = wordset(
    "vanuit volgens namens later samen vooral tijdens behalve naast dankzij ondanks gespreksleider moderator"
)
_HOUSE = wordset("impressie spreker youtube")


def unknown_numbers(prose: str, facts: Iterable[str], spoken: str, counts: int) -> list[str]:
    """Numbers in `prose` that are in no fact, not spoken, and do not just count the people (up to `counts`)."""
    known = numbers(" ".join(facts)) | numbers(spoken) | {str(n) for n in range(1, counts + 1)}
    found = []
    for token in re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", prose).split():
        for part in re.split(r"[/–-]", token):
            value = number(part)
            if value is not None and value not in known and part.strip(".,;:()‘’“”?!") not in found:
                found.append(part.strip(".,;:()‘’“”?!"))
    return found


def unknown_names(prose: Sequence[str], people: Sequence[str], facts: Sequence[str], spoken: str) -> list[str]:
    """Names in `prose` (paragraphs) that nobody knows: no person, in no fact, not spoken."""
    said = f" {' '.join(norms(spoken))} "
    given = f" {' '.join(word for fact in (*people, *facts) for word in [*norms(fact), '|'])} "
    found: list[str] = []
    for paragraph in prose:
        for run in _capitals(paragraph):
            plain = [norm(token) for token in run]
            if not _known(plain, f"{said}|{given}", people) and " ".join(run) not in found:
                found.append(" ".join(run).strip(".,;:?!()"))
    return found


def _capitals(paragraph: str) -> Iterator[list[str]]:
    """Runs of capitalised words with the particles between them.

    A first word of a sentence counts only if a name follows it or a verb of saying.
    """
    tokens = paragraph.lstrip("# ").split()
    at = 0
    while at < len(tokens):
        if not _capital(tokens[at]):
            at += 1
            continue
        end = at + 1
        while end < len(tokens) and not re.search(r"[.,;:?!)]$", tokens[end - 1]):
            ahead = end
            while ahead < len(tokens) and norm(tokens[ahead]) in _PARTICLES - {"en", "in", "op", "aan"}:
                ahead += 1
            if ahead >= len(tokens) or not _capital(tokens[ahead]) or ahead - end > 3:
                break
            end = ahead + 1
        first = at == 0 or bool(re.search(r"[.?!:][’”\"]?$", tokens[at - 1]))
        after = norm(tokens[end]) if end < len(tokens) else ""
        if first and norm(tokens[at]) in FUNCTION | _STARTS:
            while at + 1 < end and not _capital(tokens[at + 1]):
                at += 1
            at, first = at + 1, False
        if at < end and (not first or end - at > 1 or after in SAYING):
            yield tokens[at:end]
        at = end


def _capital(token: str) -> bool:
    return token.lstrip("‘“(\"'’")[:1].isupper()


def _known(run: Sequence[str], known: str, people: Sequence[str]) -> bool:
    """Whether the run falls apart into known pieces, and no two persons are mixed into one."""
    at = 0
    owners: list[set[str]] = []
    while at < len(run):
        for end in range(len(run), at, -1):
            piece = " ".join(run[at:end])
            loose = end == at + 1 and (run[at] in CALENDAR | _HOUSE | _PARTICLES or run[at].isdigit())
            if loose or f" {piece} " in known:
                owners.append({name for name in people if f" {piece} " in f" {' '.join(norms(name))} "})
                at = end
                break
        else:
            return False
    persons = [owner for owner in owners if owner]
    return len(persons) < 2 or bool(set.intersection(*persons))
