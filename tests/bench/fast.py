"""How fast, beside the peers in one run: make bench [RECORDINGS="FOLDER …"]

Always the sample webinar; and of each FOLDER every recording with its words (NAME.flac, .opus or .wav with NAME.stm)
and times (NAME.rttm) beside it. Same audio, same weights (Whisper base), same number of threads, all with word
timestamps; the contenders take turns, ROUNDS times over; every figure is a median. Wall time is that of the work
itself: loading the model and Python's imports stand apart. Memory is the peak of the whole process tree, measured
from outside. WER drops punctuation and capitals and nothing else; DER counts overlap, with a collar of 0.25 s.

Writes speed.md and speed.svg beside this file. The last line says the ratios; exit 1 where one is missed. All run on
the first two of the cores that there are.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import jiwer
import psutil
import soundfile
import torch
from pyannote.metrics.diarization import DiarizationErrorRate
from speakers import flac, sample
from whole_run import plain, reference, speech_of

from pipeline import weights
from pipeline.engines import ct2_to_openai
from pipeline.speech import audio
from pipeline.stages import STAGES

HERE = Path(__file__).parent
OURS, OPENAI, SEQUENTIAL = "impressie", "openai-whisper", "faster-whisper"
TRANSCRIBERS = (OURS, OPENAI, SEQUENTIAL, "faster-whisper-vad", "faster-whisper-batched")
DIARIZERS = (OURS, "senko", "sherpa-onnx")
THREADS = 2
# What is promised.
TIMES_OPENAI, TIMES_SEQUENTIAL, WORSE, DIARIZE, RUN, PEAK, GROWTH = 10.0, 2.4, 0.002, 0.03, 0.10, 1500, 1.3
LONG = 30  # minutes from which the promise for a whole run holds
HEADINGS = ("", "", "wall/audio", "spread", "error", "loading s", "peak MB")

# Weights at hand, and this machine measured, before anything is timed.
WARM = """
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.config import Machine, TranscribeParams
FasterWhisper(TranscribeParams(names=(), glossary=()), Machine(), lambda *_: None)
"""


@dataclass
class Row:
    """What one contender took in each round; `error` is WER or DER."""

    walls: list[float] = field(default_factory=list)
    loading: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """Seconds of work per second of audio."""
        return statistics.median(self.walls)

    @property
    def error(self) -> float:
        """Words or time that are wrong, of all that there are."""
        return statistics.median(self.errors)


def measured(command: list[str], folder: Path) -> tuple[str, float]:
    """The last line that a command says, and the peak of its process tree in MB."""
    said = folder / "said"
    with said.open("w", encoding="utf-8") as out:
        told = os.environ | {"OMP_NUM_THREADS": f"{THREADS}", "PYTHONPATH": f"{HERE.parents[1]}"}
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=told)
        peak, done = 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, tree(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, complaint = process.communicate()
        done.set()
        watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command[:3])} failed: {complaint.decode(errors='replace').strip()[-500:]}")
    return said.read_text(encoding="utf-8").strip().rpartition("\n")[2], peak / 1e6


def tree(pid: int) -> int:
    """Bytes that a process and all under it have in memory now."""
    total = 0
    try:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.Error:  # it has just ended
        pass
    return total


def transcribers(peers: Path, folder: Path, sounds: list[Path], who: list[str], rounds: int) -> dict[str, Row]:
    """Every transcriber in turn, round after round."""
    checkpoint = folder / "base.pt"
    model = weights.path("whisper-base")
    numbers = ct2_to_openai.read(model / "model.bin")
    state = {name: torch.from_numpy(values) for name, values in ct2_to_openai.renamed(numbers).items()}
    torch.save({"dims": ct2_to_openai._dimensions(numbers), "model_state_dict": state}, checkpoint)
    seconds = sum(audio.length(sound) for sound in sounds)
    said = [plain(speech_of(sound.with_suffix(".stm"))) for sound in sounds]
    rows: dict[str, Row] = defaultdict(Row)
    for _ in range(rounds):
        for name in who:
            with_weights = checkpoint if name == OPENAI else model
            command = [f"{peers}", f"{HERE / 'transcribe_peer.py'}", name, f"{with_weights}", f"{THREADS}"]
            if name == OURS:
                command = [sys.executable, f"{HERE / 'transcribe_ours.py'}"]
            line, peak = measured([*command, *map(str, sounds)], folder)
            answer = json.loads(line)
            row = rows[name]
            row.walls.append(sum(each["seconds"] for each in answer["heard"]) / seconds)
            row.loading.append(answer["loading"])
            row.errors.append(jiwer.wer(said, [plain(each["text"]) for each in answer["heard"]]))
            row.peaks.append(peak)
            print(f"  {name:24} {row.walls[-1]:.4f}  WER {row.errors[-1]:.4f}  {peak:.0f} MB", flush=True)
    return rows


def diarizers(peers: Path, folder: Path, sounds: list[Path], who: list[str], rounds: int) -> dict[str, Row]:
    """Every diarizer in turn, round after round; its time holds the loading of its models."""
    models = [str(weights.path(name)) for name in ("segmentation-3.0", "wespeaker-resnet34")]
    rows: dict[str, Row] = defaultdict(Row)
    for _ in range(rounds):
        for name in who:
            took, error, peak = 0.0, DiarizationErrorRate(collar=0.25), 0.0
            for sound in sounds:
                found = folder / f"{sound.stem}.{name}"
                command = [f"{peers}", f"{HERE / 'diarize_peer.py'}", name, f"{sound}", f"{found}", *models]
                if name == OURS:
                    command = [sys.executable, f"{HERE / 'diarize_ours.py'}", f"{sound}", f"{found}"]
                line, this = measured(command, folder)
                took, peak = took + float(line), max(peak, this)
                error(reference(sound.with_suffix(".rttm")), reference(found))
            row = rows[name]
            row.walls.append(took / sum(audio.length(sound) for sound in sounds))
            row.errors.append(abs(error))
            row.peaks.append(peak)
            print(f"  {name:24} {row.walls[-1]:.4f}  DER {row.errors[-1]:.4f}  {peak:.0f} MB", flush=True)
    return rows


def whole(folder: Path, sound: Path, minutes: int) -> tuple[Row, dict[str, float]]:
    """The whole run on a recording of so many minutes, made of `sound` over and over; seconds per stage.

    The second hearing is left out of the row, not of the stages.
    """
    samples, rate = soundfile.read(sound, dtype="int16")
    left, recording = minutes * 60 * rate, folder / f"long-{minutes}.flac"
    with soundfile.SoundFile(recording, "w", rate, 1, "PCM_16") as long:
        while left > 0:
            long.write(samples[:left])
            left -= len(samples)
    home = folder / f"home-{minutes}"
    home.mkdir()
    impressie = str(Path(sys.executable).with_name("impressie"))
    before = time.perf_counter()
    _, peak = measured([impressie, "--home", str(home), "run", str(recording)], folder)
    seconds = time.perf_counter() - before
    receipts = next(path for path in (home / "outputs").iterdir() if path.is_dir()) / "receipts"
    stages = {}
    for stage in STAGES:
        told = json.loads((receipts / f"{stage.name}.json").read_text(encoding="utf-8"))
        stages[stage.name] = told["seconds"]
    row = Row(walls=[(seconds - stages["rehear"]) / (minutes * 60)], peaks=[peak])
    print(f"  {f'whole run, {minutes} min':24} {row.wall:.4f}  {peak:.0f} MB; {stages}", flush=True)
    return row, stages


def growth(runs: dict[int, tuple[Row, dict[str, float]]]) -> list[str]:
    """A table of seconds per stage and of memory, one line per length."""
    shown = [stage.name for stage in STAGES if any(stages[stage.name] >= 1 for _, stages in runs.values())]
    lines = ["| minutes | " + " | ".join(shown) + " | wall/audio | peak MB |", "|---" * (len(shown) + 3) + "|"]
    for minutes, (row, stages) in runs.items():
        seconds = " | ".join(f"{stages[name]:.1f}" for name in shown)
        lines.append(f"| {minutes} | {seconds} | {row.wall:.3f} | {row.peaks[0]:.0f} |")
    return lines


def lines_of(kind: str, rows: dict[str, Row]) -> list[str]:
    """Rows of the table, the fastest first."""
    made = []
    for name, row in sorted(rows.items(), key=lambda pair: pair[1].wall):
        error = f"{row.error:.3f}" if row.errors else ""
        spread = f"{min(row.walls):.3f}–{max(row.walls):.3f}"
        loading = f"{statistics.median(row.loading):.1f}" if row.loading else ""
        cells = (kind, name, f"{row.wall:.3f}", spread, error, loading, f"{max(row.peaks):.0f}")
        made.append("| " + " | ".join(cells) + " |")
    return made


def picture(parts: dict[str, dict[str, Row]]) -> str:
    """Bars of wall time per second of audio, ours dark, as SVG."""
    bars = [(kind, name, row) for kind, rows in parts.items() for name, row in rows.items()]
    longest = max(row.wall for *_, row in bars)
    drawn, y = [], 30
    for kind, name, row in sorted(bars, key=lambda bar: (list(parts).index(bar[0]), bar[2].wall)):
        width = max(1.0, 420 * row.wall / longest)
        shade = "#1d4ed8" if name == OURS else "#9ca3af"
        error = f" · {row.error:.3f} wrong" if row.errors else ""
        drawn.append(f'<text x="230" y="{y + 12}" text-anchor="end">{kind}: {name}</text>')
        drawn.append(f'<rect x="240" y="{y}" width="{width:.0f}" height="16" fill="{shade}"/>')
        drawn.append(f'<text x="{246 + width:.0f}" y="{y + 12}">{row.wall:.3f}{error}</text>')
        y += 24
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 830 {y + 10}" font-family="sans-serif" font-size="12">'
    )
    title = '<text x="240" y="18">seconds of work per second of audio (shorter is faster)</text>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', title, *drawn, "</svg>\n"])


def verdict(heard: dict[str, Row], who: dict[str, Row], runs: dict[int, Row]) -> tuple[str, list[str]]:
    """The ratios in one sentence, and what was promised and missed."""
    ours, missed = heard[OURS], []
    said = ["transcribe"]
    for peer, times in ((OPENAI, TIMES_OPENAI), (SEQUENTIAL, TIMES_SEQUENTIAL)):
        if peer in heard:
            ratio, worse = heard[peer].wall / ours.wall, ours.error - heard[peer].error
            said.append(f"{ratio:.1f} × {peer} (WER {ours.error:.3f} against {heard[peer].error:.3f}),")
            missed += [f"{times} × {peer}"] if ratio < times else []
            missed += [f"WER at most {WORSE} above {peer}'s"] if worse > WORSE else []
    peaks = {minutes: max(run.peaks) for minutes, run in runs.items()}
    slowest = max(run.wall for minutes, run in runs.items() if minutes >= LONG)
    said.append(f"diarize {who[OURS].wall:.3f} of the audio, the whole run {slowest:.3f}, {max(peaks.values()):.0f} MB")
    missed += [f"diarize {DIARIZE}"] if who[OURS].wall > DIARIZE else []
    missed += [f"run {RUN}"] if slowest > RUN else []
    missed += [f"{PEAK} MB"] if max(peaks.values()) > PEAK else []
    if {10, 180} <= peaks.keys():
        more = peaks[180] / peaks[10]
        said.append(f"({more:.2f} × at three hours what it is at ten minutes)")
        missed += [f"{GROWTH} × the memory of ten minutes"] if more > GROWTH else []
    return " ".join(said), missed


def recordings(folders: list[Path], folder: Path) -> list[Path]:
    """The sample and all that has words and times beside it, as 16 kHz mono FLAC."""
    sample(folder)
    sounds = [folder / "sample.flac"]
    for stm in sorted(found for given in folders for found in given.glob("*.stm")):
        source = next(each for end in ("flac", "opus", "wav") if (each := stm.with_suffix(f".{end}")).exists())
        flac(source, folder / f"{stm.stem}.flac")
        for end in (".stm", ".rttm"):
            (folder / f"{stm.stem}{end}").write_text(stm.with_suffix(end).read_text(encoding="utf-8"), encoding="utf-8")
        sounds.append(folder / f"{stm.stem}.flac")
    return sounds


def main() -> None:
    """Measures, writes, says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--peers", type=Path, required=True, help="the Python of the peers' virtual environment")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", action="append", default=[], help="a contender to leave out")
    parser.add_argument("--minutes", type=int, action="append", help="length of a whole run; 30 if not said")
    told = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # ours takes all cores that it may
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    warnings.simplefilter("ignore")  # pyannote approximates the evaluated region, and says so every time
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sounds = recordings(told.folders, folder)
        subprocess.run([sys.executable, "-c", WARM], check=True)
        named = [name for name in TRANSCRIBERS if name not in told.without]
        heard = transcribers(told.peers, folder, sounds, named, told.rounds)
        named = [name for name in DIARIZERS if name not in told.without]
        who = diarizers(told.peers, folder, sounds, named, told.rounds)
        lengths = sorted({LONG, *(told.minutes or ())})
        runs = {minutes: whole(folder, sounds[0], minutes) for minutes in lengths}
    parts = {"transcribe": heard, "diarize": who, "whole run": {OURS: runs[LONG][0]}}
    sentence, missed = verdict(heard, who, {minutes: row for minutes, (row, _) in runs.items()})
    table = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    for kind, rows in parts.items():
        table += lines_of(kind, rows)
    table += ["", "The whole run by length, in seconds per stage:", "", *growth(runs)]
    (HERE / "speed.md").write_text("\n".join([*table, "", sentence, ""]), encoding="utf-8")
    (HERE / "speed.svg").write_text(picture(parts), encoding="utf-8")
    print("\n".join(table), *(f"missed: {bar}" for bar in missed), sentence, sep="\n")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
