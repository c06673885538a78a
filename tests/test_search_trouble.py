"""Whatever stands in the way of the index or a webinar, the others are searched and nothing goes on without end."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing, contextmanager

import pytest

from pipeline import archive, indexing, leases, webinars
from pipeline import search as searching
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.errors import PipelineError
from pipeline.models import Passage, Passages, Word
from pipeline.search import search
from pipeline.webinars import index_of
from pipeline.workspace import Workspace
from tests.test_search import OLD, elsewhere, found, held, quiet, two  # noqa: F401 fixture


def made_of(monkeypatch) -> list[bool]:
    """Counts the indexes that are made: whether each was from the ground up."""
    made, real = [], archive._write

    def writing(beside, old, *more):
        made.append(old is None)
        real(beside, old, *more)

    monkeypatch.setattr(archive, "_write", writing)
    return made


# Somebody else -------------------------------------------------------------------------------------


def test_an_update_that_is_overtaken_every_time_gives_up(two, monkeypatch):  # noqa: F811
    real = indexing._talk

    def overtaking(one):
        webinars.sweep(index_of(two))
        return real(one)

    monkeypatch.setattr(indexing, "_talk", overtaking)
    made = made_of(monkeypatch)
    with pytest.raises(PipelineError, match="again and again"):
        archive.update(two, quiet)
    assert made == [True] * archive.TRIES
    assert sorted(path.name for path in index_of(two).parent.iterdir()) == [f".lock-{archive.TRIES:06}.free"]


def test_an_update_that_is_overtaken_leaves_the_old_index_to_answer(two, monkeypatch):  # noqa: F811
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering.", "2026-05-05")
    real = archive.replace

    def late(beside, path):
        webinars.sweep(path)
        real(beside, path)

    monkeypatch.setattr(archive, "replace", late)
    answer = search(two, "uitvoering", quiet)
    assert (len(answer.hits), answer.behind) == (2, True)


def test_between_two_tries_the_lock_is_free(two, monkeypatch):  # noqa: F811
    free, real = [], archive.held

    @contextmanager
    def holding(claim, patience):
        free.append(claim not in leases._brief)
        with real(claim, patience):
            yield

    monkeypatch.setattr(archive, "held", holding)
    monkeypatch.setattr(archive, "replace", lambda beside, _path: beside.with_name("nowhere").rename(beside))
    with pytest.raises(PipelineError):
        archive.update(two, quiet)
    assert free == [True] * archive.TRIES


def test_who_waited_while_another_made_the_index_does_not_make_it_again(two, monkeypatch):  # noqa: F811
    real = archive.held

    @contextmanager
    def late(claim, patience):
        monkeypatch.setattr(archive, "held", real)
        archive.update(two, quiet)
        with real(claim, patience):
            yield

    monkeypatch.setattr(archive, "held", late)
    made = made_of(monkeypatch)
    assert archive.update(two, quiet)
    assert len(made) == 1


# What cannot be read or written --------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("where", ["held", "replace"])
def test_a_disk_that_refuses_lets_the_old_index_answer(two, monkeypatch, number, where):  # noqa: F811
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering.", "2026-05-05")

    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(archive, where, refused)
    assert search(two, "uitvoering", quiet).hits
    index_of(two).unlink()
    with pytest.raises(PipelineError, match="cannot be written"):
        search(two, "uitvoering", quiet)


def test_an_index_that_another_machine_renewed_is_opened_again(two, monkeypatch):  # noqa: F811
    whole = found(two, "uitvoering")
    real, times = searching._found, []

    def stale(*asked):
        times.append(1)
        if len(times) == 1:
            raise sqlite3.OperationalError("disk I/O error")
        return real(*asked)

    monkeypatch.setattr(searching, "_found", stale)
    made = made_of(monkeypatch)
    assert found(two, "uitvoering") == whole
    assert made == []


def test_an_index_that_could_not_be_opened_once_is_not_made_anew(two, monkeypatch):  # noqa: F811
    found(two, "uitvoering")
    real, times = archive.reading, []

    def stale(path):
        times.append(1)
        if len(times) == 1:
            raise sqlite3.OperationalError("disk I/O error")
        return real(path)

    monkeypatch.setattr(archive, "reading", stale)
    made = made_of(monkeypatch)
    assert found(two, "uitvoering")
    assert made == []


def test_what_goes_wrong_elsewhere_is_no_damage(two, monkeypatch):  # noqa: F811
    found(two, "uitvoering")

    def wrong(*_):
        raise ValueError("a defect of ours")

    monkeypatch.setattr(searching, "_hits", wrong)
    made = made_of(monkeypatch)
    with pytest.raises(ValueError, match="a defect of ours"):
        found(two, "uitvoering")
    assert made == []


def packed(*values: object) -> bytes:
    return zlib.compress(json.dumps(values).encode())


ROWS = {
    "fewer times": packed(2, [0], [1], {}, "uitvoering\nis"),
    "own beyond": packed(9, [0], [1], {}, "uitvoering"),
    "no numbers": packed(1, ["x"], [1], {}, "uitvoering"),
    "before the start": packed(1, [-500], [1], {}, "uitvoering"),
    "too big": packed(1, [10**400], [1], {}, "uitvoering"),
    "one value": packed(1),
    "no JSON": zlib.compress(b"{"),
    "a number": zlib.compress(b"7"),
}


@pytest.mark.parametrize("row", ROWS)
def test_whatever_stands_in_a_damaged_row_the_index_is_made_anew(two, row):  # noqa: F811
    whole = found(two, "uitvoering")
    with closing(sqlite3.connect(index_of(two))) as connection, connection:
        connection.execute("UPDATE passage SET said = ?", (ROWS[row],))
    assert found(two, "uitvoering") == whole


@pytest.mark.parametrize("damage", ["UPDATE passage SET voice = 'Q'", "DELETE FROM passage", "DELETE FROM webinar"])
@pytest.mark.parametrize("changed", [False, True])
def test_rows_that_do_not_fit_each_other_are_made_anew(two, damage, changed):  # noqa: F811
    whole = found(two, "uitvoering")
    with closing(sqlite3.connect(index_of(two))) as connection, connection:
        connection.execute(damage)
    if changed:
        held(two, "nieuw", "A: Iets anders.", "2020-05-05")
    assert found(two, "uitvoering") == whole


def folder(path) -> None:
    """A folder where a file should stand."""
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)


def endless(workspace: Workspace) -> None:
    word = Word(start=1, end=1e308, text="uitvoering")
    passage = Passage(id="t1", start=1, end=1e308, speaker="A", words=(word,))
    workspace.path(PASSAGES.file).write_bytes(PASSAGES.dump(Passages(passages=(passage,))))


ODD = {
    "its recording is a folder": lambda w: folder(w.path(RECORDING.file)),
    "its transcript is a folder": lambda w: folder(w.path(PASSAGES.file)),
    "its settings are a folder": lambda w: folder(w.toml),
    "its names are a folder": lambda w: folder(w.folder / "edits" / "names.json"),
    "it never ends": endless,
    "its address is endless": lambda w: w.path(RECORDING.file).write_text(
        '{"title": "x", "published": null, "duration": 1, "parts": [{"url": "https://x", "start": Infinity, "end": 2}]}'
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_webinar_is_named_and_the_others_are_found(two, odd, monkeypatch):  # noqa: F811
    ODD[odd](held(two, "vreemd", "A: Uitvoering.", "2026-06-06"))
    answer = search(two, "uitvoering", quiet)
    assert [hit.workspace.slug for hit in answer.hits] == ["beleid", "oud"]
    assert list(answer.unread) == ["vreemd"]
    for hit in answer.hits:
        hit.told()


@pytest.mark.parametrize("kind", ["index is a folder", "its folder is a file"])
def test_an_index_that_cannot_stand_in_its_place_is_one_sentence(two, impressie, kind):  # noqa: F811
    if kind == "index is a folder":
        (index_of(two) / "x").mkdir(parents=True)
    else:
        index_of(two).parent.write_bytes(b"")
    said = impressie("search", "uitvoering")
    assert (said.code, said.out) == (1, "")
    assert "outputs/.search cannot be written" in said.err


def test_a_change_is_seen_though_size_and_time_are_what_they_were(two):  # noqa: F811
    found(two, "wethouder")
    path = Workspace(two, "oud").path(PASSAGES.file)
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"wethouder", b"aanhouder"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found(two, "aanhouder") == [("oud", "aanhouder")]


# A forget ------------------------------------------------------------------------------------------


def test_a_forget_while_the_old_index_is_copied_leaves_no_copy(two, monkeypatch):  # noqa: F811
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering.", "2026-05-05")
    real, left = archive.shutil.copyfileobj, []

    def copying(source, target, *more):
        if not left:
            webinars.unindex(two)
        real(source, target, *more)
        left.append([path.name for path in index_of(two).parent.glob(".*.next")])

    monkeypatch.setattr(archive.shutil, "copyfileobj", copying)
    assert len(found(two, "uitvoering")) == 3
    assert left == [[]]


def test_a_forget_before_the_old_index_is_copied_makes_no_copy_at_all(two, monkeypatch):  # noqa: F811
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering.", "2026-05-05")
    opened = archive.Path.open

    def opening(path, *more, **named):
        if path == index_of(two):
            file = opened(path, *more, **named)
            webinars.unindex(two)
            return file
        return opened(path, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(archive.Path, "open", opening)
        copied = []
        patch.setattr(archive.shutil, "copyfileobj", lambda *_: copied.append(1))
        assert len(found(two, "uitvoering")) == 3
    assert copied == []


def test_what_a_killed_search_left_goes_with_the_next_command(two, impressie):  # noqa: F811
    found(two, "uitvoering")
    left = index_of(two).with_name(".left.next")
    left.write_bytes(b"x")
    with elsewhere(index_of(two).with_name(".lock")):
        impressie("status")
        assert left.exists()
    impressie("status")
    assert not left.exists()
    assert index_of(two).exists()


def test_a_forget_leaves_nothing_beside_the_index_but_its_lock(two):  # noqa: F811
    found(two, "uitvoering")
    (index_of(two).parent / "copies").mkdir()
    for name in ("index.sqlite3-journal", "copies/old", ".x.next", "index (1).sqlite3"):
        (index_of(two).parent / name).write_bytes(b"x")
    webinars.unindex(two)
    assert [path.name for path in index_of(two).parent.iterdir()] == [".lock-000001.free"]


# The command ---------------------------------------------------------------------------------------


def test_a_home_that_is_not_there_is_not_made(tmp_path, impressie):
    said = impressie("--home", str(tmp_path / "typo"), "search", "x")
    assert said.code == 1
    assert "no webinars here yet" in said.err
    assert not (tmp_path / "typo").exists()


def test_json_comes_with_what_is_missing_told_beside_it(two, impressie):  # noqa: F811
    held(two, "stuk", OLD).path(PASSAGES.file).write_bytes(b"{")
    said = impressie("search", "uitvoering", "--json", "--limit", "1")
    assert len(json.loads(said.out)) == 1
    assert "stuk could not be searched" in said.err
    assert "There is more" in said.err


def test_no_limit_is_too_big_for_the_index(two, impressie):  # noqa: F811
    found(two, "uitvoering")
    made = index_of(two).stat().st_ino
    assert impressie("search", "uitvoering", "--limit", str(10**20)).code == 2
    assert index_of(two).stat().st_ino == made


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root of Linux can mount")
def test_a_home_on_a_read_only_disk_is_searched(two):  # noqa: F811
    found(two, "uitvoering")
    held(two, "nieuw", "A: Uitvoering.", "2026-05-05")
    ask = f"mount --bind {two} {two} && mount -o remount,ro,bind {two} && cd {two} && exec {sys.executable} -c"
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", f"{ask} 'from pipeline.cli import main; main()' search uitvoering"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mounts here")
    assert "Over oud" in done.stdout, done.stderr
    assert "may not be found yet" in done.stderr
