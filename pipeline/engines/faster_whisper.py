"""faster-whisper: Whisper on CTranslate2, all windows of a batch decoded at once; the default.

A window that loops, fails or stops halfway is decoded once more by itself, with Whisper's rising temperatures and
without prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.config import Machine, TranscribeSettings
from pipeline.engines import choice
from pipeline.engines.hearing import SHORTEST, segments, spoken, translated
from pipeline.models import Segment
from pipeline.speech.audio import RATE
from pipeline.stage import Progress, Samples

# Whisper's own thresholds (Radford et al. 2022, §4.5): beyond them a window looped or failed.
LOOPS_ABOVE = 2.4
FAILS_BELOW = -1.0
# Seconds without a word in a window, which begins and ends in speech and has no pause over 2 s: asked for all of it at
# once, without times, Whisper stops halfway now and then. In windows that it heard whole the longest was 1.6.
STOPS = 4.0


class _OwnLanguage:
    """CTranslate2's Whisper, but it answers faster-whisper's question for a window's language by our rule."""

    def __init__(self, model: Any, settings: TranscribeSettings) -> None:
        self._model = model
        self._settings = settings
        self.answered: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def detect_language(self, features: Any) -> list[list[tuple[str, float]]]:
        """Per window one language token, such as '<|nl|>', with its probability."""
        answers = []
        for found in self._model.detect_language(features):
            probabilities = {token.strip("<|>"): float(p) for token, p in found}
            language = spoken(probabilities, self._settings)
            self.answered.append(language)
            answers.append([(f"<|{language}|>", probabilities.get(language, 0.0))])
        return answers


class FasterWhisper:
    """The Protocol `Transcriber`, with the model kept loaded."""

    def __init__(self, params: TranscribeSettings, machine: Machine, progress: Progress) -> None:
        folder = choice.whisper("faster-whisper", params.model, progress)
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        gpu = choice.on_gpu("faster-whisper", machine)
        fitting = "float16" if gpu else "int8"
        self.params = params
        self.compute = fitting if params.compute == "auto" else params.compute
        self.notes: list[str] = []
        with translated("faster-whisper", params.model):
            self.model = WhisperModel(
                str(folder),
                device="cuda" if gpu else "cpu",
                compute_type=self.compute,
                cpu_threads=machine.cores(),
            )
        self._asked = _OwnLanguage(self.model.model, params)
        self.model.model = self._asked
        self._batched = BatchedInferencePipeline(self.model)

    def transcribe(self, windows: Sequence[Samples], prompt: str) -> list[list[Segment]]:
        """Per window (mono, 16 kHz, at most 30 s) its segments, timed from the window's start."""
        long_enough = [window for window in windows if len(window) >= SHORTEST * RATE]
        with translated("faster-whisper", self.params.model):
            heard = iter(self._decode(long_enough, prompt) if long_enough else [])
        return [next(heard) if len(window) >= SHORTEST * RATE else [] for window in windows]

    def _decode(self, windows: list[Samples], prompt: str) -> list[list[Segment]]:
        import numpy as np

        ends = np.cumsum([len(window) for window in windows])
        starts = ends - [len(window) for window in windows]
        self._asked.answered.clear()
        found, _ = self._batched.transcribe(
            np.concatenate(windows),
            language=self.params.language,
            multilingual=True,
            clip_timestamps=[{"start": a / RATE, "end": b / RATE} for a, b in zip(starts, ends, strict=True)],
            batch_size=len(windows),
            beam_size=self.params.beam,
            word_timestamps=True,
            initial_prompt=prompt or None,
        )
        raw: list[list[dict[str, Any]]] = [[] for _ in windows]
        for piece in found:
            # `seek` is the window's start in hundredths of a second, rounded down
            raw[int(np.searchsorted(starts, (piece.seek + 1) * RATE / 100, side="right")) - 1].append(asdict(piece))
        languages = self._asked.answered or [self.params.language] * len(windows)
        return [
            self._again(window, language)
            if _poor(pieces, float(start) / RATE, float(end) / RATE)
            else segments(pieces, float(start) / RATE, len(window) / RATE, language)
            for window, pieces, start, end, language in zip(windows, raw, starts, ends, languages, strict=True)
        ]

    def _again(self, window: Samples, language: str) -> list[Segment]:
        import ctranslate2

        ctranslate2.set_random_seed(0)  # the same recording gives the same words
        pieces, _ = self.model.transcribe(
            window,
            language=language,
            beam_size=self.params.beam,
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        return segments(map(asdict, pieces), 0, len(window) / RATE, language)


def _poor(pieces: Sequence[Mapping[str, Any]], start: float, end: float) -> bool:
    """Whether what was heard in a window, from `start` to `end` seconds, loops, failed, or leaves some of it out."""
    failed = any(piece["compression_ratio"] > LOOPS_ABOVE or piece["avg_logprob"] < FAILS_BELOW for piece in pieces)
    words = [word for piece in pieces for word in piece["words"] or ()]
    edges = [start, *(edge for word in words for edge in (word["start"], word["end"])), end]
    return failed or max(after - before for before, after in zip(edges[::2], edges[1::2], strict=True)) > STOPS
