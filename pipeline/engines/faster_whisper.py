"""faster-whisper: Whisper on CTranslate2, a few windows at once on every core; the default.

A window that loops, fails or stops halfway is decoded once more by itself, without prompt and with times. Whisper's
rising temperatures, which draw lots, are left out: a machine hears the same words in a recording every time.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline import system
from pipeline.config import Machine, TranscribeSettings
from pipeline.engines import choice, fitting
from pipeline.engines.hearing import SHORTEST, segments, spoken, translated
from pipeline.engines.workers import batches, in_order
from pipeline.models import Segment
from pipeline.speech.audio import RATE
from pipeline.stage import Progress, Samples

# Whisper's own thresholds (Radford et al. 2022, §4.5): beyond them a window looped or failed.
LOOPS_ABOVE = 2.4
FAILS_BELOW = -1.0
# Seconds without a word in a window, which begins and ends in speech and has no pause over 2 s: asked for all of it at
# once, without times, Whisper stops halfway now and then. In windows that it heard whole the longest was 1.6.
STOPS = 4.0
# Windows in a batch: on a processor more gain little, and a kill loses all that are being heard.
TOGETHER, TOGETHER_ON_GPU = 2, 8
# A window that loops even so may not say the same so many tokens twice; people do say the same four.
REPEATED = 5


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
        gpu = choice.on_gpu("faster-whisper", machine)
        fit = fitting.Fit(1, machine.cores()) if gpu else fitting.fit(machine.cores(), progress)
        fit.ask()
        from faster_whisper import WhisperModel

        system.hold_memory()
        usual = "float16" if gpu else "int8"
        self.params = params
        self.compute = usual if params.compute == "auto" else params.compute
        self.notes: list[str] = []
        self.batch = params.batch or (TOGETHER_ON_GPU if gpu else TOGETHER)
        self.workers = choice.fitting_in(params.model, machine, fit.workers, self.batch)
        with translated("faster-whisper", params.model):
            self.model = WhisperModel(
                str(folder),
                device="cuda" if gpu else "cpu",
                compute_type=self.compute,
                cpu_threads=fit.threads * fit.workers // self.workers,
                num_workers=self.workers,
            )

    def transcribe(self, windows: Iterable[Samples], prompt: str) -> Iterator[list[Segment]]:
        """See Transcriber. While the workers decode, this thread makes the next windows ready."""
        several = batches(windows, self.batch)
        for heard in in_order(lambda batch: self._decode(batch, prompt), several, self.workers):
            yield from heard

    def _decode(self, windows: Sequence[Samples], prompt: str) -> list[list[Segment]]:
        long_enough = [window for window in windows if len(window) >= SHORTEST * RATE]
        with translated("faster-whisper", self.params.model):
            heard = iter(self._together(long_enough, prompt) if long_enough else [])
        return [next(heard) if len(window) >= SHORTEST * RATE else [] for window in windows]

    def _together(self, windows: list[Samples], prompt: str) -> list[list[Segment]]:
        import numpy as np
        from faster_whisper import BatchedInferencePipeline

        ends = np.cumsum([len(window) for window in windows])
        starts = ends - [len(window) for window in windows]
        model, asked = copy.copy(self.model), _OwnLanguage(self.model.model, self.params)
        model.model = asked
        found, _ = BatchedInferencePipeline(model).transcribe(
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
        languages = asked.answered or [self.params.language] * len(windows)
        return [
            self._again(window, language)
            if _poor(pieces, float(start) / RATE, float(end) / RATE)
            else segments(pieces, float(start) / RATE, len(window) / RATE, language)
            for window, pieces, start, end, language in zip(windows, raw, starts, ends, languages, strict=True)
        ]

    def _again(self, window: Samples, language: str) -> list[Segment]:
        pieces: list[dict[str, Any]] = []
        for repeated in (0, REPEATED):
            found, _ = self.model.transcribe(
                window,
                language=language,
                beam_size=self.params.beam,
                temperature=0.0,
                word_timestamps=True,
                condition_on_previous_text=False,
                no_repeat_ngram_size=repeated,
            )
            pieces = [asdict(piece) for piece in found]
            if not _loops(pieces):
                break
        return segments(pieces, 0, len(window) / RATE, language)


def _loops(pieces: Iterable[Mapping[str, Any]]) -> bool:
    """Whether something is said over and over."""
    return any(piece["compression_ratio"] > LOOPS_ABOVE for piece in pieces)


def _poor(pieces: Sequence[Mapping[str, Any]], start: float, end: float) -> bool:
    """Whether what was heard in a window, from `start` to `end` seconds, loops, failed, or leaves some of it out."""
    failed = _loops(pieces) or any(piece["avg_logprob"] < FAILS_BELOW for piece in pieces)
    words = [word for piece in pieces for word in piece["words"] or ()]
    edges = [start, *(edge for word in words for edge in (word["start"], word["end"])), end]
    return failed or max(after - before for before, after in zip(edges[::2], edges[1::2], strict=True)) > STOPS
