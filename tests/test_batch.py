"""Many webinars in one command: what it is of, what came of it, and that it goes on wherever it was stopped."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import time
import tracemalloc

import pytest

from pipeline import leases, system, webinars
from pipeline.batch import tasks
from pipeline.batch.board import Board
from pipeline.batch.crew import Ended, Lane
from pipeline.batch.driver import drive
from pipeline.batch.forecast import forecast
from pipeline.batch.hand import Hand
from pipeline.batch.journal import Journal, entries
from pipeline.batch.sources import gathered
from pipeline.batch.tasks import Outcome, Task, beginning, perform, upcoming
from pipeline.errors import LaterError, PipelineError
from pipeline.review.live import Quiet
from pipeline.runner import survey
from pipeline.workspace import Workspace
from tests.chaos.storm import archive

URL = "https://www.youtube.com/watch?v="


def alone(url):
    return [(url, None)]


def states(home):
    return [
        s.state for slug in webinars.slugs(home) for s in survey(Workspace(home, slug), Workspace(home, slug).webinar())
    ]


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A home with three short webinars that were not run yet."""
    home = tmp_path / "vereniging"
    archive(home, 3)
    monkeypatch.chdir(home)
    return home


# What a batch is of --------------------------------------------------------------------------------


def test_a_list_a_folder_a_pattern_a_playlist_and_a_slug_are_all_sources_and_each_thing_counts_once(many, tmp_path):
    folder = tmp_path / "map"
    folder.mkdir()
    for name in ("b.mp3", "a.mp4", "lees.pdf"):
        (folder / name).write_bytes(b"x")
    (folder / "lijst.txt").write_text(
        f"# vorig jaar\n{URL}een\n\n{URL}twee # met subtitels\nb.mp3\n{URL}een\n", encoding="utf-8"
    )
    (folder / "oud.toml").write_text(f'title = "Oud"\nurl = "{URL}oud"\n', encoding="utf-8")
    found = gathered(
        many,
        [
            str(folder / "lijst.txt"),
            str(folder),
            str(folder / "*.mp3"),
            f"{URL}lijst",
            "proef-1",
            "configs/2026-01-01*.toml",
        ],
        lambda url: [(f"{URL}twee", 60.0), (f"{URL}drie", None)] if url.endswith("lijst") else alone(url),
    )
    names = [source.rpartition("/")[2].removeprefix("watch?v=") for source in found.new]
    assert names == ["een", "twee", "b.mp3", "a.mp4", "oud.toml", "drie"]
    assert found.slugs == ["2026-01-02-proef-1", "2026-01-01-proef-0"]
    assert found.seconds == {f"{URL}twee": 60.0}


def test_without_sources_it_is_of_all_webinars_here(many):
    assert gathered(many, [], alone).slugs == webinars.slugs(many)


def test_what_was_begun_before_is_that_webinar_and_not_a_new_one(many):
    sound = many / "opnamen" / "1.wav"
    assert gathered(many, [str(sound)], alone).slugs == ["2026-01-02-proef-1"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nergens", "there is no webinar called 'nergens'"),
        ("*.mp9", "nothing is called"),
        ("leeg", "holds no recordings"),
    ],
)
def test_a_source_that_means_nothing_is_told(many, impressie, source, said):
    (many / "leeg").mkdir()
    answer = impressie("batch", source)
    assert answer.code == 1
    assert said in answer.err


def test_a_playlist_names_recordings_of_its_own_site_and_nothing_else(many):
    (many / "geheim.mp3").write_bytes(b"x")
    inside = [f"{URL}goed", "https://music.youtube.com/watch?v=ook", str(many / "geheim.mp3"), "http://192.168.1.1/cam"]
    inside += ["file:///etc/passwd", "https://youtube.com.boef.nl/x", "abc", "http://[x"]
    found = gathered(many, [f"{URL}lijst"], lambda _: [(address, None) for address in inside])
    assert found.new == inside[:2]
    assert len([line for line in found.told if "leads elsewhere" in line]) == 6


