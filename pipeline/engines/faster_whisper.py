"""faster-whisper: Whisper on CTranslate2, all windows of a batch decoded at once; the default.

A window that loops or fails is decoded once more by itself, with Whisper's rising temperatures and without prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.config import Machine, TranscribeSettings
from pipeline.engines import whisper_files
from pipeline.engines.hearing import FAILS_BELOW, LOOPS_ABOVE, SHORTEST, segment, spoken
from pipeline.errors import PipelineError
from pipeline.models import Segment
from pipeline.speech.audio import RATE

if TYPE_CHECKING:
    from pipeline.stage import Progress, Samples


class _OwnLanguage:
    """CTranslate2's Whisper, whose detect_language answers by our rule and remembers what it answered.

    faster-whisper asks it for every window's language, with the encoder's output that it goes on to decode.
    """

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
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        folder = whisper_files.whisper("faster-whisper", params.model, progress)
        self.params = params
        self.device = device(machine)
        self.compute = compute(params, self.device)
        self.notes: list[str] = []
        with _translated(params):
            self.model = WhisperModel(
                str(folder), device=self.device, compute_type=self.compute, cpu_threads=machine.cores()
            )
        self._asked = _OwnLanguage(self.model.model, params)
        self.model.model = self._asked
        self._batched = BatchedInferencePipeline(self.model)

    def transcribe(self, windows: Sequence[Samples], prompt: str) -> list[list[Segment]]:
        """Per window (mono, 16 kHz, at most 30 s) its segments, timed from the window's start."""
        long_enough = [index for index, window in enumerate(windows) if len(window) >= SHORTEST * RATE]
        result: list[list[Segment]] = [[] for _ in windows]
        if long_enough:
            with _translated(self.params):
                for index, found in zip(
                    long_enough, self._decode([windows[index] for index in long_enough], prompt), strict=True
                ):
                    result[index] = found
        return result

    def _decode(self, windows: list[Samples], prompt: str) -> list[list[Segment]]:
        import numpy as np

        ends = np.cumsum([len(window) for window in windows])
        starts = ends - [len(window) for window in windows]
        self._asked.answered.clear()
        found, _ = self._batched.transcribe(
            np.concatenate(windows),
            language=self.params.language,
            multilingual=True,
            clip_timestamps=[
                {"start": float(start) / RATE, "end": float(end) / RATE}
                for start, end in zip(starts, ends, strict=True)
            ],
            batch_size=len(windows),
            beam_size=self.params.beam,
            word_timestamps=True,
            initial_prompt=prompt or None,
        )
        raw: list[list[Any]] = [[] for _ in windows]
        for piece in found:
            # `seek` is the window's start in hundredths of a second, rounded down
            raw[int(np.searchsorted(starts, (piece.seek + 1) * RATE / 100, side="right")) - 1].append(piece)
        languages = self._asked.answered or [self.params.language] * len(windows)
        return [
            self._again(window, language)
            if _failed(pieces)
            else _segments(pieces, float(start) / RATE, len(window) / RATE, language)
            for window, pieces, start, language in zip(windows, raw, starts, languages, strict=True)
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
        return _segments(list(pieces), 0, len(window) / RATE, language)


def _failed(pieces: list[Any]) -> bool:
    return any(piece.compression_ratio > LOOPS_ABOVE or piece.avg_logprob < FAILS_BELOW for piece in pieces)


def _segments(pieces: list[Any], start: float, duration: float, language: str) -> list[Segment]:
    made = (
        segment(
            [(word.word, word.start - start, word.end - start, word.probability) for word in piece.words or ()],
            duration,
            language,
            (piece.avg_logprob, piece.no_speech_prob, piece.compression_ratio),
        )
        for piece in pieces
    )
    return [one for one in made if one]


def device(machine: Machine) -> str:
    """'cuda' where asked for, or there; else 'cpu'."""
    import ctranslate2

    if machine.device != "auto":
        return machine.device
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def compute(params: TranscribeSettings, device: str) -> str:
    """The numbers that CTranslate2 computes with; 'auto' is int8 on a processor and float16 on a GPU."""
    if params.compute != "auto":
        return params.compute
    return "float16" if device == "cuda" else "int8"


@contextmanager
def _translated(params: TranscribeSettings) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as error:
        if "CUDA" in str(error) or "libcu" in str(error):
            raise PipelineError(
                f"the GPU cannot be used: {error}", 'install CUDA 12 with cuDNN 9, or set device = "cpu" in [machine]'
            ) from error
        raise PipelineError(
            f"faster-whisper cannot transcribe with model '{params.model}': {error}",
            "try another model, or compute = \"auto\"; 'impressie models' lists them",
        ) from error
