"""Markdown as a reader sees it: pieces of text with emphasis and links; HTML and whatever hides in it is text. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True)
class Run:
    """A piece of a paragraph; a newline in it is a line of its own. `href` is an https address."""

    text: str
    strong: bool = False
    em: bool = False
    href: str | None = None


def clean(text: str) -> str:
    """Text without control characters and what cannot be seen; lines stay lines."""
    kinds = ((char, unicodedata.category(char)) for char in text.replace("\r\n", "\n"))
    shown = (
        char if char == "\n" else " " if kind in ("Cc", "Zl", "Zp") else char
        for char, kind in kinds
        if kind not in ("Cf", "Cs") and char not in "\ufffe\uffff"
    )
    return "".join(shown)


def https(address: object) -> str | None:
    """An address that may be followed from an export."""
    return str(address) if re.fullmatch(r"(?i:https)://[^\s<>\"'\\]+", str(address)) else None


@cache
def parser() -> MarkdownIt:
    """CommonMark without HTML."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False})


def runs(tokens: Sequence[Token]) -> Iterator[Run]:
    """The tokens of one paragraph; an image is its description."""
    strong = em = 0
    href: str | None = None
    for token in tokens:
        if token.type in ("strong_open", "strong_close"):
            strong += token.nesting
        elif token.type in ("em_open", "em_close"):
            em += token.nesting
        elif token.type in ("link_open", "link_close"):
            href = https(token.attrGet("href")) if token.nesting > 0 else None
        else:
            text = {"softbreak": " ", "hardbreak": "\n"}.get(token.type, token.content)
            yield Run(clean(text), strong > 0, em > 0, href)
