"""Which stages need running, and running them."""

from __future__ import annotations

import datetime as dt
import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import tomlkit

from pipeline import articles, edits, shifts, system
from pipeline.artifacts import ARTICLE, AUDIO
from pipeline.config import Webinar, absolute, read_toml, setting
from pipeline.disk import digest
from pipeline.errors import PipelineError
from pipeline.leases import BEAT
from pipeline.models import Receipt
from pipeline.stage import ABSENT, Job, Stage, freshness
from pipeline.stages import BY_NAME, STAGES
from pipeline.workspace import Workspace

READ = {artifact.file for stage in STAGES for artifact in stage.reads}
# Stage → the stages that write what it reads.
MAKERS = {s.name: [maker.name for maker in STAGES if set(maker.writes) & set(s.reads)] for s in STAGES}


@dataclass(frozen=True)
class Standing:
    """Where one stage of a webinar stands, and why."""

    stage: Stage[Any]
    state: Literal["fresh", "stale", "never run", "edited"]
    reasons: tuple[str, ...] = ()
    waits: bool = False  # for a stage before it

    @property
    def done(self) -> bool:
        """Whether what follows may build on it."""
        return self.state in ("fresh", "edited")


class Face(Protocol):
    """Who is told how a run goes: a terminal, a page, a batch."""

    def started(self, stage: str) -> None:
        """A stage begins."""

    def progressed(self, stage: str, done: float, total: float, unit: str) -> None:
        """A stage is this far."""

    def noted(self, text: str) -> None:
        """There is something to say."""

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        """A stage is done."""


def inputs_of(stage: Stage[Any], sha256: Callable[[str], str | None]) -> dict[str, str]:
    """The hashes of what a stage reads, people's edits included, as they are now."""
    files = [artifact.file for artifact in stage.reads] + [f"edits/{name}" for name in stage.lays]
    return {file: sha256(file) or ABSENT for file in files}


def survey(workspace: Workspace, webinar: Webinar) -> list[Standing]:
    """Where every stage stands, in the order of the pipeline. Reads only."""
    standings: dict[str, Standing] = {}
    sha256 = functools.cache(workspace.sha256)  # most files are read by several stages
    for stage in STAGES:
        waits = tuple(f"waits for {name}" for name in MAKERS[stage.name] if not standings[name].done)
        standings[stage.name] = _standing(workspace.receipt(stage.name), stage, webinar, waits, sha256)
    return list(standings.values())


def _standing(
    receipt: Receipt | None,
    stage: Stage[Any],
    webinar: Webinar,
    waits: tuple[str, ...],
    sha256: Callable[[str], str | None],
) -> Standing:
    if receipt is None:
        return Standing(stage, "never run", waits, bool(waits))
    params = stage.uses(webinar).model_dump(mode="json")
    reasons = freshness(stage, receipt, params, inputs_of(stage, sha256))
    now = {file: sha256(file) for file in receipt.outputs}
    gone = [file for file, sha in now.items() if sha is None]
    changed = [file for file, sha in now.items() if sha not in (None, receipt.outputs[file])]
    reasons += [f"{file} is gone" for file in gone]
    if READ.intersection(changed) and not READ.intersection(gone):
        return Standing(stage, "edited", (f"{', '.join(changed)} changed by hand", *reasons))
    reasons += [f"{file} changed by hand" for file in changed]  # which nothing reads: made again, with a copy kept
    # What stands above matters first: it is why this one will run again.
    why = waits or tuple(reasons)
    return Standing(stage, "stale" if why else "fresh", why, bool(waits))


