"""`impressie check` holds any Markdown against a webinar, and shows a page that a person reads in two minutes."""

from __future__ import annotations

import json

import pytest
from webinars_as_text import LIES, talk

from pipeline.article.check import check
from pipeline.article.report import page
from pipeline.writing import HeardAgain, Hearing

HAND = """# Mijn verslag

Fatma Aydin, teamleider bij Bibliotheek Oosterhaven: ‘Mensen komen voor de computer, ze komen voor iemand die even met \
ze meeleest.’

Wim Coenders, wethouder van de gemeente Rietveen, zei: ‘Een regeling die niemand aanvraagt, dat is geen regeling maar \
een stuk papier.’ Rietveen betaalt de bibliotheek 240.000 euro per jaar.
"""


@pytest.fixture
def loket(home, impressie):
    """The webinar as text, run from its TOML with the transcript beside it; its address cannot be reached."""
    said = impressie("run", str(LIES / "loket.toml"), "--transcript", str(LIES / "loket.vtt"))
    assert said.code == 0, said.err
    return said


def test_a_toml_and_a_transcript_make_an_article_also_where_the_address_cannot_be_reached(home, loket):
    assert "the article is made of the transcript alone" in loket.err
    [folder] = (home / "outputs").iterdir()
    text = (folder / "50-article.md").read_text(encoding="utf-8")
    assert "op [YouTube](https://www.youtube.com/watch?v=EXAMPLE00007) terug te kijken" in text
    report = json.loads((folder / "60-check.json").read_text(encoding="utf-8"))
    assert all("t=" in quote["link"] for quote in report["quotes"])


def test_an_article_by_hand_is_held_against_the_transcript_worst_first(home, loket, impressie, tmp_path):
    file = tmp_path / "verslag.md"
    file.write_text(HAND, encoding="utf-8")
    said = impressie("check", str(file), "--against", "loket")
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0] == "# Controle van ‘verslag.md’"
    assert lines.index("## Eerst regelen") < lines.index("## Om naar te kijken") < lines.index("## De citaten")
    assert "wijkt af van wat er is gezegd" in said.out
    assert "240.000" in said.out
    listed = [line for line in lines if line.startswith("- **")]
    assert listed[0].startswith("- **anders gezegd**")
    assert listed[1].startswith("- **letterlijk**")
    as_json = json.loads(impressie("check", str(file), "--against", "loket", "--json").out)
    assert [quote["status"] for quote in as_json["quotes"]] == ["altered", "exact"]


@pytest.mark.parametrize("content", [None, b"\x00\x01"])
def test_what_is_no_text_is_told_in_one_sentence(home, loket, impressie, tmp_path, content):
    file = tmp_path / "verslag.md"
    if content is not None:
        file.write_bytes(content)
    said = impressie("check", str(file), "--against", "loket")
    assert said.code == 1
    assert said.err.count("error:") == 1


def test_the_page_marks_the_words_that_were_heard_otherwise_and_tells_how_long_that_took():
    here = talk("loket")
    quote = "Een regeling die niemand aanvraagt, dat is geen regeling maar een stuk papier."
    start, end = next((s.start, s.end) for s in here.evidence.sentences if s.text == quote)
    again = quote.replace("stuk", "blad")
    heard = HeardAgain(start=start, end=end, first=quote, second=again, differs=("stuk",))
    hearing = Hearing(engine="faster-whisper", model="small", quotes=(heard,), seconds=17.2)
    text = f"Wim Coenders zei: ‘{quote}’\n"
    report = check(text, here.passages, here.names, here.facts, here.recording, hearing)
    shown = page(report, "x")
    assert report.quotes[0].differs == ("stuk",)
    assert "**blad**" in shown
    assert "nog eens beluisterd met small, in 17 seconden" in shown


@pytest.mark.parametrize(
    ("article", "statuses"),
    [
        ("Peter Jansen zei: ‘Je moet eerst luisteren’ (“You have to listen first”).", ["translated"]),
        ("Peter Jansen zei: ‘You have to listen first’.", ["translated"]),
        ("Peter Jansen zei: ‘Begin met een open oor’.", ["not found"]),
        ("Peter Jansen zei: ‘Begin met een open oor’ (“We never talked about it”).", ["not found", "not found"]),
    ],
)
def test_a_quote_in_another_language_is_a_translation_beside_its_original_and_never_exact(article, statuses):
    here = talk("sample")
    voice = next(voice for voice, named in here.names.items() if named.name == "Peter Jansen")
    last = here.passages.passages[-1]
    step = 0.4
    words = [
        last.words[0].model_copy(update={"start": last.end + i * step, "end": last.end + (i + 1) * step, "text": token})
        for i, token in enumerate(["You", "have", "to", "listen", "first."])
    ]
    english = last.model_copy(
        update={
            "id": "pe", "speaker": voice, "language": "en", "words": tuple(words),
            "start": words[0].start, "end": words[-1].end,
        }
    )  # fmt: skip
    passages = here.passages.model_copy(update={"passages": (*here.passages.passages, english)})
    report = check(article, passages, here.names, here.facts, here.recording, None)
    assert [quote.status for quote in report.quotes] == statuses
