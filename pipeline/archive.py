"""The index of all that was said in all webinars: outputs/.search/index.sqlite3, made of what stands elsewhere.

It may be thrown away at any time, and is where anything about it is in doubt. It is never changed in its place: an
update changes a copy beside it and puts that in its place whole, so readers need no lock, on a shared folder neither,
and a kill leaves the old one. A forget removes the index and every copy; an update that is at work then begins anew.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from pipeline import edits
from pipeline.artifacts import PASSAGES, RECORDING
from pipeline.disk import NEXT, replace
from pipeline.errors import REFUSED, PipelineError
from pipeline.indexing import BROKEN, MADE_BY, Progress, create, fill, sqlite3
from pipeline.system import fsync_folder
from pipeline.webinars import SEARCH, index_of, slugs, sweep
from pipeline.workspace import held

PATIENCE = 2.0  # seconds to wait for another process that brings it up to date; a lease more if that seems to be dead
TRIES = 3  # times that it is made anew if it is taken away meanwhile
MISPLACED = {errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ESTALE}  # something else stands there
MARKED = (PASSAGES.file, RECORDING.file, f"edits/{edits.NAMES}", f"edits/{edits.SILENCING}")
# It stands beside its place and is thrown away if anything goes wrong: no journal, no syncing in between.
PRAGMAS = "journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY", "secure_delete=ON", "cache_size=-65536"


def address(path: Path, how: str) -> str:
    """A database as SQLite wants it."""
    whole = quote(path.resolve().as_posix())
    return f"file://{'' if whole.startswith('/') else '/'}{whole}?{how}"


def reading(path: Path) -> sqlite3.Connection:
    """The index, to read; it never changes in its place, so no lock is needed. sqlite3.Error where it cannot be."""
    return sqlite3.connect(address(path, "mode=ro&immutable=1"), uri=True)


def marks(home: Path) -> dict[str, str]:
    """By webinar what tells whether something changed of what the index is made of: cheap to compare at every search.

    The number of a file and when its name or number changed last, too: a clock may be wrong, or a time put back.
    """
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
    except OSError as error:  # whoever reads the webinar finds out
        return f"!{error.errno}"
    return f"{stat.st_size}/{stat.st_mtime_ns}/{stat.st_ctime_ns}/{stat.st_ino}"


def known(path: Path) -> dict[str, str] | None:
    """The marks of what the index was made of; None where it is not there, damaged, or another version's."""
    for _ in range(2):  # another machine may renew it just now
        with suppress(sqlite3.Error), closing(reading(path)) as connection:
            if connection.execute("SELECT by FROM made").fetchall() != [(MADE_BY,)]:
                return None
            return dict(connection.execute("SELECT slug, marks FROM webinar"))
    return None


def update(home: Path, progress: Progress, *, rebuild: bool = False) -> bool:
    """Bring the index up to date; False where another is at it, or we may not write: what is there has to do.

    PipelineError where there is none yet, or none can be made.
    """
    path = index_of(home)
    if not rebuild and known(path) == marks(home):
        return True
    try:
        if any(_renewed(path, home, progress, rebuild=rebuild) for _ in range(TRIES)):
            return True
        trouble = PipelineError("the search index is thrown away again and again", "try it again in a moment")
    except PipelineError as error:
        trouble = error
    except OSError as error:
        if error.errno not in REFUSED | MISPLACED:
            raise
        hint = "see what stands there and who may write there, and make room on the disk"
        trouble = PipelineError(f"outputs/{SEARCH} cannot be written: {error.strerror}", hint)
    if rebuild or known(path) is None:
        raise trouble
    return False


def _renewed(path: Path, home: Path, progress: Progress, *, rebuild: bool) -> bool:
    """Whether a new index came in its place.

    Not so where what we made was taken away: by a forget, since it may hold what is to be forgotten, or by somebody who
    overtook us because we were silent for a lease. Whoever holds the lock may therefore sweep what others left.
    """
    with held(path.with_name(".lock"), PATIENCE):
        if not rebuild and known(path) == marks(home):  # another did it while we waited
            return True
        sweep(path)
        beside = path.with_name(f".{uuid4().hex}{NEXT}")
        try:
            _write(beside, None if rebuild or known(path) is None else path, home, progress)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            replace(beside, path)
            fsync_folder(path.parent)
        except FileNotFoundError:
            return False
        finally:
            beside.unlink(missing_ok=True)
    return True


def _write(beside: Path, old: Path | None, home: Path, progress: Progress) -> None:
    """A new index: the old one with what changed, or one from the ground up. FileNotFoundError if it is taken away."""
    beside.touch()  # before the old one is read: a forget that comes in between takes it away
    if old:
        with old.open("rb") as source, beside.open("rb+") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    try:
        with closing(sqlite3.connect(address(beside, "mode=rw"), isolation_level=None, uri=True)) as connection:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            if not old:
                create(connection)
            connection.execute("BEGIN")
            fill(connection, home, marks(home), progress)
            connection.execute("COMMIT")
    except BROKEN as error:
        beside.stat()  # FileNotFoundError where that is what is wrong
        if old:  # it was damaged
            beside.unlink()
            _write(beside, None, home, progress)
        elif "no such module" in str(error):
            raise PipelineError("this Python's SQLite cannot search texts", "install a Python with FTS5") from error
        else:
            raise PipelineError(f"the search index could not be written: {error}", "make room on the disk") from error
