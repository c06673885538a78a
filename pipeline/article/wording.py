"""Two texts by their words alone: what one says more firmly, the other way round, or in another language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from pipeline.article.text import FUNCTION, NEGATIONS, lemma, lemmas, norm, norms, number, tail, wordset, wordsets

FRACTIONS, TOTALS = wordset("fractions"), wordsets("totals")
LOOSE = {"steeds", "gelijk"}  # say little by themselves, but hold up the others of their group
UNITS = {"kwart", "procent", "keer"}  # make another number of the one before them
NARROW = 2  # words between a negation and what it denies
COUNTING = {"alle", "elke", "elk", "iedere", "ieder"}  # the word after them says what is counted


def near(word: str, others: Collection[str]) -> bool:
    """Whether a lemma is there: itself, as part of a compound, or with another ending."""
    if word in others:
        return True
    if len(word) < 4 or word.isdigit():
        return False
    return any(
        len(other) > 3 and (word in other or other in word or (len(word) > 5 and word[:5] == other[:5]))
        for other in others
    )


def english(words: Sequence[str]) -> bool:
    """Whether a sentence is more English than Dutch."""
    from wordfreq import zipf_frequency

    known = [w for w in words if len(w) > 1 and w.isalpha()]
    ahead = sum(zipf_frequency(w, "en") - zipf_frequency(w, "nl") for w in known)
    return len(known) > 3 and ahead > 0.6 * len(known)


def totals(tokens: Sequence[str], said: Sequence[str]) -> Iterator[str]:
    """Words of all or nothing, and comparisons, that were not said."""
    there = [set(norms(text)) for text in said]
    for kind in TOTALS:
        at = next((i for i, token in enumerate(tokens) if token in kind and token not in LOOSE), None)
        if at is None:
            continue
        what = next((lemma(t) for t in tokens[at + 1 : at + 3] if t not in FUNCTION), None)  # all of what
        fits = [words for words in there if kind & words]
        if not fits or (tokens[at] in COUNTING and what and not any(near(what, set(map(lemma, w))) for w in fits)):
            yield f"zegt ‘{tokens[at]}’; zo stellig is het niet gezegd"


def compares(text: str, said: Sequence[str]) -> Iterator[str]:
    """'Meer dan' where it was not said, or turned round: 'tien is beter dan één' for 'één is beter dan tien'."""
    found = _sides(text)
    there = [sides for each in said if (sides := _sides(each))]
    if found is None:
        return
    more, left, right = found
    if not any(more == other for other, _, _ in there):
        if more != "eerder":
            yield f"vergelijkt (‘{more} dan’) zoals het niet is gezegd"
        return
    straight, turned = (
        max(len(left & a) + len(right & b) for _, *sides in there for a, b in [sides[::way]]) for way in (1, -1)
    )
    if turned > straight:
        yield f"draait de vergelijking om (‘{more} dan’)"


def _sides(text: str) -> tuple[str, set[str], set[str]] | None:
    """'beter' with the lemmas before it and those after 'dan'."""
    tokens = norms(text)
    at = next((i for i, (a, b) in enumerate(pairwise(tokens)) if b == "dan" and a.endswith("er")), None)
    if at is None:
        return None
    return tokens[at], set(lemmas(" ".join(tokens[:at]))), set(lemmas(" ".join(tokens[at + 2 :])))


def shares(text: str) -> set[tuple[str, str]]:
    """'drie kwart', '18 procent', 'een derde', by value."""
    pairs = {(number(a) or "", unit) for a, unit in pairwise(norms(text)) if unit in UNITS}
    return {(value, unit) for value, unit in pairs if value} | {("een", w) for w in norms(text) if w in FRACTIONS}


def negations(text: str, said: Sequence[str]) -> Iterator[str]:
    """A word that is denied here and never there, or there each time and not here."""
    tokens = text.split()
    here = {lemma(norm(token)): _denied(tokens, at) for at, token in enumerate(tokens) if _tells(token)}
    flat: dict[str, list[bool]] = {}
    wide: dict[str, list[bool]] = {}
    for sentence in said:
        words = norms(sentence)
        for before, word in pairwise(["", *words]):
            if _tells(word):
                flat.setdefault(lemma(word), []).append(before == "niet")
                wide.setdefault(lemma(word), []).append(bool(NEGATIONS & set(words)))
    for word, denied in here.items():
        if denied and word in wide and not any(wide[word]):
            yield f"ontkent ‘{word}’, wat in de opname niet wordt ontkend"
        elif word in flat and all(flat[word]) and not NEGATIONS & set(norms(text)):
            yield f"laat de ontkenning bij ‘{word}’ weg"


def _tells(token: str) -> bool:
    return norm(token) not in FUNCTION and len(norm(token)) > 2 and norm(token) != "hoeveel"


def _denied(tokens: Sequence[str], at: int) -> bool:
    """Whether a negation stands just before a word, with no comma or 'maar' between."""
    for before in range(at - 1, max(-1, at - 1 - NARROW), -1):
        if tail(tokens[before]) or norm(tokens[before]) == "maar":
            return False
        if norm(tokens[before]) in NEGATIONS:
            return True
    return False
