"""Who spoke when, with onnxruntime: segmentation-3.0 for when, WeSpeaker ResNet34 for who. No torch.

Two passes over the audio, a few seconds at a time: first when somebody speaks, then what each piece sounds like.
What a voice sounds like is personal data: it stays in memory and goes when the recording is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kaldi_native_fbank as fbank
import numpy as np
import onnxruntime

from pipeline import system, weights
from pipeline.config import DiarizeParams, Machine
from pipeline.engines.workers import in_order
from pipeline.errors import PipelineError
from pipeline.models import Turns
from pipeline.speech import powerset, voices
from pipeline.speech.audio import RATE, length, read
from pipeline.speech.clustering import cluster
from pipeline.speech.powerset import FIRST, FRAME, HOP, Bools, Floats, Piece

if TYPE_CHECKING:
    from pipeline.stage import Progress, Samples

STEP = 148  # frames from window to window, 2.5 s
BATCH = 4  # windows per call
MOST = 8  # calls at once: each holds some tens of megabytes
SEGMENTING = 0.25  # share of the time that the first pass takes
BLOCK = round(10 / FRAME)  # frames that go through the embedding network at once
MARGIN = 800  # samples (0.05 s) around a block
MELS = 80

# In the weights (pinned by SHA-256): what goes into the pooling layer, and the layer after it.
FEATURES, MATRIX, BIAS, MEAN = "343", "model.seg_1.weight", "model.seg_1.bias", "mean_vec"
REDUCTION = 8  # feature frames of 10 ms that the network takes together


class OnnxDiarizer:
    """Diarizer of `pipeline.stage`."""

    def diarize(self, audio: Path, params: DiarizeParams, machine: Machine, progress: Progress) -> Turns:
        """Turns of anonymous voices in a 16 kHz mono FLAC; none where nobody speaks."""
        found, embeddings, seconds = heard(audio, machine, progress)
        return voices.turns(found, cluster(embeddings, seconds, found, params, FRAME), length(audio))


def heard(path: Path, machine: Machine, progress: Progress) -> tuple[list[Piece], Floats, Floats]:
    """Pieces of speech, what each sounds like (n, 256), and the seconds of it that nobody else speaks (n,)."""
    total = length(path)
    system.hold_memory()
    session, workers = _session(weights.path("segmentation-3.0").read_bytes(), machine)
    windows = []
    for answers in in_order(lambda batch: session.run(None, {"input": batch})[0], _windows(path, total), workers):
        windows.append(powerset.decode(answers))
        progress(SEGMENTING * min(total, len(windows) * BATCH * STEP * FRAME), total)
    spoken = powerset.active(powerset.stitched(np.concatenate(windows), STEP))
    del windows
    found = powerset.pieces(spoken)
    embedder = Embedder(weights.path("wespeaker-resnet34"), machine)
    embeddings = np.zeros((len(found), embedder.size), dtype=np.float32)
    seconds = np.zeros(len(found), dtype=np.float32)

    def hear(block: list[int]) -> float:
        embedder.hear(path, spoken, found, block, embeddings, seconds)
        return found[block[-1]].end * FRAME

    for end in in_order(hear, powerset.blocks(found, BLOCK), embedder.workers):
        progress(total * SEGMENTING + (1 - SEGMENTING) * min(total, end), total)
    progress(total, total)
    return found, embeddings, seconds


def _windows(path: Path, total: float) -> Iterator[Floats]:
    """All windows, a few at a time (n, 1, samples); the last is filled up with silence."""
    hop = STEP * HOP
    count = 1 + max(0, -(-(round(total * RATE) - powerset.WINDOW) // hop))
    for first in range(0, count, BATCH):
        several = range(first, min(first + BATCH, count))
        start, end = first * hop, several[-1] * hop + powerset.WINDOW
        samples = read(path, start / RATE, end / RATE)
        samples = np.pad(samples, (0, max(0, end - start - len(samples))))
        batch = [samples[number * hop - start :][: powerset.WINDOW] for number in several]
        yield np.stack(batch)[:, None]


class Embedder:
    """WeSpeaker's network up to its pooling, once over all speech; pooled per piece as the network itself does.

    Pieces are short and many, so running the network on each anew, with its context, would cost several times more.
    """

    def __init__(self, weight: Path, machine: Machine) -> None:
        self.session, self.workers = _session(_with_outputs(weight.read_bytes(), FEATURES, MATRIX, BIAS, MEAN), machine)
        self.matrix, self.bias, self.mean = self.session.run([MATRIX, BIAS, MEAN], {"input_features": _SILENCE})
        self.size = len(self.bias)

    def hear(
        self, path: Path, active: Bools, found: list[Piece], block: list[int], embeddings: Floats, seconds: Floats
    ) -> None:
        """Fills in embeddings (n, size) and seconds heard alone (n,) for the pieces of a block."""
        start = max(0, found[block[0]].first * HOP + FIRST - MARGIN)
        end = max(found[index].end for index in block) * HOP + FIRST + MARGIN
        samples = read(path, start / RATE, end / RATE)
        if len(samples) < 8 * MARGIN:
            samples = np.pad(samples, (0, 8 * MARGIN - len(samples)))
        bank = features(samples)
        spoken = active[_frames(start, len(bank), 1, len(active))].any(axis=1)
        bank -= bank[spoken].mean(axis=0) if spoken.any() else bank.mean(axis=0)
        seen = self.session.run([FEATURES], {"input_features": bank[None]})[0][0]
        seen = seen.reshape(-1, seen.shape[-1])
        frames = _frames(start, seen.shape[1], REDUCTION, len(active))
        alone = powerset.alone(active[frames])
        for index in block:
            first, last, column = found[index]
            chosen = np.flatnonzero((frames >= first) & (frames < last) & alone[:, column])
            if len(chosen) > 8:
                chosen = chosen[1:-1]  # the network looks around: the edges hold something of the neighbours
            seconds[index] = len(chosen) * REDUCTION / 100
            if len(chosen) > 1:
                embeddings[index] = self._pooled(seen[:, chosen])

    def _pooled(self, seen: Floats) -> Floats:
        """Features (2560, frames) → embedding: mean and deviation over time, then one layer."""
        deviation = np.sqrt(seen.var(axis=1, ddof=1) + 1e-7)  # 1e-7 as in wespeaker/models/pooling_layers.py
        pooled = self.matrix @ np.concatenate((seen.mean(axis=1), deviation)) + self.bias - self.mean
        return np.asarray(pooled, dtype=np.float32)


_SILENCE = np.zeros((1, 2 * REDUCTION, MELS), dtype=np.float32)


def _frames(start: int, count: int, every: int, total: int) -> Any:
    """The frame of the timeline nearest to the middle of each filter-bank frame (25 ms every 10 ms) from `start`."""
    middles = start + 200 + 160 * every * np.arange(count)
    return np.clip(np.rint((middles - FIRST) / HOP).astype(int), 0, total - 1)


def features(samples: Samples) -> Floats:
    """Kaldi's log-mel filter bank as WeSpeaker was trained on: (frames of 10 ms, 80)."""
    options = fbank.FbankOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = MELS
    options.use_energy = False
    extractor = fbank.OnlineFbank(options)
    extractor.accept_waveform(RATE, (samples * 32768).tolist())  # the range of 16-bit samples
    extractor.input_finished()
    return np.array([extractor.get_frame(i) for i in range(extractor.num_frames_ready)], dtype=np.float32)