def run(workspace: Workspace, face: Face) -> int:
    """Run every stage that is not fresh, and say how many ran. A second run does nothing."""
    ran = 0
    with workspace.locked(f"run {workspace.slug}"):
        prepare(workspace, face)
        if approval := articles.approved(workspace):
            when = f"{approval.when.astimezone():%Y-%m-%d}"
            face.noted(f"approved on {when} by {approval.who}, so nothing is run; 'impressie rerun' opens it again")
            workspace.sweep()
            return 0
        while True:
            webinar = workspace.webinar()
            stage = next((s.stage for s in survey(workspace, webinar) if not s.done and not s.waits), None)
            if stage is None:
                break
            run_stage(workspace, stage, webinar, face)
            ran += 1
        workspace.sweep()  # nobody goes on with a rerun that was killed and wanted something else
        for kept in (s for s in survey(workspace, webinar) if s.state == "edited" and len(s.reasons) > 1):
            why = "; ".join(kept.reasons[1:])
            again = f"impressie rerun {workspace.slug} {kept.stage.name} --discard-edits"
            face.noted(f"{kept.reasons[0]}, so it was kept although {why} (to make it again: {again})")
    return ran


def prepare(workspace: Workspace, face: Face, *, discard_edits: bool = False) -> None:
    """Before anything runs: settle what a killed run or a person's hand has left."""
    edits.unsettled(workspace)
    shifts.settle(workspace)
    if not discard_edits and (said := articles.adopt_article(workspace)):
        face.noted(said)


def run_stage(
    workspace: Workspace,
    stage: Stage[Any],
    webinar: Webinar,
    face: Face,
    succeeded: Callable[[], None] = lambda: None,
) -> None:
    """Run one stage, call `succeeded`, and publish. Whatever fails leaves the old result as it was."""
    inputs = inputs_of(stage, workspace.sha256)  # before the run: a file that changes under it cannot look fresh
    job = job_of(workspace, stage, webinar, face)
    face.started(stage.name)
    started, clock = dt.datetime.now(dt.UTC), time.perf_counter()
    try:
        summary = stage.run(job)
    except BaseException as error:
        if isinstance(error, Exception):
            workspace.still_ours(error)
        workspace.log(f"{stage.name} failed: {error or type(error).__name__}")
        raise
    finally:
        system.release_memory()
    seconds = round(time.perf_counter() - clock, 2)
    succeeded()
    for file in _not_ours(workspace, stage):
        job.note(f"{file} was changed by hand; a copy is in edits/kept/{workspace.keep_copy(file).name}")
    receipt = Receipt(
        stage=stage.name, version=stage.edition, params=job.params.model_dump(mode="json"), inputs=inputs, outputs={},
        started=started, seconds=seconds, chose=job.chose,
    )  # fmt: skip
    if shift := job.chose.get("shift"):
        shifts.promise(workspace, digest(job.outputs[AUDIO]), float(shift))
    workspace.publish(receipt, {artifact.file: content for artifact, content in job.outputs.items()})
    shifts.settle(workspace)
    workspace.sweep(stage.name)
    workspace.log(f"{stage.name} {summary} ({seconds:.1f} s)")
    for note in job.notes:
        face.noted(note)
    face.finished(stage.name, summary, seconds)


def job_of(workspace: Workspace, stage: Stage[Any], webinar: Webinar, face: Face) -> Job[Any]:
    """One run of a stage that has not begun: what it is given, and how it tells how far it is."""
    params = stage.uses(webinar)
    ingredients = [stage.edition, params.model_dump(mode="json"), inputs_of(stage, workspace.sha256)]
    looked = time.monotonic()

    def progress(done: float, total: float, unit: str = "s") -> None:
        nonlocal looked
        if time.monotonic() - looked > BEAT:
            looked = time.monotonic()
            workspace.still_ours()
        face.progressed(stage.name, done, total, unit)

    return Job(
        stage, workspace.slug, params, webinar.machine, workspace.folder,
        workspace.scratch(stage.name, json.dumps(ingredients, sort_keys=True)), progress, workspace.receipt(stage.name),
    )  # fmt: skip


def _not_ours(workspace: Workspace, stage: Stage[Any]) -> list[str]:
    """What a stage would overwrite and its last run did not write."""
    receipt = workspace.receipt(stage.name)
    known = receipt.outputs if receipt else {}
    return [a.file for a in stage.writes if workspace.sha256(a.file) not in (None, known.get(a.file))]