@pytest.mark.parametrize("code", ["utf-8-sig", "utf-16"])
def test_lists_of_any_make_are_read(many, code):
    (many / "Aflevering #12.wav").write_bytes(b"x")
    told = f"# één\nAflevering #12.wav\n{URL}één # een\nhttps://[x\n"
    (many / "lijst.txt").write_text(told, encoding=code)
    found = gathered(many, ["lijst.txt"], alone)
    assert found.new == [str((many / "Aflevering #12.wav").resolve()), f"{URL}één", "https://[x"]
    (many / "lijst.txt").write_text(f"{told}{'x' * 300}.\n", encoding=code)
    with pytest.raises(PipelineError, match="there is no webinar called"):
        gathered(many, ["lijst.txt"], alone)


def test_the_settings_that_all_webinars_share_are_no_webinars(many):
    assert gathered(many, ["configs/*.toml"], alone).new == []
    assert len(gathered(many, ["configs"], alone).slugs) == 3


# What came of it -----------------------------------------------------------------------------------


def test_a_batch_brings_all_up_to_date_and_a_second_one_has_nothing_to_do(many, impressie):
    answer = impressie("batch", "--workers", "2")
    assert answer.code == 0, answer.err
    assert set(states(many)) == {"fresh"}
    assert "3 webinars are up to date" in answer.err
    [journal] = (many / "outputs" / "batch").glob("*.jsonl")
    assert len(list(entries(journal))) == 21
    receipts = {path: path.read_bytes() for path in many.glob("outputs/*/receipts/*.json")}
    assert impressie("batch").code == 0
    assert {path: path.read_bytes() for path in receipts} == receipts


def test_one_that_fails_is_set_aside_with_its_reason_and_the_others_go_on(many, impressie):
    (many / "opnamen" / "1.wav").write_bytes(b"no sound at all")
    (many / "configs" / "2026-01-03-proef-2.toml").write_text("title = [", encoding="utf-8")
    answer = impressie("batch", "--tries", "2")
    assert answer.code == 1
    assert "1 webinar is up to date, 2 were set aside" in answer.err
    assert "2026-01-02-proef-1  download  '1.wav'" in answer.err
    assert "is not valid TOML" in answer.err
    report = next((many / "outputs" / "batch").glob("*.md")).read_text(encoding="utf-8")
    assert "1 webinar bijgewerkt" in report
    assert "2 webinars terzijde gelegd" in report
    rows = [line for line in report.splitlines() if "proef-1" in line or "proef-2" in line]
    assert len(rows) == 2
    assert "De opname is geen geluid of film" in report
    assert "De instellingen van dit webinar zijn niet te lezen" in report
    assert not re.search(r"\b(the|cannot|there is)\b", report)


def test_the_report_shows_who_did_what_when_and_loads_and_runs_nothing(many, impressie):
    impressie("batch", "--workers", "2")
    page = next((many / "outputs" / "batch").glob("*.html")).read_text(encoding="utf-8")
    assert page.count("<rect") >= 7
    assert '<a href="../2026-01-02-proef-1/50-article.md">' in page
    assert re.search(r"\d citaten: .* te regelen", page)
    assert all(f">{lane}</text>" in page for lane in ("werker 1", "werker 2"))
    assert "<script" not in page
    assert "default-src 'none'" in page.replace("&#x27;", "'")


def test_a_dry_run_says_what_would_run_and_for_how_long_and_runs_nothing(many, impressie):
    assert impressie("run", "proef-0").code == 0
    answer = impressie("batch", "--dry-run", "--workers", "2")
    assert answer.code == 0
    counts = {line.split()[0]: line.split()[1] for line in answer.out.splitlines()}
    assert counts["transcribe"] == counts["check"] == "2"
    assert "Nothing was run" in answer.err
    assert set(states(many)) == {"fresh", "never run"}


