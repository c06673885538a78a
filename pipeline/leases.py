"""Who may change a folder, on whichever machine, when that folder is shared over a network.

A folder has one desk, `.lease-NNNNNN.free` or `.lease-NNNNNN.HOLDER`, a folder with the checkpoints and, in a folder
of its own for each holder, what that one makes ready to publish. Taking it is one rename, to the next number and one's
own name: of two that try, one succeeds. The number is the fencing token. Whoever is overtaken, because it was silent
for too long, finds that every path on its desk leads nowhere; and since whatever is published is renamed out of the
folder that it made ready in, which nobody makes twice, it publishes nothing, however late it wakes up. Only mkdir and
rename are relied on, which network file systems do at once for all; no flock.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import system
from pipeline.disk import replace
from pipeline.errors import PipelineError

LEASE = 30.0  # seconds without a sign of life after which a desk is for whoever wants it
BEAT = 5.0  # seconds between signs of life, which are the time of change of the desk
LOOK = 0.05  # seconds between looks of somebody who waits
FREE = "free"
OWNER, READY = "owner.json", "ready"
STUBBORN = 10.0  # seconds after which a desk that nobody holds and that cannot be taken is given up

_mine: set[Path] = set()  # the desks that this process holds
_beats: threading.Thread | None = None


class InUseError(PipelineError):
    """Somebody else is at work there."""


class OvertakenError(PipelineError):
    """Somebody else has the lease now: this process was silent for too long."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"{slug} was taken over by another impressie, because this one was silent for {LEASE:.0f} seconds",
            "nothing of it was published; see what the other makes of it: impressie status",
        )


class _Name(NamedTuple):
    """What the name of a desk says."""

    token: int
    holder: str
    path: Path


@dataclass
class Desk:
    """Where the holder of a lease makes ready what it publishes; `token` is higher than that of any holder before."""

    path: Path
    token: int
    ready: Path  # nothing but what `taken` does ever makes it, so it is gone when somebody has taken over
    inherited: bool = False  # from a holder that may still live

    @property
    def mine(self) -> bool:
        """Whether nobody has taken over."""
        return self.ready.is_dir()

    def check(self) -> None:
        """OvertakenError where somebody has taken over."""
        if not self.mine:
            raise OvertakenError(self.path.parent.name)

    def put(self, ready: Path, target: Path) -> None:
        """Move what was made ready on the desk to its place. OvertakenError where the desk is another's by now."""
        try:
            replace(ready, target)
        except FileNotFoundError as error:
            if self.mine:
                raise
            raise OvertakenError(self.path.parent.name) from error


def _names(folder: Path, prefix: str) -> list[_Name]:
    """The desk of a folder, and any that a late view of a network folder made beside it; the right one is last."""
    found = []
    for path in folder.glob(f"{prefix}-*"):
        token, _, holder = path.name[len(prefix) + 1 :].partition(".")
        if token.isdigit() and holder:
            found.append(_Name(int(token), holder, path))
    return sorted(found)


@contextmanager
def taken(folder: Path, doing: str) -> Iterator[Desk]:
    """Alone in this folder; PipelineError names who is at work when somebody is.

    Where the holder gives no sign of life it is waited for, until its lease has expired.
    """
    desk = _taken(folder, ".lease", patience=0.0)
    if desk is None:
        raise InUseError(f"{folder.name} is in use by {owner(folder)}", "wait until that has finished")
    with _beating(desk, ".lease"):
        _laid_out(desk)
        words = {"doing": doing, "since": f"{dt.datetime.now():%H:%M}"}
        with suppress(FileNotFoundError):  # overtaken at once: whatever follows says so
            (desk.path / OWNER).write_text(json.dumps(words), encoding="utf-8")
        try:
            yield desk
        finally:
            with suppress(OSError):
                (desk.path / OWNER).unlink()
            with suppress(OSError):  # not empty where a promise is left for the next
                desk.ready.rmdir()


def _laid_out(desk: Desk) -> None:
    """A folder of one's own to make things ready in, with what the holder before has left there.

    Where that one may wake up with files or folders open, its files are copied.
    """
    desk.ready.mkdir()
    for old in desk.path.glob(f"{READY}-*"):
        if old != desk.ready:
            for file in old.iterdir():
                (shutil.copy2 if desk.inherited else os.replace)(file, desk.ready / file.name)
            shutil.rmtree(old)
    for old in desk.path.iterdir() if desk.inherited else ():
        if old.is_dir() and old != desk.ready:
            copy = old.with_name(f".{old.name}.copy")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(old, copy)
            shutil.rmtree(old)
            copy.rename(old)


@contextmanager
def _beating(desk: Desk, prefix: str) -> Iterator[None]:
    """Signs of life, and afterwards the desk is free."""
    _give_signs()
    try:
        yield
    finally:
        _mine.discard(desk.path)
        with suppress(OSError):  # overtaken; or refused by the disk, and then it is known not to be held any more
            desk.path.rename(desk.path.with_name(f"{prefix}-{desk.token:06}.{FREE}"))


