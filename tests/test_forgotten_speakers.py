"""One person asked to be forgotten: nothing that she said is left, and all else is as it was."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import approving, articles, console, edits, runner, voices, webinars
from pipeline.article import gaps
from pipeline.article.findings import about_gaps
from pipeline.article.text import norms
from pipeline.edits import Approval, Review
from pipeline.errors import PipelineError
from pipeline.models import Passage, Passages, Turn, Turns, Word
from pipeline.speech import silence
from pipeline.speech.names import names_of
from pipeline.workspace import Workspace
from tests.served import reading

SLUG = "2026-10-15-het-loket-tussen-de-boeken"
LIES = Path(__file__).parent / "lies"
WHO = "Fatma Aydin"
RATE = 16_000
SETTINGS = """
transcript = "{transcript}"

[rehear]
engine = "fake"
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A home with a webinar of five voices, and a recording in which all of it could have been spoken."""
    folder = tmp_path_factory.mktemp("forgotten") / "home"
    webinars.make_home(folder)
    noise = np.random.default_rng(0).normal(0, 0.05, 960 * RATE) * (1 + np.sin(np.arange(960 * RATE) / 9000))
    soundfile.write(folder / "opname.wav", noise.astype(np.float32), RATE)
    toml = (LIES / "loket.toml").read_text(encoding="utf-8")
    toml = re.sub(r'url = ".*"', f'url = "{(folder / "opname.wav").as_posix()}"', toml)
    toml = toml.replace(
        "\n[[speakers]]", SETTINGS.format(transcript=(LIES / "loket.vtt").as_posix()) + "\n[[speakers]]", 1
    )
    (folder / "configs" / f"{SLUG}.toml").write_text(toml, encoding="utf-8")
    with console.terminal() as face:
        runner.run(Workspace(folder, SLUG), face)
    return folder


@pytest.fixture
def workspace(whole, home):
    import shutil

    shutil.copytree(whole, home, dirs_exist_ok=True)
    return Workspace(home, SLUG)


@pytest.fixture
def worked_on(workspace, impressie):
    """The webinar after all that an editor may have done with it; and what was said, by whom."""
    heard = voices.heard(workspace)
    letter = next(v for v, named in names(workspace, heard).items() if named.name == WHO)
    assert impressie("speakers", "loket", "set", f"{letter}={WHO}").code == 0
    mine = max((p for p in heard.passages if p.speaker == letter), key=lambda p: len(p.words))
    other = max((p for p in heard.passages if p.speaker != letter), key=lambda p: len(p.words))
    quote, theirs = (" ".join(w.text for w in p.words[:14]) for p in (mine, other))
    text = articles.current(workspace).replace(
        "\n\n## ",
        f"\n\n‘{quote}’, zei {WHO}. En daarna: ‘{theirs}’.\n\n## ",
        1,
    )
    was = articles.text_sha256(workspace)
    was = articles.save(workspace, text, was)
    articles.save(workspace, text.replace(" En daarna", " Toen"), was)
    approving.listen(workspace, quote, mine)
    approval = Approval(who="Anna", when=approving._now(), sha256="0", statement="gelezen", text=text)
    given = approving.Answer(name=WHO, quote=quote, answer="agreed", who="Anna", when=approving._now())
    waiver = approving.Waiver(
        objection=f"Het citaat ‘{quote}’ is niet beluisterd.", about=quote, reason="ja", who="A", when=approving._now()
    )
    review = Review(approvals=(approval,), answers=(given,), waivers=(waiver,))
    edits.write(workspace.folder / "edits" / edits.REVIEW, review)
    (workspace.folder / "edits" / "kept" / "20-transcript.20260101-000000-000000.json").write_bytes(
        workspace.path("20-transcript.json").read_bytes()
    )
    for kind in ("docx", "vtt", "pack", "html"):
        assert impressie("export", "loket", "--to", kind).code == 0
    assert impressie("run", "loket").code == 0
    return letter, heard


def names(workspace, heard):
    pins = edits.read_pins(workspace.folder / "edits" / edits.NAMES)
    return names_of(heard, workspace.webinar().names(), pins)


def runs(words, length=5):
    """All runs of so many words."""
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def written(folder):
    """The words of every file, without the keys of JSON, by file; also within zipped ones."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.suffix == ".flac":
            continue
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zipped:
                raw = b" ".join(zipped.read(name) for name in zipped.namelist())
        else:
            raw = path.read_bytes()
        text = re.sub(r'"(?:start|end|probability|text)":|[\d.]+|[{}\[\],]', " ", raw.decode("utf-8", "replace"))
        yield path, norms(re.sub(r"[\"<>\\*_]", " ", text))


