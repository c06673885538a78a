"""Turn the audio into timed words, window by window, with a checkpoint after each."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

from pipeline import engines
from pipeline.artifacts import AUDIO, GIVEN, TRANSCRIPT
from pipeline.config import TranscribeParams, Webinar
from pipeline.models import Cue, Given, Segment, Span, Transcript, Word
from pipeline.speech import audio, windows
from pipeline.speech.suspects import suspects
from pipeline.stage import Job, Progress, Stage, Transcriber

T = TypeVar("T")
# Letters of names and terms. Whisper looks back at 223 tokens at most and forgets the first of more: Dutch terms have
# some three letters to a token, foreign names two and a half. What it writes must fit beside them in 448.
PROMPT = 500


def uses(webinar: Webinar) -> TranscribeParams:
    """Names and glossary steer the recogniser; roles do not."""
    return TranscribeParams(
        **webinar.transcribe.model_dump(),
        names=webinar.names(),
        glossary=webinar.glossary,
    )


def prompt(names: tuple[str, ...], glossary: tuple[str, ...]) -> str:
    """One Dutch sentence that shows the recogniser how names and terms are spelt, names first; empty without any."""
    terms = list(dict.fromkeys((*names, *glossary)))
    lengths = itertools.accumulate(len(term) + 2 for term in terms)
    fitting = [term for term, length in zip(terms, lengths, strict=True) if length <= PROMPT]
    return f"Dit is een webinar met {', '.join(fitting)}." if fitting else ""


def given(transcript: Given) -> Transcript:
    """A transcript that somebody else made; words spread evenly over a cue where it has no word times. Pure."""
    segments = tuple(
        Segment(start=cue.start, end=cue.end, language=transcript.language, words=cue.words or spread(cue))
        for cue in transcript.cues
        if cue.text.strip()
    )
    return Transcript(
        engine="given",
        model=None,
        language=transcript.language,
        segments=segments,
        suspects=suspects(segments, segments),
    )


def spread(cue: Cue) -> tuple[Word, ...]:
    """The words of a cue, each with an even share of its time; their probability is unknown. Pure."""
    texts = cue.text.split()
    step = cue.duration / max(1, len(texts))
    return tuple(
        Word(start=round(cue.start + i * step, 3), end=round(cue.start + (i + 1) * step, 3), text=text)
        for i, text in enumerate(texts)
    )


def run(job: Job[TranscribeParams]) -> str:
    """Recognise every window of speech, or take the transcript that was given."""
    transcript = given(job.read(GIVEN)) if job.has(GIVEN) else recognise(job, job.path(AUDIO))
    job.write(TRANSCRIPT, transcript)
    languages = sorted({segment.language for segment in transcript.segments}, key=lambda x: x != transcript.language)
    doubtful = f", {len(transcript.suspects)} doubtful stretches" if transcript.suspects else ""
    return f"{len(transcript.words)} words ({', '.join(languages) or transcript.language}){doubtful}"


def recognise(job: Job[TranscribeParams], path: Path) -> Transcript:
    """Speech to words. Memory holds one block of audio and the windows that are being heard."""
    params, length = job.params, audio.length(path)
    engine_name, model = params.engine, params.model
    engines.load(engines.TRANSCRIBERS, engine_name)  # an unknown name is told before anything else
    if model == "auto":
        from pipeline.engines import choice

        def best() -> str:
            name, why = choice.best(engine_name, length, job.machine)
            job.note(f"model: {name} ({why})")
            return name

        model = job.choose("model", best)
    engine = engines.transcriber(params.model_copy(update={"model": model}), job.machine, job.progress)
    text = prompt(params.names, params.glossary)
    if untold := [term for term in params.glossary if term not in text]:
        job.note(f"{len(untold)} terms are more than the recogniser can be told, from '{untold[0]}' on")
    # What 'auto' became is part of the name: a killed run may have chosen otherwise.
    name = f"windows-{hashlib.sha256(f'{model} {engine.compute}'.encode()).hexdigest()[:8]}.jsonl"
    with Checkpoint(job.scratch / "speech.jsonl") as found, Checkpoint(job.scratch / name) as kept:
        segments, spans = heard(engine, path, text, found, kept, job.progress)
    job.chose["compute"] = engine.compute
    for said in engine.notes:
        job.note(said)
    return Transcript(
        engine=engine_name, model=model, language=params.language, segments=segments,
        suspects=suspects(segments, spans),
    )  # fmt: skip


def heard(
    engine: Transcriber, path: Path, text: str, found: Checkpoint, kept: Checkpoint, progress: Progress
) -> tuple[tuple[Segment, ...], list[Span]]:
    """The words of a recording and where there is speech, going on from what was `found` and `kept` before."""
    length = audio.length(path)
    spans: list[Span] = []
    wanted = windows.pack(kept_in(spans, spoken(path, length, found)), length)
    ours, theirs = itertools.tee(itertools.islice(wanted, len(kept.lines), None))
    samples = (audio.read(path, window.start, window.end) for window in theirs)
    for window, segments in zip(ours, engine.transcribe(samples, text), strict=True):
        kept.add([shifted(segment, window).model_dump(mode="json") for segment in segments])
        progress(window.end, length)
    return tuple(Segment.model_validate(segment) for line in kept.lines for segment in line), spans


def spoken(path: Path, length: float, found: Checkpoint) -> Iterator[Span]:
    """Where there is speech, block by block as it is asked for; what a killed run has found is not looked for again."""
    begin = 0.0
    for spans, begin in found.lines:  # noqa: B007 the last one counts
        yield from (Span(start=start, end=end) for start, end in spans)
    for block, end in windows.speech(lambda start, end: audio.read(path, start, end), length, begin):
        found.add([[(span.start, span.end) for span in block], end])
        yield from block


def kept_in(there: list[T], things: Iterable[T]) -> Iterator[T]:
    """Things as they pass by, each put into a list too."""
    for thing in things:
        there.append(thing)
        yield thing


class Checkpoint:
    """Lines of JSON that outlive a kill, each on the disk before the next; what is damaged is cut away."""

    def __init__(self, path: Path) -> None:
        self.lines: list[Any] = []
        self._file = path.open("a+b")
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                self.lines.append(json.loads(line))
            except ValueError:  # damaged: from here on it is done again
                break
            whole += len(line)
        self._file.truncate(whole)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: Any) -> None:
        """One line more."""
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.lines.append(line)


def shifted(segment: Segment, window: Span) -> Segment:
    """A segment timed from its window's start, on the clock of the recording and inside that window. Pure."""

    def on_clock(seconds: float) -> float:
        return round(min(max(window.start + seconds, window.start), window.end), 3)

    words = tuple(
        word.model_copy(update={"start": on_clock(word.start), "end": on_clock(word.end)}) for word in segment.words
    )
    return segment.model_copy(update={"start": on_clock(segment.start), "end": on_clock(segment.end), "words": words})


STAGE = Stage(
    name="transcribe",
    reads=(AUDIO, GIVEN),
    writes=(TRANSCRIPT,),
    uses=uses,
    version=3,
    run=run,
)
