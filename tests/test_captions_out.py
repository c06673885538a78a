"""Captions can be read in the time they stand there, and say all that was said."""

from __future__ import annotations

import io
import re
from html import unescape
from itertools import pairwise

import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.export import captions
from pipeline.export.captions import LINE, SHORTEST, SPEED, broken, cues_of
from pipeline.models import Suspect, Word
from pipeline.speech.captions import parse
from tests.test_exports import APPROVAL, passage, talk

WORD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
TOKENS = st.one_of(
    WORD, st.sampled_from(["de", "wijk.", "ja,", "-->", "<b>", "&amp;", "{\\an8}", "één", "Wat?", "NOTE"])
)


@st.composite
def talks(draw):
    """Up to five turns of up to forty words, at any speed, with pauses, or over each other."""
    at, turns = 0.0, []
    for _ in range(draw(st.integers(1, 5))):
        said = []
        for text in draw(st.lists(TOKENS, min_size=1, max_size=40)):
            length = draw(st.floats(0, 0.8))
            said.append(Word(start=at, end=at + length, text=text))
            at += length + draw(st.sampled_from([0, 0, 0, 0.3, 2.5]))
        turn = passage(draw(st.sampled_from("AB")), "x", said[0].start)
        turns.append(turn.model_copy(update={"words": tuple(said), "end": said[-1].end}))
        at = max(0.0, at + draw(st.floats(-1, 3)))
    return talk(*turns)


def said(given_talk):
    return [word.text for turn in given_talk.passages.passages for word in turn.words]


def read_back(content, kind):
    return webvtt.from_buffer(io.StringIO(content.decode()), format=kind).captions


@settings(max_examples=150, deadline=None)
@given(talks())
def test_no_word_is_lost_in_captions(made):
    assert [word for cue in cues_of(made) for word in cue.words] == said(made)
    assert unescape(" ".join(cue.text for cue in read_back(captions.vtt(made), "vtt"))).split() == said(made)
    assert len(read_back(captions.srt(made), "srt")) == len(cues_of(made))


@settings(max_examples=150, deadline=None)
@given(talks())
def test_no_cue_overlaps_the_next_or_stands_less_than_a_second(made):
    cues = cues_of(made)
    assert all(cue.end - cue.start >= SHORTEST - 0.001 for cue in cues)
    assert all(cue.end <= later.start for cue, later in pairwise(cues))


@settings(max_examples=150, deadline=None)
@given(talks())
def test_cues_fit_two_lines_also_behind_a_name(made):
    for cue in [*read_back(captions.srt(made), "srt"), *read_back(captions.vtt(made), "vtt")]:
        lines = unescape(cue.text).split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= LINE


@settings(max_examples=150, deadline=None)
@given(talks())
def test_a_cue_that_is_too_fast_stands_until_the_next(made):
    cues = cues_of(made)
    for cue, later in zip(cues, [*cues[1:], None], strict=True):
        speed = len(" ".join(cue.words)) / (cue.end - cue.start)
        assert speed <= SPEED * 1.01 or (later and cue.end == later.start)


def test_words_come_back_from_webvtt_with_who_spoke():
    text = "Wat kost < 3 & meer --> dan <b>dat</b>?"
    [cue] = read_back(captions.vtt(talk(passage("A", text, 0))), "vtt")
    assert cue.voice == "Marieke Verhoeven"
    assert (
        parse(captions.vtt(talk(passage("A", "Drie < vier & vijf?", 0))), "x.vtt").cues[0].text == "Drie < vier & vijf?"
    )


def test_a_name_stands_at_a_change_of_speaker_only():
    turns = (passage("A", "Welkom allemaal.", 0), passage("A", "Daar gaan we.", 9), passage("B", "Dank je wel.", 15))
    texts = [cue.text for cue in read_back(captions.srt(talk(*turns)), "srt")]
    assert texts == ["MARIEKE VERHOEVEN: Welkom allemaal.", "Daar gaan we.", "TOM HENDRIKS: Dank je wel."]


def test_a_cue_ends_with_the_sentence_rather_than_with_the_line():
    text = "Dit is een eerste zin die vrij lang is geworden. En dit is een tweede zin, die ook lang is. Klaar."
    ends = [cue.words[-1] for cue in cues_of(talk(passage("A", text, 0)))]
    assert ends == ["geworden.", "Klaar."]


def test_a_line_does_not_end_with_the_article_of_the_next_word():
    said = "Wij liepen toen met z'n allen naar de vergadering in het dorp"
    upper, _ = broken(said.split())
    assert upper.split()[-1] not in ("de", "in", "het")


def test_what_the_recogniser_invented_is_left_out_and_told():
    turns = (passage("A", "Welkom allemaal.", 0), passage("B", "Ondertiteling door Amara.", 60))
    suspects = (Suspect(start=59, end=70, reason="known invention"), Suspect(start=0, end=1, reason="repeats itself"))
    vtt = captions.vtt(talk(*turns, suspects=suspects)).decode()
    assert "Amara" not in vtt
    assert "Welkom allemaal." in vtt
    assert "NOTE Weggelaten: 3 woorden die de spraakherkenning heeft verzonnen." in vtt


def test_a_concept_says_so_in_a_note():
    assert re.search(r"^NOTE CONCEPT", captions.vtt(talk()).decode(), re.MULTILINE)
    assert "CONCEPT" not in captions.vtt(talk(approval=APPROVAL)).decode()
