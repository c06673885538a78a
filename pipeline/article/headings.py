"""Headings of a few words in the speakers' own words: consecutive words out of a quote, or what they spoke of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from pipeline.article.questions import asks
from pipeline.article.text import (
    FUNCTION,
    content,
    is_word,
    lemma,
    norm,
    norms,
    number,
    rarity,
    sign,
    tail,
    upper_first,
    wordset,
)
from pipeline.writing import Sentence

IMPERATIVES, DETERMINERS, LINKS = map(wordset, ("imperatives", "determiners", "links"))
OPEN, NEGATIONS = map(wordset, ("open", "negations"))
EMPTY = {"gewoon", "eigenlijk", "even", "helemaal", "je", "jij", "jullie", "ik", "ge", "uw"}
TIMES, PAST = wordset("times"), sign("past")
JOINS = LINKS - {"als", "dan", "aan"} | {"en"}  # between two parts of a group of words
SUBJECTS = {"je", "jij", "u", "ik", "we", "wij", "ze", "zij", "hij", "jullie"}  # 'geef je …' may be turned round
ISES = {"is", "was", "het", "wordt", "zijn", "heb", "hebben", "gewoon", "eigenlijk", "werd", "blijft"}
POINTING = wordset("pointing") - {"dan", "net"}
PITHY = 0.42  # rarity from which (Zipf below 4.4) one noun is heading enough
QUESTION = 0.9
WHOLE = 1.0  # a heading out of a sentence that is not quoted is a whole clause
COMMON = 0.33  # rarity up to which (Zipf from 5) a noun says nothing about a subject: 'vraag', 'mensen'
ACCEPTED = 0.7  # what is worth less is no better than naming the subject


@dataclass(frozen=True)
class Lexicon:
    """What the talk itself shows of its words: which are nouns, and their article."""

    article: Mapping[str, str]
    nouns: frozenset[str]

    def named(self, noun: str) -> str | None:
        """'het geld', as it was said."""
        return f"{self.article[noun]} {noun}".strip() if noun in self.article else None


def lexicon(sentences: Sequence[Sentence]) -> Lexicon:
    """Nouns are the words that close a group behind an article: 'de raad beslist', 'een fonds, dat …'."""
    pairs = [pair for sentence in sentences for pair in _closing(sentence.text.split())]
    nouns = {word for before, word in pairs if before in DETERMINERS}
    articles: dict[str, Counter[str]] = {}
    for before, word in pairs:
        if word in nouns and before in {"de", "het", "over", *LINKS}:
            articles.setdefault(word, Counter())[before if before in ("de", "het") else ""] += 1
    return Lexicon({word: seen.most_common(1)[0][0] for word, seen in articles.items()}, frozenset(nouns))


def _closing(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Words that close a group, each with the word before it."""
    for before, token, after in zip(tokens, tokens[1:], [*tokens[2:], ""], strict=False):
        if not tail(before) and content([norm(token)]) and (tail(token) or not after or norm(after) in FUNCTION):
            yield norm(before), norm(token)


def heading(
    quoted: Sequence[Sentence],
    others: Sequence[Sentence],
    led: str,
    length: tuple[int, int],
    words: Lexicon,
    names: Collection[str],
    taken: Collection[str],
) -> tuple[str, str | None]:
    """The best heading out of the `quoted` sentences or the `others`, with its id; else the noun that is said most."""
    theme = Counter(content(norms(" ".join(s.clean for s in (*quoted, *others)))))
    used = {word for other in taken for word in content(norms(other))}
    best: tuple[float, str, str | None] = (ACCEPTED, "", None)
    for place, sentence in enumerate((*quoted, *others)):
        unheard = re.sub(r",(?=\s(?:en|of)\s)", "", sentence.clean)  # commas before 'en' are the recogniser's
        for tokens, where in _groups(unheard, length):
            run = [norm(token) for token in tokens]
            if set(run) & set(names) or set(run) & used or not all(map(is_word, run)):
                continue
            if place >= len(quoted) and _kind(run, where, words) < WHOLE:
                continue
            value = _value(run, where, words, theme) - min(0.5, 0.08 * place) - 0.6 * (place >= len(quoted))
            value -= 0.5 * (1 - (1.0 if sentence.confidence is None else sentence.confidence))
            if value > best[0]:
                best = (value, re.sub(r"[.,;:!…]+$", "", upper_first(" ".join(tokens))), sentence.id)
    return best[1:] if best[1] else (_subject(quoted, led, theme, words, {*names, *used}), None)


def _subject(
    quoted: Sequence[Sentence], led: str, theme: Mapping[str, int], words: Lexicon, barred: Collection[str]
) -> str:
    """'Over het geld': the noun that a theme says most; twice so if it is quoted, or the host named it."""
    said, asked = norms(" ".join(s.clean for s in quoted)), norms(led)
    fit = [w for w in theme if words.named(w) and len(w) > 3 and w not in barred and rarity(w) > COMMON and is_word(w)]
    weight = {w: (1 + (w in said)) * (1 + (w in asked)) * min(3, theme[w]) * rarity(w) for w in fit}
    return f"Over {words.named(max(fit, key=weight.__getitem__))}" if fit else "Uit het gesprek"


