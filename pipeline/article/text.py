"""Dutch words as the article's code sees them: the signs of signs.toml, tokens, numbers, and text safe for Markdown."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

_DATA = tomllib.loads((Path(__file__).parent / "signs.toml").read_text(encoding="utf-8"))


def wordset(name: str) -> frozenset[str]:
    """A list of words of signs.toml."""
    return frozenset(_DATA["words"][name].split())


def wordsets(name: str) -> tuple[frozenset[str], ...]:
    """A list of groups of words of signs.toml, one on each line."""
    return tuple(frozenset(line.split()) for line in _DATA["words"][name].strip().split("\n"))


def sign(name: str) -> re.Pattern[str]:
    """A list of signs of signs.toml as one expression; case does not count."""
    return re.compile("|".join(_DATA["signs"][name].split("\n")[:-1]), re.IGNORECASE)


NEGATIONS = wordset("negations")
FUNCTION = wordset("function")
_UNITS: list[str] = _DATA["numbers"]["units"].split()
_TENS: dict[str, int] = dict(zip(_DATA["numbers"]["tens"].split(), range(20, 100, 10), strict=True))
_SMALL: dict[str, int] = {word: value for value, word in enumerate(_UNITS)} | {"één": 1, "eén": 1} | _TENS
_PERIODS: dict[str, str] = _DATA["periods"]
_MONTHS = _DATA["numbers"]["months"].split()
CALENDAR = frozenset([*_MONTHS, *_DATA["numbers"]["days"].split()])

# a currency, a percent sign and the minus of a number are no punctuation
_EDGE = re.compile(r"^(?:(?![€$£¥%]|-[€$£¥]?\d)\W)+|[^\w%€$£¥]+$")
_ESCAPE = re.compile(r"([\\`*_\[\]<>#|~&{}])")


@lru_cache(maxsize=65536)
def norm(token: str) -> str:
    """A token without case, punctuation at its edges and kinds of apostrophe: what makes two words the same word."""
    text = unicodedata.normalize("NFC", token).replace("’", "'").replace("‘", "'").replace("`", "'").replace("−", "-")
    return _EDGE.sub("", text.casefold())


def norms(text: str) -> list[str]:
    """The words of a text; what is only punctuation is left out."""
    return [word for word in map(norm, text.split()) if word]


@lru_cache(maxsize=65536)
def tail(token: str) -> str:
    """The punctuation a token ends with."""
    match = re.search(r"[^\w%€$£¥]+$", token)
    return match.group() if match else ""


@lru_cache(maxsize=65536)
def number(token: str) -> str | None:
    """A number in digits or Dutch words as a plain decimal string; None for what is no number ('een' is none)."""
    word = norm(token).strip("€$£¥%-")
    if re.fullmatch(r"\d+(?:[.,]\d+)*", word):
        whole, comma, rest = word.replace(".", "").partition(",")
        return whole.lstrip("0") + (comma and f".{rest}") or "0"
    value = None if word == "een" else _spelled(word.replace("ë", "e"))
    return None if value is None else str(value)


def _spelled(word: str) -> int | None:
    """'tweehonderdveertig' → 240."""
    if word in _SMALL:
        return _SMALL[word]
    for name, size in (("duizend", 1000), ("honderd", 100)):
        before, found, after = word.partition(name)
        if found:
            many = 1 if not before else _spelled(before)
            rest = 0 if not after else _spelled(after.removeprefix("en"))
            return None if many is None or rest is None else many * size + rest
    for name, century in (("negentien", 1900), ("achttien", 1800)):  # 'negentienachtennegentig'
        rest = _spelled(word.removeprefix(name)) if word.startswith(name) and word != name else None
        if rest is not None and 9 < rest < 100:
            return century + rest
    for name, tens in _TENS.items():
        unit = word.removesuffix(f"en{name}")
        if unit != word and unit in _SMALL and _SMALL[unit] < 10:
            return tens + _SMALL[unit]
    return None


def numbers(text: str) -> dict[str, str]:
    """All numbers in a text as value → as written; also those in '5 000', '€12' and '2025-2026'."""
    joined = re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", text)
    parts = re.split(r"[\s/–-]+", joined) + joined.split()
    found = {value: part.strip(".,;:()‘’“”?!") for part in reversed(parts) if (value := number(part))}
    for a, b in pairwise(joined.split()):  # 'vierduizend tweehonderd' is one number more
        many, few = number(a), number(b)
        if many and few and many.isdigit() and few.isdigit() and many.endswith("000") and len(few) < 4 and not tail(a):
            found[str(int(many) + int(few))] = f"{a} {b}"
    for whole, _, part in re.findall(r"(\S+)\s(komma)\s(\S+)", joined, re.IGNORECASE):  # 'zeven komma acht'
        if (before := number(whole)) and (after := number(part)):
            found[f"{before}.{after}"] = f"{whole} komma {part}"
    return found


def sayable(text: str) -> dict[str, str]:
    """All numbers in what was said, also as an article may put them: 'een kwartier' is 15 minutes."""
    plain = f" {' '.join(norms(text))} "
    return numbers(text) | {value: said for said, value in _PERIODS.items() if f" {said} " in plain}


def date(day: dt.date) -> str:
    """'24 september 2026'."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def counted(amount: int) -> str:
    """A small number as Dutch prose writes it."""
    return str(_UNITS[amount]) if 2 <= amount <= 12 else str(amount)


