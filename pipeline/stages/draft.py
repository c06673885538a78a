"""draft: choose questions, themes and quotes from the transcript, and write the article."""

from __future__ import annotations

from pipeline.article.evidence import gather
from pipeline.article.people import people_of
from pipeline.article.plan import make_plan
from pipeline.article.scene import Scene
from pipeline.artifacts import ARTICLE, DRAFT, PASSAGES, RECORDING
from pipeline.config import DraftParams
from pipeline.edits import NAMES, read_pins
from pipeline.engines import extractive
from pipeline.errors import PipelineError
from pipeline.speech.names import names_of
from pipeline.stage import Job, Stage
from pipeline.writing import Draft, joined


def run(job: Job[DraftParams]) -> str:
    """Write 50-draft.json and 50-article.md; '478 words, 7 quotes'."""
    params = job.params
    if params.writer != "extractive":
        raise PipelineError(f"there is no writer called '{params.writer}'", "known writers: extractive")
    recording, passages = job.read(RECORDING), job.read(PASSAGES)
    names = names_of(passages, tuple(s.name for s in params.speakers), read_pins(job.edits(NAMES)))
    evidence = gather(passages, people_of(passages, names, params.speakers))
    plan = make_plan(evidence, params.style)
    parts = extractive.write(Scene(evidence, plan, params, recording))
    markdown = joined(parts)
    job.write(DRAFT, Draft(writer=params.writer, plan=plan, parts=parts, markdown=markdown))
    job.write(ARTICLE, markdown)
    quotes = sum(len(section.quotes) for section in plan.sections) + (plan.pull_quote is not None)
    return f"{len(markdown.split())} words, {quotes} quotes"


STAGE = Stage(
    name="draft",
    reads=(RECORDING, PASSAGES),
    writes=(DRAFT, ARTICLE),
    uses=lambda webinar: DraftParams(**webinar.draft.model_dump(), **webinar.facts()),
    version=3,
    run=run,
    lays=(NAMES,),
)
