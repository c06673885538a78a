"""A Word file out of blocks: styles only, no author, nothing that points outside but the recording's own address."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from pipeline.article.markup import Run
from pipeline.article.report import HEARD, STATUS
from pipeline.export.blocks import CONCEPT, Block, line
from pipeline.export.talk import Talk
from pipeline.models import clock
from pipeline.writing import CheckedQuote

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run as Printed

STYLES = {
    "paragraph": "Normal",
    "speaker": "Spreker",
    "bullet": "List Bullet",
    "number": "List Number",
    "quote": "Quote",
}
LETTERS = {(True, False): "Strong", (False, True): "Emphasis", (True, True): "Intense Emphasis"}
INK, LINK, ALARM = "1F2A37", "1155CC", "B00020"  # colours


def document(title: str, state: str) -> Document:
    """An empty A4 in Dutch, with its properties filled in."""
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    paper = docx.Document()
    about, now = paper.core_properties, dt.datetime.now(dt.UTC)
    about.title, about.comments, about.language = line(title)[:255], line(state)[:255], "nl-NL"
    about.author = about.last_modified_by = ""
    about.created = about.modified = now
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)
    for relation in [one for one in paper.part.package.rels.values() if one.reltype.endswith("/thumbnail")]:
        paper.part.package.rels.pop(relation.rId)  # a picture of the template's first page
    for language in paper.styles.element.xpath("w:docDefaults//w:lang"):
        language.set(qn("w:val"), "nl-NL")
    paper.styles.add_style("Concept", WD_STYLE_TYPE.PARAGRAPH).base_style = paper.styles["Normal"]
    paper.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER).font.underline = True
    sizes = {"Title": 22, "Heading 1": 14, "Heading 2": 12, "Normal": 11, "Quote": 11, "Concept": 11}
    colours = {"Hyperlink": LINK, "Concept": ALARM, "Intense Emphasis": INK}
    for name in {*sizes, *colours}:
        font = paper.styles[name].font
        font.color.rgb = RGBColor.from_string(colours.get(name, INK))
        if name in sizes:
            font.size, font.name = Pt(sizes[name]), "Calibri"
    paper.styles["Concept"].font.bold = True
    paper.styles["Quote"].paragraph_format.left_indent = Mm(8)
    speaker = paper.styles.add_style("Spreker", WD_STYLE_TYPE.PARAGRAPH)
    speaker.base_style, speaker.paragraph_format.space_after = paper.styles["Normal"], Pt(0)
    speaker.paragraph_format.keep_with_next = True
    return paper


def saved(paper: Document) -> bytes:
    """The file."""
    content = io.BytesIO()
    paper.save(content)
    return content.getvalue()


def print_block(paper: Document, block: Block, talk: Talk) -> list[Printed]:
    """Add a block; its runs as they were printed, one for one."""
    style = STYLES[block.kind] if block.kind != "heading" else f"Heading {block.level - 1}"
    style = "Title" if block.level == 1 else "Concept" if block.text == CONCEPT else style
    paragraph = paper.add_paragraph(style=style)
    return [print_run(paragraph, run, talk, plain=style == "Concept") for run in block.runs]


def print_run(paragraph: Paragraph, run: Run, talk: Talk, *, plain: bool = False) -> Printed:
    """Add a run at the end of a paragraph; its link only if it leads to the recording."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    printed = paragraph.add_run(run.text)
    letters = LETTERS.get((run.strong, run.em))
    if run.href and talk.owns(run.href):
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), paragraph.part.relate_to(run.href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        printed.style = "Hyperlink"
        printed._r.addprevious(link)  # noqa: SLF001 python-docx reads hyperlinks but does not make them
        link.append(printed._r)  # noqa: SLF001
    elif letters and not plain:
        printed.style = letters
    return printed


# The article, with or without its sources ----------------------------------------------------------


def article(blocks: Sequence[Block], talk: Talk, quotes: Sequence[CheckedQuote] = ()) -> bytes:
    """The article in Word; a comment at each of the `quotes`, in their order, says where it was said."""
    paper = document(next((block.text for block in blocks if block.level == 1), talk.title), talk.state)
    left = list(quotes)
    for block in blocks:
        spans = _spans(block.text, left)
        runs = _cut(block.runs, {edge for begin, end, _ in spans for edge in (begin, end)})
        printed = print_block(paper, replace(block, runs=runs), talk)
        starts = accumulate((len(run.text) for run in runs), initial=0)
        placed = list(zip(starts, printed, strict=False))
        for begin, end, quote in spans:
            inside = [run for start, run in placed if begin <= start < end]
            _comment(paper, inside, quote, talk)
            left.remove(quote)
    return saved(paper)


def _spans(text: str, quotes: Sequence[CheckedQuote]) -> list[tuple[int, int, CheckedQuote]]:
    """Where in a block's text quotes stand, one after the other."""
    flat, at, found = _flat(text), 0, []
    for quote in quotes:
        begin = flat.find(_flat(quote.text), at)
        if begin >= 0:
            at = begin + len(quote.text)
            found.append((begin, at, quote))
    return found


def _flat(text: str) -> str:
    """Letter for letter, with all quote marks and spaces alike."""
    return re.sub(r"\s", " ", re.sub(r"[‘’“”\"«»„]", "'", text))


def _cut(runs: Iterable[Run], edges: Collection[int]) -> tuple[Run, ...]:
    """The same runs, with one beginning at each edge."""
    found, at = [], 0
    for run in runs:
        inner = sorted(edge - at for edge in edges if at < edge < at + len(run.text))
        found += [replace(run, text=run.text[a:b]) for a, b in pairwise([0, *inner, len(run.text)])]
        at += len(run.text)
    return tuple(found)


def _comment(paper: Document, runs: Sequence[Printed], quote: CheckedQuote, talk: Talk) -> None:
    comment = paper.add_comment(runs, author="Impressie", initials="Im")
    paragraph = comment.paragraphs[0]
    if quote.span is None:
        paragraph.add_run("Niet gevonden in de opname.")
        return
    who = line(quote.name or "") or "onbekend"
    paragraph.add_run(f"{clock(quote.span.start)}–{clock(quote.span.end)}, {who}: {STATUS[quote.status]}")
    paragraph.add_run(f", {HEARD[quote.heard_twice]}.")
    if quote.status != "exact" and quote.spoken:
        paragraph.add_run(f" Gezegd is: ‘{line(quote.spoken)}’")
    if link := talk.link(quote.span.start):
        paragraph.add_run(" ")
        print_run(paragraph, Run("Luister.", href=link), talk)
