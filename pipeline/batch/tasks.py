"""One task: one stage of one webinar, by whoever is asked, on whichever machine sees the home.

Nothing that matters is in a message: a task says what is to be done, its outcome says which receipt that left. All
state is in the home, so a task may be asked for twice, or by somebody who was started again; it is done once.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any, Literal

from pipeline import articles, begin, runner, system
from pipeline.artifacts import RECORDING
from pipeline.config import Webinar, is_address
from pipeline.disk import sha256
from pipeline.errors import LaterError, PipelineError, refused
from pipeline.leases import InUseError, OvertakenError
from pipeline.models import Noun
from pipeline.runner import Face
from pipeline.stage import Stage
from pipeline.stages import BY_NAME, STAGES
from pipeline.workspace import Workspace

BEGIN = "begin"  # the task that comes before any stage: what does the address hold?
ORDER = (BEGIN, *(stage.name for stage in STAGES))
NEEDS = {"download": ("DOWNLOAD",), "transcribe": ("GPU",), "rehear": ("GPU",), "draft": ("LLM",)}
VISIBLE = 60.0  # seconds in which a network folder shows what another machine wrote; NFS's own default for folders
LOOK = 0.5


class Manifest(Noun):
    """The receipt that a stage left, by its hash: it names the hashes of all that the stage made."""

    stage: str
    sha256: str


class Task(Noun):
    """Do this stage of this webinar, or begin the one at `source`.

    `key` stands for all that goes into the result, so that the same work has the same key whoever asks for it; `by` is
    the machine that saw all of that. `address`: where it is downloaded from, if it is.
    `needs`: what a machine should have for it, if there is one that has: DOWNLOAD, GPU, LLM. `length`: of the
    recording, in seconds, once that is known.
    """

    slug: str
    stage: str
    key: str
    source: str = ""
    by: str = ""
    address: str = ""
    needs: tuple[str, ...] = ()
    length: float = 0.0


class Outcome(Noun):
    """What came of a task, and the webinar's next one, if there is any.

    `busy`: somebody else works on that webinar. `later`: the site asks to come back after `wait` seconds. `did` is
    whether there was anything to do: not if it had been done already. `seconds` are those of the stage itself.
    """

    slug: str
    state: Literal["done", "failed", "busy", "later"]
    summary: str = ""
    hint: str | None = None
    notes: tuple[str, ...] = ()
    did: bool = False
    seconds: float = 0.0
    wait: float = 0.0
    manifest: Manifest | None = None
    then: Task | None = None


def beginning(source: str) -> Task:
    """The task that begins the webinar at an address or in a file."""
    key = f"{BEGIN}-{hashlib.sha256(os.fsencode(source)).hexdigest()[:24]}"
    address = source if is_address(source) else ""
    return Task(slug="", stage=BEGIN, key=key, source=source, address=address, needs=("DOWNLOAD",) if address else ())


def upcoming(workspace: Workspace) -> Task | None:
    """The webinar's next task, if there is any. PipelineError where its TOML or what was made cannot be read."""
    if articles.approved(workspace):
        return None
    webinar = workspace.webinar()
    todo = next((s.stage for s in runner.survey(workspace, webinar) if not s.done and not s.waits), None)
    if todo is None:
        return None
    recording = RECORDING.found(workspace.folder)
    addresses = [url for url in webinar.url if is_address(url)] if todo is STAGES[0] else []
    wants = (todo is not STAGES[0] or addresses) and (todo.name != "draft" or webinar.draft.writer == "llm")
    return Task(
        slug=workspace.slug, stage=todo.name, key=key_of(workspace, todo, webinar), by=system.machine(),
        address=addresses[0] if addresses else "", needs=NEEDS.get(todo.name, ()) if wants else (),
        length=recording.duration if recording else 0.0,
    )  # fmt: skip


def key_of(workspace: Workspace, stage: Stage[Any], webinar: Webinar) -> str:
    """Webinar, stage, and a digest of all that goes into the result, as it can be seen from here."""
    params = stage.uses(webinar).model_dump(mode="json")
    made_of = json.dumps([stage.edition, params, runner.inputs_of(stage, workspace.sha256)], sort_keys=True)
    return f"{workspace.slug}-{stage.name}-{hashlib.sha256(made_of.encode()).hexdigest()[:24]}"


