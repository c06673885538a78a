"""The article as it stands, a person's where there is one: how it is saved, its earlier versions, what differs."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline import edits
from pipeline.artifacts import ARTICLE, DRAFT
from pipeline.disk import write_atomic
from pipeline.edits import REVIEW, Approval, Review
from pipeline.errors import PipelineError
from pipeline.workspace import Workspace
from pipeline.writing import Draft

EDITED_ARTICLE = "article.md"


def article_path(workspace: Workspace) -> Path:
    """The article as it stands: a person's if there is one, else the machine's."""
    edited = workspace.folder / "edits" / EDITED_ARTICLE
    return edited if edited.exists() else workspace.folder / ARTICLE.file


def current(workspace: Workspace) -> str:
    """The article as it stands, as text. PipelineError where there is none yet."""
    path = article_path(workspace)
    if not path.exists():
        raise PipelineError(f"{workspace.slug} has no article yet", f"impressie run {workspace.slug}")
    return typed(path)


def adopt_article(workspace: Workspace) -> str | None:
    """Move a 50-article.md that was changed by hand to edits/article.md, and put the machine's text back.

    Returns a sentence that says so. PipelineError where both were changed: a person chooses.
    """
    receipt = workspace.receipt("draft")
    machine = workspace.path(ARTICLE.file)
    now = workspace.sha256(ARTICLE.file)
    if receipt is None or now is None or now == receipt.outputs.get(ARTICLE.file):
        return None
    edited = workspace.folder / "edits" / EDITED_ARTICLE
    mine = typed(machine).encode()
    if edited.exists() and edited.read_bytes() != mine:
        raise PipelineError(
            f"both {ARTICLE.file} and edits/{EDITED_ARTICLE} were changed by hand",
            f"compare them with 'impressie diff {workspace.slug}', bring what you want to keep into "
            f"edits/{EDITED_ARTICLE}, and delete {ARTICLE.file}",
        )
    workspace.put(edited, mine)
    with suppress(OSError, ValueError, KeyError):
        markdown: str = json.loads(workspace.path(DRAFT.file).read_bytes())["markdown"]
        workspace.put(machine, markdown.encode())
    return f"your changes to {ARTICLE.file} now stand in edits/{EDITED_ARTICLE}, which is the article from here on"


def typed(path: Path) -> str:
    """A text that a person saved, in whatever encoding her editor has: UTF-8, else that of Western Windows."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def section_of(text: str, draft: Draft, number: int, *, by_place: bool) -> tuple[int, int] | None:
    """Where section `number` of a draft stands in a person's text: as it was written, or None where it was changed.

    `by_place`: then from its heading to the next one, or to the closing line.
    """
    written = {part.name: part.markdown for part in draft.parts}
    at = text.find(written[f"section {number}"])
    if at >= 0:
        return at, at + len(written[f"section {number}"])
    heads = [match.start() for match in re.finditer(r"^## ", text, re.MULTILINE)]
    if not by_place or len(heads) < number:
        return None
    ends = [*heads[number : number + 1], *(text.find(written[name]) for name in ("closing", "disclosure"))]
    end = min([end for end in ends if end > heads[number - 1]], default=len(text))
    return heads[number - 1], heads[number - 1] + len(text[heads[number - 1] : end].rstrip())


def text_sha256(workspace: Workspace) -> str:
    """Hash of the article as it stands, in UTF-8: what a check says it checked."""
    return hashlib.sha256(typed(article_path(workspace)).encode()).hexdigest()


def compared(workspace: Workspace) -> str:
    """The machine's article against the person's, as a unified diff; empty where they are the same."""
    draft, mine = workspace.path(DRAFT.file), article_path(workspace)
    if not draft.exists() or not mine.exists():
        raise PipelineError(f"{workspace.slug} has no article yet", f"impressie run {workspace.slug}")
    ours = DRAFT.load(draft.read_bytes()).markdown.splitlines()
    theirs = typed(mine).splitlines()
    return "\n".join(difflib.unified_diff(ours, theirs, "the machine's draft", mine.name, lineterm=""))


def drafted(workspace: Workspace) -> str:
    """The machine's draft. PipelineError where there is none."""
    draft = workspace.path(DRAFT.file)
    if not draft.exists():
        raise PipelineError(f"{workspace.slug} has no article yet", f"impressie run {workspace.slug}")
    return DRAFT.load(draft.read_bytes()).markdown


