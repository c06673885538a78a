"""A name is put there by a person, or proposed on evidence; never by a mention."""

from __future__ import annotations

from pipeline.edits import Pin
from pipeline.models import Passage, Passages, Word
from pipeline.speech.names import moments_of, names_of, pinned

SPEAKERS = ("Marieke Verhoeven", "Joost van der Meer", "Saskia Brouwer", "Tom Hendriks")


def passages(*said):
    made = []
    for i, (voice, text) in enumerate(said):
        start = i * 10.0
        words = tuple(
            Word(start=start + j * 0.3, end=start + j * 0.3 + 0.2, text=t) for j, t in enumerate(text.split())
        )
        made.append(Passage(id=f"t{start}", start=start, end=start + 9, speaker=voice, words=words))
    return Passages(passages=tuple(made))


def named(made, pins=(), speakers=SPEAKERS):
    return {voice: (n.name, n.status) for voice, n in names_of(made, speakers, pins).items()}


def test_who_introduces_herself_is_proposed_also_when_misspelt():
    made = passages(
        ("A", "Mijn naam is Marieke Verhoeve en ik ben vandaag uw gespreksleider."),
        ("B", "Dank je, ik ben Joost van der Meer, projectleider."),
    )
    assert named(made) == {"A": ("Marieke Verhoeven", "proposed"), "B": ("Joost van der Meer", "proposed")}


def test_what_follows_a_name_does_not_hide_it():
    made = passages(("A", "Dag, ik ben Tom Hendriks van de Hogeschool Duinstreek."), ("B", "Ik ben Tom de Wit."))
    assert named(made) == {"A": ("Tom Hendriks", "proposed"), "B": (None, "unknown")}


def test_a_mention_is_never_an_introduction():
    made = passages(
        ("A", "Saskia Brouwer is voorzitter en Tom Hendriks doet onderzoek."),
        ("B", "Zoals Saskia Brouwer zegt, het dorp wil meepraten."),
        ("C", "Ik ben het met Tom Hendriks eens."),
    )
    assert all(status == "unknown" for _, status in named(made).values())


def test_who_answers_to_her_name_twice_is_proposed_once_is_not():
    once = (("A", "Wie begint? Saskia?"), ("B", "Ja, dat doe ik."))
    twice = (*once, ("A", "Saskia, wat zag jij?"), ("B", "Ik zag een kaart."))
    assert named(passages(*once))["B"] == (None, "unknown")
    assert named(passages(*twice))["B"] == ("Saskia Brouwer", "proposed")


def test_two_voices_that_claim_one_name_get_none():
    made = passages(("A", "Ik ben Tom Hendriks."), ("B", "Ik ben Tom Hendriks."))
    assert all(status == "unknown" for _, status in named(made).values())


def test_two_people_with_the_same_first_name_are_not_told_apart_by_it():
    speakers = ("Tom Hendriks", "Tom de Boer")
    made = passages(("A", "Tom?"), ("B", "Ja."), ("A", "Tom?"), ("B", "Nee."))
    assert named(made, speakers=speakers)["B"] == (None, "unknown")


def test_a_name_follows_the_voice_when_speaker_ids_swap():
    before = passages(("A", "Een zin."), ("B", "Nog een zin."), ("A", "En nog een."))
    pins = (Pin(name="Tom Hendriks", moments=moments_of(before, "A")),)
    after = passages(("B", "Een zin."), ("A", "Nog een zin."), ("B", "En nog een."))
    assert named(before, pins)["A"] == ("Tom Hendriks", "confirmed")
    assert named(after, pins)["B"] == ("Tom Hendriks", "confirmed")


def test_a_name_whose_moments_nobody_speaks_at_any_more_is_listed():
    made = passages(("A", "Een zin."))
    assert pinned(made, (Pin(name="Tom Hendriks", moments=(500.0,)),)) == ({}, ["Tom Hendriks"])


def test_a_persons_name_wins_from_a_proposal():
    made = passages(("A", "Ik ben Tom Hendriks."))
    assert named(made, (Pin(name="Thomas Hendriks", moments=(4.5,)),))["A"] == ("Thomas Hendriks", "confirmed")
