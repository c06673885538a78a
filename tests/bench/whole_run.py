"""The whole run on recordings with a known answer: WER, DER, time and memory per file, as a table.

    python tests/bench/whole_run.py AUDIO…      beside each AUDIO may stand its .rttm (who, when) and .stm (words)

Needs the extra 'bench'. The normaliser drops punctuation and capitals and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import jiwer
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

warnings.filterwarnings("ignore")
IMPRESSIE = Path(sys.executable).with_name("impressie")
HEAD = "recording           audio    wall  wall/audio  peak MB    WER   DER .25   DER 0  confusion  voices"


def plain(text: str) -> str:
    """Words as they are counted."""
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())


def speech_of(stm: Path) -> str:
    """The words of an STM, in order; lines that begin with ';;' are comments."""
    lines = [line.split(maxsplit=5) for line in stm.read_text(encoding="utf-8").splitlines() if line[:2] != ";;"]
    return " ".join(re.sub(r"^<[^>]*>\s*", "", fields[5]) for fields in lines if len(fields) == 6)


def reference(rttm: Path) -> Annotation:
    """Who spoke when."""
    made = Annotation()
    for n, line in enumerate(rttm.read_text().splitlines()):
        f = line.split()
        made[Segment(float(f[3]), float(f[3]) + float(f[4])), n] = f[7]
    return made


def found(turns: Path) -> Annotation:
    """Who spoke when, as our artifact says."""
    made = Annotation()
    for n, turn in enumerate(json.loads(turns.read_text())["turns"]):
        made[Segment(turn["start"], turn["end"]), n] = turn["speaker"]
    return made


def measured(audio: Path) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        log = Path(home, "log")
        with log.open("w") as said:
            process = subprocess.Popen([IMPRESSIE, "--home", home, "run", audio.resolve()], stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
        wall, peak = time.perf_counter() - began, usage.ru_maxrss // 1024
        last = log.read_text().strip().splitlines()[-1]
        folder = next(path for path in Path(home, "outputs").iterdir() if path.is_dir())
        if not (folder / "40-passages.json").exists():
            return f"{audio.stem:<18} {last}"
        seconds = json.loads((folder / "10-recording.json").read_text())["duration"]
        segments = json.loads((folder / "20-transcript.json").read_text())["segments"]
        text = " ".join(word["text"] for segment in segments for word in segment["words"])
        line = f"{audio.stem:<18} {seconds:6.1f}  {wall:6.1f}  {wall / seconds:10.3f}  {peak:7}"
        stm, rttm = audio.with_suffix(".stm"), audio.with_suffix(".rttm")
        line += f"  {jiwer.wer(plain(speech_of(stm)), plain(text)):5.3f}" if stm.exists() else "      –"
        if rttm.exists():
            who, ours = reference(rttm), found(folder / "30-turns.json")
            loose = DiarizationErrorRate(collar=0.25)(who, ours, detailed=True)
            strict = DiarizationErrorRate()(who, ours)
            line += (
                f"  {loose['diarization error rate']:8.3f}  {strict:6.3f}  {loose['confusion'] / loose['total']:9.3f}"
            )
            line += f"  {len(ours.labels())} of {len(who.labels())}"
        return line if status == 0 else f"{line}   {last}"


if __name__ == "__main__":
    print(HEAD)
    for name in sys.argv[1:]:
        print(measured(Path(name)), flush=True)
