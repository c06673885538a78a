"""One Whisper peer on recordings: python tests/bench/transcribe_peer.py PEER FOLDER_OR_CHECKPOINT THREADS AUDIO…

PEER is openai-whisper or faster-whisper, -vad, -batched; runs in a virtual environment of its own
(tests/bench/peers.txt). FOLDER is a CTranslate2 model, CHECKPOINT a .pt file with the same numbers. Prints JSON: the
seconds that each recording took, loading the model apart and Python's imports not counted, and the words of each.
All with word timestamps, beam 5, Dutch; everything else as the peer has it by default.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable


def openai_whisper(checkpoint: str, threads: int) -> Callable[[str], list[str]]:
    """In float32, which is what it does on a CPU."""
    import soundfile
    import torch
    import whisper

    torch.set_num_threads(threads)
    model = whisper.load_model(checkpoint, device="cpu")
    told = {"language": "nl", "fp16": False, "beam_size": 5, "best_of": 5, "word_timestamps": True}

    def hear(audio: str) -> list[str]:
        samples, _ = soundfile.read(audio, dtype="float32")  # given a path, it asks for an ffmpeg on the PATH
        found = model.transcribe(samples, **told)
        return [word["word"] for segment in found["segments"] for word in segment["words"]]

    return hear


def faster_whisper(kind: str, folder: str, threads: int) -> Callable[[str], list[str]]:
    """In int8: one window after the other, or after its voice activity detector, or eight at once."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)
    told = {"language": "nl", "beam_size": 5, "word_timestamps": True}
    if kind == "batched":
        run, told["batch_size"] = BatchedInferencePipeline(model).transcribe, 8
    else:
        run, told["vad_filter"] = model.transcribe, kind == "vad"

    def hear(audio: str) -> list[str]:
        segments, _ = run(audio, **told)
        return [word.word for segment in segments for word in segment.words]

    return hear


def main() -> None:
    """JSON on stdout, the last line."""
    peer, weights, threads, *recordings = sys.argv[1:]
    before = time.perf_counter()
    if peer == "openai-whisper":
        hear = openai_whisper(weights, int(threads))
    else:
        hear = faster_whisper(peer.removeprefix("faster-whisper").strip("-"), weights, int(threads))
    loading, heard = time.perf_counter() - before, []
    for audio in recordings:
        before = time.perf_counter()
        words = hear(audio)
        heard.append({"seconds": time.perf_counter() - before, "text": "".join(words)})
    print(json.dumps({"loading": loading, "heard": heard}))


if __name__ == "__main__":
    main()
