"""Names and terms that the recogniser nearly heard: 'Denis Korkmas', 'algoritme register'. Proposed to a person. Pure.

Better to miss one than to propose nonsense: a word that Dutch knows, or that is only inflected, is left alone unless
what stands beside it says otherwise.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz import fuzz, process

from pipeline.models import Misheard, Word, ends_sentence
from pipeline.speech.corrections import parts, plain, plains
from pipeline.speech.roster import ALIKE, ALIKE_FIRST, PARTICLE, TITLES, listed

UNKNOWN = 2.0  # Zipf frequency (0 to 8) below which Dutch texts hardly hold a word
OFTEN = 5.5  # from which a word with a capital just begins a sentence: 'Dus', 'Volgens'; no name is so common
FAMILIAR = 4.0  # from which a word, or somebody else's name, is common: 'Dol', 'Bakker', 'Pieter'
BESIDE = 66  # of 100: how alike a surname must be right after the very first name: 'Hanneke Dol' is Hanneke Tol
# How alike a longer word that no text holds must be, if its capital and first half are a name's: 'Rupelken'.
LONG, STRANGE = 6, 75
SHORTEST = 5  # letters of a name or term by itself; 'Oda' is like too many words
ENDING = 5  # letters in which a word may differ by its ending: 'brief', 'brieven', 'registratie'
Range = tuple[int, int]
Near = tuple[Range, str, float]  # where, what may be meant, how alike


@lru_cache(maxsize=65536)
def frequency(word: str) -> float:
    """How common a word is in Dutch, on Zipf's scale from 0 to 8."""
    from wordfreq import zipf_frequency

    return zipf_frequency(word, "nl")


@dataclass(frozen=True)
class Heard:
    """The words of a recording as they are compared."""

    words: Sequence[Word]

    @cached_property
    def plain(self) -> list[str]:
        """Without case, diacritics and punctuation."""
        return [plain(word.text) for word in self.words]

    @cached_property
    def bare(self) -> list[str]:
        """As they are written, without the punctuation around them."""
        return [parts(word.text)[1] for word in self.words]

    @cached_property
    def loose(self) -> list[bool]:
        """Whether punctuation, or nothing, follows a word."""
        return [bool(parts(word.text)[2]) for word in self.words]

    def capital(self, i: int) -> bool:
        """Whether a word is written with a capital that no sentence gave it."""
        return self.bare[i][:1].isupper() and i > 0 and not ends_sentence(self.words[i - 1].text)

    def odd(self, i: int) -> bool:
        """Whether a word is no common Dutch word or name."""
        known = frequency(self.plain[i])
        return known < UNKNOWN or (known < FAMILIAR and self.capital(i))

    def named(self, start: int, end: int, name: Sequence[str]) -> bool:
        """Whether the words of a range that are not those of a name look like a name."""
        other = [i for i in range(start, end) if self.plain[i] not in (*name, *PARTICLE)]
        return all(self.bare[i][:1].isupper() or frequency(self.plain[i]) < UNKNOWN for i in other)

    def in_name(self, start: int, end: int) -> bool:
        """Whether a range stands in a longer name, right before or after another word with a capital."""
        while start and self.plain[start - 1] in PARTICLE and not self.loose[start - 1]:
            start -= 1
        name = start > 0 and self.bare[start - 1][:1].isupper() and frequency(self.plain[start - 1]) < OFTEN
        before = name and not self.loose[start - 1]
        after = next((i for i in range(end, len(self.words)) if self.plain[i] not in PARTICLE), None)
        return before or (not any(self.loose[end - 1 : after]) and after is not None and self.capital(after))

    def runs(self, start: int, longest: int) -> Iterator[Range]:
        """The words from `start` on, one more each time, as far as no punctuation comes between."""
        for end in range(start + 1, min(start + longest, len(self.words)) + 1):
            yield start, end
            if self.loose[end - 1] or not self.plain[end - 1]:
                break

    def text(self, place: Range) -> str:
        """The words of a range without the punctuation around them."""
        return " ".join(self.bare[place[0] : place[1]])