TOP_LEVEL = ("url", "from", "to", "transcript", "duration")


def differing(stage: Stage[Any], assignments: list[str]) -> dict[str, Any]:
    """--set KEY=VALUE … for a stage, as tables to lay over the webinar's TOML."""
    pairs = dict(setting(assignment) for assignment in assignments)
    if not pairs:
        return {}
    if stage.name != "download":
        return {stage.name: pairs}
    unknown = [key for key in pairs if key not in TOP_LEVEL]
    if unknown:
        raise PipelineError(f"--set: download has no setting '{unknown[0]}'", f"settings here: {', '.join(TOP_LEVEL)}")
    return {key: absolute(value, Path.cwd()) if key in ("url", "transcript") else value for key, value in pairs.items()}


def rerun(
    workspace: Workspace, name: str, face: Face, assignments: list[str], *, discard_edits: bool = False
) -> list[str]:
    """Run one stage again and nothing else; gives the stages now out of date. `assignments` stick once it succeeded."""
    stage = BY_NAME.get(name)
    if stage is None:
        raise PipelineError(f"there is no stage called '{name}'", f"stages: {', '.join(BY_NAME)}")
    differs = differing(stage, assignments)
    webinar = workspace.webinar(differs)
    with workspace.locked(f"rerun {workspace.slug} {name}"):
        prepare(workspace, face, discard_edits=discard_edits and ARTICLE in stage.writes)
        _have_inputs(workspace, stage)
        theirs = _not_ours(workspace, stage)
        if READ.intersection(theirs) and not discard_edits:
            raise PipelineError(
                f"{', '.join(theirs)} was changed by hand, and this would overwrite it",
                "add --discard-edits to do it all the same (a copy is kept in edits/kept/)",
            )
        run_stage(workspace, stage, webinar, face, succeeded=lambda: _stick(workspace, differs))
        if said := articles.reopen(workspace):
            face.noted(said)
        edited = workspace.folder / "edits" / articles.EDITED_ARTICLE
        if discard_edits and ARTICLE in stage.writes and edited.exists():
            workspace.keep_copy(f"edits/{articles.EDITED_ARTICLE}")
            workspace.still_ours()
            edited.unlink()
    return [s.stage.name for s in survey(workspace, workspace.webinar()) if not s.done]


def refresh(workspace: Workspace, name: str, face: Face) -> None:
    """Run a stage that takes no time, after a person said something that it lays over; not what she changed by hand.

    Wants the lock.
    """
    webinar, stage = workspace.webinar(), BY_NAME[name]
    standing = next(each for each in survey(workspace, webinar) if each.stage is stage)
    if standing.state == "edited":
        again = f"impressie rerun {workspace.slug} {name} --discard-edits"
        face.noted(f"{standing.reasons[0]}, so it is kept as it is (to make it again: {again})")
    elif all(workspace.path(artifact.file).exists() for artifact in stage.reads):
        run_stage(workspace, stage, webinar, face)


def _have_inputs(workspace: Workspace, stage: Stage[Any]) -> None:
    """PipelineError where a file that this stage reads was not made yet, or has gone."""
    made = {file for name in BY_NAME if (receipt := workspace.receipt(name)) for file in receipt.outputs}
    for artifact in stage.reads:
        maker = next(maker for maker in STAGES if artifact in maker.writes)
        here = workspace.path(artifact.file).exists()
        if not here and (not artifact.optional or artifact.file in made or workspace.receipt(maker.name) is None):
            raise PipelineError(
                f"{stage.name} needs {artifact.file}, which {maker.name} makes, and it is not there",
                f"impressie run {workspace.slug}",
            )


def _stick(workspace: Workspace, differs: dict[str, Any]) -> None:
    if not differs:
        return
    document = read_toml(workspace.toml) if workspace.toml.exists() else tomlkit.document()
    for key, value in differs.items():
        if isinstance(value, dict):
            document.setdefault(key, tomlkit.table()).update(value)
        else:
            document[key] = value
    workspace.write(workspace.toml, tomlkit.dumps(document).encode())