class _Told:
    """A face that passes everything on, and keeps what is to stand in the outcome."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.notes: list[str] = []
        self.summary = ""
        self.seconds = 0.0

    def started(self, stage: str) -> None:
        self.face.started(stage)

    def progressed(self, stage: str, done: float, total: float, unit: str) -> None:
        self.face.progressed(stage, done, total, unit)

    def noted(self, text: str) -> None:
        self.notes.append(text)
        self.face.noted(text)

    def finished(self, stage: str, summary: str, seconds: float) -> None:
        self.summary, self.seconds = summary, seconds
        self.face.finished(stage, summary, seconds)


def perform(home: Path, task: Task, face: Face, threads: int = 0) -> Outcome:
    """Do a task, and say what came of it; a PipelineError becomes an outcome too.

    `threads`: how many a stage may use, where the webinar's settings leave it open.
    """
    told = _Told(face)
    try:
        if task.stage == BEGIN:
            found = begin.opened(home, task.source, None, told.noted)
            return Outcome(
                slug=found.slug, state="done", summary=f"begun as {found.slug}", did=True, then=upcoming(found)
            )
        return _performed(Workspace(home, task.slug), task, told, threads)
    except (InUseError, OvertakenError) as error:
        return Outcome(slug=task.slug, state="busy", summary=error.message, hint=error.hint, notes=tuple(told.notes))
    except LaterError as error:
        return Outcome(slug=task.slug, state="later", summary=error.message, hint=error.hint, wait=error.wait)
    except (PipelineError, OSError) as error:
        said = refused(error) if isinstance(error, OSError) else error
        return Outcome(slug=task.slug, state="failed", summary=said.message, hint=said.hint, notes=tuple(told.notes))


def _performed(workspace: Workspace, task: Task, told: _Told, threads: int) -> Outcome:
    stage = BY_NAME[task.stage]
    _wait_for(workspace.toml, task)
    with workspace.locked(f"batch {workspace.slug} {task.stage}"):
        _wait_to_see(workspace, task, stage)
        runner.prepare(workspace, told)
        webinar = workspace.webinar()
        standing = next(s for s in runner.survey(workspace, webinar) if s.stage is stage)
        did = not standing.done and articles.approved(workspace) is None
        if did:
            if threads and not webinar.machine.threads:
                machine = webinar.machine.model_copy(update={"threads": threads})
                webinar = webinar.model_copy(update={"machine": machine})
            runner.run_stage(workspace, stage, webinar, told)
        then = upcoming(workspace)
        if then is None:
            workspace.sweep()  # nobody goes on with what a killed run had begun
        left = sha256(workspace.receipt_path(stage.name))
        return Outcome(
            slug=workspace.slug, state="done", summary=told.summary or "was done already", notes=tuple(told.notes),
            did=did, seconds=told.seconds, manifest=Manifest(stage=stage.name, sha256=left) if left else None,
            then=then,
        )  # fmt: skip


def _wait_for(toml: Path, task: Task) -> None:
    """Until the webinar is here at all. PipelineError where it is not: it was forgotten, or is never seen from here."""
    begun = time.monotonic()
    while not toml.exists():
        if task.by == system.machine() or time.monotonic() - begun > VISIBLE:
            raise PipelineError(f"there is no webinar called '{task.slug}' here any more", "impressie status")
        time.sleep(LOOK)


def _wait_to_see(workspace: Workspace, task: Task, stage: Stage[Any]) -> None:
    """Until all that another machine saw going into this stage can be seen from here too.

    After a minute it may be something else: somebody changed it since. PipelineError where there is nothing to go on.
    """
    begun = time.monotonic()
    while task.by != system.machine() and (missing := _missing(workspace, task, stage)):
        if time.monotonic() - begun > VISIBLE:
            if missing != stage.name:
                raise PipelineError(
                    f"{workspace.slug}: {stage.name} {missing}, and nothing has come in {VISIBLE:.0f} seconds",
                    "do all machines see the same folder? if so, see how it is mounted; then run the batch again",
                )
            return
        time.sleep(LOOK)


def _missing(workspace: Workspace, task: Task, stage: Stage[Any]) -> str | None:
    """What a stage waits for; its own name where that is all there, but not what the other machine saw."""
    webinar = workspace.webinar()
    standing = next(s for s in runner.survey(workspace, webinar) if s.stage is stage)
    if standing.waits:
        return standing.reasons[0]
    return None if standing.done or key_of(workspace, stage, webinar) == task.key else stage.name
