"""What download promises of files, parts and transcripts; and what it says of a recording that is replaced."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.artifacts import AUDIO, GIVEN
from pipeline.edits import Names, Pin
from pipeline.errors import PipelineError
from pipeline.models import Receipt
from pipeline.stage import Job
from pipeline.stages.download import STAGE
from tests.recordings import RATE, babble, job, recording_of


def test_a_file_gives_its_title_date_and_sound_and_always_the_same(media, tmp_path):
    made = job(tmp_path, url=str(media / "speech.m4a"))
    assert STAGE.run(made) == "20.0 s of sound"
    recording = recording_of(made)
    assert (recording.title, str(recording.published)) == ("Open data", "2026-03-04")
    assert recording.link(3) is None
    assert made.notes == []
    again = job(tmp_path / "again", url=str(media / "speech.m4a"))
    STAGE.run(again)
    assert recording_of(again) == recording


def test_a_webinar_of_two_parts_is_one_recording(media, tmp_path):
    sources = [str(media / "speech.m4a"), str(media / "speech.opus")]
    made = job(tmp_path, url=sources, **{"from": [2, "0:05"], "to": ["0:12", 0]})
    assert STAGE.run(made) == "25.0 s of sound, with 2 parts"
    parts = recording_of(made).parts
    assert [(part.start, round(part.end, 1), part.offset) for part in parts] == [(2, 12, 0), (5, 20, 10)]
    sound, _ = soundfile.read(made.outputs[AUDIO])
    told, _ = soundfile.read(media / "speech.wav")
    for at, where in ((4, 6), (14, 9)):  # a second of the whole, and where it was in its part
        ours, theirs = sound[at * RATE : (at + 1) * RATE], told[where * RATE : (where + 1) * RATE]
        assert np.corrcoef(loudness(ours), loudness(theirs))[0, 1] > 0.95


def loudness(sound: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(sound[: len(sound) // 160 * 160].reshape(-1, 160) ** 2, axis=1))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"url": ["a", "b"], "from": 3}, "'url' has 2 and 'from' 1"),
        ({"url": "a", "from": 60, "to": 30}, "'to' (30.0 s) is not after 'from' (1:00)"),
        ({}, "there is nothing to download"),
        ({"url": "absent.mp3"}, "there is no file absent.mp3"),
        ({"url": "{media}"}, "cannot be opened"),
        ({"url": "{media}/mute.mp4"}, "'mute.mp4' has no sound track"),
        ({"url": "{media}/speech.m4a", "from": 40}, "'speech.m4a' ends before 40.0 s"),
        ({"url": "{media}/speech.opus", "from": 40}, "'speech.opus' ends before 40.0 s"),
        ({"url": "{media}/speech.m4a", "to": 50}, "'speech.m4a' ends before 50.0 s"),
        ({"url": "{media}/speech.mp3", "to": 3}, "'speech.mp3' is too short: 3.0 s of sound"),
        ({"url": "{media}/speech.opus", "duration": 60}, "'duration' says 1:00 and the recording has 20.0 s"),
        ({"transcript": "absent.vtt"}, "there is no file absent.vtt"),
        ({"transcript": "{media}/speech.wav"}, "speech.wav is no transcript that is read here"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_recording_is_told(media, tmp_path, facts, sentence):
    told = {key: value.format(media=media) if isinstance(value, str) else value for key, value in facts.items()}
    with pytest.raises(PipelineError, match=re.escape(sentence)):
        STAGE.run(job(tmp_path, **told))


VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Goedemiddag.\n\n00:08.000 --> 00:09.500\n<v Bart>Dank je wel.\n"


def test_a_transcript_alone_is_a_webinar_too(tmp_path):
    (tmp_path / "raad.vtt").write_text(VTT)
    made = job(tmp_path, transcript=str(tmp_path / "raad.vtt"))
    assert STAGE.run(made) == "a transcript of 9.5 s, without a recording"
    recording = recording_of(made)
    assert (recording.title, recording.duration, recording.audio) == ("raad", 9.5, None)
    assert [cue.voice for cue in GIVEN.load(made.outputs[GIVEN]).cues] == ["A", "B"]
    assert AUDIO not in made.outputs


def test_a_transcript_beside_a_recording_follows_its_begin(media, tmp_path):
    (tmp_path / "raad.vtt").write_text(VTT)
    made = job(tmp_path, url=str(media / "speech.m4a"), transcript=str(tmp_path / "raad.vtt"), **{"from": 3})
    assert STAGE.run(made) == "17.0 s of sound, with a transcript"
    assert [(cue.start, cue.text) for cue in GIVEN.load(made.outputs[GIVEN]).cues] == [(5, "Dank je wel.")]


# A recording that is replaced ---------------------------------------------------------------------

TALK = babble(60, seed=7)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> Job:
    """A webinar of 60 seconds that has run, as the runner leaves it."""
    folder = tmp_path_factory.mktemp("first")
    soundfile.write(folder / "talk.wav", TALK, RATE)
    made = job(folder, url=str(folder / "talk.wav"))
    STAGE.run(made)
    shutil.move(made.outputs[AUDIO], made.folder / AUDIO.file)
    sha256 = hashlib.sha256((made.folder / AUDIO.file).read_bytes()).hexdigest()
    made.previous = Receipt(
        stage="download", version=1, params={}, inputs={}, outputs={AUDIO.file: sha256},
        started="2026-01-01T00:00:00Z", seconds=1,
    )  # fmt: skip
    (made.folder / "edits").mkdir()
    names = Names(names=(Pin(name="Anna", moments=(15.5, 40)),))
    (made.folder / "edits" / "names.json").write_text(names.model_dump_json())
    return made


def replaced(before: Job, sound: np.ndarray) -> Job:
    path = Path(before.params.sources[0])
    soundfile.write(path, sound, RATE)
    made = job(before.folder.parent.parent, before.previous, url=str(path))
    STAGE.run(made)
    return made


def test_a_recording_that_did_not_change_is_said_to_be_the_same(first_run):
    made = replaced(first_run, TALK)
    assert made.notes == ["the recording is the same as before"]
    assert made.chose == {}


def test_a_softer_copy_is_the_same_recording(first_run):
    made = replaced(first_run, 0.5 * TALK + 0.001 * babble(60, seed=8))
    assert made.notes == ["the recording sounds the same as before"]
    assert "shift" not in made.chose


@pytest.mark.parametrize("seconds", [12.4, -7.3])
def test_an_intro_that_came_or_went_moves_the_edits(first_run, seconds):
    samples = round(abs(seconds) * RATE)
    sound = np.concatenate([babble(20, seed=3)[:samples], TALK]) if seconds > 0 else TALK[samples:]
    made = replaced(first_run, sound)
    assert made.chose["shift"] == pytest.approx(seconds, abs=0.02)
    way = "later" if seconds > 0 else "earlier"
    assert made.notes == [f"the recording begins {abs(seconds)} s {way} than before: edits and links are moved"]


def test_a_recording_with_a_piece_cut_out_tells_which_edits_lost_their_sound(first_run):
    made = replaced(first_run, np.concatenate([TALK[: 30 * RATE], TALK[50 * RATE :]]))
    assert "shift" not in made.chose
    assert made.notes == [
        "this is another recording than before (60 s, now 40 s): check your edits",
        "edits/names.json no longer fits at 40.0 s: that sound is not in the new recording",
    ]


def test_another_recording_fits_no_edit(first_run):
    made = replaced(first_run, babble(60, seed=99))
    assert made.notes[1] == "edits/names.json no longer fits at 15.5 s, 40.0 s: that sound is not in the new recording"
