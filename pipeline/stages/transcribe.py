"""Turn the audio into timed words, window by window, with a checkpoint after each batch."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline import engines
from pipeline.artifacts import AUDIO, GIVEN, TRANSCRIPT
from pipeline.config import TranscribeParams, Webinar
from pipeline.models import Cue, Given, Segment, Span, Transcript, Word
from pipeline.speech import audio, windows
from pipeline.speech.suspects import suspects
from pipeline.stage import Job, Stage

if TYPE_CHECKING:
    from pipeline.stage import Samples

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
    """Speech to words. Memory holds one block of audio and one batch of windows."""
    params, length = job.params, audio.length(path)
    engine_name, model = params.engine, params.model
    factory = engines.load(engines.TRANSCRIBERS, engine_name)
    if model == "auto":
        from pipeline.engines import choice

        def best() -> str:
            name, why = choice.best(engine_name, length, job.machine)
            job.note(f"model: {name} ({why})")
            return name

        model = job.choose("model", best)
    engine = factory(params.model_copy(update={"model": model}), job.machine, job.progress)
    spans = list(windows.speech(lambda start, end: audio.read(path, start, end), length))
    wanted = windows.pack(spans, length)
    # What 'auto' became is part of the name: a killed run may have chosen otherwise.
    kept = job.scratch / f"windows-{hashlib.sha256(f'{model} {engine.compute}'.encode()).hexdigest()[:8]}.jsonl"
    heard = checkpointed(kept)
    text = prompt(params.names, params.glossary)
    if untold := [term for term in params.glossary if term not in text]:
        job.note(f"{len(untold)} terms are more than the recogniser can be told, from '{untold[0]}' on")
    with kept.open("a", encoding="utf-8") as checkpoint:
        for batch in batches(wanted[len(heard) :], params.batch):
            samples: list[Samples] = [audio.read(path, window.start, window.end) for window in batch]
            for window, segments in zip(batch, engine.transcribe(samples, text), strict=True):
                heard.append([shifted(segment, window) for segment in segments])
                checkpoint.write(json.dumps([s.model_dump(mode="json") for s in heard[-1]]) + "\n")
            checkpoint.flush()
            os.fsync(checkpoint.fileno())
            job.progress(batch[-1].end, length)
    job.chose["compute"] = engine.compute
    for said in engine.notes:
        job.note(said)
    segments = tuple(segment for window in heard for segment in window)
    return Transcript(
        engine=engine_name, model=model, language=params.language, segments=segments, suspects=suspects(segments, spans)
    )


def batches(wanted: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """What is to be heard, `size` at once."""
    for i in range(0, len(wanted), size):
        yield wanted[i : i + size]


def checkpointed(path: Path) -> list[list[Segment]]:
    """What a killed run has already heard, per window; a line that was cut off is left out and cut away."""
    heard: list[list[Segment]] = []
    if not path.exists():
        return heard
    whole = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            heard.append([Segment.model_validate(segment) for segment in json.loads(line)])
            whole += len(line)
    os.truncate(path, whole)
    return heard


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
    version=2,
    run=run,
)
