"""How near two sentences are in meaning: universal-sentence-encoder-multilingual-3 with onnxruntime, on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from pipeline import weights
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pipeline.article.support import Alike

WEIGHTS = "use-multilingual-3"


def judge() -> Alike | None:
    """`alike`, where the model is here; None where words must do."""
    return alike if weights.present(WEIGHTS) else None


def fetch(progress: weights.Report, note: Callable[[str], None]) -> None:
    """Have the model here from now on, or say that it cannot be had."""
    if not weights.present(WEIGHTS):
        try:
            weights.path(WEIGHTS, progress)
        except PipelineError as error:
            note(f"sentences were compared by their words alone: {error.message}")


def alike(text: str, others: Sequence[str]) -> float:
    """Cosine of a sentence with the nearest of others; Dutch paraphrases have .44 to .64, unrelated ones up to .11."""
    return max((float(_embedded(text) @ _embedded(other)) for other in others), default=0.0)


@lru_cache(maxsize=8192)
def _embedded(text: str) -> npt.NDArray[np.float32]:
    """Shape (512,), of length 1."""
    import numpy as np

    vector = _session().run(None, {"inputs": np.array([text])})[0][0]
    return vector / max(float(np.linalg.norm(vector)), 1e-9)  # type: ignore[no-any-return]


@cache
def _session() -> Any:
    import onnxruntime
    import onnxruntime_extensions

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.register_custom_ops_library(onnxruntime_extensions.get_library_path())  # its tokens are made in the graph
    return onnxruntime.InferenceSession(weights.path(WEIGHTS), options, providers=["CPUExecutionProvider"])