def proposals(
    words: Sequence[Word], names: Sequence[str], terms: Sequence[str], settled: Collection[str] = ()
) -> list[Misheard]:
    """What may be misspelt, in order of first hearing; `settled` is what a person wrote, which is never doubted."""
    heard = Heard(words)
    names = [TITLES.sub("", name) for name in names]
    free, found = [True] * len(words), dict[Range, str]()
    _choose(found, free, ((place, text, 0.0) for text in settled for place in _said(heard, plains(text))))
    found.clear()
    _choose(found, free, _known(heard, [*names, *terms]))
    _choose(found, free, _whole_names(heard, names))
    _choose(found, free, _known(heard, [part for name in names for part in name.split(" ", 1)]))
    _choose(found, free, _parts_again(heard, found, names))
    _choose(found, free, _terms(heard, terms))
    _choose(found, free, _single_names(heard, names))
    found = {place: text for place, text in found.items() if _letters(heard.text(place)) != _letters(text)}
    grouped: dict[tuple[str, str], list[Range]] = {}
    for place, written in sorted(found.items()):
        grouped.setdefault((_letters(heard.text(place)), written), []).append(place)
    return [
        Misheard(heard=heard.text(places[0]), written=written, at=tuple(words[start].start for start, _ in places))
        for (_, written), places in grouped.items()
    ]


def _letters(text: str) -> str:
    """The words of a text with their diacritics, without case and punctuation: 'Esmee' is not Esmée."""
    return " ".join(
        "".join(filter(str.isalnum, word)) for word in unicodedata.normalize("NFC", text.casefold()).split()
    )


def _choose(found: dict[Range, str], free: list[bool], near: Iterator[Near]) -> None:
    """Keep the likeliest of those that overlap, the shortest of equals; what is kept is free no more."""
    for place, written, _ in sorted(near, key=lambda each: (-each[2], each[0][1] - each[0][0], each[0])):
        if all(free[slice(*place)]):
            found[place] = written
            free[slice(*place)] = [False] * (place[1] - place[0])


def _known(heard: Heard, texts: Sequence[str]) -> Iterator[Near]:
    """What was heard rightly but for capitals and diacritics."""
    return ((place, text, len(text)) for text in texts for place in _said(heard, plains(text)))


def _said(heard: Heard, wanted: tuple[str, ...]) -> Iterator[Range]:
    for i, word in enumerate(heard.plain):
        if wanted[:1] == (word,) and tuple(heard.plain[i : i + len(wanted)]) == wanted:
            yield i, i + len(wanted)


def _whole_names(heard: Heard, names: Sequence[str]) -> Iterator[Near]:
    """A first name and what follows it, where both are like one name of the list, or the first name is the very one."""
    for name in names:
        first, *rest = plains(name) or ("",)
        surname = "".join(part for part in rest if part not in PARTICLE)
        if not surname:
            continue
        starts = [i for i, word in enumerate(heard.plain) if fuzz.ratio(word, first) >= ALIKE]
        for start, end in (run for i in starts for run in heard.runs(i, len(rest) + 2)):
            said = heard.plain[start:end]
            last = "".join(part for part in said[1:] if part not in PARTICLE)
            if said[-1] in PARTICLE or last in ("", surname + "s") or not heard.named(start, end, (first, *rest)):
                continue
            beside = (len(last) > 2 and surname.startswith(last)) or fuzz.ratio(last, surname) >= BESIDE
            if (beside and said[0] == first) or listed(heard.text((start, end)), tuple(names)) == name:
                yield (start, end), name, fuzz.ratio("".join(said), first + "".join(rest))


