"""The article as blocks of plain text with emphasis and links: out of Markdown, and back into it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

from pipeline.article.markup import Run, clean, parser, runs
from pipeline.article.text import escaped, norms
from pipeline.edits import Approval
from pipeline.settings import HouseStyle

CONCEPT = "CONCEPT – nog niet door een redacteur nagelezen en goedgekeurd; niet publiceren."
Kind = Literal["heading", "paragraph", "bullet", "number", "quote", "speaker"]
MARKS = {"paragraph": "", "speaker": "", "bullet": "- ", "number": "1. ", "quote": "> "}
# HTML, an image, or a link to anything but https: harmless once it is written anew as what a reader sees
_LIVE = re.compile(r"(?<!\\)(?:\\\\)*<(?=[A-Za-z/!?])|!\[|\]\((?!https://)|\]:")
Seen = tuple[str | tuple[str, bool, bool, str | None], ...]


@dataclass(frozen=True)
class Block:
    """A heading of a `level` or a paragraph of a kind; `source` is the Markdown that it was read from."""

    kind: Kind
    runs: tuple[Run, ...]
    level: int = 0
    source: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(run.text for run in self.runs)

    @property
    def markdown(self) -> str:
        """It as Markdown in which nothing but its own emphasis and links is markup."""
        runs = [replace(run, text=run.text.replace("\n", " ")) for run in self.runs] if self.level else self.runs
        return f"{'#' * self.level} {_inline(runs)}" if self.level else MARKS[self.kind] + _inline(runs)

    def seen(self, *, links: bool = True) -> tuple[str, int, Seen]:
        """What a reader sees, by the letter: two blocks that look the same are the same."""
        return self.kind, self.level, seen(self.runs if links else [replace(run, href=None) for run in self.runs])


def line(text: str) -> str:
    """Text from outside on one clean line."""
    return " ".join(clean(text).split())


# Markdown to blocks --------------------------------------------------------------------------------


def blocks_of(markdown: str) -> list[Block]:
    """Every heading and paragraph in order; HTML is text, an image its description, code a paragraph."""
    lines = markdown.splitlines()
    within: list[str] = []
    found: list[Block] = []
    for token in parser().parse("\n".join(lines)):
        if token.type in ("list_item_open", "blockquote_open", "heading_open"):
            ordered = token.type == "list_item_open" and token.info
            within.append("number" if ordered else token.tag)
        elif token.type in ("list_item_close", "blockquote_close", "heading_close"):
            within.pop()
        elif token.map and token.type in ("inline", "fence", "code_block"):
            inner = token.children if token.type == "inline" else None
            shown = merged(runs(inner)) if inner is not None else (Run(clean(token.content).strip()),)
            where = within[-1] if within else ""
            level = int(where[1]) if re.fullmatch(r"h\d", where) else 0
            kinds: dict[str, Kind] = {"li": "bullet", "number": "number", "blockquote": "quote"}
            kind: Kind = "heading" if level else kinds.get(where, "paragraph")
            found.append(Block(kind, shown, level, "\n".join(lines[token.map[0] : token.map[1]])))
    return [block for block in found if block.text.strip()]


def merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Neighbours that look alike as one run, without spaces at either end."""
    looks = groupby((run for run in runs if run.text), key=lambda run: replace(run, text=""))
    whole = [replace(look, text="".join(run.text for run in same)) for look, same in looks]
    if whole:
        whole[0] = replace(whole[0], text=whole[0].text.lstrip())
        whole[-1] = replace(whole[-1], text=whole[-1].text.rstrip())
    return tuple(run for run in whole if run.text)


def seen(runs: Iterable[Run]) -> Seen:
    """Letter by letter how it looks; any white space is one space, or the end of a line."""
    letters = [(char, run.strong, run.em, run.href) for run in merged(runs) for char in run.text]
    found: list[str | tuple[str, bool, bool, str | None]] = []
    for space, same in groupby(letters, key=lambda letter: letter[0].isspace()):
        group = list(same)
        found += (["\n" if any(char == "\n" for char, *_ in group) else " "]) if space else group
    return tuple(found)


# Blocks to Markdown --------------------------------------------------------------------------------


def _inline(runs: Sequence[Run]) -> str:
    """Runs as Markdown; without their emphasis where Markdown cannot say it, as in the middle of some words."""
    plain = [Run(run.text, href=run.href) for run in runs]
    for way in (runs, merged(plain)):
        written = "".join(_spelled(run, first=at == 0) for at, run in enumerate(way))
        read = blocks_of(written)
        if len(read) == 1 and seen(read[0].runs) == seen(runs):
            return written
    return "".join(_spelled(run, first=at == 0) for at, run in enumerate(merged(plain)))


def _spelled(run: Run, *, first: bool) -> str:
    """One run; the spaces at its ends stand outside its marks."""
    mark = "***" if run.strong and run.em else "**" if run.strong else "*" if run.em else ""
    parts = re.fullmatch(r"([^\S\n]*)(.*?)([^\S\n]*)", run.text, re.DOTALL)
    assert parts
    before, text, after = parts.groups()
    lines = text.split("\n")
    starts = [first and not (mark or run.href), *(True for _ in lines[1:])]
    shown = "\\\n".join(
        # between two letters nothing is the start of a line
        escaped(one) if start else escaped(f"x{one}x")[1:-1]
        for one, start in zip(lines, starts, strict=True)
    )
    if not text:
        return before + after
    inner = f"{mark}{shown}{mark}"
    return f"{before}{f'[{inner}]({_address(run.href)})' if run.href else inner}{after}"


def _address(href: str) -> str:
    return href if href.count("(") == href.count(")") else href.replace("(", "%28").replace(")", "%29")


def joined(blocks: Sequence[Block], sources: Sequence[str]) -> str:
    """Blocks, each as it stands in `sources`, as one Markdown text; the items of a list without lines between."""
    text = ""
    for at, (block, source) in enumerate(zip(blocks, sources, strict=True)):
        same = at > 0 and blocks[at - 1].kind == block.kind
        gap = "\n" if same and block.kind in ("bullet", "number") else "\n>\n" if same and block.kind == "quote" else ""
        text += (gap or "\n\n" * (at > 0)) + source
    return text + "\n"


# What leaves ---------------------------------------------------------------------------------------


def leaving(markdown: str, style: HouseStyle, approval: Approval | None) -> str:
    """The Markdown that leaves: marked as a concept, or with another line for the disclosure once it is approved.

    Every block that a reader elsewhere might run as HTML is written anew as text; the others keep their bytes.
    """
    text = clean(markdown)
    for block in blocks_of(text):
        if _LIVE.search(block.source):
            text = text.replace(block.source, block.markdown, 1)
    if approval is None:
        return f"**{CONCEPT}**\n\n{text}"
    disclosure = _said(style.disclosure)
    told = style.approved if _said(style.approved) not in _said(text) else ""
    for block in blocks_of(text):
        if disclosure and _said(block.source) == disclosure:
            text, told = text.replace(block.source, told, 1), ""
    text = re.sub(r"\n{3,}", "\n\n", f"{text.rstrip()}\n\n{told}")
    return text.rstrip() + "\n"


def _said(markdown: str) -> str:
    return " ".join(word for block in blocks_of(markdown) for word in norms(block.text))
