"""Files that are replaced whole, whatever happens in between."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.system import fsync_folder

NEXT = ".next"


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
    path.parent.mkdir(parents=True, exist_ok=True)
    prepare(beside(path), content, path.name)
    replace(beside(path), path)
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


def beside(path: Path) -> Path:
    """Where the next content of a file is made ready."""
    return path.with_name(f".{path.name}{NEXT}")


def prepare(ready: Path, content: bytes | Path, name: str) -> None:
    """Bring new content to the disk at `ready`; a finished file is moved there. PipelineError names the file."""
    try:
        if isinstance(content, Path):
            os.replace(content, ready)
        else:
            ready.write_bytes(content)
        with ready.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            ready.unlink(missing_ok=True)
        raise PipelineError(
            f"{name} could not be written: {error.strerror or error}", "free some disk space and run again"
        ) from error
