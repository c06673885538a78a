"""An article comes back from Word as it left, but for what people changed there; a harmful file is refused."""

from __future__ import annotations

import io
import random
import zipfile
from contextlib import suppress

import docx
import pytest
from docx.oxml import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article.text import escaped
from pipeline.errors import PipelineError
from pipeline.export import paper
from pipeline.export.blocks import CONCEPT, blocks_of, leaving
from pipeline.export.word import MB, from_file
from tests.test_exports import APPROVAL, ARTICLE, QUOTE, STYLE, URL, talk

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def left(markdown, approval=None, quotes=()):
    """The Word file of an article, as bytes."""
    return paper.article(blocks_of(leaving(markdown, STYLE, approval)), talk(approval=approval), quotes)


@pytest.fixture
def back(tmp_path):
    """What comes back of a Word file, given as bytes."""

    def read(content, now=""):
        path = tmp_path / "terug.docx"
        path.write_bytes(content)
        return from_file(path, now)

    return read


def edited(*paragraphs):
    """A Word file with these paragraphs, as XML, after a title."""
    document = docx.Document()
    document.add_paragraph("Titel", style="Title")
    for inner in paragraphs:
        document.element.body.insert(len(document.element.body) - 1, parse_xml(f"<w:p {W}>{inner}</w:p>"))
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def changed(content, part, change):
    """The package with one part changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return made.getvalue()


@pytest.mark.parametrize("quotes", [(), (QUOTE,)])
def test_an_article_comes_back_byte_for_byte_without_the_concept_line(back, quotes):
    assert back(left(ARTICLE, quotes=quotes)) == ARTICLE


def test_an_approved_article_comes_back_as_it_was_published(back):
    assert back(left(ARTICLE, APPROVAL)) == leaving(ARTICLE, STYLE, APPROVAL)


def test_markdown_comes_back_without_the_concept_line(tmp_path):
    path = tmp_path / "terug.md"
    path.write_text(leaving(ARTICLE, STYLE, None), encoding="utf-8")
    assert from_file(path) == ARTICLE


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=40)
LINES = TEXT.map(escaped).filter(bool)
PIECES = st.one_of(
    LINES,
    LINES.map(lambda text: f"**{text}**"),
    LINES.map(lambda text: f"*{text}*"),
    LINES.map(lambda t: f"[{t}]({URL})"),
)
BLOCKS = st.one_of(
    LINES.map(lambda text: f"## {text}"), LINES.map(lambda t: f"> {t}"), st.lists(PIECES, min_size=1).map(" ".join)
)
ARTICLES = st.tuples(LINES, st.lists(BLOCKS, max_size=6)).map(lambda a: "\n\n".join([f"# {a[0]}", *a[1]]) + "\n")


@settings(max_examples=100, deadline=None)
@given(ARTICLES)
def test_any_article_comes_back_as_a_reader_sees_it(tmp_path_factory, markdown):
    path = tmp_path_factory.getbasetemp() / "any.docx"
    path.write_bytes(left(markdown))
    looks = [block.seen() for block in blocks_of(markdown)]
    assert [block.seen() for block in blocks_of(from_file(path))] == looks


@settings(max_examples=100, deadline=None)
@given(ARTICLES)
def test_what_nobody_changed_keeps_its_bytes(tmp_path_factory, markdown):
    path = tmp_path_factory.getbasetemp() / "any.docx"
    path.write_bytes(left(markdown))
    assert (
        from_file(path, markdown).split("\n\n") == markdown.replace("\n\n> ", "\n\n> ").split("\n\n") or ">" in markdown
    )


def test_only_the_block_that_was_edited_changes(back):
    now = ARTICLE.replace("Wat vraagt een wijk?", "Wat vraagt R&D van A_B #1?")
    content = changed(left(now), "word/document.xml", lambda xml: xml.replace(b"Zonder haast", b"Met haast"))
    assert back(content, now) == now.replace("Zonder haast", "Met haast")


def test_a_link_elsewhere_that_word_was_not_given_is_not_lost(back):
    now = ARTICLE + "\nZie [het rapport](https://elders.example.nl/a_(b)).\n"
    assert back(left(now), now) == now


def test_tracked_changes_count_as_made(back):
    text = (
        "<w:r><w:t xml:space='preserve'>Dit </w:t></w:r>"
        "<w:del w:id='1' w:author='x'><w:r><w:delText>was oud</w:delText></w:r></w:del>"
        "<w:ins w:id='2' w:author='x'><w:r><w:t>is nieuw</w:t></w:r></w:ins>"
        "<w:ins w:id='3' w:author='x'><w:del w:id='4' w:author='y'><w:r><w:t> en weer weg</w:t></w:r></w:del></w:ins>"
        "<w:r><w:t>.</w:t></w:r>"
    )
    assert back(edited(text)) == "# Titel\n\nDit is nieuw.\n"


def test_what_was_moved_stands_there_once(back):
    moved = "<w:{0} w:id='1' w:author='x'><w:r><w:t>Verplaatst.</w:t></w:r></w:{0}>"
    gone = f"<w:pPr><w:rPr><w:moveFrom w:id='3' w:author='x'/></w:rPr></w:pPr>{moved.format('moveFrom')}"
    content = edited(gone, "<w:r><w:t>Midden.</w:t></w:r>", moved.format("moveTo"))
    assert back(content) == "# Titel\n\nMidden.\n\nVerplaatst.\n"


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next(back):
    first = (
        "<w:pPr><w:rPr><w:del w:id='1' w:author='x'/></w:rPr></w:pPr><w:r><w:t xml:space='preserve'>Een en </w:t></w:r>"
    )
    assert back(edited(first, "<w:r><w:t>twee.</w:t></w:r>")) == "# Titel\n\nEen en twee.\n"


def test_bold_italic_and_hidden_text_as_word_writes_them(back):
    runs = (
        "<w:r><w:t xml:space='preserve'>Een </w:t></w:r>"
        "<w:r><w:rPr><w:b/></w:rPr><w:t xml:space='preserve'>vette </w:t></w:r>"
        "<w:r><w:rPr><w:b/></w:rPr><w:t>zin</w:t></w:r>"
        "<w:r><w:rPr><w:i/><w:b w:val='0'/></w:rPr><w:t xml:space='preserve"
        "'> schuin</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>geheim</w:t></w:r>"
        "<w:r><w:br/><w:t>1. en_een *ster*</w:t></w:r>"
    )
    assert back(edited(runs)) == "# Titel\n\nEen **vette zin** *schuin*\\\n1\\. en\\_een \\*ster\\*\n"


def test_a_file_of_libreoffice_or_google_without_default_styles_is_read(back):
    content = changed(left(ARTICLE), "word/styles.xml", lambda xml: xml.replace(b' w:default="1"', b""))
    assert back(content) == ARTICLE


def test_headings_without_a_title_become_title_and_headings(back):
    document = docx.Document()
    for level, text in ((1, "Impressie"), (2, "Zonder haast")):
        document.add_heading(text, level)
    document.add_paragraph("Tekst.").insert_paragraph_before("Punt", style="List Bullet")
    document.sections[0].footer.paragraphs[0].text = "voettekst"
    content = io.BytesIO()
    document.save(content)
    assert back(content.getvalue()) == "# Impressie\n\n## Zonder haast\n\n- Punt\n\nTekst.\n"


def test_a_script_typed_in_word_comes_back_as_text(back):
    assert back(edited("<w:r><w:t>&lt;script&gt;alert(1)&lt;/script&gt;</w:t></w:r>")) == (
        "# Titel\n\n\\<script\\>alert(1)\\</script\\>\n"
    )


# What is refused --------------------------------------------------------------------------------------

BOMB = b"<w:p><w:r><w:t>" + b"0" * (21 * MB) + b"</w:t></w:r></w:p>"
ENTITIES = (
    b'<!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no Word file"),
        (b"geen zip", "no Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "no Word file"),
        (left(ARTICLE)[:9000], "no Word file"),
        (changed(left(ARTICLE), "word/document.xml", lambda xml: xml + BOMB), "unpacks to more"),
        (changed(left(ARTICLE), "word/document.xml", lambda xml: ENTITIES + xml.split(b"?>", 1)[1]), "document type"),
        (
            changed(left(ARTICLE), "word/styles.xml", lambda _: (ENTITIES.decode() + "<a/>").encode("utf-16")),
            "document type",
        ),
        (changed(left(ARTICLE), "word/document.xml", lambda xml: xml[:-40]), "no Word file"),
        (
            changed(left(ARTICLE), "word/document.xml", lambda xml: xml.replace(b'pStyle w:val="Title"', b"pStyle")),
            "no Word file",
        ),
        (changed(left(ARTICLE), "[Content_Types].xml", lambda _: b"<Types/>"), "no Word file"),
        (edited().replace(b"word/document.xml", b"word/dokument.xml"), "no Word file"),
    ],
)
def test_a_file_that_is_no_article_is_refused_with_a_hint(back, content, problem):
    with pytest.raises(PipelineError, match=problem) as refused:
        back(content)
    assert refused.value.hint


def test_damage_anywhere_is_refused_or_read_and_never_a_crash(back):
    whole, chance = left(ARTICLE), random.Random(1)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with suppress(PipelineError):
            assert back(bytes(content)).endswith("\n")


def test_other_kinds_of_file_and_empty_ones_are_refused(tmp_path, back):
    (tmp_path / "a.odt").write_bytes(b"x")
    (tmp_path / "leeg.md").write_text(" \n", encoding="utf-8")
    for name, problem in (("a.odt", "no article"), ("leeg.md", "no text"), ("weg.docx", "no file")):
        with pytest.raises(PipelineError, match=problem):
            from_file(tmp_path / name)
    with pytest.raises(PipelineError, match="holds no text"):
        back(left(CONCEPT))
