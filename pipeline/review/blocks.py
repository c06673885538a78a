"""The article in blocks that can be shown and edited one by one; every byte outside the edited block stays. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rapidfuzz import fuzz

from pipeline.article import markup
from pipeline.article.markup import Run, clean, parser

Kind = Literal["title", "heading", "paragraph"]
Diff = list[tuple[str, str]]
ALIKE = 55  # percent of letters from which two paragraphs are compared word by word


@dataclass(frozen=True)
class Block:
    """A heading or a paragraph: its Markdown, and where that stands in the text."""

    kind: Kind
    source: str
    start: int
    end: int


@dataclass(frozen=True)
class Piece(Run):
    """A piece of a block; `quote` is the number of the quote that it is (part of)."""

    quote: int | None = None


def blocks_of(markdown: str) -> list[Block]:
    """Cut at blank lines; a heading is a block by itself."""
    found: list[Block] = []
    start = at = 0
    for line in [*markdown.splitlines(keepends=True), "\n"]:
        heads = line.startswith("#")
        if (not line.strip() or heads) and markdown[start:at].strip():
            found.append(_block(markdown, start, at))
            start = at
        if not line.strip():
            start = at + len(line)
        at += len(line)
        if heads:
            found.append(_block(markdown, start, at))
            start = at
    return found


def _block(markdown: str, start: int, end: int) -> Block:
    source = markdown[start:end].rstrip()
    kind: Kind = "title" if source.startswith("# ") else "heading" if source.startswith("#") else "paragraph"
    return Block(kind, source, start, start + len(source))


def replaced(markdown: str, index: int, source: str) -> str:
    """Block `index` with another text, or gone where that is empty. IndexError where there is no such block."""
    blocks = blocks_of(markdown)
    block = blocks[index]
    if source.strip():
        return markdown[: block.start] + source.strip("\r\n") + markdown[block.end :]
    after = blocks[index + 1].start if index + 1 < len(blocks) else block.end
    return markdown[: block.start] + markdown[after:]


def inserted(markdown: str, index: int, source: str) -> str:
    """A new block before block `index`, or at the end."""
    blocks = blocks_of(markdown)
    if index >= len(blocks):
        return markdown.rstrip() + "\n\n" * bool(blocks) + source.strip("\r\n") + "\n"
    at = blocks[index].start
    return markdown[:at] + source.strip("\r\n") + "\n\n" + markdown[at:]


def runs(source: str) -> list[Piece]:
    """Markdown as a reader sees it: text, emphasis and links to https; HTML is text, an image its description."""
    found: list[Piece] = []
    for token in parser().parse(source):
        if token.type == "inline":
            inner = [Piece(run.text, run.strong, run.em, run.href) for run in markup.runs(token.children or [])]
            found += [*([Piece("\n")] if found else []), *inner]
        elif token.type in ("fence", "code_block", "html_block"):
            found.append(Piece(clean(token.content)))
    return found


def marked(shown: Sequence[Piece], quotes: Sequence[tuple[int, str]]) -> list[Piece]:
    """The runs with those in quote marks numbered; `quotes` are numbers and texts, in order, as the check printed them.

    A quote that cannot be found letter by letter stays unmarked.
    """
    whole = "".join(run.text for run in shown)
    flat = _plain(whole)
    spans: list[tuple[int, int, int]] = []
    at = 0
    for number, text in quotes:
        begin = flat.find(_plain(text), at)
        if begin < 0:
            continue
        end = begin + len(text)
        begin -= whole[begin - 1 : begin] in ("‘", "“", "'", '"') if begin else 0
        end += whole[end : end + 1] in ("’", "”", "'", '"')
        spans.append((begin, end, number))
        at = end
    edges = sorted({edge for begin, end, _ in spans for edge in (begin, end)})
    found: list[Piece] = []
    start = 0
    for run in shown:
        cuts = [start, *(edge for edge in edges if start < edge < start + len(run.text)), start + len(run.text)]
        for a, b in pairwise(cuts):
            number_ = next((number for begin, end, number in spans if begin <= a and b <= end), None)
            found.append(Piece(whole[a:b], run.strong, run.em, run.href, number_))
        start += len(run.text)
    return found


def _plain(text: str) -> str:
    """One letter for one letter: all quote marks and spaces alike."""
    return re.sub(r"\s", " ", re.sub(r"[‘’“”\"]", "'", text))


def diff(before: str, after: str) -> Diff:
    """Word by word: ('=', same), ('-', only before), ('+', only after); joined, each side gives its text back."""
    if "\n\n" in before and "\n\n" in after:
        return [step for pair in _paired(before, after) for step in _worded(*pair)]
    return _worded(before, after)


def _paired(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Paragraphs beside each other that are about alike; one that has no like stands alone."""
    a, b = (re.findall(r"(?:(?!\n\n).)+\n*|\n+", text, re.DOTALL) for text in (before, after))
    left = 0
    for text in b:
        like = next((i for i in range(left, len(a)) if a[i] == text or fuzz.ratio(a[i], text) > ALIKE), None)
        if like is None:
            yield "", text
            continue
        yield from ((gone, "") for gone in a[left:like])
        yield a[like], text
        left = like + 1
    yield from ((gone, "") for gone in a[left:])


def _worded(before: str, after: str) -> Diff:
    a, b = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    found: Diff = []
    for kind, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("=", "".join(a[a1:a2])))
            continue
        found += [("-", "".join(a[a1:a2]))] * (a2 > a1) + [("+", "".join(b[b1:b2]))] * (b2 > b1)
    return found
