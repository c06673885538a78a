"""One section of the article again: proposed, and put in its place; everything else stays byte for byte as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import articles, runner
from pipeline.artifacts import DRAFT, Artifact
from pipeline.errors import PipelineError
from pipeline.stage import Job
from pipeline.stages import draft
from pipeline.workspace import Workspace
from pipeline.writing import Draft


@dataclass(frozen=True)
class Proposal:
    """A section written again and not yet taken: as it is now, as it would be, and the draft that holds it."""

    number: int
    old: str
    new: str
    draft: str  # sha256 of the draft that it was made from
    outputs: Mapping[Artifact, bytes | Path]
    chose: Mapping[str, Any]


def redraft(workspace: Workspace, number: int, hint: str, face: runner.Face, *, discard_edits: bool = False) -> None:
    """Write one section of the article again, everything else byte for byte as it is; also in a person's article."""
    with workspace.locked(f"redraft {workspace.slug} --section {number}"):
        proposal = _proposed(workspace, number, hint, face, by_place=discard_edits)
        _take(workspace, proposal, face, by_place=discard_edits)


def propose(workspace: Workspace, number: int, hint: str, face: runner.Face) -> Proposal:
    """Write one section again without putting it in its place, so that a person can choose."""
    with workspace.locked(f"redraft {workspace.slug} --section {number}"):
        return _proposed(workspace, number, hint, face, by_place=True)


def take(workspace: Workspace, proposal: Proposal, face: runner.Face) -> None:
    """Put a proposed section in its place. PipelineError where the draft was made again since."""
    with workspace.locked(f"redraft {workspace.slug} --section {proposal.number}"):
        if workspace.sha256(DRAFT.file) != proposal.draft:
            raise PipelineError("the draft was made again since", "ask for the section once more")
        _take(workspace, proposal, face, by_place=True)


def _proposed(workspace: Workspace, number: int, hint: str, face: runner.Face, *, by_place: bool) -> Proposal:
    runner.prepare(workspace, face)
    webinar = workspace.webinar()
    standing = next(each for each in runner.survey(workspace, webinar) if each.stage is draft.STAGE)
    if standing.state != "fresh":
        why = "; ".join(standing.reasons) or standing.state
        raise PipelineError(f"the draft is not up to date ({why})", f"impressie run {workspace.slug}")
    sha, before = workspace.sha256(DRAFT.file) or "", DRAFT.load(workspace.path(DRAFT.file).read_bytes())
    if not 1 <= number <= len(before.plan.sections):
        raise PipelineError(f"there is no section {number}", f"this article has {len(before.plan.sections)}")
    text, span = _section(workspace, before, number, by_place=by_place)
    job = runner.job_of(workspace, draft.STAGE, webinar, face)
    draft.again(job, number, hint)
    made = job.outputs[DRAFT]
    assert isinstance(made, bytes)
    new = next(part.markdown for part in DRAFT.load(made).parts if part.name == f"section {number}")
    return Proposal(number, text[span[0] : span[1]], new, sha, dict(job.outputs), dict(job.chose))


def _section(workspace: Workspace, draft: Draft, number: int, *, by_place: bool) -> tuple[str, tuple[int, int]]:
    """The article as it stands and where a section is in it. PipelineError where a person changed it."""
    text = articles.current(workspace)
    span = articles.section_of(text, draft, number, by_place=by_place)
    if span is None:
        if by_place:
            raise PipelineError(f"there is no part {number} in the article any more", "look at its headings")
        raise PipelineError(
            f"section {number} was changed by hand, and this would overwrite it",
            "add --discard-edits to do it all the same (a copy is kept in edits/kept/)",
        )
    return text, span


def _take(workspace: Workspace, proposal: Proposal, face: runner.Face, *, by_place: bool) -> None:
    before = DRAFT.load(workspace.path(DRAFT.file).read_bytes())
    edited = articles.article_path(workspace).name == articles.EDITED_ARTICLE
    text, (start, end) = _section(workspace, before, proposal.number, by_place=by_place)

    def given(job: Job[Any]) -> str:
        job.outputs.update(proposal.outputs)
        job.chose.update(proposal.chose)
        return f"section {proposal.number} again"

    runner.run_stage(workspace, replace(draft.STAGE, run=given), workspace.webinar(), face)
    if edited:
        was = hashlib.sha256(text.encode()).hexdigest()
        articles.save(workspace, text[:start] + proposal.new + text[end:], was)
    if said := articles.reopen(workspace):
        face.noted(said)