def _parts_again(heard: Heard, found: dict[Range, str], names: Sequence[str]) -> Iterator[Near]:
    """The first name or the surname alone, misheard as it was in a whole name."""
    pairs: dict[tuple[str, ...], str] = {}
    for place, name in found.items():
        said, parts_ = heard.text(place).split(" ", 1), name.split(" ", 1)
        if name in names and len(said) == len(parts_) == 2:
            pairs |= {
                plains(one): other for one, other in zip(said, parts_, strict=True) if plains(one) != plains(other)
            }
    for wanted, written in pairs.items():
        for start, end in _said(heard, wanted):
            common = frequency(heard.plain[end - 1]) >= FAMILIAR and not heard.capital(end - 1)
            if heard.bare[end - 1][:1].isupper() and not common and not heard.in_name(start, end):
                yield (start, end), written, 100.0


def _single_names(heard: Heard, names: Sequence[str]) -> Iterator[Near]:
    """A first name or surname by itself, very alike and no word or name that is common; 'Mulders' is a genitive."""
    singles = {plain(part): part for name in names for part in name.split() if plain(part) not in PARTICLE}
    for i, word in enumerate(heard.plain):
        for part, written in singles.items():
            alike = min(len(part), len(word)) >= SHORTEST - 1 and word != part + "s" and fuzz.ratio(word, part)
            if alike >= ALIKE_FIRST and heard.odd(i) and not heard.in_name(i, i + 1):
                yield (i, i + 1), written, alike


def _terms(heard: Heard, terms: Sequence[str]) -> Iterator[Near]:
    """Words that are like a term, or the same in other pieces."""
    wanted = {term: plains(term) for term in terms if len("".join(plains(term))) >= SHORTEST}
    longest = max(map(len, wanted.values()), default=0) + 2
    runs: dict[int, dict[str, list[int]]] = {size: {} for size in range(1, longest + 1)}
    for start, end in (run for i in range(len(heard.words)) for run in heard.runs(i, longest)):
        runs[end - start].setdefault("".join(heard.plain[start:end]), []).append(start)
    for term, tokens in wanted.items():
        joined = "".join(tokens)
        for size in range(max(1, len(tokens) - 1), len(tokens) + 3):
            near = process.extract(joined, list(runs[size]), scorer=fuzz.ratio, score_cutoff=STRANGE, limit=None)
            for whole, alike, _ in near:
                for start in runs[size][whole]:
                    said = heard.plain[start : start + size]
                    other = any(word.startswith(joined) for word in said) or _inflected(whole, joined, term)
                    if alike == 100 or (not other and _misheard(heard, start, said, tokens, alike)):
                        yield (start, start + size), term, alike


def _inflected(said: str, term: str, written: str) -> bool:
    """Whether a word is a term with another ending; a name has none but 's' and what makes an adjective of it."""
    if said.startswith(term) or term.startswith(said):
        return True
    same = next((i for i, (a, b) in enumerate(zip(said, term, strict=False)) if a != b), len(term))
    return written[:1].islower() and max(len(said), len(term)) - same <= ENDING


def _misheard(heard: Heard, start: int, said: Sequence[str], tokens: Sequence[str], alike: float) -> bool:
    """Whether what differs from a term is hardly Dutch, or stands amid enough of its words."""
    if len(said) != len(tokens):
        return alike >= ALIKE_FIRST and any(frequency(word) < UNKNOWN for word in said)
    differ = [start + i for i, (one, other) in enumerate(zip(said, tokens, strict=True)) if one != other]
    same = [one for one, other in zip(said, tokens, strict=True) if one == other]
    if all(heard.odd(i) for i in differ):
        half = len(tokens[0]) // 2
        begins = len(said[0]) > LONG and not frequency(said[0]) and heard.capital(start)
        begins = begins and said[0][:half] == tokens[0][:half]
        return alike >= ALIKE_FIRST or begins or (alike >= ALIKE and any(len(word) >= SHORTEST for word in same))
    return alike >= ALIKE_FIRST and sum(len(word) >= SHORTEST - 1 for word in same) > 1
