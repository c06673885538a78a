"""From draft to publication in the terminal: approve, export, import, diff."""

from __future__ import annotations

import json

import docx
import pytest

from tests.conftest import SLUG
from tests.test_reruns import done, whole  # noqa: F401 fixtures


@pytest.fixture
def home(done, home):  # noqa: F811
    return home


def folder(home):
    return home / "outputs" / SLUG


def approved(impressie):
    """Named, and all that is still open let stand with a reason."""
    impressie("speakers", SLUG, "set", "A=Marieke Verhoeven", "B=Tom Hendriks")
    impressie("run", SLUG)
    still_open = int(impressie("approve", SLUG, "--name", "Els Kok").err.split("error: ")[1].split()[0])
    return impressie("approve", SLUG, "--name", "Els Kok", *["--waive", "nagevraagd"] * still_open)


def test_approval_is_refused_while_something_is_to_be_settled(home, impressie):
    said = impressie("approve", SLUG, "--name", "Els Kok")
    assert said.code == 1
    assert "to be settled before this can be approved" in said.err


def test_approval_needs_a_name(home, impressie):
    assert "an approval needs a name" in impressie("approve", SLUG).err


def test_what_is_open_can_stand_with_a_reason_for_each(home, impressie):
    said = approved(impressie)
    assert said.code == 0
    assert "(let stand)" in said.out
    review = json.loads((folder(home) / "edits" / "review.json").read_text(encoding="utf-8"))
    [approval] = review["approvals"]
    assert approval["who"] == "Els Kok"
    assert {waiver["reason"] for waiver in approval["waivers"]} == {"nagevraagd"}
    assert approval["text"] == (folder(home) / "edits" / "article.md").read_text(encoding="utf-8")


def test_status_says_who_approved_and_whether_that_still_holds(home, impressie):
    approved(impressie)
    assert "  approved by Els Kok of " in impressie("status", SLUG).out
    path = folder(home) / "edits" / "article.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nNog iets.\n", encoding="utf-8")
    assert "no longer holds: the approval by Els Kok" in impressie("status", SLUG).out


def test_more_reasons_than_objections_are_refused(home, impressie):
    assert impressie("approve", SLUG, "--name", "Els", *["--waive", "x"] * 99).code == 1


@pytest.mark.parametrize("kind", ["docx", "docx-met-bronnen", "html", "md", "vtt", "srt", "transcript.docx", "pack"])
def test_every_export_says_that_it_is_a_concept_until_it_was_approved(home, impressie, kind):
    impressie("export", SLUG, "--to", kind)
    approved(impressie)
    impressie("export", SLUG, "--to", kind)
    names = [path.name for path in (folder(home) / "export").iterdir()]
    assert sorted(name.startswith("CONCEPT") for name in names) == [False, True]


def test_an_export_that_does_not_exist_is_told(home, impressie):
    said = impressie("export", SLUG, "--to", "pdf")
    assert said.code == 1
    assert "docx" in said.err


def test_what_was_changed_in_word_becomes_the_article_after_it_was_shown(home, impressie):
    impressie("export", SLUG, "--to", "docx", "--file", "artikel.docx")
    paper = docx.Document("artikel.docx")
    lead = next(p for p in paper.paragraphs if p.text.endswith("?") or "?" in p.text)
    lead.runs[0].text = f"In Word toegevoegd? {lead.runs[0].text}"
    paper.save("terug.docx")
    said = impressie("import", SLUG, "terug.docx", "--yes")
    assert "+In Word toegevoegd?" in said.out
    article = (folder(home) / "edits" / "article.md").read_text(encoding="utf-8")
    assert article.count("In Word toegevoegd?") == 1
    assert "CONCEPT" not in article
    assert len(article.splitlines()) == len((folder(home) / "50-article.md").read_text(encoding="utf-8").splitlines())


def test_word_and_back_without_a_change_changes_nothing(home, impressie):
    impressie("export", SLUG, "--to", "docx", "--file", "artikel.docx")
    assert "No difference." in impressie("import", SLUG, "artikel.docx", "--yes").err
    assert not (folder(home) / "edits" / "article.md").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04kapot", b"\xff\xfe\x00", b"%PDF-1.7"])
def test_a_file_that_is_no_article_is_refused_in_one_sentence(home, impressie, content):
    (home / "kapot.docx").write_bytes(content)
    said = impressie("import", SLUG, "kapot.docx", "--yes")
    assert said.code == 1
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err


def test_review_of_a_webinar_that_is_not_there_is_told(home, impressie):
    assert "there is no webinar called 'nergens'" in impressie("review", "nergens", "--no-browser").err


def test_a_port_that_is_taken_is_told(home, impressie):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = impressie("review", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert said.code == 1
    assert "cannot be used" in said.err