def hers_only(heard, letter):
    mine = set().union(*(runs(norms(p.text)) for p in heard.passages if p.speaker == letter))
    return mine - set().union(*(runs(norms(p.text)) for p in heard.passages if p.speaker != letter))


def found(folder, wanted):
    return {
        path.relative_to(folder).as_posix(): hits for path, words in written(folder) if (hits := runs(words) & wanted)
    }


def test_nothing_she_said_is_left(worked_on, workspace, impressie):
    letter, heard = worked_on
    wanted = hers_only(heard, letter)
    assert len(found(workspace.folder, wanted)) > 10
    said = impressie("forget", "loket", "--speaker", WHO, "--yes")
    assert said.code == 0, said.err
    assert found(workspace.folder, wanted) == {}
    others = [p.text for p in voices.heard(workspace).passages]
    assert others == [p.text for p in heard.passages if p.speaker != letter]


def test_she_is_silent_in_the_sound_and_the_others_are_not(worked_on, workspace, impressie):
    letter, heard = worked_on
    before, _ = soundfile.read(workspace.path("10-audio.flac"), dtype="int16")
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    after, _ = soundfile.read(workspace.path("10-audio.flac"), dtype="int16")
    for passage in heard.passages:
        for word in passage.words:
            there = slice(round(word.start * RATE) + 2, round(word.end * RATE) - 2)
            if passage.speaker == letter:
                assert not after[there].any()
            elif not any(p.overlap(word) > 0 for p in heard.passages if p.speaker == letter):
                assert np.array_equal(after[there], before[there])


def test_her_quotes_leave_gaps_that_block_approval(worked_on, workspace, impressie):
    said = impressie("forget", "loket", "--speaker", WHO, "--yes")
    assert "the gaps are marked" in said.err
    text = articles.current(workspace)
    assert f"‘{gaps.QUOTE}’, zei {WHO}." in text
    assert "Toen: ‘" in text
    assert any(
        obstacle.kind == "quote" and "verwijderd" in obstacle.text for obstacle in approving.gate(workspace).closed
    )
    assert impressie("approve", "loket", "--name", "Anna").code == 1


def test_she_stays_silent_when_the_recording_is_fetched_again(worked_on, workspace, impressie):
    letter, heard = worked_on
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    before = {name: workspace.sha256(name) for name in ("10-audio.flac", "10-given.json")}
    again = impressie("rerun", "loket", "download")
    assert "the same as before" in again.err
    assert {name: workspace.sha256(name) for name in before} == before
    assert "Everything is up to date" in impressie("run", "loket").err
    assert found(workspace.folder, hers_only(heard, letter)) == {}


def test_she_stays_silent_in_a_recording_that_begins_later(worked_on, workspace, impressie, home):
    letter, heard = worked_on
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    before, _ = soundfile.read(workspace.path("10-audio.flac"), dtype="int16")
    assert impressie("rerun", "loket", "download", "--set", "from=0:30").code == 0
    after, _ = soundfile.read(workspace.path("10-audio.flac"), dtype="int16")
    assert np.array_equal(after == 0, before[30 * RATE :] == 0)
    assert impressie("run", "loket").code == 0
    assert "Everything is up to date" in impressie("run", "loket").err
    assert found(workspace.folder, hers_only(heard, letter)) == {}


def test_of_another_recording_nobody_knows_where_she_is(worked_on, workspace, impressie, home):
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    noise = np.random.default_rng(1).normal(0, 0.05, 960 * RATE) * (1 + np.sin(np.arange(960 * RATE) / 7000))
    soundfile.write(home / "ander.wav", noise.astype(np.float32), RATE)
    said = impressie("rerun", "loket", "download", "--set", f"url={home / 'ander.wav'}")
    assert said.code == 1
    assert "not to be heard" in said.err


