"""What is searched for, and where it stands in what was said. Pure.

Words are compared without case and diacritics; hyphens and apostrophes cut them, so that 'ambtenaar' is found in
'gemeente-ambtenaar'. What goes to the index is made of letters and digits alone: nobody can type a query language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.article.text import FUNCTION, lemma
from pipeline.errors import PipelineError

WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")  # a letter may carry its accent as a character of its own
QUOTED = re.compile(r'"([^"]*)"')
NEAR = 10  # words with a meaning of their own that may stand between two that were asked for, to be near each other
MOST = 60  # words of a query
REACH = 15  # words of what a voice says next that count where words need not stand together
WHOSE = "¤"  # stands before each word of a speaker in the index: no word that was said begins with it


@dataclass(frozen=True)
class Token:
    """A word as it is compared: exactly, and by its dictionary form ('' where it has no meaning of its own)."""

    plain: str
    lemma: str


@lru_cache(maxsize=1 << 17)  # a big archive has some hundred thousand kinds of words
def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text; one that the recogniser wrote as one may be several."""
    shown = text if text.isascii() else "".join(map(_seen, unicodedata.normalize("NFC", text)))
    found = WORD.findall(shown.casefold())
    return tuple(Token(plain, _meaning(word)) for word in found if (plain := _plain(word)))


def _seen(char: str) -> str:
    """Nothing for what nobody sees, such as a soft hyphen; a space for what is no letter or digit at heart: ½."""
    if unicodedata.category(char) == "Cf":
        return ""
    parts = unicodedata.normalize("NFKD", char)
    return char if all(part.isalnum() or unicodedata.category(part)[0] == "M" for part in parts) else " "


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in bare if char.isalnum())


def _meaning(word: str) -> str:
    return "" if word in FUNCTION or (len(word) < 2 and not word.isdigit()) else _plain(lemma(word))


@dataclass(frozen=True)
class Need:
    """Words that must stand there one after the other; or one, in any of its forms."""

    words: tuple[str, ...]
    any_form: bool = False

    def places(self, said: Sequence[Token]) -> Iterator[tuple[int, int]]:
        """Where it stands: the first token and the one after the last."""
        there = [token.lemma if self.any_form else token.plain for token in said]
        length = len(self.words)
        for at, word in enumerate(there):
            if word == self.words[0] and tuple(there[at : at + length]) == self.words:
                yield at, at + length

    @property
    def match(self) -> str:
        """As FTS5 wants it."""
        return f"{'lemmas' if self.any_form else 'said'} : {_quoted(self.words)}"


@dataclass(frozen=True)
class Way:
    """One way in which a passage may answer: FTS5's expression, and what must be found back in the passage."""

    match: str
    needs: tuple[Need, ...]
    exact: bool


@dataclass(frozen=True)
class Asked:
    """A query: all its words in order, those in any form, those in inner quotes, and whose words they must be.

    `who`: how words of the name begin; one letter or digit is all of a word, as the B of 'voice B'.
    """

    words: tuple[str, ...]
    lemmas: tuple[str, ...]
    exact: tuple[tuple[str, ...], ...]
    who: tuple[str, ...]

    @classmethod
    def of(cls, query: str, speaker: str = "") -> Asked:
        """What somebody typed. PipelineError where there is no word in it."""
        query = re.sub("[“”„]", '"', query)
        words = tuple(token.plain for token in tokens(query))
        who = tuple(token.plain for token in tokens(speaker))
        if not words:
            raise PipelineError("no word to search for", 'type a word: impressie search "uitvoering is beleid"')
        if (many := max(len(words), len(who))) > MOST:
            raise PipelineError(f"that is too long to search for: {many} words", f"at most {MOST}")
        if speaker.strip() and not who:
            raise PipelineError(f"'{speaker}' gives no name", "write a name, or a part of it")
        inner = (tuple(token.plain for token in tokens(part)) for part in QUOTED.findall(query))
        loose = (token.lemma for token in tokens(QUOTED.sub(" ", query)) if token.lemma)
        return cls(words, tuple(dict.fromkeys(loose)), tuple(filter(None, dict.fromkeys(inner))), who)

    def ways(self) -> list[Way]:
        """How a passage may answer, the strongest first: word for word, all near each other, all in any order."""
        whole, inner = Need(self.words), tuple(map(Need, self.exact))
        forms = tuple(Need((one,), any_form=True) for one in self.lemmas)
        ways = [self._way((whole,), [whole.match], exact=True)]
        if len(forms) > 1:
            near = f"lemmas : NEAR({' '.join(_quoted(need.words) for need in forms)}, {NEAR})"
            ways.append(self._way((*inner, *forms), [near, *(need.match for need in inner)]))
        if (*inner, *forms) not in ((), (whole,)):
            ways.append(self._way((*inner, *forms), [need.match for need in (*inner, *forms)]))
        return ways

    def _way(self, needs: tuple[Need, ...], matches: Sequence[str], *, exact: bool = False) -> Way:
        whose = [f"who : {_quoted((WHOSE + name,))}{' *' * (len(name) > 1)}" for name in self.who]
        return Way(" AND ".join(f"({match})" for match in (*matches, *whose)), needs, exact)


def _quoted(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def placed(needs: Sequence[Need], words: Sequence[str], own: int) -> list[int] | None:
    """Which words answer, where all needs stand closest together; they begin among the first `own` words.

    None where they only stand in what follows: the next passage has that.
    """
    flat = [(token, at) for at, word in enumerate(words) for token in tokens(word)]
    said = [token for token, _ in flat]
    near = [token for token, at in flat if at < own + REACH]
    events = sorted(
        (start, end, number)
        for number, need in enumerate(needs)
        for start, end in need.places(near if need.any_form else said)
    )
    last: dict[int, tuple[int, int]] = {}
    best: tuple[int, list[tuple[int, int]]] | None = None
    for start, end, number in events:
        last[number] = (start, end)
        first = min(begin for begin, _ in last.values())
        width = max(stop for _, stop in last.values()) - first
        if len(last) == len(needs) and flat[first][1] < own and (best is None or width < best[0]):
            best = width, list(last.values())
    return sorted({flat[at][1] for start, end in best[1] for at in range(start, end)}) if best else None
