"""What diarize_peer.py does, by Impressie: python tests/bench/diarize_ours.py AUDIO RTTM"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pipeline.config import DiarizeParams, Machine
from pipeline.engines.onnx_diarizer import OnnxDiarizer


def main() -> None:
    """Writes an RTTM file, and prints the seconds that it took."""
    audio, rttm = map(Path, sys.argv[1:])
    before = time.perf_counter()
    turns = OnnxDiarizer().diarize(audio, DiarizeParams(hint=0), Machine(), lambda *_: None).turns
    seconds = time.perf_counter() - before
    lines = [
        f"SPEAKER {audio.stem} 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> {turn.speaker} <NA> <NA>"
        for turn in turns
    ]
    rttm.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(seconds)


if __name__ == "__main__":
    main()
