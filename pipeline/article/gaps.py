"""A text without what one person said: her quotes, headings and sentences in her words, any run of words that is hers.

The gaps are marked, and the check lets no article be approved that has one. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.article import quotes
from pipeline.article.quotes import Stream
from pipeline.article.text import norm, norms
from pipeline.models import Passages

QUOTE = "[citaat verwijderd op verzoek van de spreker]"
WORDS = "[woorden verwijderd op verzoek van de spreker]"
PARAGRAPH = "[alinea met een citaat verwijderd op verzoek van de spreker]"
MARKS = (QUOTE, WORDS, PARAGRAPH)
FEW = 4  # words of a heading or a sentence under which they are anybody's
RUN = 6  # words in a row that only she spoke, which are hers wherever they stand


@dataclass(frozen=True)
class Hers:
    """Tells what of a text is hers; `names` are all that she goes or went by."""

    streams: Mapping[str, Stream]
    names: tuple[str, ...]
    voices: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, heard: Passages, names: Sequence[str], voices: Sequence[str]) -> Hers:
        """Of what was heard, by these voices."""
        mine, others = (
            {run for p in heard.passages if (p.speaker in voices) is hers for run in _runs(norms(p.text))}
            for hers in (True, False)
        )
        return cls(quotes.streams_of(heard), tuple(names), tuple(voices), frozenset(mine - others))

    def quote(self, text: str, paragraph: str = "") -> bool:
        """Said by her; or by nobody we know of, where her name stands beside it."""
        if place := quotes.said_at(text, self.streams, self.voices):
            return place.stream.voice in self.voices
        return self.named(paragraph)

    def named(self, text: str) -> bool:
        """Whether it names her, in full or by her surname."""
        return any(part in text for name in self.names for part in (name, name.split(" ", 1)[-1]))

    def sentence(self, text: str) -> bool:
        """A heading, or a sentence outside quotes, in words that she spoke before anybody else did."""
        if len(norms(text)) < FEW:
            return False
        place = quotes.said_at(text, self.streams)
        return place is not None and place.edits is not None and place.stream.voice in self.voices


def blanked(markdown: str, hers: Hers) -> str:
    """A text without her words; a paragraph goes whole where it cannot be said which of its words are her quote.

    Done again it changes nothing any more, so that a killed one can begin anew.
    """
    while (without := _once(markdown, hers)) != markdown:
        markdown = without
    return markdown


def _once(markdown: str, hers: Hers) -> str:
    blocks = re.split(r"(\n\s*\n|\n(?=#))", markdown)
    for at, block in enumerate(blocks):
        for printed in quotes.find(block, ()):
            if printed.text not in MARKS and hers.quote(printed.text, printed.paragraph):
                blocks[at] = _without(blocks[at], printed.text, QUOTE)
        for line in quotes.paragraphs(blocks[at]):
            for sentence in re.split(r"(?<=[.?!])\s+", line.lstrip("# ")):
                if not gaps(sentence) and hers.sentence(sentence):
                    blocks[at] = _without(blocks[at], sentence, WORDS)
        blocks[at] = _without_runs(blocks[at], hers.runs)
    return "".join(blocks)


def gaps(text: str) -> int:
    """How many gaps are marked in it."""
    return sum(map(text.count, MARKS))


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _without_runs(text: str, runs: Collection[tuple[str, ...]]) -> str:
    tokens = [(found, norm(found.group())) for found in re.finditer(r"\S+", text)]
    tokens = [(found, word) for found, word in tokens if word]
    hers: set[int] = set()
    for at, run in enumerate(_runs([word for _, word in tokens])):
        if run in runs:
            hers.update(range(at, at + RUN))
    for at in sorted(hers, reverse=True):
        if at + 1 in hers:
            continue
        first = at
        while first - 1 in hers:
            first -= 1
        begin = tokens[first][0].start() + len(re.match(r"\W*", tokens[first][0].group()).group())  # type: ignore[union-attr]
        end = tokens[at][0].end() - len(re.search(r"\W*$", tokens[at][0].group()).group())  # type: ignore[union-attr]
        text = text[:begin] + WORDS + text[end:]
    return text


def _without(block: str, text: str, instead: str) -> str:
    without, count = _pattern(text).subn(instead, block)
    return without if count else PARAGRAPH


def _pattern(text: str) -> re.Pattern[str]:
    """A quote as it may stand in Markdown: other marks, emphasis, escapes, broken lines."""
    marks = "['’‘`\"“”„«»]"
    words = ([marks if re.match(marks, char) else re.escape(char) for char in word] for word in text.split())
    return re.compile(r"[\s>*_\\]+".join(r"[*_\\]*".join(word) for word in words))
