"""A transcript that already exists is as good as one of our own, with or without its recording."""

from __future__ import annotations

import json
import re
import shutil

import pytest

VTT = """WEBVTT

00:00:01.000 --> 00:00:06.000
<v Voorzitter>Goedemiddag en welkom bij het webinar over de wijk.

00:00:06.500 --> 00:00:10.000
<v Voorzitter>Hoe zorg je dat bewoners vanaf het begin kunnen meepraten?

00:00:11.000 --> 00:00:19.000
<v Gast>Een gemeente die pas luistert als de kaart al klaar is, luistert te laat. Vertrouwen kost jaren om op te bouwen.

00:00:20.000 --> 00:00:28.000
<v Gast>Wij hebben met 240 bewoners gesproken, en dat was de beste avond van het hele jaar.
"""


def folder(home):
    return next(path for path in (home / "outputs").iterdir() if path.is_dir())


@pytest.fixture
def vtt(home):
    path = home / "verslag.vtt"
    path.write_text(VTT, encoding="utf-8")
    return path


def test_a_transcript_without_a_recording_becomes_an_article(home, vtt, impressie):
    said = impressie("run", "--transcript", "verslag.vtt")
    assert said.code == 0, said.err
    assert re.findall(r"✓ (\w+)", said.err) == [
        "download",
        "transcribe",
        "diarize",
        "segment",
        "draft",
        "rehear",
        "check",
    ]
    assert "skipped: there is no recording to listen to" in said.err
    turns = json.loads((folder(home) / "30-turns.json").read_text(encoding="utf-8"))["turns"]
    assert [turn["speaker"] for turn in turns] == ["A", "A", "B", "B"]
    words = json.loads((folder(home) / "20-transcript.json").read_text(encoding="utf-8"))["segments"][0]["words"]
    assert words[0]["probability"] is None
    assert "Gast" not in (folder(home) / "50-article.md").read_text(encoding="utf-8")
    assert impressie("run", "--transcript", "verslag.vtt").err.startswith("Everything is up to date")


def test_a_transcript_beside_a_recording_is_used_and_the_quotes_are_heard(home, vtt, speech, impressie):
    shutil.copyfile(speech, home / "opname.m4a")
    assert impressie("new", "opname.m4a", "--transcript", "verslag.vtt", "--title", "De wijk").code == 0
    assert impressie("rerun", "wijk", "download").code == 0
    said = impressie("rerun", "wijk", "transcribe")
    assert "words (nl)" in said.err
    assert impressie("rerun", "wijk", "diarize").err.count("(given)") == 1
    recording = json.loads((folder(home) / "10-recording.json").read_text(encoding="utf-8"))
    assert recording["duration"] == pytest.approx(100, abs=0.2)


def test_next_months_webinar_takes_over_organisers_speakers_and_terms(webinar, home, vtt, impressie):
    (home / "configs" / "woordenlijst.toml").write_text('glossary = ["omgevingsplan"]', encoding="utf-8")
    said = impressie(
        "new", "--transcript", "verslag.vtt", "--like", "proef", "--title", "Vervolg", "--date", "2026-04-02"
    )
    assert said.code == 0, said.err
    text = (home / "configs" / "2026-04-02-vervolg.toml").read_text(encoding="utf-8")
    assert 'name = "Tom Hendriks"' in text
    assert '"Kring voor Proefnemingen"' in text
    assert '"omgevingsplan"' in text
    assert '[transcribe]\nengine = "fake"' in text
    assert "about" not in text


def test_a_transcript_corrected_on_disk_is_read_again(home, vtt, impressie):
    assert impressie("run", "--transcript", "verslag.vtt").code == 0
    vtt.write_text(VTT.replace("240 bewoners", "480 bewoners"), encoding="utf-8")
    assert impressie("run", "--transcript", "verslag.vtt").code == 0
    assert "480 bewoners" in (folder(home) / "40-transcript.md").read_text(encoding="utf-8")


def test_a_toml_run_twice_keeps_the_setting_that_stuck(home, speech, impressie):
    (home / "mijn.toml").write_text(f'url = "{speech.as_posix()}"\n[transcribe]\nengine = "fake"\n', encoding="utf-8")
    impressie("run", "mijn.toml")
    slug = next(path.stem for path in (home / "configs").glob("2*.toml"))
    assert impressie("rerun", slug, "transcribe", "--set", "model=small").code == 0
    said = impressie("run", "mijn.toml")
    assert "mijn.toml is not read again" in said.err
    assert 'model = "small"' in (home / "configs" / f"{slug}.toml").read_text(encoding="utf-8")
