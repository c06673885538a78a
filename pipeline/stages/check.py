"""check: every quote, name and number of the article against the transcript."""

from __future__ import annotations

from collections import Counter

from pipeline.article.check import check
from pipeline.artifacts import ARTICLE, CHECK, DRAFT, HEARING, PASSAGES, RECORDING
from pipeline.config import CheckParams
from pipeline.edits import EDITED_ARTICLE, NAMES, WORDS, read_corrections, read_pins, typed
from pipeline.speech.names import names_of
from pipeline.speech.nearmisses import proposals
from pipeline.stage import Job, Stage


def run(job: Job[CheckParams]) -> str:
    """Write 60-check.json; '7 quotes: 2 exact, 5 cleaned; 3 things to settle'."""
    passages = job.read(PASSAGES)
    edited = job.edits(EDITED_ARTICLE)
    article = edited if edited.exists() else job.path(ARTICLE)
    listed = tuple(s.name for s in job.params.speakers)
    names = names_of(passages, listed, read_pins(job.edits(NAMES)))
    hearing = job.read(HEARING) if job.has(HEARING) else None
    words = [word for passage in passages.passages for word in passage.words]
    settled = [correction.written for correction in read_corrections(job.edits(WORDS))]
    misheard = proposals(words, listed, job.params.glossary, settled)
    claims = [claim for part in job.read(DRAFT).parts for claim in part.claims]
    report = check(typed(article), passages, names, job.params, job.read(RECORDING), hearing, misheard, claims)
    job.write(CHECK, report)
    counts = Counter(quote.status for quote in report.quotes)
    kinds = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    blocking = sum(finding.severity == "blocks" for finding in report.findings)
    return f"{len(report.quotes)} quotes: {kinds or 'none'}; {blocking} things to settle"


STAGE = Stage(
    name="check",
    reads=(RECORDING, PASSAGES, DRAFT, ARTICLE, HEARING),
    writes=(CHECK,),
    uses=lambda webinar: CheckParams(**webinar.facts()),
    version=3,
    run=run,
    lays=(NAMES, WORDS, EDITED_ARTICLE),
)
