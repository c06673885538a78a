"""One webinar's folder: read, write, receipts, lock.

Publishing is a small redo log, so that a kill at any system call leaves the old state or the new one, never a mix:
the outputs are written beside their place as `.NAME.next` and synced, then the receipt that names their hashes as
`receipts/STAGE.next.json`; from there on `heal()` can always finish: rename the outputs, then the receipt.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import ValidationError

from pipeline.config import Webinar, load_webinar
from pipeline.errors import PipelineError
from pipeline.models import Receipt
from pipeline.system import fsync_folder

NEXT = ".next"
TOGETHER = (
    "together.json"  # in receipts/, while several files are being replaced: [path in the home, its hash before], …
)
WORD_LIST = "woordenlijst.toml"  # in configs/
PATIENCE = 10.0  # seconds that one writer waits for another
RACY = 2.0  # seconds: a file hashed this soon after its last change may change again within the clock's tick


def sha256(path: Path) -> str | None:
    """Hash of a file, read by the block; None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def digest(content: bytes | Path) -> str:
    """SHA-256 of an output that is not published yet."""
    return (sha256(content) or "") if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


def write_atomic(path: Path, content: bytes) -> None:
    """Replace a file whole: the old one or the new one is there at any moment."""
    _staged(path, content)
    replace(_next(path), path)
    fsync_folder(path.parent)


def replace(source: Path, target: Path) -> None:
    """os.replace, with patience for Windows, where a file that a player or an editor has open cannot be replaced."""
    for patience in (0.1, 0.4, 1.5, None):
        try:
            os.replace(source, target)
        except PermissionError as error:
            if patience is None:
                raise PipelineError(
                    f"{target.name} cannot be replaced", "close the program that has it open"
                ) from error
            time.sleep(patience)
        else:
            return


@contextmanager
def held(lock: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Alone with what this lock guards, also among threads; the same thread may hold it twice.

    `patience`: seconds to wait for another, always the same for one lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=patience, is_singleton=True):
            yield
    except Timeout as error:
        raise PipelineError(f"another impressie is changing {lock.parent.name}/", "try it again in a moment") from error


def sharing(home: Path) -> AbstractContextManager[None]:
    """Held while the word list is changed, which the webinars of a home share."""
    return held(home / "configs" / f".{WORD_LIST}.lock")


def _next(path: Path) -> Path:
    return path.with_name(f".{path.name}{NEXT}")


