"""Voices are told apart, however many there are and however a recording sounds."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from pipeline.config import DiarizeParams, Machine, Webinar
from pipeline.models import Cue
from pipeline.speech import powerset, voices
from pipeline.speech.clustering import cluster, lent
from pipeline.speech.powerset import Piece
from pipeline.stages.diarize import STAGE, of_cues

SAMPLE = Path(__file__).parents[1] / "pipeline" / "sample"


def params(**told):
    return DiarizeParams(**{"hint": 0, **told})


def recording(shares, likeness, strangers=0.2, seed=0):
    """Pieces of 2 s: `shares` of each person, whose pieces are `likeness` alike and `strangers` like others'.

    `likeness` is one number, or one for each person.
    """
    random = np.random.default_rng(seed)
    common, *people = np.linalg.qr(random.normal(size=(256, len(shares) + 1)))[0].T
    who = random.permutation(np.repeat(np.arange(len(shares)), shares))
    noise = random.normal(size=(len(who), 256)) / 16
    alike = np.broadcast_to(likeness, len(shares))[who][:, None]
    unit = strangers**0.5 * common + (alike - strangers) ** 0.5 * np.array(people)[who] + (1 - alike) ** 0.5 * noise
    found = [Piece(i * 120, i * 120 + 118, i % 3) for i in range(len(who))]
    return unit.astype(np.float32), np.full(len(who), 1.8, np.float32), found, who


def same(labels, who):
    return len({*zip(labels.tolist(), who.tolist(), strict=True)}) == len({*labels.tolist()}) == len({*who.tolist()})


@pytest.mark.parametrize("likeness", [0.5, 0.6, 0.75, 0.85])
@pytest.mark.parametrize("shares", [(40,), (20, 20), (60, 5), (70, 12, 6, 3), (30, 20, 20, 10, 8, 5)])
def test_the_number_of_people_is_found_however_alike_their_pieces_sound(shares, likeness):
    unit, seconds, found, who = recording(shares, likeness)
    assert same(cluster(unit, seconds, found, params(), powerset.FRAME), who)


def test_somebody_who_sounds_more_varied_than_the_others_is_still_one_person():
    unit, seconds, found, who = recording((60, 30), (0.62, 0.3), strangers=0.05)
    assert same(cluster(unit, seconds, found, params(), powerset.FRAME), who)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_given_number_of_speakers_is_honoured(number):
    unit, seconds, found, _ = recording((30, 20, 15), 0.6)
    assert len(set(cluster(unit, seconds, found, params(speakers=number), powerset.FRAME).tolist())) == number
    most = cluster(unit, seconds, found, params(max_speakers=number), powerset.FRAME)
    assert len(set(most.tolist())) == min(3, number)
    least = cluster(unit, seconds, found, params(min_speakers=number), powerset.FRAME)
    assert len(set(least.tolist())) == max(3, number)


def test_told_of_fewer_people_a_few_odd_sentences_go_and_not_a_person():
    unit, seconds, found, who = recording((60, 40), 0.6, strangers=0.3)
    odd = np.random.default_rng(1).normal(size=256) / 16 + np.random.default_rng(2).normal(size=(3, 256)) / 24
    unit[[5, 50, 95]] = odd
    labels = cluster(unit, seconds, found, params(speakers=2), powerset.FRAME)
    assert same(np.delete(labels, [5, 50, 95]), np.delete(who, [5, 50, 95]))


@pytest.mark.parametrize("hint", [1, 2, 5, 9])
def test_the_people_that_the_user_named_are_no_constraint(hint):
    unit, seconds, found, who = recording((30, 20, 15), 0.6)
    assert same(cluster(unit, seconds, found, params(hint=hint), powerset.FRAME), who)


def test_one_cough_is_nobody():
    unit, seconds, found, who = recording((30, 20, 1), 0.6)
    assert len(set(cluster(unit, seconds, found, params(), powerset.FRAME).tolist())) == len(set(who.tolist())) - 1


def test_a_word_too_short_to_know_is_lent_the_voice_around_it_but_never_one_that_speaks_beside_it():
    found = [Piece(0, 100, 0), Piece(110, 115, 0), Piece(130, 300, 0), Piece(150, 155, 1), Piece(400, 500, 1)]
    assert lent(np.array([0, -1, 0, -1, 1]), found).tolist() == [0, 0, 0, 1, 1]


def windows_of(truth, step=148):
    """A truth (frames, 3) as the model would see it, the columns of each window shuffled."""
    random = np.random.default_rng(1)
    starts = range(0, len(truth) - powerset.FRAMES + 1, step)
    return np.stack([truth[s : s + powerset.FRAMES][:, random.permutation(3)] for s in starts]).astype(np.float32)


def test_stitching_undoes_the_order_of_voices_in_each_window():
    truth = np.zeros((589 + 148 * 6, 3))
    for column, first, end in [(0, 30, 400), (1, 380, 700), (2, 720, 1000), (0, 1000, 1400)]:
        truth[first:end, column] = 1
    found = powerset.pieces(powerset.stitched(windows_of(truth), 148))
    assert sum(piece.end - piece.first for piece in found) == truth.sum()
    for piece in found:  # each piece is of one person
        assert (truth[piece.first : piece.end].sum(axis=0) == piece.end - piece.first).any()


def test_two_voices_at_once_are_decoded_as_two():
    answers = np.full((1, 2, 7), -20.0, np.float32)
    answers[0, 0, 5] = answers[0, 1, 0] = 0
    assert powerset.decode(answers).round(3).tolist() == [[[1, 0, 1], [0, 0, 0]]]


loose = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(10, 118), st.integers(0, 2), st.integers(0, 4)), max_size=40
)


@given(loose, st.floats(1, 60))
def test_turns_lie_inside_the_recording_in_order_and_no_voice_overlaps_itself(raw, length):
    raw = sorted((first, first + size, column, who) for first, size, column, who in raw)
    turns = voices.turns([Piece(*row[:3]) for row in raw], np.array([row[3] for row in raw], dtype=int), length).turns
    assert [turn.start for turn in turns] == sorted(turn.start for turn in turns)
    assert all(0 <= turn.start < turn.end <= length + 0.001 for turn in turns)
    seen = list(dict.fromkeys(turn.speaker for turn in turns))
    assert seen == [voices.letter(index) for index in range(len(seen))]
    for voice in seen:
        mine = [turn for turn in turns if turn.speaker == voice]
        assert all(left.end <= right.start for left, right in pairwise(mine))


@settings(max_examples=30)
@given(loose)
def test_every_piece_of_speech_lies_in_exactly_one_block(raw):
    found = sorted(Piece(first, first + size, column) for first, size, column, _ in raw)
    blocks = powerset.blocks(found, 600)
    assert [index for block in blocks for index in block] == list(range(len(found)))


def test_voices_are_lettered_beyond_z():
    named = {0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"}
    assert {index: voices.letter(index) for index in named} == named


def test_a_transcript_with_voices_keeps_them_and_one_without_is_one_voice():
    cues = [("Ans", 0), (None, 5), ("Bea", 8), ("Ans", 12)]
    made = of_cues(tuple(Cue(start=at, end=at + 2, text="ja", voice=voice) for voice, at in cues))
    assert [(turn.speaker, turn.start) for turn in made.turns] == [("A", 0), ("A", 5), ("B", 8), ("A", 12)]
    assert of_cues((Cue(start=1, end=2, text="ja"), Cue(start=3, end=4, text="nee"))).voices == ["A"]


def test_naming_people_is_a_hint_to_the_stage():
    webinar = Webinar.model_validate({"speakers": [{"name": "Ans"}, {"name": "Bea"}]})
    assert STAGE.uses(webinar).hint == 2


def confusion(turns, lines):
    """Share of the script's seconds that stand under another voice than the one her voice mostly is."""
    names, heard = sorted({line["speaker"] for line in lines}), turns.voices
    shared = np.zeros((len(names), len(heard)))
    for line in lines:
        for turn in turns.turns:
            both = min(line["end"], turn.end) - max(line["start"], turn.start)
            shared[names.index(line["speaker"]), heard.index(turn.speaker)] += max(0, both)
    return 1 - shared[linear_sum_assignment(-shared)].sum() / shared.sum(), shared.sum()


def test_the_four_voices_of_the_sample_are_told_apart(tmp_path):
    import soundfile

    from pipeline.engines.onnx_diarizer import OnnxDiarizer

    samples, rate = soundfile.read(SAMPLE / "webinar.opus", dtype="int16")
    soundfile.write(tmp_path / "audio.flac", samples, rate)
    said, asked = [], lambda done, total, unit="s": said.append((done, total))
    turns = OnnxDiarizer().diarize(tmp_path / "audio.flac", params(hint=4), Machine(), asked)
    lines = json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))["lines"]
    spoken = sum(line["end"] - line["start"] for line in lines)
    wrong, found = confusion(turns, lines)
    assert len(turns.voices) == 4
    assert wrong < 0.01
    assert found > 0.97 * spoken
    assert said == sorted(said)
    assert said[-1][0] == said[-1][1] == pytest.approx(len(samples) / rate)