def differs(workspace: Workspace, text: str, name: str) -> str:
    """The article as it stands against another text, as a unified diff."""
    now = current(workspace).splitlines()
    return "\n".join(difflib.unified_diff(now, text.splitlines(), "the article now", name, lineterm=""))


def newer_draft(workspace: Workspace) -> bool:
    """Whether the machine has written a draft since the person's article was last saved."""
    receipt = workspace.receipt("draft")
    edited = workspace.folder / "edits" / EDITED_ARTICLE
    return bool(receipt and edited.exists() and receipt.started.timestamp() > edited.stat().st_mtime)


# Saving --------------------------------------------------------------------------------------------


class ChangedMeanwhileError(PipelineError):
    """Somebody saved the article since the writer read it; nothing was overwritten."""


@dataclass(frozen=True)
class Version:
    """The article as it once was saved; `id` is the name of its file in edits/kept/."""

    id: str
    saved: dt.datetime


def save(workspace: Workspace, text: str, was: str) -> str:
    """Put a person's text in the place of the one whose sha256 is `was`, and keep it as a version. Its sha256."""
    path = workspace.folder / "edits" / EDITED_ARTICLE
    with edits.alone(workspace):
        adopt_article(workspace)  # what was typed in 50-article.md is hers too
        if text_sha256(workspace) != was:
            raise ChangedMeanwhileError("the article was changed meanwhile", "look at both and save again")
        content = text.encode()
        if path.exists() and not _kept(workspace, path.read_bytes()):
            workspace.keep_copy(f"edits/{EDITED_ARTICLE}")  # typed in an editor: nobody kept it yet
        write_atomic(path, content)
        if not _kept(workspace, content):
            workspace.keep_copy(f"edits/{EDITED_ARTICLE}")
    return hashlib.sha256(content).hexdigest()


def versions(workspace: Workspace) -> list[Version]:
    """Every text that was saved, the newest first."""
    folder = workspace.folder / "edits" / "kept"
    stamps = {path.name: path.name.split(".")[1] for path in folder.glob("article.*.md")}
    found = [Version(name, dt.datetime.strptime(stamp, "%Y%m%d-%H%M%S-%f")) for name, stamp in stamps.items()]
    return sorted(found, key=lambda version: version.saved, reverse=True)


def version(workspace: Workspace, wanted: str) -> str:
    """The text of a version. PipelineError where there is no such version."""
    if wanted not in {one.id for one in versions(workspace)}:
        raise PipelineError(f"there is no version {wanted}", "choose one of those in edits/kept/")
    return typed(workspace.folder / "edits" / "kept" / wanted)


def _kept(workspace: Workspace, content: bytes) -> bool:
    """Whether the newest version is this text."""
    latest = versions(workspace)[:1]
    return bool(latest) and (workspace.folder / "edits" / "kept" / latest[0].id).read_bytes() == content


# Approval ------------------------------------------------------------------------------------------


def approved(workspace: Workspace) -> Approval | None:
    """The approval that holds now: of this very text, and no stage was run again since."""
    last = last_approval(workspace)
    reopened = edits.read(workspace.folder / "edits" / REVIEW, Review).reopened[-1:]
    if last is None or any(last.when < when for when in reopened):
        return None
    return last if article_path(workspace).exists() and last.sha256 == text_sha256(workspace) else None


def last_approval(workspace: Workspace) -> Approval | None:
    """The last approval, also if it does not hold any more."""
    return next(reversed(edits.read(workspace.folder / "edits" / REVIEW, Review).approvals), None)


def since_approval(workspace: Workspace) -> str:
    """The text that was approved last against the article as it stands, as a unified diff."""
    last = last_approval(workspace)
    if last is None:
        raise PipelineError(f"{workspace.slug} was never approved", "leave --since-approval out")
    now = current(workspace).splitlines()
    labels = f"approved by {last.who} on {last.when:%Y-%m-%d %H:%M}", "the article now"
    return "\n".join(difflib.unified_diff(last.text.splitlines(), now, *labels, lineterm=""))


def reopen(workspace: Workspace) -> str | None:
    """Take an approval back because a stage is run again; a sentence that says so, if there was one."""
    last = approved(workspace)
    if last is None:
        return None
    now = (dt.datetime.now(dt.UTC),)
    edits.add(workspace, REVIEW, Review, lambda said: said.model_copy(update={"reopened": (*said.reopened, *now)}))
    return f"the approval by {last.who} no longer holds: the webinar is open again"
