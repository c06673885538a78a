"""Take one person out of a webinar, everywhere: `impressie forget SLUG --speaker NAME`.

First edits/silencing.json promises it, with what is needed to finish; then what people typed, what left, sound and
transcript are blanked, each file whole; at last the promise goes. A killed one is finished by the next command.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline import articles, edits, runner, voices
from pipeline.article import quotes
from pipeline.article.quotes import Stream
from pipeline.article.text import norms
from pipeline.artifacts import AUDIO, CAPTIONS, GIVEN, PASSAGES, RECORDING, TRANSCRIPT, TURNS, Artifact, N, Noted
from pipeline.edits import SILENCED, SILENCING, Silenced, Silencing
from pipeline.errors import PipelineError
from pipeline.models import Passages, Receipt, Span
from pipeline.speech import silence
from pipeline.speech.captions import read_given, to_vtt
from pipeline.speech.corrections import corrected
from pipeline.speech.names import names_of
from pipeline.stage import ABSENT
from pipeline.stages import STAGES
from pipeline.workspace import Workspace, write_atomic

GONE = "[citaat verwijderd op verzoek van de spreker]"
GONE_WORDS = "[woorden verwijderd op verzoek van de spreker]"
GONE_PARAGRAPH = "[alinea met een citaat verwijderd op verzoek van de spreker]"
FEW = 4  # words of a heading or a sentence under which they are anybody's
HEARD = ("download", "transcribe", "diarize")  # cannot be made again without hearing her: blanked where they stand


def forget_speaker(workspace: Workspace, who: str, face: runner.Face) -> list[str]:
    """Blank what somebody said, by her confirmed name or the letter of her voice; what is left to do by hand, in words.

    PipelineError where nobody goes by that name for sure.
    """
    with workspace.locked(f"forget {workspace.slug} --speaker"):
        runner.prepare(workspace, face)
        heard = voices.heard(workspace)
        name, letters = _meant(workspace, heard, who)
        if said := articles.reopen(workspace):
            face.noted(said)
        before = {file: sha for file in _files() if (sha := workspace.sha256(file))}
        promise = Silencing(name=name, voices=letters, spans=silence.heard_as(heard, letters), before=before)
        edits.write(workspace.folder / "edits" / SILENCING, promise)
        _finish(workspace, promise)
    return list(_left(workspace, name))


def finish(home: Path) -> None:
    """Finish what a killed command had begun."""
    for promised in (home / "outputs").glob(f"*/edits/{SILENCING}"):
        workspace = Workspace(home, promised.parents[1].name)
        with suppress(PipelineError), workspace.locked(f"forget {workspace.slug} --speaker"):  # or it is at work
            _finish(workspace, edits.read(promised, Silencing))


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
    yield f"Still as they were, and not ours to change: {', '.join(own)}; and whatever was published or sent"
    if name and name in workspace.toml.read_text(encoding="utf-8"):
        yield f"Her name still stands in {workspace.toml}, and so in the article: take it out if she asked for that"
    text = articles.current(workspace) if articles.article_path(workspace).exists() else ""
    if count := sum(map(text.count, (GONE, GONE_WORDS, GONE_PARAGRAPH))):
        yield f"Her words stood in your article in {count} places: the gaps are marked, and have to be mended by you"


def _finish(workspace: Workspace, promise: Silencing) -> None:
    """Every step can be done twice; the transcript by voice, which says what is hers, goes last."""
    said = workspace.folder / "edits"
    with edits.alone(workspace):
        spans = edits.read(said / SILENCED, Silenced)
        edits.write(said / SILENCED, spans.model_copy(update={"spans": silence.merged((*spans.spans, *promise.spans))}))
        if workspace.path(PASSAGES.file).exists():
            _blank_edits(workspace, promise)
    shutil.rmtree(workspace.folder / "export", ignore_errors=True)
    workspace.sweep()
    for name in HEARD:
        _blank_stage(workspace, promise, name)
    _drop_what_follows(workspace, promise)
    (said / SILENCING).unlink()
    workspace.log("a speaker was forgotten")


def _files() -> list[str]:
    return [artifact.file for stage in STAGES for artifact in stage.writes]


# What people typed ---------------------------------------------------------------------------------


def _blank_edits(workspace: Workspace, promise: Silencing) -> None:
    folder, heard = workspace.folder / "edits", voices.heard(workspace)
    hers = Hers(quotes.streams_of(heard), promise.name, promise.voices)
    for path in (folder / articles.EDITED_ARTICLE, *(folder / "kept").glob("*")):
        if path.suffix == ".md" and path.name.startswith("article."):
            text = articles.typed(path) if path.exists() else ""
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
    changed(edits.WORDS, edits.Words, lambda said: said.model_copy(update={"words": _words(workspace, said, promise)}))
    changed(
        edits.LISTENED,
        edits.Listened,
        lambda said: said.model_copy(update={"quotes": tuple(one for one in said.quotes if outside(one))}),
    )
    changed(edits.REVIEW, edits.Review, lambda said: _review(said, hers, promise.name))


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


def _words(workspace: Workspace, said: edits.Words, promise: Silencing) -> tuple[edits.Correction, ...]:
    """The corrections but for those that found what they correct in her words only."""
    transcript = _read(workspace, TRANSCRIPT)
    without = silence.transcript_without(transcript, promise.spans)
    before, after = (
        {(misfit.heard, misfit.written): misfit.at for misfit in corrected(each, said.words)[1]}
        for each in (transcript, without)
    )
    kept = []
    for word in said.words:
        key = word.heard, word.written
        if key not in after or after[key] == before.get(key):
            kept.append(word)
        elif left := tuple(moment for moment in word.at if moment not in after[key]):
            kept.append(word.model_copy(update={"at": left}))
    return tuple(kept)


def _review(said: edits.Review, hers: Hers, name: str | None) -> edits.Review:
    """What was decided, without what she said."""

    def about_her(waiver: edits.Waiver) -> bool:
        return hers.quote(waiver.about) or blanked(waiver.objection, hers) != waiver.objection

    return said.model_copy(
        update={
            "waivers": tuple(waiver for waiver in said.waivers if not about_her(waiver)),
            "answers": tuple(one for one in said.answers if one.name != name and not hers.quote(one.quote)),
            "approvals": tuple(
                approval.model_copy(
                    update={
                        "text": blanked(approval.text, hers),
                        "waivers": tuple(waiver for waiver in approval.waivers if not about_her(waiver)),
                    }
                )
                for approval in said.approvals
            ),
        }
    )


@dataclass(frozen=True)
class Hers:
    """Tells what of a text is hers."""

    streams: Mapping[str, Stream]
    name: str | None
    voices: tuple[str, ...]

    def quote(self, text: str, paragraph: str = "") -> bool:
        """Said by her; or by nobody we know of, where her name stands beside it."""
        if place := quotes.said_at(text, self.streams, self.voices):
            return place.stream.voice in self.voices
        name = self.name
        return name is not None and any(part in paragraph for part in (name, name.split(" ", 1)[-1]))

    def words(self, text: str) -> bool:
        """A heading, or a sentence outside quotes, in the words that she spoke and nobody else."""
        if len(norms(text)) < FEW:
            return False
        place = quotes.said_at(text, self.streams)
        return place is not None and place.edits is not None and place.stream.voice in self.voices


def blanked(markdown: str, hers: Hers) -> str:
    """A text with her quotes taken out; the whole paragraph, where it cannot be said which of its words they are."""
    blocks = re.split(r"(\n\s*\n|\n(?=#))", markdown)
    for at, block in enumerate(blocks):
        for printed in quotes.find(block, ()):
            if hers.quote(printed.text, printed.paragraph):
                blocks[at] = _without(blocks[at], printed.text, GONE)
        for line in quotes.paragraphs(blocks[at]):
            for sentence in re.split(r"(?<=[.?!])\s+", line.lstrip("# ")):
                if hers.words(sentence):
                    blocks[at] = _without(blocks[at], sentence, GONE_WORDS)
    return "".join(blocks)


def _without(block: str, text: str, instead: str) -> str:
    without = _pattern(text).sub(instead, block)
    return GONE_PARAGRAPH if without == block else without


def _pattern(text: str) -> re.Pattern[str]:
    """A quote as it may stand in Markdown: other marks, emphasis, escapes, broken lines."""
    marks = "['’‘`\"“”„«»]"
    words = ([marks if re.match(marks, char) else re.escape(char) for char in word] for word in text.split())
    return re.compile(r"[\s>*_\\]+".join(r"[*_\\]*".join(word) for word in words))


# What was made -------------------------------------------------------------------------------------


def _blank_stage(workspace: Workspace, promise: Silencing, name: str) -> None:
    """Her words and her sound out of what a stage made, with a receipt that says so; what was changed by hand too."""
    receipt, outputs = workspace.receipt(name), dict(_blank(workspace, promise, name))
    if receipt is None:
        return
    ours: dict[str, bytes | Path] = {}
    for artifact, content in outputs.items():
        now = workspace.sha256(artifact.file)
        if receipt.outputs.get(artifact.file) in (now, promise.before.get(artifact.file)):
            ours[artifact.file] = content
        else:
            write_atomic(workspace.path(artifact.file), content if isinstance(content, bytes) else content.read_bytes())
    workspace.publish(receipt.model_copy(update={"inputs": _inputs(workspace, promise, receipt)}), ours)
    workspace.sweep()


def _inputs(workspace: Workspace, promise: Silencing, receipt: Receipt) -> dict[str, str]:
    """What a stage read, as it is now, where it read what stood there before."""
    inputs = {file: workspace.sha256(file) or ABSENT if sha == promise.before.get(file, ABSENT) else sha
              for file, sha in receipt.inputs.items()}  # fmt: skip
    laid = f"edits/{SILENCED}"
    return inputs | ({laid: workspace.sha256(laid) or ABSENT} if receipt.stage == "download" else {})


def _read(workspace: Workspace, noted: Noted[N]) -> N:
    return noted.load(workspace.path(noted.file).read_bytes())


def _blank(workspace: Workspace, promise: Silencing, name: str) -> Iterator[tuple[Artifact, bytes | Path]]:
    spans = promise.spans
    if name == "transcribe":
        yield TRANSCRIPT, TRANSCRIPT.dump(silence.transcript_without(_read(workspace, TRANSCRIPT), spans))
    elif name == "diarize":
        yield TURNS, TURNS.dump(silence.turns_without(_read(workspace, TURNS), spans))
    else:
        recording = _read(workspace, RECORDING)
        if workspace.path(GIVEN.file).exists():
            given = _read(workspace, GIVEN)
            cues = silence.cues_without(given.cues, spans)
            yield GIVEN, GIVEN.dump(given.model_copy(update={"cues": cues}))
        if recording.captions and workspace.path(CAPTIONS.file).exists():
            kept = silence.cues_without(read_given(workspace.path(CAPTIONS.file)).cues, spans)
            raw = to_vtt(kept).encode()
            payload = recording.captions.model_copy(update={"sha256": edits.digest(raw), "bytes": len(raw)})
            recording = recording.model_copy(update={"captions": payload if kept else None})
            if kept:
                yield CAPTIONS, raw
        if recording.audio and workspace.path(AUDIO.file).exists():
            quiet = workspace.scratch("forget", "") / AUDIO.file
            silence.silenced(workspace.path(AUDIO.file), quiet, spans)
            payload = recording.audio.model_copy(update={"sha256": edits.digest(quiet), "bytes": quiet.stat().st_size})
            recording = recording.model_copy(update={"audio": payload})
            yield AUDIO, quiet
        yield RECORDING, RECORDING.dump(recording)


def _drop_what_follows(workspace: Workspace, promise: Silencing) -> None:
    """What can be made again without her is thrown away; a transcript by voice that a person changed is blanked."""
    for stage in reversed([stage for stage in STAGES if stage.name not in HEARD]):
        receipt, files = workspace.receipt(stage.name), [artifact.file for artifact in stage.writes]
        if PASSAGES.file in files and receipt and workspace.path(PASSAGES.file).exists():
            files.remove(PASSAGES.file)
            blank = silence.passages_without(_read(workspace, PASSAGES), promise.spans)
            edited = receipt.outputs.get(PASSAGES.file) != promise.before.get(PASSAGES.file)
            if edited:
                write_atomic(workspace.path(PASSAGES.file), PASSAGES.dump(blank))
            else:
                files.append(PASSAGES.file)  # last: it says which words are hers
                workspace.receipt_path(stage.name).unlink()
        else:
            workspace.receipt_path(stage.name).unlink(missing_ok=True)
        for file in files:
            workspace.path(file).unlink(missing_ok=True)
