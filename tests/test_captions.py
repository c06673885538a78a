"""What a given transcript promises: every line of it, at its time, with anonymous voices; or the line that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.models import Cue, Given, Segment, Transcript, Word
from pipeline.speech.captions import parse, read_given, to_vtt


def vtt(body: str) -> list[Cue]:
    return list(parse(f"WEBVTT\n\n{body}".encode(), "x.vtt").cues)


def test_voice_tags_become_anonymous_voices_in_order_of_appearance() -> None:
    cues = vtt(
        "00:09.000 --> 00:10.000\n<v Anna de Wit>Derde.\n\n00:01.000 --> 00:02.500\n<v.luid SPEAKER_07>Eerste.</v>\n\n"
        "00:03.000 --> 00:04.000\nTweede, van niemand.\n\n00:11.000 --> 00:12.000\n<v SPEAKER_07>Vierde.\n"
    )
    assert [(cue.voice, cue.text, cue.start, cue.end) for cue in cues] == [
        ("A", "Eerste.", 1, 2.5),
        (None, "Tweede, van niemand.", 3, 4),
        ("B", "Derde.", 9, 10),
        ("A", "Vierde.", 11, 12),
    ]


def test_tags_entities_and_positions_are_not_text() -> None:
    cues = vtt(
        "NOTE een opmerking\n\nSTYLE\n::cue { color: red }\n\nx1\n00:01.000 --> 00:02.000 align:left line:0\n"
        "<i>B&amp;W</i> zegt: <c.geel>3 &lt; 4</c>\nen <00:01.500>2 > 1\u200b\n"
    )
    assert [cue.text for cue in cues] == ["B&W zegt: 3 < 4 en 2 > 1"]


def test_two_voices_in_one_cue_share_its_time() -> None:
    cues = vtt("00:00.000 --> 00:10.000\n<v A>Is dat zo?\n<v B>Jazeker wel!!\n<v A>\n")
    assert [(cue.voice, cue.text) for cue in cues] == [("A", "Is dat zo?"), ("B", "Jazeker wel!!")]
    assert 0 < cues[0].end == cues[1].start < cues[1].end == 10


def test_subtitles_made_on_windows_are_read() -> None:
    one = "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<font color=red>Eén coördinator</font>\r\n\r\n"
    srt = one + "2\r\n1:00:03,500 --> 1:00:04,000\r\nTwee\r\n"
    for encoding in ("cp1252", "utf-8-sig", "utf-16"):
        cues = parse(srt.encode(encoding), "x.srt").cues
        assert [(cue.text, cue.start) for cue in cues] == [("Eén coördinator", 1), ("Twee", 3603.5)]


def test_the_language_of_a_file_is_kept() -> None:
    assert parse(b"WEBVTT\nKind: captions\nLanguage: en\n\n00:01.000 --> 00:02.000\nHi\n", "x.vtt").language == "en"
    assert parse(b'{"language": "de", "segments": [{"start": 0, "end": 1, "text": "Ja"}]}', "x.json").language == "de"
    assert parse(b'{"segments": [{"start": 0, "end": 1, "text": "Ja"}]}', "x.json").language == "nl"


def test_whispers_json_keeps_its_word_times_and_speakers() -> None:
    whisper = {"segments": [
        {"start": 0, "end": 2, "text": " Dag allemaal.", "speaker": "SPEAKER_01", "words": [
            {"word": " Dag", "start": 0, "end": 0.5, "probability": 0.9},
            {"word": " allemaal.", "start": 0.5, "end": 2, "score": 0.8}]},
        {"start": 2, "end": 3, "text": "In 2026.", "words": [
            {"word": "In", "start": 2, "end": 2.1}, {"word": "2026."}]},
        {"start": 3, "end": 4, "text": "  "},
    ]}  # fmt: skip
    cues = parse(json.dumps(whisper).encode(), "x.json").cues
    assert [(cue.voice, cue.text) for cue in cues] == [("A", "Dag allemaal."), (None, "In 2026.")]
    assert [(word.text, word.probability) for word in cues[0].words] == [("Dag", 0.9), ("allemaal.", 0.8)]
    assert cues[1].words == ()


def test_our_own_transcript_and_a_given_one_are_read_back() -> None:
    words = (Word(start=1, end=2, text="Goede", probability=0.5), Word(start=2, end=3, text="middag."))
    ours = Transcript(
        engine="e", model="m", language="nl", segments=(Segment(start=1, end=3, language="nl", words=words),)
    )
    cues = parse(ours.model_dump_json().encode(), "20-transcript.json").cues
    assert cues == (Cue(start=1, end=3, text="Goede middag.", words=words),)
    again = Given(source="x", cues=(Cue(start=0, end=1, text="Ja", voice="A"),))
    assert parse(again.model_dump_json().encode(), "10-given.json").cues == again.cues


BROKEN = {
    "x.vtt: 00:01.000 --> 00:02.000\nHoi": "x.vtt is no .vtt file: those begin with WEBVTT",
    "x.vtt:WEBVTT\n\n00:01:75.000 --> 00:02:00.000\nHoi": "x.vtt, line 3: '00:01:75.000 --> 00:02:00.000' is no time",
    "x.vtt:WEBVTT\n\n00:05.000 --> 00:02.000\nHoi": "x.vtt: ends (2.0) before it starts (5.0)",
    "x.vtt:WEBVTT\n": "x.vtt holds no line of text",
    "x.srt:zomaar tekst": "x.srt is no .srt file: those begin with a number and a time",
    "x.srt:1\n00:00:01,000 --> 00:00:02,000\nA\n\n00:00:03,000 --> 00:00:04,000\nB\n": (
        "x.srt: 1 of its cues cannot be read"
    ),
    'x.json:{\n"segments": [,]}': "x.json: Invalid JSON: expected value at line 2 column 14",
    'x.json:{"text": "hoi"}': "x.json: 'segments': Field required",
    'x.json:{"segments": ["hoi"]}': "x.json: 'segments.0': Input should be an object",
    'x.json:{"segments": [{"start": "nul", "end": 1, "text": "x"}]}': (
        "x.json: 'segments.0.start': Input should be a valid number, unable to parse string as a number"
    ),
    'x.json:{"segments": [{"start": 0, "end": NaN, "text": "x"}]}': (
        "x.json: 'segments.0.end': Input should be a finite number"
    ),
    'x.json:{"segments": [{"start": 3, "end": 1, "text": "x"}]}': (
        "x.json: 'segments.0': ends (1.0) before it starts (3.0)"
    ),
    "x.json:" + "[" * 200_000: "x.json: Invalid JSON: recursion limit exceeded at line 1 column 202",
}


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_transcript_is_told_with_its_line_or_field(tmp_path: Path, broken: str) -> None:
    name, _, text = broken.partition(":")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(PipelineError) as refused:
        read_given(tmp_path / name)
    assert refused.value.message == BROKEN[broken]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"notulen\.docx is no transcript that is read here"):
        read_given(tmp_path / "notulen.docx")
    with pytest.raises(PipelineError, match="cannot be read"):
        read_given(tmp_path / "absent.vtt")


TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**5), TEXT, st.sampled_from([None, "A"])), min_size=1)
)
def test_what_is_written_as_captions_is_read_back(lines: list[tuple[int, int, str, str | None]]) -> None:
    cues = [
        Cue(start=a / 1000, end=(a + d) / 1000, text=text, voice=voice) for a, d, text, voice in sorted(lines, key=str)
    ]
    cues.sort(key=lambda cue: cue.start)
    again = parse(to_vtt(cues).encode(), "x.vtt").cues
    assert [(c.text, c.voice) for c in again] == [(c.text, c.voice) for c in cues]
    assert [c.start for c in again] == pytest.approx([c.start for c in cues])


@pytest.mark.fault(7)
@given(st.binary(max_size=300), st.sampled_from(["x.vtt", "x.srt", "x.json"]))
def test_no_bytes_give_anything_but_a_transcript_or_a_sentence(raw: bytes, name: str) -> None:
    for prefix in (b"", b"WEBVTT\n\n00:01.000 --> 00:02.000\n", b"1\n00:00:01,000 --> 00:00:02,000\n"):
        told = ""
        try:
            assert parse(prefix + raw, name).cues
        except PipelineError as error:
            told = error.message
        assert "\n" not in told
