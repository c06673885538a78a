"""What was said as a sentence of the article's own: nothing but the order of the words changes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.article.text import NEGATIONS, content, is_word, lower_first, norm, norms, number, sign, wordset

TOPIC, FEW = sign("topic"), (1, 6)  # words of what the host says it is about
FINITE, HEADS, FIRST_PERSON = map(wordset, ("finite", "heads", "first_person"))
RELATIVE = {"die", "dat", "wat", "waar", "wie", "en", "of", "maar", "want", "als", "om"}
JOINS = {"en", "maar", "want", "dus", "of"}  # a clause of its own may follow
TURNS_ROUND = {"moet", "mag", "kan", "wil", "zal", "zou"}  # 'je moet' → 'moet je'; 'je hebt' would lose its t
AHEAD = wordset("links") | {"pas", "vorig", "afgelopen", "sinds", "volgens", "tijdens"} - {"als", "dan"}
BEFORE_VERB = 6  # words that may stand before the verb
LENGTH = (7, 20)  # words of a sentence that can be told this way
VAGUE = {"zoiets", "ding", "dingen", "gewoon", "dus", "eigenlijk", "hier", "hè", "nou", "ook"}


def according(text: str, name: str) -> str | None:
    """'Een besluit is geen uitkomst.' → 'Volgens Tol is een besluit geen uitkomst.'; None where that is not safe.

    Safe is one main clause about something that it names itself, with its finite verb behind its subject.
    """
    tokens = text.split()
    if norm(tokens[0]) in AHEAD:
        return _added(text, tokens, name)
    words = [norm(token) for token in tokens]
    at = next((i for i, word in enumerate(words[: BEFORE_VERB + 1]) if word in FINITE), 0)
    subject, rest = words[:at], words[at + 1 :]
    joined = next((i for i, word in enumerate(rest) if word in JOINS), len(rest))
    safe = (
        _plain(text, words)
        and at > 0
        and _names_itself(subject)
        and (subject != ["je"] or words[at] in TURNS_ROUND)
        and not set(rest[joined:]) & FINITE
        and not set(subject) & (RELATIVE | NEGATIONS - {"geen", "niemand", "niets"})
        and not _leans(rest)
    )
    if not safe:
        return None
    before = lower_first(" ".join(tokens[:at]))
    return f"Volgens {name} {tokens[at]} {before} {' '.join(tokens[at + 1 :])}"


def _plain(text: str, words: Sequence[str]) -> bool:
    """One clause of a fair length, of words that exist, that is not about who speaks."""
    fair = LENGTH[0] <= len(words) <= LENGTH[1] and text.endswith(".")
    single = not re.search(r"[,;:–…“”\[\]()]", text) and not {*words} & (FIRST_PERSON | VAGUE)
    return fair and single and len(content(words)) > 1 and all(map(is_word, words))


def _added(text: str, tokens: Sequence[str], name: str) -> str | None:
    """'In tien jaar zijn de tarieven gestegen, aldus Tol': where something else stands before the verb."""
    words = [norm(token) for token in tokens]
    leans = {*words} & {"die", "dit", "deze", "zo'n"} or _leans(words)
    verb = next((i for i, word in enumerate(words) if word in FINITE), None)
    if not _plain(text, words) or leans or verb is None or not set(words[verb + 1 :]) & HEADS:
        return None
    return f"{text.removesuffix('.')}, aldus {name}."


def _names_itself(subject: Collection[str]) -> bool:
    """'De mensen', 'iedere gemeente', '29 gemeenten', 'je' in general, 'er'; not 'die', 'hij', 'dat'."""
    first, *rest = subject
    if first in ("je", "er", "niemand", "iedereen"):
        return not rest
    return bool(rest) and (first in HEADS or number(first) is not None)


def _leans(words: Collection[str]) -> bool:
    """Whether the rest points at something outside the sentence."""
    return bool(set(words) & wordset("pointing") - {"dat", "die", "dan", "net"}) or bool({"dat", "dan"} & set(words))


def topic(led: str) -> str | None:
    """'het geld', where the host says 'dan gaan we nu praten over het geld'."""
    found = TOPIC.search(led)
    if not found:
        return None
    about = found.group("about").strip()
    words = norms(about)
    barred = FIRST_PERSON | FINITE | {"je", "jij", "jullie", "dat", "die", "dit", "dan", "nu", "iets", "u", "daar"}
    told = FEW[0] <= len(words) <= FEW[1] and not set(words) & barred and content(words)
    return lower_first(about) if told and all(map(is_word, words)) else None
