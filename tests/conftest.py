"""A home of one's own per test, a minute of real speech, and the command line called as a user calls it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import begin, webinars
from pipeline.cli import main
from pipeline.engines.ffmpeg import find_ffmpeg
from tests.recordings import make_media

FAKES = """
title = "Proefwebinar over wijken"
date = "2026-03-05"
organisers = ["Kring voor Proefnemingen"]
url = "{audio}"

[[speakers]]
name = "Marieke Verhoeven"
role = "gespreksleider"
organisation = "Kring voor Proefnemingen"

[[speakers]]
name = "Tom Hendriks"
role = "onderzoeker"
organisation = "Hogeschool Duinstreek"

[transcribe]
engine = "fake"
batch = 1

[diarize]
engine = "fake"

[rehear]
engine = "fake"
"""
SLUG = "2026-03-05-proefwebinar-over-wijken"


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def no_surprises(monkeypatch, tmp_path_factory):
    """No test looks into the user's own caches but for weights, which are fetched once."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(scope="session")
def speech(tmp_path_factory) -> Path:
    """The first 100 seconds of the sample webinar, as a user might have them: an m4a."""
    file = tmp_path_factory.mktemp("speech") / "opname.m4a"
    sample = Path(begin.SAMPLE).with_name("webinar.opus")
    subprocess.run(
        [find_ffmpeg(), "-nostdin", "-v", "error", "-i", sample, "-t", "100", "-c:a", "aac", "-b:a", "48k", file],
        check=True,
    )
    return file


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home, which is also the current folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    webinars.make_home(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def webinar(home, speech) -> Path:
    """A webinar with fake engines that has not been run yet: the path of its TOML."""
    audio = home / "opname.m4a"
    shutil.copyfile(speech, audio)
    toml = home / "configs" / f"{SLUG}.toml"
    toml.write_text(FAKES.format(audio=audio.as_posix()), encoding="utf-8")
    return toml


@pytest.fixture
def impressie(capsys, monkeypatch):
    """Call the command line in this process: impressie("run", "x") → Said."""

    def call(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["impressie", *arguments])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def media(tmp_path_factory) -> Path:
    """A folder with the same twenty seconds in several kinds of file."""
    return make_media(tmp_path_factory.mktemp("media"))
