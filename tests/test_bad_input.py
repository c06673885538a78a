"""Bad input gets one sentence that says what is wrong, one that says what to do, and exit code 1 or 2."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pipeline.engines.ffmpeg import find_ffmpeg
from tests.conftest import SLUG


def lavfi(path, *options):
    subprocess.run([find_ffmpeg(), "-nostdin", "-v", "error", "-y", *options, path], check=True)


@pytest.fixture
def odd_files(home, speech):
    """Files that users try: empty, random, cut, silent film, too short, text, a playlist."""
    (home / "leeg.mp4").touch()
    (home / "ruis.mp3").write_bytes(bytes(range(256)) * 400)
    (home / "notulen.txt").write_text("Aanwezig: iedereen.")
    (home / "lijst.m3u8").write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")
    whole = speech.read_bytes()
    (home / "afgekapt.m4a").write_bytes(whole[: len(whole) // 2])
    lavfi(home / "stil.mp4", "-f", "lavfi", "-i", "color=c=black:s=64x64:d=8", "-an")
    lavfi(home / "kort.wav", "-f", "lavfi", "-i", "sine=d=0.1")
    (home / "kapot.vtt").write_text("WEBVTT\n\n00:00:05.000 --> gisteren\nHallo\n")
    (home / "leeg.vtt").write_text("WEBVTT\n")
    (home / "kapot.json").write_text('{"segments": 3}')
    shutil.copyfile(speech, home / "opname.m4a")
    return home


FILES = [
    ("run weg.mp4", "there is no file weg.mp4"),
    ("run nergens", "there is no webinar called 'nergens'"),
    ("run weg.toml", "there is no file weg.toml"),
    ("run leeg.mp4", "is empty"),
    ("run ruis.mp3", "'ruis.mp3'"),
    ("run ./notulen.txt", "notulen.txt"),
    ("run ./lijst.m3u8", "lijst.m3u8"),
    ("run afgekapt.m4a", "afgekapt.m4a"),
    ("run stil.mp4", "'stil.mp4' has no sound track"),
    ("run kort.wav", "kort.wav"),
    ("run file:///etc/passwd", "file:"),
    ("run ftp://voorbeeld.nl/x.mp4", "ftp:"),
    ("run http://127.0.0.1:9/x.mp4", "127.0.0.1"),
    ("run opname.m4a --transcript weg.vtt", "there is no file weg.vtt"),
    ("run opname.m4a --transcript kapot.vtt", "kapot.vtt"),
    ("run opname.m4a --transcript leeg.vtt", "leeg.vtt"),
    ("run opname.m4a --transcript kapot.json", "kapot.json"),
    ("run opname.m4a --transcript notulen.txt", "notulen.txt"),
    ("new", "nothing to begin with"),
    ("new opname.m4a --date gisteren", "'gisteren' is no date"),
    ("new opname.m4a --like vorige", "there is no webinar called 'vorige'"),
    ("models fetch reusachtig", "reusachtig"),
    ("forget nergens --yes", "there is no webinar called 'nergens'"),
    ("speakers nergens", "there is no webinar called 'nergens'"),
    ("--home leeg.mp4 run opname.m4a", "leeg.mp4"),
]


def one_sentence(said):
    """The error as a user reads it: one line, perhaps a hint, and never a traceback."""
    assert "Traceback" not in said.err
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said.err
    return errors[0]


@pytest.mark.parametrize(("command", "sentence"), FILES)
def test_a_bad_source_is_named_in_one_sentence(odd_files, impressie, command, sentence):
    said = impressie(*command.split())
    assert said.code == 1
    assert sentence in one_sentence(said)


WEBINARS = [
    ("rerun proef dansen", "there is no stage called 'dansen'"),
    ("rerun proef segment", "segment needs 20-transcript.json"),
    ("rerun proef transcribe", "needs"),
    ("rerun proef transcribe --set engine", "--set wants KEY=VALUE"),
    ("rerun proef transcribe --set stem=hoog", "there is no setting 'transcribe.stem'"),
    ("rerun proef transcribe --set beam=veel", "'transcribe.beam'"),
    ("rerun proef transcribe --set beam=0", "'transcribe.beam'"),
    ("rerun proef download --set kleur=rood", "download has no setting 'kleur'"),
    ("rerun proef check --set foo=1", "there is no setting 'check'"),
    ("rerun proef download --set from=abc", "'abc' is no time"),
    ("rerun proef diarize", "diarize needs 10-audio.flac"),
    ("run configs/default.toml", "default.toml holds settings"),
    ("diff proef", "has no article yet"),
    ("speakers proef", "nobody has been heard yet"),
    ("speakers proef noem A=Ali", "'speakers noem' is not known"),
    ("new opname.m4a", f"that is already here as {SLUG}"),
    ("run opname.m4a --transcript opname.m4a", f"that recording is already here as {SLUG}"),
]


@pytest.mark.parametrize(("command", "sentence"), WEBINARS)
def test_a_bad_command_for_a_webinar_is_named_in_one_sentence(webinar, impressie, command, sentence):
    said = impressie(*command.split())
    assert said.code == 1
    assert sentence in one_sentence(said)


TOMLS = [
    ('title = "Zonder aanhaling', "is not valid TOML"),
    ('tittel = "Tikfout"', "there is no setting 'tittel'"),
    ('url = "opname.m4a"\ndate = "vandaag"', "'date'"),
    ('url = "opname.m4a"\n[[speakers]]\nrol = "voorzitter"', "'speakers.0"),
    ('url = "opname.m4a"\nfrom = "straks"', "'straks' is no time"),
    ('url = "opname.m4a"\nfrom = "0:50"\nto = "0:20"', "'to' (20"),
    ('url = ["opname.m4a", "opname.m4a"]\nfrom = [1, 2, 3]', "from"),
    ('title = "Zonder bron"', "there is nothing to download"),
    ('url = "opname.m4a"\n[transcribe]\nengine = "wisper"', "there is no engine called 'wisper'"),
    ('url = "opname.m4a"\n[[speakers]]\nname = " "', "'speakers.0.name'"),
    ('url = "opname.m4a"\n[style]\nsections = [0, 2]', "'style.sections': write [at least, at most]"),
    ('url = "opname.m4a"\n[style]\ntitle = "Over {titel}"', "'style.title': may only hold {title}"),
    ('url = "opname.m4a"\n[diarize]\nspeakers = 0', "'diarize.speakers'"),
    ('url = "opname.m4a"\nduration = "lang"', "'lang' is no time"),
]


@pytest.mark.parametrize(("toml", "sentence"), TOMLS)
def test_a_mistake_in_a_toml_names_the_file_or_the_field(webinar, home, impressie, toml, sentence):
    shutil.copyfile(home / "opname.m4a", home / "ander.m4a")
    (home / "ander.toml").write_text(toml.replace("opname", "ander"), encoding="utf-8")
    said = impressie("run", "ander.toml")
    assert said.code == 1
    assert sentence in one_sentence(said)


def test_a_part_of_a_name_that_fits_two_webinars_names_both(webinar, home, impressie):
    (home / "configs" / "2026-04-01-proef.toml").write_text('url = "opname.m4a"')
    said = impressie("status", "proef")
    assert one_sentence(said) == f"error: 'proef' fits several webinars: {SLUG}, 2026-04-01-proef"


def test_an_unknown_engine_names_those_there_are(webinar, impressie):
    impressie("rerun", "proef", "download")
    said = impressie("rerun", "proef", "transcribe", "--set", "engine=wisper")
    assert said.err.endswith(
        "error: there is no engine called 'wisper'\n hint: known engines: faster-whisper, openai-whisper\n"
    )


def test_a_broken_house_style_is_named(webinar, home, impressie):
    (home / "configs" / "huisstijl.toml").write_text("woorden = 3")
    said = impressie("status", "proef")
    assert (said.code, "huisstijl.toml: there is no setting 'woorden'" in one_sentence(said)) == (1, True)


def test_the_doctor_makes_nothing(tmp_path, impressie):
    said = impressie("--home", str(tmp_path / "nergens"), "doctor")
    assert "Traceback" not in said.err
    assert "home" in said.out
    assert not (tmp_path / "nergens").exists()


def test_a_mistyped_name_makes_no_home(tmp_path, impressie, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert impressie("run", "bestaatniet").code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["dans", "run --snel x", "rerun", "status --jason", "models halen base"])
def test_a_command_that_does_not_exist_is_a_usage_error(home, impressie, command):
    said = impressie(*command.split())
    assert said.code == 2
    assert "Traceback" not in said.err
