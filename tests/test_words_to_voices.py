"""Every word gets the voice that said it, and none is lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Segment, Transcript, Turn, Turns, Word
from pipeline.speech.passages import passages


def words_at(text, start=0.0, step=0.4):
    return tuple(
        Word(start=round(start + i * step, 2), end=round(start + (i + 1) * step, 2), text=t)
        for i, t in enumerate(text.split())
    )


def transcript(*words, language="nl"):
    segment = Segment(start=words[0].start, end=words[-1].end, language=language, words=words)
    return Transcript(engine="fake", model=None, language="nl", segments=(segment,))


def said(made):
    return [(p.speaker, p.text) for p in made.passages]


def turn(start, end, speaker):
    return Turn(start=start, end=end, speaker=speaker)


def test_a_turn_that_begins_a_word_late_does_not_cut_the_sentence():
    words = words_at("Dat is het plan. Ik zie dat anders.")
    turns = Turns(turns=(turn(0, 2.0, "A"), turn(2.0, 3.2, "B")))  # the true edge is at 1.6
    assert said(passages(transcript(*words), turns, 2.5, 90)) == [
        ("A", "Dat is het plan."),
        ("B", "Ik zie dat anders."),
    ]


def test_a_short_interjection_between_sentences_keeps_its_voice():
    words = words_at("Wij deden het. Precies. En toen ging het goed.")
    turns = Turns(turns=(turn(0, 1.2, "A"), turn(1.2, 1.6, "B"), turn(1.6, 4, "A")))
    assert [s for s, _ in said(passages(transcript(*words), turns, 2.5, 90))] == ["A", "B", "A"]


def test_a_slip_of_the_diarizer_inside_a_sentence_is_taken_back():
    words = words_at("Wij deden het in de wijk samen met bewoners.")
    turns = Turns(turns=(turn(0, 1.2, "A"), turn(1.2, 1.6, "B"), turn(1.6, 4, "A")))
    assert said(passages(transcript(*words), turns, 2.5, 90)) == [("A", "Wij deden het in de wijk samen met bewoners.")]


def test_words_outside_every_turn_go_to_the_nearest_one():
    words = words_at("Ja hoor.", start=10)
    turns = Turns(turns=(turn(0, 2, "A"), turn(11.5, 20, "B")))
    assert said(passages(transcript(*words), turns, 2.5, 90)) == [("B", "Ja hoor.")]


def test_without_turns_there_is_one_voice():
    assert said(passages(transcript(*words_at("Hallo daar.")), Turns(turns=()), 2.5, 90)) == [("A", "Hallo daar.")]


def test_a_long_silence_begins_a_new_passage_of_the_same_voice():
    words = (*words_at("Tot zover."), *words_at("Dan nu het volgende.", start=9))
    made = passages(transcript(*words), Turns(turns=(turn(0, 20, "A"),)), 2.5, 90)
    assert [p.id for p in made.passages] == ["t0.00", "t9.00"]


def test_another_language_begins_a_passage_that_says_so():
    dutch = Segment(start=0, end=1, language="nl", words=words_at("Welkom."))
    english = Segment(start=1, end=3, language="en", words=words_at("Thank you very much.", start=1))
    both = Transcript(engine="fake", model=None, language="nl", segments=(dutch, english))
    made = passages(both, Turns(turns=(turn(0, 9, "A"),)), 2.5, 90)
    assert [p.language for p in made.passages] == ["nl", "en"]


moments = st.floats(0, 60, allow_nan=False).map(lambda x: round(x, 2))
any_turns = st.lists(
    st.tuples(moments, st.floats(0, 10).map(lambda x: round(x, 2)), st.sampled_from("ABC")), max_size=12
).map(lambda raw: Turns(turns=tuple(turn(s, s + d, v) for s, d, v in raw)))
any_words = st.lists(
    st.tuples(
        moments, st.floats(0, 1.5).map(lambda x: round(x, 2)), st.sampled_from(["ja", "nee.", "en", "wat?", "dus"])
    ),
    min_size=1,
    max_size=60,
).map(lambda raw: tuple(Word(start=s, end=s + d, text=t) for s, d, t in sorted(raw)))


@given(any_words, any_turns)
def test_words_are_neither_lost_nor_doubled_nor_reordered_for_any_turns(words, turns):
    made = passages(transcript(*words), turns, 2.5, 20)
    assert tuple(word for passage in made.passages for word in passage.words) == words
    assert len({passage.id for passage in made.passages}) == len(made.passages)
    assert all(p.speaker in {t.speaker for t in turns.turns} | {"A"} for p in made.passages)
