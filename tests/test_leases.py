"""One holder at a time, on any machine; who was overtaken publishes nothing, however late it wakes up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline import leases, system
from pipeline.errors import PipelineError
from pipeline.leases import OvertakenError
from pipeline.workspace import Workspace
from tests.test_publishing import NEW, OLD, published, receipt, state


@pytest.fixture(autouse=True)
def paused(monkeypatch):
    """Whoever holds a lease here is this process: as if it were stopped."""
    monkeypatch.setattr(system, "is_running", lambda _: False)


THEIRS = {"a.json": b"their a", "b.md": b"their b"}
ELSEWHERE = "other_abcdef.123456.77.1"  # a process of another machine


def desk(folder):
    [found] = folder.glob(".lease-*")
    return found


def overtaken_at(monkeypatch, step, overtakes):
    """At the step-th system call that changes a file's place or contents, somebody else takes over and goes on."""
    calls = {"left": step}

    def waking(real):
        def call(*args, **kwargs):
            calls["left"] -= 1
            if calls["left"] == -1:
                overtakes()
            return real(*args, **kwargs)

        return call

    for name in ("replace", "fsync", "rename"):
        monkeypatch.setattr(os, name, waking(getattr(os, name)))


def test_who_is_paused_at_any_step_of_publishing_and_overtaken_changes_nothing_any_more(tmp_path, monkeypatch):
    steps, late = 0, 0
    while True:
        workspace = Workspace(tmp_path / str(steps), "w")
        published(workspace, OLD)
        seen = []

        def overtakes(workspace=workspace, seen=seen):
            with monkeypatch.context() as patch:
                patch.setattr(leases, "LEASE", 0.0)
                published(Workspace(workspace.home, "w"), THEIRS)
                seen.append(True)

        with workspace.locked("run"), monkeypatch.context() as patch:
            overtaken_at(patch, steps, overtakes)
            try:
                workspace.publish(receipt(), NEW)
                finished = True
            except OvertakenError:
                finished = False
        if not seen:
            break
        late += finished
        assert state(workspace) == THEIRS
        with workspace.locked("run"):
            assert [path.name for path in workspace.desk.path.iterdir() if path != workspace.desk.ready] == [
                "owner.json"
            ]
            assert list(workspace.desk.ready.iterdir()) == []
        steps += 1
    assert steps >= 8
    assert late <= 1  # when all was in its place already, but for the sync of the folder


def test_whatever_else_an_overtaken_holder_writes_stays_away_too(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path, "w")
    with workspace.locked("run"):
        scratch = workspace.scratch("download", "x")
        (scratch / "part").write_bytes(b"mine")
        with monkeypatch.context() as patch:
            patch.setattr(leases, "LEASE", 0.0)
            with Workspace(tmp_path, "w").locked("run"):
                pass
        for write in (
            lambda: workspace.write(workspace.folder / "edits" / "names.json", b"{}"),
            lambda: workspace.replace_together({workspace.toml: b"x"}),
            lambda: workspace.scratch("download", "x"),
        ):
            with pytest.raises(OvertakenError):
                write()
        with pytest.raises(FileNotFoundError):
            (scratch / "part").write_bytes(b"late")
    assert not workspace.toml.exists()
    assert not (workspace.folder / "edits" / "names.json").exists()


def test_whoever_makes_its_own_desk_again_has_it_no_more_for_that(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path, "w")
    published(workspace, OLD)
    with workspace.locked("run"):
        scratch = workspace.scratch("download", "x")
        with monkeypatch.context() as patch:
            patch.setattr(leases, "LEASE", 0.0)
            published(Workspace(tmp_path, "w"), THEIRS)
        scratch.mkdir(parents=True)  # as yt-dlp does before each download
        assert not workspace.desk.mine
        with pytest.raises(OvertakenError):
            workspace.publish(receipt(), NEW)
    assert state(workspace) == THEIRS


def test_a_lease_that_could_not_be_given_back_is_not_held_for_ever(tmp_path, monkeypatch):
    real = Path.rename

    def refused(path, target):
        if str(target).endswith(".free"):
            raise OSError(5, "Input/output error")
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refused)
        with leases.taken(tmp_path / "w", "run"):
            pass
    with leases.taken(tmp_path / "w", "run") as mine:
        assert mine.token == 2


def test_a_lease_is_given_back_when_what_was_left_cannot_be_copied(tmp_path, monkeypatch):
    left = tmp_path / "w" / f".lease-000003.{ELSEWHERE}"
    (left / "ready-abc").mkdir(parents=True)
    (left / "ready-abc" / "x").write_bytes(b"x")
    monkeypatch.setattr(leases, "LEASE", 0.0)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(leases.shutil, "copy2", full)
        with pytest.raises(OSError, match="No space"), leases.taken(tmp_path / "w", "run"):
            pass
    with leases.taken(tmp_path / "w", "run") as mine:
        assert (mine.ready / "x").read_bytes() == b"x"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_folder_that_may_not_be_written_to_is_refused_and_not_waited_for(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "w" / ".lease-000001.free").mkdir(parents=True)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError), leases.taken(tmp_path / "w", "run"):
        pass


def test_a_file_that_a_paused_holder_has_open_is_not_the_one_that_the_next_goes_on_with(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path, "w")
    monkeypatch.setattr(leases, "LEASE", 0.0)
    with workspace.locked("run"), (workspace.scratch("download", "x") / "part").open("wb", buffering=0) as mine:
        mine.write(b"half")
        with Workspace(tmp_path, "w").locked("run") as _:
            mine.write(b" and too late")
            [part] = workspace.folder.rglob("part")
            assert part.read_bytes() == b"half"


