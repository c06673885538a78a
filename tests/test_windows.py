"""Speech is cut into windows that a recogniser can hear, and none of it is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Segment, Span, Word
from pipeline.speech import windows
from pipeline.speech.suspects import suspects


def spans_of(raw):
    made, clock = [], 0.0
    for gap, length in raw:
        made.append(Span(start=clock + gap, end=clock + gap + length))
        clock = made[-1].end
    return made


speech = st.lists(st.tuples(st.floats(0.2, 20), st.floats(0.1, 70)), max_size=25).map(spans_of)


@given(speech)
def test_every_second_of_speech_lies_in_exactly_one_window_of_at_most_thirty_seconds(spans):
    length = (spans[-1].end if spans else 0) + 1
    packed = list(windows.pack(spans, length))
    assert all(window.duration <= windows.HEARD + 0.01 for window in packed)
    assert all(left.end <= right.start + 1e-6 for left, right in pairwise(packed))
    for span in spans:
        assert abs(sum(span.overlap(window) for window in packed) - span.duration) < 1e-6


def test_windows_end_in_a_pause_where_there_is_one():
    packed = list(windows.pack([Span(start=0, end=14), Span(start=15, end=29), Span(start=30, end=44)], 45))
    assert [(round(w.start, 1), round(w.end, 1)) for w in packed] == [(0, 29.2), (29.8, 44.2)]


def test_silence_and_noise_hold_no_speech_and_reading_stays_within_a_block():
    asked = []

    def read(start, end):
        asked.append(end - start)
        rng = np.random.default_rng(1)
        noise = rng.standard_normal(round((end - start) * 16_000)).astype(np.float32) * 0.01
        return noise if start else np.zeros_like(noise)

    assert not any(spans for spans, _ in windows.speech(read, 700))
    assert sum(asked) >= 700
    assert max(asked) <= windows.BLOCK


def segment(text, start=0.0, end=5.0, **facts):
    words = tuple(Word(start=start, end=end, text=t) for t in text.split())
    return Segment(start=start, end=end, language="nl", words=words, **facts)


SPEECH = [Span(start=0, end=100)]


def reasons(*segments, heard=SPEECH):
    return [s.reason for s in suspects(segments, heard)]


@pytest.mark.parametrize(
    "text",
    [
        "Ondertitels ingediend door de Amara.org gemeenschap",
        "TV GELDERLAND 2021",
        "Ondertiteling: NPO",
        "Bedankt voor het kijken!",
        "Thank you so much for watching.",
        "Subtitles by the community",
        "Untertitel im Auftrag des Senders",
        "Sous-titrage Société",
        "MUZIEK.",
        "ZACHTE MUZIEK",
        "[Applaus]",
        "(gelach)",
        "♪ ♪",
        "이덕영입니다.",
    ],
)
def test_known_inventions_are_marked_alone_and_after_what_was_said(text):
    assert reasons(segment(text)) == ["known invention"]
    said = segment(" ".join(["We zijn er."] * 2 + ["Dat duurt nog wel even met al die kaarten."] * 2))
    words = (*said.words, *segment(text, 5, 6).words)
    assert [(s.start, s.reason) for s in suspects([said.model_copy(update={"words": words})], SPEECH)] == [
        (5.0, "known invention")
    ]


def test_loops_text_on_silence_and_mere_guesses_are_marked():
    assert reasons(segment("het is " * 9)) == ["repeats itself"]
    assert reasons(*[segment("Ik hoor niets meer.", n, n + 1) for n in range(4)]) == ["repeats itself"]
    assert reasons(segment("Bedankt en tot ziens.", 200, 205)) == ["text on silence"]
    assert reasons(segment("wat een tekst", compression_ratio=3.0)) == ["repeats itself"]
    assert reasons(segment("eh eh", avg_logprob=-0.7, no_speech_prob=0.8)) == ["text on silence"]
    assert reasons(segment("eh eh", avg_logprob=-1.4, no_speech_prob=0.1)) == ["hardly understood"]
    guessed = [word.model_copy(update={"probability": 0.05}) for word in segment("we er nu hebben.").words]
    assert reasons(segment("Ja.").model_copy(update={"words": tuple(guessed)})) == ["hardly understood"]


def test_ordinary_sentences_are_not_marked():
    assert (
        reasons(
            segment("Nee, nee, nee, nee, dat is echt niet waar."),
            segment("Ik hoor niets meer."),
            segment("Ik hoor niets meer."),
            segment("Er was muziek in de zaal, en applaus."),
            segment("MUZIEK is ook kunst, zei de wethouder van Cultuur."),
            segment("Welkom bij het webinar (deel twee) over ’s-Hertogenbosch, señor Müller."),
            segment("Wij spraken met de leverancier over het copyright op de teksten die de gemeente al jaren maakt."),
            segment("Wij kwamen met een kaart.", compression_ratio=1.2, avg_logprob=-0.3, no_speech_prob=0.01),
            segment("Dat zien we heel vaak.", compression_ratio=1.6, avg_logprob=-0.2, no_speech_prob=0.77),
        )
        == []
    )
