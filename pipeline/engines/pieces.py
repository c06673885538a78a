"""One source of a webinar, downloaded or read, decoded and checked; kept, so that a killed run does not do it again."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline.config import DownloadParams
from pipeline.engines.ffmpeg import clock
from pipeline.engines.probe import Probe, facts_of, is_address
from pipeline.errors import PipelineError
from pipeline.models import Chapter, Cue, Noun
from pipeline.stage import Job

if TYPE_CHECKING:
    from pipeline.engines.media import Media


class Piece(Noun):
    """One source, decoded and checked: the checkpoint of a download of several parts. `stamp` is a file's own."""

    source: str
    stamp: str
    url: str
    title: str
    published: dt.date | None
    begin: float
    length: float
    announced: float | None
    media_sha256: str
    chapters: tuple[Chapter, ...] = ()
    captions: tuple[Cue, ...] = ()


def piece_of(job: Job[DownloadParams], number: int) -> Piece:
    """Part `number`, from where a killed run left it if that can be."""
    source = job.params.sources[number]
    kept, flac = job.scratch / f"part-{number}.json", job.scratch / f"part-{number}.flac"
    path = None if is_address(source) else file_of(job, source)
    stamp = f"{path.stat().st_size}-{path.stat().st_mtime_ns}" if path else ""
    if kept.exists() and flac.exists():
        try:
            piece = Piece.model_validate_json(kept.read_bytes())
        except ValidationError:
            piece = None
        if piece and piece.source == source and piece.stamp == stamp:
            return piece
    job.scratch.mkdir(parents=True, exist_ok=True)
    piece = _from_file(job, number, path, stamp) if path else _from_address(job, number)
    unfinished = kept.with_suffix(".unfinished")
    unfinished.write_text(piece.model_dump_json(), encoding="utf-8")
    unfinished.replace(kept)
    return piece


def file_of(job: Job[DownloadParams], source: str) -> Path:
    """A source or transcript that is a path: as it is, or relative to configs/ or to the home."""
    path = Path(source).expanduser()
    home = job.folder.parent.parent
    for each in (path, home / "configs" / path, home / path):
        if each.exists():
            return each
    raise PipelineError(
        f"there is no file {source}", "correct 'url' or 'transcript'; a web address begins with https://"
    )


def _from_file(job: Job[DownloadParams], number: int, path: Path, stamp: str) -> Piece:
    from pipeline.engines.media import probe_media

    about = probe_media(path)
    return _decoded(job, number, path, about, facts_of(path, about), stamp)


def _from_address(job: Job[DownloadParams], number: int) -> Piece:
    from pipeline.engines import ytdlp
    from pipeline.engines.media import probe_media

    source, folder = job.params.sources[number], job.scratch / f"part-{number}"
    for fresh in (False, True):
        if fresh:
            shutil.rmtree(folder)
        begun = folder.exists() and any(folder.iterdir())
        folder.mkdir(parents=True, exist_ok=True)
        fetched = ytdlp.fetch(source, folder, job.machine.cookies, lambda done, total: job.progress(done, total, "B"))
        try:
            about = probe_media(fetched.media, "the download")
            piece = _decoded(job, number, fetched.media, about, fetched.probe, "", fetched.captions)
        except PipelineError:
            # What was half there may be the half of another version of the file.
            if not begun or fresh:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            job.note("the download that was half done did not fit what is there now; it was done again from the start")
            continue
        for note in fetched.notes:
            job.note(note)
        shutil.rmtree(folder)
        return piece
    raise AssertionError("the second attempt returns or raises")


def _decoded(
    job: Job[DownloadParams],
    number: int,
    media: Path,
    about: Media,
    found: Probe,
    stamp: str,
    captions: tuple[str, bytes] | None = None,
) -> Piece:
    from pipeline.engines.decode import Wanted, decode

    source, begin, end = job.params.sources[number], job.params.begins[number], job.params.ends[number]
    name = f"'{media.name}'" if stamp else "the download"
    site = None if stamp else found.duration
    total = (end or about.duration or site or 0) - begin
    decoded = decode(
        media,
        about,
        job.scratch / f"part-{number}.flac",
        name=name,
        wanted=Wanted(begin, end),
        site=site,
        told=lambda done: job.progress(done, max(done, total)),
    )
    if about.tracks > 1:
        job.note(f"{name} has {about.tracks} sound tracks; the first is used")
    if decoded.announced is None and job.params.duration is None:
        job.note(f"{name} does not say how long it is; {clock(decoded.length)} of sound was found")
    if decoded.peak < 0.001:
        job.note(f"{name} is silent from beginning to end")
    with media.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Piece(
        source=source,
        stamp=stamp,
        url=media.name if stamp else found.url,
        title=found.title,
        published=found.published,
        begin=begin,
        length=decoded.length,
        announced=decoded.announced,
        media_sha256=digest,
        chapters=found.chapters or about.chapters,
        captions=_cues(job, captions),
    )


def _cues(job: Job[DownloadParams], captions: tuple[str, bytes] | None) -> tuple[Cue, ...]:
    from pipeline.speech.captions import parse

    if captions is None:
        return ()
    try:
        return parse(captions[1], captions[0]).cues
    except PipelineError as error:
        job.note(f"the captions are left out: {error.message}")
        return ()
