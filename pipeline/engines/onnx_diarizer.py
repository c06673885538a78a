"""Who spoke when, with onnxruntime: segmentation-3.0 for when, WeSpeaker ResNet34 for who. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kaldi_native_fbank as fbank
import numpy as np
import onnxruntime

from pipeline import weights
from pipeline.config import DiarizeParams, Machine
from pipeline.errors import PipelineError
from pipeline.models import Turns
from pipeline.speech import audio, powerset, voices
from pipeline.speech.clustering import LocalVoices, recognise
from pipeline.stage import Progress, Samples

STEP = 148  # frames from window to window, 2.5 s: a quarter of a window costs half of what a tenth does, and no worse
BATCH = 8  # windows per call
SHORTEST = 30  # feature frames (0.3 s) of a voice alone, under which its embedding says little
LONGEST = 400  # feature frames (4 s): more of the same window says hardly more, and costs
MELS = 80


@dataclass
class Observed:
    """Everything that was measured; voice embeddings are personal data and stay in memory."""

    active: list[powerset.Floats] = field(default_factory=list)
    embeddings: list[powerset.Floats] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def local_voices(self) -> LocalVoices:
        """What clustering wants to know."""
        return LocalVoices(
            embeddings=np.array(self.embeddings, dtype=np.float32).reshape(len(self.places), -1),
            places=np.array(self.places, dtype=np.int64).reshape(-1, 2),
            seconds=np.array(self.seconds, dtype=np.float32),
        )


class OnnxDiarizer:
    """Diarizer of `pipeline.stage`."""

    def diarize(self, audio: Path, params: DiarizeParams, machine: Machine, progress: Progress) -> Turns:
        """Turns of anonymous voices in a 16 kHz mono FLAC."""
        active, found, length = self.observe(audio, machine, progress)
        labels = recognise(found, active, STEP, params)
        return voices.turns(active, labels, STEP, length)

    def observe(
        self, path: Path, machine: Machine, progress: Progress
    ) -> tuple[powerset.Floats, LocalVoices, float]:
        """Local voices by window (windows, 589, 3), their embeddings, and the seconds of audio."""
        segment = _session(weights.path("segmentation-3.0"), machine)
        embed = _session(weights.path("wespeaker-resnet34"), machine)
        length = audio.length(path)
        seen = Observed()
        for batch in _batches(path, length):
            answers = segment.run(None, {"input": np.stack(batch)[:, None]})[0]
            for samples, active in zip(batch, powerset.decode(answers), strict=True):
                _listen(embed, samples, active, seen)
            progress(min(length, (len(seen.active) - 1) * STEP * voices.FRAME + 10), length)
        progress(length, length)
        return np.stack(seen.active), seen.local_voices(), length


def _session(weight: Path, machine: Machine) -> Any:
    """An onnxruntime session on the device that the machine allows."""
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = machine.cores()
    options.enable_cpu_mem_arena = False  # inputs differ in length: the arena would keep room for each of them
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if machine.device == "cuda" and not cuda:
        raise PipelineError(
            "onnxruntime has no CUDA here", "install onnxruntime-gpu, or set device = 'auto' under [machine]"
        )
    providers = ["CUDAExecutionProvider"] if cuda and machine.device != "cpu" else []
    try:
        return onnxruntime.InferenceSession(weight, options, providers=[*providers, "CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no other base
        raise PipelineError(f"{weight.name} cannot be loaded: {error}", "remove that file, and run again") from error


def _batches(path: Path, length: float) -> Iterator[list[Samples]]:
    """All windows, a few at a time; the last is filled up with silence."""
    hop = STEP * powerset.HOP
    count = 1 + max(0, -(-(round(length * audio.RATE) - powerset.WINDOW) // hop))
    for first in range(0, count, BATCH):
        several = range(first, min(first + BATCH, count))
        start, end = first * hop, several[-1] * hop + powerset.WINDOW
        samples = audio.read(path, start / audio.RATE, end / audio.RATE)
        samples = np.pad(samples, (0, max(0, end - start - len(samples))))
        yield [samples[number * hop - start :][: powerset.WINDOW] for number in several]


def _listen(embed: Any, samples: Samples, active: powerset.Floats, seen: Observed) -> None:
    """Adds a window and an embedding of each local voice in it, from what that voice says alone."""
    window = len(seen.active)
    seen.active.append(active)
    alone = powerset.alone(active)
    if not alone.any():
        return
    features = _features(samples)
    middles = 200 + 160 * np.arange(len(features))
    nearest = np.clip(np.rint((middles - powerset.FIRST) / powerset.HOP).astype(int), 0, powerset.FRAMES - 1)
    for local in np.flatnonzero(alone.any(axis=0)).tolist():
        chosen = np.flatnonzero(alone[nearest, local])
        if len(chosen) < SHORTEST:
            continue
        spare = max(0, len(chosen) - LONGEST) // 2
        voice = features[chosen[spare : spare + LONGEST]]
        voice = voice - voice.mean(axis=0)
        seen.embeddings.append(embed.run(None, {"input_features": voice[None]})[0][0])
        seen.places.append((window, local))
        seen.seconds.append(len(chosen) / 100)


def _features(samples: Samples) -> powerset.Floats:
    """Kaldi's log-mel filter bank as WeSpeaker was trained on: (frames of 10 ms, 80)."""
    options = fbank.FbankOptions()
    options.frame_opts.samp_freq = audio.RATE
    options.frame_opts.dither = 0
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = MELS
    options.use_energy = False
    extractor = fbank.OnlineFbank(options)
    extractor.accept_waveform(audio.RATE, (samples * 32768).tolist())  # the range of 16-bit samples
    extractor.input_finished()
    return np.array([extractor.get_frame(i) for i in range(extractor.num_frames_ready)], dtype=np.float32)