def test_the_forecast_is_the_median_of_earlier_runs_by_length_of_the_recording(many, impressie):
    impressie("run", "proef-0")
    workspace = Workspace(many, "2026-01-01-proef-0")
    for stage, seconds in (("transcribe", 2.0), ("diarize", 1.0), ("download", 0.2), ("segment", 0.0), ("draft", 3.0)):
        path = workspace.receipt_path(stage)
        path.write_text(json.dumps(json.loads(path.read_text()) | {"seconds": seconds}), encoding="utf-8")
    told = forecast(many, [], {"new": 200.0, "other": None}, workers=1)
    seconds = {row.stage: row.seconds for row in told.rows}
    assert seconds["transcribe"] == pytest.approx(2.0 * 10 + 2.0)  # ten times as long, and as long as those here
    assert seconds["draft"] == pytest.approx(6.0)
    assert told.seconds == pytest.approx(sum(seconds.values()))
    assert forecast(many, [], {"new": 200.0, "other": 200.0}, workers=2).seconds < 0.6 * told.seconds * 2


def test_an_approved_webinar_is_left_as_it_is(many, impressie, monkeypatch):
    monkeypatch.setattr(tasks.articles, "approved", lambda workspace: workspace.slug.endswith("1") or None)
    assert upcoming(Workspace(many, "2026-01-02-proef-1")) is None
    assert upcoming(Workspace(many, "2026-01-01-proef-0")).stage == "download"


def test_forgetting_a_webinar_takes_it_out_of_what_batches_tell(many, impressie):
    assert impressie("batch").code == 0
    assert impressie("forget", "proef-1", "--yes").code == 0
    kept = b"".join(path.read_bytes() for path in (many / "outputs").rglob("*") if path.is_file())
    assert b"proef-1" not in kept
    assert b"proef-2" in kept


# Tasks ---------------------------------------------------------------------------------------------


def test_a_task_that_was_done_already_is_not_done_again(many):
    task = upcoming(Workspace(many, "2026-01-01-proef-0"))
    first, second = (perform(many, task, Quiet()) for _ in range(2))
    assert (first.did, second.did) == (True, False)
    assert first.manifest == second.manifest
    assert first.then == second.then
    assert first.then.stage == "transcribe"


def test_the_same_work_has_the_same_key_and_other_settings_another(many):
    workspace = Workspace(many, "2026-01-01-proef-0")
    perform(many, upcoming(workspace), Quiet())
    before = upcoming(workspace)
    assert upcoming(workspace).key == before.key
    workspace.toml.write_text(workspace.toml.read_text().replace("batch = 1", 'batch = 1\nmodel = "small"'))
    assert upcoming(workspace).key != before.key


def test_where_somebody_else_is_at_work_the_outcome_is_busy(many):
    workspace = Workspace(many, "2026-01-01-proef-0")
    with workspace.locked("run"):
        outcome = perform(many, upcoming(workspace), Quiet())
    assert outcome.state == "busy"
    assert "in use by" in outcome.summary


def test_a_site_that_asks_to_come_back_later_says_when(many, monkeypatch):
    def later(*_):
        raise LaterError("the site asks to come back later", "run it again later", 600.0)

    monkeypatch.setattr(tasks.begin, "opened", later)
    outcome = perform(many, beginning(f"{URL}x"), Quiet())
    assert (outcome.state, outcome.wait) == ("later", 600.0)


def test_two_recordings_of_one_title_begun_at_once_become_two_webinars(many, tmp_path):
    for name in ("een", "twee"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "opname.wav").write_bytes((many / "opnamen" / "1.wav").read_bytes())
        assert perform(many, beginning(str(folder / "opname.wav")), Quiet()).state == "done"
    assert len([slug for slug in webinars.slugs(many) if "opname" in slug]) == 2


