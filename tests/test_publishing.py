"""A stage's outputs and its receipt are published together, whatever happens in between."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading

import pytest

from pipeline.errors import PipelineError
from pipeline.models import Receipt
from pipeline.workspace import Workspace


def receipt(stage="draft"):
    return Receipt(stage=stage, version=1, params={}, inputs={}, outputs={}, started=dt.datetime.now(dt.UTC), seconds=1)


class Killed(BaseException):
    pass


def kill_at(monkeypatch, count):
    """Die at the count-th system call that changes a file's place or contents."""
    calls = {"left": count}

    def dying(real):
        def call(*args, **kwargs):
            calls["left"] -= 1
            if calls["left"] < 0:
                raise Killed
            return real(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "replace", dying(os.replace))
    monkeypatch.setattr(os, "fsync", dying(os.fsync))
    return calls


OLD = {"a.json": b"old a", "b.md": b"old b"}
NEW = {"a.json": b"new a", "b.md": b"new b"}


def published(workspace, outputs):
    with workspace.locked("run"):
        workspace.publish(receipt(), outputs)


def state(workspace):
    files = {name: workspace.path(name).read_bytes() for name in OLD}
    known = workspace.receipt("draft").outputs
    assert all(workspace.sha256(name) == known[name] for name in OLD), "a receipt that does not fit its outputs"
    return files


def test_a_kill_at_any_step_leaves_the_old_result_or_the_new_one(tmp_path, monkeypatch):
    steps = 0
    while True:
        workspace = Workspace(tmp_path / str(steps), "w")
        workspace.folder.mkdir(parents=True)
        published(workspace, OLD)
        with monkeypatch.context() as patch:
            kill_at(patch, steps)
            try:
                published(workspace, NEW)
                finished = True
            except Killed:
                finished = False
        with workspace.locked("run"):
            pass  # heals
        assert state(workspace) in (OLD, NEW)
        assert not list(workspace.folder.rglob(".*next*"))
        if finished:
            assert state(workspace) == NEW
            break
        steps += 1
    assert steps >= 6


def test_an_output_that_is_no_longer_written_disappears_with_the_new_receipt(tmp_path):
    workspace = Workspace(tmp_path, "w")
    workspace.folder.mkdir(parents=True)
    published(workspace, OLD)
    published(workspace, {"a.json": b"new a"})
    assert not workspace.path("b.md").exists()


def test_what_a_person_changed_after_a_kill_is_not_overwritten_by_the_healing(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path, "w")
    workspace.folder.mkdir(parents=True)
    published(workspace, OLD)
    real = workspace._finish
    monkeypatch.setattr(workspace, "_finish", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        published(workspace, NEW)
    monkeypatch.setattr(workspace, "_finish", real)
    workspace.path("b.md").write_bytes(b"mine")
    with workspace.locked("run"):
        pass
    assert workspace.path("b.md").read_bytes() == b"mine"
    assert workspace.path("a.json").read_bytes() == b"new a"


def test_who_comes_second_is_told_who_is_at_work(tmp_path):
    workspace = Workspace(tmp_path, "w")
    result = []

    def second():
        try:
            with Workspace(tmp_path, "w").locked("run w"):
                pass
        except PipelineError as error:
            result.append(error.message)

    with workspace.locked("rerun w draft"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert result[0].startswith(f"w is in use by 'impressie rerun w draft' (process {os.getpid()} on ")
        assert Workspace(tmp_path, "w").busy()
    assert not workspace.busy()


def test_a_full_disk_is_one_sentence_and_leaves_nothing_behind(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path, "w")
    workspace.folder.mkdir(parents=True)
    published(workspace, OLD)

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(PipelineError, match="could not be written: No space left"):
            published(workspace, NEW)
    assert state(workspace) == OLD
    assert not list(workspace.folder.glob(".*next"))


def test_a_big_file_changed_in_place_is_seen_although_its_hash_was_remembered(tmp_path):
    workspace = Workspace(tmp_path, "w")
    workspace.folder.mkdir(parents=True)
    big = workspace.path("10-audio.flac")
    big.write_bytes(b"x" * 2_000_000)
    os.utime(big, (1_000_000_000, 1_000_000_000))
    before = workspace.sha256("10-audio.flac")
    assert json.loads((workspace.folder / "receipts" / "hashes.json").read_text())
    big.write_bytes(b"x" * 1_999_999 + b"y")
    assert Workspace(tmp_path, "w").sha256("10-audio.flac") != before