def test_a_killed_one_is_finished_by_the_next_command(worked_on, workspace, impressie, monkeypatch):
    letter, heard = worked_on

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.blanking._blank_stage", killed)
        assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 130
    assert impressie("status").code == 0
    assert found(workspace.folder, hers_only(heard, letter)) == {}
    assert impressie("run", "loket").code == 0


def test_nobody_is_removed_on_a_guess(workspace, impressie):
    assert impressie("run", "loket").code == 0
    before = workspace.sha256("10-audio.flac")
    said = impressie("forget", "loket", "--speaker", WHO, "--yes")
    assert said.code == 1
    assert "it is not sure" in said.err
    said = impressie("forget", "loket", "--speaker", "Niemand", "--yes")
    assert "no voice goes by 'Niemand'" in said.err
    assert workspace.sha256("10-audio.flac") == before


# Where something is in the way ---------------------------------------------------------------------


def promised(workspace):
    return workspace.folder / "edits" / "silencing.json"


@pytest.mark.parametrize("name", ["", "  "])
def test_a_blank_name_removes_nothing(worked_on, workspace, impressie, name):
    said = impressie("forget", "loket", "--speaker", name, "--yes")
    assert said.code == 1
    assert "nobody's name" in said.err
    assert workspace.path("40-passages.json").exists()


@pytest.mark.parametrize("gone", ["20-transcript.json", "30-turns.json", "10-given.json", "10-audio.flac"])
def test_a_file_that_is_gone_already_is_in_nobodys_way(worked_on, workspace, impressie, gone):
    letter, heard = worked_on
    workspace.path(gone).unlink()
    said = impressie("forget", "loket", "--speaker", WHO, "--yes")
    assert "Traceback" not in said.err
    assert not promised(workspace).exists()
    assert found(workspace.folder, hers_only(heard, letter)) == {}


def test_a_damaged_recording_is_told_before_anything_is_touched(worked_on, workspace, impressie):
    flac = workspace.path("10-audio.flac")
    raw = bytearray(flac.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 5000] = bytes(5000)
    flac.write_bytes(raw)
    before = workspace.sha256("20-transcript.json")
    said = impressie("forget", "loket", "--speaker", WHO, "--yes")
    assert said.code == 1
    assert "10-audio.flac is damaged" in said.err
    assert not promised(workspace).exists()
    assert workspace.sha256("20-transcript.json") == before


def test_while_it_is_not_finished_nothing_leaves_and_others_go_on(worked_on, workspace, impressie, monkeypatch):
    letter, heard = worked_on

    def full(*_):
        raise PipelineError("the sound could not be written whole", "is there room on the disk?")

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.speech.silence.silenced", full)
        assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 1
        for command in (["export", "loket", "--to", "vtt"], ["run", "loket"], ["approve", "loket", "--name", "A"]):
            said = impressie(*command)
            assert said.code == 1
            assert "is not gone everywhere yet" in said.err
        assert "could not be written whole" in impressie("status").err
        with reading(workspace.home) as page:
            page.slug = SLUG
            assert page.get(f"/api/w/{SLUG}/article").status_code >= 400
        typed = workspace.path("50-article.md")
        typed.write_text(typed.read_text(encoding="utf-8") + "\nMijn eigen slot.\n", encoding="utf-8")
    assert impressie("status").code == 0
    assert not promised(workspace).exists()
    kept = "".join(path.read_text(encoding="utf-8") for path in (workspace.folder / "edits" / "kept").glob("*.md"))
    assert "Mijn eigen slot." in kept
    assert found(workspace.folder, hers_only(heard, letter)) == {}


def test_without_the_old_sound_another_cut_of_the_recording_is_refused(worked_on, workspace, impressie):
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    workspace.path("10-audio.flac").unlink()
    said = impressie("rerun", "loket", "download", "--set", "from=1:00")
    assert said.code == 1
    assert "nothing left to compare" in said.err
    assert impressie("rerun", "loket", "download").code == 0
    sound, _ = soundfile.read(workspace.path("10-audio.flac"), dtype="int16")
    spans = edits.read(workspace.folder / "edits" / edits.SILENCED, edits.Silenced).spans
    assert spans
    assert not any(sound[round(s.start * RATE) : round(s.end * RATE)].any() for s in spans)


