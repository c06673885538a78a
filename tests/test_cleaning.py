"""A quote is what was said: only what may go goes, twice is the same as once, and the check can prove it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.article.cleaning import clean, explain, protected
from pipeline.article.text import NEGATIONS, norm, number

VOCABULARY = """
    eh uh hè ja nou maar en want dus zeg weet je niet geen nooit nee ik we de het een gemeente raad Joost Brouwer
    12 240 drie die dat is besluit besl- boos, vraag, ja, nou, eh, hè, en, zeg, maar, dan dan, staat. moet? AI Ik De
"""
WORDS = st.sampled_from(VOCABULARY.split())
SENTENCES = st.lists(WORDS, min_size=1, max_size=24)


@pytest.mark.parametrize(
    ("spoken", "printed"),
    [
        ("En, eh, dat is, eh, dat is niet de fout van de burger.", "Dat is niet de fout van de burger."),
        (
            "Je moet, allez, je moet eerst vragen, hè, en pas daarna bouwen.",
            "Je moet eerst vragen, en pas daarna bouwen.",
        ),
        ("Dat is gewoon, ja, dat is gewoon behoefte.", "Dat is gewoon behoefte."),
        ("De mensen die ernaar kijken, zeg maar.", "De mensen die ernaar kijken."),
        ("Wij wilden, we wil- we wilden niet wachten.", "Wij wilden, we wilden niet wachten."),
        ("Ik denk dat dat goed is.", "Ik denk dat dat goed is."),
        ("Dus ging ik naar huis.", "Dus ging ik naar huis."),
        ("Nee, nee, dat doen we niet.", "Nee, nee, dat doen we niet."),
        ("Dan is de vraag, wie betaalt het?", "Dan is de vraag: wie betaalt het?"),
        (
            "Er zaten mensen in de zaal, en Ik denk dat De Wit er was.",
            "Er zaten mensen in de zaal, en ik denk dat De Wit er was.",
        ),
        ("'s Ochtends rijdt er niets", "'s Ochtends rijdt er niets."),
        (
            "Een straat is, eh, een straat is de voorkamer, een plein is dat niet.",
            "Een straat is de voorkamer, een plein is dat niet.",
        ),
    ],
)
def test_fillers_openers_and_repetitions_go_and_nothing_else(spoken: str, printed: str) -> None:
    assert clean(spoken.split()).text == printed


@given(SENTENCES)
@settings(max_examples=300, deadline=None)
def test_cleaning_twice_is_cleaning_once(words: list[str]) -> None:
    once = clean(words).text
    assert clean(once.split()).text == once


@given(SENTENCES)
@example(["Joost", "besl-", "Joost"])
@settings(max_examples=300, deadline=None)
def test_no_negation_number_or_name_is_ever_lost(words: list[str]) -> None:
    kept = [norm(word) for word in clean(words).text.split()]
    for word in words:
        if norm(word) in NEGATIONS or number(word) is not None or word in ("Joost", "Brouwer"):
            assert kept.count(norm(word)) == [norm(one) for one in words].count(norm(word))


@given(SENTENCES)
@settings(max_examples=300, deadline=None)
def test_only_words_that_were_said_remain_in_their_order(words: list[str]) -> None:
    said = iter([norm(word) for word in words if norm(word)])
    assert all(norm(word) in said for word in clean(words).text.split() if norm(word))


@given(SENTENCES)
@settings(max_examples=300, deadline=None)
def test_every_edit_is_recorded(words: list[str]) -> None:
    cleaned = clean(words)
    gone = sum(len(edit.text.split()) for edit in cleaned.edits if edit.kind != "punctuation")
    assert len(cleaned.text.split()) == len(words) - gone


def test_the_proof_accepts_what_an_editor_may_do() -> None:
    spoken = "En, eh, wij dachten, wij dachten dat het gesprek, hè, dat het gesprek pas begint. En dat is zo."
    edits = explain(spoken.split(), "Wij dachten dat het gesprek [met bewoners] pas begint … dat is zo.")
    assert edits is not None
    assert {edit.kind for edit in edits} >= {"opener", "filler", "repetition", "explanation"}


@pytest.mark.parametrize(
    "printed",
    [
        "Wij willen wel wachten op de raad.",
        "Wij willen wachten op de raad.",
        "Wij willen … wachten op de raad.",
        "Wij willen niet wachten op het college.",
        "Wij willen beslist niet wachten op de raad.",
        "Wij willen niet wachten.",
    ],
)
def test_the_proof_refuses_other_words_and_a_lost_negation(printed: str) -> None:
    assert explain(["Wij", "willen", "niet", "wachten", "op", "de", "raad."], printed) is None


def test_a_name_at_the_start_of_a_sentence_has_its_capital_from_its_place() -> None:
    assert protected("Raad")
    assert not protected("Raad", first=True)