def _give_signs() -> None:
    """See to it that there is a thread that touches whatever this process holds; a fork has lost it."""
    global _beats  # noqa: PLW0603 - one for the process
    if _beats is None or not _beats.is_alive():
        _beats = threading.Thread(target=_beat, name="signs of life", daemon=True)
        _beats.start()


def _beat() -> None:
    while True:
        time.sleep(BEAT)
        for desk in list(_mine):
            with suppress(OSError):
                os.utime(desk)


def _taken(folder: Path, prefix: str, patience: float) -> Desk | None:
    """The desk, once it is free or its holder is dead or was silent for a lease; None after `patience` seconds.

    A holder that seems to have been silent for long already is watched for a lease, by our own clock.
    """
    begun = time.monotonic()
    seen: tuple[Path, int] | None = None
    since = begun
    while True:
        newest = _newest(folder, prefix)
        sign = (newest.path, _changed(newest.path))
        if sign != seen:
            seen, since = sign, time.monotonic()
        left = newest.holder == FREE or system.is_dead(newest.holder, sign[1] / 1e9) or _left(newest)
        slow = system.is_running(newest.holder)  # a laptop that was asleep or short of memory: leave it its work
        if (left or (time.monotonic() - since >= LEASE and not slow)) and (desk := _overtake(newest, prefix)):
            return desk
        silent = time.time() - sign[1] / 1e9 > LEASE and not slow
        if left and time.monotonic() - begun > STUBBORN:
            raise PipelineError(f"{folder.name} cannot be taken", "close the program that has it open")
        if not left and time.monotonic() - begun >= (max(patience, 1.2 * LEASE) if silent else patience):
            return None
        _wait(LOOK)


def _wait(seconds: float) -> None:
    time.sleep(seconds)


def _left(name: _Name) -> bool:
    """Whether this process held it once, and could not give it back."""
    return name.holder.startswith(system.process_name()) and name.path not in _mine


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return time.time_ns()


def _newest(folder: Path, prefix: str) -> _Name:
    """The desk of a folder, which gets one where it has none."""
    while not (there := _names(folder, prefix)):
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            (folder / f"{prefix}-000000.{FREE}").mkdir()
    return there[-1]


def _overtake(before: _Name, prefix: str) -> Desk | None:
    """Take a desk with all that lies on it; None where somebody else was first."""
    folder = before.path.parent
    mine = folder / f"{prefix}-{before.token + 1:06}.{system.process_name()}.{secrets.token_hex(3)}"
    _mine.add(mine)
    try:
        before.path.rename(mine)
    except (FileNotFoundError, FileExistsError, PermissionError) as error:
        _mine.discard(mine)
        if isinstance(error, PermissionError) and os.name != "nt":  # Windows: somebody has a file open there
            raise
        return None
    with suppress(OSError):
        os.utime(mine)  # a rename is no sign of life
    others = [name for name in _names(folder, prefix) if name.path != mine]
    if any(other.token > before.token for other in others):  # what we took was made beside the right one
        _mine.discard(mine)
        shutil.rmtree(mine, ignore_errors=True)
        return None
    for old in others:
        shutil.rmtree(old.path, ignore_errors=True)
    inherited = before.holder != FREE and not system.is_dead(before.holder)
    return Desk(mine, before.token + 1, mine / f"{READY}-{mine.name.rpartition('.')[2]}", inherited)


def owner(folder: Path) -> str:
    """Who holds the lease, in words."""
    holder = next((name for name in reversed(_names(folder, ".lease")) if name.holder != FREE), None)
    if holder is None:
        return "another impressie"
    words: dict[str, Any] = {"doing": "", "since": "just now"}
    with suppress(OSError, ValueError):
        words |= json.loads((holder.path / OWNER).read_text(encoding="utf-8"))
    what = f"impressie {words['doing']}".strip()
    return f"'{what}' ({system.process_words(holder.holder)}, since {words['since']})"


def held(folder: Path) -> bool:
    """Whether somebody is at work here now."""
    names = _names(folder, ".lease")
    if not names or names[-1].holder == FREE or system.is_dead(names[-1].holder):
        return False
    return system.is_running(names[-1].holder) or time.time() - _changed(names[-1].path) / 1e9 < LEASE


_threads: dict[Path, threading.RLock] = {}
_brief: set[Path] = set()  # what a thread of this process holds


@contextmanager
def briefly(claim: Path, patience: float) -> Iterator[None]:
    """Alone with what this claim guards for a moment, also among threads; the same thread may hold it twice.

    PipelineError after `patience` seconds; a holder on another machine that died is overtaken after a lease.
    """
    lock = _threads.setdefault(claim, threading.RLock())
    said = InUseError(f"another impressie is changing {claim.parent.name}/", "try it again in a moment")
    if not lock.acquire(timeout=patience):
        raise said
    try:
        if claim in _brief:
            yield
            return
        desk = _taken(claim.parent, claim.name, patience)
        if desk is None:
            raise said
        _brief.add(claim)
        try:
            with _beating(desk, claim.name):
                yield
        finally:
            _brief.discard(claim)
    finally:
        lock.release()
