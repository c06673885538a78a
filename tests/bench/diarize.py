"""Who spoke when, measured: python tests/bench/diarize.py [--speakers N] AUDIO RTTM [AUDIO RTTM …]

AUDIO is a 16 kHz mono FLAC. Needs pyannote.metrics. Overlapped speech counts; the collar is what is forgiven on
either side of an edge of the reference, in seconds.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

from pipeline import engines
from pipeline.config import DiarizeParams, Machine
from pipeline.speech import audio


def reference(path: Path) -> Annotation:
    """An RTTM file."""
    spoken = Annotation(uri=path.stem)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start, length = float(fields[3]), float(fields[4])
            spoken[Segment(start, start + length), number] = fields[7]
    return spoken


def main() -> None:
    """One line per file and collar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speakers", type=int, help="tell the diarizer how many there are")
    parser.add_argument("--engine", default="onnx", choices=engines.DIARIZERS)
    parser.add_argument("files", nargs="+", type=Path, metavar="AUDIO RTTM")
    told = parser.parse_args()
    params = DiarizeParams(engine=told.engine, speakers=told.speakers, hint=0)
    print(
        f"{'file':24}{'collar':>7}{'DER':>7}{'missed':>8}{'false':>7}{'conf.':>7}{'ref':>5}{'hyp':>5}{'wall/audio':>12}"
    )
    warnings.simplefilter("ignore")  # pyannote approximates the evaluated region, and says so every time
    for sound, rttm in zip(told.files[::2], told.files[1::2], strict=True):
        before = time.perf_counter()
        engine = engines.load(engines.DIARIZERS, told.engine)()
        turns = engine.diarize(sound, params, Machine(), lambda _done, _total, _unit="s": None)
        pace = (time.perf_counter() - before) / audio.length(sound)
        heard = Annotation(uri=rttm.stem)
        for number, turn in enumerate(turns.turns):
            heard[Segment(turn.start, turn.end), number] = turn.speaker
        truth = reference(rttm)
        for collar in (0.25, 0.0):
            # pyannote's collar is the whole width, both sides of an edge together
            parts = DiarizationErrorRate(collar=2 * collar)(truth, heard, detailed=True)
            total = parts["total"]
            errors = [parts[kind] / total for kind in ("missed detection", "false alarm", "confusion")]
            print(
                f"{sound.stem:24}{collar:7.2f}{sum(errors):7.3f}{errors[0]:8.3f}{errors[1]:7.3f}{errors[2]:7.3f}"
                f"{len(truth.labels()):5}{len(heard.labels()):5}{pace:12.3f}"
            )


if __name__ == "__main__":
    main()