def test_a_transcript_that_was_changed_by_hand_stays_hers(worked_on, workspace, impressie):
    letter, heard = worked_on
    path = workspace.path("20-transcript.json")
    word = next(w.text for p in heard.passages if p.speaker != letter for w in p.words if len(w.text) > 8)
    path.write_text(path.read_text(encoding="utf-8").replace(word, f"{word}xx", 1), encoding="utf-8")
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    assert "20-transcript.json changed by hand" in impressie("status", "loket").out
    assert f"{word}xx" in path.read_text(encoding="utf-8")
    assert found(workspace.folder, hers_only(heard, letter)) == {}


def test_a_term_that_only_she_taught_is_forgotten_with_her(worked_on, workspace, impressie):
    letter, heard = worked_on
    others = {n for p in heard.passages if p.speaker != letter for n in norms(p.text)}
    mine = next(
        w for p in heard.passages if p.speaker == letter for w in norms(p.text) if len(w) > 7 and w not in others
    )
    assert impressie("words", "loket", "set", f"{mine}=Zwanenburgs").code == 0
    words = workspace.home / "configs" / "woordenlijst.toml"
    assert "Zwanenburgs" in words.read_text(encoding="utf-8")
    assert impressie("forget", "loket", "--speaker", WHO, "--yes").code == 0
    assert "Zwanenburgs" not in words.read_text(encoding="utf-8")


# Texts and times, by themselves --------------------------------------------------------------------

SHE = "de bibliotheek is de laatste plek waar niemand iets van je wil"
HE = "wij hebben daar drie jaar geleden een loket geopend voor iedereen"


def said(text, voice, at):
    words = text.split()
    made = [Word(start=at + i * 0.5, end=at + i * 0.5 + 0.4, text=word) for i, word in enumerate(words)]
    return Passage(id=f"p{at}", speaker=voice, start=made[0].start, end=made[-1].end, words=tuple(made))


TALK = Passages(passages=(said(SHE.capitalize() + ".", "A", 0), said(HE.capitalize() + ".", "B", 20)))
HERS = gaps.Hers.of(TALK, (WHO,), ("A",))
FORMS = (
    "## Aydin: ‘{}’", "## Bibliotheek: {}", "{}, zei Fatma Aydin.", "Volgens Fatma Aydin: {}.", "**Aydin:** {}",
    "Ze zei dat {}.", "| Aydin | {} |", "‹{}›", "‘{}’, zei Aydin.", "> {}", "- {}", "“{}”", "*{}*",
    "Eerst dit. {}. Dan dat.",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_her_words_go_in_whatever_form_they_were_written(form):
    for text in (SHE, SHE.capitalize()):
        left = gaps.blanked(f"# Titel\n\n{form.format(text)}\n\n‘{HE.capitalize()}’, zei Jan.\n", HERS)
        assert "laatste plek" not in left
        assert "niemand iets" not in left
        assert gaps.gaps(left) == 1
        assert gaps.blanked(left, HERS) == left  # a killed one begins anew
        assert HE in left.lower()


@pytest.mark.parametrize("mark", gaps.MARKS)
def test_every_gap_stands_in_the_way_of_approval(mark):
    found = list(about_gaps([f"De wethouder zei {mark} en ging zitten.", "Niets."]))
    assert [(one.kind, one.severity) for one in found] == [("gap", "blocks")]


def test_who_is_silent_for_a_while_takes_nobody_with_her():
    passages = Passages(passages=(said("Goedemiddag allemaal.", "A", 0), said("Dank u wel.", "A", 120)))
    spans = silence.heard_as(passages, ["A"])
    assert len(spans) == 2
    assert spans[0].end < 3 < 118 < spans[1].start


def test_what_the_diarizer_heard_of_her_beside_her_words_is_silent_too():
    turns = Turns(
        turns=tuple(Turn(start=a, end=b, speaker=v) for a, b, v in [(0, 8, "A"), (19, 27, "B"), (60, 61, "A")])
    )
    spans = silence.heard_as(TALK, ["A"], turns)
    assert silence.within(60.5, spans)
    assert not any(silence.within(at, spans) for at in (20.1, 22.0, 24.9))
