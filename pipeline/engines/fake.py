"""Engines that need no weights: fast and predictable, for tests and for trying out the pipeline's machinery."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import DiarizeParams, Machine, TranscribeSettings
from pipeline.models import Segment, Turn, Turns, Word
from pipeline.speech import audio
from pipeline.stage import Progress, Samples

SENTENCE = "Dit is een zin van {n} tellen over het beleid van de gemeente.".split()


class FakeTranscriber:
    """One sentence per window, its words spread evenly over it."""

    def __init__(self, params: TranscribeSettings, machine: Machine, progress: Progress) -> None:
        self.params = params

    def transcribe(self, windows: Sequence[Samples], prompt: str) -> list[list[Segment]]:
        """See Transcriber."""
        return [[self._segment(len(samples) / audio.RATE)] for samples in windows]

    def _segment(self, seconds: float) -> Segment:
        texts = [text.format(n=round(seconds)) for text in SENTENCE]
        step = seconds / len(texts)
        words = tuple(
            Word(start=round(i * step, 3), end=round((i + 1) * step, 3), text=text, probability=0.9)
            for i, text in enumerate(texts)
        )
        return Segment(start=0, end=round(seconds, 3), language=self.params.language, words=words)


class FakeDiarizer:
    """Two voices that take turns of ten seconds."""

    TURN = 10.0

    def diarize(self, path: Path, params: DiarizeParams, machine: Machine, progress: Progress) -> Turns:
        """See Diarizer."""
        length, start = audio.length(path), 0.0
        turns: list[Turn] = []
        while start < length:
            end = min(start + self.TURN, length)
            turns.append(Turn(start=start, end=end, speaker="AB"[len(turns) % 2]))
            start = end
        progress(length, length)
        return Turns(turns=tuple(turns))
