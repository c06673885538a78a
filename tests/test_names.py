"""A name is put there by a person, or proposed on evidence; never by a mention."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.edits import Pin
from pipeline.models import Passage, Passages, Suspect, Word
from pipeline.speech.names import judge, moments_of, names_of, pinned

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


def dialogues():
    """Who says what, who may be there, and who gets a name: 'A: Ik ben Linda. | B: Dag. => A Linda Bakker'."""
    cast = ()
    lines = (Path(__file__).parent / "dialogues.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("# cast: "):
            cast = tuple(line.removeprefix("# cast: ").split(", "))
        elif " => " in line:
            yield pytest.param(*line.split(" => "), cast, id=f"line {number}")


@pytest.mark.parametrize(("said", "names", "cast"), list(dialogues()))
def test_a_dialogue_names_who_it_unequivocally_names_and_nobody_else(said, names, cast):
    made = passages(*(turn.split(": ", 1) for turn in said.split(" | ")))
    found = sorted(f"{voice} {n.name}" for voice, n in names_of(made, cast, ()).items() if n.name)
    assert (", ".join(found) or "nobody") == names


def candidates(made, voice, speakers=SPEAKERS, pins=()):
    judged = judge(made, speakers, pins)[voice]
    return judged.why, [(each.name, each.strength, each.kind) for each in judged.candidates]


def test_two_people_with_one_first_name_are_both_shown():
    made = passages(("A", "Tom, wat vind jij?"), ("B", "Goed."))
    assert candidates(made, "B", ("Tom Hendriks", "Tom de Boer")) == (
        "2 candidates",
        [("Tom Hendriks", "weak", "called, then speaks"), ("Tom de Boer", "weak", "called, then speaks")],
    )


def test_evidence_says_who_when_and_in_which_words():
    made = passages(
        ("A", "Welkom allemaal. Saskia, wat zag jij?"), ("B", "Een kaart, met acht molens erop, en die stond al vast."),
        ("A", "Dank je wel, Saskia."),
    )  # fmt: skip
    seen = [(each.strength, each.at, each.said) for each in judge(made, SPEAKERS, ())["B"].candidates]
    assert seen == [("fair", 0.6, "Saskia, wat zag jij?"), ("fair", 20.0, "Dank je wel, Saskia.")]
    assert named(made)["B"] == ("Saskia Brouwer", "proposed")


def test_one_hint_is_shown_and_not_enough():
    made = passages(("A", "Saskia, wat zag jij?"), ("B", "Een kaart."))
    assert candidates(made, "B") == ("one hint is not enough", [("Saskia Brouwer", "fair", "called, then speaks")])


def test_the_order_of_the_list_is_a_weak_hint_for_who_is_left_and_names_nobody():
    made = passages(("A", "Dag."), ("B", "Ik ben Marieke Verhoeven."), ("C", "Hallo."))
    assert candidates(made, "A") == ("nobody says who", [("Joost van der Meer", "weak", "order of the list")])
    assert candidates(made, "C") == ("nobody says who", [("Saskia Brouwer", "weak", "order of the list")])


def test_who_is_not_on_the_list_is_shown_and_makes_her_first_name_a_question():
    made = passages(
        ("A", "Ik ben Saskia de Vries."), ("B", "Saskia, wat zag jij?"), ("C", "Een kaart."),
        ("B", "Saskia, wat stond erop, weet je dat?"), ("C", "Molens."),
    )  # fmt: skip
    assert candidates(made, "A") == ("not in the list of speakers", [("Saskia de Vries", "strong", "introduction")])
    assert candidates(made, "C")[0] == "2 candidates"
    assert all(name is None for name, _ in named(made).values())


def test_a_voice_that_introduces_itself_by_two_names_gets_none():
    made = passages(("A", "Ik ben Tom Hendriks."), ("B", "Dag."), ("A", "Ik ben Saskia Brouwer."))
    assert candidates(made, "A")[0] == "2 candidates"


def test_who_calls_a_name_does_not_bear_it():
    made = passages(("A", "Ik ben Tom Hendriks."), ("A", "Tom, wat vind jij?"), ("B", "Goed."))
    assert candidates(made, "A")[0] == "this voice speaks to that person"


def test_words_that_may_be_invented_are_no_evidence():
    made = passages(("A", "Ik ben Tom Hendriks."))
    doubtful = made.model_copy(update={"suspects": (Suspect(start=0, end=9, reason="text on silence"),)})
    assert named(doubtful)["A"] == (None, "unknown")


def test_an_answer_that_comes_much_later_is_none():
    made = passages(*[("A", "Saskia, wat zag jij?"), ("B", "Een kaart.")] * 2)
    late = [p.model_copy(update={"words": tuple(
        word.model_copy(update={"start": word.start + 20 * i, "end": word.end + 20 * i}) for word in p.words
    )}) for i, p in enumerate(made.passages)]  # fmt: skip
    assert named(made)["B"][0] == "Saskia Brouwer"
    assert named(made.model_copy(update={"passages": tuple(late)}))["B"][0] is None


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


@pytest.mark.parametrize(
    "said",
    [
        "Ik ben Marieke heel dankbaar.",
        "Ik ben Joost vergeten te noemen.",
        "Ik ben Joost van de week nog tegengekomen.",
        "Ik ben Saskia Brouwer heel dankbaar.",
        "Ik ben Saskia Brouwer en haar ploeg dankbaar.",
        "Ik ben Tom Hendriks van harte dankbaar.",
        "Als u spreekt met Tom Hendriks over geluid, hoort u iets anders.",
    ],
)
@pytest.mark.parametrize("speakers", [SPEAKERS, ()])
def test_a_sentence_that_goes_on_after_the_name_is_a_mention(said, speakers):
    assert named(passages(("A", said)), speakers=speakers) == {"A": (None, "unknown")}


@pytest.mark.parametrize(
    "said",
    [
        "Ik ben Marieke.",
        "Ik ben Marieke (gespreksleider).",
        "Dag, ik ben Marieke, en ik leid het gesprek.",
        "Ik ben Marieke",
    ],
)
def test_a_lone_first_name_that_ends_the_sentence_is_an_introduction(said):
    assert named(passages(("A", said)))["A"] == ("Marieke Verhoeven", "proposed")


@pytest.mark.parametrize(
    ("heard", "other"),
    [
        ("Karin de Boer", "Karin de Groot"),
        ("Jan de Vries", "Jan de Wit"),
        ("Jan van der Meer", "Jan van der Molen"),
        ("Dennis de Kort", "Deniz Korkmaz"),
        ("Peter van Dam", "Marieke van Dam"),
    ],
)
def test_another_person_with_half_of_the_name_is_not_on_the_list(heard, other):
    for said in (f"Ik ben {heard}.", f"Mijn naam is {heard}, welkom."):
        assert named(passages(("A", said)), speakers=(other,)) == {"A": (None, "unknown")}


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("Denis Korkmas", "Deniz Korkmaz"),
        ("Ruben Asselberg", "Ruben Asselbergs"),
        ("Esmee van Rijswijck", "Esmée van Rijswijk"),
        ("Martin van Dermeer", "Martin van der Meer"),
        ("Martin van der Meer", "Martin Vandermeer"),
        ("Lieven van de Bosse", "Lieven Van den Bossche"),
        ("Hanneke Tol", "dr. Hanneke Tol"),
    ],
)
def test_a_name_that_the_recogniser_misspelt_is_the_one_on_the_list(heard, name):
    said = f"Goedemiddag, ik ben {heard} van de gemeente Polderland."
    assert named(passages(("A", said)), speakers=(name, "Saskia Brouwer"))["A"] == (name, "proposed")


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("Peter Jansen van de Universiteit Middenland", "Peter Jansen"),
        ("Peter Jansen van het VNG-kantoor", None),
        ("Peter Jansen van de gemeente Polderland", "Peter Jansen"),
        ("Linda Bakker van Westerdam", None),
        ("Anna van de Berg", "Anna van de Berg"),
        ("Anna van de Universiteit", None),
        ("Jan Willem van der Berg", "Jan Willem van der Berg"),
        ("Peter", None),
    ],
)
def test_without_a_list_a_name_ends_where_the_organisation_begins(heard, name):
    assert named(passages(("A", f"Ik ben {heard}.")), speakers=())["A"][0] == name


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
    pin = Pin(name="Tom Hendriks", moments=(500.0,))
    assert pinned(made, (pin,)) == ({}, [pin])


def test_two_names_pinned_to_one_voice_are_told_and_not_confirmed():
    made = passages(("A", "Een zin."), ("A", "Nog een zin."), ("A", "En nog een."))
    pins = (Pin(name="Tom Hendriks", moments=(4.0, 14.0)), Pin(name="Marieke Verhoeven", moments=(24.0,)))
    voice = names_of(made, SPEAKERS, pins)["A"]
    assert (voice.name, voice.status) == ("Tom Hendriks", "proposed")
    assert "Tom Hendriks" in voice.evidence
    assert "Marieke Verhoeven" in voice.evidence
    assert pinned(made, pins) == ({"A": ("Tom Hendriks", "Marieke Verhoeven")}, [pins[1]])


def test_four_named_voices_that_became_one_are_a_question():
    made = passages(*[("A", "Een zin.")] * 4)
    pins = tuple(Pin(name=name, moments=(4.0 + 10 * i,)) for i, name in enumerate(SPEAKERS))
    voice = names_of(made, SPEAKERS, pins)["A"]
    assert voice.status == "proposed"
    assert all(name in voice.evidence for name in SPEAKERS)


def test_one_stray_moment_among_many_does_not_unsettle_a_name():
    made = passages(*[("A", "Een zin.")] * 5)
    pins = (Pin(name="Tom Hendriks", moments=(4.0, 14.0, 24.0, 34.0)), Pin(name="Saskia Brouwer", moments=(44.0,)))
    assert named(made, pins)["A"] == ("Tom Hendriks", "confirmed")


def test_between_names_with_as_many_moments_the_one_given_last_wins():
    made = passages(("A", "Een zin."), ("A", "Nog een zin."))
    pins = (Pin(name="Tom Hendriks", moments=(4.0,)), Pin(name="Marieke Verhoeven", moments=(14.0,)))
    assert named(made, pins)["A"][0] == "Marieke Verhoeven"
    assert named(made, pins[::-1])["A"][0] == "Tom Hendriks"


def test_a_stray_moment_does_not_name_another_voice():
    before = passages(*[("A", f"Zin {n}.") for n in range(6)])
    pins = (Pin(name="Tom Hendriks", moments=moments_of(before, "A")),)
    after = passages(*[("A", f"Zin {n}.") for n in range(5)], ("B", "Zin 5."))
    assert named(after, pins) == {"A": ("Tom Hendriks", "confirmed"), "B": (None, "unknown")}


def test_a_persons_name_wins_from_a_proposal():
    made = passages(("A", "Ik ben Tom Hendriks."))
    assert named(made, (Pin(name="Thomas Hendriks", moments=(4.5,)),))["A"] == ("Thomas Hendriks", "confirmed")
