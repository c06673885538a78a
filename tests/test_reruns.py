"""One stage again and the rest untouched; what a person typed survives every command but two."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from faster_whisper import vad

from pipeline import console, runner, webinars
from pipeline.config import load_webinar
from pipeline.engines import choice, fake
from pipeline.runner import survey
from pipeline.workspace import Workspace
from tests.conftest import FAKES, SLUG

REAL = fake.FakeTranscriber.transcribe
STAGES = ["download", "transcribe", "diarize", "segment", "draft", "rehear", "check"]


def ran(said):
    return re.findall(r"✓ (\w+)", said.err)


def states(home):
    workspace = Workspace(home, SLUG)
    return {s.stage.name: (s.state, s.reasons) for s in survey(workspace, load_webinar(home / "configs", SLUG))}


def stale(home):
    return [name for name, (state, _) in states(home).items() if state not in ("fresh", "edited")]


def outputs(home):
    return home / "outputs" / SLUG


def replaced(toml, old, new):
    text = toml.read_text(encoding="utf-8")
    assert old in text
    toml.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, speech):
    """A home in which the webinar was run whole, once for all tests here: each gets a copy."""
    folder = tmp_path_factory.mktemp("whole") / "home"
    webinars.make_home(folder)
    toml = folder / "configs" / f"{SLUG}.toml"
    toml.write_text(FAKES.format(audio=speech.as_posix()), encoding="utf-8")
    with console.terminal() as face:
        ran = runner.run(Workspace(folder, SLUG), face)
    assert ran == len(STAGES)
    return folder


@pytest.fixture
def done(whole, home):
    """The webinar after a whole run: its TOML."""
    shutil.copytree(whole, home, dirs_exist_ok=True)
    return home / "configs" / f"{SLUG}.toml"


def test_a_second_run_executes_no_stage(done, impressie):
    said = impressie("run", "proef")
    assert ran(said) == []
    assert "Everything is up to date" in said.err


def test_a_setting_reruns_what_depends_on_it_and_nothing_else(done, home, impressie):
    replaced(done, "batch = 1", 'batch = 1\nmodel = "small"')
    assert stale(home) == ["transcribe", "segment", "draft", "rehear", "check"]
    assert states(home)["transcribe"] == ("stale", ("model is now small, was base",))
    assert states(home)["check"][1] == ("waits for segment", "waits for draft", "waits for rehear")
    assert ran(impressie("run", "proef")) == ["transcribe", "segment", "draft", "rehear", "check"]


def test_an_identical_result_leaves_everything_after_it_fresh(done, home, impressie):
    replaced(done, "batch = 1", "batch = 1\nbeam = 2")
    assert "segment" in stale(home)
    assert ran(impressie("run", "proef")) == ["transcribe"]


def test_a_role_is_told_in_the_article_and_never_makes_whisper_run(done, home, impressie):
    replaced(done, 'role = "onderzoeker"', 'role = "lector"')
    assert ran(impressie("run", "proef"))[0] == "draft"


def test_where_the_machine_computes_changes_nothing(done, home):
    done.write_text(done.read_text() + '\n[machine]\nthreads = 1\ndevice = "cpu"\n')
    assert stale(home) == []


def test_set_sticks_after_success_and_the_toml_keeps_its_comments(done, home, impressie):
    done.write_text("# mijn aantekening\n" + done.read_text(), encoding="utf-8")
    said = impressie("rerun", "proef", "transcribe", "--set", "model=small")
    assert "Now out of date: segment, draft, rehear, check" in said.err
    assert "# mijn aantekening" in done.read_text()
    assert load_webinar(home / "configs", SLUG).transcribe.model == "small"
    assert states(home)["transcribe"] == ("fresh", ())


def test_a_setting_of_the_webinar_itself_sticks_at_the_top_of_its_toml(done, home, impressie):
    said = impressie("rerun", "proef", "download", "--set", "to=1:20")
    assert said.code == 0, said.err
    assert load_webinar(home / "configs", SLUG).to == (80.0,)
    assert json.loads((outputs(home) / "10-recording.json").read_text())["duration"] == pytest.approx(80, abs=0.1)


def test_a_failed_rerun_leaves_result_and_settings_as_they_were(done, home, impressie, monkeypatch):
    before = (outputs(home) / "20-transcript.json").read_bytes()

    def broken(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", broken)
    with pytest.raises(MemoryError):
        impressie("rerun", "proef", "transcribe", "--set", "model=small")
    assert (outputs(home) / "20-transcript.json").read_bytes() == before
    assert load_webinar(home / "configs", SLUG).transcribe.model == "base"
    assert stale(home) == []


def test_ctrl_c_says_where_it_stopped_and_exits_with_130(done, impressie, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", interrupted)
    said = impressie("rerun", "proef", "transcribe")
    assert (said.code, said.err.strip().splitlines()[-1]) == (130, "stopped during transcribe; nothing was changed")


def counted(heard, dies_at=None):
    """The fake recogniser, which notes the model for each window that it has heard, and is stopped after `dies_at`."""

    def transcribe(self, samples, prompt):
        for found in REAL(self, samples, prompt):
            if len(heard) == dies_at:
                raise KeyboardInterrupt
            heard.append(self.params.model)
            yield found

    return transcribe


def test_a_killed_run_goes_on_from_its_last_window(webinar, home, impressie, monkeypatch):
    assert impressie("rerun", "proef", "download").code == 0
    heard, looks, look = [], [], vad.get_speech_timestamps

    def looked(*args):
        looks.append(1)
        return look(*args)

    monkeypatch.setattr(vad, "get_speech_timestamps", looked)
    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", counted(heard, dies_at=2))
    assert impressie("rerun", "proef", "transcribe").code == 130
    assert len(heard) == 2
    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", counted(heard))
    assert impressie("rerun", "proef", "transcribe").code == 0
    resumed = (outputs(home) / "20-transcript.json").read_bytes()
    total, blocks = len(heard), len(looks)
    assert impressie("rerun", "proef", "transcribe").code == 0
    assert len(heard) == 2 * total  # without a checkpoint the second run would have heard two windows twice
    assert len(looks) == 2 * blocks  # nor was speech looked for twice
    assert total > 2
    assert (outputs(home) / "20-transcript.json").read_bytes() == resumed
    assert not list(outputs(home).rglob("*.jsonl"))


# What people typed ---------------------------------------------------------------------------------


def edit_article(home, text="Mijn eigen zin.\n"):
    path = outputs(home) / "50-article.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def test_a_hand_edit_of_the_article_survives_every_command(done, home, impressie):
    mine = edit_article(home)
    article = outputs(home) / "edits" / "article.md"
    said = impressie("run", "proef")
    assert "edits/article.md" in said.err
    for command in (
        ["run", "proef"],
        ["rerun", "proef", "draft"],
        ["rerun", "proef", "transcribe", "--set", "model=small"],
        ["run", "proef"],
        ["speakers", "proef", "set", "A=Marieke Verhoeven"],
        ["run", "proef"],
        ["rerun", "proef", "download"],
        ["status", "proef"],
    ):
        assert impressie(*command).code == 0
        assert article.read_text(encoding="utf-8") == mine, command
    assert "Mijn eigen zin." not in (outputs(home) / "50-article.md").read_text(encoding="utf-8")
    assert "Mijn eigen zin." in impressie("diff", "proef").out


def test_discarding_edits_keeps_a_copy(done, home, impressie):
    mine = edit_article(home)
    assert impressie("run", "proef").code == 0
    assert impressie("rerun", "proef", "draft", "--discard-edits").code == 0
    assert not (outputs(home) / "edits" / "article.md").exists()
    kept = list((outputs(home) / "edits" / "kept").glob("article.*.md"))
    assert [path.read_text(encoding="utf-8") for path in kept] == [mine]


def test_two_articles_changed_by_hand_stop_and_are_both_named(done, home, impressie):
    edit_article(home)
    impressie("run", "proef")
    edit_article(home, "Nog een andere zin.\n")
    said = impressie("run", "proef")
    assert said.code == 1
    assert "both 50-article.md and edits/article.md were changed by hand" in said.err
    assert "impressie diff" in said.err


def test_an_edited_transcript_is_used_and_only_overwritten_when_asked(done, home, impressie):
    path = outputs(home) / "20-transcript.json"
    transcript = json.loads(path.read_text(encoding="utf-8"))
    transcript["segments"][0]["words"][0]["text"] = "Zelfverbeterd"
    path.write_text(json.dumps(transcript), encoding="utf-8")
    assert states(home)["transcribe"] == ("edited", ("20-transcript.json changed by hand",))
    assert ran(impressie("run", "proef"))[0] == "segment"
    assert "Zelfverbeterd" in (outputs(home) / "40-transcript.md").read_text(encoding="utf-8")
    said = impressie("rerun", "proef", "transcribe")
    assert (said.code, "was changed by hand" in said.err) == (1, True)
    assert "Zelfverbeterd" in path.read_text(encoding="utf-8")
    assert impressie("rerun", "proef", "transcribe", "--discard-edits").code == 0
    assert "Zelfverbeterd" not in path.read_text(encoding="utf-8")
    assert len(list((outputs(home) / "edits" / "kept").glob("20-transcript.*.json"))) == 1


@pytest.mark.parametrize(
    "file", ["10-audio.flac", "30-turns.json", "40-passages.json", "60-check.json", "50-draft.json"]
)
def test_a_bit_flipped_in_an_artifact_is_seen(done, home, file):
    path = outputs(home) / file
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert [why for state, why in states(home).values() if state != "fresh" and f"{file} changed by hand" in why]


@pytest.mark.parametrize("file", ["10-audio.flac", "20-transcript.json", "40-voices.svg", "50-draft.json"])
def test_an_artifact_that_was_deleted_is_made_again(done, home, impressie, file):
    before = (outputs(home) / file).read_bytes()
    (outputs(home) / file).unlink()
    assert ran(impressie("run", "proef"))
    assert (outputs(home) / file).read_bytes() == before


def test_an_edit_made_while_a_stage_runs_is_kept(done, home, impressie, monkeypatch):
    path, real = outputs(home) / "20-transcript.json", fake.FakeTranscriber.transcribe

    def meanwhile(self, windows, prompt):
        path.write_text("mine", encoding="utf-8")
        return real(self, windows, prompt)

    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", meanwhile)
    assert "20-transcript.json was changed by hand" in impressie("rerun", "proef", "transcribe").err
    kept = list((outputs(home) / "edits" / "kept").glob("20-transcript.*.json"))
    assert [each.read_text(encoding="utf-8") for each in kept] == ["mine"]


def test_a_lost_receipt_costs_no_edit(done, home, impressie):
    mine = edit_article(home)
    (outputs(home) / "receipts" / "draft.json").unlink()
    assert impressie("run", "proef").code == 0
    kept = (outputs(home) / "edits" / "kept").glob("50-article.*.md")
    assert [each.read_text(encoding="utf-8") for each in kept] == [mine]


def test_discarding_edits_that_fails_discards_nothing(done, home, impressie):
    mine = edit_article(home)
    assert impressie("run", "proef").code == 0
    assert impressie("rerun", "proef", "draft", "--discard-edits", "--set", "writer=niemand").code == 1
    assert (outputs(home) / "edits" / "article.md").read_text(encoding="utf-8") == mine


def test_a_touched_side_product_does_not_freeze_what_follows(done, home, impressie):
    path = outputs(home) / "40-transcript.md"
    path.write_text("aantekening", encoding="utf-8")
    assert impressie("rerun", "proef", "transcribe", "--set", "model=small").code == 0
    assert ran(impressie("run", "proef")) == ["segment", "draft", "rehear", "check"]
    kept = (outputs(home) / "edits" / "kept").glob("40-transcript.*.md")
    assert [each.read_text(encoding="utf-8") for each in kept] == ["aantekening"]


def test_a_kept_edit_that_is_out_of_date_is_named_with_what_to_do(done, home, impressie):
    path = outputs(home) / "20-transcript.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    replaced(done, "batch = 1", 'batch = 1\nmodel = "small"')
    said = impressie("run", "proef")
    assert "kept although model is now small, was base" in said.err
    assert "rerun 2026-03-05-proefwebinar-over-wijken transcribe --discard-edits" in said.err


def test_an_article_saved_by_an_old_windows_editor_is_read(done, home, impressie):
    path = outputs(home) / "50-article.md"
    path.write_bytes(
        path.read_bytes().decode().replace("‘", "'").replace("’", "'").encode("cp1252") + "\nCafé.\n".encode("cp1252")
    )
    assert impressie("run", "proef").code == 0
    assert "Café." in (outputs(home) / "edits" / "article.md").read_text(encoding="utf-8")
    assert "Café." in impressie("diff", "proef").out


def test_a_checkpoint_of_another_model_is_not_gone_on_with(webinar, home, impressie, monkeypatch):
    assert impressie("rerun", "proef", "download").code == 0
    replaced(webinar, "batch = 1", 'batch = 1\nmodel = "auto"')
    heard = []
    monkeypatch.setattr(choice, "best", lambda *_: ("small", "it fits"))
    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", counted(heard, dies_at=1))
    assert impressie("rerun", "proef", "transcribe").code == 130
    monkeypatch.setattr(choice, "best", lambda *_: ("base", "small is gone"))
    monkeypatch.setattr(fake.FakeTranscriber, "transcribe", counted(heard))
    assert impressie("rerun", "proef", "transcribe").code == 0
    segments = json.loads((outputs(home) / "20-transcript.json").read_text(encoding="utf-8"))["segments"]
    assert segments[0]["start"] < 10
    assert heard[0] == "small"
    again = heard[1:]
    assert set(again) == {"base"}
    assert impressie("rerun", "proef", "transcribe").code == 0
    assert len(heard) == 1 + 2 * len(again)


def test_a_broken_artifact_is_one_sentence(done, home, impressie):
    (outputs(home) / "30-turns.json").write_text("{", encoding="utf-8")
    said = impressie("run", "proef")
    assert said.code == 1
    assert said.err.splitlines()[-2].startswith("error: 30-turns.json cannot be read: ")


def test_a_name_reaches_the_article_and_the_transcript(done, home, impressie):
    said = impressie("speakers", "proef", "set", "A=Greta Aardenburg", "B=Tom Hendriks")
    assert "not in the list of speakers" in said.err
    assert "✓ segment" in said.err
    assert ran(impressie("run", "proef"))[0] == "draft"
    assert "**Greta Aardenburg**" in (outputs(home) / "40-transcript.md").read_text(encoding="utf-8")
    row = next(line for line in impressie("speakers", "proef").out.splitlines() if "Greta" in line)
    assert "confirmed" in row


def test_moved_voices_reach_the_transcript_and_survive_every_command(done, home, impressie):
    said = impressie("speakers", "proef", "move", "0:00:30", "A")
    assert "✓ segment" in said.err
    assert stale(home) == ["draft", "rehear", "check"]
    file = outputs(home) / "edits" / "voices.json"
    mine = file.read_text(encoding="utf-8")
    for command in (
        ["run", "proef"],
        ["rerun", "proef", "segment", "--discard-edits"],
        ["rerun", "proef", "transcribe", "--set", "model=small"],
        ["run", "proef"],
        ["speakers", "proef", "set", "A=Marieke Verhoeven"],
    ):
        assert impressie(*command).code == 0
        assert file.read_text(encoding="utf-8") == mine, command
    file.unlink()
    assert states(home)["segment"] == ("stale", ("edits/voices.json is gone",))


def test_a_transcript_that_was_corrected_by_hand_is_kept_when_a_voice_moves(done, home, impressie):
    path = outputs(home) / "40-passages.json"
    path.write_text(path.read_text(encoding="utf-8").replace("wijk", "buurt"), encoding="utf-8")
    mine = path.read_text(encoding="utf-8")
    said = impressie("speakers", "proef", "merge", "A", "B")
    assert "40-passages.json changed by hand, so it is kept as it is" in said.err
    assert path.read_text(encoding="utf-8") == mine


def test_names_and_moves_hold_when_the_diarizer_runs_again_and_swaps_its_voices(done, home, impressie, monkeypatch):
    impressie("speakers", "proef", "set", "A=Marieke Verhoeven", "B=Tom Hendriks")
    impressie("speakers", "proef", "move", "0:00:30", "A")
    before = (outputs(home) / "40-transcript.md").read_text(encoding="utf-8")
    real = fake.FakeDiarizer.diarize

    def swapped(*args):
        turns = real(*args)
        other = [t.model_copy(update={"speaker": "BA"["AB".index(t.speaker)]}) for t in turns.turns]
        return turns.model_copy(update={"turns": tuple(other)})

    monkeypatch.setattr(fake.FakeDiarizer, "diarize", swapped)
    assert impressie("rerun", "proef", "diarize").code == 0
    assert ran(impressie("run", "proef"))[0] == "segment"
    after = (outputs(home) / "40-transcript.md").read_text(encoding="utf-8")
    assert after.replace("| B |", "| A |") == before.replace("| B |", "| A |")


# Forgetting ----------------------------------------------------------------------------------------


def test_forget_leaves_no_byte(done, home, impressie):
    edit_article(home)
    impressie("run", "proef")
    assert impressie("forget", "proef", "--yes").code == 0
    assert list((home / "outputs").iterdir()) == []
    assert not done.exists()
    assert impressie("status").err.startswith("There are no webinars here yet")


def test_what_cannot_be_removed_yet_does_not_take_a_new_webinar_with_it(done, home, impressie, monkeypatch):
    text = done.read_text(encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.webinars.shutil.rmtree", lambda *_, **__: None)  # a player holds the audio
        assert impressie("forget", "proef", "--yes").code == 0
    done.write_text(text, encoding="utf-8")
    assert impressie("status").code == 0
    assert done.exists()
    assert list((home / "outputs").iterdir()) == []


def test_a_killed_forget_is_finished_by_the_next_command(done, home, impressie, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.webinars.finish_forgetting", killed)
        with pytest.raises(KeyboardInterrupt):
            webinars.forget(Workspace(home, SLUG))
    impressie("status")
    assert list((home / "outputs").iterdir()) == []
    assert not done.exists()