def test_many_who_want_it_at_once_get_it_one_by_one_each_with_a_higher_number(tmp_path):
    tokens, inside, most = [], [], []

    def wants():
        for _ in range(10):
            while True:
                try:
                    with leases.taken(tmp_path / "w", "run") as mine:
                        inside.append(1)
                        most.append(len(inside))
                        tokens.append(mine.token)
                        inside.pop()
                    break
                except PipelineError:
                    continue

    threads = [threading.Thread(target=wants) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 80
    assert tokens == sorted(set(tokens))
    assert max(most) == 1


def test_the_lease_of_a_process_that_was_killed_is_free_at_once(tmp_path):
    script = "from pipeline import leases; from pathlib import Path; import sys\n"
    script += f"with leases.taken(Path({str(tmp_path)!r}) / 'w', 'run w'):\n    print('mine', flush=True)\n    input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert holder.stdout.readline() == "mine\n"
    assert leases.held(tmp_path / "w")
    assert leases.owner(tmp_path / "w").startswith(f"'impressie run w' (process {holder.pid} on ")
    with pytest.raises(PipelineError, match="in use by"), leases.taken(tmp_path / "w", "status"):
        pass
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    assert not leases.held(tmp_path / "w")
    with leases.taken(tmp_path / "w", "run w") as mine:
        assert mine.token == 2


def test_a_holder_on_another_machine_is_left_alone_as_long_as_it_gives_signs_of_life(tmp_path, monkeypatch):
    (tmp_path / "w" / f".lease-000007.{ELSEWHERE}").mkdir(parents=True)
    with (
        pytest.raises(PipelineError, match=r"in use by 'impressie' \(process 77 on other"),
        leases.taken(tmp_path / "w", ""),
    ):
        pass
    monkeypatch.setattr(leases, "LEASE", 0.2)
    os.utime(desk(tmp_path / "w"), (0, 0))  # silent for long, and watched for a lease all the same
    with leases.taken(tmp_path / "w", "run") as mine:
        assert mine.token == 8


def test_a_sign_of_life_while_it_is_watched_keeps_the_lease_where_it_is(tmp_path, monkeypatch):
    held = tmp_path / "w" / f".lease-000007.{ELSEWHERE}"
    held.mkdir(parents=True)
    os.utime(held, (0, 0))
    monkeypatch.setattr(leases, "LEASE", 0.5)
    monkeypatch.setattr(leases, "_wait", lambda _: os.utime(held))
    with pytest.raises(PipelineError, match="in use by"), leases.taken(tmp_path / "w", "run"):
        pass


def test_a_desk_that_a_late_view_made_beside_the_right_one_is_cleared_away(tmp_path):
    for name in (".lease-000000.free", ".lease-000004.free"):
        (tmp_path / "w" / name).mkdir(parents=True)
    with leases.taken(tmp_path / "w", "run") as mine:
        assert mine.token == 5
        assert desk(tmp_path / "w") == mine.path


def test_a_holder_on_this_machine_that_runs_is_never_overtaken_however_slow(tmp_path, monkeypatch):
    monkeypatch.undo()
    with leases.taken(tmp_path / "w", "run") as mine:
        os.utime(mine.path, (0, 0))
        with pytest.raises(PipelineError, match="in use by"), leases.taken(tmp_path / "w", "run"):
            pass
        assert mine.mine


def test_a_process_is_known_to_be_dead_only_on_its_own_machine():
    mine = system.process_name()
    machine, boot, pid, started = mine.split(".")
    assert not system.is_dead(mine)
    assert system.is_dead(".".join([machine, boot, pid, f"{started}1"]))  # the number was given to another since
    assert system.is_dead(f"{machine}.before.{pid}.{started}", 0.0)  # the machine was started again since
    assert not system.is_dead(f"{machine}.before.{pid}.{started}", time.time())  # or it lives, on a copy of the machine
    assert not system.is_dead(ELSEWHERE)
    assert not system.is_dead("")


def test_what_is_held_for_long_gives_signs_of_life_from_the_moment_it_is_taken(tmp_path, monkeypatch):
    claim = tmp_path / ".lock"
    (tmp_path / ".lock-000001.free").mkdir()
    os.utime(tmp_path / ".lock-000001.free", (0, 0))
    monkeypatch.setattr(leases, "BEAT", 0.01)
    monkeypatch.setattr(leases, "_beats", None)
    monkeypatch.setattr(leases, "LEASE", 0.3)
    with leases.briefly(claim, 1.0):
        [mine] = tmp_path.glob(".lock-*")
        taken = mine.stat().st_mtime_ns
        assert taken > 1e18
        while mine.stat().st_mtime_ns == taken:
            pass
        assert leases._taken(tmp_path, ".lock", 0.5) is None


def test_a_machine_that_fell_silent_is_not_at_work(tmp_path):
    held = tmp_path / "w" / f".lease-000007.{ELSEWHERE}"
    held.mkdir(parents=True)
    assert leases.held(tmp_path / "w")
    os.utime(held, (0, 0))
    assert not leases.held(tmp_path / "w")


def test_a_moment_alone_is_one_at_a_time_and_may_be_nested(tmp_path, monkeypatch):
    total = []

    def adds():
        for _ in range(20):
            with leases.briefly(tmp_path / ".lock", 20.0), leases.briefly(tmp_path / ".lock", 20.0):
                now = len(total)
                total.extend([now])
                assert len(total) == now + 1

    threads = [threading.Thread(target=adds) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total == list(range(80))
    (tmp_path / f".busy-000001.{ELSEWHERE}").mkdir()
    with pytest.raises(PipelineError, match="another impressie is changing"), leases.briefly(tmp_path / ".busy", 0.1):
        pass