def listed(parts: Sequence[str]) -> str:
    """'a, b en c'; with semicolons where the parts have commas of their own."""
    if len(parts) > 1 and any("," in part for part in parts):
        return f"{'; '.join(parts[:-1])}; en {parts[-1]}"
    return " en ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def upper_first(text: str) -> str:
    """A capital for the first letter; ’s ochtends gives it to the next word, as Dutch does."""
    start = re.match(r"[^\w'’]*['’][a-z]\s+|[^\w]*", text)
    at = start.end() if start else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def lower_first(text: str) -> str:
    """A small first letter, unless the word is written with capitals of its own (AI, EU)."""
    first = text.split(" ", 1)[0]
    return text if not first[1:].islower() and len(first) > 1 else text[:1].lower() + text[1:]


def escaped(text: str) -> str:
    """Text from outside on one line, without control characters, that Markdown shows as it is."""
    shown = "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") else char for char in text)
    line = _ESCAPE.sub(r"\\\1", " ".join(shown.split()))
    return re.sub(r"^(\d+)([.)])|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def unescaped(text: str) -> str:
    """The text that a reader of the Markdown sees, as far as our own escapes go."""
    return re.sub(r"\\([^\w\s])", r"\1", text)


def inside(text: str) -> str:
    """What may stand between ‘ and ’ in Markdown: its own quote marks become “ and ”, its apostrophes ’."""
    text = re.sub(r"(?<![\w])[\"„‘'](?=[\w(])(?![stnmk]\b)", "“", text.replace("‘", "“"))
    text = re.sub(r"(?<=[\w.,?!…])[\"”](?!\w)", "”", text)
    if "“" in text:
        text = re.sub(r"(?<=[\w.,?!…])['’](?!\w)", "”", text)
    return escaped(text.replace("'", "’").replace('"', "”"))


def content(words: Iterable[str]) -> list[str]:
    """Normal forms that may tell what a text is about."""
    return [word for word in words if len(word) > 2 and word not in FUNCTION and not word.isdigit()]


@lru_cache(maxsize=65536)
def lemma(word: str) -> str:
    """'zagen' → 'zien'; numbers by their value."""
    import simplemma

    value = number(word)
    return value if value is not None else simplemma.lemmatize(word, lang="nl").casefold()


def lemmas(text: str) -> list[str]:
    """What may tell something, in order; function words are none."""
    return [lemma(word) for word in norms(text) if word not in FUNCTION and len(word) > 1]


def telling(text: str) -> dict[str, str]:
    """The same as lemma → the word itself, since a dictionary may take 'chat' for a form of 'chatten'."""
    return {lemma(word): word for word in norms(text) if word not in FUNCTION and len(word) > 1}


@lru_cache(maxsize=65536)
def rarity(word: str) -> float:
    """0 for 'de', about 1 for a word that nobody knows (wordfreq's Zipf scale runs from 0 to 8)."""
    from wordfreq import zipf_frequency

    return max(0.0, 1 - zipf_frequency(word, "nl") / 7.5)


@lru_cache(maxsize=65536)
def is_word(word: str) -> bool:
    """Whether Dutch texts hold a word, or two that make it up (with an s between them, perhaps)."""
    if rarity(word) < UNHEARD or number(word) is not None:
        return True
    cuts = ((word[:at], word[at:]) for at in range(4, len(word) - 3))
    return any(rarity(a) < HALF and min(rarity(b), rarity(b.removeprefix("s"))) < HALF for a, b in cuts)


UNHEARD = 0.85  # rarity above which (Zipf below 1.1) a word is hardly ever written
HALF = 0.55  # rarity up to which (Zipf from 3.4) a word may be half of another
