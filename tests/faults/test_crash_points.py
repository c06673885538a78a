"""Killed, or refused by the disk, at every system call of its writing: the old state or the new one, never between.

Each stage, each write of the page's server, `forget`: first the calls are counted under strace, then the same is done
again in a copy of the same home and stopped at each of them in turn. Then the next run has to heal what is there.
"""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SLUG
from tests.faults.forks import Forks, Point
from tests.faults.states import Tree, copied, differing, kept, leftovers, told, tree
from tests.faults.table import size

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("strace") is None, reason="only Linux has strace"
)
HEAL = ["cli", "run", SLUG]
DONE = {  # what is done in a home that holds everything, and changes something
    "download": ["cli", "rerun", SLUG, "download", "--set", "to=0:35"],
    "transcribe": ["cli", "rerun", SLUG, "transcribe", "--set", "model=small"],
    "diarize": ["cli", "rerun", SLUG, "diarize", "--set", "max_speakers=3"],
    "segment": ["cli", "rerun", SLUG, "segment", "--set", "longest=6"],
    "draft": ["cli", "rerun", SLUG, "draft", "--discard-edits"],
    "rehear": ["cli", "rerun", SLUG, "rehear", "--set", "model=small"],
    "check": ["cli", "rerun", SLUG, "check"],
    "speakers": ["cli", "speakers", SLUG, "set", "B=Tom Hendriks"],
    "words": ["cli", "words", SLUG, "set", "bewoners=inwoners"],
    "block": ["page", "article/block", {"op": "insert", "index": 3, "source": "Nog een zin.", "was": "{sha}"}],
    "machine": ["page", "article/machine", {"was": "{sha}"}],
    "bar": ["page", "passages/bar", {"start": 20.0, "end": 24.0, "barred": True}],
    "voice": ["page", "voices/name", {"voice": "B", "name": "Tom Hendriks"}],
    "merge": ["page", "voices/merge", {"into": "A", "from": "B"}],
    "move": ["page", "voices/move", {"at": 26.0, "to": "A"}],
    "speaker": ["page", "speakers", {"was": "Tom Hendriks", "name": "Tom Hendriksen", "role": "lector"}],
    "spell": ["page", "words/set", {"heard": "bewoners", "written": "inwoners"}],
    "waive": ["page", "waive", {"objection": "{objection}", "reason": "gehoord", "who": "Anna"}],
    "approve": ["page", "approve", {"who": "Anna", "statement": "gelezen", "was": "{sha}"}],
    "forget_speaker": ["cli", "forget", SLUG, "--speaker", "Marieke Verhoeven", "--yes"],
    "forget": ["cli", "forget", SLUG, "--yes"],
}  # fmt: skip
REFUSALS = [("error=ENOSPC", 1), ("error=EIO", 3), ("error=EDQUOT", 9)]  # every point, one in three, one in nine
SHORT = {"transcribe", "draft", "block", "speaker", "approve", "forget_speaker", "forget"}


@dataclass(frozen=True)
class Ground:
    """A home to do something in, and where it does its writing."""

    forks: Forks
    home: Path
    does: list[Any]
    base: Path  # what `home` is a copy of each time
    points: tuple[Point, ...]
    legal: tuple[Tree, ...]  # once healed: as before, or done

    def healed(self) -> list[str]:
        """What is wrong in the home after the next run."""
        ended = self.forks(self.home, heals(self.does))
        wrong = [f"the next run ended with {ended.code}: {ended.said[-300:]}"] if ended.code else []
        now = tree(self.home)
        if now not in self.legal:
            nearest = min((differing(now, state) for state in self.legal), key=len)
            wrong.append(f"neither as before nor done: {', '.join(nearest)}")
        return wrong + [f"left over: {name}" for name in leftovers(self.home)]


def heals(does: list[Any]) -> list[Any]:
    """The next command: where everything was forgotten there is nothing to run."""
    return ["cli", "status"] if does == DONE["forget"] else HEAL


