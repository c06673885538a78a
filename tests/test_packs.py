"""Each quoted speaker gets her own quotes, hears them, and can answer; nothing loads and nothing runs."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile

import docx
import numpy as np
import pytest
import soundfile

from pipeline.export.pack import pack, quotes_of
from pipeline.models import Span, Suspect
from pipeline.writing import CheckedQuote, CheckReport
from tests.test_exports import APPROVAL, PAYLOADS, QUOTE, URL, Elements, passage, talk

PASSAGES = (
    passage("A", "Goed. Welkom. Dit is geheim. Wat vraagt een wijk?", 0),
    passage("B", "Eerst dit. Dan dat. Eh, een wijk vraagt om geduld, vooral hier. En rust. Veel rust. Klaar.", 60),
)


def quote(text, credited_to="Tom Hendriks", **more):
    return QUOTE.model_copy(update={"text": text, "credited_to": credited_to, **more})


SAID = quote("Een wijk vraagt om geduld", span=Span(start=61.6, end=64.0))


def report(*quotes):
    return CheckReport(article_sha256="x", words=9, quotes=quotes, findings=())


def packed(given, found, audio=None):
    """The files of a pack, by name."""
    with zipfile.ZipFile(io.BytesIO(pack(given, found, audio))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def audio(tmp_path):
    path = tmp_path / "geluid.flac"
    soundfile.write(path, np.sin(np.arange(70 * 16000) / 20).astype("float32") / 4, 16000)
    return path


def test_quotes_are_listed_by_whom_the_article_credits():
    other = quote("Rust", "Els Kok")
    anonymous = quote("Niets", None, name=None)
    assert quotes_of(report(SAID, other, SAID, anonymous)) == {"Tom Hendriks": [SAID], "Els Kok": [other]}


def test_each_speaker_gets_a_word_file_and_a_page_of_her_own():
    files = packed(talk(*PASSAGES), report(SAID, quote("Rust", "Els Kok"), quote("Rust", "els kok")))
    assert sorted(files) == [
        f"CONCEPT citaten {name}.{kind}"
        for name in ("Els Kok", "Tom Hendriks", "els kok 2")
        for kind in ("docx", "html")
    ]
    assert b"Rust" not in files["CONCEPT citaten Tom Hendriks.html"].replace(b"Veel rust", b"")


def test_an_approved_pack_is_no_concept():
    assert all("CONCEPT" not in name for name in packed(talk(*PASSAGES, approval=APPROVAL), report(SAID)))


def test_a_quote_stands_with_what_was_said_around_it_and_a_place_to_answer():
    content = packed(talk(*PASSAGES), report(SAID))["CONCEPT citaten Tom Hendriks.docx"]
    told = [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]
    assert told[2] == "Beste Tom Hendriks,"
    assert told[6:] == [
        "Daarvoor, Tom Hendriks: Eerst dit. Dan dat.",
        "‘Een wijk vraagt om geduld’",
        "Daarna, Tom Hendriks: vooral hier. En rust. Veel rust.",
        "Letterlijk gezegd: Eh, een wijk vraagt om geduld",
        "In de opname: 0:01:01–0:01:04. Luister naar de opname.",
        "☐ Akkoord",
        "☐ Anders, namelijk:",
        "☐ Ik trek dit citaat in",
        "Met vriendelijke groet",
    ]


def test_what_is_barred_or_invented_is_not_sent_along():
    first = quote("Wat vraagt een wijk", "Marieke Verhoeven", voice="A", span=Span(start=2.0, end=3.6))
    given = talk(
        *PASSAGES,
        barred=(Span(start=0.8, end=1.99),),
        suspects=(Suspect(start=60, end=60.5, reason="known invention"),),
    )
    text = packed(given, report(first))["CONCEPT citaten Marieke Verhoeven.html"].decode()
    assert "geheim" not in text
    assert "Welkom. […]" in text
    assert "Tom Hendriks: </em>[…] dit. Dan dat." in text


def test_a_quote_that_was_never_said_is_asked_about_all_the_same():
    lost = CheckedQuote(text="Verzonnen", status="not found", credited_to="Els Kok")
    text = packed(talk(*PASSAGES), report(lost))["CONCEPT citaten Els Kok.html"].decode()
    assert "Dit citaat is in de opname niet teruggevonden." in text


def test_the_page_holds_the_sound_of_the_quote_and_half_a_second_around_it(audio):
    text = packed(talk(*PASSAGES), report(SAID), audio)["CONCEPT citaten Tom Hendriks.html"].decode()
    [(kind, sound)] = re.findall(r'src="data:(audio/\w+);base64,([^"]+)"', text)
    heard = soundfile.info(io.BytesIO(base64.b64decode(sound)))
    assert kind in ("audio/mpeg", "audio/flac")
    assert heard.duration == pytest.approx(SAID.span.duration + 1, abs=0.15)
    assert len(sound) < 25_000


def test_the_page_loads_and_runs_nothing(audio):
    text = packed(talk(*PASSAGES), report(SAID), audio)["CONCEPT citaten Tom Hendriks.html"].decode()
    found = Elements(text)
    assert "script" not in found.tags
    assert {value.split(",")[0] for name, value in found.attributes if name in ("src", "href")} == {
        "data:audio/mpeg;base64", f"{URL}&t=61s",
    }  # fmt: skip
    [policy] = [
        value for _, value in found.attributes if value and value.startswith("default-src 'none'; media-src data:")
    ]
    look = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(look.encode()).digest()).decode() in policy


@pytest.mark.fault(13)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_pack_holds_a_payload_as_text(payload):
    given = talk(passage("A", payload, 0), title=payload, names=(payload, "x"))
    files = packed(given, report(quote(payload, payload, voice="A", span=Span(start=0, end=0.4), spoken=payload)))
    allowed = {"script", "img", "svg", "iframe", "object", "embed", "form", "video", "link", "base", "details"}
    assert not allowed & {
        tag for name, raw in files.items() if name.endswith("html") for tag in Elements(raw.decode()).tags
    }
    assert all(re.fullmatch(r"CONCEPT citaten [^/\\<>:\"|?*\x00-\x1f]{1,80}\.(docx|html)", name) for name in files)
