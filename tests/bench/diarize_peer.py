"""One peer on one recording: python tests/bench/diarize_peer.py PEER AUDIO RTTM SEGMENTATION.onnx EMBEDDING.onnx

PEER is senko or sherpa-onnx; runs in a virtual environment of its own (tests/bench/peers.txt). AUDIO is 16 kHz mono
FLAC. Writes an RTTM file and prints the seconds
that it took, loading the models included and Python's imports not. Both use two threads.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import soundfile

RATE = 16_000
THREADS = 2
THRESHOLD = 0.7  # of sherpa-onnx's clustering: its best of .5 to .9 on meetings and conversations
# What sherpa-onnx wants to read in a model file, as its own export scripts write it.
SEGMENTATION = {
    "model_type": "pyannote-segmentation-3.0",
    "version": "1",
    "num_speakers": "3",
    "powerset_max_classes": "2",
    "num_classes": "7",
    "sample_rate": "16000",
    "window_size": "160000",
    "receptive_field_size": "991",
    "receptive_field_shift": "270",
}
EMBEDDING = {
    "framework": "wespeaker",
    "language": "English",
    "output_dim": "256",
    "sample_rate": "16000",
    "normalize_samples": "0",
}


def field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field of less than 2 MiB."""
    size, rest = b"", len(content)
    while rest > 127:
        size, rest = size + bytes([rest & 127 | 128]), rest >> 7
    return bytes([number << 3 | 2]) + size + bytes([rest]) + content


def told(model: str, facts: dict[str, str], folder: str) -> str:
    """A copy of an ONNX model with metadata: ModelProto.metadata_props is field 14, key 1, value 2."""
    props = b"".join(field(14, field(1, k.encode()) + field(2, v.encode())) for k, v in facts.items())
    copy = Path(folder) / Path(model).name
    copy.write_bytes(Path(model).read_bytes() + props)
    return str(copy)


Found = tuple[list[tuple[float, float, str]], float]


def senko(audio: str, folder: str) -> Found:
    """Segments as (start, end, speaker), and the seconds that they took."""
    from senko import Diarizer

    before = time.perf_counter()
    sound, _ = soundfile.read(audio, dtype="int16")
    wav = f"{folder}/audio.wav"
    soundfile.write(wav, sound, RATE, subtype="PCM_16")
    found = Diarizer(device="cpu", warmup=False, quiet=True).diarize(wav)
    segments = found["merged_segments"] if found else []
    return [(s["start"], s["end"], s["speaker"]) for s in segments], time.perf_counter() - before


def sherpa(audio: str, folder: str, segmentation: str, embedding: str) -> Found:
    """Segments as (start, end, speaker), and the seconds that they took."""
    import sherpa_onnx as sherpa

    before = time.perf_counter()
    config = sherpa.OfflineSpeakerDiarizationConfig(
        segmentation=sherpa.OfflineSpeakerSegmentationModelConfig(
            pyannote=sherpa.OfflineSpeakerSegmentationPyannoteModelConfig(
                model=told(segmentation, SEGMENTATION, folder)
            ),
            num_threads=THREADS,
        ),
        embedding=sherpa.SpeakerEmbeddingExtractorConfig(model=told(embedding, EMBEDDING, folder), num_threads=THREADS),
        clustering=sherpa.FastClusteringConfig(num_clusters=-1, threshold=THRESHOLD),
        min_duration_on=0.3,
        min_duration_off=0.5,
    )
    sound, _ = soundfile.read(audio, dtype="float32")
    found = sherpa.OfflineSpeakerDiarization(config).process(sound).sort_by_start_time()
    return [(s.start, s.end, f"{s.speaker}") for s in found], time.perf_counter() - before


def main() -> None:
    """Seconds on stdout, the last line."""
    peer, audio, rttm, segmentation, embedding = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        found, seconds = senko(audio, folder) if peer == "senko" else sherpa(audio, folder, segmentation, embedding)
    name = Path(audio).stem
    lines = [f"SPEAKER {name} 1 {s:.3f} {e - s:.3f} <NA> <NA> {who} <NA> <NA>" for s, e, who in found]
    Path(rttm).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(seconds)


if __name__ == "__main__":
    main()
