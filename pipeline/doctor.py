"""Is all here that a run needs? Each finding says what was found and, where something is wrong, what to do."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from pipeline.errors import PipelineError

OLD = 60  # days after which a yt-dlp is likely to be behind YouTube
UPDATE = "impressie update"
TRIAL = {"type": "object", "properties": {"klaar": {"type": "string"}}, "required": ["klaar"]}
ROOM = 3e9  # bytes: a three-hour recording, its FLAC and a bigger model


@dataclass(frozen=True)
class Found:
    """One thing looked at."""

    what: str
    state: Literal["good", "look", "bad"]
    found: str
    todo: str | None = None


def examine(home: Path, url: str | None) -> Iterator[Found]:
    """Look at everything, quickest first; with `url` its metadata is asked for too, and nothing else goes out."""
    yield Found("Python", "good", sys.version.split()[0])
    yield _yt_dlp()
    yield _javascript()
    yield _ffmpeg()
    yield from _weights()
    yield _gpu()
    yield _disk(home)
    yield from _write_access(home)
    yield from _language_model(home)
    if url:
        yield _address(url)


def _yt_dlp() -> Found:
    version = metadata.version("yt-dlp")
    age = (dt.date.today() - dt.date(*map(int, version.split(".")[:3]))).days
    return Found("yt-dlp", "look" if age > OLD else "good", f"{version}, {age} days old", UPDATE if age > OLD else None)


def _said(*command: str) -> str:
    """What a program says; nothing where it cannot be run."""
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    return ""


def _javascript() -> Found:
    """YouTube needs a JavaScript runtime: Deno from 2.3 on (a wheel brings one) or Node from 22 on."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    for name, least in (("deno", (2, 3)), ("node", (22, 0))):
        program = shutil.which(name, path=places)
        version = re.search(r"(\d+)\.(\d+)\S*", _said(program, "--version") if program else "")
        if version and (int(version[1]), int(version[2])) >= least:
            return Found("JavaScript", "good", f"{name} {version[0]}")
    return Found("JavaScript", "bad", "no runtime: YouTube will not work", UPDATE)


def _ffmpeg() -> Found:
    from pipeline.engines.ffmpeg import find_ffmpeg

    with suppress(PipelineError):
        program = find_ffmpeg()
        if said := _said(program, "-version"):
            return Found("ffmpeg", "good", f"{said.split()[2]} ({program})")
    return Found("ffmpeg", "bad", "not found", "pip install imageio-ffmpeg")


def _weights() -> Iterator[Found]:
    from pipeline import weights

    for name in weights.CATALOGUE:
        if weights.present(name):
            yield Found("model", "good", f"{name} is here")
        else:
            todo = f"or now: impressie models fetch {name}"
            yield Found("model", "look", f"{name} will be fetched at first use", todo)


def _gpu() -> Found:
    import ctranslate2

    count = ctranslate2.get_cuda_device_count()
    return Found("GPU", "good", f"{count} for CUDA" if count else "none; everything runs on the processor")


def _disk(home: Path) -> Found:
    free = shutil.disk_usage(_existing(home)).free
    if free < ROOM:
        return Found("disk", "look", f"{free / 1e9:.1f} GB free", "make room: a long webinar and a model want 3 GB")
    return Found("disk", "good", f"{free / 1e9:.0f} GB free")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one upward that is there: the doctor makes nothing."""
    return next(each for each in (folder, *folder.absolute().parents) if each.is_dir())


def _write_access(home: Path) -> Iterator[Found]:
    from pipeline import weights

    for what, folder in (("home", home), ("models", weights.cache())):
        try:
            with tempfile.TemporaryFile(dir=_existing(folder)):
                yield Found(what, "good", str(folder))
        except OSError as error:
            yield Found(what, "bad", f"cannot write to {folder}: {error.strerror}", "choose another folder")


def _language_model(home: Path) -> Iterator[Found]:
    """Where configs/default.toml or a webinar asks for a writer of that kind: does its endpoint answer?"""
    from pipeline.config import load_webinar
    from pipeline.engines.endpoint import Endpoint, UnusableError
    from pipeline.webinars import slugs

    for slug in ("default", *reversed(slugs(home))):
        try:
            webinar = load_webinar(home / "configs", slug)
        except PipelineError:
            continue
        if webinar.draft.writer != "llm":
            continue
        try:
            endpoint = Endpoint(webinar.llm)
            model = endpoint.model()
            endpoint.ask("Antwoord met JSON.", 'Antwoord als JSON: {"klaar": "ja"}', TRIAL)
        except PipelineError as problem:
            yield Found("language model", "bad", problem.message, problem.hint)
        except UnusableError as error:
            again = "start it, or set [llm] in configs/default.toml; without it the extractive writer does the work"
            yield Found("language model", "bad", f"{endpoint.address}: {error}", again)
        else:
            took = f"{model} at {endpoint.address} answered in {endpoint.cost.seconds:.1f} s"
            yield Found("language model", "good", took if endpoint.local else f"{took}; text leaves this machine")
        return


def _address(url: str) -> Found:
    from pipeline.engines.probe import probe_source

    try:
        return Found("address", "good", f"‘{probe_source(url).title}’")
    except PipelineError as problem:
        return Found("address", "bad", problem.message, problem.hint)
