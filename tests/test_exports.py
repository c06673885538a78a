"""What leaves is marked as a concept until it is approved, says what the article says, and runs nothing anywhere."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from html import unescape
from html.parser import HTMLParser

import docx
import pytest
from markdown_it import MarkdownIt

from pipeline import articles, export
from pipeline.config import Speaker, Webinar
from pipeline.edits import Approval
from pipeline.errors import PipelineError
from pipeline.export import captions, page, paper, transcript
from pipeline.export.blocks import CONCEPT, blocks_of, leaving
from pipeline.export.talk import Talk, filename
from pipeline.models import NamedVoice, Part, Passage, Passages, Recording, Span, Suspect, Word
from pipeline.settings import HouseStyle
from pipeline.workspace import Workspace
from pipeline.writing import CheckedQuote
from tests.conftest import SLUG
from tests.payloads import PAYLOADS
from tests.test_reruns import done, whole  # noqa: F401 fixtures

URL = "https://video.example.nl/watch?v=abc"
STYLE = HouseStyle()
ARTICLE = f"""# Impressie webinar ‘Wijken’

Wat vraagt een wijk? ‘Een wijk vraagt om geduld’, zei Tom Hendriks, onderzoeker.

## Zonder haast

Verhoeven zei: ‘We gaan *rustig* verder’. Lees **meer** op [video.example.nl]({URL}).

{STYLE.disclosure}
"""
APPROVAL = Approval(who="Els Kok", when=dt.datetime(2026, 3, 9, tzinfo=dt.UTC), sha256="x", statement="s", text="t")
QUOTE = CheckedQuote(
    text="Een wijk vraagt om geduld",
    status="cleaned",
    credited_to="Tom Hendriks",
    name="Tom Hendriks",
    voice="B",
    span=Span(start=62, end=65),
    spoken="Eh, een wijk vraagt om geduld",
)


def words(text, start=0.0, each=0.4):
    return [
        Word(start=start + each * at, end=start + each * (at + 1), text=word) for at, word in enumerate(text.split())
    ]


def passage(voice, text, start):
    said = words(text, start)
    return Passage(id=f"t{start}", speaker=voice, start=start, end=said[-1].end, words=tuple(said))


def talk(*passages, approval=None, suspects=(), barred=(), title="Wijken", names=("Marieke Verhoeven", "Tom Hendriks")):
    given = passages or (passage("A", "Welkom. Wat vraagt een wijk?", 0), passage("B", "Een wijk vraagt om geduld.", 5))
    voices = dict(zip("ABCDEFGH", [*names, *[None] * 8], strict=False))
    return Talk(
        Webinar(title=title, date=dt.date(2026, 3, 5), speakers=(Speaker(name=names[0], role="gespreksleider"),)),
        Recording(title=title, published=None, duration=90, parts=(Part(url=URL, end=90),)),
        Passages(passages=given, suspects=suspects, barred=barred),
        {voice: NamedVoice(voice=voice, name=name, status="confirmed") for voice, name in voices.items()},
        approval,
    )


def word(markdown, approval=None, quotes=()):
    """The article as the Word file that leaves, opened again."""
    blocks = blocks_of(leaving(markdown, STYLE, approval))
    return docx.Document(io.BytesIO(paper.article(blocks, talk(approval=approval), quotes)))


def shown(document):
    return [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]


def outside(content):
    """Every address that a package points to outside itself."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".rels")]
    return [
        unescape(re.search(r'Target="([^"]*)"', one)[1]) for one in re.findall(r"<[^>]*External[^>]*>", "".join(parts))
    ]


def test_a_concept_says_so_in_its_first_line_and_keeps_the_disclosure():
    lines = leaving(ARTICLE, STYLE, None)
    assert lines == f"**{CONCEPT}**\n\n{ARTICLE}"


def test_an_approved_article_has_the_approved_line_where_the_disclosure_was():
    style = STYLE.model_copy(update={"approved": "*Nagelezen door de redactie.*"})
    assert leaving(ARTICLE, style, APPROVAL) == ARTICLE.replace(STYLE.disclosure, style.approved)


