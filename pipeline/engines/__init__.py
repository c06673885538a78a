"""Engines by name, loaded when they are asked for: the only place that maps a name to code."""

from __future__ import annotations

import importlib
from typing import Any

from pipeline.config import Machine, TranscribeSettings
from pipeline.errors import PipelineError
from pipeline.stage import Progress, Transcriber

TRANSCRIBERS = {
    "faster-whisper": "pipeline.engines.faster_whisper:FasterWhisper",
    "openai-whisper": "pipeline.engines.openai_whisper:OpenAIWhisper",
    "fake": "pipeline.engines.fake:FakeTranscriber",
}
DIARIZERS = {
    "onnx": "pipeline.engines.onnx_diarizer:OnnxDiarizer",
    "fake": "pipeline.engines.fake:FakeDiarizer",
}


keeping = False  # in a process that does the same stage for one webinar after another: keep what is loaded
_kept: dict[str, Any] = {}


def transcriber(settings: TranscribeSettings, machine: Machine, progress: Progress) -> Transcriber:
    """The recogniser with these settings; where it is kept, the one of the last webinar if that was the same."""
    told = TranscribeSettings.model_validate(settings.model_dump(include=set(TranscribeSettings.model_fields)))
    key = f"{told.model_dump_json()} {machine.model_dump_json()}"
    if key in _kept:
        found: Transcriber = _kept[key]
        return found
    _kept.clear()
    made: Transcriber = load(TRANSCRIBERS, told.engine)(told, machine, progress)
    if keeping:
        _kept[key] = made
    return made


def load(registry: dict[str, str], name: str) -> Any:
    """The class of an engine; PipelineError names the engines there are."""
    if name not in registry:
        known = ", ".join(key for key in registry if key != "fake")
        raise PipelineError(f"there is no engine called '{name}'", f"known engines: {known}")
    module, _, attribute = registry[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