def _session(model: bytes, machine: Machine) -> tuple[Any, int]:
    """An onnxruntime session on the device that the machine allows, and how many may run it at once.

    On a processor each run is one core's: both networks are too small to keep several busy.
    """
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # inputs differ in length: the arena would keep room for each of them
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if machine.device == "cuda" and not cuda:
        raise PipelineError(
            "onnxruntime cannot use the GPU here", "install onnxruntime-gpu, or set device = 'auto' under [machine]"
        )
    gpu = ["CUDAExecutionProvider"] if cuda and machine.device != "cpu" else []
    session = onnxruntime.InferenceSession(model, options, providers=[*gpu, "CPUExecutionProvider"])
    return session, 1 if gpu else min(machine.cores(), MOST)


def _with_outputs(model: bytes, *names: str) -> bytes:
    """An ONNX model that also answers with these inner values.

    Protobuf merges what is appended to a message: here `graph.output` (fields 7 and 12), each with a `name` (1).
    """
    outputs = b"".join(_field(12, _field(1, name.encode())) for name in names)
    return model + _field(7, outputs)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field; its length as a varint."""
    size, rest = b"", len(content)
    while rest > 127:
        size, rest = size + bytes([rest & 127 | 128]), rest >> 7
    return bytes([number << 3 | 2]) + size + bytes([rest]) + content
