"""What transcribe_peer.py does, by Impressie: python tests/bench/transcribe_ours.py AUDIO…

The embedded default without names or glossary to help it, the model loaded once.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from pipeline.config import Machine, TranscribeParams
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.stages.transcribe import Checkpoint, heard


def main() -> None:
    """JSON on stdout, the last line."""
    before = time.perf_counter()
    engine = FasterWhisper(TranscribeParams(names=(), glossary=()), Machine(), lambda *_: None)
    loading, texts = time.perf_counter() - before, []
    for audio in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as kept:
            before = time.perf_counter()
            with Checkpoint(Path(kept, "speech")) as found, Checkpoint(Path(kept, "windows")) as windows:
                segments, _ = heard(engine, Path(audio), "", found, windows, lambda *_: None)
            seconds = time.perf_counter() - before
        texts.append({"seconds": seconds, "text": " ".join(word.text for s in segments for word in s.words)})
    print(json.dumps({"loading": loading, "heard": texts}))


if __name__ == "__main__":
    main()
