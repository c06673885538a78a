"""Engines that need no weights: fast and predictable, for tests and for trying out the pipeline's machinery."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.config import DiarizeParams, Machine, TranscribeSettings
from pipeline.models import Segment, Turn, Turns, Word
from pipeline.speech import audio
from pipeline.stage import Progress, Samples

SENTENCES = (
    "Wij hebben vorig jaar met 240 bewoners gesproken over het plan voor de wijk.",
    "Hoe zorg je dat bewoners vanaf het begin kunnen meepraten?",
    "Een gemeente die pas luistert als de kaart al klaar is, luistert te laat.",
    "Mensen zijn niet boos om het besluit, ze zijn boos omdat ze het als laatste horen.",
    "Vertrouwen kost jaren om op te bouwen en een avond om te verliezen.",
    "Zet je eigen nummer onder de brief en neem dan ook de telefoon op.",
    "Wie beslist er eigenlijk over het geld van de wijk?",
    "Een fonds voor het hele dorp is eerlijker dan een aandeel voor wie geld over heeft.",
    "In 28 van de 34 wijken begon het gesprek pas toen het besluit al vaststond.",
)
SENTENCE, TURN = 5.0, 25  # seconds


class FakeTranscriber:
    """Sentences of five seconds, chosen by the sound and the model's name, their words spread evenly."""

    def __init__(self, params: TranscribeSettings, machine: Machine, progress: Progress) -> None:
        self.params = params
        self.compute = "none"
        self.notes: list[str] = []

    def transcribe(self, windows: Iterable[Samples], prompt: str) -> Iterator[list[Segment]]:
        """See Transcriber."""
        for samples in windows:
            yield list(self._heard(samples))

    def _heard(self, samples: Samples) -> Iterator[Segment]:
        seconds = len(samples) / audio.RATE
        count = max(1, int(seconds / SENTENCE))
        first = int(abs(samples).sum()) + len(self.params.model)
        for i in range(count):
            texts = SENTENCES[(first + i) % len(SENTENCES)].split()
            step = seconds / count / len(texts)
            at = [round(i * seconds / count + n * step, 3) for n in range(len(texts) + 1)]
            words = (Word(start=a, end=b, text=t, probability=0.9) for a, b, t in zip(at, at[1:], texts, strict=False))
            yield Segment(start=at[0], end=at[-1], language=self.params.language, words=tuple(words))


class FakeDiarizer:
    """Two voices that take turns."""

    def diarize(self, path: Path, params: DiarizeParams, machine: Machine, progress: Progress) -> Turns:
        """See Diarizer."""
        length = audio.length(path)
        starts = range(0, math.ceil(length), TURN)
        turns = (Turn(start=s, end=min(s + TURN, length), speaker="AB"[n % 2]) for n, s in enumerate(starts))
        progress(length, length)
        return Turns(turns=tuple(turns))