def _staged(path: Path, content: bytes | Path) -> None:
    """Bring the new content beside `path`, on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = _next(path)
    try:
        if isinstance(content, Path):
            os.replace(content, beside)
        else:
            beside.write_bytes(content)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise PipelineError(
            f"{path.name} could not be written: {error.strerror or error}", "free some disk space and run again"
        ) from error


class Workspace:
    """outputs/SLUG/: artifacts, edits/, receipts/, run.log."""

    def __init__(self, home: Path, slug: str) -> None:
        self.home = home
        self.slug = slug
        self.folder = home / "outputs" / slug
        self.toml = home / "configs" / f"{slug}.toml"

    def webinar(self, differs: dict[str, Any] | None = None) -> Webinar:
        """Its settings as they stand now, with `differs` ({table: {key: value}}) laid over them."""
        return load_webinar(self.toml.parent, self.slug, differs)

    def path(self, file: str) -> Path:
        """Where a file of this webinar stands."""
        return self.folder / file

    def receipt_path(self, stage: str) -> Path:
        """Where a stage's receipt stands."""
        return self.folder / "receipts" / f"{stage}.json"

    def receipt(self, stage: str) -> Receipt | None:
        """What the last finished run of a stage was made of; None for never, or a receipt that cannot be read."""
        try:
            return Receipt.model_validate_json(self.receipt_path(stage).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def sha256(self, file: str) -> str | None:
        """Hash of a file in the folder, remembered by its size and time of change as git does."""
        path = self.folder / file
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.st_size < 1_000_000:
            with suppress(FileNotFoundError):
                return hashlib.sha256(path.read_bytes()).hexdigest()
            return None
        remembered = self.folder / "receipts" / "hashes.json"
        known: dict[str, list[int | str]] = {}
        with suppress(OSError, ValueError, TypeError):
            known = dict(json.loads(remembered.read_bytes()))
        seen: list[int | str] = [stat.st_size, stat.st_mtime_ns]
        if known.get(file, [])[:2] == seen:
            return str(known[file][2])
        digest = sha256(path)
        if digest and dt.datetime.now().timestamp() - stat.st_mtime > RACY:
            known[file] = [*seen, digest]
            with suppress(OSError, PipelineError):
                write_atomic(remembered, json.dumps(known).encode())
        return digest

    def publish(
        self, receipt: Receipt, outputs: Mapping[str, bytes | Path], keeping: Mapping[str, str] | None = None
    ) -> Receipt:
        """Put the outputs of a stage and its receipt in their place, all or nothing.

        `keeping`: hashes of other outputs, which a person changed; they stay where they are, and known as changed.
        """
        for file, content in outputs.items():
            _staged(self.folder / file, content)
        hashes = {file: sha256(_next(self.folder / file)) or "" for file in outputs}
        receipt = receipt.model_copy(update={"outputs": dict(keeping or {}) | hashes})
        promised = self.receipt_path(f"{receipt.stage}{NEXT}")
        write_atomic(promised, receipt.model_dump_json(indent=1).encode() + b"\n")
        self._finish(promised, receipt)
        return receipt

    def _finish(self, promised: Path, receipt: Receipt) -> None:
        before = self.receipt(receipt.stage)
        for file, old in (before.outputs if before else {}).items():
            if file not in receipt.outputs and sha256(self.folder / file) == old:  # written by us, not any more
                (self.folder / file).unlink()
        for file in receipt.outputs:
            beside = _next(self.folder / file)
            if beside.exists():
                replace(beside, self.folder / file)
        fsync_folder(self.folder)
        replace(promised, self.receipt_path(receipt.stage))
        fsync_folder(promised.parent)

    def replace_together(self, files: Mapping[Path, bytes]) -> None:
        """Replace files of this home, all or nothing; `heal()` finishes what a kill cuts off. Wants the lock.

        What somebody else changed after the kill stays as it is.
        """
        promise = []
        for number, (path, content) in enumerate(files.items()):
            _staged(self._together(number), content)
            promise.append((path.relative_to(self.home).as_posix(), sha256(path)))
        write_atomic(self.folder / "receipts" / TOGETHER, json.dumps(promise).encode())
        self._finish_together()

    def _together(self, number: int) -> Path:
        """Staged in this webinar's own folder: other webinars share some of the files."""
        return self.folder / "receipts" / f"together-{number}"

    def _finish_together(self) -> None:
        promised = self.folder / "receipts" / TOGETHER
        if not promised.exists():
            return
        for number, (file, before) in enumerate(json.loads(promised.read_bytes())):
            path, staged = self.home / file, _next(self._together(number))
            if staged.exists() and sha256(path) == before:
                path.parent.mkdir(parents=True, exist_ok=True)
                replace(staged, path)
                fsync_folder(path.parent)
            staged.unlink(missing_ok=True)
        promised.unlink()

    def heal(self) -> None:
        """Finish what a killed run had promised, and sweep what it left half written. Wants the lock."""
        self._finish_together()
        _next(self.toml).unlink(missing_ok=True)
        for promised in sorted((self.folder / "receipts").glob(f"[!.]*{NEXT}.json")):
            receipt = self.receipt(promised.stem)
            if receipt is None:
                promised.unlink()
                continue
            before = self.receipt(receipt.stage)
            for file, new in receipt.outputs.items():
                now = sha256(self.folder / file)
                old = before.outputs.get(file) if before else None
                if now not in (None, old, new):  # a person changed it since: hers stays
                    _next(self.folder / file).unlink(missing_ok=True)
            self._finish(promised, receipt)
        for folder in ("", "receipts", "edits", "edits/kept", "export"):
            for leftover in (self.folder / folder).glob(f".*{NEXT}"):
                leftover.unlink(missing_ok=True)

    def keep_copy(self, file: str) -> Path:
        """A copy of a file in edits/kept/, before something overwrites it."""
        source = self.folder / file
        stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        kept = self.folder / "edits" / "kept" / f"{source.stem}.{stamp}{source.suffix}"
        write_atomic(kept, source.read_bytes())
        return kept

    @contextmanager
    def locked(self, doing: str) -> Iterator[None]:
        """Alone in this webinar; PipelineError names who is at work when somebody is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        owner = self.folder / ".lock.owner"
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise PipelineError(f"{self.slug} is in use by {self.owner()}", "wait until that has finished") from error
        try:
            who = {"pid": os.getpid(), "host": socket.gethostname(), "doing": doing}
            owner.write_text(json.dumps(who | {"since": f"{dt.datetime.now():%H:%M}"}), encoding="utf-8")
            self.heal()
            yield
        finally:
            owner.unlink(missing_ok=True)
            lock.release()

    def busy(self) -> bool:
        """Whether somebody is at work here now."""
        try:
            lock = self.folder / ".lock"
            with FileLock(lock, timeout=0) if lock.exists() else nullcontext():
                return False
        except Timeout:
            return True

    def owner(self) -> str:
        """Who holds the lock, in words."""
        try:
            who = json.loads((self.folder / ".lock.owner").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "another impressie"
        return f"'impressie {who['doing']}' (process {who['pid']} on {who['host']}, since {who['since']})"

    def log(self, line: str) -> None:
        """Add a line to run.log: what was run when, and how it ended."""
        with suppress(OSError), (self.folder / "run.log").open("a", encoding="utf-8") as file:
            file.write(f"{dt.datetime.now():%Y-%m-%d %H:%M:%S} {line}\n")

    def scratch(self, stage: str, ingredients: str) -> Path:
        """Where a run with these ingredients keeps its checkpoints; those of other ingredients are swept."""
        root = self.folder / ".scratch" / stage
        mine = root / hashlib.sha256(ingredients.encode()).hexdigest()[:16]
        for other in root.glob("*"):
            if other != mine:
                shutil.rmtree(other, ignore_errors=True)
        mine.mkdir(parents=True, exist_ok=True)
        return mine

    def sweep(self, stage: str = "") -> None:
        """Throw away a stage's checkpoints, or those of all."""
        shutil.rmtree(self.folder / ".scratch" / stage, ignore_errors=True)
        with suppress(OSError):
            (self.folder / ".scratch").rmdir()
