"""Words put right on the command line: seen at once, everywhere or at a moment, and remembered for the next webinar."""

from __future__ import annotations

import json
import re

import pytest

from pipeline import webinars
from pipeline.artifacts import CHECK, PASSAGES
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.test_replaced_recordings import cut


def spoken(home):
    made = PASSAGES.load((Workspace(home, SLUG).folder / PASSAGES.file).read_bytes())
    return " ".join(passage.text for passage in made.passages)


def corrections(home):
    return json.loads((Workspace(home, SLUG).folder / "edits" / "words.json").read_text(encoding="utf-8"))["words"]


@pytest.fixture
def run(webinar, home, impressie):
    """A webinar that has been run, in which the recogniser hears 'bewoners' more than once."""
    assert impressie("run", "proef").code == 0
    return webinar


def test_a_correction_is_seen_at_once_and_only_what_follows_is_made_again(run, home, impressie):
    before = spoken(home).count("bewoners")
    said = impressie("words", "proef", "set", "bewoners=inwoners", "kaart = plattegrond")
    assert said.code == 0
    assert f"‘bewoners’ is now written ‘inwoners’ ({before} places)" in said.err
    assert "bewoners" not in spoken(home)
    assert spoken(home).count("inwoners") == before
    states = {s["stage"]: s["state"] for s in json.loads(impressie("status", "proef", "--json").out)["stages"]}
    assert [stage for stage, state in states.items() if state == "stale"] == ["draft", "rehear", "check"]


def test_a_correction_with_a_time_holds_there_only_and_all_can_be_taken_back(run, home, impressie):
    whole = spoken(home)
    times = impressie("words", "proef", "set", "bewoners=inwoners", "--at", "1:00:00")
    assert times.code == 1
    first, second = re.findall(r"\d:\d\d:\d\d", times.err.split("hint")[1])[:2]
    assert impressie("words", "proef", "set", "bewoners=inwoners", "--at", second).code == 0
    assert spoken(home).count("inwoners") == 1
    assert spoken(home).index("bewoners") < spoken(home).index("inwoners")
    assert second in impressie("words", "proef").out
    assert impressie("words", "proef", "undo", "Bewoners").code == 0
    assert spoken(home) == whole
    assert first != second


def test_of_several_corrections_all_are_made_or_none(run, home, impressie):
    whole = spoken(home)
    said = impressie("words", "proef", "set", "bewoners=inwoners", "olifant=muis")
    assert (said.code, spoken(home)) == (1, whole)
    assert "'olifant' is not in the transcript" in said.err
    for nonsense in ("bewoners", "=muis", "bewoners=", "…=muis"):
        assert impressie("words", "proef", "set", nonsense).code == 1
    assert impressie("words", "proef", "undo", "bewoners").code == 1


def test_a_second_thought_replaces_the_first(run, home, impressie):
    impressie("words", "proef", "set", "bewoners=inwoners")
    impressie("words", "proef", "set", "bewoners=burgers")
    assert [(made["heard"], made["written"]) for made in corrections(home)] == [("bewoners", "burgers")]
    assert "burgers" in spoken(home)


def test_a_correction_that_fits_nowhere_any_more_is_listed_until_it_is_taken_back(run, home, impressie):
    impressie("words", "proef", "set", "bewoners=inwoners")
    assert "!" not in impressie("words", "proef").out
    transcript = Workspace(home, SLUG).folder / "20-transcript.json"
    transcript.write_text(transcript.read_text(encoding="utf-8").replace('"bewoners', '"mensen'), encoding="utf-8")
    assert "1 of your corrections fit nowhere any more" in impressie("run", "proef").err
    told = "! ‘bewoners’ was to be written ‘inwoners’, but is not heard anywhere any more"
    assert told in impressie("words", "proef").out
    assert corrections(home)
    impressie("words", "proef", "undo", "bewoners")
    assert "!" not in impressie("words", "proef").out


def test_a_near_miss_is_proposed_here_and_told_by_the_check_until_a_person_decides(run, home, impressie):
    folder = Workspace(home, SLUG).folder
    transcript = folder / "20-transcript.json"
    transcript.write_text(transcript.read_text(encoding="utf-8").replace('"fonds"', '"Hendrikx"'), encoding="utf-8")
    (folder / "edits").mkdir(exist_ok=True)
    (folder / "edits" / "article.md").write_text("# Proef\n\nTom Hendrikx was er ook.\n", encoding="utf-8")
    assert impressie("run", "proef").code == 0

    def findings():
        report = CHECK.load((folder / CHECK.file).read_bytes())
        return [finding.text for finding in report.findings if finding.kind == "spelling"]

    said = impressie("words", "proef")
    assert re.search(r"Hendrikx +Hendriks +\d", said.out)
    assert "To put one right" in said.err
    assert findings() == ["In het artikel staat ‘Hendrikx’. Is dat ‘Hendriks’? Beslis het met ‘impressie words’."]
    assert impressie("words", "proef", "set", "Hendrikx=Hendrikx").code == 0
    assert impressie("run", "proef").code == 0
    assert findings() == []
    assert "No name or term seems to be misspelt" in impressie("words", "proef").out