ELSEWHERE = "other_abcdef"


def test_what_another_machine_wrote_is_waited_for(many, monkeypatch):
    workspace = Workspace(many, "2026-01-01-proef-0")
    first = perform(many, upcoming(workspace), Quiet())
    task = first.then.model_copy(update={"by": ELSEWHERE})
    receipt, audio = workspace.receipt_path("download"), workspace.path("10-audio.flac")
    late = {path: path.read_bytes() for path in (receipt, audio)}
    for path in late:
        path.unlink()
    looks = []

    def look(_):
        looks.append(1)
        if len(looks) == 3:
            receipt.write_bytes(late[receipt])  # it comes before what it tells of
        if len(looks) == 6:
            audio.write_bytes(late[audio])

    monkeypatch.setattr(tasks.time, "sleep", look)
    outcome = perform(many, task, Quiet())
    assert outcome.state == "done", outcome.summary
    assert outcome.did
    assert len(looks) == 6


def test_a_webinar_that_was_begun_on_another_machine_is_waited_for(many, monkeypatch):
    workspace = Workspace(many, "2026-01-01-proef-0")
    task = upcoming(workspace).model_copy(update={"by": ELSEWHERE})
    toml = workspace.toml.read_bytes()
    workspace.toml.unlink()
    monkeypatch.setattr(tasks.time, "sleep", lambda _: workspace.toml.write_bytes(toml))
    assert perform(many, task, Quiet()).did


def test_a_webinar_that_is_forgotten_between_two_tasks_stays_forgotten(many):
    workspace = Workspace(many, "2026-01-01-proef-0")
    first = perform(many, upcoming(workspace), Quiet())
    webinars.forget(workspace)
    outcome = perform(many, first.then, Quiet())
    assert "there is no webinar called" in outcome.summary
    assert not workspace.folder.exists()
    journal = Journal(many, dt.datetime.now())
    journal.add(Ended(first.then, outcome, "worker 1", 0.0, 1.0), set_aside=True)
    assert list(journal.entries()) == []


def test_what_another_machine_wrote_and_never_shows_up_is_one_clear_sentence(many, monkeypatch):
    workspace = Workspace(many, "2026-01-01-proef-0")
    first = perform(many, upcoming(workspace), Quiet())
    task = first.then.model_copy(update={"by": ELSEWHERE})
    workspace.receipt_path("download").unlink()
    monkeypatch.setattr(tasks, "VISIBLE", 0.0)
    outcome = perform(many, task, Quiet())
    assert outcome.state == "failed"
    assert "transcribe waits for download, and nothing has come in" in outcome.summary
    assert "do all machines see the same folder" in outcome.hint


def test_an_article_that_only_seems_to_differ_from_its_receipt_is_not_taken_for_a_persons(many, monkeypatch):
    workspace, quiet = Workspace(many, "2026-01-01-proef-0"), Quiet()
    task = upcoming(workspace)
    while task.stage != "rehear":
        task = perform(many, task, quiet).then
    article = workspace.path("50-article.md")
    new = article.read_bytes()
    article.write_bytes(b"# the text of an earlier draft, as this machine still sees it\n")
    task = task.model_copy(update={"by": ELSEWHERE})
    monkeypatch.setattr(tasks.time, "sleep", lambda _: article.write_bytes(new))
    assert perform(many, task, quiet).state == "done"
    assert not (workspace.folder / "edits" / "article.md").exists()


# Hands ---------------------------------------------------------------------------------------------


@pytest.fixture
def hand(many):
    made = Hand(many)
    yield made
    made.kill()


def test_a_hand_does_one_task_after_another(many, hand):
    task = upcoming(Workspace(many, "2026-01-01-proef-0"))
    for _ in range(3):
        outcome = hand.do(task)
        assert outcome.state == "done", outcome.summary
        task = outcome.then
    assert task.stage == "segment"


