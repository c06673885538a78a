"""Take one person out of a webinar, everywhere: `impressie forget SLUG --speaker NAME`.

First edits/silencing.json promises it, with what is needed to finish; then what people typed, what left, sound and
transcript are blanked, each file whole; at last the promise goes. A killed one is finished by the next command, and
until then nothing else is done with that webinar.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline import articles, blanking, edits, runner, voices, webinars
from pipeline.article.gaps import Hers, blanked, gaps
from pipeline.article.quotes import paragraphs
from pipeline.artifacts import ARTICLE, PASSAGES, RECORDING, TRANSCRIPT, TURNS
from pipeline.disk import write_atomic
from pipeline.edits import SILENCED, SILENCING, Silenced, Silencing
from pipeline.errors import PipelineError
from pipeline.models import Passages, Span
from pipeline.speech import silence
from pipeline.speech.corrections import corrected
from pipeline.speech.names import names_of
from pipeline.workspace import Workspace


def forget_speaker(workspace: Workspace, who: str, face: runner.Face) -> list[str]:
    """Blank what somebody said, by her confirmed name or the letter of her voice; what is left to do by hand, in words.

    PipelineError where nobody goes by that name for sure, or where something cannot be read: nothing was done then.
    """
    if not who.strip():
        raise PipelineError("'' is nobody's name", "say who is to be forgotten: --speaker NAME")
    with workspace.locked(f"forget {workspace.slug} --speaker"):
        runner.prepare(workspace, face)
        heard = voices.heard(workspace)
        name, letters = _meant(workspace, heard, who.strip())
        blanking.readable(workspace)
        if said := articles.reopen(workspace):
            face.noted(said)
        spans = silence.heard_as(heard, letters, TURNS.found(workspace.folder))
        before = {file: sha for file in blanking.files() if (sha := workspace.sha256(file))}
        promise = Silencing(name=name, voices=letters, spans=spans, before=before)
        edits.write(workspace.folder / "edits" / SILENCING, promise)
        _finish(workspace, promise)
    return list(_left(workspace, name))


def finish(home: Path) -> Iterator[str]:
    """Finish what a killed command had begun; says what could not be finished, and why."""
    for promised in (home / "outputs").glob(f"*/edits/{SILENCING}"):
        workspace = Workspace(home, promised.parents[1].name)
        if workspace.busy():
            continue  # it is at work
        try:
            with workspace.locked(f"forget {workspace.slug} --speaker"):
                _finish(workspace, edits.read(promised, Silencing))
        except (PipelineError, OSError) as error:
            hint = f"; {error.hint}" if isinstance(error, PipelineError) and error.hint else ""
            yield f"{workspace.slug}: a speaker who is to be forgotten is not gone everywhere yet: {error}{hint}"


def _meant(workspace: Workspace, heard: Passages, who: str) -> tuple[str | None, tuple[str, ...]]:
    """Her name and the voices that are hers."""
    pins = edits.read_pins(workspace.folder / "edits" / edits.NAMES)
    names = names_of(heard, workspace.webinar().names(), pins)
    if who in names:
        return names[who].name if names[who].status == "confirmed" else None, (who,)
    mine = [named for named in names.values() if named.name == who]
    if not mine:
        known = ", ".join(f"{voice} ({named.name or 'no name'})" for voice, named in names.items())
        raise PipelineError(f"no voice goes by '{who}'", f"give a whole name or a letter: {known}")
    if unsure := [named.voice for named in mine if named.status != "confirmed"]:
        raise PipelineError(
            f"it is not sure that voice {unsure[0]} is {who}, and what is removed cannot be brought back",
            f'listen, then confirm it: impressie speakers {workspace.slug} set {unsure[0]}="{who}"',
        )
    return who, tuple(named.voice for named in mine)


def _left(workspace: Workspace, name: str | None) -> Iterator[str]:
    """What only a person can do."""
    webinar = workspace.webinar()
    own = [source for source in (*webinar.url, webinar.transcript or "") if source]
    yield f"Still as they were, and not ours to change: {', '.join(own)}; and whatever was published, sent or copied"
    yield "In your browser a paragraph that was not saved yet may stay for two weeks at most"
    text = articles.current(workspace) if articles.article_path(workspace).exists() else ""
    if name and name in workspace.toml.read_text(encoding="utf-8"):
        yield f"The name stays in {workspace.toml.name}, and may come in an article: take it out if that was asked too"
    hers = Hers({}, (name,) if name else (), (), frozenset())
    if count := sum(map(hers.named, paragraphs(text))):
        yield f"The article names {name} in {count} places: read whether they tell what was said in other words"
    if count := gaps(text):
        yield f"Words stood in your article in {count} places: the gaps are marked, and have to be mended by you"


def _finish(workspace: Workspace, promise: Silencing) -> None:
    webinars.unindex(workspace.home)
    said = workspace.folder / "edits"
    drafted = workspace.receipt("draft")
    article = workspace.sha256(ARTICLE.file)
    if article and drafted and drafted.outputs.get(ARTICLE.file) != article:
        workspace.keep_copy(ARTICLE.file)  # typed since the promise was made: blanked with the other copies
    with edits.alone(workspace):
        spans, recording = edits.read(said / SILENCED, Silenced), RECORDING.found(workspace.folder)
        of = recording.identity if recording else spans.recording
        merged = silence.merged((*spans.spans, *promise.spans))
        edits.write(said / SILENCED, spans.model_copy(update={"spans": merged, "recording": of}))
        if workspace.path(PASSAGES.file).exists():
            _blank_edits(workspace, promise)
    for folder in (workspace.folder / "export", workspace.scratches):
        _removed(folder)
    blanking.blank(workspace, promise)
    workspace.still_ours()
    (said / SILENCING).unlink()
    workspace.log("a speaker was forgotten")


def _removed(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise PipelineError(
            f"{error.filename or folder} cannot be removed: {error.strerror}", "close the program that has it open"
        ) from error


# What people typed ---------------------------------------------------------------------------------


def _blank_edits(workspace: Workspace, promise: Silencing) -> None:
    folder, heard = workspace.folder / "edits", voices.heard(workspace)
    names = _names(edits.read(folder / edits.REVIEW, edits.Review), promise.name)
    hers = Hers.of(heard, names, promise.voices)
    for path in (folder / articles.EDITED_ARTICLE, *(folder / "kept").glob("*")):
        if path.suffix == ".md" and path.exists() and "transcript" not in path.name:
            text = articles.typed(path)
            if (without := blanked(text, hers)) != text:
                write_atomic(path, without.encode())
        elif path.name != articles.EDITED_ARTICLE:  # an artifact that was changed by hand, and made again since
            path.unlink()

    def changed(file: str, noun: type[edits.E], change: Callable[[edits.E], edits.E]) -> None:
        before = edits.read(folder / file, noun)
        if (after := change(before)) != before:
            edits.write(folder / file, after)

    def outside(span: Span) -> bool:
        return not silence.within(span.middle, promise.spans)

    def left(moments: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(moment for moment in moments if not silence.within(moment, promise.spans))

    changed(edits.NAMES, edits.Names, lambda said: said.model_copy(update={"names": _pins(said.names, left)}))
    changed(edits.VOICES, edits.Moves, lambda said: said.model_copy(update={"moves": _moves(said.moves, left)}))
    corrections = edits.read_corrections(folder / edits.WORDS)
    kept = _corrections(workspace, corrections, promise)
    webinars.unlearn(workspace.home, workspace.slug, {one.written for one in corrections if one not in kept})
    changed(edits.WORDS, edits.Words, lambda said: said.model_copy(update={"words": kept}))
    changed(
        edits.LISTENED,
        edits.Listened,
        lambda said: said.model_copy(update={"quotes": tuple(one for one in said.quotes if outside(one))}),
    )
    changed(edits.REVIEW, edits.Review, lambda said: _review(said, hers))


def _names(review: edits.Review, name: str | None) -> tuple[str, ...]:
    """Her name, and those that she had before."""
    names = [name] if name else []
    for change in reversed(review.renames):
        if change.new in names and change.old not in names:
            names.append(change.old)
    return tuple(names)


def _pins(pins: tuple[edits.Pin, ...], left: Callable[[tuple[float, ...]], tuple[float, ...]]) -> tuple[edits.Pin, ...]:
    kept = (pin.model_copy(update={"moments": left(pin.moments)}) for pin in pins)
    return tuple(pin for pin in kept if pin.moments)


def _moves(
    moves: tuple[edits.Move, ...], left: Callable[[tuple[float, ...]], tuple[float, ...]]
) -> tuple[edits.Move, ...]:
    """What was given to another voice, but for what is silent now."""
    kept = []
    for move in moves:
        spans, to = tuple(span for span in move.spans if left((span.middle,))), left(move.to)
        if spans and (to or not move.to):
            kept.append(move.model_copy(update={"spans": spans, "to": to, "names": _pins(move.names, left)}))
    return tuple(kept)


def _corrections(
    workspace: Workspace, said: tuple[edits.Correction, ...], promise: Silencing
) -> tuple[edits.Correction, ...]:
    """The corrections but for those that found what they correct in her words only."""
    transcript = TRANSCRIPT.found(workspace.folder)
    if transcript is None:
        return said
    without = silence.transcript_without(transcript, promise.spans)
    before, after = (
        {(misfit.heard, misfit.written): misfit.at for misfit in corrected(each, said)[1]}
        for each in (transcript, without)
    )
    kept = []
    for word in said:
        key = word.heard, word.written
        if key not in after or after[key] == before.get(key):
            kept.append(word)
        elif left := tuple(moment for moment in word.at if moment not in after[key]):
            kept.append(word.model_copy(update={"at": left}))
    return tuple(kept)


def _review(said: edits.Review, hers: Hers) -> edits.Review:
    """What was decided, without what she said and without what was decided about it."""

    def about_her(waiver: edits.Waiver) -> bool:
        texts = (waiver.objection, waiver.reason)
        return hers.quote(waiver.about) or any(blanked(text, hers) != text for text in texts)

    def answer(one: edits.Answer) -> edits.Answer:
        return one.model_copy(update={"wanted": one.wanted and blanked(one.wanted, hers)})

    def approval(one: edits.Approval) -> edits.Approval:
        kept = tuple(waiver for waiver in one.waivers if not about_her(waiver))
        texts = {"text": blanked(one.text, hers), "statement": blanked(one.statement, hers)}
        return one.model_copy(update={"waivers": kept, **texts})

    return said.model_copy(
        update={
            "waivers": tuple(one for one in said.waivers if not about_her(one)),
            "answers": tuple(
                answer(one) for one in said.answers if one.name not in hers.names and not hers.quote(one.quote)
            ),
            "approvals": tuple(map(approval, said.approvals)),
            "renames": tuple(one for one in said.renames if not {one.old, one.new} & set(hers.names)),
        }
    )