def test_without_an_approved_line_the_disclosure_goes():
    assert leaving(ARTICLE, STYLE, APPROVAL) == ARTICLE.replace(f"\n{STYLE.disclosure}\n", "")


def test_word_has_real_styles_and_no_formatting_of_its_own():
    document = word(ARTICLE)
    assert [style for style, _ in shown(document)] == ["Concept", "Title", "Normal", "Heading 1", "Normal", "Normal"]
    own = document.element.body.xpath(".//w:rPr/*[not(self::w:rStyle)] | .//w:pPr/*[not(self::w:pStyle)]")
    assert own == []


def test_word_says_in_its_properties_what_it_is_and_nothing_of_who_made_it():
    concept, approved = word(ARTICLE).core_properties, word(ARTICLE, APPROVAL).core_properties
    assert (concept.author, concept.language, concept.title) == ("", "nl-NL", "Impressie webinar ‘Wijken’")
    assert "AI-generated draft" in concept.comments
    assert approved.comments == "Nagelezen en goedgekeurd door een redacteur op 9 maart 2026."


def test_each_quote_carries_its_source_as_a_comment():
    document = word(ARTICLE, quotes=[QUOTE])
    [comment] = document.comments
    assert comment.text.startswith("0:01:02–0:01:05, Tom Hendriks: opgeschoond, nog niet nageluisterd.")
    assert "‘Eh, een wijk vraagt om geduld’" in comment.text
    [marked] = document.element.body.xpath(".//w:r[preceding::w:commentRangeStart and following::w:commentRangeEnd]")
    assert marked.text == QUOTE.text


def test_word_points_outside_to_the_recording_only():
    elsewhere = ARTICLE + "\n[elders](https://elders.example.nl) [onveilig](http://video.example.nl)\n"
    blocks = blocks_of(leaving(elsewhere, STYLE, None))
    assert set(outside(paper.article(blocks, talk(), [QUOTE]))) == {URL, f"{URL}&t=62s"}


def test_html_is_headings_paragraphs_and_links_to_https():
    text = page.article(blocks_of(leaving(ARTICLE + "\n- een\n- twee\n", STYLE, None)), "Wijken", "x").decode()
    assert "<h1>Impressie webinar ‘Wijken’</h1>" in text
    assert f'op <a href="{URL}">video.example.nl</a>.' in text
    assert "<ul>\n<li>een</li>\n<li>twee</li>\n</ul>" in text
    assert f"<p><strong>{CONCEPT}</strong></p>" in text


def test_the_transcript_tells_who_when_and_what():
    marked = talk(
        suspects=(Suspect(start=5, end=7, reason="repeats itself"),), barred=(Span(start=0, end=1),), approval=APPROVAL
    )
    told = [text for _, text in shown(docx.Document(io.BytesIO(transcript.paper(marked))))]
    assert told[:2] == ["Transcript ‘Wijken’", "5 maart 2026"]
    assert "Marieke Verhoeven, gespreksleider (0:00:02)" in told
    assert "Marieke Verhoeven  0:00:00  (niet citeren)" in told
    assert told[-2:] == ["Tom Hendriks  0:00:05  (twijfelachtig: herhaling)", "Een wijk vraagt om geduld."]


# Nothing runs ----------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The elements of a page, and the attributes they have."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs


PLAIN = {
    "html",
    "head",
    "meta",
    "title",
    "body",
    "article",
    "h1",
    "h2",
    "p",
    "em",
    "strong",
    "br",
    "a",
    "ul",
    "ol",
    "li",
}


def hostile(payload):
    return f"# {payload}\n\n{payload}\n\nMidden in {payload} een zin.\n"


def test_there_are_enough_payloads():
    assert len(set(PAYLOADS)) > 100


@pytest.mark.fault(13)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_runs_nothing(payload):
    text = page.article(blocks_of(leaving(hostile(payload), STYLE, None)), payload, payload).decode()
    found = Elements(text)
    assert found.tags <= PLAIN | {"blockquote"}
    assert {name for name, _ in found.attributes} <= {"lang", "charset", "http-equiv", "content", "name", "href"}
    assert all(value.startswith("https://") for name, value in found.attributes if name == "href")


