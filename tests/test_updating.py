"""What has to keep up with YouTube is renewed, and nothing else; where that cannot be, one sentence says so."""

from __future__ import annotations

import datetime as dt
import sys
from importlib import metadata

import pytest

from pipeline import doctor, updating
from pipeline.errors import PipelineError


def pretend(monkeypatch, script):
    monkeypatch.setattr(updating, "installer", lambda: (sys.executable, "-c", script))


def test_only_what_must_stay_young_is_asked_for():
    command = updating.installer()
    assert command[:4] == (sys.executable, "-m", "pip", "install")
    assert [word for word in command[4:] if not word.startswith("-")] == [
        "only-if-needed",
        "yt-dlp[default,deno]",
        "deno",
    ]


def test_without_pip_uv_does_it_and_without_both_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(updating.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(updating.shutil, "which", lambda _: "/usr/bin/uv")
    command = updating.installer()
    assert command[:3] == ("/usr/bin/uv", "pip", "install")
    assert [command[i + 1] for i, word in enumerate(command) if word == "--upgrade-package"] == list(updating.YOUNG)
    monkeypatch.setattr(updating.shutil, "which", lambda _: None)
    with pytest.raises(PipelineError, match="neither pip nor uv"):
        updating.installer()


def test_what_is_new_is_told(monkeypatch, impressie):
    told = iter([{"yt-dlp": "2026.1.1", "deno": "2.9.8"}, {"yt-dlp": "2026.11.20", "yt-dlp-ejs": "1", "deno": "2.9.8"}])
    monkeypatch.setattr(updating, "versions", lambda: next(told))
    pretend(monkeypatch, "")
    said = impressie("update")
    assert said.code == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["yt-dlp", "2026.1.1", "→", "2026.11.20"],
        ["yt-dlp-ejs", "absent", "→", "1"],
        ["deno", "2.9.8", "is", "the", "newest"],
    ]


def test_without_a_connection_nothing_changes_and_one_sentence_says_so(monkeypatch, impressie):
    before = updating.versions()
    pretend(monkeypatch, "import sys; sys.exit('WARNING: try 1\\nERROR: No matching distribution found for yt-dlp\\n')")
    said = impressie("update")
    assert said.code == 1
    assert "nothing could be renewed (ERROR: No matching distribution found for yt-dlp)" in said.err
    assert "Traceback" not in said.err
    assert updating.versions() == before


@pytest.mark.parametrize(("days", "advised"), [(10, False), (61, True)])
def test_the_doctor_advises_it_after_sixty_days(monkeypatch, impressie, days, advised):
    day = dt.date.today() - dt.timedelta(days)
    real = metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: f"{day:%Y.%-m.%-d}" if name == "yt-dlp" else real(name)
    )
    assert ("→ impressie update" in impressie("doctor").out) == advised
