"""Engines that need no weights: fast and predictable, for tests and for trying out the pipeline's machinery."""

from __future__ import annotations

from collections.abc import Sequence
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
SENTENCE = 5.0  # seconds


class FakeTranscriber:
    """Sentences of five seconds, chosen by the sound and the model's name, their words spread evenly."""

    def __init__(self, params: TranscribeSettings, machine: Machine, progress: Progress) -> None:
        self.params = params
        self.compute = "none"
        self.notes: list[str] = []

    def transcribe(self, windows: Sequence[Samples], prompt: str) -> list[list[Segment]]:
        """See Transcriber."""
        return [self._segments(samples) for samples in windows]

    def _segments(self, samples: Samples) -> list[Segment]:
        count = max(1, int(len(samples) / audio.RATE / SENTENCE))
        step = len(samples) / audio.RATE / count
        first = int(abs(samples).sum()) + len(self.params.model)
        return [self._segment(SENTENCES[(first + i) % len(SENTENCES)], i * step, step) for i in range(count)]

    def _segment(self, text: str, start: float, seconds: float) -> Segment:
        texts = text.split()
        step = seconds / len(texts)
        words = tuple(
            Word(start=round(start + i * step, 3), end=round(start + (i + 1) * step, 3), text=text, probability=0.9)
            for i, text in enumerate(texts)
        )
        return Segment(start=words[0].start, end=words[-1].end, language=self.params.language, words=words)


class FakeDiarizer:
    """Two voices that take turns of twenty-five seconds."""

    TURN = 25.0

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
