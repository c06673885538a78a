"""openai-whisper: OpenAI's own implementation on PyTorch; slower, and a second opinion."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import Machine, TranscribeSettings
from pipeline.engines import ct2_to_openai, whisper_files
from pipeline.engines.hearing import SHORTEST, segment, spoken
from pipeline.errors import PipelineError
from pipeline.models import Segment
from pipeline.speech.audio import RATE

if TYPE_CHECKING:
    from pipeline.stage import Progress, Samples


class OpenAIWhisper:
    """The Protocol `Transcriber`, with the model kept loaded; gets arrays, never paths."""

    def __init__(self, params: TranscribeSettings, machine: Machine, progress: Progress) -> None:
        import torch

        found = whisper_files.whisper("openai-whisper", params.model, progress)
        self.params = params
        self.device = _device(machine)
        self.notes: list[str] = []
        if found.is_dir() and params.model == "base":
            self.notes.append(
                f"OpenAI's own {params.model}.pt could not be had; the same weights were taken from faster-whisper's"
            )
        torch.set_num_threads(machine.cores())
        with _translated(params):
            self.model = _load(found, self.device)
            _read_vocabulary(self.model)

    def transcribe(self, windows: Sequence[Samples], prompt: str) -> list[list[Segment]]:
        """Per window (mono, 16 kHz, at most 30 s) its segments, timed from the window's start."""
        with _translated(self.params):
            return [self._decode(window, prompt) if len(window) >= SHORTEST * RATE else [] for window in windows]

    def _decode(self, window: Samples, prompt: str) -> list[Segment]:
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
            fp16=self.device == "cuda",
        )
        made = (_segment(piece, len(window) / RATE, language) for piece in found["segments"])
        return [one for one in made if one]

    def _language(self, window: Samples) -> str:
        import whisper

        if not self.model.is_multilingual:
            return "en"
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(window), self.model.dims.n_mels)
        _, probabilities = self.model.detect_language(mel.to(self.device))
        return spoken(probabilities, self.params)


def _segment(piece: dict[str, Any], duration: float, language: str) -> Segment | None:
    return segment(
        [(word["word"], word["start"], word["end"], word["probability"]) for word in piece.get("words", ())],
        duration,
        language,
        (piece["avg_logprob"], piece["no_speech_prob"], piece["compression_ratio"]),
    )


def _load(found: Path, device: str) -> Any:
    import whisper

    if found.is_dir():
        return ct2_to_openai.load(found, device)
    model = whisper.load_model(str(found), device=device)  # reads with weights_only=True
    known = whisper._ALIGNMENT_HEADS  # noqa: SLF001 given a path, load_model leaves them at a guess
    if found.stem in known:
        model.set_alignment_heads(known[found.stem])
    return model


def _read_vocabulary(model: Any) -> None:
    """Once and for all (whisper keeps it), since whisper leaves that file to the garbage collector to close."""
    from whisper.tokenizer import get_tokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        get_tokenizer(model.is_multilingual, num_languages=model.num_languages)


def _device(machine: Machine) -> str:
    import torch

    if machine.device != "auto":
        return machine.device
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def _translated(params: TranscribeSettings) -> Iterator[None]:
    import pickle

    import torch

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Performing inference on CPU when CUDA is available")
            warnings.filterwarnings("ignore", message="Failed to launch Triton kernels")
            yield
    except torch.cuda.OutOfMemoryError as error:
        raise PipelineError(
            f"the GPU has too little memory for model '{params.model}'",
            'take a smaller model, or set device = "cpu" in [machine]',
        ) from error
    except (RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PipelineError(
            f"openai-whisper cannot transcribe with model '{params.model}': {first}",
            "try another model or engine; 'impressie models' lists them",
        ) from error
