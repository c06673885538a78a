"""The questions that the host put, as a reader can take them without the rest of the talk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from pipeline.article.evidence import Evidence
from pipeline.article.stretches import BROKEN, misheard
from pipeline.article.text import content, norms, number, upper_first, wordset
from pipeline.writing import Sentence

ASKING, VERBS, POINTING, PERSONAL = map(wordset, ("asking", "verbs", "pointing", "personal"))
LEADING = {"en", "maar", "dus", "dan", "want", "nou", "oké", "goed", "eh", "ja", "eerst"}  # may go in front
ABOUT_US = {"gasten", "sprekers", "webinar", "kijkers", "slide", "sheet", "sheets", "geluid", "beeld"}
BACKWARD = re.compile(r"^(?:daar|er|hier)(?:aan|bij|door|in|mee|na|naar|om|op|over|tegen|toe|uit|van|voor)$")
CONJUNCT = wordset("conjunct")
SURE = 0.2  # confidence below which a question may have been misheard
SHORTEST, LONGEST = 4, 22  # words


def question(text: str, names: Collection[str], *, loose: bool | None = False) -> str | None:
    """A question in `text` that stands by itself, without `names`: 'Joost, hoe begin je?' becomes 'Hoe begin je?'.

    `loose`: it may hold 'die vijftien jaar' or 'zo'n veld', which a reader nearly understands; None: or point back.
    """
    if not text.rstrip().endswith("?"):
        return None
    clauses = re.split(r"[,:]\s+", text.strip().rstrip("?"))
    clauses = [clause for clause in clauses if not set(norms(clause)) <= {*names, *LEADING}]
    start = next((i for i, clause in enumerate(clauses) if _opens(_bare(clause))), 0)
    clauses = [_bare(clause) for clause in clauses[start : start + 1]] + clauses[start + 1 :]
    asked = ", ".join(_first(clauses)) + "?"
    words = norms(asked)
    if not SHORTEST <= len(words) <= LONGEST or not (asks(asked) or words[0] in VERBS):
        return None
    points = loose is not None and _points_back(words, loose=loose)
    return None if points or set(words) & {*names, *ABOUT_US} else upper_first(asked)


def _opens(clause: str) -> bool:
    return asks(clause) or bool(VERBS & set(norms(clause)[:1]))


def _bare(clause: str) -> str:
    """Without 'en', 'maar', 'dus', 'dan' in front."""
    tokens = clause.split()
    while len(tokens) > 1 and set(norms(tokens[0])) <= LEADING:
        tokens.pop(0)
    return " ".join(tokens)


def _first(clauses: Sequence[str]) -> Sequence[str]:
    """The first of several questions in a row; 'wanneer zeg je ja, en wanneer zeg je nee?' is one."""
    for at, clause in enumerate(clauses[1:], start=1):
        if norms(clause) == ["of"]:
            return clauses[:at]
        if asks(_bare(clause)) and norms(_bare(clause))[0] != norms(clauses[0])[0]:
            return clauses[:at]
    return clauses


def asks(clause: str) -> bool:
    """Whether a clause begins with a question word, perhaps behind a preposition."""
    words = norms(clause)
    return bool(words) and (
        words[0] in ASKING or (words[0] in ("in", "op", "met", "voor") and words[1:2] != [] and words[1] in ASKING)
    )


def _points_back(words: Sequence[str], *, loose: bool) -> bool:
    """Whether a word stands for something said before."""
    if any(BACKWARD.match(word) for word in words):
        return True
    for at, word in enumerate(words):
        before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        conjunction = word == "dat" and after in CONJUNCT and at > 1
        relative = word in ("die", "dat") and len(before) > 4 and after and before not in ("heeft", "bracht")
        compares = word == "dan" and {"meer", "minder", "anders", "beter", "eerder"} & set(words)
        determines = loose and word in ("die", "dat", "deze", "dit", "zo'n") and bool(content([after]))
        if word in POINTING and not (determines or conjunction or relative or compares):
            return True
    return False


def worth(asked: str) -> float:
    """How good a question is for the lead: open, about the matter, not about the person asked."""
    words = norms(asked)
    value = 1.0 if asks(asked) else 0.2
    value += {"hoe": 0.5, "wat": 0.3, "waarom": 0.4, "wanneer": 0.3, "wie": 0.3}.get(words[0], 0)
    value -= 0.9 * personal(asked) + 0.3 * ("vandaag" in words or any(number(word) for word in words))
    return value - 0.2 * ("," in asked) - 0.04 * abs(len(words) - 9)


def alike(one: str, others: Collection[str]) -> bool:
    """Whether a question asks about the same as one of the others."""
    words = set(content(norms(one)))
    rest = [set(content(norms(other))) for other in others]
    return any(len(words & other) >= 0.5 * max(1, min(len(words), len(other))) for other in rest)


def personal(asked: str) -> bool:
    """Whether a question is about the person asked ('jij', 'jouw')."""
    return bool(PERSONAL & set(norms(asked)))


def asked_by_host(evidence: Evidence) -> Mapping[str, str]:
    """Sentence id → the question in it, for what the host asked and the recogniser understood."""
    return _asked(evidence, [s for s in evidence.usable if s.voice == evidence.host], loose=False)


def asked_loosely(evidence: Evidence) -> Mapping[str, str]:
    """The same with questions that lean a little on what went before, and with what guests asked aloud."""
    guests = [s for s in evidence.usable if s.voice != evidence.host and not personal(s.text)]
    host = [s for s in evidence.usable if s.voice == evidence.host]
    return {**_asked(evidence, guests, loose=False), **_asked(evidence, host, loose=True)}


def leaning(evidence: Evidence) -> Mapping[str, str]:
    """Announced questions that a reader understands right after the one before: 'En wat kost dat?'."""
    first = next((s.start for s in evidence.usable if s.voice != evidence.host), 0.0)
    early = [s for s in evidence.usable if s.start < first and s.text.rstrip().endswith("?")]
    return _asked(evidence, early, loose=None)


def _asked(evidence: Evidence, sentences: Sequence[Sentence], *, loose: bool | None) -> Mapping[str, str]:
    often = Counter(word for s in evidence.usable for word in norms(s.text))
    found: dict[str, str] = {}
    for sentence in sentences:
        asked = question(sentence.clean, evidence.names, loose=loose)
        measured = sentence.confidence is not None
        unsure = measured and ((sentence.confidence or 0) < SURE or misheard(asked or "", often))
        if asked and asked not in found.values() and not unsure and not BROKEN.search(asked):
            found[sentence.id] = asked
    return found
