"""openai-whisper: OpenAI's own implementation on PyTorch; slower, and a second opinion."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.config import Machine, TranscribeSettings
from pipeline.engines import choice, ct2_to_openai
from pipeline.engines.hearing import SHORTEST, segments, spoken, translated
from pipeline.models import Segment
from pipeline.speech.audio import RATE
from pipeline.stage import Progress, Samples


class OpenAIWhisper:
    """The Protocol `Transcriber`, with the model kept loaded; gets arrays, never paths."""

    def __init__(self, params: TranscribeSettings, machine: Machine, progress: Progress) -> None:
        import torch

        found = choice.whisper("openai-whisper", params.model, progress)
        gpu = choice.on_gpu("openai-whisper", machine)
        self.params = params
        self.device = "cuda" if gpu else "cpu"
        self.compute = "float16" if gpu else "float32"
        self.notes: list[str] = []
        if found.is_dir() and params.model == "base":
            self.notes.append("OpenAI's own base.pt could not be had; the same weights came from faster-whisper's")
        torch.set_num_threads(machine.cores())
        with translated("openai-whisper", params.model):
            self.model = _load(found, self.device)

    def transcribe(self, windows: Iterable[Samples], prompt: str) -> Iterator[list[Segment]]:
        """See Transcriber."""
        for window in windows:
            yield self._decode(window, prompt) if len(window) >= SHORTEST * RATE else []

    def _decode(self, window: Samples, prompt: str) -> list[Segment]:
        with translated("openai-whisper", self.params.model), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Performing inference on CPU when CUDA is available")
            warnings.filterwarnings("ignore", message="Failed to launch Triton kernels")
            return self._heard(window, prompt)

    def _heard(self, window: Samples, prompt: str) -> list[Segment]:
        import torch

        window = window.copy()  # PyTorch warns about samples that it may not write to
        language = self._language(window)
        torch.manual_seed(0)  # the same recording gives the same words, whatever temperature it takes
        found = self.model.transcribe(
            window,
            language=language,
            beam_size=self.params.beam,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=prompt or None,
            carry_initial_prompt=True,  # else what follows the first pause of a window is heard without it
            fp16=self.compute == "float16",
        )
        return segments(found["segments"], 0, len(window) / RATE, language)

    def _language(self, window: Samples) -> str:
        import whisper

        if not self.model.is_multilingual:
            return "en"
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(window), self.model.dims.n_mels)
        _, probabilities = self.model.detect_language(mel.to(self.device))
        return spoken(probabilities, self.params)


def _load(found: Path, device: str) -> Any:
    import whisper

    if found.is_dir():
        return ct2_to_openai.load(found, device)
    model = whisper.load_model(str(found), device=device)  # reads with weights_only=True
    known = whisper._ALIGNMENT_HEADS  # noqa: SLF001 given a path, load_model leaves them at a guess
    if found.stem in known:
        model.set_alignment_heads(known[found.stem])
    return model
