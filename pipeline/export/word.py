"""The article on its way back: Markdown out of a Word file (tracked changes taken as made) or a text file."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.article.markup import Run, clean, https
from pipeline.articles import typed
from pipeline.errors import PipelineError
from pipeline.export.blocks import CONCEPT, Block, Kind, blocks_of, joined, merged

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

MB = 1_000_000
MOST = {"the file": 50 * MB, "its text": 20 * MB, "its parts together": 200 * MB}  # unpacked, but for the file
MOST_PARTS = 3000
HINT = "open it in Word or LibreOffice and save it again as .docx"
HEADING = re.compile(r"(?:heading|kop) (\d)")
STRONG, EM = ("strong", "intense emphasis"), ("emphasis", "intense emphasis")
SEEN = "[not(ancestor::w:del or ancestor::w:moveFrom or ancestor::w:txbxContent or ancestor::w:tr[w:trPr/w:del])]"
MARK_GONE = "w:pPr/w:rPr/w:del | w:pPr/w:rPr/w:moveFrom"  # the end of a paragraph that was taken out


def from_file(path: Path, now: str = "") -> str:
    """The article in a .docx or .md as Markdown, without our CONCEPT line.

    A block that reads as one of `now`, the article as it stands, keeps the bytes it has there. PipelineError where
    the file is none of ours to read.
    """
    if not path.is_file():
        raise PipelineError(f"there is no file {path}", "give the article as .docx or .md")
    if path.stat().st_size > MOST["the file"]:
        raise PipelineError(f"{path.name} is larger than an article can be", "take the pictures out of it")
    if path.suffix.lower() in (".md", ".markdown", ".txt"):
        return _plain(path)
    if path.suffix.lower() != ".docx":
        raise PipelineError(f"{path.name} is no article that is read here", "save it as .docx or .md")
    found = [block for block in _opened(path) if block.text != CONCEPT]
    if not found:
        raise PipelineError(f"{path.name} holds no text", "look whether it is the right file")
    known = {block.seen(links=links): block.source for links in (False, True) for block in blocks_of(now)}
    return joined(found, [known.get(block.seen(), block.markdown) for block in found])


def _plain(path: Path) -> str:
    text = typed(path).replace("\r\n", "\n")
    if "\0" in text or not text.strip():
        raise PipelineError(f"{path.name} holds no text", "give the Markdown of an article (.md or .txt)")
    return re.sub(rf"(?m)^\**{re.escape(CONCEPT)}\**\n+", "", text, count=1)


# The package ---------------------------------------------------------------------------------------


def _opened(path: Path) -> list[Block]:
    """The blocks in it. PipelineError where it is no Word file, or one that is made to do harm."""
    import docx
    from docx.opc.exceptions import OpcError
    from docx.oxml.exceptions import XmlchemyError

    raw = path.read_bytes()
    broken = (OpcError, XmlchemyError, SyntaxError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
    wrong = (KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _refuse_harm(archive, path.name)
        return _blocks(docx.Document(io.BytesIO(raw)))
    except (*broken, *wrong) as error:
        raise PipelineError(f"{path.name} is no Word file, or it is damaged", HINT) from error


def _refuse_harm(archive: zipfile.ZipFile, name: str) -> None:
    """Sizes as the package states them (more than that is never unpacked), and no entities anywhere."""
    parts = archive.infolist()
    text = max((part.file_size for part in parts if part.filename.endswith("document.xml")), default=0)
    whole = sum(part.file_size for part in parts)
    if text > MOST["its text"] or whole > MOST["its parts together"] or len(parts) > MOST_PARTS:
        raise PipelineError(f"{name} unpacks to more than an article can be", "take the pictures out of it")
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(part).replace(b"\0", b""):
            raise PipelineError(f"{name} defines a document type, which no Word file does", HINT)


# The text ------------------------------------------------------------------------------------------


def _blocks(document: Document) -> list[Block]:
    """Every paragraph of the text with something in it; one whose end was taken out goes on in the next."""
    from docx.text.paragraph import Paragraph

    found: list[Block] = []
    carried: list[Run] = []
    for element in document.element.body.xpath(f".//w:p{SEEN}"):
        paragraph = Paragraph(element, document._body)  # noqa: SLF001 what Document.paragraphs gives, and no more
        kind, level = _kind(paragraph)
        carried += _runs(paragraph, heading=level > 0)
        if element.xpath(MARK_GONE):
            continue
        if runs := merged(carried):
            found.append(Block(kind, runs, level))
        carried = []
    if runs := merged(carried):
        found.append(Block("paragraph", runs))
    if not any(block.level == 1 for block in found):  # no title: the highest heading is one
        top = min((block.level for block in found if block.level), default=2)
        found = [Block(b.kind, b.runs, b.level - top + 1) if b.level else b for b in found]
    return found


def _kind(paragraph: Paragraph) -> tuple[Kind, int]:
    """What a paragraph is by its style, or by the style that it is based on."""
    names = _names(paragraph.style)
    for name in names:
        if heading := HEADING.fullmatch(name):
            return "heading", min(6, int(heading[1]) + 1)
        if name in ("title", "titel"):
            return "heading", 1
        if name.startswith(("list number", "lijstnummering")):
            return "number", 0
        if name.startswith(("list bullet", "lijst opsom")):
            return "bullet", 0
        if name in ("quote", "intense quote", "citaat", "duidelijk citaat"):
            return "quote", 0
    return ("bullet" if paragraph._p.xpath("w:pPr/w:numPr") else "paragraph"), 0  # noqa: SLF001


def _names(style: Any) -> list[str]:
    """The name of a style and of those it is based on, as far as they do not go round."""
    names: list[str] = []
    while style is not None and len(names) < 10:
        names.append(str(style.name or "").casefold())
        style = getattr(style, "base_style", None)
    return names


def _runs(paragraph: Paragraph, *, heading: bool) -> Iterator[Run]:
    """What a reader sees of a paragraph once every change is accepted; a heading is bold by itself."""
    from docx.text.run import Run as Printed

    for element in paragraph._p.xpath(f".//w:r{SEEN}[not(w:rPr/w:vanish)]"):  # noqa: SLF001
        printed = Printed(element, paragraph)
        style = next(iter(_names(printed.style)), "")  # LibreOffice and Google leave out the default one
        bold, italic = bool(printed.bold) or style in STRONG, bool(printed.italic) or style in EM
        text = clean("".join(map(_text, element)))
        yield Run(text, bold and not heading, italic, _href(paragraph, element))


def _text(element: Any) -> str:
    """What one element of a run shows."""
    from docx.oxml.ns import qn

    kind = element.tag.rpartition("}")[2]
    if kind == "t":
        return str(element.text or "")
    if kind in ("br", "cr"):
        return "" if element.get(qn("w:type")) in ("page", "column") else "\n"
    return {"tab": " ", "noBreakHyphen": "-"}.get(kind, "")


def _href(paragraph: Paragraph, element: Any) -> str | None:
    """The https address of the link that a run stands in."""
    from docx.oxml.ns import qn

    for link in element.xpath("ancestor::w:hyperlink"):
        relation = paragraph.part.rels.get(link.get(qn("r:id")))
        if relation is not None and relation.is_external:
            return https(relation.target_ref)
    return None
