"""Where a Whisper model's files come from: the catalogue, the user's own disk, or each engine's official home."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import weights
from pipeline.errors import PipelineError
from pipeline.weights.fetching import UnavailableError, asked, fetch, host, session, sha256_of
from pipeline.weights.index import index_settings

BASE = "whisper-base"  # in the catalogue
BIGGER = ("small", "medium", "large-v3-turbo", "large-v3")


def whisper(engine: str, model: str, progress: weights.Report | None = None) -> Path:
    """The model's files on this disk: a CTranslate2 folder, or for openai-whisper also a .pt file.

    `model` is a name, or the path of such a folder or file. Fetched now if need be; PipelineError where it cannot be.
    """
    own = Path(model).expanduser()
    if own.is_absolute() or own.suffix == ".pt" or len(own.parts) > 1:
        return _own(engine, own)
    report: weights.Report = progress or (lambda _done, _total, _unit: None)
    homes = _homes(engine)
    if model not in homes:
        names = ", ".join(("base", *BIGGER))
        raise PipelineError(
            f"there is no Whisper model called '{model}'", f"known: {names}; or the path of a model of your own"
        )
    if standing := here(engine, model):
        return standing
    if (engine, model) == ("faster-whisper", "base"):
        return weights.path(BASE, report)
    try:
        return _from_hub(model, report) if engine == "faster-whisper" else _from_openai(homes[model], report)
    except UnavailableError as error:
        if model == "base":  # the same numbers, in CTranslate2's form
            return weights.path(BASE, report)
        raise _cannot(engine, model, str(error)) from error


def here(engine: str, model: str) -> Path | None:
    """Where a model stands, sound; None if it is not on this disk."""
    if engine == "faster-whisper":
        if model == "base":
            return weights.path(BASE) if weights.present(BASE) else None
        return _in_hub_cache(_homes(engine)[model])
    file = _openai_file(_homes(engine)[model])
    return file if file.exists() and sha256_of(file) == _openai_hash(_homes(engine)[model]) else None


def obstacle(engine: str, model: str) -> str | None:
    """Why a model cannot be had here, in a few words; None where it can, as far as one question tells."""
    if model == "base" or here(engine, model):
        return None
    url = weights.hub() if engine == "faster-whisper" else _homes(engine)[model]
    try:
        with session(index_settings()) as get:
            asked(get, url)
    except UnavailableError as error:
        return str(error)
    return None


def _cannot(engine: str, model: str, why: str) -> PipelineError:
    standing = [name for name in BIGGER if here(engine, name)]
    instead = ", ".join([*standing, "base"])
    return PipelineError(
        f"the model '{model}' cannot be had here: {why}",
        f"what can be had: {instead}. Or run 'impressie models fetch {model}' where there is a connection and copy "
        f"{weights.cache()}; or give the path of a model folder: --set model=FOLDER",
    )


def _own(engine: str, path: Path) -> Path:
    if path.is_dir() and (path / "model.bin").is_file():
        return path
    if path.is_file() and engine == "openai-whisper":
        return path
    if path.is_file():
        raise PipelineError(f"{path} is no folder of a CTranslate2 model", 'a .pt file wants engine = "openai-whisper"')
    raise PipelineError(f"there is no model at {path}", "a CTranslate2 folder holds a model.bin")


def _homes(engine: str) -> dict[str, str]:
    """The engine's own table: name → repository on Hugging Face, or address with the SHA-256 in it."""
    with _quiet():
        if engine == "openai-whisper":
            import whisper

            return dict(whisper._MODELS)  # noqa: SLF001 the only place where OpenAI publishes its hashes
        from faster_whisper import utils

        return dict(utils._MODELS)  # noqa: SLF001 as above, for the repositories


# faster-whisper: Hugging Face's own cache, in a folder of ours ---------------------------------------


def _hub_cache() -> Path:
    return weights.cache() / "hub"


def _in_hub_cache(repository: str) -> Path | None:
    folder = _hub_cache() / f"models--{repository.replace('/', '--')}"
    whole = (found.parent for found in folder.glob("snapshots/*/model.bin") if (found.parent / "config.json").exists())
    return next(whole, None)


def _from_hub(model: str, report: weights.Report) -> Path:
    url = weights.hub()
    with session(index_settings()) as get:
        asked(get, url)  # the hub's own client tries for minutes where nothing answers
    from pipeline.engines.costs import SIZES

    total = SIZES[model].bytes if model in SIZES else 0
    weights.room(total)
    with weights.locked(f"hub-{model}"), _quiet(), _told(_hub_cache(), total, report):
        from faster_whisper.utils import download_model

        try:
            folder = Path(download_model(model, cache_dir=str(_hub_cache())))
        except Exception as error:
            # the hub raises its HTTP library's own errors, and which library differs by version
            raise UnavailableError(f"{host(url)} broke off ({type(error).__name__})") from error
    _honest(folder / "model.bin")
    return folder


def _honest(file: Path) -> None:
    """In the hub's cache a big file is named after its SHA-256: a file that does not match is deleted."""
    blob = file.resolve()
    if re.fullmatch(r"[0-9a-f]{64}", blob.name) and sha256_of(blob) != blob.name:
        blob.unlink()
        file.unlink(missing_ok=True)
        raise UnavailableError("what came is not the file that was promised; it was deleted")


@contextmanager
def _quiet() -> Iterator[None]:
    """No telemetry, no bars of others; and the system's certificates for whatever opens a connection."""
    import truststore

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_SYMLINKS_WARNING", "1")
    truststore.inject_into_ssl()
    try:
        yield
    finally:
        truststore.extract_from_ssl()


@contextmanager
def _told(folder: Path, total: int, report: weights.Report) -> Iterator[None]:
    """Report twice a second how much has come, by the size of what stands in `folder`."""
    done = threading.Event()

    def size() -> int:
        with contextlib.suppress(OSError):  # a file that is renamed meanwhile
            return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
        return 0

    before = size()

    def watch() -> None:
        while not done.wait(0.5):
            report(min(max(0, size() - before), total), total, "B")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join(2)


# openai-whisper: one file, whose SHA-256 stands in its address -----------------------------------------


def _openai_file(url: str) -> Path:
    return weights.cache() / "openai-whisper" / url.rpartition("/")[2]


def _openai_hash(url: str) -> str:
    return url.split("/")[-2]


def _from_openai(url: str, report: weights.Report) -> Path:
    """By our own fetcher, since openai-whisper's cannot go on where it stopped."""
    file = _openai_file(url)
    with session(index_settings()) as get:
        reply = asked(get, url)
        size = reply.headers.get("Content-Length", "")
        if reply.status_code != 200 or not size.isdigit():
            raise UnavailableError(f"{host(url)} answers {reply.status_code}")
        weights.room(int(size))
        with weights.locked(f"openai-{file.stem}"):
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            if not file.exists():
                fetch(get, url, part, int(size), _openai_hash(url), report)
                part.replace(file)
    return file
