"""A name that changed later is offered at each place where the old one stands."""

from __future__ import annotations

from pipeline.article.renames import Change, occurrences, replaced

TEXT = "Joost van der Meer opende. Van der Meer zei: ‘Ja.’ Volgens Van der Meer was het druk; de meer dan volle zaal."


def test_the_whole_name_and_the_surname_alone_are_offered():
    places = occurrences(TEXT, Change("Joost van der Meer", "Joost van der Veer"))
    assert [place.written for place in places] == ["Joost van der Meer", "Van der Meer", "Van der Meer"]
    assert replaced(TEXT, places) == TEXT.replace("der Meer", "der Veer")


def test_only_the_chosen_places_change():
    places = occurrences(TEXT, Change("Joost van der Meer", "Joost Smit"))
    assert replaced(TEXT, places[:1]).startswith("Joost Smit opende. Van der Meer zei")


def test_a_surname_that_two_share_is_left_alone():
    found = occurrences("Anna Bakker en Bakker", Change("Anna Bakker", "Anna Smit"), ["Piet Bakker", "Anna Smit"])
    assert [place.written for place in found] == ["Anna Bakker"]


def test_a_trade_is_no_name():
    assert occurrences("de bakker op de hoek", Change("Linda Bakker", "Linda Smit")) == []


def test_a_voice_without_a_name_gets_one():
    found = occurrences("Spreker 2 zei ja, spreker 21 niet.", Change("Spreker 2", "Linda Smit"))
    assert [place.instead for place in found] == ["Linda Smit"]
