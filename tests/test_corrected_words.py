"""Words that a person put right: laid over the transcript, punctuation and times kept, and never lost in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import Correction
from pipeline.models import Segment, Transcript, Word
from pipeline.speech.corrections import corrected

PACE = 0.5


def transcript(*lines):
    made, at = [], 0.0
    for line in lines:
        words = [
            Word(start=at + i * PACE, end=at + (i + 1) * PACE, text=t, probability=0.9)
            for i, t in enumerate(line.split())
        ]
        at = words[-1].end
        made.append(Segment(start=words[0].start, end=at, language="nl", words=tuple(words)))
    return Transcript(engine="fake", model=None, language="nl", segments=tuple(made))


def after(line, heard, written, *at):
    made, misfits = corrected(transcript(line), [Correction(heard=heard, written=written, at=at)])
    return " ".join(word.text for word in made.words), misfits


@pytest.mark.parametrize(
    ("line", "heard", "written", "becomes"),
    [
        ("Zo zegt (muldert), en Muldert’s buurman.", "Muldert", "Mulder", "Zo zegt (Mulder), en Muldert’s buurman."),
        ("Dank, ‘Denis Korkmas’!", "denis korkmas", "Deniz Korkmaz", "Dank, ‘Deniz Korkmaz’!"),
        ("Met Rene. René zei niets.", "Rene", "René", "Met René. René zei niets."),
        ("Algoritme register, ja.", "algoritme register", "algoritmeregister", "Algoritmeregister, ja."),
        ("Uit dat algoritme register.", "algoritme register", "algoritmeregister", "Uit dat algoritmeregister."),
        ("Een wethouderarends zei dat.", "wethouderarends", "wethouder Arends", "Een wethouder Arends zei dat."),
        ("Dat kost 1,5 of 15 euro.", "15", "50", "Dat kost 1,5 of 50 euro."),
        ("Ja, enzovoort.", "enzovoort", "enz.", "Ja, enz."),
        ("AI en nog eens AI.", "AI", "AI AI", "AI AI en nog eens AI AI."),
    ],
)  # fmt: skip
def test_a_correction_replaces_words_and_keeps_the_punctuation_around_them(line, heard, written, becomes):
    assert after(line, heard, written) == (becomes, [])


def test_times_are_kept_where_the_words_are_as_many_and_spread_where_they_are_not():
    line = transcript("Met Denis Korkmas van algoritme register af.")
    made, _ = corrected(line, [Correction(heard="Denis Korkmas", written="Deniz Korkmaz")])
    assert [(w.start, w.end) for w in made.words] == [(w.start, w.end) for w in line.words]
    made, _ = corrected(line, [Correction(heard="algoritme register", written="het grote algoritmeregister")])
    assert [(w.text, w.start, round(w.end, 2)) for w in made.words[4:7]] == [
        ("het", 2.0, 2.33), ("grote", 2.333, 2.67), ("algoritmeregister", 2.667, 3.0)
    ]  # fmt: skip


def test_a_person_is_sure_of_what_she_writes():
    made, _ = corrected(transcript("Met Muldert erbij."), [Correction(heard="Muldert", written="Mulder")])
    assert [word.probability for word in made.words] == [0.9, None, 0.9]


def test_a_correction_at_a_moment_holds_there_only_also_when_the_words_moved_a_little():
    line = "De vis en de vis en de vis."
    assert after(line, "vis", "Vis", 2.0) == ("De vis en de Vis en de vis.", [])
    assert after(line, "vis", "Vis", 4.8) == ("De vis en de vis en de Vis.", [])


def test_a_correction_that_fits_nowhere_any_more_is_told_and_changes_nothing():
    line = "De vis en de hond."
    assert after(line, "kat", "poes") == (line, [Correction(heard="kat", written="poes")])
    text, misfits = after(line, "vis", "Vis", 0.6, 40.0)
    assert text == "De Vis en de hond."
    assert misfits == [Correction(heard="vis", written="Vis", at=(40.0,))]


def test_a_later_correction_sees_what_an_earlier_one_wrote():
    two = [Correction(heard="Muldert", written="Mulder"), Correction(heard="Mulder", written="Muller", at=(0.5,))]
    made, misfits = corrected(transcript("Met Muldert en Muldert."), two)
    assert " ".join(word.text for word in made.words) == "Met Muller en Mulder."
    assert not misfits


def test_words_over_the_border_of_two_segments_are_corrected_too():
    made, _ = corrected(
        transcript("Met Lieven van de", "Bos. Welkom."), [Correction(heard="van de Bos", written="Van den Bossche")]
    )
    assert [word.text for word in made.words] == ["Met", "Lieven", "Van", "den", "Bossche.", "Welkom."]
    assert len(made.segments) == 2


texts = st.lists(st.sampled_from(["de", "De,", "vis.", "‘vis’", "1,5", "één", "-"]), min_size=1, max_size=12).map(
    " ".join
)


@given(texts, st.sampled_from(["vis", "de vis", "een", "15"]), st.sampled_from(["Vis", "een rode vis", "de."]))
def test_all_other_words_stay_as_they_were_in_their_order(line, heard, written):
    before = transcript(line)
    made, _ = corrected(before, [Correction(heard=heard, written=written)])
    kept = [word for word in made.words if word.probability is not None]
    assert kept == [word for word in before.words if word in kept]
    assert all(a.end <= b.start + 1e-6 for a, b in zip(made.words, made.words[1:], strict=False))
