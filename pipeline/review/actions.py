"""What a person does on the page; every action answers with what has changed. Raises PipelineError."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline import approving, articles, edits, moving, runner, voices, webinars, words
from pipeline.article.renames import replaced
from pipeline.articles import ChangedMeanwhileError
from pipeline.edits import BARRED, Barred
from pipeline.errors import PipelineError
from pipeline.models import Span
from pipeline.review import blocks as cut
from pipeline.review import taking, talk, views
from pipeline.review.live import Quiet
from pipeline.stages import BY_NAME
from pipeline.workspace import Workspace

Json = dict[str, Any]
Body = Mapping[str, Any]
TRIES = 5  # times that an edit is laid over a text that somebody else keeps changing


class ConflictError(PipelineError):
    """Somebody changed the very block that was edited; `mine` and `theirs` are both to be shown."""

    def __init__(self, mine: str, theirs: str) -> None:
        super().__init__("the article was changed meanwhile", "look at both and save again")
        self.mine, self.theirs = mine, theirs


# The article ---------------------------------------------------------------------------------------


def edit_block(workspace: Workspace, body: Body) -> Json:
    """Replace, insert or remove one block; laid over what somebody else saved meanwhile elsewhere in the text."""
    change, index, source = body["op"], int(body["index"]), _text(body, "source")
    base = None if change == "insert" else _text(body, "base")
    for _ in range(TRIES):
        now = articles.current(workspace)
        sha = articles.text_sha256(workspace)
        parts = cut.blocks_of(now)
        place: int | None = index
        if base is not None:
            place = _found(parts, index, base)
            if place is None:
                raise ConflictError(source, parts[index].source if index < len(parts) else "")
        assert place is not None
        text = cut.inserted(now, place, source) if change == "insert" else cut.replaced(now, place, source)
        try:
            articles.save(workspace, text, sha)
        except ChangedMeanwhileError:
            continue
        return views.article(workspace)
    raise PipelineError("the article was changed meanwhile", "save again")


def _found(parts: Sequence[cut.Block], index: int, base: str) -> int | None:
    """Where the block that was edited stands now; None where it is not there any more as it was."""
    if index < len(parts) and parts[index].source == base:
        return index
    there = [i for i, part in enumerate(parts) if part.source == base]
    return there[0] if len(there) == 1 else None


def restore(workspace: Workspace, wanted: str, was: str) -> Json:
    """Take an earlier version back; the present one is kept."""
    articles.save(workspace, articles.version(workspace, wanted), was)
    return views.article(workspace)


def version(workspace: Workspace, wanted: str) -> Json:
    """An earlier version, against the article as it stands."""
    text = articles.version(workspace, wanted)
    saved = next(one.saved for one in articles.versions(workspace) if one.id == wanted)
    now = articles.current(workspace)
    return {"id": wanted, "saved": saved.astimezone().isoformat(), "text": text, "diff": cut.diff(text, now)}


def machine(workspace: Workspace, was: str) -> Json:
    """The machine's draft instead of the person's article, which is kept as a version."""
    articles.save(workspace, articles.drafted(workspace), was)
    return views.article(workspace)


def rename(workspace: Workspace, body: Body) -> Json:
    """Put the new name in the places that were chosen."""
    text = articles.current(workspace)
    wanted = (str(body["old"]), str(body["new"]))
    places = next((p for change, p in views.renames(workspace, text) if (change.old, change.new) == wanted), [])
    chosen = [one for i, one in enumerate(places) if i in body["places"]]
    articles.save(workspace, replaced(text, chosen), str(body["was"]))
    return views.article(workspace)


# The transcript ------------------------------------------------------------------------------------


def bar(workspace: Workspace, body: Body) -> Json:
    """Mark what is said between two moments 'niet citeren', or take that back."""
    span = Span(start=float(body["start"]), end=float(body["end"]))

    def changed(said: Barred) -> Barred:
        left = tuple(one for one in said.spans if not one.overlap(span))
        return said.model_copy(update={"spans": (*left, span) if body["barred"] else left})

    with workspace.locked(f"review {workspace.slug}"):
        edits.add(workspace, BARRED, Barred, changed)
        runner.refresh(workspace, "segment", Quiet())
        _follow(workspace)
    return {"transcript": talk.transcript(workspace), "article": views.article(workspace)}


def quote(workspace: Workspace, body: Body) -> Json:
    """A stretch of the transcript as a quote, with the words that may go as suggestions."""
    people = views.people_now(workspace)
    said = taking.spoken(voices.heard(workspace), people, float(body["start"]), float(body["end"]))
    return {
        "voice": said.voice,
        "name": people[said.voice].name,
        "spoken": " ".join(word.text for word in said.words),
        "words": [
            {"text": word.text, "drop": kind is not None, "kind_nl": kind}
            for word, kind in zip(said.words, said.drops, strict=True)
        ],
        "text": said.text()[0],
        "barred": said.barred,
    }


def quote_text(workspace: Workspace, body: Body) -> Json:
    """The quote as it would be printed, with the suggestions in `keep` refused."""
    people, heard = views.people_now(workspace), voices.heard(workspace)
    said = taking.spoken(heard, people, float(body["start"]), float(body["end"]))
    text, differs = said.text([int(at) for at in body["keep"]])
    whole = " ".join(passage.text for passage in heard.passages)
    article = articles.current(workspace)
    markdown = taking.line(text, people[said.voice], article, whole)
    return {"text": text, "markdown": markdown, "status": "cleaned" if differs else "exact"}


# Voices and words ----------------------------------------------------------------------------------


def voice(workspace: Workspace, action: str, body: Body) -> Json:
    """Name, merge, split, move or undo, as `impressie speakers` does."""
    ways: dict[str, tuple[str, Callable[[], list[str]]]] = {
        "name": ("set", lambda: [f"{body['voice']}={body['name']}"]),
        "merge": ("merge", lambda: [str(body["into"]), str(body["from"])]),
        "split": ("split", lambda: [str(body["voice"]), f"{float(body['at']):.1f}"]),
        "move": ("move", lambda: [f"{float(body['at']):.1f}", str(body["to"])]),
        "undo": ("undo", list),
    }
    if action not in ways:
        raise PipelineError("there is no such action", None)
    does, arguments = ways[action]
    moving.change(workspace, does, arguments(), Quiet(), lambda _: None)
    return _followed(workspace)


def speaker(workspace: Workspace, body: Body) -> Json:
    """Add somebody to the list of speakers, or change her name, role or organisation."""
    given = {key: _text(body, key).strip() or None for key in ("name", "role", "organisation")}
    with workspace.locked(f"review {workspace.slug}"):
        name, role, organisation = str(given["name"] or ""), given["role"], given["organisation"]
        webinars.list_speaker(workspace, name, role, organisation, body.get("was"))
        runner.refresh(workspace, "segment", Quiet())
    return _followed(workspace)


def spell(workspace: Workspace, action: str, body: Body) -> Json:
    """Put words right, everywhere or at one moment, or take that back, as `impressie words` does."""
    heard = str(body["heard"])
    at = body.get("at")
    arguments = [heard] if action == "undo" else [f"{heard}={body['written']}"]
    moments = [f"{float(at):.2f}"] if at is not None else []
    words.change(workspace, action, arguments, moments, Quiet(), lambda _: None)
    return _followed(workspace)


def _followed(workspace: Workspace) -> Json:
    with workspace.locked(f"review {workspace.slug}"):
        _follow(workspace)
    return views.all_of(workspace)


def _follow(workspace: Workspace) -> None:
    """The machine's own article follows at once where that takes no time and no person wrote in it."""
    webinar = workspace.webinar()
    mine = articles.article_path(workspace).name == articles.EDITED_ARTICLE
    standings = {s.stage.name: s for s in runner.survey(workspace, webinar)}
    if not mine and webinar.draft.writer == "extractive" and standings["draft"].state == "stale":
        runner.refresh(workspace, "draft", Quiet())
    if all(workspace.path(artifact.file).exists() for artifact in BY_NAME["check"].reads if not artifact.optional):
        runner.refresh(workspace, "check", Quiet())


# Review --------------------------------------------------------------------------------------------


def listen(workspace: Workspace, body: Body) -> Json:
    """Keep that a quote was played to its end."""
    span = Span(start=float(body["start"]), end=float(body["end"]))
    approving.listen(workspace, str(body["quote"]), span)
    return views.article(workspace)


def waive(workspace: Workspace, body: Body) -> Json:
    """Let an objection stand, with a reason."""
    approving.waive(workspace, str(body["objection"]), _text(body, "reason"), _text(body, "who"))
    return views.article(workspace)


def answer(workspace: Workspace, body: Body) -> Json:
    """Keep what somebody said of a quote of hers."""
    approving.answer(workspace, *(_text(body, key) for key in ("name", "quote", "answer", "wanted", "who")))
    return views.article(workspace)


def approve(workspace: Workspace, body: Body) -> Json:
    """Answer for the text that was read."""
    approving.approve(workspace, _text(body, "who"), _text(body, "statement"), Quiet(), str(body["was"]))
    return views.article(workspace)


def _text(body: Body, key: str) -> str:
    """A text out of a body; '' where there is none."""
    value = body.get(key)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""
