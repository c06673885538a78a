"""Each quote is heard twice, and the words that came out otherwise are marked."""

from __future__ import annotations

import pytest

from pipeline.stages.rehear import compared


@pytest.mark.parametrize(
    ("first", "second", "kept", "differs"),
    [
        ("Zij zagen een plan.", "zij zagen een plan", "zij zagen een plan", ()),
        ("Zij zagen een plan.", "Maar zij zagen een plan. En", "zij zagen een plan.", ()),
        ("Zij zagen een plan.", "Zij zagen geen plan.", "Zij zagen geen plan.", ("een",)),
        ("Zij zagen een plan.", "Zij zagen plan.", "Zij zagen plan.", ("een",)),
        ("Zij zagen plan.", "Zij zagen een plan.", "Zij zagen een plan.", ("een",)),
        ("Wel veertig van de 90.000", "Wel 40 van de negentigduizend", "Wel 40 van de negentigduizend", ()),
        ("heel dichtbij de huizen", "heel dicht bij de huizen", "heel dicht bij de huizen", ()),
        ("Helemaal iets anders.", "", "", ("Helemaal", "iets", "anders.")),
    ],
)
def test_only_words_inside_the_quote_that_differ_are_marked(first, second, kept, differs):
    words, marked = compared(first.split(), second.split())
    assert (" ".join(words), marked) == (kept, differs)