def test_a_spelling_of_a_term_is_known_to_the_next_webinar_and_this_one_is_not_heard_again(run, home, impressie):
    words = home / "configs" / "woordenlijst.toml"
    words.write_text('# van ons allemaal\nglossary = ["omgevingsplan"]  # uit de wet\n', encoding="utf-8")
    for said in ("bewoners=buren", "buren=Tom Hendriks", "Tom Hendriks=Dorpsfonds", "kaart=Dorpsfonds"):
        assert impressie("words", "proef", "set", said).code == 0
    text = words.read_text(encoding="utf-8")
    assert "# van ons allemaal" in text
    assert "# uit de wet" in text
    assert re.findall(r'"(.*?)"', text) == ["omgevingsplan", "Dorpsfonds", SLUG]
    assert "transcribe  20-transcript.json   fresh" in impressie("status", "proef").out
    assert impressie("new", "--transcript", str(given(home)), "--title", "Vervolg", "--date", "2026-04-02").code == 0
    assert '"Dorpsfonds"' in (home / "configs" / "2026-04-02-vervolg.toml").read_text(encoding="utf-8")
    assert impressie("forget", "proef", "--yes").code == 0
    left = words.read_text(encoding="utf-8")
    assert "Dorpsfonds" not in left
    assert 'glossary = ["omgevingsplan"]  # uit de wet' in left


def given(home):
    file = home / "verslag.srt"
    file.write_text("1\n00:00:01,000 --> 00:00:03,000\nGoedemiddag.\n", encoding="utf-8")
    return file


def test_moments_of_corrections_move_along_with_a_recording_whose_intro_was_cut_off(run, home, impressie):
    told = impressie("words", "proef", "set", "bewoners=inwoners", "--at", "1:00:00").err
    last = re.findall(r"\d:\d\d:\d\d", told.split("hint")[1])[-1]
    assert impressie("words", "proef", "set", "bewoners=inwoners", "--at", last).code == 0
    before = corrections(home)[0]["at"]
    cut(home / "opname.m4a", 7)
    for _ in range(2):
        assert impressie("rerun", "proef", "download").code == 0
        assert corrections(home)[0]["at"] == pytest.approx([time - 7 for time in before], abs=0.1)


def test_a_words_json_that_cannot_be_read_is_one_clear_sentence(run, home, impressie):
    folder = Workspace(home, SLUG).folder / "edits"
    folder.mkdir(exist_ok=True)
    (folder / "words.json").write_text('{"words": [{"heard": ""}]}', encoding="utf-8")
    said = impressie("words", "proef")
    assert said.code == 1
    assert said.err.startswith("error: edits/words.json cannot be read: 'words.0.heard'")


# The word list, which webinars share ---------------------------------------------------------------


def two(home):
    """Two webinars without anything, and their word list."""
    for slug in ("een", "twee"):
        (home / "configs" / f"{slug}.toml").write_text(f'title = "{slug}"\ndate = "2026-03-05"\n', encoding="utf-8")
        (home / "outputs" / slug).mkdir()
    return Workspace(home, "een"), Workspace(home, "twee"), home / "configs" / "woordenlijst.toml"


def taught(workspace, *terms):
    new, files = webinars.learnt(workspace, terms)
    with workspace.locked("words"):
        workspace.replace_together(files)
    return new


def test_what_two_webinars_taught_stays_until_both_are_forgotten(home):
    one, other, words = two(home)
    assert taught(one, "Zwanenburg") == ["Zwanenburg"]
    assert taught(other, "Zwanenburg", "Lisse") == ["Lisse"]
    webinars.forget(one)
    assert webinars.glossary(home) == ["Zwanenburg", "Lisse"]
    webinars.forget(other)
    assert webinars.glossary(home) == []
    assert "Zwanenburg" not in words.read_text(encoding="utf-8")


def test_what_was_promised_together_survives_what_another_webinar_does_meanwhile(home, monkeypatch):
    one, other, words = two(home)
    mine = one.folder / "edits" / "words.json"
    _, files = webinars.learnt(one, ["Zwanenburg"])
    with monkeypatch.context() as patch, one.locked("words"):
        patch.setattr(Workspace, "_finish_together", lambda _: None)  # killed right after the promise
        one.replace_together(files | {mine: b"{}"})
    with other.locked("run"):
        pass
    assert not words.exists()
    with one.locked("run"):
        pass
    assert webinars.glossary(home) == ["Zwanenburg"]
    assert mine.read_bytes() == b"{}"


@pytest.mark.parametrize("broken", ["glossary = [", 'glossary = []\nlearnt_from = "y"\n'])
def test_a_word_list_that_cannot_be_read_keeps_no_recording_from_being_forgotten(home, impressie, broken):
    one, _, words = two(home)
    (one.folder / "10-audio.flac").write_bytes(b"geluid")
    words.write_text(broken, encoding="utf-8")
    said = impressie("forget", "een", "--yes")
    assert said.code == 1
    assert "een is removed, but for the terms" in said.err
    assert not list((home / "outputs").rglob("*.flac"))
    assert not one.toml.exists()
    assert "woordenlijst.toml" in impressie("status").err
    one.toml.write_text('title = "een, opnieuw"\ndate = "2026-03-05"\n', encoding="utf-8")
    one.folder.mkdir()
    impressie("status")
    assert one.toml.exists()
    assert one.folder.exists()
    words.write_text('glossary = ["a"]\n', encoding="utf-8")
    assert impressie("status").code == 0
    assert {path.name for path in (home / "outputs").iterdir()} == {"een", "twee"}
