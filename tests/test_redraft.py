"""One section again: everything else byte for byte as it was, and what a person wrote only when she says so."""

from __future__ import annotations

import json

import pytest

from tests.conftest import SLUG
from tests.test_reruns import done, whole  # noqa: F401 fixtures


@pytest.fixture
def home(done, home):  # noqa: F811
    """A home with a webinar that was run whole."""
    return home


def folder(home):
    return home / "outputs" / SLUG


def sections(text):
    """The text before the first heading, and each section."""
    return text.split("\n## ")


def article(home):
    return (folder(home) / "50-article.md").read_text(encoding="utf-8")


def test_only_the_section_that_was_asked_for_changes(home, impressie):
    before = sections(article(home))
    said = impressie("redraft", SLUG, "--section", "1")
    after = sections(article(home))
    assert said.code == 0
    assert len(before) == len(after)
    assert before[1] != after[1]
    assert before[:1] + before[2:] == after[:1] + after[2:]


def test_the_new_section_is_checked_by_the_next_run_and_nothing_before_it_runs_again(home, impressie):
    impressie("redraft", SLUG, "--section", "1")
    said = impressie("run", SLUG)
    assert "✓ rehear" in said.err
    assert "✓ check" in said.err
    assert "✓ transcribe" not in said.err
    assert "✓ draft" not in said.err
    report = json.loads((folder(home) / "60-check.json").read_text(encoding="utf-8"))
    assert {quote["status"] for quote in report["quotes"]} <= {"exact", "cleaned"}


def edited(home, old, new):
    path = folder(home) / "50-article.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_section_that_a_person_changed_is_left_alone_unless_she_says_so(home, impressie):
    heading = sections(article(home))[1].split("\n")[0]
    edited(home, f"## {heading}", "## Een kop van mij")
    said = impressie("redraft", SLUG, "--section", "1")
    mine = folder(home) / "edits" / "article.md"
    assert said.code == 1
    assert "--discard-edits" in said.err
    assert "## Een kop van mij" in mine.read_text(encoding="utf-8")
    assert impressie("redraft", SLUG, "--section", "1", "--discard-edits").code == 0
    assert "## Een kop van mij" not in mine.read_text(encoding="utf-8")
    assert any(
        "Een kop van mij" in kept.read_text(encoding="utf-8") for kept in (folder(home) / "edits" / "kept").iterdir()
    )


def test_what_a_person_changed_elsewhere_stays_letter_for_letter(home, impressie):
    edited(home, "# Impressie webinar", "# Mijn impressie van het webinar")
    assert impressie("redraft", SLUG, "--section", "1").code == 0
    mine = (folder(home) / "edits" / "article.md").read_text(encoding="utf-8")
    assert mine.startswith("# Mijn impressie van het webinar")
    assert sections(mine)[1:] == sections(article(home))[1:]


@pytest.mark.parametrize("number", ["0", "9", "-1"])
def test_a_section_that_is_not_there_is_named(home, impressie, number):
    said = impressie("redraft", SLUG, "--section", number)
    assert said.code == 1
    assert f"there is no section {number}" in said.err


def test_an_article_that_is_out_of_date_is_run_first(home, impressie):
    toml = home / "configs" / f"{SLUG}.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("wijken", "buurten"), encoding="utf-8")
    said = impressie("redraft", SLUG, "--section", "1")
    assert said.code == 1
    assert "not up to date" in said.err
