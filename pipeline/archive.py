"""The index of all that was said in all webinars: outputs/.search/index.sqlite3, made of what stands elsewhere.

It may be thrown away at any time, and is where anything about it is in doubt. It is never changed in its place: an
update changes a copy beside it and puts that in its place whole, so readers need no lock, on a shared folder neither,
and a kill leaves the old one. A forget removes the index and every copy; an update that is at work then begins anew.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from pipeline import edits
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.disk import NEXT, replace
from pipeline.errors import PipelineError
from pipeline.indexing import BROKEN, MADE_BY, Progress, create, fill, sqlite3
from pipeline.system import fsync_folder
from pipeline.webinars import index_of, slugs
from pipeline.workspace import held

PATIENCE = 2.0  # seconds to wait for another process that brings the index up to date
MARKED = (PASSAGES.file, RECORDING.file, f"edits/{edits.NAMES}", f"edits/{edits.SILENCING}")
# It stands beside its place and is thrown away if anything goes wrong: no journal, no syncing in between.
PRAGMAS = "journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY", "secure_delete=ON", "cache_size=-65536"


def reading(path: Path) -> sqlite3.Connection:
    """The index, to read; it never changes in its place, so no lock is needed. sqlite3.Error where it cannot be."""
    whole = quote(path.resolve().as_posix())
    return sqlite3.connect(f"file://{'' if whole.startswith('/') else '/'}{whole}?mode=ro&immutable=1", uri=True)


def marks(home: Path) -> dict[str, str]:
    """By webinar the size and time of change of what the index is made of: cheap to compare at every search."""
    found = {}
    for slug in slugs(home):
        files = (f"{home}/configs/{slug}.toml", *(f"{home}/outputs/{slug}/{file}" for file in MARKED))
        found[slug] = " ".join(map(_mark, files))
    return found


def _mark(path: str) -> str:
    try:
        stat = os.stat(path)  # noqa: PTH116 - five thousand of these at every search of a thousand webinars
    except (FileNotFoundError, NotADirectoryError):
        return "-"
    return f"{stat.st_size}/{stat.st_mtime_ns}"


def known(path: Path) -> dict[str, str] | None:
    """The marks of what the index was made of; None where it is not there, damaged, or another version's."""
    try:
        with closing(reading(path)) as connection:
            if connection.execute("SELECT by FROM made").fetchall() != [(MADE_BY,)]:
                return None
            return dict(connection.execute("SELECT slug, marks FROM webinar"))
    except sqlite3.Error:
        return None


def update(home: Path, progress: Progress, *, rebuild: bool = False) -> bool:
    """Bring the index up to date; False where another is at it, or we may not write: what is there has to do.

    PipelineError where there is none yet, or none can be made.
    """
    path = index_of(home)
    if not rebuild and known(path) == marks(home):
        return True
    with ExitStack() as alone:
        try:
            alone.enter_context(held(path.with_name(".lock"), PATIENCE))
        except (PipelineError, PermissionError):
            if rebuild or known(path) is None:
                raise
            return False
        for leftover in path.parent.glob(f".*{NEXT}"):
            leftover.unlink(missing_ok=True)
        beside = path.with_name(f".{uuid4().hex}{NEXT}")
        try:
            _write(beside, None if rebuild or known(path) is None else path, home, progress)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            replace(beside, path)
            fsync_folder(path.parent)
        except FileNotFoundError:  # a forget took it away meanwhile: it may hold what is to be forgotten
            return update(home, progress, rebuild=rebuild)
        finally:
            beside.unlink(missing_ok=True)
    return True


def _write(beside: Path, old: Path | None, home: Path, progress: Progress) -> None:
    """A new index: the old one with what changed, or one from the ground up."""
    if old:
        shutil.copyfile(old, beside)
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as connection:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            if not old:
                create(connection)
            connection.execute("BEGIN")
            fill(connection, home, marks(home), progress)
            connection.execute("COMMIT")
    except BROKEN as error:
        if old:  # it was damaged
            beside.unlink(missing_ok=True)
            _write(beside, None, home, progress)
        elif "no such module" in str(error):
            raise PipelineError("this Python's SQLite cannot search texts", "install a Python with FTS5") from error
        elif isinstance(error, sqlite3.Error):
            raise PipelineError(f"the search index could not be written: {error}", "make room on the disk") from error
        else:
            raise
