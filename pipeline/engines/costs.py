"""What a Whisper model costs in time and memory on this machine.

Measured on two cores of an AMD EPYC: base, with either engine. Published: faster-whisper's own benchmark on a GPU
(github.com/SYSTRAN/faster-whisper). The rest follows from the number of weights, and is called estimated.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import Literal

from pipeline import system
from pipeline.config import Machine

Basis = Literal["measured", "published", "estimated"]

# Billions of float operations per second, as `speed` measures them, of the two cores where base was measured.
REFERENCE_SPEED = 226.0
# Seconds of work per second of audio there, for Whisper base with beam 5: faster-whisper in batches of 4 as int8,
# openai-whisper window by window as float32.
BASE = {"faster-whisper": 0.07, "openai-whisper": 0.52}
# The same on an RTX 3070 Ti with large-v2: faster-whisper's benchmark, 13 minutes in 17 s (fp16, batch 8) for the
# one; openai-whisper needed 2 min 23 s there.
GPU_LARGE = {"faster-whisper": 0.022, "openai-whisper": 0.18}
# Bytes held beside the weights (Python, audio, activations); measured with base.
BESIDE = 700_000_000


@dataclass(frozen=True)
class Size:
    """A Whisper model: bytes of its float16 file, and millions of weights in the layers of encoder and decoder.

    Weights follow from width and depth in Radford et al. 2022, table 1: 12·layers·width² and 16·layers·width², the
    decoder's word embeddings (51 865 × width) added.
    """

    bytes: int
    encoder: float
    decoder: float

    def times_base(self) -> float:
        """How much more work than base: half of base's time is its encoder's, half its decoder's (measured)."""
        base = SIZES["base"]
        return 0.5 * self.encoder / base.encoder + 0.5 * self.decoder / base.decoder


# From good to best, by published Dutch word error rates; turbo is the large encoder with four decoder layers.
SIZES = {
    "base": Size(145_217_532, 18.9, 51.7),
    "small": Size(484_000_000, 84.9, 153.1),
    "medium": Size(1_528_000_000, 302.0, 455.8),
    "large-v3-turbo": Size(1_618_000_000, 629.1, 171.2),
    "large-v3": Size(3_087_000_000, 629.1, 905.3),
}


@dataclass(frozen=True)
class Cost:
    """Seconds of work per second of audio, bytes of memory, and how these are known."""

    pace: float
    memory: int
    basis: Basis


def cost(engine: str, model: str, machine: Machine) -> Cost:
    """What a model of `SIZES` costs here."""
    size = SIZES[model]
    if on_gpu(machine):
        pace = GPU_LARGE[engine] * size.times_base() / SIZES["large-v3"].times_base()
        return Cost(pace, BESIDE + 2 * size.bytes, "published" if model == "large-v3" else "estimated")
    pace = BASE[engine] * size.times_base() * REFERENCE_SPEED / speed(machine.cores())
    # faster-whisper reads the float16 file and keeps int8; openai-whisper reads it and keeps float32
    memory = BESIDE + round(size.bytes * (1.5 if engine == "faster-whisper" else 3))
    return Cost(pace, memory, "measured" if model == "base" else "estimated")


@functools.cache
def speed(cores: int) -> float:
    """Billions of float operations per second of this many cores: the best moment of a fifth of a second on one.

    Matrices of 64 × 64 are too small for a BLAS to spread over threads, and the best moment is one at which nobody
    else wanted that core: so the answer hardly depends on what else is running.
    """
    import numpy as np

    squares = np.ones((100, 64, 64), dtype=np.float32)
    best, until = float("inf"), time.perf_counter() + 0.2
    while (began := time.perf_counter()) < until:
        np.matmul(squares, squares)
        best = min(best, time.perf_counter() - began)
    return cores * squares.shape[0] * 2 * 64**3 / best / 1e9


@functools.cache
def on_gpu(machine: Machine) -> bool:
    """Whether the work will be done by a GPU."""
    if machine.device != "auto":
        return machine.device == "cuda"
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


@functools.cache
def room(machine: Machine) -> int | None:
    """Bytes of memory that a model may fill: the GPU's if that does the work, else the machine's; None if unknown."""
    if not on_gpu(machine):
        return system.memory()
    asks = shutil.which("nvidia-smi")
    if asks is None:
        return None
    command = [asks, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    first = said.split()
    return int(first[0]) << 20 if first and first[0].isdigit() else None


def fits(found: Cost, machine: Machine) -> bool:
    """Whether the model leaves a fifth of the memory to the rest; yes where nothing is known."""
    available = room(machine)
    return available is None or found.memory <= 0.8 * available