def test_a_hand_that_is_killed_is_an_outcome_and_leaves_the_webinar_free(many, hand):
    workspace = Workspace(many, "2026-01-01-proef-0")
    task = upcoming(workspace)

    hand._child.send_signal(signal.SIGKILL)
    outcome = hand.do(task)
    assert outcome.state == "failed"
    assert "was stopped by signal 9" in outcome.summary
    assert not hand.alive
    assert not leases.held(workspace.folder)


def test_a_hand_that_meets_a_defect_of_ours_says_which(many, hand):
    outcome = hand.do(Task(slug="2026-01-01-proef-0", stage="no such stage", key="x"))
    assert outcome.state == "failed"
    assert "ended with 1: KeyError" in outcome.summary


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
def test_a_hand_dies_with_whoever_started_it_also_when_it_is_paused(many):
    script = "import sys, threading\nfrom pathlib import Path\nfrom pipeline.batch.hand import Hand\n"
    script += "hand = Hand(Path(sys.argv[1]))\nprint(hand._child.pid, flush=True)\nthreading.Event().wait()"
    parent = subprocess.Popen([sys.executable, "-c", script, str(many)], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(child, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while system._lives(child) and system._started(child) not in ("ended", "0"):
        assert time.monotonic() < deadline


# A batch that is stopped ---------------------------------------------------------------------------


@pytest.mark.fault(21)
def test_a_batch_that_is_killed_again_and_again_ends_as_if_it_had_not_been(many, record_property):
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "batch", "--workers", "2"]
    kills = 0
    while True:
        before = len(list(many.glob("outputs/*/receipts/*.json")))
        running = subprocess.Popen(command, cwd=many, stderr=subprocess.DEVNULL, start_new_session=True)
        while running.poll() is None and len(list(many.glob("outputs/*/receipts/*.json"))) < before + 4:
            pass
        if running.poll() is not None:
            break
        running.kill()
        running.wait()
        kills += 1
    record_property("cases", kills)
    assert running.returncode == 0
    assert kills >= 3
    assert set(states(many)) == {"fresh"}
    for log in many.glob("outputs/*/run.log"):
        ran = [line.split()[2] for line in log.read_text(encoding="utf-8").splitlines()]
        assert len(ran) == len(set(ran))  # nothing was done twice


# Size ----------------------------------------------------------------------------------------------


class Instant:
    """A crew that does everything at once."""

    def __init__(self):
        self.lane, self.ended = Lane("worker 1"), []

    def lanes(self):
        return [self.lane]

    def start(self, lane, task, left):
        after = tasks.ORDER.index(task.stage) + 1
        then = task.model_copy(update={"stage": tasks.ORDER[after], "key": f"{task.key}+"}) if after < 8 else None
        outcome = Outcome(slug=task.slug, state="done", did=True, seconds=1.0, then=then, summary="x" * 40)
        self.ended.append(Ended(task, outcome, lane.name, time.time(), time.time()))

    def wait(self, _):
        ended, self.ended = self.ended, []
        return ended

    def close(self):
        pass


class Blind:
    def surveyed(self, *_):
        pass

    def ended(self, *_):
        pass

    def shows(self, *_):
        pass


def test_the_journal_of_a_batch_is_all_that_grows_with_the_number_of_tasks(many):
    most = {}
    for count in (15, 1430):  # times seven stages: a hundred tasks, ten thousand
        board, journal = Board(), Journal(many, dt.datetime(2026, 1, 1, second=count % 60, tzinfo=dt.UTC))
        for n in range(count):
            board.add(Task(slug=f"w{n}", stage="download", key=f"k{n}"))
            (many / "configs" / f"w{n}.toml").touch()
        tracemalloc.start()
        drive(board, Instant(), journal, Blind())
        most[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert board.done.total() == len(list(journal.entries())) == 7 * count
    assert most[1430] < most[15] + 4_000_000  # two kilobytes for each webinar that waits