@pytest.mark.fault(13)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_markdown_runs_nothing_in_a_reader_that_lets_html_through(payload):
    reader = MarkdownIt("commonmark", {"html": True})
    reader.validateLink = lambda _: True
    found = Elements(reader.render(leaving(hostile(payload), STYLE, APPROVAL)))
    assert found.tags <= PLAIN | {"blockquote", "pre", "code"}
    assert all(name == "href" and value.startswith("https://") for name, value in found.attributes)


@pytest.mark.fault(13)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_word_holds_a_payload_as_text_and_points_nowhere(payload):
    content = paper.article(blocks_of(leaving(hostile(payload), STYLE, None)), talk(title=payload))
    assert outside(content) == []
    assert "script" not in payload or "script" in docx.Document(io.BytesIO(content)).element.xml
    said = docx.Document(
        io.BytesIO(transcript.paper(talk(passage("A", payload, 0), title=payload, names=(payload, "x"))))
    )
    assert not said.element.xpath("//w:instrText | //w:object | //w:altChunk")


@pytest.mark.fault(13)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_captions_hold_a_payload_as_text(payload):
    given = talk(passage("A", payload, 0), title=payload, names=(payload, "x"))
    vtt, srt = captions.vtt(given).decode(), captions.srt(given).decode()
    assert set(re.findall(r"<[^>]*", vtt)) <= set(re.findall(r"<v [^<>]*", vtt))
    assert not re.search(r"[<>{}]", srt.replace("-->", ""))
    assert vtt.count("-->") == srt.count("-->") == len(captions.cues_of(given))


def test_no_control_character_leaves():
    text = leaving("# a\x00\x07b\u202e\ufffe\n\nc\x1bd\ud800\n", STYLE, APPROVAL)
    assert text == "# a  b\n\nc d\n"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc passwd"), ("CON", "CON-"), ("", "zonder naam"), ("-rf ~", "rf"), ("a\0b\nc", "a b c"),
        ("Zoë de Vries", "Zoë de Vries"), ("x" * 300, "x" * 80), ("\u202egpj.exe", "gpj.exe"), ("C:\\a|b?", "C a b"),
    ],
)  # fmt: skip
def test_a_name_becomes_the_name_of_a_file_anywhere(name, safe):
    assert filename(name) == safe


# The whole way ----------------------------------------------------------------------------------------


@pytest.fixture
def workspace(done, home):  # noqa: F811
    return Workspace(home, SLUG)


@pytest.mark.parametrize("kind", export.KINDS)
def test_every_kind_is_written_and_named_as_a_concept(workspace, kind):
    path = export.written(workspace, kind)
    made = export.export(workspace, kind)
    assert path.parent == workspace.folder / "export"
    assert path.name.startswith(f"CONCEPT {SLUG}")
    assert made.content
    assert not list(path.parent.glob(".*"))


@pytest.mark.parametrize("kind", export.KINDS)
def test_an_approved_export_is_no_concept(workspace, kind, monkeypatch):
    monkeypatch.setattr(articles, "approved", lambda _: APPROVAL)
    made = export.export(workspace, kind)
    assert made.name.startswith(SLUG)
    assert CONCEPT.encode() not in made.content


def test_an_export_goes_where_it_is_asked(workspace, tmp_path):
    assert export.written(workspace, "md", tmp_path / "stuk.md") == tmp_path / "stuk.md"
    assert export.written(workspace, "md", tmp_path).name == f"CONCEPT {SLUG}.md"


def test_an_unknown_kind_and_a_missing_article_are_told(workspace, home):
    with pytest.raises(PipelineError, match="no export called 'pdf'"):
        export.export(workspace, "pdf")
    articles.article_path(workspace).unlink()
    with pytest.raises(PipelineError, match="no article yet"):
        export.export(workspace, "docx")
    with pytest.raises(PipelineError, match="no transcript yet"):
        export.export(Workspace(home, "leeg"), "vtt")