@pytest.fixture(scope="module", params=[name for name in DONE if size(0, 1) or name in SHORT])
def ground(
    request: pytest.FixtureRequest, forks: Forks, whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> Ground:
    does, base, folder = DONE[request.param], whole, tmp_path_factory.mktemp(request.param)
    heal = heals(does)
    if request.param == "approve":
        base = waived(forks, copied(whole, folder / "waived"))
    home = copied(base, folder / "home")
    forks(home, heal)
    before = tree(home)
    home = copied(base, folder / "home")
    ended = forks(home, does, count=True)
    assert ended.code == 0, ended.said
    forks(home, heal)
    return Ground(forks, home, does, base, ended.points, (before, tree(home)))


def waived(forks: Forks, home: Path) -> Path:
    """A home in which nothing stands in the way of approval."""
    for _ in range(50):
        if forks(home, DONE["waive"]).code:
            return home
    raise AssertionError("there is no end to what stands in the way")


def chosen(points: tuple[Point, ...], most: int, share: int = 1) -> tuple[Point, ...]:
    """All points at night, or a share of them; so many of them, evenly spread, in CI."""
    wanted = size(most, -(-len(points) // share))
    return tuple(points[i * len(points) // wanted] for i in range(min(wanted, len(points))))


@pytest.mark.fault(1)
def test_a_kill_at_any_call_leaves_the_old_or_the_new_state(ground, record_property):
    wrong, copies = [], kept(ground.base)
    tried = chosen(ground.points, 6)
    for point in tried:
        copied(ground.base, ground.home)
        ended = ground.forks(ground.home, ground.does, at=point, with_="signal=KILL")
        if ended.code != -9:
            wrong.append(f"{point}: not killed but {ended.code}")
        wrong += [f"{point}: {what}" for what in ground.healed()]
        if ground.does[1] != "forget" and not copies <= kept(ground.home):
            wrong.append(f"{point}: a kept copy is gone")
    record_property("cases", len(tried))
    assert not wrong, told(wrong)


PASSING = ("run.log", "owner.json", "hashes.json")  # what may be written in place: nobody misses it
DESK = re.compile(r"\.[\w.]+-\d{6}\.[\w.-]+")  # see leases.py


@pytest.mark.fault(1)
def test_every_file_is_on_the_disk_before_it_takes_its_place(ground):
    """A kill shows no missing sync, a power cut would: beside its place, synced, renamed, the folder synced.

    And a receipt comes last: when it takes its place, nothing that it tells of is still beside its own.
    """
    staged, unsynced, unsealed = set(), set(), set()
    for point in ground.points:
        folder, _, name = point.what.rpartition("/")
        if point.call.startswith("fsync"):
            unsynced.discard(point.what)
            unsealed.discard(point.what)
        elif "/scratch" in folder or name.endswith(PASSING) or DESK.fullmatch(name):  # what is in doubt is made again
            continue
        elif name.endswith(".next") and (point.call.startswith("rename") or "write" in point.call):
            staged.add(point.what)
            unsynced.add(point.what)
        elif "write" in point.call:
            raise AssertionError(f"{point.what} is written in its place")
        elif point.call.startswith("rename") and not re.search(r"/\.(forgetting|trash)-", point.what):
            assert unsynced == set(), f"{point.what} took its place before it was on the disk"
            staged -= {beside for beside in staged if beside.endswith((f"/.{name}.next", f"/{name}"))}
            staged -= {beside for beside in staged if "/.together-" in beside}
            unsealed.add(folder)
            if folder.endswith("/receipts"):
                assert staged == set(), f"{point.what} took its place before what it tells of"
    assert unsealed == set()


@pytest.mark.fault(3)
@pytest.mark.parametrize(("refusal", "share"), REFUSALS)
def test_a_refusal_by_the_disk_is_one_sentence_and_loses_nothing(ground, refusal, share, record_property):
    wrong = []
    tried = chosen(ground.points, 2, share)
    for point in tried:
        copied(ground.base, ground.home)
        ended = ground.forks(ground.home, ground.does, at=point, with_=refusal)
        if ended.code not in (0, 1, 2) or "Traceback" in ended.said:
            wrong.append(f"{point}: ended with {ended.code}: {ended.said[-600:]}")
        wrong += [f"{point}: {what}" for what in ground.healed()]
    record_property("cases", len(tried))
    assert not wrong, told(wrong)
