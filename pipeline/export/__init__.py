"""What leaves Impressie: the article, the transcript, the captions, and what each speaker is asked to agree to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline import articles
from pipeline.artifacts import AUDIO
from pipeline.disk import write_atomic
from pipeline.errors import PipelineError
from pipeline.export import captions, page, paper, transcript
from pipeline.export import pack as packs
from pipeline.export.blocks import blocks_of, leaving
from pipeline.export.talk import Talk, filename, talk_of
from pipeline.stages.check import report_on
from pipeline.workspace import Workspace

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS = {
    "docx": ("Artikel in Word", WORD),
    "docx-met-bronnen": ("Artikel in Word, met bij elk citaat de bron", WORD),
    "html": ("Artikel als webpagina", "text/html; charset=utf-8"),
    "md": ("Artikel in Markdown", "text/markdown; charset=utf-8"),
    "vtt": ("Ondertiteling (WebVTT)", "text/vtt; charset=utf-8"),
    "srt": ("Ondertiteling (SubRip)", "application/x-subrip; charset=utf-8"),
    "transcript.docx": ("Transcript in Word", WORD),
    "pack": ("Citaten per spreker, ter goedkeuring", "application/zip"),
}
ENDINGS = {
    "docx-met-bronnen": " met bronnen.docx",
    "transcript.docx": " transcript.docx",
    "pack": " citaten per spreker.zip",
}


@dataclass(frozen=True)
class Exported:
    """A file that leaves: its name, safe on any system, what it is, and what is in it."""

    name: str
    media_type: str
    content: bytes


def export(workspace: Workspace, kind: str) -> Exported:
    """One of KINDS, of the webinar as it stands. PipelineError where it has no transcript or no article yet."""
    if kind not in KINDS:
        raise PipelineError(f"there is no export called '{kind}'", f"choose one of {', '.join(KINDS)}")
    talk = talk_of(workspace)
    concept = "" if talk.approval else "CONCEPT "
    name = f"{concept}{filename(workspace.slug)}{ENDINGS.get(kind, f'.{kind}')}"
    return Exported(name, KINDS[kind][1], _MAKERS[kind](talk, workspace))


def written(workspace: Workspace, kind: str, to: Path | None = None) -> Path:
    """Write it to `to`, a file or a folder, else to outputs/SLUG/export/; where it stands now."""
    made = export(workspace, kind)
    path = to or workspace.folder / "export"
    path = path / made.name if to is None or path.is_dir() else path
    write_atomic(path, made.content)
    return path


def _article(talk: Talk, workspace: Workspace) -> str:
    return leaving(articles.current(workspace), talk.webinar.style, talk.approval)


def _docx(talk: Talk, workspace: Workspace) -> bytes:
    return paper.article(blocks_of(_article(talk, workspace)), talk)


def _with_sources(talk: Talk, workspace: Workspace) -> bytes:
    quotes = report_on(workspace, articles.current(workspace)).quotes
    return paper.article(blocks_of(_article(talk, workspace)), talk, quotes)


def _html(talk: Talk, workspace: Workspace) -> bytes:
    return page.article(blocks_of(_article(talk, workspace)), talk.title, talk.state)


def _pack(talk: Talk, workspace: Workspace) -> bytes:
    audio = workspace.path(AUDIO.file)
    return packs.pack(talk, report_on(workspace, articles.current(workspace)), audio if audio.exists() else None)


_MAKERS: dict[str, Callable[[Talk, Workspace], bytes]] = {
    "docx": _docx,
    "docx-met-bronnen": _with_sources,
    "html": _html,
    "md": lambda talk, workspace: _article(talk, workspace).encode(),
    "vtt": lambda talk, _: captions.vtt(talk),
    "srt": lambda talk, _: captions.srt(talk),
    "transcript.docx": lambda talk, _: transcript.paper(talk),
    "pack": _pack,
}