def often(sentences: Sequence[Sentence], barred: Collection[str], least: int = 3) -> list[str]:
    """The three nouns most spoken of, with their article; by two voices where it is `least` 3 times. None `barred`."""
    words, said = lexicon(sentences), Counter[str]()
    voices: dict[str, set[str]] = {}
    for sentence in sentences:
        for word in set(content(norms(sentence.clean))) - TIMES:
            said[word] += 1
            voices.setdefault(word, set()).add(sentence.voice)
    fit = [w for w in said if said[w] >= least and len(voices[w]) >= least - 1 and words.named(w)]
    fit = [w for w in fit if rarity(w) > COMMON]
    fit = [w for w in fit if is_word(w) and w not in barred and not _verb(w) and number(w) is None]
    return [str(words.named(word)) for word in sorted(fit, key=lambda word: -said[word] * rarity(word))[:3]]


def _verb(word: str) -> bool:
    """'hangt', by its infinitive: 'en het hangt ervan af' is no noun behind its article."""
    return lemma(word) != word and lemma(word).endswith("en") and not word.endswith("en")


def _groups(text: str, length: tuple[int, int]) -> Iterator[tuple[list[str], str]]:
    """Runs of words without punctuation inside; 'sentence', 'clause', 'start' or 'inside' says where they stand.

    'question' is a clause that asks, 'predicate' what something is said to be ('dan is het | een stempel').
    """
    clauses = [clause.split() for clause in re.split(r"(?<=[,:;])\s+|\s–\s", text.rstrip()) if clause.strip()]
    for clause in clauses:
        if length[0] < len(clause) <= length[1] and clause[-1].endswith("?") and asks(" ".join(clause)):
            yield clause, "question"
        for at, count in product(range(len(clause)), range(length[0], length[1] + 1)):
            run, left, right = clause[at : at + count], norm(clause[at - 1]) if at else "", clause[at + count :]
            goes_on = right and (norm(right[0]) in LINKS or norm(right[0]) not in FUNCTION)
            broken = left in DETERMINERS | NEGATIONS | {"die", "dat"} or goes_on
            if len(run) == count and not broken and not any(map(tail, run[:-1])) and run[-1][-1] not in "?:…":
                whole = "sentence" if len(clauses) == 1 else "clause"
                predicate = left in ISES and not right
                yield run, "predicate" if predicate else "inside" if at else "start" if right else whole


def _value(run: Sequence[str], where: str, words: Lexicon, theme: Mapping[str, int]) -> float:
    """How good these words are as a heading; below 0 where an editor would not accept them."""
    about = content(run)
    pairs = pairwise(run)
    telling = sum(rarity(word) + 0.08 * min(3, theme.get(word, 0)) for word in about) / max(1, len(about))
    if where == "question":
        return -1.0 if POINTING & set(run) or not about else QUESTION + telling - 0.6 * len(EMPTY & set(run))
    if not about or run[0] in OPEN or run[-1] in FUNCTION | NEGATIONS | IMPERATIVES or any(map(number, run)):
        return -1.0
    if {"dat", "die", "daar"} & set(run) or any(a in DETERMINERS and b in DETERMINERS for a, b in pairs):
        return -1.0
    value = _kind(run, where, words) + telling + 0.15 * min(2, len(about) - 1) + 0.25 * (len(run) > 2)
    return value - 0.6 * len(EMPTY & set(run))


def _kind(run: Sequence[str], where: str, words: Lexicon) -> float:
    """Imperative, sentence or clause, or noun group; far below 0 for a loose piece."""
    noun = run[-1] in words.nouns
    whole = where != "inside" and (where != "start" or (noun and run[-2] not in words.nouns))
    if run[0] in IMPERATIVES and run[1] not in SUBJECTS and whole:
        return 1.6
    told = PAST.search(" ".join(run)) or {"ik", "we", "wij"} & set(run)  # 'wij hadden een meisje' is a story
    if len(run) > 2 and not told and run[0] not in LINKS and (where == "sentence" or (where == "clause" and noun)):
        return WHOLE
    inner = run[run[0] in ("niet", "met", "zonder") :]
    parts = words.nouns | DETERMINERS | JOINS
    pithy = where == "predicate" and len(inner) > 1 and rarity(run[-1]) > PITHY
    if pithy and inner[0] in ("een", "geen", "de", "het") and all(map(_adjective, inner[1:-1])):
        return 0.4
    group = len(run) > 2 + (run[0] == "met") and all(word in parts or _adjective(word) for word in inner)
    starts = inner[0] in DETERMINERS or _adjective(inner[0]) or run[0] == "zonder"
    misheard = any(
        (after in DETERMINERS and before not in JOINS) or (before in DETERMINERS and after in JOINS)
        for before, after in pairwise(inner)
    )
    group = group and not misheard  # 'een witte het misverstand', 'het met de privacy'
    return 0.3 + 0.5 * bool(JOINS & set(run[1:-1])) if noun and group and starts else -9.0


def _adjective(word: str) -> bool:
    """'eerlijke', 'lege', 'open': by its ending, as Dutch adjectives before a noun mostly show."""
    return (word.endswith("e") and len(word) > 3) or word in ("open", "eigen", "nieuw", "groot", "klein", "goed")
