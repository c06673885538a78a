"""Files of an earlier or a newer impressie: what was made is made again with a sentence, what was typed is read."""

from __future__ import annotations

import json

import pytest

from pipeline import edits
from pipeline.artifacts import PASSAGES, TURNS
from pipeline.errors import PipelineError
from pipeline.models import Passages, Turns
from pipeline.workspace import Workspace
from tests.conftest import SLUG
from tests.test_reruns import done, outputs, ran, states, whole  # noqa: F401

WHEN = "2026-11-01T10:00:00Z"
SHA = "ab" * 32
# As the first version wrote them. Never change these: what stands here once has to be read for ever.
TYPED = {
    edits.Names: {"names": [{"name": "Tom Hendriks", "moments": [12.5]}], "times_of": SHA},
    edits.Moves: {
        "moves": [
            {
                "spans": [{"start": 1.0, "end": 2.0}],
                "to": [12.5],
                "names": [{"name": "Tom Hendriks", "moments": [1.5]}],
            }
        ],
        "times_of": SHA,
    },
    edits.Words: {"words": [{"heard": "wijk", "written": "buurt", "at": [3.0]}], "times_of": SHA},
    edits.Barred: {"spans": [{"start": 1.0, "end": 2.0}], "times_of": SHA},
    edits.Silenced: {"spans": [{"start": 1.0, "end": 2.0}], "times_of": SHA},
    edits.Listened: {
        "quotes": [{"start": 1.0, "end": 2.0, "text": "Dat is zo.", "when": WHEN}],
        "times_of": SHA,
    },
    edits.Review: {
        "waivers": [{"objection": "a", "about": "b", "reason": "c", "who": "d", "when": WHEN}],
        "answers": [{"name": "a", "quote": "b", "answer": "changed", "wanted": "c", "who": "d", "when": WHEN}],
        "approvals": [{"who": "a", "when": WHEN, "sha256": SHA, "statement": "b", "text": "c", "waivers": []}],
        "reopened": [WHEN],
        "renames": [{"old": "a", "new": "b", "when": WHEN}],
    },
}


@pytest.mark.parametrize("noun", TYPED, ids=lambda noun: noun.__name__)
@pytest.mark.parametrize("version", [{}, {"version": 1}], ids=["no version", "version 1"])
def test_what_was_typed_in_any_earlier_version_is_read_whole(tmp_path, noun, version):
    (tmp_path / "typed.json").write_text(json.dumps(version | TYPED[noun]), encoding="utf-8")
    read = edits.read(tmp_path / "typed.json", noun).model_dump(mode="json", exclude_none=True)
    del read["version"]
    assert read == TYPED[noun]


@pytest.fixture
def next_version(monkeypatch):
    """From here on a noun is written in another form than before."""

    def bump(noun):
        monkeypatch.setattr(noun.model_fields["version"], "default", 2)
        noun.model_rebuild(force=True)
        bumped.append(noun)

    bumped: list[type[Passages | Turns]] = []
    yield bump
    monkeypatch.undo()
    for noun in bumped:
        noun.model_rebuild(force=True)


def test_every_json_file_of_a_webinar_says_its_version(done):  # noqa: F811
    folder = outputs(done.parent.parent)
    files = [*folder.glob("*.json"), *(folder / "receipts").glob("[a-z]*.json")]
    assert len(files) > 10
    assert all("version" in json.loads(file.read_bytes()) or file.name == "hashes.json" for file in files)


def test_what_an_earlier_version_made_is_made_again_with_a_sentence(done, impressie, next_version):  # noqa: F811
    next_version(Turns)
    said = impressie("status", SLUG)
    assert "this version of impressie does diarize differently" in said.out
    said = impressie("run", SLUG)
    assert said.code == 0
    assert ran(said)[0] == "diarize"
    assert "transcribe" not in ran(said)
    assert json.loads((outputs(done.parent.parent) / TURNS.file).read_bytes())["version"] == 2
    assert all(state == "fresh" for state, _ in states(done.parent.parent).values())


def test_a_file_that_was_changed_by_hand_is_kept_and_said_to_be_of_an_earlier_version(done, impressie, next_version):  # noqa: F811
    path = outputs(done.parent.parent) / PASSAGES.file
    mine = path.read_text(encoding="utf-8").replace("wijk", "buurt", 1)
    path.write_text(mine, encoding="utf-8")
    next_version(Passages)
    said = impressie("rerun", SLUG, "draft")
    assert said.code == 1
    assert "40-passages.json was made by an earlier version of impressie" in said.err
    assert path.read_text(encoding="utf-8") == mine
    assert impressie("rerun", SLUG, "segment", "--discard-edits").code == 0
    assert impressie("run", SLUG).code == 0


@pytest.mark.parametrize("more", ["", '"new": 1, '])
def test_a_file_of_a_newer_version_is_not_guessed_at(done, more):  # noqa: F811
    workspace = Workspace(done.parent.parent, SLUG)
    path = workspace.path(PASSAGES.file)
    path.write_text(
        path.read_text(encoding="utf-8").replace('"version": 1,', f'{more}"version": 3,', 1), encoding="utf-8"
    )
    with pytest.raises(PipelineError, match=r"40-passages\.json was made by a newer version of impressie"):
        PASSAGES.load(path.read_bytes())
