"""One task: one stage of one webinar, by whoever is asked, on whichever machine sees the home.

Nothing that matters is in a message: a task says what is to be done, its outcome says which receipt that left. All
state is in the home, so a task may be asked for twice, or by somebody who was started again; it is done once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline import articles, begin, runner, system
from pipeline.artifacts import RECORDING
from pipeline.config import is_address
from pipeline.disk import sha256
from pipeline.errors import LaterError, PipelineError, refused
from pipeline.leases import InUseError, OvertakenError
from pipeline.models import Noun
from pipeline.runner import Face
from pipeline.stages import STAGES
from pipeline.workspace import Workspace

BEGIN = "begin"  # the task that comes before any stage: what does the address hold?
ORDER = (BEGIN, *(stage.name for stage in STAGES))
NEEDS = {"download": ("DOWNLOAD",), "transcribe": ("GPU",), "rehear": ("GPU",), "draft": ("LLM",)}
VISIBLE = 60.0  # seconds in which a network folder shows what another machine wrote; NFS's own default for folders
LOOK = 0.5


class Manifest(Noun):
    """The receipt that a stage left, by its hash: it names the hashes of all that the stage made; and who left it."""

    stage: str
    sha256: str
    machine: str


class Task(Noun):
    """Do this stage of this webinar, or begin the one at `source`.

    `key` stands for all that goes into the result, so that the same work has the same key whoever asks for it. `after`
    is what the webinar's last task left, which has to be seen first. `address`: where it is downloaded from, if it is.
    `needs`: what a machine should have for it, if there is one that has: DOWNLOAD, GPU, LLM. `length`: of the
    recording, in seconds, once that is known.
    """

    slug: str
    stage: str
    key: str
    source: str = ""
    after: Manifest | None = None
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
    approved: bool = False
    reasons: tuple[str, ...] = Field(default=(), description="why the stage was out of date")


def beginning(source: str) -> Task:
    """The task that begins the webinar at an address or in a file."""
    key = f"{BEGIN}-{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    address = source if is_address(source) else ""
    return Task(slug="", stage=BEGIN, key=key, source=source, address=address, needs=("DOWNLOAD",) if address else ())


def upcoming(workspace: Workspace, after: Manifest | None = None) -> Task | None:
    """The webinar's next task, if there is any. PipelineError where its TOML or what was made cannot be read."""
    if articles.approved(workspace):
        return None
    webinar = workspace.webinar()
    todo = next((s for s in runner.survey(workspace, webinar) if not s.done and not s.waits), None)
    if todo is None:
        return None
    params = todo.stage.uses(webinar).model_dump(mode="json")
    inputs = runner.inputs_of(todo.stage, workspace.sha256)
    made_of = json.dumps([todo.stage.edition, params, inputs], sort_keys=True)
    key = f"{workspace.slug}-{todo.stage.name}-{hashlib.sha256(made_of.encode()).hexdigest()[:24]}"
    addresses = [url for url in webinar.url if is_address(url)] if todo.stage is STAGES[0] else []
    needs = NEEDS.get(todo.stage.name, ()) if addresses or todo.stage is not STAGES[0] else ()
    if todo.stage.name == "draft" and params["writer"] != "llm":
        needs = ()
    return Task(
        slug=workspace.slug, stage=todo.stage.name, key=key, after=after, address=addresses[0] if addresses else "",
        needs=needs, length=recording.duration if (recording := RECORDING.found(workspace.folder)) else 0.0,
    )  # fmt: skip


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
    with workspace.locked(f"batch {workspace.slug} {task.stage}"):
        _wait_to_see(workspace, task)
        runner.prepare(workspace, told)
        webinar = workspace.webinar()
        standing = next(s for s in runner.survey(workspace, webinar) if s.stage.name == task.stage)
        approved = articles.approved(workspace) is not None
        did = not approved and not standing.done
        if did:
            if threads and not webinar.machine.threads:
                machine = webinar.machine.model_copy(update={"threads": threads})
                webinar = webinar.model_copy(update={"machine": machine})
            runner.run_stage(workspace, standing.stage, webinar, told)
        manifest = manifest_of(workspace, task.stage)
        then = upcoming(workspace, manifest)
        if then is None:
            workspace.sweep()  # nobody goes on with what a killed run had begun
        return Outcome(
            slug=workspace.slug, state="done", summary=told.summary or "was done already", notes=tuple(told.notes),
            did=did, seconds=told.seconds, manifest=manifest, then=then, approved=approved,
            reasons=standing.reasons if did else (),
        )  # fmt: skip


def manifest_of(workspace: Workspace, stage: str) -> Manifest | None:
    """The receipt of a stage as it stands, if it has one."""
    found = sha256(workspace.receipt_path(stage))
    return Manifest(stage=stage, sha256=found, machine=system.machine()) if found else None


def _wait_to_see(workspace: Workspace, task: Task) -> None:
    """Until what another machine wrote can be seen from here whole: its receipts, and what they tell of.

    A file that does not fit its receipt is one that a person changed, but not if that receipt is a minute old.
    PipelineError where something is not there after a minute; something else may be: somebody ran that stage again.
    """
    if task.after is None or task.after.machine == system.machine():
        return
    begun = time.monotonic()
    while missing := _missing(workspace, task):
        if time.monotonic() - begun > VISIBLE:
            if missing.startswith("there is no"):
                raise PipelineError(
                    f"{workspace.slug}: {missing}, and nothing has come in {VISIBLE:.0f} seconds",
                    "do all machines see the same folder? if so, see how it is mounted; then run the batch again",
                )
            return
        time.sleep(LOOK)


def _missing(workspace: Workspace, task: Task) -> str | None:
    """What cannot be seen yet, in words."""
    assert task.after
    if not workspace.toml.exists():
        return f"there is no configs/{workspace.toml.name}"
    if sha256(workspace.receipt_path(task.after.stage)) is None:
        return f"there is no receipt of {task.after.stage}"
    if sha256(workspace.receipt_path(task.after.stage)) != task.after.sha256:
        return f"the receipt of {task.after.stage} is another"
    for stage in STAGES:
        receipt = workspace.receipt(stage.name)
        ended = receipt and receipt.started + dt.timedelta(seconds=receipt.seconds)
        if receipt and ended and dt.datetime.now(dt.UTC) - ended < dt.timedelta(seconds=2 * VISIBLE):
            for file, sha in receipt.outputs.items():
                if (now := workspace.sha256(file)) != sha:
                    return f"there is no {file}" if now is None else f"{file} is another"
    return None
