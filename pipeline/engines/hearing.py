"""What both Whisper engines share: which language a window is in, their words as our nouns, their errors as ours."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pipeline.config import TranscribeSettings
from pipeline.errors import PipelineError
from pipeline.models import Segment, Word

# A window is in another language only where that is clear: Whisper base takes mumbled Dutch for German or Afrikaans
# now and then, with less than this.
CLEARLY = 0.8
SCORES = ("avg_logprob", "no_speech_prob", "compression_ratio")
SHORTEST = 0.1  # seconds; a shorter window holds no word


def spoken(probabilities: Mapping[str, float], settings: TranscribeSettings) -> str:
    """The language of a window (ISO 639-1): the webinar's, unless another that was named is clearly spoken."""
    others = [language for language in settings.other_languages if probabilities.get(language, 0) >= CLEARLY]
    return max(others, key=lambda language: probabilities[language], default=settings.language)


def segments(pieces: Iterable[Mapping[str, Any]], start: float, duration: float, language: str) -> list[Segment]:
    """What an engine heard in the window from `start`, timed from there, in order and within its `duration`."""
    made = []
    for piece in pieces:
        if words := _words(piece.get("words") or (), start, duration):
            scores = {name: round(float(piece[name]), 4) for name in SCORES}
            span = {"start": words[0].start, "end": words[-1].end}
            made.append(Segment(language=language, words=tuple(words), **span, **scores))
    return made


def _words(found: Iterable[Mapping[str, Any]], start: float, duration: float) -> list[Word]:
    heard: list[Word] = []
    now = 0.0
    for word in found:
        text, certainty = word["word"], round(min(max(float(word["probability"]), 0.0), 1.0), 4)
        if not text.strip():
            continue
        begin = min(max(float(word["start"]) - start, now), duration)
        now = min(max(float(word["end"]) - start, begin), duration)
        if heard and not text[0].isspace():  # '90' + '.000', "zo" + "'n": Whisper cuts one word in two
            last = heard.pop()
            begin, text, certainty = last.start, last.text + text, min(last.probability or 0.0, certainty)
        heard.append(Word(start=round(begin, 3), end=round(now, 3), text=text.strip(), probability=certainty))
    return heard


@contextmanager
def translated(engine: str, model: str) -> Iterator[None]:
    """The engine's errors as PipelineError."""
    try:
        yield
    except (RuntimeError, ValueError, KeyError, OSError, struct.error, pickle.UnpicklingError) as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        hint = "try another model or engine; 'impressie models' lists them"
        if "out of memory" in said:
            hint = 'take a smaller model, or set device = "cpu" in [machine]'
        elif "CUDA" in said or "libcu" in said:
            hint = 'install CUDA 12 with cuDNN 9, or set device = "cpu" in [machine]'
        raise PipelineError(f"{engine} cannot transcribe with model '{model}': {said}", hint) from error
