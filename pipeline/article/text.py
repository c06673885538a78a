"""Dutch words as the article's code sees them: tokens, negations, numbers, dates, and text made safe for Markdown."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache


def wordlist(text: str) -> tuple[str, ...]:
    """A list of words, written as a text."""
    return tuple(text.split())


def wordset(text: str) -> frozenset[str]:
    """A set of words, written as a text."""
    return frozenset(text.split())


NEGATIONS = wordset("niet geen nooit niets niemand nergens nee noch niks geenszins evenmin zonder")

# Words that carry no subject of their own; a heading neither starts nor ends with them, a theme is not made of them.
FUNCTION = wordset("""
    de het een en of maar want dus dat die dit deze daar hier er dan als toen om te van voor met in op aan bij uit
    naar over door tot tegen onder boven na sinds tussen zonder per via tijdens is zijn was waren wordt worden werd ben
    bent heb hebt heeft hebben had hadden kan kun kunt kunnen kon konden mag mogen moet moeten moest zal zullen zou
    zouden wil willen wilde ik je jij jou jouw u uw hij zij ze wij we ons onze jullie hun hen hem haar mij me mijn zich
    wie wat waar wanneer hoe waarom welke welk wel niet geen ook nog al maar heel erg zo zoals ja nee nou eigenlijk
    gewoon even echt best toch eens weer veel meer minder alles iets niets iemand niemand allemaal alle ander andere
    omdat terwijl doordat zodat hoewel indien nu straks dus eh uh hè men elk elke ieder iedere zelf gaat gaan ga doen
    doe doet komt kom komen ging zeg zegt zeggen zei denk denkt vind vindt daarom daarna daarvan ervan daarin erin
    eraan daaraan ervoor daarvoor ermee daarmee erover daarover waarop waarin waarmee waarbij pas juist alleen altijd
    natuurlijk misschien soms bijvoorbeeld twee drie vier vijf zes""")

_UNITS = wordlist(
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
    "achttien negentien"
)
_TENS = dict(
    zip(wordlist("twintig dertig veertig vijftig zestig zeventig tachtig negentig"), range(20, 100, 10), strict=True)
)
_SMALL = {word: value for value, word in enumerate(_UNITS)} | {"één": 1, "eén": 1} | _TENS
_MONTHS = wordlist("januari februari maart april mei juni juli augustus september oktober november december")
CALENDAR = frozenset([*_MONTHS, *wordlist("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag")])

_EDGE = re.compile(r"^[^\w]+|[^\w%€]+$")
_ESCAPE = re.compile(r"([\\`*_\[\]<>#|~&{}])")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=65536)
def norm(token: str) -> str:
    """A token without case, punctuation at its edges and kinds of apostrophe: what makes two words the same word."""
    text = unicodedata.normalize("NFC", token).replace("’", "'").replace("‘", "'").replace("`", "'")
    return _EDGE.sub("", text.casefold())


def norms(text: str) -> list[str]:
    """The words of a text; what is only punctuation is left out."""
    return [word for word in map(norm, text.split()) if word]


@lru_cache(maxsize=65536)
def tail(token: str) -> str:
    """The punctuation a token ends with."""
    match = re.search(r"[^\w%€]+$", token)
    return match.group() if match else ""


@lru_cache(maxsize=65536)
def ends_sentence(token: str) -> bool:
    """Whether a token carries . ? or ! at its end, perhaps with quote marks after it."""
    return bool(re.search(r"[.?!…][\"'”’)\]]*$", token))


@lru_cache(maxsize=65536)
def number(token: str) -> str | None:
    """A number in digits or Dutch words as a plain decimal string; None for what is no number ('een' is none)."""
    word = norm(token).strip("€%-")
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
    for name, tens in _TENS.items():
        unit = word.removesuffix(f"en{name}")
        if unit != word and unit in _SMALL and _SMALL[unit] < 10:
            return tens + _SMALL[unit]
    return None


def numbers(text: str) -> set[str]:
    """All numbers in a text, also those in '5 000' or '€12' or '2025-2026'."""
    found = {value for token in re.split(r"[\s/–-]+", text) if (value := number(token))}
    joined = re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", text)
    return found | {value for token in joined.split() if (value := number(token))}


def date(day: dt.date) -> str:
    """'24 september 2026'."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def counted(amount: int) -> str:
    """A small number as Dutch prose writes it."""
    return _UNITS[amount] if 2 <= amount <= 12 else str(amount)


def listed(parts: Sequence[str], last: str = "en") -> str:
    """'a, b en c'."""
    return f" {last} ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def upper_first(text: str) -> str:
    """A capital for the first letter; ’s ochtends gives it to the next word, as Dutch does."""
    start = re.match(r"[^\w'’]*['’][a-z]\s+|[^\w]*", text)
    at = start.end() if start else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def lower_first(text: str) -> str:
    """A small first letter, unless the word is written with capitals of its own (AI, EU)."""
    first = text.split(" ", 1)[0]
    return text if not first[1:].islower() and len(first) > 1 else text[:1].lower() + text[1:]


def one_line(text: str) -> str:
    """Text from outside on one line, without control characters."""
    shown = "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") else char for char in text)
    return _SPACE.sub(" ", shown).strip()


def escaped(text: str) -> str:
    """Text from outside that Markdown shows as it is."""
    line = _ESCAPE.sub(r"\\\1", one_line(text))
    return re.sub(r"^(\d+)([.)])|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def unescaped(text: str) -> str:
    """The text that a reader of the Markdown sees, as far as our own escapes go."""
    return re.sub(r"\\([^\w\s])", r"\1", text)


def inner_quotes(text: str) -> str:
    """A text that stands between ‘ and ’: its own quote marks become “ and ”, its apostrophes ’."""
    text = re.sub(r"(?<![\w])[\"„‘'](?=[\w(])(?![stnmk]\b)", "“", text)
    text = re.sub(r"(?<=[\w.,?!…])[\"”](?!\w)", "”", text)
    if "“" in text:
        text = re.sub(r"(?<=[\w.,?!…])['’](?!\w)", "”", text)
    return text.replace("'", "’").replace('"', "”")


def content(words: Iterable[str]) -> list[str]:
    """Normal forms that may tell what a text is about."""
    return [word for word in words if len(word) > 2 and word not in FUNCTION and not word.isdigit()]


@lru_cache(maxsize=65536)
def rarity(word: str) -> float:
    """0 for 'de', about 1 for a word that nobody knows (wordfreq's Zipf scale runs from 0 to 8)."""
    from wordfreq import zipf_frequency

    return max(0.0, 1 - zipf_frequency(word, "nl") / 7.5)
