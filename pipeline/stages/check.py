"""check: every quote, name, number and sentence of the article against the transcript; also of an article elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.article.check import check
from pipeline.article.report import page
from pipeline.articles import EDITED_ARTICLE, typed
from pipeline.artifacts import ARTICLE, CHECK, CHECK_PAGE, DRAFT, HEARING, PASSAGES, RECORDING, Noted
from pipeline.config import CheckParams
from pipeline.edits import NAMES, WORDS, read_corrections, read_pins
from pipeline.engines import meaning
from pipeline.errors import PipelineError
from pipeline.models import Kept
from pipeline.speech.names import names_of
from pipeline.speech.nearmisses import proposals
from pipeline.stage import Job, Stage
from pipeline.workspace import Workspace
from pipeline.writing import CheckReport

N = TypeVar("N", bound=Kept)


def run(job: Job[CheckParams]) -> str:
    """Write 60-check.json and 60-check.md; '7 quotes: 2 exact, 5 cleaned; 3 things to settle'."""
    meaning.fetch(job.progress, job.note)
    edited = job.edits(EDITED_ARTICLE)
    text = typed(edited if edited.exists() else job.path(ARTICLE))

    def read(noted: Noted[N]) -> N | None:
        return job.read(noted) if job.has(noted) else None

    found = _report(text, job.params, read, job.edits)
    job.write(CHECK, found)
    job.write(CHECK_PAGE, page(found, job.params.title or job.read(RECORDING).title))
    counts = Counter(quote.status for quote in found.quotes)
    kinds = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    blocking = sum(finding.severity == "blocks" for finding in found.findings)
    return f"{len(found.quotes)} quotes: {kinds or 'none'}; {blocking} things to settle"


def against(workspace: Workspace, file: Path) -> tuple[CheckReport, str]:
    """Any Markdown, hand-written too, against a webinar's transcript: the report, and the page to read."""
    if not file.is_file():
        raise PipelineError(f"there is no file {file}", "give the Markdown of an article")
    text = typed(file)
    if "\0" in text:
        raise PipelineError(f"{file} holds no text", "give the Markdown of an article (.md or .txt)")

    found = report_on(workspace, text)
    return found, page(found, file.name)


def report_on(workspace: Workspace, text: str) -> CheckReport:
    """Any text against a webinar's transcript as it stands. PipelineError where there is none yet."""

    def read(noted: Noted[N]) -> N | None:
        return noted.found(workspace.folder)

    if read(PASSAGES) is None:
        raise PipelineError(f"{workspace.slug} has no transcript yet", f"impressie run {workspace.slug}")
    params = CheckParams(**workspace.webinar().facts())
    return _report(text, params, read, lambda name: workspace.folder / "edits" / name)


class Reader(Protocol):
    """Reads an artifact; None where it is not there."""

    def __call__(self, noted: Noted[N]) -> N | None:
        """The noun in it."""


def _report(text: str, params: CheckParams, read: Reader, edit: Callable[[str], Path]) -> CheckReport:
    passages, recording, draft, hearing = read(PASSAGES), read(RECORDING), read(DRAFT), read(HEARING)
    assert passages is not None
    assert recording is not None
    listed = tuple(speaker.name for speaker in params.speakers)
    names = names_of(passages, listed, read_pins(edit(NAMES)))
    words = [word for passage in passages.passages for word in passage.words]
    settled = [correction.written for correction in read_corrections(edit(WORDS))]
    misheard = proposals(words, listed, params.glossary, settled)
    claims = [claim for part in draft.parts for claim in part.claims] if draft else []
    return check(text, passages, names, params, recording, hearing, misheard, claims, meaning.judge())


STAGE = Stage(
    name="check",
    reads=(RECORDING, PASSAGES, DRAFT, ARTICLE, HEARING),
    writes=(CHECK, CHECK_PAGE),
    uses=lambda webinar: CheckParams(**webinar.facts()),
    version=3,
    run=run,
    lays=(NAMES, WORDS, EDITED_ARTICLE),
)
