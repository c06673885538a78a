"""draft: choose questions, themes and quotes from the transcript, and write the article; or one section of it again."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from pipeline.article.evidence import Evidence, gather
from pipeline.article.people import people_of
from pipeline.article.plan import make_plan, replan
from pipeline.article.scene import Scene
from pipeline.artifacts import ARTICLE, DRAFT, PASSAGES, RECORDING
from pipeline.config import DraftParams, LlmParams, Webinar
from pipeline.edits import NAMES, read_pins
from pipeline.engines import extractive
from pipeline.errors import PipelineError
from pipeline.speech.names import names_of
from pipeline.stage import Job, Stage
from pipeline.writing import Draft, DraftPart, Plan, joined

WRITERS = ("extractive", "llm")
MARGIN = 10  # words that an article stays away from the limits of the house


def uses(webinar: Webinar) -> DraftParams:
    """What the language model is asked counts only where one writes."""
    settings = LlmParams(**webinar.llm.model_dump(), prompts=webinar.prompts, examples=webinar.examples)
    llm = settings if webinar.draft.writer == "llm" else None
    return DraftParams(**webinar.draft.model_dump(), **webinar.facts(), llm=llm)


def run(job: Job[DraftParams]) -> str:
    """Write 50-draft.json and 50-article.md; '478 words, 7 quotes'."""
    evidence, recording, style = _evidence(job), job.read(RECORDING), job.params.style

    def scene(more: int = 0) -> Scene:
        return Scene(evidence, make_plan(evidence, style, more), job.params, recording)

    length = len(joined(extractive.write(scene())).split())
    missing = max(0, style.words[0] + MARGIN - length) + min(0, style.words[1] - MARGIN - length)
    return _write(job, scene(missing), None)


def again(job: Job[DraftParams], number: int, hint: str) -> str:
    """Section `number` once more, with other quotes or those nearest to the hint; all other parts as they are."""
    before = job.earlier(DRAFT)
    if before is None or not before.parts:
        raise PipelineError("the draft was not made with these settings", f"impressie run {job.slug}")
    evidence, sections = _evidence(job), list(before.plan.sections)
    sections[number - 1] = replan(evidence, before.plan, number, job.params.style, hint)
    plan = before.plan.model_copy(update={"sections": tuple(sections)})
    return _write(job, Scene(evidence, plan, job.params, job.read(RECORDING)), before, number, hint)


def _evidence(job: Job[DraftParams]) -> Evidence:
    params, passages = job.params, job.read(PASSAGES)
    if params.writer not in WRITERS:
        raise PipelineError(f"there is no writer called '{params.writer}'", f"known writers: {', '.join(WRITERS)}")
    names = names_of(passages, tuple(s.name for s in params.speakers), read_pins(job.edits(NAMES)))
    return gather(passages, people_of(passages, names, params.speakers))


def _write(job: Job[DraftParams], scene: Scene, before: Draft | None, number: int | None = None, hint: str = "") -> str:
    """Hand over the article, only section `number` of it new where that is given."""
    params, cost, plan = job.params, None, scene.plan
    parts: Sequence[DraftPart]
    if params.llm is None:
        parts = extractive.write(deepcopy(scene))
    else:
        from pipeline.engines.endpoint import Endpoint
        from pipeline.engines.llm import Writer

        endpoint = Endpoint(params.llm)
        if not endpoint.local:
            job.note(f"what was said is sent to {endpoint.address}, as [llm] asks")
        parts, plan = Writer(endpoint, params.llm, job.progress).write(scene, hint, number)
        cost = endpoint.cost
        job.chose["llm"] = {"model": endpoint.settings.model, **cost.model_dump()}
    if before is not None:
        fresh = {part.name: part for part in parts if part.name == f"section {number}"}
        parts = [fresh.get(part.name, part) for part in before.parts]
    markdown = joined(parts)
    job.write(DRAFT, Draft(writer=params.writer, cost=cost, plan=plan, parts=tuple(parts), markdown=markdown))
    job.write(ARTICLE, markdown)
    return _told(plan, parts, markdown)


def _told(plan: Plan, parts: Sequence[DraftPart], markdown: str) -> str:
    quotes = sum(len(section.quotes) for section in plan.sections) + (plan.pull_quote is not None)
    said = f"{len(markdown.split())} words, {quotes} quotes"
    wrote = sum(part.writer == "llm" for part in parts)
    fell = {part.fell_back for part in parts if part.fell_back}
    if wrote or fell:
        said += f"; llm wrote {wrote} parts of {wrote + sum(part.fell_back is not None for part in parts)}"
    return said + (f" ({'; '.join(sorted(filter(None, fell)))})" if fell else "")


STAGE = Stage(
    name="draft",
    reads=(RECORDING, PASSAGES),
    writes=(DRAFT, ARTICLE),
    uses=uses,
    version=5,
    run=run,
    lays=(NAMES,),
)
