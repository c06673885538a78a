"""Earlier articles are measured, and propose the house style that fits them."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article.habits import measure, proposals
from pipeline.settings import HouseStyle

PLAIN = """Verslag webinar ‘De dijk en wij’

Wie betaalt de dijk? En wie beslist erover? Twee bestuurders spraken erover.

Samen de dijk op

Anna Vermeer, heemraad, betoogde: ‘Een dijk is nooit af, wie dat denkt heeft nog nooit natte voeten gehad in de tuin.’

Bert Dijkstra, wethouder, merkte op: ‘Wij betalen mee, maar dan willen we ook meepraten over de weg die erbovenop ligt.’

Het hele gesprek is op ons youtube-kanaal te bekijken.
"""
MARKED = PLAIN.replace("Verslag", "# Verslag", 1).replace("Samen de dijk op", "## Samen de dijk op")


@pytest.mark.parametrize("text", [PLAIN, MARKED])
def test_plain_text_and_markdown_are_measured_alike(text):
    found = measure(text, "dijk")
    assert found.title == "Verslag webinar ‘{title}’"
    assert found.headings == (4,)
    assert found.questions == 2
    assert found.quotes == (17, 15)
    assert found.verbs == {"betoogde": 1, "merkte op": 1}
    assert not found.pull_quote


def test_what_differs_from_the_house_style_is_proposed_and_nothing_else():
    made = {one.setting: one.proposed for one in proposals([measure(PLAIN, "dijk")], HouseStyle())}
    assert made["title"] == "Verslag webinar ‘{title}’"
    assert made["closing"] == "Het hele gesprek is {where} te bekijken."
    assert made["say"][0] == "betoogde"
    assert made["words"][0] <= measure(PLAIN, "dijk").words <= made["words"][1]
    assert made["sections"] == (1, 2)
    assert made["pull_quote"] is False
    assert {"questions", "heading", "quote"} & set(made) == set()


def test_two_articles_give_the_range_between_them():
    long = PLAIN.replace("Twee bestuurders spraken erover.", "Twee bestuurders spraken erover. " * 60)
    made = {one.setting: one.proposed for one in proposals([measure(PLAIN, "a"), measure(long, "b")], HouseStyle())}
    assert made["words"][0] <= measure(PLAIN, "a").words < measure(long, "b").words <= made["words"][1]


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_measured_and_what_it_proposes_is_a_house_style(text):
    style = HouseStyle()
    made = {one.setting: one.proposed for one in proposals([measure(text, "x")], style)}
    HouseStyle.model_validate(style.model_dump() | made)


def test_learning_writes_the_settings_keeps_the_comments_and_has_then_learnt(home, impressie, tmp_path):
    file = tmp_path / "dijk.txt"
    file.write_text(PLAIN, encoding="cp1252")
    said = impressie("style", "learn", str(file), "--write")
    toml = home / "configs" / "huisstijl.toml"
    text = toml.read_text(encoding="utf-8")
    assert said.code == 0
    assert "betoogde" in said.out
    assert "# De huisstijl van de impressie." in text
    assert tomllib.loads(text)["title"] == "Verslag webinar ‘{title}’"
    assert "fit the house style as it is" in impressie("style", "learn", str(file)).out


@pytest.mark.parametrize("content", [None, b"", b"\x00\x01"])
def test_what_is_no_article_is_told_in_one_sentence(home, impressie, tmp_path, content):
    file = tmp_path / "x.md"
    if content is not None:
        file.write_bytes(content)
    said = impressie("style", "learn", str(file))
    assert said.code == 1
    assert said.err.count("error:") == 1


ARTICLE = """# Verslag webinar ‘De sloot’

Wie maait de sloot? Anna Vos vertelde erover.

## Maaien in mei

Anna Vos SAID: ‘Wij maaien pas als de eenden weg zijn.’ Om daaraan toe te voegen: ‘En geen dag eerder.’

LAST
"""


def made(said="opperde", last="Slot."):
    article = ARTICLE.replace("SAID", said).replace("LAST", last)
    return {one.setting: one.proposed for one in proposals([measure(article, "sloot")], HouseStyle())}


@pytest.mark.parametrize(
    ("last", "closing"),
    [
        ("De opname is op [YouTube](https://youtu.be/x) te zien.", "De opname is {where} te zien."),
        ("De opname is op het YouTube-kanaal van de Kring voor Sloten te zien.", "De opname is {where} te zien."),
        ("Anna bedankte 120 kijkers. De opname staat op YouTube.", "De opname staat {where}."),
        ("De opname is op het YouTube-kanaal van onze kring te zien.", None),
        ("Op het youtube-kanaal van de Kring vind je de opname.", None),
        ("Op YouTube keken 120 mensen de opname terug.", None),
        ("Veel mensen keken op YouTube mee.", None),
    ],
)
def test_a_closing_line_is_proposed_only_where_nothing_of_one_webinar_stays_in_it(last, closing):
    assert made(last=last).get("closing") == closing


def test_a_verb_that_the_program_did_not_know_is_learnt_and_counts_once():
    assert measure(ARTICLE.replace("SAID", "opperde"), "sloot").verbs == {"opperde": 1}
    assert measure(ARTICLE.replace("SAID", "zei"), "sloot").verbs == {"zei": 1}
    assert made()["say"][0] == "opperde"


@pytest.mark.parametrize(
    ("title", "form"),
    [("Foto's bij 'De kolk'", "Foto's bij ‘{title}’"), ("{x} ‘De kolk’", None), ("Een dag zonder", None)],
)
def test_the_form_of_a_title_ignores_apostrophes_and_braces(title, form):
    assert measure(f"# {title}\n\nTekst.", "kolk").title == form
