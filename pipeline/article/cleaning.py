"""Fillers, openers, repetitions and abandoned starts may go: `clean` drops them, `explain` proves nothing else went."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.article.text import FUNCTION, NEGATIONS, norm, number, tail, upper_first, wordset
from pipeline.models import ends_sentence
from pipeline.writing import QuoteEdit

HESITATIONS, TAGS, OPENERS = wordset("hesitations"), wordset("tags"), wordset("openers")
LIGHT = HESITATIONS | TAGS
WEAK = frozenset(("ja", "nou"))  # openers that may go inside a quote too
PHRASES = (("nou", "ja"), ("zeg", "maar"), ("weet", "je", "wel"), ("weet", "je"), ("weet", "u"), ("snap", "je"))
_SUBJECTS, _DOUBLES, _CLAUSES = wordset("subjects"), wordset("doubles"), wordset("clauses")
LONGEST_REPEAT = 8  # words
LONGEST_ELLIPSIS = 60  # words that one … may stand for
Edits = tuple[QuoteEdit, ...]


class Cleaned(NamedTuple):
    """A sentence fit to print, and what was taken out of it."""

    text: str
    edits: Edits


class Drop(NamedTuple):
    """So many tokens may go, for this reason."""

    length: int
    kind: str


def clean(words: Sequence[str], opener: bool = True) -> Cleaned:
    """The words of one sentence by permitted edits only; inside a quote openers stay, since they link its sentences."""
    return _clean(tuple(word for word in words if word), opener)


@lru_cache(maxsize=16384)  # the page checks the same transcript at every change of the article
def _clean(words: tuple[str, ...], opener: bool) -> Cleaned:
    tokens = _lowered(words)
    capitals = tokens != list(words)
    edits: list[QuoteEdit] = []
    while found := _next(tokens, opener):
        at, drop = found
        edits.append(_edit(drop.kind, " ".join(tokens[at : at + drop.length])))
        tokens = _mended(tokens, at, drop)
    text = _finished(tokens)
    if capitals or text[1:].rstrip(".") != " ".join(tokens)[1:].rstrip("."):
        edits.append(_edit("punctuation", text))
    return Cleaned(text, tuple(edits))


def _edit(kind: str, text: str) -> QuoteEdit:
    return QuoteEdit.model_validate({"kind": kind, "text": text})


def _lowered(words: Sequence[str]) -> list[str]:
    """'zaal, en Ik denk' → 'zaal, en ik denk': a small word inside a sentence has no capital; 'De Punt' keeps it."""
    tokens = list(words)
    for at in range(len(tokens) - 1, 0, -1):
        token, before, after = tokens[at], tokens[at - 1], tokens[at + 1 : at + 2]
        small = token[:1].isupper() and not any(map(str.isupper, token[1:])) and norm(token) in FUNCTION - {"u"}
        if small and not (ends_sentence(before) or before[-1] in ":“‘\"'" or (after and after[0][:1].isupper())):
            tokens[at] = token.lower()
    return tokens


def _next(tokens: Sequence[str], opener: bool) -> tuple[int, Drop] | None:
    """The next thing to take out, fillers first: then the copies of a repetition stand side by side."""
    found = [
        (at, drop)
        for at in range(len(tokens))
        for drop in _drops(tokens, at)
        if _wanted(tokens, at, drop, opener) and any(map(norm, [*tokens[:at], *tokens[at + drop.length :]]))
    ]
    return next((one for one in found if one[1].kind == "filler"), found[0] if found else None)


def protected(token: str, first: bool = False) -> bool:
    """A negation, a number or a name: never dropped (the first word of a sentence has its capital from its place)."""
    word = norm(token)
    capital = not first and token.lstrip("‘“\"'(")[:1].isupper()
    return word in NEGATIONS or number(token) is not None or any(map(str.isdigit, word)) or capital


def _at_start(tokens: Sequence[str], at: int) -> bool:
    """Whether nothing but fillers and openers stands between the start of the sentence and `at`."""
    while at > 0 and not ends_sentence(tokens[at - 1]):
        at -= 1
        if norm(tokens[at]) not in OPENERS | LIGHT:
            return False
    return True


def _drops(tokens: Sequence[str], at: int) -> list[Drop]:
    """What may go at `at`."""
    word = norm(tokens[at])
    if not word:
        return []
    found = [Drop(1, "filler")] if word in LIGHT else []
    before = at == 0 or tail(tokens[at - 1]) != ""
    for phrase in PHRASES:
        part = tokens[at : at + len(phrase)]
        if tuple(map(norm, part)) != phrase or any(map(tail, part[:-1])):
            continue
        closes = tail(part[-1]) != "" or at + len(phrase) == len(tokens)
        if (before and closes) or (phrase == ("zeg", "maar") and at and (before or closes)):
            found.append(Drop(len(phrase), "filler"))
    if word == "ja" and before and "," in tail(tokens[at]) and at:
        found.append(Drop(1, "filler"))
    if word in OPENERS and _at_start(tokens, at) and not ends_sentence(tokens[at]):
        found.append(Drop(1, "opener"))
    return found + _repeats(tokens, at) + _abandoned(tokens, at)


def _repeats(tokens: Sequence[str], at: int) -> list[Drop]:
    """The first of two copies; fillers may stand between them."""
    again, found = norm(tokens[at]), []
    if not any(norm(token) == again for token in tokens[at + 1 : at + LONGEST_REPEAT + 5]):
        return []
    for count in range(min(LONGEST_REPEAT, len(tokens) - at - 1), 0, -1):
        part, after = tokens[at : at + count], at + count
        while after < len(tokens) and norm(tokens[after]) in LIGHT | {"ja"}:
            after += 1
        copy = tokens[after : after + count]
        if list(map(norm, part)) != list(map(norm, copy)) or any(map(ends_sentence, part)):
            continue
        first = (at == 0 or ends_sentence(tokens[at - 1])) and copy[0][:1].islower()  # 'Joost, Joost' is a name
        if any(protected(token, first and not index) for index, token in enumerate(part)):
            continue
        parted = (after > at + count or "," in tail(part[-1])) and again not in ("is", "zijn", "was")
        if count > 1 or again not in _DOUBLES or parted:
            found.append(Drop(count, "repetition"))
    return found


def _abandoned(tokens: Sequence[str], at: int) -> list[Drop]:
    """'we wil- we wilden': from the word that is said again up to the one that breaks off with a dash."""
    for end in range(at, min(at + 5, len(tokens) - 1)):
        token = tokens[end]
        if re.search(r"\w(?:[-–—]|--)$", token):
            part = tokens[at : end + 1]
            again = norm(tokens[end + 1])
            restart = again == norm(part[0]) if end > at else again.startswith(norm(token).rstrip("-–—")[:4])
            first = at == 0 and tokens[end + 1][:1].islower()  # 'Joost besl- Joost' is a name
            if restart and not any(protected(word, first and not index) for index, word in enumerate(part)):
                return [Drop(len(part), "false start")]
        if ends_sentence(token):
            break
    return []


def _wanted(tokens: Sequence[str], at: int, drop: Drop, opener: bool) -> bool:
    """Whether we would do it ourselves: an editor may drop more openers than a machine can without harm."""
    word = norm(tokens[at])
    if drop.kind != "opener" or (not opener and word in WEAK):
        return True
    after = norm(tokens[at + 1]) if at + 1 < len(tokens) else ""
    return opener and (word != "dus" or after in _SUBJECTS | HESITATIONS)


def _mended(tokens: list[str], at: int, drop: Drop) -> list[str]:
    """The tokens without the dropped ones, with the punctuation at the seam put right."""
    gone = tokens[at : at + drop.length]
    left, right = tokens[:at], tokens[at + drop.length :]
    if not left:
        return right
    last, ending = left[-1], tail(gone[-1])
    if ends_sentence(gone[-1]) and not ends_sentence(last):
        left[-1] = last.rstrip(",;:–- ") + ending
    elif drop.kind == "filler" and right:
        tag = norm(gone[0]) not in HESITATIONS
        if last.endswith(",") and not tag and norm(right[0]) not in _CLAUSES and norm(last) != "is":
            left[-1] = last.rstrip(",")
        elif not tail(last) and tag and ending == ",":
            left[-1] = last + ","
    return left + right


def _finished(tokens: Sequence[str]) -> str:
    """Capital, full stop, and a colon before the question that somebody quotes ('de vraag, wat …?')."""
    text = upper_first(" ".join(tokens)).rstrip(",;: ")
    text = re.sub(r"(\bde vraag(?: is)?), (?=[^,?]{8,}[^?]*\?$)", r"\1: ", text, flags=re.IGNORECASE)
    return text if ends_sentence(text) else text + "."


# The proof -----------------------------------------------------------------------------------------

EXPLAINED = re.compile(r"(?<!\w)\[[^\]]*\](?!\w)")  # [on]mogelijk explains nothing


def explain(spoken: Sequence[str], quoted: str) -> Edits | None:
    """The permitted edits that turn all the spoken words into the quote; None where there are no such edits.

    `spoken` may run over several sentences; `quoted` may hold '…' for words left out (no negation among them) and
    [ ] for an explanation.
    """
    return next((edits for end, edits in matches(spoken, quoted) if end == len(spoken)), None)


def matches(spoken: Sequence[str], quoted: str) -> list[tuple[int, Edits]]:
    """Every n for which spoken[:n] becomes the quote by permitted edits, with those edits; shortest first."""
    notes = tuple(_edit("explanation", note) for note in EXPLAINED.findall(quoted) if norm(note))
    shown = EXPLAINED.sub(lambda m: " " if norm(m.group()) else " … ", quoted).replace("...", "…").replace("…", " … ")
    printed = [word for word in (norm(token) or token for token in shown.split()) if word == "…" or norm(word)]
    words = [norm(token) for token in spoken]
    # best[i][j]: edits with which spoken[:i] became printed[:j]; filled in order, so no recursion.
    best: list[dict[int, Edits]] = [{} for _ in range(len(spoken) + 1)]
    best[0][0] = ()
    for i, row in enumerate(best):
        j = -1
        while (j := min((k for k in row if k > j), default=-1)) >= 0:
            here = row[j]
            if j < len(printed) and printed[j] == "…":
                _leave_out(best, spoken, i, j)
            if i == len(spoken):
                continue
            if not words[i]:
                _keep(best[i + 1], j, here)
            elif j < len(printed) and words[i] == printed[j]:
                _keep(best[i + 1], j + 1, here)
            elif j < len(printed) and _same_number(words[i], printed[j]):
                _keep(best[i + 1], j + 1, (*here, _edit("punctuation", spoken[i])))  # 'vierentachtig' as 84
            for drop in _drops(spoken, i):
                gone = _edit(drop.kind, " ".join(spoken[i : i + drop.length]))
                _keep(best[i + drop.length], j, (*here, gone))
    return [(i, notes + row[len(printed)]) for i, row in enumerate(best) if i and len(printed) in row]


def _same_number(one: str, other: str) -> bool:
    """'vierentachtig' and '84'; a sign, a currency or a per cent makes another of it."""
    return number(one) is not None and number(one) == number(other) and (one + other).isalnum()


def _keep(row: dict[int, Edits], j: int, edits: Edits) -> None:
    if j not in row or len(edits) < len(row[j]):
        row[j] = edits


def _leave_out(best: list[dict[int, Edits]], spoken: Sequence[str], i: int, j: int) -> None:
    """'…': any words may be left out but a negation."""
    here = best[i][j]
    _keep(best[i], j + 1, here)
    for end in range(i + 1, min(len(spoken), i + LONGEST_ELLIPSIS) + 1):
        if norm(spoken[end - 1]) in NEGATIONS:
            break
        _keep(best[end], j + 1, (*here, _edit("ellipsis", " ".join(spoken[i:end]))))
