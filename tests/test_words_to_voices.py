"""Every word gets the voice that said it, and none is lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import Move
from pipeline.models import Segment, Span, Transcript, Turn, Turns, Word
from pipeline.speech.moves import laid, misfits, spans_of
from pipeline.speech.passages import overlapped, passages


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


any_spans = st.lists(st.tuples(moments, moments).map(lambda pair: Span(start=min(pair), end=max(pair))), min_size=1)
any_moves = st.lists(
    st.builds(Move, spans=any_spans.map(tuple), to=st.lists(moments, max_size=4).map(tuple)), max_size=5
)


@given(any_words, any_turns, any_moves)
def test_words_are_neither_lost_nor_doubled_nor_reordered_for_any_turns_and_any_moves(words, turns, moves):
    made = passages(transcript(*words), turns, 2.5, 20, moves)
    assert tuple(word for passage in made.passages for word in passage.words) == words
    assert len({passage.id for passage in made.passages}) == len(made.passages)
    if not moves:
        assert all(p.speaker in {t.speaker for t in turns.turns} | {"A"} for p in made.passages)


@given(any_words, any_moves)
def test_a_move_that_no_longer_fits_changes_nothing(words, moves):
    given_ = ["A"] * len(words)
    fits = [move for move in moves if move not in misfits(words, moves)]
    assert laid(words, given_, moves) == laid(words, given_, fits)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 1), st.booleans()), min_size=1, max_size=40))
def test_what_a_person_chose_is_moved_and_no_other_word(raw):
    words, chosen, at = [], set(), 0.0
    for silence, length, picked in raw:
        words.append(Word(start=at + silence, end=at + silence + length, text="ja"))
        at = words[-1].end
        chosen |= {len(words) - 1} if picked else set()
    if chosen:
        labels = laid(words, ["A"] * len(words), [Move(spans=spans_of(words, chosen))])
        assert {i for i, label in enumerate(labels) if label == "B"} == chosen


def test_a_moved_passage_stays_moved_when_its_words_shift_a_little():
    turns = Turns(turns=(turn(0, 10, "A"), turn(10, 20, "B")))
    before = words_at("Een twee drie.", start=4), words_at("Vier vijf zes.", start=12)
    move = Move(spans=spans_of([*before[0], *before[1]], {3, 4, 5}), to=(4.6,))
    after = words_at("Een twee drie.", start=4.5), words_at("Vier vijf zes.", start=11.4)
    made = passages(transcript(*after[0], *after[1]), turns, 2.5, 90, [move])
    assert said(made) == [("A", "Een twee drie."), ("A", "Vier vijf zes.")]


def test_words_that_two_voices_share_are_marked():
    words = [Word(start=i, end=i + 0.8, text=f"w{i}") for i in range(8)]
    turns = [
        Turn(start=0, end=5, speaker="A"),
        Turn(start=2.9, end=4.5, speaker="B"),
        Turn(start=6, end=8, speaker="A"),
    ]
    assert [(span.start, span.end) for span in overlapped(words, turns)] == [(3, 4.8)]
    assert overlapped(words, turns[::2]) == ()
