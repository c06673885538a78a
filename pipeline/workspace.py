"""One webinar's folder: read, write, receipts, lock.

Publishing is a small redo log, so that a kill at any system call leaves the old state or the new one, never a mix:
the outputs are made ready on the desk of whoever holds the lease (see leases.py) and synced, then the receipt that
names their hashes as `STAGE.promised.json`; from there on `heal()` can always finish: rename the outputs, then the
receipt.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline import leases
from pipeline.config import Webinar, load_webinar
from pipeline.disk import NEXT, beside, prepare, sha256, write_atomic
from pipeline.errors import PipelineError
from pipeline.leases import Desk, OvertakenError
from pipeline.models import Receipt
from pipeline.system import fsync_folder

PROMISED = ".promised.json"  # after a stage's name: its receipt, while its outputs are put in their place
TOGETHER = "together.json"  # while several files are being replaced: [path in the home, its hash before], …
SCRATCH = "scratch"
WORD_LIST = "woordenlijst.toml"  # in configs/
PATIENCE = 10.0  # seconds that one writer waits for another
RACY = 2.0  # seconds: a file hashed this soon after its last change may change again within the clock's tick


def held(claim: Path, patience: float = PATIENCE) -> AbstractContextManager[None]:
    """Alone with what this claim guards, also among threads; the same thread may hold it twice.

    PipelineError where another holds it for longer than `patience` seconds.
    """
    return leases.briefly(claim, patience)


def sharing(home: Path) -> AbstractContextManager[None]:
    """Held while the word list is changed, which the webinars of a home share."""
    return held(home / "configs" / f".{WORD_LIST}.lock")


class Workspace:
    """outputs/SLUG/: artifacts, edits/, receipts/, run.log."""

    def __init__(self, home: Path, slug: str) -> None:
        self.home = home
        self.slug = slug
        self.folder = home / "outputs" / slug
        self.toml = home / "configs" / f"{slug}.toml"
        self.desk: Desk | None = None  # while the lock is held

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
        return _receipt(self.receipt_path(stage))

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
        """Put the outputs of a stage and its receipt in their place, all or nothing. Wants the lock.

        `keeping`: hashes of other outputs, which a person changed; they stay where they are, and known as changed.
        OvertakenError, and nothing published, where the lease is somebody else's by now.
        """
        ready = self._desk()
        for file, content in outputs.items():
            self._prepare(self._ready(file), content, file)
        hashes = {file: sha256(self._ready(file)) or "" for file in outputs}
        receipt = receipt.model_copy(update={"outputs": dict(keeping or {}) | hashes})
        promised = ready.ready / f"{receipt.stage}{PROMISED}"
        self._prepare(beside(promised), receipt.model_dump_json(indent=1).encode() + b"\n", promised.name)
        ready.put(beside(promised), promised)
        fsync_folder(ready.ready)
        self._finish(promised, receipt)
        return receipt

    def _desk(self) -> Desk:
        """Where the holder of the lock makes ready what it publishes."""
        assert self.desk, "this wants the lock"
        self.desk.check()
        return self.desk

    def _ready(self, file: str) -> Path:
        return beside(self._desk().ready / file)

    def _prepare(self, ready: Path, content: bytes | Path, name: str) -> None:
        try:
            prepare(ready, content, name)
        except PipelineError:
            self._desk()
            raise

    def _finish(self, promised: Path, receipt: Receipt) -> None:
        desk, before = self._desk(), self.receipt(receipt.stage)
        for file, old in (before.outputs if before else {}).items():
            if file not in receipt.outputs and sha256(self.folder / file) == old:  # written by us, not any more
                desk.put(self.folder / file, self._ready(file))
                self._ready(file).unlink(missing_ok=True)
        for file in receipt.outputs:
            if self._ready(file).exists():
                desk.put(self._ready(file), self.folder / file)
        fsync_folder(self.folder)
        self.receipt_path(receipt.stage).parent.mkdir(exist_ok=True)
        desk.put(promised, self.receipt_path(receipt.stage))
        fsync_folder(self.folder / "receipts")

    def write(self, path: Path, content: bytes) -> None:
        """Replace one file of this webinar, unless somebody else has the lease by now. Wants the lock."""
        ready = beside(self._desk().ready / path.name)
        self._prepare(ready, content, path.name)
        if path.parent != ready.parent:  # which nobody may make again
            path.parent.mkdir(parents=True, exist_ok=True)
        self._desk().put(ready, path)
        fsync_folder(path.parent)

    def put(self, path: Path, content: bytes) -> None:
        """Replace one file of this webinar; where this process holds the lock, unless somebody has overtaken it."""
        if self.desk:
            self.write(path, content)
        else:
            write_atomic(path, content)

    def replace_together(self, files: Mapping[Path, bytes]) -> None:
        """Replace files of this home, all or nothing; `heal()` finishes what a kill cuts off. Wants the lock.

        What somebody else changed after the kill stays as it is.
        """
        promise = []
        for number, (path, content) in enumerate(files.items()):
            self._prepare(self._ready(f"together-{number}"), content, path.name)
            promise.append((path.relative_to(self.home).as_posix(), sha256(path)))
        self.write(self._desk().ready / TOGETHER, json.dumps(promise).encode())
        self._finish_together()

    def _finish_together(self) -> None:
        desk = self._desk()
        promised = desk.ready / TOGETHER
        if not promised.exists():
            return
        for number, (file, before) in enumerate(json.loads(promised.read_bytes())):
            path, ready = self.home / file, self._ready(f"together-{number}")
            if ready.exists() and sha256(path) == before:
                path.parent.mkdir(parents=True, exist_ok=True)
                desk.put(ready, path)
                fsync_folder(path.parent)
            ready.unlink(missing_ok=True)
        promised.unlink()

    def heal(self) -> None:
        """Finish what a killed run had promised, and sweep what it left half written. Wants the lock."""
        desk = self._desk()
        self._finish_together()
        beside(self.toml).unlink(missing_ok=True)
        for promised in sorted(desk.ready.glob(f"[!.]*{PROMISED}")):
            receipt = _receipt(promised)
            if receipt is None:
                promised.unlink()
                continue
            before = self.receipt(receipt.stage)
            for file, new in receipt.outputs.items():
                now = sha256(self.folder / file)
                old = before.outputs.get(file) if before else None
                if now not in (None, old, new):  # a person changed it since: hers stays
                    self._ready(file).unlink(missing_ok=True)
            self._finish(promised, receipt)
        for folder in (desk.ready, *(self.folder / name for name in ("", "receipts", "export"))):
            _swept(folder)
        if any((self.folder / "edits").glob(f"**/.*{NEXT}")):
            with held(self.folder / "edits" / ".lock"):  # a page may be saving right now
                _swept(self.folder / "edits")
                _swept(self.folder / "edits" / "kept")

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
        with leases.taken(self.folder, doing) as desk:
            self.desk = desk
            try:
                self.heal()
                yield
            finally:
                self.desk = None

    def still_ours(self, cause: Exception | None = None) -> None:
        """OvertakenError where the lock is somebody else's by now: that is what lies behind any other error."""
        try:
            self._desk()
        except OvertakenError as error:
            raise error from cause

    def busy(self) -> bool:
        """Whether somebody is at work here now."""
        return leases.held(self.folder)

    def owner(self) -> str:
        """Who holds the lock, in words."""
        return leases.owner(self.folder)

    def log(self, line: str) -> None:
        """Add a line to run.log: what was run when, and how it ended."""
        with suppress(OSError), (self.folder / "run.log").open("a", encoding="utf-8") as file:
            file.write(f"{dt.datetime.now():%Y-%m-%d %H:%M:%S} {line}\n")

    @property
    def scratches(self) -> Path:
        """All checkpoints. Wants the lock."""
        return self._desk().path / SCRATCH

    def scratch(self, stage: str, ingredients: str) -> Path:
        """Where a run with these ingredients keeps its checkpoints; those of other ingredients are swept."""
        root = self.scratches / stage
        mine = root / hashlib.sha256(ingredients.encode()).hexdigest()[:16]
        for other in root.glob("*"):
            if other != mine:
                shutil.rmtree(other, ignore_errors=True)
        try:
            for folder in (self.scratches, root, mine):  # never the desk, which may be another's by now
                folder.mkdir(exist_ok=True)
        except FileNotFoundError as error:
            raise OvertakenError(self.slug) from error
        return mine

    def sweep(self, stage: str = "") -> None:
        """Throw away a stage's checkpoints, or those of all."""
        shutil.rmtree(self.scratches / stage, ignore_errors=True)
        with suppress(OSError):
            self.scratches.rmdir()


def _swept(folder: Path) -> None:
    for leftover in folder.glob(f".*{NEXT}"):
        leftover.unlink(missing_ok=True)


def _receipt(path: Path) -> Receipt | None:
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
