"""Engines by name, loaded when they are asked for: the only place that maps a name to code."""

from __future__ import annotations

import importlib
from typing import Any

from pipeline.errors import PipelineError

TRANSCRIBERS = {
    "faster-whisper": "pipeline.engines.faster_whisper:FasterWhisper",
    "openai-whisper": "pipeline.engines.openai_whisper:OpenAIWhisper",
    "fake": "pipeline.engines.fake:FakeTranscriber",
}
DIARIZERS = {
    "onnx": "pipeline.engines.onnx_diarizer:OnnxDiarizer",
    "fake": "pipeline.engines.fake:FakeDiarizer",
}


def load(registry: dict[str, str], name: str) -> Any:
    """The class of an engine; PipelineError names the engines there are."""
    if name not in registry:
        known = ", ".join(key for key in registry if key != "fake")
        raise PipelineError(f"there is no engine called '{name}'", f"known engines: {known}")
    module, _, attribute = registry[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
