"""A recording that was replaced: names and links move along when it is the same one, a little earlier or later."""

from __future__ import annotations

import json
import subprocess

import pytest

from pipeline.engines.ffmpeg import find_ffmpeg
from tests.conftest import SLUG


def pins(home):
    names = json.loads((home / "outputs" / SLUG / "edits" / "names.json").read_text(encoding="utf-8"))
    return [moment for pin in names["names"] for moment in pin["moments"]]


@pytest.fixture
def named(webinar, home, impressie):
    for stage in ("download", "transcribe", "diarize", "segment"):
        assert impressie("rerun", "proef", stage).code == 0
    assert impressie("speakers", "proef", "set", "A=Marieke Verhoeven").code == 0
    return home / "opname.m4a"


def cut(audio, seconds):
    """The same recording without its first seconds."""
    shorter = audio.with_name("korter.m4a")
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-y", "-ss", str(seconds), "-i", audio, "-c:a", "aac", shorter]
    subprocess.run(command, check=True)
    shorter.replace(audio)


def test_names_move_along_with_a_recording_whose_intro_was_cut_off(named, home, impressie):
    before = pins(home)
    cut(named, 7)
    said = impressie("rerun", "proef", "download")
    assert "earlier than before: edits and links are moved" in said.err
    assert pins(home) == pytest.approx([moment - 7 for moment in before], abs=0.1)
    again = impressie("rerun", "proef", "download")
    assert "the recording is the same as before" in again.err
    assert pins(home) == pytest.approx([moment - 7 for moment in before], abs=0.1)


def test_moved_voices_move_along_with_a_recording_whose_intro_was_cut_off(named, home, impressie):
    def times():
        moves = json.loads((home / "outputs" / SLUG / "edits" / "voices.json").read_text(encoding="utf-8"))["moves"]
        return [time for move in moves for span in move["spans"] for time in (span["start"], span["end"], *move["to"])]

    assert impressie("speakers", "proef", "move", "0:00:30", "A").code == 0
    before = times()
    cut(named, 7)
    for _ in range(2):
        assert impressie("rerun", "proef", "download").code == 0
        assert times() == pytest.approx([time - 7 for time in before], abs=0.1)


def test_another_recording_moves_nothing_and_says_what_no_longer_fits(named, home, impressie):
    before = pins(home)
    tone = [find_ffmpeg(), "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "anoisesrc=d=60:a=0.1", "-c:a", "aac"]
    subprocess.run([*tone, named], check=True)
    said = impressie("rerun", "proef", "download")
    assert "another recording than before" in said.err
    assert "edits/names.json no longer fits" in said.err
    assert pins(home) == before
