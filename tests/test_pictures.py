"""Who spoke when, seen at a glance: in a browser, in the transcript and in the terminal."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import console
from pipeline.models import NamedVoice, Passage, Passages, Word
from pipeline.speech import picture
from pipeline.stages.segment import readable

SVG = "{http://www.w3.org/2000/svg}"


def spoken(*said):
    """Passages (voice, start, end)."""
    return Passages(
        passages=tuple(
            Passage(id=f"t{i}", start=a, end=b, speaker=voice, words=(Word(start=a, end=b, text="Ja."),))
            for i, (voice, a, b) in enumerate(said)
        )
    )


TALK = spoken(("A", 0, 60), ("B", 60, 90), ("A", 90, 110), ("C", 110, 120))
LABELS = {"A": "Marieke Verhoeven", "B": "Tom Hendriks (voorstel)", "C": "Spreker 3"}


def drawn(made, labels):
    return ET.fromstring(picture.svg(made, labels))


def test_the_picture_has_a_row_per_voice_with_its_name_and_share():
    texts = [each.text for each in drawn(TALK, LABELS).iter(f"{SVG}text")]
    for label, share in zip(LABELS.values(), ("0:01:20 · 67%", "0:00:30 · 25%", "0:00:10 · 8%"), strict=True):
        assert label in texts
        assert share in texts
    assert "0:00:30" in texts
    blocks = [[rect[0].text for rect in row] for row in drawn(TALK, LABELS).iter(f"{SVG}g")]
    assert blocks[0] == ["Marieke Verhoeven, 0:00:00–0:01:00", "Marieke Verhoeven, 0:01:30–0:01:50"]


@pytest.mark.parametrize(
    "label", ["<script>alert(1)</script>", '"><image href="https://x.nl/y"/>', "a & b\x00\x1b[2J]]>"]
)
def test_a_name_is_text_in_the_picture_and_nothing_else(label):
    root = drawn(TALK, {**LABELS, "B": label})
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {"svg", "title", "rect", "path", "text", "g"}
    assert not [name for each in root.iter() for name in each.attrib if "href" in name or name.startswith("on")]
    assert "".join(c for c in label if c.isprintable()) in [each.text for each in root.iter(f"{SVG}text")]


@example([("A", 0.0, 5e-324)])
@given(st.lists(st.tuples(st.sampled_from("ABCDEFGHIJ"), st.floats(0, 9000), st.floats(0, 300)), max_size=30))
def test_no_block_lies_outside_the_picture_and_no_level_outside_its_strip(raw):
    made = spoken(*((voice, start, start + length) for voice, start, length in raw))
    for rect in (rect for row in drawn(made, dict.fromkeys("ABCDEFGHIJ", "x")).iter(f"{SVG}g") for rect in row):
        left = float(rect.get("x"))
        assert picture.LEFT <= left <= picture.WIDTH - picture.LEFT
        assert left + float(rect.get("width")) <= picture.WIDTH - picture.LEFT + picture.NARROWEST + 0.1
    for voice in picture.seconds_of(made):
        assert all(0 <= level <= 1 for level in picture.levels(made, voice, 60))


def lightness(colour):
    """CIE L*, 0 to 100: what is left of a colour in grey."""
    red, green, blue = (((int(colour[i : i + 2], 16) / 255 + 0.055) / 1.055) ** 2.4 for i in (1, 3, 5))
    return 116 * (0.2126 * red + 0.7152 * green + 0.0722 * blue) ** (1 / 3) - 16


def test_neighbouring_rows_differ_in_grey():
    shades = [lightness(colour) for colour in (*picture.COLOURS, picture.COLOURS[0])]
    assert min(abs(one - other) for one, other in pairwise(shades)) > 15


def test_the_transcript_opens_with_the_picture_and_the_shares_of_speaking_time():
    names = {"A": NamedVoice(voice="A", name="Tom | <b>Hendriks</b>\n", status="confirmed")}
    names |= {voice: NamedVoice(voice=voice) for voice in "BC"}
    lines = readable(TALK, names).splitlines()
    assert lines[2] == "![Wie sprak wanneer](40-voices.svg)"
    assert lines[6] == r"| A | Tom \| \<b\>Hendriks\</b\> | 0:01:20 | 67% |"
    assert lines[7] == "| B | Spreker 2 | 0:00:30 | 25% |"


def test_who_hardly_speaks_does_speak():
    made = spoken(("A", 0, 5000), ("B", 5000, 5001))
    assert picture.table(made, {"A": "A", "B": "B"})[-1].endswith("| <1% |")
    assert picture.levels(made, "B", 60)[-1] > 0


@pytest.mark.parametrize(("encoding", "strip"), [("utf-8", "█▄ "), ("ascii", "@= ")])
def test_the_strip_is_drawn_with_what_the_terminal_can_show(monkeypatch, encoding, strip):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding=encoding))
    console.strips([("A", (1.0, 0.5, 0.0), "Tom Hendriks")], 90)
    sys.stdout.flush()
    assert shown.getvalue().decode(encoding).splitlines()[-1].startswith(f"  A  {strip}")
