"""The questions that the host put, as a reader can take them without the rest of the talk."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.article.text import content, norm, norms, number, upper_first, wordset
from pipeline.models import Sentence

ASKING = wordset(
    "wat wie waar wanneer hoe waarom welke welk hoeveel waarmee waarvoor waarvan waardoor waarin hoezo waartoe"
)
# What points back at something said before; 'dat' is another matter (below).
_POINTING = wordset(
    "die dit deze dat daar daaraan daarvan daarmee daarover daarin daarna daarop daarvoor daarbij hem haar "
    "hen ervan ermee "
    "eraan erover erin hierover hiervan hierbij hier zij hij zo'n dus dan net zoiets"
)
_PERSONAL = wordset("jij jullie jou jouw jezelf ik mij mijn uw")
_CONJUNCT = wordset(
    "je jij we wij ik ze zij hij u er het de een mensen iedereen iemand niemand alle elke bewoners inwoners"
)
# A sentence that begins with its subject is no question, whatever mark is put after it.
_STATING = wordset(
    "of toch ja nee de het een je jij we wij ik ze zij hij u jullie er en dus mijn onze deze maar waarvoor"
)
SURE = 0.2  # confidence below which a question may have been misheard
SHORTEST, LONGEST = 4, 22  # words


def question(text: str, names: Collection[str]) -> str | None:
    """A self-contained question in `text`, cleaned; None where it needs what went before.

    `names` are the normal forms of participants' names: 'Joost, hoe begin je?' becomes 'Hoe begin je?'.
    """
    if not text.rstrip().endswith("?"):
        return None
    clauses = [clause.strip() for clause in re.split(r"[,:]\s+", text.strip())]
    while len(clauses) > 1 and _vocative(clauses[-1], names):
        clauses.pop()
        clauses[-1] = clauses[-1].rstrip("?") + "?"
    start = next((i for i, clause in enumerate(clauses) if norms(_bare(clause))[:1] and _asks(_bare(clause))), None)
    if start is None:
        while len(clauses) > 1 and _vocative(clauses[0], names):
            clauses.pop(0)
        start = 0
    asked = _bare(_first(clauses[start:]))
    words = norms(asked)
    if not words or not SHORTEST <= len(words) <= LONGEST or words[0] in _STATING:
        return None
    if any(word in names for word in words) or _points_back(words):
        return None
    return upper_first(asked)


def _first(clauses: Sequence[str]) -> str:
    """The first of several questions in a row; 'wanneer zeg je ja, en wanneer zeg je nee?' is one."""
    opening = norms(_bare(clauses[0]))[:1]
    for at, clause in enumerate(clauses[1:], start=1):
        bare = _bare(clause)
        if norms(bare) and _asks(bare) and norms(bare)[:1] != opening:
            cut = ", ".join(clauses[:at])
            return f"{cut}?" if len(norms(cut)) > SHORTEST else ""
    return ", ".join(clauses)


def subject(text: str, names: Collection[str]) -> str | None:
    """What a host's half question names: 'En het geluid van de molens, Joost?' → 'het geluid van de molens'."""
    found = re.search(
        r"\bover ((?:de |het |een )?[a-zà-ÿ-]+(?: (?:van|in|bij|op|voor) (?:de |het |een )?[a-zà-ÿ-]+)?)[.?]$", text
    )
    if not found:
        found = re.match(
            r"(?:En|Maar|Nog even|Dan)?,? ?((?:de|het) [a-zà-ÿ-]+(?: (?:van|in|bij|op|voor) (?:de |het |"
            r"een )?[a-zà-ÿ-]+)?)"
            r"(?:, \w+)?\?$",
            text,
            re.IGNORECASE,
        )
    if not found or any(word in names or word in _POINTING | _PERSONAL for word in norms(found.group(1))):
        return None
    named = found.group(1)
    return named[:1].lower() + named[1:] if len(norms(named)) > 1 or len(named) > 6 else None


def worth(asked: str) -> float:
    """How good a question is for the lead: open, about the matter, not about the person asked."""
    words = norms(asked)
    value = 1.0 if _asks(asked) else 0.2
    value += {"hoe": 0.5, "wat": 0.3, "waarom": 0.4, "wanneer": 0.3, "wie": 0.3}.get(words[0], 0)
    value -= 0.9 * personal(asked) + 0.3 * ("vandaag" in words or any(number(word) for word in words))
    value -= 0.4 * ("," in asked)
    return value - 0.04 * abs(len(words) - 9)


def alike(one: str, other: str) -> bool:
    """Whether two questions ask about the same."""
    a, b = set(content(norms(one))), set(content(norms(other)))
    return len(a & b) >= 0.5 * max(1, min(len(a), len(b)))


def personal(asked: str) -> bool:
    """Whether a question is about the person asked ('jij', 'jouw')."""
    return bool(_PERSONAL & set(norms(asked)))


def asked_by(sentences: Sequence[Sentence], host: str | None, names: Collection[str]) -> dict[str, str]:
    """Sentence id → the question in it, for all usable sentences of the host."""
    found: dict[str, str] = {}
    for sentence in sentences:
        sure = sentence.confidence is None or sentence.confidence > SURE
        if sentence.voice == host and sentence.excluded is None and sure:
            asked = question(sentence.clean, names)
            if asked and asked not in found.values():
                found[sentence.id] = asked
    return found


def _bare(clause: str) -> str:
    """Without 'en', 'maar', 'dus', 'dan' in front."""
    tokens = clause.split()
    while len(tokens) > 1 and norm(tokens[0]) in ("en", "maar", "dus", "dan", "want", "nou", "oké", "goed", "eh", "ja"):
        tokens.pop(0)
    return " ".join(tokens)


def _asks(clause: str) -> bool:
    words = norms(clause)
    return words[0] in ASKING or (
        len(words) > 1 and words[0] in ("in", "op", "met", "voor", "aan") and words[1] in ASKING
    )


def _vocative(clause: str, names: Collection[str]) -> bool:
    words = [word for word in norms(clause) if word not in ("en", "maar", "dan", "ja", "nou", "eerst", "oké", "dus")]
    return len(words) <= 3 and all(word in names for word in words)


def _points_back(words: Sequence[str]) -> bool:
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        before = words[at - 1] if at else ""
        if word == "dat" and after in _CONJUNCT:
            continue
        if word in ("die", "dat") and len(before) > 4 and after and before not in ("heeft", "bracht"):
            continue  # a relative clause: 'een gemeentesecretaris die nu meekijkt'
        if word == "dan" and any(other in words for other in ("meer", "minder", "anders", "beter", "eerder")):
            continue
        if word in _POINTING:
            return True
    return False
